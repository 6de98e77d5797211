//! The writer decides ahead of the disk, and nobody learns of it before the disk does.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::engine::office::{Desk, Input, Office, office, stream};
use crate::engine::{Engine, HandleError, Handled, Source};
use crate::id::Version;
use crate::store::ailing::AilingStore;
use crate::store::gate::Gate;
use crate::time::{ManualClock, Timestamp};

/// An engine of desks whose rules and whose disk stand still on command.
struct Halted {
    engine: Engine<Office>,
    store: Arc<AilingStore>,
    rules: Arc<Gate>,
}

type Answer = JoinHandle<Result<Handled, HandleError>>;

impl Halted {
    fn new() -> Self {
        let store = Arc::new(AilingStore::standing_still());
        let rules = Arc::new(Gate::shut());
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_764_000_000)));
        let asked = Arc::clone(&rules);
        let engine = office(store.clone(), clock, move |_| {
            asked.pass();
            true
        });
        Self { engine, store, rules }
    }

    /// Asks for something without waiting for the answer; the writer has it when this returns.
    async fn ask(&self, desk: &str, input: Input) -> Answer {
        let (engine, desk, before) = (self.engine.clone(), stream(desk), self.engine.waiting());
        let asking =
            async move { engine.handle::<Desk>(&desk, input, Source::new("test", "")).await };
        let asked = tokio::spawn(asking);
        while self.engine.waiting() == before {
            tokio::task::yield_now().await;
        }
        asked
    }

    /// Two desks are asked for work, decided together, and stand before the disk.
    async fn first_group(&self) -> [Answer; 2] {
        let asked = [
            self.ask("desk/main/1", Input::Ask(1)).await,
            self.ask("desk/main/2", Input::Ask(2)).await,
        ];
        self.rules.set(false);
        self.store.disk.wait_for(1);
        asked
    }
}

async fn version(answer: Answer) -> Version {
    answer.await.unwrap().unwrap().version
}

#[tokio::test]
async fn the_next_group_is_decided_while_the_disk_works_and_nobody_knows_before_it_is_done() {
    let halted = Halted::new();
    let [one, two] = halted.first_group().await;
    let three = halted.ask("desk/main/3", Input::Ask(3)).await;
    let again = halted.ask("desk/main/1", Input::Answered).await;
    // Four decisions, one of them on a state that is not durable yet; one append.
    halted.rules.wait_for(4);
    assert_eq!(halted.store.disk.came(), 1);
    for asked in [&one, &two, &three, &again] {
        assert!(!asked.is_finished(), "no answer comes before the disk is done");
    }
    let engine = &halted.engine;
    assert!(engine.owed_calls().is_empty() && engine.summaries("desk").is_empty());
    assert!(engine.state::<Desk>(&stream("desk/main/1")).unwrap().is_none());
    assert_eq!(*engine.changes().borrow(), 0);

    halted.store.disk.set(false);
    assert_eq!((version(one).await, version(two).await), (Version(1), Version(1)));
    assert_eq!((version(three).await, version(again).await), (Version(1), Version(2)));
    assert_eq!(engine.position().0, 4);
    assert_eq!(engine.waiting(), 0);
    engine.stop();
}

#[tokio::test]
async fn a_group_that_fails_takes_what_was_decided_upon_it_along() {
    let halted = Halted::new();
    let first = halted.first_group().await;
    let later = halted.ask("desk/main/1", Input::Answered).await;
    let other = halted.ask("desk/main/3", Input::Nudge).await;
    halted.rules.wait_for(4);
    halted.store.inner.fail_next_append();
    halted.store.disk.set(false);
    for asked in first.into_iter().chain([later, other]) {
        let Err(HandleError::Stopped(why)) = asked.await.unwrap() else {
            panic!("nobody is answered");
        };
        assert!(why.contains("the test asked for this failure"), "{why}");
    }
    let source = Source::new("test", "");
    let after = halted.engine.handle::<Desk>(&stream("desk/main/4"), Input::Ask(4), source).await;
    assert!(matches!(after, Err(HandleError::Stopped(_))), "nothing is accepted any more");
    assert_eq!(halted.engine.position().0, 0);
    assert!(halted.engine.owed_calls().is_empty());
    halted.engine.stop();
}

#[tokio::test]
async fn a_desk_that_has_to_write_does_not_move_on_before_its_letter_is_on_its_way() {
    let halted = Halted::new();
    let letter = Input::Write(stream("desk/main/9"));
    let asked =
        [halted.ask("desk/main/1", letter).await, halted.ask("desk/main/2", Input::Ask(2)).await];
    halted.rules.set(false);
    halted.store.disk.wait_for(1);
    // It would close the desk, and with it the letter would be void.
    let closing = halted.ask("desk/main/1", Input::Answered).await;
    let other = halted.ask("desk/main/2", Input::Answered).await;
    halted.rules.wait_for(3);
    assert_eq!(halted.rules.came(), 3, "the first desk waits, the second does not");
    halted.store.disk.set(false);
    for asked in asked {
        assert_eq!(version(asked).await, Version(1));
    }
    assert_eq!((version(other).await, version(closing).await), (Version(2), Version(2)));
    let written: Vec<_> = order(&halted);
    let position = |name: &str| written.iter().position(|stream| stream == name);
    let last = written.iter().rposition(|stream| stream == "desk/main/1");
    assert!(position("desk/main/9") < last, "{written:?}");
    halted.engine.stop();
}

#[tokio::test]
async fn answers_of_one_desk_come_in_the_order_of_asking() {
    let halted = Halted::new();
    let mut asked = halted.first_group().await.into_iter().collect::<Vec<_>>();
    for _ in 0..20 {
        asked.push(halted.ask("desk/main/1", Input::Nudge).await);
    }
    asked.push(halted.ask("desk/main/1", Input::Answered).await);
    asked.push(halted.ask("desk/main/1", Input::Nudge).await);
    halted.store.disk.set(false);
    let mut versions = Vec::new();
    for asked in asked {
        versions.push(version(asked).await.0);
    }
    let mut expected = vec![1; 22];
    expected.extend([2, 2]);
    assert_eq!(versions, expected);
    halted.engine.stop();
}

#[tokio::test]
async fn large_groups_follow_each_other_and_the_index_ends_where_the_log_does() {
    let halted = Halted::new();
    let mut asked = halted.first_group().await.into_iter().collect::<Vec<_>>();
    for number in 0..300 {
        let letter = Input::Write(stream(&format!("desk/main/to-{number}")));
        asked.push(halted.ask(&format!("desk/main/from-{number}"), letter).await);
    }
    halted.rules.wait_for(302);
    halted.store.disk.set(false);
    for asked in asked {
        assert_eq!(version(asked).await, Version(1));
    }
    let engine = &halted.engine;
    let mut changes = engine.changes();
    while engine.messages_waiting() > 0 {
        changes.changed().await.unwrap();
    }
    assert_eq!(engine.position().0, 602);
    let summaries = engine.summaries("desk");
    assert_eq!(summaries.len(), 602);
    for summary in summaries {
        let events = engine.history(&summary.stream).unwrap().len() as u64;
        assert_eq!(summary.version.0, events, "{}", summary.stream);
    }
    engine.stop();
}

#[tokio::test]
async fn an_engine_told_to_stop_answers_those_it_has_taken() {
    let halted = Halted::new();
    let first = halted.first_group().await;
    let later = halted.ask("desk/main/3", Input::Ask(3)).await;
    let stopping = tokio::task::spawn_blocking({
        let engine = halted.engine.clone();
        move || engine.stop()
    });
    halted.store.disk.set(false);
    stopping.await.unwrap();
    for asked in first.into_iter().chain([later]) {
        assert_eq!(version(asked).await, Version(1));
    }
    assert_eq!(halted.engine.position().0, 3);
}

#[tokio::test]
async fn a_panic_of_a_workflow_while_the_disk_works_is_said_to_all_who_wait() {
    let halted = Halted::new();
    let first = halted.first_group().await;
    let fatal = halted.ask("desk/main/3", Input::Panic).await;
    let Err(HandleError::Stopped(why)) = fatal.await.unwrap() else { panic!("it is not taken") };
    assert_eq!(why, "the writer ended in a panic");
    halted.store.disk.set(false);
    for asked in first {
        assert!(matches!(asked.await.unwrap(), Err(HandleError::Stopped(_))));
    }
    halted.engine.stop();
}

/// The streams of the log's events, in order.
fn order(halted: &Halted) -> Vec<String> {
    crate::store::contract::scanned(&*halted.store, 0)
        .into_iter()
        .map(|event| event.stream.as_str().to_owned())
        .collect()
}
