//! A file that is brought to the disk, until that fails once.
//!
//! The system tells of a failed sync once, and the next one of the same data says that all is well. So nothing is believed
//! afterwards: what the journal still has stays in the journal.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(test)]
use std::sync::{Mutex, PoisonError};

use crate::store::StoreError;
use crate::store::sled::place::failed;

const SYNCING: &str = "bringing the log to the disk";

/// Looks at what has just been brought to the disk.
#[cfg(test)]
pub(super) type Witness = Box<dyn Fn() + Send>;

pub(super) struct Synced {
    file: File,
    has_failed: AtomicBool,
    /// A device that fails once.
    #[cfg(test)]
    fails: AtomicBool,
    #[cfg(test)]
    witness: Mutex<Option<Witness>>,
}

impl Synced {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            has_failed: AtomicBool::new(false),
            #[cfg(test)]
            fails: AtomicBool::new(false),
            #[cfg(test)]
            witness: Mutex::new(None),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// What was written is on the disk when this returns.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        if self.has_failed.load(Ordering::Acquire) {
            return Err(failed(SYNCING)(io::Error::other("an earlier sync of it failed")));
        }
        let synced = self.file.sync_data();
        #[cfg(test)]
        let synced = match self.fails.swap(false, Ordering::AcqRel) {
            true => Err(io::Error::other("the device failed")),
            false => synced,
        };
        synced.map_err(|error| {
            self.has_failed.store(true, Ordering::Release);
            failed(SYNCING)(error)
        })?;
        #[cfg(test)]
        if let Some(look) = &*self.witness.lock().unwrap_or_else(PoisonError::into_inner) {
            look();
        }
        Ok(())
    }

    /// Lets the next sync fail, and only that one.
    #[cfg(test)]
    pub(super) fn fail_once(&self) {
        self.fails.store(true, Ordering::Release);
    }

    #[cfg(test)]
    pub(super) fn witness(&self, witness: Witness) {
        *self.witness.lock().unwrap_or_else(PoisonError::into_inner) = Some(witness);
    }

    #[cfg(test)]
    pub(super) fn into_file(self) -> File {
        self.file
    }
}

impl std::fmt::Debug for Synced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Synced").field("file", &self.file).finish_non_exhaustive()
    }
}
