//! A log back from its export: the same records at the same positions, with the same hashes, and the cursors.
//!
//! Restores into a store that has nothing; where that store lies, and that it is used only once the restoring has
//! succeeded, is the caller's part.

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::audit::export::{self, Contents, Part, ReadError};
use crate::audit::sign::PublicKey;
use crate::id::Position;
use crate::store::{Store, StoreError};

/// So many bytes of records become durable together.
const GROUP_BYTES: usize = 1024 * 1024;

/// Why a log was not restored. The store is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The store has something already.
    #[error("the store is not empty: a log is restored into nothing, never over another")]
    NotEmpty,
    /// The export is not what was written, or cannot be read.
    #[error(transparent)]
    Export(#[from] ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Restores an export into an empty store. With a `trusted` key the export must be signed by it. Calls `progress` with
/// the bytes of the export that were read.
pub fn restore(
    input: &mut dyn BufRead,
    trusted: Option<&PublicKey>,
    store: &dyn Store,
    progress: &mut dyn FnMut(u64),
) -> Result<Contents, RestoreError> {
    if store.head().next > Position(0) || !store.cursors()?.is_empty() {
        return Err(RestoreError::NotEmpty);
    }
    let (mut group, mut bytes) = (Vec::new(), 0);
    let mut cursors: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let contents = export::read(input, trusted, &mut |part, done| {
        match part {
            Part::Cursor(name, value) => drop(cursors.insert(name.to_owned(), value.to_vec())),
            Part::Record(record) => {
                bytes += record.len();
                group.push(record.to_vec());
                if bytes >= GROUP_BYTES {
                    store.append_records(&group)?;
                    (group, bytes) = (Vec::new(), 0);
                }
            }
        }
        progress(done);
        Ok::<(), RestoreError>(())
    })?;
    store.append_records(&group)?;
    // Last: a mark is never ahead of the log.
    for (name, value) in &cursors {
        store.set_cursor(name, value)?;
    }
    Ok(contents)
}
