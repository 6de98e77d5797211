//! Until when this process may act on a log for certain, where a log is held for a while at a time.
//!
//! What is written is refused by the log itself once somebody else holds it. What is sent to the outside nobody can
//! refuse: so nothing is begun after the moment up to which the log is certainly ours, by this machine's steady clock,
//! whatever the time of day was set to. Deliberately absent: what is under way at that moment; the new holder looks for
//! it before it makes it again.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Until when.
#[derive(Debug)]
pub struct Hold(Mutex<Instant>);

impl Hold {
    /// Up to a moment.
    pub fn until(until: Instant) -> Self {
        Self(Mutex::new(until))
    }

    /// It was prolonged; an older answer never shortens it.
    pub fn prolong(&self, until: Instant) {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *own = until.max(*own);
    }

    /// It is over.
    pub fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether it is certain still.
    pub fn is_certain(&self, now: Instant) -> bool {
        now < *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_ends_by_itself_and_is_prolonged_only_forwards() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let hold = Hold::until(now + second);
        assert!(hold.is_certain(now) && !hold.is_certain(now + second));
        hold.prolong(now + 3 * second);
        hold.prolong(now + 2 * second);
        assert!(hold.is_certain(now + 2 * second));
        hold.end();
        assert!(!hold.is_certain(Instant::now()));
    }
}
