//! Which events of a placement are facts that somebody wants to be told, read off the states around each.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use workflow_core::domain::facts::Date;
use workflow_core::domain::notice::Topic;
use workflow_core::domain::placement::{Cover, EventKind, Intent, Machine, State, StateKind, Work};
use workflow_core::engine::{ReplayError, replay};
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;

/// A fact.
pub(super) struct Fact {
    pub(super) topic: Topic,
    /// Whether another fact of the same event may have the event's own name.
    pub(super) beside: bool,
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

/// What the last of a placement's events tells: at most two facts, of two topics. The zone is that of business dates.
pub(super) fn facts(events: &[Recorded], zone: &TimeZone) -> Result<Vec<Fact>, ReplayError> {
    let Some((last, earlier)) = events.split_last() else { return Ok(Vec::new()) };
    let before = replay::<Machine>(earlier)?;
    let Some(after) = replay::<Machine>(events)? else { return Ok(Vec::new()) };
    let Some(event) = Machine::event_from_wire(&last.event.kind) else { return Ok(Vec::new()) };
    let (at, state) = (last.event.recorded_at, Machine::state_kind(&after).name());
    let mut facts = Vec::new();
    if let Some((topic, link, uncovered_from)) = told(before.as_ref(), event, &after) {
        facts.push(Fact { topic, beside: false, at, state, link, uncovered_from });
    }
    let today = at.to_jiff().to_zoned(zone.clone()).date();
    let day = Day { today, zone };
    if let Some(from) = gap_seen(before.as_ref(), event, &after, &day) {
        let (topic, link, uncovered_from) = (Topic::GapAhead, None, Some(from));
        facts.push(Fact { topic, beside: true, at, state, link, uncovered_from });
    }
    Ok(facts)
}

/// The day of an event, and where.
struct Day<'a> {
    today: Date,
    zone: &'a TimeZone,
}

/// The first day of work without coverage, where this event let it be seen: a person must look while nothing covers what
/// is still to be worked, or what covers it ends sooner than it did, or than the work. A reminder of it is told
/// anyway; an extension that is asked for and not answered is under way, and no gap yet.
fn gap_seen(
    before: Option<&State>,
    event: EventKind,
    after: &State,
    day: &Day<'_>,
) -> Option<Date> {
    let gap = uncovered_from(after, day)?;
    // What stands in another state is on its way, and not told of yet.
    let is_told = |state: &&State| matches!(state, State::Active { .. } | State::Flagged { .. });
    let known = before.filter(is_told).and_then(|before| uncovered_from(before, day));
    let is_new = known.is_none_or(|known| gap < known);
    (is_told(&after) && is_new && event != EventKind::Reminded).then_some(gap)
}

/// The first day of work from today on that nothing covers, as far as a state knows.
fn uncovered_from(state: &State, day: &Day<'_>) -> Option<Date> {
    let days = match state.work() {
        Work::Days { days, .. } => days,
        Work::Over { .. } | Work::CalledOff | Work::OutOfScope => return None,
    };
    let from = match state.cover() {
        Cover::InForce(coverage) => {
            let last_moment = Timestamp(coverage.expires.0 - 1).to_jiff();
            last_moment.to_zoned(day.zone.clone()).date().checked_add(1.day()).ok()?
        }
        Cover::None | Cover::Lost(..) => days.first?,
    };
    let from = from.max(day.today);
    days.last.is_none_or(|last| from <= last).then_some(from)
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
