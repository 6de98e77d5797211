//! What the runner's loops are doing: whether one is at work, and when it wants to work next.
//!
//! Loops look at the engine's clock, which may be a simulated one, every few milliseconds of real time. Whoever drives
//! such a clock asks here whether the present moment has been worked off.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// The beats of all loops, by name, and when each last came round.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<BTreeMap<String, Beat>>, Mutex<BTreeMap<String, Tick>>);

/// When a loop last came round, in real time, and how long a round of it may take.
#[derive(Clone, Copy, Debug)]
struct Tick {
    at: Instant,
    allowed: Duration,
}

/// A loop that only looks whether something is due comes round in this time, or is stuck.
pub const LOOKS_WITHIN: Duration = Duration::from_secs(120);
/// A loop that asks other systems in its rounds may take so long for one.
pub const ASKS_WITHIN: Duration = Duration::from_secs(30 * 60);

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

    /// Says that a loop came round; its next round may take as long as `allowed`.
    pub fn tick(&self, name: &str, allowed: Duration) {
        self.tick_at(name, allowed, Instant::now());
    }

    /// The same at a moment of the caller's.
    pub fn tick_at(&self, name: &str, allowed: Duration, at: Instant) {
        let tick = Tick { at, allowed };
        let mut ticks = self.ticks();
        match ticks.get_mut(name) {
            Some(known) => *known = tick,
            None => drop(ticks.insert(name.to_owned(), tick)),
        }
    }

    /// Since when each loop has not come round.
    pub fn since_ticks(&self, now: Instant) -> BTreeMap<String, Duration> {
        let since =
            |(name, tick): (&String, &Tick)| (name.clone(), now.saturating_duration_since(tick.at));
        self.ticks().iter().map(since).collect()
    }

    /// The loops that should have come round, in words.
    pub fn stuck(&self, now: Instant) -> Vec<String> {
        let ticks = self.ticks();
        let late = ticks.iter().filter_map(|(name, tick)| {
            let since = now.saturating_duration_since(tick.at);
            let words = || format!("the loop {name} has not come round for {} s", since.as_secs());
            (since > tick.allowed).then(words)
        });
        late.collect()
    }

    /// When each loop wants to work next.
    pub fn beats(&self) -> BTreeMap<String, Beat> {
        self.lock().clone()
    }

    fn ticks(&self) -> MutexGuard<'_, BTreeMap<String, Tick>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Beat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
