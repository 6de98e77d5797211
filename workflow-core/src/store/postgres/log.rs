//! One shard's log as a store.
//!
//! What is kept in memory is where the log ends and the versions of streams met lately, both good only as long as
//! nobody else appends: the append itself finds out, and they are read anew. The streams' index is the database's.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::append::{self, Landing};
use super::batch::{Batch, signed};
use super::driver::Answer;
use super::here::Here;
use super::{Database, Failure, Fence, Shard, end};
use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::record::frame::{Frame, LARGE_FRAME_BYTES_TARGET};
use crate::store::continued::Continued;
use crate::store::packed::unpacked;
use crate::store::plan::Plan;
use crate::store::read::{events_of, give};
use crate::store::{Append, Appended, Conflict, Head, Store, StoreError};

/// How many records one question brings: about a megabyte.
const PAGE: i64 = 128;
/// How many streams' versions are remembered.
const REMEMBERED_MAX: usize = 100_000;
/// How often an append may find that somebody else was quicker. Who writes under a lease never does.
const RACES_MAX: usize = 64;

const SCAN: &str = "\
SELECT first, bytes FROM log_record
WHERE shard = $1 AND first + events > $2
  AND first >= COALESCE((SELECT max(first) FROM log_record WHERE shard = $1 AND first <= $2), 0)
ORDER BY first LIMIT $3";
const READ_STREAM: &str = "\
SELECT r.first, r.bytes FROM log_record AS r
WHERE r.shard = $1 AND r.first IN
    (SELECT e.record FROM log_event AS e WHERE e.shard = $1 AND e.stream = $2 AND e.version > $3)
ORDER BY r.first";
const VERSIONS: &str = "\
SELECT stream, max(version) FROM log_event WHERE shard = $1 AND stream = ANY($2) GROUP BY stream";
const CURSOR: &str = "SELECT value FROM log_cursor WHERE shard = $1 AND name = $2";
const CURSORS: &str = "SELECT name, value FROM log_cursor WHERE shard = $1";
const TURN: &str = "SELECT COALESCE(max(turn), 0) FROM log_cursor WHERE shard = $1";
const SET_CURSOR: &str = "\
WITH held AS (SELECT shard FROM log_shard WHERE shard = $1 AND fence <= $2 FOR UPDATE)
INSERT INTO log_cursor (shard, name, turn, value) SELECT held.shard, $3, $4, $5 FROM held
ON CONFLICT (shard, name) DO UPDATE SET turn = excluded.turn, value = excluded.value
WHERE log_cursor.turn < excluded.turn
RETURNING shard";

/// The log of one shard.
pub struct PostgresStore {
    database: Database,
    shard: Shard,
    /// Without one it is only read.
    fence: Option<Fence>,
    head: RwLock<Head>,
    writer: Mutex<Writer>,
}

/// What the one who writes remembers.
#[derive(Default)]
struct Writer {
    versions: HashMap<Box<str>, Version>,
    /// The number of the last cursor that was set, so that a delayed one does not overwrite a newer.
    turn: i64,
    here: Here,
}

type Page = Vec<(Position, Vec<u8>)>;
/// Is given each record, and says whether to go on.
type Each<'a> = &'a mut dyn FnMut(Position, &[u8]) -> Result<ControlFlow<()>, StoreError>;

impl PostgresStore {
    pub(super) fn open(
        database: Database,
        shard: Shard,
        fence: Option<Fence>,
    ) -> Result<Self, StoreError> {
        let (row, turn) = database.ask("opening the log", async move |c| {
            let row = end::checked(c, shard).await?;
            let turns = c.query("opening the log", TURN, &[&shard.number()]).await?;
            Ok((row, turns.first().map_or(0, |row| row.get(0))))
        })?;
        if let Some(fence) = fence
            && row.fence > fence
        {
            return Err(append::fenced(shard, fence, row.fence));
        }
        let writer = Mutex::new(Writer { turn, ..Writer::default() });
        Ok(Self { database, shard, fence, head: RwLock::new(row.head), writer })
    }

    /// Which of the database's logs this is.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// The fence that every write carries; none when the log is only read.
    pub fn fence(&self) -> Option<Fence> {
        self.fence
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Asks where the log ends, which for one who only reads is not known otherwise.
    pub fn refresh(&self) -> Result<Head, StoreError> {
        let shard = self.shard;
        let row = self
            .database
            .ask("reading the log's end", async move |c| append::look(c, shard).await)?;
        self.saw(row.head);
        Ok(self.head())
    }

    /// Takes note of an end of the log, unless a later one is known.
    pub(super) fn saw(&self, seen: Head) {
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if seen.next > head.next {
            *head = seen;
        }
    }

    pub(super) fn writing(&self) -> Result<Fence, StoreError> {
        self.fence.ok_or_else(|| StoreError::Io {
            action: "writing to the log",
            source: "it was opened to be read".into(),
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // What a panic might leave behind is what the next append finds out to be wrong.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On this thread, where it may wait.
    fn land(
        &self,
        here: &mut Here,
        fence: Fence,
        batch: &Arc<Batch>,
    ) -> Result<Landing, StoreError> {
        let (inner, shard) = (&self.database.0, self.shard);
        let landed = here.run(async |pool| append::land((inner, pool), shard, fence, batch).await);
        landed.unwrap_or_else(|| {
            let (inner, batch) = (Arc::clone(inner), Arc::clone(batch));
            self.database.0.driver.run("appending to the log", move || async move {
                append::land((&inner, &inner.pool), shard, fence, &batch).await
            })
        })
    }

    /// Writes records; whether they are in the log, or it ends elsewhere.
    fn write(&self, writer: &mut Writer, fence: Fence, batch: Batch) -> Result<bool, StoreError> {
        let batch = Arc::new(batch);
        match self.land(&mut writer.here, fence, &batch) {
            Ok(Landing::Landed) => {
                self.saw(batch.to);
                self.database.tell();
                Ok(true)
            }
            Ok(Landing::Moved(head)) => {
                writer.versions.clear();
                *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
                Ok(false)
            }
            Err(error) => {
                writer.versions.clear();
                Err(error)
            }
        }
    }

    /// Sees to it that the versions of these streams are remembered.
    fn learn<'a>(
        &self,
        writer: &mut Writer,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), StoreError> {
        let known = &mut writer.versions;
        let mut unknown: Vec<String> =
            names.clone().filter(|name| !known.contains_key(*name)).map(str::to_owned).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        if known.len() + unknown.len() > REMEMBERED_MAX {
            known.clear();
            unknown = names.map(str::to_owned).collect();
        }
        known.extend(unknown.iter().map(|name| (name.as_str().into(), Version::NONE)));
        for (name, version) in self.ask_versions(unknown)? {
            known.insert(name.into(), version);
        }
        Ok(())
    }

    fn ask_versions(&self, names: Vec<String>) -> Result<Vec<(String, Version)>, StoreError> {
        const ACTION: &str = "reading the versions of streams";
        let shard = self.shard;
        self.database.ask(ACTION, async move |c| {
            let rows = c.query(ACTION, VERSIONS, &[&shard.number(), &names]).await?;
            let version = |row: &tokio_postgres::Row| Version(row.get::<_, i64>(1).unsigned_abs());
            Ok(rows.iter().map(|row| (row.get(0), version(row))).collect())
        })
    }

    fn begin_page(&self, from: Position) -> Answer<Page> {
        const ACTION: &str = "reading the log";
        let shard = self.shard;
        self.database.begin(ACTION, async move |c| {
            let rows = c.query(ACTION, SCAN, &[&shard.number(), &signed(from.0), &PAGE]).await?;
            rows.iter().map(record).collect()
        })
    }

    /// Every record from the one that holds `from`, the next page on its way while one is looked at.
    fn walk(&self, from: Position, each: Each<'_>) -> Result<(), StoreError> {
        let mut page = self.begin_page(from).wait()?;
        while let Some((first, bytes)) = page.last() {
            let next = Frame::decode(bytes).map_or(Position(first.0 + 1), |frame| frame.next());
            // A page that is not full was the last one.
            let full = page.len() as i64 == PAGE;
            let following = full.then(|| self.begin_page(next));
            for (first, bytes) in &page {
                if each(*first, bytes)?.is_break() {
                    return Ok(());
                }
            }
            page = following.map(Answer::wait).transpose()?.unwrap_or_default();
        }
        Ok(())
    }
}

fn record(row: &tokio_postgres::Row) -> Result<(Position, Vec<u8>), Failure> {
    let first = Position(row.get::<_, i64>(0).unsigned_abs());
    let record = unpacked(first, row.get(1)).map_err(Failure::Refused)?;
    Ok((first, record.into_owned()))
}

impl Writer {
    /// The version of a stream that was learned.
    fn version(&self, stream: &str) -> Version {
        self.versions.get(stream).copied().unwrap_or_default()
    }

    /// Takes note of versions that are now in the log.
    fn adopt<'a>(&mut self, versions: impl Iterator<Item = (&'a str, Version)>) {
        for (stream, version) in versions {
            match self.versions.get_mut(stream) {
                Some(known) => *known = version,
                None => drop(self.versions.insert(stream.into(), version)),
            }
        }
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("shard", &self.shard)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}

/// That another writer was quicker, each time.
fn outrun() -> StoreError {
    StoreError::Io {
        action: "appending to the log",
        source: "another writer of the same shard was quicker each time".into(),
    }
}

impl Store for PostgresStore {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        let fence = self.writing()?;
        let writer = &mut *self.writer();
        for _ in 0..RACES_MAX {
            self.learn(writer, group.iter().map(|item| item.stream.as_str()))?;
            let head = self.head();
            let plan =
                Plan::of(group, head, LARGE_FRAME_BYTES_TARGET, |name| Ok(writer.version(name)))?;
            let refused: Vec<&Conflict> =
                plan.outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
            if !refused.is_empty() {
                // Is it so, or has somebody else appended? Only the database knows.
                let names = group.iter().map(|item| item.stream.as_str().to_owned()).collect();
                let mut now: HashMap<Box<str>, Version> = HashMap::new();
                now.extend(self.ask_versions(names)?.into_iter().map(|(n, v)| (n.into(), v)));
                let known = |item: &Append| {
                    let now = now.get(item.stream.as_str()).copied().unwrap_or_default();
                    writer.version(item.stream.as_str()) == now
                };
                if !group.iter().all(known) {
                    writer.versions.clear();
                    self.refresh()?;
                    continue;
                }
            }
            if plan.records.is_empty() {
                return Ok(plan.outcomes);
            }
            let batch = Batch::of(head, plan.head, &plan.records, plan.events());
            if self.write(writer, fence, batch)? {
                writer.adopt(plan.versions());
                return Ok(plan.outcomes);
            }
        }
        Err(outrun())
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        let fence = self.writing()?;
        let writer = &mut *self.writer();
        for _ in 0..RACES_MAX {
            let frames: Vec<Frame<'_>> =
                records.iter().filter_map(|bytes| Frame::decode(bytes).ok()).collect();
            self.learn(writer, frames.iter().flat_map(|f| f.events.iter().map(|e| e.stream)))?;
            let head = self.head();
            let continued = Continued::of(records, head, |name| Ok(writer.version(name)))?;
            if continued.records.is_empty() {
                return Ok(());
            }
            // None was left out above: each was found good.
            let events = frames.iter().flat_map(|frame| frame.events.iter().copied());
            let batch = Batch::of(head, continued.head, &continued.records, events);
            if self.write(writer, fence, batch)? {
                writer.adopt(continued.versions());
                return Ok(());
            }
        }
        Err(outrun())
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        const ACTION: &str = "reading a stream";
        let (shard, name) = (self.shard, stream.as_str().to_owned());
        let page: Page = self.database.ask(ACTION, async move |c| {
            let values = (shard.number(), signed(after.0));
            let rows = c.query(ACTION, READ_STREAM, &[&values.0, &name, &values.1]).await?;
            rows.iter().map(record).collect()
        })?;
        let mut events = Vec::new();
        for (first, bytes) in page {
            events.extend(events_of(stream, after, first, &bytes)?);
        }
        Ok(events)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.walk(from, &mut |first, bytes| give(first, bytes, from, each))
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.walk(from, &mut |first, bytes| Ok(each(first, bytes)))
    }

    fn head(&self) -> Head {
        *self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        const ACTION: &str = "reading a cursor";
        let (shard, name) = (self.shard, name.to_owned());
        self.database.ask(ACTION, async move |c| {
            let rows = c.query(ACTION, CURSOR, &[&shard.number(), &name]).await?;
            Ok(rows.first().map(|row| row.get(0)))
        })
    }

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        const ACTION: &str = "reading the cursors";
        let shard = self.shard;
        self.database.ask(ACTION, async move |c| {
            let rows = c.query(ACTION, CURSORS, &[&shard.number()]).await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        const ACTION: &str = "setting a cursor";
        let fence = self.writing()?;
        let writer = &mut *self.writer();
        loop {
            writer.turn += 1;
            let (shard, turn) = (self.shard, writer.turn);
            let (name, value) = (name.to_owned(), value.to_vec());
            // Nothing when it stands so now; otherwise the newest turn.
            let newest: Option<i64> = self.database.ask(ACTION, async move |c| {
                let values: super::connection::Values<'_> =
                    &[&shard.number(), &fence.number(), &name, &turn, &value];
                if !c.query(ACTION, SET_CURSOR, values).await?.is_empty() {
                    return Ok(None);
                }
                let row = append::look(c, shard).await?;
                if row.fence > fence {
                    let error = append::fenced(shard, fence, row.fence);
                    return Err(Failure::Refused(error));
                }
                // An earlier attempt whose answer was lost, or somebody else's turn.
                let there = c.query(ACTION, CURSOR, &[&shard.number(), &name]).await?;
                if there.first().is_some_and(|row| row.get::<_, &[u8]>(0) == value) {
                    return Ok(None);
                }
                let turns = c.query(ACTION, TURN, &[&shard.number()]).await?;
                Ok(turns.first().map(|row| row.get(0)))
            })?;
            match newest {
                None => return Ok(()),
                Some(newest) => writer.turn = newest.max(writer.turn),
            }
        }
    }

    fn index_dir(&self) -> Option<PathBuf> {
        let dir = self.database.0.settings.index_dir.as_ref()?;
        Some(dir.join(format!("shard-{}", self.shard)))
    }
}
