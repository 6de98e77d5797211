//! Who writes to which shard: leases that end by the database's clock, each with a fence higher than the one before.
//!
//! A lease tells a runner what to work on. That nobody else writes is not its doing but the fence's: a runner that
//! sleeps past its lease and wakes is refused by the log itself. How many shards a runner should hold is for the
//! runner to say.

use std::fmt;
use std::time::{Duration, Instant};

use super::connection::{Connection, Failure};
use super::{Database, Fence, Shard};
use crate::store::StoreError;

const ACTION: &str = "taking and keeping leases";

/// One statement takes them all: those that others are taking at this moment are passed over.
const ACQUIRE: &str = "\
WITH free AS (
    SELECT shard FROM log_lease
    WHERE (holder IS NULL OR expires_at <= clock_timestamp()) AND ($4::integer IS NULL OR shard = $4)
    ORDER BY expires_at, shard LIMIT $3 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE log_lease SET fence = log_lease.fence + 1, holder = $1,
        expires_at = clock_timestamp() + $2 * interval '1 millisecond'
    FROM free WHERE log_lease.shard = free.shard
    RETURNING log_lease.shard, log_lease.fence
)
UPDATE log_shard SET fence = taken.fence FROM taken
WHERE log_shard.shard = taken.shard
RETURNING log_shard.shard, log_shard.fence";
const FREE: &str = "\
SELECT shard, fence FROM log_lease
WHERE (holder IS NULL OR expires_at <= clock_timestamp()) AND ($2::integer IS NULL OR shard = $2)
ORDER BY expires_at, shard LIMIT $1";
/// One of them, if it is still as it was seen.
const TAKE: &str = "\
WITH taken AS (
    UPDATE log_lease SET fence = fence + 1, holder = $1,
        expires_at = clock_timestamp() + $2 * interval '1 millisecond'
    WHERE shard = $3 AND fence = $4 AND (holder IS NULL OR expires_at <= clock_timestamp())
    RETURNING shard, fence
)
UPDATE log_shard SET fence = taken.fence FROM taken
WHERE log_shard.shard = taken.shard
RETURNING log_shard.shard, log_shard.fence";
/// Only what has not ended yet: afterwards somebody else may have been told that it is free.
const RENEW: &str = "\
UPDATE log_lease SET expires_at = clock_timestamp() + $2 * interval '1 millisecond'
FROM unnest($3::integer[], $4::bigint[]) AS held (shard, fence)
WHERE log_lease.shard = held.shard AND log_lease.fence = held.fence AND log_lease.holder = $1
  AND log_lease.expires_at > clock_timestamp()
RETURNING log_lease.shard, log_lease.fence";
const RELEASE: &str = "\
UPDATE log_lease SET holder = NULL, expires_at = clock_timestamp()
WHERE shard = $1 AND fence = $2 AND holder = $3";
const ALIVE: &str = "\
INSERT INTO log_runner (runner, expires_at) VALUES ($1, clock_timestamp() + $2 * interval '1 millisecond')
ON CONFLICT (runner) DO UPDATE SET expires_at = excluded.expires_at";
const BURY: &str =
    "DELETE FROM log_runner WHERE expires_at < clock_timestamp() - interval '1 hour'";
const LEAVE: &str = "DELETE FROM log_runner WHERE runner = $1";
const RUNNERS: &str =
    "SELECT runner FROM log_runner WHERE expires_at > clock_timestamp() ORDER BY runner";
const HOLDER: &str = "\
SELECT holder FROM log_lease
WHERE shard = $1 AND holder IS NOT NULL AND expires_at > clock_timestamp()";

/// A runner's name: of one process, so that one started anew has another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunnerId(pub String);

impl fmt::Display for RunnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to work on a shard's log, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The shard.
    pub shard: Shard,
    /// What every write must carry.
    pub fence: Fence,
    /// Until when it holds by this process's own steady clock at least: counted from before the question was asked, so
    /// never later than the database thinks.
    pub until: Instant,
}

/// The leases as one runner takes and keeps them.
#[derive(Clone, Debug)]
pub struct Leases {
    database: Database,
    runner: RunnerId,
}

impl Leases {
    pub(super) fn of(database: Database, runner: RunnerId) -> Self {
        Self { database, runner }
    }

    /// Who they are taken for.
    pub fn runner(&self) -> &RunnerId {
        &self.runner
    }

    /// Takes at most so many that nobody holds, those that have been free for longest first. What the former holder has in
    /// flight is waited for; afterwards its appends are refused.
    pub fn acquire(&self, max: usize) -> Result<Vec<Lease>, StoreError> {
        self.taken(max, None)
    }

    /// Takes the lease of one shard; none when somebody holds it, this runner included.
    pub fn take(&self, shard: Shard) -> Result<Option<Lease>, StoreError> {
        Ok(self.taken(1, Some(shard))?.pop())
    }

    /// Keeps leases for another while; those that are lost are missing in the answer. Also says that the runner is alive.
    pub fn renew(&self, leases: &[Lease]) -> Result<Vec<Lease>, StoreError> {
        let (runner, ttl, asked) = (self.runner.0.clone(), self.ttl(), Instant::now());
        let shards: Vec<i32> = leases.iter().map(|lease| lease.shard.number()).collect();
        let fences: Vec<i64> = leases.iter().map(|lease| lease.fence.number()).collect();
        let rows = self.database.ask(ACTION, async move |c| {
            alive(c, &runner, ttl).await?;
            let rows = c.query(ACTION, RENEW, &[&runner, &ttl, &shards, &fences]).await?;
            Ok(rows.iter().map(pair).collect::<Vec<_>>())
        })?;
        Ok(self.leases(rows, asked))
    }

    /// Gives a lease back, so that another runner can have it at once. The log must not be written to any more.
    pub fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let (runner, shard, fence) =
            (self.runner.0.clone(), lease.shard.number(), lease.fence.number());
        self.database.ask(ACTION, async move |c| {
            c.query(ACTION, RELEASE, &[&shard, &fence, &runner]).await.map(drop)
        })
    }

    /// Says that this runner goes.
    pub fn leave(&self) -> Result<(), StoreError> {
        let runner = self.runner.0.clone();
        self.database.ask(ACTION, async move |c| c.query(ACTION, LEAVE, &[&runner]).await.map(drop))
    }

    /// Which runners have renewed, or taken, anything within the time that a lease holds.
    pub fn runners(&self) -> Result<Vec<RunnerId>, StoreError> {
        self.database.ask(ACTION, async move |c| {
            let rows = c.query(ACTION, RUNNERS, &[]).await?;
            Ok(rows.iter().map(|row| RunnerId(row.get(0))).collect())
        })
    }

    /// Who holds a shard at this moment.
    pub fn holder(&self, shard: Shard) -> Result<Option<RunnerId>, StoreError> {
        self.database.ask(ACTION, async move |c| {
            let rows = c.query(ACTION, HOLDER, &[&shard.number()]).await?;
            Ok(rows.first().map(|row| RunnerId(row.get(0))))
        })
    }

    fn taken(&self, max: usize, only: Option<Shard>) -> Result<Vec<Lease>, StoreError> {
        let (runner, ttl, asked) = (self.runner.0.clone(), self.ttl(), Instant::now());
        let (max, only) = (i64::try_from(max).unwrap_or(i64::MAX), only.map(Shard::number));
        let portable = self.database.0.settings.portable;
        let rows = self.database.ask(ACTION, async move |c| {
            alive(c, &runner, ttl).await?;
            if !portable {
                let rows = c.query(ACTION, ACQUIRE, &[&runner, &ttl, &max, &only]).await?;
                return Ok(rows.iter().map(pair).collect());
            }
            let free = c.query(ACTION, FREE, &[&max, &only]).await?;
            let mut taken = Vec::new();
            for (shard, fence) in free.iter().map(pair) {
                let rows = c.query(ACTION, TAKE, &[&runner, &ttl, &shard, &fence]).await?;
                taken.extend(rows.iter().map(pair));
            }
            Ok(taken)
        })?;
        Ok(self.leases(rows, asked))
    }

    fn leases(&self, rows: Vec<(i32, i64)>, asked: Instant) -> Vec<Lease> {
        let until = asked + self.database.0.settings.lease;
        let mut leases: Vec<Lease> = rows
            .into_iter()
            .map(|(shard, fence)| Lease {
                shard: Shard(u16::try_from(shard).unwrap_or(u16::MAX)),
                fence: Fence(fence.unsigned_abs()),
                until,
            })
            .collect();
        leases.sort_by_key(|lease| lease.shard);
        leases
    }

    /// How long a lease holds, in milliseconds.
    fn ttl(&self) -> f64 {
        let lease: Duration = self.database.0.settings.lease;
        lease.as_secs_f64() * 1000.0
    }
}

async fn alive(connection: &mut Connection, runner: &String, ttl: f64) -> Result<(), Failure> {
    connection.query(ACTION, ALIVE, &[runner, &ttl]).await?;
    connection.query(ACTION, BURY, &[]).await.map(drop)
}

fn pair(row: &tokio_postgres::Row) -> (i32, i64) {
    (row.get(0), row.get(1))
}
