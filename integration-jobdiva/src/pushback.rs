//! How long an operation is left alone that is over its rate, when the service does not say for how long: half a minute, then
//! twice as long each time, up to five minutes, until it is answered well.
//!
//! Spread by a seed, so that tenants of one service do not come back together. The pace itself, which is halved too, is
//! `workflow_core::limits`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use workflow_core::time::Timestamp;

use crate::config::{BUSY_FIRST as FIRST, BUSY_LONGEST as LONGEST};

/// The complaints of each operation since it was last answered well.
#[derive(Debug)]
pub(crate) struct Pushback {
    seed: u64,
    told: Mutex<BTreeMap<&'static str, Told>>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Timestamp,
    times: u32,
}

impl Pushback {
    /// Nobody has complained yet.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, told: Mutex::default() }
    }

    /// How long to wait after a request that left at `sent` was refused for coming too fast. Several that were on their way
    /// together are one complaint.
    pub(crate) fn wait(
        &self,
        operation: &'static str,
        sent: Timestamp,
        now: Timestamp,
    ) -> Duration {
        let mut told = self.lock();
        let own = told.entry(operation).or_insert(Told { at: now, times: 0 });
        if own.times == 0 || sent > own.at {
            *own = Told { at: now, times: own.times.saturating_add(1) };
        }
        grown(self.seed, operation, own.times)
    }

    /// It was answered well: all is forgotten.
    pub(crate) fn answered(&self, operation: &'static str) {
        self.lock().remove(operation);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after so many complaints in a row: up to a quarter more than its least.
fn grown(seed: u64, operation: &str, times: u32) -> Duration {
    let most = LONGEST * 4 / 5;
    let least = FIRST.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(most);
    let mut hasher = DefaultHasher::new();
    (seed, operation, times).hash(&mut hasher);
    let part = u32::try_from(hasher.finish() % 1000).unwrap_or_default();
    least + least / 4 * part / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_minutes_and_are_spread() {
        let secs = |seed, times| grown(seed, "pay.delta", times).as_secs_f32();
        for (times, least) in
            [(1, 30.0), (2, 60.0), (3, 120.0), (4, 240.0), (5, 240.0), (99, 240.0)]
        {
            let spread: Vec<f32> = (0..64).map(|seed| secs(seed, times)).collect();
            let all = least..=least * 1.25;
            assert!(spread.iter().all(|secs| all.contains(secs)), "{times}: {spread:?}");
            let far = |edge: f32| spread.iter().any(|secs| (secs - edge).abs() < least * 0.05);
            assert!(far(least) && far(least * 1.25), "{times}: not spread: {spread:?}");
        }
        assert_eq!(secs(7, 3).to_bits(), secs(7, 3).to_bits(), "the same seed, the same wait");
    }

    #[test]
    fn requests_that_were_under_way_together_are_one_complaint() {
        let pushback = Pushback::new(1);
        let at = Timestamp::from_secs;
        let first = pushback.wait("pay.delta", at(100), at(101));
        assert_eq!(pushback.wait("pay.delta", at(100), at(102)), first);
        assert!(pushback.wait("pay.delta", at(140), at(141)) >= 2 * FIRST);
        assert!(pushback.wait("job.delta", at(140), at(141)) < 2 * FIRST, "each by itself");
        pushback.answered("pay.delta");
        assert_eq!(pushback.wait("pay.delta", at(300), at(301)), first);
    }
}
