//! Rule 7: what is no contractor's placement is not spoken of, and neither is the person.
//!
//! Judged by what the ATS really said at any moment of the world, in words of its own: not by what the log made of it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::facts::{CandidateId, Facts, PlacementId};

use super::placement;
use super::rules::Checked;
use super::seen::Seen;

/// Which placements of one tenant were a contractor's at some moment, and whose they were then.
#[derive(Debug, Default)]
pub(super) struct Scope {
    placements: BTreeSet<PlacementId>,
    people: BTreeSet<CandidateId>,
}

impl Scope {
    /// Takes note of what the ATS says now.
    pub(super) fn note(&mut self, world: &World) {
        for number in 0..4 {
            let Some(facts) = world.ats().get(&placement(number)) else { continue };
            if is_contractors(&facts) {
                self.placements.insert(facts.placement);
                self.people.insert(facts.candidate);
            }
        }
        // Whoever a contractor was merged into is that contractor.
        let heirs: Vec<CandidateId> = self.people.iter().map(|it| world.ats().now(it)).collect();
        self.people.extend(heirs);
    }

    /// Whether a candidate ever was one of a contractor's placement. Of nobody else a certificate is taken in.
    pub(super) fn knows(&self, candidate: &CandidateId) -> bool {
        self.people.contains(candidate)
    }

    /// Takes note of one placement that is a contractor's, and whose it is.
    pub(super) fn add(&mut self, placement: PlacementId, candidate: CandidateId) {
        self.placements.insert(placement);
        self.people.insert(candidate);
    }

    /// Nothing was heard of anybody else.
    pub(super) fn kept(&self, seen: &Seen) -> Checked {
        let is_placement = |id: &String| self.placements.contains(&PlacementId(id.clone()));
        let is_candidate = |id: &String| self.people.contains(&CandidateId(id.clone()));
        for placement in seen.placements.iter().chain(seen.jobs.keys()) {
            let may = is_placement(placement);
            prop_assert!(may, "placement {placement} is no contractor's, and was spoken of");
        }
        for candidate in seen.people.iter().chain(seen.contractors.keys()) {
            let may = is_candidate(candidate);
            prop_assert!(may, "candidate {candidate} is no contractor, and was spoken of");
        }
        Ok(())
    }
}

fn is_contractors(facts: &Facts) -> bool {
    let category = facts.engaged.category.as_deref();
    matches!(category, Some("Independent Contractor" | "1099")) && facts.engaged.w2 != Some(true)
}
