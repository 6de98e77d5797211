//! Room on the disk: how much must be left to take anything new, and a reserve that a clean stop can fall back on.
//!
//! Sled does not survive a write that finds no space. So nothing new is taken long before ([`ROOM_BYTES_MIN`]), and
//! should another program fill the disk to its end all the same, the reserve makes room for what closing writes.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, fstatvfs};

use crate::store::sled::place::failed;
use crate::store::{NoRoom, StoreError};

/// The file that keeps the reserve.
pub(super) const RESERVE: &str = "reserve";
/// What must be left on the disk to take anything new. 4,096 inputs may wait for the writer already, with one or two
/// events each of about 350 bytes, which sled writes three times over at worst, and it takes its file in steps of
/// 512 KiB: some 10 MiB. The rest is for the answers to calls under way, which are always taken.
pub(super) const ROOM_BYTES_MIN: u64 = 32 * 1024 * 1024;
/// What is kept for the stop: sled's snapshot is 1 MB at a million events, the rest are small files.
const RESERVE_BYTES: u64 = 8 * 1024 * 1024;

/// The store's directory, looked at for its room; keeps the reserve until dropped.
pub(super) struct Room {
    dir: PathBuf,
    handle: File,
}

impl Room {
    /// Makes the reserve. A disk too full for it is no error: the log can be read, and inputs are refused.
    pub(super) fn keep(dir: &Path) -> Result<Self, StoreError> {
        let handle = File::open(dir).map_err(failed("opening the store's directory"))?;
        let made = File::create(dir.join(RESERVE))
            .and_then(|file| Ok(fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES)?));
        if let Err(error) = made {
            tracing::warn!(dir = %dir.display(), %error, "no space could be kept for a stop on a full disk");
        }
        Ok(Self { dir: dir.to_owned(), handle })
    }

    /// Whether enough is left, and `more_bytes` beside it. A file system that does not say is taken to have room.
    pub(super) fn check(&self, more_bytes: u64) -> Result<(), NoRoom> {
        check(&self.handle, &self.dir, more_bytes)
    }

    /// As the free function, and gives the reserve back: sled has something left to write when it is closed.
    pub(super) fn explain(&self, action: &'static str, error: StoreError) -> StoreError {
        let error = explain(&self.dir, action, error);
        if matches!(error, StoreError::Full { .. }) {
            release(&self.dir);
        }
        error
    }
}

/// Whether the disk of `dir` has room for `more_bytes` beside what inputs need.
pub(super) fn check_dir(dir: &Path, more_bytes: u64) -> Result<(), NoRoom> {
    File::open(dir).map_or(Ok(()), |handle| check(&handle, dir, more_bytes))
}

fn check(handle: &File, dir: &Path, more_bytes: u64) -> Result<(), NoRoom> {
    let Ok(disk) = fstatvfs(handle) else { return Ok(()) };
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed_bytes = ROOM_BYTES_MIN.saturating_add(more_bytes);
    if free_bytes >= needed_bytes {
        return Ok(());
    }
    Err(NoRoom { path: dir.display().to_string(), free_bytes, needed_bytes })
}

/// Says that the disk is full instead of what sled made of it; any other error is left as it is.
pub(super) fn explain(dir: &Path, action: &'static str, error: StoreError) -> StoreError {
    if !is_full(&error) {
        return error;
    }
    tracing::error!(dir = %dir.display(), %error, "the disk is full");
    StoreError::Full { action, path: dir.display().to_string() }
}

impl Drop for Room {
    fn drop(&mut self) {
        release(&self.dir);
    }
}

/// Frees the reserve's space; also one that a killed process left, so that opening has room.
pub(super) fn release(dir: &Path) {
    match fs::remove_file(dir.join(RESERVE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(dir = %dir.display(), %error, "the reserve could not be given back");
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether the cause is a disk without space. Sled wraps some errors and panics with the words of others.
pub(super) fn is_full(error: &StoreError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
            return true;
        }
        let text = error.to_string();
        if ["No space left on device", "StorageFull", "QuotaExceeded"]
            .iter()
            .any(|w| text.contains(w))
        {
            return true;
        }
        cause = error.source();
    }
    false
}
