//! Messages that cannot be handled are kept, and tried again when there is a reason to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::engine::office::{Input, office, stream, tell};
use crate::engine::{Engine, Wait};
use crate::id::StreamId;
use crate::store::ailing::{AilingStore, Ailment};
use crate::store::memory::MemoryStore;
use crate::time::{ManualClock, Timestamp};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_764_000_000)))
}

fn waits_for_its_letter(engine: &Engine<crate::engine::office::Office>, desk: &StreamId) -> bool {
    let waits = engine.summary(desk).unwrap().waits;
    engine.messages_waiting() == 1 && waits.contains(&Wait::Message("write".into()))
}

#[tokio::test]
async fn a_message_that_cannot_be_handled_is_tried_again_when_an_end_of_it_is_touched() {
    let known = Arc::new(AtomicBool::new(false));
    let tries = Arc::new(AtomicUsize::new(0));
    let engine = office(Arc::new(MemoryStore::new()), clock(), {
        let (known, tries) = (Arc::clone(&known), Arc::clone(&tries));
        move |tenant| {
            tenant != "far" || {
                tries.fetch_add(1, Ordering::SeqCst);
                known.load(Ordering::SeqCst)
            }
        }
    });
    let (from, to) = (stream("desk/main/1"), stream("desk/far/1"));
    let other = stream("desk/main/2");
    tell(&engine, &from, Input::Write(to.clone())).await;
    // Messages come before what is asked after them: each of these answers comes after a try, if there was one.
    for _ in 0..3 {
        tell(&engine, &other, Input::Nudge).await;
    }
    assert_eq!(tries.load(Ordering::SeqCst), 1, "what others do gives no reason to try again");
    assert!(waits_for_its_letter(&engine, &from));
    tell(&engine, &from, Input::Nudge).await;
    tell(&engine, &other, Input::Nudge).await;
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert!(waits_for_its_letter(&engine, &from));
    known.store(true, Ordering::SeqCst);
    tell(&engine, &from, Input::Nudge).await;
    tell(&engine, &other, Input::Nudge).await;
    assert_eq!(engine.messages_waiting(), 0);
    assert_eq!(engine.summary(&to).unwrap().state, "Open");
    tell(&engine, &to, Input::Nudge).await;
    assert_eq!(engine.history(&to).unwrap().len(), 1, "it was delivered once");
    engine.stop();
}

#[tokio::test]
async fn a_message_whose_stream_could_not_be_read_is_tried_again_with_the_next_work() {
    let (from, to) = (stream("desk/main/1"), stream("desk/main/2"));
    let other = stream("desk/main/3");
    let store = Arc::new(AilingStore::default());
    store.ails(Some(Ailment::Unreadable(to.clone())));
    let engine = office(store.clone(), clock(), |_| true);
    tell(&engine, &from, Input::Write(to.clone())).await;
    tell(&engine, &other, Input::Nudge).await;
    assert!(waits_for_its_letter(&engine, &from));
    store.ails(None);
    // The first gives the reason to try again, the second is answered after that try.
    tell(&engine, &other, Input::Nudge).await;
    tell(&engine, &other, Input::Nudge).await;
    assert_eq!(engine.messages_waiting(), 0);
    assert_eq!(engine.summary(&to).unwrap().state, "Open");
    engine.stop();
}
