//! Rule 5: a loss of coverage ends in a flag, whatever else happens to the placement and in whatever order it is heard.
//!
//! Judged by what the insurer has in force once everything was read: what says that it is covered is, what is flagged for
//! something else has lost nothing, and what was closed as covered was covered until its work was over.

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{AssignmentStanding, PolicyStanding};
use workflow_core::domain::placement::{Back, Evidence, State as Placement};
use workflow_core::engine::Engine;
use workflow_core::id::StreamId;
use workflow_core::record::Recorded;
use workflow_core::time::{Clock, Timestamp};

use super::papers;
use super::rules::Checked;
use super::seen::Seen;

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

/// Since when what a placement rests on is not in force, if it is not.
pub(super) fn of(world: &World, state: &Placement) -> Option<Timestamp> {
    lost_at(world, evidence(state)?)
}

/// What a placement that is, or was, covered rests on.
pub(super) fn evidence(state: &Placement) -> Option<&Evidence> {
    match state {
        Placement::Active { coverage, .. }
        | Placement::Flagged { back: Back::Coverage { coverage, .. }, .. }
        | Placement::Completed { coverage, .. } => Some(&coverage.evidence),
        Placement::Canceled { .. }
        | Placement::Excluded { .. }
        | Placement::Flagged { .. }
        | Placement::Discovered { .. }
        | Placement::ContractorReady { .. }
        | Placement::JobReady { .. }
        | Placement::Quoted { .. }
        | Placement::ApplicationPending { .. }
        | Placement::Assigned { .. } => None,
    }
}

/// Once everything was read, whoever lost coverage is flagged for it.
pub(super) fn are_flagged(seen: &Seen) -> Checked {
    for (name, state) in &seen.states {
        let lost = seen.lost.get(name);
        match state {
            Placement::Active { coverage, .. } => {
                prop_assert!(lost.is_none(), "{name} is Active on what was lost");
                prop_assert!(coverage.expires > seen.now, "{name} is Active beyond its coverage");
            }
            // A flag for something else hides no loss.
            Placement::Flagged { back: Back::Coverage { .. }, issue } => {
                prop_assert!(
                    lost.is_none(),
                    "{name} lost its coverage and is flagged for {issue:?}"
                );
            }
            Placement::Completed { .. } => {
                let ended = seen.closed.get(name);
                let before = matches!((lost, ended), (Some(lost), Some(ended)) if lost < ended);
                prop_assert!(!before, "{name} was closed as covered, and was not");
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

/// When a placement that was closed as covered was known to be over: what bought it was read after that, and what is lost
/// later nobody worked under. Of a certificate nothing is read first: it is the closing itself.
pub(super) fn closed_at(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    state: &Placement,
) -> Option<Timestamp> {
    let history = engine.history(stream).ok()?;
    let closed = |kind: &str| matches!(kind, "placement_completed" | "ended_early");
    let last = history.iter().rposition(|recorded| closed(&recorded.event.kind))?;
    let began = |it: &&Recorded| it.event.kind == "amendment_changed";
    let decided = match evidence(state) {
        Some(Evidence::Certificate { .. }) | None => history.get(last),
        Some(Evidence::Policy { .. } | Evidence::Assignment { .. }) => {
            history[..last].iter().rev().find(began)
        }
    };
    decided.map(|recorded| recorded.event.recorded_at)
}
