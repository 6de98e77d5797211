//! `runner inbox`: deliveries that wait or were parked, and what a person does with them.

use clap::{Args, Subcommand};

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_json};
use crate::parked::{self, Act, Deliveries, Done, Shown, What};

/// List, show, retry or drop deliveries that were not worked off.
///
/// Those that wait, and those that were parked for a person.
///
/// Example: runner inbox list
///
/// Example: runner inbox retry 1099policy:ev_6ZpQx3Lt --reason "the placement is there"
#[derive(Debug, Args)]
pub(super) struct Inbox {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List them, the parked ones first.
    ///
    /// Example: runner inbox list
    List(Listing),
    /// Show one: what came, by ids, and what happened to it.
    ///
    /// Example: runner inbox show 1099policy:ev_6ZpQx3Lt
    Show(Showing),
    /// Work a parked one off again.
    ///
    /// Example: runner inbox retry 1099policy:ev_6ZpQx3Lt --reason "the placement is there"
    Retry(Doing),
    /// Give one up.
    ///
    /// Example: runner inbox drop 1099policy:ev_6ZpQx3Lt --reason "of no consequence"
    Drop(Doing),
}

#[derive(Debug, Args)]
struct Listing {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Showing {
    /// The delivery's id; with several tenants, TENANT/ID.
    id: String,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Doing {
    /// The delivery's id; with several tenants, TENANT/ID.
    id: String,
    /// Why, in your words.
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

impl Inbox {
    pub(super) async fn run(self) -> Outcome {
        match self.verb {
            Verb::List(listing) => listing.run().await,
            Verb::Show(showing) => showing.run().await,
            Verb::Retry(doing) => doing.run(What::Retry).await,
            Verb::Drop(doing) => doing.run(What::Drop).await,
        }
    }
}

async fn all(ask: &Ask) -> Result<Deliveries, Failure> {
    match ask {
        Ask::Running(address) => ask::get(address, "/v1/inbox").await,
        Ask::Stopped(dir) => ask::with_engine(dir, |engine| Ok(parked::list(engine))),
    }
}

/// Tenant and id of the delivery called so. One that is settled is in no list: it must be called with its tenant.
fn named(deliveries: &Deliveries, id: &str) -> Result<(String, String), Failure> {
    match parked::called(deliveries, id).as_slice() {
        [line] => Ok((line.tenant.clone(), line.id.clone())),
        [] => match id.split_once('/') {
            Some((tenant, id)) => Ok((tenant.to_owned(), id.to_owned())),
            None => Err(Failure::NotFound(format!(
                "no delivery called {id} waits or is parked; `runner inbox list` shows all. \
                 A settled one is shown as TENANT/{id}"
            ))),
        },
        [_, ..] => {
            Err(Failure::Usage(format!("several tenants have a delivery {id}: say TENANT/{id}")))
        }
    }
}

impl Listing {
    async fn run(self) -> Outcome {
        let deliveries = all(&self.place.ask().await?).await?;
        if self.json {
            return say_json(&deliveries);
        }
        if deliveries.deliveries.is_empty() {
            return say("nothing waits and nothing is parked");
        }
        for line in &deliveries.deliveries {
            let (tenant, id, state) = (&line.tenant, &line.id, &line.state);
            say(&format!("{tenant}  {id}  {state} since {}: {}", line.updated_at, line.why))?;
        }
        Ok(())
    }
}

impl Showing {
    async fn run(self) -> Outcome {
        let ask = self.place.ask().await?;
        let (tenant, id) = named(&all(&ask).await?, &self.id)?;
        let shown: Shown = match &ask {
            Ask::Running(address) => {
                ask::get(address, &format!("/v1/inbox/{tenant}/{}", ask::encoded(&id))).await?
            }
            Ask::Stopped(dir) => {
                let unknown = || Failure::NotFound(format!("no delivery is called {tenant}/{id}"));
                let stream = parked::stream(&tenant, &id).map_err(|_| unknown())?;
                let shown = ask::with_engine(dir, |engine| {
                    parked::show(engine, &stream).map_err(Failure::Failed)
                })?;
                shown.ok_or_else(unknown)?
            }
        };
        if self.json {
            return say_json(&shown);
        }
        tell(&shown)
    }
}

fn tell(shown: &Shown) -> Outcome {
    say(&format!("delivery {} of {}", shown.id, shown.tenant))?;
    say(&format!("  state    {}", shown.state))?;
    say(&format!("  why      {}", shown.why))?;
    if let Some(delivery) = &shown.delivery {
        say(&format!("  kind     {} from {}", delivery.kind, delivery.source))?;
        for (name, id) in &delivery.subjects {
            say(&format!("  names    {name} {id}"))?;
        }
        say(&format!("  body     {} bytes, sha256 {}", delivery.size, delivery.sha256))?;
    }
    for event in &shown.events {
        let reason = event.data["reason"].as_str().unwrap_or_default();
        say(&format!("  {}  {} by {} {reason}", event.at, event.event, event.actor))?;
    }
    Ok(())
}

impl Doing {
    async fn run(self, what: What) -> Outcome {
        let ask = self.place.ask().await?;
        let Ask::Running(address) = &ask else {
            return Err(Failure::Failed(
                "no process is running on that data directory: start it, then decide".into(),
            ));
        };
        let (tenant, id) = named(&all(&ask).await?, &self.id)?;
        let path = format!("/v1/inbox/{tenant}/{}/act", ask::encoded(&id));
        let act = Act { what, reason: self.reason, who: self.who };
        let done: Done = ask::post(address, &path, &act).await?;
        if self.json {
            return say_json(&done);
        }
        say(&format!("{tenant}/{id} is {} now", done.state))
    }
}
