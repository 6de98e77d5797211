//! A placement that is closed, and one that the ATS has alive again.
//!
//! What the ATS called off begins anew when the ATS confirms it again; what a person closed while the ATS had it alive
//! stays closed. Where something bought may still be in force, a person looks before anything is bought again.

use super::super::machine::placement::{Event, State};
use super::{
    Back, Closer, Evidence, Issue, Loss, Rest, Unseen, Wanted, after, engagement, hired, observed,
    release,
};
use crate::domain::facts::Facts;
use crate::domain::rules::Rules;
use crate::domain::terms::{Brief, Terms, Verdict};
use crate::workflow::{Context, Rejection};

/// Closes a placement, noting what it would go on from.
pub(super) fn cancel(state: &State, reason: String, by: Closer) -> Event {
    Event::PlacementCanceled { reason, release: release(state), rest: rest(state, by) }
}

fn rest(state: &State, by: Closer) -> Rest {
    // A person who settled what the ATS called off decided nothing about what comes after.
    let called_off =
        matches!(state, State::Flagged { issue: Issue::CanceledWhileCovered { .. }, .. });
    match (by, state) {
        (Closer::Person, _) if !called_off => Rest::Closed,
        (_, State::Flagged { back: back @ Back::Coverage { .. }, .. }) => {
            Rest::Bought(Box::new(back.clone()))
        }
        (
            _,
            State::Flagged {
                issue: Issue::CoverageLost { loss: Loss::AssignmentCanceled },
                back: back @ Back::Lost { .. },
            },
        ) => Rest::Job(back.job()),
        (
            _,
            State::Flagged {
                back: back @ Back::Lost { evidence: Evidence::Assignment { .. }, .. },
                ..
            },
        ) => Rest::Bought(Box::new(back.clone())),
        (_, state) => Rest::Job(job(state)),
    }
}

/// The job that a state has, or is to make.
fn job(state: &State) -> Wanted {
    match (state, hired(state)) {
        (_, Some(hired)) => Wanted::Update(hired.job.clone()),
        (
            State::Discovered { job, .. }
            | State::ContractorReady { job, .. }
            | State::Excluded { job, .. }
            | State::Canceled { rest: Rest::Job(job), .. },
            None,
        ) => job.clone(),
        (State::Flagged { back, .. }, None) => back.job(),
        (_, None) => super::NO_JOB,
    }
}

/// The ATS speaks of a placement that is closed here.
pub(super) fn observed(
    state: &State,
    facts: &Facts,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Result<Vec<Event>, Rejection> {
    match (state, &verdict) {
        (State::Completed { coverage, .. }, Verdict::Ready(terms))
            if terms.window.until > context.now =>
        {
            match super::back(&as_covered(state)) {
                Some(back) if coverage.expires > context.now => {
                    let reason = super::super::headline::headline(state);
                    Ok(vec![Event::FlagRaised { issue: Issue::Reopened { reason }, back }])
                }
                _ => Ok(anew(state, facts, verdict, context)),
            }
        }
        // Its time is over, whatever it is now said to have been.
        (State::Completed { .. }, Verdict::Ready(terms)) if !known(state, terms) => {
            let text = format!("{} is closed, yet the ATS shows other terms", context.stream);
            Err(Rejection::new("closed", text))
        }
        (
            State::Canceled { rest: Rest::Bought(back), reason, .. },
            Verdict::Ready(_) | Verdict::Held(_),
        ) => {
            let (issue, back) = (Issue::Reopened { reason: reason.clone() }, (**back).clone());
            Ok(vec![Event::FlagRaised { issue, back }])
        }
        (State::Canceled { rest: Rest::Job(_), .. }, Verdict::Ready(_) | Verdict::Held(_)) => {
            Ok(anew(state, facts, verdict, context))
        }
        (_, _) => Ok(Vec::new()),
    }
}

/// It begins anew, with the job that it has.
fn anew(
    state: &State,
    facts: &Facts,
    verdict: Verdict,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let (placement, brief) = (facts.placement.clone(), Brief::of(facts));
    let reopened = Event::PlacementReopened { placement, brief, job: job(state) };
    let then = after(state, &reopened);
    let then = then.map(|state| observed::discovered(&state, facts, verdict, context));
    std::iter::once(reopened).chain(then.unwrap_or_default()).collect()
}

/// A completed placement as it was while it was covered.
fn as_covered(state: &State) -> State {
    match state {
        State::Completed { hired, coverage, .. } => {
            State::Active { hired: hired.clone(), coverage: coverage.clone() }
        }
        other => other.clone(),
    }
}

fn known(state: &State, terms: &Terms) -> bool {
    engagement(state).is_none_or(|e| e.terms.differences(terms).is_empty())
}

/// A reopened placement that is closed again before anything was seen.
pub(super) fn closed_again(state: &State, verdict: &Verdict) -> Vec<Event> {
    match verdict {
        Verdict::Off(reason) => vec![cancel(state, reason.clone(), Closer::Ats)],
        Verdict::Over(on) => {
            let when = on.map_or(String::new(), |on| format!(" on {on}"));
            vec![cancel(state, format!("work ended{when}"), Closer::Ats)]
        }
        Verdict::Ready(_) | Verdict::Held(_) | Verdict::Out(_) => Vec::new(),
    }
}

/// What follows the settling of a flag: what it kept from a person's eyes is shown next.
pub(super) fn settled(back: &Back, event: Event, state: &State) -> Vec<Event> {
    let unseen = match back {
        Back::Coverage { unseen, .. } => *unseen,
        Back::Discovered { .. }
        | Back::Contractor { .. }
        | Back::Job { .. }
        | Back::Quote { .. }
        | Back::Application { .. }
        | Back::Assignment { .. }
        | Back::Lost { .. } => Unseen::Nothing,
    };
    let shown = unseen.issue().and_then(|issue| {
        let back = super::back(&after(state, &event)?)?;
        Some(Event::FlagRaised { issue, back })
    });
    std::iter::once(event).chain(shown).collect()
}
