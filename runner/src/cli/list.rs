//! `runner list`: all placements, with their states and why they are there.

use clap::Args;

use super::ask::{self, Ask};
use super::{Outcome, Place, say, say_json, table};
use crate::views::{self, Line};

/// List all placements, with their states and why they are there.
///
/// Example: runner list
///
/// Example: runner list --state Flagged --json
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Place,
    /// Only placements in this state, such as Flagged.
    #[arg(long)]
    state: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self) -> Outcome {
        let mut list: views::List = match self.place.ask().await? {
            Ask::Running(address) => ask::get(&address, "/v1/placements").await?,
            Ask::Stopped(dir) => {
                ask::with_engine(&dir, |engine| Ok(views::list(engine, &[], &[])))?
            }
        };
        if let Some(state) = &self.state {
            list.placements.retain(|line| line.state.eq_ignore_ascii_case(state));
        }
        if self.json {
            return say_json(&list);
        }
        if list.placements.is_empty() {
            say("no placements")?;
        } else {
            say(&table("placement", &list.placements))?;
        }
        for invoice in &list.invoices {
            say(&format!("invoice {}: {}", invoice.id, invoice.why))?;
        }
        for views::Halted { tenant, system, why } in &list.halted {
            let system = system.as_ref().map_or(String::new(), |system| format!(" {system}"));
            say(&format!("tenant {tenant}{system}: {why}"))?;
        }
        for parked in &list.parked {
            say(&format!("parked delivery {}: {}", parked.id, parked.why))?;
        }
        for missed in &list.unread {
            let what = match (&missed.placement, &missed.window) {
                (Some(id), _) => format!("placement {id}"),
                (None, Some(window)) => format!("the window {window}"),
                (None, None) => "a row".to_owned(),
            };
            say(&format!("not read: {what} of {}: {}", missed.tenant, missed.why))?;
        }
        Ok(())
    }
}

/// Lines as a table that fits the terminal.
pub(super) fn table(what: &str, lines: &[Line]) -> String {
    let mut table = table::headed(["tenant", what, "state", "why"]);
    for line in lines {
        table.add_row([&line.tenant, &line.id, &line.state, &line.why]);
    }
    table::text(&table)
}
