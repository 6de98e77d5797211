//! The lines of all instances: those to which something is still to happen in memory, the ended ones on a shelf.
//!
//! What is in memory covers what the shelf has of the same stream: one that moved after its end, of which the shelf has
//! an older line until the next one is written. Read `engine/ended.rs` next.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ended::{Ended, hash};
use super::line::Line;
use crate::id::StreamId;

#[derive(Debug, Default)]
pub(super) struct Lines {
    memory: BTreeMap<StreamId, Line>,
    ended: Option<Arc<Ended>>,
    /// The streams of which the shelf has a line that does not count any more.
    covered: BTreeSet<StreamId>,
    /// How many lines were read off the shelf.
    read: AtomicU64,
}

impl Lines {
    /// As a checkpoint left them.
    pub fn resumed(
        memory: BTreeMap<StreamId, Line>,
        ended: Option<Arc<Ended>>,
        covered: BTreeSet<StreamId>,
    ) -> Self {
        Self { memory, ended, covered, read: AtomicU64::new(0) }
    }

    /// Those in memory.
    pub fn in_memory(&self) -> &BTreeMap<StreamId, Line> {
        &self.memory
    }

    pub fn memory(&mut self) -> &mut BTreeMap<StreamId, Line> {
        &mut self.memory
    }

    pub fn ended(&self) -> Option<&Arc<Ended>> {
        self.ended.as_ref()
    }

    /// The lines on the shelf that count, by workflow, tenant and the state's number.
    pub fn tally(&self) -> BTreeMap<(String, String, usize), usize> {
        let Some(ended) = &self.ended else { return BTreeMap::new() };
        let each = ended.tally().each();
        let mut counts: BTreeMap<_, _> = each
            .map(|(workflow, tenant, state, count)| {
                ((workflow.to_owned(), tenant.to_owned(), state), count as usize)
            })
            .collect();
        for stream in &self.covered {
            let Some(line) = ended.line(stream.as_str()) else { continue };
            let (workflow, tenant) = (stream.workflow().to_owned(), stream.tenant().to_owned());
            let kind = (workflow, tenant, line.view().state);
            counts.entry(kind).and_modify(|count: &mut usize| *count = count.saturating_sub(1));
        }
        counts
    }

    /// How many lines were read off the shelf: what a start, or a round that finds nothing to do, must not cost.
    pub fn ended_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether the shelf has any of a workflow, in this state where one is named.
    fn has_ended(&self, workflow: &str, state: Option<usize>) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.tally().has(workflow, state))
    }

    pub fn get(&self, stream: &str) -> Option<Cow<'_, Line>> {
        match self.memory.get(stream) {
            Some(line) => Some(Cow::Borrowed(line)),
            None => self.shelved(stream).map(Cow::Owned),
        }
    }

    fn shelved(&self, stream: &str) -> Option<Line> {
        let ended = self.ended.as_ref().filter(|_| !self.covered.contains(stream))?;
        let line = ended.line(stream);
        self.read.fetch_add(u64::from(line.is_some()), Ordering::Relaxed);
        line
    }

    /// Takes a line off the shelf, if it stands there: its instance moved after its end.
    pub fn unshelve(&mut self, stream: &StreamId) -> Option<Line> {
        if self.memory.contains_key(stream) {
            return None;
        }
        let line = self.shelved(stream.as_str())?;
        self.covered.insert(stream.clone());
        Some(line)
    }

    /// All lines after a stream's, in order.
    pub fn after<'a>(
        &'a self,
        stream: &StreamId,
    ) -> impl Iterator<Item = (StreamId, Cow<'a, Line>)> + use<'a> {
        self.after_with(stream, true)
    }

    /// Those of one workflow; the shelf is not even looked at where it has none.
    pub fn of_workflow<'a>(
        &'a self,
        workflow: &'a str,
        stream: &StreamId,
    ) -> impl Iterator<Item = (StreamId, Cow<'a, Line>)> + use<'a> {
        let lines = self.after_with(stream, self.has_ended(workflow, None));
        lines.take_while(move |(stream, _)| stream.workflow() == workflow)
    }

    /// Of at most `count` lines on the shelf in a state those that still stand there, with what counts of them now, and
    /// after which stream to go on.
    pub fn ended_in_state(
        &self,
        workflow: &str,
        state: usize,
        after: Option<&StreamId>,
        count: usize,
    ) -> (Vec<(StreamId, Line)>, Option<StreamId>) {
        let Some(ended) = self.ended.as_ref().filter(|_| self.has_ended(workflow, Some(state)))
        else {
            return (Vec::new(), None);
        };
        let after = after.map_or("", StreamId::as_str);
        let found: Vec<StreamId> = ended.in_state(workflow, state, after).take(count).collect();
        let last = found.last().cloned();
        let line = |stream: StreamId| {
            // One that moved since is in memory, and may stand there again.
            let line = self.get(stream.as_str())?.into_owned();
            let stands = stream.workflow() == workflow && line.view().state == state;
            stands.then_some((stream, line))
        };
        (found.into_iter().filter_map(line).collect(), last)
    }

    fn after_with<'a>(
        &'a self,
        stream: &StreamId,
        ended: bool,
    ) -> impl Iterator<Item = (StreamId, Cow<'a, Line>)> + use<'a> {
        let from = (Bound::Excluded(stream), Bound::Unbounded);
        let mut memory = self.memory.range::<StreamId, _>(from).peekable();
        let counts = move |(stream, _): &(StreamId, Line)| {
            !self.covered.contains(stream) && !self.memory.contains_key(stream)
        };
        let name = stream.as_str().to_owned();
        let shelf = self.ended.iter().filter(move |_| ended);
        let shelved = shelf.flat_map(move |ended| ended.after(&name));
        let noted = |_: &(StreamId, Line)| {
            self.read.fetch_add(1, Ordering::Relaxed);
        };
        let mut shelved = shelved.inspect(noted).filter(counts).peekable();
        std::iter::from_fn(move || {
            let first = match (memory.peek(), shelved.peek()) {
                (Some((one, _)), Some((other, _))) => **one < *other,
                (one, _) => one.is_some(),
            };
            if first {
                return memory.next().map(|(stream, line)| (stream.clone(), Cow::Borrowed(line)));
            }
            shelved.next().map(|(stream, line)| (stream, Cow::Owned(line)))
        })
    }

    /// The ended instances on the shelf that are known by an outside name.
    pub fn find_ended(&self, alias: &str) -> Vec<StreamId> {
        let Some(ended) = &self.ended else { return Vec::new() };
        let mut found = ended.find(hash(alias));
        let has = |stream: &StreamId| {
            let line = self.shelved(stream.as_str());
            line.is_some_and(|line| line.view().aliases.contains(&alias))
        };
        found.retain(|stream| !self.memory.contains_key(stream) && has(stream));
        found
    }

    /// At most `count` lines in memory, in order, after the stream named, each with whether the shelf has an older one.
    pub fn some_in_memory(
        &self,
        stream: Option<&StreamId>,
        count: usize,
    ) -> Vec<(StreamId, Line, bool)> {
        let from = stream.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.memory.range::<StreamId, _>((from, Bound::Unbounded)).take(count);
        let copied = |(stream, line): (&StreamId, &Line)| {
            (stream.clone(), line.clone(), self.covered.contains(stream))
        };
        range.map(copied).collect()
    }

    /// From now on looks on this shelf, which has not what the one before had of `dropped`.
    pub fn put_shelf(&mut self, ended: Arc<Ended>, dropped: &BTreeSet<StreamId>) {
        self.ended = Some(ended);
        self.covered.retain(|stream| !dropped.contains(stream));
    }

    /// Takes out of memory what stands on the shelf just like this; says whether it did.
    pub fn settle(&mut self, stream: &StreamId, line: &Line) -> bool {
        if self.memory.get(stream) == Some(line) {
            self.memory.remove(stream);
            return true;
        }
        // It moved meanwhile.
        self.covered.insert(stream.clone());
        false
    }
}
