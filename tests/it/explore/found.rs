//! Five planted mistakes, each found by what the world shows, on the shortest road; without it, nothing is found.

use workflow_core::domain::Insurance;
use workflow_core::explore::{Explorer, Hostility, Story};
use workflow_core::workflow::Workflow;

use super::bugs::{
    ActiveWithoutEvidence, NoWayOut, SettledWithoutCause, StaleQuoteAccepted, TurnGrantedTwice,
};
use super::outside::{Left, Version};
use super::{Insured, rules, say};

const ONE: &[(&str, Version)] = &[("pl_1", Version::Good)];
const TWO: &[(&str, Version)] = &[("pl_1", Version::Good), ("pl_2", Version::Good)];
const DUPLICATED: Hostility = Hostility { duplicated: 1, ..Hostility::NONE };

/// A world in which the mistake shows.
struct World {
    placements: &'static [(&'static str, Version)],
    changes: &'static [(&'static str, Version)],
    hostility: Hostility,
}

impl World {
    fn explorer(&self) -> Explorer<Insured> {
        let changes = u8::try_from(self.changes.len()).expect("few");
        let left = Left { changes, ..Left::default() };
        Insured::new(self.placements, self.changes, left).explorer()
    }

    /// The story that a mistaken workflow, in place of the right one, leads to.
    #[track_caller]
    fn breaks<W: Workflow<Domain = Insurance>>(
        &self,
        name: &str,
        rule: &str,
        steps: usize,
    ) -> Story {
        let right = self.explorer().explore(self.hostility);
        assert!(right.complete, "without the mistake: {right}");
        let report = self.explorer().workflow::<W>().explore(self.hostility);
        say(name, &report);
        let story = report.story.expect("the mistake is found");
        assert_eq!((story.broken.as_str(), story.steps.len()), (rule, steps), "{story}");
        story
    }
}

#[test]
fn a_stale_quote_accepted_is_found() {
    let changes = &[("pl_1", Version::Dearer)];
    let world = World { placements: ONE, changes, hostility: Hostility::NONE };
    let story = world.breaks::<StaleQuoteAccepted>("stale quote", rules::TERMS, 15);
    assert!(story.steps.iter().any(|step| step.contains("late answer")), "{story}");
}

#[test]
fn settling_without_cause_is_found() {
    let changes = &[("pl_1", Version::Canceled)];
    let world = World { placements: ONE, changes, hostility: DUPLICATED };
    world.breaks::<SettledWithoutCause>("settled without cause", rules::KNOWN, 19);
}

#[test]
fn a_missing_way_out_is_found() {
    let changes = &[("pl_2", Version::Canceled)];
    let world = World { placements: TWO, changes, hostility: Hostility::NONE };
    world.breaks::<NoWayOut>("no way out", rules::CALLED_OFF, 24);
}

#[test]
fn a_turn_granted_twice_is_found() {
    let world = World { placements: TWO, changes: &[], hostility: Hostility::NONE };
    world.breaks::<TurnGrantedTwice>("turn granted twice", rules::ONE_OF_EACH, 24);
}

#[test]
fn active_without_evidence_is_found() {
    let world = World { placements: ONE, changes: &[], hostility: Hostility::NONE };
    world.breaks::<ActiveWithoutEvidence>("no evidence", rules::EVIDENCE, 17);
}
