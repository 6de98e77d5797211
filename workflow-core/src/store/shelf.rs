//! A sorted file of keys and values that is read in place: where an index keeps what need not be in memory.
//!
//! Written once, from the first key to the last, then only read. Like every index it may be thrown away: the log is
//! the truth. Of a file only the first key of each block is in memory, about 20 bytes per kilobyte.
//!
//! ```text
//! block*   [key length, key, value length, value]*  CRC32C of the block, 4 bytes
//! list     [key length, first key, offset, length]* of all blocks
//! end      "WFSHELF1", offset of the list, 8 bytes, CRC32C of the list, 4 bytes
//! ```
//!
//! Lengths and offsets inside are LEB128; fixed numbers are big-endian. Replacing a file safely is the caller's work.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A block is closed when it has so many bytes: what one look-up reads.
const BLOCK_BYTES: usize = 4096;
const MAGIC: [u8; 8] = *b"WFSHELF1";
const END_BYTES: usize = 8 + 8 + 4;

/// A finished file, open for reading.
#[derive(Debug)]
pub(crate) struct Shelf {
    path: PathBuf,
    file: Mutex<File>,
    blocks: Vec<Block>,
    bytes: u64,
}

#[derive(Debug)]
struct Block {
    first: Box<[u8]>,
    offset: u64,
    bytes: usize,
}

/// A key and its value, as they stand in a block.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

impl Shelf {
    /// Opens a file that [`ShelfWriter::finish`] has finished. Any other is an error.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let list_end = bytes.checked_sub(END_BYTES as u64).ok_or_else(broken)?;
        file.seek(SeekFrom::Start(list_end))?;
        let mut end = [0; END_BYTES];
        file.read_exact(&mut end)?;
        let (magic, rest) = end.split_at(8);
        let (offset, crc) = rest.split_at(8);
        let offset = u64::from_be_bytes(offset.try_into().map_err(|_| broken())?);
        let length = list_end.checked_sub(offset).ok_or_else(broken)?;
        if magic != MAGIC {
            return Err(broken());
        }
        file.seek(SeekFrom::Start(offset))?;
        let mut list = vec![0; usize::try_from(length).map_err(|_| broken())?];
        file.read_exact(&mut list)?;
        if crc32c::crc32c(&list).to_be_bytes() != crc {
            return Err(broken());
        }
        let blocks = read_list(&list).ok_or_else(broken)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), blocks, bytes })
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(OsStr::to_str).unwrap_or_default()
    }

    /// How large the file is.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let after = self.blocks.partition_point(|block| *block.first <= *key);
        let Some(block) = after.checked_sub(1).and_then(|at| self.blocks.get(at)) else {
            return Ok(None);
        };
        let bytes = self.block(block)?;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let found = take_bytes(&mut rest).ok_or_else(broken)?;
            let value = take_bytes(&mut rest).ok_or_else(broken)?;
            if found == key {
                return Ok(Some(value.to_vec()));
            }
        }
        Ok(None)
    }

    /// All pairs by key.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = io::Result<Pair>> + '_ {
        self.pairs_of_blocks(0)
    }

    /// The pairs by key, beginning with the block that would hold this key: a few may come before it.
    pub(crate) fn pairs_from<'a>(
        &'a self,
        key: &[u8],
    ) -> impl Iterator<Item = io::Result<Pair>> + use<'a> {
        let after = self.blocks.partition_point(|block| *block.first <= *key);
        self.pairs_of_blocks(after.saturating_sub(1))
    }

    fn pairs_of_blocks(&self, from: usize) -> impl Iterator<Item = io::Result<Pair>> + '_ {
        let blocks = self.blocks.get(from..).unwrap_or_default().iter();
        blocks.flat_map(|block| match self.block(block).and_then(|b| pairs_of(&b)) {
            Ok(pairs) => pairs.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(e) => vec![Err(e)],
        })
    }

    fn block(&self, block: &Block) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; block.bytes];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(block.offset))?;
        file.read_exact(&mut bytes)?;
        drop(file);
        let body = bytes.len().checked_sub(4).ok_or_else(broken)?;
        let crc = bytes.split_off(body);
        if crc32c::crc32c(&bytes).to_be_bytes()[..] == crc[..] {
            return Ok(bytes);
        }
        // Without the file the next start reads the log instead.
        let removed = fs::remove_file(&self.path).is_ok();
        tracing::error!(path = %self.path.display(), removed, "an index file was changed");
        Err(broken())
    }
}

fn pairs_of(mut block: &[u8]) -> io::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    while !block.is_empty() {
        let key = take_bytes(&mut block).ok_or_else(broken)?.to_vec();
        pairs.push((key, take_bytes(&mut block).ok_or_else(broken)?.to_vec()));
    }
    Ok(pairs)
}

fn read_list(mut list: &[u8]) -> Option<Vec<Block>> {
    let mut blocks = Vec::new();
    while !list.is_empty() {
        let first = take_bytes(&mut list)?.into();
        let offset = take_number(&mut list)?;
        let bytes = usize::try_from(take_number(&mut list)?).ok()?;
        blocks.push(Block { first, offset, bytes });
    }
    Some(blocks)
}

/// A file being written.
pub(crate) struct ShelfWriter {
    out: BufWriter<File>,
    offset: u64,
    block: Vec<u8>,
    first: Vec<u8>,
    list: Vec<u8>,
}

impl ShelfWriter {
    /// Begins a file.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let out = BufWriter::with_capacity(256 * 1024, File::create(path)?);
        Ok(Self { out, offset: 0, block: Vec::new(), first: Vec::new(), list: Vec::new() })
    }

    /// Adds the next pair: its key is larger than all before.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if self.block.is_empty() {
            self.first = key.to_vec();
        }
        put_bytes(key, &mut self.block);
        put_bytes(value, &mut self.block);
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let crc = crc32c::crc32c(&self.block);
        self.block.extend(crc.to_be_bytes());
        self.out.write_all(&self.block)?;
        put_bytes(&self.first, &mut self.list);
        put_number(self.offset, &mut self.list);
        put_number(self.block.len() as u64, &mut self.list);
        self.offset += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    /// Ends the file; it is on the disk when this returns.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.end_block()?;
        self.out.write_all(&self.list)?;
        self.out.write_all(&MAGIC)?;
        self.out.write_all(&self.offset.to_be_bytes())?;
        self.out.write_all(&crc32c::crc32c(&self.list).to_be_bytes())?;
        self.out.into_inner().map_err(|e| e.into_error())?.sync_all()
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the index file is not what was written")
}

/// Appends a number as LEB128.
pub(crate) fn put_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes a number from the front.
pub(crate) fn take_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Appends bytes after their length.
pub(crate) fn put_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    put_number(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// Takes bytes with their length from the front.
pub(crate) fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn key(i: u32) -> Vec<u8> {
        format!("door/acme/{i:06}").into_bytes()
    }

    fn written(dir: &TempDir) -> std::path::PathBuf {
        let path = dir.path().join("shelf");
        let mut writer = ShelfWriter::create(&path).unwrap();
        for i in (0..4000).step_by(2) {
            writer.push(&key(i), &vec![7; i as usize % 300]).unwrap();
        }
        writer.finish().unwrap();
        path
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let dir = TempDir::new().unwrap();
        let shelf = Shelf::open(&written(&dir)).unwrap();
        for i in 0..4001 {
            let expected = (i % 2 == 0 && i < 4000).then(|| vec![7; i as usize % 300]);
            assert_eq!(shelf.get(&key(i)).unwrap(), expected, "{i}");
        }
        for i in [0, 1, 777, 2000, 3999] {
            let from = shelf.pairs_from(&key(i)).map(|pair| pair.unwrap().0);
            let from: Vec<_> = from.skip_while(|found| *found < key(i)).collect();
            assert_eq!(from, (0..4000).step_by(2).filter(|k| *k >= i).map(key).collect::<Vec<_>>());
        }
        let all: Vec<_> = shelf.pairs().map(|pair| pair.unwrap().0).collect();
        assert_eq!(all, (0..4000).step_by(2).map(key).collect::<Vec<_>>());
    }

    #[test]
    fn a_changed_byte_never_gives_another_answer() {
        let dir = TempDir::new().unwrap();
        let path = written(&dir);
        let good: Vec<_> = Shelf::open(&path).unwrap().pairs().map(|pair| pair.unwrap()).collect();
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(997).chain(bytes.len() - 40..bytes.len()) {
            let mut harmed = bytes.clone();
            harmed[at] ^= 0x10;
            std::fs::write(&path, &harmed).unwrap();
            let Ok(shelf) = Shelf::open(&path) else { continue };
            let all: Result<Vec<_>, _> = shelf.pairs().collect();
            assert!(all.is_err() || all.unwrap() == good, "byte {at}");
        }
        for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(Shelf::open(&path).is_err(), "cut to {length}");
        }
    }
}
