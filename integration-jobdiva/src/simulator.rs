//! A local server of the JobDiva API, for trying the product without credentials and for testing the client.
//!
//! It is as unkind as the real service is described to be: see [`Behaviour`] for the switches and the `seed` module
//! for the placements it starts with and their right ends. It shares no code with the client, runs on a clock that
//! is moved by hand or at a pace, and can be killed at any moment and resumed from its state file. Deliberately absent:
//! writes, submittal searches, onboarding packages, expenses, and every number JobDiva does not publish.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use integration_jobdiva::simulator::{Config, Simulator};
//!
//! let simulator = Simulator::start(Config::default()).await?;
//! assert!(simulator.base_url().starts_with("http://127.0.0.1:"));
//! simulator.advance(std::time::Duration::from_secs(3600)).await?;
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Requests under `/__sim/` change records, clock, faults, grants and webhooks; [`CONTROLS`] lists them. `/` is a page with
//! the state, `/openapi.json` describes everything. The thirty switches are [`SWITCHES`], turned by [`Behaviour`].

mod assignment;
mod auth;
mod behaviour;
mod bi;
mod client;
mod control;
mod documents;
mod eastern;
mod encoding;
mod envelope;
mod faults;
mod feeds;
mod metrics;
mod mutations;
mod openapi;
mod page;
mod persist;
mod received;
mod routes;
mod rows;
mod search;
pub mod seed;
mod server;
mod state;
mod switches;
mod webhooks;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workflow_core::time::ManualClock;

pub use auth::Credentials;
pub use behaviour::{
    AssignmentForm, Behaviour, BillingDates, HeaderForm, Mischief, OffsetMode, PageBase, RateLimit,
    WindowEnd,
};
pub use control::{CONTROLS, Control, Dataset, Seen};
pub use faults::{Fault, FaultKind};
pub use mutations::{Changed, Hired, Mutation, MutationError, NewCandidate, NewHire};
pub use received::Received;
pub use state::Decision;
pub use switches::{SWITCHES, Switch};
pub use webhooks::{Delivery, Operation, Outcome, RecordType, WebhookTarget};

use server::{Settings, Shared};

/// Real time between two steps of a paced clock.
const PACE_STEP: Duration = Duration::from_millis(200);

/// How a simulator is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The time it lives by; shared with whoever holds a clone.
    pub clock: ManualClock,
    /// File the whole state is written to after each change and read from at start.
    pub persist: Option<PathBuf>,
    /// What to start with when there is no state file yet.
    pub dataset: Dataset,
    /// Who may log in.
    pub credentials: Credentials,
    /// The switches.
    pub behaviour: Behaviour,
    /// Where webhooks go; none leaves it as the state file has it.
    pub webhook: Option<WebhookTarget>,
    /// Simulated seconds per real second; none: the clock moves only when told.
    pub pace: Option<u32>,
}

/// A free port, the seed data at [`seed::START`], no state file.
impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            clock: ManualClock::at(seed::START),
            persist: None,
            dataset: Dataset::Seed,
            credentials: Credentials::default(),
            behaviour: Behaviour::default(),
            webhook: None,
            pace: None,
        }
    }
}

/// A running simulator; dropping it stops the server too, without waiting.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Starts the server on 127.0.0.1.
    ///
    /// With a state file, resumes from it; a clock that stands before the file's is moved on to it, so time never
    /// runs backwards. Fails when the port is taken or the file cannot be read.
    pub async fn start(config: Config) -> io::Result<Self> {
        let settings = Settings { behaviour: config.behaviour, credentials: config.credentials };
        let kept = config.persist.as_deref().map(persist::load).transpose()?.flatten();
        let mut state = kept.unwrap_or_else(|| control::fresh(config.dataset, &settings));
        if workflow_core::time::Clock::now(&config.clock) < state.clock {
            config.clock.set(state.clock);
        }
        state.webhook = config.webhook.or(state.webhook);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let mut stopping = stopped.clone();
        let shared = Shared::new(settings, config.clock, config.persist, stopped, state);
        let shared = Arc::new(shared);
        shared.change(|_, _| ())?;
        let router = Router::new().fallback(server::handle).with_state(shared.clone());
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means the handle is gone, which is a stop too.
            drop(stopping.wait_for(|stopping| *stopping).await);
        });
        let server = tokio::spawn(async move { serve.await });
        if let Some(pace) = config.pace {
            tokio::spawn(keep_pace(shared.clone(), pace));
        }
        Ok(Self { shared, address, stop, server })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The clock it lives by. Moving it sends no webhooks; [`Simulator::advance`] does.
    pub fn clock(&self) -> ManualClock {
        self.shared.clock.clone()
    }

    /// What was called how often, by path; control requests are not counted.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.read().seen()
    }

    /// The newest requests, oldest first; control requests are not among them.
    pub fn received(&self) -> Vec<Received> {
        self.shared.read().received.iter().cloned().collect()
    }

    /// Method and path of everything that is served, the simulator's own requests among it.
    pub fn routes() -> Vec<(&'static str, String)> {
        routes::ROUTES.iter().map(|route| (route.method, route.path.clone())).collect()
    }

    /// How often paths ending in `end` were called, such as `bi/JobDetail`.
    pub fn count(&self, end: &str) -> u64 {
        let seen = self.requests().into_iter().filter(|seen| seen.path.ends_with(end));
        seen.map(|seen| seen.count).sum()
    }

    /// Changes the records as a person in JobDiva would.
    pub fn mutate(&self, mutation: Mutation) -> Result<Changed, MutationError> {
        let behaviour = &self.shared.settings.behaviour;
        self.shared.change(|state, now| mutations::apply(state, behaviour, mutation, now))?
    }

    /// Makes every token given so far worthless.
    pub fn revoke_tokens(&self) -> io::Result<()> {
        self.shared.change(|state, _| state.tokens.clear())
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) -> io::Result<()> {
        self.shared.change(|state, _| state.faults.push(fault))
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) -> io::Result<()> {
        self.shared.change(|state, _| state.faults.clear())
    }

    /// Grants a method, such as `bi/JobDetail` or `jobdiva/searchStart`.
    pub fn grant(&self, method: &str) -> io::Result<()> {
        self.shared.change(|state, _| state.grant(method, true))
    }

    /// Takes a method back.
    pub fn revoke(&self, method: &str) -> io::Result<()> {
        self.shared.change(|state, _| state.grant(method, false))
    }

    /// Loads a dataset afresh and sets the clock to its start; where webhooks go stays.
    pub fn reset(&self, dataset: Dataset) -> io::Result<()> {
        let new = control::fresh(dataset, &self.shared.settings);
        self.shared.clock.set(new.clock);
        self.shared.change(|state, now| state.replace(new, now))
    }

    /// Sets where webhooks go from now on; none switches them off.
    pub fn set_webhook(&self, target: Option<WebhookTarget>) -> io::Result<()> {
        self.shared.change(|state, now| control::aim(state, &self.shared, target, now))
    }

    /// Every webhook so far, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.read().deliveries.clone()
    }

    /// Sends the webhooks due at the present moment, each at most once; answers how many tries were made.
    pub async fn deliver_webhooks(&self) -> io::Result<usize> {
        webhooks::deliver(&self.shared).await
    }

    /// What a moved clock sets going: [`Simulator::deliver_webhooks`].
    pub async fn tick(&self) -> io::Result<usize> {
        self.deliver_webhooks().await
    }

    /// Moves the clock on and sends the webhooks that became due; answers how many tries were made.
    pub async fn advance(&self, by: Duration) -> io::Result<usize> {
        self.shared.clock.advance(by);
        self.tick().await
    }

    /// Stops the server and waits until its port is free.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Ok(Err(error)) = self.server.await {
            tracing::warn!(%error, "the simulator's server ended badly");
        }
    }
}

/// Moves the clock along with real time, and sends what becomes due, until the server stops.
async fn keep_pace(shared: Arc<Shared>, pace: u32) {
    let mut stopped = shared.stopped.clone();
    let mut beats = tokio::time::interval(PACE_STEP);
    let mut before = beats.tick().await;
    loop {
        let beat = tokio::select! {
            // An error means the handle is gone, which is a stop too.
            _ = stopped.wait_for(|stopped| *stopped) => return,
            beat = beats.tick() => beat,
        };
        shared.clock.advance((beat - before) * pace);
        before = beat;
        if let Err(error) = webhooks::deliver(&shared).await {
            tracing::error!(%error, "the simulator's state could not be written");
        }
    }
}
