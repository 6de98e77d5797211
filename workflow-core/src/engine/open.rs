//! Starting an engine: the indexes are taken from their checkpoint and what the log has beyond it, or from the whole
//! log, then the writer begins.
//!
//! Beyond a checkpoint only those instances are folded that moved since, or that are owed a message: the work follows
//! from their state, with its keys and its moments. One that is owed a call is folded when somebody asks for the call.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::watch;

use super::cache::Cache;
use super::checkpoint::{self, Checkpoints, Kept, Sight, Stamp};
use super::disk::Disk;
use super::folding::Folding;
use super::index::{Index, Messages};
use super::line::Line;
use super::lines::Lines;
use super::live::Live;
use super::moments::Moments;
use super::queue::Queue;
use super::registry::{ReplayError, Stored, Typed, Workflows};
use super::writer::{MESSAGE_ACTOR, Work, Writer};
use super::{Engine, QUEUE_MAX, RulesOf, Shared};
use crate::exchange;
use crate::id::{Key, Position, StreamId, Version};
use crate::machine::Machine;
use crate::moot;
use crate::record::frame::{Frame, FrameEvent};
use crate::seal::{self, Destroyed, Vault, VaultError};
use crate::store::read::damaged;
use crate::store::{Store, StoreError};
use crate::time::{Clock, Timestamp};
use crate::workflow::{Domain, Workflow};

/// So many instances' states stay in memory; an instance takes about a kilobyte.
const CACHE_MAX: usize = 10_000;

/// Why an engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event in the log does not fit the workflows that are registered.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The log holds a stream of a workflow that is not registered.
    #[error("the log holds {0}, whose workflow is not registered")]
    UnknownWorkflow(StreamId),
    /// The key of a forgotten person could not be destroyed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The writer's thread could not be started.
    #[error("the writer's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// An engine about to start.
pub struct Builder<D: Domain> {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rules: Arc<RulesOf<D::Rules>>,
    vault: Option<Arc<Vault>>,
    workflows: Workflows<D>,
}

/// What a scan of the log gives.
struct Scanned<D: Domain> {
    /// The instances that began in it.
    instances: HashMap<StreamId, Folding<D>>,
    /// Those that began before it and moved in it.
    moved: BTreeSet<StreamId>,
    /// The keys of the messages that its events came of.
    told: HashSet<Key>,
    /// Its end.
    next: Position,
}

impl<D: Domain> Engine<D> {
    /// Begins to build an engine over a log.
    pub fn builder(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rules: Arc<RulesOf<D::Rules>>,
    ) -> Builder<D> {
        Builder { store, clock, rules, vault: None, workflows: BTreeMap::new() }
    }
}

impl<D: Domain> Builder<D> {
    /// Registers a workflow under its machine's name.
    ///
    /// # Panics
    /// When it is called as the streams are that no workflow has, [`exchange::WORKFLOW`] and [`moot::WORKFLOW`].
    #[must_use]
    pub fn workflow<W: Workflow<Domain = D>>(mut self) -> Self {
        assert_ne!(W::Machine::NAME, exchange::WORKFLOW, "streams of exchanges are called so");
        assert_ne!(W::Machine::NAME, moot::WORKFLOW, "streams of moot messages are called so");
        self.workflows.insert(W::Machine::NAME, Box::new(Typed::<W>(PhantomData)));
        self
    }

    /// Gives the vault that seals personal data on its way into the log. Without one the engine takes no event that
    /// holds any, and what the log holds of it stays sealed.
    #[must_use]
    pub fn vault(mut self, vault: Arc<Vault>) -> Self {
        self.vault = Some(vault);
        self
    }

    /// The workflows and the vault.
    pub(super) fn into_workflows(self) -> (Workflows<D>, Option<Arc<Vault>>) {
        (self.workflows, self.vault)
    }

    /// Reads the log, as far as its checkpoint does not know it, destroys what keys a crash left of people who were
    /// forgotten, and starts the writer.
    pub fn open(self) -> Result<Engine<D>, OpenError> {
        let stamp = Stamp::of(self.workflows.iter().map(|(name, w)| (*name, w.table())));
        let kept = stamp.and_then(|stamp| checkpoint::read(&*self.store, stamp));
        self.open_from(kept, stamp)
    }

    /// The same without the checkpoint: everything is built from the log, and the next checkpoint is a new one.
    pub fn open_reading_all(self) -> Result<Engine<D>, OpenError> {
        let stamp = Stamp::of(self.workflows.iter().map(|(name, w)| (*name, w.table())));
        self.open_from(None, stamp)
    }

    fn open_from(self, kept: Option<Kept>, stamp: Option<Stamp>) -> Result<Engine<D>, OpenError> {
        let sight = if self.vault.is_some() { Sight::Open } else { Sight::Sealed };
        let none = Kept { sight, from: Position(0), lines: Lines::default() };
        let Kept { sight: theirs, from, mut lines } = kept.unwrap_or(none);
        let vault = self.vault.as_ref();
        let scanned = seal::within_any(vault, || self.scan(from, &lines))?;
        let Scanned { instances: folded, mut moved, told: logged, next } = scanned;
        let mut instances: BTreeMap<StreamId, Live<D>> = BTreeMap::new();
        for (stream, folding) in folded {
            let workflow = self.workflows.get(stream.workflow());
            let live = workflow.and_then(|w| seal::within_any(vault, || w.end(folding)));
            instances.extend(live.map(|live| (stream, live)));
        }
        // What an engine with other sight found to be owed may be something else for this one.
        let is_to_fold = |line: &Line| {
            let view = line.view();
            view.is_to_fold() || (sight != theirs && view.is_pending())
        };
        let pending = lines.in_memory().iter().filter(|(_, line)| is_to_fold(line));
        moved.extend(pending.map(|(stream, _)| stream.clone()));
        let mut before: BTreeMap<StreamId, Line> = BTreeMap::new();
        // Those that began after the checkpoint's beginning may have ended before its end.
        for stream in moved.iter().chain(instances.keys()) {
            let line = lines.memory().remove(stream).or_else(|| lines.unshelve(stream));
            before.extend(line.map(|line| (stream.clone(), line)));
        }
        for stream in moved {
            if let Some(live) = seal::within_any(vault, || self.fold(&stream))? {
                instances.insert(stream, live);
            }
        }
        self.forget(&instances)?;
        let states = self.workflows.iter().map(|(name, w)| (*name, w.states())).collect();
        let mut index = Index::new(states, lines);
        index.reach(next);
        let mut cache = Cache::new(CACHE_MAX);
        // Of messages told before the checkpoint the writer does not know: at worst an input to a stream that owes one
        // waits for the group after the one it came in.
        let (mut messages, mut told) = (VecDeque::new(), HashSet::new());
        for (stream, live) in instances {
            let listed = self.workflows.get(stream.workflow()).is_none_or(|w| w.listed());
            let line = before.remove(&stream);
            let is_told = |key: &Key| {
                logged.contains(key)
                    || line.as_ref().is_some_and(|line| line.view().has_told(&stream, key))
            };
            let standing = Arc::clone(&live.standing);
            let Messages { new, .. } =
                index.update(&stream, live.version, standing, listed, &is_told);
            messages.extend(new);
            told.extend(
                live.standing.owed.iter().map(|due| &due.key).filter(|k| is_told(k)).cloned(),
            );
            cache.put(stream, live);
        }
        index.inherit();
        self.start(index, cache, told, messages, stamp.zip(Some(sight)), from)
    }

    /// Destroys what keys there still are of people who were forgotten: a crash left them, or an old copy brought
    /// them back.
    fn forget(&self, instances: &BTreeMap<StreamId, Live<D>>) -> Result<(), OpenError> {
        let Some(vault) = &self.vault else { return Ok(()) };
        for subject in instances.values().filter_map(|live| live.standing.forgotten.as_ref()) {
            if vault.destroy(subject)? == Destroyed::Now {
                tracing::warn!(%subject, "a key that should have been gone was destroyed");
            }
        }
        Ok(())
    }

    /// Folds one instance from its events.
    fn fold(&self, stream: &StreamId) -> Result<Option<Live<D>>, OpenError> {
        let Some(workflow) = self.workflows.get(stream.workflow()) else {
            return Err(OpenError::UnknownWorkflow(stream.clone()));
        };
        Ok(workflow.fold(stream, &self.store.read_stream(stream, Version::NONE)?)?)
    }

    /// The moment of the log's last event.
    fn latest(&self) -> Result<Timestamp, StoreError> {
        let mut latest = Timestamp(i64::MIN);
        if let Some(last) = self.store.head().next.0.checked_sub(1) {
            self.store.scan(Position(last), &mut |recorded| {
                latest = recorded.event.recorded_at;
                ControlFlow::Continue(())
            })?;
        }
        Ok(latest)
    }

    fn scan(&self, from: Position, lines: &Lines) -> Result<Scanned<D>, OpenError> {
        let (instances, moved, told) = (HashMap::new(), BTreeSet::new(), HashSet::new());
        let mut scanned = Scanned { instances, moved, told, next: from };
        let mut failure = None;
        self.store.scan_records(from, &mut |at, bytes| {
            let take = |frame: Frame<'_>| {
                let mut events = frame.events.iter().filter(|event| event.position >= from);
                events.try_for_each(|event| self.take(event, lines, &mut scanned))
            };
            match Frame::decode(bytes).map_err(|e| damaged(at, &e).into()).and_then(take) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        failure.map_or(Ok(scanned), Err)
    }

    /// Takes one event of the log in.
    fn take(
        &self,
        event: &FrameEvent<'_>,
        lines: &Lines,
        scanned: &mut Scanned<D>,
    ) -> Result<(), OpenError> {
        scanned.next = Position(event.position.0 + 1);
        let stream = || StreamId::parse(event.stream).map_err(|e| damaged(event.position, &e));
        let name = event.stream.split('/').next().unwrap_or_default();
        if name == exchange::WORKFLOW {
            return Ok(());
        }
        if event.actor.starts_with(MESSAGE_ACTOR) {
            scanned.told.insert(Key::from_text(event.key));
        }
        if name == moot::WORKFLOW {
            return Ok(());
        }
        let Some(workflow) = self.workflows.get(name) else {
            return Err(OpenError::UnknownWorkflow(stream()?));
        };
        let stored = Stored::in_frame(event);
        let folding = match scanned.instances.get_mut(event.stream) {
            Some(folding) => folding,
            None if event.version == Version(1) => {
                let stream = stream()?;
                scanned.instances.entry(stream.clone()).or_insert(workflow.begin(stream))
            }
            None => {
                // Lines may be younger than the place from which the log is read.
                let known = lines.get(event.stream).map(|line| line.view().version);
                if known.is_none_or(|known| known < event.version) {
                    scanned.moved.insert(stream()?);
                }
                return Ok(());
            }
        };
        workflow.take(folding, &stored)?;
        if !workflow.listed() && workflow.is_over(folding) {
            scanned.instances.remove(event.stream);
            // Its line may be from when it was not over yet.
            if lines.in_memory().contains_key(event.stream) {
                scanned.moved.insert(stream()?);
            }
        }
        Ok(())
    }

    fn start(
        self,
        index: Index<D>,
        cache: Cache<D>,
        told: HashSet<Key>,
        messages: VecDeque<(Key, StreamId, crate::workflow::Tell)>,
        stamp: Option<(Stamp, Sight)>,
        kept_at: Position,
    ) -> Result<Engine<D>, OpenError> {
        let latest = self.latest()?;
        let queue = Arc::new(Queue::new(QUEUE_MAX));
        let disk = Disk::start(Arc::clone(&self.store), Arc::clone(&queue));
        let disk = disk.map_err(OpenError::Thread)?;
        let (changes, watcher) = watch::channel(0);
        let index = Arc::new(RwLock::new(index));
        let stopped = Arc::new(Mutex::new(None));
        let workflows = Arc::new(self.workflows);
        let checkpoints = Arc::new(Checkpoints::new(&self.store, &index, stamp, kept_at));
        let writer = Writer {
            store: Arc::clone(&self.store),
            moments: Moments::new(Arc::clone(&self.clock), latest),
            rules: self.rules,
            vault: self.vault.clone(),
            workflows: Arc::clone(&workflows),
            cache,
            index: Arc::clone(&index),
            told,
            messages,
            end: self.store.head().next,
            checkpoints: Arc::clone(&checkpoints),
            changes,
            stopped: Arc::clone(&stopped),
            queue: Arc::clone(&queue),
            disk,
            work: Work::default(),
        };
        let thread = std::thread::Builder::new()
            .name("workflow-writer".into())
            .spawn(move || {
                let vault = writer.vault.clone();
                seal::within_any(vault.as_ref(), || writer.run());
            })
            .map_err(OpenError::Thread)?;
        let shared = Shared {
            store: self.store,
            clock: self.clock,
            vault: self.vault,
            workflows,
            index,
            queue,
            changes: watcher,
            stopped,
            writer: Mutex::new(Some(thread)),
            checkpoints,
        };
        Ok(Engine { shared: Arc::new(shared) })
    }
}
