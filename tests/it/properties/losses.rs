//! Rule 5: a loss of coverage ends in a flag, whatever else happens to the placement and in whatever order it is heard.
//!
//! Judged by what the insurer has in force once everything was read: what says that it is covered is, what is flagged for
//! something else has lost nothing, and what was closed as covered was covered until then.

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::call::{AssignmentStanding, PolicyStanding};
use workflow_core::domain::placement::{Back, Evidence, State as Placement};
use workflow_core::time::{Clock, Timestamp};

use super::rules::Checked;
use super::{papers, placement};

/// Whether what a placement rests on is in force.
fn stands(world: &World, evidence: &Evidence) -> bool {
    lost_at(world, evidence).is_none()
}

/// Since when what a placement rests on is not in force; of certificates the moment is not kept.
fn lost_at(world: &World, evidence: &Evidence) -> Option<Timestamp> {
    let books = world.insurer().books().clone();
    let policy_lost = |id| match books.policies.get(id) {
        Some(known) => since(&known.past, |standing| *standing != PolicyStanding::Active),
        None => Some(Timestamp(0)),
    };
    match evidence {
        Evidence::Policy { policy, .. } => policy_lost(policy),
        Evidence::Assignment { assignment, policy } => {
            let own = match books.assignments.get(assignment) {
                Some(known) => since(&known.past, |it| *it != AssignmentStanding::Active),
                None => Some(Timestamp(0)),
            };
            own.or_else(|| policy.as_ref().and_then(policy_lost))
        }
        Evidence::Certificate { certificate, .. } => {
            (!papers::is_good(world, certificate)).then(|| world.clock.now())
        }
    }
}

/// Since when a standing has been a bad one, if it is.
fn since<T>(past: &[(Timestamp, T)], is_bad: impl Fn(&T) -> bool) -> Option<Timestamp> {
    past.iter().rev().take_while(|(_, standing)| is_bad(standing)).last().map(|(at, _)| *at)
}

/// Once everything was read, whoever lost coverage is flagged for it.
pub(super) fn are_flagged(world: &World) -> Checked {
    for number in 0..4 {
        let Some(state) = world.placement(&placement(number)) else { continue };
        match &state {
            Placement::Active { coverage, .. } => {
                let evidence = &coverage.evidence;
                prop_assert!(stands(world, evidence), "pl_{number} is Active on what was lost");
                let now = world.clock.now();
                prop_assert!(coverage.expires > now, "pl_{number} is Active beyond its coverage");
            }
            // A flag for something else hides no loss.
            Placement::Flagged { back: Back::Coverage { coverage, .. }, issue } => {
                let evidence = &coverage.evidence;
                let says = format!("pl_{number} lost its coverage and is flagged for {issue:?}");
                prop_assert!(stands(world, evidence), "{says}");
            }
            Placement::Completed { coverage, .. } => {
                let closed = closed_at(world, number, "placement_completed");
                let ended = closed.or_else(|| closed_at(world, number, "ended_early"));
                let lost = lost_at(world, &coverage.evidence);
                let before = matches!((lost, ended), (Some(lost), Some(ended)) if lost < ended);
                prop_assert!(!before, "pl_{number} was closed as covered, and was not");
            }
            // Flagged for it, until the work itself was called off or turned out to be no contractor's.
            Placement::Canceled { .. }
            | Placement::Excluded { .. }
            | Placement::Flagged { .. }
            | Placement::Discovered { .. }
            | Placement::ContractorReady { .. }
            | Placement::JobReady { .. }
            | Placement::Quoted { .. }
            | Placement::ApplicationPending { .. }
            | Placement::Assigned { .. } => {}
        }
    }
    Ok(())
}

/// The moment of the last event of a kind.
fn closed_at(world: &World, number: u8, kind: &str) -> Option<Timestamp> {
    let history = world.engine().history(&world.stream(&placement(number))).ok()?;
    let last = history.iter().rev().find(|recorded| recorded.event.kind == kind)?;
    Some(last.event.recorded_at)
}
