//! The append: one statement, one commit; and what is done when nobody knows whether it happened.
//!
//! The statement changes the shard's row only if the log ends where the records begin, with the hash that they name, and
//! only under a fence that is not older than the shard's. So the same statement can be sent any number of times, also
//! by two connections of which one was thought dead: it takes effect once at most.
//!
//! When the answer is lost, the shard's row is changed (`asked`) and read in one commit of its own. That waits for a
//! transaction that still holds the row; and since commits become durable and reach a standby in order, its own success
//! vouches for whatever it saw.

use std::time::Instant;

use super::batch::{Batch, signed};
use super::connection::{Connection, Failure};
use super::pool::Pool;
use super::{Fence, Inner, Pause, Shard};
use crate::id::Position;
use crate::record::Hash;
use crate::store::{Head, StoreError};

const ACTION: &str = "appending to the log";

const APPEND: &str = "\
WITH head AS (
    UPDATE log_shard SET next = $5, hash = $6, fence = $2
    WHERE shard = $1 AND fence <= $2 AND next = $3 AND hash = $4
    RETURNING shard
), records AS (
    INSERT INTO log_record (shard, first, events, hash, bytes, told)
    SELECT head.shard, r.first, r.events, r.hash, r.bytes, r.told
    FROM head, unnest($7::bigint[], $8::integer[], $9::bytea[], $10::bytea[], $11::text[])
         AS r (first, events, hash, bytes, told)
), events AS (
    INSERT INTO log_event (shard, position, record, stream, version, kind, at_ms)
    SELECT head.shard, $3 + e.nth - 1, e.record, e.stream, e.version, e.kind, e.at_ms
    FROM head, unnest($12::bigint[], $13::text[], $14::bigint[], $15::text[], $16::bigint[])
         WITH ORDINALITY AS e (record, stream, version, kind, at_ms, nth)
)
SELECT shard FROM head";

const ASK: &str =
    "UPDATE log_shard SET asked = asked + 1 WHERE shard = $1 RETURNING next, hash, fence";
const LOOK: &str = "SELECT next, hash, fence FROM log_shard WHERE shard = $1";
const HOLDS: &str = "SELECT 1 FROM log_record WHERE shard = $1 AND first = $2 AND hash = $3";

/// What became of an append.
#[derive(Debug)]
pub(super) enum Landing {
    /// It is in the log, durable.
    Landed,
    /// It is not and never will be: the log ends elsewhere.
    Moved(Head),
}

/// A shard's row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) head: Head,
    pub(super) fence: Fence,
}

/// Reads a shard's row.
pub(super) async fn look(connection: &mut Connection, shard: Shard) -> Result<Row, Failure> {
    row(connection, "reading the log's end", LOOK, shard).await
}

async fn row(
    connection: &mut Connection,
    action: &'static str,
    sql: &'static str,
    shard: Shard,
) -> Result<Row, Failure> {
    let problem =
        |source: String| Failure::Refused(StoreError::Io { action, source: source.into() });
    let rows = connection.query(action, sql, &[&shard.number()]).await?;
    let Some(row) = rows.first() else {
        return Err(problem(format!("there is no shard {shard}")));
    };
    let (next, hash, fence): (i64, &[u8], i64) = (row.get(0), row.get(1), row.get(2));
    let hash = hash.try_into().map_err(|_| problem("the shard's hash has no 32 bytes".into()))?;
    let head = Head { next: Position(next.unsigned_abs()), hash: Hash(hash) };
    Ok(Row { head, fence: Fence(fence.unsigned_abs()) })
}

/// Appends, and does not come back before it is known what became of it, or there was no database for too long.
pub(super) async fn land(
    (inner, pool): (&Inner, &Pool),
    shard: Shard,
    fence: Fence,
    batch: &Batch,
) -> Result<Landing, StoreError> {
    let mut pause = Pause::until(Instant::now() + inner.settings.patience);
    let mut doubt = Doubt::None;
    loop {
        let mut attempt = async |connection: &mut Connection| {
            attempt(connection, shard, fence, batch, doubt).await
        };
        match pool.once(inner, &mut attempt).await {
            Ok(Some(landing)) => return Ok(landing),
            Ok(None) => {
                doubt = Doubt::Unknown;
                let source = "the server did not wait until its standby had it".into();
                pause.or(StoreError::Io { action: ACTION, source }).await?;
            }
            Err(refused @ Failure::Refused(_)) => return Err(refused.into_error(ACTION)),
            Err(Failure::Again(source)) => {
                pause.or(StoreError::Io { action: ACTION, source }).await?;
            }
            Err(Failure::Lost(source)) => {
                doubt = Doubt::Unknown;
                pause.or(StoreError::Io { action: ACTION, source }).await?;
            }
        }
    }
}

/// Whether an earlier attempt may have been done, or may yet be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    None,
    Unknown,
}

/// One attempt; nothing when its own success is in doubt.
async fn attempt(
    connection: &mut Connection,
    shard: Shard,
    fence: Fence,
    batch: &Batch,
    doubt: Doubt,
) -> Result<Option<Landing>, Failure> {
    if doubt == Doubt::Unknown {
        connection.was_warned();
        let row = row(connection, ACTION, ASK, shard).await?;
        let vouched = !connection.was_warned();
        if holds(connection, shard, row.head, batch).await? {
            return Ok(vouched.then_some(Landing::Landed));
        }
        refuse_older(shard, fence, row)?;
        if row.head != batch.from {
            return Ok(Some(Landing::Moved(row.head)));
        }
    }
    connection.was_warned();
    if send(connection, shard, fence, batch).await? {
        // The server warns when it did not wait for the standby.
        return Ok((!connection.was_warned()).then_some(Landing::Landed));
    }
    let row = look(connection, shard).await?;
    // A statement of an earlier attempt may have come through in between.
    if doubt == Doubt::Unknown && holds(connection, shard, row.head, batch).await? {
        return Ok(None);
    }
    refuse_older(shard, fence, row)?;
    Ok(Some(Landing::Moved(row.head)))
}

fn refuse_older(shard: Shard, fence: Fence, row: Row) -> Result<(), Failure> {
    if row.fence <= fence {
        return Ok(());
    }
    Err(Failure::Refused(fenced(shard, fence, row.fence)))
}

/// That a newer fence was given out.
pub(super) fn fenced(shard: Shard, carried: Fence, newest: Fence) -> StoreError {
    StoreError::Fenced { shard: shard.0, carried: carried.0, newest: newest.0 }
}

/// Whether the batch is in the log: what others appended behind it does not matter.
async fn holds(
    connection: &mut Connection,
    shard: Shard,
    head: Head,
    batch: &Batch,
) -> Result<bool, Failure> {
    if head == batch.to {
        return Ok(true);
    }
    if head.next <= batch.to.next {
        return Ok(false);
    }
    let (first, hash) = (signed(batch.last.0), &batch.to.hash.0[..]);
    Ok(!connection.query(ACTION, HOLDS, &[&shard.number(), &first, &hash]).await?.is_empty())
}

async fn send(
    connection: &mut Connection,
    shard: Shard,
    fence: Fence,
    batch: &Batch,
) -> Result<bool, Failure> {
    let Batch { from, to, records, events, .. } = batch;
    let rows = connection
        .query(
            ACTION,
            APPEND,
            &[
                &shard.number(),
                &fence.number(),
                &signed(from.next.0),
                &&from.hash.0[..],
                &signed(to.next.0),
                &&to.hash.0[..],
                &records.first,
                &records.events,
                &records.hash,
                &records.bytes,
                &records.told,
                &events.record,
                &events.stream,
                &events.version,
                &events.kind,
                &events.at_ms,
            ],
        )
        .await?;
    Ok(!rows.is_empty())
}
