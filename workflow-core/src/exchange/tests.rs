//! What is sealed and what is not, and where exchanges come to lie in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::*;
use crate::dispatch::{Dispatcher, Perform};
use crate::engine::office::{Input, Office, office, stream, tell};
use crate::engine::{Engine, OwedCall};
use crate::id::{Position, Version};
use crate::outcome::{Attempt, Outcome};
use crate::record::Recorded;
use crate::seal::{Subject, Vault};
use crate::store::Store;
use crate::store::contract::scanned;
use crate::store::memory::MemoryStore;
use crate::time::{ManualClock, Timestamp};

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

fn posted(came: Came) -> Exchange {
    Exchange {
        method: "POST".into(),
        path: "/contractors".into(),
        query: Some("email=ada%40example.test".into()),
        idempotency_key: Some("main/desk/1/1/ask".into()),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Body::of(br#"{"name":"Ada"}"#),
        came,
    }
}

fn answered() -> Came {
    Came::Answer {
        status: 201,
        request_id: Some("req_7".into()),
        headers: vec![("retry-after".into(), "2".into())],
        body: Body::of(br#"{"id":"cn_1","name":"Ada"}"#),
    }
}

fn recorded(exchange: Exchange, vault: Option<&Arc<Vault>>, subject: Option<&Subject>) -> Recorded {
    let attempted = Attempted { generation: 2, number: 3, at: NOW, ..Attempted::default() };
    let (key, actor) = ("main/desk/1/1/ask", "dispatch");
    let about = About { key, actor, subject, vault, now: NOW.plus(Duration::from_secs(1)) };
    let event = new_event(&attempted, exchange, &about).unwrap();
    let stream = StreamId::new(WORKFLOW, "main", "0").unwrap();
    Recorded { position: Position(0), stream, version: Version(1), event }
}

#[test]
fn ids_and_statuses_stay_readable_and_the_rest_opens_for_whoever_has_the_key() {
    let (vault, ada) = (Vault::in_memory(), Subject::new("member/main/1"));
    let recorded = recorded(posted(answered()), Some(&vault), Some(&ada));
    let stored = String::from_utf8_lossy(&recorded.event.content).into_owned();
    for shown in ["POST", "/contractors", "main/desk/1/1/ask", "req_7", "member/main/1"] {
        assert!(stored.contains(shown), "{shown} is not in {stored}");
    }
    for hidden in ["Ada", "ada", "cn_1", "application/json", "retry-after"] {
        assert!(!stored.contains(hidden), "{hidden} is in {stored}");
    }
    let kept = Kept::read(&recorded).unwrap();
    assert_eq!((kept.came(), kept.sizes()), (Ok(201), (14, Some(26))));
    assert_eq!((kept.generation(), kept.attempt(), kept.at()), (2, 3, NOW));
    assert_eq!(kept.stream(), Some(stream("desk/main/1")));
    let Opened::Open(contents) = kept.open(&vault).unwrap() else { panic!("it is kept") };
    assert_eq!(contents.query.as_deref(), Some("email=ada%40example.test"));
    assert_eq!(contents.body.kept(), br#"{"name":"Ada"}"#);
    assert_eq!(contents.answer.unwrap().kept(), br#"{"id":"cn_1","name":"Ada"}"#);
    assert_eq!(contents.answer_headers, [("retry-after".to_owned(), "2".to_owned())]);

    vault.destroy(&ada).unwrap();
    assert_eq!(kept.open(&vault).unwrap(), Opened::Forgotten);
    assert_eq!(kept.came(), Ok(201));
}

#[test]
fn of_the_forgotten_and_of_nobody_in_particular_no_body_is_kept() {
    let (vault, ada) = (Vault::in_memory(), Subject::new("member/main/1"));
    vault.destroy(&ada).unwrap();
    let of = [(Some(&vault), Some(&ada)), (Some(&vault), None), (None, Some(&ada))];
    for (vault, subject) in of {
        let recorded = recorded(posted(answered()), vault, subject);
        assert!(!String::from_utf8_lossy(&recorded.event.content).contains("Ada"));
        let kept = Kept::read(&recorded).unwrap();
        assert!(!kept.is_sealed());
        assert_eq!((kept.came(), kept.sizes()), (Ok(201), (14, Some(26))));
        assert_eq!(kept.open(&Vault::in_memory()).unwrap(), Opened::NotKept);
    }
}

#[test]
fn a_long_body_is_kept_as_its_beginning_with_its_hash() {
    let whole = Body::of(&vec![7; BODY_BYTES_MAX]);
    assert_eq!((whole.kept().len(), whole.sha256()), (BODY_BYTES_MAX, None));
    let long = vec![7; BODY_BYTES_MAX + 1];
    let cut = Body::of(&long);
    assert_eq!((cut.length(), cut.kept().len()), (BODY_BYTES_MAX as u64 + 1, BEGINNING_BYTES));
    assert_eq!(cut.sha256(), Some(hex::encode(Sha256::digest(&long)).as_str()));
    let hashed = Body::hash_only(b"others");
    assert_eq!((hashed.length(), hashed.kept()), (6, &b""[..]));
    assert!(hashed.sha256().is_some());
}

#[test]
fn what_ends_in_logs_shows_nobody() {
    let exchange = posted(Came::Lost { reason: "timed out".into() });
    assert_eq!(format!("{exchange:?}"), "Exchange(POST /contractors: timed out)");
    assert_eq!(format!("{:?}", exchange.body), "Body(14 bytes)");
}

/// What one attempt does.
#[derive(Clone, Copy)]
enum Deed {
    Answer,
    Fail,
    NoConnection,
    Panic,
}

struct Performer {
    deeds: Vec<Deed>,
    made: AtomicU32,
}

impl Perform<Office> for Performer {
    async fn perform(&self, _: u32, attempt: Attempt) -> Outcome<()> {
        self.made.fetch_add(1, Ordering::SeqCst);
        let deed = self.deeds[attempt.earlier as usize];
        note(posted(match deed {
            Deed::Answer | Deed::Panic => answered(),
            Deed::Fail => Came::Lost { reason: "timed out".into() },
            Deed::NoConnection => Came::NotSent { reason: "refused".into() },
        }));
        match deed {
            Deed::Answer => Outcome::Answered(()),
            Deed::Fail => Outcome::unknown("timed out"),
            Deed::NoConnection => Outcome::not_sent("refused"),
            Deed::Panic => panic!("a panic on purpose"),
        }
    }

    fn lane(&self, _: &OwedCall<Office>) -> String {
        "post".into()
    }
}

/// Runs one desk's call to its end; the log and what is kept in it.
async fn dispatched(deeds: &[Deed]) -> (Arc<MemoryStore>, Vec<Recorded>) {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(NOW)));
    let engine = office(store.clone(), clock.clone(), |_| true);
    let performer = Arc::new(Performer { deeds: deeds.to_vec(), made: AtomicU32::new(0) });
    let dispatcher = Dispatcher::new(engine.clone(), performer);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(async move { dispatcher.run(stopped).await });
    tell(&engine, &stream("desk/main/1"), Input::Ask(1)).await;
    while !engine.owed_calls().is_empty() {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    engine.stop();
    let events = scanned(&*store, 0);
    (store, events)
}

#[tokio::test]
async fn an_exchange_lies_right_before_what_it_led_to_in_the_same_record() {
    let (store, events) = dispatched(&[Deed::Fail, Deed::Panic, Deed::Answer]).await;
    let kinds: Vec<&str> = events.iter().map(|e| e.event.kind.as_str()).collect();
    assert_eq!(kinds, ["opened", "exchanged", "exchanged", "exchanged", "shut"]);
    let kept = |index: usize| Kept::read(&events[index]).unwrap();
    let came: Vec<_> = (1..4).map(|index| kept(index).came().map_err(str::to_owned)).collect();
    assert_eq!(came, [Err("timed out".to_owned()), Ok(201), Ok(201)]);
    assert_eq!([kept(1).attempt(), kept(2).attempt(), kept(3).attempt()], [1, 2, 3]);
    assert_eq!(kept(3).key.as_str(), "main/desk/1/1/ask");
    // One stream takes them all, and counts from 1.
    let shelves: Vec<_> =
        (1..4).map(|at| (events[at].stream.as_str(), events[at].version.0)).collect();
    assert_eq!(shelves, [("exchange/main/1", 1), ("exchange/main/1", 2), ("exchange/main/1", 3)]);
    let mut records = Vec::new();
    let scan = store.scan_records(Position(0), &mut |first, _| {
        records.push(first.0);
        std::ops::ControlFlow::Continue(())
    });
    scan.unwrap();
    assert_eq!(records, [0, 1, 2, 3], "the last record holds the exchange and its event");
}

#[tokio::test]
async fn of_attempts_that_never_leave_the_first_is_kept_and_the_others_are_counted() {
    let deeds = [Deed::NoConnection, Deed::NoConnection, Deed::NoConnection, Deed::Answer];
    let (_, events) = dispatched(&deeds).await;
    let kept: Vec<Kept> = events.iter().filter_map(|event| Kept::read(event).ok()).collect();
    let came: Vec<_> = kept.iter().map(|kept| kept.came().map_err(str::to_owned)).collect();
    assert_eq!(came, [Err("refused".to_owned()), Ok(201)]);
    assert_eq!((kept[0].unsent_before(), kept[1].unsent_before()), (0, 2));
    assert_eq!(kept[1].attempt(), 4);
}

#[tokio::test]
async fn no_state_and_no_list_knows_of_exchanges_also_after_a_restart() {
    let (store, events) = dispatched(&[Deed::Fail, Deed::Answer]).await;
    let clock = Arc::new(ManualClock::at(NOW));
    let engine: Engine<Office> = office(store, clock, |_| true);
    assert_eq!(engine.position().0, events.len() as u64);
    assert!(engine.summaries(WORKFLOW).is_empty());
    let summaries = engine.summaries("desk");
    assert_eq!(summaries.len(), 1);
    assert_eq!((summaries[0].state, summaries[0].version.0), ("Closed", 2));
    // The next one begins a stream of its own: nobody reads how long the last one is.
    tell(&engine, &stream("desk/main/2"), Input::Ask(2)).await;
    let call = engine.owed_calls().remove(0);
    let attempted = Attempted { exchanges: vec![posted(answered())], ..Attempted::default() };
    let handled = engine.answer_with(&call, (), "test", vec![attempted.clone()]).await.unwrap();
    assert_eq!((handled.events, handled.version.0), (1, 2));
    // A late answer changes nothing; what was exchanged is kept all the same.
    let handled = engine.answer_with(&call, (), "test", vec![attempted]).await.unwrap();
    assert_eq!(handled.events, 0);
    let own: Vec<_> = scanned(&**engine.store(), events.len() as u64)
        .into_iter()
        .map(|event| (event.stream.as_str().to_owned(), event.version.0))
        .collect();
    let begins = format!("exchange/main/{}", events.len() + 1);
    let expected = [("desk/main/2", 1), (begins.as_str(), 1), ("desk/main/2", 2), (&begins, 2)];
    assert_eq!(own, expected.map(|(stream, version)| (stream.to_owned(), version)));
    engine.stop();
}
