//! What one runner holds: leases taken, kept and given back, and the workplace that each leads to.
//!
//! A runner takes its share of the shards that have tenants, by how many runners there are, and gives back what is more. A
//! shard whose lease is lost, or whose log refuses its fence, is dropped at once: its loops are ended where they are.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;
use workflow_core::audit::sign::SigningKey;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, HandleError};
use workflow_core::inbox::Delivery;
use workflow_core::seal::{SharedKeys, Vault};
use workflow_core::store::StoreError;
use workflow_core::store::postgres::{
    Database, Lease, Leases, Mail, PostgresStore, RunnerId, Shard,
};
use workflow_core::time::Timestamp;

use super::post;
use super::scribe::Scribe;
use crate::config::Tenant;
use crate::documents::Documents;
use crate::hold::Hold;
use crate::ingress::{self, Accepting, Counters, Inboxes};
use crate::metrics::timed::TimedStore;
use crate::signing::{self, Signer};
use crate::supervise::{Options, StartError, StopError};
use crate::systems::Systems;
use crate::web::access::Access;
use crate::workplace::{Ground, Workplace};
use crate::{admin, intake, web};

/// Between two looks at what is held: whether a log refused us, and whether it is time to renew.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How a runner works, whichever shard it is.
pub(super) struct Manner {
    pub(super) lease: Duration,
    pub(super) options: Options,
    pub(super) data_dir: PathBuf,
    pub(super) master_key: PathBuf,
    pub(super) signing_key: Option<SigningKey>,
    pub(super) sign_every: Duration,
    pub(super) hooks: SocketAddr,
    pub(super) token: String,
    pub(super) access: Access,
}

/// What a runner holds, as it says when asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// The runner's name.
    pub runner: String,
    /// Where webhooks come in to it.
    pub hooks: String,
    /// The shards.
    pub shards: Vec<Held>,
    /// Whether all that it holds has nothing to do at the present moment of the clock, and no mail waits for anybody.
    pub quiet: bool,
    /// The tenants whose shards it does not hold.
    pub elsewhere: Vec<String>,
}

/// One shard that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its number.
    pub shard: u16,
    /// What every write carries.
    pub fence: u64,
    /// Its tenants.
    pub tenants: Vec<String>,
    /// Where its log ends.
    pub position: u64,
}

/// A shard that is worked on: what the doors lead to.
pub(super) struct Open {
    pub(super) lease: Lease,
    pub(super) place: Workplace,
    pub(super) admin: Router,
    pub(super) pages: Router,
    pub(super) intake: Router,
    store: Arc<PostgresStore>,
    hold: Arc<Hold>,
    /// Shuts what waits for something to happen to it.
    stop: watch::Sender<bool>,
}

/// What one runner holds.
pub(crate) struct Holding {
    database: Database,
    leases: Leases,
    pub(super) mail: Mail,
    /// By shard, its tenants; others are held by nobody.
    tenants: BTreeMap<Shard, Vec<Tenant>>,
    systems: Arc<Systems>,
    counters: Arc<Counters>,
    pub(super) manner: Manner,
    open: RwLock<BTreeMap<Shard, Arc<Open>>>,
    /// Taken, and their logs are being read.
    coming: Mutex<BTreeMap<Shard, Coming>>,
}

/// A shard whose log is being read: a long one takes longer than a lease.
struct Coming {
    lease: Lease,
    hold: Arc<Hold>,
}

impl Holding {
    pub(super) fn new(
        runner: RunnerId,
        database: Database,
        systems: Arc<Systems>,
        manner: Manner,
        all: &[Tenant],
    ) -> Self {
        let mut tenants: BTreeMap<Shard, Vec<Tenant>> = BTreeMap::new();
        for tenant in all {
            tenants.entry(database.shard_of(&tenant.name)).or_default().push(tenant.clone());
        }
        Self {
            leases: database.leases(runner),
            mail: database.mail(),
            database,
            tenants,
            systems,
            counters: Arc::default(),
            manner,
            open: RwLock::default(),
            coming: Mutex::default(),
        }
    }

    pub(super) fn runner(&self) -> &RunnerId {
        self.leases.runner()
    }

    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn shard_of(&self, tenant: &str) -> Shard {
        self.database.shard_of(tenant)
    }

    /// The tenants of the configuration, each with its shard.
    pub(super) fn tenants(&self) -> impl Iterator<Item = (Shard, &str)> {
        self.tenants
            .iter()
            .flat_map(|(shard, all)| all.iter().map(|tenant| (*shard, tenant.name.as_str())))
    }

    /// The tenant whose door for certificates a token opens; takes the same time whichever it is.
    pub(super) fn intake_of(&self, token: &str) -> Option<String> {
        let mut found = None;
        for connected in self.systems.all() {
            let own = connected.tenant.certificates.intake.as_ref();
            let fits = own.is_some_and(|own| {
                subtle::ConstantTimeEq::ct_eq(own.token.reveal().as_bytes(), token.as_bytes())
                    .into()
            });
            found = if fits { Some(connected.tenant.name.clone()) } else { found };
        }
        found
    }

    /// The shards that have tenants.
    pub(super) fn shards(&self) -> Vec<Shard> {
        self.tenants.keys().copied().collect()
    }

    /// The way to a shard that is held here.
    pub(super) fn open(&self, shard: Shard) -> Option<Arc<Open>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(&shard).cloned()
    }

    pub(super) fn all_open(&self) -> Vec<Arc<Open>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Who holds a shard, in words.
    pub(super) fn holder(&self, shard: Shard) -> String {
        match self.leases.holder(shard) {
            Ok(Some(runner)) => format!("the runner {runner} holds it"),
            Ok(None) => "no runner holds it at this moment".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// What is held, and whether there is anything to do.
    pub(super) fn holds(&self) -> Holds {
        let open = self.all_open();
        let held = |open: &Arc<Open>| Held {
            shard: open.lease.shard.0,
            fence: open.lease.fence.0,
            tenants: self.names(open.lease.shard),
            position: open.place.engine().position().0,
        };
        let quiet = open.iter().all(|open| open.place.is_quiet());
        let is_here = |shard: Shard| open.iter().any(|open| open.lease.shard == shard);
        let elsewhere = self.tenants().filter(|(shard, _)| !is_here(*shard));
        Holds {
            runner: self.runner().0.clone(),
            hooks: self.manner.hooks.to_string(),
            shards: open.iter().map(held).collect(),
            // In this order: what was mail is work now, or was worked off.
            quiet: self.mail.count().is_ok_and(|count| count == 0)
                && quiet
                && open.iter().all(|open| open.place.is_quiet()),
            elsewhere: elsewhere.map(|(_, name)| name.to_owned()).collect(),
        }
    }

    pub(super) fn standing(&self) -> String {
        let (open, shards) = (self.all_open(), self.tenants.len());
        let placements: usize =
            open.iter().map(|open| open.place.engine().summaries("placement").len()).sum();
        format!("holds {} of {shards} shards with tenants; {placements} placements", open.len())
    }

    fn names(&self, shard: Shard) -> Vec<String> {
        let all = self.tenants.get(&shard).map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|tenant| tenant.name.clone()).collect()
    }
}

impl Holding {
    /// Takes and keeps shards until it is told to stop; then gives them all back.
    pub(super) async fn run(
        self: Arc<Self>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), StopError> {
        let mut next = Instant::now();
        while !*stop.borrow() {
            self.drop_lost();
            if Instant::now() >= next {
                next = Instant::now() + self.manner.lease / 3;
                if let Err(error) = self.round().await {
                    tracing::warn!(%error, "the leases could not be seen to: what is held ends by itself");
                }
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        self.leave().await
    }

    /// Renews what is held, gives back what is more than the share, and takes what is less.
    async fn round(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut held: Vec<Lease> = self.all_open().iter().map(|open| open.lease).collect();
        held.extend(self.coming().values().map(|coming| coming.lease));
        let (leases, asked) = (self.leases.clone(), held.clone());
        let (kept, runners) = aside(move || {
            let kept = leases.renew(&asked)?;
            Ok((kept, leases.runners()?.len()))
        })
        .await?;
        kept.iter().for_each(|lease| self.prolong(lease));
        for lost in held.iter().filter(|held| !kept.iter().any(|kept| kept.shard == held.shard)) {
            tracing::error!(
                shard = lost.shard.0,
                "the lease was lost: work on the shard ends at once"
            );
            self.abandon(lost.shard);
        }
        let share = self.tenants.len().div_ceil(runners.max(1));
        for lease in kept.iter().skip(share) {
            let (holding, shard) = (Arc::clone(self), lease.shard);
            // Beside: finishing takes a while, and the others want to be renewed.
            tokio::spawn(async move {
                if let Err(error) = holding.give_back(shard).await {
                    tracing::warn!(shard = shard.0, %error, "the shard was not given back: its lease ends by itself");
                }
            });
        }
        self.take_more(share.saturating_sub(kept.len())).await
    }

    fn prolong(&self, lease: &Lease) {
        if let Some(open) = self.open(lease.shard).filter(|it| it.lease.fence == lease.fence) {
            open.hold.prolong(lease.until);
        }
        let coming = self.coming();
        if let Some(coming) = coming.get(&lease.shard).filter(|it| it.lease.fence == lease.fence) {
            coming.hold.prolong(lease.until);
        }
    }

    async fn take_more(self: &Arc<Self>, mut room: usize) -> Result<(), StoreError> {
        for shard in self.shards() {
            if room == 0 {
                break;
            }
            if self.open(shard).is_some() || self.coming().contains_key(&shard) {
                continue;
            }
            let leases = self.leases.clone();
            if let Some(lease) = aside(move || leases.take(shard)).await? {
                room -= 1;
                self.begin(lease);
            }
        }
        Ok(())
    }

    fn coming(&self) -> MutexGuard<'_, BTreeMap<Shard, Coming>> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to work on a shard, once its log is read; one whose log cannot be opened is given back, and tried again
    /// later.
    fn begin(self: &Arc<Self>, lease: Lease) {
        let (shard, holding) = (lease.shard, Arc::clone(self));
        let hold = Arc::new(Hold::until(lease.until));
        self.coming().insert(shard, Coming { lease, hold: Arc::clone(&hold) });
        tokio::spawn(async move {
            let reader = Arc::clone(&holding);
            let opened = tokio::task::spawn_blocking(move || reader.opened(lease, hold)).await;
            let opened = match opened {
                Ok(Ok(open)) => Ok(open),
                Ok(Err(error)) => Err(error.to_string()),
                Err(panic) => Err(panic.to_string()),
            };
            let ours = holding.coming().remove(&shard).is_some_and(|it| it.lease == lease);
            match opened {
                Ok(open) if ours => holding.enter(open),
                Ok(open) => open.place.abandon().await,
                Err(error) => {
                    tracing::error!(shard = shard.0, error, "the shard's log cannot be worked on");
                    drop(holding.release(lease).await);
                }
            }
        });
    }

    /// Opens a shard to the doors, and begins its work.
    fn enter(self: &Arc<Self>, mut open: Open) {
        let (shard, fence) = (open.lease.shard, open.lease.fence.0);
        open.place.begin(self.manner.options.look);
        tracing::info!(shard = shard.0, fence, tenants = ?self.names(shard), "holds the shard now");
        let open = Arc::new(open);
        let stopped = open.stop.subscribe();
        let scribe = Scribe {
            store: Arc::clone(&open.store),
            zones: open.place.zones(),
            clock: Arc::clone(&self.manner.options.clock),
        };
        tokio::spawn(scribe.run(stopped.clone()));
        tokio::spawn(post::take_in(Arc::clone(self), Arc::clone(&open), stopped));
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(shard, open);
    }

    /// A shard's log with what works on it.
    fn opened(&self, lease: Lease, hold: Arc<Hold>) -> Result<Open, StartError> {
        let Lease { shard, fence, .. } = lease;
        let Manner { options, data_dir, .. } = &self.manner;
        let log = Arc::new(self.database.store(shard, fence)?);
        let store = TimedStore::new(Arc::<PostgresStore>::clone(&log));
        let appends = store.appends();
        let dir = data_dir.join(format!("shard-{shard}"));
        let write = |source| StartError::Write { path: dir.clone(), source };
        std::fs::create_dir_all(&dir).map_err(write)?;
        if let Some(signed) = signing::kept(&dir).map_err(StartError::Signed)? {
            signing::check_reached(&store, &signed).map_err(StartError::Signed)?;
        }
        let keys = SharedKeys::open(self.database.kept(shard, fence), &self.manner.master_key)?;
        let vault = Vault::new(keys);
        let documents = Documents::shared(self.database.kept(shard, fence), Arc::clone(&vault));
        let tenants = self.tenants.get(&shard).map(Vec::as_slice).unwrap_or_default();
        let systems = Systems::connect(tenants, &options.clock)?.with_hold(Arc::clone(&hold));
        let signer = Signer {
            data_dir: dir,
            key: self.manner.signing_key.clone(),
            every: self.manner.sign_every,
            writing: Arc::default(),
        };
        let (store, counters) = (Arc::new(store), Arc::clone(&self.counters));
        let ground = Ground { store, appends, vault, documents, systems, signer, counters };
        let place = Workplace::open(ground, options)?;
        let (stop, stopped) = watch::channel(false);
        let door = Arc::new(place.door(self.manner.token.clone(), &stopped));
        let handed_in = intake::Door {
            engine: place.engine().clone(),
            systems: Arc::clone(place.systems()),
            documents: Arc::clone(place.documents()),
        };
        let access = self.manner.access.clone();
        Ok(Open {
            lease,
            admin: admin::router(Arc::clone(&door)),
            pages: web::router(web::Site::new(door, access)),
            intake: intake::router(handed_in),
            store: log,
            place,
            hold,
            stop,
        })
    }

    /// Ends the work on shards whose log has refused us, or whose time is over.
    fn drop_lost(&self) {
        for open in self.all_open() {
            let over = !open.hold.is_certain(Instant::now());
            let why = match open.place.failure() {
                Some(failure) => failure,
                None if over => "the lease was not renewed in time".to_owned(),
                None => continue,
            };
            tracing::error!(shard = open.lease.shard.0, why, "work on the shard ends at once");
            self.abandon(open.lease.shard);
        }
    }

    /// Ends the work on a shard where it is: nothing of it can be written any more, or something is wrong with it.
    fn abandon(&self, shard: Shard) {
        // One whose log is still being read finds that it is not awaited any more.
        drop(self.coming().remove(&shard));
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(&shard);
        let Some(open) = open else { return };
        open.hold.end();
        open.stop.send_replace(true);
        let leases = self.leases.clone();
        // Beside: whatever waits for the database must not hold up the other shards.
        tokio::spawn(async move {
            open.place.abandon().await;
            // Where it is ours still, somebody may have it at once.
            drop(aside(move || leases.release(&open.lease)).await);
        });
    }

    /// Finishes the work on a shard, and lets another runner have it.
    async fn give_back(&self, shard: Shard) -> Result<(), StoreError> {
        let Some(open) = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(&shard)
        else {
            return Ok(());
        };
        tracing::info!(shard = shard.0, "gives the shard back");
        open.stop.send_replace(true);
        if let Err(error) = open.place.end().await {
            tracing::warn!(shard = shard.0, %error, "the work on the shard did not end in order");
        }
        open.hold.end();
        self.release(open.lease).await
    }

    async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        let leases = self.leases.clone();
        aside(move || leases.release(&lease)).await
    }

    /// Gives everything back, all shards at once.
    async fn leave(self: Arc<Self>) -> Result<(), StopError> {
        self.coming().clear();
        let mut going = JoinSet::new();
        for shard in self.all_open().iter().map(|open| open.lease.shard) {
            let holding = Arc::clone(&self);
            going.spawn(async move { holding.give_back(shard).await });
        }
        while let Some(gone) = going.join_next().await {
            if let Err(error) = gone? {
                tracing::warn!(%error, "a shard was not given back: its lease ends by itself");
            }
        }
        let leases = self.leases.clone();
        if let Err(error) = aside(move || leases.leave()).await {
            tracing::warn!(%error, "the database was not told that this runner goes");
        }
        Ok(())
    }
}

/// Asks the database without holding up whoever else uses this thread.
pub(super) async fn aside<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(ask).await.unwrap_or_else(|error| {
        Err(StoreError::Io { action: "asking the database", source: error.into() })
    })
}

impl Inboxes for Holding {
    fn accept<'a>(&'a self, tenant: &'a str, key: &'a str, delivery: Delivery) -> Accepting<'a> {
        Box::pin(async move {
            let shard = self.shard_of(tenant);
            if let Some(open) = self.open(shard) {
                let engine: &Engine<Insurance> = open.place.engine();
                let kept = ingress::accept(engine, tenant, key, delivery.clone()).await;
                // Where it has stopped the shard is going elsewhere; kept twice is kept once.
                if !matches!(kept, Err(HandleError::Stopped(_))) {
                    return kept;
                }
            }
            let (id, body) = post::delivery(tenant, key, &delivery)
                .map_err(|error| HandleError::BadInput(error.to_string()))?;
            let mail = self.mail.clone();
            let sent = aside(move || mail.send(shard, post::DELIVERY, &id, &body)).await;
            sent.map_err(|error| HandleError::Stopped(error.to_string()))
        })
    }

    fn now(&self) -> Timestamp {
        self.manner.options.clock.now()
    }
}
