//! When the checkpoint of the index of streams is written: as the log grows, by a thread of its own, and at a stop.
//!
//! What is written stands in `sled/kept.rs`. A checkpoint that cannot be written is no harm: the next start takes
//! longer.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crate::id::Position;
use crate::store::StoreError;
use crate::store::sled::kept::Shelve;
use crate::store::sled::place::failed;
use crate::store::sled::{Known, kept, room};

/// A checkpoint is written after so many events: reading them again takes about a tenth of a second.
const EVERY: u64 = 50_000;
/// At a stop a checkpoint that is so many events old is new enough.
const NEW_ENOUGH: u64 = 1_000;

/// What must be free beside the room for inputs: several million streams take less, and what can be done without must
/// not take the log's last room.
const ROOM_BYTES: u64 = 128 * 1024 * 1024;

/// Writes checkpoints, one at a time.
pub(super) struct Keeper {
    task: Arc<Task>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Task {
    dir: PathBuf,
    known: Arc<RwLock<Known>>,
    /// How far the last checkpoint reaches.
    at: AtomicU64,
    writing: Mutex<()>,
}

impl Keeper {
    /// Of the store in `dir`, whose checkpoint reaches to `at`.
    pub(super) fn new(dir: &Path, known: Arc<RwLock<Known>>, at: Position) -> Self {
        let (at, writing) = (AtomicU64::new(at.0), Mutex::new(()));
        let task = Task { dir: dir.to_owned(), known, at, writing };
        Self { task: Arc::new(task), thread: Mutex::new(None) }
    }

    /// Says how far the log reaches now.
    pub(super) fn grown_to(&self, next: Position) {
        if next.0.saturating_sub(self.task.at.load(Ordering::Relaxed)) < EVERY {
            return;
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let task = Arc::clone(&self.task);
        let spawned = std::thread::Builder::new()
            .name("workflow-streams".into())
            .spawn(move || task.write_or_warn());
        match spawned {
            Ok(new) => *thread = Some(new),
            Err(error) => tracing::warn!(%error, "no thread for the checkpoint"),
        }
    }

    /// Writes a checkpoint before it returns.
    pub(super) fn write_now(&self) -> Result<(), StoreError> {
        let written = self.task.write(Shelve::Many);
        written.map_err(failed("writing the checkpoint of the index of streams"))
    }

    /// Writes a checkpoint, with all streams on the shelf.
    #[cfg(test)]
    pub(super) fn shelve_now(&self) -> std::io::Result<()> {
        self.task.write(Shelve::All)
    }

    /// How far the last checkpoint reaches.
    #[cfg(test)]
    pub(super) fn reaches_to(&self) -> Position {
        Position(self.task.at.load(Ordering::Relaxed))
    }
}

impl Task {
    fn write(&self, shelve: Shelve) -> std::io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        room::check_dir(&self.dir, ROOM_BYTES).map_err(std::io::Error::other)?;
        let from = kept::write(&self.dir, &self.known, shelve)?;
        self.at.store(from.next.0, Ordering::Relaxed);
        Ok(())
    }

    fn write_or_warn(&self) {
        if let Err(error) = self.write(Shelve::Many) {
            // Not at once again.
            self.at.fetch_add(EVERY / 2, Ordering::Relaxed);
            let dir = self.dir.display();
            tracing::warn!(%dir, %error, "the checkpoint of the index of streams was not written");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::warn!("the thread of the checkpoint ended in a panic");
        }
        let next = self.task.known.read().unwrap_or_else(PoisonError::into_inner).head.next.0;
        let at = self.task.at.load(Ordering::Relaxed);
        if !std::thread::panicking() && next.saturating_sub(at) >= NEW_ENOUGH {
            self.task.write_or_warn();
        }
    }
}
