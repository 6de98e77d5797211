//! Each tenant as it stands: what is asked of its two systems, what is failing, and how its placements are.
//!
//! One tenant's trouble is that tenant's alone; this is where it is seen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use workflow_core::dispatch::Waiting;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::engine::Engine;

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
}

/// The tenants of an engine; `systems` and `failing` where a process is at work.
pub fn tenants(
    engine: &Engine<Insurance>,
    configured: &[String],
    systems: Option<&Systems>,
    failing: &[Waiting],
) -> Tenants {
    let gates = Gates::of(engine);
    let placements = engine.summaries("placement");
    let seen = placements.iter().map(|summary| summary.stream.tenant().to_owned());
    let names: BTreeSet<String> = seen.chain(configured.iter().cloned()).collect();
    let tenant = |name: String| {
        let own = placements.iter().filter(|summary| summary.stream.tenant() == name);
        let mut counts = BTreeMap::new();
        let mut placements_paused = 0;
        for summary in own {
            *counts.entry(summary.state.to_owned()).or_default() += 1;
            placements_paused += usize::from(gates.of_instance(&summary.stream).is_some());
        }
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
        };
        Tenant {
            environment: connected.map(|it| it.tenant.policy.environment.as_str().to_owned()),
            paused: of(None),
            systems: [Side::Ats, Side::Insurer].map(system).into(),
            placements: counts,
            placements_paused,
            failing: failing.len(),
            failing_first: first.map(|it| format!("{}: {}", it.key, it.reason)).collect(),
            name,
        }
    };
    let running = systems.is_some();
    Tenants { version: VERSION, running, tenants: names.into_iter().map(tenant).collect() }
}
