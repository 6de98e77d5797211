//! How often somebody may say a token that opens nothing: a few times a minute from one address.
//!
//! Behind a proxy all come from its address and share what it may do; whoever has come in is not concerned. Absent: the
//! tokens, which are `access.rs`'s, and long enough that what is let through here finds none.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use workflow_core::time::Timestamp;

/// So many tries that were wrong...
const TRIES: u32 = 10;
/// ...in so many milliseconds.
const WITHIN: i64 = 60_000;
/// Of so many addresses it is known how often they tried.
const ADDRESSES: usize = 4_096;
/// What of an address of version 6 one household has.
const HOUSEHOLD_BITS: u32 = 64;

/// Who tried, how often and since when.
#[derive(Default)]
pub(super) struct Guesses(Mutex<BTreeMap<IpAddr, (u32, Timestamp)>>);

impl Guesses {
    /// Counts a try before anybody looks whether it is right, so that many at once are counted too; how long to wait
    /// where there were too many.
    pub(super) fn begin(&self, from: Option<IpAddr>, now: Timestamp) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since: Timestamp| now.0 - since.0 >= WITHIN;
        if all.len() >= ADDRESSES {
            all.retain(|_, (_, since)| !is_over(*since));
        }
        if all.len() >= ADDRESSES {
            all.pop_first();
        }
        let (tries, since) = all.entry(household(from)).or_insert((0, now));
        if is_over(*since) {
            (*tries, *since) = (0, now);
        }
        if *tries >= TRIES {
            let left = u64::try_from(WITHIN - (now.0 - since.0)).unwrap_or_default();
            return Err(Duration::from_millis(left));
        }
        *tries += 1;
        Ok(())
    }

    /// The try was none of those that are counted.
    pub(super) fn was_right(&self, from: Option<IpAddr>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((tries, _)) = all.get_mut(&household(from)) {
            *tries = tries.saturating_sub(1);
        }
    }
}

fn household(from: Option<IpAddr>) -> IpAddr {
    match from.map(|from| from.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let own = u128::from(address) >> (128 - HOUSEHOLD_BITS) << (128 - HOUSEHOLD_BITS);
            IpAddr::V6(own.into())
        }
        Some(address @ IpAddr::V4(_)) => address,
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn after_some_wrong_tries_an_address_waits_and_no_other_does() {
        let guesses = Guesses::default();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..TRIES {
            assert_eq!(guesses.begin(one, NOW), Ok(()));
        }
        let later = Timestamp(NOW.0 + WITHIN - 2_000);
        assert_eq!(guesses.begin(one, later), Err(Duration::from_secs(2)));
        assert_eq!(guesses.begin(other, later), Ok(()));
        assert_eq!(guesses.begin(one, Timestamp(NOW.0 + WITHIN)), Ok(()));
    }

    #[test]
    fn what_is_right_is_not_counted_and_takes_nothing_back() {
        let guesses = Guesses::default();
        let one = address("2001:db8::1");
        for _ in 0..TRIES * 3 {
            assert_eq!(guesses.begin(one, NOW), Ok(()));
            guesses.was_right(one);
        }
        for _ in 0..TRIES {
            assert_eq!(guesses.begin(one, NOW), Ok(()));
        }
        let neighbour = address("2001:db8::ffff");
        assert!(guesses.begin(neighbour, NOW).is_err(), "of the same household");
    }
}
