//! The one thread that decides: it takes the inputs that wait, judges each on the state that the ones before it led to,
//! and hands what came of them to the disk as one group. While the disk works it decides the next group.
//!
//! What was decided is nobody's business until it is durable: only then are the indexes brought up to it, the messages
//! that it owes sent, and the callers answered. When the disk fails, nobody is answered any more and all that was
//! decided is forgotten; the log says after a restart what is so.
//!
//! Read `queue.rs` for what it waits for and `disk.rs` for where a group goes.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::{oneshot, watch};

use super::cache::Cache;
use super::checkpoint::Checkpoints;
use super::disk::{self, Disk, explain};
use super::index::Index;
use super::live::{Live, Standing};
use super::moments::Moments;
use super::queue::{Found, Idle, Queue, Room, Written};
use super::registry::{Decided, Erased, Workflows};
use super::{Given, HandleError, Handled, Job, RulesOf, Source, Taken, lock};
use crate::id::{Key, Position, StreamId, Version};
use crate::seal::Vault;
use crate::store::{Append, Store};
use crate::workflow::{Context, Domain, Owed, Tell};

/// At most so many inputs make a group: bounds what a failing disk takes along, and how long the first one waits.
const GROUP_MAX: usize = 1024;

/// A group so large goes to the disk the moment that is free. A smaller one waits until those that were just answered
/// had their turn: one wait for the disk then serves all, where two halves would need two.
const GROUP_LARGE: usize = 256;

/// So often the writer gives way to those it has just answered before it sends a group without them.
const TURNS: usize = 4;

/// The prefix of a cause's actor that marks a message: the rest is the sending stream.
pub(super) const MESSAGE_ACTOR: &str = "stream:";

mod kept;
mod publish;

pub(super) struct Writer<D: Domain> {
    pub store: Arc<dyn Store>,
    pub moments: Moments,
    pub rules: Arc<RulesOf<D::Rules>>,
    pub vault: Option<Arc<Vault>>,
    pub workflows: Arc<Workflows<D>>,
    pub cache: Cache<D>,
    pub index: Arc<RwLock<Index<D>>>,
    pub told: HashSet<Key>,
    pub messages: VecDeque<(Key, StreamId, Tell)>,
    /// Where the log ends once all that was sent to the disk is there: nobody else appends.
    pub end: Position,
    pub checkpoints: Arc<Checkpoints<D>>,
    pub changes: watch::Sender<u64>,
    pub stopped: Arc<Mutex<Option<String>>>,
    pub queue: Arc<Queue<D>>,
    // After a panic those who wait learn of it before the disk is waited for.
    pub work: Work<D>,
    pub disk: Disk,
}

/// What is between having been taken and being durable.
pub(super) struct Work<D: Domain> {
    /// Decided, and not yet on its way to the disk.
    group: Group,
    /// On its way to the disk.
    under_way: Option<UnderWay<D>>,
    /// Instances that moved and of which the disk does not know yet, as they will be.
    moving: HashMap<StreamId, Live<D>>,
    /// Inputs that wait until messages are on their way.
    deferred: VecDeque<Staged<D>>,
    /// The streams of what is deferred: what comes later for them waits behind it.
    held: HashSet<StreamId>,
    /// Whether something became durable since the deferred were looked at.
    released: bool,
    aside: BTreeMap<Key, Aside>,
    /// By tenant, the stream that takes its exchanges now.
    shelves: kept::Shelves,
    /// How many were answered last: those who ask one thing after the other will soon be back.
    answered: usize,
}

impl<D: Domain> Default for Work<D> {
    fn default() -> Self {
        Self {
            group: Group::default(),
            under_way: None,
            moving: HashMap::new(),
            deferred: VecDeque::new(),
            held: HashSet::new(),
            released: false,
            aside: BTreeMap::new(),
            shelves: kept::Shelves::default(),
            answered: 0,
        }
    }
}

/// What becomes durable together and is answered together.
#[derive(Default)]
struct Group {
    appends: Vec<Append>,
    answers: Vec<Answer>,
}

/// A group on its way to the disk, and where its instances stand once it is there.
struct UnderWay<D: Domain> {
    answers: Vec<Answer>,
    moved: Vec<Moved<D>>,
    /// Where the log ends with it.
    end: Position,
}

struct Moved<D: Domain> {
    stream: StreamId,
    version: Version,
    standing: Arc<Standing<D>>,
}

/// Whom to answer, and what.
struct Answer {
    stream: StreamId,
    origin: Origin,
    /// Missing only while the input is being decided: a panic there must find the caller still waiting, so that it
    /// reads why the engine stopped.
    result: Option<Result<Handled, HandleError>>,
    /// Whether it is a message that led to nothing, which the group records.
    is_moot: bool,
}

/// A message that could not be handled, kept until there is a reason to try again.
struct Aside {
    from: StreamId,
    to: StreamId,
    /// Any work is a reason, because the log could not be read; otherwise what reaches one of the two streams.
    any_work: bool,
}

/// An input on its way through a group.
struct Staged<D: Domain> {
    stream: StreamId,
    given: Given<D>,
    source: Source,
    taken: Option<Box<Taken<D>>>,
    origin: Origin,
}

enum Origin {
    Caller { reply: oneshot::Sender<Result<Handled, HandleError>>, room: Room },
    Message { key: Key, from: StreamId },
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

/// Lets nobody wait for a writer that is gone.
struct Abandon<D: Domain>(Arc<Queue<D>>);

impl<D: Domain> Drop for Abandon<D> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl<D: Domain> Writer<D> {
    /// Works until the queue is closed and empty, or the log fails.
    pub fn run(mut self) {
        // Dropped in this order, from below: first it is said why, then those who wait learn that it is over.
        let _abandon = Abandon(Arc::clone(&self.queue));
        let _guard = PanicGuard(Arc::clone(&self.stopped));
        if let Err(why) = self.serve() {
            tracing::error!(error = %why, "the log failed: the engine stops");
            // Waiting callers see their reply channel close and read why.
            *lock(&self.stopped) = Some(why);
        }
    }

    fn serve(&mut self) -> Written {
        let mut turns = TURNS;
        loop {
            self.take_own();
            let decided = self.work.group.answers.len();
            // Messages go before what is asked after them.
            let most = if self.messages.is_empty() { GROUP_MAX.saturating_sub(decided) } else { 0 };
            let idle = match (&self.work.under_way, decided) {
                (Some(_), _) => Idle::AwaitDisk,
                (None, 0) => Idle::AwaitInputs,
                (None, _) => Idle::GoOn,
            };
            match self.queue.next(most, idle) {
                Found::Written(written) => {
                    written?;
                    self.landed()?;
                    turns = TURNS;
                }
                Found::Jobs(jobs) => {
                    jobs.into_iter().for_each(|job| self.take(staged(job)));
                    turns = TURNS;
                }
                Found::Nothing if turns > 0 && decided < self.work.answered => {
                    turns -= 1;
                    std::thread::yield_now();
                }
                Found::Nothing => self.send()?,
                Found::End => return Ok(()),
            }
        }
    }

    /// Decides what needs nobody from outside: messages, then inputs that waited for messages.
    fn take_own(&mut self) {
        while self.work.group.answers.len() < GROUP_MAX {
            let Some((key, from, tell)) = self.messages.pop_front() else { break };
            self.take(Staged {
                stream: tell.to,
                given: Given::Json(tell.input),
                source: Source::new(format!("{MESSAGE_ACTOR}{from}"), key.as_str()),
                taken: None,
                origin: Origin::Message { key, from },
            });
        }
        if self.messages.is_empty() && std::mem::take(&mut self.work.released) {
            self.work.held.clear();
            for staged in std::mem::take(&mut self.work.deferred) {
                self.take(staged);
            }
        }
    }

    /// Decides one input, or lets it wait.
    fn take(&mut self, item: Staged<D>) {
        if self.must_wait(&item.stream) {
            self.defer(item);
            return;
        }
        if let Origin::Message { key, from } = &item.origin
            && (self.is_void(key, from) || !self.told.insert(key.clone()))
        {
            return;
        }
        let Staged { stream, given, source, taken, origin } = item;
        let answer = Answer { stream: stream.clone(), origin, result: None, is_moot: false };
        self.work.group.answers.push(answer);
        let result = self.decide(stream.clone(), given, source, taken);
        let is_moot = self.record_moot(&stream, &result);
        if let Some(answer) = self.work.group.answers.last_mut() {
            (answer.result, answer.is_moot) = (Some(result), is_moot);
        }
    }

    /// Records of what was decided last that it is a message that led to nothing, if it is one: no event shows that it was
    /// told. One that an instance that is not there refused is wanted once that is there.
    fn record_moot(&mut self, to: &StreamId, result: &Result<Handled, HandleError>) -> bool {
        let Some(Answer { origin: Origin::Message { key, from }, .. }) =
            self.work.group.answers.last()
        else {
            return false;
        };
        let (key, from) = (key.clone(), from.clone());
        match result {
            Ok(handled) if handled.events == 0 => self.keep_moot((&key, &from), to, None),
            Err(HandleError::Rejected(no)) if self.is_there(to) => {
                self.keep_moot((&key, &from), to, Some(no));
            }
            Ok(_) | Err(_) => return false,
        }
        true
    }

    /// Whether there is an instance of which something was just decided.
    fn is_there(&self, stream: &StreamId) -> bool {
        self.work.moving.contains_key(stream) || self.cache.has(stream)
    }

    fn defer(&mut self, item: Staged<D>) {
        self.work.held.insert(item.stream.clone());
        if let Origin::Message { from, .. } = &item.origin {
            // Its sender must not move on while it is not told.
            self.work.held.insert(from.clone());
        }
        self.work.deferred.push_back(item);
    }

    /// Whether an input waits: its stream is about to reach a state that owes messages, which a further move might make
    /// void before they were ever on their way.
    fn must_wait(&self, stream: &StreamId) -> bool {
        let untold = |live: &Live<D>| {
            live.standing.owed.iter().any(|due| {
                matches!(due.owed, Owed::Tell(_))
                    && !self.told.contains(&due.key)
                    && !self.work.aside.contains_key(&due.key)
            })
        };
        self.work.held.contains(stream) || self.work.moving.get(stream).is_some_and(untold)
    }

    /// Whether the sender of a message has left the state that owes it, and only the disk does not know yet.
    fn is_void(&self, key: &Key, from: &StreamId) -> bool {
        let owes = |live: &Live<D>| live.standing.owed.iter().any(|due| due.key == *key);
        self.work.moving.get(from).is_some_and(|live| !owes(live))
    }

    fn decide(
        &mut self,
        stream: StreamId,
        given: Given<D>,
        source: Source,
        taken: Option<Box<Taken<D>>>,
    ) -> Result<Handled, HandleError> {
        let rules = (self.rules)(stream.tenant())
            .ok_or_else(|| HandleError::UnknownTenant(stream.tenant().to_owned()))?;
        let (mut live, was_moving) = match self.work.moving.remove(&stream) {
            Some(live) => (Some(live), true),
            None => (self.load(&stream)?, false),
        };
        let now = self.moments.now();
        let context = Context { stream: &stream, now, rules: &*rules };
        let expected = live.as_ref().map_or(Version::NONE, |live| live.version);
        if let Some(taken) = taken {
            self.keep(&stream, live.as_ref(), *taken, &source, now);
            self.moments.note(now);
        }
        let decided = match (given, workflow(&self.workflows, &stream)) {
            (Given::Exchanges, _) => Ok(Decided { events: Vec::new(), after: None }),
            (given, Ok(workflow)) => workflow.handle(live.as_ref(), given, source, &context),
            (_, Err(unknown)) => Err(unknown),
        };
        let moves = decided.as_ref().is_ok_and(|decided| !decided.events.is_empty());
        let handled = decided.map(|decided| {
            live = decided.after.or_else(|| live.take());
            let handled = Handled {
                version: expected.plus(decided.events.len()),
                events: decided.events.len(),
                state: live.as_ref().map_or("", |live| live.standing.state),
            };
            if !decided.events.is_empty() {
                self.moments.note(now);
                let append = Append { stream: stream.clone(), expected, events: decided.events };
                self.work.group.appends.push(append);
            }
            handled
        });
        match live {
            Some(live) if moves || was_moving => drop(self.work.moving.insert(stream, live)),
            Some(live) => self.cache.put(stream, live),
            None => {}
        }
        handled
    }

    /// An instance as the log has it. Of what moves and is not in the log yet, this is never asked.
    fn load(&mut self, stream: &StreamId) -> Result<Option<Live<D>>, HandleError> {
        if let Some(live) = self.cache.take(stream) {
            return Ok(Some(live));
        }
        let workflow = workflow(&self.workflows, stream)?;
        let events = self
            .store
            .read_stream(stream, Version::NONE)
            .map_err(|error| HandleError::Stopped(explain(&error)))?;
        Ok(workflow.fold(stream, &events)?)
    }

    /// Closes the group: what the disk must do, and what will be published once it has.
    fn close_group(&mut self) -> (Vec<Append>, UnderWay<D>) {
        let Group { appends, answers } = std::mem::take(&mut self.work.group);
        let mut moved = Vec::with_capacity(appends.len());
        for append in &appends {
            self.end = Position(self.end.0 + append.events.len() as u64);
            let Some(live) = self.work.moving.get(&append.stream) else { continue };
            // Only where a stream stands after its last move of the group will be published.
            if append.expected.plus(append.events.len()) == live.version {
                moved.push(Moved {
                    stream: append.stream.clone(),
                    version: live.version,
                    standing: Arc::clone(&live.standing),
                });
            }
        }
        (appends, UnderWay { answers, moved, end: self.end })
    }

    /// Sends what was decided on its way to the disk, which is free. Without anything to append it is there at once.
    fn send(&mut self) -> Written {
        let (appends, under_way) = self.close_group();
        if appends.is_empty() {
            return self.publish(under_way);
        }
        self.work.under_way = Some(under_way);
        // Nobody else waits: two turns of threads are saved where there is nothing to decide meanwhile.
        if self.queue.taken() <= 1 {
            disk::append(&*self.store, &appends)?;
            return self.landed();
        }
        self.disk.send(appends)
    }

    /// A group is durable. It is published before anything that follows it.
    fn landed(&mut self) -> Written {
        let landed = self.work.under_way.take();
        let group = &self.work.group;
        if group.answers.len() >= GROUP_LARGE && !group.appends.is_empty() {
            let (appends, under_way) = self.close_group();
            self.work.under_way = Some(under_way);
            self.disk.send(appends)?;
        }
        landed.map_or(Ok(()), |landed| self.publish(landed))
    }
}

fn workflow<'a, D: Domain>(
    workflows: &'a Workflows<D>,
    stream: &StreamId,
) -> Result<&'a dyn Erased<D>, HandleError> {
    let name = stream.workflow();
    let found = workflows.get(name).map(|workflow| &**workflow);
    found.ok_or_else(|| HandleError::UnknownWorkflow(name.to_owned()))
}

fn staged<D: Domain>(job: Job<D>) -> Staged<D> {
    let Job { stream, given, source, taken, reply, room } = job;
    Staged { stream, given, source, taken, origin: Origin::Caller { reply, room } }
}

#[cfg(test)]
mod ahead;
#[cfg(test)]
mod tests;
