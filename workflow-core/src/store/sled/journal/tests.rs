//! What the journal must make up for, and what it must not bring back.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{ASIDE, ASIDE_MAX, GROUP_BYTES_MAX, HALF_BYTES, HALVES_BYTES, JOURNAL};
use crate::audit;
use crate::store::Store;
use crate::store::contract::{append, scanned};
use crate::store::sled::SledStore;
use crate::store::sled::marks::MARK_BYTES;
use crate::store::sled::tables::WRITTEN_BACK;
use crate::store::sled::tests::image;

/// A text that cannot be squeezed by much, another one for each number.
fn text(number: u64, bytes: usize) -> String {
    let mut seed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + (seed >> 33) as u8 % 94)
    };
    std::iter::repeat_with(&mut next).take(bytes).collect()
}

fn write(store: &SledStore, number: u64, bytes: usize) {
    let group = [append(&format!("door/acme/{number}"), 0, &[&text(number, bytes), "and more"])];
    assert!(store.append(&group).unwrap()[0].is_ok());
}

/// Opens a copy and compares it with the store.
#[track_caller]
fn has_all(image: &Path, store: &SledStore) {
    let copy = SledStore::open(image).unwrap();
    assert_eq!((copy.head(), scanned(&copy, 0)), (store.head(), scanned(store, 0)));
    audit::verify(&copy, &mut |_| {}).unwrap();
}

#[test]
fn what_sled_never_brought_to_the_disk_is_taken_from_the_journal() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0, 100);
    store.tables.settle().unwrap();
    let before = image(dir.path());
    (1..40).for_each(|number| write(&store, number, 300));
    // A power cut of the strictest kind: of sled's file, what was not synced is gone.
    let cut = image(dir.path());
    fs::copy(before.path().join("log/db"), cut.path().join("log/db")).unwrap();
    has_all(cut.path(), &store);
    // And again after a start that was cut short before the log was served.
    has_all(cut.path(), &store);
}

#[test]
fn its_halves_are_written_over_and_nothing_is_lost_between() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    let bytes = GROUP_BYTES_MAX / 3;
    for number in 0..(8 * HALF_BYTES / bytes) as u64 {
        // Some groups are too large for the journal and go to sled at once.
        write(&store, number, if number % 7 == 3 { 2 * GROUP_BYTES_MAX } else { bytes });
        if number % 5 == 0 {
            has_all(image(dir.path()).path(), &store);
        }
    }
    has_all(image(dir.path()).path(), &store);
    store.set_cursor("poll", b"here").unwrap();
    write(&store, 1_000, bytes);
    has_all(image(dir.path()).path(), &store);
}

#[test]
fn an_item_of_several_records_comes_back_whole_or_not_at_all() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0, 100);
    let (head, before) = (fs::read(dir.path().join("head")).unwrap(), scanned(&store, 0).len());
    let sled = image(dir.path());
    let texts: Vec<String> = (0..12).map(|number| text(number, 2_500)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(store.append(&[append("door/acme/long", 0, &texts)]).unwrap()[0].is_ok());
    let after = image(dir.path());
    let journal = fs::read(after.path().join(JOURNAL)).unwrap();
    let end = journal[..HALVES_BYTES].iter().rposition(|byte| *byte != 0).unwrap();
    for cut in (0..end).step_by(1_501).chain([end, end + 1]) {
        let harmed = image(sled.path());
        fs::write(harmed.path().join("head"), &head).unwrap();
        let mut journal = journal.clone();
        journal[cut..HALVES_BYTES].fill(0);
        fs::write(harmed.path().join(JOURNAL), journal).unwrap();
        match SledStore::open(harmed.path()) {
            Ok(store) => {
                let served = scanned(&store, 0).len();
                let expected = if cut == end + 1 { before + texts.len() } else { before };
                assert_eq!(served, expected, "cut at {cut} of {end}");
            }
            // Cut into what was acknowledged before: sled had not brought it to the disk.
            Err(error) => assert!(cut < 400, "cut at {cut}: {error}"),
        }
    }
}

#[test]
fn a_clean_stop_leaves_none() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0, 100);
    let length = fs::metadata(dir.path().join(JOURNAL)).unwrap().len();
    assert_eq!(length, (HALVES_BYTES + MARK_BYTES) as u64);
    store.close().unwrap();
    assert!(!dir.path().join(JOURNAL).exists());
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(scanned(&store, 0).len(), 2);
    drop(store);
    assert!(!dir.path().join(JOURNAL).exists());
}

/// What sled was told to bring to the disk and the system never did, though it shows it until the power is cut.
#[test]
fn a_journal_left_by_a_failed_sync_outlives_the_starts_after_it() {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    write(&store, 0, 100);
    store.tables.settle().unwrap();
    let mut on_disk = image(dir.path());
    (1..40).for_each(|number| write(&store, number, 300));
    store.tables.fail_once();
    assert!(store.tables.settle().is_err());
    drop(store);
    // What a process is shown that starts then is whole, and it writes on. More starts than journals are kept.
    for start in 0..3 * ASIDE_MAX as u64 {
        let (shown, before) = (image(dir.path()), WRITTEN_BACK.get());
        let store = SledStore::open(dir.path()).unwrap();
        if WRITTEN_BACK.get() > before {
            on_disk = shown;
        }
        write(&store, 100 + start, 300);
        let cut = image(dir.path());
        fs::remove_dir_all(cut.path().join("log")).unwrap();
        copy(&on_disk.path().join("log"), &cut.path().join("log"));
        has_all(cut.path(), &store);
        // Killed: no clean stop.
        let killed = image(dir.path());
        drop(store);
        fs::remove_dir_all(dir.path()).unwrap();
        copy(killed.path(), dir.path());
    }
    assert!(WRITTEN_BACK.get() > 0, "there were more journals than are kept");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn few_journals_are_kept_and_none_goes_before_sled_has_what_it_holds() {
    let dir = TempDir::new().unwrap();
    let aside = || {
        let names = fs::read_dir(dir.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(ASIDE)).collect();
        names.sort();
        names
    };
    let mut kept = Vec::new();
    for number in 0..7 {
        let before = WRITTEN_BACK.get();
        let store = SledStore::open(dir.path()).unwrap();
        kept.push((aside().len(), WRITTEN_BACK.get() > before));
        write(&store, number, 100);
        let killed = image(dir.path());
        drop(store);
        fs::copy(killed.path().join(JOURNAL), dir.path().join(JOURNAL)).unwrap();
        drop(fs::remove_file(dir.path().join("stopped")));
    }
    drop(SledStore::open(dir.path()).unwrap());
    // With a fifth sled's files are written over, and the four before it can go.
    let few = [0, 1, 2, 3, 4].map(|count| (count, false));
    assert_eq!(kept, [&few[..], &[(1, true), (2, false)]].concat());
    let ends = [10, 12, 14].map(|end| format!("{ASIDE}{end:020}"));
    assert_eq!(aside(), ends);
    // A clean stop leaves no journal, and nothing is set aside after it.
    SledStore::open(dir.path()).unwrap().close().unwrap();
    drop(SledStore::open(dir.path()).unwrap());
    assert_eq!(aside(), ends);
}
