//! The whole product on built-in simulators: no account, no services, one command.
//!
//! Both vendors are real HTTP servers on loopback with their own state on disk; the runner talks to them as it would to
//! the real ones. Only the clock is driven: when all that can be done at a moment is done, it moves on. What happens in
//! the world by itself is in `demo/script.rs`, what is shown on the way in `demo/show.rs`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::simulator as ats;
use workflow_core::domain::Insurance;
use workflow_core::engine::Engine;
use workflow_core::time::{Clock, ManualClock, Timestamp};

use crate::config::Config;
use crate::ingress;
use crate::{Options, Runner, StartError, StopError};

pub mod script;
pub(crate) mod settings;
#[cfg(feature = "postgres")]
pub mod several;
mod show;

pub use settings::{INTAKE_TOKEN, TENANT};
pub use show::{Form, Screen};

/// How far the clock moves when the world is quiet.
const STEP: Duration = Duration::from_secs(30 * 60);
/// The demo ends when nothing has happened for so long...
const QUIET_FOR: Duration = Duration::from_secs(2 * 24 * 3600);
/// ...but not before this much time has passed, for what the script still has in store...
const AT_LEAST: Duration = Duration::from_secs(9 * 24 * 3600);
/// ...and in any case after this much.
const AT_MOST: Duration = Duration::from_secs(21 * 24 * 3600);
/// How often the loops look at the driven clock, in real time.
const LOOK: Duration = Duration::from_millis(2);
/// A moment that is not worked off after so much real time is a defect, and said to be one.
const MOMENT_WITHIN: Duration = Duration::from_secs(60);

/// A demo in progress.
pub struct Demo {
    /// The data directory.
    pub data: PathBuf,
    clock: ManualClock,
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
    runner: Runner,
}

/// What the demo ended with, by the insurer's own count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Contractors created.
    pub contractors: u64,
    /// The most contractors that any one candidate has: one, or something is wrong.
    pub contractors_per_candidate_max: u64,
    /// Jobs created.
    pub jobs: u64,
    /// The most jobs that any one placement has: one, or something is wrong.
    pub jobs_per_placement_max: u64,
    /// Application sessions opened.
    pub sessions: u64,
    /// Policies issued.
    pub policies: u64,
    /// Assignments created.
    pub assignments: u64,
    /// Charges made.
    pub charges: usize,
    /// Events in the log.
    pub events: u64,
    /// The clock at the end.
    pub at: Timestamp,
}

/// Why a demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The runner could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The runner ended by itself.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// A simulator or a file failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The simulated world stands still.
    #[error("at {at} something is still under way after a minute of real time: {what}")]
    Stuck {
        /// The simulated moment.
        at: Timestamp,
        /// What is under way.
        what: String,
    },
    /// The runner and the insurer's simulator cannot agree on a webhook.
    #[error("the webhook endpoint was not registered: {0}")]
    Webhook(String),
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> DemoError {
    move |source| DemoError::Io { what, source }
}

impl Demo {
    /// Starts both simulators and the runner, or resumes them where they stopped.
    pub async fn start(data: &Path) -> Result<Self, DemoError> {
        Self::start_with(data, ats::Behaviour::default(), |_| {}).await
    }

    /// The same, with a JobDiva that behaves so, and something else in the configuration.
    pub async fn start_with(
        data: &Path,
        behaviour: ats::Behaviour,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, DemoError> {
        let world = data.join("simulators");
        std::fs::create_dir_all(&world).map_err(io_error("making the data directory"))?;
        let clock = ManualClock::at(ats::seed::START);
        let (jobdiva, policy) = simulators(&clock, &world, behaviour).await?;
        clock.set(read_clock(&world).max(ats::seed::START));
        let hooks = settings::hooks_address(&world).map_err(io_error("finding a port"))?;
        let mut config = settings::config(data, hooks, &jobdiva, &policy).await?;
        change(&mut config);
        let runner = start_runner(config, &clock).await?;
        Ok(Self { data: data.to_owned(), clock, jobdiva, policy, runner })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<Insurance> {
        self.runner.engine()
    }

    /// The JobDiva simulator.
    pub fn jobdiva(&self) -> &ats::Simulator {
        &self.jobdiva
    }

    /// The 1099Policy simulator.
    pub fn policy(&self) -> &insurer::Simulator {
        &self.policy
    }

    /// What came through the webhook door.
    pub fn counters(&self) -> &ingress::Counters {
        self.runner.counters()
    }

    /// The documents that contractors brought.
    pub fn documents(&self) -> &crate::documents::Documents {
        self.runner.documents()
    }

    /// Where people find the pages.
    pub fn pages(&self) -> &str {
        self.runner.pages()
    }

    /// Where webhooks come in.
    pub fn hooks(&self) -> SocketAddr {
        self.runner.hooks()
    }

    /// Plays until the world is quiet.
    pub async fn play(&mut self, screen: &mut Screen) -> Result<Ending, DemoError> {
        let mut last = (self.engine().position(), self.clock.now());
        loop {
            self.settle(screen).await?;
            let now = self.clock.now();
            if self.engine().position() != last.0 {
                last = (self.engine().position(), now);
            }
            let passed = now.since(ats::seed::START);
            if passed >= AT_MOST || (passed >= AT_LEAST && now.since(last.1) >= QUIET_FOR) {
                break;
            }
            script::happen(self.engine(), &self.policy, now);
            self.advance(STEP).await?;
        }
        screen.draw(self.engine(), self.clock.now());
        Ok(self.ending())
    }

    /// From now on whoever let an application run out finishes the next: what [`Demo::keep`] begins with.
    pub fn relent(&self) {
        script::relent(&self.policy);
    }

    /// Keeps serving at the speed of real time; ends only with the runner.
    pub async fn keep(&mut self) -> DemoError {
        self.relent();
        let second = Duration::from_secs(1);
        loop {
            tokio::select! {
                error = self.runner.ended() => return error.into(),
                () = tokio::time::sleep(second) => {}
            }
            if let Err(error) = self.advance(second).await {
                return error;
            }
        }
    }

    /// Stops everything in order.
    pub async fn stop(self) -> Result<(), DemoError> {
        self.runner.stop().await?;
        self.jobdiva.stop().await;
        self.policy.stop().await;
        Ok(())
    }

    /// Waits until all that can be done at the present moment is done, on all three sides.
    pub async fn settle(&mut self, screen: &mut Screen) -> Result<(), DemoError> {
        let began = tokio::time::Instant::now();
        loop {
            if self.runner.is_quiet() {
                let delivered = self.jobdiva.tick().await.map_err(io_error("sending webhooks"))?;
                if delivered + self.policy.tick().await == 0 && self.runner.is_quiet() {
                    screen.follow(self.engine(), self.clock.now());
                    return Ok(());
                }
            }
            screen.follow(self.engine(), self.clock.now());
            tokio::select! {
                error = self.runner.ended() => return Err(error.into()),
                () = tokio::time::sleep(LOOK) => {}
            }
            if began.elapsed() > MOMENT_WITHIN {
                let what = self.runner.doing();
                return Err(DemoError::Stuck { at: self.clock.now(), what });
            }
        }
    }

    /// Moves the world's clock on.
    pub async fn advance(&mut self, by: Duration) -> Result<(), DemoError> {
        self.clock.advance(by);
        write_clock(&self.data.join("simulators"), self.clock.now())
            .map_err(io_error("keeping the clock"))?;
        self.jobdiva.tick().await.map_err(io_error("sending webhooks"))?;
        self.policy.tick().await;
        Ok(())
    }

    /// What there is now, by the insurer's own count.
    pub fn ending(&self) -> Ending {
        ending_of(&self.policy, self.engine().position().0, self.clock.now())
    }
}

/// What there is at a moment, by the insurer's own count.
fn ending_of(policy: &insurer::Simulator, events: u64, at: Timestamp) -> Ending {
    let ledger = policy.ledger();
    let all = |counts: &BTreeMap<String, u64>| counts.values().sum();
    let most = |counts: &BTreeMap<String, u64>| counts.values().copied().max().unwrap_or(0);
    Ending {
        contractors: all(&ledger.contractors_by_email),
        contractors_per_candidate_max: most(&ledger.contractors_by_candidate),
        jobs: all(&ledger.jobs_by_placement),
        jobs_per_placement_max: most(&ledger.jobs_by_placement),
        sessions: ledger.sessions_opened,
        policies: all(&ledger.policies_by_quote),
        assignments: all(&ledger.assignments_by_job),
        charges: ledger.charges_cents.values().map(Vec::len).sum(),
        events,
        at,
    }
}

/// Starts both simulators, or resumes them where they stopped.
async fn simulators(
    clock: &ManualClock,
    world: &Path,
    behaviour: ats::Behaviour,
) -> Result<(ats::Simulator, insurer::Simulator), DemoError> {
    let jobdiva = ats::Simulator::start(ats::Config {
        clock: clock.clone(),
        behaviour,
        persist: Some(world.join("jobdiva.json")),
        ..ats::Config::default()
    });
    let jobdiva = jobdiva.await.map_err(io_error("starting the JobDiva simulator"))?;
    let simulated = insurer::Config {
        clock: clock.clone(),
        persist: Some(world.join("1099policy.json")),
        scripts: script::contractors(),
        ..insurer::Config::default()
    };
    let policy = insurer::Simulator::start(simulated);
    let policy = policy.await.map_err(io_error("starting the 1099Policy simulator"))?;
    Ok((jobdiva, policy))
}

async fn start_runner(config: Config, clock: &ManualClock) -> Result<Runner, StartError> {
    let options = Options { clock: Arc::new(clock.clone()), look: LOOK };
    Runner::start_with(config, options).await
}

fn clock_file(world: &Path) -> PathBuf {
    world.join("clock")
}

fn read_clock(world: &Path) -> Timestamp {
    let text = std::fs::read_to_string(clock_file(world)).unwrap_or_default();
    text.trim().parse().map_or(ats::seed::START, Timestamp)
}

/// Replaces the file whole, so that a killed process leaves the old moment or the new one.
fn write_clock(world: &Path, now: Timestamp) -> io::Result<()> {
    let fresh = world.join("clock.new");
    std::fs::write(&fresh, now.0.to_string())?;
    std::fs::rename(fresh, clock_file(world))
}
