//! A process: opens the doors, starts what is at work on the log (`workplace.rs`), watches both, and stops them in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
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
use crate::metrics::timed::TimedStore;
use crate::order::{Done, Order, OrderError};
use crate::signing::{self, Signer};
use crate::systems::{ConnectErrors, Systems};
use crate::telemetry::requests;
use crate::tenants::Tenants;
use crate::workplace::{Ground, Loops, Workplace, ended_by_itself};
use crate::{admin, ingress, intake, serve, web};

/// The folder of the log within the data directory.
pub const LOG_DIR: &str = "events";

/// The folder of the keys of persons within the data directory.
pub const KEYS_DIR: &str = "keys";

/// The demo's master key within its data directory: nobody's data is in a demo.
pub const DEMO_MASTER_KEY_FILE: &str = "master-key";

/// Why a log in a database cannot be used.
#[cfg(not(feature = "postgres"))]
pub(crate) const WITHOUT_POSTGRES: &str = "[log] names a database, and this runner was built without it: build it with \
                                           --features postgres";

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
    /// The log that several runners share cannot be used.
    #[error("{0}")]
    Shared(String),
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

/// A running runner: a process with the log in its data directory to itself.
pub struct Runner {
    workplace: Workplace,
    hooks: SocketAddr,
    pages: String,
    data_dir: PathBuf,
    stop: watch::Sender<bool>,
    doors: Loops,
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
        let workplace = Workplace::open(embedded(&config, systems)?, &options)?;
        let address = admin_address(&config, &admin_door)?;
        address.write(&config.data_dir).map_err(write)?;
        let page = web::door::open(&config.data_dir, &config.page, &pages).map_err(write)?;
        let (stop, stopped) = watch::channel(false);
        let mut runner = Self {
            workplace,
            hooks: hooks.local_addr().unwrap_or(config.hooks),
            pages: page.url.clone(),
            data_dir: config.data_dir,
            stop,
            doors: JoinSet::new(),
        };
        let pages = (pages, page.access);
        runner.open_doors(hooks, admin_door, address.token, config.sources, pages, &stopped);
        runner.workplace.begin(options.look);
        warn_of_open_hooks(runner.hooks);
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
        let place = &self.workplace;
        let door = ingress::Door {
            inboxes: Arc::new(place.engine().clone()),
            systems: Arc::clone(place.systems()),
            counters: Arc::clone(place.counters()),
            limits: ingress::Limits { sources, ..ingress::Limits::default() },
        };
        let handed_in = intake::Door {
            engine: place.engine().clone(),
            systems: Arc::clone(place.systems()),
            documents: Arc::clone(place.documents()),
        };
        let router = ingress::router(door).merge(intake::router(handed_in));
        let door = Arc::new(place.door(token, stopped));
        let router = requests::spanned("hooks", router);
        serve(&mut self.doors, hooks, router, serve::PROVIDER_LONGEST, stopped);
        let site = web::router(web::Site::new(Arc::clone(&door), access));
        let site = requests::spanned("pages", site);
        serve(&mut self.doors, pages, site, serve::OPERATOR_LONGEST, stopped);
        let admin = requests::spanned("admin", admin::router(door));
        serve(&mut self.doors, admin_door, admin, serve::OPERATOR_LONGEST, stopped);
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<Insurance> {
        self.workplace.engine()
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
        self.workplace.documents()
    }

    /// What came through the webhook door.
    pub fn counters(&self) -> &ingress::Counters {
        self.workplace.counters()
    }

    /// Whether everything that can be done at the present moment of the clock is done.
    pub fn is_quiet(&self) -> bool {
        self.workplace.is_quiet()
    }

    /// Waits until everything that can be done at the present moment of the clock is done.
    pub async fn quiet(&self, look: Duration) {
        while !self.is_quiet() {
            tokio::time::sleep(look).await;
        }
    }

    /// Takes a person's order.
    pub async fn order(&self, order: Order) -> Result<Done, OrderError> {
        self.workplace.order(order).await
    }

    /// Each tenant as it stands.
    pub fn tenants(&self) -> Tenants {
        self.workplace.tenants()
    }

    /// What is under way or waiting, for whoever wonders.
    pub fn doing(&self) -> String {
        self.workplace.doing()
    }

    /// Waits until something ends by itself, which it should not.
    pub async fn ended(&mut self) -> StopError {
        let Self { workplace, doors, .. } = self;
        let ended = tokio::select! {
            error = workplace.ended() => return error,
            ended = doors.join_next() => ended,
        };
        ended_by_itself(ended, self.engine())
    }

    /// Stops taking work, finishes what is under way (or leaves it to the next start), and closes the log.
    pub async fn stop(self) -> Result<(), StopError> {
        let Self { workplace, data_dir, stop, doors, .. } = self;
        // Nobody listens any more when all doors have shut already.
        stop.send_replace(true);
        let result = workplace.stop(doors).await;
        // A leftover address of a process that is gone is found out by whoever uses it.
        drop(std::fs::remove_file(data_dir.join(admin::ADDRESS_FILE)));
        result
    }
}

/// The log in the data directory, and what lies beside it.
fn embedded(config: &Config, systems: Systems) -> Result<Ground, StartError> {
    let data_dir = &config.data_dir;
    let store = TimedStore::new(Arc::new(SledStore::open(&data_dir.join(LOG_DIR))?));
    let appends = store.appends();
    if let Some(signed) = signing::kept(data_dir).map_err(StartError::Signed)? {
        signing::check_reached(&store, &signed).map_err(StartError::Signed)?;
    }
    // After the log, whose lock keeps other processes from the keys too.
    let vault = Vault::open(&data_dir.join(KEYS_DIR), &config.master_key)?;
    let documents = Documents::new(data_dir, Arc::clone(&vault));
    let signer = Signer {
        data_dir: data_dir.clone(),
        key: config.log.signing_key.clone(),
        every: config.log.sign_every,
        writing: Arc::default(),
    };
    let (store, counters) = (Arc::new(store), Arc::default());
    Ok(Ground { store, appends, vault, documents, systems, signer, counters })
}

/// Serves at a door until it is told to stop.
pub(crate) fn serve(
    doors: &mut Loops,
    listener: TcpListener,
    router: axum::Router,
    longest: Duration,
    stopped: &watch::Receiver<bool>,
) {
    let stop = stopped.clone();
    doors.spawn(async move { Ok(serve::serve(listener, router, longest, stop).await?) });
}

pub(crate) fn warn_of_open_hooks(hooks: SocketAddr) {
    if !hooks.ip().is_loopback() {
        tracing::warn!(%hooks, "webhooks come in on more than this machine: let only a proxy with TLS reach it");
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

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Where the door is, and a token that nobody can guess.
pub(crate) fn admin_address(
    config: &Config,
    door: &TcpListener,
) -> Result<admin::Address, getrandom::Error> {
    let mut token = [0; 32];
    getrandom::fill(&mut token)?;
    let address = door.local_addr().unwrap_or(config.admin);
    Ok(admin::Address {
        url: format!("http://{address}"),
        token: hex::encode(token),
        process: std::process::id(),
    })
}
