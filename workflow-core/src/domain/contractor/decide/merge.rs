//! What a merge of two candidates leads to, on both sides of it.
//!
//! The one that goes hands its contractor over; the one that stays takes it up, unless it has one itself: then a person
//! says which is kept, and nobody applies before. Deliberately absent: who finds out about merges; the ATS says so.

use super::super::legacy::{Legacy, Progress, Stage};
use super::super::machine::contractor::{Event, Machine, State};
use super::super::state::Trouble;
use super::{Decision, taken};
use crate::domain::call::{Answer, ContractorId};
use crate::domain::facts::{CandidateId, PlacementId};
use crate::domain::placement::{Ended, Need};
use crate::domain::rules::Rules;
use crate::machine::Machine as _;
use crate::workflow::{Context, Rejection};

fn own(context: &Context<'_, Rules>) -> CandidateId {
    CandidateId(context.stream.key().to_owned())
}

/// The event of receiving what a merged candidate left.
pub(super) fn received(legacy: Legacy, context: &Context<'_, Rules>) -> Event {
    Event::LegacyReceived { candidate: own(context), legacy }
}

/// This candidate is another one now.
pub(super) fn merged(state: &State, into: CandidateId, context: &Context<'_, Rules>) -> Vec<Event> {
    match state {
        _ if into == own(context) => Vec::new(),
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Succeeding { .. }
        | State::Linked { .. }
        | State::OptingIn { .. }
        | State::OptedIn { .. }
        | State::Contested { .. }
        | State::Flagged { .. } => vec![Event::CandidateMerged { into }],
        // There is nothing to hand over. It is kept that this is one person, once.
        State::Retired { heirs, .. } if !heirs.contains(&into) => {
            vec![Event::CandidateMerged { into }]
        }
        State::Merging { .. }
        | State::Merged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => Vec::new(),
    }
}

/// A candidate who was merged into this one left a contractor.
pub(super) fn inherited(state: &State, legacy: Legacy, context: &Context<'_, Rules>) -> Vec<Event> {
    match state {
        _ if has(state, &legacy.contractor) => Vec::new(),
        State::Retired { .. } | State::Forgotten { .. } | State::Gone { .. } => Vec::new(),
        State::Unlinked { .. }
        | State::Identified { .. }
        | State::Succeeding { .. }
        | State::Linked { .. }
        | State::OptingIn { .. }
        | State::OptedIn { .. }
        | State::Contested { .. }
        | State::Flagged { .. }
        | State::Merging { .. }
        | State::Merged { .. } => vec![received(legacy, context)],
    }
}

/// Whether a contractor is the candidate's already.
fn has(state: &State, contractor: &ContractorId) -> bool {
    let among = |legacies: &[Legacy]| legacies.iter().any(|it| it.contractor == *contractor);
    match state {
        State::Identified { estate, .. } | State::Succeeding { estate, .. } => {
            among(&estate.legacies)
        }
        State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } => {
            known.contractor == *contractor
        }
        State::Contested { rivals } => rivals.progress_of(contractor).is_some(),
        State::Merging { will, .. } | State::Merged { will } => among(&will.left),
        State::Unlinked { .. }
        | State::Flagged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => false,
    }
}

/// Whether a merge is being worked out, so that placements only wait.
pub(super) fn is_at_work(state: &State) -> bool {
    match state {
        State::Identified { estate, .. } => !estate.legacies.is_empty(),
        State::Succeeding { .. }
        | State::Contested { .. }
        | State::Merging { .. }
        | State::Merged { .. } => true,
        State::Unlinked { .. }
        | State::Linked { .. }
        | State::OptingIn { .. }
        | State::OptedIn { .. }
        | State::Flagged { .. }
        | State::Retired { .. }
        | State::Forgotten { .. }
        | State::Gone { .. } => false,
    }
}

/// A placement asks for its way meanwhile. Of a merged candidate it asks again as soon as it knows whose it is.
pub(super) fn road_asked(
    state: &State,
    placement: PlacementId,
    round: u32,
    need: Need,
) -> Vec<Event> {
    match state {
        State::Merging { .. } | State::Merged { .. } => Vec::new(),
        _ => vec![Event::RoadAsked { placement, round, need }],
    }
}

/// A placement's turn ends meanwhile. A candidate that is merged already says so to the other one, where an application
/// that it left was that placement's. What was nothing to it before the merge is nothing after it.
pub(super) fn turn_over(
    state: &State,
    placement: PlacementId,
    round: u32,
    ended: Ended,
) -> Vec<Event> {
    if let State::Merged { will } = state
        && !will.left.iter().any(|legacy| legacy.progress.is_held(&placement, round))
    {
        return Vec::new();
    }
    let event = Event::TurnSettled { placement, round, ended };
    match Machine::evolve(state.clone(), event.clone()) {
        Some(after) if after != *state => vec![event],
        Some(_) | None => Vec::new(),
    }
}

/// A person says which contractor stays.
pub(super) fn kept(
    state: &State,
    contractor: ContractorId,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    let State::Contested { rivals } = state else {
        let message = format!("{} has one contractor at most: there is no choice", context.stream);
        return Err(Rejection::new("not_contested", message));
    };
    if reason.trim().is_empty() {
        return Err(Rejection::new("no_reason", "say why: the reason is kept with the decision"));
    }
    let Some(progress) = rivals.progress_of(&contractor) else {
        let message = format!("{contractor} is none of them: {}", rivals.words());
        return Err(Rejection::new("not_a_rival", message));
    };
    let mut all = std::iter::once(progress).chain(rivals.all());
    let then = match (progress, all.find_map(application)) {
        (Progress::OptedIn, _) => Some(Event::OptInInherited),
        // Whoever applies, applies alone.
        (Progress::Known | Progress::Applying { .. }, applying) => applying,
    };
    let kept = Event::ContractorKept { contractor, reason };
    Ok(std::iter::once(kept).chain(then).collect())
}

/// The turn that a placement has already.
fn application(progress: &Progress) -> Option<Event> {
    match progress {
        Progress::Applying { holder, round } => {
            Some(Event::ApplicationGranted { placement: holder.clone(), round: *round })
        }
        Progress::Known | Progress::OptedIn => None,
    }
}

/// What an answer leads to where a merge is being worked out; `None` where it is none of the merge's.
pub(super) fn answered(
    state: &State,
    operation: &str,
    answer: &Answer,
    context: &Context<'_, Rules>,
) -> Option<Vec<Event>> {
    match (state, answer) {
        (State::Merging { .. }, Answer::ContractorLinked { contractor }) => {
            Some(vec![Event::ContractorLinked { contractor: contractor.clone() }])
        }
        (State::Merging { .. }, _) => given_up(operation, answer),
        (State::Identified { estate, .. }, Answer::ContractorLinked { contractor })
            if !estate.legacies.is_empty() =>
        {
            let linked = Event::ContractorLinked { contractor: contractor.clone() };
            let rest = estate.legacies.iter().map(|legacy| received(legacy.clone(), context));
            Some(std::iter::once(linked).chain(rest).collect())
        }
        (State::Identified { estate, .. }, _) if !estate.legacies.is_empty() => {
            given_up(operation, answer)
        }
        (
            State::Succeeding { estate, stage: Stage::Telling { identity } },
            Answer::ContractorUpdated,
        ) => {
            let (first, rest) = estate.legacies.split_first()?;
            let (contractor, identity) = (first.contractor.clone(), identity.clone());
            let adopted = Event::LegacyAdopted { contractor, identity };
            let then = match &first.progress {
                Progress::OptedIn => Some(Event::OptInInherited),
                progress => application(progress),
            };
            let rest = rest.iter().map(|legacy| received(legacy.clone(), context));
            Some(std::iter::once(adopted).chain(then).chain(rest).collect())
        }
        (
            State::Succeeding { stage: Stage::Telling { identity }, .. },
            Answer::EmailTaken { contractor, candidate },
        ) => Some(vec![taken(identity, contractor.clone(), candidate.clone(), context)]),
        (_, _) => None,
    }
}

/// The call in flight made no contractor of its own.
fn given_up(operation: &str, answer: &Answer) -> Option<Vec<Event>> {
    let trouble = match answer {
        Answer::EmailTaken { contractor, candidate } => {
            Trouble::EmailTaken { contractor: contractor.clone(), candidate: candidate.clone() }
        }
        Answer::Refused(refusal) => {
            Trouble::Refused { operation: operation.to_owned(), refusal: refusal.clone() }
        }
        _ => return None,
    };
    Some(vec![Event::LinkGivenUp { trouble }])
}
