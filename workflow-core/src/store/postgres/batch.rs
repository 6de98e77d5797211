//! Finished records as rows: the bytes, squeezed (`store/packed.rs`), and each event in columns for SQL.
//!
//! The columns are for reading. What they cannot hold, PostgreSQL's text has no NUL and its jsonb has limits, is
//! changed or left out there; the record's bytes are the truth.

use std::borrow::Cow;

use crate::codec::Content;
use crate::record::frame::{Frame, Sealed};
use crate::store::packed::pack;
use crate::store::read::damaged;
use crate::store::{Head, StoreError};

/// Larger data is left out of the columns.
const DATA_BYTES_MAX: usize = 4 << 20;
/// So is what is nested deeper: the server parses it by recursion.
const DEPTH_MAX: usize = 256;

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
}

#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) position: Vec<i64>,
    pub(super) record: Vec<i64>,
    pub(super) stream: Vec<String>,
    pub(super) version: Vec<i64>,
    pub(super) kind: Vec<String>,
    pub(super) schema: Vec<i32>,
    pub(super) at_ms: Vec<i64>,
    pub(super) input: Vec<String>,
    pub(super) key: Vec<String>,
    pub(super) actor: Vec<String>,
    pub(super) data: Vec<Option<String>>,
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
                events.position.push(signed(event.position.0));
                events.record.push(signed(record.first.0));
                events.stream.push(event.stream.to_owned());
                events.version.push(signed(event.version.0));
                events.kind.push(text(event.kind));
                events.schema.push(i32::from(event.schema));
                events.at_ms.push(event.recorded_at.0);
                events.input.push(text(event.input));
                events.key.push(text(event.key));
                events.actor.push(text(event.actor));
                events.data.push(data(event.content));
            }
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

/// An event's data as JSON, where it is CBOR that can be written so.
fn data(content: &[u8]) -> Option<String> {
    if content.len() > DATA_BYTES_MAX {
        return None;
    }
    let json = Content(content).to_json().ok()?;
    if depth(&json) > DEPTH_MAX {
        return None;
    }
    let json = json.to_string();
    // As JSON writes a NUL, unless the backslash is itself escaped: then a little more is changed than need be.
    Some(if json.contains("\\u0000") { json.replace("\\u0000", "\\ufffd") } else { json })
}

fn depth(json: &serde_json::Value) -> usize {
    match json {
        serde_json::Value::Array(all) => 1 + all.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(all) => 1 + all.values().map(depth).max().unwrap_or(0),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cbor_has_no_json() {
        assert_eq!(data(b"\x63abc").as_deref(), Some("\"abc\""));
        // Cut short.
        assert_eq!(data(b"\x63ab"), None);
        assert_eq!(data(b""), None);
    }

    #[test]
    fn a_nul_becomes_what_postgresql_can_hold() {
        assert_eq!(data(b"\x63a\0c").as_deref(), Some("\"a\\ufffdc\""));
        assert_eq!(text("a\0"), "a\u{fffd}");
    }
}
