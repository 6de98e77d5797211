//! The moments at which inputs are judged and events are dated: the clock's, and never a little earlier than the ones before.
//!
//! A clock that is put back by seconds or minutes (NTP, a leap second) stands still here until it has caught up, so that
//! the log's moments do not go back. One that is put back further had been wrong before, and what is right now matters
//! more than the order: then the moments go back once, which is said. Deliberately absent: clocks that jump ahead, which
//! no one can tell from time that passed (a machine that was suspended).

use std::sync::Arc;
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// So far behind the log the clock is thought to be corrected, and waited for; further, the log was ahead.
pub(super) const STANDS_STILL_MAX: Duration = Duration::from_secs(3600);

pub(super) struct Moments {
    clock: Arc<dyn Clock>,
    /// Of what was recorded last.
    latest: Timestamp,
}

impl Moments {
    /// Those after `latest`, the moment of the log's last event.
    pub fn new(clock: Arc<dyn Clock>, latest: Timestamp) -> Self {
        Self { clock, latest }
    }

    /// The present one.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.now();
        if self.latest.since(now) > STANDS_STILL_MAX { now } else { self.latest.max(now) }
    }

    /// Something was recorded at a moment that [`Moments::now`] gave.
    pub fn note(&mut self, now: Timestamp) {
        if now < self.latest {
            tracing::error!(
                %now, before = %self.latest,
                "the clock was put back: what is recorded now is dated before what was recorded last"
            );
        }
        self.latest = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ManualClock;

    #[test]
    fn a_clock_put_back_a_little_stands_still_and_one_put_back_far_is_believed() {
        let start = Timestamp::from_secs(1_764_000_000);
        let clock = ManualClock::at(start);
        let mut moments = Moments::new(Arc::new(clock.clone()), start);
        for (now, moment) in
            [(0, 0), (90, 90), (30, 90), (89, 90), (91, 91), (-3509, 91), (-3510, -3510)]
        {
            // What is asked at another moment and not recorded changes nothing.
            clock.set(Timestamp::from_secs(start.as_secs() - 1_000_000));
            moments.now();
            clock.set(Timestamp::from_secs(start.as_secs() + now));
            let given = moments.now();
            assert_eq!(given.as_secs() - start.as_secs(), moment, "the clock says {now}");
            moments.note(given);
        }
    }
}
