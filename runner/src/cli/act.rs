//! `runner act`: a person settles a flag, or takes a placement out of scope.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, show};
use crate::admin;

/// Settle a flag, or take a placement out of scope. The reason and your name are kept with the decision.
///
/// Example: runner act 51000796 return --reason "the client's broker renewed the policy"
#[derive(Debug, Args)]
pub(super) struct Act {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    id: String,
    /// What to do.
    what: What,
    /// Why, in your words.
    #[arg(long)]
    reason: String,
    /// Who decides; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Go on where it stopped.
    Return,
    /// Read it again and start from what is known.
    Restart,
    /// Close it: it is settled outside.
    Close,
    /// Take it out of scope.
    Exclude,
}

impl Act {
    pub(super) async fn run(self) -> Outcome {
        let Ask::Running(address) = self.place.ask().await? else {
            return Err(Failure::Failed(
                "no process is running on that data directory: start it, then decide".into(),
            ));
        };
        let what = match self.what {
            What::Return => admin::What::Return,
            What::Restart => admin::What::Restart,
            What::Close => admin::What::Close,
            What::Exclude => admin::What::Exclude,
        };
        let path = format!("{}/act", show::remote_path(&address, &self.id).await?);
        let act = admin::Act { what, reason: self.reason, who: self.who };
        let done: Value = ask::post(&address, &path, &act).await?;
        let state = done["state"].as_str().unwrap_or("?");
        match done["events"].as_u64() {
            Some(0) => say(&format!("{} stays {state}: there was nothing to change", self.id)),
            _ => say(&format!("{} is {state} now", self.id)),
        }
    }
}
