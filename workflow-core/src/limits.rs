//! How fast one may ask: a pace with something saved up, halved when told off, a tenth faster after each clean minute.
//!
//! Pure: the present moment comes in with every question. The arithmetic is GCRA, a leaky bucket that needs one number:
//! the moment by which everything asked so far is paid for. Deliberately absent: waiting. `outlet.rs` waits, or says later.

use std::time::Duration;

use crate::backoff;
use crate::time::Timestamp;

/// What a minute without being told off adds to the pace, as the part of the time between two requests that is left.
const FASTER: (i64, i64) = (10, 11);

/// Such a minute.
const CLEAN: Duration = Duration::from_secs(60);

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// How fast one may ask at best and at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Requests a minute as long as nobody complains; at least 1.
    pub per_minute: u32,
    /// So many may go at once when none went for a while; at least 1.
    pub burst: u32,
    /// However often it is told off, it never asks more slowly than this many times a minute; at least 1.
    pub least_per_minute: u32,
}

impl Pace {
    fn shortest(self) -> i64 {
        MICROS_PER_MINUTE / i64::from(self.per_minute.max(1))
    }

    fn longest(self) -> i64 {
        (MICROS_PER_MINUTE / i64::from(self.least_per_minute.max(1))).max(self.shortest())
    }
}

/// One limit as it stands.
#[derive(Clone, Debug)]
pub struct Limit {
    pace: Pace,
    /// The least time between two requests, in microseconds, where that is longer than the pace has it; else 0.
    apart: i64,
    /// Between two requests at present, in microseconds.
    interval: i64,
    /// The moment by which all requests so far are paid for, in microseconds since 1970.
    paid: i64,
    /// Nothing may go before this moment: the provider's own wish.
    closed_until: Timestamp,
    /// Since when nobody complained, or since when the pace was last raised.
    clean_since: Timestamp,
    /// When it was last told off.
    told_off: Option<Timestamp>,
    /// The last moment it was asked at: a clock may be put back.
    seen: Timestamp,
}

impl Limit {
    /// A limit that has everything saved up.
    pub fn new(pace: Pace, now: Timestamp) -> Self {
        Self {
            pace,
            apart: 0,
            interval: pace.shortest(),
            paid: micros(now),
            closed_until: Timestamp(i64::MIN),
            clean_since: now,
            told_off: None,
            seen: now,
        }
    }

    /// The same with at least this time between any two requests. Nothing is saved up then, unless the pace is slower
    /// anyway.
    pub fn apart(mut self, least: Duration) -> Self {
        let least = i64::try_from(least.as_micros()).unwrap_or(i64::MAX);
        if least > self.pace.shortest() {
            (self.apart, self.interval) = (least, least);
        }
        self
    }

    /// The first moment at which one more request may go: `now`, or a later one.
    pub fn due(&mut self, now: Timestamp) -> Timestamp {
        self.look(now);
        let saved_up = self.saved_up();
        // Rounded up: a millisecond early is early.
        let due =
            Timestamp(self.paid.saturating_sub(saved_up).saturating_add(999).div_euclid(1000));
        due.max(self.closed_until).max(now)
    }

    /// Takes a place for one request, and says from when on it may go.
    pub fn take(&mut self, now: Timestamp) -> Timestamp {
        let due = self.due(now);
        self.paid = self.paid.max(micros(now)).saturating_add(self.interval);
        due
    }

    /// A wait was over although the clock stood still meanwhile: what was waited for is paid for.
    pub fn served(&mut self, wait: Duration) {
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        self.paid = self.paid.saturating_sub(wait);
    }

    /// A request that left at `sent` was refused for coming too fast: half as fast from now on, nothing saved up, and
    /// nothing before the provider wishes, which is honoured up to [`backoff::WISH_MAX`].
    ///
    /// Several requests that were on their way together are one complaint.
    pub fn told_off(&mut self, sent: Timestamp, now: Timestamp, wish: Option<Duration>) {
        self.look(now);
        if self.told_off.is_none_or(|before| sent > before) {
            let longest = self.pace.longest().max(self.apart);
            self.interval = self.interval.saturating_mul(2).min(longest);
            self.told_off = Some(now);
        }
        self.clean_since = now;
        let wish = wish.unwrap_or_default().min(backoff::WISH_MAX);
        self.closed_until = self.closed_until.max(now.plus(wish));
        let first = micros(self.closed_until).max(micros(now).saturating_add(self.interval));
        let saved_up = self.saved_up();
        self.paid = self.paid.max(first.saturating_add(saved_up));
    }

    /// A person says that it may be tried now, whatever the provider wished: everything saved up is there again. The pace
    /// stays what it was.
    pub fn lift(&mut self, now: Timestamp) {
        self.look(now);
        (self.closed_until, self.paid) = (now, micros(now));
    }

    /// How many requests a minute it lets go at present.
    pub fn per_minute(&mut self, now: Timestamp) -> u32 {
        self.look(now);
        u32::try_from(MICROS_PER_MINUTE / self.interval.max(1)).unwrap_or(u32::MAX)
    }

    /// What it is at best and at worst.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// When it was last told off.
    pub fn last_told_off(&self) -> Option<Timestamp> {
        self.told_off
    }

    /// How far ahead of its time a request may go, in microseconds.
    fn saved_up(&self) -> i64 {
        let ahead = if self.apart > 0 { 0 } else { self.pace.burst.max(1) - 1 };
        i64::from(ahead).saturating_mul(self.interval)
    }

    fn shortest(&self) -> i64 {
        self.pace.shortest().max(self.apart)
    }

    /// Goes on to the present moment: faster for every clean minute, and all marks moved back with a clock that was.
    fn look(&mut self, now: Timestamp) {
        if now < self.seen {
            let back = self.seen.0.saturating_sub(now.0);
            self.paid = self.paid.saturating_sub(back.saturating_mul(1000));
            for mark in [&mut self.closed_until, &mut self.clean_since] {
                mark.0 = mark.0.saturating_sub(back);
            }
            self.told_off = self.told_off.map(|at| Timestamp(at.0.saturating_sub(back)));
        }
        self.seen = now;
        while self.interval > self.shortest() && now.since(self.clean_since) >= CLEAN {
            self.clean_since = self.clean_since.plus(CLEAN);
            let faster = (self.interval * FASTER.0 / FASTER.1).max(self.shortest());
            // What is saved up stays as many requests as it was.
            let ahead = (self.paid - micros(now)).max(0);
            if ahead > 0 {
                let kept = i128::from(ahead) * i128::from(faster) / i128::from(self.interval);
                self.paid = micros(now).saturating_add(i64::try_from(kept).unwrap_or(ahead));
            }
            self.interval = faster;
        }
        if self.interval == self.shortest() {
            self.clean_since = now;
        }
    }
}

fn micros(moment: Timestamp) -> i64 {
    moment.0.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_764_000_000);
    /// Two a second, three at once, at worst six a minute.
    const PACE: Pace = Pace { per_minute: 120, burst: 3, least_per_minute: 6 };

    fn after(millis: u64) -> Timestamp {
        START.plus(Duration::from_millis(millis))
    }

    #[test]
    fn what_is_saved_up_goes_at_once_and_the_rest_at_the_pace() {
        let mut limit = Limit::new(PACE, START);
        let went: Vec<Timestamp> = (0..6).map(|_| limit.take(START)).collect();
        let expected = [0, 0, 0, 500, 1000, 1500].map(after);
        assert_eq!(went, expected);
        assert_eq!(limit.due(after(60_000)), after(60_000), "a minute later it is all there again");
    }

    #[test]
    fn two_requests_may_have_to_be_so_far_apart() {
        let mut limit = Limit::new(PACE, START).apart(Duration::from_secs(90));
        let went: Vec<Timestamp> = (0..3).map(|_| limit.take(START)).collect();
        assert_eq!(went, [0, 90_000, 180_000].map(after));
        // Two a second are further apart than this: nothing changes.
        let mut limit = Limit::new(PACE, START).apart(Duration::from_millis(200));
        let went: Vec<Timestamp> = (0..4).map(|_| limit.take(START)).collect();
        assert_eq!(went, [0, 0, 0, 500].map(after));
    }

    #[test]
    fn told_off_it_halves_and_has_nothing_saved_up_and_a_clean_minute_brings_a_tenth() {
        let mut limit = Limit::new(PACE, START);
        limit.take(START);
        limit.told_off(START, after(10), None);
        assert_eq!(limit.per_minute(after(10)), 60);
        assert_eq!(limit.due(after(10)), after(1010));
        // Those that were on their way with it are the same complaint.
        limit.told_off(START, after(20), None);
        assert_eq!(limit.per_minute(after(20)), 60);
        limit.told_off(after(15), after(30), None);
        assert_eq!(limit.per_minute(after(30)), 30);
        assert_eq!(limit.per_minute(after(60_000)), 30);
        assert_eq!(limit.per_minute(after(60_031)), 33);
        assert_eq!(limit.per_minute(after(120_031)), 36);
        assert_eq!(limit.per_minute(after(3_600_000)), 120, "never above what it was given");
    }

    #[test]
    fn a_wish_is_kept_to_and_never_for_longer_than_an_hour() {
        let mut limit = Limit::new(PACE, START);
        limit.told_off(START, after(1), Some(Duration::from_secs(7)));
        assert_eq!(limit.due(after(1)), after(7001));
        assert_eq!(limit.last_told_off(), Some(after(1)));
        limit.told_off(after(2), after(3), Some(Duration::from_secs(86_400)));
        assert_eq!(limit.due(after(3)), after(3_600_003));
        // Unless a person says so.
        limit.lift(after(4));
        let went: Vec<Timestamp> = (0..3).map(|_| limit.take(after(4))).collect();
        assert_eq!((went, limit.per_minute(after(4))), (vec![after(4); 3], 30));
    }

    #[test]
    fn a_clock_that_was_put_back_makes_nothing_wait_longer() {
        let mut limit = Limit::new(PACE, after(86_400_000));
        for _ in 0..5 {
            limit.take(after(86_400_000));
        }
        let wait = limit.due(after(86_400_000)).since(after(86_400_000));
        assert!(limit.due(START).since(START) <= wait);
    }

    #[test]
    fn a_wait_that_was_served_while_the_clock_stood_is_paid_for() {
        let mut limit = Limit::new(PACE, START);
        for _ in 0..3 {
            limit.take(START);
        }
        for _ in 0..100 {
            let wait = limit.take(START).since(START);
            assert!(wait <= Duration::from_millis(501), "{wait:?}");
            limit.served(wait);
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Pass(u64),
        Take,
        ToldOff(Option<u64>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0_u64..90_000).prop_map(Step::Pass),
            Just(Step::Take),
            Just(Step::Take),
            Just(Step::Take),
            proptest::option::of(0_u64..100_000).prop_map(Step::ToldOff),
        ];
        proptest::collection::vec(step, 1..120)
    }

    proptest! {
        #[test]
        fn whatever_happens_the_pace_stays_within_its_bounds(
            steps in steps(), per_minute in 1_u32..1000, burst in 1_u32..50, least in 1_u32..1000,
        ) {
            let pace = Pace { per_minute, burst, least_per_minute: least };
            let (mut limit, mut now) = (Limit::new(pace, START), START);
            let (mut went, mut closed) = (Vec::new(), START);
            for step in steps {
                match step {
                    Step::Pass(millis) => now = now.plus(Duration::from_millis(millis)),
                    Step::Take => {
                        let at = limit.take(now);
                        prop_assert!(at >= now && at >= closed);
                        went.push(at);
                    }
                    Step::ToldOff(wish) => {
                        let wish = wish.map(Duration::from_secs);
                        limit.told_off(now, now, wish);
                        let wish = wish.unwrap_or_default().min(backoff::WISH_MAX);
                        closed = closed.max(now.plus(wish));
                    }
                }
                let rate = limit.per_minute(now);
                // 60,000,000 is divided with a remainder, twice.
                prop_assert!(rate <= per_minute + per_minute / 50 + 1, "{rate}");
                prop_assert!(rate >= least.min(per_minute), "{rate}");
            }
            // No minute ever sees more than what was saved up and a minute's worth.
            went.sort();
            let most = (burst + per_minute) as usize + 2 + per_minute as usize / 50;
            for (index, first) in went.iter().enumerate() {
                let until = first.plus(Duration::from_secs(60));
                let within = went[index..].iter().take_while(|at| **at < until).count();
                prop_assert!(within <= most, "{within} in a minute from {first}");
            }
        }

        #[test]
        fn an_hour_without_complaint_restores_the_pace(times in 1_u64..12) {
            let mut limit = Limit::new(PACE, START);
            for time in 0..times {
                limit.told_off(after(time), after(time), None);
            }
            prop_assert_eq!(limit.per_minute(after(3_700_000)), PACE.per_minute);
        }
    }
}
