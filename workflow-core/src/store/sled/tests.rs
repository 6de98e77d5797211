//! What a store on disk must do beyond the contract: survive what may happen to a directory, or refuse it.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::audit;
use crate::record::Hash;
use crate::store::contract::{append, scanned, stream};

fn temporary() -> (SledStore, TempDir) {
    let dir = TempDir::new().unwrap();
    (SledStore::open(dir.path()).unwrap(), dir)
}

crate::store_contract!(temporary);

const EVENTS: u64 = 120;

/// A store with 40 records of three events and a cursor.
fn filled() -> (SledStore, TempDir) {
    let (store, dir) = temporary();
    let text = "some content ".repeat(20);
    for i in 0..EVENTS / 3 {
        let group = [append(&format!("door/acme/{i}"), 0, &[&text, "b", "c"])];
        assert!(store.append(&group).unwrap()[0].is_ok());
    }
    store.set_cursor("poll", b"here").unwrap();
    (store, dir)
}

/// The contract allows more, for stores that keep no pages.
#[test]
fn records_of_a_group_fit_seventeen_to_a_page() {
    let (store, _dir) = temporary();
    let text = "x".repeat(300);
    let name = |i: u64| format!("door/acme/{i}");
    let group: Vec<_> = (0..256).map(|i| append(&name(i), 0, &[&text])).collect();
    assert!(store.append(&group).unwrap().iter().all(Result::is_ok));
    let mut largest = 0;
    let each = &mut |_, record: &[u8]| {
        largest = largest.max(record.len());
        ControlFlow::Continue(())
    };
    store.scan_records(Position(0), each).unwrap();
    assert!((FRAME_BYTES_TARGET / 2..=FRAME_BYTES_TARGET).contains(&largest), "{largest}");
}

/// The directory of a store that was stopped cleanly, twice, so that sled has a snapshot.
fn stopped() -> (TempDir, Vec<Recorded>) {
    let (store, dir) = filled();
    store.close().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    let events = scanned(&store, 0);
    store.close().unwrap();
    (dir, events)
}

/// A copy of a directory, as a process killed at this moment would leave it, but for the reserve, which holds nothing.
pub(super) fn image(dir: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
            if path.is_dir() {
                copy(&path, &to);
            } else if !path.ends_with(room::RESERVE) {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
    let to = in_memory();
    copy(dir, to.path());
    to
}

/// A directory whose syncs cost nothing, where the system has such a place: what an image is for needs none.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// All files but the lock, which says nothing about the log.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "lock" {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    let is_snapshot =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("snap.");
    files(&dir.join("log")).into_iter().filter(is_snapshot).collect()
}

/// Sled's tree of records, to do harm in a way that sled finds in order.
fn with_sled(dir: &Path, harm: impl FnOnce(&::sled::Tree)) {
    let db = ::sled::Config::new().path(dir.join("log")).flush_every_ms(None).open().unwrap();
    harm(&db.open_tree("log").unwrap());
    db.flush().unwrap();
    let log = dir.join("log/db");
    drop(db);
    // Sled's threads hold the file a moment longer.
    fs::File::open(log).unwrap().lock().unwrap();
}

#[track_caller]
fn refused(dir: &Path, at: u64, words: &str) {
    match SledStore::open(dir) {
        Err(StoreError::Damaged { position, problem }) => {
            assert!(problem.contains(words), "{problem}");
            assert_eq!(position, Position(at), "{problem}");
        }
        other => panic!("not refused as damaged: {other:?}"),
    }
}

#[test]
fn reopening_keeps_everything() {
    let (store, dir) = filled();
    let (head, events) = (store.head(), scanned(&store, 0));
    store.close().unwrap();
    for round in 0..3 {
        assert!(matches!(SledStore::check_stopped(dir.path()), Ok(Stopped::Clean { .. })));
        let store = SledStore::open(dir.path()).unwrap();
        assert_eq!((store.head(), scanned(&store, 0)), (head, events.clone()), "round {round}");
        assert_eq!(store.cursor("poll").unwrap(), Some(b"here".to_vec()));
        assert_eq!(store.read_stream(&stream("door/acme/7"), Version(1)).unwrap().len(), 2);
        // Dropping is a clean stop too.
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let (store, dir) = filled();
    for version in 3..10 {
        store.append(&[append("door/acme/1", version, &["more"])]).unwrap();
        let image = image(dir.path());
        assert_eq!(SledStore::check_stopped(image.path()).unwrap(), Stopped::Unclean);
        let reopened = SledStore::open(image.path()).unwrap();
        assert_eq!(reopened.head(), store.head());
        assert_eq!(reopened.cursor("poll").unwrap(), Some(b"here".to_vec()));
        audit::verify(&reopened, &mut |_| {}).unwrap();
    }
}

#[test]
fn a_half_written_snapshot_is_removed() {
    let (dir, events) = stopped();
    let garbage = dir.path().join("log/snap.00000000000FFFFF.generating");
    fs::write(&garbage, b"half").unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(scanned(&store, 0), events);
    assert!(!garbage.exists());
}

#[test]
fn a_damaged_snapshot_is_set_aside() {
    let (dir, events) = stopped();
    let damaged = snapshots(dir.path());
    assert!(!damaged.is_empty());
    for path in &damaged {
        fs::write(path, b"these are not the bytes of a snapshot").unwrap();
    }
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(scanned(&store, 0), events);
    for path in damaged {
        assert!(dir.path().join("set-aside").join(path.file_name().unwrap()).exists());
    }
}

#[test]
fn the_second_to_open_is_told_who_holds_it() {
    let (store, dir) = filled();
    let in_use = |result: Result<(), StoreError>| match result {
        Err(StoreError::InUse { path, holder }) => {
            assert_eq!(path, dir.path().display().to_string());
            let process = format!("process {} (", std::process::id());
            assert!(holder.starts_with(&process) && holder.contains(", since 2"), "{holder}");
        }
        other => panic!("not refused as in use: {other:?}"),
    };
    in_use(SledStore::open(dir.path()).map(drop));
    in_use(SledStore::check_stopped(dir.path()).map(drop));
    drop(store);
    SledStore::open(dir.path()).unwrap();
}

#[test]
fn a_cut_tail_is_refused() {
    let (dir, _) = stopped();
    with_sled(dir.path(), |log| {
        log.pop_max().unwrap();
    });
    refused(dir.path(), 117, "was noted to reach to 120: its tail was cut; restore a backup");
    with_sled(dir.path(), |log| log.clear().unwrap());
    refused(dir.path(), 0, "its tail was cut");
    fs::remove_dir_all(dir.path().join("log")).unwrap();
    refused(dir.path(), 0, "log/db is missing");
}

#[test]
fn missing_and_exchanged_records_are_refused() {
    let harmed = |at: u64, words: &str, harm: &dyn Fn(&::sled::Tree)| {
        let (dir, _) = stopped();
        with_sled(dir.path(), harm);
        refused(dir.path(), at, words);
    };
    let key = |position: u64| position.to_be_bytes();
    harmed(60, "records are missing", &|log| drop(log.remove(key(60)).unwrap()));
    harmed(60, "moved here", &|log| {
        let other = log.get(key(63)).unwrap().unwrap();
        log.insert(key(60), other).unwrap();
    });
    harmed(60, "checksum", &|log| {
        let mut bytes = log.get(key(60)).unwrap().unwrap().to_vec();
        bytes[50] ^= 1;
        log.insert(key(60), bytes).unwrap();
    });
    harmed(60, "a key of 9 bytes", &|log| {
        log.insert([&key(60)[..], b"x"].concat(), b"").unwrap();
    });
}

#[test]
fn a_head_that_lags_is_brought_up_and_one_that_is_ahead_is_refused() {
    let (store, dir) = filled();
    let early = fs::read(dir.path().join("head")).unwrap();
    store.append(&[append("door/acme/1", 3, &["more"])]).unwrap();
    let (ahead, head) = (fs::read(dir.path().join("head")).unwrap(), store.head());
    let old = image(dir.path());
    drop(store);
    // As after a power cut: the log is on the disk, the newest note of its end is not.
    fs::write(old.path().join("head"), &early).unwrap();
    let store = SledStore::open(old.path()).unwrap();
    assert_eq!(store.head(), head);
    store.close().unwrap();
    assert_eq!(fs::read(old.path().join("head")).unwrap(), ahead);

    let (other, _) = stopped();
    fs::write(other.path().join("head"), ahead).unwrap();
    refused(other.path(), EVENTS, "was noted to reach to 121");
    fs::write(other.path().join("head"), &early[..50]).unwrap();
    refused(other.path(), 0, "is not what was written");
    fs::remove_file(other.path().join("head")).unwrap();
    refused(other.path(), 0, "is missing");
}

#[test]
fn another_history_under_the_same_head_is_refused() {
    let (dir, _) = stopped();
    let (other, other_dir) = temporary();
    for i in 0..EVENTS {
        other.append(&[append("door/acme/1", i, &["forged"])]).unwrap();
    }
    other.close().unwrap();
    fs::copy(dir.path().join("head"), other_dir.path().join("head")).unwrap();
    refused(other_dir.path(), EVENTS - 1, "was noted to end at 120 with hash");
}

#[test]
fn another_layout_is_refused_with_advice() {
    let (dir, _) = stopped();
    let format = |result: Result<SledStore, StoreError>| match result {
        Err(StoreError::Format { found, known, advice, .. }) => {
            assert!(known.contains("layout 1") && advice.contains("export it there"));
            found
        }
        other => panic!("not refused for its format: {other:?}"),
    };
    fs::write(dir.path().join("format"), "workflow log on sled 0.34, layout 2\n").unwrap();
    assert!(format(SledStore::open(dir.path())).contains("layout 2"));
    assert!(dir.path().join("stopped").exists(), "nothing may have been changed");
    fs::remove_file(dir.path().join("format")).unwrap();
    assert!(format(SledStore::open(dir.path())).contains("missing"));
}

#[test]
fn a_store_whose_making_was_cut_short_is_made_again() {
    let (store, dir) = temporary();
    store.close().unwrap();
    for missing in [&["format"][..], &["format", "stopped"], &["format", "head", "log"]] {
        for name in missing {
            let path = dir.path().join(name);
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        let store = SledStore::open(dir.path()).unwrap();
        assert_eq!(store.head().hash, Hash::GENESIS);
        store.close().unwrap();
        assert!(dir.path().join("format").exists());
    }
}

#[test]
fn nothing_is_acknowledged_without_a_sync_and_nothing_accepted_after_a_failed_one() {
    let (store, dir) = filled();
    // A device on which a sync fails, in place of the journal.
    let real = store.tables.exchange_journal(fs::File::open("/dev/null").unwrap()).unwrap();
    let item = [append("door/acme/1", 3, &["x"])];
    let error = store.append(&item).unwrap_err();
    assert_eq!(error.to_string(), "bringing the log to the disk failed");
    assert_eq!(store.head().next, Position(EVENTS));
    assert_eq!(scanned(&store, 0).len() as u64, EVENTS);
    store.tables.exchange_journal(real);
    for error in [store.append(&item).unwrap_err(), store.set_cursor("poll", b"").unwrap_err()] {
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("an earlier write failed"), "{cause}");
    }
    assert!(store.close().is_err());
    assert_eq!(SledStore::check_stopped(dir.path()).unwrap(), Stopped::Unclean);
}

#[test]
fn after_a_failed_sync_of_sleds_file_the_journal_stays_with_what_was_acknowledged() {
    let (store, dir) = filled();
    // Too large for the journal, also once it is squeezed.
    let letter = |n: u64| {
        char::from(b'a' + (n.wrapping_mul(n).wrapping_mul(2_654_435_761) >> 13) as u8 % 26)
    };
    let huge: String = (0..100_000).map(letter).collect();
    store.tables.fail_once();
    assert!(store.append(&[append("door/acme/1", 3, &[huge.as_str()])]).is_err());
    assert!(store.close().is_err(), "the next sync would say that all is well");
    assert!(fs::metadata(dir.path().join("journal")).unwrap().len() > 0);
    let store = SledStore::open(dir.path()).unwrap();
    assert!(store.head().next >= Position(EVENTS), "what was acknowledged is there");
    audit::verify(&store, &mut |_| {}).unwrap();

    // The same where it is the journal's own thread that brings sled to the disk.
    store.tables.fail_once();
    assert!(store.tables.settle().is_err());
    drop(store);
    assert!(dir.path().join("journal").exists());
}

#[test]
fn a_panic_inside_sled_is_an_error() {
    let caught = tables::caught::<()>("writing", || panic!("sled {}", "unwrapped"));
    let error = caught.unwrap_err().at(Position(3));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "sled panicked: sled unwrapped");
}

#[test]
fn a_panic_while_writing_refuses_every_further_write() {
    let (store, _dir) = filled();
    let write = || store.place.write::<()>("appending", |_| panic!("as sled may"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(write)).is_err());
    assert!(store.append(&[append("door/acme/1", 3, &["x"])]).is_err());
    assert_eq!(scanned(&store, 0).len() as u64, EVENTS);
}

#[test]
fn records_never_go_to_files_that_sled_does_not_sync() {
    let (store, dir) = temporary();
    let huge = "huge".repeat(100_000);
    for version in 0..20 {
        let text = if version % 5 == 0 { huge.as_str() } else { &huge[..7000] };
        store.append(&[append("door/acme/1", version, &[text])]).unwrap();
    }
    assert_eq!(files(&dir.path().join("log/blobs")), Vec::<PathBuf>::new());
    // A cursor may.
    store.set_cursor("large", huge.as_bytes()).unwrap();
    drop(store);
    let store = SledStore::open(dir.path()).unwrap();
    assert_eq!(store.cursor("large").unwrap(), Some(huge.into_bytes()));
    audit::verify(&store, &mut |_| {}).unwrap();
}

/// Offsets spread over a file: its edges and steps that share no factor with sled's sizes.
fn offsets(bytes: usize, count: usize) -> Vec<usize> {
    let step = (bytes / count).max(1) | 1;
    (0..bytes).step_by(step).chain(bytes.checked_sub(1)).collect()
}

#[test]
fn a_changed_byte_anywhere_is_reported_after_a_clean_stop() {
    let (dir, _) = stopped();
    let proven = files(dir.path()).len() - 1;
    let clean = Stopped::Clean { files: proven };
    assert_eq!(SledStore::check_stopped(dir.path()).unwrap(), clean);
    for path in files(dir.path()) {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        for at in offsets(bytes.len(), 12) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&path, &changed).unwrap();
            let error = SledStore::check_stopped(dir.path()).unwrap_err().to_string();
            // A changed proof may blame the file whose line was changed.
            assert!(error.contains(name) || name == "stopped", "byte {at} of {name}: {error}");
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let error = SledStore::check_stopped(dir.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{name} cut by a byte: {error}");
        fs::write(&path, &bytes).unwrap();
    }
    fs::write(dir.path().join("log/extra"), b"").unwrap();
    let error = SledStore::check_stopped(dir.path()).unwrap_err().to_string();
    assert!(error.contains("log/extra was not there"), "{error}");
    fs::remove_file(dir.path().join("log/extra")).unwrap();
    assert_eq!(SledStore::check_stopped(dir.path()).unwrap(), clean);
}

/// Without the proof of a clean stop a changed byte may lie in space that nobody uses; then nothing may be lost.
#[test]
fn a_changed_byte_after_a_kill_is_refused_or_changes_nothing() {
    let (dir, events) = stopped();
    fs::remove_file(dir.path().join("stopped")).unwrap();
    let (mut refused, mut harmless) = (0, 0);
    for path in files(dir.path()) {
        let inside = path.strip_prefix(dir.path()).unwrap();
        let bytes = fs::read(&path).unwrap();
        for at in offsets(bytes.len(), if inside.ends_with("db") { 60 } else { 8 }) {
            let image = image(dir.path());
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(image.path().join(inside), changed).unwrap();
            let Ok(store) = SledStore::open(image.path()) else {
                refused += 1;
                continue;
            };
            harmless += 1;
            assert_eq!(scanned(&store, 0), events, "byte {at} of {inside:?}");
            let verified = audit::verify(&store, &mut |_| {}).unwrap();
            assert_eq!(verified.events, EVENTS, "byte {at} of {inside:?}");
        }
    }
    assert!(refused > 10 && harmless > 0, "refused {refused}, harmless {harmless}");
}
