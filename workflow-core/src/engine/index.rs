//! What follows from the log, for quick answers: who is owed what, whose time comes when, who is called what.
//!
//! Nothing here is stored: it is built at start by one scan and kept up after each commit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::live::{Due, Standing};
use crate::id::{Key, StreamId, Version};
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed, Tell};

/// A timer whose input changed nothing is asked again after this time, so that nothing waits for ever.
const TIMER_AGAIN: Duration = Duration::from_secs(3600);

/// A call that some state is owed.
#[derive(Debug)]
pub struct OwedCall<D: Domain> {
    /// Its stable key.
    pub key: Key,
    /// The stream that owes it.
    pub stream: StreamId,
    /// Which of the state's obligations it is.
    pub operation: String,
    /// The work.
    pub call: D::Call,
    /// The moment of the event since which it is owed.
    pub since: Timestamp,
}

impl<D: Domain> Clone for OwedCall<D> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            stream: self.stream.clone(),
            operation: self.operation.clone(),
            call: self.call.clone(),
            since: self.since,
        }
    }
}

/// One line about an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The instance.
    pub stream: StreamId,
    /// Its state's name.
    pub state: &'static str,
    /// Whether it has come to its end.
    pub terminal: bool,
    /// How many events it has.
    pub version: Version,
    /// The moment of the last of them.
    pub updated_at: Timestamp,
    /// What a person should read beside the state's name.
    pub headline: String,
    /// What it waits for.
    pub waits: Vec<Wait>,
}

/// What an instance waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A call to the outside, by its operation.
    Call(String),
    /// A message to another instance.
    Message(String),
    /// A signal from outside.
    Signal(&'static str),
    /// A person.
    Person(String),
    /// A moment.
    Timer(Timestamp),
}

struct Entry<D: Domain> {
    version: Version,
    standing: Standing<D>,
    /// When the timer is asked next: the state's wish, or later when asking changed nothing.
    armed: Option<Timestamp>,
}

pub(super) struct Index<D: Domain> {
    streams: BTreeMap<StreamId, Entry<D>>,
    calls: BTreeMap<Key, StreamId>,
    timers: BTreeSet<(Timestamp, StreamId)>,
    aliases: BTreeMap<String, BTreeSet<StreamId>>,
    undelivered: BTreeSet<Key>,
}

/// Which messages an update brought up and which it made void.
pub(super) struct Messages {
    pub new: Vec<(Key, StreamId, Tell)>,
    pub void: Vec<Key>,
}

impl<D: Domain> Index<D> {
    pub fn new() -> Self {
        Self {
            streams: BTreeMap::new(),
            calls: BTreeMap::new(),
            timers: BTreeSet::new(),
            aliases: BTreeMap::new(),
            undelivered: BTreeSet::new(),
        }
    }

    /// Replaces what is known of a stream. An instance that ended and is not `listed` is forgotten.
    pub fn update(
        &mut self,
        stream: &StreamId,
        version: Version,
        standing: Standing<D>,
        listed: bool,
    ) -> Messages {
        let before = self.remove(stream);
        let had = |key: &Key| before.iter().any(|due| due.key == *key);
        let mut new = Vec::new();
        for due in &standing.owed {
            match &due.owed {
                Owed::Call { .. } => {
                    self.calls.insert(due.key.clone(), stream.clone());
                }
                Owed::Tell(tell) if !had(&due.key) => {
                    self.undelivered.insert(due.key.clone());
                    new.push((due.key.clone(), stream.clone(), tell.clone()));
                }
                Owed::Tell(_) | Owed::Signal(_) | Owed::Person(_) => {}
            }
        }
        let kept = |key: &Key| standing.owed.iter().any(|due| due.key == *key);
        let void: Vec<Key> = before
            .into_iter()
            .filter(|due| matches!(due.owed, Owed::Tell(_)) && !kept(&due.key))
            .map(|due| due.key)
            .collect();
        for key in &void {
            self.undelivered.remove(key);
        }
        for alias in &standing.aliases {
            self.aliases.entry(alias.clone()).or_default().insert(stream.clone());
        }
        if !(standing.terminal && standing.owed.is_empty() && !listed) {
            if let Some(at) = standing.timer {
                self.timers.insert((at, stream.clone()));
            }
            let armed = standing.timer;
            self.streams.insert(stream.clone(), Entry { version, standing, armed });
        }
        Messages { new, void }
    }

    fn remove(&mut self, stream: &StreamId) -> Vec<Due<D>> {
        let Some(Entry { standing, armed, .. }) = self.streams.remove(stream) else {
            return Vec::new();
        };
        for due in &standing.owed {
            self.calls.remove(&due.key);
        }
        if let Some(at) = armed {
            self.timers.remove(&(at, stream.clone()));
        }
        for alias in &standing.aliases {
            if let Some(streams) = self.aliases.get_mut(alias) {
                streams.remove(stream);
                if streams.is_empty() {
                    self.aliases.remove(alias);
                }
            }
        }
        standing.owed
    }

    /// A message that a stream still owes.
    pub fn owed_message(&self, from: &StreamId, key: &Key) -> Option<Tell> {
        let due = self.streams.get(from)?.standing.owed.iter().find(|due| due.key == *key)?;
        let Owed::Tell(tell) = &due.owed else { return None };
        Some(tell.clone())
    }

    pub fn delivered(&mut self, key: &Key) {
        self.undelivered.remove(key);
    }

    /// Takes the timers that have come, and sets each once more for later: the event that the timer leads to
    /// replaces it.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<(Timestamp, StreamId)> {
        let mut due = Vec::new();
        while let Some((at, stream)) = self.timers.first().cloned() {
            if at > now {
                break;
            }
            self.timers.pop_first();
            due.push((at, stream));
        }
        let again = now.plus(TIMER_AGAIN);
        for (_, stream) in &due {
            if let Some(entry) = self.streams.get_mut(stream) {
                entry.armed = Some(again);
                self.timers.insert((again, stream.clone()));
            }
        }
        due
    }

    pub fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub fn messages_waiting(&self) -> usize {
        self.undelivered.len()
    }

    pub fn owed_calls(&self) -> Vec<OwedCall<D>> {
        let of_stream = |(key, stream): (&Key, &StreamId)| {
            let entry = self.streams.get(stream)?;
            let due = entry.standing.owed.iter().find(|due| due.key == *key)?;
            let Owed::Call { operation, call } = &due.owed else { return None };
            Some(OwedCall {
                key: key.clone(),
                stream: stream.clone(),
                operation: operation.clone(),
                call: call.clone(),
                since: due.since,
            })
        };
        self.calls.iter().filter_map(of_stream).collect()
    }

    pub fn summaries(&self, workflow: &str) -> Vec<Summary> {
        let of = |stream: &StreamId| stream.workflow() == workflow;
        let line = |(s, e): (&StreamId, &Entry<D>)| summary(s, e, &self.undelivered);
        self.streams.iter().filter(|(s, _)| of(s)).map(line).collect()
    }

    pub fn summary(&self, stream: &StreamId) -> Option<Summary> {
        self.streams.get(stream).map(|entry| summary(stream, entry, &self.undelivered))
    }

    pub fn find(&self, alias: &str) -> BTreeSet<StreamId> {
        self.aliases.get(alias).cloned().unwrap_or_default()
    }
}

fn summary<D: Domain>(stream: &StreamId, entry: &Entry<D>, undelivered: &BTreeSet<Key>) -> Summary {
    let standing = &entry.standing;
    let owed = standing.owed.iter().filter_map(|due| match &due.owed {
        Owed::Call { operation, .. } => Some(Wait::Call(operation.clone())),
        Owed::Tell(tell) => {
            undelivered.contains(&due.key).then(|| Wait::Message(tell.operation.clone()))
        }
        Owed::Signal(name) => Some(Wait::Signal(name)),
        Owed::Person(reason) => Some(Wait::Person(reason.clone())),
    });
    Summary {
        stream: stream.clone(),
        state: standing.state,
        terminal: standing.terminal,
        version: entry.version,
        updated_at: standing.updated_at,
        headline: standing.headline.clone(),
        waits: owed.chain(standing.timer.map(Wait::Timer)).collect(),
    }
}
