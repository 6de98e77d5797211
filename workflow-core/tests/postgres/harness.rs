//! The server that the tests share, and databases and shards on it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Settings, Shard};

/// How many shards the databases of the contract suite have: a store each.
const SHARDS: u16 = 2048;

/// The shared server. It ends with this process: a static is never dropped, but the server's guard sees it go.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| own(&[]))
}

/// A server of the test's own, with lines for its `postgresql.conf`.
pub fn own(settings: &[&str]) -> Server {
    Server::start(settings).unwrap_or_else(|error| panic!("{error}"))
}

/// Settings for a new database on a server, with short waits.
pub fn settings(server: &Server) -> Settings {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    server.create_database(&name).expect("a database is made");
    Settings { url: server.url(&name), shards: Some(4), ..Settings::default() }
}

/// A new database on the shared server.
pub fn database() -> Database {
    Database::connect(settings(shared())).expect("the database takes us")
}

/// Makes stores that are all empty: shards of one database.
pub struct Fresh {
    database: Database,
    next: AtomicU16,
}

impl Fresh {
    /// On a new database of the shared server.
    pub fn new(portable: bool) -> Self {
        let base = settings(shared());
        let settings =
            Settings { shards: Some(SHARDS), portable, lease: Duration::from_secs(60), ..base };
        let database = Database::connect(settings).expect("the database takes us");
        Self { database, next: AtomicU16::new(0) }
    }

    /// An empty log.
    pub fn store(&self) -> PostgresStore {
        let shard = Shard(self.next.fetch_add(1, Ordering::Relaxed));
        assert!(shard.0 < SHARDS, "the suite makes more stores than there are shards");
        self.database.store(shard, Fence(1)).expect("the shard is free")
    }
}
