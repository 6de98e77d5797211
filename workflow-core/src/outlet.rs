//! The way out to one system: its limits, by the name of what is asked, and its breaker, around the one place that sends.
//!
//! An adapter asks [`Outlet::pass`] before each request and says by [`Outlet::came`] what it came to. A wait of a few
//! seconds in the middle of something begun is waited for; a longer one is [`Later`], with the moment, for whoever owes
//! the request: no task sleeps through it. Whoever is about to begin asks [`Outlet::later`] first, which takes nothing.
//! Deliberately absent: HTTP, and what a failure is. Read `limits.rs` and `breaker.rs` for the arithmetic.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::breaker::{Breaker, Entry, Fuse, Standing};
use crate::limits::{Limit, Pace};
use crate::time::{Clock, Timestamp};

/// The longest wait that is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often the clock is looked at during a wait: it may be a simulated one.
const LOOK: Duration = Duration::from_millis(20);

/// What an outlet must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How fast anything may be asked that has no pace of its own. Each name has its own limit.
    pub pace: Pace,
    /// How fast in particular, by name.
    pub paces: BTreeMap<String, Pace>,
    /// The least time between two requests, by name, where it is longer than the pace has it.
    pub apart: BTreeMap<String, Duration>,
    /// When nothing is sent for a while.
    pub fuse: Fuse,
}

impl Settings {
    /// The same pace for every name, and the usual breaker.
    pub fn of(pace: Pace) -> Self {
        let (paces, apart) = (BTreeMap::new(), BTreeMap::new());
        Self { pace, paces, apart, fuse: Fuse::default() }
    }
}

/// The way out to one system.
pub struct Outlet {
    clock: Arc<dyn Clock>,
    settings: Settings,
    inside: Mutex<Inside>,
}

struct Inside {
    breaker: Breaker,
    limits: BTreeMap<String, Limit>,
    waited: u64,
    put_off: u64,
}

/// Leave to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// When it was given.
    pub at: Timestamp,
    /// Whether the request decides for all others: nobody was there before, and this one tries.
    pub is_probe: bool,
}

/// Not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// From then on it may be tried.
    pub until: Timestamp,
    /// Why, for people.
    pub why: String,
}

/// What a request came to, as far as the way out is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The service said something, good or bad.
    Answer,
    /// It said that it is asked too fast, and may have said when to come again.
    TooFast(Option<Duration>),
    /// Nobody was there: no connection, no answer, or a gateway said so.
    Nobody,
}

/// An outlet as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where the breaker stands.
    pub breaker: Standing,
    /// The limits that were used since the process started, by name.
    pub limits: BTreeMap<String, ShownLimit>,
    /// How many requests waited a moment for their turn.
    pub waited: u64,
    /// How many were put off until later.
    pub put_off: u64,
}

/// One limit as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownLimit {
    /// Requests a minute at present.
    pub per_minute: u32,
    /// The same as long as nobody complains.
    pub usual_per_minute: u32,
    /// When the next one may go, where that is not now.
    pub due: Option<Timestamp>,
    /// When it was last told off.
    pub told_off: Option<Timestamp>,
}

impl Outlet {
    /// A way out through which nothing has gone yet.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let inside = Inside {
            breaker: Breaker::new(settings.fuse),
            limits: BTreeMap::new(),
            waited: 0,
            put_off: 0,
        };
        Self { clock, settings, inside: Mutex::new(inside) }
    }

    /// Why something of these names cannot begin now, and when it may. Takes nothing.
    pub fn later(&self, names: &[&str]) -> Option<Later> {
        let now = self.clock.now();
        let mut inside = self.lock();
        if let Entry::Shut(until) = inside.breaker.ask(now) {
            return Some(nobody_there(until));
        }
        let due = names.iter().map(|name| (inside.limit(name, &self.settings, now).due(now), name));
        let (until, name) = due.max_by_key(|(until, _)| *until)?;
        (until > now).then(|| too_fast(until, name))
    }

    /// Leave to send one request of this name, after a short wait where one is needed.
    ///
    /// # Errors
    /// When the wait would be longer than [`PATIENCE`], or nobody was there lately: nothing may be sent now.
    pub async fn pass(&self, name: &str) -> Result<Pass, Later> {
        let until = self.place(name)?;
        if until > self.clock.now() {
            self.lock().waited += 1;
            self.wait(name, until).await;
        }
        let at = self.clock.now();
        let mut inside = self.lock();
        match inside.breaker.enter(at) {
            Entry::Go => Ok(Pass { at, is_probe: false }),
            Entry::Probe => Ok(Pass { at, is_probe: true }),
            Entry::Shut(until) => {
                inside.put_off += 1;
                Err(nobody_there(until))
            }
        }
    }

    /// Says what a request came to.
    pub fn came(&self, name: &str, pass: Pass, came: Came) {
        let now = self.clock.now();
        let mut inside = self.lock();
        match came {
            Came::Answer => inside.breaker.answered(),
            Came::TooFast(wish) => {
                inside.breaker.answered();
                inside.limit(name, &self.settings, now).told_off(pass.at, now, wish);
            }
            Came::Nobody => {
                if inside.breaker.failed(now) {
                    tracing::warn!(
                        open_for_secs = self.settings.fuse.open_for.as_secs(),
                        "nobody answers: nothing is sent for a while"
                    );
                }
            }
        }
    }

    /// A person says that it may be tried now: no wish of the provider's holds any longer, and an open breaker lets one try.
    pub fn lift(&self) {
        let now = self.clock.now();
        let mut inside = self.lock();
        inside.breaker.lift(now);
        inside.limits.values_mut().for_each(|limit| limit.lift(now));
    }

    /// How it stands.
    pub fn shown(&self) -> Shown {
        let now = self.clock.now();
        let mut inside = self.lock();
        let limits = inside.limits.iter_mut().map(|(name, limit)| {
            let due = limit.due(now);
            let shown = ShownLimit {
                per_minute: limit.per_minute(now),
                usual_per_minute: limit.pace().per_minute,
                due: (due > now).then_some(due),
                told_off: limit.last_told_off(),
            };
            (name.clone(), shown)
        });
        let limits = limits.collect();
        let (waited, put_off) = (inside.waited, inside.put_off);
        Shown { breaker: inside.breaker.standing(), limits, waited, put_off }
    }

    /// Takes a place, unless it is too far off.
    fn place(&self, name: &str) -> Result<Timestamp, Later> {
        let now = self.clock.now();
        let mut inside = self.lock();
        let late = match inside.breaker.ask(now) {
            Entry::Shut(until) => Some(nobody_there(until)),
            Entry::Go | Entry::Probe => {
                let limit = inside.limit(name, &self.settings, now);
                let due = limit.due(now);
                if due.since(now) <= PATIENCE {
                    return Ok(limit.take(now));
                }
                Some(too_fast(due, name))
            }
        };
        inside.put_off += 1;
        late.map_or(Ok(now), Err)
    }

    /// Waits until the clock says `until`; by a clock that stands still, as long as a running one would have taken.
    async fn wait(&self, name: &str, until: Timestamp) {
        let mut left = until.since(self.clock.now());
        while self.clock.now() < until && !left.is_zero() {
            let step = left.min(LOOK);
            tokio::time::sleep(step).await;
            left -= step;
        }
        let now = self.clock.now();
        if now < until {
            self.lock().limit(name, &self.settings, now).served(until.since(now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn limit(&mut self, name: &str, settings: &Settings, now: Timestamp) -> &mut Limit {
        if !self.limits.contains_key(name) {
            let pace = settings.paces.get(name).copied().unwrap_or(settings.pace);
            let apart = settings.apart.get(name).copied().unwrap_or_default();
            self.limits.insert(name.to_owned(), Limit::new(pace, now).apart(apart));
        }
        self.limits.get_mut(name).expect("it was put there")
    }
}

fn nobody_there(until: Timestamp) -> Later {
    Later { until, why: format!("nobody answered lately: nothing is sent before {until}") }
}

fn too_fast(until: Timestamp, name: &str) -> Later {
    Later { until, why: format!("the rate limit of {name} lets the next one go at {until}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ManualClock;

    const PACE: Pace = Pace { per_minute: 60, burst: 2, least_per_minute: 6 };

    fn outlet() -> (Arc<Outlet>, ManualClock) {
        let clock = ManualClock::at(Timestamp::from_secs(1_764_000_000));
        let fast = Pace { per_minute: 60_000, burst: 1, least_per_minute: 60 };
        let paces = BTreeMap::from([("quick".to_owned(), fast)]);
        let settings = Settings { paces, ..Settings::of(PACE) };
        (Arc::new(Outlet::new(settings, Arc::new(clock.clone()))), clock)
    }

    #[tokio::test]
    async fn each_name_has_a_limit_of_its_own_and_a_long_wait_is_later() {
        let (outlet, clock) = outlet();
        for name in ["a", "b"] {
            for _ in 0..2 {
                assert!(!outlet.pass(name).await.unwrap().is_probe);
            }
        }
        assert_eq!(outlet.later(&["c"]), None);
        let later = outlet.later(&["c", "a"]).unwrap();
        assert!(later.why.contains("rate limit of a"), "{}", later.why);
        let pass = Pass { at: clock.now(), is_probe: false };
        outlet.came("a", pass, Came::TooFast(Some(Duration::from_secs(60))));
        let later = outlet.pass("a").await.unwrap_err();
        assert!(later.until.since(clock.now()) >= Duration::from_secs(60));
        assert_eq!(outlet.later(&["c"]), None, "the others go on");
        let shown = outlet.shown();
        assert_eq!((shown.put_off, shown.breaker), (1, Standing::Closed { failed: 0 }));
        assert_eq!((shown.limits["a"].per_minute, shown.limits["a"].usual_per_minute), (30, 60));
        assert_eq!(shown.limits["a"].told_off, Some(clock.now()));
        assert!(shown.limits["a"].due.is_some() && shown.limits["b"].told_off.is_none());
    }

    #[tokio::test]
    async fn a_short_wait_is_over_when_the_clock_says_so() {
        let (outlet, clock) = outlet();
        for _ in 0..2 {
            outlet.pass("a").await.unwrap();
        }
        let waiting = tokio::spawn({
            let outlet = Arc::clone(&outlet);
            async move { outlet.pass("a").await }
        });
        while outlet.shown().waited == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_secs(2));
        assert_eq!(waiting.await.unwrap().unwrap().at, clock.now());
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_holds_nobody() {
        let (outlet, _) = outlet();
        // A millisecond each, although the clock never moves.
        for _ in 0..50 {
            outlet.pass("quick").await.unwrap();
        }
        assert_eq!(outlet.shown().put_off, 0);
    }

    #[tokio::test]
    async fn where_nobody_is_there_nothing_is_sent_and_then_one_tries() {
        let (outlet, clock) = outlet();
        let pass = Pass { at: clock.now(), is_probe: false };
        for _ in 0..5 {
            outlet.came("a", pass, Came::Nobody);
        }
        let later = outlet.pass("b").await.unwrap_err();
        assert_eq!(later.until.since(clock.now()), Duration::from_secs(30));
        assert_eq!(outlet.later(&["b"]), Some(later));
        clock.advance(Duration::from_secs(30));
        assert_eq!(outlet.later(&["b"]), None);
        let probe = outlet.pass("b").await.unwrap();
        assert!(probe.is_probe);
        assert!(outlet.pass("b").await.is_err(), "one only");
        outlet.came("b", probe, Came::Answer);
        assert!(!outlet.pass("b").await.unwrap().is_probe);
    }
}
