//! When a notice is tried again: the waits that Standard Webhooks proposes, counted from when it was owed, so that a restart
//! neither begins them anew nor skips any.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// How long after the moment it was owed each further attempt is made, in seconds: waits of 5 s, 5 min, 30 min, 2 h, 5 h,
/// 10 h, 14 h, 20 h and 24 h, one after the other.
pub const ATTEMPTS_AFTER_SECS: [u64; 9] = {
    const WAITS: [u64; 9] = [
        5,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ];
    let (mut sums, mut sum, mut at) = ([0; 9], 0, 0);
    while at < WAITS.len() {
        sum += WAITS[at];
        sums[at] = sum;
        at += 1;
    }
    sums
};

/// So long after it was owed a notice that nobody took goes to a person: a little after the last attempt.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(84 * HOUR);

/// Each wait is stretched by up to a tenth, so that an endpoint that comes back is not asked for everything at once.
const STRETCH_TENTHS_OF_PERCENT: u64 = 100;

/// How long to wait after an attempt that failed `age` after the notice called `key` was owed; `None` after the last.
///
/// The same arguments give the same wait, so that a simulation can be run again.
pub fn wait(key: &str, age: Duration) -> Option<Duration> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let stretch = hasher.finish() % (STRETCH_TENTHS_OF_PERCENT + 1);
    let stretched = |secs: u64| Duration::from_millis(secs * (1000 + stretch));
    let moments = ATTEMPTS_AFTER_SECS.into_iter().map(stretched);
    let next = moments.into_iter().find(|moment| *moment > age)?;
    Some(next - age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_over_three_days_and_then_a_person() {
        let hours = |secs: u64| secs as f64 / HOUR as f64;
        let last = ATTEMPTS_AFTER_SECS[8];
        assert!((75.0..76.0).contains(&hours(last)), "{}", hours(last));
        let (mut age, mut attempts) = (Duration::ZERO, 1);
        while let Some(wait) = wait("acme/notice/office:1:1/1/notify", age) {
            age += wait;
            attempts += 1;
        }
        assert_eq!(attempts, 10);
        assert!(age >= Duration::from_secs(last) && age < GIVEN_UP_AFTER, "{age:?}");
    }

    #[test]
    fn a_restart_neither_begins_anew_nor_skips() {
        let six_hours = Duration::from_secs(6 * HOUR);
        let wait = wait("k", six_hours).unwrap();
        let after = six_hours + wait;
        assert!(after >= Duration::from_secs(ATTEMPTS_AFTER_SECS[4]), "{after:?}");
        assert!(after <= Duration::from_secs(ATTEMPTS_AFTER_SECS[4] * 11 / 10), "{after:?}");
    }
}
