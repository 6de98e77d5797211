//! Which events of a placement are facts that somebody wants to be told, read off the states around each.

use jiff::ToSpan as _;
use workflow_core::domain::facts::Date;
use workflow_core::domain::notice::Topic;
use workflow_core::domain::placement::{EventKind, Intent, Machine, State, StateKind};
use workflow_core::engine::{ReplayError, replay};
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;

/// A fact.
pub(super) struct Fact {
    pub(super) topic: Topic,
    pub(super) at: Timestamp,
    pub(super) state: &'static str,
    pub(super) link: Option<String>,
    pub(super) uncovered_from: Option<Date>,
}

/// Whether an event of this stored name can lead to a state that somebody is told of.
pub(super) fn may_tell(wire: &str) -> bool {
    let told = [StateKind::Active, StateKind::Flagged, StateKind::ApplicationPending];
    Machine::event_from_wire(wire).is_some_and(|kind| {
        Machine::EDGES.iter().any(|edge| edge.event == kind && told.contains(&edge.to))
    })
}

/// What the last of a placement's events tells.
pub(super) fn fact(events: &[Recorded]) -> Result<Option<Fact>, ReplayError> {
    let Some((last, earlier)) = events.split_last() else { return Ok(None) };
    let before = replay::<Machine>(earlier)?;
    let Some(after) = replay::<Machine>(events)? else { return Ok(None) };
    let Some(event) = Machine::event_from_wire(&last.event.kind) else { return Ok(None) };
    let Some((topic, link, uncovered_from)) = told(before.as_ref(), event, &after) else {
        return Ok(None);
    };
    let state = Machine::state_kind(&after).name();
    Ok(Some(Fact { topic, at: last.event.recorded_at, state, link, uncovered_from }))
}

fn told(
    before: Option<&State>,
    event: EventKind,
    after: &State,
) -> Option<(Topic, Option<String>, Option<Date>)> {
    let reminded = event == EventKind::Reminded;
    match after {
        State::Active { hired, .. } if reminded => {
            let last_covered = hired.engagement.reminded?.day;
            let from = last_covered.checked_add(1.day()).ok()?;
            Some((Topic::GapAhead, None, Some(from)))
        }
        State::Active { .. } => {
            (!matches!(before, Some(State::Active { .. }))).then_some((Topic::Active, None, None))
        }
        State::Flagged { .. } => {
            let again = matches!(before, Some(State::Flagged { .. }));
            let raised = matches!(event, EventKind::FlagRaised | EventKind::CoverageLost);
            (raised || !again).then_some((Topic::Flagged, None, None))
        }
        State::ApplicationPending { hired, intent: Intent::Stay, .. } if reminded => {
            Some((Topic::GapAhead, None, Some(hired.terms().window.first_day)))
        }
        State::ApplicationPending { application, intent, .. } => {
            // A link that is about to be closed is no use to anybody.
            let stands = matches!(intent, Intent::Stay | Intent::Late { .. });
            let known = match before {
                Some(State::ApplicationPending { application: earlier, .. }) => {
                    earlier.url == application.url
                }
                Some(_) | None => false,
            };
            let given = event == EventKind::LinkGiven;
            (stands && (given || !known))
                .then(|| (Topic::LinkReady, Some(application.url.clone()), None))
        }
        State::Discovered { .. }
        | State::ContractorReady { .. }
        | State::JobReady { .. }
        | State::Quoted { .. }
        | State::Assigned { .. }
        | State::Excluded { .. }
        | State::Completed { .. }
        | State::Canceled { .. } => None,
    }
}
