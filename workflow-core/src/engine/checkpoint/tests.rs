//! A checkpoint is taken where it fits, and only there.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{FILE, Stamp};
use crate::engine::office::{Desk, Input, Office, RESERVED, office, stream, tell};
use crate::engine::{Engine, OwedCall, Summary};
use crate::id::Position;
use crate::inbox::Inbox;
use crate::store::Store;
use crate::store::sled::SledStore;
use crate::time::{ManualClock, Timestamp};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_764_000_000)))
}

fn store(dir: &Path) -> Arc<dyn Store> {
    Arc::new(SledStore::open(dir).unwrap())
}

/// How far the checkpoint reaches that the engine was opened with.
fn taken_to(engine: &Engine<Office>) -> Position {
    let task = engine.shared.checkpoints.task.as_ref().unwrap();
    Position(task.at.load(std::sync::atomic::Ordering::Relaxed))
}

/// What an engine says: desks, calls, messages on their way.
fn said(engine: &Engine<Office>) -> (Vec<Summary>, Vec<String>, usize) {
    let call = |call: OwedCall<Office>| format!("{} {:?} {}", call.key, call.call, call.since);
    let calls = engine.owed_calls().into_iter().map(call).collect();
    (engine.summaries("desk"), calls, engine.messages_waiting())
}

/// An engine to which no tenant is known, so that everything stays as it is.
fn frozen(dir: &Path) -> Engine<Office> {
    office(store(dir), clock(), |_| false)
}

/// Six desks: two wait for an answer, two have been answered, one wrote to one.
async fn lived_in(dir: &Path) -> Engine<Office> {
    let engine = office(store(dir), clock(), |tenant| tenant == "main");
    for i in 1..5 {
        tell(&engine, &stream(&format!("desk/main/{i}")), Input::Ask(i)).await;
    }
    for i in 1..3 {
        tell(&engine, &stream(&format!("desk/main/{i}")), Input::Answered).await;
    }
    let to = stream("desk/main/6");
    tell(&engine, &stream("desk/main/5"), Input::Write(to.clone())).await;
    // Its answer comes after the message.
    tell(&engine, &to, Input::Nudge).await;
    tell(&engine, &to, Input::Nudge).await;
    assert_eq!(engine.messages_waiting(), 0);
    engine
}

#[tokio::test]
async fn what_it_knows_is_taken_and_what_is_owed_is_folded() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    let before = said(&engine);
    engine.checkpoint().unwrap();
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), said(&engine)), (Position(8), before.clone()));
    engine.stop();
    drop(engine);
    fs::remove_file(dir.path().join("index").join(FILE)).unwrap();
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), said(&engine)), (Position(0), before));
    engine.stop();
}

#[tokio::test]
async fn what_ended_leaves_memory_and_checkpoint_and_is_listed_all_the_same() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    let in_memory = |engine: &Engine<Office>| {
        let lines = engine.read_index().lines_after(None, 100);
        lines.iter().filter(|(_, line, _)| line.view().terminal).count()
    };
    let file = |name: &str| fs::read(dir.path().join("index").join(name)).unwrap();
    let (before, counts) = (said(&engine), engine.counts("desk"));
    engine.checkpoint().unwrap();
    assert!(
        in_memory(&engine) == 2 && holds(&file(FILE), b"desk/main/1"),
        "few stay where they are"
    );
    engine.shelve().unwrap();
    for round in 0..3 {
        assert_eq!((in_memory(&engine), said(&engine)), (0, before.clone()), "{round}");
        assert_eq!(engine.counts("desk"), counts);
        assert_eq!(engine.summary(&stream("desk/main/1")).unwrap().state, "Closed");
        assert_eq!(engine.open_summaries("desk").len(), 4);
        assert!(!holds(&file(FILE), b"desk/main/1") && holds(&file("engine-8"), b"desk/main/1"));
        if round == 0 {
            // A checkpoint without anything more to shelve names the same shelf.
            engine.checkpoint().unwrap();
        }
    }
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), in_memory(&engine), said(&engine)), (Position(8), 0, before));
    assert_eq!(engine.counts("desk"), counts);
    engine.stop();
    drop(engine);
    // The next one has what ended before and since, and takes the place of the first.
    let engine = office(store(dir.path()), clock(), |_| true);
    tell(&engine, &stream("desk/main/3"), Input::Answered).await;
    let before = said(&engine);
    engine.shelve().unwrap();
    assert_eq!((in_memory(&engine), said(&engine)), (0, before.clone()));
    assert!(!dir.path().join("index/engine-8").exists());
    engine.stop();
    drop(engine);
    // Without its shelf a checkpoint is left aside.
    fs::remove_file(dir.path().join("index/engine-9")).unwrap();
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), said(&engine)), (Position(0), before));
    engine.stop();
}

/// What ended is read by those who ask for it, and by nobody else.
#[tokio::test]
async fn of_what_ended_nothing_is_read_unless_it_is_asked_for() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    tell(&engine, &stream("desk/main/7"), Input::Ask(7)).await;
    engine.shelve().unwrap();
    // One more that ends is in memory for now.
    tell(&engine, &stream("desk/main/3"), Input::Answered).await;
    let all = engine.summaries("desk");
    let of = |state: &str| -> Vec<Summary> {
        all.iter().filter(|line| line.state == state).cloned().collect()
    };
    assert_eq!((of("Closed").len(), of("Open").len()), (3, 4));
    for round in 0..2 {
        let before = engine.ended_lines_read();
        assert_eq!(engine.summaries_in("desk", &["Open"]), of("Open"), "{round}");
        assert_eq!(engine.open_summaries("desk").len(), 4);
        let states = [("Closed", 3), ("Open", 4)].into();
        assert_eq!(engine.counts_by_tenant("desk"), [("main".to_owned(), states)].into());
        assert!(engine.summaries("delivery").is_empty());
        assert!(engine.summaries_in("desk", &["no such state"]).is_empty());
        assert_eq!(engine.ended_lines_read(), before, "nobody asked for what ended");
        assert_eq!(engine.summaries_in("desk", &["Closed"]), of("Closed"));
        assert_eq!(engine.summaries_in("desk", &["Closed", "Open"]), all);
        assert!(engine.ended_lines_read() > before);
        engine.shelve().unwrap();
    }
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), engine.ended_lines_read()), (Position(10), 0));
    assert_eq!(engine.summaries_in("desk", &["Closed"]), of("Closed"));
    engine.stop();
}

/// A letter to one who sits there already leads to nothing.
#[tokio::test]
async fn a_message_that_led_to_nothing_is_not_told_again() {
    let dir = TempDir::new().unwrap();
    let engine = office(store(dir.path()), clock(), |_| true);
    let (from, to) = (stream("desk/main/1"), stream("desk/main/2"));
    tell(&engine, &to, Input::Ask(2)).await;
    tell(&engine, &from, Input::Write(to.clone())).await;
    // Its answer comes after the message.
    tell(&engine, &to, Input::Nudge).await;
    tell(&engine, &to, Input::Nudge).await;
    assert_eq!((engine.position(), engine.messages_waiting()), (Position(3), 0));
    assert_eq!(engine.history(&to).unwrap().len(), 1);
    let is_pinned = |engine: &Engine<Office>| {
        let lines = engine.read_index().lines_after(None, 100);
        lines.iter().any(|(_, line, _)| line.view().is_to_fold())
    };
    assert!(!is_pinned(&engine), "its sender would be folded at every start");
    engine.checkpoint().unwrap();
    engine.stop();
    drop(engine);
    for with in ["the checkpoint", "the log alone"] {
        if with == "the log alone" {
            fs::remove_file(dir.path().join("index").join(FILE)).unwrap();
        }
        let engine = frozen(dir.path());
        assert_eq!((engine.messages_waiting(), is_pinned(&engine)), (0, false), "{with}");
        engine.stop();
    }
}

/// A letter to a desk that is not there, and does not begin with it, is told once it is there.
#[tokio::test]
async fn a_message_to_nobody_is_kept_until_somebody_is_there() {
    let dir = TempDir::new().unwrap();
    let engine = office(store(dir.path()), clock(), |_| true);
    let (from, other) = (stream("desk/main/1"), stream("desk/main/2"));
    let to = stream(&format!("desk/main/{RESERVED}"));
    tell(&engine, &from, Input::Write(to.clone())).await;
    tell(&engine, &other, Input::Nudge).await;
    tell(&engine, &from, Input::Nudge).await;
    tell(&engine, &other, Input::Nudge).await;
    assert_eq!((engine.position(), engine.messages_waiting()), (Position(1), 0));
    engine.stop();
    drop(engine);
    let unknown = frozen(dir.path());
    assert_eq!(unknown.messages_waiting(), 1, "it is kept over a start");
    unknown.stop();
    drop(unknown);
    let engine = office(store(dir.path()), clock(), |_| true);
    tell(&engine, &other, Input::Nudge).await;
    tell(&engine, &to, Input::Ask(3)).await;
    // The first gives the reason to try again, the second is answered after that try.
    tell(&engine, &other, Input::Nudge).await;
    tell(&engine, &other, Input::Nudge).await;
    assert_eq!(engine.position(), Position(3), "that it was told is in the log");
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert_eq!(engine.messages_waiting(), 0);
    engine.stop();
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_message_that_the_log_shows_is_not_told_again() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    engine.checkpoint().unwrap();
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert_eq!((taken_to(&engine), engine.messages_waiting()), (Position(8), 0));
    // The sender still owes it: it keeps its key when it moves on.
    let from = stream("desk/main/5");
    assert_eq!(engine.summary(&from).unwrap().state, "Open");
    engine.stop();
    drop(engine);
    let engine = office(store(dir.path()), clock(), |_| true);
    tell(&engine, &from, Input::Answered).await;
    assert_eq!(engine.summary(&from).unwrap().state, "Closed");
    assert_eq!((engine.position(), engine.messages_waiting()), (Position(9), 0));
    engine.stop();
}

#[tokio::test]
async fn one_that_is_not_what_was_written_is_left_aside() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    let before = said(&engine);
    engine.checkpoint().unwrap();
    engine.stop();
    drop(engine);
    let path = dir.path().join("index").join(FILE);
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(41).chain([good.len() - 1]) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        for bytes in [&bytes[..], &good[..at]] {
            fs::write(&path, bytes).unwrap();
            let engine = frozen(dir.path());
            assert_eq!((taken_to(&engine), said(&engine)), (Position(0), before.clone()), "{at}");
            engine.stop();
        }
    }
}

#[tokio::test]
async fn it_is_written_while_the_engine_works() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    let working = engine.clone();
    let (finished, until) = std::sync::mpsc::channel::<()>();
    let writing = std::thread::spawn(move || {
        while until.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            working.checkpoint().unwrap();
        }
    });
    for i in 10..60 {
        let from = stream(&format!("desk/main/{i}"));
        let to = stream(&format!("desk/main/{}", i * 100));
        tell(&engine, &from, if i % 3 == 0 { Input::Ask(i) } else { Input::Write(to) }).await;
        tell(&engine, &from, if i % 2 == 0 { Input::Answered } else { Input::Nudge }).await;
    }
    for _ in 0..2 {
        tell(&engine, &stream("desk/main/1"), Input::Nudge).await;
    }
    drop(finished);
    writing.join().unwrap();
    let before = said(&engine);
    engine.stop();
    drop(engine);
    let engine = frozen(dir.path());
    assert!(taken_to(&engine) > Position(0));
    assert_eq!(said(&engine), before);
    engine.stop();
    drop(engine);
    let builder = Engine::<Office>::builder(store(dir.path()), clock(), Arc::new(|_: &str| None));
    let engine = builder.workflow::<Desk>().open_reading_all().unwrap();
    assert_eq!((taken_to(&engine), said(&engine)), (Position(0), before));
    engine.stop();
}

#[test]
fn a_changed_table_is_another_stamp() {
    let of = |name, table: &[u8]| Stamp::of([(name, table.to_vec())].into_iter()).unwrap();
    assert_eq!(of("desk", b"open shut"), of("desk", b"open shut"));
    assert_ne!(of("desk", b"open shut"), of("desk", b"open shut reopened"));
    assert_ne!(of("desk", b"open shut"), of("desk2", b"open shut"));
    assert_ne!(of("desk", b"open"), Stamp::of(std::iter::empty()).unwrap());
}

#[tokio::test]
async fn one_with_another_stamp_is_left_aside() {
    let dir = TempDir::new().unwrap();
    let engine = lived_in(dir.path()).await;
    let before = said(&engine);
    engine.checkpoint().unwrap();
    engine.stop();
    drop(engine);
    // One more workflow is registered: a different set of tables.
    let rules = Arc::new(|_: &str| None);
    let builder = Engine::<Office>::builder(store(dir.path()), clock(), rules);
    let engine = builder.workflow::<Desk>().workflow::<Inbox<Office>>().open().unwrap();
    assert_eq!((taken_to(&engine), said(&engine)), (Position(0), before));
    engine.stop();
}
