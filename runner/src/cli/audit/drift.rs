//! `runner audit drift`: does today's code derive what was recorded?

use clap::Args;
use serde_json::json;

use super::{Answer, Keys, Log};
use crate::audit::{Differs, Drifted, Question};
use crate::cli::{Failure, Outcome, say, say_json};

/// Check that today's code derives what was recorded.
///
/// The log is replayed with this program and compared: that the machines accept every event, that every
/// answer and message was owed under the key it names, that each instance stands as the index beside a stopped log noted
/// it, and, of an export, as the tables in its header say. Inputs are not kept, so decisions are not made again.
///
/// Run it with a new version on the stopped directory, or on an export, before you start that version. It ends with exit
/// code 8 when something differs, and shows the first difference of each stream.
///
/// Example: runner audit drift --export audit-2026.jsonl
#[derive(Debug, Args)]
pub(super) struct Drift {
    #[command(flatten)]
    log: Log,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Drift {
    pub(super) async fn run(self) -> Outcome {
        let Answer { rows, done }: Answer<Differs, Drifted> =
            self.log.ask(&Question::Drift, Keys::AtHand).await?;
        if self.json {
            say_json(&json!({ "version": done.version, "differences": rows, "compared": done }))?;
        } else {
            for Differs { stream, number, position, what } in &rows {
                say(&format!("{stream} at its event {number} (position {position}): {what}"))?;
            }
        }
        let Drifted { events, instances, keys, compared, tables, closed, .. } = &done;
        let what = format!(
            "{events} events of {instances} instances replayed; {keys} keys looked for among what was owed; {compared} \
             instances compared with the index, {tables} tables of their time; {closed} instances hold personal data \
             that does not open here: what those were owed was not compared"
        );
        match done.differences {
            0 if self.json => Ok(()),
            0 => say(&format!("today's code derives what was recorded: {what}")),
            count => Err(Failure::Differs(format!(
                "today's code derives something else for {count} instances:\n  {}",
                what.replace("; ", ";\n  ")
            ))),
        }
    }
}
