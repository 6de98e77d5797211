//! What the verbs that order something have in common: who and why, where it is taken, and what is said of it.
//!
//! A running process takes every order. On a stopped log, what needs nobody else is taken there and then, by the rules of
//! the configuration; what needs the insurer, or the calls that wait, is not.

use std::sync::Arc;

use clap::Args;
use workflow_core::seal::Vault;
use workflow_core::store::sled::SledStore;
use workflow_core::time::SystemClock;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, failed, say, say_json};
use crate::order::{About, Deed, Desk, Done, Moved, Order, OrderError};
use crate::supervise::{self, KEYS_DIR, LOG_DIR};

/// Only who holds a tenant's shard may write to its log.
const NOTHING_ORDERED: &str = "nothing was ordered: the runner that holds the tenant's shard takes orders, and any runner carries them to it";

/// Who orders something, and why.
#[derive(Debug, Args)]
pub(super) struct Ordered {
    /// Why, in your words. It is kept in the log, so do not name a candidate.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decides; the login name by default.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown", alias = "who")]
    by: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Ordered {
    /// Has an order carried out, and says what came of it.
    pub(super) async fn give(self, deed: Deed, about: About) -> Outcome {
        let Self { reason, by, place, json } = self;
        let pausing = matches!(deed, Deed::Pause | Deed::Resume);
        let advice = advice(&deed, &about);
        let order = Order { deed, about, reason, by };
        let done: Result<Done, Failure> = match place.ask_or(NOTHING_ORDERED).await? {
            Ask::Running(address) => ask::post(&address, "/v1/orders", &order).await,
            Ask::Stopped(_) => on_stopped(&place, order).await,
        };
        let done = match done {
            Err(Failure::Refused(why)) => Err(Failure::Refused(format!("{why}{advice}"))),
            told => told,
        }?;
        if json {
            return say_json(&done);
        }
        done.to.iter().try_for_each(|moved| tell(moved, pausing))?;
        if let Some(tried) = done.tried {
            let plural = if tried == 1 { "call is" } else { "calls are" };
            say(&format!("  {tried} {plural} tried now"))?;
        }
        match &done.link {
            Some(link) => say(&format!("  link     {link}")),
            None => Ok(()),
        }
    }
}

/// Where to look when the rules refuse an order, in a line of its own.
fn advice(deed: &Deed, about: &About) -> String {
    let About::One(id) = about else { return String::new() };
    let of = |workflow: &str| id.starts_with(workflow) || id.contains(&format!("/{workflow}"));
    let shows = match ["contractor/", "certificate/", "invoice/", "notify/"]
        .into_iter()
        .find(|it| of(it))
    {
        Some("certificate/") => "`runner certificate list` says how it stands".to_owned(),
        Some("invoice/") => "`runner invoices` says how it stands".to_owned(),
        Some("notify/") => "`runner list` says what is paused".to_owned(),
        Some(_) => format!("`runner history {id}` says how it came to stand so"),
        None => format!("`runner show {id}` says how it stands"),
    };
    let flagged = matches!(deed, Deed::Resolve(_));
    let flagged =
        if flagged { ", `runner list --state Flagged` what waits for a decision" } else { "" };
    format!("\n  {shows}{flagged}")
}

fn tell(moved: &Moved, pausing: bool) -> Outcome {
    let Moved { stream, state, why, events } = moved;
    match (pausing, state.as_str()) {
        (true, "Shut") => say(&format!("{stream} is {why}")),
        (true, _) => say(&format!("{stream} goes on")),
        (false, _) if *events == 0 => {
            say(&format!("{stream} stays {state}: there was nothing to change"))
        }
        (false, _) => say(&format!("{stream} is {state} now: {why}")),
    }
}

/// Takes an order on a stopped log, by the rules of its configuration and under its master key.
async fn on_stopped(place: &Place, order: Order) -> Result<Done, Failure> {
    let Some(config) = place.loaded()? else {
        return Err(Failure::Usage(
            "no process is running on that data directory: start it, or say --config FILE, by whose rules the order \
             is taken"
                .into(),
        ));
    };
    let store = SledStore::open(&config.data_dir.join(LOG_DIR)).map_err(|error| failed(&error))?;
    let vault = Vault::open(&config.data_dir.join(KEYS_DIR), &config.master_key);
    let vault = vault.map_err(|error| failed(&error))?;
    let (store, clock) = (Arc::new(store), Arc::new(SystemClock));
    let engine = supervise::open(store, Some(vault), clock, &config.tenants);
    let engine = engine.map_err(|error| failed(&error))?;
    let tenants: Vec<String> = config.tenants.iter().map(|tenant| tenant.name.clone()).collect();
    let desk = Desk { engine: &engine, tenants: &tenants, running: None };
    let done = desk.take(order).await;
    engine.stop();
    done.map_err(|error| match error {
        OrderError::Unknown(why) => Failure::NotFound(why),
        OrderError::Unclear(why) => Failure::Usage(why),
        OrderError::Refused(why) => Failure::Refused(why),
        OrderError::NotNow(why) => Failure::Failed(why),
        OrderError::Engine(error) => failed(&error),
    })
}
