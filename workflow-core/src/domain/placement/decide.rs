//! All judgement about a placement: which events an input leads to in the state at hand.
//!
//! Two rules run through it. A call that creates something is never abandoned in flight: a change waits as an
//! [`Intent`] until the call is answered. And an input that changes nothing yields no event, so that duplicates and
//! late ones are harmless. One file per kind of input.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most inputs change nothing in most states; the table in machine.rs is what is exhaustive"
)]

use super::machine::placement::{Event, Machine, State};
use super::state::{
    Amendment, Back, Closer, Ended, Engagement, Evidence, Hired, Intent, Issue, Loss, Readiness,
    Release, Rest, Road, Unseen, Wanted,
};
use super::{Input, Resolution};
use crate::domain::call::ContractorId;
use crate::domain::facts::CandidateId;
use crate::domain::rules::Rules;
use crate::domain::terms::{OutOfScope, start_passed, start_passed_hold};
use crate::machine::Machine as _;
use crate::workflow::{Context, Rejection, Standing};

mod answered;
mod candidate;
mod certified;
mod closed;
mod covered;
mod hand;
mod observed;
mod over;
mod resolve;
mod seen;

type Decision = Result<Vec<Event>, Rejection>;

/// Which events `input` leads to, and what follows from the contractor's own certificates there.
pub(super) fn decide(
    state: Option<&State>,
    input: Input,
    context: &Context<'_, Rules>,
) -> Decision {
    let events = judge(state, input, context)?;
    Ok(certified::then(state, events, context))
}

fn judge(state: Option<&State>, input: Input, context: &Context<'_, Rules>) -> Decision {
    let Some(state) = state else {
        return match input {
            Input::Observed(facts) => Ok(observed::first(&facts, context)),
            Input::Vanished => Ok(Vec::new()),
            other => Err(unknown(context, &other)),
        };
    };
    match input {
        Input::Observed(facts) => observed::observed(state, &facts, context),
        Input::Vanished => Ok(observed::vanished(state, context)),
        Input::ContractorLinked { candidate, contractor } => {
            Ok(contractor_linked(state, &candidate, contractor, context))
        }
        Input::CandidateMerged { from, into } => Ok(candidate::merged(state, &from, into, context)),
        Input::CandidateGone { candidate, reason } => {
            Ok(candidate::gone(state, &candidate, reason, context))
        }
        Input::ContractorFlagged { candidate, reason } => {
            Ok(contractor_flagged(state, &candidate, reason))
        }
        Input::CertificatesKnown { candidate, certificates } => {
            Ok(certified::known(state, &candidate, &certificates, context))
        }
        Input::TakeRoad { round, road } => Ok(match state {
            State::Quoted { hired, road: Road::Asked(_), .. }
                if hired.engagement.turn == (super::state::Turn::Asked { round }) =>
            {
                match late(hired, state, context) {
                    flagged if !flagged.is_empty() => flagged,
                    _ => vec![Event::RoadTaken { road: Road::Taken(road) }],
                }
            }
            _ => Vec::new(),
        }),
        Input::Answered { standing: Standing::Stale, operation, .. } => {
            tracing::debug!(stream = %context.stream, operation, "a late answer changes nothing");
            Ok(Vec::new())
        }
        Input::Answered { operation, standing: Standing::Current, answer } => {
            answered::answered(state, &operation, answer, context)
        }
        Input::Seen(sighting) => Ok(seen::seen(state, &sighting, context)),
        Input::Timer => Ok(timer(state, context)),
        Input::Resolve { resolution, reason } => {
            resolve::resolve(state, resolution, reason, context)
        }
        Input::Exclude { reason } => resolve::exclude(state, reason, context),
        Input::Set { fact, by, reason } => hand::set(state, fact, by, reason, context),
        Input::Include { by, reason } => hand::include(state, by, reason, context),
        Input::Resend { reason } => hand::resend(state, reason, context),
    }
}

fn unknown(context: &Context<'_, Rules>, input: &Input) -> Rejection {
    let what = <super::Placement as crate::workflow::Workflow>::input_name(input);
    let message = format!("{} is not known: it cannot be told `{what}`", context.stream);
    Rejection::new("unknown_placement", message)
}

/// The contractor is known. It may be that of a worker whom the placement had before: then it is none of its business.
fn contractor_linked(
    state: &State,
    candidate: &CandidateId,
    contractor: ContractorId,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    match state {
        State::Discovered { readiness: Readiness::Ready { terms }, .. }
            if terms.references.candidate == *candidate =>
        {
            vec![Event::ContractorLinked { terms: terms.clone(), contractor }]
        }
        State::Flagged {
            issue: Issue::Contractor { .. },
            back: back @ Back::Discovered { brief, .. },
        } if brief.candidate == *candidate => {
            vec![resolve::resumed(back, "the contractor is known to the insurer now")]
        }
        _ => candidate::linked_anew(state, candidate, contractor, context),
    }
}

fn contractor_flagged(state: &State, candidate: &CandidateId, reason: String) -> Vec<Event> {
    match state {
        State::Discovered { brief, readiness: Readiness::Ready { .. }, .. }
            if brief.candidate == *candidate =>
        {
            flag(state, Issue::Contractor { reason })
        }
        State::Quoted { hired, road: Road::Asked(_), .. }
            if hired.terms().references.candidate == *candidate =>
        {
            flag(state, Issue::Contractor { reason })
        }
        _ => Vec::new(),
    }
}

fn timer(state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    let now = context.now;
    match state {
        State::Discovered { brief, readiness: Readiness::Ready { terms }, .. } => {
            let Some(days) = start_passed(&terms.window, now, &context.rules.zone) else {
                return Vec::new();
            };
            let missing = vec![start_passed_hold(&terms.window, days)];
            vec![Event::TermsHeld { brief: brief.clone(), missing }]
        }
        // What is read decides.
        State::Active { hired, .. } if hired.is_closing() => Vec::new(),
        State::Active { hired, coverage } => {
            if over::is_over(hired, coverage, now) {
                over::close(hired, coverage, None)
            } else if now >= coverage.expires {
                let evidence = coverage.evidence.clone();
                let loss = match evidence {
                    Evidence::Certificate { .. } => Loss::CertificateExpired,
                    Evidence::Policy { .. } | Evidence::Assignment { .. } => Loss::PolicyExpired,
                };
                vec![seen::lost(state, hired, loss, evidence)]
            } else {
                super::remind::due(state, context)
            }
        }
        // What may have its effect at any moment is not abandoned: its answer decides. A person is told all the same.
        State::ContractorReady { engagement, intent, .. } => {
            match observed::overdue(engagement, intent, context) {
                noted if !noted.is_empty() => noted,
                _ => super::remind::due(state, context),
            }
        }
        State::Quoted { hired, intent, road: Road::Taken(_), .. } => {
            match observed::overdue(&hired.engagement, intent, context) {
                noted if !noted.is_empty() => noted,
                _ => super::remind::due(state, context),
            }
        }
        State::JobReady { hired } | State::Quoted { hired, .. } => late(hired, state, context),
        State::ApplicationPending { hired, intent: Intent::Stay, .. } => {
            match late(hired, state, context) {
                flagged if !flagged.is_empty() => flagged,
                _ => super::remind::due(state, context),
            }
        }
        State::Assigned { hired, intent: Intent::Stay, .. } => late(hired, state, context),
        // What is to be undone may have its effect yet: a person is told, and it is tried on.
        State::ApplicationPending { .. } | State::Assigned { .. } => {
            super::remind::due(state, context)
        }
        State::Discovered { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Vec::new(),
    }
}

fn late(hired: &Hired, state: &State, context: &Context<'_, Rules>) -> Vec<Event> {
    let days = start_passed(&hired.terms().window, context.now, &context.rules.zone);
    match (days, back(state)) {
        (Some(days), Some(back)) => {
            vec![Event::FlagRaised { issue: Issue::StartPassed { days }, back }]
        }
        (_, _) => Vec::new(),
    }
}

/// Where a state goes on once a person has looked. A turn that leads nowhere is given up; a live session keeps it.
fn back(state: &State) -> Option<Back> {
    match state {
        State::Discovered { placement, brief, job, .. } => Some(Back::Discovered {
            brief: brief.clone(),
            placement: placement.clone(),
            job: job.clone(),
        }),
        State::ContractorReady { engagement, job, .. } => {
            Some(Back::Contractor { engagement: engagement.clone(), job: job.clone() })
        }
        State::JobReady { hired } => Some(Back::Job { hired: hired.clone() }),
        State::Quoted { hired, basis, .. } => {
            Some(Back::Quote { hired: hired.clone().over(Ended::Unused), basis: basis.clone() })
        }
        State::ApplicationPending { hired, application, intent } => Some(Back::Application {
            hired: hired.clone(),
            application: application.clone(),
            intent: intent.kept(),
        }),
        State::Assigned { hired, assignment, policy, intent } => Some(Back::Assignment {
            hired: hired.clone().amended(Amendment::None),
            assignment: assignment.clone(),
            policy: policy.clone(),
            intent: intent.kept(),
        }),
        State::Active { hired, coverage } => Some(Back::Coverage {
            hired: hired.clone().amended(Amendment::None),
            coverage: coverage.clone(),
            unseen: Unseen::Nothing,
        }),
        State::Flagged {
            issue: issue @ Issue::Gap { .. },
            back: Back::Coverage { hired, coverage, .. },
        } => Some(Back::Coverage {
            hired: hired.clone(),
            coverage: coverage.clone(),
            unseen: Unseen::of(issue),
        }),
        State::Flagged { back, .. } => Some(back.clone()),
        State::Excluded { .. } | State::Completed { .. } | State::Canceled { .. } => None,
    }
}

/// Flags a state, going back to it afterwards.
fn flag(state: &State, issue: Issue) -> Vec<Event> {
    back(state).map(|back| Event::FlagRaised { issue, back }).into_iter().collect()
}

/// Terms, contractor and job of a state on the road, once there is a job.
fn hired(state: &State) -> Option<&Hired> {
    match state {
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. }
        | State::Completed { hired, .. } => Some(hired),
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Canceled { .. } => None,
    }
}

/// The engagement of a state, once there is one.
fn engagement(state: &State) -> Option<&Engagement> {
    match state {
        State::ContractorReady { engagement, .. } => Some(engagement),
        State::JobReady { hired }
        | State::Quoted { hired, .. }
        | State::ApplicationPending { hired, .. }
        | State::Assigned { hired, .. }
        | State::Active { hired, .. }
        | State::Completed { hired, .. } => Some(&hired.engagement),
        State::Flagged { back, .. } => back.engagement(),
        State::Discovered { .. } | State::Excluded { .. } | State::Canceled { .. } => None,
    }
}

/// The state after an event that was just decided.
fn after(state: &State, event: &Event) -> Option<State> {
    Machine::evolve(state.clone(), event.clone())
}

/// Acts on an intent where nothing is in flight any more.
fn act(state: &State, intent: &Intent) -> Vec<Event> {
    match intent {
        Intent::Stay => Vec::new(),
        Intent::Cancel { reason, by } => vec![closed::cancel(state, reason.clone(), *by)],
        Intent::Change { terms } => vec![Event::TermsChanged { terms: (**terms).clone() }],
        Intent::Exclude { evidence } => exclusion(state, evidence.clone()),
        Intent::Hold { missing } => flag(state, Issue::Unclear { missing: missing.clone() }),
        Intent::Late { days } => flag(state, Issue::StartPassed { days: *days }),
    }
}

/// Acts on an intent once what was open is undone: even a hold leaves nothing to go back to.
fn undone(state: &State, intent: &Intent) -> Vec<Event> {
    let anew = || back(state)?.anew(engagement(state)?.terms.clone());
    match (intent, anew()) {
        (Intent::Hold { missing }, Some(back)) => {
            vec![Event::FlagRaised { issue: Issue::Unclear { missing: missing.clone() }, back }]
        }
        (intent, _) => act(state, intent),
    }
}

fn exclusion(state: &State, evidence: OutOfScope) -> Vec<Event> {
    let (placement, brief, job) = match state {
        State::Discovered { placement, brief, job, .. }
        | State::Excluded { placement, brief, job, .. } => {
            (placement.clone(), brief.clone(), job.clone())
        }
        other => match (engagement(other), back(other)) {
            (Some(engagement), Some(back)) => {
                let terms = &engagement.terms;
                (terms.references.placement.clone(), resolve::brief(terms), back.job())
            }
            (None, Some(Back::Discovered { brief, placement, job })) => (placement, brief, job),
            (_, _) => return Vec::new(),
        },
    };
    let release = release(state);
    vec![Event::PlacementExcluded { placement, brief, evidence, job, release }]
}

/// What the contractor is still to be told when the placement leaves the road here.
fn release(state: &State) -> Release {
    match (state, engagement(state)) {
        (_, Some(engagement)) => Release::of(engagement.clone(), Ended::Unused),
        (State::Excluded { release, .. } | State::Canceled { release, .. }, None) => {
            release.clone()
        }
        (State::Discovered { placement, brief, .. }, None) => {
            Release::nothing(brief.candidate.clone(), placement.clone())
        }
        (State::Flagged { back: Back::Discovered { placement, brief, .. }, .. }, None) => {
            Release::nothing(brief.candidate.clone(), placement.clone())
        }
        (_, None) => Release::nothing("".into(), "".into()),
    }
}

/// What a covered placement's flag says when an intent came too late to be acted on; none when it changes nothing that
/// is insured.
fn too_late(hired: &Hired, intent: &Intent) -> Option<Issue> {
    match intent {
        Intent::Stay | Intent::Late { .. } => None,
        Intent::Cancel { reason, .. } => {
            Some(Issue::CanceledWhileCovered { reason: reason.clone() })
        }
        Intent::Change { terms } => {
            let differences = hired.terms().differences(terms);
            let issue =
                Issue::TermsChanged { terms: terms.clone(), differences: differences.clone() };
            (!differences.is_empty()).then_some(issue)
        }
        Intent::Exclude { evidence } => {
            Some(Issue::OutOfScopeWhileCovered { evidence: evidence.clone() })
        }
        Intent::Hold { missing } => Some(Issue::Unclear { missing: missing.clone() }),
    }
}

/// How far an application has come that waits for the insurer's staff.
pub(super) const MANUAL_REVIEW: &str = "manual_review";

/// The job that a new placement starts with.
const NO_JOB: Wanted = Wanted::Create;
