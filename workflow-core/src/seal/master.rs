//! The master key: 32 random bytes in a file of its own, which wrap the keys of all persons.
//!
//! The file holds 64 hexadecimal digits in one line and belongs where the log's backups are not.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::VaultError;
use super::error::io;
use super::keys::{DataKey, KEY_BYTES};

/// The key that wraps the keys of persons.
#[derive(Clone)]
pub struct MasterKey(pub(super) DataKey);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// The key in a file; `None` where there is no such file.
    pub fn load(path: &Path) -> Result<Option<Self>, VaultError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(VaultError::BadMaster(path.to_owned()));
            }
            Err(error) => return Err(io("reading", path)(error)),
        };
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        match hex::decode_to_slice(text.trim(), &mut *bytes) {
            Ok(()) => Ok(Some(Self(DataKey(bytes)))),
            Err(_) => Err(VaultError::BadMaster(path.to_owned())),
        }
    }

    /// Makes a new key in a file that does not exist yet, readable by its owner alone; durable when this returns.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        let key = Self(DataKey::random()?);
        let dir = folder(path);
        if !dir.exists() {
            make_private_dir(dir)?;
        }
        let digits = Zeroizing::new(hex::encode(key.0.0.as_slice()) + "\n");
        let written = create_private(path).and_then(|mut file| {
            file.write_all(digits.as_bytes())?;
            file.sync_all()
        });
        written.map_err(io("making", path))?;
        sync_dir(dir).map_err(io("syncing", dir))?;
        Ok(key)
    }
}

/// The folder that a file lies in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file that only its owner reads; refuses one that is there.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that only its owner enters, with those above it.
pub(super) fn make_private_dir(dir: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(io("making", dir))?;
    let above = folder(dir);
    sync_dir(above).map_err(io("syncing", above))
}

/// Brings a directory's names to the disk. Only Unix has a call for that.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
