//! The network between one runner and the database is cut: another takes over, and who comes back writes nothing more. Both
//! are in the portable mode, which is played through here.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use runner::demo::Screen;
use runner::demo::several::{At, Manner, Several};
use workflow_core::audit;
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Fence, Settings, Shard};
use workflow_core::store::{Store as _, StoreError};

use super::losses::{PROGRAM, assert_same, undisturbed};

/// A way to the database that can stop forwarding: nothing is lost on it, it comes when the way is open again.
struct Way {
    port: u16,
    shared: Arc<(Mutex<bool>, Condvar)>,
}

impl Way {
    fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<(Mutex<bool>, Condvar)>::default();
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for came in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                for (from, to) in [(&came, &there), (&there, &came)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let shared = Arc::clone(&all);
                    std::thread::spawn(move || pass(from, to, &shared));
                }
            }
        });
        Self { port, shared }
    }

    fn cut(&self, is_cut: bool) {
        *self.shared.0.lock().unwrap() = is_cut;
        self.shared.1.notify_all();
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, shared: &(Mutex<bool>, Condvar)) {
    let mut chunk = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        let is_cut = shared.0.lock().unwrap();
        drop(shared.1.wait_while(is_cut, |is_cut| *is_cut).unwrap());
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(std::net::Shutdown::Write));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_cut_off_from_the_database_writes_nothing_more_when_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&[]).unwrap();
    server.create_database("demo").unwrap();
    let url = server.url("demo");
    let ways = [Way::to(server.port()), Way::to(server.port())];
    let by = |way: &Way| url.replace(&format!(":{}/", server.port()), &format!(":{}/", way.port));
    let manner = |number: usize| Manner {
        database: Some(by(&ways[number - 1])),
        portable: true,
        ..Manner::default()
    };
    let at = At::Url(url.clone());
    let several = Several::start_with(dir.path(), Path::new(PROGRAM), 2, at, manner).await;
    let (mut several, mut was_cut) = (several.unwrap(), None);
    let happens = async |several: &mut Several, passed: Duration| {
        if was_cut.is_some() || passed < Duration::from_secs(2 * 24 * 3600) {
            return Ok(());
        }
        let holder = several.holder().await.expect("one of them holds the log");
        was_cut = Some(holder);
        // In the middle of the moment's work: what is on its way arrives when the other has taken over.
        ways[holder].cut(true);
        several.until_it_holds(1 - holder, true).await;
        ways[holder].cut(false);
        several.until_it_holds(holder, false).await;
        Ok(())
    };
    let ending = several.play(&mut Screen::silent(), happens).await.unwrap();
    assert!(was_cut.is_some());
    let verified = audit::verify(several.log(), &mut |_| {}).unwrap();
    assert_eq!(verified.events, ending.events);
    let fence =
        server.ask("psql", "demo", &["-Atc", "SELECT max(fence) FROM shard_heads"]).unwrap();
    assert_eq!(fence.trim(), "2", "it was taken over once");
    several.stop().await.unwrap();
    let late = tokio::task::spawn_blocking(move || {
        let database = Database::connect(Settings { url, ..Settings::default() }).unwrap();
        let shard = database.shard_of("acme");
        assert_eq!(database.reader(shard).unwrap().head().next.0, verified.events);
        database.store(shard, Fence(1)).map(|store| store.shard())
    });
    let late: Result<Shard, StoreError> = late.await.unwrap();
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    assert_same(&ending, undisturbed().await);
}
