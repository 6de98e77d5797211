//! A breaker: after several failures in a row nothing is sent for a while, then one request tries.
//!
//! Pure: the present moment comes in with every question. A failure is what says that nobody is there (no connection, no
//! answer, a gateway's 502 to 504); any answer of the service itself, a refusal too, closes it. What failed is said by
//! whoever sends; `outlet.rs` puts breaker and limits around one system.

use std::time::Duration;

use crate::time::Timestamp;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fuse {
    /// So many failures in a row open it; at least 1.
    pub failures: u32,
    /// For so long nothing is sent then; after that one request tries.
    pub open_for: Duration,
}

impl Default for Fuse {
    /// Five failures, thirty seconds.
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(30) }
    }
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything goes; so many failed in a row.
    Closed {
        /// Failures in a row.
        failed: u32,
    },
    /// Nothing goes before that moment.
    Open {
        /// From then on one may try.
        until: Timestamp,
    },
    /// One request tries. If nothing is heard of it until that moment, another may.
    Probing {
        /// From then on another may try.
        until: Timestamp,
    },
}

/// What a breaker says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It goes.
    Go,
    /// It goes, and decides for all others.
    Probe,
    /// It does not go; from this moment on it may be asked again.
    Shut(Timestamp),
}

/// So long whoever finds another one trying waits before asking again.
const WHILE_PROBING: Duration = Duration::from_secs(1);

/// One system's breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    fuse: Fuse,
    standing: Standing,
}

impl Breaker {
    /// A closed one.
    pub fn new(fuse: Fuse) -> Self {
        Self { fuse, standing: Standing::Closed { failed: 0 } }
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// What a request would be told now; changes nothing.
    pub fn ask(&self, now: Timestamp) -> Entry {
        match self.standing {
            Standing::Closed { .. } => Entry::Go,
            Standing::Open { until } | Standing::Probing { until } if until <= now => Entry::Probe,
            // A clock that was put back makes nothing wait longer.
            Standing::Open { until } => Entry::Shut(until.min(now.plus(self.fuse.open_for))),
            Standing::Probing { until } => Entry::Shut(until.min(now.plus(WHILE_PROBING))),
        }
    }

    /// The same for a request that goes if it may.
    pub fn enter(&mut self, now: Timestamp) -> Entry {
        let entry = self.ask(now);
        if entry == Entry::Probe {
            self.standing = Standing::Probing { until: now.plus(self.fuse.open_for) };
        }
        entry
    }

    /// A person says that it may be tried now: if it is open, the next request tries.
    pub fn lift(&mut self, now: Timestamp) {
        match self.standing {
            Standing::Closed { .. } => {}
            Standing::Open { .. } | Standing::Probing { .. } => {
                self.standing = Standing::Open { until: now };
            }
        }
    }

    /// The service answered something.
    pub fn answered(&mut self) {
        self.standing = Standing::Closed { failed: 0 };
    }

    /// Nobody was there. Returns whether it opened just now.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        let open = Standing::Open { until: now.plus(self.fuse.open_for) };
        match self.standing {
            Standing::Closed { failed } if failed + 1 < self.fuse.failures => {
                self.standing = Standing::Closed { failed: failed + 1 };
                false
            }
            Standing::Closed { .. } => {
                self.standing = open;
                true
            }
            Standing::Probing { .. } => {
                self.standing = open;
                false
            }
            // Of a request that left before it opened.
            Standing::Open { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_764_000_000);

    fn at(secs: u64) -> Timestamp {
        START.plus(Duration::from_secs(secs))
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(Fuse::default());
        let opened: Vec<bool> = (0..5).map(|_| breaker.failed(START)).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_in_between_does_not_count() {
        let mut breaker = Breaker::new(Fuse::default());
        for _ in 0..20 {
            for _ in 0..4 {
                assert!(!breaker.failed(START));
            }
            breaker.answered();
            assert_eq!(breaker.enter(START), Entry::Go);
        }
        assert_eq!(opened().enter(START), Entry::Shut(at(30)));
    }

    #[test]
    fn after_thirty_seconds_one_tries_and_decides() {
        let mut breaker = opened();
        assert_eq!(breaker.enter(at(29)), Entry::Shut(at(30)));
        assert_eq!(breaker.enter(at(30)), Entry::Probe);
        assert_eq!(breaker.enter(at(30)), Entry::Shut(at(31)), "one only");
        assert!(!breaker.failed(at(32)));
        assert_eq!(breaker.enter(at(61)), Entry::Shut(at(62)));
        assert_eq!(breaker.enter(at(62)), Entry::Probe);
        breaker.answered();
        assert_eq!(breaker.enter(at(62)), Entry::Go);
    }

    #[test]
    fn a_person_may_let_one_try_at_once() {
        let mut breaker = opened();
        breaker.lift(at(1));
        assert_eq!(
            (breaker.enter(at(1)), breaker.enter(at(1))),
            (Entry::Probe, Entry::Shut(at(2)))
        );
    }

    #[test]
    fn one_that_is_never_heard_of_again_blocks_nobody_for_long() {
        let mut breaker = opened();
        assert_eq!(breaker.enter(at(30)), Entry::Probe);
        assert_eq!(breaker.enter(at(60)), Entry::Probe);
    }

    #[test]
    fn a_clock_that_was_put_back_makes_nothing_wait_longer() {
        let mut breaker = Breaker::new(Fuse { failures: 1, ..Fuse::default() });
        breaker.failed(at(86_400));
        assert_eq!(breaker.ask(START), Entry::Shut(at(30)));
    }

    proptest! {
        #[test]
        fn at_most_one_tries_in_thirty_seconds_while_nobody_is_there(
            waits in proptest::collection::vec(0_u64..40, 1..60),
        ) {
            let (mut breaker, mut now, mut last) = (opened(), START, None);
            for wait in waits {
                now = now.plus(Duration::from_secs(wait));
                match breaker.enter(now) {
                    Entry::Go => prop_assert!(false, "nobody was there"),
                    Entry::Shut(until) => prop_assert!(until > now),
                    Entry::Probe => {
                        if let Some(last) = last {
                            prop_assert!(now.since(last) >= Duration::from_secs(30));
                        }
                        last = Some(now);
                        breaker.failed(now);
                    }
                }
            }
        }
    }
}
