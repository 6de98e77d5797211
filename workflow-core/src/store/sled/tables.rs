//! Sled itself, opened with care: nothing of it is called outside this file, `sled/pieces.rs` and `sled/journal.rs`.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::sled::{Config, Db, Tree};

use crate::id::Position;
use crate::record::frame::Sealed;
use crate::store::StoreError;
use crate::store::sled::journal::{self, Journal};
use crate::store::sled::pieces::{self, Bytes, Records};
use crate::store::sled::place::{LOG, failed, sync_dir, sync_tree};
use crate::store::sled::room;
use crate::store::sled::synced::Synced;
#[cfg(test)]
use crate::store::sled::synced::Witness;

/// Sled's page cache. Its default of 1 GB would be most of a small server; the log is read in order, and what the
/// engine reads again it caches itself.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// So much of a file is written over at once.
const WRITE_BACK_BYTES: usize = 1024 * 1024;
const SET_ASIDE: &str = "set-aside";

/// Sled's trees, a handle of our own on its file, and the journal before it.
pub(super) struct Tables {
    // Before sled: its thread holds sled too.
    journal: Mutex<Option<Journal>>,
    log: Tree,
    cursors: Tree,
    db: Db,
    /// Sled's data file, which its own flush does not bring to the disk.
    file: Arc<Synced>,
    blobs: std::path::PathBuf,
    #[cfg(test)]
    blob_witness: Mutex<Option<BlobWitness>>,
}

/// Looks at a file for a large value that has just been brought to the disk.
#[cfg(test)]
pub(super) type BlobWitness = Box<dyn Fn(&str) + Send>;

impl Tables {
    /// Opens sled in `dir`, without its snapshots if they are damaged. All files are on the disk afterwards.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(LOG);
        if journal::is_crowded(dir).map_err(failed("looking for journals set aside"))? {
            write_back(&path).map_err(failed("writing sled's files over"))?;
        }
        remove_half_written(&path).map_err(failed("removing half-written snapshots of sled"))?;
        let (db, log, cursors) = match open_trees(&path) {
            Ok(trees) => trees,
            Err(e) if !e.is_about_contents() => return Err(e.at(Position(0))),
            Err(first) => {
                let moved = set_snapshots_aside(dir)
                    .map_err(failed("setting damaged snapshots of sled aside"))?;
                if moved == 0 {
                    return Err(first.at(Position(0)));
                }
                tracing::warn!(
                    dir = %dir.display(), moved, error = %first,
                    "sled did not open; its snapshots are set aside and are rebuilt from the log"
                );
                open_trees(&path).map_err(|e| e.at(Position(0)))?
            }
        };
        caught("flushing sled", || db.flush()).map_err(|e| e.at(Position(0)))?;
        sync_tree(dir).map_err(failed("syncing the store's files"))?;
        let file = File::options().read(true).write(true).open(path.join("db"));
        let file = Arc::new(Synced::new(file.map_err(failed("opening sled's file"))?));
        let synced = || file.sync();
        journal::recover(dir, &db, &log, synced)?;
        let blobs = path.join("blobs");
        Ok(Self {
            journal: Mutex::new(None),
            log,
            cursors,
            db,
            file,
            blobs,
            #[cfg(test)]
            blob_witness: Mutex::default(),
        })
    }

    /// Begins a new journal, once the log has been checked: what the old one had is in sled, or nowhere. On a full disk
    /// it goes without: the log can be read. The log ends at `end`.
    pub(super) fn begin(&self, dir: &Path, end: Position) -> Result<(), StoreError> {
        let (db, file) = (self.db.clone(), Arc::clone(&self.file));
        match Journal::create(dir, end, move || settle(&db, &file)) {
            Ok(journal) => *self.journal() = Some(journal),
            Err(error) if room::is_full(&error) => {
                tracing::warn!(dir = %dir.display(), "there is no room for the journal");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn journal(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes records in their order, durably; after a crash there may be the first of them without the rest.
    pub(super) fn put_records(&self, records: &[Sealed]) -> Result<(), StoreError> {
        let first = records.first().map_or(Position(0), |record| record.first);
        let records = pieces::kept(records);
        let mut journal = self.journal();
        let Some(journal) = journal.as_mut().filter(|_| Journal::takes(&records)) else {
            return self.durably(first, || pieces::put(&self.log, &records));
        };
        journal.write(&records)?;
        let put = caught("writing to sled", || pieces::put(&self.log, &records));
        put.map_err(|e| e.at(first))?;
        journal.sync()
    }

    /// The record that begins at `first`.
    pub(super) fn record(&self, first: Position) -> Result<Bytes, StoreError> {
        pieces::record(&self.log, first)
    }

    /// All records from the one that holds `from` on.
    pub(super) fn records_from(&self, from: Position) -> Records {
        Records::holding(&self.log, from)
    }

    pub(super) fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = caught("reading a cursor", || self.cursors.get(name));
        Ok(value.map_err(|e| e.at(Position(0)))?.map(|value| value.to_vec()))
    }

    pub(super) fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let all = caught("reading the cursors", || {
            let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
            self.cursors.iter().map(|entry| entry.map(|(n, v)| (text(&n), v.to_vec()))).collect()
        });
        all.map_err(|e| e.at(Position(0)))
    }

    pub(super) fn put_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.durably(Position(0), || self.cursors.insert(name, value).map(drop))?;
        // Cursors are not cut into pieces: large ones may have gone to files of their own.
        self.sync_blobs().map_err(failed("syncing sled's files"))
    }

    /// Lets go of sled, once everything is on the disk.
    pub(super) fn close(self) -> Result<(), StoreError> {
        self.finish()?;
        caught("closing sled", || {
            drop(self);
            Ok(())
        })
        .map_err(|e| e.at(Position(0)))
    }

    /// Brings sled to the disk and takes the journal away, which is no longer needed then.
    fn finish(&self) -> Result<(), StoreError> {
        let journal = self.journal().take().map(Journal::end).transpose()?;
        settle(&self.db, &self.file)?;
        journal.map_or(Ok(()), fs::remove_file).map_err(failed("removing the journal"))
    }

    fn durably(
        &self,
        at: Position,
        change: impl FnOnce() -> ::sled::Result<()>,
    ) -> Result<(), StoreError> {
        let flushed = caught("writing to sled", || {
            change()?;
            self.db.flush()
        });
        flushed.map_err(|e| e.at(at))?;
        self.file.sync()
    }

    /// A device on which a sync fails, in place of the journal; gives the journal's file. Only what is small goes there.
    #[cfg(test)]
    pub(super) fn exchange_journal(&self, file: File) -> Option<File> {
        self.journal().as_mut().map(|journal| journal.exchange(file))
    }

    /// Lets the next sync of sled's file fail, and only that one.
    #[cfg(test)]
    pub(super) fn fail_once(&self) {
        self.file.fail_once();
    }

    /// Lets somebody look each time after sled's file, the journal, or a file for a large value was brought to the disk.
    #[cfg(test)]
    pub(super) fn witness(&self, file: Witness, journal: Witness, blob: BlobWitness) {
        self.file.witness(file);
        *self.blob_witness.lock().unwrap_or_else(PoisonError::into_inner) = Some(blob);
        if let Some(kept) = self.journal().as_mut() {
            kept.witness(journal);
        }
    }

    /// Brings sled to the disk now.
    #[cfg(test)]
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        settle(&self.db, &self.file)
    }

    #[cfg(test)]
    fn look_at_blob(&self, name: &str) {
        let witness = self.blob_witness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = &*witness {
            look(name);
        }
    }

    fn sync_blobs(&self) -> io::Result<()> {
        let mut any = false;
        for entry in fs::read_dir(&self.blobs)? {
            let entry = entry?;
            File::open(entry.path())?.sync_data()?;
            #[cfg(test)]
            self.look_at_blob(&entry.file_name().to_string_lossy());
            any = true;
        }
        if any { sync_dir(&self.blobs) } else { Ok(()) }
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        if std::thread::panicking() || self.journal().is_none() {
            return;
        }
        if let Err(error) = self.finish() {
            tracing::error!(%error, "sled was not brought to the disk; the journal stays for the next start");
        }
    }
}

/// Brings to the disk what sled has in memory.
fn settle(db: &Db, file: &Synced) -> Result<(), StoreError> {
    caught("flushing sled", || db.flush()).map_err(|e| e.at(Position(0)))?;
    file.sync()
}

/// A failure inside sled.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{action} failed")]
    Error {
        action: &'static str,
        #[source]
        source: ::sled::Error,
    },
    #[error("sled panicked: {0}")]
    Panic(String),
}

impl Fault {
    /// As the store's error, about the log from `position` on.
    pub(super) fn at(self, position: Position) -> StoreError {
        match self {
            Fault::Error { source: ::sled::Error::Corruption { .. }, action } => {
                let problem = format!("{action} failed: sled found its own file corrupted");
                StoreError::Damaged { position, problem }
            }
            Fault::Error { action, source } => StoreError::Io { action, source: source.into() },
            Fault::Panic(_) => StoreError::Io { action: "using sled", source: self.into() },
        }
    }

    fn is_about_contents(&self) -> bool {
        match self {
            Fault::Panic(_) => true,
            Fault::Error { source, .. } => !matches!(source, ::sled::Error::Io(_)),
        }
    }
}

/// Calls sled, which panics where it does not expect an error.
pub(super) fn caught<T>(
    action: &'static str,
    call: impl FnOnce() -> ::sled::Result<T>,
) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|source| Fault::Error { action, source }),
        Err(panic) => Err(Fault::Panic(words(&*panic))),
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word").to_owned()
}

fn open_trees(path: &Path) -> Result<(Db, Tree, Tree), Fault> {
    caught("opening sled", || {
        // Nothing is written behind our back: the flusher's thread is off.
        let config = Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let db = config.open()?;
        let (log, cursors) = (db.open_tree("log")?, db.open_tree("cursors")?);
        Ok((db, log, cursors))
    })
}

/// Sled stops at a snapshot that a killed process left half-written.
fn remove_half_written(path: &Path) -> io::Result<()> {
    for name in names(path)?.iter().filter(|name| name.ends_with(".generating")) {
        fs::remove_file(path.join(name))?;
    }
    Ok(())
}

/// Writes all of sled's files over with what the system shows of them, and brings that to the disk: after a sync that
/// failed, the system shows what was never written and would not write it by itself. Sled is not open yet.
fn write_back(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    WRITTEN_BACK.with(|times| times.set(times.get() + 1));
    if !path.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() {
            write_back(&path)?;
            continue;
        }
        let file = File::options().read(true).write(true).open(&path)?;
        let (mut bytes, mut at) = (vec![0; WRITE_BACK_BYTES], 0);
        loop {
            let read = file.read_at(&mut bytes, at)?;
            if read == 0 {
                break;
            }
            file.write_all_at(&bytes[..read], at)?;
            at += read as u64;
        }
        file.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
thread_local! {
    /// How often this thread has written sled's files over.
    pub(super) static WRITTEN_BACK: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Moves sled's snapshots out of its way; says how many there were.
fn set_snapshots_aside(dir: &Path) -> io::Result<usize> {
    let (from, to) = (dir.join(LOG), dir.join(SET_ASIDE));
    let mut snapshots = names(&from)?;
    snapshots.retain(|name| name.starts_with("snap."));
    fs::create_dir_all(&to)?;
    for name in &snapshots {
        fs::rename(from.join(name), to.join(name))?;
    }
    sync_dir(&from)?;
    sync_dir(&to)?;
    Ok(snapshots.len())
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
