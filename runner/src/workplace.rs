//! What is at work on one log: its engine, who performs its calls, and a loop each for the inboxes, the polls, the timers,
//! the credentials, those who are told, and the signing of its end.
//!
//! Begun when a process has a log to itself, ended when it is told to stop or the log is no longer its own; the doors
//! through which the outside comes are the process's (`supervise.rs`). Deliberately absent: where the log lies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, HandleError};
use workflow_core::seal::Vault;
use workflow_core::store::Store;

use crate::documents::Documents;
use crate::metrics::Signals;
use crate::metrics::timed::Appends;
use crate::order::{Desk, Done, Order, OrderError, Running};
use crate::pulse::{ASKS_WITHIN, Beat, LOOKS_WITHIN, Pulse};
use crate::signing::Signer;
use crate::supervise::{self, Options, StartError, StopError};
use crate::systems::Systems;
use crate::tenants::{self, Tenants};
use crate::{admin, certificates, credentials, inbox, ingress, notify, poll};

/// How long the loops may take to end. With the next one well under what the service manager is told to wait
/// (`packaging/runner.service`).
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// How long closing the log may take after that: up to a gigabyte is brought to the disk and hashed, on a machine that may
/// be busy. Cut short, nothing is lost, but `verify` cannot say afterwards that no file was touched.
const CLOSE_WITHIN: Duration = Duration::from_secs(60);

/// What a loop ends with.
pub(crate) type Loops = JoinSet<Result<(), StopError>>;

/// What a workplace is made of: a log that nobody else writes to, and what belongs to its tenants.
pub struct Ground {
    /// The log.
    pub store: Arc<dyn Store>,
    /// How its appends go.
    pub appends: Arc<Appends>,
    /// The keys of its persons.
    pub vault: Arc<Vault>,
    /// What its contractors brought.
    pub documents: Documents,
    /// The systems of its tenants.
    pub systems: Systems,
    /// What signs its end.
    pub signer: Signer,
    /// What came through the process's webhook door.
    pub counters: Arc<ingress::Counters>,
}

/// What is at work on one log.
pub struct Workplace {
    engine: Engine<Insurance>,
    systems: Arc<Systems>,
    documents: Arc<Documents>,
    dispatcher: Dispatcher<Insurance, Systems>,
    pulse: Arc<Pulse>,
    counters: Arc<ingress::Counters>,
    appends: Arc<Appends>,
    signer: Signer,
    /// How far the log was read for those who are told of it.
    told: Arc<AtomicU64>,
    /// Taken when the work begins.
    herald: Option<notify::Herald>,
    stop: watch::Sender<bool>,
    loops: Mutex<Loops>,
}

impl Workplace {
    /// Opens the engine over the log; nothing is done yet.
    pub fn open(ground: Ground, options: &Options) -> Result<Self, StartError> {
        let Ground { store, appends, vault, documents, systems, signer, counters } = ground;
        let documents = Arc::new(documents);
        let tenants: Vec<_> = systems.all().map(|connected| connected.tenant.clone()).collect();
        let engine = supervise::open(store, Some(vault), Arc::clone(&options.clock), &tenants)?;
        certificates::sweep(&engine, &documents);
        systems.gates().load(&engine);
        let systems = Arc::new(systems.with_documents(Arc::clone(&documents)));
        let herald = notify::Herald::new(engine.clone(), Arc::clone(&systems))?;
        let (stop, _) = watch::channel(false);
        Ok(Self {
            dispatcher: Dispatcher::new(engine.clone(), Arc::clone(&systems)),
            engine,
            systems,
            documents,
            pulse: Arc::default(),
            counters,
            appends,
            signer,
            told: herald.reached(),
            herald: Some(herald),
            stop,
            loops: Mutex::default(),
        })
    }

    /// Begins to work.
    pub fn begin(&mut self, look: Duration) {
        let (dispatcher, stop) = (self.dispatcher.clone(), self.stop.subscribe());
        let pulse = Arc::clone(&self.pulse);
        let beat = move || pulse.tick("dispatch", LOOKS_WITHIN);
        self.loops.get_mut().spawn(async move { Ok(dispatcher.run_with(stop, beat).await?) });
        self.work_for_tenants(look);
        if self.signer.key.is_some() {
            let signing = self.signer.clone().run(self.engine.clone(), self.stop.subscribe());
            self.loops.get_mut().spawn(async move {
                signing.await;
                Ok(())
            });
        }
        let (engine, mut stop) = (self.engine.clone(), self.stop.subscribe());
        let pulse = Arc::clone(&self.pulse);
        self.loops.get_mut().spawn(async move {
            let mut had_room = true;
            while !*stop.borrow() {
                pulse.tick("timers", LOOKS_WITHIN);
                had_room = say_room(&engine, had_room);
                engine.fire_timers().await?;
                tokio::select! {
                    _ = stop.changed() => {}
                    () = tokio::time::sleep(look) => {}
                }
            }
            Ok(())
        });
        if let Some(herald) = self.herald.take() {
            let (stop, pulse) = (self.stop.subscribe(), Arc::clone(&self.pulse));
            let beat = move || pulse.tick("notify", ASKS_WITHIN);
            self.loops.get_mut().spawn(async move { Ok(herald.run(look, stop, beat).await?) });
        }
    }

    /// Each tenant has workers of its own, so that one whose systems are slow or gone delays no other.
    fn work_for_tenants(&mut self, look: Duration) {
        for connected in self.systems.all() {
            let worker = inbox::Worker {
                engine: self.engine.clone(),
                connected: Arc::clone(connected),
                systems: Arc::clone(&self.systems),
                pulse: Arc::clone(&self.pulse),
                look,
            };
            let stop = self.stop.subscribe();
            self.pulse.set(&format!("inbox/{}", connected.tenant.name), Beat::Working);
            self.loops.get_mut().spawn(async move { Ok(worker.run(stop).await?) });
            let watcher = credentials::Watcher {
                engine: self.engine.clone(),
                connected: Arc::clone(connected),
                dispatcher: self.dispatcher.clone(),
                pulse: Arc::clone(&self.pulse),
                look,
            };
            let stop = self.stop.subscribe();
            self.loops.get_mut().spawn(async move {
                watcher.run(stop).await;
                Ok(())
            });
            let poller = poll::Poller {
                engine: self.engine.clone(),
                connected: Arc::clone(connected),
                documents: self.systems.documents().cloned(),
                pulse: Arc::clone(&self.pulse),
                look,
            };
            self.pulse.set(&format!("poll/{}", connected.tenant.name), Beat::Working);
            let stop = self.stop.subscribe();
            self.loops.get_mut().spawn(async move { Ok(poller.run(stop).await?) });
        }
    }

    /// The door at which people and the command line ask about this log. `stopped` turns true when it shuts.
    pub(crate) fn door(&self, token: String, stopped: &watch::Receiver<bool>) -> admin::Door {
        let zones = self.zones();
        let signals = Arc::new(Signals {
            engine: self.engine.clone(),
            systems: Arc::clone(&self.systems),
            dispatcher: self.dispatcher.clone(),
            pulse: Arc::clone(&self.pulse),
            counters: Arc::clone(&self.counters),
            appends: Arc::clone(&self.appends),
            data_dir: self.signer.data_dir.clone(),
            stopped: stopped.clone(),
            zones: zones.clone(),
            started: self.engine.clock().now(),
            read: std::sync::Mutex::default(),
        });
        admin::Door {
            engine: self.engine.clone(),
            token,
            documents: Arc::clone(&self.documents),
            dispatcher: self.dispatcher.clone(),
            systems: Arc::clone(&self.systems),
            pulse: Arc::clone(&self.pulse),
            tenants: self.tenant_names(),
            signer: self.signer.clone(),
            counters: Arc::clone(&self.counters),
            stopped: stopped.clone(),
            signals,
            zones,
        }
    }

    /// By tenant, the zone of its business dates.
    pub(crate) fn zones(&self) -> BTreeMap<String, jiff::tz::TimeZone> {
        let of = |systems: &Arc<crate::systems::Connected>| {
            (systems.tenant.name.clone(), systems.tenant.rules.zone.clone())
        };
        self.systems.all().map(of).collect()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<Insurance> {
        &self.engine
    }

    /// The systems of the log's tenants.
    pub fn systems(&self) -> &Arc<Systems> {
        &self.systems
    }

    /// The documents that contractors brought.
    pub fn documents(&self) -> &Arc<Documents> {
        &self.documents
    }

    /// What came through the webhook door.
    pub fn counters(&self) -> &Arc<ingress::Counters> {
        &self.counters
    }

    /// Whether everything that can be done at the present moment of the clock is done.
    pub fn is_quiet(&self) -> bool {
        let now = self.engine.clock().now();
        let activity = self.dispatcher.activity();
        let waiting = self.engine.summaries_in("delivery", &["Waiting"]).into_iter();
        let beats = self.pulse.beats();
        let is_put_off = |tenant: &str| {
            let beat = beats.get(&format!("inbox/{tenant}"));
            beat.is_none_or(|beat| matches!(beat, Beat::Until(at) if *at > now))
                || self.systems.of(tenant).is_some_and(inbox::is_held)
        };
        let put_off = waiting.map(|s| s.stream).all(|stream| is_put_off(stream.tenant()));
        activity.in_flight == 0
            && activity.ready == 0
            && self.engine.messages_waiting() == 0
            && self.told.load(Ordering::Relaxed) >= self.engine.position().0
            && self.engine.next_timer().is_none_or(|at| at > now)
            && put_off
            && !self.systems.all().any(|connected| credentials::is_news(connected, &beats))
            && self.pulse.is_quiet(now)
    }

    /// Takes a person's order.
    pub async fn order(&self, order: Order) -> Result<Done, OrderError> {
        let (dispatcher, systems, pulse) = (&self.dispatcher, &*self.systems, &*self.pulse);
        let running = Some(Running { dispatcher, systems, pulse });
        let tenants = self.tenant_names();
        Desk { engine: &self.engine, tenants: &tenants, running }.take(order).await
    }

    /// Each tenant as it stands.
    pub fn tenants(&self) -> Tenants {
        let failing = self.dispatcher.activity().waiting;
        tenants::tenants(&self.engine, &self.tenant_names(), Some(&self.systems), &failing)
    }

    fn tenant_names(&self) -> Vec<String> {
        self.systems.all().map(|connected| connected.tenant.name.clone()).collect()
    }

    /// What is under way or waiting, for whoever wonders.
    pub fn doing(&self) -> String {
        format!("{:?}, {:?}", self.dispatcher.activity(), self.pulse.beats())
    }

    /// Waits until something ends by itself, which it should not.
    pub async fn ended(&mut self) -> StopError {
        let ended = self.loops.get_mut().join_next().await;
        ended_by_itself(ended, &self.engine)
    }

    /// Stops taking work, finishes what is under way (or leaves it to the next start) and what is `beside`, and closes the
    /// log.
    pub(crate) async fn stop(self, mut beside: Loops) -> Result<(), StopError> {
        let result = self.wind_down(&mut beside).await;
        let Self { engine, dispatcher, signer, .. } = self;
        drop(dispatcher);
        close(engine, signer).await.and(result)
    }

    /// Tells the loops to end, and waits for them.
    async fn wind_down(&self, beside: &mut Loops) -> Result<(), StopError> {
        // Nobody listens any more when all loops have ended already.
        self.stop.send_replace(true);
        let loops = &mut *self.loops.lock().await;
        let ending = async {
            let mut first = Ok(());
            for all in [&mut *loops, &mut *beside] {
                while let Some(ended) = all.join_next().await {
                    let ended = ended.map_err(StopError::from).and_then(|result| result);
                    first = first.and(ended);
                }
            }
            first
        };
        if let Ok(result) = tokio::time::timeout(STOP_WITHIN, ending).await {
            return result;
        }
        tracing::warn!("some calls did not end in time: they are looked up after the next start");
        loops.shutdown().await;
        beside.shutdown().await;
        Ok(())
    }
}

/// What one of several workplaces in a process needs beside.
#[cfg(feature = "postgres")]
impl Workplace {
    /// Why it does not work any more, if something has ended by itself.
    pub(crate) fn failure(&self) -> Option<String> {
        let ended = self.loops.try_lock().ok()?.try_join_next();
        let ended = ended.map(|ended| ended_by_itself(Some(ended), &self.engine).to_string());
        ended.or_else(|| self.engine.failure())
    }

    /// Stops as `stop` does, where others hold on to it: its log closes when the last of them lets it go.
    pub(crate) async fn end(&self) -> Result<(), StopError> {
        let result = self.wind_down(&mut Loops::new()).await;
        close(self.engine.clone(), self.signer.clone()).await.and(result)
    }

    /// Ends everything where it is; nothing more is signed.
    pub(crate) async fn abandon(&self) {
        self.stop.send_replace(true);
        self.loops.lock().await.shutdown().await;
        let engine = self.engine.clone();
        drop(tokio::task::spawn_blocking(move || engine.stop()).await);
    }
}

/// Stops the engine, signs where its log ends, and closes it.
async fn close(engine: Engine<Insurance>, signer: Signer) -> Result<(), StopError> {
    let closing = tokio::task::spawn_blocking(move || {
        engine.stop();
        if let Err(error) = signer.sign(&**engine.store(), engine.clock().now()) {
            tracing::error!(%error, "the log's head could not be signed");
        }
        drop(engine);
    });
    match tokio::time::timeout(CLOSE_WITHIN, closing).await {
        Ok(closed) => Ok(closed?),
        Err(_) => {
            tracing::warn!("the log did not close in time: it is checked at the next start");
            Ok(())
        }
    }
}

/// What it means that a loop ended which should go on.
pub(crate) fn ended_by_itself(
    ended: Option<Result<Result<(), StopError>, tokio::task::JoinError>>,
    engine: &Engine<Insurance>,
) -> StopError {
    match ended {
        Some(Ok(Ok(()))) | None => {
            let why = engine.failure();
            HandleError::Stopped(why.unwrap_or_else(|| "a loop ended by itself".to_owned())).into()
        }
        Some(Ok(Err(error))) => error,
        Some(Err(panic)) => panic.into(),
    }
}

/// Says when the disk is short of room, and when it is not any more. Returns whether it has room now.
fn say_room(engine: &Engine<Insurance>, had_room: bool) -> bool {
    match (engine.room(), had_room) {
        (Err(no_room), true) => {
            tracing::error!(error = %no_room, "webhooks are answered 503, polls and timers wait");
            false
        }
        (Ok(()), false) => {
            tracing::info!("there is room on the disk again: everything goes on");
            true
        }
        (room, _) => room.is_ok(),
    }
}
