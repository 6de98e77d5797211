//! Each tenant as it stands: what is asked of its two systems, what is failing, and how its placements are.
//!
//! One tenant's trouble is that tenant's alone; this is where it is seen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use workflow_core::breaker::Standing;
use workflow_core::dispatch::Waiting;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;
use workflow_core::outlet;

use crate::gates::{Gates, named};
use crate::systems::Systems;
use crate::views::VERSION;

/// So many failing calls are told of one tenant.
const FAILING_MAX: usize = 10;

/// All tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenants {
    /// [`VERSION`].
    pub version: u32,
    /// Whether a process is at work on them.
    pub running: bool,
    /// The tenants, by name.
    pub tenants: Vec<Tenant>,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Whether its 1099Policy insures and charges: `sandbox` or `production`; `None` where no configuration says.
    pub environment: Option<String>,
    /// Who paused everything of it and why.
    pub paused: Option<String>,
    /// Its two systems: JobDiva, then 1099Policy.
    pub systems: Vec<System>,
    /// How many placements there are in each state; states without any are left out.
    pub placements: BTreeMap<String, usize>,
    /// How many placements are paused, each by itself.
    pub placements_paused: usize,
    /// How many calls failed and wait for their next try.
    pub failing: usize,
    /// The first of them: the call and why it failed.
    pub failing_first: Vec<String>,
}

/// One system of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// `jobdiva` or `1099policy`.
    pub name: String,
    /// Where it is; `None` where no configuration says.
    pub address: Option<String>,
    /// Who paused it and why.
    pub paused: Option<String>,
    /// How it refuses the credentials.
    pub refused: Option<String>,
    /// When it was last looked at without fail, RFC 3339; `None` if not since the process started.
    pub last_poll: Option<String>,
    /// How requests get out to it; `None` where no process is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<WayOut>,
}

/// How requests get out to one system: its breaker and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// `closed` (everything goes), `open` (nothing is sent) or `probing` (one request tries).
    pub breaker: String,
    /// How many requests failed in a row while it is closed.
    pub failed_in_a_row: u32,
    /// Until when nothing is sent, RFC 3339, while it is open.
    pub open_until: Option<String>,
    /// How many requests waited a moment for their turn since the process started.
    pub waited: u64,
    /// How many were put off until later.
    pub put_off: u64,
    /// When it last said that it is asked too fast (429), RFC 3339.
    pub last_too_fast: Option<String>,
    /// The limits used since the process started, by method or operation.
    pub limits: BTreeMap<String, Rate>,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Requests a minute at present.
    pub per_minute: u32,
    /// The same as long as nobody complains.
    pub usual_per_minute: u32,
    /// When the next one may go, RFC 3339, where that is not now.
    pub next: Option<String>,
    /// When this one was last told off, RFC 3339.
    pub last_too_fast: Option<String>,
}

fn way_out(shown: outlet::Shown) -> WayOut {
    let (breaker, failed_in_a_row, open_until) = match shown.breaker {
        Standing::Closed { failed } => ("closed", failed, None),
        Standing::Open { until } => ("open", 0, Some(until)),
        Standing::Probing { .. } => ("probing", 0, None),
    };
    let told_off = shown.limits.values().filter_map(|limit| limit.told_off).max();
    let rate = |limit: outlet::ShownLimit| Rate {
        per_minute: limit.per_minute,
        usual_per_minute: limit.usual_per_minute,
        next: limit.due.map(|at| at.to_string()),
        last_too_fast: limit.told_off.map(|at| at.to_string()),
    };
    WayOut {
        breaker: breaker.to_owned(),
        failed_in_a_row,
        open_until: open_until.map(|at| at.to_string()),
        waited: shown.waited,
        put_off: shown.put_off,
        last_too_fast: told_off.map(|at| at.to_string()),
        limits: shown.limits.into_iter().map(|(name, limit)| (name, rate(limit))).collect(),
    }
}

/// The tenants of an engine; `systems` and `failing` where a process is at work.
pub fn tenants(
    engine: &Engine<Insurance>,
    configured: &[String],
    systems: Option<&Systems>,
    failing: &[Waiting],
) -> Tenants {
    let running = systems.is_some();
    let placements = engine.counts_by_tenant("placement");
    let tenants = each(engine, configured, systems, failing, &placements);
    Tenants { version: VERSION, running, tenants }
}

/// The tenants without their placements, which take long to count where there are many.
pub(crate) fn connections(
    engine: &Engine<Insurance>,
    configured: &[String],
    systems: &Systems,
    failing: &[Waiting],
) -> Vec<Tenant> {
    each(engine, configured, Some(systems), failing, &BTreeMap::new())
}

fn each(
    engine: &Engine<Insurance>,
    configured: &[String],
    systems: Option<&Systems>,
    failing: &[Waiting],
    placements: &BTreeMap<String, BTreeMap<&'static str, usize>>,
) -> Vec<Tenant> {
    let gates = Gates::of(engine);
    let names: BTreeSet<String> = placements.keys().chain(configured).cloned().collect();
    let tenant = |name: String| {
        let own = placements.get(&name);
        let counts = own.into_iter().flatten().map(|(state, count)| ((*state).to_owned(), *count));
        let paused = gates.instances_of(&name, "placement").into_iter();
        let is_there = |stream: &StreamId| own.is_some() && engine.summary(stream).is_some();
        let placements_paused = paused.filter(|(stream, _)| is_there(stream)).count();
        let mine = format!("{name}/");
        let failing: Vec<&Waiting> =
            failing.iter().filter(|waiting| waiting.key.as_str().starts_with(&mine)).collect();
        let first = failing.iter().take(FAILING_MAX);
        let halted = gates.of_tenant(&name);
        let of = |side: Option<Side>| {
            halted.iter().find(|(behind, _)| *behind == side).map(|(_, why)| why.clone())
        };
        let connected = systems.and_then(|systems| systems.of(&name));
        let system = |side: Side| System {
            name: named(side).to_owned(),
            address: connected.map(|it| match side {
                Side::Ats => it.tenant.jobdiva.base_url.clone(),
                Side::Insurer => it.tenant.policy.base_url.clone(),
            }),
            paused: of(Some(side)),
            refused: connected.and_then(|it| it.refused(side)),
            last_poll: connected.and_then(|it| it.looked.last(side)).map(|at| at.to_string()),
            outlet: connected.map(|it| way_out(it.outlet(side))),
        };
        Tenant {
            environment: connected.map(|it| it.tenant.policy.environment.as_str().to_owned()),
            paused: of(None),
            systems: [Side::Ats, Side::Insurer].map(system).into(),
            placements: counts.collect(),
            placements_paused,
            failing: failing.len(),
            failing_first: first.map(|it| format!("{}: {}", it.key, it.reason)).collect(),
            name,
        }
    };
    names.into_iter().map(tenant).collect()
}
