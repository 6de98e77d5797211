//! Finished records as rows: the bytes, squeezed (`store/packed.rs`), and for SQL each event's columns and what else it is told
//! (`json.rs`).
//!
//! The columns are for reading. What they cannot hold, PostgreSQL's text has no NUL and its jsonb has limits, is
//! changed or left out there; the record's bytes are the truth.

use std::borrow::Cow;

use super::json;
use crate::record::frame::{Frame, Sealed};
use crate::store::packed::pack;
use crate::store::read::damaged;
use crate::store::{Head, StoreError};

/// One append, as it is sent: a value per column.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) from: Head,
    pub(super) to: Head,
    pub(super) records: Records,
    pub(super) events: Events,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) first: Vec<i64>,
    pub(super) events: Vec<i32>,
    pub(super) hash: Vec<Vec<u8>>,
    pub(super) bytes: Vec<Vec<u8>>,
    pub(super) told: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) record: Vec<i64>,
    pub(super) stream: Vec<String>,
    pub(super) version: Vec<i64>,
    pub(super) kind: Vec<String>,
    pub(super) at_ms: Vec<i64>,
}

/// A position or version as PostgreSQL keeps it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Batch {
    /// The rows of records that lead from one end of the log to another.
    pub(super) fn of(from: Head, to: Head, sealed: Vec<Sealed>) -> Result<Self, StoreError> {
        let (mut records, mut events) = (Records::default(), Events::default());
        for record in sealed {
            let frame = Frame::decode(&record.bytes).map_err(|e| damaged(record.first, &e))?;
            for event in &frame.events {
                events.record.push(signed(record.first.0));
                events.stream.push(event.stream.to_owned());
                events.version.push(signed(event.version.0));
                events.kind.push(text(event.kind));
                events.at_ms.push(event.recorded_at.0);
            }
            records.told.push(json::of(&frame.events));
            records.first.push(signed(record.first.0));
            records.events.push(i32::try_from(record.events).unwrap_or(i32::MAX));
            records.hash.push(record.hash.0.to_vec());
            records.bytes.push(match pack(&record.bytes) {
                Cow::Owned(squeezed) => squeezed,
                Cow::Borrowed(_) => record.bytes,
            });
        }
        Ok(Self { from, to, records, events })
    }
}

fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_becomes_what_postgresql_can_hold() {
        assert_eq!(text("a\0"), "a\u{fffd}");
    }
}
