//! What the dispatcher does with calls under way, seen from the performer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::{Dispatcher, Perform};
use crate::engine::office::{Input, Office, office, stream, tell};
use crate::engine::{Engine, OwedCall};
use crate::id::StreamId;
use crate::outcome::{Again, Attempt, Outcome, Trace};
use crate::outlet::Later;
use crate::store::memory::MemoryStore;
use crate::time::{Clock, ManualClock, Timestamp};

const PANICS: u32 = 1;
const STAYS: u32 = 2;
const FAILS: u32 = 4;
/// Its first attempt is put off for long.
const BUSY: u32 = 7;
/// Its first attempts are told to come again in no time, the next one fails.
const HASTY: u32 = 9;
/// So many.
const HASTY_TIMES: u32 = 6;
/// Cannot begin before this moment.
const LATE: (u32, Timestamp) = (10, Timestamp::from_secs(1_764_000_060));
/// From here on a call stays too.
const MANY: u32 = 1000;

/// One attempt as the performer saw it: the call, how many came before, whether to look first.
type Seen = (u32, u32, bool);

struct Performer {
    seen: mpsc::UnboundedSender<Seen>,
    release: watch::Receiver<bool>,
    /// The call that may not be tried.
    shut: watch::Receiver<Option<u32>>,
    lanes_asked: AtomicUsize,
    limit: usize,
}

impl Perform<Office> for Performer {
    async fn perform(&self, call: u32, attempt: Attempt) -> Outcome<()> {
        self.seen.send((call, attempt.earlier, attempt.look_first)).unwrap();
        assert!(call != PANICS || attempt.earlier > 0, "a panic on purpose");
        if call == FAILS && attempt.earlier == 0 {
            return Outcome::not_sent("nobody is there");
        }
        if call == BUSY && attempt.earlier == 0 {
            let (trace, after) = (Trace::None, Some(Duration::from_secs(1_000_000)));
            return Outcome::Again(Again { trace, after, reason: "busy".into() });
        }
        if call == HASTY && attempt.earlier < HASTY_TIMES {
            let (trace, after) = (Trace::None, Some(Duration::ZERO));
            return Outcome::Again(Again { trace, after, reason: "at once".into() });
        }
        if call == HASTY && attempt.earlier == HASTY_TIMES {
            return Outcome::not_sent("nobody is there");
        }
        if call == STAYS || call >= MANY {
            self.release.clone().wait_for(|released| *released).await.unwrap();
        }
        Outcome::Answered(())
    }

    fn lane(&self, call: &OwedCall<Office>) -> String {
        self.lanes_asked.fetch_add(1, Ordering::SeqCst);
        call.stream.tenant().to_owned()
    }

    fn held(&self, stream: &StreamId, _: &str) -> Option<String> {
        let shut = self.shut.borrow().map(|call| call.to_string());
        (shut.as_deref() == Some(stream.key())).then(|| "a person said so".to_owned())
    }

    fn later(&self, call: &OwedCall<Office>) -> Option<Later> {
        let (late, until) = LATE;
        (call.call == late).then(|| Later { until, why: "not so fast".into() })
    }

    fn lane_limit(&self) -> usize {
        self.limit
    }
}

/// A clock that counts how often it is looked at.
struct Watched {
    clock: ManualClock,
    looks: AtomicUsize,
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.clock.now()
    }
}

struct World {
    engine: Engine<Office>,
    clock: Arc<Watched>,
    performer: Arc<Performer>,
    seen: mpsc::UnboundedReceiver<Seen>,
    release: watch::Sender<bool>,
    shut: watch::Sender<Option<u32>>,
    dispatcher: Dispatcher<Office, Performer>,
    stop: watch::Sender<bool>,
    running: tokio::task::JoinHandle<Result<(), crate::engine::HandleError>>,
}

impl World {
    fn new(limit: usize) -> Self {
        let start = ManualClock::at(Timestamp::from_secs(1_764_000_000));
        Self::on(Arc::new(MemoryStore::new()), start, limit)
    }

    fn on(store: Arc<MemoryStore>, clock: ManualClock, limit: usize) -> Self {
        let clock = Arc::new(Watched { clock, looks: AtomicUsize::new(0) });
        let engine = office(store, clock.clone(), |_| true);
        let (sender, seen) = mpsc::unbounded_channel();
        let (release, released) = watch::channel(false);
        let (shut, is_shut) = watch::channel(None);
        let performer = Arc::new(Performer {
            seen: sender,
            release: released,
            shut: is_shut,
            lanes_asked: AtomicUsize::new(0),
            limit,
        });
        let dispatcher = Dispatcher::new(engine.clone(), Arc::clone(&performer));
        let (stop, stopped) = watch::channel(false);
        let runs = dispatcher.clone();
        let running = tokio::spawn(async move { runs.run(stopped).await });
        Self { engine, clock, performer, seen, release, shut, dispatcher, stop, running }
    }

    async fn ask(&self, call: u32) {
        self.ask_of("main", call).await;
    }

    async fn ask_of(&self, tenant: &str, call: u32) {
        tell(&self.engine, &stream(&format!("desk/{tenant}/{call}")), Input::Ask(call)).await;
    }

    /// The next attempt, however long the engine's clock must run for it.
    async fn attempt(&mut self) -> Seen {
        loop {
            match self.seen.try_recv() {
                Ok(seen) => return seen,
                Err(_) => {
                    self.clock.clock.advance(Duration::from_secs(1));
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// The attempt that is made while the engine's clock stands still and is looked at a few times, if one is.
    async fn stands(&mut self) -> Option<Seen> {
        let looks = self.clock.looks.load(Ordering::SeqCst);
        while self.clock.looks.load(Ordering::SeqCst) < looks + 8 {
            tokio::task::yield_now().await;
        }
        self.seen.try_recv().ok()
    }

    async fn end(self) {
        self.release.send(true).unwrap();
        let mut changes = self.engine.changes();
        while !self.engine.owed_calls().is_empty() {
            changes.changed().await.unwrap();
        }
        self.stop.send(true).unwrap();
        self.running.await.unwrap().unwrap();
        self.engine.stop();
    }
}

#[tokio::test]
async fn a_panic_releases_only_its_own_call_and_that_one_is_looked_up_first() {
    let mut world = World::new(8);
    world.ask(STAYS).await;
    world.ask(PANICS).await;
    let both = BTreeSet::from([world.attempt().await, world.attempt().await]);
    assert_eq!(both, BTreeSet::from([(PANICS, 0, false), (STAYS, 0, false)]));
    assert_eq!(world.attempt().await, (PANICS, 1, true));
    // Whatever was released has its time by then, and is taken by the look that takes the new call.
    world.clock.clock.advance(Duration::from_secs(3600));
    world.ask(3).await;
    assert_eq!(world.attempt().await, (3, 0, false));
    assert!(world.seen.try_recv().is_err(), "the call under way was attempted twice");
    world.end().await;
}

#[tokio::test]
async fn while_nothing_changes_the_clock_is_looked_at_and_the_calls_are_not() {
    let mut world = World::new(1);
    world.ask(STAYS).await;
    assert_eq!(world.attempt().await, (STAYS, 0, false));
    world.ask(3).await;
    while world.performer.lanes_asked.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let asked = world.performer.lanes_asked.load(Ordering::SeqCst);
    let looks = world.clock.looks.load(Ordering::SeqCst);
    // Each round looks at the clock at least once.
    while world.clock.looks.load(Ordering::SeqCst) < looks + 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.performer.lanes_asked.load(Ordering::SeqCst), asked);
    world.end().await;
}

#[tokio::test]
async fn a_tenant_that_owes_hundreds_of_calls_takes_no_place_from_another() {
    let mut world = World::new(8);
    let (many, asks) = (500, asked_at_once(&world.engine, 500));
    for ask in asks {
        ask.await.unwrap();
    }
    let first: BTreeSet<Seen> = [world.attempt().await].into();
    world.ask_of("other", 3).await;
    // At most as many of the first tenant's as have a place of their own come before it.
    let mut before = first.len();
    while world.attempt().await.0 != 3 {
        before += 1;
        assert!(before <= 8, "{before} of {many} went before the other tenant's only call");
    }
    world.end().await;
}

/// That many calls asked for at once.
fn asked_at_once(engine: &Engine<Office>, count: u32) -> Vec<tokio::task::JoinHandle<()>> {
    let ask = |number: u32| {
        let engine = engine.clone();
        let desk = stream(&format!("desk/main/{number}"));
        tokio::spawn(async move { tell(&engine, &desk, Input::Ask(MANY + number)).await })
    };
    (0..count).map(ask).collect()
}

#[tokio::test]
async fn a_call_that_is_held_takes_no_place_and_goes_when_it_may() {
    let mut world = World::new(1);
    world.shut.send(Some(5)).unwrap();
    world.ask(5).await;
    world.ask(6).await;
    assert_eq!(world.attempt().await, (6, 0, false));
    assert_eq!(world.dispatcher.activity().held, 1);
    world.shut.send(None).unwrap();
    world.dispatcher.look_again();
    assert_eq!(world.attempt().await, (5, 0, false));
    world.end().await;
}

#[tokio::test]
async fn what_was_owed_before_the_start_is_looked_up_first_and_what_is_owed_since_is_not() {
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::at(Timestamp(0)));
    let before = office(store.clone(), Arc::new(clock.clone()), |_| true);
    for call in [3, FAILS] {
        tell(&before, &stream(&format!("desk/main/{call}")), Input::Ask(call)).await;
    }
    before.stop();
    let mut world = World::on(store, clock, 8);
    let both = BTreeSet::from([world.attempt().await, world.attempt().await]);
    assert_eq!(both, BTreeSet::from([(3, 0, true), (FAILS, 0, true)]));
    world.ask(5).await;
    let both = BTreeSet::from([world.attempt().await, world.attempt().await]);
    assert_eq!(
        both,
        BTreeSet::from([(5, 0, false), (FAILS, 1, true)]),
        "a failure changes nothing"
    );
    world.end().await;
}

#[tokio::test]
async fn a_call_that_waits_is_tried_at_once_when_that_is_asked_for() {
    let mut world = World::new(8);
    world.ask(BUSY).await;
    assert_eq!(world.attempt().await, (BUSY, 0, false));
    while world.dispatcher.activity().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.dispatcher.retry_now(|_| false), 0);
    assert_eq!(world.dispatcher.waiting(|_| true), 1);
    let busy = world.engine.owed_calls().remove(0).stream;
    assert!(world.dispatcher.is_waiting(&busy));
    for other in [BUSY / 10, BUSY * 10, BUSY * 10 + 1].map(|call| call.to_string()) {
        let other = StreamId::new(busy.workflow(), busy.tenant(), &other).unwrap();
        assert!(!world.dispatcher.is_waiting(&other), "{other}");
    }
    let before = world.clock.clock.now();
    assert_eq!(world.dispatcher.retry_now(|_| true), 1);
    assert_eq!(world.attempt().await, (BUSY, 1, false));
    assert!(world.clock.clock.now().since(before) < Duration::from_secs(1_000_000));
    world.end().await;
}

#[tokio::test]
async fn what_cannot_begin_yet_waits_with_its_time_takes_no_place_and_counts_as_no_attempt() {
    let mut world = World::new(1);
    let (late, until) = LATE;
    world.ask(late).await;
    world.ask(6).await;
    assert_eq!(world.stands().await, Some((6, 0, false)), "the only place is free");
    let waiting = world.dispatcher.activity().waiting;
    let waits: Vec<_> = waiting.iter().map(|w| (w.next, w.failed, w.reason.as_str())).collect();
    assert_eq!(waits, [(until, 0, "not so fast")]);
    world.clock.clock.set(Timestamp(until.0 - 1));
    assert_eq!(world.stands().await, None);
    world.clock.clock.set(until);
    assert_eq!(world.stands().await, Some((late, 0, false)));
    world.end().await;
}

#[tokio::test]
async fn a_wish_of_no_time_makes_no_loop_and_wishes_lengthen_no_later_wait() {
    let mut world = World::new(1);
    world.ask(HASTY).await;
    for earlier in 0..=HASTY_TIMES {
        assert_eq!(world.stands().await, Some((HASTY, earlier, false)));
        assert_eq!(world.stands().await, None, "it is not asked again at once");
        world.clock.clock.advance(Duration::from_secs(1));
    }
    // After six wishes its first failure is waited for like a first one: two seconds at most, one of which is over.
    world.clock.clock.advance(Duration::from_secs(1));
    assert_eq!(world.stands().await, Some((HASTY, HASTY_TIMES + 1, false)));
    world.end().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let mut world = World::new(8);
    let start = world.clock.clock.now();
    world.clock.clock.advance(Duration::from_secs(30 * 24 * 3600));
    world.ask(FAILS).await;
    assert_eq!(world.stands().await, Some((FAILS, 0, false)));
    world.clock.clock.set(start);
    assert_eq!(world.stands().await, None, "it waits all the same");
    // Seconds from there, not thirty days.
    world.clock.clock.advance(Duration::from_secs(10));
    assert_eq!(world.stands().await, Some((FAILS, 1, false)));
    world.end().await;
}
