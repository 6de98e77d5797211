//! What the runner's loops are doing: whether one is at work, and when it wants to work next.
//!
//! Loops look at the engine's clock, which may be a simulated one, every few milliseconds of real time. Whoever drives
//! such a clock asks here whether the present moment has been worked off.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use workflow_core::time::Timestamp;

/// What one loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// It is at work.
    Working,
    /// It waits for this moment.
    Until(Timestamp),
    /// It waits for something to happen.
    Idle,
}

/// The beats of all loops, by name.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<BTreeMap<String, Beat>>);

impl Pulse {
    /// Says what a loop is doing.
    pub fn set(&self, name: &str, beat: Beat) {
        self.lock().insert(name.to_owned(), beat);
    }

    /// Whether no loop has anything to do at `now`.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.lock().values().all(|beat| match beat {
            Beat::Working => false,
            Beat::Until(at) => *at > now,
            Beat::Idle => true,
        })
    }

    /// When each loop wants to work next.
    pub fn beats(&self) -> BTreeMap<String, Beat> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
