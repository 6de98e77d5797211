//! The store's directory: who holds it, which layout it has, where its head is noted, and how it is left.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::id::Position;
use crate::store::read::damaged;
use crate::store::sled::head::HeadFile;
use crate::store::sled::{room, stopped};
use crate::store::{Head, StoreError};
use crate::time::{Clock, SystemClock};

/// So often a lock that another holds is asked for again: a child process that this one is just starting has it for a moment
/// too, until it becomes another program.
const LOCK_TRIES: u32 = 50;
const LOCK_AGAIN: Duration = Duration::from_millis(5);

/// Sled's own directory.
pub(super) const LOG: &str = "log";
/// The lock file.
pub(super) const LOCK: &str = "lock";
const HEAD: &str = "head";
const FORMAT: &str = "format";
/// What the format file says.
const FORMAT_KNOWN: &str = "workflow log on sled 0.34, layout 1\n";
/// Sled's threads let go of its file a moment after its last handle is dropped; so many milliseconds are waited.
const SLED_GONE_TRIES: u32 = 10_000;

/// A directory that this process holds.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    writer: Mutex<Writer>,
    stage: Stage,
    _lock: File,
}

#[derive(Debug)]
struct Writer {
    head: HeadFile,
    health: Health,
}

#[derive(Debug, Clone, Copy)]
enum Health {
    Sound,
    /// A write failed: what is on the disk is no longer known.
    Broken,
}

#[derive(Debug)]
enum Stage {
    /// The log is being opened; if that fails, nothing is left behind.
    Opening,
    Serving,
    Left,
}

impl Place {
    /// Takes the directory for this process, making a new store if there is none. Gives the head as noted.
    pub(super) fn enter(dir: &Path) -> Result<(Self, Head), StoreError> {
        fs::create_dir_all(dir).map_err(failed("making the store's directory"))?;
        let lock = lock(dir)?;
        room::release(dir);
        let (head, noted) = match check_format(dir)? {
            Layout::Known => open_existing(dir)?,
            Layout::None => {
                let made = HeadFile::create(&dir.join(HEAD));
                made.map_err(failed("making the head file"))?
            }
        };
        let writer = Mutex::new(Writer { head, health: Health::Sound });
        Ok((Self { dir: dir.to_owned(), writer, stage: Stage::Opening, _lock: lock }, noted))
    }

    /// Says that the log was opened and checked, and ends at `head`.
    pub(super) fn serve(&mut self, head: Head) -> Result<(), StoreError> {
        self.write("noting the log's head", |note| {
            note.set(head)?;
            note.sync()
        })?;
        if !self.dir.join(FORMAT).exists() {
            let written = write_synced(&self.dir, FORMAT, FORMAT_KNOWN.as_bytes());
            written.map_err(failed("writing the format file"))?;
        }
        self.stage = Stage::Serving;
        Ok(())
    }

    /// Runs one write at a time. After one that failed, by error or panic, all others are refused.
    pub(super) fn write<T>(
        &self,
        action: &'static str,
        write: impl FnOnce(&HeadFile) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let writer = &mut *self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match writer.health {
            Health::Sound => {}
            Health::Broken => {
                let source = "an earlier write failed; stop and start this process".into();
                return Err(StoreError::Io { action, source });
            }
        }
        // Broken until proven sound, so that a panic leaves it broken.
        writer.health = Health::Broken;
        let written = write(&writer.head)?;
        writer.health = Health::Sound;
        Ok(written)
    }

    /// Leaves the proof of a clean stop. Sled must be closed.
    pub(super) fn leave(&mut self) -> Result<(), StoreError> {
        match std::mem::replace(&mut self.stage, Stage::Left) {
            Stage::Serving => {}
            Stage::Opening | Stage::Left => return Ok(()),
        }
        self.write("stopping cleanly", HeadFile::sync)?;
        let _sled_is_gone = wait_for_sled(&self.dir)?;
        stopped::write(&self.dir).map_err(failed("writing the proof of a clean stop"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Err(error) = self.leave() {
            let dir = self.dir.display();
            tracing::error!(%dir, error = &error as &dyn std::error::Error, "no clean stop");
        }
    }
}

/// An error of the file system, during `action`.
pub(super) fn failed(action: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Io { action, source: source.into() }
}

/// Locks an existing store against being opened, changing nothing.
pub(super) fn lock_for_reading(dir: &Path) -> Result<Option<File>, StoreError> {
    match File::open(dir.join(LOCK)) {
        Ok(file) => take_lock(dir, file).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed("opening the lock file")(e)),
    }
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let options =
        File::options().read(true).write(true).create(true).truncate(false).open(dir.join(LOCK));
    let mut file = take_lock(dir, options.map_err(failed("opening the lock file"))?)?;
    let program = std::env::args().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy();
    let holder = format!("process {} ({program}), since {}", std::process::id(), SystemClock.now());
    let named = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
    named.map_err(failed("writing the lock file"))?;
    Ok(file)
}

fn take_lock(dir: &Path, file: File) -> Result<File, StoreError> {
    let mut tries = 0;
    let taken = loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if tries < LOCK_TRIES => {
                tries += 1;
                std::thread::sleep(LOCK_AGAIN);
            }
            taken => break taken,
        }
    };
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(e)) => Err(failed("locking the store")(e)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Empty in the moment between locking and writing the name.
            let named = (&file).take(300).read_to_string(&mut holder).is_ok_and(|n| n > 0);
            let holder = if named { holder } else { "another process".to_owned() };
            Err(StoreError::InUse { path: dir.display().to_string(), holder })
        }
    }
}

enum Layout {
    Known,
    /// There is no store yet, or one whose making was cut short.
    None,
}

fn check_format(dir: &Path) -> Result<Layout, StoreError> {
    let refuse = |found: &str| StoreError::Format {
        path: dir.display().to_string(),
        found: found.to_owned(),
        known: FORMAT_KNOWN.trim_end().to_owned(),
        advice: "open it with the program version that wrote it; to move on, export it there and \
                 restore the export here",
    };
    match fs::read(dir.join(FORMAT)) {
        Ok(found) if found == FORMAT_KNOWN.as_bytes() => Ok(Layout::Known),
        // A file is written whole or not at all, so that an empty one is no sign of a store cut short.
        Ok(found) if found.is_empty() => Err(refuse("none (its file is empty)")),
        Ok(found) => {
            let start = &found[..found.len().min(60)];
            Err(refuse(String::from_utf8_lossy(start).trim_end()))
        }
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("reading the format file")(e)),
        // The format is written last when a store is made: nothing was ever appended to an unfinished one.
        Err(_) => match HeadFile::open(&dir.join(HEAD)) {
            Ok((_, head)) if head.next == Position(0) => Ok(Layout::None),
            Err(_) if !dir.join(LOG).exists() => Ok(Layout::None),
            Ok(_) | Err(_) => Err(refuse("none (its file is missing)")),
        },
    }
}

fn open_existing(dir: &Path) -> Result<(HeadFile, Head), StoreError> {
    let (head, noted) = HeadFile::open(&dir.join(HEAD))?;
    if !dir.join(LOG).join("db").exists() {
        let problem = "the file log/db is missing; restore the whole directory from a backup";
        return Err(damaged(Position(0), &problem));
    }
    stopped::remove(dir)?;
    Ok((head, noted))
}

/// Waits until sled's threads have let go of its file, then holds that file.
fn wait_for_sled(dir: &Path) -> Result<File, StoreError> {
    let action = "waiting for sled to close its file";
    let file = File::open(dir.join(LOG).join("db")).map_err(failed(action))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if tries < SLED_GONE_TRIES => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(e) => return Err(failed(action)(e.into())),
        }
    }
}

/// Writes a small file so that it is on the disk whole, or not at all.
pub(super) fn write_synced(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, dir.join(name))?;
    sync_dir(dir)
}

/// Brings a directory's names to the disk. Only Unix has a call for that.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Brings every file and directory below `dir` to the disk.
pub(super) fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { sync_tree(&path)? } else { File::open(&path)?.sync_all()? }
    }
    sync_dir(dir)
}
