//! The placement's table itself: every state but the two ends has a way for a placement that is called off and for one
//! that changed.

use std::collections::{BTreeMap, BTreeSet};

use workflow_core::domain::placement::{EventKind, Machine, StateKind};
use workflow_core::machine::{Kind, Machine as _};

/// By which events a state answers "called off" and "changed". Where something may be under way or bought, the change
/// waits (`IntentChanged`) or is a person's (`FlagRaised`); nowhere is it dropped.
fn ways(state: StateKind) -> Option<(EventKind, EventKind)> {
    use EventKind as E;
    use StateKind as S;
    Some(match state {
        S::Discovered => (E::PlacementCanceled, E::TermsReady),
        S::ContractorReady => (E::IntentChanged, E::IntentChanged),
        S::JobReady => (E::PlacementCanceled, E::TermsChanged),
        // While it waits for its turn at once; while a call is in flight as an intent.
        S::Quoted => (E::IntentChanged, E::IntentChanged),
        S::ApplicationPending => (E::IntentChanged, E::IntentChanged),
        S::Assigned => (E::IntentChanged, E::IntentChanged),
        S::Active => (E::FlagRaised, E::FlagRaised),
        S::Flagged => (E::PlacementCanceled, E::ResumedAtContractor),
        // Out of scope a change is another classification.
        S::Excluded => (E::PlacementCanceled, E::Reclassified),
        S::Completed | S::Canceled => return None,
    })
}

fn has(state: StateKind, event: EventKind) -> bool {
    Machine::next(Some(state), event).is_some()
}

#[test]
fn every_state_but_the_ends_has_a_way_for_called_off_and_for_changed() {
    for state in StateKind::ALL {
        match ways(*state) {
            Some((called_off, changed)) => {
                assert!(
                    has(*state, called_off),
                    "{state:?} cannot be called off by {called_off:?}"
                );
                assert!(has(*state, changed), "{state:?} cannot change by {changed:?}");
            }
            None => assert!(Machine::TERMINAL.contains(state), "{state:?} has no ways"),
        }
    }
}

#[test]
fn an_intent_that_waits_can_be_acted_on_where_it_waits() {
    for edge in Machine::EDGES.iter().filter(|edge| edge.event == EventKind::IntentChanged) {
        let from = edge.from.expect("no log begins with an intent");
        for event in
            [EventKind::PlacementCanceled, EventKind::TermsChanged, EventKind::PlacementExcluded]
        {
            assert!(has(from, event), "{from:?} notes an intent and has no {event:?}");
        }
    }
}

#[test]
fn whatever_is_bought_can_be_lost_into_a_flag() {
    use StateKind as S;
    for state in [S::Quoted, S::ApplicationPending, S::Assigned, S::Active, S::Flagged] {
        assert_eq!(Machine::next(Some(state), EventKind::CoverageLost), Some(S::Flagged));
    }
}

#[test]
fn every_state_is_reached_and_left_and_an_end_only_by_coming_back_to_life() {
    let mut reached: BTreeMap<StateKind, BTreeSet<Option<StateKind>>> = BTreeMap::new();
    for edge in Machine::EDGES {
        reached.entry(edge.to).or_default().insert(edge.from);
    }
    for state in StateKind::ALL {
        assert!(reached.contains_key(state), "{state:?} is never reached");
        let left = Machine::EDGES.iter().filter(|e| e.from == Some(*state) && e.to != *state);
        let by: BTreeSet<EventKind> = left.map(|edge| edge.event).collect();
        assert!(!by.is_empty(), "{state:?} is never left");
        if Machine::TERMINAL.contains(state) {
            let alive = BTreeSet::from([EventKind::FlagRaised, EventKind::PlacementReopened]);
            assert_eq!(by, alive, "{state:?}");
        }
    }
}
