//! `runner audit sent`: what was sent to 1099Policy about something, and what came back.

use clap::Args;
use serde_json::json;

use super::{Answer, Keys, Log};
use crate::audit::{self, Body, Open, Question};
use crate::cli::{Failure, Outcome, say, say_json, table};
use crate::disclosure::Why;

/// Show every request to 1099Policy about a placement or a contractor, and its answer.
///
/// Query, headers and bodies are personal data: they are kept sealed and shown as `sealed`. --open opens them through the
/// running process, which keeps in the log who was shown which exchange, and why, before it shows it; of a stopped
/// directory nothing is opened. What is shown then is somebody's data: treat it so. Nothing opens what is about a person
/// who was forgotten.
///
/// Example: runner audit sent 51000777
///
/// Example: runner audit sent 51000777 --open --reason "the insurer asks what we sent"
#[derive(Debug, Args)]
pub(super) struct Sent {
    /// The id of a placement or a candidate in JobDiva, TENANT/ID, or a whole name such as contractor/acme/70011000042.
    id: String,
    /// Open what is sealed; with --reason.
    #[arg(long, conflicts_with = "export", requires = "reason")]
    open: bool,
    /// Why it is opened, in your words. It is kept in the log, so do not name a candidate.
    #[arg(long, value_name = "TEXT", requires = "open")]
    reason: Option<String>,
    /// Who is shown it; the login name by default.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown", alias = "who")]
    by: String,
    #[command(flatten)]
    log: Log,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Sent {
    pub(super) async fn run(self) -> Outcome {
        let why = |reason: &String| Why { by: self.by.clone(), reason: reason.clone() };
        let open = self.reason.as_ref().filter(|_| self.open).map(why);
        if open.is_some() && !self.log.is_running().await? {
            return Err(Failure::Failed(
                "no process is running on that data directory: opening what is sealed is kept in the log, with who and \
                 why, by the process that opens it; start it, then ask again"
                    .into(),
            ));
        }
        let question = Question::Sent { id: self.id.clone(), open };
        let Answer { rows, done }: Answer<audit::Sent, audit::SentTo> =
            self.log.ask(&question, Keys::Aside).await?;
        if self.json {
            let (version, stream) = (done.version, done.stream);
            return say_json(&json!({ "version": version, "stream": stream, "sent": rows }));
        }
        say(&format!("{}: {} requests", done.stream, done.exchanges))?;
        if !rows.is_empty() {
            say(&table(&rows))?;
        }
        for sent in &rows {
            if let Some(open) = &sent.open {
                say(&opened(sent, open))?;
            }
        }
        Ok(())
    }
}

fn table(sent: &[audit::Sent]) -> String {
    let mut table = table::headed(["event", "at", "call", "try", "request", "answer", "contents"]);
    for sent in sent {
        let tries = match sent.generation {
            1 => sent.attempt.to_string(),
            generation => format!("{} (key {generation})", sent.attempt),
        };
        let unsent = match sent.unsent_before {
            0 => String::new(),
            count => format!(" (after {count} more that were not sent)"),
        };
        let came = match (sent.status, &sent.failed, sent.answer_bytes) {
            (Some(status), _, Some(bytes)) => format!("{status}, {bytes} bytes"),
            (_, Some(failed), _) => failed.clone(),
            (_, None, _) => "-".to_owned(),
        };
        table.add_row([
            sent.position.to_string(),
            sent.at.clone(),
            sent.operation.replace('_', " "),
            format!("{tries}{unsent}"),
            format!("{} {}, {} bytes", sent.method, sent.path, sent.sent_bytes),
            came,
            sent.contents.clone(),
        ]);
    }
    table::text(&table)
}

fn opened(sent: &audit::Sent, open: &Open) -> String {
    let query = open.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
    let header = |(name, value): &(String, String)| format!("    {name}: {value}");
    let mut lines =
        vec![format!("\nevent {}\n  > {} {}{query}", sent.position, sent.method, sent.path)];
    lines.extend(open.headers.iter().map(header));
    lines.extend(body(&open.body));
    lines.push(match (sent.status, &sent.failed) {
        (Some(status), _) => format!("  < {status}"),
        (None, failed) => format!("  < nothing: {}", failed.as_deref().unwrap_or("-")),
    });
    lines.extend(open.answer_headers.iter().map(header));
    lines.extend(open.answer.as_ref().and_then(body));
    lines.join("\n")
}

fn body(body: &Body) -> Option<String> {
    let Body { bytes, text, hex, sha256 } = body;
    let kept = text.as_ref().or(hex.as_ref()).filter(|kept| !kept.is_empty());
    match (kept, sha256) {
        (Some(kept), None) => Some(format!("    {kept}")),
        (Some(kept), Some(hash)) => {
            Some(format!("    {kept}\n    ... the beginning of {bytes} bytes with SHA-256 {hash}"))
        }
        (None, Some(hash)) => Some(format!("    {bytes} bytes with SHA-256 {hash}, not kept")),
        (None, None) => None,
    }
}
