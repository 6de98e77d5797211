//! An owed call was answered while the state still owed it.

use super::super::machine::placement::{Event, State};
use super::super::remind;
use super::super::state::{
    Amendment, Application, Basis, Hired, Intent, Issue, Leave, Readiness, Road,
};
use super::{Decision, act, after, covered, flag, hired, late, observed, over, too_late, undone};
use crate::domain::call::{Answer, Refusal};
use crate::domain::facts::Facts;
use crate::domain::rules::Rules;
use crate::workflow::{Context, Rejection};

/// Which events the answer leads to.
pub(super) fn answered(
    state: &State,
    operation: &str,
    answer: Answer,
    context: &Context<'_, Rules>,
) -> Decision {
    match state {
        State::Discovered { readiness: Readiness::Unread, .. } => match answer {
            Answer::PlacementRead(facts) => read(state, &facts, context),
            Answer::PlacementUnknown => Ok(observed::vanished(state, context)),
            Answer::Refused(refusal) => Ok(flag_refused(state, operation, refusal)),
            other => Err(unexpected(operation, &other)),
        },
        State::ContractorReady { engagement, intent, .. } => {
            let intent = &observed::today(engagement, intent, context);
            match answer {
                Answer::JobReady { job } => {
                    let events = then(state, Event::JobLinked { job }, intent);
                    Ok(in_time(state, events, context))
                }
                Answer::Refused(refusal) => Ok(refused(state, operation, refusal, intent)),
                other => Err(unexpected(operation, &other)),
            }
        }
        State::JobReady { hired } => {
            quote(state, hired, operation, answer).map(|events| in_time(state, events, context))
        }
        State::Quoted { road: Road::Taken(leave), hired, basis, intent } => {
            let intent = &observed::today(&hired.engagement, intent, context);
            // Where a policy is on file no application is opened, whichever turn was given: see `react.rs`.
            match (leave, basis) {
                (Leave::Application, Basis::Quote { .. }) => {
                    application(state, operation, basis, answer, intent, context)
                }
                (Leave::Assignment, _) | (Leave::Application, Basis::MatchingPolicy) => {
                    assignment(state, operation, basis, answer, intent)
                }
            }
        }
        State::ApplicationPending { hired, intent, .. } => match answer {
            Answer::ApplicationClosed => Ok(undone(state, intent)),
            Answer::ApplicationComplete => Ok(kept(state, hired, intent)),
            Answer::Refused(refusal) => Ok(flag_refused(state, operation, refusal)),
            other => Err(unexpected(operation, &other)),
        },
        State::Assigned { hired, intent, .. } if !intent.undoes() => {
            extended(state, hired, operation, answer, context)
        }
        State::Active { hired, .. } => covering(state, hired, operation, answer, context),
        State::Assigned { hired, intent, .. } => match answer {
            Answer::AssignmentCanceled => Ok(undone(state, intent)),
            Answer::AssignmentBegun => Ok(kept(state, hired, intent)),
            Answer::Refused(refusal) => Ok(flag_refused(state, operation, refusal)),
            other => Err(unexpected(operation, &other)),
        },
        State::Discovered { .. }
        | State::Quoted { .. }
        | State::Flagged { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => Err(unexpected(operation, &answer)),
    }
}

/// What covers was read once more, or is to last longer.
fn covering(
    state: &State,
    hired: &Hired,
    operation: &str,
    answer: Answer,
    context: &Context<'_, Rules>,
) -> Decision {
    match (answer, &hired.engagement.amendment) {
        (Answer::CoverageRead { seen }, Amendment::Close { early }) => {
            Ok(over::read(state, *early, &seen, context))
        }
        (Answer::Refused(refusal), Amendment::Close { .. }) => {
            Ok(flag_refused(state, operation, refusal))
        }
        (answer, _) => extended(state, hired, operation, answer, context),
    }
}

/// A later end was asked for.
fn extended(
    state: &State,
    hired: &Hired,
    operation: &str,
    answer: Answer,
    context: &Context<'_, Rules>,
) -> Decision {
    match (answer, &hired.engagement.amendment) {
        (Answer::CoverageExtended, Amendment::Extend(terms)) => {
            Ok(vec![Event::CoverageExtended { terms: (**terms).clone() }])
        }
        (Answer::Refused(refusal), Amendment::Extend(terms)) => {
            Ok(covered::not_extended(state, hired, terms, refusal, context))
        }
        (other, _) => Err(unexpected(operation, &other)),
    }
}

/// What was to be undone is bought: a person must look, unless there was little reason.
fn kept(state: &State, hired: &Hired, intent: &Intent) -> Vec<Event> {
    match too_late(hired, intent) {
        Some(issue) => flag(state, issue),
        None => vec![Event::IntentChanged { intent: Intent::Stay }],
    }
}

fn read(state: &State, facts: &Facts, context: &Context<'_, Rules>) -> Decision {
    let events = observed::observed(state, facts, context)?;
    debug_assert!(!events.is_empty(), "facts move an unread placement on");
    Ok(events)
}

/// The event, and what was waiting for it.
fn then(state: &State, event: Event, intent: &Intent) -> Vec<Event> {
    let more = match after(state, &event) {
        Some(state) => settle(&state, intent),
        None => Vec::new(),
    };
    std::iter::once(event).chain(more).collect()
}

/// A start that passed while the job was made: a quote would be asked for in the past.
fn in_time(state: &State, mut events: Vec<Event>, context: &Context<'_, Rules>) -> Vec<Event> {
    if let [event] = events.as_slice()
        && let Some(after @ State::JobReady { .. }) = after(state, event)
        && let Some(hired) = hired(&after)
    {
        events.extend(late(hired, &after, context));
    }
    events
}

/// What an intent leads to in the state that the answer led to.
fn settle(state: &State, intent: &Intent) -> Vec<Event> {
    match (state, intent) {
        // The state carries the intent itself, and owes the undoing.
        (
            State::ApplicationPending { .. } | State::Assigned { .. },
            Intent::Cancel { .. } | Intent::Change { .. } | Intent::Exclude { .. },
        ) => Vec::new(),
        (_, intent) => act(state, intent),
    }
}

/// A refusal that an intent makes moot is none; any other is a person's.
fn refused(state: &State, operation: &str, refusal: Refusal, intent: &Intent) -> Vec<Event> {
    match intent {
        Intent::Stay | Intent::Hold { .. } | Intent::Late { .. } => {
            flag_refused(state, operation, refusal)
        }
        Intent::Cancel { .. } | Intent::Change { .. } | Intent::Exclude { .. } => {
            act(state, intent)
        }
    }
}

fn flag_refused(state: &State, operation: &str, refusal: Refusal) -> Vec<Event> {
    flag(state, Issue::Refused { operation: operation.to_owned(), refusal })
}

fn quote(state: &State, hired: &Hired, operation: &str, answer: Answer) -> Decision {
    let known = matches!(hired.engagement.amendment, Amendment::Quote(_));
    match answer {
        Answer::QuoteFixed if known => Ok(vec![Event::QuoteGivenUp]),
        Answer::QuoteIssued { quote, net_rate } => {
            Ok(vec![Event::QuoteIssued { basis: Basis::Quote { quote, net_rate } }])
        }
        Answer::MatchingPolicy => Ok(vec![Event::QuoteIssued { basis: Basis::MatchingPolicy }]),
        Answer::QuoteIneligible { .. } => Ok(flag(state, Issue::QuoteIneligible)),
        Answer::Refused(refusal) => Ok(flag_refused(state, operation, refusal)),
        other => Err(unexpected(operation, &other)),
    }
}

fn application(
    state: &State,
    operation: &str,
    basis: &Basis,
    answer: Answer,
    intent: &Intent,
    context: &Context<'_, Rules>,
) -> Decision {
    match (answer, basis) {
        (Answer::ApplicationOpened { session, url }, Basis::Quote { quote, .. }) => {
            let progress = "not_started".to_owned();
            let window = hired(state).map(|hired| &hired.terms().window);
            let remind_at = window.map_or(Vec::new(), |window| remind::planned(window, context));
            let (quote, reminded) = (quote.clone(), None);
            let application = Application { quote, session, url, progress, remind_at, reminded };
            Ok(then(state, Event::ApplicationOpened { application }, intent))
        }
        // Its policy will be seen, and heals the flag.
        (Answer::ApplicationComplete, _) => {
            let refusal = Refusal {
                status: 400,
                code: "application_already_complete".into(),
                message: "the application is complete already; its policy is waited for".into(),
            };
            Ok(flag_refused(state, operation, refusal))
        }
        (Answer::Refused(refusal), _) => Ok(refused(state, operation, refusal, intent)),
        (other, _) => Err(unexpected(operation, &other)),
    }
}

fn assignment(
    state: &State,
    operation: &str,
    basis: &Basis,
    answer: Answer,
    intent: &Intent,
) -> Decision {
    match answer {
        Answer::AssignmentCreated { assignment, policy } => {
            Ok(then(state, Event::AssignmentCreated { assignment, policy }, intent))
        }
        Answer::AssignmentIneligible { message } => match basis {
            Basis::Quote { .. } => Ok(then(state, Event::AssignmentRefused { message }, intent)),
            Basis::MatchingPolicy => Ok(flag(state, Issue::AssignmentIneligible { message })),
        },
        Answer::Refused(refusal) => Ok(refused(state, operation, refusal, intent)),
        other => Err(unexpected(operation, &other)),
    }
}

/// An adapter answered another question than it was asked: a defect, reported and not recorded.
fn unexpected(operation: &str, answer: &Answer) -> Rejection {
    let name = serde_json::to_value(answer).ok().and_then(|value| match value {
        serde_json::Value::Object(map) => map.keys().next().cloned(),
        serde_json::Value::String(name) => Some(name),
        _ => None,
    });
    let name = name.unwrap_or_default();
    Rejection::new("unexpected_answer", format!("`{name}` is no answer to `{operation}`"))
}
