//! Which window of a feed comes next, and how a window is halved. Pure.

use std::time::Duration;

use workflow_core::time::Timestamp;

/// A stretch of time, both ends included; whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its beginning.
    pub(crate) from: Timestamp,
    /// Its end, up to which the feed is read when the window is.
    pub(crate) to: Timestamp,
}

/// The limits that windows keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Widest window.
    pub(crate) max: Duration,
    /// How far it reaches back over the one before.
    pub(crate) overlap: Duration,
    /// How far behind the present it ends.
    pub(crate) lag: Duration,
}

impl Limits {
    /// Narrower windows after failures: from the second on each halves what a window goes beyond its overlap, down to
    /// `min`.
    pub(crate) fn narrowed(self, failures: u32, min: Duration) -> Self {
        let ahead = self.max.saturating_sub(self.overlap);
        let halved = ahead / 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
        Self { max: self.overlap + halved.max(min).min(ahead), ..self }
    }

    /// Whether windows are as narrow as they become.
    pub(crate) fn is_narrowest(self, min: Duration) -> bool {
        self.max.saturating_sub(self.overlap) <= min
    }
}

impl Window {
    /// The window after `until`; `None` when there is nothing new to read yet.
    pub(crate) fn after(until: Timestamp, now: Timestamp, limits: Limits) -> Option<Self> {
        let newest = whole(minus(now, limits.lag));
        let from = whole(minus(until, limits.overlap));
        let to = newest.min(whole(from.plus(limits.max)));
        (to > until).then_some(Self { from, to })
    }

    /// How long it is.
    pub(crate) fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// Its two halves, which share the second in the middle.
    pub(crate) fn halves(self) -> (Self, Self) {
        let middle = whole(self.from.plus(self.length() / 2));
        (Self { to: middle, ..self }, Self { from: middle, ..self })
    }
}

/// The moment `by` earlier.
pub(crate) fn minus(at: Timestamp, by: Duration) -> Timestamp {
    Timestamp(at.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        max: Duration::from_secs(13 * 86_400),
        overlap: Duration::from_secs(90 * 60),
        lag: Duration::from_secs(2 * 60),
    };

    #[test]
    fn nothing_new_is_no_window() {
        let now = Timestamp::from_secs(1_000_000);
        assert_eq!(Window::after(now, now, LIMITS), None);
        assert_eq!(Window::after(now.plus(Duration::from_secs(5 * 3600)), now, LIMITS), None);
        let soon = now.plus(Duration::from_secs(121));
        let window = Window::after(now, soon, LIMITS).unwrap();
        assert_eq!(window.to, Timestamp::from_secs(1_000_001));
        assert_eq!(window.length(), Duration::from_secs(90 * 60 + 1));
    }

    #[test]
    fn the_second_failure_halves_what_is_new_in_a_window_down_to_the_minimum() {
        let min = Duration::from_secs(3600);
        let hours = |failures| {
            let ahead = LIMITS.narrowed(failures, min).max - LIMITS.overlap;
            ahead.as_secs() / 3600
        };
        assert_eq!([0, 1, 2, 3, 9, 10, 99].map(hours), [310, 310, 155, 77, 1, 1, 1]);
        assert!(LIMITS.narrowed(10, min).is_narrowest(min) && !LIMITS.is_narrowest(min));
    }

    proptest! {
        #[test]
        fn windows_cover_all_time_and_are_never_too_wide(until in 0i64..2_000_000_000, ahead in 0i64..100_000_000) {
            let now = Timestamp::from_secs(until + ahead);
            let mut at = Timestamp::from_secs(until);
            let mut steps = 0;
            while let Some(window) = Window::after(at, now, LIMITS) {
                prop_assert!(window.length() <= LIMITS.max);
                prop_assert!(window.from <= at && window.to > at);
                let (a, b) = window.halves();
                prop_assert!(a.from == window.from && a.to == b.from && b.to == window.to);
                at = window.to;
                steps += 1;
                prop_assert!(steps < 200);
            }
            prop_assert!(at >= minus(now, LIMITS.lag) || ahead <= 120);
        }
    }
}
