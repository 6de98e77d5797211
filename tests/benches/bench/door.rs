//! Webhooks through the real door: HTTP in, authenticated, durable on sled, 200; against the raw file with as many in
//! flight. The client is written by hand, because a full one would be half of what is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runner::ingress::{self, Counters, Door, Limits};
use runner::serve;
use tests::hooks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use workflow_core::store::sled::SledStore;
use workflow_core::time::SystemClock;

use super::load::{Pace, drive, offer};
use super::report::{Row, show};
use super::{Plan, appends, fresh};

/// How the deliveries come.
#[derive(Clone, Copy)]
enum Coming {
    /// Each connection sends the next one when the last one is answered: what the door can do.
    AsFastAsAnswered,
    /// So many a second over all connections: how long somebody waits at a door that is not full.
    PerSecond(u32),
}

pub fn run(plan: &Plan) -> Vec<Row> {
    use Coming::{AsFastAsAnswered, PerSecond};
    [
        ("webhook accept", 1, AsFastAsAnswered, ""),
        ("webhook accept", 64, AsFastAsAnswered, ">= 0.6 of raw, or >= 15000/s; p99 < 5 x sync"),
        ("webhook accept, 5000/s offered", 64, PerSecond(5_000), "p99 < 5 x sync"),
        ("webhook accept, 1000/s offered", 64, PerSecond(1_000), "p99 < 5 x sync"),
    ]
    .map(|(what, connections, coming, aim)| {
        let (mut rounds, mut syncs) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let raw = appends::raw(&fresh(plan, "raw"), connections, plan);
            let ours = accepted(&fresh(plan, "door"), connections, coming, plan);
            rounds.push((ours, raw.pace));
            syncs.push(raw.sync);
        }
        let row = Row::of_rounds(what, connections, &rounds, aim).with_syncs(&syncs);
        show(&row);
        row
    })
    .into()
}

fn accepted(dir: &Path, connections: usize, coming: Coming, plan: &Plan) -> Pace {
    let served = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = served.expect("a runtime can be built");
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = hooks::engine(store, Arc::new(SystemClock));
    let systems = Arc::new(hooks::systems(Arc::new(SystemClock)));
    let (counters, limits) = (Arc::new(Counters::default()), Limits::default());
    let door = Door {
        inboxes: Arc::new(engine.clone()),
        systems,
        counters: Arc::clone(&counters),
        limits,
    };
    let listener = served.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let listener = listener.expect("loopback has a free port");
    let address = listener.local_addr().expect("it has an address");
    let (stop, stopped) = watch::channel(false);
    let serving = served.spawn(serve::serve(
        listener,
        ingress::router(door),
        serve::PROVIDER_LONGEST,
        stopped,
    ));
    let next = Arc::new(AtomicUsize::new(0));
    let begin = |_| None;
    let one = move |connection| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        deliver(address, connection, number)
    };
    let pace = match coming {
        Coming::AsFastAsAnswered => drive(connections, plan.during, begin, one),
        Coming::PerSecond(rate) => offer(connections, rate, plan.during, begin, one),
    };
    stop.send_replace(true);
    // The last answers may still be on their way to a client that has gone.
    drop(served.block_on(serving));
    engine.stop();
    let kept = counters.kept.load(Ordering::Relaxed);
    assert_eq!(kept, engine.position().0, "what was answered is in the log");
    pace
}

/// Delivers one webhook over a connection that is kept, and waits for its answer.
async fn deliver(
    address: SocketAddr,
    connection: Option<TcpStream>,
    number: usize,
) -> Option<TcpStream> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => {
            let connection = TcpStream::connect(address).await.expect("the door is open");
            connection.set_nodelay(true).expect("a connection can be told not to wait");
            connection
        }
    };
    let (body, signature) = hooks::delivery(number);
    let (path, header, length) = (hooks::PATH, hooks::SIGNATURE, body.len());
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         {header}: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.expect("the door reads");
    let mut answer = [0; 1024];
    let mut have = 0;
    loop {
        let read = connection.read(&mut answer[have..]).await.expect("the door answers");
        assert!(read > 0, "the door keeps the connection");
        have += read;
        let text = String::from_utf8_lossy(&answer[..have]);
        // Its body is one short word that comes with the head.
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head.to_ascii_lowercase();
            let length =
                length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if length.and_then(|length| length.parse::<usize>().ok()) == Some(body.len()) {
                return Some(connection);
            }
        }
    }
}
