//! The log on PostgreSQL: several logs, the shards, in one database; each written by the one who holds its fence.
//!
//! | danger | guard |
//! |---|---|
//! | two writers, one of whom was asleep | every write carries a [`Fence`]; one that is older than the shard's is refused in the same statement |
//! | a commit whose answer was lost | the log is asked with a write of its own, and the same bytes are offered again only to the very end that they continue: `store/postgres/append.rs` |
//! | positions with gaps, readers that overtake a writer | the shard's row is locked by the append and says which position is next |
//! | a server that loses what it acknowledged | `fsync = off` and `synchronous_commit = off` are refused, at every connection |
//! | a standby that was promoted without the last commits | synchronous replication is the operator's to set; a commit that did not wait for the standby is asked for once more |
//! | the way leaves the machine | TLS, with the server's certificate checked |
//! | a database brought back in part, a row changed by hand | who opens a shard's log sees first that its last record is the one that the shard's row names |
//! | clocks that differ | leases end by the database's clock alone |
//!
//! A tenant's log is in the shard that [`Shard::of`] gives; the number of shards is written into a new database and
//! stays. Records are the same bytes as in every other store, so that positions and hashes survive a move. Tables
//! and views for SQL: `store/postgres/schema/1.sql` and docs/postgres.md.
//!
//! In `portable` mode nothing is used that PostgreSQL's kin lack: no LISTEN and NOTIFY, SKIP LOCKED, advisory
//! locks. Nowhere is anything decided by a notification: it only ends a wait early.
//!
//! Read `store/postgres/log.rs` next, then `store/postgres/append.rs` and `store/postgres/leases.rs`.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::store::StoreError;

mod append;
mod batch;
mod column;
mod connection;
mod driver;
mod end;
mod follow;
mod here;
mod json;
mod kept;
mod leases;
mod log;
mod mail;
mod pool;
mod schema;
pub mod server;
mod tls;
mod views;

use connection::{Connection, Failure, Place};
use driver::Driver;
pub use kept::Kept;
pub use leases::{Lease, Leases, RunnerId};
pub use log::PostgresStore;
pub use mail::{Answer, Letter, Mail};
use pool::Pool;
pub use views::{Derive, Row, Scope};

/// How a database is used.
#[derive(Clone)]
pub struct Settings {
    /// Where it is: `postgres://user:password@host:port/name`; several hosts with commas, of which the one that can be
    /// written to is used. `sslmode`, `sslrootcert` and what else libpq's clients write there is understood.
    pub url: String,
    /// Use a server that may lose what it acknowledged.
    pub accept_loss: bool,
    /// Let the way to another machine go without TLS.
    pub plain: bool,
    /// Use nothing that PostgreSQL's kin lack.
    pub portable: bool,
    /// How many shards a new database gets; of an existing one this must be its number, or not be given.
    pub shards: Option<u16>,
    /// How long a statement may take before the server breaks it off.
    pub statement_timeout: Duration,
    /// How long connecting to one host may take.
    pub connect_timeout: Duration,
    /// How long an operation goes on trying while the database cannot be reached.
    pub patience: Duration,
    /// How long a lease holds unless it is renewed, by the database's clock.
    pub lease: Duration,
    /// A directory for checkpoints of indexes, which can be thrown away; one below it for each shard.
    pub index_dir: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: String::new(),
            accept_loss: false,
            plain: false,
            portable: false,
            shards: None,
            statement_timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(30),
            lease: Duration::from_secs(10),
            index_dir: None,
        }
    }
}

/// Without the address, which may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("portable", &self.portable)
            .field("shards", &self.shards)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// One of the logs in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

impl Shard {
    /// Where a tenant's log is, of so many shards: SHA-256 of its name, the first eight bytes as a big-endian number,
    /// modulo the number of shards.
    pub fn of(tenant: &str, shards: u16) -> Self {
        let digest: [u8; 32] = Sha256::digest(tenant.as_bytes()).into();
        let first = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        Self(u16::try_from(first % u64::from(shards.max(1))).unwrap_or(0))
    }

    fn number(self) -> i32 {
        i32::from(self.0)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who of those that have held a shard is writing: each acquisition of its lease raises it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

impl Fence {
    fn number(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// A database with logs in it. Clones share its connections.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    place: Place,
    settings: Settings,
    driver: Driver,
    pool: Pool,
    shards: u16,
    /// Changes with every notification of an append.
    heard: watch::Sender<()>,
    follower: follow::Follower,
}

impl Database {
    /// Connects, refuses a server that loses what it acknowledges, and brings the tables up to date.
    ///
    /// Errors: `Io` where it cannot be reached or is refused; `Format` if a newer version of this program was there.
    pub fn connect(settings: Settings) -> Result<Self, StoreError> {
        const ACTION: &str = "connecting to the database";
        let place = Place::of(&settings)?;
        let driver = Driver::start()?;
        let inner = Inner {
            place,
            settings,
            driver: driver.clone(),
            pool: Pool::default(),
            shards: 0,
            heard: watch::Sender::new(()),
            follower: follow::Follower::default(),
        };
        let inner = driver.run(ACTION, move || async move {
            let until = Instant::now() + inner.settings.patience;
            let mut pause = Pause::until(until);
            loop {
                let made = Connection::make(&inner.place, &inner.settings, || {}).await;
                let prepared = match made {
                    Ok(mut made) => {
                        let shards = schema::prepare(&mut made, &inner.settings).await;
                        shards.map(|shards| (made, shards))
                    }
                    Err(failure) => Err(failure),
                };
                match prepared {
                    Ok((made, shards)) => {
                        inner.pool.keep(made);
                        return Ok(Inner { shards, ..inner });
                    }
                    // It is starting. Where nobody listens, nobody is waited for.
                    Err(again @ Failure::Again(_)) => pause.or(again.into_error(ACTION)).await?,
                    Err(failure) => return Err(failure.into_error(ACTION)),
                }
            }
        })?;
        Ok(Self(Arc::new(inner)))
    }

    /// How many shards the database has.
    pub fn shards(&self) -> u16 {
        self.0.shards
    }

    /// Where a tenant's log is.
    pub fn shard_of(&self, tenant: &str) -> Shard {
        Shard::of(tenant, self.0.shards)
    }

    /// The log of a shard, to be written under a fence.
    ///
    /// Errors: `Fenced` when a newer fence was given out.
    pub fn store(&self, shard: Shard, fence: Fence) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(self.clone(), shard, Some(fence))
    }

    /// The log of a shard, to be read only, also while somebody else writes: see [`PostgresStore::follow`].
    pub fn reader(&self, shard: Shard) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(self.clone(), shard, None)
    }

    /// The leases as this runner takes and keeps them.
    pub fn leases(&self, runner: RunnerId) -> Leases {
        Leases::of(self.clone(), runner)
    }

    /// Asks on some connection, again and again while there is none: only for what may be done twice.
    fn ask<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl AsyncFnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.begin(action, work).wait()
    }

    fn begin<T: Send + 'static>(
        &self,
        action: &'static str,
        mut work: impl AsyncFnMut(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> driver::Answer<T> {
        let inner = Arc::clone(&self.0);
        self.0.driver.begin(action, move || async move {
            let mut pause = Pause::until(Instant::now() + inner.settings.patience);
            loop {
                match inner.pool.once(&inner, &mut work).await {
                    Ok(answer) => return Ok(answer),
                    Err(refused @ Failure::Refused(_)) => return Err(refused.into_error(action)),
                    Err(passing) => pause.or(passing.into_error(action)).await?,
                }
            }
        })
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("shards", &self.0.shards).finish_non_exhaustive()
    }
}

/// The waits between attempts: short at first, up to half a second, to an end.
struct Pause {
    until: Instant,
    next: Duration,
}

impl Pause {
    fn until(until: Instant) -> Self {
        Self { until, next: Duration::from_millis(10) }
    }

    /// Waits before the next attempt; when there is no time for one, the error.
    async fn or(&mut self, error: StoreError) -> Result<(), StoreError> {
        if Instant::now() + self.next >= self.until {
            return Err(error);
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(Duration::from_millis(500));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenants_shard_never_changes() {
        let shards = ["acme", "beta", "north"].map(|tenant| Shard::of(tenant, 16).0);
        assert_eq!(shards, [0, 9, 1]);
        assert_eq!(Shard::of("acme", 1), Shard(0));
    }

    #[test]
    fn the_settings_do_not_print_the_address() {
        let settings =
            Settings { url: "postgres://kim:hunter2@db/x".into(), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
