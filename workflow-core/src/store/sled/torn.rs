//! Torn tails and garbled bytes: harm at every offset of the last records in the journal or in sled's file, then an open.
//!
//! What must hold: the log is refused as damaged, or it is served whole. Only where the last records were never
//! acknowledged, as after a power cut, may it end before them; it must then end between two records, and can be
//! written on. The head file says nothing about that: after a power cut it may be an old one.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::tests::image;
use crate::audit;
use crate::record::Recorded;
use crate::store::contract::{append, scanned};
use crate::store::sled::SledStore;
use crate::store::sled::journal::{HALVES_BYTES, JOURNAL};
use crate::store::{Store, StoreError};

/// Records before the last ones, and the last ones, whose bytes are harmed.
const BEFORE: u64 = 6;
const LAST: u64 = 3;
/// Sled's file.
const DB: &str = "log/db";
/// What sled puts before a record's bytes: its header and the tree's own words, with some to spare.
const HEADER_BYTES: usize = 40;

/// At every so manyth offset the proof of the clean stop is asked too, which hashes all files.
const HASHED_EVERY: usize = 9;

#[derive(Clone, Copy, Debug)]
enum Harm {
    /// The file ends here.
    Cut,
    /// One bit is another.
    Flip,
    /// From here to the end of the last records there is nothing but zeros.
    Zero,
}

/// What became of the harmed logs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Refused as damaged.
    refused: u32,
    /// Served whole: the byte was of no consequence.
    whole: u32,
    /// Served as far as it was acknowledged, or further.
    shorter: u32,
}

/// A log whose records' bytes can be found again in one of its files.
struct Log {
    image: TempDir,
    file: &'static str,
    events: Vec<Recorded>,
    acknowledged: usize,
}

fn marker(record: u64) -> String {
    format!("the bytes of record {record}")
}

/// Each in a group of its own: the one before was acknowledged.
fn write(store: &SledStore, records: std::ops::Range<u64>) {
    records.for_each(|record| write_together(store, record..record + 1));
}

/// All in one group.
fn write_together(store: &SledStore, records: std::ops::Range<u64>) {
    let append = |record| append(&format!("door/acme/{record}"), 0, &[&marker(record), "and more"]);
    let group: Vec<_> = records.map(append).collect();
    assert!(store.append(&group).unwrap().iter().all(Result::is_ok));
}

/// As a killed process leaves it: the last records are in the journal alone, or in sled's file too.
fn killed(file: &'static str) -> Log {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0..BEFORE + LAST);
    if file == DB {
        store.tables.settle().unwrap();
    }
    let events = scanned(&store, 0);
    Log { image: image(dir.path()), file, acknowledged: events.len(), events }
}

/// As a clean stop leaves it.
fn stopped() -> Log {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0..BEFORE + LAST);
    let events = scanned(&store, 0);
    store.close().unwrap();
    Log { image: dir, file: DB, acknowledged: events.len(), events }
}

/// As a power cut leaves it: the file holds a group more than what was acknowledged. Sled's has it alone where the group
/// was too large for the journal. Of the head there is what it was at the start.
fn power_cut(file: &'static str) -> Log {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    let head = fs::read(dir.path().join("head")).unwrap();
    write(&store, 0..BEFORE);
    if file == DB {
        store.tables.settle().unwrap();
    }
    let acknowledged = scanned(&store, 0).len();
    let journal = fs::read(dir.path().join(JOURNAL)).unwrap();
    write_together(&store, BEFORE..BEFORE + LAST);
    if file == DB {
        store.tables.settle().unwrap();
    }
    let image = image(dir.path());
    fs::write(image.path().join("head"), head).unwrap();
    if file == DB {
        fs::write(image.path().join(JOURNAL), journal).unwrap();
    }
    Log { image, file, events: scanned(&store, 0), acknowledged }
}

/// The same, but that each of the last records is a group of its own: all but the last one were acknowledged.
fn power_cut_later() -> Log {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    let head = fs::read(dir.path().join("head")).unwrap();
    write(&store, 0..BEFORE + LAST - 1);
    let acknowledged = scanned(&store, 0).len();
    write(&store, BEFORE + LAST - 1..BEFORE + LAST);
    let image = image(dir.path());
    fs::write(image.path().join("head"), head).unwrap();
    Log { image, file: JOURNAL, events: scanned(&store, 0), acknowledged }
}

/// From where the last records begin in the file to the last byte that is not zero.
fn tail(file: &str, db: &[u8]) -> std::ops::Range<usize> {
    let found = |record| {
        let marker = marker(record).into_bytes();
        db.windows(marker.len()).rposition(|window| window == marker)
    };
    // Of records that are squeezed together only the first stands there in so many words.
    let first = (BEFORE..BEFORE + LAST).filter_map(found).min().unwrap();
    // Behind the journal's halves there is a mark.
    let end = if file == JOURNAL { HALVES_BYTES } else { db.len() };
    let end = db[..end].iter().rposition(|byte| *byte != 0).unwrap();
    first - HEADER_BYTES..end + 1
}

fn harmed(db: &[u8], harm: Harm, at: usize, end: usize) -> Vec<u8> {
    let mut db = db.to_vec();
    match harm {
        Harm::Cut => db.truncate(at),
        Harm::Flip => db[at] ^= 1 << (at % 8),
        Harm::Zero => db[at..end].fill(0),
    }
    db
}

/// Harms a copy at every offset of the tail and opens it. Anything but what the top of this file allows is a failure.
fn tally(log: &Log, harm: Harm, also: impl Fn(&Path)) -> Tally {
    let file = Path::new(log.file);
    let db = fs::read(log.image.path().join(file)).unwrap();
    let mut tally = Tally::default();
    let tail = tail(log.file, &db);
    for at in tail.clone() {
        let copy = image(log.image.path());
        let bytes = harmed(&db, harm, at, tail.end);
        let bytes_differ = bytes != db;
        fs::write(copy.path().join(file), bytes).unwrap();
        if at % HASHED_EVERY == 0 && bytes_differ {
            also(copy.path());
        }
        let store = match SledStore::open(copy.path()) {
            Ok(store) => store,
            Err(StoreError::Damaged { .. }) => {
                tally.refused += 1;
                continue;
            }
            Err(other) => panic!("{harm:?} at {at}: {other:?}"),
        };
        let served = scanned(&store, 0);
        assert!(log.events.starts_with(&served), "{harm:?} at {at} serves what was never written");
        assert!(served.len() >= log.acknowledged, "{harm:?} at {at}: lost in silence");
        assert_eq!(served.len() % 2, 0, "{harm:?} at {at}: half a record is served");
        audit::verify(&store, &mut |_| {}).unwrap();
        if served.len() == log.events.len() {
            tally.whole += 1;
        } else {
            tally.shorter += 1;
            write(&store, 100..101);
            assert_eq!(scanned(&store, 0).len(), served.len() + 2, "{harm:?} at {at}");
        }
        end_without_proof(&store);
    }
    tally
}

/// Hashing its files would take most of a store's life here.
fn end_without_proof(store: &SledStore) {
    let ended = store.place.write::<()>("ending", |_| {
        let source = "the proof of a clean stop is not wanted".into();
        Err(StoreError::Io { action: "ending", source })
    });
    assert!(ended.is_err());
}

#[allow(clippy::print_stdout, reason = "a test's figures")]
fn say(what: &str, harm: Harm, tally: &Tally) {
    println!("{what}, {harm:?} at every offset: {tally:?}, 0 lost in silence");
}

#[test]
fn harm_to_the_tail_that_a_kill_left_is_refused_or_changes_nothing() {
    let log = killed(JOURNAL);
    for harm in [Harm::Cut, Harm::Flip, Harm::Zero] {
        let tally = tally(&log, harm, |_| {});
        say("after a kill", harm, &tally);
        assert!(tally.shorter == 0 && tally.refused > 100, "{tally:?}");
    }
}

#[test]
fn what_sled_lost_of_its_tail_is_taken_from_the_journal() {
    let log = killed(DB);
    for harm in [Harm::Cut, Harm::Flip, Harm::Zero] {
        let tally = tally(&log, harm, |_| {});
        say("sled's file after a kill", harm, &tally);
        assert!(tally.shorter == 0 && tally.whole > 100, "{tally:?}");
    }
}

#[test]
fn harm_to_the_tail_after_a_clean_stop_is_always_found() {
    let log = stopped();
    for harm in [Harm::Cut, Harm::Flip, Harm::Zero] {
        let tally = tally(&log, harm, |dir| {
            let found = SledStore::check_stopped(dir);
            assert!(matches!(found, Err(StoreError::Damaged { .. })), "{harm:?}: {found:?}");
        });
        say("after a clean stop", harm, &tally);
        assert!(tally.shorter == 0, "{tally:?}");
    }
}

#[test]
fn a_torn_tail_that_was_never_acknowledged_ends_between_two_records() {
    for file in [JOURNAL, DB] {
        let log = power_cut(file);
        // The journal has its length from the beginning.
        let harms = [Harm::Cut, Harm::Flip, Harm::Zero].into_iter();
        for harm in harms.skip(usize::from(file == JOURNAL)) {
            let tally = tally(&log, harm, |_| {});
            say("after a power cut", harm, &tally);
            assert!(tally.shorter > 100, "{file}: {tally:?}");
        }
    }
}

#[test]
fn what_was_acknowledged_is_not_taken_for_torn_because_the_head_is_an_old_one() {
    let log = power_cut_later();
    // Zeros to the very end leave no mark behind them.
    for harm in [Harm::Cut, Harm::Flip] {
        let tally = tally(&log, harm, |_| {});
        say("after a power cut that took the head's last words", harm, &tally);
        assert!(tally.refused > 100, "{tally:?}");
    }
}
