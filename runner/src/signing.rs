//! Signing where the log ends: the key's file, and the signed head that is kept beside the log.
//!
//! The file `head.signed` in the data directory is written at the start, while the log grows, and at every clean stop,
//! always whole and synced. It says nothing of what was appended after it, and whoever can replace it by an older one
//! can hide what came after that one: keep copies of it elsewhere. What a signature is worth stands in
//! `workflow-core/src/audit/sign.rs` and `docs/backup.md`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use workflow_core::audit::sign::{SignedHead, SigningKey};
use workflow_core::audit::{self, Extent};
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;
use workflow_core::id::Position;
use workflow_core::store::{Head, Store};
use workflow_core::time::Timestamp;

/// The signed head in the data directory.
pub const HEAD_FILE: &str = "head.signed";

/// Reads a private key; its file must be its owner's alone.
pub fn read_key(path: &Path) -> Result<SigningKey, String> {
    let told = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    check_private(path)?;
    let text = fs::read_to_string(path).map_err(told)?;
    SigningKey::from_pem(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Refuses a file that others can read or write.
pub fn check_private(path: &Path) -> Result<(), String> {
    let found = fs::metadata(path);
    let found = found.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!(
        "{path} has mode {mode:04o}: others than its owner can use the key; say `chmod 600 {path}`"
    ))
}

/// Makes a new key: the private half in `path` (mode 0600, never overwritten), the public one beside it.
pub fn new_key(path: &Path) -> io::Result<(SigningKey, PathBuf)> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let key = SigningKey::from_seed(&seed);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.to_pem().as_bytes())?;
    file.sync_all()?;
    let public = PathBuf::from(format!("{}.pub", path.display()));
    fs::write(&public, key.public().to_pem())?;
    Ok((key, public))
}

/// The signed head kept in a data directory.
pub fn kept(data_dir: &Path) -> Result<Option<SignedHead>, String> {
    let path = data_dir.join(HEAD_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => read_head(&text, &path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

/// Reads a signed head's text; says nothing of its signature.
pub fn read_head(text: &str, path: &Path) -> Result<SignedHead, String> {
    SignedHead::parse(text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Keeps a signed head in a data directory, whole and on the disk.
pub fn keep(data_dir: &Path, head: &SignedHead) -> io::Result<()> {
    let new = data_dir.join(format!("{HEAD_FILE}.new"));
    let mut file = File::create(&new)?;
    file.write_all(head.to_text().as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, data_dir.join(HEAD_FILE))?;
    File::open(data_dir)?.sync_all()
}

/// Whether a log reaches the head that was signed; reads only what lies behind it.
pub fn check_reached(store: &dyn Store, signed: &SignedHead) -> Result<(), String> {
    let told = |problem: &dyn std::fmt::Display| {
        format!("the log and its signed head ({HEAD_FILE}) do not fit: {problem}")
    };
    let head = signed.check(None).map_err(|error| told(&error))?;
    let Some(last) = head.next.0.checked_sub(1) else { return Ok(()) };
    if store.head().next < head.next {
        let (ends, next, at) = (store.head().next, head.next, &signed.at);
        return Err(told(&format_args!(
            "it ends at {ends}, but was signed at {at} to reach to {next}: its tail was cut; \
             restore a backup that reaches further"
        )));
    }
    let extent = Extent { from: Position(last), to: None, ends: vec![head] };
    audit::verify_extent(store, &extent, &mut |_| {}).map_err(|damage| told(&damage)).map(drop)
}

/// What signs the log of a running process, if a key is configured.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The key.
    pub key: Option<SigningKey>,
    /// How often the head is signed while the log grows.
    pub every: Duration,
    /// Held while the file is written: the loop, an export and the stop all sign.
    pub writing: Arc<Mutex<()>>,
}

impl Signer {
    /// Signs where the log ends now, and keeps it. Gives that end.
    pub fn sign(&self, store: &dyn Store, now: Timestamp) -> io::Result<Head> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let head = store.head();
        if let Some(key) = &self.key {
            keep(&self.data_dir, &key.sign_head(head, now))?;
        }
        Ok(head)
    }

    /// Signs at once and then whenever the log has grown, until it is told to stop.
    pub async fn run(self, engine: Engine<Insurance>, mut stop: watch::Receiver<bool>) {
        let mut last = None;
        while !*stop.borrow() {
            if last != Some(engine.store().head()) {
                match self.sign(&**engine.store(), engine.clock().now()) {
                    Ok(head) => last = Some(head),
                    Err(error) => tracing::error!(%error, "the log's head could not be signed"),
                }
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }
}
