//! Work is over: a placement that is covered is closed by what covers it.
//!
//! What was bought may have been cancelled in the meantime, and nobody told: it is read once more after the work has
//! ended, and in force then it was in force until then. Nothing is closed as covered on what was known before. Of a
//! certificate its own workflow knows.

use super::super::machine::placement::{Event, State};
use super::super::state::{Amendment, Closer, Coverage, Hired, Intent, Issue, Loss};
use super::{after, covered, flag, seen};
use crate::domain::call::{PolicyStanding, Sighting};
use crate::domain::facts::Date;
use crate::domain::rules::Rules;
use crate::domain::terms::days;
use crate::time::Timestamp;
use crate::workflow::Context;

/// Whether the engagement is over, covered to its end. Work that lasts longer is not.
pub(super) fn is_over(hired: &Hired, coverage: &Coverage, now: Timestamp) -> bool {
    let until = hired.terms().window.until;
    let extending = matches!(hired.engagement.amendment, Amendment::Extend(_));
    !extending && now >= until && coverage.expires >= until
}

/// The ATS says so. Coverage is not shortened by us; a tenant who does not want it beyond the work has a person do it.
pub(super) fn over(
    state: &State,
    hired: &Hired,
    coverage: &Coverage,
    on: Option<Date>,
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let window = &hired.terms().window;
    let early = on.filter(|on| *on < window.last_day);
    if let Some(on) = early
        && on < window.first_day
        && context.now < coverage.effective
    {
        let reason = format!("work ended on {on} before coverage began");
        return covered::change(state, &Intent::Cancel { reason, by: Closer::Ats }, context);
    }
    match early {
        // A certificate costs nothing for longer.
        Some(on) if context.rules.shorten_cover && coverage.evidence.bought().is_some() => {
            flag(state, Issue::EndedEarly { on, until: window.last_day })
        }
        early => close(hired, coverage, early),
    }
}

/// Begins to close a placement whose work ended, `early` where that was before the last day of coverage.
pub(super) fn close(hired: &Hired, coverage: &Coverage, early: Option<Date>) -> Vec<Event> {
    match coverage.evidence.bought() {
        Some(_) => covered::amend(hired, Amendment::Close { early }),
        None => vec![closed(early)],
    }
}

fn closed(early: Option<Date>) -> Event {
    match early {
        Some(on) => Event::EndedEarly { on },
        None => Event::PlacementCompleted,
    }
}

/// What covers was read after the work had ended.
pub(super) fn read(
    state: &State,
    early: Option<Date>,
    sightings: &[Sighting],
    context: &Context<'_, Rules>,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut led = state.clone();
    for sighting in sightings {
        let State::Active { hired, coverage } = &led else { break };
        let next = match sighting {
            Sighting::Policy { standing: PolicyStanding::Expired, expires, .. }
                if (*expires).min(context.now) < ended(hired, early, context) =>
            {
                let evidence = coverage.evidence.clone();
                vec![seen::lost(&led, hired, Loss::PolicyExpired, evidence)]
            }
            sighting => seen::seen(&led, sighting, context),
        };
        for event in &next {
            led = after(&led, event).unwrap_or(led);
        }
        events.extend(next);
    }
    let State::Active { hired, coverage } = &led else { return events };
    let runs_out = coverage.expires < ended(hired, early, context);
    events.push(match runs_out && coverage.expires <= context.now {
        true => seen::lost(&led, hired, Loss::PolicyExpired, coverage.evidence.clone()),
        false => closed(early),
    });
    events
}

/// When the work had ended at the latest.
fn ended(hired: &Hired, early: Option<Date>, context: &Context<'_, Rules>) -> Timestamp {
    let until = hired.terms().window.until;
    let days = early.and_then(|on| days(on, on, &context.rules.zone));
    days.map_or(until, |days| days.until.min(until))
}
