//! One of several runners on one database: it holds some of the shards, works on their logs, and answers for all of them.
//!
//! Each shard that it holds is a workplace of its own (`workplace.rs`), begun when its lease was taken and ended when it
//! is lost; the process and its doors go on. `shards/holding.rs` takes and keeps leases, `shards/front.rs` leads what
//! comes in to who holds the tenant's shard, `shards/post.rs` carries it there when that is another runner, `shards/merge.rs`
//! makes one answer out of several, `shards/scribe.rs` keeps rows for those who ask in SQL. Deliberately absent: who should hold what; each takes its share and gives back what is
//! more.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflow_core::seal::{SharedKeys, VaultError};
use workflow_core::store::StoreError;
use workflow_core::store::postgres::{Database, Fence, RunnerId, Settings, Shard};

use crate::config::{Config, Shared};
use crate::supervise::{self, Options, StartError, StopError};
use crate::systems::Systems;
use crate::telemetry::requests;
use crate::workplace::Loops;
use crate::{admin, ingress, serve, web};

mod front;
mod holding;
mod merge;
mod post;
mod scribe;

pub use holding::{Held, Holds};
use holding::{Holding, Manner};

/// Between two looks of a process at the files of the webhooks' secrets.
const SECRETS_EVERY: Duration = Duration::from_secs(2);

/// A runner among several.
pub struct Member {
    holding: Arc<Holding>,
    hooks: SocketAddr,
    pages: String,
    data_dir: PathBuf,
    stop: watch::Sender<bool>,
    loops: Loops,
}

/// How the database is used that the configuration names.
pub fn settings(shared: &Shared, data_dir: &std::path::Path) -> Settings {
    Settings {
        url: shared.url.reveal().to_owned(),
        accept_loss: shared.accept_loss,
        portable: shared.portable,
        // One that is there already keeps its own number.
        shards: shared.shards,
        lease: shared.lease,
        index_dir: Some(data_dir.join("index")),
        ..Settings::default()
    }
}

/// Connects to it, without holding up whoever else uses this thread.
pub async fn connect(settings: Settings) -> Result<Database, StoreError> {
    let connecting = tokio::task::spawn_blocking(move || Database::connect(settings));
    connecting.await.unwrap_or_else(|error| {
        Err(StoreError::Io { action: "connecting to the database", source: error.into() })
    })
}

impl Member {
    /// Connects to the database, opens the doors and begins to take shards.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, Options::default()).await
    }

    /// The same with a clock of the caller's. Leases end by the database's clock, whatever this one says.
    pub async fn start_with(config: Config, options: Options) -> Result<Self, StartError> {
        let Some(shared) = config.log.shared.clone() else {
            return Err(StartError::Shared("[log] names no database".to_owned()));
        };
        let systems = Arc::new(Systems::connect(&config.tenants, &options.clock)?);
        let hooks = supervise::listen(config.hooks).await?;
        let admin_door = supervise::listen(config.admin).await?;
        let pages = supervise::listen(config.page.address).await?;
        let data_dir = config.data_dir.clone();
        let write = |source| StartError::Write { path: data_dir.clone(), source };
        std::fs::create_dir_all(&data_dir).map_err(write)?;
        let database = connect(settings(&shared, &data_dir)).await?;
        agree(&database, &config).await?;
        let runner = name()?;
        let address = supervise::admin_address(&config, &admin_door)?;
        web::door::share_key(&data_dir, &page_key(&config)?).map_err(write)?;
        let page = web::door::open(&data_dir, &config.page, &pages).map_err(write)?;
        let (stop, stopped) = watch::channel(false);
        let manner = Manner {
            lease: shared.lease,
            options: options.clone(),
            data_dir: data_dir.clone(),
            master_key: config.master_key.clone(),
            signing_key: config.log.signing_key.clone(),
            sign_every: config.log.sign_every,
            hooks: hooks.local_addr().unwrap_or(config.hooks),
            token: address.token.clone(),
            access: page.access,
        };
        let holding =
            Arc::new(Holding::new(runner, database, Arc::clone(&systems), manner, &config.tenants));
        let mut member = Self {
            holding: Arc::clone(&holding),
            hooks: holding.manner.hooks,
            pages: page.url.clone(),
            data_dir: data_dir.clone(),
            stop,
            loops: JoinSet::new(),
        };
        let door = ingress::Door {
            inboxes: Arc::<Holding>::clone(&holding),
            systems: Arc::clone(&systems),
            counters: Arc::clone(holding.counters()),
            limits: ingress::Limits { sources: config.sources, ..ingress::Limits::default() },
        };
        let loops = &mut member.loops;
        let router = ingress::router(door).merge(front::intake(Arc::clone(&holding)));
        let router = requests::spanned("hooks", router);
        supervise::serve(loops, hooks, router, serve::PROVIDER_LONGEST, &stopped);
        let site = requests::spanned("pages", front::pages(Arc::clone(&holding)));
        supervise::serve(loops, pages, site, serve::OPERATOR_LONGEST, &stopped);
        let router = requests::spanned("admin", front::admin(Arc::clone(&holding)));
        supervise::serve(loops, admin_door, router, serve::OPERATOR_LONGEST, &stopped);
        loops.spawn(read_secrets(systems, options, stopped.clone()));
        loops.spawn(holding.run(stopped));
        // Last: who finds it finds the doors open.
        address.write(&data_dir).map_err(write)?;
        supervise::warn_of_open_hooks(member.hooks);
        tracing::info!(runner = %member.holding.runner(), hooks = %member.hooks, admin = %address.url, page = %page.url, "running");
        Ok(member)
    }

    /// What it holds now.
    pub fn holds(&self) -> Holds {
        self.holding.holds()
    }

    /// Where a tenant's log is.
    pub fn shard_of(&self, tenant: &str) -> Shard {
        self.holding.shard_of(tenant)
    }

    /// Where webhooks come in.
    pub fn hooks(&self) -> SocketAddr {
        self.hooks
    }

    /// Where people find the pages.
    pub fn pages(&self) -> &str {
        &self.pages
    }

    /// Who says how things stand, in a line.
    pub fn standing(&self) -> impl Fn() -> Option<String> + Send + use<> {
        let holding = Arc::clone(&self.holding);
        move || Some(holding.standing())
    }

    /// Waits until something ends by itself, which it should not.
    pub async fn ended(&mut self) -> StopError {
        match self.loops.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => panic.into(),
            Some(Ok(Ok(()))) | None => std::io::Error::other("a loop ended by itself").into(),
        }
    }

    /// Finishes what is under way, gives every shard back, and ends.
    pub async fn stop(self) -> Result<(), StopError> {
        let Self { data_dir, stop, mut loops, .. } = self;
        stop.send_replace(true);
        let mut first = Ok(());
        while let Some(ended) = loops.join_next().await {
            first = first.and(ended.map_err(StopError::from).and_then(|result| result));
        }
        drop(std::fs::remove_file(data_dir.join(admin::ADDRESS_FILE)));
        first
    }
}

/// Sees that this machine's master key is the one that all runners on the database have.
async fn agree(database: &Database, config: &Config) -> Result<(), StartError> {
    // Whoever is first says which it is, whatever shard it then holds.
    let kept = database.kept(Shard(0), Fence(u64::MAX));
    let master = config.master_key.clone();
    let agreed = tokio::task::spawn_blocking(move || SharedKeys::agree(&kept, &master)).await;
    let agreed = agreed.map_err(|error| StartError::Shared(error.to_string()))?;
    Ok(agreed.map(drop)?)
}

/// A name that no other process has or had.
fn name() -> Result<RunnerId, getrandom::Error> {
    let mut random = [0; 4];
    getrandom::fill(&mut random)?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "runner" } else { host.trim() };
    Ok(RunnerId(format!("{host}-{}-{}", std::process::id(), hex::encode(random))))
}

/// What signs the pages' cookies: the same for all runners, since all have the same master key.
fn page_key(config: &Config) -> Result<[u8; 32], StartError> {
    let path = &config.master_key;
    let text = std::fs::read_to_string(path);
    let text =
        text.map_err(|source| VaultError::Io { action: "reading", path: path.clone(), source })?;
    let digest = Sha256::new().chain_update(b"the pages' key, 1\n").chain_update(text.trim());
    Ok(digest.finalize().into())
}

/// The files of the webhooks' secrets are read for all tenants: their messages come to any runner.
async fn read_secrets(
    systems: Arc<Systems>,
    options: Options,
    mut stop: watch::Receiver<bool>,
) -> Result<(), StopError> {
    while !*stop.borrow() {
        let now = options.clock.now();
        systems.all().for_each(|connected| connected.receivers.look(&connected.tenant, now));
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(SECRETS_EVERY) => {}
        }
    }
    Ok(())
}
