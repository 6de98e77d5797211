//! Several writers of one shard, as there should never be: one wins, nothing is lost, nothing is there twice.

use std::sync::Barrier;

use workflow_core::id::Version;
use workflow_core::store::contract::{append, scanned};
use workflow_core::store::postgres::{Database, Fence, Settings, Shard};
use workflow_core::store::{Store, StoreError};

use super::harness;

#[test]
fn of_two_that_expect_the_same_version_one_wins() {
    const ROUNDS: u64 = 100;
    for portable in [false, true] {
        let settings = Settings { portable, ..harness::settings(harness::shared()) };
        let database = Database::connect(settings).unwrap();
        let stores = [(); 2].map(|()| database.store(Shard(0), Fence(1)).unwrap());
        let both = Barrier::new(2);
        let wins: Vec<Vec<Result<bool, StoreError>>> = std::thread::scope(|scope| {
            let racers: Vec<_> = stores
                .iter()
                .map(|store| {
                    let both = &both;
                    scope.spawn(move || {
                        let mut wins = Vec::new();
                        for version in 0..ROUNDS {
                            both.wait();
                            let group = [append("door/acme/1", version, &["x"])];
                            // The other one waits at the barrier: what fails is told at the end.
                            wins.push(store.append(&group).map(|told| told[0].is_ok()));
                        }
                        wins
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
        });
        let one_won = |(a, b)| matches!((a, b), (&Ok(a), &Ok(b)) if a != b);
        assert!(wins[0].iter().zip(&wins[1]).all(one_won), "{wins:?}");
        assert_eq!(scanned(&stores[0], 0).len() as u64, ROUNDS);
        workflow_core::audit::verify(&database.reader(Shard(0)).unwrap(), &mut |_| {}).unwrap();
    }
}

#[test]
fn appenders_to_different_streams_leave_no_gap() {
    let database = harness::database();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let store = database.store(Shard(0), Fence(1)).unwrap();
            scope.spawn(move || {
                for version in 0..25 {
                    let group = [append(&format!("door/acme/{writer}"), version, &["x"])];
                    // Another may be quicker many times over; that is said, and nothing is lost.
                    while let Err(error) = store.append(&group) {
                        assert!(format!("{error:?}").contains("quicker"), "{error:?}");
                    }
                }
            });
        }
    });
    let store = database.reader(Shard(0)).unwrap();
    let positions: Vec<u64> = scanned(&store, 0).iter().map(|e| e.position.0).collect();
    assert_eq!(positions, (0..100).collect::<Vec<u64>>());
    workflow_core::audit::verify(&store, &mut |_| {}).unwrap();
}

#[test]
fn one_who_follows_sees_every_append() {
    for portable in [false, true] {
        let settings = Settings { portable, ..harness::settings(harness::shared()) };
        let (writer, reader) =
            (Database::connect(settings.clone()).unwrap(), Database::connect(settings).unwrap());
        let store = writer.store(Shard(2), Fence(1)).unwrap();
        let following = reader.reader(Shard(2)).unwrap();
        for version in 0..5 {
            let known = following.head().next;
            std::thread::scope(|scope| {
                scope.spawn(|| store.append(&[append("door/acme/1", version, &["x"])]).unwrap());
                let long = std::time::Duration::from_secs(60);
                assert!(following.follow(known, long).unwrap().next > known);
            });
        }
        let read = following
            .read_stream(&workflow_core::store::contract::stream("door/acme/1"), Version(3));
        assert_eq!(read.unwrap().len(), 2);
        let refused = following.append(&[append("door/acme/1", 5, &["x"])]);
        assert!(matches!(refused, Err(StoreError::Io { .. })), "it is read only");
    }
}

#[test]
fn many_that_start_together_make_the_tables_once() {
    for portable in [false, true] {
        let settings = Settings { portable, ..harness::settings(harness::shared()) };
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope
                    .spawn(|| assert_eq!(Database::connect(settings.clone()).unwrap().shards(), 4));
            }
        });
        let other = Settings { shards: Some(5), ..settings.clone() };
        let error = Database::connect(other).unwrap_err();
        assert!(format!("{error:?}").contains("made with 4 shards"), "{error:?}");
        let name = settings.url.rsplit('/').next().unwrap();
        let newer = "UPDATE log_meta SET value = 99 WHERE name = 'version'";
        harness::shared().ask("psql", name, &["-q", "-c", newer]).unwrap();
        let error = Database::connect(settings).unwrap_err();
        assert!(matches!(error, StoreError::Format { .. }), "{error:?}");
    }
}
