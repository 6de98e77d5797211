//! The embedded default: the log on sled 0.34.7, with a guard for each of its dangers.
//!
//! ```text
//! <dir>/format   which layout this is; written last when a store is made
//! <dir>/lock     held while a process has the store open; names it
//! <dir>/head     where the log ended after the last append, outside sled: a cut tail shows; after a power cut the
//!                journal's marks say more, see `sled/marks.rs`
//! <dir>/log/     sled's own files: tree `log` (position -> record, squeezed), tree `cursors`
//! <dir>/journal  only while the store is open: what is durable and sled has not brought to the disk yet
//! <dir>/journal.aside-*   those of processes that did not stop cleanly, see `sled/journal.rs`; at most four
//! <dir>/reserve  only while the store is open: space kept for the clean stop on a full disk
//! <dir>/stopped  only after a clean stop: size and SHA-256 of every other file
//! <dir>/set-aside/   snapshots of sled that were damaged
//! <dir>/index/   checkpoints of indexes; may be removed while the store is closed
//! ```
//!
//! | danger of sled | guard |
//! |---|---|
//! | `flush` does not reach the disk (`sync_file_range` only) | our own `fdatasync`, of the journal before the reply, of sled's file after every flush |
//! | a half-written or damaged snapshot stops the open | `*.generating` is removed, damaged ones are set aside and sled rebuilds |
//! | its files and directories are not synced when made | all are synced after every open |
//! | values that make a page larger than 128 KiB go to files that are never synced | records are cut into pieces, see `sled/pieces.rs` |
//! | a flipped bit near the tail cuts the tail silently | checksum and chain over our records, compared with `head` at every open |
//! | a flipped bit in unused space is invisible | `stopped`, compared by [`SledStore::check_stopped`] |
//! | it panics on errors of the disk | caught; the store then refuses every further write |
//! | it does not survive a full disk | nothing new is taken while space is short, and a reserve is given back for the stop |
//! | the page cache takes 1 GB | 64 MiB |
//!
//! Opening takes the index of streams from its checkpoint (`sled/kept.rs`) and reads and checks only what the log has
//! beyond it. What lies before is not read: `audit::verify` does that, and [`SledStore::open_reading_all`], which
//! is also what happens where there is no checkpoint that fits. Reading all takes a second or two per million events,
//! and sled holds about 280 MB afterwards; a smaller page cache does not lessen that. Sled's `Mode` is left alone,
//! because nothing in 0.34.7 reads it. Sled reuses space lazily: it takes up to twice what the
//! squeezed records have.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::id::{Position, StreamId, Version};
use crate::record::chain::{Broken, Chain};
use crate::record::frame::{FRAME_BYTES_TARGET, Frame, hash_of};
use crate::record::{Hash, Recorded};
use crate::store::continued::Continued;
use crate::store::plan::Plan;
use crate::store::read::{damaged, events_of, give};
use crate::store::streams::Streams;
use crate::store::{Append, Appended, Conflict, Head, NoRoom, Store, StoreError};

mod head;
mod journal;
mod keeper;
mod kept;
mod marks;
mod pieces;
mod place;
mod room;
mod stopped;
mod synced;
mod tables;

use keeper::Keeper;
use kept::Kept;
use place::Place;
use room::Room;
pub use stopped::Stopped;
use tables::Tables;

/// A log in a directory, open in this process alone.
pub struct SledStore {
    // The order matters: the reserve must be free when anything writes its last, the index is written before sled is
    // closed, and sled must be gone before the place is left.
    room: Room,
    keeper: Keeper,
    tables: Tables,
    known: Arc<RwLock<Known>>,
    place: Place,
    dir: PathBuf,
}

/// What is known of the durable log. Readers see the log as far as `head`, and no further.
struct Known {
    head: Head,
    streams: Streams,
}

impl SledStore {
    /// Opens the store in `dir`, making it if there is none, and checks what the log has beyond its checkpoint.
    ///
    /// Errors: `InUse` with the holder's process; `Format` if another program version wrote it; `Damaged` with
    /// the first position that cannot be trusted; `Full`; `Io`.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let opened = Self::enter(dir, kept::read(dir));
        opened.map_err(|error| room::explain(dir, "opening the log", error))
    }

    /// The same without the checkpoint: reads and checks the whole log.
    pub fn open_reading_all(dir: &Path) -> Result<Self, StoreError> {
        let opened = Self::enter(dir, None);
        opened.map_err(|error| room::explain(dir, "opening the log", error))
    }

    fn enter(dir: &Path, kept: Option<Kept>) -> Result<Self, StoreError> {
        let (mut place, noted) = Place::enter(dir)?;
        let tables = Tables::open(dir)?;
        let from_kept = kept.and_then(|kept| {
            let from = kept.from;
            match check_tail(&tables, noted, kept) {
                Ok(known) => Some((known, from.next)),
                Err(error) => {
                    let dir = dir.display();
                    tracing::info!(%dir, %error, "the index of streams is built anew from the log");
                    None
                }
            }
        });
        let (known, kept_at) = match from_kept {
            Some(known) => known,
            None => (check_log(&tables, noted)?, Position(0)),
        };
        place.serve(known.head)?;
        tables.begin(dir, known.head.next)?;
        let room = Room::keep(dir)?;
        let known = Arc::new(RwLock::new(known));
        let keeper = Keeper::new(dir, Arc::clone(&known), kept_at);
        Ok(Self { room, keeper, tables, known, place, dir: dir.to_owned() })
    }

    /// Stops cleanly and leaves the proof of it, which [`SledStore::check_stopped`] reads. Dropping the store
    /// does the same, but can only log what goes wrong.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { room, keeper, tables, mut place, .. } = self;
        drop((room, keeper));
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
    let none = Position(0);
    walk(tables, Chain::towards(noted.next, noted.hash), Streams::default(), (none, Hash::GENESIS))
}

/// Walks over the records that the checkpoint does not know for certain: past its end, which must be one of the log.
fn check_tail(tables: &Tables, noted: Head, kept: Kept) -> Result<Known, StoreError> {
    let Kept { streams, from, to } = kept;
    let another = |at| damaged(at, &"the checkpoint is of another log");
    if noted.next == from.next && noted.hash != from.hash {
        return Err(another(from.next));
    }
    if let Some(last) = from.next.0.checked_sub(1) {
        // That the log had this end is shown by the record that ends there.
        let record = tables.records_from(Position(last)).next().transpose()?;
        let (_, bytes) = record.ok_or_else(|| another(from.next))?;
        let frame = Frame::decode(&bytes).map_err(|e| damaged(from.next, &e))?;
        if (frame.next(), hash_of(&bytes)) != (from.next, from.hash) {
            return Err(another(from.next));
        }
    }
    let chain = Chain::after(from.next, from.hash).on_to(noted.next, noted.hash);
    let known = walk(tables, chain, streams, (to.next, to.hash))?;
    if known.head.next < to.next {
        return Err(damaged(known.head.next, &"the checkpoint reaches further"));
    }
    Ok(known)
}

/// Takes in the records from where `chain` stands. At `to` the log must have the hash that was noted there; streams
/// may know some of the events before it.
fn walk(
    tables: &Tables,
    mut chain: Chain,
    mut streams: Streams,
    to: (Position, Hash),
) -> Result<Known, StoreError> {
    let from = chain.next();
    for record in tables.records_from(from) {
        let (at, bytes) = record?;
        if at < from {
            // The record before; there is none at `from`.
            continue;
        }
        let position = chain.next();
        let frame = chain.accept(at, &bytes).map_err(|e| damaged(position, &e))?;
        streams.add_frame(&frame, to.0)?;
        if position < to.0 && chain.next() >= to.0 && (chain.next(), chain.hash()) != to {
            return Err(damaged(to.0, &"the checkpoint is of another log"));
        }
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
                Plan::of(group, known.head, FRAME_BYTES_TARGET, |name| known.streams.version(name))?
            };
            if plan.records.is_empty() {
                return Ok(plan.outcomes);
            }
            self.tables.put_records(&plan.records)?;
            note.set(plan.head)?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            plan.adopt(&mut known.streams);
            known.head = plan.head;
            drop(known);
            self.keeper.grown_to(plan.head.next);
            Ok(plan.outcomes)
        })
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.write("appending records to the log", |note| {
            let continued = {
                let known = self.known();
                Continued::of(records, known.head, |name| known.streams.version(name))
            };
            let continued = match continued {
                Ok(continued) if continued.records.is_empty() => return Ok(Ok(())),
                Ok(continued) => continued,
                // Nothing was written: the store is as sound as before.
                Err(unfit) => return Ok(Err(unfit)),
            };
            self.tables.put_records(&continued.records)?;
            note.set(continued.head)?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            continued.adopt(&mut known.streams);
            known.head = continued.head;
            drop(known);
            self.keeper.grown_to(continued.head.next);
            Ok(Ok(()))
        })?
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        let records = self.known().streams.records_after(stream.as_str(), after)?;
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

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        // As a write, so that none is set meanwhile.
        self.place.write("reading the cursors", |_| self.tables.cursors())
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write("setting a cursor", |_| self.tables.put_cursor(name, value))
    }

    fn room(&self, more_bytes: u64) -> Result<(), NoRoom> {
        self.room.check(more_bytes)
    }

    fn index_dir(&self) -> Option<PathBuf> {
        Some(self.dir.join(kept::INDEX))
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        self.keeper.write_now()
    }
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod order;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod torn;
