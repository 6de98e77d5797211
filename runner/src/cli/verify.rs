//! `runner verify`: is the log as it was written?

use clap::Args;
use workflow_core::audit;
use workflow_core::store::StoreError;
use workflow_core::store::sled::{SledStore, Stopped};

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, failed, say, say_json};
use crate::supervise::LOG_DIR;
use crate::{admin, views};

/// Check that the log is as it was written: every checksum, the chain of hashes, no gap; of a stopped directory also
/// that no file changed since it was closed.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) async fn run(self) -> Outcome {
        let verified: views::Verified = match self.place.ask().await? {
            Ask::Running(address) => ask::post(&address, "/v1/verify", &()).await?,
            Ask::Stopped(dir) => stopped(&dir.join(LOG_DIR))?,
        };
        if self.json {
            say_json(&verified)?;
        }
        if !verified.intact {
            return Err(Failure::Damaged(format!("the log is NOT intact: {}", verified.message)));
        }
        if !self.json {
            say(&format!(
                "{}: {} events in {} records, head {}",
                verified.message, verified.events, verified.records, verified.head
            ))?;
        }
        Ok(())
    }
}

/// Compares the files with what was noted when they were closed, then reads the whole log.
fn stopped(dir: &std::path::Path) -> Result<views::Verified, Failure> {
    let damaged = |error: &dyn std::error::Error| views::Verified {
        version: views::VERSION,
        intact: false,
        records: 0,
        events: 0,
        head: String::new(),
        message: failed(error).message().to_owned(),
    };
    let unless_in_use = |error: StoreError| match error {
        // It says nothing about the log: a process is starting or ending at this moment.
        in_use @ StoreError::InUse { .. } => Err(failed(&in_use)),
        damage @ (StoreError::Io { .. }
        | StoreError::Full { .. }
        | StoreError::Damaged { .. }
        | StoreError::Format { .. }) => Ok(damaged(&damage)),
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
    match SledStore::open(dir) {
        Ok(store) => Ok(admin::verified(audit::verify(&store, &mut |_| {}), &what)),
        Err(error) => unless_in_use(error),
    }
}
