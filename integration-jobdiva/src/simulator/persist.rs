//! The state file: written whole beside itself and renamed, so that a kill leaves the old one or the new one.
//!
//! No fsync: the promise is about a killed process, not about lost power.

use std::fs;
use std::io;
use std::path::Path;

use super::state::State;

/// Reads the state; none when there is no file yet.
pub(super) fn load(path: &Path) -> io::Result<Option<State>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the state file.
pub(super) fn save(path: &Path, state: &State) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    fs::write(&beside, serde_json::to_vec(state)?)?;
    fs::rename(&beside, path)
}
