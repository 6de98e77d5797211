//! Why personal data cannot be sealed or opened, and why a vault cannot be used.

use std::path::PathBuf;

use super::Subject;

/// Why a vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Something of a forgotten person was to be sealed.
    #[error("{0} was forgotten: nothing personal of them can be kept any more")]
    Forgotten(Subject),
    /// The log holds data whose key is not there, and was not destroyed either.
    #[error(
        "the key of {0} is missing and was not destroyed: restore the folder of keys that belongs to this log"
    )]
    KeyMissing(Subject),
    /// The ciphertext is not what was sealed for this person.
    #[error(
        "what is sealed for {0} does not open with their key: it was changed, or is another person's"
    )]
    NotTheirs(Subject),
    /// The keys were wrapped with another master key.
    #[error(
        "{keys} was not made with the master key in {master}: name the file with the one that it was made with"
    )]
    WrongMaster {
        /// The file of keys.
        keys: PathBuf,
        /// The file of the master key.
        master: PathBuf,
    },
    /// There are keys and no master key to unwrap them.
    #[error(
        "the master key {master} is missing, and {keys} holds keys that only it opens: put the file back"
    )]
    MasterMissing {
        /// The file of keys.
        keys: PathBuf,
        /// The file of the master key.
        master: PathBuf,
    },
    /// The file does not hold a master key.
    #[error("{0} holds no master key: expected 64 hexadecimal digits in one line")]
    BadMaster(PathBuf),
    /// The file of keys is not what was written.
    #[error("{path} is damaged at byte {at}: restore the folder of keys from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// The file system failed.
    #[error("{action} {path} failed: {source}")]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// An error of the file system while doing `action` with `path`.
pub(super) fn io(
    action: &'static str,
    path: &std::path::Path,
) -> impl Fn(std::io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io { action, path: path.clone(), source }
}
