//! What stands in the log: events with their place, time and cause; records that bind them together.
//!
//! One record is one durable group of events. It carries the hash of the record before it, so that the last
//! hash vouches for the whole history. The bytes are described in `record/frame.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Position, StreamId, Version};
use crate::time::Timestamp;

pub mod chain;
pub mod frame;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record names as the hash of the record before it.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Hash> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).ok()?;
        Some(Hash(hash))
    }
}

/// Lower-case hex.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Why an event is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// The short name of the input that was decided, such as `observed` or `answered`.
    pub input: String,
    /// What makes that input one of its kind: an owed call's key, a delivery's id, an operator's request.
    pub key: String,
    /// Who gave it: `poll:ats`, `webhook:insurer`, `engine`, `operator:kim`.
    pub actor: String,
}

/// An event on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The stored name of its type.
    pub kind: String,
    /// The version of its stored shape.
    pub schema: u16,
    /// The moment of the decision.
    pub recorded_at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// Its data, as CBOR (see `codec.rs`).
    pub content: Vec<u8>,
}

/// An event read back from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its index in the whole log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamId,
    /// The stream's version with this event: 1 for the first.
    pub version: Version,
    /// What was appended.
    pub event: NewEvent,
}
