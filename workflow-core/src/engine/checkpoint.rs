//! The checkpoint of the engine's index, so that opening folds what is pending and the log's tail, not the history.
//!
//! `<store>/index/engine` holds the lines of the index (`engine/line.rs`): no call, no message, no state. Ended lines go
//! to a shelf beside it (`engine/ended.rs`) once they are many, so that neither this file nor the memory grows with the
//! history. No truth stands here: a file that does not fit the log or this very program is left aside, and all is built from the log. Like
//! the store's, it is written while the log goes on, and each line knows its own version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use super::ended::Ended;
use super::index::{Index, States};
use super::line::Line;
use super::lines::Lines;
use super::lock;
use crate::id::{Position, StreamId};
use crate::record::Hash;
use crate::record::frame::Frame;
use crate::store::shelf::{put_bytes, put_number, take_bytes, take_number};
use crate::store::{Head, Store, StoreError};
use crate::workflow::Domain;

const FILE: &str = "engine";
const FILE_NEW: &str = "engine.new";
const MAGIC: &[u8; 8] = b"WFENGIN4";
/// A checkpoint is written after so many events: reading them again takes about a quarter of a second.
const EVERY: u64 = 50_000;
/// At a stop a checkpoint that is so many events old is new enough.
const NEW_ENOUGH: u64 = 1_000;
/// So many lines are copied while the index is held.
const AT_A_TIME: usize = 500;
/// Ended lines in memory are put on the shelf once they are more than this, and more than one in so many of those there:
/// so many times at most is each written again.
const SHELVED_FROM: u64 = 4_000;
const SHELF_SHARE: u64 = 16;
const SHELF_PREFIX: &str = "engine-";

/// When ended lines are put on the shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelve {
    /// Once they are many.
    Many,
    /// At once.
    #[cfg(any(test, feature = "testing"))]
    All,
}

/// What a checkpoint depends on beside the log: the workflows' tables and the program that made the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp([u8; 32]);

/// Whether the engine that made the lines could open personal data: without, a state may be owed something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Sealed,
    Open,
}

/// An index as a checkpoint left it.
pub(super) struct Kept {
    /// Of the engine that wrote it.
    pub sight: Sight,
    /// The log is read from here on.
    pub from: Position,
    pub lines: Lines,
}

impl Stamp {
    /// Of these tables and this program; `None` when the program cannot be read.
    pub fn of<'a>(tables: impl Iterator<Item = (&'a str, Vec<u8>)>) -> Option<Self> {
        let mut hasher = Sha256::new();
        hasher.update(program()?);
        for (name, table) in tables {
            hasher.update((name.len() as u64).to_be_bytes());
            hasher.update(name);
            hasher.update((table.len() as u64).to_be_bytes());
            hasher.update(table);
        }
        Some(Self(hasher.finalize().into()))
    }
}

/// What `react`, `due` and `headline` say may change with every build, without any table changing: only the program
/// itself tells.
fn program() -> Option<&'static [u8]> {
    static PROGRAM: OnceLock<Option<[u8; 12]>> = OnceLock::new();
    let read = || {
        let mut file = File::open(std::env::current_exe().ok()?).ok()?;
        let (mut bytes, mut crc, mut length) = (vec![0; 64 * 1024], 0, 0u64);
        loop {
            let read = file.read(&mut bytes).ok()?;
            if read == 0 {
                break;
            }
            (crc, length) = (crc32c::crc32c_append(crc, &bytes[..read]), length + read as u64);
        }
        let mut program = [0; 12];
        program[..8].copy_from_slice(&length.to_be_bytes());
        program[8..].copy_from_slice(&crc.to_be_bytes());
        Some(program)
    };
    PROGRAM.get_or_init(read).as_ref().map(|program| &program[..])
}

/// Reads the checkpoint, if there is one that fits.
pub(super) fn read(store: &dyn Store, stamp: Stamp) -> Option<Kept> {
    let path = store.index_dir()?.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the engine's checkpoint cannot be read");
            return None;
        }
    };
    match parse(&bytes, store, stamp) {
        Ok(kept) => Some(kept),
        Err(why) => {
            let path = path.display();
            tracing::info!(%path, why, "the engine's index is built anew from the log");
            None
        }
    }
}

fn parse(bytes: &[u8], store: &dyn Store, stamp: Stamp) -> Result<Kept, &'static str> {
    let broken = "its checkpoint is not what was written";
    let end = bytes.len().checked_sub(4).ok_or(broken)?;
    let (body, crc) = bytes.split_at(end);
    let rest = body.strip_prefix(MAGIC).ok_or(broken)?;
    if crc32c::crc32c(body).to_be_bytes() != crc {
        return Err(broken);
    }
    let rest = rest.strip_prefix(&stamp.0).ok_or("its checkpoint is of another program")?;
    take_all(rest, store).map(|(kept, _)| kept)
}

/// What comes after the stamp.
fn take_all(mut rest: &[u8], store: &dyn Store) -> Result<(Kept, Names), &'static str> {
    let broken = "its checkpoint is not what was written";
    let names = take_names(&mut rest).ok_or(broken)?;
    let sight = match take_number(&mut rest).ok_or(broken)? {
        0 => Sight::Sealed,
        _ => Sight::Open,
    };
    let (from, to) = take_place(&mut rest).ok_or(broken)?;
    if from > to.next || !is_end_of(store, to) {
        return Err("its checkpoint is of another log");
    }
    let dir = store.index_dir().ok_or(broken)?;
    let ended = Ended::take(&mut rest, &dir).ok_or("its shelf is not what was written")?;
    let covered = (0..take_number(&mut rest).ok_or(broken)?).map(|_| take_stream(&mut rest));
    let covered: BTreeSet<StreamId> = covered.collect::<Option<_>>().ok_or(broken)?;
    let mut lines = Vec::new();
    while !rest.is_empty() {
        lines.push(take_line(&mut rest).ok_or(broken)?);
    }
    let lines = Lines::resumed(lines.into_iter().collect(), ended.map(Arc::new), covered);
    Ok((Kept { sight, from, lines }, names))
}

/// The lines that an engine left of this log, whichever program it was, with the names of its states: to compare with,
/// never to start from.
pub(super) fn read_any(store: &dyn Store) -> Option<(Names, BTreeMap<StreamId, Line>)> {
    let bytes = fs::read(store.index_dir()?.join(FILE)).ok()?;
    let (body, crc) = bytes.split_at(bytes.len().checked_sub(4)?);
    let rest = body.strip_prefix(MAGIC)?;
    if crc32c::crc32c(body).to_be_bytes() != crc {
        return None;
    }
    let (_, rest) = rest.split_first_chunk::<32>()?;
    let (kept, names) = take_all(rest, store).ok()?;
    let all = kept.lines.after(&StreamId::before(""));
    Some((names, all.map(|(stream, line)| (stream, line.into_owned())).collect()))
}

/// By workflow, the names of its states: lines name them by number.
type Names = BTreeMap<String, Vec<String>>;

fn put_names(states: &States, bytes: &mut Vec<u8>) {
    put_number(states.len() as u64, bytes);
    for (workflow, states) in states {
        put_bytes(workflow.as_bytes(), bytes);
        put_number(states.len() as u64, bytes);
        states.iter().for_each(|state| put_bytes(state.as_bytes(), bytes));
    }
}

fn take_names(rest: &mut &[u8]) -> Option<Names> {
    let text = |rest: &mut &[u8]| String::from_utf8(take_bytes(rest)?.to_vec()).ok();
    let mut names = Names::new();
    for _ in 0..take_number(rest)? {
        let workflow = text(rest)?;
        let states = (0..take_number(rest)?).map(|_| text(rest)).collect::<Option<_>>()?;
        names.insert(workflow, states);
    }
    Some(names)
}

fn take_place(rest: &mut &[u8]) -> Option<(Position, Head)> {
    let (from, next) = (Position(take_number(rest)?), Position(take_number(rest)?));
    let (hash, after) = rest.split_first_chunk()?;
    *rest = after;
    Some((from, Head { next, hash: Hash(*hash) }))
}

fn take_stream(rest: &mut &[u8]) -> Option<StreamId> {
    StreamId::parse(std::str::from_utf8(take_bytes(rest)?).ok()?).ok()
}

fn take_line(rest: &mut &[u8]) -> Option<(StreamId, Line)> {
    Some((take_stream(rest)?, Line::read(take_bytes(rest)?)?))
}

fn put_line(stream: &StreamId, line: &Line, bytes: &mut Vec<u8>) {
    put_bytes(stream.as_str().as_bytes(), bytes);
    put_bytes(line.bytes(), bytes);
}

/// Whether the log once ended there.
fn is_end_of(store: &dyn Store, end: Head) -> bool {
    let head = store.head();
    if end.next >= head.next {
        return end == head;
    }
    let mut follows = false;
    let scanned = store.scan_records(end.next, &mut |at, bytes| {
        let previous = Frame::decode(bytes).map(|frame| frame.previous);
        follows = at == end.next && previous.is_ok_and(|previous| previous == end.hash);
        ControlFlow::Break(())
    });
    scanned.is_ok() && follows
}

/// Writes the checkpoints of one engine, one at a time.
pub(super) struct Checkpoints<D: Domain> {
    task: Option<Arc<Task<D>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Task<D: Domain> {
    dir: PathBuf,
    stamp: Stamp,
    sight: Sight,
    store: Arc<dyn Store>,
    index: Arc<RwLock<Index<D>>>,
    /// How far the last checkpoint reaches.
    at: AtomicU64,
    writing: Mutex<()>,
}

impl<D: Domain> Checkpoints<D> {
    /// Of an engine whose checkpoint reaches to `at`; of none where there is no place for them, or no stamp.
    pub fn new(
        store: &Arc<dyn Store>,
        index: &Arc<RwLock<Index<D>>>,
        stamp: Option<(Stamp, Sight)>,
        at: Position,
    ) -> Self {
        let task = |(dir, (stamp, sight))| {
            let (store, index) = (Arc::clone(store), Arc::clone(index));
            let (at, writing) = (AtomicU64::new(at.0), Mutex::new(()));
            Arc::new(Task { dir, stamp, sight, store, index, at, writing })
        };
        let task = store.index_dir().zip(stamp).map(task);
        Self { task, thread: Mutex::new(None) }
    }

    /// Says that all events before `next` are in the index.
    pub fn grown_to(&self, next: Position) {
        let Some(task) = self.task.as_ref().filter(|task| task.is_older_by(next, EVERY)) else {
            return;
        };
        let mut thread = lock(&self.thread);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let task = Arc::clone(task);
        let spawned = std::thread::Builder::new()
            .name("workflow-checkpoint".into())
            .spawn(move || task.write_or_warn());
        match spawned {
            Ok(new) => *thread = Some(new),
            Err(error) => tracing::warn!(%error, "no thread for the engine's checkpoint"),
        }
    }

    /// Writes a checkpoint before it returns.
    pub fn write_now(&self) -> Result<(), StoreError> {
        self.write_as(Shelve::Many)
    }

    /// The same, with every ended line on the shelf.
    #[cfg(any(test, feature = "testing"))]
    pub fn shelve_now(&self) -> Result<(), StoreError> {
        self.write_as(Shelve::All)
    }

    fn write_as(&self, shelve: Shelve) -> Result<(), StoreError> {
        let Some(task) = &self.task else { return Ok(()) };
        let failed = |e: io::Error| StoreError::Io {
            action: "writing the engine's checkpoint",
            source: e.into(),
        };
        task.write(shelve).map_err(failed)
    }

    /// Leaves one that is new enough, once nothing more is appended.
    pub fn finish(&self) {
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread of the engine's checkpoint ended in a panic");
        }
        if let Some(task) = &self.task
            && task.is_older_by(task.store.head().next, NEW_ENOUGH)
        {
            task.write_or_warn();
        }
    }
}

impl<D: Domain> Task<D> {
    fn is_older_by(&self, next: Position, events: u64) -> bool {
        next.0.saturating_sub(self.at.load(Ordering::Relaxed)) >= events
    }

    fn write_or_warn(&self) {
        if let Err(error) = self.write(Shelve::Many) {
            // Not at once again.
            self.at.fetch_add(EVERY / 2, Ordering::Relaxed);
            tracing::warn!(dir = %self.dir.display(), %error, "the engine's checkpoint was not written");
        }
    }

    fn write(&self, shelve: Shelve) -> io::Result<()> {
        let _one_at_a_time = lock(&self.writing);
        fs::create_dir_all(&self.dir)?;
        let Walked { from, mut pending, ended, mut covered } = self.walk();
        let old = self.index().ended().cloned();
        let shelf = self.shelve(shelve, from, &ended, (old.as_deref(), &covered))?;
        if shelf.is_some() {
            covered.clear();
        } else {
            ended.iter().for_each(|(stream, line)| put_line(stream, line, &mut pending));
        }
        // What can be done without must not take the log's last room.
        self.store.room(pending.len() as u64).map_err(io::Error::other)?;
        // What the lines know was durable before they knew it, so that it lies before this end.
        let to = self.store.head();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.stamp.0);
        put_names(self.index().states(), &mut bytes);
        put_number(u64::from(self.sight == Sight::Open), &mut bytes);
        put_number(from.0, &mut bytes);
        put_number(to.next.0, &mut bytes);
        bytes.extend(to.hash.0);
        let used = shelf.as_ref().or(old.as_ref());
        Ended::put(used.map(|ended| &**ended), &mut bytes);
        put_number(covered.len() as u64, &mut bytes);
        covered.iter().for_each(|stream| put_bytes(stream.as_str().as_bytes(), &mut bytes));
        let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes), &pending);
        replace(&self.dir, &[&bytes, &pending, &crc.to_be_bytes()])?;
        self.at.store(from.0, Ordering::Relaxed);
        remove_other_shelves(&self.dir, used.map(|ended| ended.name()))
    }

    /// Puts what ended on a new shelf, if that is worth it, and takes it out of memory; `covered` are those in memory of
    /// which the `old` shelf has an older line.
    fn shelve(
        &self,
        shelve: Shelve,
        from: Position,
        ended: &[(StreamId, Line)],
        (old, covered): (Option<&Ended>, &BTreeSet<StreamId>),
    ) -> io::Result<Option<Arc<Ended>>> {
        let most = match shelve {
            Shelve::Many => SHELVED_FROM.max(old.map_or(0, Ended::count) / SHELF_SHARE),
            #[cfg(any(test, feature = "testing"))]
            Shelve::All => 0,
        };
        let name = format!("{SHELF_PREFIX}{from}");
        // One of that name is being read.
        if ended.len() as u64 <= most || old.is_some_and(|old| old.name() == name) {
            return Ok(None);
        }
        let more: usize = ended.iter().map(|(_, line)| 2 * line.bytes().len()).sum();
        let more = more as u64 + old.map_or(0, Ended::bytes);
        self.store.room(more).map_err(io::Error::other)?;
        let shelf = Arc::new(Ended::write(&self.dir.join(name), old, covered, ended)?);
        let index = || self.index.write().unwrap_or_else(PoisonError::into_inner);
        index().put_shelf(Arc::clone(&shelf), covered);
        for some in ended.chunks(AT_A_TIME) {
            index().settle(some);
        }
        Ok(Some(shelf))
    }

    fn index(&self) -> RwLockReadGuard<'_, Index<D>> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// All lines in memory, holding the index for a moment at a time.
    fn walk(&self) -> Walked {
        let from = self.index().reached();
        let (pending, ended, covered) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut walked = Walked { from, pending, ended, covered };
        let mut last: Option<StreamId> = None;
        loop {
            let some = self.index().lines_after(last.as_ref(), AT_A_TIME);
            let Some((stream, _, _)) = some.last() else { return walked };
            last = Some(stream.clone());
            for (stream, line, is_covered) in some {
                walked.covered.extend(is_covered.then(|| stream.clone()));
                match line.view().is_at_rest() {
                    true => walked.ended.push((stream, line)),
                    false => put_line(&stream, &line, &mut walked.pending),
                }
            }
        }
    }
}

/// What an index has in memory.
struct Walked {
    /// The position that the lines surely reach to.
    from: Position,
    /// Lines to which something may still happen, as they stand in a checkpoint.
    pending: Vec<u8>,
    /// Lines of what ended.
    ended: Vec<(StreamId, Line)>,
    /// The streams among both of which the shelf has an older line.
    covered: BTreeSet<StreamId>,
}

/// Removes every shelf but the one in use.
fn remove_other_shelves(dir: &Path, used: Option<&str>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let name = name.to_string_lossy();
        if name.starts_with(SHELF_PREFIX) && used != Some(&*name) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Puts a file in the place of the one before: after a power cut one of the two is there, whole.
fn replace(dir: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let new = dir.join(FILE_NEW);
    let mut file = File::create(&new)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    fs::rename(&new, dir.join(FILE))?;
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests;
