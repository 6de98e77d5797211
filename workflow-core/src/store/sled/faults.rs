//! What may befall the disk under a log in use: a sync that fails, no space left, a store half made.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::tests::image;
use crate::audit;
use crate::engine::office::{Input, office, stream, tell};
use crate::engine::{HandleError, Source};
use crate::id::{Position, StreamId};
use crate::store::contract::{append, scanned};
use crate::store::sled::{SledStore, room};
use crate::store::{Store, StoreError};
use crate::time::SystemClock;

/// How many inputs wait for the writer when the sync fails.
const WAITING: u32 = 20;

fn desk(number: u32) -> StreamId {
    stream(&format!("desk/main/{number}"))
}

#[tokio::test]
async fn a_failed_sync_stops_the_engine_and_nobody_waiting_is_told_otherwise() {
    let dir = TempDir::new().unwrap();
    let store = Arc::new(SledStore::open(dir.path()).unwrap());
    let engine = office(Arc::clone(&store) as Arc<dyn Store>, Arc::new(SystemClock), |_| true);
    tell(&engine, &desk(0), Input::Ask(0)).await;
    engine.stop();
    drop(engine);
    let acknowledged = scanned(&*store, 0);
    // A device on which a sync fails, in place of the journal.
    let journal = store.tables.exchange_journal(File::open("/dev/null").unwrap());
    assert!(journal.is_some());

    let engine = office(Arc::clone(&store) as Arc<dyn Store>, Arc::new(SystemClock), |_| true);
    let asked = |number| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let source = Source::new("test", "");
            let given = Input::Ask(number);
            engine.handle::<crate::engine::office::Desk>(&desk(number), given, source).await
        })
    };
    for waiting in (1..=WAITING).map(asked).collect::<Vec<_>>() {
        match waiting.await.unwrap() {
            Err(HandleError::Stopped(why)) => {
                assert!(why.starts_with("bringing the log to the disk failed: "), "{why}");
            }
            other => panic!("not stopped: {other:?}"),
        }
    }
    let later = asked(WAITING + 1).await.unwrap();
    assert!(matches!(later, Err(HandleError::Stopped(_))), "{later:?}");
    assert!(engine.failure().is_some());
    assert_eq!(scanned(&*store, 0), acknowledged, "what is not on the disk is not served");

    // As a kill leaves it, and after the process ended: consistent both times.
    let killed = image(dir.path());
    engine.stop();
    drop((engine, store));
    for dir in [killed.path(), dir.path()] {
        let store = SledStore::open(dir).unwrap();
        assert!(scanned(&store, 0).starts_with(&acknowledged));
        audit::verify(&store, &mut |_| {}).unwrap();
    }
}

/// A small file system in memory; unmounted when dropped.
struct Disk(TempDir);

impl Disk {
    /// `None` where this user may not mount; but where CI is set that is a failure.
    fn mount() -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let mounted = ["mount", "sudo -n mount"].iter().any(|mount| {
            let line = format!("{mount} -t tmpfs -o size=24m tmpfs \"$0\"");
            let run = Command::new("sh").args(["-c", &line]).arg(dir.path()).output();
            run.is_ok_and(|run| run.status.success())
        });
        let must = std::env::var_os("CI").is_some();
        assert!(mounted || !must, "CI must try the full disk, and this user may not mount");
        mounted.then_some(Self(dir))
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).unwrap();
        let full = std::iter::repeat_with(|| filler.write_all(&[1; 4096])).find_map(Result::err);
        assert_eq!(full.unwrap().kind(), ErrorKind::StorageFull);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = "umount -l \"$0\" || sudo -n umount -l \"$0\"";
        Command::new("sh").args(["-c", unmounted]).arg(self.0.path()).output().ok();
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "whoever runs it must know what was not tried")]
fn a_full_disk_stops_the_log_with_advice_and_loses_nothing() {
    let Some(disk) = Disk::mount() else {
        println!(
            "NOT TRIED: mounting is not permitted; `engine/tight.rs` stands in for a full disk"
        );
        return;
    };
    let dir = disk.0.path().join("log");
    let store = SledStore::open(&dir).unwrap();
    let one = |version| [append("door/acme/1", version, &["some words, to fill the disk with"])];
    store.append(&one(0)).unwrap();
    disk.fill();
    let mut version = 1;
    let error = loop {
        match store.append(&one(version)) {
            Ok(appended) => version = appended[0].as_ref().unwrap().version.0,
            Err(error) => break error,
        }
    };
    let said = error.to_string();
    let path = dir.display();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(said.contains(&format!("the disk of {path} is full; free space there")), "{said}");
    assert!(store.append(&one(version)).is_err(), "it goes on after a failed write");
    // Sled does not even read any more. Closing it must come to an end all the same.
    drop(store);

    // Somebody takes the reserve too. A log that opens all the same has everything; one that does not says why.
    disk.fill();
    match SledStore::open(&dir) {
        Ok(store) => assert!(store.head().next.0 >= version),
        Err(StoreError::Full { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }
    fs::remove_file(disk.filler()).unwrap();
    let store = SledStore::open(&dir).unwrap();
    let kept = scanned(&store, 0).len() as u64;
    // The record that failed may be whole: it was not acknowledged, and not refused either.
    assert!(kept == version || kept == version + 1, "{kept} of {version}");
    assert!(store.append(&one(kept)).unwrap()[0].is_ok());
    audit::verify(&store, &mut |_| {}).unwrap();
}

#[test]
fn the_reserve_is_there_while_the_log_is_open_and_only_then() {
    let dir = TempDir::new().unwrap();
    let reserve = dir.path().join(room::RESERVE);
    let store = SledStore::open(dir.path()).unwrap();
    assert!(fs::metadata(&reserve).unwrap().len() >= 1024 * 1024);
    assert_eq!(store.room(0), Ok(()));
    store.close().unwrap();
    assert!(!reserve.exists());
    // One that a killed process left is taken over.
    fs::write(&reserve, b"left").unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    assert!(fs::metadata(&reserve).unwrap().len() >= 1024 * 1024);
    drop(store);
    assert!(!reserve.exists());
}

#[test]
fn a_store_whose_first_file_was_only_begun_is_made_again() {
    for begun in ["head", "lock", "format.new"] {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join(begun), b"").unwrap();
        let store = SledStore::open(dir.path()).unwrap();
        assert_eq!(store.head().next, Position(0), "{begun}");
    }
}
