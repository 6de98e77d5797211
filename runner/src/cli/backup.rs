//! `runner backup`: an export under a name of its own, from which `runner restore` makes the log again.

use std::path::PathBuf;

use clap::Args;
use workflow_core::time::{Clock as _, SystemClock};

use super::Outcome;
use super::export::{self, Existing, How};

/// Back the log up, while the service runs or stands.
///
/// One file: written, read back and verified. It is an export; `runner restore` makes the log again from it.
///
/// Example: runner backup /mnt/backups
///
/// Example: runner backup before-upgrade.jsonl --config runner.toml
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// A file that does not exist yet, or a folder, where it is named for the moment.
    to: PathBuf,
    #[command(flatten)]
    how: How,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) async fn run(self) -> Outcome {
        let file = match self.to.is_dir() {
            true => {
                let now = SystemClock.now().to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
                self.to.join(format!("log-{now}.jsonl"))
            }
            false => self.to,
        };
        let contents = self.how.write(&file, Existing::KeptAlways).await?;
        export::tell(&file, &contents, self.json)
    }
}
