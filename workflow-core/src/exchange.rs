//! What an attempt at an owed call sent and what came back: kept in the log, byte for byte, sealed to the person it is
//! about.
//!
//! An adapter hands each request and its answer to [`note`]; the dispatcher gathers them ([`gathered`]) and gives them
//! to the engine together with what the attempt came to. They travel in the same group as the events they cause, as
//! events of streams of their own (`exchange/tenant/position`), which no machine reads: states stay the fold of the
//! other streams, and the indexes know nothing of them. Export, restore and verification see ordinary events.
//!
//! In the clear stand the call's key, method, path, status and sizes. Query, headers and bodies are one ciphertext
//! under the key of the person whom the call concerns ([`Workflow::about`]); forgetting the person destroys it. An
//! exchange of which nobody says whom it is about is kept without that part.
//!
//! Deliberately absent: secrets (an adapter leaves `Authorization` out), and what other people's data a list holds (an
//! adapter keeps such an answer as its length and hash, [`Body::hash_only`]). `exchange/stored.rs` is the form in the
//! log.
//!
//! [`Workflow::about`]: crate::workflow::Workflow::about

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::StreamId;

mod stored;

pub(crate) use stored::{About, new_event};
pub use stored::{Contents, Kept, Opened};

/// The first part of the names of streams that hold exchanges; no workflow may be called so.
pub const WORKFLOW: &str = "exchange";

/// Bodies up to this size are kept whole: a page of a list, any object. Longer ones (documents) as their beginning.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// So much of a longer body is kept beside its length and hash.
const BEGINNING_BYTES: usize = 4 * 1024;

/// Whether a stream holds exchanges rather than a workflow's events.
pub fn is_exchange(stream: &StreamId) -> bool {
    stream.workflow() == WORKFLOW
}

/// A request and what came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Such as `POST`.
    pub method: String,
    /// The path, without the query: it is kept in the clear, so it holds ids and nothing personal.
    pub path: String,
    /// The query as sent, without the `?`.
    pub query: Option<String>,
    /// The idempotency key as sent.
    pub idempotency_key: Option<String>,
    /// The request's headers but for secrets.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Body,
    /// What came back.
    pub came: Came,
}

/// What came back of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Came {
    /// An answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The provider's name of the request, where it gave one.
        request_id: Option<String>,
        /// The headers worth keeping.
        headers: Vec<(String, String)>,
        /// The body.
        body: Body,
    },
    /// No whole answer, although the request left.
    Lost {
        /// Why, without personal data.
        reason: String,
    },
    /// Nothing: the request never left.
    NotSent {
        /// Why, without personal data.
        reason: String,
    },
}

/// A body as it is kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// How long it was.
    length: u64,
    /// All of it, or its beginning.
    #[serde(with = "stored::bytes")]
    kept: Vec<u8>,
    /// The SHA-256 of all of it, in hex, where not all of it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Body {
    /// A body, whole if it is no longer than [`BODY_BYTES_MAX`].
    pub fn of(bytes: &[u8]) -> Self {
        match bytes.len() <= BODY_BYTES_MAX {
            true => Self { length: bytes.len() as u64, kept: bytes.to_vec(), sha256: None },
            false => Self { kept: bytes[..BEGINNING_BYTES].to_vec(), ..Self::hash_only(bytes) },
        }
    }

    /// Only a body's length and hash: for what is about others too.
    pub fn hash_only(bytes: &[u8]) -> Self {
        let sha256 = Some(hex::encode(Sha256::digest(bytes)));
        Self { length: bytes.len() as u64, kept: Vec::new(), sha256 }
    }

    /// How long it was.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What is kept of it, from its first byte on.
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// The SHA-256 of all of it, in hex, where not all of it is kept.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }
}

/// Shows sizes only: `Debug` ends in logs.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.length)
    }
}

/// Shows nothing of the person: `Debug` ends in logs.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let came = match &self.came {
            Came::Answer { status, .. } => status.to_string(),
            Came::Lost { reason } | Came::NotSent { reason } => reason.clone(),
        };
        write!(f, "Exchange({} {}: {came})", self.method, self.path)
    }
}

impl Exchange {
    /// Whether anything of it left this process.
    pub fn was_sent(&self) -> bool {
        match self.came {
            Came::Answer { .. } | Came::Lost { .. } => true,
            Came::NotSent { .. } => false,
        }
    }
}

/// The exchanges of one attempt, with what the dispatcher knows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempted {
    /// What was exchanged, in order.
    pub exchanges: Vec<Exchange>,
    /// Which of the call's keys was used: see [`Attempt::generation`](crate::outcome::Attempt::generation).
    pub generation: u32,
    /// Which attempt it was since the process started, from 1.
    pub number: u32,
    /// The moment it began.
    pub at: crate::time::Timestamp,
    /// So many attempts right before it came to nothing without anything leaving the process; they are not kept
    /// one by one.
    pub unsent_before: u32,
}

/// Where the exchanges of an attempt under way are gathered.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<Exchange>>>);

impl Tape {
    /// Takes what was gathered.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

tokio::task_local! {
    /// The tape of the attempt that this task makes.
    static TAPE: Tape;
}

/// Runs an attempt; what it hands to [`note`] lands on the tape, also when it panics.
pub(crate) async fn taped<T>(tape: Tape, attempt: impl Future<Output = T>) -> T {
    TAPE.scope(tape, attempt).await
}

/// Runs `work` and gives back what it noted.
pub async fn gathered<T>(work: impl Future<Output = T>) -> (T, Vec<Exchange>) {
    let tape = Tape::default();
    let done = taped(tape.clone(), work).await;
    (done, tape.take())
}

/// Hands over what an adapter sent and what came back. Outside of an attempt (a poll, a look-up for a person) it is not
/// kept. To be called from the task that performs the call, not from one spawned by it.
pub fn note(exchange: Exchange) {
    // An error says that no attempt is under way.
    let _ = TAPE.try_with(|tape| {
        tape.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    });
}

/// Whether what is noted now is kept: saves an adapter the copies where not.
pub fn is_noted() -> bool {
    TAPE.try_with(|_| ()).is_ok()
}

#[cfg(test)]
mod tests;
