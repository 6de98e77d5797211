//! `runner restore`: a log from its backup.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use workflow_core::audit;
use workflow_core::audit::export::{Contents, ReadError};
use workflow_core::audit::restore::{self, RestoreError};
use workflow_core::audit::sign::PublicKey;
use workflow_core::store::Store as _;
use workflow_core::store::sled::SledStore;

use super::export::{as_json, described, verify_file};
use super::progress::{Bar, Unit};
use super::verify::public_key;
use super::{Failure, Outcome, failed, say, say_json};
use crate::signing;
use crate::supervise::LOG_DIR;

/// Where a log grows until it is whole.
const UNFINISHED: &str = "events.unfinished";

/// Make a log again from its backup.
///
/// Or from any export: the same events at the same positions, with the same hashes, and how far polling had come. The
/// backup is verified first, the new log afterwards.
///
/// Example: runner restore log-20260406T120000Z.jsonl --data workflow-data
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup.
    backup: PathBuf,
    /// The data directory to make; it must be empty, or not exist.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The public key that must have signed it: 64 hex digits, or a PEM file.
    #[arg(long, value_name = "PUBLIC", value_parser = public_key)]
    key: Option<PublicKey>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(self) -> Outcome {
        let data = &self.data;
        let occupied = match std::fs::read_dir(data) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", data.display()))),
        };
        if occupied {
            let what = "is not empty: a log is restored into nothing, never over another";
            return Err(Failure::Failed(format!("{} {what}", data.display())));
        }
        verify_file(&self.backup, self.key.as_ref())?;
        std::fs::create_dir_all(data)?;
        let unfinished = data.join(UNFINISHED);
        let contents = self.fill(&unfinished).inspect_err(|_| {
            // Nothing that looks like a log is left.
            drop(std::fs::remove_dir_all(&unfinished));
        })?;
        if let Some(head) = &contents.signed_head {
            signing::keep(data, head)?;
        }
        std::fs::rename(&unfinished, data.join(LOG_DIR))?;
        File::open(data)?.sync_all()?;
        if self.json {
            let mut told = as_json(&self.backup, &contents);
            told["data"] = serde_json::json!(data);
            return say_json(&told);
        }
        say(&format!("{} holds the log again: {}", data.display(), described(&contents)))?;
        say("Look at docs/backup.md before you run it: the world may have gone on since the backup")
    }

    fn fill(&self, dir: &Path) -> Result<Contents, Failure> {
        let store = SledStore::open(dir).map_err(|error| failed(&error))?;
        let file = File::open(&self.backup)?;
        let bar = Bar::new("restoring", Unit::Bytes, Some(file.metadata()?.len()));
        let (mut input, key) = (BufReader::new(file), self.key.as_ref());
        let restored = restore::restore(&mut input, key, &store, &mut |bytes| bar.at(bytes));
        let contents = restored.map_err(|error| match &error {
            RestoreError::Export(ReadError::Damaged(damage)) => {
                Failure::Damaged(damage.to_string())
            }
            RestoreError::Export(ReadError::Io(_))
            | RestoreError::Store(_)
            | RestoreError::NotEmpty => failed(&error),
        })?;
        drop(bar);
        store.close().map_err(|error| failed(&error))?;
        // What counts is what is read back from the disk.
        let store = SledStore::open(dir).map_err(|error| failed(&error))?;
        let bar = Bar::new("verifying", Unit::Events, Some(store.head().next.0));
        let verified = audit::verify(&store, &mut |at| bar.at(at.0));
        let verified = verified.map_err(|damage| Failure::Damaged(damage.to_string()))?;
        if verified.head != contents.head {
            let what = "the restored log does not end where the backup does";
            return Err(Failure::Damaged(what.to_owned()));
        }
        store.close().map_err(|error| failed(&error))?;
        Ok(contents)
    }
}
