//! Making a log smaller without ever leaving the machine's language.
//!
//! Two passes. First: which of its events are needed at all? Half of them is dropped, then quarters, down to single
//! ones, and each time the shortest legal log that has the rest in order is tried. Then: any stretch between two of its
//! moments is replaced by a shortest path, the largest cut first, until no cut is left. What cannot be dropped one event at
//! a time (an opening and its closing, a round trip) falls in one step.

use std::sync::Arc;

use super::language::{Kept, Language};
use crate::machine::Machine;

/// A smaller log to try.
pub(super) type Proposal<M> = Vec<Kept<<M as Machine>::EventKind>>;

/// The smallest log known to fail, and what can still be tried with it.
pub(super) struct Shrink<M: Machine> {
    language: Arc<Language<M>>,
    best: Vec<M::EventKind>,
    pass: Pass<M>,
    /// Whether the log became shorter since the first pass began.
    progressed: bool,
}

enum Pass<M: Machine> {
    /// Dropping needed events, `size` at once, from `at` on.
    Needed { needed: Vec<usize>, size: usize, at: usize, dropped: bool },
    /// Cutting stretches, the largest cut last, to be taken from the end.
    Stretches { cuts: Vec<Proposal<M>> },
}

/// The first pass, with every event of the log held to be needed.
fn needed_all<M: Machine>(log: &[M::EventKind]) -> Pass<M> {
    let needed: Vec<usize> = (0..log.len()).collect();
    Pass::Needed { size: needed.len(), needed, at: 0, dropped: false }
}

impl<M: Machine> Shrink<M> {
    pub(super) fn new(language: Arc<Language<M>>, log: Vec<M::EventKind>) -> Self {
        let pass = needed_all(&log);
        Self { language, best: log, pass, progressed: false }
    }

    pub(super) fn best(&self) -> &[M::EventKind] {
        &self.best
    }

    /// The next log to try; `None` when nothing smaller is left.
    pub(super) fn propose(&mut self) -> Option<Proposal<M>> {
        loop {
            let (needed, size, at, dropped) = match &mut self.pass {
                Pass::Stretches { cuts } => match cuts.pop() {
                    Some(cut) => return Some(cut),
                    // What came of it may need still less.
                    None if self.progressed => {
                        self.progressed = false;
                        self.pass = needed_all(&self.best);
                        continue;
                    }
                    None => return None,
                },
                Pass::Needed { needed, size, at, dropped } => (needed, size, at, dropped),
            };
            if *at >= needed.len() {
                // A single event that was needed may no longer be, once another is gone.
                if *size > 1 || *dropped {
                    (*size, *at, *dropped) = ((*size / 2).max(1), 0, false);
                } else {
                    self.stretches();
                }
                if let Pass::Needed { needed, .. } = &self.pass
                    && needed.is_empty()
                {
                    self.stretches();
                }
                continue;
            }
            let start = *at;
            let end = (start + *size).min(needed.len());
            let rest: Vec<usize> = needed[..start].iter().chain(&needed[end..]).copied().collect();
            let kinds: Vec<M::EventKind> = rest.iter().map(|index| self.best[*index]).collect();
            let found = self.language.shortest_with(&kinds);
            *at = end;
            let Some(found) = found.filter(|found| found.len() <= self.best.len()) else {
                continue;
            };
            let proposal: Proposal<M> =
                found.into_iter().map(|(kind, met)| (kind, met.map(|met| rest[met]))).collect();
            // The same log is no other try; and what it holds by luck alone may be what matters.
            if proposal.iter().map(|(kind, _)| *kind).eq(self.best.iter().copied()) {
                continue;
            }
            return Some(proposal);
        }
    }

    /// The proposal fails too: it is the best now.
    pub(super) fn accept(&mut self, proposal: &Proposal<M>) {
        self.progressed |= proposal.len() < self.best.len();
        self.best = proposal.iter().map(|(kind, _)| *kind).collect();
        match &self.pass {
            Pass::Needed { size, at, .. } => {
                let (size, at) = (*size, *at);
                self.need(proposal, at.saturating_sub(size), size);
            }
            Pass::Stretches { .. } => self.stretches(),
        }
    }

    /// Goes on with what `proposal` took over as what is needed.
    fn need(&mut self, proposal: &Proposal<M>, at: usize, size: usize) {
        let taken = proposal.iter().enumerate().filter(|(_, (_, from))| from.is_some());
        let needed: Vec<usize> = taken.map(|(index, _)| index).collect();
        let size = size.min(needed.len()).max(1);
        self.pass = Pass::Needed { needed, size, at, dropped: true };
    }

    /// Begins to cut stretches of the best log.
    fn stretches(&mut self) {
        let log = &self.best;
        let states = Language::<M>::states(log).unwrap_or_default();
        let moments =
            (0..log.len()).flat_map(|from| (from + 1..=log.len() + 1).map(move |to| (from, to)));
        let cut = |between| self.language.short_cut(log, &states, between);
        let mut cuts: Vec<Proposal<M>> = moments
            .filter_map(cut)
            .filter(|cut| !cut.is_empty() && cut.len() < log.len())
            .collect();
        cuts.sort_by_key(|cut| std::cmp::Reverse(cut.len()));
        self.pass = Pass::Stretches { cuts };
    }
}
