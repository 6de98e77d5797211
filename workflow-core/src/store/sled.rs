//! The embedded default: the log on sled 0.34.7, with a guard for each of its dangers.
//!
//! ```text
//! <dir>/format   which layout this is; written last when a store is made
//! <dir>/lock     held while a process has the store open; names it
//! <dir>/head     where the log ended after the last append, outside sled: a cut tail shows
//! <dir>/log/     sled's own files: tree `log` (position -> record), tree `cursors`
//! <dir>/reserve  only while the store is open: space kept for the clean stop on a full disk
//! <dir>/stopped  only after a clean stop: size and SHA-256 of every other file
//! <dir>/set-aside/   snapshots of sled that were damaged
//! ```
//!
//! | danger of sled | guard |
//! |---|---|
//! | `flush` does not reach the disk (`sync_file_range` only) | our own `fdatasync` after every flush, before the reply |
//! | a half-written or damaged snapshot stops the open | `*.generating` is removed, damaged ones are set aside and sled rebuilds |
//! | its files and directories are not synced when made | all are synced after every open |
//! | values that make a page larger than 128 KiB go to files that are never synced | records are cut into pieces, see `sled/pieces.rs` |
//! | a flipped bit near the tail cuts the tail silently | checksum and chain over our records, compared with `head` at every open |
//! | a flipped bit in unused space is invisible | `stopped`, compared by [`SledStore::check_stopped`] |
//! | it panics on errors of the disk | caught; the store then refuses every further write |
//! | it does not survive a full disk | nothing new is taken while space is short, and a reserve is given back for the stop |
//! | the page cache takes 1 GB | 64 MiB |
//!
//! Opening reads the whole log once, to check it and to build the index of streams: about a second per
//! million events of 300 bytes. The process then holds about 330 MB, nearly all of it what sled took while it
//! read; a smaller page cache does not lessen that. Sled's `Mode` is left alone, because nothing in 0.34.7
//! reads it. Sled reuses space lazily: expect twice the bytes of the events.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::record::chain::{Broken, Chain};
use crate::store::plan::Plan;
use crate::store::read::{damaged, events_of, give};
use crate::store::streams::Streams;
use crate::store::{Append, Appended, Conflict, Head, NoRoom, Store, StoreError};

mod head;
mod pieces;
mod place;
mod room;
mod stopped;
mod tables;

use place::Place;
use room::Room;
pub use stopped::Stopped;
use tables::Tables;

/// A log in a directory, open in this process alone.
pub struct SledStore {
    // The order matters: the reserve must be free when sled writes its last, and sled gone before the place is left.
    room: Room,
    tables: Tables,
    known: RwLock<Known>,
    place: Place,
}

/// What is known of the durable log. Readers see the log as far as `head`, and no further.
struct Known {
    head: Head,
    streams: Streams,
}

impl SledStore {
    /// Opens the store in `dir`, making it if there is none, and checks the whole log.
    ///
    /// Errors: `InUse` with the holder's process; `Format` if another program version wrote it; `Damaged` with
    /// the first position that cannot be trusted; `Full`; `Io`.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::opened(dir).map_err(|error| room::explain(dir, "opening the log", error))
    }

    fn opened(dir: &Path) -> Result<Self, StoreError> {
        let (mut place, noted) = Place::enter(dir)?;
        let tables = Tables::open(dir)?;
        let known = check_log(&tables, noted)?;
        place.serve(known.head)?;
        let room = Room::keep(dir)?;
        Ok(Self { room, tables, known: RwLock::new(known), place })
    }

    /// Stops cleanly and leaves the proof of it, which [`SledStore::check_stopped`] reads. Dropping the store
    /// does the same, but can only log what goes wrong.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { room, tables, mut place, known: _ } = self;
        drop(room);
        tables.close()?;
        place.leave()
    }

    /// Compares the files in `dir` with what a clean stop left. Reads only.
    ///
    /// Errors: `Damaged` naming the first file that differs; `InUse` while a process has the store open.
    pub fn check_stopped(dir: &Path) -> Result<Stopped, StoreError> {
        let _nobody_enters = place::lock_for_reading(dir)?;
        stopped::check(dir)
    }

    /// Runs one write at a time; tells a full disk from any other failure.
    fn write<T>(
        &self,
        action: &'static str,
        write: impl FnOnce(&head::HeadFile) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.place.write(action, write).map_err(|error| self.room.explain(action, error))
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        // The writer changes it by steps that cannot panic.
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Walks over all records, towards the end that was noted outside sled; the log may go beyond it, because the
/// note is not synced with each append.
fn check_log(tables: &Tables, noted: Head) -> Result<Known, StoreError> {
    let (mut chain, mut streams) = (Chain::towards(noted.next, noted.hash), Streams::default());
    for record in tables.records_from(Position(0)) {
        let (at, bytes) = record?;
        let position = chain.next();
        let accepted = chain.accept(at, &bytes).and_then(|frame| streams.add_frame(&frame));
        accepted.map_err(|e| damaged(position, &e))?;
    }
    let head = Head { next: chain.next(), hash: chain.hash() };
    match chain.finish() {
        Ok(()) => Ok(Known { head, streams }),
        Err(e @ Broken::Cut { .. }) => {
            let advice = "restore a backup that reaches further";
            Err(damaged(head.next, &format_args!("{e}; {advice}")))
        }
        Err(e) => Err(damaged(head.next, &e)),
    }
}

impl Store for SledStore {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        self.write("appending to the log", |note| {
            let plan = {
                let known = self.known();
                Plan::of(group, known.head, &known.streams)
            };
            if plan.records.is_empty() {
                return Ok(plan.outcomes);
            }
            self.tables.put_records(&plan.records)?;
            note.set(plan.head)?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            plan.adopt(&mut known.streams);
            known.head = plan.head;
            Ok(plan.outcomes)
        })
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        let records = self.known().streams.records_after(stream.as_str(), after);
        let mut events = Vec::new();
        for first in records {
            events.extend(events_of(stream, after, first, &self.tables.record(first)?)?);
        }
        Ok(events)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let end = self.head().next;
        for record in self.tables.records_from(from) {
            let (first, bytes) = record?;
            if first >= end || give(first, &bytes, from, each)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let end = self.head().next;
        if from >= end {
            return Ok(());
        }
        for record in self.tables.records_from(from) {
            let (first, bytes) = record?;
            if first >= end || each(first, &bytes).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn head(&self) -> Head {
        self.known().head
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.tables.cursor(name)
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write("setting a cursor", |_| self.tables.put_cursor(name, value))
    }

    fn room(&self) -> Result<(), NoRoom> {
        self.room.check()
    }
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torn;
