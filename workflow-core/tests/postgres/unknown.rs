//! Appends whose answer is lost: each is in the log once, and whoever asked is told so.

use std::time::Duration;

use workflow_core::store::contract::{append, records, scanned};
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Settings, Shard};
use workflow_core::store::{Append, Store};

use super::harness;
use super::proxy::{Fault, Proxy};

/// A log behind a proxy, and what it should hold.
struct World {
    proxy: Proxy,
    store: PostgresStore,
    model: MemoryStore,
}

impl World {
    fn new(portable: bool) -> Self {
        let server = harness::shared();
        let settings = harness::settings(server);
        let proxy = Proxy::to(server.port());
        let (real, broken) = (server.port().to_string(), proxy.port().to_string());
        let settings = Settings {
            url: settings.url.replace(&real, &broken),
            portable,
            // What a silent server is waited for.
            statement_timeout: Duration::from_millis(500),
            connect_timeout: Duration::from_millis(1500),
            ..settings
        };
        let database = Database::connect(settings).expect("the proxy passes");
        let store = database.store(Shard(0), Fence(1)).expect("nobody has it");
        Self { proxy, store, model: MemoryStore::new() }
    }

    fn append(&self, group: &[Append]) {
        let told = self.store.append(group).expect("it is found out what became of it");
        assert_eq!(told, self.model.append(group).expect("memory does not fail"));
        self.check();
    }

    fn check(&self) {
        assert_eq!(self.store.head(), self.model.head());
        assert_eq!(records(&self.store, 0), records(&self.model, 0));
        workflow_core::audit::verify(&self.store, &mut |_| {}).expect("the chain holds");
    }
}

fn an_append_in_doubt_is_there_once(fault: Fault) {
    for portable in [false, true] {
        let world = World::new(portable);
        world.append(&[append("door/acme/1", 0, &["a"])]);
        for version in 1..4 {
            world.proxy.arm(fault);
            world.append(&[
                append("door/acme/1", version, &["b"]),
                append("door/acme/1", 0, &["refused"]),
                append("door/acme/2", version - 1, &["c"]),
            ]);
            assert!(world.proxy.struck(), "the fault must happen for this to prove anything");
        }
        world.append(&[append("door/acme/1", 4, &["d"])]);
        assert_eq!(scanned(&world.store, 0).len(), 8);
    }
}

#[test]
fn cut_before_the_server_heard() {
    an_append_in_doubt_is_there_once(Fault::Before);
}

#[test]
fn cut_after_the_commit() {
    an_append_in_doubt_is_there_once(Fault::After);
}

#[test]
fn a_network_that_swallows_the_answer() {
    an_append_in_doubt_is_there_once(Fault::Silent);
}

#[test]
fn a_statement_that_arrives_long_afterwards_does_nothing() {
    for portable in [false, true] {
        let world = World::new(portable);
        world.append(&[append("door/acme/1", 0, &["a"])]);
        world.proxy.arm(Fault::Late);
        world.append(&[append("door/acme/1", 1, &["b"])]);
        assert!(world.proxy.struck());
        world.proxy.release();
        world.check();
        world.append(&[append("door/acme/1", 2, &["c"])]);
    }
}
