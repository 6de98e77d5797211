//! An auditor finds each kind of damage and says where.

use proptest::prelude::*;

use super::*;
use crate::id::Version;
use crate::record::Hash;
use crate::record::frame::{Placed, seal};
use crate::store::StoreError;
use crate::store::contract::{append, event, records, stream};
use crate::store::memory::MemoryStore;
use crate::store::wrapper::Wrapper;

/// Records as they are, and a head. An auditor reads nothing else.
struct Forged {
    records: Vec<(Position, Vec<u8>)>,
    head: Head,
    nothing: MemoryStore,
}

impl Wrapper for Forged {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.nothing
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let before = self.records.iter().rposition(|(first, _)| *first <= from);
        let _all_or_some = self.records[before.unwrap_or(0)..]
            .iter()
            .try_for_each(|(first, bytes)| each(*first, bytes));
        Ok(())
    }

    fn head(&self) -> Head {
        self.head
    }
}

/// Five records: positions 0, 2, 4, 6, 8; head at 10.
fn good() -> Forged {
    let store = MemoryStore::new();
    for version in 0..5 {
        store.append(&[append("door/acme/1", version * 2, &["a", "b"])]).unwrap();
    }
    Forged { records: records(&store, 0), head: store.head(), nothing: MemoryStore::new() }
}

#[track_caller]
fn finds(position: u64, words: &str, forge: impl FnOnce(&mut Forged)) {
    let mut forged = good();
    forge(&mut forged);
    let damage = verify(&forged, &mut |_| {}).unwrap_err();
    assert_eq!(damage.position, Position(position), "{damage}");
    assert!(damage.problem.contains(words), "{damage}");
}

#[test]
fn an_undamaged_log_is_counted() {
    let (good, mut seen) = (good(), Vec::new());
    let verified = verify(&good, &mut |position| seen.push(position.0)).unwrap();
    assert_eq!(verified, Verified { from: Position(0), records: 5, events: 10, head: good.head });
    assert_eq!(seen, [2, 4, 6, 8, 10]);
}

#[test]
fn missing_moved_and_replaced_records_are_found() {
    finds(4, "records are missing", |log| drop(log.records.remove(2)));
    finds(0, "records are missing", |log| drop(log.records.remove(0)));
    finds(2, "it was moved here", |log| log.records[1].1 = log.records[2].1.clone());
    finds(8, "the log ends here, but was noted to reach to 10", |log| drop(log.records.pop()));
    finds(0, "the log ends here", |log| log.records.clear());
    finds(8, "was noted to end at 10", |log| log.head.hash = Hash([1; 32]));
    finds(4, "have no end there", |log| log.head.next = Position(5));
    finds(0, "was noted to end at 0", |log| (log.records.clear(), log.head.next = Position(0)).0);
}

#[test]
fn a_rewritten_history_is_found() {
    let resealed = |text: &str, version: u64, name: &str| {
        let (stream, event) = (stream(name), event(text));
        let versions = [version, version + 1].map(Version);
        let placed = versions.map(|version| Placed { stream: &stream, version, event: &event });
        seal(Position(4), good_hash(2), &placed).remove(0).bytes
    };
    // The forged record itself is perfect: the next one does not name it.
    finds(6, "follows one with hash", |log| {
        log.records[2].1 = resealed("forged", 5, "door/acme/1")
    });
    finds(4, "has version 7 of its stream, expected 5", |log| {
        log.records[2].1 = resealed("a", 7, "door/acme/1");
    });
    finds(4, "has version 5 of its stream, expected 1", |log| {
        log.records[2].1 = resealed("a", 5, "door/acme/2");
    });
}

#[track_caller]
fn part(from: u64, to: Option<u64>, forge: impl FnOnce(&mut Forged)) -> Result<Verified, Damage> {
    let mut forged = good();
    forge(&mut forged);
    let extent = Extent { from: Position(from), to: to.map(Position), ends: Vec::new() };
    verify_extent(&forged, &extent, &mut |_| {})
}

#[test]
fn a_part_is_checked_against_its_neighbours_and_nothing_else() {
    let covered = |from, to| {
        let part = part(from, to, |_| {}).unwrap();
        (part.from.0, part.head.next.0, part.records, part.events)
    };
    assert_eq!(covered(0, None), (0, 10, 5, 10));
    assert_eq!(covered(2, Some(5)), (2, 6, 2, 4));
    assert_eq!(covered(3, Some(3)), (2, 4, 1, 2));
    assert_eq!(covered(9, None), (8, 10, 1, 2));
    assert_eq!(covered(0, Some(0)), (0, 2, 1, 2));

    let flip = |record: usize| move |log: &mut Forged| log.records[record].1[60] ^= 1;
    // The records at 4 and 6 are asked for; the one before is the anchor, the one behind must follow.
    for (record, found) in [(0, None), (1, Some(2)), (2, Some(4)), (3, Some(6)), (4, Some(8))] {
        let damage = part(4, Some(7), flip(record)).err().map(|damage| damage.position.0);
        assert_eq!(damage, found, "record {record}");
    }
    for (from, to) in [(10, None), (4, Some(3)), (0, Some(10))] {
        let damage = part(from, to, |_| {}).unwrap_err();
        assert!(damage.problem.contains("no such event"), "{damage}");
    }
    let damage = part(4, None, |log| drop(log.records.pop())).unwrap_err();
    assert!(damage.problem.contains("the log ends here"), "{damage}");
}

#[test]
fn the_log_must_reach_every_end_that_it_is_known_to_have_had() {
    let check = |from, ends: Vec<Head>| {
        let extent = Extent { from: Position(from), to: None, ends };
        verify_extent(&good(), &extent, &mut |_| {}).map_err(|damage| damage.to_string())
    };
    let end = |next, hash| Head { next: Position(next), hash };
    let ends =
        || (0..=5).map(|r| end(r * 2, if r == 0 { Hash::GENESIS } else { good_hash(r as usize) }));
    for from in 0..10 {
        assert!(check(from, ends().collect()).is_ok(), "from {from}");
    }
    let other = Hash([1; 32]);
    for (next, words) in [
        (0, "was noted to end at 0"),
        (3, "have no end there"),
        (6, "was noted to end at 6"),
        (10, "was noted to end at 10"),
        (12, "its tail was cut"),
    ] {
        let error = check(0, ends().chain([end(next, other)]).collect()).unwrap_err();
        assert!(error.contains(words), "{next}: {error}");
    }
    // What lies before the part is not looked at.
    assert!(check(8, vec![end(6, other)]).is_ok());
}

fn good_hash(record: usize) -> Hash {
    crate::record::frame::hash_of(&good().records[record - 1].1)
}

#[test]
fn another_format_is_named() {
    finds(6, "has format 2", |log| log.records[3].1[3] = 2);
}

proptest! {
    #[test]
    fn a_changed_byte_is_found_in_its_record(
        record in 0usize..5, at in any::<prop::sample::Index>(), change in 1u8..,
    ) {
        let mut forged = good();
        let bytes = &mut forged.records[record].1;
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let damage = verify(&forged, &mut |_| {}).unwrap_err();
        prop_assert_eq!(damage.position, Position(record as u64 * 2));
    }
}
