//! The cipher: XChaCha20-Poly1305 with a random nonce, one key a person, bound to the person by the associated data.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keys::{DataKey, Destroyed, Found, KeyStore, MemoryKeys};
use super::{FileKeys, Subject, VaultError};

/// How many bytes a nonce has: enough to draw it at random for every sealing.
pub(super) const NONCE_BYTES: usize = 24;
/// How many bytes the proof of authenticity adds.
pub(super) const TAG_BYTES: usize = 16;
/// What the associated data begins with: a ciphertext of another purpose does not open here.
const PURPOSE: &str = "personal data in a workflow log, 1\n";

/// Seals and opens personal data with the keys of persons.
pub struct Vault {
    keys: Box<dyn KeyStore>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault over a store of keys.
    pub fn new(keys: impl KeyStore) -> Arc<Self> {
        Arc::new(Self { keys: Box::new(keys) })
    }

    /// A vault whose keys are gone with it: for tests and logs in memory.
    pub fn in_memory() -> Arc<Self> {
        Self::new(MemoryKeys::default())
    }

    /// The vault in `dir`, opened with the master key in the file `master`. Both are made where there is neither.
    /// One process at a time: whoever holds the log may open it.
    ///
    /// Errors: `MasterMissing`, `WrongMaster`, `BadMaster`, `Damaged`, `Io`.
    pub fn open(dir: &Path, master: &Path) -> Result<Arc<Self>, VaultError> {
        Ok(Self::new(FileKeys::open(dir, master)?))
    }

    /// Seals bytes for a person: nonce and ciphertext. A new person's key is durable when this returns.
    ///
    /// Errors: `Forgotten`, and what the store of keys says.
    pub fn seal(&self, subject: &Subject, clear: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = match self.keys.find(subject) {
            Found::Key(key) => key,
            Found::Destroyed => return Err(VaultError::Forgotten(subject.clone())),
            Found::Never => {
                self.keys.create(subject, DataKey::random()?)?;
                match self.keys.find(subject) {
                    Found::Key(key) => key,
                    Found::Destroyed | Found::Never => {
                        return Err(VaultError::Forgotten(subject.clone()));
                    }
                }
            }
        };
        seal(&key, &associated(subject), clear)
    }

    /// Opens what was sealed for a person; `None` when they were forgotten.
    ///
    /// Errors: `KeyMissing` and `NotTheirs`.
    pub fn unseal(
        &self,
        subject: &Subject,
        sealed: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match self.keys.find(subject) {
            Found::Key(key) => match unseal(&key, &associated(subject), sealed) {
                Some(clear) => Ok(Some(clear)),
                None => Err(VaultError::NotTheirs(subject.clone())),
            },
            Found::Destroyed => Ok(None),
            Found::Never => Err(VaultError::KeyMissing(subject.clone())),
        }
    }

    /// Destroys a person's key: all that was sealed for them is unreadable from now on, and nothing more can be
    /// sealed. Repeating it changes nothing.
    pub fn destroy(&self, subject: &Subject) -> Result<Destroyed, VaultError> {
        match self.keys.find(subject) {
            Found::Destroyed => Ok(Destroyed::Before),
            Found::Key(_) | Found::Never => self.keys.destroy(subject),
        }
    }

    /// Whether the person's key was destroyed.
    pub fn is_forgotten(&self, subject: &Subject) -> bool {
        matches!(self.keys.find(subject), Found::Destroyed)
    }
}

fn associated(subject: &Subject) -> Vec<u8> {
    [PURPOSE.as_bytes(), subject.as_str().as_bytes()].concat()
}

/// Nonce and ciphertext of `clear` under `key`.
pub(super) fn seal(key: &DataKey, associated: &[u8], clear: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(VaultError::Random)?;
    let payload = Payload { msg: clear, aad: associated };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.expect("the cipher takes 256 GB at a time; one field of an event is less");
    Ok([&nonce[..], &sealed].concat())
}

/// The clear text behind nonce and ciphertext, if they are what was sealed under `key`.
pub(super) fn unseal(
    key: &DataKey,
    associated: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: associated };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

fn cipher(key: &DataKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(<&Key>::from(&*key.0))
}

thread_local! {
    /// The vault that this thread reads and writes events with.
    static AT_HAND: RefCell<Option<Arc<Vault>>> = const { RefCell::new(None) };
}

/// Runs `work` with a vault at hand, for this thread: [`Personal`](super::Personal) fields that are written meanwhile
/// are sealed, and those that are read are opened. Serde has no other way to give a field something to work with.
pub fn within<R>(vault: &Arc<Vault>, work: impl FnOnce() -> R) -> R {
    let before = AT_HAND.with(|at_hand| at_hand.replace(Some(Arc::clone(vault))));
    let _restore = Restore(before);
    work()
}

/// The same with a vault that may not be there.
pub(crate) fn within_any<R>(vault: Option<&Arc<Vault>>, work: impl FnOnce() -> R) -> R {
    match vault {
        Some(vault) => within(vault, work),
        None => work(),
    }
}

/// Puts the vault back that was at hand before, also when the work panics.
struct Restore(Option<Arc<Vault>>);

impl Drop for Restore {
    fn drop(&mut self) {
        let before = self.0.take();
        AT_HAND.with(|at_hand| *at_hand.borrow_mut() = before);
    }
}

/// The vault at hand.
pub(super) fn at_hand() -> Option<Arc<Vault>> {
    AT_HAND.with(|at_hand| at_hand.borrow().clone())
}
