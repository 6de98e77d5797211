//! The server killed under load, and the primary lost for good: what was acknowledged is there, in order, once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use workflow_core::id::StreamId;
use workflow_core::store::contract::{append, scanned, stream};
use workflow_core::store::postgres::{Database, Fence, Settings, Shard};
use workflow_core::store::{Store, StoreError};

use super::harness;

/// How many appends must be acknowledged between two blows.
const BETWEEN: u64 = 40;

/// How often the server is killed: a few times, or as often as `KILL_ROUNDS_POSTGRES` says.
fn rounds() -> u64 {
    let asked = std::env::var("KILL_ROUNDS_POSTGRES").ok();
    asked.map_or(2, |asked| asked.parse().expect("KILL_ROUNDS_POSTGRES is a number"))
}

/// Four writers, each on a shard of its own, append groups of eight while `blow` strikes again and again. Gives, by
/// shard and stream, how many events were acknowledged.
fn under_load(database: &Database, blows: u64, blow: impl Fn()) -> BTreeMap<(u16, StreamId), u64> {
    let (acknowledged, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|shard| {
                let (acknowledged, over) = (&acknowledged, &over);
                scope.spawn(move || {
                    let store = database.store(Shard(shard), Fence(1)).expect("it is free");
                    let mut version = 0;
                    while !over.load(Ordering::Acquire) {
                        let names = (0..8).map(|key| format!("door/acme/{shard}-{key}"));
                        let group: Vec<_> =
                            names.map(|name| append(&name, version, &["x"])).collect();
                        let told = store.append(&group).expect("the server comes back");
                        assert!(told.iter().all(Result::is_ok), "nobody else appends: {told:?}");
                        version += 1;
                        acknowledged.fetch_add(1, Ordering::AcqRel);
                    }
                    (shard, version)
                })
            })
            .collect();
        let reach = |goal: u64| {
            while acknowledged.load(Ordering::Acquire) < goal {
                assert!(!writers.iter().any(|w| w.is_finished()), "a writer gave up");
                std::thread::yield_now();
            }
        };
        for _ in 0..blows {
            reach(acknowledged.load(Ordering::Acquire) + BETWEEN);
            blow();
        }
        reach(acknowledged.load(Ordering::Acquire) + BETWEEN);
        over.store(true, Ordering::Release);
        let ends = writers.into_iter().map(|writer| writer.join().expect("no panic"));
        ends.flat_map(|(shard, version)| {
            (0..8).map(move |key| ((shard, stream(&format!("door/acme/{shard}-{key}"))), version))
        })
        .collect()
    })
}

fn check(database: &Database, acknowledged: &BTreeMap<(u16, StreamId), u64>) {
    for shard in 0..4 {
        let log = database.reader(Shard(shard)).expect("it can be read");
        workflow_core::audit::verify(&log, &mut |_| {}).expect("the chain holds");
        let events = scanned(&log, 0);
        for ((of, name), count) in acknowledged.iter().filter(|((of, _), _)| *of == shard) {
            let there = events.iter().filter(|event| event.stream == *name).count() as u64;
            assert_eq!(there, *count, "shard {of}, {name}");
        }
    }
}

fn patient(settings: Settings) -> Settings {
    let (statement_timeout, connect_timeout) = (Duration::from_secs(5), Duration::from_secs(2));
    Settings { patience: Duration::from_secs(120), statement_timeout, connect_timeout, ..settings }
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    let server = harness::own(&[]);
    let database = Database::connect(patient(harness::settings(&server))).unwrap();
    let acknowledged = under_load(&database, rounds(), || {
        server.kill().unwrap();
        server.restart().unwrap();
    });
    check(&database, &acknowledged);
}

#[test]
fn a_primary_that_is_lost_leaves_all_to_its_standby() {
    let primary = harness::own(&[]);
    let settings = harness::settings(&primary);
    let standby = primary.standby("second").unwrap();
    primary.set(&["synchronous_standby_names = 'second'"]).unwrap();
    let both = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let url = settings.url.replace(&format!("127.0.0.1:{}", primary.port()), &both);
    let database = Database::connect(patient(Settings { url, ..settings })).unwrap();
    let acknowledged = under_load(&database, 1, || {
        primary.kill().unwrap();
        standby.promote().unwrap();
    });
    check(&database, &acknowledged);
}

#[test]
fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    let server = harness::own(&["fsync = off"]);
    let settings = harness::settings(&server);
    let refused = |settings: &Settings, words: &str| match Database::connect(settings.clone()) {
        Err(StoreError::Io { source, .. }) => {
            assert!(source.to_string().contains(words), "{source}");
        }
        other => panic!("expected it to be refused, got {other:?}"),
    };
    refused(&settings, "fsync = off");
    let told = Settings { accept_loss: true, ..settings.clone() };
    let database = Database::connect(told).unwrap();
    let store = database.store(Shard(0), Fence(1)).unwrap();
    assert!(store.append(&[append("door/acme/1", 0, &["x"])]).unwrap()[0].is_ok());
    let settings = harness::settings(harness::shared());
    let separator = if settings.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}options=-c%20synchronous_commit%3Doff", settings.url);
    refused(&Settings { url, ..settings }, "synchronous_commit = off");
}
