//! Finished records as rows: the bytes, squeezed (`store/packed.rs`), and for SQL each event's columns and what else it is told
//! (`json.rs`).
//!
//! The columns are for reading. What they cannot hold, PostgreSQL's text has no NUL and its jsonb has limits, is
//! changed or left out there; the record's bytes are the truth.

use std::borrow::Cow;

use super::column::Column;
use super::json;
use crate::id::Position;
use crate::record::frame::{FrameEvent, Sealed};
use crate::store::Head;
use crate::store::packed::pack;

/// One append, as it is sent: a value per column.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) from: Head,
    pub(super) to: Head,
    /// Where the last record begins.
    pub(super) last: Position,
    pub(super) records: Records,
    pub(super) events: Events,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) first: Column,
    pub(super) events: Column,
    pub(super) hash: Column,
    pub(super) bytes: Column,
    pub(super) told: Column,
}

#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) record: Column,
    pub(super) stream: Column,
    pub(super) version: Column,
    pub(super) kind: Column,
    pub(super) at_ms: Column,
}

/// A position or version as PostgreSQL keeps it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Batch {
    /// The rows of records that lead from one end of the log to another, and of the events in them.
    pub(super) fn of<'a>(
        from: Head,
        to: Head,
        sealed: &[Sealed],
        mut all: impl Iterator<Item = FrameEvent<'a>>,
    ) -> Self {
        let (mut records, mut events) = (Records::default(), Events::default());
        for record in sealed {
            let first = signed(record.first.0).to_be_bytes();
            let held: Vec<FrameEvent<'_>> = all.by_ref().take(record.events).collect();
            for event in &held {
                events.record.push(&first);
                events.stream.push(event.stream.as_bytes());
                events.version.push(&signed(event.version.0).to_be_bytes());
                events.kind.push(text(event.kind).as_bytes());
                events.at_ms.push(&event.recorded_at.0.to_be_bytes());
            }
            records.told.push(json::of(&held).as_bytes());
            records.first.push(&first);
            records.events.push(&i32::try_from(record.events).unwrap_or(i32::MAX).to_be_bytes());
            records.hash.push(&record.hash.0);
            records.bytes.push(&pack(&record.bytes));
        }
        let last = sealed.last().map_or(from.next, |record| record.first);
        Self { from, to, last, records, events }
    }
}

fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_becomes_what_postgresql_can_hold() {
        assert_eq!(text("a\0"), "a\u{fffd}");
        assert_eq!(text("a"), "a");
    }
}
