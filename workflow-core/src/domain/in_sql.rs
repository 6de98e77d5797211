//! A placement as rows for an auditor's SQL: how it stands, and the days it worked without coverage in force.
//!
//! Pure: from events to JSON. Who keeps the rows in a database is `store/postgres/views.rs`; their columns are the views
//! `placements_now` and `coverage_gaps` of `store/postgres/schema/1.sql`.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::coverage_days::{Asked, By, Gap, Ledger, Place, day_of};
use super::placement::{Event, Machine};
use crate::codec::Content;
use crate::id::StreamId;
use crate::machine::{Kind, Machine as _};
use crate::record::{NewEvent, Recorded};
use crate::time::Timestamp;

/// The rows of [`now`].
pub const PLACEMENTS: &str = "placements";
/// The rows of [`gaps`].
pub const GAPS: &str = "gaps";
/// The state of a placement whose events today's machine does not accept: `runner audit drift` says why.
pub const UNREADABLE: &str = "Unreadable";

/// How a placement stands after these events.
pub fn now(stream: &StreamId, events: &[Recorded]) -> Option<Value> {
    let last = events.last()?;
    let (mut state, mut since, mut readable) = (None, last.event.recorded_at, true);
    for recorded in events {
        let before = state.as_ref().map(Machine::state_kind);
        let after =
            event(&recorded.event).and_then(|event| Machine::step(state.take(), event).ok());
        let Some(after) = after else {
            readable = false;
            break;
        };
        if before != Some(Machine::state_kind(&after)) {
            since = recorded.event.recorded_at;
        }
        state = Some(after);
    }
    let kind = state.as_ref().filter(|_| readable).map(Machine::state_kind);
    Some(json!({
        "tenant": stream.tenant(),
        "placement": stream.key(),
        "state": kind.map_or(UNREADABLE, |kind| kind.name()),
        "since": since.to_string(),
        "version": last.version.0,
        "updated": last.event.recorded_at.to_string(),
    }))
}

/// Its days of work without coverage in force, up to today in the tenant's zone; none where there are none.
pub fn gaps(
    stream: &StreamId,
    events: &[Recorded],
    zone: &TimeZone,
    today: Timestamp,
) -> Option<Value> {
    let mut ledger = Ledger::default();
    for recorded in events {
        let place = Place { position: recorded.position, at: recorded.event.recorded_at };
        if !ledger.take(place, event(&recorded.event)?) {
            return None;
        }
    }
    let found = ledger.days(&Asked { zone, from: None, to: day_of(today, zone) });
    let rows: Vec<Value> = found.gaps.iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        json!({"tenant": stream.tenant(), "placement": stream.key(), "gaps": rows,
            "until": day_of(today, zone).to_string()})
    })
}

fn row(gap: &Gap) -> Value {
    let by = match gap.by {
        By::Both => "known then and now",
        By::Then => "known then",
        By::Now => "known now",
    };
    json!({
        "first": gap.days.first.to_string(),
        "last": gap.days.last.to_string(),
        "days": gap.days.count(),
        "by": by,
        "held": gap.held.join(", "),
        "known_position": gap.known.position.0,
    })
}

fn event(stored: &NewEvent) -> Option<Event> {
    let kind = Machine::event_from_wire(&stored.kind)?;
    Machine::decode(kind, stored.schema, Content(&stored.content)).ok()
}
