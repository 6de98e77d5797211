//! Outgoing webhooks: who is told what happens to placements, in Standard Webhooks form.
//!
//! The herald follows the log by position and gives each fact that an endpoint wants to a stream of its own
//! (`workflow_core::domain::notice`), named by endpoint, placement and event: read twice, it is the same stream. From there it
//! is owed and tried like any other call, through the endpoint's own limits and breaker. Deliberately absent: order (each
//! notice goes when it can), and anything personal but the application's link. Read `facts.rs` for what is told, `body.rs` for
//! its bytes and signature, `client.rs` for the one request.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use integration_1099policy::secret::Secret;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::domain::gate::{self, Behind, Gate};
use workflow_core::domain::notice::{self, Input, Note, Notice, Topic};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::{BadStreamId, Position, StreamId, Version};
use workflow_core::machine::Machine as _;
use workflow_core::record::Recorded;
use workflow_core::store::StoreError;
use workflow_core::time::Timestamp;

use crate::systems::{Connected, Systems};

mod body;
mod client;
mod facts;

pub use body::{BadSecret, SigningKey, body, signature};
pub use client::{BadEndpoint, Subscriber};

/// So many events are looked at before what they tell is noted.
const LOOKED_AT: usize = 512;

/// How often it is written down how far the log was read where nobody was told of anything.
const WRITTEN_EVERY: u64 = 1_000;

/// How the herald is called in causes.
const ACTOR: &str = "notify";

/// One endpoint that a tenant wants told.
#[derive(Clone)]
pub struct Endpoint {
    /// Its name: `a-z 0-9 - _`.
    pub name: String,
    /// Where it is: `https`, or `http` on this machine.
    pub url: String,
    /// What signs: the current secret first, while rotating the previous one too.
    pub secrets: Vec<Secret>,
    /// What it is told.
    pub topics: Vec<Topic>,
}

/// The name of an endpoint, as gates know it: `notify/TENANT/NAME`.
pub fn endpoint_stream(tenant: &str, name: &str) -> Result<StreamId, BadStreamId> {
    StreamId::new("notify", tenant, name)
}

/// Why the herald could not go on.
#[derive(Debug, thiserror::Error)]
pub enum HeraldError {
    /// The engine did not take something.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the log on and owes notices.
pub struct Herald {
    engine: Engine<Insurance>,
    systems: Arc<Systems>,
    read: Mutex<BTreeMap<StreamId, Read>>,
    reached: Arc<AtomicU64>,
}

/// How far the log was read for one endpoint.
#[derive(Clone, Copy)]
struct Read {
    next: Position,
    written: Position,
}

/// Something in the log that an endpoint may be concerned by.
enum Found {
    /// An event of a placement that may be a fact to tell.
    Placement(StreamId, Version),
    /// The endpoint said that it wants no more.
    Unwanted(Timestamp),
}

impl Herald {
    /// A herald for the endpoints of these systems. An endpoint that is new is told of what happens from now on.
    pub fn new(engine: Engine<Insurance>, systems: Arc<Systems>) -> Result<Self, StoreError> {
        let mut read = BTreeMap::new();
        for connected in systems.all() {
            for endpoint in connected.subscribers.values() {
                let stream = endpoint.stream().clone();
                let kept = engine.store().cursor(&cursor(&stream))?;
                let kept = kept.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
                let next = Position(kept.unwrap_or(engine.position().0));
                if kept.is_none() {
                    engine.store().set_cursor(&cursor(&stream), &next.0.to_be_bytes())?;
                }
                read.insert(stream, Read { next, written: next });
            }
        }
        let herald = Self { engine, systems, read: Mutex::new(read), reached: Arc::default() };
        herald.note_reached();
        Ok(herald)
    }

    /// How far the log was read for all endpoints; the end of numbers where there is none.
    pub fn reached(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.reached)
    }

    /// Works until told to stop, or the engine has stopped.
    pub async fn run(
        self,
        look: Duration,
        mut stop: watch::Receiver<bool>,
        beat: impl Fn(),
    ) -> Result<(), HandleError> {
        let mut changes = self.engine.changes();
        while !*stop.borrow() {
            beat();
            changes.mark_unchanged();
            match self.catch_up().await {
                Ok(()) => {}
                Err(HeraldError::Handle(error @ HandleError::Stopped(_))) => return Err(error),
                // The disk is full, or the log cannot be read at the moment: what was not noted is read again.
                Err(error) => {
                    tracing::warn!(%error, "nobody can be told of anything at present");
                }
            }
            tokio::select! {
                _ = stop.changed() => {}
                changed = changes.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(look.max(Duration::from_millis(50))) => {}
            }
        }
        Ok(())
    }

    /// Reads the log to its end for every endpoint.
    ///
    /// # Errors
    /// When the log cannot be read or takes nothing: it goes on from there the next time.
    pub async fn catch_up(&self) -> Result<(), HeraldError> {
        for connected in self.systems.all() {
            for endpoint in connected.subscribers.values() {
                while self.one_look(connected, endpoint).await? {}
            }
        }
        Ok(())
    }

    /// Looks at some events for one endpoint. Returns whether there may be more.
    async fn one_look(
        &self,
        connected: &Connected,
        endpoint: &Subscriber,
    ) -> Result<bool, HeraldError> {
        let from = self.at(endpoint.stream()).next;
        let end = self.engine.position();
        if from >= end {
            return Ok(false);
        }
        let (mut next, mut looked, mut found) = (from, 0, Vec::new());
        self.engine.store().scan(from, &mut |recorded| {
            if recorded.position >= end {
                return ControlFlow::Break(());
            }
            next = Position(recorded.position.0 + 1);
            looked += 1;
            if let Some(it) = concerning(connected, endpoint, &recorded) {
                found.push((recorded.position, it));
            }
            if looked < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let told = !found.is_empty();
        for (position, it) in found {
            match it {
                Found::Placement(stream, version) => {
                    self.owe(connected, endpoint, &stream, version, position).await?;
                }
                Found::Unwanted(at) => self.switch_off(connected, endpoint, at).await?,
            }
        }
        self.advance(endpoint.stream(), next, told)?;
        Ok(next < end)
    }

    /// Owes the endpoint what this event is to it, if it is anything.
    async fn owe(
        &self,
        connected: &Connected,
        endpoint: &Subscriber,
        stream: &StreamId,
        version: Version,
        position: Position,
    ) -> Result<(), HeraldError> {
        if connected.gates.of_instance(endpoint.stream()).is_some() {
            return Ok(());
        }
        let mut events = self.engine.history(stream)?;
        events.retain(|event| event.version <= version);
        let facts = match facts::facts(&events, &connected.tenant.rules.zone) {
            Ok(facts) => facts,
            Err(error) => {
                tracing::error!(%stream, %error, "what happened to it cannot be told");
                return Ok(());
            }
        };
        for fact in facts.into_iter().filter(|fact| endpoint.wants(fact.topic)) {
            self.owe_fact(endpoint, stream, version, position, fact).await?;
        }
        Ok(())
    }

    async fn owe_fact(
        &self,
        endpoint: &Subscriber,
        stream: &StreamId,
        version: Version,
        position: Position,
        fact: facts::Fact,
    ) -> Result<(), HeraldError> {
        let beside = fact.beside.then_some(fact.topic);
        let note = Note {
            endpoint: endpoint.name().to_owned(),
            id: message_id(stream, version, beside),
            topic: fact.topic,
            placement: stream.key().into(),
            at: fact.at,
            state: fact.state.to_owned(),
            link: fact.link,
            uncovered_from: fact.uncovered_from,
        };
        let to = notice::stream(stream.tenant(), endpoint.name(), stream.key(), version, beside);
        let Ok(to) = to else {
            tracing::error!(%stream, endpoint = endpoint.name(), "its name is too long to tell of it");
            return Ok(());
        };
        let source = Source::new(ACTOR, position.0.to_string());
        self.engine.handle::<Notice>(&to, Input::Owe { note }, source).await?;
        Ok(())
    }

    /// Shuts the endpoint's gate, unless somebody decided about it since.
    async fn switch_off(
        &self,
        connected: &Connected,
        endpoint: &Subscriber,
        at: Timestamp,
    ) -> Result<(), HeraldError> {
        let behind = Behind::Instance(endpoint.stream().clone());
        let Ok(gate) = behind.stream(&connected.tenant.name) else { return Ok(()) };
        let decided = self.engine.history(&gate)?.last().map(|last| last.event.recorded_at);
        if decided.is_some_and(|decided| decided >= at) {
            return Ok(());
        }
        let by = format!("endpoint {}", endpoint.name());
        let reason = "it answered 410 Gone: it wants to be told no more".to_owned();
        let input = gate::Input::Pause { by, reason };
        match self.engine.handle::<Gate>(&gate, input, Source::new(ACTOR, "")).await {
            Ok(_) | Err(HandleError::Rejected(_)) => {}
            Err(error) => return Err(error.into()),
        }
        tracing::warn!(tenant = %connected.tenant.name, endpoint = endpoint.name(), "the endpoint wants no more: it is off");
        connected.gates.load(&self.engine);
        Ok(())
    }

    fn advance(&self, stream: &StreamId, next: Position, told: bool) -> Result<(), StoreError> {
        let written = self.at(stream).written;
        let write = told || next.0.saturating_sub(written.0) >= WRITTEN_EVERY;
        if write {
            self.engine.store().set_cursor(&cursor(stream), &next.0.to_be_bytes())?;
        }
        let read = Read { next, written: if write { next } else { written } };
        self.lock().insert(stream.clone(), read);
        self.note_reached();
        Ok(())
    }

    fn at(&self, stream: &StreamId) -> Read {
        let start = Read { next: Position(0), written: Position(0) };
        self.lock().get(stream).copied().unwrap_or(start)
    }

    fn note_reached(&self) {
        let least = self.lock().values().map(|read| read.next.0).min();
        self.reached.store(least.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<StreamId, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of an event may concern an endpoint.
fn concerning(connected: &Connected, endpoint: &Subscriber, recorded: &Recorded) -> Option<Found> {
    let stream = &recorded.stream;
    if stream.tenant() != connected.tenant.name {
        return None;
    }
    match stream.workflow() {
        "placement" => facts::may_tell(&recorded.event.kind)
            .then(|| Found::Placement(stream.clone(), recorded.version)),
        "notice" => {
            let own = stream.key().split(':').next() == Some(endpoint.name());
            let unwanted = notice::Machine::wire(notice::EventKind::NoticeUnwanted);
            (own && recorded.event.kind == unwanted)
                .then_some(Found::Unwanted(recorded.event.recorded_at))
        }
        _ => None,
    }
}

/// The id of the message: the same for every endpoint, attempt and start of the process.
fn message_id(stream: &StreamId, version: Version, beside: Option<Topic>) -> String {
    let beside = beside.map(|topic| format!("/{}", topic.name())).unwrap_or_default();
    let digest = Sha256::digest(format!("{stream}/{}{beside}", version.0));
    format!("msg_{}", &hex::encode(digest)[..24])
}

fn cursor(endpoint: &StreamId) -> String {
    endpoint.to_string()
}
