//! What a runner has worked out of a log, in rows for those who ask in SQL.
//!
//! A state is the fold of events by the program's own machine, which SQL cannot do; so the one who holds the shard keeps
//! the rows, under its fence, and says with them up to which event it has read. Nothing reads them back as truth.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::batch::signed;
use super::{PostgresStore, append};
use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::store::{Store, StoreError};

const ACTION: &str = "keeping the rows of a view";
const PUT: &str = "\
WITH held AS (SELECT shard FROM log_shard WHERE shard = $1 AND fence <= $2 FOR UPDATE),
head AS (
    INSERT INTO log_view_head (shard, view, next) SELECT held.shard, $3, $4 FROM held
    ON CONFLICT (shard, view) DO UPDATE SET next = excluded.next WHERE log_view_head.next <= excluded.next
    RETURNING shard
), gone AS (
    DELETE FROM log_view USING head
    WHERE log_view.shard = head.shard AND log_view.view = $3 AND log_view.key = ANY($8)
), kept AS (
    INSERT INTO log_view (shard, view, key, as_of, content)
    SELECT head.shard, $3, r.key, r.as_of, r.content::jsonb
    FROM head, unnest($5::text[], $6::bigint[], $7::text[]) AS r (key, as_of, content)
    ON CONFLICT (shard, view, key) DO UPDATE SET as_of = excluded.as_of, content = excluded.content
)
SELECT shard FROM head";
const REACH: &str = "SELECT next FROM log_view_head WHERE shard = $1 AND view = $2";

const KEYS: &str = "SELECT key FROM log_view WHERE shard = $1 AND view = $2";
/// How many rows are written at once.
const ROWS: usize = 256;

/// Which rows of a view are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of streams that have new events.
    Changed,
    /// All there are too, because what they say depends on the day.
    All,
}

/// What is the row of a stream with these events; none when it has none.
pub type Derive<'a> = &'a dyn Fn(&StreamId, &[Recorded]) -> Option<serde_json::Value>;

/// One row of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about: unique in its shard and view.
    pub key: String,
    /// The event after which it stood so.
    pub as_of: Position,
    /// Its columns; none when it is no more.
    pub content: Option<serde_json::Value>,
}

impl PostgresStore {
    /// Puts rows of a view, and says that it now covers every event before `next`. Does nothing when it covered more.
    pub fn put_view(&self, view: &str, next: Position, rows: Vec<Row>) -> Result<(), StoreError> {
        let (fence, shard, view) = (self.writing()?, self.shard(), view.to_owned());
        let (mut keys, mut as_of, mut contents, mut gone) = (vec![], vec![], vec![], vec![]);
        for row in rows {
            match row.content {
                Some(content) => {
                    keys.push(row.key);
                    as_of.push(signed(row.as_of.0));
                    contents.push(content.to_string());
                }
                None => gone.push(row.key),
            }
        }
        self.database().ask(ACTION, async move |c| {
            let values: super::connection::Values<'_> = &[
                &shard.number(),
                &fence.number(),
                &view,
                &signed(next.0),
                &keys,
                &as_of,
                &contents,
                &gone,
            ];
            if c.query(ACTION, PUT, values).await?.is_empty() {
                let row = append::look(c, shard).await?;
                if row.fence > fence {
                    let error = append::fenced(shard, fence, row.fence);
                    return Err(super::Failure::Refused(error));
                }
            }
            Ok(())
        })
    }

    /// Brings a view of the streams of one workflow up to the log's end: a row for each stream, by its name. Gives how far
    /// it has come. What is interrupted is done again by the next call.
    pub fn keep_view(
        &self,
        view: &str,
        workflow: &str,
        scope: Scope,
        derive: Derive<'_>,
    ) -> Result<Position, StoreError> {
        let from = self.view_reach(view)?;
        let mut streams: BTreeSet<StreamId> = BTreeSet::new();
        if scope == Scope::All {
            let known = self.view_keys(view)?;
            streams.extend(known.iter().filter_map(|key| StreamId::parse(key).ok()));
        }
        let mut next = from;
        self.scan(from, &mut |event| {
            next = Position(event.position.0 + 1);
            if event.stream.workflow() == workflow {
                streams.insert(event.stream);
            }
            ControlFlow::Continue(())
        })?;
        let mut rows = Vec::new();
        for stream in streams {
            let events = self.read_stream(&stream, Version::NONE)?;
            let as_of = events.last().map_or(from, |event| event.position);
            let content = derive(&stream, &events);
            rows.push(Row { key: stream.as_str().to_owned(), as_of, content });
            if rows.len() == ROWS {
                // Not yet further than before: there is more to come.
                self.put_view(view, from, std::mem::take(&mut rows))?;
            }
        }
        self.put_view(view, next, rows)?;
        Ok(next)
    }

    fn view_keys(&self, view: &str) -> Result<Vec<String>, StoreError> {
        let (shard, view) = (self.shard(), view.to_owned());
        self.database().ask(ACTION, async move |c| {
            let rows = c.query(ACTION, KEYS, &[&shard.number(), &view]).await?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
    }

    /// Which event a view covers next.
    pub fn view_reach(&self, view: &str) -> Result<Position, StoreError> {
        let (shard, view) = (self.shard(), view.to_owned());
        self.database().ask(ACTION, async move |c| {
            let rows = c.query(ACTION, REACH, &[&shard.number(), &view]).await?;
            let next = |row: &tokio_postgres::Row| row.get::<_, i64>(0).unsigned_abs();
            Ok(Position(rows.first().map_or(0, next)))
        })
    }
}
