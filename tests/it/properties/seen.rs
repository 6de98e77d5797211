//! What the insurer of one tenant has and has heard, and how the tenant's placements stand: the same picture of a world in
//! memory and of one over HTTP, so that the same rules judge both.
//!
//! Whoever takes the picture (`rules.rs` from the books in memory, `http/judge.rs` from the simulator's ledger and its API)
//! judges nothing. Rule 5 is in `losses.rs`; what only one kind of world can show is judged where that world is.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use workflow_core::domain::call::Wage;
use workflow_core::domain::placement::State;
use workflow_core::time::Timestamp;

use super::losses;
use super::rules::Checked;
use super::scope::Scope;

/// How many there are of each.
pub(super) type Counts = BTreeMap<String, u64>;

/// One tenant's world, as it is now.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Contractors that were made, by candidate.
    pub(super) contractors: Counts,
    /// Jobs that were made, by placement.
    pub(super) jobs: Counts,
    /// Sessions that are live, by contractor.
    pub(super) sessions: Counts,
    /// Assignments that are live, by job.
    pub(super) assignments: Counts,
    /// Documents that came, by content.
    pub(super) uploads: Counts,
    /// Invoices that stand, by job and pay period.
    pub(super) invoices: Counts,
    /// Placements that the insurer has heard of.
    pub(super) placements: BTreeSet<String>,
    /// Candidates that it has heard of.
    pub(super) people: BTreeSet<String>,
    /// What the jobs say of pay.
    pub(super) wages: Vec<Wage>,
    /// The rates of this world.
    pub(super) rates: Vec<Wage>,
    /// Placements whose pay nobody here understands.
    pub(super) not_understood: BTreeSet<String>,
    /// How the placements stand.
    pub(super) states: BTreeMap<String, State>,
    /// Since when what a placement rests on is not in force, if it is not.
    pub(super) lost: BTreeMap<String, Timestamp>,
    /// When a placement that was closed as covered was known to be over.
    pub(super) closed: BTreeMap<String, Timestamp>,
    /// The moment.
    pub(super) now: Timestamp,
}

/// One more.
pub(super) fn count(counts: &mut Counts, key: impl ToString) {
    *counts.entry(key.to_string()).or_default() += 1;
}

impl Seen {
    /// All rules that both kinds of worlds can show.
    pub(super) fn keeps(&self, scope: &Scope) -> Checked {
        self.has_two_of_nothing()?;
        losses::are_flagged(self)?;
        scope.kept(self)?;
        self.has_only_understood_money()
    }

    /// Rule 2, by the insurer's ledger.
    pub(super) fn has_two_of_nothing(&self) -> Checked {
        for (what, counts) in [
            ("contractors of candidate", &self.contractors),
            ("jobs of placement", &self.jobs),
            ("live sessions of contractor", &self.sessions),
            ("live assignments of job", &self.assignments),
            ("uploads of document", &self.uploads),
            ("invoices of week", &self.invoices),
        ] {
            for (key, count) in counts {
                prop_assert!(*count <= 1, "{count} {what} {key}");
            }
        }
        Ok(())
    }

    /// Rule 9: what the insurer was told of pay is one of the rates of this world, in cents, and nobody goes on whose pay
    /// is not understood.
    pub(super) fn has_only_understood_money(&self) -> Checked {
        for wage in &self.wages {
            prop_assert!(self.rates.contains(wage), "{wage} is no rate here");
        }
        for placement in &self.not_understood {
            let on_its_way = matches!(
                self.states.get(placement),
                Some(
                    State::ContractorReady { .. }
                        | State::JobReady { .. }
                        | State::Quoted { .. }
                        | State::ApplicationPending { .. }
                        | State::Assigned { .. }
                )
            );
            prop_assert!(!on_its_way, "{placement} goes on with pay that nobody understands");
        }
        Ok(())
    }
}
