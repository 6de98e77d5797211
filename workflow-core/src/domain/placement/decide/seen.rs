//! Something was read at the insurer: coverage in force, coverage lost, an application that moved.

use super::super::machine::placement::{Event, State};
use super::super::state::{
    Amendment, Application, Back, Basis, Coverage, Ended, Evidence, Hired, Intent, Issue, Leave,
    Loss, Road, Unseen,
};
use super::observed::is_of_another;
use super::{act, back, over, too_late, undone};
use crate::domain::call::{
    ApplicationStanding, AssignmentId, AssignmentStanding, PolicyId, PolicyStanding, QuoteId,
    SessionId, Sighting, Span,
};
use crate::domain::rules::Rules;
use crate::workflow::Context;

/// Which events a sighting leads to; none when it is about something else, or known.
pub(super) fn seen(state: &State, sighting: &Sighting, context: &Context<'_, Rules>) -> Vec<Event> {
    match sighting {
        Sighting::Policy { policy, quote, standing, effective, expires } => {
            if let Some(hired) = by_policy(state, policy, quote) {
                let evidence = Evidence::Policy { policy: policy.clone(), quote: quote.clone() };
                let (effective, expires) = (*effective, *expires);
                return match loss_of(*standing) {
                    None => {
                        in_force(state, hired, Coverage { evidence, effective, expires }, context)
                    }
                    Some(loss) => lose(state, hired, loss, evidence, context),
                };
            }
            let Some((hired, assignment)) = by_policy_under(state, policy) else {
                return Vec::new();
            };
            let evidence = Evidence::Assignment { assignment, policy: Some(policy.clone()) };
            match loss_of(*standing) {
                None => {
                    let of_policy = Span { from: Some(*effective), until: Some(*expires) };
                    under_again(state, again(hired, evidence, of_policy), hired, context)
                }
                Some(loss) => lose(state, hired, loss, evidence, context),
            }
        }
        Sighting::Assignment { assignment, standing, dates, policy_dates, .. } => {
            let Some((hired, policy)) = by_assignment(state, assignment) else { return Vec::new() };
            let evidence = Evidence::Assignment { assignment: assignment.clone(), policy };
            match standing {
                AssignmentStanding::Pending => Vec::new(),
                AssignmentStanding::Active => {
                    let coverage = by_window(hired, evidence, (*dates, *policy_dates));
                    assigned(state, hired, coverage, context)
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
        // Its own workflow is told.
        Sighting::Certificate { .. } => Vec::new(),
    }
}

fn loss_of(standing: PolicyStanding) -> Option<Loss> {
    match standing {
        PolicyStanding::Active => None,
        PolicyStanding::Canceled => Some(Loss::PolicyCanceled),
        PolicyStanding::Expired => Some(Loss::PolicyExpired),
    }
}

/// The placement's own data when the policy is its own.
fn by_policy<'a>(state: &'a State, policy: &PolicyId, quote: &QuoteId) -> Option<&'a Hired> {
    let from = |basis: &Basis| matches!(basis, Basis::Quote { quote: own, .. } if own == quote);
    let proves = |evidence: &Evidence| match evidence {
        Evidence::Policy { policy: own, quote: from } => own == policy || from == quote,
        Evidence::Assignment { .. } | Evidence::Certificate { .. } => false,
    };
    match state {
        // An assignment on its way is waited for: it will be charged, and must not be forgotten.
        State::Quoted { road: Road::Taken(Leave::Assignment), .. } => None,
        State::Quoted { hired, basis, .. } if from(basis) => Some(hired),
        State::ApplicationPending { hired, application, .. } if application.quote == *quote => {
            Some(hired)
        }
        State::Active { hired, coverage } if proves(&coverage.evidence) => Some(hired),
        State::Flagged { back, .. } => match back {
            Back::Quote { hired, basis } if from(basis) => Some(hired),
            Back::Application { hired, application, .. } if application.quote == *quote => {
                Some(hired)
            }
            Back::Coverage { hired, coverage, .. } if proves(&coverage.evidence) => Some(hired),
            Back::Lost { hired, evidence, .. } if proves(evidence) => Some(hired),
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

/// The placement's own data when the policy is the one that its assignment rests on.
fn by_policy_under<'a>(state: &'a State, policy: &PolicyId) -> Option<(&'a Hired, AssignmentId)> {
    let under = |evidence: &Evidence| match evidence {
        Evidence::Assignment { assignment, policy: under } if under.as_ref() == Some(policy) => {
            Some(assignment.clone())
        }
        Evidence::Assignment { .. } | Evidence::Policy { .. } | Evidence::Certificate { .. } => {
            None
        }
    };
    match state {
        State::Assigned { hired, assignment, policy: Some(own), .. }
        | State::Flagged {
            back: Back::Assignment { hired, assignment, policy: Some(own), .. },
            ..
        } if own == policy => Some((hired, assignment.clone())),
        State::Active { hired, coverage }
        | State::Flagged { back: Back::Coverage { hired, coverage, .. }, .. } => {
            under(&coverage.evidence).map(|assignment| (hired, assignment))
        }
        State::Flagged { back: Back::Lost { hired, evidence, .. }, .. } => {
            under(evidence).map(|assignment| (hired, assignment))
        }
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
        Evidence::Assignment { .. } | Evidence::Policy { .. } | Evidence::Certificate { .. } => {
            None
        }
    };
    match state {
        State::Assigned { hired, assignment: own, policy, .. }
        | State::Flagged {
            back: Back::Assignment { hired, assignment: own, policy, .. }, ..
        } if own == assignment => Some((hired, policy.clone())),
        State::Active { hired, coverage }
        | State::Flagged { back: Back::Coverage { hired, coverage, .. }, .. } => {
            own(&coverage.evidence).map(|policy| (hired, policy))
        }
        State::Flagged { back: Back::Lost { hired, evidence, .. }, .. } => {
            own(evidence).map(|policy| (hired, policy))
        }
        _ => None,
    }
}

/// An assignment is in force, which proves coverage unless the policy under it is known to be gone.
fn assigned(
    state: &State,
    hired: &Hired,
    coverage: Coverage,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match state {
        State::Flagged {
            issue: Issue::CoverageLost { loss: Loss::PolicyAndCharge { expired } },
            back,
        } => {
            let left = if *expired { Loss::PolicyExpired } else { Loss::PolicyCanceled };
            vec![Event::FlagRaised {
                issue: Issue::CoverageLost { loss: left },
                back: back.clone(),
            }]
        }
        State::Flagged { issue: issue @ Issue::CoverageLost { loss }, back }
            if loss.is_of_policy() =>
        {
            match back {
                Back::Assignment { .. } => {
                    let back = gone(hired, coverage.evidence);
                    vec![Event::FlagRaised { issue: issue.clone(), back }]
                }
                _ => Vec::new(),
            }
        }
        // No day is in it: nothing is covered, whatever stands beside it.
        _ if coverage.effective >= coverage.expires => Vec::new(),
        _ => in_force(state, hired, coverage, context),
    }
}

/// The policy under an assignment is in force (again): that heals only what its own loss did.
fn under_again(
    state: &State,
    coverage: Coverage,
    hired: &Hired,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match state {
        State::Flagged {
            issue: Issue::CoverageLost { loss: Loss::PolicyAndCharge { .. } },
            back,
        } => {
            let issue = Issue::CoverageLost { loss: Loss::ChargeFailed };
            vec![Event::FlagRaised { issue, back: back.clone() }]
        }
        State::Flagged { issue: Issue::CoverageLost { loss }, back } if loss.is_of_policy() => {
            match back {
                Back::Lost { .. } => in_force(state, hired, coverage, context),
                back => vec![super::resolve::resumed(back, "the policy is in force again")],
            }
        }
        _ => Vec::new(),
    }
}

/// What an assignment covers: the dates that the insurer says it has. Where it says none, the days of the work that the
/// policy under it has: no day is claimed that nothing at the insurer shows.
fn by_window(hired: &Hired, evidence: Evidence, (own, policy): (Span, Span)) -> Coverage {
    let window = hired.terms().window;
    let begins = policy.from.map_or(window.effective, |from| from.max(window.effective));
    let ends = policy.until.map_or(window.until, |until| until.min(window.until));
    let (effective, expires) = (own.from.unwrap_or(begins), own.until.unwrap_or(ends));
    Coverage { evidence, effective, expires }
}

/// What an assignment covers again with the policy under it; one that had other days than the policy has them again. Its
/// own dates count as soon as it is read.
fn again(hired: &Hired, evidence: Evidence, policy: Span) -> Coverage {
    let by = |policy| by_window(hired, evidence.clone(), (Span::default(), policy));
    let coverage = by(policy);
    if coverage.effective < coverage.expires { coverage } else { by(Span::default()) }
}

pub(super) fn in_force(
    state: &State,
    hired: &Hired,
    coverage: Coverage,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let gap = gap(hired, &coverage, context);
    // Another flag keeps the gap from a person's eyes, and shows it once it is settled.
    let flagged = |issue: Issue| {
        let hired = hired.clone().over(coverage.evidence.ended()).amended(Amendment::None);
        let hidden = gap.as_ref().filter(|gap| **gap != issue);
        let unseen = hidden.map_or(Unseen::Nothing, Unseen::of);
        let back = Back::Coverage { hired, coverage: coverage.clone(), unseen };
        Event::FlagRaised { issue, back }
    };
    // Coverage is recorded even where a person must look at once.
    let started = |issue: Option<Issue>| {
        let event = Event::CoverageStarted { hired: hired.clone(), coverage: coverage.clone() };
        let flag = issue.or_else(|| gap.clone()).map(flagged);
        std::iter::once(event).chain(flag).collect()
    };
    match state {
        // The answer to the undoing decides whether it has begun.
        State::Assigned { intent, .. } if intent.undoes() => Vec::new(),
        State::Quoted { intent, .. }
        | State::ApplicationPending { intent, .. }
        | State::Assigned { intent, .. } => started(too_late(hired, intent)),
        State::Active { coverage: known, .. } if *known != coverage => {
            let later = gap.clone().filter(|_| coverage.effective > known.effective).map(flagged);
            std::iter::once(Event::CoverageUpdated { coverage: coverage.clone() })
                .chain(later)
                .collect()
        }
        State::Flagged { issue: Issue::Reopened { .. }, back: Back::Coverage { .. } } => {
            started(None)
        }
        State::Flagged { back: Back::Coverage { coverage: known, .. }, .. }
            if *known == coverage =>
        {
            Vec::new()
        }
        State::Flagged { issue: Issue::Gap { .. }, .. } => started(None),
        State::Flagged { issue, .. } if !heals_by_coverage(issue) => vec![flagged(issue.clone())],
        State::Flagged { back: Back::Lost { wanted, .. }, .. } => {
            let differences = hired.terms().differences(wanted);
            let changed = (!differences.is_empty())
                .then(|| Issue::TermsChanged { terms: wanted.clone(), differences });
            started(changed)
        }
        // What was to be undone, and turned out to be bought.
        State::Flagged {
            back: Back::Application { intent, .. } | Back::Assignment { intent, .. },
            ..
        } => started(too_late(hired, intent)),
        State::Flagged { .. } => started(None),
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Active { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

/// The days of work that had begun before coverage did; coverage that healed late does not hide them.
fn gap(hired: &Hired, coverage: &Coverage, context: &Context<'_, Rules>) -> Option<Issue> {
    let window = &hired.terms().window;
    if coverage.effective <= window.effective {
        return None;
    }
    let begins = coverage.effective.to_jiff().to_zoned(context.rules.zone.clone());
    let (from, to) = (window.first_day, begins.date());
    let whole = (to - from).get_days();
    let of_the_day = begins.start_of_day().is_ok_and(|start| start < begins);
    Some(Issue::Gap { days: i64::from(whole) + i64::from(of_the_day), from, to })
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
        | Issue::Reopened { .. }
        | Issue::StartPassed { .. } => true,
        Issue::Contractor { .. }
        | Issue::Gap { .. }
        | Issue::Unclear { .. }
        | Issue::TermsChanged { .. }
        | Issue::NotExtended { .. }
        | Issue::EndedEarly { .. }
        | Issue::CanceledWhileCovered { .. }
        | Issue::CandidateGone { .. }
        | Issue::OutOfScopeWhileCovered { .. } => false,
    }
}

/// The event of a loss: a new quote on the same job is the way on, unless the old coverage comes back.
pub(super) fn lost(state: &State, hired: &Hired, loss: Loss, evidence: Evidence) -> Event {
    let mut back = gone(hired, evidence);
    let changed = match (state, &hired.engagement.amendment) {
        (
            State::Flagged {
                issue: Issue::TermsChanged { terms, .. } | Issue::NotExtended { terms, .. },
                ..
            },
            _,
        ) => Some(terms),
        (_, Amendment::Extend(terms)) => Some(terms),
        (_, Amendment::None | Amendment::Quote(_) | Amendment::Close { .. }) => None,
    };
    if let (Some(terms), Back::Lost { wanted, .. }) = (changed, &mut back) {
        wanted.clone_from(terms);
    }
    Event::CoverageLost { issue: Issue::CoverageLost { loss }, back }
}

fn gone(hired: &Hired, evidence: Evidence) -> Back {
    let wanted = Box::new(hired.terms().clone());
    let hired = hired.clone().over(Ended::Unused).amended(Amendment::None);
    Back::Lost { hired, evidence, wanted }
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
                && (hired.is_closing() || over::is_over(hired, coverage, context.now)) =>
        {
            match hired.is_closing() {
                true => Vec::new(),
                false => over::close(hired, coverage, None),
            }
        }
        // The undoing that the state itself asked for; what else befalls the assignment does not matter any more.
        State::Assigned { intent, .. } if intent.undoes() => match loss {
            Loss::AssignmentCanceled => undone(state, intent),
            Loss::ChargeFailed
            | Loss::PolicyCanceled
            | Loss::PolicyExpired
            | Loss::PolicyAndCharge { .. }
            | Loss::CertificateExpired
            | Loss::CertificateRevoked => Vec::new(),
        },
        // The charge may yet succeed and the policy come back: either heals the flag.
        State::Assigned { .. } if loss != Loss::AssignmentCanceled => {
            let issue = Issue::CoverageLost { loss };
            let event = |back| Event::CoverageLost { issue, back };
            back(state).map(event).into_iter().collect()
        }
        State::Flagged { issue: Issue::CoverageLost { loss: known }, back } => {
            lose_more(state, hired, (*known, loss), back, evidence)
        }
        State::Flagged { back: back @ Back::Assignment { .. }, .. }
            if loss != Loss::AssignmentCanceled =>
        {
            vec![Event::CoverageLost { issue: Issue::CoverageLost { loss }, back: back.clone() }]
        }
        _ => vec![lost(state, hired, loss, evidence)],
    }
}

/// A second loss: once both the policy and the assignment are gone, neither heals the flag alone. An assignment that
/// only lacks its charge may come into force yet: it stays known, so that it is undone before anything is bought anew.
fn lose_more(
    state: &State,
    hired: &Hired,
    (known, loss): (Loss, Loss),
    back: &Back,
    evidence: Evidence,
) -> Vec<Event> {
    if let Some(both) = known.with(loss) {
        let back = match back {
            Back::Assignment {
                intent: Intent::Stay | Intent::Hold { .. } | Intent::Late { .. },
                ..
            } => gone(hired, evidence),
            back => back.clone(),
        };
        return vec![Event::CoverageLost { issue: Issue::CoverageLost { loss: both }, back }];
    }
    if let (
        Loss::PolicyAndCharge { .. },
        Loss::PolicyCanceled | Loss::PolicyExpired | Loss::ChargeFailed,
    ) = (known, loss)
    {
        return Vec::new();
    }
    let issue = Issue::CoverageLost { loss };
    let of_both = matches!(known, Loss::PolicyAndCharge { .. });
    if of_both || known.is_of_policy() != loss.is_of_policy() {
        let terms = match back {
            Back::Lost { wanted, .. } => (**wanted).clone(),
            _ => hired.terms().clone(),
        };
        let event = |back| Event::CoverageLost { issue, back };
        if is_of_another(hired.terms(), &terms) {
            return vec![event(back.clone())];
        }
        return back.anew(terms).map(event).into_iter().collect();
    }
    match (loss, back) {
        (Loss::AssignmentCanceled, Back::Assignment { .. }) => {
            vec![lost(state, hired, loss, evidence)]
        }
        (_, _) => Vec::new(),
    }
}

fn application(state: &State, session: &SessionId, standing: &ApplicationStanding) -> Vec<Event> {
    let (hired, known, intent) = match state {
        State::ApplicationPending { hired, application, intent }
        | State::Flagged { back: Back::Application { hired, application, intent }, .. }
            if application.session == *session =>
        {
            (hired, application, intent)
        }
        _ => return Vec::new(),
    };
    match (state, standing) {
        (State::ApplicationPending { .. }, ApplicationStanding::Open { step }) => {
            progress(known, step)
        }
        (State::ApplicationPending { .. }, ApplicationStanding::ManualReview) => {
            progress(known, super::MANUAL_REVIEW)
        }
        (State::ApplicationPending { .. }, ApplicationStanding::Complete) => {
            progress(known, "complete")
        }
        (
            _,
            ApplicationStanding::Open { .. }
            | ApplicationStanding::ManualReview
            | ApplicationStanding::Complete,
        ) => Vec::new(),
        (State::ApplicationPending { .. }, _) if intent.undoes() => undone(state, intent),
        (_, ApplicationStanding::Ineligible) => {
            over(state, hired, known, Issue::ApplicationIneligible)
        }
        (_, ApplicationStanding::Expired) => over(state, hired, known, Issue::ApplicationExpired),
    }
}

/// The session is over without a policy. A flag that stands for another reason keeps it.
fn over(state: &State, hired: &Hired, known: &Application, ended: Issue) -> Vec<Event> {
    if let State::Flagged { back: Back::Application { intent, .. }, .. } = state {
        match intent {
            Intent::Cancel { .. } | Intent::Exclude { .. } => return act(state, intent),
            Intent::Change { terms } => {
                let anew = |back: Back| back.anew((**terms).clone());
                let raised = |back| Event::FlagRaised { issue: ended, back };
                return back(state).and_then(anew).map(raised).into_iter().collect();
            }
            Intent::Stay | Intent::Hold { .. } | Intent::Late { .. } => {}
        }
    }
    let issue = match state {
        State::Flagged {
            issue: issue @ (Issue::StartPassed { .. } | Issue::Unclear { .. }),
            ..
        } => issue.clone(),
        _ => ended,
    };
    let hired = hired.clone().over(Ended::Unused);
    let basis = Basis::Quote { quote: known.quote.clone(), net_rate: None };
    vec![Event::FlagRaised { issue, back: Back::Quote { hired, basis } }]
}

fn progress(known: &Application, now: &str) -> Vec<Event> {
    if known.progress == now {
        return Vec::new();
    }
    let application = Application { progress: now.to_owned(), ..known.clone() };
    vec![Event::ApplicationProgressed { application }]
}
