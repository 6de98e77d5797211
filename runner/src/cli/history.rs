//! `runner history`: what happened to one placement, and why.

use clap::Args;
use workflow_core::time::Timestamp;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_json, show};
use crate::views;

/// Show what happened to one placement, each event with its cause; with --at, only until that moment, and the state then.
///
/// Example: runner history 51000777 --at 2026-04-06T12:00:00Z
#[derive(Debug, Args)]
pub(super) struct History {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    id: String,
    /// A moment, RFC 3339 (2026-04-06T12:00:00Z) or a day (its end, UTC).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(moment.into());
    }
    let bad = || {
        format!("`{text}` is no moment such as 2026-04-06T12:00:00Z, and no day such as 2026-04-06")
    };
    let day: jiff::civil::Date = text.parse().map_err(|_| bad())?;
    let after = day.tomorrow().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
    let after: Timestamp = after.map_err(|_| bad())?.timestamp().into();
    Ok(Timestamp(after.0 - 1))
}

impl History {
    pub(super) async fn run(self) -> Outcome {
        let history: views::History = match self.place.ask().await? {
            Ask::Running(address) => {
                let path = show::remote_path(&address, &self.id).await?;
                let query = self.at.map_or(String::new(), |at| format!("?at={}", at.0));
                ask::get(&address, &format!("{path}/history{query}")).await?
            }
            Ask::Stopped(dir) => ask::with_engine(&dir, |engine| {
                let stream = show::local_stream(engine, &self.id)?;
                let events = engine.history(&stream).map_err(|error| super::failed(&error))?;
                views::history(&stream, &events, self.at)
                    .and_then(|history| views::with_orders(engine, &stream, self.at, history))
                    .map_err(Failure::Failed)
            })?,
        };
        if self.json {
            return say_json(&history);
        }
        say(&format!("placement {} of {}", history.id, history.tenant))?;
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
