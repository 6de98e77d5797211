//! A person settles a flag, or takes a placement out.

use super::super::machine::placement::{Event, State};
use super::super::state::{Back, Closer, Engagement, Evidence, Intent, Issue, Loss, Wanted};
use super::{Decision, Resolution, closed, exclusion, observed, over};
use crate::domain::rules::Rules;
use crate::domain::terms::{Brief, OutOfScope, Terms, start_passed};
use crate::workflow::{Context, Rejection};

/// The code of an exclusion that a person decided.
pub(super) const BY_HAND: &str = "by_hand";

/// Settles a flag in the given way.
pub(super) fn resolve(
    state: &State,
    resolution: Resolution,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    let State::Flagged { issue, back } = state else {
        let message = format!("{} is not flagged: there is nothing to resolve", context.stream);
        return Err(Rejection::new("not_flagged", message));
    };
    if reason.trim().is_empty() {
        return Err(Rejection::new("no_reason", "say why: the reason is kept with the decision"));
    }
    match resolution {
        Resolution::Accept => match back {
            Back::Coverage { .. } => accepted(state, issue, back, &reason),
            Back::Discovered { .. }
            | Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Application { .. }
            | Back::Assignment { .. }
            | Back::Lost { .. } => Err(Rejection::new(
                "nothing_to_accept",
                "there is no coverage in force to accept it with: return, restart or close instead",
            )),
        },
        Resolution::Return => {
            in_time(back, context)?;
            accepted(state, issue, back, &reason)
        }
        Resolution::Restart => match undoing_first(issue, back, &reason) {
            Some(event) => in_time(back, context).map(|()| vec![event]),
            None => restart(back, reason),
        },
        Resolution::Close => Ok(match back {
            Back::Application { .. } | Back::Assignment { .. } => {
                // Of what the ATS called off only the closing is the person's.
                let by = match issue {
                    Issue::CanceledWhileCovered { .. } => Closer::Ats,
                    _ => Closer::Person,
                };
                let words = format!("closed by a person: {reason}");
                vec![resumed_for(back, Intent::Cancel { reason: words, by }, &reason)]
            }
            Back::Discovered { .. }
            | Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Lost { .. }
            | Back::Coverage { .. } => {
                let words = format!("closed by a person: {reason}");
                vec![closed::cancel(state, words, Closer::Person)]
            }
        }),
    }
}

/// Coverage cannot begin in the past: going on with a start that has passed would only be refused.
fn in_time(back: &Back, context: &Context<'_, Rules>) -> Result<(), Rejection> {
    let window = match back {
        Back::Contractor { engagement, .. } => &engagement.terms.window,
        Back::Job { hired } | Back::Quote { hired, .. } => &hired.terms().window,
        Back::Lost { wanted, .. } => &wanted.window,
        Back::Discovered { .. }
        | Back::Application { .. }
        | Back::Assignment { .. }
        | Back::Coverage { .. } => return Ok(()),
    };
    match start_passed(window, context.now, &context.rules.zone) {
        None => Ok(()),
        Some(days) => Err(Rejection::new(
            "start_passed",
            format!(
                "work began on {}, {days} days ago, and coverage cannot begin in the past: \
                 move the start date in the ATS, or close or exclude the placement",
                window.first_day
            ),
        )),
    }
}

fn restart(back: &Back, reason: String) -> Decision {
    match back {
        Back::Discovered { brief, placement, job } => Ok(vec![Event::Restarted {
            brief: brief.clone(),
            placement: placement.clone(),
            job: job.clone(),
            reason,
        }]),
        Back::Contractor { engagement, .. } => Ok(vec![restarted(back, engagement, reason)]),
        Back::Job { hired } | Back::Quote { hired, .. } | Back::Lost { hired, .. } => {
            Ok(vec![restarted(back, &hired.engagement, reason)])
        }
        Back::Application { .. } | Back::Assignment { .. } | Back::Coverage { .. } => {
            Err(Rejection::new(
                "bought",
                "something is bought or being bought: return to it, or close the placement",
            ))
        }
    }
}

fn restarted(back: &Back, engagement: &Engagement, reason: String) -> Event {
    Event::Restarted {
        brief: brief(&engagement.terms),
        placement: engagement.terms.references.placement.clone(),
        job: back.job(),
        reason,
    }
}

/// Going on, and accepting the change that the flag was about.
fn accepted(state: &State, issue: &Issue, back: &Back, reason: &str) -> Decision {
    let event = match (issue, back) {
        (
            Issue::TermsChanged { terms, .. } | Issue::NotExtended { terms, .. },
            Back::Coverage { hired, .. },
        ) if observed::is_of_another(hired.terms(), terms) => {
            let (is, was) = (&terms.references.candidate, &hired.terms().references.candidate);
            return Err(Rejection::new(
                "another_worker",
                format!(
                    "the worker is another one: candidate {is}, and what is in force covers {was}: \
                     correct the worker in the ATS, or close the placement"
                ),
            ));
        }
        (
            Issue::TermsChanged { terms, .. } | Issue::NotExtended { terms, .. },
            Back::Coverage { hired, coverage, .. },
        ) => {
            let hired = hired.clone().with((**terms).clone());
            let coverage = coverage.clone();
            Event::CoverageAccepted { hired, coverage, reason: reason.to_owned() }
        }
        (Issue::EndedEarly { on, .. }, Back::Coverage { hired, coverage, .. }) => {
            let closing = over::close(hired, coverage, Some(*on));
            return Ok(std::iter::once(resumed(back, reason)).chain(closing).collect());
        }
        (issue, back) => {
            undoing_first(issue, back, reason).unwrap_or_else(|| resumed(back, reason))
        }
    };
    Ok(closed::settled(back, event, state))
}

/// An assignment that was not cancelled may come into force yet: it is undone before anything is bought anew.
fn undoing_first(issue: &Issue, back: &Back, reason: &str) -> Option<Event> {
    let Back::Lost { hired, wanted, .. } = back else { return None };
    undoing(issue, back, observed::change(hired.terms(), wanted.clone()), reason)
}

/// The same before a placement leaves the road, or does anything else with what it lost.
pub(super) fn undoing(issue: &Issue, back: &Back, intent: Intent, reason: &str) -> Option<Event> {
    match (issue, back) {
        (Issue::CoverageLost { loss: Loss::AssignmentCanceled }, _) => None,
        (
            Issue::CoverageLost { .. } | Issue::Reopened { .. },
            Back::Lost { hired, evidence: Evidence::Assignment { assignment, policy }, .. },
        ) => Some(Event::ResumedAtAssignment {
            hired: hired.clone(),
            assignment: assignment.clone(),
            policy: policy.clone(),
            intent,
            reason: reason.to_owned(),
        }),
        (_, _) => None,
    }
}

/// The event that goes on where the flag was raised.
pub(super) fn resumed(back: &Back, reason: &str) -> Event {
    let reason = reason.to_owned();
    match back.clone() {
        Back::Discovered { brief, placement, job } => {
            Event::Restarted { brief, placement, job, reason }
        }
        Back::Contractor { engagement, job } => {
            Event::ResumedAtContractor { engagement, job, reason }
        }
        Back::Job { hired } => Event::ResumedAtJob { hired, reason },
        // Another worker is another contractor: it is read again from the start.
        Back::Lost { hired, wanted, .. } if observed::is_of_another(hired.terms(), &wanted) => {
            restarted(back, &hired.engagement, reason)
        }
        Back::Lost { hired, wanted, .. } => Event::ResumedAtContractor {
            engagement: hired.engagement.with(*wanted),
            job: Wanted::Update(hired.job),
            reason,
        },
        Back::Quote { hired, basis } => Event::ResumedAtQuote { hired, basis, reason },
        Back::Application { hired, application, intent } => {
            Event::ResumedAtApplication { hired, application, intent, reason }
        }
        Back::Assignment { hired, assignment, policy, intent } => {
            Event::ResumedAtAssignment { hired, assignment, policy, intent, reason }
        }
        Back::Coverage { hired, coverage, .. } => {
            Event::CoverageAccepted { hired, coverage, reason }
        }
    }
}

/// The same, for what is open, to do this with it.
pub(super) fn resumed_for(back: &Back, intent: Intent, reason: &str) -> Event {
    let mut back = back.clone();
    match &mut back {
        Back::Application { intent: noted, .. } | Back::Assignment { intent: noted, .. } => {
            *noted = intent;
        }
        Back::Discovered { .. }
        | Back::Contractor { .. }
        | Back::Job { .. }
        | Back::Quote { .. }
        | Back::Coverage { .. }
        | Back::Lost { .. } => {}
    }
    resumed(&back, reason)
}

/// The event that goes on with other terms.
pub(super) fn resumed_with(back: &Back, engagement: &Engagement, terms: Terms) -> Event {
    Event::ResumedAtContractor {
        engagement: engagement.clone().with(terms).amended(back.outdated()),
        job: back.job(),
        reason: "the placement changed in the ATS".into(),
    }
}

/// Takes a placement out of scope by hand.
pub(super) fn exclude(state: &State, reason: String, context: &Context<'_, Rules>) -> Decision {
    if reason.trim().is_empty() {
        return Err(Rejection::new("no_reason", "say why: the reason is kept with the decision"));
    }
    let evidence =
        OutOfScope { code: BY_HAND.into(), evidence: format!("taken out by a person: {reason}") };
    match state {
        State::Excluded { evidence: known, .. } if *known == evidence => Ok(Vec::new()),
        State::Discovered { .. } | State::Excluded { .. } => Ok(exclusion(state, evidence)),
        State::Flagged { back: Back::Application { .. } | Back::Assignment { .. }, .. }
        | State::Flagged { back: Back::Coverage { .. }, .. }
        | State::Active { .. } => Err(Rejection::new(
            "bought",
            "something is bought or being bought: cancel it at the insurer, then close the placement",
        )),
        State::Flagged { issue, back } => {
            let intent = Intent::Exclude { evidence: evidence.clone() };
            match undoing(issue, back, intent, &reason) {
                Some(event) => Ok(vec![event]),
                None => Ok(exclusion(state, evidence)),
            }
        }
        State::Completed { .. } | State::Canceled { .. } => {
            Err(Rejection::new("closed", "the placement is closed already"))
        }
        State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::ApplicationPending { .. }
        | State::Assigned { .. } => {
            Ok(observed::pursue(state, Intent::Exclude { evidence }, context))
        }
    }
}

/// What a person recognises terms by.
pub(super) fn brief(terms: &Terms) -> Brief {
    Brief {
        candidate: terms.references.candidate.clone(),
        requisition: terms.references.requisition.clone(),
        title: Some(terms.job.name.clone()),
        company: terms.company.clone(),
        start: Some(terms.window.first_day),
        end: Some(terms.window.last_day),
        by_hand: terms.by_hand.clone(),
        wording: terms.made_of.0.clone(),
    }
}
