//! The integration guide's testing checklist (section 6), run against configured endpoints: nine lines, each with its
//! evidence.
//!
//! It works as the service does, with the same workflows and adapters, on a log in memory of its own and on the placements
//! that the configuration names for trying: nothing else of the tenant is touched. Each run has a tenant name of its own in
//! the log, so that no idempotency key of an earlier run is met. `checklist/rig.rs` is the running part, `checklist/lines.rs`
//! the nine lines, `checklist/door.rs` the one about webhooks, `checklist/clean.rs` what is undone and what is left.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
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
    /// What remains at the insurer, or may.
    pub left: Vec<String>,
    /// Why not all lines were tried, if they were not.
    pub ended: Option<Ended>,
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It was told to stop.
    Told,
    /// It could not go on.
    Broken(String),
}

impl Report {
    /// Whether all lines were tried and passed.
    pub fn passed(&self) -> bool {
        self.ended.is_none() && self.lines.iter().all(|line| line.passed)
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

/// By which a run is told to stop, each time that the number changes: the first time it cleans up, the second time it ends
/// as it stands. Either way it says what it left.
pub type Stop = watch::Receiver<u32>;

/// Why the checklist could not be begun, or could not go on.
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
///
/// # Errors
/// Only before anything was asked for: from then on there is a report, which says what was undone and what is left.
pub async fn run(
    tenant: Tenant,
    on: Checklist,
    wait: Duration,
    say: Say<'_>,
    mut stop: Stop,
) -> Result<Report, ChecklistError> {
    let against = format!("{} ({})", tenant.policy.base_url, tenant.policy.environment.as_str());
    let world = world::World::real(wait);
    let rig = rig::Rig::start(tenant, world).await?;
    let report = lines::all(&rig, &on, against, say, &mut stop).await;
    rig.stop().await;
    Ok(report)
}

/// Runs the checklist on the built-in simulators, in simulated time.
///
/// # Errors
/// As [`run`].
#[cfg(feature = "simulators")]
pub async fn run_simulated(say: Say<'_>, mut stop: Stop) -> Result<Report, ChecklistError> {
    let (tenant, on, world) = simulated::start().await?;
    let rig = rig::Rig::start(tenant, world).await?;
    let against = "the built-in simulators".to_owned();
    let report = lines::all(&rig, &on, against, say, &mut stop).await;
    rig.stop().await;
    Ok(report)
}

#[cfg(all(test, feature = "simulators"))]
mod tests {
    use super::*;

    /// Nothing can be undone by an engine that stands still, but what was made until then is said.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_that_cannot_go_on_says_what_it_left() {
        let (tenant, on, world) = simulated::start().await.expect("it starts");
        let rig = rig::Rig::start(tenant, world).await.expect("it starts");
        let engine = rig.engine.clone();
        let (_told, mut stop) = watch::channel(0);
        let mut breaks = |line: &str| {
            if line.starts_with("4/9") {
                engine.stop();
            }
        };
        let report = lines::all(&rig, &on, String::new(), &mut breaks, &mut stop).await;
        rig.stop().await;
        assert!(matches!(report.ended, Some(Ended::Broken(_))), "{report:#?}");
        assert!(!report.passed());
        assert_eq!(report.lines.len(), 4, "{report:#?}");
        for what in ["contractor cn_", "job jb_", "quote qt_", "policy pl_"] {
            let said = report.left.iter().any(|left| left.starts_with(what));
            assert!(said, "{what}: {report:#?}");
        }
    }
}
