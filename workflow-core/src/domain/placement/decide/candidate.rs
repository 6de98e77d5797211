//! What becomes of a placement when its candidate is merged into another one, or goes for good.
//!
//! A merge changes the id, not the person: the placement goes on where it is. Deliberately absent: which contractor
//! the person keeps at the insurer, which the contractor's workflow decides.

use super::super::machine::placement::{Event, State};
use super::super::state::{Back, Closer, Hired, Intent, Issue, Road};
use super::{act, engagement, flag, late, observed, resolve};
use crate::domain::call::ContractorId;
use crate::domain::facts::CandidateId;
use crate::domain::rules::Rules;
use crate::domain::terms::Verdict;
use crate::workflow::Context;

const ONE_PERSON: &str = "the two candidates are one person in the ATS";

/// Whose placement it is.
fn of(state: &State) -> Option<&CandidateId> {
    match state {
        State::Discovered { brief, .. }
        | State::Excluded { brief, .. }
        | State::Flagged { back: Back::Discovered { brief, .. }, .. } => Some(&brief.candidate),
        other => engagement(other).map(|engagement| &engagement.terms.references.candidate),
    }
}

/// The candidate is another one now: the same person. What is asked for next is asked for anew from this moment on, so a
/// start that has passed meanwhile is a person's first.
pub(super) fn merged(
    state: &State,
    from: &CandidateId,
    into: CandidateId,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    if of(state) != Some(from) || *from == into {
        return Vec::new();
    }
    let replaced = vec![Event::CandidateReplaced { candidate: into.clone() }];
    match state {
        State::ContractorReady { intent, .. }
        | State::Quoted { intent, road: Road::Taken(_), .. } => {
            replaced.into_iter().chain(cleared(intent)).collect()
        }
        State::Flagged { issue, back } => flagged(issue, back, &into, context),
        // What comes back of these is read anew.
        State::Excluded { .. } | State::Canceled { .. } => Vec::new(),
        State::JobReady { hired } | State::Quoted { hired, road: Road::Asked(_), .. } => {
            let late = late(hired, state, context).into_iter().map(|event| match event {
                Event::FlagRaised { issue, back } => {
                    Event::FlagRaised { issue, back: back.of_candidate(&into) }
                }
                other => other,
            });
            replaced.into_iter().chain(late).collect()
        }
        State::Discovered { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. }
        | State::Active { .. }
        // It may go on under the terms that it ended with.
        | State::Completed { .. } => replaced,
    }
}

/// What was noted because the worker seemed to be another one.
fn cleared(noted: &Intent) -> Option<Event> {
    let Intent::Hold { missing } = noted else { return None };
    let mut rest = missing.clone();
    rest.retain(|missing| missing.code != observed::ANOTHER_WORKER);
    let intent = match rest.as_slice() {
        [] => Intent::Stay,
        rest if rest.len() == missing.len() => return None,
        _ => Intent::Hold { missing: rest },
    };
    Some(Event::IntentChanged { intent })
}

/// A flag that is about the id heals; any other stays, about the same person.
fn flagged(
    issue: &Issue,
    back: &Back,
    into: &CandidateId,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let back = back.of_candidate(into);
    let issue = match issue {
        Issue::Unclear { missing }
            if missing.iter().all(|missing| missing.code == observed::ANOTHER_WORKER) =>
        {
            return observed::clear_again(&back, context);
        }
        Issue::Contractor { .. } => return vec![resolve::resumed(&back, ONE_PERSON)],
        Issue::TermsChanged { terms, .. } => {
            let known = back.engagement().map(|engagement| engagement.terms.differences(terms));
            let differences = known.unwrap_or_default();
            if differences.is_empty() {
                return vec![resolve::resumed(&back, ONE_PERSON)];
            }
            Issue::TermsChanged { terms: terms.clone(), differences }
        }
        Issue::NotExtended { terms, differences, refusal } => Issue::NotExtended {
            terms: Box::new(terms.clone().of_candidate(into)),
            differences: differences.clone(),
            refusal: refusal.clone(),
        },
        other => other.clone(),
    };
    vec![Event::FlagRaised { issue, back }]
}

/// The candidate is gone from the ATS: what is not covered stops, what is covered a person settles.
pub(super) fn gone(
    state: &State,
    candidate: &CandidateId,
    reason: String,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    if of(state) != Some(candidate) {
        return Vec::new();
    }
    match state {
        State::Flagged { issue: Issue::CandidateGone { .. }, .. } => Vec::new(),
        State::Active { .. } | State::Flagged { back: Back::Coverage { .. }, .. } => {
            flag(state, Issue::CandidateGone { reason })
        }
        State::Flagged { issue, back } => {
            observed::flagged(state, issue, back, Verdict::Off(reason), context)
        }
        State::Discovered { .. } => act(state, &Intent::Cancel { reason, by: Closer::Ats }),
        State::Excluded { .. } | State::Completed { .. } | State::Canceled { .. } => Vec::new(),
        State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. } => {
            observed::pursue(state, Intent::Cancel { reason, by: Closer::Ats }, context)
        }
    }
}

/// The contractor's workflow says who the contractor is, of a placement that is on the road already.
pub(super) fn linked_anew(
    state: &State,
    candidate: &CandidateId,
    contractor: ContractorId,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    if of(state) != Some(candidate) {
        return Vec::new();
    }
    let is_another = |hired: &Hired| hired.engagement.contractor != contractor;
    match state {
        State::ContractorReady { engagement, .. } if engagement.contractor != contractor => {
            vec![Event::ContractorReplaced { contractor }]
        }
        State::JobReady { hired } | State::Quoted { hired, road: Road::Asked(_), .. }
            if is_another(hired) =>
        {
            let late = late(hired, state, context).into_iter().map(|event| match event {
                Event::FlagRaised { issue, back } => {
                    let back = back.by(&contractor).unwrap_or(back);
                    Event::FlagRaised { issue, back }
                }
                other => other,
            });
            let late: Vec<Event> = late.collect();
            std::iter::once(Event::ContractorReplaced { contractor }).chain(late).collect()
        }
        State::Flagged { issue: Issue::Contractor { .. }, back } => {
            let back = back.by(&contractor).unwrap_or_else(|| back.clone());
            vec![resolve::resumed(&back, "it is known which contractor it is")]
        }
        State::Flagged { issue, back } => back
            .by(&contractor)
            .map(|back| Event::FlagRaised { issue: issue.clone(), back })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}
