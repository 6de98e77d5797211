//! What is durable and sled need not have brought to the disk yet.
//!
//! Bringing a group to the disk through sled costs two waits and the turns of its threads. So a group is written here
//! first, with one `fdatasync` of a file that neither grows nor changes its shape; sled takes it into memory before
//! anybody is answered, and brings it to the disk behind, some tens of kilobytes at a time. What a crash took from sled
//! is taken from here at the next opening. Nothing is here that sled does not get: the log is sled's.
//!
//! ```text
//! <dir>/journal   two halves of [`HALF_BYTES`], then a mark; while one half is written to, sled catches up with the other
//! half            [mark, frame*]* for each group, then zeros or older ones; for marks see `sled/marks.rs`
//! frame           CRC32C of the rest, 4 bytes; length of the record, 4 bytes; whether its item goes on in the next
//!                 record, 1 byte; the record as sled keeps it (`store/packed.rs`). Big-endian.
//! ```
//!
//! Which frames count is said by their records: each must follow the one before, by position and hash. A log that ends
//! before a mark has lost what was acknowledged, and is refused. The file is made anew at every opening and removed at a
//! clean stop.
//!
//! One that a process left behind is kept as `<dir>/journal.aside-POSITION`, by where the log ended when the next one
//! opened it. Why: when a sync of sled's file has failed, the system shows what was written as if it were on the disk, and
//! later syncs do not bring it there; a power cut then takes what only the journal of that time still has. So an opening
//! looks into these too. When there would be more than [`ASIDE_MAX`], sled's files are first written over with what the
//! system shows of them ([`is_crowded`]): then they are on the disk, and the journals of before can go.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use ::sled::{Db, Tree};

use crate::id::Position;
use crate::record::Hash;
use crate::record::frame::{Frame, hash_of};
use crate::store::StoreError;
use crate::store::packed::unpack;
use crate::store::read::damaged;
use crate::store::sled::marks::{self, Marker};
use crate::store::sled::pieces::{self, Kept};
use crate::store::sled::place::{failed, sync_dir};
use crate::store::sled::synced::Synced;
#[cfg(test)]
use crate::store::sled::synced::Witness;
use crate::store::sled::tables::caught;

/// The file's name.
pub(super) const JOURNAL: &str = "journal";
/// How a journal's name begins that was set aside.
const ASIDE: &str = "journal.aside-";
/// So many are kept, of the last starts after a stop that was not clean; 144 KiB each.
const ASIDE_MAX: usize = 4;
/// What sled may lag behind, twice. Sled writes three and a half times as much, and frees a segment (512 KiB) when what
/// replaced it lies two segments back. Between two syncs of its file it writes less than one: so it never comes to use a
/// segment again before what replaced it is on the disk.
const HALF_BYTES: usize = 72 * 1024;
/// Larger groups go to sled at once: it pays for one wait more, and writes them once less.
const GROUP_BYTES_MAX: usize = HALF_BYTES / 2;
/// The two halves.
pub(super) const HALVES_BYTES: usize = 2 * HALF_BYTES;
/// What stands before a frame's body.
pub(super) const FRAME_HEADER_BYTES: usize = 9;

/// The journal of an open store.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: Synced,
    marker: Marker,
    half: usize,
    used: usize,
    buffer: Vec<u8>,
    behind: Behind,
}

/// The thread that brings sled to the disk.
#[derive(Debug)]
struct Behind {
    orders: Option<mpsc::SyncSender<()>>,
    done: mpsc::Receiver<Result<(), StoreError>>,
    /// Whether an order has been given and not been answered.
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Journal {
    /// Makes an empty journal of a log that ends at `end`, and sets one aside that was left behind; all that it held must
    /// be in sled.
    pub(super) fn create(
        dir: &Path,
        end: Position,
        settle: impl Fn() -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let path = dir.join(JOURNAL);
        set_aside(dir, end).map_err(failed("setting the last journal aside"))?;
        let made = || -> io::Result<(File, Marker)> {
            let (file, marker) = (File::create(&path)?, Marker::new()?);
            // Written, not only reserved: a first write into reserved space would cost the file system a wait.
            let mut bytes = vec![0; HALVES_BYTES];
            marker.put(end, &mut bytes);
            file.write_all_at(&bytes, 0)?;
            file.sync_all()?;
            sync_dir(dir)?;
            Ok((file, marker))
        };
        let (file, marker) = made().map_err(|error| {
            // A part of it is of no use to anybody, and may take the last room there is.
            drop(fs::remove_file(&path));
            failed("making the journal")(error)
        })?;
        let behind = Behind::start(settle).map_err(failed("starting the journal's thread"))?;
        let file = Synced::new(file);
        Ok(Self { path, file, marker, half: 0, used: 0, buffer: Vec::new(), behind })
    }

    /// Whether a group is to go through the journal.
    pub(super) fn takes(records: &[Kept<'_>]) -> bool {
        frames_bytes(records) <= GROUP_BYTES_MAX
    }

    /// Writes a group, which is not durable before [`Journal::sync`]. When a half is full it goes on in the other one,
    /// once sled has brought to the disk what that one holds.
    pub(super) fn write(&mut self, records: &[Kept<'_>]) -> Result<(), StoreError> {
        let Some(first) = records.first() else { return Ok(()) };
        self.buffer.clear();
        self.marker.put(first.first, &mut self.buffer);
        for record in records {
            put_frame(record.goes_on, &record.bytes, &mut self.buffer);
        }
        if self.used + self.buffer.len() > HALF_BYTES {
            self.behind.wait()?;
            (self.half, self.used) = (1 - self.half, 0);
            self.behind.begin()?;
        }
        let at = self.half * HALF_BYTES + self.used;
        let written = self.file.file().write_all_at(&self.buffer, at as u64);
        written.map_err(failed("bringing the log to the disk"))?;
        self.used += self.buffer.len();
        Ok(())
    }

    /// Brings what was written to the disk.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync()
    }

    /// Ends the thread; gives the path of the file, to be removed once sled has everything.
    pub(super) fn end(mut self) -> Result<PathBuf, StoreError> {
        self.behind.wait()?;
        Ok(std::mem::take(&mut self.path))
    }

    /// A device on which a sync fails, in place of the file; gives the file.
    #[cfg(test)]
    pub(super) fn exchange(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, Synced::new(file)).into_file()
    }

    #[cfg(test)]
    pub(super) fn witness(&self, witness: Witness) {
        self.file.witness(witness);
    }
}

impl Behind {
    fn start(settle: impl Fn() -> Result<(), StoreError> + Send + 'static) -> io::Result<Self> {
        let (orders, ordered) = mpsc::sync_channel::<()>(1);
        let (says, done) = mpsc::sync_channel(1);
        let work = move || {
            while ordered.recv().is_ok() {
                if says.send(settle()).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("workflow-settle".into()).spawn(work)?;
        Ok(Self { orders: Some(orders), done, busy: false, thread: Some(thread) })
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let ordered = self.orders.as_ref().is_some_and(|orders| orders.send(()).is_ok());
        self.busy = ordered;
        if ordered { Ok(()) } else { Err(ended()) }
    }

    fn wait(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.busy) {
            return Ok(());
        }
        self.done.recv().unwrap_or_else(|_| Err(ended()))
    }
}

fn ended() -> StoreError {
    failed("bringing sled to the disk")(io::Error::other("its thread has ended"))
}

impl Drop for Behind {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread ended in a panic");
        }
    }
}

fn frames_bytes(records: &[Kept<'_>]) -> usize {
    records.iter().map(|record| FRAME_HEADER_BYTES + record.bytes.len()).sum()
}

/// Writes a frame.
pub(super) fn put_frame(goes_on: bool, body: &[u8], into: &mut Vec<u8>) {
    let start = into.len();
    into.extend([0; 4]);
    into.extend((body.len() as u32).to_be_bytes());
    into.push(u8::from(goes_on));
    into.extend_from_slice(body);
    let crc = crc32c::crc32c(&into[start + 4..]);
    into[start..start + 4].copy_from_slice(&crc.to_be_bytes());
}

/// The frames from the front of a half, up to the first that is none.
fn frames(half: &[u8]) -> Vec<(bool, &[u8])> {
    let mut rest = half;
    let next = || {
        let ([c0, c1, c2, c3, l0, l1, l2, l3, goes_on], _) =
            rest.split_first_chunk::<FRAME_HEADER_BYTES>()?;
        let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
        let end = FRAME_HEADER_BYTES.checked_add(length)?;
        let body = rest.get(4..end).filter(|_| length > 0)?;
        let crc = u32::from_be_bytes([*c0, *c1, *c2, *c3]);
        let frame = (crc == crc32c::crc32c(body))
            .then_some((*goes_on != 0, &body[FRAME_HEADER_BYTES - 4..]))?;
        rest = &rest[end..];
        Some(frame)
    };
    std::iter::from_fn(next).collect()
}

/// Whether another journal is left behind than can be set aside beside the others.
pub(super) fn is_crowded(dir: &Path) -> io::Result<bool> {
    let left = || io::Result::Ok(!is_unused(&read_halves(&dir.join(JOURNAL))?));
    Ok(asides(dir)?.len() >= ASIDE_MAX && left()?)
}

/// Keeps the journal that a process left behind, if there is anything in it. Where that makes too many, sled's files are on
/// the disk as they were shown, with what the others had: these can go.
fn set_aside(dir: &Path, end: Position) -> io::Result<()> {
    let aside = dir.join(format!("{ASIDE}{:020}", end.0));
    // Another one of that place was followed by nothing that counts: the log did not grow since.
    if aside.exists() || is_unused(&read_halves(&dir.join(JOURNAL))?) {
        return Ok(());
    }
    fs::rename(dir.join(JOURNAL), &aside)?;
    let mut others = asides(dir)?;
    if others.len() <= ASIDE_MAX {
        return Ok(());
    }
    // The name of the newest must be on the disk before the others go.
    sync_dir(dir)?;
    others.retain(|path| *path != aside);
    others.iter().try_for_each(fs::remove_file)
}

/// Whether no record was ever written to a journal.
fn is_unused(journal: &[u8]) -> bool {
    !journal.chunks(HALF_BYTES).flat_map(frames).any(|frame| Left::of(frame).is_some())
}

/// The journals that were set aside, oldest first.
fn asides(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(ASIDE) {
            found.push(entry.path());
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A journal's bytes; none where there is no such file.
fn read_halves(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// What the journal and those set aside hold, newest first.
fn all_left(dir: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut paths = asides(dir)?;
    paths.push(dir.join(JOURNAL));
    paths.iter().rev().map(|path| read_halves(path)).collect()
}

/// A record of the journal that may follow sled's log.
struct Left<'a> {
    first: Position,
    next: Position,
    previous: Hash,
    hash: Hash,
    goes_on: bool,
    kept: &'a [u8],
}

impl<'a> Left<'a> {
    /// `None` where the bytes are no record: then it was never finished.
    fn of((goes_on, kept): (bool, &'a [u8])) -> Option<Self> {
        let unpacked = unpack(kept).ok()?;
        let record = unpacked.as_deref().unwrap_or(kept);
        let Frame { first, previous, events } = Frame::decode(record).ok()?;
        let next = Position(first.0 + events.len() as u64);
        Some(Self { first, next, previous, hash: hash_of(record), goes_on, kept })
    }
}

/// Up to where the log was acknowledged by what a journal says.
///
/// Errors: `Damaged` where the journal has lost its end. It is written whole before anything is kept in it.
fn reached(journal: &[u8]) -> Result<Option<Position>, StoreError> {
    let (halves, end) = journal.split_at(journal.len().min(HALVES_BYTES));
    // Earlier versions of this program wrote none.
    let is_whole = halves.len() == HALVES_BYTES && (end.is_empty() || marks::is_mark(end));
    if !is_whole && !is_unused(halves) {
        return Err(damaged(Position(0), &"the file journal has lost its end"));
    }
    let bodies = journal.chunks(HALF_BYTES).flat_map(frames).map(|(_, body)| body);
    Ok(marks::reached(journal, bodies))
}

/// Gives sled what the journals of earlier processes have and sled has not; says how many records that were. Sled has them
/// on the disk afterwards.
pub(super) fn recover(
    dir: &Path,
    db: &Db,
    log: &Tree,
    synced: impl FnOnce() -> Result<(), StoreError>,
) -> Result<usize, StoreError> {
    let files = all_left(dir).map_err(failed("reading the journal"))?;
    // Of a log whose end cannot be read nothing is continued: the check of the log says what is wrong with it.
    let Some((mut next, mut hash)) = end_of(log) else { return Ok(0) };
    let halves = files.iter().flat_map(|bytes| bytes.chunks(HALF_BYTES));
    let mut left: Vec<Left<'_>> = halves.flat_map(frames).filter_map(Left::of).collect();
    // Of two with the same place the newer one stays in front: it was written because the other never counted.
    left.sort_by_key(|record| record.first);
    let (mut whole, mut count, mut end) = (Vec::new(), 0, next);
    for record in left {
        if (record.first, record.previous) != (next, hash) {
            continue;
        }
        (next, hash) = (record.next, record.hash);
        whole.push(Kept {
            first: record.first,
            bytes: record.kept.into(),
            goes_on: record.goes_on,
        });
        // What belongs together was promised together.
        if !record.goes_on {
            caught("writing to sled", || pieces::put(log, &whole)).map_err(|e| e.at(next))?;
            count += whole.len();
            whole.clear();
            end = next;
        }
    }
    for journal in &files {
        if let Some(reached) = reached(journal)?.filter(|reached| *reached > end) {
            let problem = format_args!(
                "the log reached to {reached} by what its journal says: its tail was cut; restore a backup that \
                 reaches further"
            );
            return Err(damaged(end, &problem));
        }
    }
    if count > 0 {
        caught("flushing sled", || db.flush()).map_err(|e| e.at(next))?;
        synced()?;
        tracing::info!(dir = %dir.display(), records = count, "records were taken from the journal");
    }
    Ok(count)
}

/// Where sled's log ends; `None` where its last record cannot be read.
fn end_of(log: &Tree) -> Option<(Position, Hash)> {
    let Some(last) = pieces::last(log).ok()? else { return Some((Position(0), Hash::GENESIS)) };
    let frame = Frame::decode(&last).ok()?;
    Some((frame.next(), hash_of(&last)))
}

#[cfg(test)]
mod tests;
