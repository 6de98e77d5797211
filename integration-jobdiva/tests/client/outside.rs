//! The way out: redirects, limits by operation and the breaker, seen from both ends of a socket.

use std::sync::Arc;

use workflow_core::breaker::Standing;
use workflow_core::limits::Pace;
use workflow_core::time::ManualClock;

use super::server::NOW;
use super::*;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn timed(server: &Server, change: impl FnOnce(&mut Config)) -> (JobDiva, ManualClock) {
    let clock = ManualClock::at(NOW);
    let mut config = server.config();
    change(&mut config);
    (JobDiva::new(config, Arc::new(clock.clone())).unwrap(), clock)
}

fn person() -> Call {
    Call::ReadPerson { candidate: "70011000042".into() }
}

fn too_fast(retry_after: Option<&'static str>) -> Canned {
    Canned { status: 429, retry_after, body: "Request Limit Exceeded".into() }
}

fn one() -> Canned {
    rows(&format!("[{MARISOL}]"))
}

#[tokio::test]
async fn a_wish_closes_its_operation_and_no_other_and_nothing_is_sent_before() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[too_fast(Some("90")), one()]);
    let (jobdiva, clock) = timed(&server, |_| {});
    let wait = Duration::from_secs(90);
    for _ in 0..3 {
        let busy = again(read_person(&jobdiva).await);
        assert_eq!((busy.trace, busy.after), (Trace::None, Some(wait)), "{}", busy.reason);
    }
    assert_eq!(server.asked(CANDIDATE).len(), 1);
    assert_eq!(jobdiva.later(&person()).unwrap().until, NOW.plus(wait));
    let shown = jobdiva.outlet().limits;
    assert_eq!(shown["candidate.get"].per_minute, 30);
    assert_eq!(shown["candidate.get"].told_off, Some(NOW));
    assert_eq!(shown["auth.login"].told_off, None);
    // The feeds go on.
    assert!(jobdiva.poll(None, NOW.plus(WEEK)).await.unwrap().failed.is_empty());
    clock.advance(wait);
    assert_eq!(jobdiva.later(&person()), None);
    assert!(is_read(&read_person(&jobdiva).await));
}

#[tokio::test]
async fn a_full_queue_said_within_a_200_slows_down_too() {
    let queue = r#"{"message":"Error: There are too many API requests in the queue. Please try again in 3 minutes."}"#;
    let server = Server::start().await;
    server.on(CANDIDATE, &[said(200, queue), one()]);
    let (jobdiva, clock) = timed(&server, |_| {});
    again(read_person(&jobdiva).await);
    assert_eq!(jobdiva.outlet().limits["candidate.get"].per_minute, 30);
    assert!(jobdiva.later(&person()).is_some());
    clock.advance(Duration::from_secs(180));
    assert!(is_read(&read_person(&jobdiva).await));
}

#[tokio::test]
async fn an_operation_may_have_a_pace_of_its_own() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[one()]);
    let slow = Pace { per_minute: 2, burst: 1, least_per_minute: 1 };
    let (jobdiva, clock) = timed(&server, |config| {
        config.limits.paces.insert("candidate.get".into(), slow);
    });
    assert!(is_read(&read_person(&jobdiva).await));
    let late = again(read_person(&jobdiva).await);
    assert_eq!((late.trace, late.after), (Trace::None, Some(Duration::from_secs(30))));
    assert_eq!(server.asked(CANDIDATE).len(), 1);
    clock.advance(Duration::from_secs(30));
    assert!(is_read(&read_person(&jobdiva).await));
}

#[tokio::test]
async fn five_gateway_errors_in_a_row_open_the_breaker_and_a_deterministic_500_does_not() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[said(500, "Not an array")]);
    let (jobdiva, _) = timed(&server, |_| {});
    for _ in 0..8 {
        again(read_person(&jobdiva).await);
    }
    assert_eq!(jobdiva.outlet().breaker, Standing::Closed { failed: 0 });

    let answers: Vec<Canned> = [503, 502, 504, 503, 503].map(|status| said(status, "")).into();
    server.on(CANDIDATE, &[answers, vec![one()]].concat());
    let (jobdiva, clock) = timed(&server, |_| {});
    for _ in 0..5 {
        assert_eq!(again(read_person(&jobdiva).await).trace, Trace::Unknown);
    }
    let asked = server.asked("").len();
    let half_a_minute = Duration::from_secs(30);
    assert_eq!(jobdiva.outlet().breaker, Standing::Open { until: NOW.plus(half_a_minute) });
    let put_off = again(read_person(&jobdiva).await);
    assert_eq!((put_off.trace, put_off.after), (Trace::None, Some(half_a_minute)));
    assert_eq!(server.asked("").len(), asked, "nothing is sent");
    clock.advance(half_a_minute);
    assert!(is_read(&read_person(&jobdiva).await));
    assert_eq!(jobdiva.outlet().breaker, Standing::Closed { failed: 0 });
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_token_goes_nowhere_else() {
    let elsewhere = Server::start().await;
    let server = Server::start().await;
    for status in [301, 302, 303, 307, 308] {
        server.on(CANDIDATE, &[said(status, "moved")]);
        server.leads_to(&elsewhere.url);
        assert_eq!(refusal(read_person(&server.jobdiva()).await), (status, "redirected".into()));
    }
    assert!(elsewhere.asked("").is_empty());
}
