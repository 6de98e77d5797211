//! The world: a real engine on a real store, a clock that stands still, and the two peers.
//!
//! Calls are driven one at a time by [`World::step`], so that a test decides what is in flight when; the real
//! dispatcher does the same work in [`World::settle_by_dispatcher`]. `signals.rs` is the insurer's way in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tempfile::TempDir;
use workflow_core::dispatch::{Dispatcher, Perform};
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, CategoryCode, EntityId, Side};
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::facts::{CandidateId, CompanyId, PlacementId};
use workflow_core::domain::gate::Gate;
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::{self, Placement};
use workflow_core::domain::rules::Rules;
use workflow_core::engine::{Engine, HandleError, Handled, OwedCall, Source, Summary};
use workflow_core::id::{Key, Position, StreamId, Version};
use workflow_core::inbox::Inbox;
use workflow_core::outcome::{Attempt, Outcome, Trace};
use workflow_core::seal::Vault;
use workflow_core::store::Store;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::sled::SledStore;
use workflow_core::time::{Clock, ManualClock, Timestamp};

mod facts;
mod papers;
mod signals;
mod town;

pub use facts::{good, set};
pub use papers::sha256 as paper_sha256;
pub use town::Town;

use crate::canary::{self, Watch};
use crate::peers::ats::Ats;
use crate::peers::insurer::Insurer;

/// The tenant of every world; in a [`Town`] of the first one.
pub const TENANT: &str = "acme";

/// When every world begins: Monday, 2026-03-02, ten in the morning in New York.
pub const BEGINNING: Timestamp = Timestamp::from_secs(1_772_463_600);

/// More steps than any story takes: a world that needs more goes in circles.
const STEPS_MAX: usize = 5_000;

/// Where a world's log lies.
pub enum Ground {
    /// In memory.
    Memory(Arc<MemoryStore>),
    /// On disk.
    Disk(TempDir),
}

/// Both peers behind one face.
#[derive(Debug)]
pub struct Peers {
    /// The ATS.
    pub ats: Ats,
    /// The insurer.
    pub insurer: Insurer,
}

impl Ground {
    fn memory() -> Self {
        Ground::Memory(Arc::new(MemoryStore::new()))
    }

    fn disk() -> Self {
        Ground::Disk(TempDir::new().expect("a temporary directory"))
    }

    fn store(&self) -> Arc<dyn Store> {
        match self {
            Ground::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Ground::Disk(dir) => disk(dir.path()),
        }
    }
}

impl Perform<Insurance> for Peers {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        let operation = attempt.key.as_str().rsplit('/').next().unwrap_or_default().to_owned();
        match call.side() {
            Some(Side::Ats) => self.ats.perform(&call, &operation),
            Some(Side::Insurer) => self.insurer.perform(&call, &operation, &attempt),
            None => Outcome::Answered(Answer::NoticeTaken),
        }
    }

    fn lane(&self, call: &OwedCall<Insurance>) -> String {
        format!("{:?}", call.call.side())
    }
}

/// What is known of a call's attempts since the process started; the dispatcher keeps the same.
#[derive(Clone, Debug, Default)]
struct Tries {
    failed: u32,
    burned: u32,
    look_first: bool,
}

/// A world in a box.
pub struct World {
    /// Whose it is.
    pub tenant: &'static str,
    ground: Arc<Ground>,
    /// The clock of everything in it.
    pub clock: ManualClock,
    /// The tenant's rules; what is set here holds after [`World::restart`].
    pub rules: Rules,
    /// Both sides.
    pub peers: Arc<Peers>,
    /// The keys of persons; they outlive the engine, as a folder of keys does.
    pub vault: Arc<Vault>,
    engine: Option<Engine<Insurance>>,
    tries: BTreeMap<Key, Tries>,
    /// Attempts that were made and whose answers have not been brought back.
    pub flying: Vec<(OwedCall<Insurance>, Outcome<Answer>)>,
    delivered: u64,
    papers: papers::Papers,
    /// The newest version of each stream that somebody was told of.
    acknowledged: Mutex<BTreeMap<StreamId, Version>>,
    /// Whether anything that was said tells too much.
    _watch: Watch,
}

impl World {
    /// A world whose log is in memory.
    pub fn in_memory() -> Self {
        Self::with_rules(rules())
    }

    /// A world whose log is on disk.
    pub fn on_disk() -> Self {
        Self::on(Ground::disk(), rules())
    }

    /// A world with these rules.
    pub fn with_rules(rules: Rules) -> Self {
        Self::on(Ground::memory(), rules)
    }

    fn on(ground: Ground, rules: Rules) -> Self {
        let mut world = Self::closed(TENANT, Arc::new(ground), rules);
        world.open();
        world
    }

    /// A world whose engine is not open yet.
    fn closed(tenant: &'static str, ground: Arc<Ground>, rules: Rules) -> Self {
        let clock = ManualClock::at(BEGINNING);
        let insurer = Insurer::new(clock.clone());
        let peers = Arc::new(Peers { ats: Ats::default(), insurer });
        Self {
            tenant,
            ground,
            clock,
            rules,
            peers,
            vault: Vault::in_memory(),
            engine: None,
            tries: BTreeMap::new(),
            flying: Vec::new(),
            delivered: 0,
            papers: papers::Papers::new(),
            acknowledged: Mutex::default(),
            _watch: Watch::new(),
        }
    }

    /// One more tenant on the log, the clock and the keys of another.
    fn closed_beside(other: &World, tenant: &'static str, rules: Rules) -> Self {
        let mut world = Self::closed(tenant, Arc::clone(&other.ground), rules);
        world.clock = other.clock.clone();
        world.vault = Arc::clone(&other.vault);
        let insurer = Insurer::new(world.clock.clone());
        world.peers = Arc::new(Peers { ats: Ats::default(), insurer });
        world
    }

    fn open(&mut self) {
        let vault = Arc::clone(&self.vault);
        let rules = BTreeMap::from([(self.tenant, self.rules.clone())]);
        self.engine = Some(engine_of(self.ground.store(), vault, self.clock.clone(), rules));
    }

    /// Drops the engine with all it had in memory, and opens another one on the same log.
    pub fn restart(&mut self) {
        self.close();
        self.open();
    }

    /// Drops the engine, and what was known of attempts.
    fn close(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
        self.tries.clear();
        self.flying.clear();
    }

    /// Where the log lies, if on disk.
    pub fn directory(&self) -> Option<&Path> {
        match &*self.ground {
            Ground::Memory(_) => None,
            Ground::Disk(dir) => Some(dir.path()),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<Insurance> {
        self.engine.as_ref().expect("a world has an engine")
    }

    /// The insurer.
    pub fn insurer(&self) -> &Insurer {
        &self.peers.insurer
    }

    /// The ATS.
    pub fn ats(&self) -> &Ats {
        &self.peers.ats
    }

    /// Tells a placement something.
    pub async fn tell(
        &self,
        placement: &PlacementId,
        input: placement::Input,
        actor: &str,
    ) -> Result<Handled, HandleError> {
        let stream = self.stream(placement);
        let handled =
            self.engine().handle::<Placement>(&stream, input, Source::new(actor, "")).await;
        self.acknowledge(&stream, &handled);
        handled
    }

    /// Tells a contractor something.
    pub async fn tell_contractor(
        &self,
        candidate: &CandidateId,
        input: contractor::Input,
    ) -> Result<Handled, HandleError> {
        let stream = self.contractor_stream(candidate);
        let handled =
            self.engine().handle::<Contractor>(&stream, input, Source::new("test", "")).await;
        self.acknowledge(&stream, &handled);
        handled
    }

    /// Makes one candidate of two in the ATS. Whoever knows both knows that they are one person.
    pub fn merge(&self, old: &CandidateId, into: &CandidateId) {
        self.ats().merge(old, into);
        self.insurer().books().same.insert(old.clone(), into.clone());
    }

    /// The ATS's present facts of a placement, as a poll brings them; its absence when it has none.
    pub async fn observe(&self, placement: &PlacementId) -> Result<Handled, HandleError> {
        let input = match self.ats().get(placement) {
            Some(facts) => placement::Input::Observed(Box::new(facts)),
            None => placement::Input::Vanished,
        };
        self.tell(placement, input, "poll:ats").await
    }

    /// Waits until no message between workflows is on its way.
    pub async fn quiet(&self) {
        let mut changes = self.engine().changes();
        loop {
            changes.mark_unchanged();
            if self.engine().messages_waiting() == 0 {
                return;
            }
            changes.changed().await.expect("the engine runs while a world is driven");
        }
    }

    /// Remembers what was said to be kept.
    fn acknowledge(&self, stream: &StreamId, handled: &Result<Handled, HandleError>) {
        if let Ok(handled) = handled {
            let mut known = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(stream.clone(), handled.version);
        }
    }

    /// What was said to be kept: each stream with its newest version.
    pub fn acknowledged(&self) -> BTreeMap<StreamId, Version> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The version of a stream that the log has.
    pub fn durable(&self, stream: &StreamId) -> Version {
        let store = self.engine().store();
        let events = store.read_stream(stream, Version::NONE).expect("the log can be read");
        events.last().map_or(Version::NONE, |last| last.version)
    }

    /// Nothing leaves before the event that owes it is in the log.
    fn note_unwritten(&self, call: &OwedCall<Insurance>) {
        let since: Option<u64> =
            call.key.as_str().rsplit('/').nth(1).and_then(|version| version.parse().ok());
        let since = since.expect("a key names the version that owes it");
        if self.durable(&call.stream).0 < since {
            let text = format!("{} left before the log had what owes it", call.key);
            self.insurer().books().violations.push(text);
        }
    }

    /// Makes one attempt at an owed call and keeps what came of it in [`World::flying`].
    pub async fn attempt(&mut self, call: OwedCall<Insurance>) {
        self.note_unwritten(&call);
        let tries = self.tries.entry(call.key.clone()).or_default();
        let attempt = Attempt {
            stream: call.stream.clone(),
            key: call.key.clone(),
            generation: 1 + tries.burned,
            earlier: tries.failed,
            owed_since: call.since,
            now: self.clock.now(),
            look_first: tries.look_first || call.inherited,
        };
        let outcome = self.peers.perform(call.call.clone(), attempt).await;
        self.flying.push((call, outcome));
    }

    /// Brings back what came of an attempt.
    pub async fn land(&mut self, index: usize) {
        let (call, outcome) = self.flying.remove(index);
        let again = match outcome {
            Outcome::Answered(answer) => {
                let handled = self.engine().answer(&call, answer, "dispatch").await;
                self.acknowledge(&call.stream, &handled);
                match handled {
                    Ok(_) | Err(HandleError::Rejected(_)) => Trace::Unknown,
                    Err(error) => panic!("{}: {error}", call.key),
                }
            }
            Outcome::Again(again) => again.trace,
        };
        let tries = self.tries.entry(call.key).or_default();
        tries.failed += 1;
        match again {
            Trace::None => {}
            Trace::Unknown => tries.look_first = true,
            Trace::Burned => {
                tries.look_first = true;
                tries.burned += 1;
            }
        }
    }

    /// Attempts one owed call and brings its answer back; `false` when none is owed.
    pub async fn step(&mut self) -> bool {
        self.quiet().await;
        let flying = |call: &OwedCall<Insurance>| {
            self.flying.iter().any(|(flying, _)| flying.key == call.key)
        };
        let Some(call) = self.owed_calls().into_iter().find(|call| !flying(call)) else {
            return false;
        };
        self.attempt(call).await;
        self.land(self.flying.len() - 1).await;
        self.quiet().await;
        true
    }

    /// Runs until nothing is owed that can be done now: calls, messages, timers that are due, signals on their way.
    pub async fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            self.quiet().await;
            if self.step().await || self.deliver_one().await || self.fire().await {
                continue;
            }
            return;
        }
        let owed: Vec<String> = self.owed_calls().iter().map(|call| call.key.to_string()).collect();
        panic!("the world does not settle; still owed: {owed:?}\n{}", self.describe());
    }

    /// Like [`World::settle`], but leaves the insurer's signals on their way.
    pub async fn settle_silently(&mut self) {
        for _ in 0..STEPS_MAX {
            self.quiet().await;
            if !self.step().await && !self.fire().await {
                return;
            }
        }
        panic!("the world does not settle\n{}", self.describe());
    }

    /// Fires the timers that are due; whether one of them changed anything.
    pub async fn fire(&self) -> bool {
        let before = self.engine().position();
        self.engine().fire_timers().await.expect("timers are taken");
        self.quiet().await;
        self.engine().position() != before
    }

    /// Runs the real dispatcher until no call is owed, moving the clock when all that is left waits for it.
    pub async fn settle_by_dispatcher(&mut self) {
        let dispatcher = Dispatcher::new(self.engine().clone(), Arc::clone(&self.peers));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn({
            let dispatcher = dispatcher.clone();
            async move { dispatcher.run(stopped).await }
        });
        loop {
            self.quiet().await;
            let activity = dispatcher.activity();
            let idle = activity.in_flight == 0 && activity.ready == 0;
            match activity.waiting.iter().map(|waiting| waiting.next).min() {
                _ if !idle => tokio::task::yield_now().await,
                Some(next) => self.clock.set(next.max(self.clock.now())),
                None if self.deliver_one().await || self.fire().await => {}
                None if self.engine().owed_calls().is_empty() => break,
                None => {}
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.send(true).expect("the dispatcher listens");
        running.await.expect("the dispatcher ends").expect("the dispatcher did not fail");
    }

    /// The calls that this tenant is owed.
    pub fn owed_calls(&self) -> Vec<OwedCall<Insurance>> {
        let mut calls = self.engine().owed_calls();
        calls.retain(|call| call.stream.tenant() == self.tenant);
        calls
    }

    /// This tenant's instances of a workflow.
    pub fn summaries(&self, workflow: &str) -> Vec<Summary> {
        let mut all = self.engine().summaries(workflow);
        all.retain(|summary| summary.stream.tenant() == self.tenant);
        all
    }

    /// This tenant's streams that know a name.
    pub fn find(&self, name: &str) -> BTreeSet<StreamId> {
        let mut all = self.engine().find(name);
        all.retain(|stream| stream.tenant() == self.tenant);
        all
    }

    /// The stream of a placement.
    pub fn stream(&self, placement: &PlacementId) -> StreamId {
        StreamId::new("placement", self.tenant, placement.as_str()).expect("test ids are plain")
    }

    /// The stream of a candidate's contractor.
    pub fn contractor_stream(&self, candidate: &CandidateId) -> StreamId {
        StreamId::new("contractor", self.tenant, candidate.as_str()).expect("test ids are plain")
    }

    /// The state of a placement.
    pub fn placement(&self, placement: &PlacementId) -> Option<placement::State> {
        self.engine().state::<Placement>(&self.stream(placement)).expect("the log can be read")
    }

    /// The state of a candidate's contractor.
    pub fn contractor(&self, candidate: &CandidateId) -> Option<contractor::State> {
        let stream = self.contractor_stream(candidate);
        self.engine().state::<Contractor>(&stream).expect("the log can be read")
    }

    /// The kinds of a stream's events, in order.
    pub fn history(&self, stream: &StreamId) -> Vec<String> {
        let events = self.engine().history(stream).expect("the log can be read");
        events.into_iter().map(|recorded| recorded.event.kind).collect()
    }

    /// Every instance with its state, headline and history: for messages of failed tests.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for workflow in ["placement", "contractor", "certificate", "invoice"] {
            for summary in self.summaries(workflow) {
                let history = self.history(&summary.stream).join(", ");
                text += &format!(
                    "  {} is {}: {}\n    history: {history}\n    waits: {:?}\n",
                    summary.stream, summary.state, summary.headline, summary.waits
                );
            }
        }
        let books = self.insurer().books();
        text += &format!(
            "  the insurer has {} contractors, {} jobs, {} quotes, {} sessions, {} assignments, {} policies\n",
            books.contractors.len(),
            books.jobs.len(),
            books.quotes.len(),
            books.sessions.len(),
            books.assignments.len(),
            books.policies.len()
        );
        for violation in &books.violations {
            text += &format!("  VIOLATION: {violation}\n");
        }
        text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            if !std::thread::panicking() {
                assert_sealed(&**engine.store());
            }
            engine.stop();
        }
    }
}

/// Fails when a record shows a person: their data lie in it sealed.
fn assert_sealed(store: &dyn Store) {
    let scanned = store.scan_records(Position(0), &mut |position, bytes| {
        let found = canary::person(bytes);
        assert!(found.is_none(), "the record at {position} shows {found:?}");
        ControlFlow::Continue(())
    });
    scanned.expect("the log can be read");
}

/// An engine with the whole domain on a store, for the usual tenant.
pub fn engine(
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: ManualClock,
    rules: Rules,
) -> Engine<Insurance> {
    engine_of(store, vault, clock, BTreeMap::from([(TENANT, rules)]))
}

/// An engine with the whole domain on a store, for each tenant with its rules.
fn engine_of(
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: ManualClock,
    rules: BTreeMap<&'static str, Rules>,
) -> Engine<Insurance> {
    let rules: BTreeMap<_, _> =
        rules.into_iter().map(|(tenant, rules)| (tenant, Arc::new(rules))).collect();
    let of = move |tenant: &str| rules.get(tenant).map(Arc::clone);
    Engine::<Insurance>::builder(store, Arc::new(clock), Arc::new(of))
        .vault(vault)
        .workflow::<Placement>()
        .workflow::<Contractor>()
        .workflow::<Invoice>()
        .workflow::<Certificate>()
        .workflow::<Gate>()
        .workflow::<Notice>()
        .workflow::<Inbox<Insurance>>()
        .open()
        .expect("the log opens")
}

fn disk(dir: &Path) -> Arc<dyn Store> {
    Arc::new(SledStore::open(dir).expect("the store opens"))
}

/// The stream of a placement.
pub fn stream(placement: &PlacementId) -> StreamId {
    StreamId::new("placement", TENANT, placement.as_str()).expect("test ids are plain")
}

/// The stream of a candidate's contractor.
pub fn contractor_stream(candidate: &CandidateId) -> StreamId {
    StreamId::new("contractor", TENANT, candidate.as_str()).expect("test ids are plain")
}

/// The rules of the usual tenant: one client, three job categories, New York.
pub fn rules() -> Rules {
    let zone = TimeZone::get("America/New_York").expect("the zone is bundled");
    let mut rules = Rules::usual(zone, "relay.acme.test");
    rules.entities.insert(CompanyId("co_1".into()), EntityId("en_1".into()));
    for (word, code) in
        [("software", "jc_software"), ("nursing", "jc_nursing"), ("mining", "jc_risky")]
    {
        rules.job_categories.insert(word.into(), CategoryCode(code.into()));
    }
    rules
}
