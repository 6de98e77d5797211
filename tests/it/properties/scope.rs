//! Rule 7: what is no contractor's placement is not spoken of, and neither is the person.
//!
//! Judged by what the ATS really said at any moment of the world, in words of its own: not by what the log made of it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::facts::{CandidateId, Facts, PlacementId};

use super::placement;
use super::rules::Checked;

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

    /// Nothing was heard of anybody else.
    pub(super) fn kept(&self, world: &World) -> Checked {
        let books = world.insurer().books();
        for heard in &books.heard {
            let mut parts = heard.stream.splitn(3, '/');
            let (workflow, key) =
                (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
            let first = key.split('.').next().unwrap_or(key);
            let may = match workflow {
                "placement" | "invoice" => self.placements.contains(&PlacementId(first.into())),
                "contractor" | "certificate" => self.people.contains(&CandidateId(first.into())),
                _ => false,
            };
            prop_assert!(may, "{} of what is no contractor's: {}", heard.operation, heard.stream);
        }
        let known = books.contractors.values().filter_map(|it| it.candidate.as_ref());
        for candidate in known {
            prop_assert!(self.people.contains(candidate), "{candidate} is no contractor's");
        }
        for job in books.jobs.values() {
            let may = self.placements.contains(&job.placement);
            prop_assert!(may, "a job was made for {}", job.placement);
        }
        Ok(())
    }
}

fn is_contractors(facts: &Facts) -> bool {
    let category = facts.engaged.category.as_deref();
    matches!(category, Some("Independent Contractor" | "1099")) && facts.engaged.w2 != Some(true)
}
