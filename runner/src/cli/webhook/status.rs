//! `runner webhook status`: what came through the door, and whether a rotation is over.

use clap::Args;

use crate::admin::webhooks::Webhooks;
use crate::cli::ask::{self, Ask};
use crate::cli::{Failure, Outcome, Place, say, say_json};

/// Show what came since the service started, and which secret still signs.
///
/// Example: runner webhook status --json
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self) -> Outcome {
        let Ask::Running(address) = self.place.ask().await? else {
            let why = "no process is at work: what came is counted by the one that runs";
            return Err(Failure::Failed(why.into()));
        };
        let shown: Webhooks = ask::get(&address, "/v1/webhooks").await?;
        if self.json {
            return say_json(&shown);
        }
        for (name, hook) in &shown.hooks {
            let never = || "never".to_owned();
            say(name)?;
            let last = hook.last_taken.clone().unwrap_or_else(never);
            say(&format!("  taken            {}, last {last}", hook.taken))?;
            if hook.signed_by_previous > 0 {
                let last = hook.last_signed_by_previous.clone().unwrap_or_else(never);
                let count = hook.signed_by_previous;
                say(&format!("  previous secret  {count}, last {last}"))?;
            }
            let Some(refused) = &hook.last_refused else { continue };
            let (at, status, why) = (&refused.at, refused.status, &refused.why);
            say(&format!("  refused          {}, last {at}: {status}, {why}", hook.refused))?;
        }
        let Webhooks { duplicates, unknown, outside, limited, turned_away, .. } = shown;
        say(&format!(
            "{duplicates} known already, {unknown} for no hook, {outside} from elsewhere, {limited} limited, \
             {turned_away} told to come again"
        ))
    }
}
