//! A change to what is covered: a later end is asked for at the insurer, an assignment that has not begun is undone and
//! bought anew, and all the rest is a person's, with the exact difference.
//!
//! A policy is never undone from here: other placements' assignments may rest on it. Nothing shortens coverage either:
//! the insurer has no call that does.

use super::super::machine::placement::{Event, State};
use super::observed::{intent, is_of_another};
use super::{
    Amendment, Back, Evidence, Hired, Intent, Issue, Unseen, after, closed, flag, over, resolve,
    too_late,
};
use crate::domain::call::{AssignmentId, PolicyId, Refusal};
use crate::domain::placement::state::Coverage;
use crate::domain::rules::Rules;
use crate::domain::terms::{Terms, Verdict, start_passed};
use crate::workflow::Context;

/// The ATS speaks of a placement that is covered.
pub(super) fn observed(
    state: &State,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let State::Active { hired, coverage } = state else { return Vec::new() };
    match verdict {
        Verdict::Over(on) => over::over(state, hired, coverage, on, context),
        other => change(state, &intent(hired.terms(), other), context),
    }
}

/// What a change comes to where coverage is in force.
pub(super) fn change(state: &State, intent: &Intent, context: &Context<'_, Rules>) -> Vec<Event> {
    let State::Active { hired, coverage } = state else { return Vec::new() };
    let Some(issue) = too_late(hired, intent) else {
        // The same facts as ever, after the work's last day: it stays over.
        return match hired.engagement.amendment {
            Amendment::Close { early: None } if context.now >= hired.terms().window.until => {
                Vec::new()
            }
            _ => amend(hired, Amendment::None),
        };
    };
    if let Intent::Change { terms } = intent
        && hired.terms().is_extended_by(terms)
        && coverage.evidence.bought().is_some()
    {
        return match coverage.expires >= terms.window.until {
            true => vec![Event::CoverageExtended { terms: (**terms).clone() }],
            false => amend(hired, Amendment::Extend(terms.clone())),
        };
    }
    match undoable(hired, coverage, intent, context) {
        Some((assignment, policy)) => {
            let (hired, intent) = (hired.clone().amended(Amendment::None), intent.clone());
            vec![Event::UndoingBegun { hired, assignment, policy, intent }]
        }
        None => flag(state, issue),
    }
}

/// Notes what the insurer is to be told or asked, where that is something else than before.
pub(super) fn amend(hired: &Hired, amendment: Amendment) -> Vec<Event> {
    match hired.engagement.amendment == amendment {
        true => Vec::new(),
        false => vec![Event::AmendmentChanged { amendment }],
    }
}

/// An assignment that has not begun to cover, where it can be undone for this: never for what could not be bought anew.
fn undoable(
    hired: &Hired,
    coverage: &Coverage,
    intent: &Intent,
    context: &Context<'_, Rules>,
) -> Option<(AssignmentId, Option<PolicyId>)> {
    let Evidence::Assignment { assignment, policy } = &coverage.evidence else { return None };
    let may = match intent {
        Intent::Cancel { .. } => true,
        Intent::Change { terms } => {
            !is_of_another(hired.terms(), terms)
                && start_passed(&terms.window, context.now, &context.rules.zone).is_none()
        }
        Intent::Stay | Intent::Exclude { .. } | Intent::Hold { .. } | Intent::Late { .. } => false,
    };
    (may && context.now < coverage.effective).then(|| (assignment.clone(), policy.clone()))
}

/// The ATS speaks of a placement that is covered and flagged: what the facts raised, the facts heal.
pub(super) fn flagged(
    state: &State,
    issue: &Issue,
    back: &Back,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let Back::Coverage { hired, unseen, .. } = back else { return Vec::new() };
    if let Issue::Reopened { .. } = issue {
        return closed::closed_again(state, &verdict);
    }
    if refused_already(issue, &verdict) {
        return Vec::new();
    }
    let resumed = resolve::resumed(back, "the facts are again what is insured");
    let Some(active) = after(state, &resumed) else { return Vec::new() };
    let next = match (&verdict, by_facts(issue)) {
        // It goes on being flagged for what the facts do not heal, and is closed once that is settled.
        (Verdict::Over(_), false) => return Vec::new(),
        (_, true) => observed(&active, verdict, context),
        (_, false) => return beside(state, issue, hired, &intent(hired.terms(), verdict)),
    };
    let is_flag = matches!(next.as_slice(), [Event::FlagRaised { .. }]);
    match next.as_slice() {
        // What was kept from a person's eyes comes before all that follows by itself.
        _ if !is_flag && *unseen != Unseen::Nothing => closed::settled(back, resumed, state),
        [] => closed::settled(back, resumed, state),
        [Event::FlagRaised { issue: new, .. }] if new == issue => Vec::new(),
        [Event::FlagRaised { issue: Issue::Unclear { .. }, .. }]
            if !matches!(issue, Issue::Unclear { .. }) =>
        {
            Vec::new()
        }
        [Event::FlagRaised { issue: new, .. }] => flag(state, new.clone()),
        _ => std::iter::once(resumed).chain(next).collect(),
    }
}

/// What the facts change beside a flag that they did not raise. A later end waits until that is settled.
fn beside(state: &State, issue: &Issue, hired: &Hired, intent: &Intent) -> Vec<Event> {
    if let Intent::Change { terms } = intent
        && hired.terms().is_extended_by(terms)
    {
        return Vec::new();
    }
    match too_late(hired, intent) {
        Some(Issue::Unclear { .. }) | None => Vec::new(),
        Some(new) if new == *issue => Vec::new(),
        Some(new) => flag(state, new),
    }
}

/// A later end that the insurer refused is not asked for again and again.
fn refused_already(issue: &Issue, verdict: &Verdict) -> bool {
    matches!(
        (issue, verdict),
        (Issue::NotExtended { terms: refused, .. }, Verdict::Ready(terms)) if refused == terms
    )
}

/// Whether the flag was raised by facts, so that other facts may heal it.
fn by_facts(issue: &Issue) -> bool {
    match issue {
        Issue::Unclear { .. }
        | Issue::TermsChanged { .. }
        | Issue::NotExtended { .. }
        | Issue::EndedEarly { .. }
        | Issue::CanceledWhileCovered { .. }
        | Issue::OutOfScopeWhileCovered { .. } => true,
        Issue::CoverageLost { .. }
        | Issue::Refused { .. }
        | Issue::QuoteIneligible
        | Issue::ApplicationIneligible
        | Issue::ApplicationExpired
        | Issue::AssignmentIneligible { .. }
        | Issue::Contractor { .. }
        | Issue::CandidateGone { .. }
        | Issue::Gap { .. }
        | Issue::Reopened { .. }
        | Issue::StartPassed { .. } => false,
    }
}

/// The insurer will not extend: an assignment that is not in force is undone and bought anew, all else is a person's.
pub(super) fn not_extended(
    state: &State,
    hired: &Hired,
    terms: &Terms,
    refusal: Refusal,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let terms = Box::new(terms.clone());
    let anew = start_passed(&terms.window, context.now, &context.rules.zone).is_none();
    if let (State::Assigned { .. }, true) = (state, anew) {
        return vec![Event::IntentChanged { intent: Intent::Change { terms } }];
    }
    let differences = hired.terms().differences(&terms);
    flag(state, Issue::NotExtended { terms, differences, refusal })
}
