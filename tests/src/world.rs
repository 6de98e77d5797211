//! The world: a real engine on a real store, a clock that stands still, and the two peers.
//!
//! Calls are driven one at a time by [`World::step`], so that a test decides what is in flight when; the real
//! dispatcher does the same work in [`World::settle_by_dispatcher`]. `signals.rs` is the insurer's way in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tempfile::TempDir;
use workflow_core::dispatch::{Dispatcher, Perform};
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, CategoryCode, EntityId, Side};
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::{self, Contractor};
use workflow_core::domain::facts::{CandidateId, CompanyId, PlacementId};
use workflow_core::domain::placement::{self, Placement};
use workflow_core::domain::rules::Rules;
use workflow_core::engine::{Engine, HandleError, Handled, OwedCall, Source};
use workflow_core::id::{Key, StreamId};
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

pub use facts::{good, set};
pub use papers::sha256 as paper_sha256;

use crate::peers::ats::Ats;
use crate::peers::insurer::Insurer;

/// The tenant of every world.
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

impl Perform<Insurance> for Peers {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        let operation = attempt.key.as_str().rsplit('/').next().unwrap_or_default().to_owned();
        match call.side() {
            Side::Ats => self.ats.perform(&call, &operation),
            Side::Insurer => self.insurer.perform(&call, &operation, &attempt),
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
    ground: Ground,
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
}

impl World {
    /// A world whose log is in memory.
    pub fn in_memory() -> Self {
        Self::on(Ground::Memory(Arc::new(MemoryStore::new())), rules())
    }

    /// A world whose log is on disk.
    pub fn on_disk() -> Self {
        Self::on(Ground::Disk(TempDir::new().expect("a temporary directory")), rules())
    }

    /// A world with these rules.
    pub fn with_rules(rules: Rules) -> Self {
        Self::on(Ground::Memory(Arc::new(MemoryStore::new())), rules)
    }

    fn on(ground: Ground, rules: Rules) -> Self {
        let clock = ManualClock::at(BEGINNING);
        let insurer = Insurer::new(clock.clone());
        let peers = Arc::new(Peers { ats: Ats::default(), insurer });
        let mut world = Self {
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
        };
        world.open();
        world
    }

    fn open(&mut self) {
        let store: Arc<dyn Store> = match &self.ground {
            Ground::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Ground::Disk(dir) => disk(dir.path()),
        };
        let vault = Arc::clone(&self.vault);
        self.engine = Some(engine(store, vault, self.clock.clone(), self.rules.clone()));
    }

    /// Drops the engine with all it had in memory, and opens another one on the same log.
    pub fn restart(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
        self.tries.clear();
        self.flying.clear();
        self.open();
    }

    /// Where the log lies, if on disk.
    pub fn directory(&self) -> Option<&Path> {
        match &self.ground {
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
        let stream = stream(placement);
        self.engine().handle::<Placement>(&stream, input, Source::new(actor, "")).await
    }

    /// Tells a contractor something.
    pub async fn tell_contractor(
        &self,
        candidate: &CandidateId,
        input: contractor::Input,
    ) -> Result<Handled, HandleError> {
        let stream = contractor_stream(candidate);
        self.engine().handle::<Contractor>(&stream, input, Source::new("test", "")).await
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

    /// Makes one attempt at an owed call and keeps what came of it in [`World::flying`].
    pub async fn attempt(&mut self, call: OwedCall<Insurance>) {
        let tries = self.tries.entry(call.key.clone()).or_default();
        let attempt = Attempt {
            stream: call.stream.clone(),
            key: call.key.clone(),
            generation: 1 + tries.burned,
            earlier: tries.failed,
            owed_since: call.since,
            now: self.clock.now(),
            look_first: tries.look_first,
        };
        let outcome = self.peers.perform(call.call.clone(), attempt).await;
        self.flying.push((call, outcome));
    }

    /// Brings back what came of an attempt.
    pub async fn land(&mut self, index: usize) {
        let (call, outcome) = self.flying.remove(index);
        let again = match outcome {
            Outcome::Answered(answer) => {
                match self.engine().answer(&call, answer, "dispatch").await {
                    Ok(_) | Err(HandleError::Rejected(_)) => Trace::None,
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
        let Some(call) = self.engine().owed_calls().into_iter().find(|call| !flying(call)) else {
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
        let owed: Vec<String> =
            self.engine().owed_calls().iter().map(|call| call.key.to_string()).collect();
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

    /// The state of a placement.
    pub fn placement(&self, placement: &PlacementId) -> Option<placement::State> {
        self.engine().state::<Placement>(&stream(placement)).expect("the log can be read")
    }

    /// The state of a candidate's contractor.
    pub fn contractor(&self, candidate: &CandidateId) -> Option<contractor::State> {
        self.engine().state::<Contractor>(&contractor_stream(candidate)).expect("it can be read")
    }

    /// The kinds of a stream's events, in order.
    pub fn history(&self, stream: &StreamId) -> Vec<String> {
        let events = self.engine().history(stream).expect("the log can be read");
        events.into_iter().map(|recorded| recorded.event.kind).collect()
    }

    /// Every instance with its state, headline and history: for messages of failed tests.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for workflow in ["placement", "contractor", "certificate"] {
            for summary in self.engine().summaries(workflow) {
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

    /// What a second engine makes of the same log.
    pub fn replayed(&mut self) -> Engine<Insurance> {
        match &self.ground {
            Ground::Memory(store) => {
                let store = Arc::clone(store) as Arc<dyn Store>;
                let vault = Arc::clone(&self.vault);
                engine(store, vault, self.clock.clone(), self.rules.clone())
            }
            Ground::Disk(_) => {
                self.restart();
                self.engine().clone()
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.stop();
        }
    }
}

/// An engine with the whole domain on a store.
pub fn engine(
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    clock: ManualClock,
    rules: Rules,
) -> Engine<Insurance> {
    let rules = Arc::new(rules);
    let of = move |tenant: &str| (tenant == TENANT).then(|| Arc::clone(&rules));
    Engine::<Insurance>::builder(store, Arc::new(clock), Arc::new(of))
        .vault(vault)
        .workflow::<Placement>()
        .workflow::<Contractor>()
        .workflow::<Certificate>()
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
