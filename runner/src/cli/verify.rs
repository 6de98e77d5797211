//! `runner verify`: is the log, or an export of it, as it was written?

use std::path::{Path, PathBuf};

use clap::Args;
use workflow_core::audit;
use workflow_core::audit::sign::{PublicKey, SignedHead};
use workflow_core::store::sled::{SledStore, Stopped};
use workflow_core::store::{Store as _, StoreError};

use super::ask::{self, Ask};
use super::export::{verify_file, vouched};
use super::progress::{Bar, Unit};
use super::{Failure, Outcome, Place, failed, say, say_json};
use crate::admin::log::{Asked, Told};
use crate::supervise::LOG_DIR;
use crate::{admin, signing, views};

/// Check that the log is as it was written.
///
/// Every checksum, the chain of hashes, no gap, and that it reaches the head that was signed last; of a stopped directory
/// also that no file changed since it was closed.
///
/// With --from and --to only a part: its records are whole, follow each other without gap and follow the record before
/// them; what lies outside is not read. With --export a file instead, without any log or configuration.
///
/// Example: runner verify
///
/// Example: runner verify --from 1000 --to 2000
///
/// Example: runner verify --export audit-2026.jsonl
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    place: Place,
    /// The first position of a part; its whole record is checked.
    #[arg(long, value_name = "POSITION", conflicts_with = "export")]
    from: Option<u64>,
    /// The last position of a part.
    #[arg(long, value_name = "POSITION", conflicts_with = "export")]
    to: Option<u64>,
    /// An export or a backup to verify instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "config"])]
    export: Option<PathBuf>,
    /// The public key that must have signed: 64 hex digits, or a PEM file. Without it a signature only has to fit.
    #[arg(long, value_name = "PUBLIC", value_parser = public_key)]
    key: Option<PublicKey>,
    /// A copy of head.signed that was kept elsewhere: the log must reach it too.
    #[arg(long, value_name = "FILE", conflicts_with = "export")]
    signed_head: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Reads a public key given as an argument.
pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    let read = std::fs::read_to_string(text).unwrap_or_else(|_| text.to_owned());
    PublicKey::parse(&read).map_err(|error| error.to_string())
}

impl Verify {
    pub(super) async fn run(self) -> Outcome {
        let verified = match &self.export {
            Some(file) => self.verify_export(file)?,
            None => self.verify_log().await?,
        };
        if self.json {
            say_json(&verified)?;
        }
        if !verified.intact {
            let what = if self.export.is_some() { "export" } else { "log" };
            let message = format!("the {what} is NOT intact: {}", verified.message);
            return Err(Failure::Damaged(message));
        }
        if !self.json {
            say(&format!(
                "{}: {} events in {} records, head {}",
                verified.message, verified.events, verified.records, verified.head
            ))?;
        }
        Ok(())
    }

    fn verify_export(&self, file: &Path) -> Result<views::Verified, Failure> {
        let contents = match verify_file(file, self.key.as_ref()) {
            Ok(contents) => contents,
            Err(Failure::Damaged(problem)) => return Ok(views::Verified::damaged(problem)),
            Err(other) => return Err(other),
        };
        let trusted = self.key.is_some();
        let whole = contents.signed_by.clone().map(|key| views::Signature {
            next: contents.head.next.0,
            at: contents.made_at.clone(),
            key,
            trusted,
        });
        let head = contents.signed_head.as_ref().map(|head| signature(head, trusted));
        Ok(views::Verified {
            version: views::VERSION,
            intact: true,
            records: contents.records,
            events: contents.events,
            head: contents.head.hash.to_string(),
            from: 0,
            next: contents.head.next.0,
            signed: whole.or(head),
            message: format!("{} is as it was written, {}", file.display(), vouched(&contents)),
        })
    }

    async fn verify_log(&self) -> Result<views::Verified, Failure> {
        let ask = self.place.ask().await?;
        let data_dir = self.place.data_dir()?;
        let heads = match self.signed_heads(&data_dir) {
            Ok(heads) => heads,
            Err(problem) => return Ok(views::Verified::damaged(problem)),
        };
        let asked = Asked {
            from: self.from.unwrap_or(0),
            to: self.to,
            ends: heads.iter().map(|head| (head.next.0, head.hash.clone())).collect(),
        };
        let mut verified = match ask {
            Ask::Running(address) => running(&address, &asked).await?,
            Ask::Stopped(dir) => stopped(&dir.join(LOG_DIR), &asked)?,
        };
        if verified.intact {
            self.add_words(&mut verified, &heads);
        }
        Ok(verified)
    }

    /// The signed heads that the log must reach, each with a good signature.
    fn signed_heads(&self, data_dir: &Path) -> Result<Vec<SignedHead>, String> {
        let mut heads = Vec::new();
        if let Some(head) = signing::kept(data_dir)? {
            heads.push((head, data_dir.join(signing::HEAD_FILE)));
        }
        if let Some(path) = &self.signed_head {
            let text = std::fs::read_to_string(path);
            let text =
                text.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            heads.push((signing::read_head(&text, path)?, path.clone()));
        }
        for (head, path) in &heads {
            head.check(self.key.as_ref()).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        if heads.is_empty() && self.key.is_some() {
            let path = data_dir.join(signing::HEAD_FILE);
            return Err(format!(
                "{} is missing: nothing speaks against a cut tail",
                path.display()
            ));
        }
        Ok(heads.into_iter().map(|(head, _)| head).collect())
    }

    fn add_words(&self, verified: &mut views::Verified, heads: &[SignedHead]) {
        if self.from.is_some() || self.to.is_some() {
            let last = verified.next.saturating_sub(1);
            verified.message = format!(
                "{} from position {} to {last}, and follows the record before it; the rest was not read",
                verified.message, verified.from
            );
        }
        let seen = |head: &&SignedHead| {
            let (next, from) = (head.next.0, verified.from);
            next <= verified.next && (next > from || from == 0)
        };
        let Some(head) = heads.iter().filter(seen).max_by_key(|head| head.next) else { return };
        let signed = signature(head, self.key.is_some());
        let whose = if signed.trusted { "the key you named" } else { "the key" };
        verified.message = format!(
            "{}; it reaches position {}, signed at {} by {whose} {}",
            verified.message, signed.next, signed.at, signed.key
        );
        verified.signed = Some(signed);
    }
}

fn signature(head: &SignedHead, trusted: bool) -> views::Signature {
    let (next, at, key) = (head.next.0, head.at.clone(), head.signed.key.clone());
    views::Signature { next, at, key, trusted }
}

/// Has a running process verify its log, and follows how far it is.
async fn running(address: &admin::Address, asked: &Asked) -> Result<views::Verified, Failure> {
    let bar = Bar::new("verifying", Unit::Events, Some(0));
    let mut done = None;
    ask::lines(address, "/v1/verify", asked, &mut |line| {
        match serde_json::from_str(line).map_err(|error| failed(&error))? {
            Told::Reached { position, of } => {
                bar.of(of);
                bar.at(position);
            }
            Told::Done(verified) => done = Some(verified),
        }
        Ok(())
    })
    .await?;
    done.ok_or_else(|| Failure::Failed("the running process stopped before it was done".into()))
}

/// Compares the files with what was noted when they were closed, then reads the log.
fn stopped(dir: &Path, asked: &Asked) -> Result<views::Verified, Failure> {
    let unless_in_use = |error: StoreError| match error {
        // It says nothing about the log: a process is starting or ending at this moment.
        in_use @ StoreError::InUse { .. } => Err(failed(&in_use)),
        damage @ (StoreError::Io { .. }
        | StoreError::Full { .. }
        | StoreError::Damaged { .. }
        | StoreError::Unfit { .. }
        | StoreError::Fenced { .. }
        | StoreError::Format { .. }) => {
            Ok(views::Verified::damaged(failed(&damage).message().to_owned()))
        }
    };
    let what = match SledStore::check_stopped(dir) {
        Ok(Stopped::Clean { files }) => {
            format!("the log, with all {files} files as they were closed,")
        }
        Ok(Stopped::SizesOnly { files }) => {
            format!("the log, with all {files} files of the size they had when closed,")
        }
        Ok(Stopped::Unclean) => {
            "the log (its process was killed, so that bytes outside its records were not noted)"
                .to_owned()
        }
        Err(error) => return unless_in_use(error),
    };
    let store = match SledStore::open(dir) {
        Ok(store) => store,
        Err(error) => return unless_in_use(error),
    };
    let bar = Bar::new("verifying", Unit::Events, Some(store.head().next.0));
    let result = audit::verify_extent(&store, &asked.extent(), &mut |at| bar.at(at.0));
    Ok(admin::verified(result, &what))
}
