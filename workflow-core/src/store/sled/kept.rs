//! The checkpoint of the index of streams, so that opening reads only the log's tail.
//!
//! ```text
//! <dir>/index/streams        what the index was between two ends of the log, and which shelf belongs to it
//! <dir>/index/streams-<n>    the shelf: the streams that have not moved lately
//! ```
//!
//! No truth stands here. A file that does not fit the log, or cannot be read, is left aside and the whole log is read.
//! It is written while the log goes on, so its entries may be younger than its beginning; each knows its own version,
//! so that nothing is counted twice. That they are not younger than the log is shown by the hash at its end.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crate::id::Position;
use crate::record::Hash;
use crate::store::Head;
use crate::store::shelf::{
    Pair, Shelf, ShelfWriter, put_bytes, put_number, take_bytes, take_number,
};
use crate::store::sled::Known;
use crate::store::sled::place::{sync_dir, write_synced};
use crate::store::streams::{Spots, Streams};

/// The directory for what can be thrown away.
pub(super) const INDEX: &str = "index";
const STREAMS: &str = "streams";
/// Raised when the files here mean something else.
const MAGIC: &[u8; 8] = b"WFSTRMS1";
/// So many streams are written while the index is held.
const AT_A_TIME: usize = 1000;
/// Streams in memory are put on the shelf once they are more than this, and more than a share of the shelf.
const SHELVED_FROM: u64 = 20_000;
const SHELF_SHARE_BYTES: u64 = 1_000;

/// An index as a checkpoint left it.
pub(super) struct Kept {
    pub(super) streams: Streams,
    /// Where its writing began: the log is read from here on.
    pub(super) from: Head,
    /// Where its writing ended.
    pub(super) to: Head,
}

/// Reads the checkpoint, if there is one that can be read.
pub(super) fn read(dir: &Path) -> Option<Kept> {
    let dir = dir.join(INDEX);
    let bytes = match fs::read(dir.join(STREAMS)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(dir = %dir.display(), %error, "the index of streams cannot be read");
            return None;
        }
    };
    let kept = parse(&dir, &bytes);
    if kept.is_none() {
        tracing::warn!(dir = %dir.display(), "the index of streams is not what was written");
    }
    kept
}

fn parse(dir: &Path, bytes: &[u8]) -> Option<Kept> {
    let (body, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let mut rest = body.strip_prefix(MAGIC)?;
    if crc32c::crc32c(body).to_be_bytes() != crc {
        return None;
    }
    let (from, to) = (take_head(&mut rest)?, take_head(&mut rest)?);
    let shelf = match std::str::from_utf8(take_bytes(&mut rest)?).ok()? {
        "" => None,
        name => Some(Shelf::open(&dir.join(name)).ok()?),
    };
    let bytes = take_number(&mut rest)?;
    if shelf.as_ref().is_some_and(|shelf| shelf.bytes() != bytes) {
        return None;
    }
    let mut recent = BTreeMap::new();
    while !rest.is_empty() {
        let stream = std::str::from_utf8(take_bytes(&mut rest)?).ok()?;
        recent.insert(stream.into(), Spots::read(take_bytes(&mut rest)?)?);
    }
    Some(Kept { streams: Streams::resumed(recent, shelf.map(Arc::new)), from, to })
}

fn put_head(head: Head, into: &mut Vec<u8>) {
    put_number(head.next.0, into);
    into.extend_from_slice(&head.hash.0);
}

fn take_head(from: &mut &[u8]) -> Option<Head> {
    let next = Position(take_number(from)?);
    let (hash, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(Head { next, hash: Hash(*hash) })
}

/// When streams in memory are put on the shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelve {
    /// Once they are many.
    Many,
    /// At once.
    #[cfg(test)]
    All,
}

/// Writes a checkpoint while the log goes on. Only one call at a time.
pub(super) fn write(dir: &Path, known: &RwLock<Known>, shelve: Shelve) -> io::Result<Head> {
    let dir = dir.join(INDEX);
    fs::create_dir_all(&dir)?;
    let read = || known.read().unwrap_or_else(PoisonError::into_inner);
    let (from, shelf, in_memory) = {
        let known = read();
        (known.head, known.streams.shelf().cloned(), known.streams.in_memory())
    };
    let share = shelf.as_ref().map_or(0, |shelf| shelf.bytes() / SHELF_SHARE_BYTES);
    let shelve = match shelve {
        Shelve::Many => in_memory as u64 > SHELVED_FROM.max(share),
        #[cfg(test)]
        Shelve::All => true,
    };
    let name = format!("{STREAMS}-{}", from.next);
    // One of that name is being read, and has all that the log had then.
    let is_there = shelf.as_ref().is_some_and(|shelf| shelf.name() == name);
    let (shelf, entries) = if shelve && !is_there {
        let path = dir.join(name);
        let shelved = write_shelf(&path, known, shelf.as_deref())?;
        let shelf = Arc::new(Shelf::open(&path)?);
        let locked = || known.write().unwrap_or_else(PoisonError::into_inner);
        locked().streams.put_shelf(Arc::clone(&shelf));
        for some in shelved.chunks(AT_A_TIME) {
            locked().streams.forget(some);
        }
        (Some(shelf), Vec::new())
    } else {
        let mut entries = Vec::new();
        each(known, |stream, spots| {
            put_bytes(stream.as_bytes(), &mut entries);
            put_bytes(&spots.write(), &mut entries);
            Ok(())
        })?;
        (shelf, entries)
    };
    let to = read().head;
    let mut bytes = MAGIC.to_vec();
    put_head(from, &mut bytes);
    put_head(to, &mut bytes);
    put_bytes(shelf.as_ref().map_or("", |shelf| shelf.name()).as_bytes(), &mut bytes);
    put_number(shelf.as_ref().map_or(0, |shelf| shelf.bytes()), &mut bytes);
    bytes.extend(entries);
    let crc = crc32c::crc32c(&bytes);
    bytes.extend(crc.to_be_bytes());
    write_synced(&dir, STREAMS, &bytes)?;
    remove_others(&dir, shelf.as_deref())?;
    Ok(from)
}

/// Calls `take` with every stream in memory, holding the index for a moment at a time.
fn each(
    known: &RwLock<Known>,
    mut take: impl FnMut(Box<str>, Spots) -> io::Result<()>,
) -> io::Result<()> {
    let mut last: Option<Box<str>> = None;
    loop {
        let known = known.read().unwrap_or_else(PoisonError::into_inner);
        let some = known.streams.some_after(last.as_deref(), AT_A_TIME);
        drop(known);
        let Some((stream, _)) = some.last() else { return Ok(()) };
        last = Some(stream.clone());
        some.into_iter().try_for_each(|(stream, spots)| take(stream, spots))?;
    }
}

/// Writes a shelf with all that the old one has and all that is in memory; says what it took from memory.
fn write_shelf(
    path: &Path,
    known: &RwLock<Known>,
    old: Option<&Shelf>,
) -> io::Result<Vec<(Box<str>, u64)>> {
    let mut writer = ShelfWriter::create(path)?;
    let mut shelved = Vec::new();
    let mut before = old.into_iter().flat_map(Shelf::pairs).peekable();
    let broken = || io::Error::other("the shelf does not fit what is in memory");
    each(known, |stream, spots| {
        let name = stream.as_bytes();
        // An error is taken out, to be returned.
        let smaller = |pair: &io::Result<Pair>| pair.as_ref().is_ok_and(|(key, _)| **key < *name);
        let earlier = |pair: &io::Result<Pair>| pair.is_err() || smaller(pair);
        while let Some((key, value)) = before.next_if(earlier).transpose()? {
            writer.push(&key, &value)?;
        }
        let same = |pair: &io::Result<Pair>| pair.as_ref().is_ok_and(|(key, _)| **key == *name);
        let on_shelf = before.next_if(same).transpose()?;
        let on_shelf = on_shelf.map(|(_, value)| Spots::read(&value).ok_or_else(broken));
        let joined = spots.joined(on_shelf.transpose()?.as_ref()).ok_or_else(broken)?;
        writer.push(stream.as_bytes(), &joined.write())?;
        shelved.push((stream, joined.version()));
        Ok(())
    })?;
    for pair in before {
        let (key, value) = pair?;
        writer.push(&key, &value)?;
    }
    writer.finish()?;
    Ok(shelved)
}

/// Removes every shelf but the one in use.
fn remove_others(dir: &Path, shelf: Option<&Shelf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let name = name.to_string_lossy();
        if name.starts_with("streams-") && shelf.is_none_or(|shelf| shelf.name() != name) {
            fs::remove_file(path)?;
        }
    }
    sync_dir(dir)
}

#[cfg(test)]
mod tests;
