//! A person knows better than the ATS, or asks for something: a missing fact, the scope, the application's link.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each is for a few states; what all others answer is one sentence"
)]

use super::super::machine::placement::{Event, State};
use super::super::state::{Back, Intent, Issue, Readiness, Wanted};
use super::{Decision, Resolution, engagement, resolve};
use crate::domain::by_hand::{ByHand, Fact, Included, SetFact};
use crate::domain::facts::{Facts, PlacementId};
use crate::domain::rules::Rules;
use crate::domain::terms::{Brief, Missing, classify, knows_state};
use crate::workflow::{Context, Rejection};

/// What people decided about the placement so far; the scope counts for the worker whom it was decided for.
pub(super) fn of(state: &State, now: Option<&Facts>) -> ByHand {
    let (by_hand, candidate) = match (state, engagement(state)) {
        (_, Some(engagement)) => {
            (&engagement.terms.by_hand, &engagement.terms.references.candidate)
        }
        (
            State::Discovered { brief, .. }
            | State::Excluded { brief, .. }
            | State::Flagged { back: Back::Discovered { brief, .. }, .. },
            None,
        ) => (&brief.by_hand, &brief.candidate),
        (_, None) => return ByHand::default(),
    };
    match now {
        Some(facts) if facts.candidate != *candidate => by_hand.clone().for_another(),
        _ => by_hand.clone(),
    }
}

/// What is missing, and with what the placement is judged anew once a person has said it.
struct Open<'a> {
    placement: PlacementId,
    brief: Brief,
    job: Wanted,
    missing: &'a [Missing],
}

/// A placement that lacks something, before anything is bought.
fn open(state: &State) -> Option<Open<'_>> {
    match state {
        State::Discovered { placement, brief, job, readiness: Readiness::Held { missing } } => {
            let (placement, brief, job) = (placement.clone(), brief.clone(), job.clone());
            Some(Open { placement, brief, job, missing })
        }
        State::Flagged { issue: Issue::Unclear { missing }, back } => {
            let (placement, brief) = match (back, back.engagement()) {
                (Back::Discovered { placement, brief, .. }, _) => {
                    (placement.clone(), brief.clone())
                }
                (Back::Contractor { .. } | Back::Job { .. } | Back::Quote { .. }, Some(known)) => {
                    let placement = known.terms.references.placement.clone();
                    (placement, resolve::brief(&known.terms))
                }
                (_, _) => return None,
            };
            Some(Open { placement, brief, job: back.job(), missing })
        }
        _ => None,
    }
}

fn with_reason(reason: &str) -> Result<(), Rejection> {
    match reason.trim() {
        "" => Err(Rejection::new("no_reason", "say why: the reason is kept with the decision")),
        _ => Ok(()),
    }
}

/// Sets a missing fact. What the ATS gives cannot be set: it would be overruled at the next reading.
pub(super) fn set(
    state: &State,
    fact: Fact,
    by: String,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    with_reason(&reason)?;
    let name = fact.name();
    let Some(Open { placement, brief, job, missing }) = open(state) else {
        let message = format!(
            "nothing is missing that could be set: {}; what the ATS says is corrected in the ATS",
            standing(state)
        );
        return Err(Rejection::new("nothing_missing", message));
    };
    if let Fact::Region(place) = &fact
        && !knows_state(place, context.rules)
    {
        let message = format!("`{place}` is no state of the United States, such as CA");
        return Err(Rejection::new("bad_fact", message));
    }
    let before = brief.by_hand.facts.iter().find(|known| known.fact.name() == name);
    if before.is_some_and(|known| known.fact == fact) {
        return Ok(Vec::new());
    }
    let ats = match (missing.iter().find(|missing| fact.fills(missing)), before) {
        (Some(missing), _) => missing.text.clone(),
        (None, Some(before)) => before.ats.clone(),
        (None, None) => {
            let lacks = missing.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("; ");
            let message = format!("its {name} is not what is missing: {lacks}");
            return Err(Rejection::new("not_missing", message));
        }
    };
    let set = SetFact { fact, ats, by, reason };
    let by_hand = brief.by_hand.clone().with(set.clone());
    Ok(vec![Event::FactSet { placement, brief: brief.with(by_hand), job, set }])
}

/// Takes a placement into scope against the evidence that keeps it out.
pub(super) fn include(
    state: &State,
    by: String,
    reason: String,
    context: &Context<'_, Rules>,
) -> Decision {
    with_reason(&reason)?;
    if let State::Excluded { placement, brief, evidence, job, .. } = state {
        let (placement, brief, job) = (placement.clone(), brief.clone(), job.clone());
        let over = match evidence.code.as_str() {
            "over" => {
                let message = format!("{}: there is nothing to insure", evidence.evidence);
                return Err(Rejection::new("over", message));
            }
            // A person had taken it out: the scope rule speaks again.
            resolve::BY_HAND => None,
            _ => Some(evidence.evidence.clone()),
        };
        return Ok(taken_in(Open { placement, brief, job, missing: &[] }, over, by, reason));
    }
    if let State::Flagged { issue, back } = state
        && let Some(over) = contradicted(issue)
        && is_bought(back)
    {
        let included = Included { over: over.to_owned(), by, reason: reason.clone() };
        return Ok(vec![resolve::resumed(&taken_in_there(back, included), &reason)]);
    }
    let lacks = open(state).and_then(|open| {
        let over = open.missing.iter().find_map(classify::overridden)?.to_owned();
        Some((open, over))
    });
    match (lacks, state) {
        (Some((open, over)), _) => Ok(taken_in(open, Some(over), by, reason)),
        (None, State::Completed { .. } | State::Canceled { .. }) => {
            Err(Rejection::new("closed", "the placement is closed already"))
        }
        (None, _) => {
            let message = format!(
                "{} is in scope already, as far as is known: {}",
                context.stream,
                standing(state)
            );
            Err(Rejection::new("in_scope", message))
        }
    }
}

/// The evidence against the scope that a flag is about.
fn contradicted(issue: &Issue) -> Option<&str> {
    match issue {
        Issue::Unclear { missing } => missing.iter().find_map(classify::overridden),
        Issue::OutOfScopeWhileCovered { evidence } => Some(&evidence.evidence),
        _ => None,
    }
}

fn is_bought(back: &Back) -> bool {
    match back {
        Back::Application { .. } | Back::Assignment { .. } | Back::Coverage { .. } => true,
        Back::Discovered { .. }
        | Back::Contractor { .. }
        | Back::Job { .. }
        | Back::Quote { .. }
        | Back::Lost { .. } => false,
    }
}

/// Where something is bought, the decision is noted with its terms.
fn taken_in_there(back: &Back, included: Included) -> Back {
    let mut back = back.clone();
    match &mut back {
        Back::Application { hired, .. }
        | Back::Assignment { hired, .. }
        | Back::Coverage { hired, .. } => {
            let terms = &mut hired.engagement.terms;
            terms.by_hand = terms.by_hand.clone().taken_in(included);
        }
        Back::Discovered { .. }
        | Back::Contractor { .. }
        | Back::Job { .. }
        | Back::Quote { .. }
        | Back::Lost { .. } => {}
    }
    back
}

fn taken_in(open: Open<'_>, over: Option<String>, by: String, reason: String) -> Vec<Event> {
    let Open { placement, brief, job, .. } = open;
    let before = brief.by_hand.clone();
    let by_hand = match &over {
        Some(over) => before.taken_in(Included { over: over.clone(), by, reason: reason.clone() }),
        None => before,
    };
    vec![Event::TakenIn { placement, brief: brief.with(by_hand), job, over, reason }]
}

/// Gives the application's link again; where it ran out, the way to a new one is taken.
pub(super) fn resend(state: &State, reason: String, context: &Context<'_, Rules>) -> Decision {
    with_reason(&reason)?;
    match state {
        State::ApplicationPending { application, intent: Intent::Stay, .. } => {
            Ok(vec![Event::LinkGiven { url: application.url.clone(), reason }])
        }
        State::Flagged { issue: Issue::ApplicationExpired, back: Back::Quote { .. } } => {
            resolve::resolve(state, Resolution::Return, reason, context)
        }
        other => {
            let message = format!("no application is open: {}", standing(other));
            Err(Rejection::new("no_application", message))
        }
    }
}

/// The state in words, for a sentence that refuses something.
fn standing(state: &State) -> String {
    let name = crate::machine::Kind::name(state.kind());
    format!("it is {name} ({})", super::super::headline::headline(state))
}
