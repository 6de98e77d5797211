//! A log arrives as it was, wherever its migration was cut short, and never over another.

use super::*;
use crate::store::contract::{append, records};
use crate::store::memory::MemoryStore;
use crate::store::sled::SledStore;

/// Nine records of which two make a group, and two cursors.
fn log() -> MemoryStore {
    let store = MemoryStore::new();
    for version in 0..9 {
        let text = format!("{version}").repeat(GROUP_BYTES / 2);
        let stream = format!("door/acme/{}", version % 2);
        store.append(&[append(&stream, version / 2, &[&text])]).unwrap();
    }
    store.set_cursor("acme/poll", b"\xff\x00 here").unwrap();
    store.set_cursor("acme/sweep", b"").unwrap();
    store
}

#[track_caller]
fn assert_same(left: &dyn Store, right: &dyn Store) {
    assert_eq!(left.head(), right.head());
    assert!(records(left, 0) == records(right, 0), "other bytes");
    assert_eq!(left.cursors().unwrap(), right.cursors().unwrap());
}

#[test]
fn a_log_goes_to_another_store_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let (first, there) = (log(), SledStore::open(dir.path()).unwrap());
    let mut steps = Vec::new();
    let migrated = migrate(&first, &there, &mut |step| steps.push(step)).unwrap();
    assert_same(&first, &there);
    assert_eq!((migrated.from, migrated.cursors), (Position(0), 2));
    assert_eq!((migrated.verified.events, migrated.verified.head), (9, first.head()));
    let copied = [2, 4, 6, 8, 9].map(|at| Step::Copied(Position(at)));
    assert_eq!(steps[..5], copied);
    assert_eq!(steps.last(), Some(&Step::Verified(Position(9))));

    let back = MemoryStore::new();
    migrate(&there, &back, &mut |_| {}).unwrap();
    assert_same(&first, &back);
}

#[test]
fn one_that_was_cut_short_goes_on_and_a_second_brings_the_rest() {
    let (source, target) = (log(), MemoryStore::new());
    let first: Vec<Vec<u8>> = records(&source, 0)[..4].iter().map(|(_, r)| r.clone()).collect();
    target.append_records(&first).unwrap();
    let mut steps = Vec::new();
    let migrated = migrate(&source, &target, &mut |step| steps.push(step)).unwrap();
    assert_eq!(migrated.from, Position(4));
    assert_eq!(steps[0], Step::Copied(Position(6)), "what was there is not copied again");
    assert_same(&source, &target);

    source.append(&[append("door/acme/2", 0, &["later"])]).unwrap();
    source.set_cursor("acme/poll", b"further").unwrap();
    let migrated = migrate(&source, &target, &mut |_| {}).unwrap();
    assert_eq!(migrated.from, Position(9));
    assert_same(&source, &target);
    let again = migrate(&source, &target, &mut |_| {}).unwrap();
    assert_eq!((again.from, again.verified.events), (Position(10), 10));
}

#[test]
fn a_target_that_is_ahead_or_another_log_is_left_alone() {
    let (source, target) = (log(), MemoryStore::new());
    migrate(&source, &target, &mut |_| {}).unwrap();
    target.append(&[append("door/acme/2", 0, &["its own"])]).unwrap();
    let before = target.head();
    let refused = migrate(&source, &target, &mut |_| {}).unwrap_err();
    let expected = (Position(10), Position(9));
    assert!(
        matches!(refused, MigrateError::Ahead { target, source_end } if (target, source_end) == expected),
        "{refused}"
    );
    source.append(&[append("door/acme/3", 0, &["here", "too"])]).unwrap();
    let refused = migrate(&source, &target, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, MigrateError::Differs(_)), "{refused}");
    assert_eq!(target.head(), before);
}

#[test]
fn a_damaged_source_is_brought_over_as_far_as_it_is_whole() {
    let source = log();
    let (damaged, whole) = (MemoryStore::new(), records(&source, 0));
    let kept: Vec<Vec<u8>> = whole.iter().map(|(_, record)| record.clone()).collect();
    damaged.append_records(&kept).unwrap();
    damaged.flip_a_bit_at(Position(5));
    let target = MemoryStore::new();
    let refused = migrate(&damaged, &target, &mut |_| {}).unwrap_err();
    let found = matches!(&refused, MigrateError::Source { position: Position(5), .. });
    assert!(found, "{refused}");
    assert_eq!(target.head().next, Position(4), "the groups before it");
    assert!(target.cursors().unwrap().is_empty(), "a mark is never ahead of the log");
    // Repaired, it goes on.
    migrate(&source, &target, &mut |_| {}).unwrap();
    assert_same(&source, &target);
}
