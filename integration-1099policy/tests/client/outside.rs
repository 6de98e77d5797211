//! The way out: redirects, oversized answers, wishes to wait, limits and the breaker, seen from both ends of a socket.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use workflow_core::breaker::Standing;
use workflow_core::limits::Pace;
use workflow_core::time::ManualClock;

use super::server::Fault;
use super::*;

/// A world and a client that goes by a clock of its own.
async fn timed(change: impl FnOnce(&mut Config)) -> (server::Shared, Ten99Policy, ManualClock) {
    let (world, url) = server::serve().await;
    world.lock().unwrap().now = NOW.as_secs();
    let (policy, clock) = client(&url, change);
    (world, policy, clock)
}

fn client(url: &str, change: impl FnOnce(&mut Config)) -> (Ten99Policy, ManualClock) {
    let clock = ManualClock::at(NOW);
    let mut config = config(url);
    change(&mut config);
    (Ten99Policy::with_clock(config, Arc::new(clock.clone())).unwrap(), clock)
}

fn at(clock: &ManualClock, operation: &str) -> Attempt {
    use workflow_core::time::Clock as _;
    Attempt { now: clock.now(), ..first(operation) }
}

/// A server that answers everything the same way.
async fn always(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(move || {
        let answer = answer();
        async move { answer }
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

fn too_fast(wish: Option<&str>) -> Fault {
    let wish = wish.map(|wish| ("retry-after", wish.to_owned()));
    Fault::Answer(429, wish, json!({"error_code": "rate_limit", "message": "x"}))
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_key_goes_nowhere_else() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, address) = server::serve().await;
        let url = always(move || {
            let location = format!("{address}/api/v1/jobs?who=ada@example.test");
            let answer = Response::builder().status(status).header(header::LOCATION, location);
            answer.body(Body::empty()).unwrap()
        })
        .await;
        let (policy, clock) = client(&url, |_| {});
        let answer = answered(policy.perform(&create_job(), &at(&clock, "job")).await);
        let Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
        assert_eq!((refusal.status, refusal.code.as_str()), (status, "redirected"));
        assert!(!refusal.message.contains("ada"), "{}", refusal.message);
        assert!(elsewhere.lock().unwrap().seen.is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let url = always(|| {
        let large = vec![b' '; 9 * 1024 * 1024];
        Response::builder().status(StatusCode::CREATED).body(Body::from(large)).unwrap()
    })
    .await;
    let (policy, clock) = client(&url, |_| {});
    let large = again(policy.perform(&create_job(), &at(&clock, "job")).await);
    assert_eq!(large.trace, Trace::Unknown);
    assert!(large.reason.contains("larger than 8 MiB"), "{}", large.reason);
    // It answers, so it is there.
    assert_eq!(policy.outlet().breaker, Standing::Closed { failed: 0 });
}

#[tokio::test]
async fn a_wish_to_wait_is_a_moment_and_nothing_is_sent_before() {
    for (wish, secs) in [
        ("60", 60),
        ("3600", 3600),
        ("7200", 3600),
        ("99999999999999999999", 3600),
        // One minute after the clock's present, and a day.
        ("Mon, 24 Nov 2025 16:01:00 GMT", 60),
        ("Monday, 24-Nov-25 16:01:00 GMT", 60),
        ("Mon Nov 24 16:01:00 2025", 60),
        ("Tue, 25 Nov 2025 16:00:00 GMT", 3600),
    ] {
        let (world, policy, clock) = timed(|_| {}).await;
        world.lock().unwrap().faults.push_back(too_fast(Some(wish)));
        let busy = again(policy.perform(&create_job(), &at(&clock, "job")).await);
        let wait = Duration::from_secs(secs);
        assert_eq!((busy.trace, busy.after), (Trace::None, Some(wait)), "{wish}");
        let later = policy.later(&create_job()).unwrap();
        assert_eq!(later.until, NOW.plus(wait), "{wish}");
        let early = again(policy.perform(&create_job(), &at(&clock, "job")).await);
        assert_eq!((early.trace, early.after), (Trace::None, Some(wait)), "{}", early.reason);
        assert_eq!(world.lock().unwrap().count("POST /jobs"), 1, "{wish}");
        clock.advance(wait);
        assert_eq!(policy.later(&create_job()), None, "{wish}");
        answered(policy.perform(&create_job(), &at(&clock, "job")).await);
    }
}

#[tokio::test]
async fn a_wish_that_is_none_is_left_to_the_engine() {
    for wish in [None, Some("soon"), Some("-5"), Some("1.5"), Some(""), Some("Mon, 24 Nov")] {
        let (world, policy, clock) = timed(|_| {}).await;
        world.lock().unwrap().faults.push_back(too_fast(wish));
        let busy = again(policy.perform(&create_job(), &at(&clock, "job")).await);
        assert_eq!((busy.trace, busy.after), (Trace::None, None), "{wish:?}");
    }
}

#[tokio::test]
async fn each_429_halves_the_pace_of_its_method_and_a_clean_minute_brings_a_tenth_back() {
    let (world, policy, clock) = timed(|_| {}).await;
    for halved in [300, 150, 75, 37, 18, 12, 12] {
        world.lock().unwrap().faults.push_back(too_fast(None));
        clock.advance(Duration::from_secs(11));
        again(policy.perform(&create_job(), &at(&clock, "job")).await);
        assert_eq!(policy.outlet().limits["POST"].per_minute, halved);
    }
    let shown = policy.outlet().limits["POST"];
    assert_eq!(shown.usual_per_minute, 600);
    assert_eq!(shown.told_off, Some(NOW.plus(Duration::from_secs(77))));
    for faster in [13, 14, 15] {
        clock.advance(Duration::from_secs(60));
        assert_eq!(policy.outlet().limits["POST"].per_minute, faster);
    }
    // Reading was never told off.
    policy.category_codes().await.unwrap_err();
    let reading = policy.outlet().limits["GET"];
    assert_eq!((reading.per_minute, reading.told_off), (600, None));
}

#[tokio::test]
async fn more_than_the_pace_allows_is_put_off_and_not_sent() {
    let slow = Pace { per_minute: 1, burst: 2, least_per_minute: 1 };
    let (world, policy, clock) = timed(|config| config.limits.pace = slow).await;
    for job in ["a", "b"] {
        answered(policy.perform(&create_job(), &at(&clock, job)).await);
    }
    let late = again(policy.perform(&create_job(), &at(&clock, "c")).await);
    assert_eq!((late.trace, late.after), (Trace::None, Some(Duration::from_secs(60))));
    assert!(late.reason.contains("rate limit of POST"), "{}", late.reason);
    assert_eq!(policy.later(&create_job()).unwrap().until, NOW.plus(Duration::from_secs(60)));
    assert_eq!(world.lock().unwrap().count("POST /jobs"), 2);
    assert_eq!(policy.outlet().put_off, 1);
    clock.advance(Duration::from_secs(60));
    answered(policy.perform(&create_job(), &at(&clock, "c")).await);
}

#[tokio::test]
async fn where_nobody_is_there_nothing_is_sent_and_then_something_harmless_tries() {
    // Bound, so that nobody else has the port; nobody listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let (policy, clock) = client(&url, |_| {});
    for _ in 0..5 {
        let nobody = again(policy.perform(&create_job(), &at(&clock, "job")).await);
        assert_eq!((nobody.trace, nobody.after), (Trace::None, None), "{}", nobody.reason);
    }
    let half_a_minute = Duration::from_secs(30);
    assert_eq!(policy.outlet().breaker, Standing::Open { until: NOW.plus(half_a_minute) });
    let put_off = again(policy.perform(&create_job(), &at(&clock, "job")).await);
    assert_eq!((put_off.trace, put_off.after), (Trace::None, Some(half_a_minute)));
    assert_eq!(policy.later(&create_job()).unwrap().until, NOW.plus(half_a_minute));
    // Half a minute later still nobody: what tried was no POST.
    clock.advance(half_a_minute);
    assert_eq!(policy.later(&create_job()), None);
    let nobody = again(policy.perform(&create_job(), &at(&clock, "job")).await);
    assert_eq!(nobody.trace, Trace::None, "{}", nobody.reason);
    assert!(matches!(policy.outlet().breaker, Standing::Open { .. }));
    // Then somebody.
    clock.advance(half_a_minute);
    let world = server::serve_on(socket.listen(16).unwrap());
    answered(policy.perform(&create_job(), &at(&clock, "job")).await);
    let seen: Vec<String> = world.lock().unwrap().seen.iter().map(|(it, _)| it.clone()).collect();
    assert_eq!(seen, ["GET /category_codes", "POST /jobs"]);
    assert_eq!(policy.outlet().breaker, Standing::Closed { failed: 0 });
}

#[tokio::test]
async fn a_key_of_the_other_environment_never_begins_to_work() {
    let (_world, policy, _) = timed(|_| {}).await;
    let refused = policy.set_api_key(Secret::new("t9k_live_1")).unwrap_err();
    assert!(refused.to_string().contains("api_key is a live key"), "{refused}");
    policy.set_api_key(Secret::new("t9k_test_2")).unwrap();
}
