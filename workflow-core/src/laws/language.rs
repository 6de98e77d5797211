//! A machine's legal logs as what they are, a regular language: how many there are of each length, one drawn
//! uniformly, and the shortest that still holds what matters.
//!
//! Names of events only; `log.rs` gives them data. Deliberately absent: floats and estimates, counts are exact.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use proptest::prelude::Rng;

use crate::graph;
use crate::machine::{Kind, Machine};

/// Where a log may stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// In a terminal state.
    Terminal,
    /// Anywhere: every beginning of a legal log.
    Anywhere,
}

/// The legal logs of `M` up to a length, counted.
pub struct Language<M: Machine> {
    /// By length, then by node: how many ways of exactly that length lead from the node to an end.
    counts: Vec<Vec<u128>>,
    /// By node and node: the fewest events between them.
    paths: Vec<Vec<Option<Vec<M::EventKind>>>>,
    machine: PhantomData<fn() -> M>,
}

/// An event of a proposed log and, where it was taken from another log, its index there.
pub(super) type Kept<E> = (E, Option<usize>);

impl<M: Machine> fmt::Debug for Language<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language of {} up to {}", M::NAME, self.counts.len() - 1)
    }
}

/// The start of a log, and then each state.
fn node<K: Kind>(state: Option<K>) -> usize {
    state.map_or(0, |state| state.index() + 1)
}

fn nodes<K: Kind>() -> impl Iterator<Item = Option<K>> {
    std::iter::once(None).chain(K::ALL.iter().copied().map(Some))
}

impl<M: Machine> Language<M> {
    /// Counts the logs of up to `longest` events that stop where `ends` says.
    ///
    /// # Panics
    /// When there are more than `u128` holds: then the lengths must be bounded lower, for saturated counts would not
    /// be uniform.
    pub fn up_to(longest: usize, ends: Ends) -> Self {
        let end = |state: Option<M::StateKind>| match ends {
            Ends::Terminal => state.is_some_and(|state| M::TERMINAL.contains(&state)),
            Ends::Anywhere => true,
        };
        let mut counts = vec![nodes().map(|state| u128::from(end(state))).collect::<Vec<_>>()];
        for length in 1..=longest {
            let shorter = &counts[length - 1];
            let ways = |from: Option<M::StateKind>| {
                let rows = M::EDGES.iter().filter(|row| row.from == from);
                let ways = rows.map(|row| shorter[node(Some(row.to))]);
                ways.into_iter().try_fold(0_u128, u128::checked_add)
            };
            let row: Option<Vec<u128>> = nodes().map(ways).collect();
            let name = M::NAME;
            counts.push(row.unwrap_or_else(|| {
                panic!(
                    "{name} has more logs of {length} events than can be counted: bound them lower"
                )
            }));
        }
        let path = |from, to: Option<M::StateKind>| graph::shortest::<M>(from, to?);
        let paths = nodes().map(|from| nodes().map(|to| path(from, to)).collect()).collect();
        Self { counts, paths, machine: PhantomData }
    }

    /// How many logs have exactly `length` events.
    pub fn count(&self, length: usize) -> u128 {
        self.counts.get(length).map_or(0, |row| row[0])
    }

    /// The lengths of which there are logs, from 1.
    pub fn lengths(&self) -> Vec<usize> {
        (1..self.counts.len()).filter(|length| self.count(*length) > 0).collect()
    }

    /// One log of `length` events, each with the same chance. `None` when there is none of that length.
    pub fn draw(&self, length: usize, rng: &mut impl Rng) -> Option<Vec<M::EventKind>> {
        let mut log = Vec::with_capacity(length);
        let mut state = None;
        for left in (0..length).rev() {
            // As many chances for an event as there are ways to go on behind it.
            let ways = self.counts.get(left + 1)?[node(state)];
            let mut chance = below(ways, rng)?;
            let row = M::EDGES.iter().filter(|row| row.from == state).find(|row| {
                let behind = self.counts[left][node(Some(row.to))];
                let here = chance < behind;
                if !here {
                    chance -= behind;
                }
                here
            })?;
            log.push(row.event);
            state = Some(row.to);
        }
        Some(log)
    }

    /// The states that a log passes, its start first. `None` when it is not legal.
    pub fn states(log: &[M::EventKind]) -> Option<Vec<Option<M::StateKind>>> {
        let mut states = vec![None];
        for &event in log {
            let before = states.last().copied().flatten();
            states.push(Some(M::next(before, event)?));
        }
        Some(states)
    }

    /// Whether the log is legal and stops where it may.
    pub fn holds(&self, log: &[M::EventKind]) -> bool {
        let last = Self::states(log).and_then(|states| states.last().copied());
        last.is_some_and(|last| self.counts[0][node(last)] > 0)
    }

    /// The shortest log that has the events of `needed` in their order, with whatever must stand between them.
    pub(super) fn shortest_with(&self, needed: &[M::EventKind]) -> Option<Vec<Kept<M::EventKind>>> {
        type Place<M> = (Option<<M as Machine>::StateKind>, usize);
        let width = needed.len() + 1;
        let at = |(state, met): Place<M>| node(state) * width + met;
        let all = (M::StateKind::ALL.len() + 1) * width;
        // By place: the place before, the event between.
        let mut reached: Vec<Option<(Place<M>, M::EventKind)>> = vec![None; all];
        let mut queue: VecDeque<Place<M>> = VecDeque::from([(None, 0)]);
        while let Some(here) = queue.pop_front() {
            let (state, met) = here;
            if met == needed.len() && state.is_some() && self.counts[0][node(state)] > 0 {
                let mut log = Vec::new();
                let mut place = here;
                while let Some((before, event)) = reached[at(place)] {
                    log.push((event, (place.1 > before.1).then_some(before.1)));
                    place = before;
                }
                log.reverse();
                return Some(log);
            }
            for row in M::EDGES.iter().filter(|row| row.from == state) {
                // Meeting what is needed as early as possible is never worse.
                let next = (Some(row.to), met + usize::from(needed.get(met) == Some(&row.event)));
                if reached[at(next)].is_none() {
                    reached[at(next)] = Some((here, row.event));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// The log without the detour between two of its moments: a shortest path stands in its place. With `to` behind
    /// the last moment, the log stops as soon as it may.
    pub(super) fn short_cut(
        &self,
        log: &[M::EventKind],
        states: &[Option<M::StateKind>],
        (from, to): (usize, usize),
    ) -> Option<Vec<Kept<M::EventKind>>> {
        let path = match states.get(to) {
            Some(target) if target == &states[from] => Vec::new(),
            Some(target) => self.paths[node(states[from])][node(*target)].clone()?,
            None => self.shortest_end(states[from])?,
        };
        let kept = |index: usize| (log[index], Some(index));
        let before = (0..from).map(kept);
        let after = (to.min(log.len())..log.len()).map(kept);
        Some(before.chain(path.into_iter().map(|event| (event, None))).chain(after).collect())
    }

    fn shortest_end(&self, from: Option<M::StateKind>) -> Option<Vec<M::EventKind>> {
        if from.is_some() && self.counts[0][node(from)] > 0 {
            return Some(Vec::new());
        }
        let ends = nodes::<M::StateKind>().filter(|state| self.counts[0][node(*state)] > 0);
        let paths = ends.filter_map(|end| self.paths[node(from)][node(end)].clone());
        paths.min_by_key(Vec::len)
    }
}

/// A number below `bound`, each with the same chance; `None` when there is none.
pub(super) fn below(bound: u128, rng: &mut (impl Rng + ?Sized)) -> Option<u128> {
    if bound == 0 {
        return None;
    }
    // Numbers beyond the last whole multiple would favour the small ones.
    let fair = u128::MAX - (u128::MAX % bound);
    loop {
        let number = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
        if number < fair {
            return Some(number % bound);
        }
    }
}

/// A plain walk: each of the events that the state accepts has the same chance, until none is accepted or there are
/// `longest` events. The usual way to make logs, kept to compare with: it favours whatever ends soon.
pub fn walk<M: Machine>(longest: usize, rng: &mut impl Rng) -> Vec<M::EventKind> {
    let mut log = Vec::new();
    let mut state = None;
    while log.len() < longest {
        let rows: Vec<_> = M::EDGES.iter().filter(|row| row.from == state).collect();
        let Some(pick) = below(rows.len() as u128, rng) else { break };
        let row = rows[usize::try_from(pick).unwrap_or_default()];
        log.push(row.event);
        state = Some(row.to);
    }
    log
}
