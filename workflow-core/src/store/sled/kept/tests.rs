//! With a checkpoint or without, whole, old, foreign or broken: the store opens to the same log.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{INDEX, STREAMS};
use crate::id::{Position, Version};
use crate::record::Recorded;
use crate::store::contract::{append, scanned, stream};
use crate::store::sled::SledStore;
use crate::store::{Head, Store};

const STREAMS_MAX: u64 = 50;

/// Appends `count` groups, each of three events of one of a few streams.
fn grow(store: &SledStore, count: u64) {
    for _ in 0..count {
        let at = store.head().next.0;
        let name = format!("door/acme/{}", at / 3 * 7 % STREAMS_MAX);
        let version = store.read_stream(&stream(&name), Version::NONE).unwrap().len() as u64;
        let group = [append(&name, version, &["a", "b", "c"])];
        assert!(store.append(&group).unwrap()[0].is_ok());
    }
}

/// All that can be asked of a store about its log.
fn seen(store: &SledStore) -> (Head, Vec<Recorded>, Vec<Vec<Recorded>>) {
    let of = |i| {
        let stream = stream(&format!("door/acme/{i}"));
        store.read_stream(&stream, Version(i % 4)).unwrap()
    };
    (store.head(), scanned(store, 0), (0..STREAMS_MAX).map(of).collect())
}

#[track_caller]
fn opens_the_same(dir: &Path) {
    let with = {
        let store = SledStore::open(dir).unwrap();
        let seen = seen(&store);
        // It goes on from there.
        drop(store);
        seen
    };
    assert_eq!(seen(&SledStore::open_reading_all(dir).unwrap()), with);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

#[test]
fn what_a_checkpoint_knows_is_not_read_again_and_is_the_same() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 60);
    store.checkpoint().unwrap();
    let checkpoint = fs::read(dir.path().join(INDEX).join(STREAMS)).unwrap();
    drop(store);
    opens_the_same(dir.path());
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(store.keeper.reaches_to(), Position(180), "the checkpoint was taken");
    grow(&store, 30);
    drop(store);
    // It has grown old.
    assert_eq!(fs::read(dir.path().join(INDEX).join(STREAMS)).unwrap(), checkpoint);
    opens_the_same(dir.path());
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!((store.keeper.reaches_to(), store.head().next), (Position(180), Position(270)));
}

#[test]
fn a_shelf_holds_what_memory_need_not() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    for round in 0..4 {
        grow(&store, 40);
        store.keeper.shelve_now().unwrap();
        assert_eq!(store.known().streams.in_memory(), 0);
        grow(&store, 5 + round);
        let before = seen(&store);
        store.checkpoint().unwrap();
        assert_eq!(seen(&store), before);
    }
    drop(store);
    opens_the_same(dir.path());
    let shelves = fs::read_dir(dir.path().join(INDEX)).unwrap().count();
    assert_eq!(shelves, 2, "one shelf and what names it");
}

#[test]
fn a_checkpoint_of_another_log_is_left_aside() {
    let (mine, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for (dir, groups) in [(&mine, 40), (&other, 41)] {
        let store = SledStore::open(dir.path()).unwrap();
        // Another beginning, so that no hash is the same.
        let name = format!("door/acme/x{groups}");
        assert!(store.append(&[append(&name, 0, &["x"])]).unwrap()[0].is_ok());
        grow(&store, groups);
        store.keeper.shelve_now().unwrap();
        grow(&store, 3);
        store.checkpoint().unwrap();
    }
    let expected = seen(&SledStore::open_reading_all(mine.path()).unwrap());
    fs::remove_dir_all(mine.path().join(INDEX)).unwrap();
    copy(&other.path().join(INDEX), &mine.path().join(INDEX));
    let store = SledStore::open(mine.path()).unwrap();
    assert_eq!(store.keeper.reaches_to(), Position(0), "it was not taken");
    assert_eq!(seen(&store), expected);
}

#[test]
fn a_checkpoint_younger_than_the_log_is_left_aside() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 20);
    store.checkpoint().unwrap();
    drop(store);
    let old = TempDir::new().unwrap();
    copy(dir.path(), old.path());
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 20);
    store.checkpoint().unwrap();
    drop(store);
    // As after a restore that took the log of one day and the index of the next.
    fs::remove_dir_all(old.path().join(INDEX)).unwrap();
    copy(&dir.path().join(INDEX), &old.path().join(INDEX));
    let store = SledStore::open(old.path()).unwrap();
    assert_eq!((store.keeper.reaches_to(), store.head().next), (Position(0), Position(60)));
    drop(store);
    opens_the_same(old.path());
}

#[test]
fn half_written_and_garbled_files_are_left_aside() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 50);
    store.keeper.shelve_now().unwrap();
    grow(&store, 10);
    store.checkpoint().unwrap();
    drop(store);
    let expected = seen(&SledStore::open_reading_all(dir.path()).unwrap());
    let index = dir.path().join(INDEX);
    let names: Vec<_> = fs::read_dir(&index).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 2);
    for path in names {
        let good = fs::read(&path).unwrap();
        let harmed = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 4;
            bytes
        };
        let cuts = [0, 1, good.len() / 3, good.len() - 1].map(|length| good[..length].to_vec());
        let flips = [0, 9, good.len() / 2, good.len() - 1].map(harmed);
        for bytes in cuts.into_iter().chain(flips) {
            fs::write(&path, &bytes).unwrap();
            // What a killed process leaves beside it.
            fs::write(path.with_extension("new"), &bytes).unwrap();
            let opened = SledStore::open(dir.path()).unwrap();
            // A block of a shelf is checked when it is read, and heals with the next start.
            let readable = (0..STREAMS_MAX).all(|i| {
                let stream = stream(&format!("door/acme/{i}"));
                opened.read_stream(&stream, Version::NONE).is_ok()
            });
            assert!(readable || path.to_string_lossy().contains("streams-"));
            drop(opened);
            let opened = SledStore::open(dir.path()).unwrap();
            assert_eq!(seen(&opened), expected, "{}, {} bytes", path.display(), bytes.len());
            drop(opened);
            fs::remove_file(path.with_extension("new")).unwrap();
        }
        fs::write(&path, &good).unwrap();
    }
    opens_the_same(dir.path());
}

#[test]
fn the_index_is_no_part_of_the_proof_of_a_clean_stop() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 20);
    store.checkpoint().unwrap();
    store.close().unwrap();
    fs::remove_dir_all(dir.path().join(INDEX)).unwrap();
    assert!(SledStore::check_stopped(dir.path()).is_ok());
}

#[test]
fn a_checkpoint_is_written_while_the_log_goes_on() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    grow(&store, 20);
    std::thread::scope(|threads| {
        let growing = threads.spawn(|| grow(&store, 150));
        while !growing.is_finished() {
            store.checkpoint().unwrap();
            store.keeper.shelve_now().unwrap();
        }
    });
    let before = seen(&store);
    drop(store);
    opens_the_same(dir.path());
    assert_eq!(seen(&SledStore::open(dir.path()).unwrap()), before);
}
