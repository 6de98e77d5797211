//! Clocks that jump: forward over days (a machine that was suspended), back by seconds (NTP), back by days (one that had been
//! set wrongly). Timers come once, nothing is made twice, and the log's moments go back only where the clock was far ahead.

use std::time::Duration;

use proptest::prelude::*;
use tests::peers::ats::person;
use tests::world::{BEGINNING, World, good, stream};
use workflow_core::domain::facts::PlacementId;
use workflow_core::id::Version;
use workflow_core::store::Store;
use workflow_core::time::{Clock, Timestamp};

const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 24 * HOUR_SECS;

fn placement(number: u8) -> PlacementId {
    PlacementId(format!("pl_{number}"))
}

fn later(secs: i64) -> Timestamp {
    Timestamp::from_secs(BEGINNING.as_secs() + secs)
}

/// Two placements of one candidate; the first one reported.
async fn begin(world: &mut World) {
    world.ats().put_person("cand_1".into(), person("Kim", Some("kim@real.test")));
    for number in [1, 2] {
        world.ats().put(good(&placement(number), &"cand_1".into()));
    }
    world.observe(&placement(1)).await.expect("it is taken");
}

fn count(world: &World, kind: &str) -> usize {
    let history = world.history(&stream(&placement(1)));
    history.iter().filter(|event| *event == kind).count()
}

#[tokio::test]
async fn timers_that_a_sleeping_machine_missed_come_once() {
    let mut world = World::in_memory();
    begin(&mut world).await;
    world.settle().await;
    world.clock.set(later(40 * DAY_SECS));
    for _ in 0..3 {
        world.fire().await;
    }
    assert_eq!((count(&world, "flag_raised"), count(&world, "reminded")), (1, 0));
    // By the right time again, and forward once more, with a start in between.
    for secs in [0, 13 * DAY_SECS, 40 * DAY_SECS] {
        world.clock.set(later(secs));
        world.fire().await;
        world.restart();
        world.fire().await;
    }
    assert_eq!((count(&world, "flag_raised"), count(&world, "reminded")), (1, 0));
}

#[tokio::test]
async fn a_clock_put_back_a_little_does_not_date_events_back() {
    let mut world = World::in_memory();
    world.clock.set(later(600));
    begin(&mut world).await;
    world.settle().await;
    world.clock.set(BEGINNING);
    // Also for a process that begins by the clock as it is now.
    world.restart();
    world.observe(&placement(2)).await.expect("it is taken");
    world.settle().await;
    let moments = moments(&world);
    assert!(moments.len() > 12 && moments.iter().all(|at| *at == later(600)), "{moments:?}");
    world.clock.set(later(601));
    let session = world.insurer().session_of(&placement(1)).expect("it applies");
    world.insurer().complete(&session);
    world.settle().await;
    assert_eq!(self::moments(&world).last(), Some(&later(601)));
}

/// The moments of all events, in the order of the log.
fn moments(world: &World) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    let store: &dyn Store = &**world.engine().store();
    let take = &mut |recorded: workflow_core::record::Recorded| {
        moments.push(recorded.event.recorded_at);
        std::ops::ControlFlow::Continue(())
    };
    store.scan(workflow_core::id::Position(0), take).expect("it can be read");
    moments
}

#[derive(Clone, Debug)]
enum Deed {
    Steps(u8),
    TakeOff,
    Land,
    Settle,
    Fire,
    Restart,
    KeysForgotten,
    Report(u8),
    Complete(u8),
    Deliver,
    /// The clock jumps by so many seconds.
    Jump(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1..5u8).prop_map(Deed::Steps),
        2 => Just(Deed::TakeOff),
        2 => Just(Deed::Land),
        2 => Just(Deed::Settle),
        3 => Just(Deed::Fire),
        2 => Just(Deed::Restart),
        1 => Just(Deed::KeysForgotten),
        2 => (1..3u8).prop_map(Deed::Report),
        2 => (1..3u8).prop_map(Deed::Complete),
        2 => Just(Deed::Deliver),
        3 => (1..20 * DAY_SECS).prop_map(Deed::Jump),
        3 => (-HOUR_SECS..0).prop_map(Deed::Jump),
        2 => (-20 * DAY_SECS..0).prop_map(Deed::Jump),
    ]
}

async fn happen(world: &mut World, deed: &Deed) {
    match deed {
        Deed::Steps(times) => {
            for _ in 0..*times {
                world.step().await;
            }
        }
        Deed::TakeOff => {
            let mut owed = world.engine().owed_calls();
            owed.retain(|call| !world.flying.iter().any(|(flying, _)| flying.key == call.key));
            if let Some(call) = owed.into_iter().next() {
                world.attempt(call).await;
            }
        }
        Deed::Land => {
            if !world.flying.is_empty() {
                world.land(0).await;
            }
        }
        Deed::Settle => world.settle().await,
        Deed::Fire => drop(world.fire().await),
        Deed::Restart => world.restart(),
        Deed::KeysForgotten => world.insurer().forget_keys(),
        Deed::Report(number) => drop(world.observe(&placement(*number)).await),
        Deed::Complete(number) => {
            if let Some(session) = world.insurer().session_of(&placement(*number)) {
                world.insurer().complete(&session);
            }
        }
        Deed::Deliver => drop(world.deliver_one().await),
        Deed::Jump(secs) => {
            let now = world.clock.now().as_secs();
            world.clock.set(Timestamp::from_secs((now + secs).max(0)));
        }
    }
}

/// What no jump may break.
fn holds(world: &World) -> Result<(), TestCaseError> {
    let violations = world.insurer().books().violations.join("; ");
    prop_assert!(violations.is_empty(), "{}\n{}", violations, world.describe());
    let back = Duration::from_secs(HOUR_SECS.unsigned_abs());
    for pair in moments(world).windows(2) {
        let (before, after) = (pair[0], pair[1]);
        prop_assert!(after >= before || before.since(after) > back, "{before} then {after}");
    }
    for number in [1, 2] {
        let name = stream(&placement(number));
        let kinds = world.history(&name);
        let reminded: Vec<usize> = positions(&kinds, "reminded");
        // At most two of each application that was opened.
        let opened = positions(&kinds, "application_opened").len();
        prop_assert!(reminded.len() <= 2 * opened, "{kinds:?}");
        let history = world.engine().history(&name);
        let history = history.map_err(|e| TestCaseError::fail(e.to_string()))?;
        let gapless = history.iter().zip(1..).all(|(event, at)| event.version == Version(at));
        prop_assert!(gapless);
    }
    Ok(())
}

fn positions(kinds: &[String], kind: &str) -> Vec<usize> {
    kinds.iter().enumerate().filter(|(_, it)| *it == kind).map(|(at, _)| at).collect()
}

proptest! {
    #![proptest_config(super::super::properties::config(96, 500))]

    #[test]
    fn whatever_the_clock_does_there_is_one_of_each_and_the_log_goes_forward(
        deeds in prop::collection::vec(deed(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|e| TestCaseError::fail(e.to_string()))?;
        runtime.block_on(async {
            let mut world = World::in_memory();
            begin(&mut world).await;
            for deed in &deeds {
                happen(&mut world, deed).await;
                holds(&world)?;
            }
            while !world.flying.is_empty() {
                world.land(0).await;
            }
            world.settle().await;
            world.sweep().await;
            world.settle().await;
            holds(&world)
        })?;
    }
}
