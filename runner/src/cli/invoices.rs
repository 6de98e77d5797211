//! `runner invoices`: the pay periods and what became of them; a person's word on one that was flagged.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_json, say_versioned, table};
use crate::admin::Address;
use crate::admin::invoices as admin;
use crate::views;

/// List the pay periods, or settle one that needs a person.
///
/// The reason and your name are kept with the decision.
///
/// Example: runner invoices --state Flagged
///
/// Example: runner invoices 51000797.2026-04-05 settle --reason "agreed with the broker"
#[derive(Debug, Args)]
pub(super) struct Invoices {
    /// A pay period: the placement's id, a dot, the last day of the week; with several tenants, TENANT/ID.
    #[arg(requires = "what")]
    id: Option<String>,
    /// What to do with it.
    #[arg(requires = "reason")]
    what: Option<What>,
    /// Why, in your words.
    #[arg(long)]
    reason: Option<String>,
    /// Who decides; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    /// Only those in this state, such as Flagged.
    #[arg(long)]
    state: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Judge it anew, and try again.
    Retry,
    /// It is settled outside.
    Settle,
}

impl Invoices {
    pub(super) async fn run(self) -> Outcome {
        match (&self.id, self.what, &self.reason) {
            (Some(id), Some(what), Some(reason)) => self.act(id, what, reason).await,
            _ => self.list().await,
        }
    }

    async fn list(&self) -> Outcome {
        let mut list: views::Invoices = match self.place.ask().await? {
            Ask::Running(address) => ask::get(&address, "/v1/invoices").await?,
            Ask::Stopped(dir) => ask::with_engine(&dir, |engine| Ok(views::invoices(engine, &[])))?,
        };
        if let Some(state) = &self.state {
            list.invoices.retain(|line| line.state.eq_ignore_ascii_case(state));
        }
        if self.json {
            return say_json(&list);
        }
        if list.invoices.is_empty() {
            return say("no pay periods");
        }
        let mut table = table::headed(["tenant", "placement.week ending", "state", "why"]);
        for line in &list.invoices {
            table.add_row([&line.tenant, &line.id, &line.state, &line.why]);
        }
        say(&table::text(&table))
    }

    async fn act(&self, id: &str, what: What, reason: &str) -> Outcome {
        let Ask::Running(address) = self.place.ask().await? else {
            let what = "no process is running on that data directory: start it, then decide";
            return Err(Failure::Failed(what.into()));
        };
        let what = match what {
            What::Retry => admin::What::Retry,
            What::Settle => admin::What::Settle,
        };
        let path = format!("{}/act", path(&address, id).await?);
        let act = admin::Act { what, reason: reason.to_owned(), who: self.who.clone() };
        let done: Value = ask::post(&address, &path, &act).await?;
        if self.json {
            return say_versioned(&done);
        }
        say(&format!("{id} is {} now", done["state"].as_str().unwrap_or("?")))
    }
}

/// The path of the one pay period called so, at a running process.
async fn path(address: &Address, id: &str) -> Result<String, Failure> {
    if let Some((tenant, id)) = id.split_once('/') {
        return Ok(format!("/v1/invoices/{tenant}/{id}"));
    }
    let list: views::Invoices = ask::get(address, "/v1/invoices").await?;
    let mut called = list.invoices.iter().filter(|line| line.id == id);
    match (called.next(), called.next()) {
        (Some(line), None) => Ok(format!("/v1/invoices/{}/{}", line.tenant, line.id)),
        (None, _) => {
            let what = format!("no pay period is called {id}; `runner invoices` shows all");
            Err(Failure::NotFound(what))
        }
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("several tenants have a pay period {id}: say TENANT/{id}")))
        }
    }
}
