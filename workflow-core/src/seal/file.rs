//! Keys in a small file of their own, beside the log and never in it.
//!
//! Why not in the log's store: sled appends and reclaims space lazily, so that a removed key would lie in its files
//! for long, readable by whoever has the master key. Here every key has its slot (`seal/slot.rs`), wrapped by the
//! master key; destroying one overwrites its slot in place and syncs. On a disk that writes elsewhere than where it
//! is told to (flash, copy-on-write file systems, snapshots) the old bytes may survive, wrapped: the answer to those,
//! and to old backups of this file, is [`FileKeys::rotate`], after which nothing opens them any more.
//!
//! All keys are in memory while the file is open: 32 bytes a person.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::io;
use super::keys::{DataKey, Destroyed, Found, KeyStore};
use super::master::{create_private, folder, make_private_dir, sync_dir};
use super::slot::{Bytes, Name, SLOT_BYTES, Slot, Unread, check_header, header, name};
use super::{MasterKey, Subject, VaultError};

/// The file within its folder.
const FILE: &str = "people";
/// The file that takes its place when the master key is changed.
const FILE_NEW: &str = "people.new";
/// Added to the master key's file name while a new one takes its place.
const MASTER_NEW: &str = "new";

/// The keys of persons in a file, open in this process.
#[derive(Debug)]
pub struct FileKeys {
    path: PathBuf,
    master: MasterKey,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// By name: the slot's number, and the key unless it was destroyed.
    keys: BTreeMap<Name, (u64, Option<DataKey>)>,
    /// The number that the next slot will have.
    next: u64,
}

impl FileKeys {
    /// Opens the keys in `dir` with the master key in the file `master`; makes both where there is neither.
    pub fn open(dir: &Path, master: &Path) -> Result<Self, VaultError> {
        finish_rotation(dir, master)?;
        let path = dir.join(FILE);
        let key = match (path.exists(), MasterKey::load(master)?) {
            (_, Some(key)) => key,
            (true, None) => {
                return Err(VaultError::MasterMissing { keys: path, master: master.to_owned() });
            }
            (false, None) => MasterKey::create(master)?,
        };
        if !path.exists() {
            make_private_dir(dir)?;
            write_whole(&path, &key, &[])?;
        }
        Self::read(path, key, master)
    }

    /// Checks what [`FileKeys::open`] would find, making and changing nothing. Whether there are keys.
    pub fn check(dir: &Path, master: &Path) -> Result<bool, VaultError> {
        let path = dir.join(FILE);
        match (path.exists(), MasterKey::load(master)?) {
            (false, _) => Ok(false),
            (true, None) => {
                Err(VaultError::MasterMissing { keys: path, master: master.to_owned() })
            }
            (true, Some(key)) => {
                let bytes = fs::read(&path).map_err(io("reading", &path))?;
                parse(&path, &bytes, &key, master).map(|_| true)
            }
        }
    }

    fn read(path: PathBuf, key: MasterKey, master: &Path) -> Result<Self, VaultError> {
        let options = File::options().read(true).write(true).open(&path);
        let mut file = options.map_err(io("opening", &path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("reading", &path))?;
        let slots = parse(&path, &bytes, &key, master)?;
        let next = slots.len() as u64 + 1;
        // What a power cut left of a slot that nothing was sealed with yet.
        file.set_len(next * SLOT_BYTES as u64).map_err(io("writing", &path))?;
        let mut keys = BTreeMap::new();
        for (number, slot) in (1..).zip(slots) {
            match slot {
                Slot::Key(name, key) => keys.insert(name, (number, Some(key))),
                Slot::Destroyed(name) => keys.insert(name, (number, None)),
            };
        }
        Ok(Self { path, master: key, open: Mutex::new(Open { file, keys, next }) })
    }

    /// Wraps all keys that are left with a new master key, which takes the old one's place in its file: what was
    /// wrapped with the old one, wherever a copy of it lies, opens nothing any more. The log must be stopped.
    ///
    /// Cut short by a crash, it is finished or undone by the next [`FileKeys::open`]. Returns how many keys there are.
    pub fn rotate(dir: &Path, master: &Path) -> Result<usize, VaultError> {
        let keys = Self::open(dir, master)?;
        let open = keys.held();
        let mut slots = Vec::with_capacity(open.keys.len());
        for (name, (_, key)) in &open.keys {
            slots.push(match key {
                Some(key) => Slot::Key(*name, key.clone()),
                None => Slot::Destroyed(*name),
            });
        }
        let fresh_path = beside(master);
        let fresh = MasterKey::create(&fresh_path)?;
        let new = dir.join(FILE_NEW);
        remove(&new)?;
        write_whole(&new, &fresh, &slots)?;
        fs::rename(&new, &keys.path).map_err(io("replacing", &keys.path))?;
        sync_dir(dir).map_err(io("syncing", dir))?;
        wipe(&open.file, &keys.path)?;
        replace_master(&fresh_path, master)?;
        Ok(open.keys.values().filter(|(_, key)| key.is_some()).count())
    }

    fn held(&self) -> MutexGuard<'_, Open> {
        // What a holder changes is changed after the file took it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, open: &mut Open, number: u64, slot: &Slot) -> Result<(), VaultError> {
        let bytes = slot.write(&self.master)?;
        let written = write_slot(&mut open.file, number, &bytes);
        written.map_err(io("writing", &self.path))
    }
}

impl KeyStore for FileKeys {
    fn find(&self, subject: &Subject) -> Found {
        match self.held().keys.get(&name(subject)) {
            Some((_, Some(key))) => Found::Key(key.clone()),
            Some((_, None)) => Found::Destroyed,
            None => Found::Never,
        }
    }

    fn create(&self, subject: &Subject, key: DataKey) -> Result<(), VaultError> {
        let (name, open) = (name(subject), &mut *self.held());
        if open.keys.contains_key(&name) {
            return Ok(());
        }
        let number = open.next;
        self.put(open, number, &Slot::Key(name, key.clone()))?;
        open.keys.insert(name, (number, Some(key)));
        open.next += 1;
        Ok(())
    }

    fn destroy(&self, subject: &Subject) -> Result<Destroyed, VaultError> {
        let (name, open) = (name(subject), &mut *self.held());
        let (number, was) = match open.keys.get(&name) {
            Some((_, None)) => return Ok(Destroyed::Before),
            Some((number, Some(_))) => (*number, Destroyed::Now),
            None => (open.next, Destroyed::NeverWas),
        };
        self.put(open, number, &Slot::Destroyed(name))?;
        open.next = open.next.max(number + 1);
        open.keys.insert(name, (number, None));
        Ok(was)
    }
}

fn write_slot(file: &mut File, number: u64, bytes: &Bytes) -> io::Result<()> {
    file.seek(SeekFrom::Start(number * SLOT_BYTES as u64))?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// The slots after the first one. At the end what was never whole is left out.
fn parse(
    path: &Path,
    bytes: &[u8],
    key: &MasterKey,
    master: &Path,
) -> Result<Vec<Slot>, VaultError> {
    let damaged = |index: usize| VaultError::Damaged {
        path: path.to_owned(),
        at: (index * SLOT_BYTES) as u64,
    };
    let other = || VaultError::WrongMaster { keys: path.to_owned(), master: master.to_owned() };
    let (whole, _torn) = bytes.as_chunks::<SLOT_BYTES>();
    let Some((first, rest)) = whole.split_first() else { return Err(damaged(0)) };
    check_header(first, key).map_err(|why| match why {
        Unread::OtherMaster => other(),
        Unread::Empty | Unread::Damaged => damaged(0),
    })?;
    let mut slots = Vec::with_capacity(rest.len());
    for (index, bytes) in (1..).zip(rest) {
        match Slot::read(bytes, key) {
            Ok(slot) => slots.push(slot),
            Err(Unread::Empty) if rest[index - 1..].as_flattened().iter().all(|b| *b == 0) => break,
            Err(Unread::Empty | Unread::Damaged | Unread::OtherMaster) => {
                return Err(damaged(index));
            }
        }
    }
    Ok(slots)
}

/// Writes a file of keys so that it is on the disk whole, or not at all.
fn write_whole(path: &Path, master: &MasterKey, slots: &[Slot]) -> Result<(), VaultError> {
    let mut bytes = header(master)?.to_vec();
    for slot in slots {
        bytes.extend(slot.write(master)?);
    }
    let part = path.with_extension("part");
    remove(&part)?;
    let written = create_private(&part).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        sync_dir(folder(path))
    });
    written.map_err(io("writing", path))
}

/// Overwrites a file that has no name any more.
fn wipe(mut file: &File, path: &Path) -> Result<(), VaultError> {
    let wiped = file.metadata().and_then(|metadata| {
        file.seek(SeekFrom::Start(0))?;
        io::copy(&mut io::repeat(0).take(metadata.len()), &mut file)?;
        file.sync_all()
    });
    wiped.map_err(io("overwriting", path))
}

fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io("removing", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The file of the master key that is to come.
fn beside(master: &Path) -> PathBuf {
    let mut name = master.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(MASTER_NEW);
    master.with_file_name(name)
}

/// Puts the new master key in the old one's place, and overwrites the old one.
fn replace_master(fresh: &Path, master: &Path) -> Result<(), VaultError> {
    let old = File::options().write(true).open(master).map_err(io("opening", master))?;
    fs::rename(fresh, master).map_err(io("replacing", master))?;
    let dir = folder(master);
    sync_dir(dir).map_err(io("syncing", dir))?;
    wipe(&old, master)
}

/// After a crash while the master key was being changed: goes on if the keys were wrapped anew, starts over if not.
fn finish_rotation(dir: &Path, master: &Path) -> Result<(), VaultError> {
    let (path, fresh_path) = (dir.join(FILE), beside(master));
    if !fresh_path.exists() || !path.exists() {
        return Ok(());
    }
    let bytes = fs::read(&path).map_err(io("reading", &path))?;
    let opens = |file: &Path| match MasterKey::load(file) {
        Ok(Some(key)) => parse(&path, &bytes, &key, file).is_ok(),
        Ok(None) | Err(_) => false,
    };
    match (opens(&fresh_path), opens(master)) {
        (true, _) => replace_master(&fresh_path, master),
        // The keys were not wrapped anew yet.
        (false, true) => remove(&fresh_path),
        // Neither fits: opening says so.
        (false, false) => Ok(()),
    }
}
