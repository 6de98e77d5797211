//! `runner history`: what happened to one placement, or to any other instance, and why.

use clap::Args;
use workflow_core::time::Timestamp;

use super::audit::{Answer, Keys, Log, moment};
use super::{Outcome, say, say_json};
use crate::audit::Question;
use crate::views;

/// Show what happened to one placement (or contractor), and why.
///
/// Each event with its cause; with --at, only until that moment, and the state then. Of a running process, a stopped
/// directory, or an export.
///
/// Example: runner history 51000777
///
/// Example: runner history 51000777 --at 2026-04-06T12:00:00Z
#[derive(Debug, Args)]
pub(super) struct History {
    /// The placement's or candidate's id in JobDiva; with several tenants, TENANT/ID; or a whole name such as
    /// contractor/acme/70011000042.
    id: String,
    /// A moment, RFC 3339 (2026-04-06T12:00:00Z) or a day (its end, UTC).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    log: Log,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) async fn run(self) -> Outcome {
        let question = Question::History { id: self.id.clone(), at: self.at.map(|at| at.0) };
        let Answer { done: history, .. }: Answer<(), views::History> =
            self.log.ask(&question, Keys::Aside).await?;
        if self.json {
            return say_json(&history);
        }
        say(&format!("{} {} of {}", history.workflow, history.id, history.tenant))?;
        for entry in &history.events {
            let views::Entry { number, at, event, input, actor, stream, .. } = entry;
            let what = event.replace('_', " ");
            let number = if stream.is_some() { "-".to_owned() } else { number.to_string() };
            // Only a person's word needs its reason beside it.
            let reason = entry.data["reason"].as_str().or(entry.data["set"]["reason"].as_str());
            let reason = reason.filter(|_| actor.starts_with("operator:"));
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            say(&format!("{number:>3}  {at}  {what:<22} {input} by {actor}{reason}"))?;
        }
        let when = self.at.map_or("now".to_owned(), |at| format!("at {at}"));
        say(&format!("state {when}: {} ({})", history.state, history.why))
    }
}
