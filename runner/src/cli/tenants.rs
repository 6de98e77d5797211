//! `runner tenants`: each tenant as it stands.

use clap::Args;

use super::ask::{self, Ask};
use super::{Outcome, Place, say, say_json};
use crate::tenants::{self, Rate, System, Tenant, Tenants, WayOut};

/// Show each tenant as it stands.
///
/// Its two systems, when each was last looked at, what is paused, refused or failing, and
/// how many placements are in each state. One tenant's trouble is that tenant's alone.
///
/// Example: runner tenants --json
#[derive(Debug, Args)]
pub(super) struct TenantsVerb {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl TenantsVerb {
    pub(super) async fn run(self) -> Outcome {
        let shown: Tenants = match self.place.ask().await? {
            Ask::Running(address) => ask::get(&address, "/v1/tenants").await?,
            Ask::Stopped(dir) => {
                let config = self.place.loaded()?.map(|config| config.tenants).unwrap_or_default();
                let names: Vec<String> = config.into_iter().map(|tenant| tenant.name).collect();
                ask::with_engine(&dir, |engine| Ok(tenants::tenants(engine, &names, None, &[])))?
            }
        };
        if self.json {
            return say_json(&shown);
        }
        if !shown.running {
            say("no process is at work: what it last looked at and what fails is not known")?;
        }
        shown.tenants.iter().try_for_each(tell)
    }
}

fn tell(tenant: &Tenant) -> Outcome {
    let environment = tenant.environment.as_deref().unwrap_or("environment not known here");
    say(&format!("tenant {} ({environment})", tenant.name))?;
    if let Some(why) = &tenant.paused {
        say(&format!("  {why}"))?;
    }
    tenant.systems.iter().try_for_each(system)?;
    let counts = tenant.placements.iter().map(|(state, count)| format!("{count} {state}"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    say(&format!("  placements  {}", if counts.is_empty() { "none" } else { &counts }))?;
    if tenant.placements_paused > 0 {
        say(&format!("              {} paused, each by itself", tenant.placements_paused))?;
    }
    if tenant.failing > 0 {
        say(&format!("  failing     {} calls wait for their next try", tenant.failing))?;
    }
    tenant.failing_first.iter().try_for_each(|call| say(&format!("              {call}")))
}

fn system(system: &System) -> Outcome {
    let System { name, address, paused, refused, last_poll, outlet } = system;
    let mut parts = Vec::new();
    parts.extend(paused.clone());
    parts.extend(refused.as_ref().map(|why| format!("THE CREDENTIALS ARE REFUSED: {why}")));
    match last_poll {
        Some(at) => parts.push(format!("last looked at {at}")),
        None => parts.push("not looked at yet".to_owned()),
    }
    parts.extend(address.clone());
    say(&format!("  {name:<10}  {}", parts.join("; ")))?;
    outlet.iter().try_for_each(way_out)
}

/// Says of the way out what is not as usual; all of it is in the JSON.
fn way_out(way: &WayOut) -> Outcome {
    let mut parts = Vec::new();
    match (way.breaker.as_str(), &way.open_until) {
        ("closed", _) if way.failed_in_a_row == 0 => {}
        ("closed", _) => parts.push(format!("the last {} requests failed", way.failed_in_a_row)),
        ("probing", _) => parts.push("NOBODY ANSWERS: one request tries now".to_owned()),
        (_, Some(until)) => parts.push(format!("NOBODY ANSWERS: nothing is sent before {until}")),
        (_, None) => parts.push("NOBODY ANSWERS".to_owned()),
    }
    for (name, rate) in &way.limits {
        let Rate { per_minute, usual_per_minute, next, last_too_fast } = rate;
        if per_minute < usual_per_minute {
            let last = last_too_fast.as_deref().unwrap_or("some time ago");
            let next = next.as_ref().map(|at| format!(", next at {at}")).unwrap_or_default();
            parts.push(format!(
                "{name} slowed to {per_minute} of {usual_per_minute} a minute (429 at {last}){next}"
            ));
        }
    }
    parts.iter().try_for_each(|part| say(&format!("              {part}")))
}
