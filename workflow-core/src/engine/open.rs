//! Starting an engine: one scan of the log builds the indexes, then the writer begins.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::watch;

use super::cache::Cache;
use super::disk::Disk;
use super::index::Index;
use super::live::Live;
use super::queue::Queue;
use super::registry::{Erased, ReplayError, Typed};
use super::writer::{MESSAGE_ACTOR, Work, Writer};
use super::{Engine, QUEUE_MAX, RulesOf, Shared};
use crate::id::{Key, StreamId};
use crate::machine::Machine;
use crate::seal::{self, Destroyed, Vault, VaultError};
use crate::store::{Store, StoreError};
use crate::time::Clock;
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
    workflows: BTreeMap<&'static str, Box<dyn Erased<D>>>,
}

/// What one scan of the log gives.
struct Scanned<D: Domain> {
    instances: BTreeMap<StreamId, Live<D>>,
    told: HashSet<Key>,
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
    #[must_use]
    pub fn workflow<W: Workflow<Domain = D>>(mut self) -> Self {
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

    /// Reads the log, destroys what keys a crash left of people who were forgotten, and starts the writer.
    pub fn open(self) -> Result<Engine<D>, OpenError> {
        let Scanned { instances, mut told } =
            seal::within_any(self.vault.as_ref(), || self.scan())?;
        if let Some(vault) = &self.vault {
            for subject in instances.values().filter_map(|live| live.standing.forgotten.as_ref()) {
                if vault.destroy(subject)? == Destroyed::Now {
                    tracing::warn!(%subject, "a key that should have been gone was destroyed");
                }
            }
        }
        let mut index = Index::new();
        let mut cache = Cache::new(CACHE_MAX);
        let mut messages = VecDeque::new();
        let mut owed = HashSet::new();
        for (stream, live) in instances {
            let listed = self.workflows.get(stream.workflow()).is_none_or(|w| w.listed());
            let update = index.update(&stream, live.version, live.standing.clone(), listed);
            for (key, from, tell) in update.new {
                owed.insert(key.clone());
                match told.contains(&key) {
                    true => index.delivered(&key),
                    false => messages.push_back((key, from, tell)),
                }
            }
            cache.put(stream, live);
        }
        told.retain(|key| owed.contains(key));
        self.start(index, cache, told, messages)
    }

    fn scan(&self) -> Result<Scanned<D>, OpenError> {
        let mut scanned = Scanned { instances: BTreeMap::new(), told: HashSet::new() };
        let mut failure = None;
        self.store.scan(crate::id::Position(0), &mut |recorded| {
            let Some(workflow) = self.workflows.get(recorded.stream.workflow()) else {
                failure = Some(OpenError::UnknownWorkflow(recorded.stream));
                return ControlFlow::Break(());
            };
            if recorded.event.cause.actor.starts_with(MESSAGE_ACTOR) {
                scanned.told.insert(Key::from_text(&recorded.event.cause.key));
            }
            let live = scanned.instances.remove(&recorded.stream);
            match workflow.advance(live, &recorded) {
                Ok(live) => {
                    scanned.instances.insert(recorded.stream, live);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failure = Some(error.into());
                    ControlFlow::Break(())
                }
            }
        })?;
        failure.map_or(Ok(scanned), Err)
    }

    fn start(
        self,
        index: Index<D>,
        cache: Cache<D>,
        told: HashSet<Key>,
        messages: VecDeque<(Key, StreamId, crate::workflow::Tell)>,
    ) -> Result<Engine<D>, OpenError> {
        let queue = Arc::new(Queue::new(QUEUE_MAX));
        let disk = Disk::start(Arc::clone(&self.store), Arc::clone(&queue));
        let disk = disk.map_err(OpenError::Thread)?;
        let (changes, watcher) = watch::channel(0);
        let index = Arc::new(RwLock::new(index));
        let stopped = Arc::new(Mutex::new(None));
        let writer = Writer {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            rules: self.rules,
            vault: self.vault.clone(),
            workflows: self.workflows,
            cache,
            index: Arc::clone(&index),
            told,
            messages,
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
            index,
            queue,
            changes: watcher,
            stopped,
            writer: Mutex::new(Some(thread)),
        };
        Ok(Engine { shared: Arc::new(shared) })
    }
}
