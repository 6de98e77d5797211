//! `runner forget`: destroys what opens a person's data.

use clap::Args;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_json};
use crate::{admin, views};

/// Forget a person: destroy the key to their data.
///
/// Their names, e-mails and phone numbers in the log are sealed with it. It cannot be undone, and nothing is
/// asked. The log verifies and replays as before.
///
/// Example: runner forget 70011000042 --reason "erasure request 2026-118"
#[derive(Debug, Args)]
pub(super) struct Forget {
    /// The candidate's id in JobDiva.
    candidate: String,
    /// The tenant, where several know the candidate.
    #[arg(long)]
    tenant: Option<String>,
    /// Why, in your words. It is kept in the log, so do not name the person.
    #[arg(long)]
    reason: String,
    /// Who decides; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Forget {
    pub(super) async fn run(self) -> Outcome {
        let Ask::Running(address) = self.place.ask().await? else {
            return Err(Failure::Failed(
                "no process is running on that data directory: start it, then forget".into(),
            ));
        };
        let Self { candidate, tenant, reason, who, json, .. } = self;
        let body = admin::Forget { candidate, tenant, reason, who };
        let done: views::Forgotten = ask::post(&address, "/v1/people/forget", &body).await?;
        if json {
            return say_json(&done);
        }
        tell(&done)
    }
}

fn tell(done: &views::Forgotten) -> Outcome {
    let views::Forgotten { tenant, candidate, events, events_closed, placements, .. } = done;
    match (done.key_destroyed, done.already) {
        (false, _) => {
            let what = format!("candidate {candidate} of {tenant}: the key is still there");
            return Err(Failure::Failed(what));
        }
        (true, true) => say(&format!("candidate {candidate} of {tenant} was forgotten before"))?,
        (true, false) => say(&format!("candidate {candidate} of {tenant} is forgotten"))?,
    }
    if !done.also.is_empty() {
        say(&format!(
            "  merged     and so are {}, whom JobDiva merged with it",
            done.also.join(", ")
        ))?;
    }
    say(&format!(
        "  destroyed  their key: what {events_closed} events hold of them opens for nobody any more"
    ))?;
    say("             and the service dropped what it knew of them")?;
    let whose = match placements.is_empty() {
        true => "no placement".to_owned(),
        false => format!("placements {}", placements.join(", ")),
    };
    say(&format!(
        "  remains    ids, dates, amounts and decisions: {events} events of theirs, {whose}"
    ))?;
    say("             coverage that was bought: the policy is the insurer's")?;
    say("  elsewhere  JobDiva, 1099Policy, and backups of the keys made before today;")?;
    say("             `runner rotate-key` makes those backups useless")
}
