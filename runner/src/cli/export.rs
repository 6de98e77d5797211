//! `runner export`: the whole log as one file that verifies by itself.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use workflow_core::audit::export::{self, About, Contents, ExportError, ReadError};
use workflow_core::audit::sign::{PublicKey, SigningKey};
use workflow_core::store::Store as _;
use workflow_core::store::sled::SledStore;
use workflow_core::time::{Clock as _, SystemClock};

use super::ask::{self, Ask};
use super::progress::{Bar, Unit};
use super::{Failure, Outcome, Place, failed, say, say_json};
use crate::admin::log::Failed;
use crate::supervise::LOG_DIR;
use crate::{lineage, signing, views};

/// Write the whole log into one file that verifies by itself.
///
/// Anybody can verify it with docs/export-format.md: `runner verify --export FILE`, or the script docs/verify_export.py. A
/// running process is asked, and goes on working.
///
/// Example: runner export audit-2026.jsonl
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file.
    file: PathBuf,
    /// Overwrite it if it exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    how: How,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How a log in a database becomes a file while no runner is at work.
const WITHOUT_A_RUNNER: &str = "without one, the database's own backup has all of it, and `runner migrate --from URL --tenant \
     NAME --to DIR` brings a log into a directory, of which this verb makes a file with `--data DIR`";

/// Which log, who asks, and what signs: the same for a backup.
#[derive(Debug, Args)]
pub(super) struct How {
    #[command(flatten)]
    place: Place,
    /// Who asks for it; the login name by default. It stands in the file.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    /// What signs it, where no process is running (that one signs with its own key); by default the key of the
    /// configuration.
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,
}

/// Whether a file that exists may be replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Kept,
    KeptAlways,
    Replaced,
}

impl Export {
    pub(super) async fn run(self) -> Outcome {
        let existing = if self.force { Existing::Replaced } else { Existing::Kept };
        let contents = self.how.write(&self.file, existing).await?;
        tell(&self.file, &contents, self.json)
    }
}

/// Says what was written.
pub(super) fn tell(file: &Path, contents: &Contents, json: bool) -> Outcome {
    match json {
        true => say_json(&as_json(file, contents)),
        false => say(&format!("{}: {}", file.display(), described(contents))),
    }
}

/// What an export holds, as JSON.
pub(super) fn as_json(file: &Path, contents: &Contents) -> serde_json::Value {
    let Contents { records, events, cursors, head, made_at, signed_by, signed_head, .. } = contents;
    serde_json::json!({
        "version": views::VERSION,
        "file": file,
        "records": records,
        "events": events,
        "cursors": cursors,
        "next": head.next.0,
        "head": head.hash.to_string(),
        "made_at": made_at,
        "signed_by": signed_by,
        "signed_head": signed_head,
    })
}

/// What an export holds, in words.
pub(super) fn described(contents: &Contents) -> String {
    let Contents { records, events, cursors, head, .. } = contents;
    let (hash, vouched) = (head.hash, vouched(contents));
    format!("{events} events in {records} records and {cursors} cursors, head {hash}, {vouched}")
}

/// When it was made and what vouches for it, in words.
pub(super) fn vouched(contents: &Contents) -> String {
    let signed = match (&contents.signed_by, &contents.signed_head) {
        (Some(key), _) => format!("signed by the key {key}"),
        (None, Some(head)) => {
            format!(
                "not signed as a whole, but up to position {} by the key {}",
                head.next, head.signed.key
            )
        }
        (None, None) => "not signed: a cut tail would not show".to_owned(),
    };
    format!("made at {}; {signed}", contents.made_at)
}

impl How {
    /// Writes the export, reads it back, and only then gives it its name.
    pub(super) async fn write(&self, file: &Path, existing: Existing) -> Result<Contents, Failure> {
        if existing != Existing::Replaced && file.exists() {
            let or = if existing == Existing::Kept { ", or say --force" } else { "" };
            let what = format!("{} exists already; choose another name{or}", file.display());
            return Err(Failure::Failed(what));
        }
        let new = Unfinished(with_suffix(file, ".unfinished"));
        match self.place.ask_or(WITHOUT_A_RUNNER).await? {
            Ask::Running(address) => {
                let path = format!("/v1/export?who={}", ask::encoded(&self.who));
                ask::download(&address, &path, &new.0).await?;
            }
            Ask::Stopped(dir) => self.write_stopped(&dir, &new.0)?,
        }
        let contents = verify_file(&new.0, None)?;
        std::fs::rename(&new.0, file)?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(contents)
    }

    fn write_stopped(&self, data_dir: &Path, new: &Path) -> Outcome {
        let key = self.key()?;
        let store = SledStore::open(&data_dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
        let about = About {
            made_at: SystemClock.now(),
            made_by: lineage::MADE_BY.to_owned(),
            asked_by: self.who.clone(),
            machines: lineage::machines(),
            signed_head: signing::kept(data_dir).map_err(Failure::Damaged)?,
        };
        let bar = Bar::new("exporting", Unit::Events, Some(store.head().next.0));
        let mut out = BufWriter::new(File::create(new)?);
        let written = export::write(&store, &about, key.as_ref(), &mut out, &mut |at| bar.at(at.0));
        written.map_err(|error| match &error {
            ExportError::Damaged(damage) => Failure::Damaged(damage.to_string()),
            ExportError::Store(_) | ExportError::Io(_) => failed(&error),
        })?;
        out.flush()?;
        out.get_ref().sync_all()?;
        store.close().map_err(|error| failed(&error))
    }

    fn key(&self) -> Result<Option<SigningKey>, Failure> {
        match &self.signing_key {
            Some(file) => signing::read_key(file).map(Some).map_err(Failure::Config),
            None => Ok(self.place.loaded()?.and_then(|config| config.log.signing_key)),
        }
    }
}

/// Reads an export from end to end.
pub(super) fn verify_file(file: &Path, trusted: Option<&PublicKey>) -> Result<Contents, Failure> {
    let open = File::open(file);
    let open = open.map_err(|e| Failure::NotFound(format!("{}: {e}", file.display())))?;
    let bar = Bar::new("verifying", Unit::Bytes, Some(open.metadata()?.len()));
    let read = export::verify(&mut BufReader::new(open), trusted, &mut |bytes| bar.at(bytes));
    read.map_err(|error| match error {
        ReadError::Io(error) => failed(&error),
        ReadError::Damaged(damage) => match last_words(file) {
            Some(Failed { failed, damaged: false }) => Failure::Failed(failed),
            Some(Failed { failed, damaged: true }) => Failure::Damaged(failed),
            None => Failure::Damaged(format!("{}: {damage}", file.display())),
        },
    })
}

/// Why a running process gave up writing an export, if it said so in the last line.
fn last_words(file: &Path) -> Option<Failed> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(4096))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let last = end.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
    serde_json::from_slice(last).ok()
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A file that goes away unless it is given another name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}
