//! Keys in the database that several runners share: the same slots as in a file (`seal/slot.rs`), a row each.
//!
//! Only the runner that holds a shard has the keys of its persons, in memory as long as it holds it; a new holder reads
//! them from the rows, so that a key that was destroyed is gone for it too. The master key is a file of each machine's,
//! and the same in all of them. What is left of a destroyed key in the database's own files, standbys and backups is
//! wrapped by it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::keys::{DataKey, Destroyed, Found, KeyStore};
use super::slot::{Bytes, Name, Slot, check_header, header, name};
use super::{MasterKey, Subject, VaultError};
use crate::store::StoreError;
use crate::store::postgres::Kept;

/// The name of the row that tells which master key wrapped the others.
const HEADER: &[u8] = b"";

/// The keys of a shard's persons.
#[derive(Debug)]
pub struct SharedKeys {
    kept: Kept,
    master: MasterKey,
    keys: Mutex<BTreeMap<Name, Option<DataKey>>>,
}

impl SharedKeys {
    /// Reads a shard's keys with the master key in the file `master`, which is made where the shard has no key yet.
    pub fn open(kept: Kept, master: &Path) -> Result<Self, VaultError> {
        let master = Self::agree(&kept, master)?;
        let mut keys = BTreeMap::new();
        for (name, slot) in kept.slots().map_err(failed("reading"))? {
            if name == HEADER {
                continue;
            }
            match Slot::read(&bytes(&slot)?, &master).map_err(|_| damaged())? {
                Slot::Key(name, key) => keys.insert(name, Some(key)),
                Slot::Destroyed(name) => keys.insert(name, None),
            };
        }
        Ok(Self { kept, master, keys: Mutex::new(keys) })
    }

    /// Sees that the shard's keys were wrapped by the master key in the file `master`, or are to be from now on.
    ///
    /// Errors: `WrongMaster`, `MasterMissing`, `BadMaster`, `Damaged`, `Io`.
    pub fn agree(kept: &Kept, master: &Path) -> Result<MasterKey, VaultError> {
        let known = kept.slot(HEADER).map_err(failed("reading"))?;
        let (keys, file) = (PathBuf::from(DATABASE), master.to_owned());
        let key = match (&known, MasterKey::load(master)?) {
            (_, Some(key)) => key,
            (Some(_), None) => return Err(VaultError::MasterMissing { keys, master: file }),
            (None, None) => MasterKey::create(master)?,
        };
        let head = match known {
            Some(head) => head,
            None => kept.add_slot(HEADER, &header(&key)?).map_err(failed("writing"))?,
        };
        match check_header(&bytes(&head)?, &key) {
            Ok(()) => Ok(key),
            Err(_) => Err(VaultError::WrongMaster { keys, master: file }),
        }
    }

    /// Takes the keys of a directory over, as they are wrapped; those that are there already stay. Returns how many there
    /// were.
    pub fn adopt(kept: &Kept, file: &[u8]) -> Result<usize, VaultError> {
        let (slots, _torn) = file.as_chunks::<{ super::slot::SLOT_BYTES }>();
        let Some((head, slots)) = slots.split_first() else { return Err(damaged()) };
        kept.add_slot(HEADER, head).map_err(failed("writing"))?;
        let mut adopted = 0;
        for slot in slots.iter().filter(|slot| slot.iter().any(|byte| *byte != 0)) {
            // The name follows the kind.
            let Some(name) = slot.get(1..33) else { return Err(damaged()) };
            kept.add_slot(name, slot).map_err(failed("writing"))?;
            adopted += 1;
        }
        Ok(adopted)
    }

    /// The keys as a file of them, still wrapped; none where there is none.
    pub fn as_file(kept: &Kept) -> Result<Option<Vec<u8>>, VaultError> {
        let mut slots = kept.slots().map_err(failed("reading"))?;
        // The one without a name comes first, as it does in a file.
        slots.sort();
        let is_whole = slots.first().is_some_and(|(name, _)| name == HEADER);
        Ok(is_whole.then(|| slots.into_iter().flat_map(|(_, slot)| slot).collect()))
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Name, Option<DataKey>>> {
        // What a holder changes is changed after the database took it.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the database is called where a file is expected.
const DATABASE: &str = "the database";

fn damaged() -> VaultError {
    VaultError::Damaged { path: PathBuf::from(DATABASE), at: 0 }
}

fn failed(action: &'static str) -> impl Fn(StoreError) -> VaultError {
    move |error| {
        let source = std::io::Error::other(error);
        VaultError::Io { action, path: PathBuf::from("the keys in the database"), source }
    }
}

fn bytes(slot: &[u8]) -> Result<Bytes, VaultError> {
    slot.try_into().map_err(|_| damaged())
}

impl KeyStore for SharedKeys {
    fn find(&self, subject: &Subject) -> Found {
        match self.held().get(&name(subject)) {
            Some(Some(key)) => Found::Key(key.clone()),
            Some(None) => Found::Destroyed,
            None => Found::Never,
        }
    }

    fn create(&self, subject: &Subject, key: DataKey) -> Result<(), VaultError> {
        let (name, mut keys) = (name(subject), self.held());
        if keys.contains_key(&name) {
            return Ok(());
        }
        let slot = Slot::Key(name, key).write(&self.master)?;
        let there = self.kept.add_slot(&name, &slot).map_err(failed("writing"))?;
        match Slot::read(&bytes(&there)?, &self.master).map_err(|_| damaged())? {
            Slot::Key(_, key) => keys.insert(name, Some(key)),
            Slot::Destroyed(_) => keys.insert(name, None),
        };
        Ok(())
    }

    fn destroy(&self, subject: &Subject) -> Result<Destroyed, VaultError> {
        let (name, mut keys) = (name(subject), self.held());
        let was = match keys.get(&name) {
            Some(None) => return Ok(Destroyed::Before),
            Some(Some(_)) => Destroyed::Now,
            None => Destroyed::NeverWas,
        };
        let slot = Slot::Destroyed(name).write(&self.master)?;
        self.kept.set_slot(&name, &slot).map_err(failed("writing"))?;
        keys.insert(name, None);
        Ok(was)
    }
}
