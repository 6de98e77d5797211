//! A world with the real ends: an engine in memory with the real dispatcher, the insurer's client over HTTP, its simulator,
//! and an ATS that only answers reads. Time is the simulator's; nothing sleeps.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{Config, Environment, LinkTemplates};
use integration_1099policy::interpret::interpret;
use integration_1099policy::poll::SweepCursor;
use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{
    Application, Config as Simulated, Ledger, RequestSeen, Script, Simulator,
};
use serde_json::Value;
use tests::peers::ats::{Ats, person};
use tests::world::{self, BEGINNING, contractor_stream, good, set, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workflow_core::dispatch::{Dispatcher, Perform};
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, CategoryCode, EntityId, Side, Sighting};
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::placement::{Event, Input, Machine, Placement, Resolution, State};
use workflow_core::domain::rules::{Rules, Send};
use workflow_core::engine::{Engine, HandleError, Handled, OwedCall, Source, decode};
use workflow_core::id::{Key, Version};
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::outlet::Later;
use workflow_core::record::Recorded;
use workflow_core::seal::Vault;
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::{Clock, ManualClock};

use crate::adapters::line::Line;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// More rounds than any road takes.
const ROUNDS_MAX: usize = 500;

/// Both sides behind one face.
struct Sides {
    ats: Arc<Ats>,
    policy: Ten99Policy,
    /// Every call that was attempted.
    asked: Arc<Mutex<Vec<Call>>>,
}

impl Perform<Insurance> for Sides {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        self.asked.lock().unwrap().push(call.clone());
        if let Call::UploadCertificate { upload } = &call {
            return self.policy.upload(upload, super::papers::PDF, &attempt).await;
        }
        match call.side() {
            Some(Side::Ats) => {
                let operation = attempt.key.as_str().rsplit('/').next().unwrap_or_default();
                self.ats.perform(&call, operation)
            }
            Some(Side::Insurer) | None => self.policy.perform(&call, &attempt).await,
        }
    }

    fn lane(&self, call: &OwedCall<Insurance>) -> String {
        format!("{:?}", call.call.side())
    }

    fn later(&self, call: &OwedCall<Insurance>) -> Option<Later> {
        self.policy.later(&call.call)
    }
}

/// One life of the process.
struct Process {
    engine: Engine<Insurance>,
    dispatcher: Dispatcher<Insurance, Sides>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), HandleError>>,
}

pub struct Desk {
    pub sim: Simulator,
    pub ats: Arc<Ats>,
    policy: Ten99Policy,
    store: Arc<MemoryStore>,
    vault: Arc<Vault>,
    clock: ManualClock,
    process: Option<Process>,
    asked: Arc<Mutex<Vec<Call>>>,
    cursor: SweepCursor,
}

impl Desk {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With an insurer of another mind. Whoever applies there does nothing before told.
    pub async fn with(change: impl FnOnce(&mut Simulated)) -> Self {
        let sim = simulated(change).await;
        let base_url = sim.base_url();
        Self::reaching(sim, base_url)
    }

    /// Over a line that can be cut.
    pub async fn on_a_line() -> (Self, Line) {
        let sim = simulated(|_| {}).await;
        let line = Line::before(&sim.base_url()).await;
        (Self::reaching(sim, line.base_url()), line)
    }

    fn reaching(sim: Simulator, base_url: String) -> Self {
        let clock = sim.clock();
        let links = LinkTemplates {
            success_url: "https://ops.example.test/p/{placement}?coverage=active".into(),
            cancel_url: "https://ops.example.test/p/{placement}?coverage=canceled".into(),
        };
        let mut config = Config::new(Secret::new(sim.api_key()), Environment::Sandbox, links);
        config.base_url = base_url;
        // Many answers lost at one moment are a test's doing here and no outage.
        config.limits.fuse.failures = 1000;
        let mut desk = Self {
            sim,
            ats: Arc::default(),
            policy: Ten99Policy::with_clock(config, Arc::new(clock.clone())).unwrap(),
            store: Arc::new(MemoryStore::new()),
            vault: Vault::in_memory(),
            clock,
            process: None,
            asked: Arc::default(),
            cursor: SweepCursor::default(),
        };
        desk.ats.put_person("cand_1".into(), person("Kim", Some("kim@real.test")));
        desk.start();
        desk
    }

    fn start(&mut self) {
        let (store, vault) = (Arc::clone(&self.store), Arc::clone(&self.vault));
        let engine = world::engine(store, vault, self.clock.clone(), rules());
        let sides = Sides {
            ats: Arc::clone(&self.ats),
            policy: self.policy.clone(),
            asked: Arc::clone(&self.asked),
        };
        let dispatcher = Dispatcher::new(engine.clone(), Arc::new(sides));
        let (stop, stopped) = watch::channel(false);
        let running = dispatcher.clone();
        let task = tokio::spawn(async move { running.run(stopped).await });
        self.process = Some(Process { engine, dispatcher, stop, task });
    }

    /// Stops between two calls and starts again.
    pub async fn restart(&mut self) {
        self.halt().await;
        self.start();
    }

    /// Ends in the middle of whatever is under way, as a killed process does, and starts again.
    pub async fn kill(&mut self) {
        let process = self.process.take().expect("a desk has a process");
        process.task.abort();
        assert!(process.task.await.is_err_and(|ended| ended.is_cancelled()));
        process.engine.stop();
        self.start();
    }

    /// Is down for so long.
    pub async fn halt_for(&mut self, time: Duration) {
        self.halt().await;
        self.sim.advance(time).await;
        self.start();
    }

    /// Every call that was attempted.
    pub fn asked(&self) -> Vec<Call> {
        self.asked.lock().unwrap().clone()
    }

    async fn halt(&mut self) {
        let process = self.process.take().expect("a desk has a process");
        process.stop.send(true).expect("the dispatcher listens");
        process.task.await.expect("it ends").expect("it did not fail");
        process.engine.stop();
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("a desk has a process")
    }

    pub fn engine(&self) -> &Engine<Insurance> {
        &self.process().engine
    }

    /// Waits until all that can be done at this moment of the clock is done.
    pub async fn still(&self) {
        loop {
            let quiet = self.engine().messages_waiting() == 0;
            let activity = self.process().dispatcher.activity();
            if quiet && activity.in_flight == 0 && activity.ready == 0 {
                return;
            }
            assert!(!self.process().task.is_finished(), "the dispatcher ended by itself");
            tokio::task::yield_now().await;
        }
    }

    /// Goes on until nothing is owed: what failed has its time, and so have timers.
    pub async fn settle(&self) {
        for _ in 0..ROUNDS_MAX {
            self.still().await;
            let waiting = self.process().dispatcher.activity().waiting;
            match waiting.iter().map(|waiting| waiting.next).min() {
                Some(next) => {
                    self.clock.set(next.max(self.clock.now()));
                    self.sim.tick().await;
                }
                None if self.fire().await => {}
                None => return,
            }
        }
        panic!("it does not settle: {}", self.describe());
    }

    async fn fire(&self) -> bool {
        let before = self.engine().position();
        self.engine().fire_timers().await.expect("timers are taken");
        self.engine().position() != before
    }

    /// What is due is due, once.
    pub async fn time_comes(&self) {
        self.fire().await;
    }

    /// Time passes, and everything that it brings is seen.
    pub async fn pass(&mut self, by: Duration) {
        self.sim.advance(by).await;
        self.settle().await;
        self.look().await;
    }

    /// Somebody else posts something at the insurer; what it answers.
    pub async fn posts(&self, path: &str, body: &Value) -> Value {
        let (address, body) = (self.sim.base_url().replace("http://", ""), body.to_string());
        let mut line = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.sim.api_key(),
            body.len()
        );
        line.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    /// The client's own attempt at a call that nobody owes.
    pub async fn answers(&self, call: &Call) -> Answer {
        let of = stream(&"elsewhere".into());
        let (key, now) = (Key::of(&of, Version(1), "elsewhere"), self.clock.now());
        let (owed_since, look_first) = (now, false);
        let attempt =
            Attempt { stream: of, key, generation: 1, earlier: 0, owed_since, now, look_first };
        match self.policy.perform(call, &attempt).await {
            Outcome::Answered(answer) => answer,
            Outcome::Again(again) => panic!("{again:?}"),
        }
    }

    /// Reads the insurer's events as a sweep does and tells what is read back.
    pub async fn look(&mut self) {
        let swept = self.policy.sweep_events(&self.cursor).await.unwrap();
        for delivery in &swept.deliveries {
            let seen = self.policy.confirm(&interpret(delivery), self.clock.now()).await.unwrap();
            for sighting in seen {
                self.tell_whom_it_concerns(sighting).await;
            }
        }
        self.cursor = swept.cursor;
        self.settle().await;
    }

    async fn tell_whom_it_concerns(&self, sighting: Sighting) {
        if let Sighting::Certificate { certificate, review } = sighting {
            return self.reviewed(&certificate, review).await;
        }
        let names = match &sighting {
            Sighting::Policy { policy, quote, .. } => vec![policy.to_string(), quote.to_string()],
            Sighting::Assignment { assignment, job, .. } => {
                vec![assignment.to_string(), job.to_string()]
            }
            Sighting::Application { session, .. } => vec![session.to_string()],
            Sighting::Certificate { .. } => Vec::new(),
        };
        let mut streams = Vec::new();
        for name in names {
            streams.extend(self.engine().find(&name));
        }
        streams.retain(|stream| stream.workflow() == "placement");
        streams.sort();
        streams.dedup();
        for stream in streams {
            let input = Input::Seen(sighting.clone());
            let source = Source::new("read:insurer", "");
            let told = self.engine().handle::<Placement>(&stream, input, source).await;
            assert!(matches!(told, Ok(_) | Err(HandleError::Rejected(_))), "{told:?}");
        }
    }

    /// The ATS has a placement with these facts, and reports it; calls are made while it settles or after.
    pub async fn report(&self, placement: &str, with: &[(&str, &str)]) {
        let mut facts = self
            .ats
            .get(&placement.into())
            .unwrap_or_else(|| good(&placement.into(), &"cand_1".into()));
        for (name, value) in with {
            set(&mut facts, name, value);
        }
        self.ats.put(facts.clone());
        self.tell(placement, Input::Observed(Box::new(facts))).await.expect("it is taken");
    }

    pub async fn tell(&self, placement: &str, input: Input) -> Result<Handled, HandleError> {
        let source = Source::new("test", "");
        self.engine().handle::<Placement>(&stream(&placement.into()), input, source).await
    }

    pub async fn returns(&self, placement: &str) {
        let input = Input::Resolve { resolution: Resolution::Return, reason: "seen to".into() };
        self.tell(placement, input).await.expect("it is taken");
        self.settle().await;
    }

    /// The contractor of a pending application, or a reviewer, does something.
    pub async fn applies(
        &mut self,
        placement: &str,
        to: integration_1099policy::simulator::Advance,
    ) {
        let session = self.session(placement);
        assert!(self.sim.advance_session(&session, to), "{}", self.describe());
        self.sim.tick().await;
        self.look().await;
    }

    /// The session that a placement waits for.
    pub fn session(&self, placement: &str) -> String {
        match self.state(placement) {
            State::ApplicationPending { application, .. } => application.session.0,
            other => panic!("{placement} waits for no application: {other:?}"),
        }
    }

    pub fn state(&self, placement: &str) -> State {
        let state = self.engine().state::<Placement>(&stream(&placement.into()));
        state.expect("it can be read").expect("there is one")
    }

    /// What a person reads of a placement: `Active: covered ...`.
    pub fn reads(&self, placement: &str) -> String {
        let summary = self.engine().summary(&stream(&placement.into())).expect("there is one");
        format!("{}: {}", summary.state, summary.headline)
    }

    /// The same of the candidate.
    pub fn reads_of_contractor(&self) -> String {
        let summary = self.engine().summary(&contractor_stream(&"cand_1".into()));
        let summary = summary.expect("there is one");
        format!("{}: {}", summary.state, summary.headline)
    }

    #[track_caller]
    pub fn is(&self, placement: &str, wanted: &str) {
        let reads = self.reads(placement);
        assert!(
            reads.contains(wanted),
            "{placement} is `{reads}`, not `{wanted}`\n{}",
            self.describe()
        );
    }

    /// The kinds of a placement's events.
    pub fn history(&self, placement: &str) -> Vec<String> {
        let events = self.engine().history(&stream(&placement.into())).expect("it can be read");
        events.into_iter().map(|recorded| recorded.event.kind).collect()
    }

    /// A placement's events.
    pub fn events(&self, placement: &str) -> Vec<Event> {
        let events = self.engine().history(&stream(&placement.into())).expect("it can be read");
        let read = |recorded: Recorded| decode::<Machine>(&recorded.event).expect("it is known");
        events.into_iter().map(read).collect()
    }

    /// The requests of one method that came since there were `before`, by path.
    pub fn requests_since(&self, before: usize, method: &str) -> Vec<RequestSeen> {
        let mut requests = self.sim.requests().split_off(before);
        requests.retain(|seen| seen.method == method);
        requests
    }

    pub fn describe(&self) -> String {
        let mut text = String::new();
        for workflow in ["placement", "contractor", "certificate", "invoice"] {
            for summary in self.engine().summaries(workflow) {
                text +=
                    &format!("  {} is {}: {}\n", summary.stream, summary.state, summary.headline);
            }
        }
        let waiting = self.process().dispatcher.activity().waiting;
        let seen = self.sim.requests();
        let seen = seen.iter().rev().take(12).map(|it| {
            let key = it.idempotency_key.as_deref().unwrap_or_default();
            format!("  {} {} {} {key} {:?}\n", it.method, it.path, it.status, it.fault)
        });
        text + &format!("  waiting: {waiting:?}\n") + &seen.collect::<String>()
    }
}

async fn simulated(change: impl FnOnce(&mut Simulated)) -> Simulator {
    let mut simulated = Simulated { clock: ManualClock::at(BEGINNING), ..Simulated::default() };
    change(&mut simulated);
    let sim = Simulator::start(simulated).await.unwrap();
    sim.script("cand_1", Script::of(Application::Ignore));
    sim
}

/// What must be so in any ledger: one of each, and no card charged twice.
#[track_caller]
pub fn one_of_each(ledger: &Ledger, of: &str) {
    assert!(ledger.quotes_by_job.values().all(|count| *count == 1), "{of}: quotes");
    one_of_each_but_quotes(ledger, of);
}

/// The same where a quote had to be made anew.
#[track_caller]
pub fn one_of_each_but_quotes(ledger: &Ledger, of: &str) {
    for (what, counts) in [
        ("contractors", &ledger.contractors_by_candidate),
        ("contractors by e-mail", &ledger.contractors_by_email),
        ("jobs", &ledger.jobs_by_placement),
        ("sessions", &ledger.sessions_by_quote),
        ("policies", &ledger.policies_by_quote),
        ("assignments", &ledger.assignments_by_job),
        ("certificates", &ledger.certificates_by_hash),
        ("invoices", &ledger.invoices_by_period),
    ] {
        assert!(counts.values().all(|count| *count == 1), "{of}: {what}: {counts:?}");
    }
    let charges = &ledger.charges_cents;
    assert!(charges.values().all(|charged| charged.len() == 1), "{of}: {charges:?}");
}

/// The rules of the story's tenant, with what the simulated insurer has.
fn rules() -> Rules {
    let mut rules = world::rules();
    rules.entities.insert(CompanyId("co_1".into()), EntityId("en_Halvorsen1".into()));
    rules.invoices.send = Send::WhenDifferent;
    for (word, code) in [("software", "jc_DataAnalyst"), ("nursing", "jc_Designer")] {
        rules.job_categories.insert(word.into(), CategoryCode(code.into()));
    }
    rules
}
