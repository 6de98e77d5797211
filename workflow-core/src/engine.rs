//! The write path: every input, whoever gives it, goes through [`Engine::handle`], which loads, decides, evolves and
//! commits. Nothing else appends.
//!
//! One thread decides (`engine/writer.rs`) and one appends (`engine/disk.rs`): the inputs that wait are decided, appended
//! as one durable group and only then answered; while the disk works, the next group is decided. What states are owed
//! (`engine/index.rs`) is derived from the log, at start and after each commit; `dispatch.rs` performs the calls, messages
//! go straight to the other stream. At start a checkpoint (`engine/checkpoint.rs`) spares reading what is not pending.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{oneshot, watch};
use tracing::{Instrument as _, Span};

mod cache;
mod checkpoint;
mod disk;
mod drift;
mod ended;
mod folding;
mod index;
mod line;
mod lines;
pub(crate) mod live;
mod moments;
#[cfg(test)]
pub(crate) mod office;
mod open;
mod queue;
pub(crate) mod registry;
#[cfg(test)]
mod tight;
#[cfg(test)]
mod untimely;
mod writer;

pub use drift::{Difference, Drift, Report, What};
pub use index::{OwedCall, Summary, Wait};
#[cfg(any(test, feature = "testing"))]
pub(crate) use live::{Standing, standing};
pub use open::{Builder, OpenError};
pub use registry::{ReplayError, Source, Stored, decode, replay};

use crate::exchange::Attempted;
use crate::id::{Key, Position, StreamId, Version};
use crate::record::Recorded;
use crate::seal::{self, Vault};
use crate::span;
use crate::store::{NoRoom, Store, StoreError};
use crate::time::{Clock, Timestamp};
use crate::workflow::{Domain, Rejection, Workflow};
use checkpoint::Checkpoints;
use index::{Index, OwedNow};
use queue::{Queue, Room};
use registry::Workflows;

/// How many inputs may be taken in and not answered; beyond that callers wait, which pushes back to the door.
pub const QUEUE_MAX: usize = 4096;

/// So many lines are made while the writer waits.
const SUMMARIES_AT_A_TIME: usize = 500;

/// The rules of a tenant, by its name; `None` for a tenant that is not configured.
pub type RulesOf<R> = dyn Fn(&str) -> Option<Arc<R>> + Send + Sync;

/// A running engine; clones share it.
pub struct Engine<D: Domain> {
    shared: Arc<Shared<D>>,
}

impl<D: Domain> Clone for Engine<D> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<D: Domain> {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    vault: Option<Arc<Vault>>,
    workflows: Arc<Workflows<D>>,
    index: Arc<RwLock<Index<D>>>,
    queue: Arc<Queue<D>>,
    changes: watch::Receiver<u64>,
    stopped: Arc<Mutex<Option<String>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    checkpoints: Arc<Checkpoints<D>>,
}

impl<D: Domain> Drop for Shared<D> {
    fn drop(&mut self) {
        // Nobody is left to ask: the writer finishes what it has and ends.
        self.queue.close();
    }
}

/// What reached the writer.
struct Job<D: Domain> {
    stream: StreamId,
    given: Given<D>,
    source: Source,
    taken: Option<Box<Taken<D>>>,
    reply: oneshot::Sender<Result<Handled, HandleError>>,
    room: Room,
}

/// An input in one of the forms in which it may arrive.
pub(crate) enum Given<D: Domain> {
    /// A workflow's own input type.
    Typed(Box<dyn Any + Send>),
    /// The same as JSON: messages, the admin door.
    Json(serde_json::Value),
    /// The answer to an owed call.
    Answer { key: Key, operation: String, answer: D::Answer },
    /// The instance's time has come.
    Timer,
    /// Nothing: an attempt that failed is to be kept, whatever the instance.
    Exchanges,
}

/// What attempts at a call exchanged with the outside, on its way into the log.
pub(crate) struct Taken<D: Domain> {
    call: D::Call,
    attempted: Vec<Attempted>,
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The stream's version now.
    pub version: Version,
    /// How many events it led to; none when it changed nothing.
    pub events: usize,
    /// The name of the state now.
    pub state: &'static str,
}

/// Why an input was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The rules refuse it: a normal answer.
    #[error("{0}")]
    Rejected(Rejection),
    /// It is not an input of that workflow.
    #[error("bad input: {0}")]
    BadInput(String),
    /// No workflow of that name is registered.
    #[error("no workflow is called `{0}`")]
    UnknownWorkflow(String),
    /// No such tenant is configured.
    #[error("no tenant is called `{0}`")]
    UnknownTenant(String),
    /// A workflow's own functions contradict each other; nothing was appended.
    #[error("a defect of the workflow: {0}")]
    Defect(String),
    /// The stored stream cannot be read back.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The disk is nearly full: nothing new is taken until there is room again. Nothing was appended; try later.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The engine has stopped, because it was told to or because the log failed. Whether the input was taken is
    /// known only after a restart.
    #[error("the engine has stopped: {0}")]
    Stopped(String),
}

impl<D: Domain> Engine<D> {
    /// Gives an input to one instance. When this returns `Ok`, its events are durable.
    pub async fn handle<W: Workflow<Domain = D>>(
        &self,
        stream: &StreamId,
        input: W::Input,
        source: Source,
    ) -> Result<Handled, HandleError> {
        self.room()?;
        self.submit(stream.clone(), Given::Typed(registry::boxed(input)), source).await
    }

    /// Gives an input in JSON to one instance of whichever workflow the stream names.
    pub async fn handle_json(
        &self,
        stream: &StreamId,
        input: serde_json::Value,
        source: Source,
    ) -> Result<Handled, HandleError> {
        self.room()?;
        self.submit(stream.clone(), Given::Json(input), source).await
    }

    /// Whether there is room on the disk for new inputs. Without, [`Engine::handle`] refuses them; it passes by itself.
    pub fn room(&self) -> Result<(), NoRoom> {
        self.shared.store.room(0)
    }

    /// Gives the answer to an owed call back to the instance that owed it. Taken on a nearly full disk too: what was
    /// done outside must not be forgotten.
    pub async fn answer(
        &self,
        call: &OwedCall<D>,
        answer: D::Answer,
        actor: &str,
    ) -> Result<Handled, HandleError> {
        self.answer_with(call, answer, actor, Vec::new()).await
    }

    /// The same together with what its attempts exchanged with the outside: kept in the group of the events that the
    /// answer leads to, right before them, and also when it leads to none.
    pub async fn answer_with(
        &self,
        call: &OwedCall<D>,
        answer: D::Answer,
        actor: &str,
        attempted: Vec<Attempted>,
    ) -> Result<Handled, HandleError> {
        let given =
            Given::Answer { key: call.key.clone(), operation: call.operation.clone(), answer };
        self.submit_taken(call, given, actor, attempted).await
    }

    /// Keeps what attempts exchanged with the outside that have to be made again. Durable when this returns.
    pub async fn keep(
        &self,
        call: &OwedCall<D>,
        actor: &str,
        attempted: Vec<Attempted>,
    ) -> Result<(), HandleError> {
        if attempted.iter().all(|attempted| attempted.exchanges.is_empty()) {
            return Ok(());
        }
        self.submit_taken(call, Given::Exchanges, actor, attempted).await.map(drop)
    }

    async fn submit_taken(
        &self,
        call: &OwedCall<D>,
        given: Given<D>,
        actor: &str,
        attempted: Vec<Attempted>,
    ) -> Result<Handled, HandleError> {
        let (stream, source) = (call.stream.clone(), Source::new(actor, call.key.as_str()));
        let taken = Taken { call: call.call.clone(), attempted };
        let taken = (!taken.attempted.is_empty()).then(|| Box::new(taken));
        self.submit_all(stream, given, source, taken).await
    }

    /// Gives their timer to all instances whose time has come; returns how many there were. Fails only when the engine
    /// has stopped. While the disk is nearly full they wait.
    pub async fn fire_timers(&self) -> Result<usize, HandleError> {
        if self.room().is_err() {
            return Ok(0);
        }
        let now = self.shared.clock.now();
        let due = self.write_index().take_due(now);
        for (at, stream) in &due {
            let source = Source::new("timer", at.to_string());
            match self.submit(stream.clone(), Given::Timer, source).await {
                Ok(_) => {}
                Err(HandleError::Rejected(no)) => {
                    tracing::debug!(%stream, reason = %no.code, "a timer was refused");
                }
                Err(stopped @ HandleError::Stopped(_)) => return Err(stopped),
                // One instance in trouble must not keep the others from their time.
                Err(error) => tracing::error!(%stream, %error, "a timer could not be taken"),
            }
        }
        Ok(due.len())
    }

    async fn submit(
        &self,
        stream: StreamId,
        given: Given<D>,
        source: Source,
    ) -> Result<Handled, HandleError> {
        self.submit_all(stream, given, source, None).await
    }

    async fn submit_all(
        &self,
        stream: StreamId,
        given: Given<D>,
        source: Source,
        taken: Option<Box<Taken<D>>>,
    ) -> Result<Handled, HandleError> {
        let span = match given {
            // No input: only what was exchanged is kept.
            Given::Exchanges => Span::none(),
            Given::Typed(_) | Given::Json(_) | Given::Answer { .. } | Given::Timer => {
                span::input(&stream, &source.actor)
            }
        };
        let queued = self.queued(stream, given, source, taken);
        let handled = queued.instrument(span.clone()).await;
        span::handled(&span, &handled);
        handled
    }

    async fn queued(
        &self,
        stream: StreamId,
        given: Given<D>,
        source: Source,
        taken: Option<Box<Taken<D>>>,
    ) -> Result<Handled, HandleError> {
        let queue = &self.shared.queue;
        let room = queue.room().await.ok_or_else(|| self.why_stopped())?;
        let (reply, answer) = oneshot::channel();
        // A queue that has closed meanwhile drops the job, and with it the reply.
        queue.push(Job { stream, given, source, taken, reply, room });
        answer.await.unwrap_or_else(|_| Err(self.why_stopped()))
    }

    fn why_stopped(&self) -> HandleError {
        let why = lock(&self.shared.stopped).clone();
        HandleError::Stopped(why.unwrap_or_else(|| "it was told to".to_owned()))
    }

    /// Why the engine stopped by itself, if it did.
    pub fn failure(&self) -> Option<String> {
        lock(&self.shared.stopped).clone()
    }

    /// Stops taking inputs, finishes those that wait, and ends the writer.
    pub fn stop(&self) {
        self.shared.queue.close();
        if let Some(writer) = lock(&self.shared.writer).take()
            && writer.join().is_err()
        {
            tracing::error!("the writer ended in a panic");
        }
        if self.failure().is_none() {
            self.shared.checkpoints.finish();
        }
    }

    /// Writes the checkpoints of the store and of the index now; does nothing where the store has no place for them.
    /// They are written by themselves as the log grows, and by [`Engine::stop`].
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.shared.store.checkpoint()?;
        self.shared.checkpoints.write_now()
    }

    /// The same, and what has ended leaves the memory at once for the shelf, as it does by itself once it is much.
    #[cfg(any(test, feature = "testing"))]
    pub fn shelve(&self) -> Result<(), StoreError> {
        self.shared.store.checkpoint()?;
        self.shared.checkpoints.shelve_now()
    }

    /// How many inputs are taken in and not answered yet; never more than [`QUEUE_MAX`].
    pub fn waiting(&self) -> usize {
        self.shared.queue.taken()
    }

    /// Changes whenever something was committed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.clone()
    }

    /// The log under the engine.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// The clock that the engine reads.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// All calls owed now, by key. Of many, [`Engine::owed_keys`] costs less.
    pub fn owed_calls(&self) -> Vec<OwedCall<D>> {
        self.owed_keys().iter().filter_map(|key| self.owed_call(key)).collect()
    }

    /// The keys of all calls owed now, in order.
    pub fn owed_keys(&self) -> Vec<Key> {
        self.read_index().owed_keys()
    }

    /// Whether the call of this key is owed now. Reads nothing from the store.
    pub fn owes(&self, key: &Key) -> bool {
        self.read_index().owes(key)
    }

    /// A call that is owed now. One that was owed before the start and not asked for yet is worked out from its
    /// instance's events, which takes some tens of microseconds.
    pub fn owed_call(&self, key: &Key) -> Option<OwedCall<D>> {
        let found = self.read_index().owed_call(key);
        let stream = match found {
            OwedNow::Awake(call) => return Some(call),
            OwedNow::Gone => return None,
            OwedNow::Asleep(stream) => stream,
        };
        match self.fold(&stream) {
            // It may have moved on meanwhile, and not owe the call any more. What only the checkpoint tells of was owed
            // when the engine opened.
            Ok(live) => OwedCall::find(&stream, key, &live?.standing.owed, true),
            Err(error) => {
                tracing::error!(%stream, %key, %error, "what is owed could not be worked out");
                None
            }
        }
    }

    /// An instance as the log has it.
    fn fold(&self, stream: &StreamId) -> Result<Option<live::Live<D>>, HandleError> {
        let unknown = || HandleError::UnknownWorkflow(stream.workflow().to_owned());
        let workflow = self.shared.workflows.get(stream.workflow()).ok_or_else(unknown)?;
        let events = self.history(stream).map_err(|e| HandleError::Stopped(e.to_string()))?;
        Ok(seal::within_any(self.shared.vault.as_ref(), || workflow.fold(stream, &events))?)
    }

    /// How many messages between instances are on their way.
    pub fn messages_waiting(&self) -> usize {
        self.read_index().messages_waiting()
    }

    /// The earliest moment at which an instance wants its timer.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.read_index().next_timer()
    }

    /// One line per instance of a workflow, by stream. Of many instances, [`Engine::summaries_after`] gives some at
    /// a time.
    pub fn summaries(&self, workflow: &str) -> Vec<Summary> {
        let mut all: Vec<Summary> = Vec::new();
        loop {
            let last = all.last().map(|summary| summary.stream.clone());
            let some = self.summaries_after(workflow, last.as_ref(), SUMMARIES_AT_A_TIME);
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    }

    /// One line per instance of a workflow that has neither ended nor rests, by stream: the others are not even read.
    pub fn open_summaries(&self, workflow: &str) -> Vec<Summary> {
        let (mut all, mut last) = (Vec::new(), None);
        loop {
            let index = self.read_index();
            let (some, end) = index.open_after(workflow, last.as_ref(), SUMMARIES_AT_A_TIME);
            drop(index);
            all.extend(some);
            match end {
                Some(end) => last = Some(end),
                None => return all,
            }
        }
    }

    /// One line per instance of a workflow that is in one of these states, by stream. What has ended or rests is read only
    /// where it stands in one of them.
    pub fn summaries_in(&self, workflow: &str, states: &[&str]) -> Vec<Summary> {
        let numbers: Vec<usize> = match self.read_index().states().get(workflow) {
            Some(names) => (0..names.len()).filter(|at| states.contains(&names[*at])).collect(),
            None => Vec::new(),
        };
        let mut all: BTreeMap<StreamId, Summary> = BTreeMap::new();
        let mut last = None;
        loop {
            let of = (workflow, &numbers[..]);
            let (some, end) =
                self.read_index().in_memory_in(of, last.as_ref(), SUMMARIES_AT_A_TIME);
            all.extend(some.into_iter().map(|summary| (summary.stream.clone(), summary)));
            let Some(end) = end else { break };
            last = Some(end);
        }
        // After those in memory: what comes onto the shelf meanwhile was seen there, and what leaves it is seen here.
        for state in numbers {
            let mut last = None;
            loop {
                let of = (workflow, state);
                let (some, end) =
                    self.read_index().ended_in(of, last.as_ref(), SUMMARIES_AT_A_TIME);
                all.extend(some.into_iter().map(|summary| (summary.stream.clone(), summary)));
                let Some(end) = end else { break };
                last = Some(end);
            }
        }
        all.into_values().collect()
    }

    /// How many lines of instances that ended or rest were read since the start: only who asks for them should cost any.
    pub fn ended_lines_read(&self) -> u64 {
        self.read_index().ended_read()
    }

    /// The names of the workflows that are registered.
    pub fn workflows(&self) -> BTreeSet<&'static str> {
        self.shared.workflows.keys().copied().collect()
    }

    /// At most `count` lines of a workflow's instances, by stream, after the one named. The writer waits while they
    /// are made, about a microsecond each.
    pub fn summaries_after(
        &self,
        workflow: &str,
        after: Option<&StreamId>,
        count: usize,
    ) -> Vec<Summary> {
        self.read_index().summaries_after(workflow, after, count)
    }

    /// At most `count` lines that `keep` keeps, by stream, after the one named: a page of a filtered list.
    pub fn summaries_of(
        &self,
        workflow: &str,
        keep: impl Fn(&Summary) -> bool,
        after: Option<&StreamId>,
        count: usize,
    ) -> Vec<Summary> {
        let mut page = Vec::new();
        let mut last = after.cloned();
        while page.len() < count {
            let some = self.summaries_after(workflow, last.as_ref(), SUMMARIES_AT_A_TIME);
            let Some(summary) = some.last() else { break };
            last = Some(summary.stream.clone());
            page.extend(some.into_iter().filter(&keep).take(count - page.len()));
        }
        page
    }

    /// How many of a workflow's instances are in each state, by the state's name; states without any too.
    pub fn counts(&self, workflow: &str) -> BTreeMap<&'static str, usize> {
        self.read_index().counts(workflow)
    }

    /// The same of each tenant, without the states in which it has none.
    pub fn counts_by_tenant(
        &self,
        workflow: &str,
    ) -> BTreeMap<String, BTreeMap<&'static str, usize>> {
        self.read_index().counts_by_tenant(workflow)
    }

    /// One line about one instance.
    pub fn summary(&self, stream: &StreamId) -> Option<Summary> {
        self.read_index().summary(stream)
    }

    /// The instances known by an outside name.
    pub fn find(&self, alias: &str) -> BTreeSet<StreamId> {
        self.read_index().find(alias)
    }

    /// All events of one instance, in order.
    pub fn history(&self, stream: &StreamId) -> Result<Vec<Recorded>, StoreError> {
        self.shared.store.read_stream(stream, Version::NONE)
    }

    /// The state of one instance, folded from the log; personal data is opened.
    pub fn state<W: Workflow<Domain = D>>(
        &self,
        stream: &StreamId,
    ) -> Result<Option<<W::Machine as crate::machine::Machine>::State>, HandleError> {
        let events = self.history(stream).map_err(|e| HandleError::Stopped(e.to_string()))?;
        let vault = self.shared.vault.as_ref();
        Ok(seal::within_any(vault, || replay::<W::Machine>(&events))?)
    }

    /// The vault that seals personal data, if the engine has one.
    pub fn vault(&self) -> Option<&Arc<Vault>> {
        self.shared.vault.as_ref()
    }

    /// The end of the log.
    pub fn position(&self) -> Position {
        self.shared.store.head().next
    }

    /// Up to where the lists and lines of this engine have the log: its end, or a moment behind it.
    pub fn published(&self) -> Position {
        self.read_index().reached()
    }

    fn read_index(&self) -> std::sync::RwLockReadGuard<'_, Index<D>> {
        self.shared.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_index(&self) -> std::sync::RwLockWriteGuard<'_, Index<D>> {
        self.shared.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks past a poisoned mutex: what these guard stays whole when a holder panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
