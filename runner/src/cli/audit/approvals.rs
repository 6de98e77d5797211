//! `runner audit approvals`: what people decided.

use clap::Args;
use serde_json::json;
use workflow_core::time::Timestamp;

use super::{Answer, Keys, Log, moment};
use crate::audit::{self, Approval, Question};
use crate::cli::{Outcome, say, say_json, table};

/// Show what people decided: who, why, when and on what.
///
/// Every operator's input that led to something is listed.
///
/// Example: runner audit approvals --from 2026-04-01T00:00:00Z
#[derive(Debug, Args)]
pub(super) struct Approvals {
    /// From this moment on, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Up to and with this moment, RFC 3339 or a day (its end, UTC).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
    #[command(flatten)]
    log: Log,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Approvals {
    pub(super) async fn run(self) -> Outcome {
        let (from, to) = (self.from.map(|at| at.0), self.to.map(|at| at.0));
        let question = Question::Approvals { from, to };
        let Answer { rows, done }: Answer<Approval, audit::Approvals> =
            self.log.ask(&question, Keys::Aside).await?;
        if self.json {
            return say_json(&json!({ "version": done.version, "approvals": rows }));
        }
        if rows.is_empty() {
            return say("nobody decided anything");
        }
        let mut table = table::headed(["event", "at", "who", "on", "what", "came of it", "why"]);
        for row in &rows {
            table.add_row([
                row.position.to_string(),
                row.at.clone(),
                row.who.clone(),
                row.on.clone(),
                row.what.clone(),
                row.events.join(", ").replace('_', " "),
                row.reason.clone().unwrap_or_default(),
            ]);
        }
        say(&table::text(&table))
    }
}
