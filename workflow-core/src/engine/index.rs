//! What follows from the log, for quick answers: who is owed what, whose time comes when, who is called what.
//!
//! No truth is here: it is built from the log at start, or taken up where a checkpoint left it, and kept up after each
//! commit. An instance takes a packed line (`engine/line.rs`), and the work itself only while there is some to do. Once it
//! has ended, its line stands on a shelf (`engine/lines.rs`), from which lists and look-ups read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::ended::{Ended, hash};
use super::line::{Item, Line, Told, View};
use super::lines::Lines;
use super::live::{Due, Standing};
use crate::id::{Key, Position, StreamId, Version};
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
    /// Whether it was owed already when the engine opened: an earlier process may have attempted it, to whatever
    /// effect. One that came to be owed later cannot have been attempted before: nothing leaves before the event that
    /// owes it is durable.
    pub inherited: bool,
}

impl<D: Domain> OwedCall<D> {
    /// The call of that key among what a stream is owed.
    pub(super) fn find(
        stream: &StreamId,
        key: &Key,
        owed: &[Due<D>],
        inherited: bool,
    ) -> Option<Self> {
        let due = owed.iter().find(|due| due.key == *key)?;
        let Owed::Call { operation, call } = &due.owed else { return None };
        let (operation, call) = (operation.clone(), call.clone());
        let (key, stream, since) = (key.clone(), stream.clone(), due.since);
        Some(Self { key, stream, operation, call, since, inherited })
    }
}

impl<D: Domain> Clone for OwedCall<D> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            stream: self.stream.clone(),
            operation: self.operation.clone(),
            call: self.call.clone(),
            since: self.since,
            inherited: self.inherited,
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

/// What the index knows of a call by its key.
pub(super) enum OwedNow<D: Domain> {
    /// All of it.
    Awake(OwedCall<D>),
    /// That this stream owes it: what it is follows from its events.
    Asleep(StreamId),
    /// That it is not owed any more.
    Gone,
}

/// What an instance waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A call to the outside, by its operation.
    Call(String),
    /// A message to another instance.
    Message(String),
    /// A signal from outside.
    Signal(String),
    /// A person.
    Person(String),
    /// A moment.
    Timer(Timestamp),
}

/// The names of the states of each workflow, in its machine's order.
pub(super) type States = BTreeMap<&'static str, Vec<&'static str>>;

/// How many instances are in each state: by workflow, by tenant, by the state's number.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, BTreeMap<String, Vec<usize>>>);

impl Counts {
    fn of(&mut self, workflow: &'static str, tenant: &str, state: usize) -> &mut usize {
        let tenants = self.0.entry(workflow).or_default();
        if !tenants.contains_key(tenant) {
            tenants.insert(tenant.to_owned(), Vec::new());
        }
        let states = tenants.get_mut(tenant).expect("it was put there if it was not");
        if states.len() <= state {
            states.resize(state + 1, 0);
        }
        &mut states[state]
    }

    fn tenants(&self, workflow: &str) -> impl Iterator<Item = (&str, &[usize])> {
        let tenants = self.0.get(workflow).into_iter().flatten();
        tenants.map(|(tenant, states)| (tenant.as_str(), states.as_slice()))
    }
}

pub(super) struct Index<D: Domain> {
    states: States,
    lines: Lines,
    /// All that a state is owed, where some of it is work still to be done. Missing for a call of which only the
    /// checkpoint told so far: the instance knows it, see [`OwedNow::Asleep`].
    owing: BTreeMap<StreamId, Arc<Standing<D>>>,
    calls: BTreeMap<Key, StreamId>,
    /// The calls that were owed already when the engine opened.
    inherited: BTreeSet<Key>,
    timers: BTreeSet<(Timestamp, StreamId)>,
    /// Timers that are asked again later than their state wished.
    again: BTreeMap<StreamId, Timestamp>,
    /// When timers were taken last.
    taken_at: Timestamp,
    /// By the alias's hash, so that it need not be kept twice: the line has it.
    aliases: BTreeSet<(u64, StreamId)>,
    undelivered: BTreeSet<Key>,
    counts: Counts,
    reached: Position,
}

/// Which messages an update brought up and which it made void.
pub(super) struct Messages {
    pub new: Vec<(Key, StreamId, Tell)>,
    pub void: Vec<Key>,
}

impl<D: Domain> Index<D> {
    /// As a checkpoint left it; the calls that its lines owe are asleep.
    pub fn new(states: States, lines: Lines) -> Self {
        let (mut timers, mut aliases, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        let mut counts = Counts::default();
        for ((workflow, tenant, state), count) in lines.tally() {
            if let Some((workflow, _)) = states.get_key_value(workflow.as_str()) {
                *counts.of(workflow, &tenant, state) += count;
            }
        }
        for (stream, line) in lines.in_memory() {
            let view = line.view();
            timers.extend(view.timer.map(|at| (at, stream.clone())));
            aliases.extend(view.aliases.iter().map(|alias| (hash(alias), stream.clone())));
            calls.extend(view.calls(stream).into_iter().map(|key| (key, stream.clone())));
            if let Some((workflow, _)) = states.get_key_value(stream.workflow()) {
                *counts.of(workflow, stream.tenant(), view.state) += 1;
            }
        }
        Self {
            states,
            lines,
            owing: BTreeMap::new(),
            calls: calls.into_iter().collect(),
            inherited: BTreeSet::new(),
            timers: timers.into_iter().collect(),
            again: BTreeMap::new(),
            taken_at: Timestamp(i64::MIN),
            aliases: aliases.into_iter().collect(),
            undelivered: BTreeSet::new(),
            counts,
            reached: Position(0),
        }
    }

    /// Replaces what is known of a stream. An instance that ended and is not `listed` is forgotten. `told` knows
    /// messages of which the index does not know that the log shows them.
    pub fn update(
        &mut self,
        stream: &StreamId,
        version: Version,
        standing: Arc<Standing<D>>,
        listed: bool,
        told: &dyn Fn(&Key) -> bool,
    ) -> Messages {
        // One whose first event this is stands on no shelf.
        if version > Version(1) {
            self.unshelve(stream);
        }
        let inherited = self.inherited_of(stream);
        let before = self.remove(stream);
        let mut messages = Messages { new: Vec::new(), void: Vec::new() };
        let known: BTreeMap<Key, Told> = before
            .iter()
            .flat_map(|line| {
                line.view().items.iter().filter_map(|i| told_of(i, stream)).collect::<Vec<_>>()
            })
            .collect();
        let is_told = |key: &Key| known.get(key) == Some(&Told::Yes) || told(key);
        let mut pending = false;
        for due in &standing.owed {
            match &due.owed {
                Owed::Call { .. } => {
                    self.calls.insert(due.key.clone(), stream.clone());
                    pending = true;
                }
                Owed::Tell(_) if is_told(&due.key) => {}
                Owed::Tell(tell) => {
                    pending = true;
                    if !known.contains_key(&due.key) {
                        self.undelivered.insert(due.key.clone());
                        messages.new.push((due.key.clone(), stream.clone(), tell.clone()));
                    }
                }
                Owed::Signal(_) | Owed::Person(_) => {}
            }
        }
        let kept = |key: &Key| standing.owed.iter().any(|due| due.key == *key);
        messages.void = known.keys().filter(|key| !kept(key)).cloned().collect();
        for key in &messages.void {
            self.undelivered.remove(key);
        }
        for key in inherited.iter().filter(|key| !kept(key)) {
            self.inherited.remove(key);
        }
        if !standing.is_over() || listed {
            self.insert(stream, Line::of(version, &standing, &is_told));
        }
        if pending {
            self.owing.insert(stream.clone(), standing);
        }
        messages
    }

    fn insert(&mut self, stream: &StreamId, line: Line) {
        let view = line.view();
        if let Some(at) = view.timer {
            self.timers.insert((at, stream.clone()));
        }
        self.aliases.extend(view.aliases.iter().map(|alias| (hash(alias), stream.clone())));
        if let Some((workflow, _)) = self.states.get_key_value(stream.workflow()) {
            *self.counts.of(workflow, stream.tenant(), view.state) += 1;
        }
        self.lines.memory().insert(stream.clone(), line);
    }

    /// Takes a line off the shelf into memory, if it stands there. It was counted before.
    fn unshelve(&mut self, stream: &StreamId) {
        let Some(line) = self.lines.unshelve(stream) else { return };
        let aliases = line.view().aliases.iter().map(|alias| hash(alias)).collect::<Vec<_>>();
        self.aliases.extend(aliases.into_iter().map(|hash| (hash, stream.clone())));
        self.lines.memory().insert(stream.clone(), line);
    }

    fn remove(&mut self, stream: &StreamId) -> Option<Line> {
        let line = self.lines.memory().remove(stream)?;
        let view = line.view();
        match self.owing.remove(stream) {
            Some(owing) => owing.owed.iter().for_each(|due| drop(self.calls.remove(&due.key))),
            None => view.calls(stream).iter().for_each(|key| drop(self.calls.remove(key))),
        }
        if let Some(at) = self.again.remove(stream).or(view.timer) {
            self.timers.remove(&(at, stream.clone()));
        }
        for alias in &view.aliases {
            self.aliases.remove(&(hash(alias), stream.clone()));
        }
        if let Some((workflow, _)) = self.states.get_key_value(stream.workflow()) {
            *self.counts.of(workflow, stream.tenant(), view.state) -= 1;
        }
        Some(line)
    }

    /// The names of each workflow's states.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// Notes that what is owed now was owed before the engine opened.
    pub fn inherit(&mut self) {
        self.inherited = self.calls.keys().cloned().collect();
    }

    fn inherited_of(&self, stream: &StreamId) -> Vec<Key> {
        if self.inherited.is_empty() {
            return Vec::new();
        }
        let mut keys: Vec<Key> = match (self.owing.get(stream), self.lines.in_memory().get(stream))
        {
            (Some(owing), _) => owing.owed.iter().map(|due| due.key.clone()).collect(),
            (None, Some(line)) => line.view().calls(stream),
            (None, None) => Vec::new(),
        };
        keys.retain(|key| self.inherited.contains(key));
        keys
    }

    /// A message that a stream still owes.
    pub fn owed_message(&self, from: &StreamId, key: &Key) -> Option<Tell> {
        let due = self.owing.get(from)?.owed.iter().find(|due| due.key == *key)?;
        let Owed::Tell(tell) = &due.owed else { return None };
        Some(tell.clone())
    }

    /// The receiver took a message in, to whatever effect.
    pub fn delivered(&mut self, key: &Key) {
        self.undelivered.remove(key);
    }

    /// The log shows a message: an event came of it.
    pub fn told(&mut self, from: &StreamId, key: &Key) {
        let Some(line) = self.lines.memory().get_mut(from) else { return };
        *line = line.with_told(from, key);
        if !line.view().is_pending() {
            self.owing.remove(from);
        }
    }

    /// All events before `position` are in.
    pub fn reach(&mut self, position: Position) {
        self.reached = position;
    }

    /// All events before this position are in; some behind it may be.
    pub fn reached(&self) -> Position {
        self.reached
    }

    /// At most `count` lines in memory, in order, after the stream named, each with whether the shelf has an older one.
    pub fn lines_after(
        &self,
        stream: Option<&StreamId>,
        count: usize,
    ) -> Vec<(StreamId, Line, bool)> {
        self.lines.some_in_memory(stream, count)
    }

    /// The shelf of what ended.
    pub fn ended(&self) -> Option<&Arc<Ended>> {
        self.lines.ended()
    }

    /// From now on looks on this shelf, which has not what the one before had of `dropped`.
    pub fn put_shelf(&mut self, ended: Arc<Ended>, dropped: &BTreeSet<StreamId>) {
        self.lines.put_shelf(ended, dropped);
    }

    /// Forgets lines that stand on the shelf now.
    pub fn settle(&mut self, shelved: &[(StreamId, Line)]) {
        for (stream, line) in shelved {
            if self.lines.settle(stream, line) {
                for alias in &line.view().aliases {
                    self.aliases.remove(&(hash(alias), stream.clone()));
                }
            }
        }
    }

    /// Takes the timers that have come, and sets each once more for later: the event that the timer leads to
    /// replaces it.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<(Timestamp, StreamId)> {
        if now < self.taken_at {
            self.wish_again();
        }
        self.taken_at = now;
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
            if self.lines.in_memory().contains_key(stream) {
                self.again.insert(stream.clone(), again);
                self.timers.insert((again, stream.clone()));
            }
        }
        due
    }

    /// The clock was put back: what was to be asked again later, by a clock that was ahead, has its own time again.
    fn wish_again(&mut self) {
        for (stream, at) in std::mem::take(&mut self.again) {
            self.timers.remove(&(at, stream.clone()));
            let line = self.lines.in_memory().get(&stream);
            self.timers.extend(line.and_then(|line| line.view().timer).map(|at| (at, stream)));
        }
    }

    pub fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub fn messages_waiting(&self) -> usize {
        self.undelivered.len()
    }

    /// The keys of all calls owed, in order.
    pub fn owed_keys(&self) -> Vec<Key> {
        self.calls.keys().cloned().collect()
    }

    pub fn owes(&self, key: &Key) -> bool {
        self.calls.contains_key(key)
    }

    pub fn owed_call(&self, key: &Key) -> OwedNow<D> {
        let Some(stream) = self.calls.get(key) else { return OwedNow::Gone };
        let Some(owed) = self.owing.get(stream) else { return OwedNow::Asleep(stream.clone()) };
        let inherited = self.inherited.contains(key);
        OwedCall::find(stream, key, &owed.owed, inherited).map_or(OwedNow::Gone, OwedNow::Awake)
    }

    /// At most `count` lines of a workflow, in order, after the stream named.
    pub fn summaries_after(
        &self,
        workflow: &str,
        after: Option<&StreamId>,
        count: usize,
    ) -> Vec<Summary> {
        let begin = StreamId::before(workflow);
        let lines = self.lines.of_workflow(workflow, after.unwrap_or(&begin)).take(count);
        lines.map(|(stream, line)| self.line_of(&stream, &line.view())).collect()
    }

    /// Of at most `count` lines of a workflow in memory those that have not ended and do not rest, and after which stream
    /// to go on.
    pub fn open_after(
        &self,
        workflow: &str,
        after: Option<&StreamId>,
        count: usize,
    ) -> (Vec<Summary>, Option<StreamId>) {
        let begin = StreamId::before(workflow);
        let mut some = self.lines.some_in_memory(Some(after.unwrap_or(&begin)), count);
        some.retain(|(stream, _, _)| stream.workflow() == workflow);
        let open = some.iter().filter(|(_, line, _)| !line.view().is_at_rest());
        let open = open.map(|(stream, line, _)| self.line_of(stream, &line.view())).collect();
        (open, some.pop().map(|(stream, _, _)| stream))
    }

    /// Of at most `count` lines of a workflow in memory those in one of these states, and after which stream to go on.
    pub fn in_memory_in(
        &self,
        (workflow, states): (&str, &[usize]),
        after: Option<&StreamId>,
        count: usize,
    ) -> (Vec<Summary>, Option<StreamId>) {
        let begin = StreamId::before(workflow);
        let mut some = self.lines.some_in_memory(Some(after.unwrap_or(&begin)), count);
        some.retain(|(stream, _, _)| stream.workflow() == workflow);
        let wanted = some.iter().filter(|(_, line, _)| states.contains(&line.view().state));
        let wanted = wanted.map(|(stream, line, _)| self.line_of(stream, &line.view())).collect();
        (wanted, some.pop().map(|(stream, _, _)| stream))
    }

    /// The same of those on the shelf in one state.
    pub fn ended_in(
        &self,
        (workflow, state): (&str, usize),
        after: Option<&StreamId>,
        count: usize,
    ) -> (Vec<Summary>, Option<StreamId>) {
        let (some, last) = self.lines.ended_in_state(workflow, state, after, count);
        let line = |(stream, line): (StreamId, Line)| self.line_of(&stream, &line.view());
        (some.into_iter().map(line).collect(), last)
    }

    /// How many lines were read off the shelf of what ended.
    pub fn ended_read(&self) -> u64 {
        self.lines.ended_read()
    }

    pub fn summary(&self, stream: &StreamId) -> Option<Summary> {
        let line = self.lines.get(stream.as_str())?;
        Some(self.line_of(stream, &line.view()))
    }

    pub fn counts(&self, workflow: &str) -> BTreeMap<&'static str, usize> {
        let Some(names) = self.states.get(workflow) else { return BTreeMap::new() };
        let mut counts: BTreeMap<_, _> = names.iter().map(|name| (*name, 0)).collect();
        for (_, states) in self.counts.tenants(workflow) {
            for (name, count) in names.iter().zip(states) {
                *counts.entry(*name).or_default() += count;
            }
        }
        counts
    }

    pub fn counts_by_tenant(
        &self,
        workflow: &str,
    ) -> BTreeMap<String, BTreeMap<&'static str, usize>> {
        let Some(names) = self.states.get(workflow) else { return BTreeMap::new() };
        let of = |(tenant, states): (&str, &[usize])| {
            let some = names.iter().copied().zip(states.iter().copied());
            (tenant.to_owned(), some.filter(|(_, count)| *count > 0).collect())
        };
        let mut tenants: BTreeMap<String, BTreeMap<_, _>> =
            self.counts.tenants(workflow).map(of).collect();
        tenants.retain(|_, counts| !counts.is_empty());
        tenants
    }

    pub fn find(&self, alias: &str) -> BTreeSet<StreamId> {
        let hash = hash(alias);
        let same = self.aliases.range((hash, StreamId::before(""))..);
        let same = same.take_while(|(other, _)| *other == hash).map(|(_, stream)| stream);
        let has = |line: &Line| line.view().aliases.contains(&alias);
        let lines = self.lines.in_memory();
        let same = same.filter(|stream| lines.get(*stream).is_some_and(has)).cloned();
        same.chain(self.lines.find_ended(alias)).collect()
    }

    fn line_of(&self, stream: &StreamId, view: &View<'_>) -> Summary {
        let names = self.states.get(stream.workflow());
        let wait = |item: &Item<'_>| match item {
            Item::Call(operation, _) => Some(Wait::Call((*operation).to_owned())),
            Item::Message(operation, _, Told::NotYet) => {
                let waits = item.key(stream).is_some_and(|key| self.undelivered.contains(&key));
                waits.then(|| Wait::Message((*operation).to_owned()))
            }
            Item::Message(_, _, Told::Yes) => None,
            Item::Signal(name) => Some(Wait::Signal((*name).to_owned())),
            Item::Person(reason) => Some(Wait::Person((*reason).to_owned())),
        };
        let owed = view.items.iter().filter_map(wait);
        Summary {
            stream: stream.clone(),
            state: names.and_then(|names| names.get(view.state)).copied().unwrap_or_default(),
            terminal: view.terminal,
            version: view.version,
            updated_at: view.updated_at,
            headline: view.headline.to_owned(),
            waits: owed.chain(view.timer.map(Wait::Timer)).collect(),
        }
    }
}

/// Of a message its key and whether it was told.
fn told_of(item: &Item<'_>, stream: &StreamId) -> Option<(Key, Told)> {
    let Item::Message(_, _, told) = item else { return None };
    Some((item.key(stream)?, *told))
}
