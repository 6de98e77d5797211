//! The head file: where the log ended after the last append, kept outside sled.
//!
//! One line, always of the same length: the next position in 20 digits, the last record's hash, and the CRC32C
//! of both. Written in place after each durable append and not synced, so it survives the end of the process;
//! after a power cut it may lag behind the log, but is never ahead of it. So it is a lower bound, and what lies beyond it
//! is believed: the records by their checksums and their chain, and that none of them is missing by the marks of the
//! journal (`sled/marks.rs`).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::id::Position;
use crate::record::Hash;
use crate::store::Head;
use crate::store::StoreError;
use crate::store::read::damaged;
use crate::store::sled::place::failed;

const LINE_BYTES: usize = 20 + 1 + 64 + 1 + 8 + 1;

/// The open head file.
#[derive(Debug)]
pub(super) struct HeadFile(File);

impl HeadFile {
    /// Makes the head of an empty log, on the disk when this returns.
    pub(super) fn create(path: &Path) -> io::Result<(Self, Head)> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        let (file, head) = (Self(file), Head { next: Position(0), hash: Hash::GENESIS });
        file.write(head)?;
        file.0.sync_all()?;
        Ok((file, head))
    }

    /// Opens the head file of an existing store.
    pub(super) fn open(path: &Path) -> Result<(Self, Head), StoreError> {
        let unreadable = |problem: &str| {
            let advice = "restore the whole directory from a backup";
            damaged(Position(0), &format_args!("the file {} {problem}; {advice}", path.display()))
        };
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(unreadable("is missing")),
            Err(e) => return Err(failed("opening the head file")(e)),
        };
        let mut line = Vec::new();
        let read = (&file).take(LINE_BYTES as u64 + 1).read_to_end(&mut line);
        read.map_err(failed("reading the head file"))?;
        let head = parse(&line).ok_or_else(|| unreadable("is not what was written"))?;
        Ok((Self(file), head))
    }

    /// Notes where the log ends now.
    pub(super) fn set(&self, head: Head) -> Result<(), StoreError> {
        self.write(head).map_err(failed("noting the log's head"))
    }

    /// Brings the file to the disk.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.0.sync_all().map_err(failed("syncing the log's head"))
    }

    fn write(&self, head: Head) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(line(head).as_bytes())
    }
}

fn line(head: Head) -> String {
    let text = format!("{:020} {}", head.next.0, head.hash);
    let crc = crc32c::crc32c(text.as_bytes());
    format!("{text} {crc:08x}\n")
}

fn parse(bytes: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(bytes).ok()?;
    let next = Position(text.get(..20)?.parse().ok()?);
    let mut hash = [0; 32];
    hex::decode_to_slice(text.get(21..85)?, &mut hash).ok()?;
    let head = Head { next, hash: Hash(hash) };
    (line(head) == text).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_and_no_changed_byte_passes() {
        let head = Head { next: Position(1234), hash: Hash([0xab; 32]) };
        let line = line(head);
        assert_eq!((line.len(), parse(line.as_bytes())), (LINE_BYTES, Some(head)));
        for at in 0..LINE_BYTES {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert_eq!(parse(&bytes), None, "byte {at}, bit {bit}");
            }
        }
        assert_eq!(parse(&line.as_bytes()[..94]), None);
        assert_eq!(parse(format!("{line}x").as_bytes()), None);
    }
}
