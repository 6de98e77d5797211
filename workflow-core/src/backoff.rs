//! When to try again: exponential, bounded, spread by a jitter that depends only on the key.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The first wait.
pub const FIRST: Duration = Duration::from_secs(1);

/// The longest wait: a provider that came back is found within a quarter of an hour.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// After so many attempts the wait has long reached [`LONGEST`].
const ATTEMPTS_THAT_MATTER: u32 = 16;

/// How long to wait after the `failed`th failure (from 1) of the work called `key`.
///
/// The same arguments give the same wait, so that a simulation can be run again.
pub fn wait(key: &str, failed: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let schedule = ExponentialBuilder::new()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(hasher.finish())
        .build();
    let index = failed.clamp(1, ATTEMPTS_THAT_MATTER) as usize - 1;
    schedule.into_iter().nth(index).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_repeat() {
        assert_eq!(wait("a", 3), wait("a", 3));
        assert_ne!(wait("a", 3), wait("b", 3));
        assert!(wait("a", 1) >= FIRST);
        assert!(wait("a", 4) >= 8 * FIRST);
        assert!(wait("a", 400) <= 2 * LONGEST);
        assert_eq!(wait("a", 0), wait("a", 1));
    }
}
