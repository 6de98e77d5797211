//! Mail between runners: what reached one that does not hold the shard it is for lies here, durable, until the holder has
//! taken it.
//!
//! The same id waits once. What is only settled after it has been done is done at least once: so whoever takes it must
//! take the same id twice without harm. What is taken before it is done is done at most once, and only by a holder whose
//! fence is the newest. Deliberately absent: what is in a letter.

use std::time::Duration;

use super::{Database, Fence, Shard};
use crate::store::StoreError;

const SENDING: &str = "sending mail to the holder of a shard";
const READING: &str = "reading a shard's mail";
const TAKING: &str = "taking a shard's mail";

const SEND: &str = "\
INSERT INTO log_mail (shard, kind, id, sent_at, body, taken)
VALUES ($1, $2, $3, clock_timestamp(), $4, FALSE) ON CONFLICT (shard, kind, id) DO NOTHING";
const WAITING: &str = "\
SELECT kind, id, body FROM log_mail WHERE shard = $1 AND NOT taken ORDER BY number LIMIT $2";
const COUNT: &str = "SELECT count(*) FROM log_mail WHERE NOT taken";
const TAKE: &str = "\
UPDATE log_mail SET taken = TRUE
WHERE shard = $1 AND kind = $2 AND id = $3 AND NOT taken
  AND EXISTS (SELECT 1 FROM log_shard WHERE log_shard.shard = $1 AND log_shard.fence <= $4)";
const SETTLE: &str = "DELETE FROM log_mail WHERE shard = $1 AND kind = $2 AND id = ANY ($3)";
const REPLY: &str = "UPDATE log_mail SET reply = $4 WHERE shard = $1 AND kind = $2 AND id = $3";
const ANSWER: &str = "SELECT taken, reply FROM log_mail WHERE shard = $1 AND kind = $2 AND id = $3";
const SWEEP: &str = "\
DELETE FROM log_mail
WHERE kind = $1 AND sent_at < clock_timestamp() - $2::bigint * interval '1 second'";

/// The mail of a database's shards.
#[derive(Clone, Debug)]
pub struct Mail(Database);

/// Something that waits for a shard's holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What kind it is.
    pub kind: String,
    /// What makes it one of its kind.
    pub id: String,
    /// What is in it.
    pub body: Vec<u8>,
}

/// What became of a letter that asked for a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody has taken it.
    Waiting,
    /// The holder has taken it and not answered.
    Taken,
    /// It was answered.
    Replied(Vec<u8>),
    /// There is no such letter.
    Gone,
}

impl Database {
    /// The mail between runners.
    pub fn mail(&self) -> Mail {
        Mail(self.clone())
    }
}

impl Mail {
    /// Sends a letter; durable when this returns. `false` when the same one was waiting already.
    pub fn send(
        &self,
        shard: Shard,
        kind: &'static str,
        id: &str,
        body: &[u8],
    ) -> Result<bool, StoreError> {
        let (id, body) = (id.to_owned(), body.to_owned());
        let sent = self.0.ask(SENDING, async move |connection| {
            connection.execute(SENDING, SEND, &[&shard.number(), &kind, &id, &body]).await
        });
        Ok(sent? > 0)
    }

    /// The letters that wait for a shard's holder, in the order in which they were sent.
    pub fn waiting(&self, shard: Shard, max: u32) -> Result<Vec<Letter>, StoreError> {
        let max = i64::from(max);
        let rows = self.0.ask(READING, async move |connection| {
            connection.query(READING, WAITING, &[&shard.number(), &max]).await
        })?;
        let letter = |row: &tokio_postgres::Row| Letter {
            kind: row.get(0),
            id: row.get(1),
            body: row.get(2),
        };
        Ok(rows.iter().map(letter).collect())
    }

    /// How many letters wait, of all shards.
    pub fn count(&self) -> Result<u64, StoreError> {
        let rows = self
            .0
            .ask(READING, async move |connection| connection.query(READING, COUNT, &[]).await);
        Ok(rows?.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Takes a letter, so that nobody else does. `false` when somebody has, or a newer fence was given out.
    pub fn take(
        &self,
        shard: Shard,
        kind: &'static str,
        id: &str,
        fence: Fence,
    ) -> Result<bool, StoreError> {
        let id = id.to_owned();
        let taken = self.0.ask(TAKING, async move |connection| {
            let values: super::connection::Values<'_> =
                &[&shard.number(), &kind, &id, &fence.number()];
            connection.execute(TAKING, TAKE, values).await
        });
        Ok(taken? > 0)
    }

    /// Forgets letters that have been done.
    pub fn settle(
        &self,
        shard: Shard,
        kind: &'static str,
        ids: Vec<String>,
    ) -> Result<(), StoreError> {
        let settled = self.0.ask(TAKING, async move |connection| {
            connection.execute(TAKING, SETTLE, &[&shard.number(), &kind, &ids]).await
        });
        settled.map(drop)
    }

    /// Answers a letter.
    pub fn reply(
        &self,
        shard: Shard,
        kind: &'static str,
        id: &str,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let (id, body) = (id.to_owned(), body.to_owned());
        let replied = self.0.ask(SENDING, async move |connection| {
            connection.execute(SENDING, REPLY, &[&shard.number(), &kind, &id, &body]).await
        });
        replied.map(drop)
    }

    /// What became of a letter.
    pub fn answer(&self, shard: Shard, kind: &'static str, id: &str) -> Result<Answer, StoreError> {
        let id = id.to_owned();
        let rows = self.0.ask(READING, async move |connection| {
            connection.query(READING, ANSWER, &[&shard.number(), &kind, &id]).await
        })?;
        let Some(row) = rows.first() else { return Ok(Answer::Gone) };
        let (taken, reply): (bool, Option<Vec<u8>>) = (row.get(0), row.get(1));
        Ok(match reply {
            Some(reply) => Answer::Replied(reply),
            None if taken => Answer::Taken,
            None => Answer::Waiting,
        })
    }

    /// Forgets letters of a kind that nobody asks for any more.
    pub fn sweep(&self, kind: &'static str, older_than: Duration) -> Result<(), StoreError> {
        let secs = i64::try_from(older_than.as_secs()).unwrap_or(i64::MAX);
        let swept = self.0.ask(TAKING, async move |connection| {
            connection.execute(TAKING, SWEEP, &[&kind, &secs]).await
        });
        swept.map(drop)
    }
}
