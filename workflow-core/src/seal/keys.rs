//! The keys of persons: the port that keeps them, and the one in memory, for tests and for logs in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::{Subject, VaultError};

/// How many bytes a key has.
pub(super) const KEY_BYTES: usize = 32;

/// One person's key; wiped from memory when dropped, never shown.
#[derive(Clone)]
pub struct DataKey(pub(super) Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    /// A new key that nobody can guess.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes).map_err(VaultError::Random)?;
        Ok(Self(bytes))
    }

    /// A key that a store of one's own has kept.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself, for a store of one's own to keep.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// What a store of keys knows of a person.
#[derive(Debug)]
pub enum Found {
    /// Their key.
    Key(DataKey),
    /// It was destroyed, and stays so.
    Destroyed,
    /// There never was one.
    Never,
}

/// What destroying a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destroyed {
    /// There was a key, and it is gone.
    Now,
    /// It was gone before.
    Before,
    /// There never was one, and now there never will be.
    NeverWas,
}

/// Where the keys of persons are kept.
pub trait KeyStore: Send + Sync + 'static {
    /// A person's key.
    fn find(&self, subject: &Subject) -> Found;

    /// Keeps the key of a person who has none; durable when the call returns. Two threads may race: the one that
    /// comes second must find the first one's key afterwards.
    fn create(&self, subject: &Subject, key: DataKey) -> Result<(), VaultError>;

    /// Destroys a person's key for good, so that none can be made again; durable when the call returns.
    fn destroy(&self, subject: &Subject) -> Result<Destroyed, VaultError>;
}

/// Keys in memory; `None` marks one that was destroyed.
#[derive(Debug, Default)]
pub struct MemoryKeys(Mutex<BTreeMap<Subject, Option<DataKey>>>);

impl MemoryKeys {
    fn keys(&self) -> MutexGuard<'_, BTreeMap<Subject, Option<DataKey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for MemoryKeys {
    fn find(&self, subject: &Subject) -> Found {
        match self.keys().get(subject) {
            Some(Some(key)) => Found::Key(key.clone()),
            Some(None) => Found::Destroyed,
            None => Found::Never,
        }
    }

    fn create(&self, subject: &Subject, key: DataKey) -> Result<(), VaultError> {
        self.keys().entry(subject.clone()).or_insert(Some(key));
        Ok(())
    }

    fn destroy(&self, subject: &Subject) -> Result<Destroyed, VaultError> {
        Ok(match self.keys().insert(subject.clone(), None) {
            Some(Some(_)) => Destroyed::Now,
            Some(None) => Destroyed::Before,
            None => Destroyed::NeverWas,
        })
    }
}
