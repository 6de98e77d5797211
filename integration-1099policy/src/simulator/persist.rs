//! The whole state in one JSON file, replaced in one step, so that a killed process resumes exactly.
//!
//! Written without fsync: it outlives the process, not the machine.

use std::io;
use std::path::Path;

use super::world::World;

/// The saved state, if the file is there.
pub(super) fn load(path: &Path) -> io::Result<Option<World>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

pub(super) fn save(path: &Path, world: &World) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    std::fs::write(&beside, serde_json::to_vec(world)?)?;
    std::fs::rename(&beside, path)
}
