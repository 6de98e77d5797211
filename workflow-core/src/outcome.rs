//! One attempt at an owed call, and what it may come to.
//!
//! An adapter makes exactly one attempt and says what it knows; the engine owns retries and waits.

use std::time::Duration;

use crate::id::{Key, StreamId};
use crate::time::Timestamp;

/// Everything an adapter is told about the attempt that it is to make.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The stream that owes the call.
    pub stream: StreamId,
    /// The owed call's stable key.
    pub key: Key,
    /// Which key of the call this is: 1, and one more each time a provider has burned the one before.
    pub generation: u32,
    /// How many attempts came before, since the process started.
    pub earlier: u32,
    /// The moment of the event since which the call is owed: no attempt can be older.
    pub owed_since: Timestamp,
    /// The moment of this attempt.
    pub now: Timestamp,
    /// An earlier attempt may have had its effect: look it up before creating anything. So it is after an attempt of
    /// unknown fate, and for every call that was owed when the process started: what an earlier one tried, it does not
    /// know.
    pub look_first: bool,
}

impl Attempt {
    /// The idempotency key to send: the owed key, marked with the generation from the second on.
    pub fn idempotency_key(&self) -> String {
        match self.generation {
            1 => self.key.to_string(),
            later => format!("{}/g{later}", self.key),
        }
    }
}

/// What one attempt came to, by evidence.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<A> {
    /// The provider answered definitely; good or bad, there is nothing to repeat.
    Answered(A),
    /// Try again later.
    Again(Again),
}

/// A call to be attempted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// What is known of the attempt that failed.
    pub trace: Trace,
    /// The provider's own wish (`Retry-After`); the engine's backoff otherwise.
    pub after: Option<Duration>,
    /// Why, for people; no personal data, no secrets.
    pub reason: String,
}

/// What a failed attempt may have left behind at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: the request never left, or was refused before it was looked at.
    None,
    /// Unknown: the request left and no answer came. The same key may be sent again.
    Unknown,
    /// The provider stored a failure under this key and will replay it: look up, then use the next generation.
    Burned,
}

impl Trace {
    /// The word of logs and counts for a failed attempt that left this.
    pub fn word(self) -> &'static str {
        match self {
            Trace::None => "not_sent",
            Trace::Unknown => "unknown",
            Trace::Burned => "burned",
        }
    }
}

impl<A> Outcome<A> {
    /// The attempt left no trace; try again.
    pub fn not_sent(reason: impl Into<String>) -> Self {
        Self::Again(Again { trace: Trace::None, after: None, reason: reason.into() })
    }

    /// The attempt's fate is unknown; look it up, then try again.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Again(Again { trace: Trace::Unknown, after: None, reason: reason.into() })
    }
}
