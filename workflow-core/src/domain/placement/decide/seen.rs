//! Something was read at the insurer: coverage in force, coverage lost, an application that moved.

use super::super::machine::placement::{Event, State};
use super::super::state::{
    Application, Back, Basis, Coverage, Ended, Evidence, Hired, Intent, Issue, Loss,
};
use super::{act, flag, too_late};
use crate::domain::call::{
    ApplicationStanding, AssignmentId, AssignmentStanding, PolicyId, PolicyStanding, QuoteId,
    SessionId, Sighting,
};
use crate::domain::rules::Rules;
use crate::workflow::Context;

/// Which events a sighting leads to; none when it is about something else, or known.
pub(super) fn seen(state: &State, sighting: &Sighting, context: &Context<'_, Rules>) -> Vec<Event> {
    match sighting {
        Sighting::Policy { policy, quote, standing, effective, expires } => {
            let Some(hired) = by_policy(state, policy, quote) else { return Vec::new() };
            let evidence = Evidence::Policy { policy: policy.clone(), quote: quote.clone() };
            match standing {
                PolicyStanding::Active => {
                    let (effective, expires) = (*effective, *expires);
                    in_force(state, hired, Coverage { evidence, effective, expires })
                }
                PolicyStanding::Canceled => {
                    lose(state, hired, Loss::PolicyCanceled, evidence, context)
                }
                PolicyStanding::Expired => {
                    lose(state, hired, Loss::PolicyExpired, evidence, context)
                }
            }
        }
        Sighting::Assignment { assignment, standing, .. } => {
            let Some((hired, policy)) = by_assignment(state, assignment) else { return Vec::new() };
            let evidence = Evidence::Assignment { assignment: assignment.clone(), policy };
            match standing {
                AssignmentStanding::Pending => Vec::new(),
                AssignmentStanding::Active => {
                    let window = hired.terms().window;
                    let (effective, expires) = (window.effective, window.until);
                    in_force(state, hired, Coverage { evidence, effective, expires })
                }
                AssignmentStanding::Canceled => {
                    lose(state, hired, Loss::AssignmentCanceled, evidence, context)
                }
                AssignmentStanding::ChargeFailed => {
                    lose(state, hired, Loss::ChargeFailed, evidence, context)
                }
            }
        }
        Sighting::Application { session, standing, .. } => application(state, session, standing),
    }
}

/// The placement's own data when the policy is its own, or the one its assignment rests on.
fn by_policy<'a>(state: &'a State, policy: &PolicyId, quote: &QuoteId) -> Option<&'a Hired> {
    let from = |basis: &Basis| matches!(basis, Basis::Quote { quote: own, .. } if own == quote);
    let proves = |evidence: &Evidence| match evidence {
        Evidence::Policy { policy: own, quote: from } => own == policy || from == quote,
        Evidence::Assignment { policy: under, .. } => under.as_ref() == Some(policy),
    };
    match state {
        State::Quoted { hired, basis, .. } if from(basis) => Some(hired),
        State::ApplicationPending { hired, application, .. } if application.quote == *quote => {
            Some(hired)
        }
        State::Active { hired, coverage } if proves(&coverage.evidence) => Some(hired),
        State::Flagged { back, .. } => match back {
            Back::Quote { hired, basis } if from(basis) => Some(hired),
            Back::Application { hired, application } if application.quote == *quote => Some(hired),
            Back::Coverage { hired, coverage } if proves(&coverage.evidence) => Some(hired),
            Back::Lost { hired, evidence } if proves(evidence) => Some(hired),
            Back::Discovered { .. }
            | Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Lost { .. }
            | Back::Quote { .. }
            | Back::Application { .. }
            | Back::Assignment { .. }
            | Back::Coverage { .. } => None,
        },
        _ => None,
    }
}

fn by_assignment<'a>(
    state: &'a State,
    assignment: &AssignmentId,
) -> Option<(&'a Hired, Option<PolicyId>)> {
    let own = |evidence: &Evidence| match evidence {
        Evidence::Assignment { assignment: own, policy } if own == assignment => {
            Some(policy.clone())
        }
        Evidence::Assignment { .. } | Evidence::Policy { .. } => None,
    };
    match state {
        State::Assigned { hired, assignment: own, policy, .. }
        | State::Flagged { back: Back::Assignment { hired, assignment: own, policy }, .. }
            if own == assignment =>
        {
            Some((hired, policy.clone()))
        }
        State::Active { hired, coverage }
        | State::Flagged { back: Back::Coverage { hired, coverage }, .. } => {
            own(&coverage.evidence).map(|policy| (hired, policy))
        }
        State::Flagged { back: Back::Lost { hired, evidence }, .. } => {
            own(evidence).map(|policy| (hired, policy))
        }
        _ => None,
    }
}

fn in_force(state: &State, hired: &Hired, coverage: Coverage) -> Vec<Event> {
    let started = || Event::CoverageStarted { hired: hired.clone(), coverage: coverage.clone() };
    let covered =
        || Back::Coverage { hired: hired.clone().over(Ended::Insured), coverage: coverage.clone() };
    match state {
        State::Quoted { intent, .. }
        | State::ApplicationPending { intent, .. }
        | State::Assigned { intent, .. } => match too_late(hired, intent) {
            None => vec![started()],
            Some(issue) => vec![started(), Event::FlagRaised { issue, back: covered() }],
        },
        State::Active { coverage: known, .. } => {
            // An assignment's coverage is told by the assignment, not by the policy under it.
            let same_kind = std::mem::discriminant(&known.evidence)
                == std::mem::discriminant(&coverage.evidence);
            match same_kind && *known != coverage {
                true => vec![Event::CoverageUpdated { coverage }],
                false => Vec::new(),
            }
        }
        State::Flagged { issue, back } if !heals_by_coverage(issue) => match back {
            Back::Coverage { .. } => Vec::new(),
            _ => vec![Event::FlagRaised { issue: issue.clone(), back: covered() }],
        },
        State::Flagged { .. } => vec![started()],
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

/// Whether coverage in force is all that the flag was waiting for.
fn heals_by_coverage(issue: &Issue) -> bool {
    match issue {
        Issue::CoverageLost { .. }
        | Issue::Refused { .. }
        | Issue::ApplicationExpired
        | Issue::ApplicationIneligible
        | Issue::AssignmentIneligible { .. }
        | Issue::QuoteIneligible
        | Issue::StartPassed { .. } => true,
        Issue::Contractor { .. }
        | Issue::Unclear { .. }
        | Issue::TermsChanged { .. }
        | Issue::CanceledWhileCovered { .. }
        | Issue::OutOfScopeWhileCovered { .. } => false,
    }
}

/// The event of a loss: a new quote on the same job is the way on, unless the old coverage comes back.
pub(super) fn lost(hired: &Hired, loss: Loss, evidence: Evidence) -> Event {
    let back = Back::Lost { hired: hired.clone().over(Ended::Unused), evidence };
    Event::CoverageLost { issue: Issue::CoverageLost { loss }, back }
}

fn lose(
    state: &State,
    hired: &Hired,
    loss: Loss,
    evidence: Evidence,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match state {
        State::Active { coverage, .. }
            if loss == Loss::PolicyExpired
                && context.now >= hired.terms().window.until
                && coverage.expires >= hired.terms().window.until =>
        {
            vec![Event::PlacementCompleted]
        }
        // The undoing that the state itself asked for.
        State::Assigned { intent, .. }
            if loss == Loss::AssignmentCanceled && *intent != Intent::Stay =>
        {
            act(state, intent)
        }
        // The charge may yet succeed, and heals the flag.
        State::Assigned { .. } if loss == Loss::ChargeFailed => {
            flag(state, Issue::CoverageLost { loss })
        }
        State::Flagged { issue: Issue::CoverageLost { .. }, .. } => Vec::new(),
        _ => vec![lost(hired, loss, evidence)],
    }
}

fn application(state: &State, session: &SessionId, standing: &ApplicationStanding) -> Vec<Event> {
    let State::ApplicationPending { hired, application, intent } = state else {
        return Vec::new();
    };
    if application.session != *session {
        return Vec::new();
    }
    let over = |issue: Issue| {
        let hired = hired.clone().over(Ended::Unused);
        let basis = Basis::Quote { quote: application.quote.clone(), net_rate: None };
        vec![Event::FlagRaised { issue, back: Back::Quote { hired, basis } }]
    };
    match standing {
        ApplicationStanding::Open { step } => progress(application, step),
        ApplicationStanding::ManualReview => progress(application, "manual_review"),
        ApplicationStanding::Complete => progress(application, "complete"),
        ApplicationStanding::Ineligible | ApplicationStanding::Expired
            if !matches!(intent, Intent::Stay | Intent::Hold { .. }) =>
        {
            act(state, intent)
        }
        ApplicationStanding::Ineligible => over(Issue::ApplicationIneligible),
        ApplicationStanding::Expired => over(Issue::ApplicationExpired),
    }
}

fn progress(known: &Application, now: &str) -> Vec<Event> {
    if known.progress == now {
        return Vec::new();
    }
    let application = Application { progress: now.to_owned(), ..known.clone() };
    vec![Event::ApplicationProgressed { application }]
}
