//! The integration guide's testing checklist (section 6), run against configured endpoints: nine lines, each with its
//! evidence.
//!
//! It works as the service does, with the same workflows and adapters, on a log in memory of its own and on the placements
//! that the configuration names for trying: nothing else of the tenant is touched. Each run has a tenant name of its own in
//! the log, so that no idempotency key of an earlier run is met. `checklist/rig.rs` is the running part, `checklist/lines.rs`
//! the nine lines, `checklist/door.rs` the one about webhooks, `checklist/clean.rs` what is undone and what is left.

use std::time::Duration;

use serde::Serialize;
use workflow_core::engine::{HandleError, OpenError};
use workflow_core::seal::VaultError;
use workflow_core::store::StoreError;

use crate::config::{Checklist, Tenant};
use crate::systems::ConnectErrors;

mod clean;
mod client;
mod door;
mod lines;
mod rig;
#[cfg(feature = "simulators")]
mod simulated;
mod world;

/// The version of the shape that `--json` prints.
pub const VERSION: u32 = 1;

/// What a run of the checklist found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// Against what it was run.
    pub against: String,
    /// The nine lines, in the guide's order.
    pub lines: Vec<Line>,
    /// What was undone afterwards.
    pub undone: Vec<String>,
    /// What remains at the insurer.
    pub left: Vec<String>,
}

impl Report {
    /// Whether all lines passed.
    pub fn passed(&self) -> bool {
        self.lines.iter().all(|line| line.passed)
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What is to be so, in the guide's words.
    pub title: &'static str,
    /// Whether it is.
    pub passed: bool,
    /// Ids and what was compared; or what is wrong.
    pub evidence: String,
}

/// Whom a run tells what it is waiting for.
pub type Say<'a> = &'a mut dyn FnMut(&str);

/// Why the checklist could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ChecklistError {
    /// A tenant's systems cannot be connected.
    #[error(transparent)]
    Connect(#[from] ConnectErrors),
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The keys cannot be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] HandleError),
    /// The run's own log cannot be read.
    #[error(transparent)]
    Log(#[from] StoreError),
    /// A simulator or a door could not be started.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The simulators could not be set up.
    #[error("the simulators could not be set up: {0}")]
    Simulators(String),
}

/// Runs the checklist on a tenant's configured endpoints, in real time. `wait` is how long a person may take to complete
/// the application, and a certificate its review.
pub async fn run(
    tenant: Tenant,
    on: Checklist,
    wait: Duration,
    say: Say<'_>,
) -> Result<Report, ChecklistError> {
    let against = format!("{} ({})", tenant.policy.base_url, tenant.policy.environment.as_str());
    let world = world::World::real(wait);
    let mut rig = rig::Rig::start(tenant, world).await?;
    let report = lines::all(&mut rig, &on, against, say).await;
    rig.stop().await;
    report
}

/// Runs the checklist on the built-in simulators, in simulated time.
#[cfg(feature = "simulators")]
pub async fn run_simulated(say: Say<'_>) -> Result<Report, ChecklistError> {
    let (tenant, on, world) = simulated::start().await?;
    let mut rig = rig::Rig::start(tenant, world).await?;
    let report = lines::all(&mut rig, &on, "the built-in simulators".to_owned(), say).await;
    rig.stop().await;
    report
}
