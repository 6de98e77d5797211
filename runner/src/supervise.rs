//! Starts everything, watches it, and stops it in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::gate::Gate;
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::Placement;
use workflow_core::domain::rules::Rules;
use workflow_core::engine::{Builder, Engine, HandleError, OpenError};
use workflow_core::inbox::Inbox;
use workflow_core::seal::{Vault, VaultError};
use workflow_core::store::sled::SledStore;
use workflow_core::store::{Store, StoreError};
use workflow_core::time::{Clock, SystemClock};

use crate::config::{Config, Tenant};
use crate::documents::Documents;
use crate::metrics::Signals;
use crate::metrics::timed::{Appends, TimedStore};
use crate::order::{Desk, Done, Order, OrderError, Running};
use crate::pulse::{ASKS_WITHIN, Beat, LOOKS_WITHIN, Pulse};
use crate::signing::{self, Signer};
use crate::systems::{ConnectErrors, Systems};
use crate::telemetry::requests;
use crate::tenants::{self, Tenants};
use crate::{admin, certificates, credentials, inbox, ingress, intake, notify, poll, serve, web};

/// How long the loops may take to end: well under the 25 s that a service manager is told to wait.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// How long closing the log may take after that.
const CLOSE_WITHIN: Duration = Duration::from_secs(7);

/// The folder of the log within the data directory.
pub const LOG_DIR: &str = "events";

/// The folder of the keys of persons within the data directory.
pub const KEYS_DIR: &str = "keys";

/// The demo's master key within its data directory: nobody's data is in a demo.
pub const DEMO_MASTER_KEY_FILE: &str = "master-key";

/// What an embedder may choose beside the configuration.
#[derive(Clone)]
pub struct Options {
    /// The clock; the machine's own by default.
    pub clock: Arc<dyn Clock>,
    /// How often the loops look at the clock, in real time.
    pub look: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), look: Duration::from_millis(200) }
    }
}

/// Why a runner could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be replayed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The keys that personal data is sealed with cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A tenant's systems cannot be connected.
    #[error(transparent)]
    Connect(#[from] ConnectErrors),
    /// A door cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The log does not reach the head that was signed, or that was changed.
    #[error("{0}")]
    Signed(String),
    /// The data directory cannot be written.
    #[error("cannot write in {path}: {source}")]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Why a runner ended otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] HandleError),
    /// A door failed.
    #[error("a door failed: {0}")]
    Door(#[from] std::io::Error),
    /// A loop ended in a panic.
    #[error("a loop ended in a panic: {0}")]
    Panic(#[from] JoinError),
}

/// A running runner.
pub struct Runner {
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
    hooks: SocketAddr,
    pages: String,
    stop: watch::Sender<bool>,
    loops: JoinSet<Result<(), StopError>>,
}

impl Runner {
    /// Opens the log, connects the systems and begins to work.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, Options::default()).await
    }

    /// The same with a clock of the caller's.
    pub async fn start_with(config: Config, options: Options) -> Result<Self, StartError> {
        let systems = Systems::connect(&config.tenants, &options.clock)?;
        let hooks = listen(config.hooks).await?;
        let admin_door = listen(config.admin).await?;
        let pages = listen(config.page.address).await?;
        let write = |source| StartError::Write { path: config.data_dir.clone(), source };
        std::fs::create_dir_all(&config.data_dir).map_err(write)?;
        let store = TimedStore::new(Arc::new(SledStore::open(&config.data_dir.join(LOG_DIR))?));
        let appends = store.appends();
        let store: Arc<dyn Store> = Arc::new(store);
        if let Some(signed) = signing::kept(&config.data_dir).map_err(StartError::Signed)? {
            signing::check_reached(&*store, &signed).map_err(StartError::Signed)?;
        }
        // After the log, whose lock keeps other processes from the keys too.
        let vault = Vault::open(&config.data_dir.join(KEYS_DIR), &config.master_key)?;
        let documents = Arc::new(Documents::new(&config.data_dir, Arc::clone(&vault)));
        let engine = open(store, Some(vault), Arc::clone(&options.clock), &config.tenants)?;
        certificates::sweep(&engine, &documents);
        systems.gates().load(&engine);
        let systems = Arc::new(systems.with_documents(Arc::clone(&documents)));
        let herald = notify::Herald::new(engine.clone(), Arc::clone(&systems))?;
        let address = admin_address(&config, &admin_door)?;
        address.write(&config.data_dir).map_err(write)?;
        let page = web::door::open(&config.data_dir, &config.page, &pages).map_err(write)?;
        let (stop, stopped) = watch::channel(false);
        let mut runner = Self {
            dispatcher: Dispatcher::new(engine.clone(), Arc::clone(&systems)),
            engine,
            systems,
            documents,
            pulse: Arc::default(),
            counters: Arc::default(),
            appends,
            signer: Signer {
                data_dir: config.data_dir,
                key: config.log.signing_key,
                every: config.log.sign_every,
                writing: Arc::default(),
            },
            told: herald.reached(),
            hooks: hooks.local_addr().unwrap_or(config.hooks),
            pages: page.url.clone(),
            stop,
            loops: JoinSet::new(),
        };
        let pages = (pages, page.access);
        runner.open_doors(hooks, admin_door, address.token, config.sources, pages, &stopped);
        runner.begin(options.look, &stopped);
        let (look, stop, pulse) = (options.look, stopped.clone(), Arc::clone(&runner.pulse));
        let beat = move || pulse.tick("notify", ASKS_WITHIN);
        runner.loops.spawn(async move { Ok(herald.run(look, stop, beat).await?) });
        if !runner.hooks.ip().is_loopback() {
            tracing::warn!(hooks = %runner.hooks, "webhooks come in on more than this machine: let only a proxy with TLS reach it");
        }
        tracing::info!(hooks = %runner.hooks, admin = %address.url, page = %page.url, "running");
        Ok(runner)
    }

    fn open_doors(
        &mut self,
        hooks: TcpListener,
        admin_door: TcpListener,
        token: String,
        sources: ingress::sources::Rules,
        (pages, access): (TcpListener, web::access::Access),
        stopped: &watch::Receiver<bool>,
    ) {
        let door = ingress::Door {
            engine: self.engine.clone(),
            systems: Arc::clone(&self.systems),
            counters: Arc::clone(&self.counters),
            limits: ingress::Limits { sources, ..ingress::Limits::default() },
        };
        let handed_in = intake::Door {
            engine: self.engine.clone(),
            systems: Arc::clone(&self.systems),
            documents: Arc::clone(&self.documents),
        };
        let router = ingress::router(door).merge(intake::router(handed_in));
        let router = requests::spanned("hooks", router);
        let stop = stopped.clone();
        self.loops.spawn(async move {
            Ok(serve::serve(hooks, router, serve::PROVIDER_LONGEST, stop).await?)
        });
        let zones: BTreeMap<String, jiff::tz::TimeZone> = self
            .systems
            .all()
            .map(|systems| (systems.tenant.name.clone(), systems.tenant.rules.zone.clone()))
            .collect();
        let signals = Arc::new(self.signals(zones.clone(), stopped));
        let door = admin::Door {
            engine: self.engine.clone(),
            token,
            documents: Arc::clone(&self.documents),
            dispatcher: self.dispatcher.clone(),
            systems: Arc::clone(&self.systems),
            pulse: Arc::clone(&self.pulse),
            tenants: self.systems.all().map(|systems| systems.tenant.name.clone()).collect(),
            signer: self.signer.clone(),
            counters: Arc::clone(&self.counters),
            stopped: stopped.clone(),
            signals,
            zones,
        };
        let door = Arc::new(door);
        let (router, stop) =
            (web::router(web::Site::new(Arc::clone(&door), access)), stopped.clone());
        let router = requests::spanned("pages", router);
        self.loops.spawn(async move {
            Ok(serve::serve(pages, router, serve::OPERATOR_LONGEST, stop).await?)
        });
        let router = requests::spanned("admin", admin::router(door));
        let stop = stopped.clone();
        self.loops.spawn(async move {
            Ok(serve::serve(admin_door, router, serve::OPERATOR_LONGEST, stop).await?)
        });
    }

    fn signals(
        &self,
        zones: BTreeMap<String, jiff::tz::TimeZone>,
        stopped: &watch::Receiver<bool>,
    ) -> Signals {
        Signals {
            engine: self.engine.clone(),
            systems: Arc::clone(&self.systems),
            dispatcher: self.dispatcher.clone(),
            pulse: Arc::clone(&self.pulse),
            counters: Arc::clone(&self.counters),
            appends: Arc::clone(&self.appends),
            data_dir: self.signer.data_dir.clone(),
            stopped: stopped.clone(),
            zones,
            started: self.engine.clock().now(),
            read: Mutex::default(),
        }
    }

    fn begin(&mut self, look: Duration, stopped: &watch::Receiver<bool>) {
        let (dispatcher, stop) = (self.dispatcher.clone(), stopped.clone());
        let pulse = Arc::clone(&self.pulse);
        let beat = move || pulse.tick("dispatch", LOOKS_WITHIN);
        self.loops.spawn(async move { Ok(dispatcher.run_with(stop, beat).await?) });
        for connected in self.systems.all() {
            // Each tenant has workers of its own, so that one whose systems are slow or gone delays no other.
            let worker = inbox::Worker {
                engine: self.engine.clone(),
                connected: Arc::clone(connected),
                systems: Arc::clone(&self.systems),
                pulse: Arc::clone(&self.pulse),
                look,
            };
            let stop = stopped.clone();
            self.pulse.set(&format!("inbox/{}", connected.tenant.name), Beat::Working);
            self.loops.spawn(async move { Ok(worker.run(stop).await?) });
            let watcher = credentials::Watcher {
                engine: self.engine.clone(),
                connected: Arc::clone(connected),
                dispatcher: self.dispatcher.clone(),
                pulse: Arc::clone(&self.pulse),
                look,
            };
            let stop = stopped.clone();
            self.loops.spawn(async move {
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
            let stop = stopped.clone();
            self.loops.spawn(async move { Ok(poller.run(stop).await?) });
        }
        if self.signer.key.is_some() {
            let signing = self.signer.clone().run(self.engine.clone(), stopped.clone());
            self.loops.spawn(async move {
                signing.await;
                Ok(())
            });
        }
        let (engine, mut stop) = (self.engine.clone(), stopped.clone());
        let pulse = Arc::clone(&self.pulse);
        self.loops.spawn(async move {
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
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<Insurance> {
        &self.engine
    }

    /// Where webhooks come in.
    pub fn hooks(&self) -> SocketAddr {
        self.hooks
    }

    /// Where people find the pages.
    pub fn pages(&self) -> &str {
        &self.pages
    }

    /// The documents that contractors brought.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// What came through the webhook door.
    pub fn counters(&self) -> &ingress::Counters {
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

    /// Waits until everything that can be done at the present moment of the clock is done.
    pub async fn quiet(&self, look: Duration) {
        while !self.is_quiet() {
            tokio::time::sleep(look).await;
        }
    }

    /// Takes a person's order.
    pub async fn order(&self, order: Order) -> Result<Done, OrderError> {
        let (dispatcher, systems, pulse) = (&self.dispatcher, &*self.systems, &*self.pulse);
        let running = Some(Running { dispatcher, systems, pulse });
        let names = self.systems.all().map(|connected| connected.tenant.name.clone());
        let tenants: Vec<String> = names.collect();
        Desk { engine: &self.engine, tenants: &tenants, running }.take(order).await
    }

    /// Each tenant as it stands.
    pub fn tenants(&self) -> Tenants {
        let names: Vec<String> =
            self.systems.all().map(|connected| connected.tenant.name.clone()).collect();
        let failing = self.dispatcher.activity().waiting;
        tenants::tenants(&self.engine, &names, Some(&self.systems), &failing)
    }

    /// What is under way or waiting, for whoever wonders.
    pub fn doing(&self) -> String {
        format!("{:?}, {:?}", self.dispatcher.activity(), self.pulse.beats())
    }

    /// Waits until something ends by itself, which it should not.
    pub async fn ended(&mut self) -> StopError {
        match self.loops.join_next().await {
            Some(Ok(Ok(()))) | None => {
                let why = self.engine.failure();
                HandleError::Stopped(why.unwrap_or_else(|| "a loop ended by itself".to_owned()))
                    .into()
            }
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => panic.into(),
        }
    }

    /// Stops taking work, finishes what is under way (or leaves it to the next start), and closes the log.
    pub async fn stop(self) -> Result<(), StopError> {
        let Self { engine, dispatcher, signer, stop, mut loops, .. } = self;
        // Nobody listens any more when all loops have ended already.
        stop.send_replace(true);
        let ending = async {
            let mut first = Ok(());
            while let Some(ended) = loops.join_next().await {
                let ended = ended.map_err(StopError::from).and_then(|result| result);
                first = first.and(ended);
            }
            first
        };
        let result = match tokio::time::timeout(STOP_WITHIN, ending).await {
            Ok(result) => result,
            Err(_) => {
                tracing::warn!(
                    "some calls did not end in time: they are looked up after the next start"
                );
                loops.shutdown().await;
                Ok(())
            }
        };
        drop(dispatcher);
        let data_dir = signer.data_dir.clone();
        let closing = tokio::task::spawn_blocking(move || {
            engine.stop();
            if let Err(error) = signer.sign(&**engine.store(), engine.clock().now()) {
                tracing::error!(%error, "the log's head could not be signed");
            }
            drop(engine);
        });
        match tokio::time::timeout(CLOSE_WITHIN, closing).await {
            Ok(closed) => closed?,
            Err(_) => {
                tracing::warn!("the log did not close in time: it is checked at the next start")
            }
        }
        // A leftover address of a process that is gone is found out by whoever uses it.
        drop(std::fs::remove_file(data_dir.join(admin::ADDRESS_FILE)));
        result
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

/// Opens an engine with the placement workflows over a log. Without a vault personal data stays sealed, and none can be
/// added.
pub fn open(
    store: Arc<dyn Store>,
    vault: Option<Arc<Vault>>,
    clock: Arc<dyn Clock>,
    tenants: &[Tenant],
) -> Result<Engine<Insurance>, OpenError> {
    builder(store, vault, clock, tenants).open()
}

/// The engine with the placement workflows, before it is opened.
pub(crate) fn builder(
    store: Arc<dyn Store>,
    vault: Option<Arc<Vault>>,
    clock: Arc<dyn Clock>,
    tenants: &[Tenant],
) -> Builder<Insurance> {
    let rules: BTreeMap<String, Arc<Rules>> = tenants
        .iter()
        .map(|tenant| (tenant.name.clone(), Arc::new(tenant.rules.clone())))
        .collect();
    let builder =
        Engine::builder(store, clock, Arc::new(move |name: &str| rules.get(name).cloned()));
    let builder = match vault {
        Some(vault) => builder.vault(vault),
        None => builder,
    };
    builder
        .workflow::<Placement>()
        .workflow::<Contractor>()
        .workflow::<Certificate>()
        .workflow::<Invoice>()
        .workflow::<Gate>()
        .workflow::<Notice>()
        .workflow::<Inbox<Insurance>>()
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Where the door is, and a token that nobody can guess.
fn admin_address(config: &Config, door: &TcpListener) -> Result<admin::Address, getrandom::Error> {
    let mut token = [0; 32];
    getrandom::fill(&mut token)?;
    let address = door.local_addr().unwrap_or(config.admin);
    Ok(admin::Address {
        url: format!("http://{address}"),
        token: hex::encode(token),
        process: std::process::id(),
    })
}
