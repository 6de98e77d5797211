//! Leases and the fence: who lost a shard cannot write to it, however late it wakes.

use workflow_core::id::Position;
use workflow_core::store::contract::{append, scanned};
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{
    Database, Fence, Lease, Leases, PostgresStore, Row, RunnerId, Settings, Shard,
};
use workflow_core::store::{Store, StoreError};

use super::harness;

fn leases(database: &Database, runner: &str) -> Leases {
    database.leases(RunnerId(runner.to_owned()))
}

fn held(leases: &[Lease]) -> Vec<(u16, u64)> {
    leases.iter().map(|lease| (lease.shard.0, lease.fence.0)).collect()
}

/// A database of four shards, and its name for `psql`.
fn database(portable: bool) -> (Database, String) {
    let settings = Settings { portable, ..harness::settings(harness::shared()) };
    let name = settings.url.rsplit('/').next().expect("an address ends in the name").to_owned();
    (Database::connect(settings).expect("the database takes us"), name)
}

/// Lets every lease end, by the only clock that counts.
fn end_all(server: &Server, database: &str) {
    let sql = "UPDATE log_lease SET expires_at = clock_timestamp() - interval '1 second'";
    server.ask("psql", database, &["-q", "-c", sql]).expect("psql runs");
}

#[track_caller]
fn refused(result: Result<(), StoreError>, carried: u64, newest: u64) {
    match result {
        Err(StoreError::Fenced { carried: c, newest: n, .. }) => {
            assert_eq!((c, n), (carried, newest));
        }
        other => panic!("expected a fence, got {other:?}"),
    }
}

fn add(store: &PostgresStore, version: u64) -> Result<(), StoreError> {
    let outcomes = store.append(&[append("door/acme/1", version, &["x"])])?;
    assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
    Ok(())
}

fn shards_go_to_one_runner_each(portable: bool) {
    let (database, name) = database(portable);
    let (a, b) = (leases(&database, "a"), leases(&database, "b"));
    assert_eq!(held(&a.acquire(3).unwrap()), [(0, 1), (1, 1), (2, 1)]);
    assert_eq!(held(&b.acquire(3).unwrap()), [(3, 1)]);
    assert_eq!(held(&a.acquire(3).unwrap()), []);
    assert_eq!(a.holder(Shard(3)).unwrap(), Some(RunnerId("b".into())));
    assert_eq!(a.runners().unwrap(), [RunnerId("a".into()), RunnerId("b".into())]);
    b.leave().unwrap();
    assert_eq!(a.runners().unwrap(), [RunnerId("a".into())]);
    end_all(harness::shared(), &name);
    assert_eq!(a.holder(Shard(3)).unwrap(), None);
    assert_eq!(b.take(Shard(2)).unwrap().map(|lease| lease.fence), Some(Fence(2)));
    assert_eq!(b.take(Shard(2)).unwrap(), None);
}

#[test]
fn shards_go_to_one_runner_each_plain() {
    shards_go_to_one_runner_each(false);
}

#[test]
fn shards_go_to_one_runner_each_portable() {
    shards_go_to_one_runner_each(true);
}

fn who_slept_past_its_lease_is_refused(portable: bool) {
    let (database, name) = database(portable);
    let (sleeper, other) = (leases(&database, "sleeper"), leases(&database, "other"));
    let lease = sleeper.take(Shard(1)).unwrap().expect("nobody has it");
    let asleep = database.store(lease.shard, lease.fence).unwrap();
    add(&asleep, 0).unwrap();
    end_all(harness::shared(), &name);
    assert_eq!(held(&sleeper.renew(&[lease]).unwrap()), [], "it ended: too late to renew");
    let next = other.take(Shard(1)).unwrap().expect("it ended");
    // It wakes and knows of nothing. Before the new holder has written anything it is refused already.
    refused(add(&asleep, 1), 1, 2);
    refused(asleep.set_cursor("poll", b"old"), 1, 2);
    let row = Row { key: "k".into(), as_of: Position(0), content: None };
    refused(asleep.put_view("placements", Position(1), vec![row]), 1, 2);
    let awake = database.store(next.shard, next.fence).unwrap();
    add(&awake, 1).unwrap();
    awake.set_cursor("poll", b"new").unwrap();
    refused(add(&asleep, 2), 1, 2);
    refused(database.store(Shard(1), lease.fence).map(drop), 1, 2);
    assert_eq!(scanned(&awake, 0).len(), 2);
    assert_eq!(awake.cursor("poll").unwrap(), Some(b"new".to_vec()));
    workflow_core::audit::verify(&awake, &mut |_| {}).unwrap();
}

#[test]
fn who_slept_past_its_lease_is_refused_plain() {
    who_slept_past_its_lease_is_refused(false);
}

#[test]
fn who_slept_past_its_lease_is_refused_portable() {
    who_slept_past_its_lease_is_refused(true);
}

#[test]
fn a_lease_that_is_renewed_stays_and_one_given_back_goes() {
    let (database, _) = database(false);
    let (a, b) = (leases(&database, "a"), leases(&database, "b"));
    let all = a.acquire(9).unwrap();
    let renewed = a.renew(&all).unwrap();
    assert_eq!(held(&renewed), held(&all));
    assert!(renewed.iter().zip(&all).all(|(new, old)| new.until >= old.until));
    a.release(&all[2]).unwrap();
    assert_eq!(held(&b.acquire(9).unwrap()), [(2, 2)]);
    assert_eq!(held(&a.renew(&all).unwrap()), [(0, 1), (1, 1), (3, 1)]);
    // Nobody gives back what is another's.
    a.release(&all[2]).unwrap();
    assert_eq!(a.holder(Shard(2)).unwrap(), Some(RunnerId("b".into())));
}

#[test]
fn runners_that_ask_at_the_same_time_get_different_shards() {
    for portable in [false, true] {
        let settings =
            Settings { portable, shards: Some(64), ..harness::settings(harness::shared()) };
        let database = Database::connect(settings).unwrap();
        let mut all: Vec<u16> = std::thread::scope(|scope| {
            let runners: Vec<_> = (0..8)
                .map(|runner| {
                    let leases = leases(&database, &format!("r{runner}"));
                    scope.spawn(move || {
                        let mut mine = Vec::new();
                        while mine.len() < 8 {
                            mine.extend(leases.acquire(8 - mine.len()).unwrap());
                        }
                        mine
                    })
                })
                .collect();
            let all = runners.into_iter().flat_map(|r| r.join().expect("no panic"));
            all.map(|lease| lease.shard.0).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..64).collect::<Vec<u16>>(), "portable: {portable}");
    }
}
