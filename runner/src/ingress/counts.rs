//! What came through the webhook door, in counts: for the whole door, and for each hook what a rotation wants to know.
//!
//! Counted since the process started. Of what was refused there is a hash and a size here and nowhere a byte.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

/// What came through the door, in counts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Deliveries kept.
    pub kept: AtomicU64,
    /// Deliveries that were there already.
    pub duplicates: AtomicU64,
    /// Requests at a hook that is there, which were not taken: badly signed, too large, too slow, no message.
    pub refused: AtomicU64,
    /// Requests that were told to come again, because too much waited or the log did not get on.
    pub turned_away: AtomicU64,
    /// Requests for hooks that are not there.
    pub unknown: AtomicU64,
    /// Requests from addresses that a hook does not allow.
    pub outside: AtomicU64,
    /// Requests of sources that were refused too often, or asked too much.
    pub limited: AtomicU64,
    hooks: Mutex<BTreeMap<String, Hook>>,
}

/// One hook since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Requests taken, those that came before among them.
    pub taken: u64,
    /// Of them, signed with the secret before the present one. A rotation is over when this stands still.
    pub signed_by_previous: u64,
    /// When one was last taken, RFC 3339.
    pub last_taken: Option<String>,
    /// When one was last signed with the previous secret.
    pub last_signed_by_previous: Option<String>,
    /// Requests refused.
    pub refused: u64,
    /// The last of them.
    pub last_refused: Option<RefusedOnce>,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedOnce {
    /// When, RFC 3339.
    pub at: String,
    /// The status answered.
    pub status: u16,
    /// Why.
    pub why: String,
    /// The body's length in bytes.
    pub size: usize,
    /// The body's SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Counters {
    /// Every hook at which something happened, by `tenant/source`.
    pub fn hooks(&self) -> BTreeMap<String, Hook> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note_taken(&self, hook: &str, by_previous: bool, now: Timestamp) {
        self.note(hook, |counts| {
            counts.taken += 1;
            counts.last_taken = Some(now.to_string());
            if by_previous {
                counts.signed_by_previous += 1;
                counts.last_signed_by_previous = Some(now.to_string());
            }
        });
    }

    pub(super) fn note_refused(&self, hook: &str, refused: RefusedOnce) {
        self.note(hook, |counts| {
            counts.refused += 1;
            counts.last_refused = Some(refused);
        });
    }

    fn note(&self, hook: &str, change: impl FnOnce(&mut Hook)) {
        let mut hooks = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        change(hooks.entry(hook.to_owned()).or_default());
    }
}
