//! How much is borne: sizes, times, connections, and how often one source may be refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use runner::ingress::sources::Rules;
use runner::ingress::{BODY_BYTES_MAX, Limits};
use runner::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, watch};

use super::listening::{
    Answer, Listening, SECRET, START, event, heard, message, policy_path, policy_signed, request,
    send, tenant,
};

/// Long enough on any machine where nothing is to end by it.
const LONG: Duration = Duration::from_secs(3600);
/// Short, where something is to end by it.
const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_body_may_have_256_kib_and_no_byte_more() {
    let door = Listening::begin().await;
    let padded = |bytes: usize| {
        let empty = event(1).len() + r#","pad":"""#.len();
        let pad = format!(r#","pad":"{}"}}"#, "x".repeat(bytes - empty));
        format!("{}{pad}", event(1).strip_suffix('}').unwrap())
    };
    let most = padded(BODY_BYTES_MAX);
    assert_eq!(most.len(), BODY_BYTES_MAX);
    assert_eq!(door.policy(SECRET, START, &most).await.status, 200);
    let more = padded(BODY_BYTES_MAX + 1);
    assert_eq!(door.policy(SECRET, START, &more).await.status, 413);
    // Told beforehand it is not even waited for; untold it is read no further.
    let head = |end: &str| format!("POST {} HTTP/1.1\r\nHost: h\r\n{end}\r\n\r\n", policy_path());
    let told = head(&format!("Content-Length: {}", BODY_BYTES_MAX + 1));
    assert_eq!(door.send(told.as_bytes()).await.status, 413);
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    let untold = [head("Transfer-Encoding: chunked").into_bytes(), chunk.repeat(65)].concat();
    assert_eq!(door.send(&untold).await.status, 413);
    assert_eq!(door.events(), 1);
}

#[tokio::test]
async fn a_head_may_have_64_headers_and_some_32_kib() {
    let door = Listening::begin().await;
    let header = |number: usize| (format!("X-{number}"), "v".to_owned());
    let with = |more: Vec<(String, String)>| {
        let signed = policy_signed(SECRET, START, &event(1));
        request(&policy_path(), &[signed, more].concat(), event(1).as_bytes())
    };
    // Host, Connection, Content-Length and the signature are there already.
    assert_eq!(door.send(&with((0..60).map(header).collect())).await.status, 200);
    assert_eq!(door.send(&with((0..61).map(header).collect())).await.status, 431);
    let long = vec![("X-Long".to_owned(), "v".repeat(400 * 1024))];
    assert_eq!(door.send(&with(long)).await.status, 431);
}

async fn door(limits: Limits, served: serve::Limits) -> Listening {
    Listening::with(tenant(), limits, served).await
}

#[tokio::test]
async fn a_client_that_never_finishes_its_head_is_cut_off() {
    let door = door(
        Limits::default(),
        serve::Limits { head_within: SHORT, longest: LONG, ..Default::default() },
    )
    .await;
    let head = format!("POST {} HTTP/1.1\r\nHost: h\r\nX-Slow: ", policy_path());
    for begun in ["", "P", &head] {
        // Comes back only because the other side ends the connection.
        let answer = send_open(&door, begun).await;
        assert!(matches!(answer.status, 0 | 408), "{begun:?}: {answer:?}");
    }
}

/// Sends what is the beginning of something and waits for the end of the connection.
async fn send_open(door: &Listening, begun: &str) -> Answer {
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(begun.as_bytes()).await.unwrap();
    heard(&mut stream).await
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { body_within: SHORT, ..Limits::default() };
    let door = door(limits, serve::Limits { longest: LONG, ..Default::default() }).await;
    let whole =
        request(&policy_path(), &policy_signed(SECRET, START, &event(1)), event(1).as_bytes());
    let begun = String::from_utf8(whole[..whole.len() - 1].to_vec()).unwrap();
    assert_eq!(send_open(&door, &begun).await.status, 408);
    assert_eq!(door.events(), 0);
}

#[tokio::test]
async fn a_connection_ends_after_its_time_whatever_happens_on_it() {
    let served = serve::Limits { longest: SHORT, head_within: LONG, ..Default::default() };
    let door = door(Limits { body_within: LONG, ..Limits::default() }, served).await;
    let begun =
        format!("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{{", policy_path());
    assert_eq!(send_open(&door, &begun).await.status, 0);
}

#[tokio::test]
async fn no_more_connections_are_served_at_once_than_there_is_room_for() {
    const ROOM: usize = 3;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let together = Arc::new(Barrier::new(ROOM));
    let handler = {
        let most = Arc::clone(&most);
        async move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Nobody leaves before the room is full.
            together.wait().await;
            now.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    let router = Router::new().route("/", post(handler));
    let served = serve::Limits { connections: ROOM, ..Default::default() };
    tokio::spawn(serve::serve_within(listener, router, served, stopped));
    let each = (0..4 * ROOM)
        .map(|_| tokio::spawn(async move { send(address, &request("/", &[], b"")).await }));
    for answered in each.collect::<Vec<_>>() {
        assert_eq!(answered.await.unwrap().status, 200);
    }
    assert_eq!(most.load(Ordering::SeqCst), ROOM);
}

/// As a proxy on this machine passes it on for a client.
fn passed_on(client: &str, signed: bool, number: u32) -> Vec<u8> {
    let secret = if signed { SECRET } else { "nobody's" };
    let mut headers = policy_signed(secret, START, &event(number));
    headers.push(("X-Forwarded-For".to_owned(), client.to_owned()));
    request(&policy_path(), &headers, event(number).as_bytes())
}

fn behind_a_proxy(rules: Rules) -> Limits {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    Limits { sources: Rules { trusted_proxies, ..rules }, ..Limits::default() }
}

#[tokio::test]
async fn a_source_that_is_refused_again_and_again_is_not_heard_for_a_while() {
    let limits = behind_a_proxy(Rules { refused_per_minute: 4, ..Rules::default() });
    let door = door(limits, serve::Limits::default()).await;
    let (bad, good) = ("203.0.113.9", "203.0.113.10");
    // Whoever asks for hooks that are not there is told so, however often: a scanner is nobody's provider.
    let forwarded = [("X-Forwarded-For".to_owned(), bad.to_owned())];
    for _ in 0..20 {
        assert_eq!(door.post("/hooks/jobdiva/none", &forwarded, b"").await.status, 404);
    }
    for _ in 0..4 {
        assert_eq!(door.send(&passed_on(bad, false, 1)).await.status, 401);
    }
    let unheard = door.send(&passed_on(bad, true, 1)).await;
    assert_eq!((unheard.status, unheard.header("retry-after")), (429, Some("15")));
    assert_eq!(door.counters.limited.load(Ordering::Relaxed), 1);
    // What a client writes itself about where it is changes nothing.
    let disguised = format!("198.51.100.7, {bad}");
    assert_eq!(door.send(&passed_on(&disguised, true, 1)).await.status, 429);
    for number in 2..40 {
        assert_eq!(
            door.send(&passed_on(good, true, number)).await.status,
            200,
            "the provider goes on"
        );
    }
    door.pass(15);
    assert_eq!(door.send(&passed_on(bad, true, 1)).await.status, 200);
}

#[tokio::test]
async fn a_limit_on_all_requests_is_there_for_who_wants_it() {
    let limits = behind_a_proxy(Rules { requests_per_minute: Some(3), ..Rules::default() });
    let door = door(limits, serve::Limits::default()).await;
    for number in 0..3 {
        assert_eq!(door.send(&passed_on("203.0.113.9", true, number)).await.status, 200);
    }
    assert_eq!(door.send(&passed_on("203.0.113.9", true, 3)).await.status, 429);
    assert_eq!(door.send(&passed_on("203.0.113.10", true, 3)).await.status, 200);
}

#[tokio::test]
async fn a_hook_may_be_for_some_addresses_only_and_a_header_opens_it_to_nobody() {
    let mut own = tenant();
    own.policy_hook.as_mut().unwrap().allow_from = vec!["203.0.113.0/24".parse().unwrap()];
    let believed = behind_a_proxy(Rules::default());
    for (limits, client, status) in [
        (believed.clone(), "203.0.113.9", 200),
        (believed.clone(), "198.51.100.1", 403),
        (believed.clone(), "203.0.113.9, 198.51.100.1", 403),
        // Nobody is trusted: what the header says counts for nothing.
        (Limits::default(), "203.0.113.9", 403),
    ] {
        let door = Listening::with(own.clone(), limits, serve::Limits::default()).await;
        assert_eq!(door.send(&passed_on(client, true, 1)).await.status, status, "{client}");
        let outside = door.counters.outside.load(Ordering::Relaxed);
        assert_eq!(outside, u64::from(status == 403));
        assert_eq!(door.jobdiva(SECRET, &message(1)).await.status, 200, "the other hook is open");
    }
}

#[tokio::test]
async fn a_kept_connection_serves_one_request_after_the_other() {
    let door = Listening::begin().await;
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    for number in 0..5 {
        let body = event(number);
        let whole = request(&policy_path(), &policy_signed(SECRET, START, &body), body.as_bytes());
        let kept = String::from_utf8(whole).unwrap().replace("Connection: close\r\n", "");
        stream.write_all(kept.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(br#"{"received":true}"#) {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(door.events(), 5);
}
