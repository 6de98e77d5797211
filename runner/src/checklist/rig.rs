//! The running part: engine, dispatcher and readings on a log in memory, driven step by step.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use integration_1099policy::poll::Watch;
use integration_jobdiva::config::TimesheetPay;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workflow_core::dispatch::{Dispatcher, Perform};
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, Side};
use workflow_core::domain::certificate::{self, Certificate, Origin};
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::placement::{Placement, State};
use workflow_core::domain::rules::Send;
use workflow_core::engine::{Engine, HandleError, OwedCall, Source};
use workflow_core::id::StreamId;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::seal::Vault;
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::Clock;

use super::world::World;
use super::{ChecklistError, door};
use crate::certificates::{self, Arrived, TakeError};
use crate::config::Tenant;
use crate::documents::Documents;
use crate::poll::Poller;
use crate::read::{self, Deletion, ReadError};
use crate::supervise;
use crate::systems::{Connected, Systems};

/// So long calls under way are waited for at the end, in real time.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// How long one moment may take to be worked off, in real time.
const TURN: Duration = Duration::from_millis(20);

/// The systems, and what was asked of the insurer.
pub(super) struct Counted {
    systems: Arc<Systems>,
    /// By stream: how many attempts.
    asked: Mutex<BTreeMap<String, usize>>,
}

impl Perform<Insurance> for Counted {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        if call.side() == Some(Side::Insurer) {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            *asked.entry(attempt.stream.to_string()).or_default() += 1;
        }
        self.systems.perform(call, attempt).await
    }

    fn lane(&self, call: &OwedCall<Insurance>) -> String {
        self.systems.lane(call)
    }
}

/// Everything that a run needs.
pub(super) struct Rig {
    pub(super) engine: Engine<Insurance>,
    pub(super) systems: Arc<Systems>,
    pub(super) connected: Arc<Connected>,
    pub(super) world: World,
    pub(super) secret: String,
    /// Whether invoices are off in the configuration: they are tried all the same.
    pub(super) invoices_off: bool,
    /// Documents on their way, sealed under keys that are only in memory.
    documents: Arc<Documents>,
    /// The folder that they are in.
    folder: PathBuf,
    counted: Arc<Counted>,
    dispatcher: Dispatcher<Insurance, Counted>,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), HandleError>>,
}

impl Rig {
    pub(super) async fn start(mut tenant: Tenant, world: World) -> Result<Self, ChecklistError> {
        let mut random = [0_u8; 24];
        getrandom::fill(&mut random)?;
        let random = hex::encode(random);
        // A name of its own: the keys of calls begin with it, and what an earlier run sent is not replayed.
        tenant.name = format!("checklist-{}", &random[..12]);
        let secret = random[12..].to_owned();
        door::hang(&mut tenant, &secret);
        let invoices_off = tenant.rules.invoices.send == Send::Never;
        if invoices_off {
            tenant.rules.invoices.send = Send::WhenDifferent;
        }
        tenant.jobdiva.timesheets.get_or_insert(TimesheetPay::Rate);
        let (name, clock) = (tenant.name.clone(), world.clock());
        let tenants = [tenant];
        let (vault, folder) = (Vault::in_memory(), std::env::temp_dir().join(&name));
        let documents = Arc::new(Documents::new(&folder, Arc::clone(&vault)));
        let systems = Systems::connect(&tenants, &clock)?.with_documents(Arc::clone(&documents));
        let systems = Arc::new(systems);
        let store = Arc::new(MemoryStore::new());
        let engine = supervise::open(store, Some(vault), clock, &tenants)?;
        let connected = systems.of(&name).map(Arc::clone);
        let connected =
            connected.ok_or_else(|| HandleError::Stopped("no tenant is connected".into()))?;
        let counted = Arc::new(Counted { systems: Arc::clone(&systems), asked: Mutex::default() });
        let dispatcher = Dispatcher::new(engine.clone(), Arc::clone(&counted));
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn({
            let dispatcher = dispatcher.clone();
            async move { dispatcher.run(stopped).await }
        });
        Ok(Self {
            engine,
            systems,
            connected,
            world,
            secret,
            invoices_off,
            documents,
            folder,
            counted,
            dispatcher,
            stop,
            running,
        })
    }

    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        let running = self.running.abort_handle();
        match tokio::time::timeout(STOPS_WITHIN, self.running).await {
            Ok(Ok(Err(error))) => tracing::error!(%error, "the dispatcher failed"),
            Ok(_) => {}
            // A call that nobody answers is said to be without an answer by now.
            Err(_) => running.abort(),
        }
        self.engine.stop();
        if let Err(error) = std::fs::remove_dir_all(&self.folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %self.folder.display(), %error, "the run's folder stays");
        }
        self.world.stop().await;
    }

    pub(super) fn stream(&self, placement: &PlacementId) -> Option<StreamId> {
        StreamId::new("placement", &self.connected.tenant.name, placement.as_str()).ok()
    }

    pub(super) fn state(&self, placement: &PlacementId) -> Result<Option<State>, HandleError> {
        match self.stream(placement) {
            Some(stream) => self.engine.state::<Placement>(&stream),
            None => Ok(None),
        }
    }

    /// Why a placement is where it is.
    pub(super) fn why(&self, placement: &PlacementId) -> String {
        let summary = self.stream(placement).and_then(|stream| self.engine.summary(&stream));
        summary.map_or_else(
            || "JobDiva does not have it".to_owned(),
            |summary| format!("{}: {}", summary.state, summary.headline),
        )
    }

    pub(super) fn why_not(&self, stream: &StreamId) -> String {
        let summary = self.engine.summary(stream);
        summary.map_or_else(
            || "nothing is known of it".to_owned(),
            |summary| format!("{}: {}", summary.state, summary.headline),
        )
    }

    /// How many calls to the insurer were attempted for a stream, and in all.
    pub(super) fn asked(&self, of: &str) -> (usize, usize) {
        let asked = self.counted.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let own = asked.iter().filter(|(stream, _)| stream.as_str() == of).map(|(_, count)| count);
        (own.sum(), asked.values().sum())
    }

    /// Reads a placement at JobDiva and tells its workflow. What cannot be read is said.
    pub(super) async fn read(&self, placement: &PlacementId) -> Result<(), ChecklistError> {
        let source = read::poll_source();
        let (engine, said) = (&self.engine, Deletion::Unsaid);
        match read::placement_facts(engine, &self.connected, placement, said, &source).await {
            Err(ReadError::Stopped(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%placement, %error, "a placement could not be read");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    /// Lets time pass until a placement stands as wanted, or can go no further; `None` when its time is over.
    pub(super) async fn until(
        &self,
        placement: &PlacementId,
        wanted: impl Fn(&State) -> bool,
    ) -> Result<Option<State>, ChecklistError> {
        let deadline = self.world.now().plus(self.world.wait());
        loop {
            self.settle().await;
            match self.state(placement)? {
                Some(state) if wanted(&state) => return Ok(Some(state)),
                Some(
                    State::Flagged { .. }
                    | State::Excluded { .. }
                    | State::Canceled { .. }
                    | State::Completed { .. },
                ) => return Ok(None),
                None | Some(State::Discovered { .. }) => self.read(placement).await?,
                Some(_) => self.poller().look_at_open().await?,
            }
            self.settle().await;
            if self.state(placement)?.as_ref().is_some_and(&wanted) {
                continue;
            }
            if self.world.now() >= deadline {
                return Ok(None);
            }
            self.world.pass().await;
        }
    }

    /// The state of a pay period, once nothing is under way for it.
    pub(super) async fn settled_invoice(
        &self,
        stream: &StreamId,
    ) -> Result<Option<workflow_core::domain::invoice::State>, ChecklistError> {
        self.settle().await;
        Ok(self.engine.state::<Invoice>(stream)?)
    }

    /// Hands a certificate in, as an operator does; its stream.
    pub(super) async fn hand_in(
        &self,
        candidate: &CandidateId,
        pdf: &[u8],
    ) -> Result<StreamId, TakeError> {
        let arrived = Arrived {
            candidate: candidate.clone(),
            bytes: pdf.to_vec(),
            name: PersonalText("checklist.pdf".to_owned()),
            origin: Origin::HandedIn { by: "checklist".to_owned() },
            placement: None,
        };
        let (tenant, source) = (&self.connected.tenant.name, Source::new("checklist", ""));
        let taken =
            certificates::take_in(&self.engine, &self.documents, tenant, arrived, source).await?;
        Ok(taken.stream)
    }

    /// The state of a certificate once its review has ended, or it can go no further, or its time is over.
    pub(super) async fn reviewed(
        &self,
        stream: &StreamId,
    ) -> Result<Option<certificate::State>, ChecklistError> {
        let deadline = self.world.now().plus(self.world.wait());
        loop {
            self.settle().await;
            let state = self.engine.state::<Certificate>(stream)?;
            let under_way = match &state {
                Some(
                    certificate::State::Found { .. }
                    | certificate::State::Ready { .. }
                    | certificate::State::Uploaded { .. }
                    | certificate::State::Processing { .. },
                ) => true,
                Some(_) | None => false,
            };
            if !under_way || self.world.now() >= deadline {
                return Ok(state);
            }
            self.world.pass().await;
            if let Some(sent) = state.as_ref().and_then(certificate::State::sent) {
                self.look_at(Watch::Certificate(sent.certificate.clone())).await?;
            }
        }
    }

    /// Reads one resource at the insurer, and nothing else, and tells whose it is.
    async fn look_at(&self, watch: Watch) -> Result<(), ChecklistError> {
        let policy = &self.connected.policy;
        let observed = policy.observe(&[watch], self.world.now()).await;
        let (tenant, source) = (&self.connected.tenant.name, read::poll_source());
        for sighting in &observed.sightings {
            match read::tell(&self.engine, tenant, sighting, &source).await {
                Err(ReadError::Stopped(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "a reading was not taken"),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Waits until all that can be done at this moment is done.
    pub(super) async fn settle(&self) {
        loop {
            tokio::time::sleep(TURN).await;
            let activity = self.dispatcher.activity();
            let waits = activity.in_flight + activity.ready + self.engine.messages_waiting();
            if waits == 0 || *self.stop.borrow() || self.running.is_finished() {
                return;
            }
        }
    }

    fn poller(&self) -> Poller {
        Poller {
            engine: self.engine.clone(),
            connected: Arc::clone(&self.connected),
            pulse: Arc::default(),
            look: TURN,
            documents: None,
        }
    }

    /// The clock's present day in the tenant's zone is no use here: only its moment is.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.world.clock()
    }
}
