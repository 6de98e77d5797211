//! The one thread that appends: it gathers the inputs that wait, decides each on the state that the ones before it
//! led to, makes all events durable at once, and only then answers.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{mpsc, oneshot, watch};

use super::cache::Cache;
use super::index::{Index, Messages};
use super::live::Live;
use super::registry::Erased;
use super::{Given, HandleError, Handled, Job, RulesOf, Source, lock};
use crate::id::{Key, StreamId, Version};
use crate::store::{Append, Store, StoreError};
use crate::time::Clock;
use crate::workflow::{Context, Domain, Owed, Tell};

/// At most so many inputs are decided before the disk is waited for: bounds the latency of the first.
const GROUP_MAX: usize = 512;

/// The prefix of a cause's actor that marks a message: the rest is the sending stream.
pub(super) const MESSAGE_ACTOR: &str = "stream:";

pub(super) struct Writer<D: Domain> {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub rules: Arc<RulesOf<D::Rules>>,
    pub workflows: BTreeMap<&'static str, Box<dyn Erased<D>>>,
    pub cache: Cache<D>,
    pub index: Arc<RwLock<Index<D>>>,
    pub told: HashSet<Key>,
    pub messages: VecDeque<(Key, StreamId, Tell)>,
    pub deferred: VecDeque<Staged<D>>,
    pub aside: BTreeMap<Key, Aside>,
    pub changes: watch::Sender<u64>,
    pub stopped: Arc<Mutex<Option<String>>>,
}

/// Says why the engine stopped when a workflow's function panics.
struct PanicGuard(Arc<Mutex<Option<String>>>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0).get_or_insert_with(|| "the writer ended in a panic".to_owned());
        }
    }
}

/// A message that could not be handled, kept until there is a reason to try again.
pub(super) struct Aside {
    from: StreamId,
    to: StreamId,
    /// Any work is a reason, because the log could not be read; otherwise what reaches one of the two streams.
    any_work: bool,
}

/// An input on its way through a group.
pub(super) struct Staged<D: Domain> {
    stream: StreamId,
    given: Given<D>,
    source: Source,
    origin: Origin,
}

enum Origin {
    Caller(oneshot::Sender<Result<Handled, HandleError>>),
    Message { key: Key, from: StreamId },
}

impl<D: Domain> Writer<D> {
    /// Works until the queue is closed and empty, or the log fails.
    pub fn run(mut self, mut queue: mpsc::Receiver<Job<D>>) {
        let _guard = PanicGuard(Arc::clone(&self.stopped));
        loop {
            let mut group = self.take_messages();
            if self.messages.is_empty() {
                group.extend(self.deferred.drain(..));
            }
            if group.is_empty() {
                match queue.blocking_recv() {
                    Some(job) => group.push(staged(job)),
                    None => return,
                }
            }
            while group.len() < GROUP_MAX {
                match queue.try_recv() {
                    Ok(job) => group.push(staged(job)),
                    Err(_) => break,
                }
            }
            if let Err(error) = self.commit(group) {
                tracing::error!(error = %explain(&error), "the log failed: the engine stops");
                // Waiting callers see their reply channel close and read why.
                return;
            }
        }
    }

    fn take_messages(&mut self) -> Vec<Staged<D>> {
        let count = self.messages.len().min(GROUP_MAX);
        let message = |(key, from, tell): (Key, StreamId, Tell)| Staged {
            stream: tell.to,
            given: Given::Json(tell.input),
            source: Source::new(format!("{MESSAGE_ACTOR}{from}"), key.as_str()),
            origin: Origin::Message { key, from },
        };
        self.messages.drain(..count).map(message).collect()
    }

    fn commit(&mut self, group: Vec<Staged<D>>) -> Result<(), StoreError> {
        let mut appends = Vec::new();
        let mut touched: BTreeMap<StreamId, Live<D>> = BTreeMap::new();
        let mut replies = Vec::with_capacity(group.len());
        for item in group {
            if self.must_wait(&item.stream, &touched, &appends) {
                self.deferred.push_back(item);
                continue;
            }
            if let Origin::Message { key, .. } = &item.origin
                && !self.told.insert(key.clone())
            {
                continue;
            }
            let stream = item.stream.clone();
            let result =
                self.decide(item.stream, item.given, item.source, &mut touched, &mut appends);
            replies.push((stream, item.origin, result));
        }
        let changed: Vec<StreamId> = appends.iter().map(|a: &Append| a.stream.clone()).collect();
        if !appends.is_empty() {
            let appended = self.store.append(&appends).and_then(|results| {
                results.into_iter().try_for_each(|result| result.map(drop).map_err(conflict))
            });
            if let Err(error) = &appended {
                // Before the replies are dropped: whoever waits for one reads it then.
                *lock(&self.stopped) = Some(explain(error));
            }
            appended?;
        }
        self.publish(changed, touched);
        let mut reached = BTreeSet::new();
        let mut failed = Vec::new();
        for (stream, origin, result) in replies {
            match (origin, result) {
                (Origin::Message { key, from }, Err(error)) if !is_final(&error) => {
                    failed.push((key, from, stream, error));
                }
                (origin, result) => {
                    self.reply(&stream, origin, result);
                    reached.insert(stream);
                }
            }
        }
        // Before what failed in this group is set aside: its own failure is no reason to try again.
        self.take_up(&reached);
        for (key, from, to, error) in failed {
            self.set_aside(key, from, to, &error);
        }
        Ok(())
    }

    /// Keeps a message that could not be handled: it stays undelivered and is neither told nor queued.
    fn set_aside(&mut self, key: Key, from: StreamId, to: StreamId, error: &HandleError) {
        tracing::error!(stream = %to, %key, %error, "a message could not be handled and is kept");
        // Its sender may have moved on within the same group, which made it void.
        if self.told.remove(&key) {
            let any_work = matches!(error, HandleError::Stopped(_));
            self.aside.insert(key, Aside { from, to, any_work });
        }
    }

    /// Queues again what was set aside and has a reason to be tried: inputs reached these streams.
    fn take_up(&mut self, reached: &BTreeSet<StreamId>) {
        if reached.is_empty() || self.aside.is_empty() {
            return;
        }
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        self.aside.retain(|key, Aside { from, to, any_work }| {
            let due = *any_work || reached.contains(from) || reached.contains(to);
            if due && let Some(tell) = index.owed_message(from, key) {
                self.messages.push_back((key.clone(), from.clone(), tell));
            }
            !due
        });
    }

    /// Whether an input waits for the next group: its stream moved in this one to a state that owes messages, which
    /// a further move might make void before they were ever on their way.
    fn must_wait(
        &self,
        stream: &StreamId,
        touched: &BTreeMap<StreamId, Live<D>>,
        appends: &[Append],
    ) -> bool {
        let owes = |live: &Live<D>| {
            let mut owed = live.standing.owed.iter();
            owed.any(|due| {
                matches!(due.owed, Owed::Tell(_))
                    && !self.told.contains(&due.key)
                    && !self.aside.contains_key(&due.key)
            })
        };
        self.deferred.iter().any(|item| item.stream == *stream)
            || (touched.get(stream).is_some_and(owes)
                && appends.iter().any(|append| append.stream == *stream))
    }

    fn decide(
        &mut self,
        stream: StreamId,
        given: Given<D>,
        source: Source,
        touched: &mut BTreeMap<StreamId, Live<D>>,
        appends: &mut Vec<Append>,
    ) -> Result<Handled, HandleError> {
        let rules = (self.rules)(stream.tenant())
            .ok_or_else(|| HandleError::UnknownTenant(stream.tenant().to_owned()))?;
        let mut live = match touched.remove(&stream) {
            Some(live) => Some(live),
            None => self.load(&stream)?,
        };
        let workflow = self.workflow(&stream)?;
        let context = Context { stream: &stream, now: self.clock.now(), rules: &*rules };
        let expected = live.as_ref().map_or(Version::NONE, |live| live.version);
        let decided = workflow.handle(&mut live, given, source, &context);
        let handled = decided.map(|decided| {
            let handled = Handled {
                version: expected.plus(decided.events.len()),
                events: decided.events.len(),
                state: live.as_ref().map_or("", |live| live.standing.state),
            };
            if !decided.events.is_empty() {
                appends.push(Append { stream: stream.clone(), expected, events: decided.events });
            }
            handled
        });
        if let Some(live) = live {
            touched.insert(stream, live);
        }
        handled
    }

    fn workflow(&self, stream: &StreamId) -> Result<&dyn Erased<D>, HandleError> {
        let name = stream.workflow();
        let found = self.workflows.get(name).map(|workflow| &**workflow);
        found.ok_or_else(|| HandleError::UnknownWorkflow(name.to_owned()))
    }

    fn load(&mut self, stream: &StreamId) -> Result<Option<Live<D>>, HandleError> {
        if let Some(live) = self.cache.take(stream) {
            return Ok(Some(live));
        }
        let workflow = self.workflow(stream)?;
        let events = self
            .store
            .read_stream(stream, Version::NONE)
            .map_err(|error| HandleError::Stopped(explain(&error)))?;
        let mut live = None;
        for event in &events {
            live = Some(workflow.advance(live, event)?);
        }
        Ok(live)
    }

    /// Brings the indexes up to what is now durable, and queues the messages that came due.
    fn publish(&mut self, changed: Vec<StreamId>, touched: BTreeMap<StreamId, Live<D>>) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for stream in &changed {
            let Some(live) = touched.get(stream) else { continue };
            let listed = self.workflows.get(stream.workflow()).is_none_or(|w| w.listed());
            let Messages { new, void } =
                index.update(stream, live.version, live.standing.clone(), listed);
            self.messages.extend(new);
            for key in void {
                self.told.remove(&key);
                self.aside.remove(&key);
            }
        }
        drop(index);
        for (stream, live) in touched {
            self.cache.put(stream, live);
        }
        if !changed.is_empty() {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    fn reply(&mut self, stream: &StreamId, origin: Origin, result: Result<Handled, HandleError>) {
        if let Err(HandleError::Defect(problem)) = &result {
            tracing::error!(%stream, %problem, "a workflow contradicts itself");
        }
        match origin {
            Origin::Caller(reply) => {
                // A caller that went away has nothing left to learn.
                drop(reply.send(result));
            }
            Origin::Message { key, .. } => {
                if let Err(error) = result {
                    tracing::warn!(%stream, %key, %error, "a message was refused");
                }
                self.index.write().unwrap_or_else(PoisonError::into_inner).delivered(&key);
                self.changes.send_modify(|count| *count += 1);
            }
        }
    }
}

/// Whether trying the same message again could come to nothing else: the receiver's rules refused it.
fn is_final(error: &HandleError) -> bool {
    match error {
        HandleError::Rejected(_) => true,
        HandleError::BadInput(_)
        | HandleError::UnknownWorkflow(_)
        | HandleError::UnknownTenant(_)
        | HandleError::Defect(_)
        | HandleError::Replay(_)
        | HandleError::NoRoom(_)
        | HandleError::Stopped(_) => false,
    }
}

fn staged<D: Domain>(job: Job<D>) -> Staged<D> {
    let Job { stream, given, source, reply } = job;
    Staged { stream, given, source, origin: Origin::Caller(reply) }
}

/// The writer is the log's only appender, so that a conflict means that a second one is at work.
fn conflict(conflict: crate::store::Conflict) -> StoreError {
    StoreError::Io { action: "appending as the only writer", source: Box::new(conflict) }
}

/// An error with its causes in one line.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
