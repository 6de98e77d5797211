//! Timers asked by a clock that was ahead, and put right afterwards.

use std::sync::Arc;
use std::time::Duration;

use super::office::{Input, office, stream, tell};
use crate::store::memory::MemoryStore;
use crate::time::{ManualClock, Timestamp};

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_timer_asked_by_a_clock_that_was_ahead_still_comes_at_its_time() {
    let clock = ManualClock::at(NOW);
    let engine = office(Arc::new(MemoryStore::new()), Arc::new(clock.clone()), |_| true);
    // It looks at the clock then, and nothing comes of it.
    let wished = NOW.plus(DAY);
    let second = u32::try_from(wished.as_secs()).unwrap();
    tell(&engine, &stream("desk/main/1"), Input::Ask(second)).await;
    assert_eq!(engine.next_timer(), Some(wished));
    let ahead = NOW.plus(40 * DAY);
    clock.set(ahead);
    assert_eq!(engine.fire_timers().await, Ok(1));
    assert!(engine.next_timer().is_some_and(|at| at > ahead), "it is not asked again at once");
    clock.set(NOW);
    assert_eq!(engine.fire_timers().await, Ok(0));
    assert_eq!(engine.next_timer(), Some(wished));
    engine.stop();
}
