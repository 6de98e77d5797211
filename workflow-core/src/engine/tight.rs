//! An engine whose disk runs short of room, and out of it; the store is a stand-in that says so when told.

use std::sync::Arc;

use super::office::{Desk, Input, Office, office, stream, tell};
use super::{Engine, HandleError, Source};
use crate::id::{Position, StreamId};
use crate::store::Store;
use crate::store::ailing::{AilingStore, Ailment};
use crate::time::{ManualClock, Timestamp};

async fn ask(engine: &Engine<Office>, desk: &StreamId) -> Result<super::Handled, HandleError> {
    engine.handle::<Desk>(desk, Input::Ask(7), Source::new("test", "")).await
}

fn engine(store: &Arc<AilingStore>) -> Engine<Office> {
    let clock = ManualClock::at(Timestamp::from_secs(1_764_000_000));
    office(Arc::clone(store) as Arc<dyn Store>, Arc::new(clock), |_| true)
}

#[tokio::test]
async fn short_of_room_nothing_new_is_taken_answers_are_and_it_passes_by_itself() {
    let store = Arc::new(AilingStore::default());
    let engine = engine(&store);
    let (first, second) = (stream("desk/main/1"), stream("desk/main/2"));
    tell(&engine, &first, Input::Ask(1)).await;
    store.ails(Some(Ailment::Short));
    match ask(&engine, &second).await {
        Err(error @ HandleError::NoRoom(_)) => {
            let said = error.to_string();
            assert!(said.contains("the disk of somewhere has 5 bytes left"), "{said}");
        }
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(engine.fire_timers().await, Ok(0));
    assert_eq!(engine.position(), Position(1));
    // What was done outside already is not forgotten.
    let call = engine.owed_calls().remove(0);
    assert_eq!(engine.answer(&call, (), "test").await.unwrap().state, "Closed");
    store.ails(None);
    assert_eq!(ask(&engine, &second).await.unwrap().events, 1);
    engine.stop();
}

#[tokio::test]
async fn out_of_room_the_engine_stops_and_says_what_to_do() {
    let store = Arc::new(AilingStore::default());
    let running = engine(&store);
    let (first, second) = (stream("desk/main/1"), stream("desk/main/2"));
    tell(&running, &first, Input::Ask(1)).await;
    store.ails(Some(Ailment::Full));
    for _ in 0..2 {
        match ask(&running, &second).await {
            Err(HandleError::Stopped(why)) => {
                assert!(why.contains("free space there, then start again"), "{why}");
            }
            other => panic!("not stopped: {other:?}"),
        }
        // Space alone does not bring it back: what the failed write left is known only after a start.
        store.ails(None);
    }
    running.stop();
    let why = ask(&running, &second).await.unwrap_err().to_string();
    assert!(why.contains("is full"), "the reason outlives the stop: {why}");
    let again = engine(&store);
    assert_eq!(again.position(), Position(1), "what was acknowledged is there");
    assert_eq!(ask(&again, &second).await.unwrap().events, 1);
    again.stop();
    let told = HandleError::Stopped("it was told to".to_owned());
    assert_eq!(ask(&again, &second).await, Err(told));
}
