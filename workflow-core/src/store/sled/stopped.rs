//! The proof of a clean stop: size and SHA-256 of every file, so that a change made while nobody had the store
//! open is found wherever it is, also in space that sled does not use.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::Position;
use crate::store::StoreError;
use crate::store::read::damaged;
use crate::store::sled::place::{LOCK, failed, sync_dir, write_synced};

/// The file's name.
const STOPPED: &str = "stopped";
const STOPPED_NEW: &str = "stopped.new";
const INDEX_PREFIX: &str = "index/";
/// Up to this size files are hashed: about a second at every stop. Beyond it only their sizes are noted.
const HASHED_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What `check_stopped` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every file is, byte for byte, what it was at the clean stop.
    Clean {
        /// How many files.
        files: usize,
    },
    /// Every file has the size it had at the clean stop; together they were too large to be hashed.
    SizesOnly {
        /// How many files.
        files: usize,
    },
    /// There was no clean stop: the process was killed, or the store was never open. Nothing can be said.
    Unclean,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    files: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Entry {
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// Writes the proof.
pub(super) fn write(dir: &Path) -> io::Result<()> {
    let sizes = sizes(dir)?;
    let hash = sizes.values().sum::<u64>() <= HASHED_BYTES_MAX;
    let mut files = BTreeMap::new();
    for (name, bytes) in sizes {
        let sha256 = if hash { Some(sha256(&dir.join(&name))?) } else { None };
        files.insert(name, Entry { bytes, sha256 });
    }
    write_synced(dir, STOPPED, &render(&Manifest { format: 1, files })?)
}

/// Takes the proof away, before anything is changed. One that cannot be read is a sign of damage.
pub(super) fn remove(dir: &Path) -> Result<(), StoreError> {
    if read(dir)?.is_none() && !dir.join(STOPPED_NEW).exists() {
        return Ok(());
    }
    for name in [STOPPED, STOPPED_NEW] {
        match fs::remove_file(dir.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(failed("removing the proof of the last stop")(e));
            }
            Ok(()) | Err(_) => {}
        }
    }
    sync_dir(dir).map_err(failed("removing the proof of the last stop"))
}

/// Compares the files with the proof.
pub(super) fn check(dir: &Path) -> Result<Stopped, StoreError> {
    let found = sizes(dir).map_err(failed("listing the store's files"))?;
    let Some(manifest) = read(dir)? else { return Ok(Stopped::Unclean) };
    if let Some(name) = found.keys().find(|name| !manifest.files.contains_key(*name)) {
        return Err(differs(name, "was not there at the last clean stop"));
    }
    let mut hashed = true;
    for (name, entry) in &manifest.files {
        match found.get(name) {
            None => return Err(differs(name, "is missing since the last clean stop")),
            Some(bytes) if *bytes != entry.bytes => {
                let (from, was) = (entry.bytes.min(*bytes), entry.bytes);
                let what = format!("has {bytes} bytes, not {was}: it differs from byte {from} on");
                return Err(differs(name, &what));
            }
            Some(_) => {}
        }
        let Some(expected) = &entry.sha256 else {
            hashed = false;
            continue;
        };
        let actual = sha256(&dir.join(name)).map_err(failed("reading the store's files"))?;
        if actual != *expected {
            return Err(differs(name, "is not what it was at the last clean stop"));
        }
    }
    let files = manifest.files.len();
    Ok(if hashed { Stopped::Clean { files } } else { Stopped::SizesOnly { files } })
}

fn differs(name: &str, what: &str) -> StoreError {
    damaged(Position(0), &format_args!("the file {name} {what}"))
}

fn read(dir: &Path) -> Result<Option<Manifest>, StoreError> {
    let bytes = match fs::read(dir.join(STOPPED)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("reading the proof of the last stop")(e)),
    };
    let manifest: Option<Manifest> = serde_json::from_slice(&bytes).ok();
    // Rendered again it must give the same bytes: otherwise some were changed without breaking the JSON.
    match manifest.filter(|m| m.format == 1 && render(m).is_ok_and(|again| again == bytes)) {
        Some(manifest) => Ok(Some(manifest)),
        None => {
            Err(differs(STOPPED, "is not what was written; remove it to open the store anyway"))
        }
    }
}

fn render(manifest: &Manifest) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(manifest)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// All files but the lock and the proof itself, with their sizes.
fn sizes(dir: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut files = BTreeMap::new();
    collect(dir, "", &mut files)?;
    for own in [LOCK, STOPPED, STOPPED_NEW] {
        files.remove(own);
    }
    // What stands there follows from the log, and may be thrown away.
    files.retain(|name, _| !name.starts_with(INDEX_PREFIX));
    Ok(files)
}

fn collect(dir: &Path, prefix: &str, into: &mut BTreeMap<String, u64>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = fs::metadata(entry.path())?;
        if metadata.is_dir() {
            collect(&entry.path(), &format!("{name}/"), into)?;
        } else {
            into.insert(name, metadata.len());
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}
