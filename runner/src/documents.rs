//! The documents that contractors hand in: kept beside the log by their content, each sealed with its person's key.
//!
//! `DATA/documents/PERSON/CONTENT`: both names are hashes. Where several runners share a database, rows of it instead. A document is on the disk, and so is its name, before any
//! event speaks of it; a crash in between leaves a file that the next finding of the same content uses. Forgetting a
//! person destroys the key, which closes the files for good, and then removes them. Deliberately absent: what a document
//! is worth, and a copy in backups, which hold the log alone: neither documents nor keys.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use workflow_core::seal::{Subject, Vault, VaultError};

/// The folder within the data directory.
pub const DOCUMENTS_DIR: &str = "documents";

/// The documents of one data directory.
pub struct Documents {
    place: Place,
    vault: Arc<Vault>,
    made: AtomicU64,
}

/// Where they lie.
enum Place {
    Folder(PathBuf),
    #[cfg(feature = "postgres")]
    Shared(workflow_core::store::postgres::Kept),
}

/// Why a document cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The person was forgotten, or their key cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The disk does not do it.
    #[error("a document in {path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database does not do it.
    #[error(transparent)]
    Store(#[from] workflow_core::store::StoreError),
}

impl Documents {
    /// The documents in a data directory.
    pub fn new(data_dir: &Path, vault: Arc<Vault>) -> Self {
        let place = Place::Folder(data_dir.join(DOCUMENTS_DIR));
        Self { place, vault, made: AtomicU64::new(0) }
    }

    /// The documents of a shard, in the database that keeps its log.
    #[cfg(feature = "postgres")]
    pub fn shared(kept: workflow_core::store::postgres::Kept, vault: Arc<Vault>) -> Self {
        Self { place: Place::Shared(kept), vault, made: AtomicU64::new(0) }
    }

    /// The hash by which a document is known, in hexadecimal.
    pub fn hash(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    /// Keeps a document; durable when this returns. Keeping it again changes nothing.
    pub fn keep(&self, subject: &Subject, bytes: &[u8]) -> Result<String, DocumentError> {
        let sha256 = Self::hash(bytes);
        if matches!(self.read(subject, &sha256), Ok(Some(_))) {
            return Ok(sha256);
        }
        let sealed = self.vault.seal(subject, bytes)?;
        match &self.place {
            Place::Folder(dir) => {
                let folder = dir.join(person(subject));
                let written = self.write(&folder, &sha256, &sealed);
                written.map_err(|source| DocumentError::Io { path: folder, source })?;
            }
            #[cfg(feature = "postgres")]
            Place::Shared(kept) => kept.put_document(&person(subject), &sha256, &sealed)?,
        }
        Ok(sha256)
    }

    fn write(&self, folder: &Path, sha256: &str, sealed: &[u8]) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let fresh = folder.join(format!("{sha256}.{}-{number}", std::process::id()));
        let mut file = File::create(&fresh)?;
        file.write_all(sealed)?;
        file.sync_all()?;
        fs::rename(&fresh, folder.join(sha256))?;
        // The names too: of the file in its folder, and of the folders above.
        for folder in folder.ancestors().take(3) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// A document by its hash; `None` when it is not here, not as it was written, or its person was forgotten.
    pub fn read(&self, subject: &Subject, sha256: &str) -> Result<Option<Vec<u8>>, DocumentError> {
        let Some(sealed) = self.sealed(subject, sha256)? else { return Ok(None) };
        let clear = match self.vault.unseal(subject, &sealed) {
            Ok(clear) => clear.map(|clear| clear.to_vec()),
            // Torn or tampered with: as good as not there, and handed in again.
            Err(VaultError::NotTheirs(_) | VaultError::KeyMissing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(clear.filter(|clear| Self::hash(clear) == sha256))
    }

    fn sealed(&self, subject: &Subject, sha256: &str) -> Result<Option<Vec<u8>>, DocumentError> {
        match &self.place {
            Place::Folder(dir) => {
                let folder = dir.join(person(subject));
                match fs::read(folder.join(sha256)) {
                    Ok(sealed) => Ok(Some(sealed)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(DocumentError::Io { path: folder, source }),
                }
            }
            #[cfg(feature = "postgres")]
            Place::Shared(kept) => Ok(kept.document(&person(subject), sha256)?),
        }
    }

    /// Removes all of a person's documents.
    pub fn forget(&self, subject: &Subject) -> Result<(), DocumentError> {
        match &self.place {
            Place::Folder(dir) => {
                let folder = dir.join(person(subject));
                match fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(DocumentError::Io { path: folder, source: error })
                    }
                    _ => Ok(()),
                }
            }
            #[cfg(feature = "postgres")]
            Place::Shared(kept) => Ok(kept.remove_documents(&person(subject))?),
        }
    }

    /// Whether there are documents of this person. Where that cannot be found out, there may be.
    pub fn has(&self, subject: &Subject) -> bool {
        match &self.place {
            Place::Folder(dir) => dir.join(person(subject)).exists(),
            #[cfg(feature = "postgres")]
            Place::Shared(kept) => kept.has_documents(&person(subject)).unwrap_or(true),
        }
    }
}

/// The name of a person's folder.
fn person(subject: &Subject) -> String {
    let mut name = Documents::hash(subject.as_str().as_bytes());
    name.truncate(32);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> (tempfile::TempDir, Documents) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let documents = Documents::new(dir.path(), Vault::in_memory());
        (dir, documents)
    }

    fn kim() -> Subject {
        Subject::new("contractor/acme/1")
    }

    #[test]
    fn what_is_kept_is_read_by_its_hash_and_lies_sealed() {
        let (dir, documents) = documents();
        let pdf = b"%PDF-1.7 Kim Doe";
        let hash = documents.keep(&kim(), pdf).expect("it is kept");
        assert_eq!(hash, documents.keep(&kim(), pdf).expect("it is there"));
        assert_eq!(documents.read(&kim(), &hash).expect("it reads").as_deref(), Some(&pdf[..]));
        assert_eq!(documents.read(&Subject::new("x"), &hash).expect("it reads"), None);
        let mut files = Vec::new();
        for folder in fs::read_dir(dir.path().join(DOCUMENTS_DIR)).expect("a folder") {
            for file in fs::read_dir(folder.expect("an entry").path()).expect("a folder") {
                files.push(fs::read(file.expect("an entry").path()).expect("a file"));
            }
        }
        assert_eq!(files.len(), 1);
        assert!(!files[0].windows(7).any(|window| window == b"Kim Doe"));
    }

    #[test]
    fn what_was_torn_is_not_there_and_can_be_kept_again() {
        let (dir, documents) = documents();
        let pdf = b"%PDF-1.7";
        let hash = documents.keep(&kim(), pdf).expect("it is kept");
        fs::write(dir.path().join(DOCUMENTS_DIR).join(person(&kim())).join(&hash), b"torn")
            .expect("it can be spoiled");
        assert_eq!(documents.read(&kim(), &hash).expect("it reads"), None);
        documents.keep(&kim(), pdf).expect("it is kept");
        assert!(documents.read(&kim(), &hash).expect("it reads").is_some());
    }

    #[test]
    fn forgetting_removes_and_nothing_is_kept_afterwards() {
        let (_dir, documents) = documents();
        let hash = documents.keep(&kim(), b"%PDF").expect("it is kept");
        documents.vault.destroy(&kim()).expect("the key is destroyed");
        assert_eq!(documents.read(&kim(), &hash).expect("it reads"), None);
        documents.forget(&kim()).expect("it is removed");
        assert!(!documents.has(&kim()));
        assert!(matches!(documents.keep(&kim(), b"%PDF"), Err(DocumentError::Vault(_))));
        documents.forget(&kim()).expect("nothing is left to remove");
    }
}
