//! What every store must do, written once: `store_contract!(make)` in a test module runs all of it.
//!
//! `make` is called without arguments and gives a new, empty store and whatever must outlive it, such as its
//! temporary directory: `store_contract!(|| (MemoryStore::new(), ()))`. What only a store on disk must
//! do (reopening, damage, locks) is tested beside it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::id::{Position, StreamId, Version};
use crate::record::frame::{FRAME_BYTES_TARGET, LARGE_FRAME_BYTES_TARGET, Placed, seal};
use crate::record::{Cause, Hash, NewEvent, Recorded};
use crate::store::memory::MemoryStore;
use crate::store::{Append, Appended, Conflict, Head, Store, StoreError};
use crate::time::Timestamp;

/// Runs the whole suite on the stores that an expression makes; one `#[test]` for each part.
#[macro_export]
macro_rules! store_contract {
    ($make:expr) => {
        $crate::store_contract! { @each $make;
            an_empty_log_has_nothing
            what_is_appended_is_read_back
            a_wrong_expectation_is_a_conflict
            an_item_may_expect_what_an_earlier_one_leads_to
            a_conflict_refuses_only_its_item
            a_group_without_effect_leaves_the_head
            positions_have_no_gaps
            a_scan_starts_anywhere
            a_scan_stops_when_told
            a_stream_is_read_after_a_version
            big_groups_become_several_records
            a_huge_event_is_kept
            cursors_are_kept_apart_from_the_log
            finished_records_are_taken_byte_for_byte
            a_record_that_does_not_continue_the_log_is_refused
            records_form_a_chain
            readers_see_whole_groups
            many_streams_behave_like_a_simple_model
        }
    };
    (@each $make:expr; $($part:ident)*) => {
        $(#[test] fn $part() { $crate::store::contract::$part(&$make); })*
    };
}

/// Makes an empty store and what must outlive it.
type Make<'a, S, G> = &'a dyn Fn() -> (S, G);

/// A stream's name, which must be valid.
pub fn stream(name: &str) -> StreamId {
    StreamId::parse(name).expect("the suite's names are valid")
}

/// An event whose content is `text`.
pub fn event(text: &str) -> NewEvent {
    NewEvent {
        kind: "Happened".into(),
        schema: 3,
        recorded_at: Timestamp(1_764_300_000_123),
        cause: Cause { input: "observed".into(), key: "k/1".into(), actor: "poll:x".into() },
        content: text.as_bytes().to_vec(),
    }
}

/// Events for a stream, one for each text.
pub fn append(name: &str, expected: u64, texts: &[&str]) -> Append {
    let events = texts.iter().map(|text| event(text)).collect();
    Append { stream: stream(name), expected: Version(expected), events }
}

/// All events from a position on.
pub fn scanned(store: &dyn Store, from: u64) -> Vec<Recorded> {
    let mut all = Vec::new();
    let scanned = store.scan(Position(from), &mut |event| {
        all.push(event);
        ControlFlow::Continue(())
    });
    scanned.expect("the scan succeeds");
    all
}

/// All records as position and bytes.
pub fn records(store: &dyn Store, from: u64) -> Vec<(Position, Vec<u8>)> {
    let mut all = Vec::new();
    let scanned = store.scan_records(Position(from), &mut |first, bytes| {
        all.push((first, bytes.to_vec()));
        ControlFlow::Continue(())
    });
    scanned.expect("the scan succeeds");
    all
}

fn accepted(store: &dyn Store, group: &[Append]) -> Vec<Appended> {
    let outcomes = store.append(group).expect("the append succeeds");
    outcomes.into_iter().map(|outcome| outcome.expect("no conflict")).collect()
}

fn read(store: &dyn Store, name: &str, after: u64) -> Vec<Recorded> {
    store.read_stream(&stream(name), Version(after)).expect("the stream is read")
}

fn texts(events: &[Recorded]) -> Vec<&str> {
    events.iter().map(|e| std::str::from_utf8(&e.event.content).expect("written as text")).collect()
}

fn check_chain(store: &dyn Store) {
    let verified = crate::audit::verify(store, &mut |_| {}).expect("the log is undamaged");
    assert_eq!(verified.head, store.head());
    assert_eq!(verified.events, store.head().next.0);
}

/// A new log has no events, no records, no cursors.
pub fn an_empty_log_has_nothing<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    assert_eq!(store.head(), Head { next: Position(0), hash: Hash::GENESIS });
    assert_eq!(scanned(&store, 0), vec![]);
    assert_eq!(scanned(&store, 7), vec![]);
    assert_eq!(records(&store, 0), vec![]);
    assert_eq!(read(&store, "door/acme/1", 0), vec![]);
    assert_eq!(store.cursor("poll").expect("readable"), None);
    check_chain(&store);
}

/// Every part of an event comes back, with its position and version.
pub fn what_is_appended_is_read_back<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let mut second = event("");
    second.kind = "Vergessen \u{1F6AA}".into();
    (second.schema, second.recorded_at) = (u16::MAX, Timestamp(-5));
    second.cause = Cause { input: String::new(), key: "ä".into(), actor: "operator:kim".into() };
    second.content = vec![0xff, 0, 0x18];
    let mut item = append("door/acme/1", 0, &["a"]);
    item.events.push(second.clone());
    let appended = accepted(&store, &[item]);
    assert_eq!(appended, vec![Appended { first: Position(0), version: Version(2) }]);
    let recorded = |position, event| Recorded {
        position: Position(position),
        stream: stream("door/acme/1"),
        version: Version(position + 1),
        event,
    };
    let expected = vec![recorded(0, event("a")), recorded(1, second)];
    assert_eq!(scanned(&store, 0), expected);
    assert_eq!(read(&store, "door/acme/1", 0), expected);
    assert_eq!(read(&store, "door/acme/2", 0), vec![]);
}

/// An append that expects another version is refused and says which version the stream is at.
pub fn a_wrong_expectation_is_a_conflict<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    accepted(&store, &[append("door/acme/1", 0, &["a", "b"])]);
    let head = store.head();
    for expected in [0, 1, 3] {
        let refused = store.append(&[append("door/acme/1", expected, &["x"])]).expect("no fault");
        let (stream, actual) = (stream("door/acme/1"), Version(2));
        let conflict = Conflict { stream, actual, expected: Version(expected) };
        assert_eq!(refused, vec![Err(conflict)]);
    }
    assert_eq!(store.head(), head);
    assert_eq!(texts(&read(&store, "door/acme/1", 0)), ["a", "b"]);
}

/// Items of one group see the versions that the accepted ones before them lead to.
pub fn an_item_may_expect_what_an_earlier_one_leads_to<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let appended = accepted(
        &store,
        &[
            append("door/acme/1", 0, &["a", "b"]),
            append("door/acme/2", 0, &["x"]),
            append("door/acme/1", 2, &["c"]),
        ],
    );
    assert_eq!(appended[2], Appended { first: Position(3), version: Version(3) });
    assert_eq!(texts(&scanned(&store, 0)), ["a", "b", "x", "c"]);
    assert_eq!(texts(&read(&store, "door/acme/1", 0)), ["a", "b", "c"]);
}

/// A refused item takes nobody with it, not even a later item of the same stream.
pub fn a_conflict_refuses_only_its_item<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let group = [
        append("door/acme/1", 0, &["a"]),
        append("door/acme/1", 0, &["lost"]),
        append("door/acme/2", 4, &["lost"]),
        append("door/acme/1", 1, &["b"]),
    ];
    let outcomes = store.append(&group).expect("the append succeeds");
    let accepted: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [true, false, false, true]);
    assert_eq!(texts(&scanned(&store, 0)), ["a", "b"]);
    assert_eq!(read(&store, "door/acme/2", 0), vec![]);
    check_chain(&store);
}

/// An empty group, or one in which all are refused, writes no record.
pub fn a_group_without_effect_leaves_the_head<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    accepted(&store, &[append("door/acme/1", 0, &["a"])]);
    let head = store.head();
    assert_eq!(store.append(&[]).expect("no fault"), vec![]);
    assert!(store.append(&[append("door/acme/1", 9, &["x"])]).expect("no fault")[0].is_err());
    assert_eq!(store.head(), head);
    assert_eq!(records(&store, 0).len(), 1);
}

/// Positions count on over groups of all sizes, conflicts between them or not.
pub fn positions_have_no_gaps<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let mut next = 0;
    for round in 0..30u64 {
        let many = vec!["e"; 1 + usize::try_from(round % 7).expect("small")];
        let name = format!("door/acme/{round}");
        let group = [append(&name, 0, &many), append(&name, 0, &["refused"])];
        let outcomes = store.append(&group).expect("the append succeeds");
        assert_eq!(outcomes[0].as_ref().map(|a| a.first), Ok(Position(next)));
        next += many.len() as u64;
        assert_eq!(store.head().next, Position(next));
    }
    let positions: Vec<u64> = scanned(&store, 0).iter().map(|e| e.position.0).collect();
    assert_eq!(positions, (0..next).collect::<Vec<_>>());
    check_chain(&store);
}

/// A scan may start inside a record, and past the end.
pub fn a_scan_starts_anywhere<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    accepted(&store, &[append("door/acme/1", 0, &["0", "1", "2"])]);
    accepted(&store, &[append("door/acme/1", 3, &["3"])]);
    accepted(&store, &[append("door/acme/1", 4, &["4", "5"])]);
    let all = ["0", "1", "2", "3", "4", "5"];
    for from in 0..=6 {
        assert_eq!(texts(&scanned(&store, from as u64)), all[from..], "from {from}");
    }
    let firsts =
        |from| records(&store, from).into_iter().map(|(first, _)| first.0).collect::<Vec<_>>();
    assert_eq!(firsts(2), [0, 3, 4]);
    assert_eq!(firsts(3), [3, 4]);
    assert_eq!(firsts(5), [4]);
    assert_eq!(firsts(6), [0u64; 0]);
}

/// Breaking ends a scan at once, of events and of records.
pub fn a_scan_stops_when_told<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    for version in 0..4 {
        accepted(&store, &[append("door/acme/1", version * 2, &["a", "b"])]);
    }
    let mut seen = Vec::new();
    let stop_at = |position: Position, last| {
        if position.0 == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let scan = store.scan(Position(1), &mut |event| {
        seen.push(event.position.0);
        stop_at(event.position, 4)
    });
    scan.expect("breaking is no error");
    assert_eq!(seen, [1, 2, 3, 4]);
    let mut seen = Vec::new();
    let scan = store.scan_records(Position(0), &mut |first, _| {
        seen.push(first.0);
        stop_at(first, 2)
    });
    scan.expect("breaking is no error");
    assert_eq!(seen, [0, 2]);
}

/// Reading a stream gives only what lies after the version, and only that stream.
pub fn a_stream_is_read_after_a_version<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    accepted(&store, &[append("door/acme/1", 0, &["a", "b"]), append("door/acme/2", 0, &["x"])]);
    accepted(&store, &[append("door/acme/2", 1, &["y"]), append("door/acme/1", 2, &["c"])]);
    let all = ["a", "b", "c"];
    for after in 0..=3 {
        assert_eq!(texts(&read(&store, "door/acme/1", after as u64)), all[after..]);
    }
    assert_eq!(read(&store, "door/acme/1", 4), vec![]);
    assert_eq!(read(&store, "door/acme/1", u64::MAX), vec![]);
    assert_eq!(texts(&read(&store, "door/acme/2", 0)), ["x", "y"]);
}

/// A group larger than a record's target becomes several, without a gap.
pub fn big_groups_become_several_records<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let text = "x".repeat(300);
    let group: Vec<Append> =
        (0..256).map(|i| append(&format!("door/acme/{}", i % 50), i / 50, &[&text])).collect();
    accepted(&store, &group);
    let records = records(&store, 0);
    assert!((3..30).contains(&records.len()), "{}", records.len());
    assert!(records.iter().all(|(_, bytes)| bytes.len() <= LARGE_FRAME_BYTES_TARGET));
    assert_eq!(scanned(&store, 0).len(), 256);
    assert_eq!(read(&store, "door/acme/7", 0).len(), 5);
    assert_eq!(scanned(&store, 200)[0].position, Position(200));
    check_chain(&store);
}

/// One event far larger than a record's target is kept whole, between small ones.
pub fn a_huge_event_is_kept<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let huge = "huge".repeat(100_000);
    accepted(&store, &[append("door/acme/1", 0, &["a", &huge, "b"])]);
    accepted(&store, &[append("door/acme/1", 3, &["c"])]);
    let expected = ["a", &huge, "b", "c"];
    assert_eq!(texts(&scanned(&store, 0)), expected);
    assert_eq!(texts(&scanned(&store, 1)), expected[1..]);
    assert_eq!(texts(&scanned(&store, 2)), expected[2..]);
    assert_eq!(texts(&read(&store, "door/acme/1", 1)), expected[1..]);
    assert_eq!(records(&store, 0).len(), 4);
    // Sizes around the target and its multiples, where a store may cut values into pieces.
    for (version, bytes) in (4..).zip((FRAME_BYTES_TARGET - 150)..(FRAME_BYTES_TARGET - 110)) {
        accepted(&store, &[append("door/acme/1", version, &[&"x".repeat(bytes)])]);
    }
    let expected: Vec<usize> = ((FRAME_BYTES_TARGET - 150)..(FRAME_BYTES_TARGET - 110)).collect();
    let lengths: Vec<usize> = texts(&scanned(&store, 4)).iter().map(|t| t.len()).collect();
    assert_eq!(lengths, expected);
    check_chain(&store);
}

/// Cursors are set, overwritten and read, and move nothing in the log.
pub fn cursors_are_kept_apart_from_the_log<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    accepted(&store, &[append("door/acme/1", 0, &["a"])]);
    let head = store.head();
    let get = |name: &str| store.cursor(name).expect("readable");
    store.set_cursor("poll", b"1").expect("writable");
    store.set_cursor("other", b"").expect("writable");
    store.set_cursor("poll", b"22").expect("writable");
    assert_eq!(get("poll"), Some(b"22".to_vec()));
    assert_eq!(get("other"), Some(Vec::new()));
    assert_eq!(get("none"), None);
    let all = [("other", &b""[..]), ("poll", b"22")];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_vec()));
    assert_eq!(store.cursors().expect("readable"), BTreeMap::from(all));
    assert_eq!(store.head(), head);
    assert_eq!(scanned(&store, 0).len(), 1);
}

/// Records for a log of their own: small ones, a group of several, one event far larger than a record's target.
fn finished() -> (Vec<Vec<u8>>, MemoryStore) {
    let source = MemoryStore::new();
    let (huge, text) = ("huge".repeat(50_000), "x".repeat(300));
    accepted(&source, &[append("door/acme/1", 0, &["a", "b"]), append("door/acme/2", 0, &["x"])]);
    accepted(&source, &[append("door/acme/1", 2, &[&huge])]);
    let many: Vec<Append> =
        (0..60).map(|i| append(&format!("door/acme/{}", 3 + i % 7), i / 7, &[&text])).collect();
    accepted(&source, &many);
    accepted(&source, &[append("door/acme/2", 1, &["y"])]);
    (records(&source, 0).into_iter().map(|(_, bytes)| bytes).collect(), source)
}

/// Another store's records give the same log: the same bytes, head and streams; and it goes on from there.
pub fn finished_records_are_taken_byte_for_byte<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let (all, source) = finished();
    assert!(all.len() > 4, "{}", all.len());
    store.append_records(&all[..1]).expect("the first continues an empty log");
    store.append_records(&[]).expect("nothing is nothing");
    store.append_records(&all[1..]).expect("the others continue it");
    assert_eq!(store.head(), source.head());
    assert_eq!(records(&store, 0), records(&source, 0));
    assert_eq!(scanned(&store, 0), scanned(&source, 0));
    assert_eq!(read(&store, "door/acme/1", 1), read(&source, "door/acme/1", 1));
    check_chain(&store);
    for store in [&store as &dyn Store, &source] {
        accepted(store, &[append("door/acme/2", 2, &["z"])]);
    }
    assert_eq!(store.head(), source.head());
    check_chain(&store);
}

/// A record of another place, of another history or changed is refused, and takes its whole group with it.
pub fn a_record_that_does_not_continue_the_log_is_refused<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let (all, _) = finished();
    let refused = |group: &[Vec<u8>], position: u64, words: &str| {
        let head = store.head();
        match store.append_records(group) {
            Err(StoreError::Unfit { position: at, problem }) => {
                assert_eq!(at, Position(position), "{problem}");
                assert!(problem.contains(words), "{problem}");
            }
            other => panic!("expected it to be refused, not {other:?}"),
        }
        assert_eq!(store.head(), head);
    };
    let mut changed = all[1].clone();
    changed[40] ^= 1;
    refused(&[b"no record".to_vec()], 0, "does not begin with");
    refused(&all[1..2], 0, "expected at 0");
    refused(&[all[0].clone(), all[2].clone()], 3, "expected at 3");
    refused(&[all[0].clone(), changed], 3, "checksum");
    assert_eq!(records(&store, 0), vec![]);
    store.append_records(&all[..2]).expect("they continue an empty log");
    refused(&all[1..2], 4, "expected at 4");
    // Perfect records, but of another history, and of a stream that is elsewhere.
    let other = MemoryStore::new();
    accepted(&other, &[append("door/acme/1", 0, &["a", "b", "c", "d"])]);
    accepted(&other, &[append("door/acme/1", 4, &["e"])]);
    refused(&[records(&other, 4)[0].1.clone()], 4, "follows one with hash");
    let (stream, event) = (stream("door/acme/1"), event("x"));
    let placed = Placed { stream: &stream, version: Version(9), event: &event };
    let forged = seal(Position(4), store.head().hash, &[placed]).remove(0).bytes;
    refused(&[forged], 4, "has version 9 of its stream, expected 4");
    store.append_records(&all[2..]).expect("a refusal breaks nothing");
    check_chain(&store);
}

/// The head's hash covers every record, and an auditor finds nothing.
pub fn records_form_a_chain<S: Store, G>(make: Make<'_, S, G>) {
    let (store, _guard) = make();
    let mut hashes = vec![store.head().hash];
    for version in 0..5 {
        accepted(&store, &[append("door/acme/1", version, &["same"])]);
        hashes.push(store.head().hash);
        check_chain(&store);
    }
    let distinct: std::collections::BTreeSet<[u8; 32]> = hashes.iter().map(|h| h.0).collect();
    assert_eq!(distinct.len(), 6);
    let records = records(&store, 0);
    let last = crate::record::frame::hash_of(&records[4].1);
    assert_eq!(last, store.head().hash);
}

/// While one thread appends, others see groups as a whole or not at all.
pub fn readers_see_whole_groups<S: Store, G>(make: Make<'_, S, G>) {
    const GROUPS: u64 = 40;
    let (store, _guard) = make();
    let store = &store;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for version in 0..GROUPS {
                accepted(store, &[append("door/acme/1", version * 2, &["a", "b"])]);
            }
        });
        for _ in 0..2 {
            scope.spawn(move || {
                let mut seen = 0;
                while seen < GROUPS * 2 {
                    let by_stream = read(store, "door/acme/1", 0).len();
                    let events = scanned(store, 0);
                    assert_eq!((by_stream % 2, events.len() % 2), (0, 0));
                    assert!(by_stream <= events.len());
                    assert!(events.iter().zip(0..).all(|(e, i)| e.position == Position(i)));
                    assert!(events.len() as u64 >= seen);
                    seen = events.len() as u64;
                }
            });
        }
    });
}

/// Random groups over a few streams do what a list of events would.
pub fn many_streams_behave_like_a_simple_model<S: Store, G>(make: Make<'_, S, G>) {
    let item = (0u64..6, 0u64..4, 1usize..4, any::<u8>());
    let groups = prop::collection::vec(prop::collection::vec(item, 0..6), 1..12);
    // Each case makes a store, on disk with several syncs: few cases, many steps.
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
    let run = proptest::test_runner::TestRunner::new(config).run(&groups, |groups| {
        let (store, _guard) = make();
        let mut model: Vec<(StreamId, Version, NewEvent)> = Vec::new();
        let mut versions: BTreeMap<StreamId, u64> = BTreeMap::new();
        for group in groups {
            let mut expected = Vec::new();
            let mut items = Vec::new();
            for (key, off, count, byte) in group {
                let name = stream(&format!("door/acme/{key}"));
                let version = versions.entry(name.clone()).or_default();
                // One in four items expects a version that is wrong.
                let asked = if off == 0 { *version + 1 } else { *version };
                let events: Vec<NewEvent> = (0..count)
                    .map(|i| event(&char::from(byte).to_string().repeat(i * 700 + 1)))
                    .collect();
                if asked == *version {
                    let first = Position(model.len() as u64);
                    for new in &events {
                        *version += 1;
                        model.push((name.clone(), Version(*version), new.clone()));
                    }
                    expected.push(Ok(Appended { first, version: Version(*version) }));
                } else {
                    let (stream, actual) = (name.clone(), Version(*version));
                    expected.push(Err(Conflict { stream, actual, expected: Version(asked) }));
                }
                items.push(Append { stream: name, expected: Version(asked), events });
            }
            prop_assert_eq!(store.append(&items).expect("the append succeeds"), expected);
        }
        let all: Vec<Recorded> = (0..)
            .zip(model)
            .map(|(position, (stream, version, event))| Recorded {
                position: Position(position),
                stream,
                version,
                event,
            })
            .collect();
        prop_assert_eq!(scanned(&store, 0), all.clone());
        for (name, version) in versions {
            let after = version / 2;
            let of_stream = all.iter().filter(|e| e.stream == name && e.version.0 > after);
            prop_assert_eq!(
                read(&store, name.as_str(), after),
                of_stream.cloned().collect::<Vec<_>>()
            );
        }
        check_chain(&store);
        Ok(())
    });
    run.expect("the store behaves like the model");
}
