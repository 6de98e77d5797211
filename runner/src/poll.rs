//! Looks without being told: JobDiva's feeds, 1099Policy's events, what is open, and what is held.
//!
//! Polling does all that webhooks do, a little later, so that a lost webhook heals by itself. A cursor moves only after
//! everything before it was taken in.

use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::poll::{SweepCursor, Watch};
use integration_jobdiva::poll::Cursor;
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{AssignmentStanding, JobId, PolicyStanding, QuoteId, Sighting};
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::placement::{Back, Basis, Evidence, Placement, State, StateKind};
use workflow_core::engine::{Engine, HandleError, Source, Summary};
use workflow_core::machine::Kind as _;
use workflow_core::store::StoreError;
use workflow_core::time::Timestamp;

use crate::ingress;
use crate::pulse::{Beat, Pulse};
use crate::read::{self, Hint, ReadError};
use crate::systems::{Connected, JOBDIVA, POLICY};

/// So many resources are read before the inbox gets its turn.
const WATCHED_AT_ONCE: usize = 16;

/// Looks after one tenant.
pub struct Poller {
    /// The engine.
    pub engine: Engine<Insurance>,
    /// The tenant's systems.
    pub connected: Arc<Connected>,
    /// Where it says what it is doing.
    pub pulse: Arc<Pulse>,
    /// How often the clock is looked at.
    pub look: Duration,
}

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Engine(#[from] HandleError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    JobDiva(#[from] integration_jobdiva::error::Error),
    #[error("{0}")]
    Policy(#[from] integration_1099policy::failure::Error),
}

/// The three rounds, each with its own pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Feeds,
    Open,
    Held,
    All,
}

/// Between two readings of all that is not closed: what begins on a day (a rate, a start) touches no feed, and neither
/// does what a feed has skipped.
const READ_ALL_EVERY: Duration = Duration::from_secs(24 * 3600);

impl Poller {
    /// Works until `stop` turns true or the engine stops.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), HandleError> {
        let pace = self.connected.tenant.pace;
        let start = self.engine.clock().now();
        // What is held was read when it was found; the two others begin at once.
        let mut next = [
            (Round::Feeds, pace.poll, start),
            (Round::Open, pace.sweep, start),
            (Round::Held, pace.reread, start.plus(pace.reread)),
            (Round::All, READ_ALL_EVERY, start.plus(READ_ALL_EVERY)),
        ];
        let name = format!("poll/{}", self.connected.tenant.name);
        while !*stop.borrow() {
            for (round, pace, at) in &mut next {
                if *at > self.engine.clock().now() {
                    continue;
                }
                self.pulse.set(&name, Beat::Working);
                self.round(*round).await?;
                *at = self.engine.clock().now().plus(*pace);
            }
            let soonest = next.iter().map(|(_, _, at)| *at).min();
            self.pulse.set(&name, soonest.map_or(Beat::Idle, Beat::Until));
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(self.look) => {}
            }
        }
        Ok(())
    }

    async fn round(&self, round: Round) -> Result<(), HandleError> {
        let done = match round {
            Round::Feeds => self.feeds().await,
            Round::Open => self.open().await,
            Round::Held => self.read(&["Discovered", "Flagged", "Excluded"]).await,
            Round::All => self.all().await,
        };
        let tenant = &self.connected.tenant.name;
        match done {
            Ok(()) => Ok(()),
            Err(RoundError::Engine(error) | RoundError::Read(ReadError::Engine(error))) => {
                Err(error)
            }
            Err(RoundError::Store(error)) => Err(HandleError::Stopped(error.to_string())),
            Err(error) => {
                tracing::warn!(%tenant, ?round, %error, "a round of polling failed: next time again");
                Ok(())
            }
        }
    }

    /// JobDiva's feeds: what was touched since the last time is read.
    async fn feeds(&self) -> Result<(), RoundError> {
        let store = self.engine.store();
        let name = format!("{}/{JOBDIVA}", self.connected.tenant.name);
        loop {
            let cursor = store.cursor(&name)?.and_then(|bytes| Cursor::from_bytes(&bytes).ok());
            let polled = self.connected.jobdiva.poll(cursor, self.engine.clock().now()).await?;
            for bad in &polled.unreadable {
                tracing::warn!(tenant = %self.connected.tenant.name, what = %bad.what, why = %bad.why, "a feed's row was passed over");
            }
            for error in &polled.failed {
                tracing::warn!(tenant = %self.connected.tenant.name, %error, "a feed could not be read");
            }
            let hint = Hint {
                placements: polled.touched,
                known: polled.submittals,
                candidates: polled.candidates,
                requisitions: polled.requisitions,
            };
            read::follow(&self.engine, &self.connected, &hint, &read::poll_source()).await?;
            store.set_cursor(&name, &polled.cursor.to_bytes())?;
            if !polled.more {
                return Ok(());
            }
        }
    }

    /// 1099Policy's events since the last time, and the resources that open placements wait for.
    async fn open(&self) -> Result<(), RoundError> {
        let (store, tenant) = (self.engine.store(), &self.connected.tenant.name);
        let name = format!("{tenant}/{POLICY}");
        let kept = store.cursor(&name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let cursor: SweepCursor = kept.unwrap_or_default();
        let swept = self.connected.policy.sweep_events(&cursor).await?;
        for delivery in swept.deliveries {
            ingress::accept_policy(&self.engine, tenant, delivery).await?;
        }
        if let Ok(bytes) = serde_json::to_vec(&swept.cursor) {
            store.set_cursor(&name, &bytes)?;
        }
        self.observe(&["Quoted", "ApplicationPending", "Assigned", "Flagged"]).await
    }

    /// Everything that is not closed is read again, on both sides.
    async fn all(&self) -> Result<(), RoundError> {
        let closed = ["Completed", "Canceled"];
        let open =
            StateKind::ALL.iter().map(|kind| kind.name()).filter(|name| !closed.contains(name));
        self.read(&open.collect::<Vec<_>>()).await?;
        self.observe(&["Active"]).await
    }

    /// Reads the placements in these states again at JobDiva.
    async fn read(&self, states: &[&str]) -> Result<(), RoundError> {
        for summary in self.placements(states) {
            let placement = PlacementId(summary.stream.key().to_owned());
            let source = read::poll_source();
            match read::placement_facts(&self.engine, &self.connected, &placement, &source).await {
                Ok(()) => {}
                Err(ReadError::Refused(reason)) => {
                    tracing::warn!(stream = %summary.stream, %reason, "a placement could not be read");
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }

    fn placements(&self, states: &[&str]) -> Vec<Summary> {
        let mut summaries = self.engine.summaries("placement");
        summaries.retain(|summary| {
            summary.stream.tenant() == self.connected.tenant.name && states.contains(&summary.state)
        });
        summaries
    }

    async fn observe(&self, states: &[&str]) -> Result<(), RoundError> {
        let mut watches = Vec::new();
        for summary in self.placements(states) {
            if let Some(state) = self.engine.state::<Placement>(&summary.stream)? {
                watches.extend(watched(&state));
            }
        }
        for some in watches.chunks(WATCHED_AT_ONCE) {
            self.look_at(some).await?;
        }
        Ok(())
    }

    async fn look_at(&self, watches: &[Watch]) -> Result<(), RoundError> {
        let _turn = self.connected.turns.sightings.lock().await;
        let now = self.engine.clock().now();
        let observed = self.connected.policy.observe(watches, now).await;
        let missing = observed.missing.iter().filter_map(|watch| gone(watch, now));
        let source = Source::new(format!("poll:{POLICY}"), "");
        for sighting in observed.sightings.iter().cloned().chain(missing) {
            read::tell(&self.engine, &self.connected.tenant.name, &sighting, &source).await?;
        }
        if let Some((_, Some(error))) = observed.unread.first() {
            let (tenant, unread) = (&self.connected.tenant.name, observed.unread.len());
            tracing::warn!(%tenant, unread, %error, "some resources could not be read: next time again");
        }
        Ok(())
    }
}

/// The resources that a state waits for, or rests on.
fn watched(state: &State) -> Vec<Watch> {
    let evidence = |evidence: &Evidence| match evidence {
        Evidence::Policy { policy, .. } => Watch::Policy(policy.clone()),
        Evidence::Assignment { assignment, .. } => Watch::Assignment(assignment.clone()),
    };
    let basis = |basis: &Basis| match basis {
        Basis::Quote { quote, .. } => Some(Watch::Quote(quote.clone())),
        Basis::MatchingPolicy => None,
    };
    match state {
        State::Quoted { basis: of, .. }
        | State::Flagged { back: Back::Quote { basis: of, .. }, .. } => {
            basis(of).into_iter().collect()
        }
        State::ApplicationPending { application, .. }
        | State::Flagged { back: Back::Application { application, .. }, .. } => vec![
            Watch::Session(application.session.clone()),
            Watch::Quote(application.quote.clone()),
        ],
        State::Assigned { assignment, .. }
        | State::Flagged { back: Back::Assignment { assignment, .. }, .. } => {
            vec![Watch::Assignment(assignment.clone())]
        }
        State::Active { coverage, .. }
        | State::Flagged { back: Back::Coverage { coverage, .. }, .. } => {
            vec![evidence(&coverage.evidence)]
        }
        State::Flagged { back: Back::Lost { evidence: lost, .. }, .. } => vec![evidence(lost)],
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

/// A policy or an assignment that was there and is not any more is coverage lost.
fn gone(watch: &Watch, now: Timestamp) -> Option<Sighting> {
    match watch {
        Watch::Policy(policy) => Some(Sighting::Policy {
            policy: policy.clone(),
            quote: QuoteId(String::new()),
            standing: PolicyStanding::Canceled,
            effective: now,
            expires: now,
        }),
        Watch::Assignment(assignment) => Some(Sighting::Assignment {
            assignment: assignment.clone(),
            job: JobId(String::new()),
            standing: AssignmentStanding::Canceled,
        }),
        Watch::Quote(_) | Watch::Session(_) => None,
    }
}
