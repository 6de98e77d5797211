//! The adapter against a server of canned answers: logins, refusals, envelopes, facts, feeds.

// Clippy's leave for tests does not reach the functions that tests share.
#![allow(clippy::unwrap_used)]

#[path = "client/assemble.rs"]
mod assemble;
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests crate uses all of it")]
mod canary;
#[path = "client/decoding.rs"]
mod decoding;
#[path = "client/documents.rs"]
mod documents;
#[path = "client/failures.rs"]
mod failures;
#[path = "client/outside.rs"]
mod outside;
#[path = "client/poll.rs"]
mod poll;
#[path = "client/probe.rs"]
mod probe;
#[path = "client/reference.rs"]
mod reference;
#[path = "client/registry.rs"]
mod registry;
#[path = "client/server.rs"]
mod server;
#[path = "client/timing.rs"]
mod timing;
#[path = "client/windows.rs"]
mod windows;

use std::sync::Arc;
use std::time::Duration;

use integration_jobdiva::JobDiva;
use integration_jobdiva::config::{Config, Login};
use integration_jobdiva::error::Error;
use server::{Canned, Server, rows, said};
use workflow_core::domain::call::{Answer, Call};
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::time::ManualClock;

const CANDIDATE: &str = "/CandidateDetail";
const MARISOL: &str = r#"{"ID":"70011000042","FIRSTNAME":"Marisol ","LASTNAME":"Okafor","EMAIL":"",
    "ALTERNATEEMAIL":"marisol@example.com","STATE":"CA","COUNTRY":"US","CELLPHONE":"559-555-0142"}"#;
const UNAUTHORIZED: &str = r#"{"timestamp":1,"status":401,"error":"Unauthorized",
    "message":"Full authentication is required to access this resource","path":"/x"}"#;

async fn read_person(jobdiva: &JobDiva) -> Outcome<Answer> {
    let stream = StreamId::parse("contractor/acme/70011000042").unwrap();
    let attempt = Attempt {
        key: Key::of(&stream, Version(1), "read_person"),
        stream,
        generation: 1,
        earlier: 0,
        owed_since: server::NOW,
        now: server::NOW,
        look_first: false,
    };
    jobdiva.perform(&Call::ReadPerson { candidate: "70011000042".into() }, &attempt).await
}

/// What reading a person comes to when the service answers so.
async fn after(answers: &[Canned]) -> (Outcome<Answer>, Server) {
    let server = Server::start().await;
    server.on(CANDIDATE, answers);
    (read_person(&server.jobdiva()).await, server)
}

fn again(outcome: Outcome<Answer>) -> Again {
    match outcome {
        Outcome::Again(again) => again,
        Outcome::Answered(answer) => panic!("answered {answer:?}"),
    }
}

fn refusal(outcome: Outcome<Answer>) -> (u16, String) {
    let Outcome::Answered(Answer::Refused(refusal)) = outcome else {
        panic!("not refused: {outcome:?}")
    };
    (refusal.status, refusal.code)
}

fn is_read(outcome: &Outcome<Answer>) -> bool {
    matches!(outcome, Outcome::Answered(Answer::PersonRead(_)))
}

#[tokio::test]
async fn a_person_is_read_from_every_envelope() {
    let header = r#"[["ID","FIRSTNAME","SSN","LASTNAME","ALTERNATEEMAIL"],
        ["70011000042","Marisol","1","Okafor","marisol@example.com"]]"#;
    for canned in [
        rows(&format!("[{MARISOL}]")),
        rows(header),
        rows(MARISOL),
        rows(&format!(r#"{{"70011000042":[{MARISOL}]}}"#)),
        said(200, &format!("[{MARISOL}]")),
        said(200, &format!(r#"{{"dataSet":[{MARISOL}]}}"#)),
    ] {
        let body = canned.body.clone();
        let (outcome, _) = after(&[canned]).await;
        let Outcome::Answered(Answer::PersonRead(person)) = outcome else {
            panic!("not read from {body}: {outcome:?}")
        };
        assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Marisol", "Okafor"));
        assert_eq!(person.email.as_deref(), Some("marisol@example.com"));
    }
}

#[tokio::test]
async fn nobody_is_unknown_in_every_empty_envelope() {
    let someone_else = rows(r#"[{"ID":"7","FIRSTNAME":"Ada"}]"#);
    for canned in [rows("[]"), rows("{}"), rows("null"), said(200, "[]"), someone_else] {
        let (outcome, _) = after(&[canned]).await;
        assert_eq!(outcome, Outcome::Answered(Answer::PersonUnknown));
    }
}

#[tokio::test]
async fn one_login_serves_many_calls() {
    let (outcome, server) = after(&[rows(&format!("[{MARISOL}]"))]).await;
    assert!(is_read(&outcome));
    let jobdiva = server.jobdiva();
    let (a, b) = tokio::join!(read_person(&jobdiva), read_person(&jobdiva));
    assert!(is_read(&a) && is_read(&b));
    let logins = server.asked("authenticate");
    assert_eq!(logins.len(), 2, "one of each adapter");
    assert_eq!(logins[0].path, "/apiv2/v2/authenticate");
    assert_eq!(
        logins[0].query,
        "clientid=98765432101&username=api%40example.com&password=p%26ss+w0rd"
    );
    let asked = server.asked(CANDIDATE);
    assert_eq!(asked[0].query, "candidateId=70011000042");
    assert_eq!(asked[0].token, "Bearer t.1.s");
}

#[tokio::test]
async fn every_login_variant_works() {
    for (login, path, body) in [
        (Login::V2Pair, "/apiv2/v2/authenticate", r#"{"token":"a.b.c","refreshtoken":"d"}"#),
        (Login::V2Text, "/apiv2/authenticate", "a.b.c"),
        (Login::V2Login, "/apiv2/v2/login", r#"{"token":"a.b.c"}"#),
        (Login::V1Text, "/api/authenticate", "\"a.b.c\""),
    ] {
        let server = Server::start().await;
        server.on(path, &[said(200, body)]);
        let jobdiva = server.with(|config| config.login = login);
        read_person(&jobdiva).await;
        assert_eq!(server.asked(CANDIDATE)[0].token, "Bearer a.b.c", "{path}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let good = rows(&format!("[{MARISOL}]"));
    let (outcome, server) = after(&[said(401, UNAUTHORIZED), good]).await;
    assert!(is_read(&outcome));
    let tokens: Vec<String> =
        server.asked(CANDIDATE).into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens, ["Bearer t.1.s", "Bearer t.2.s"]);

    let (outcome, server) = after(&[said(401, UNAUTHORIZED)]).await;
    assert!(again(outcome).reason.contains("credentials refused"));
    assert_eq!(server.asked(CANDIDATE).len(), 2);
    assert_eq!(server.asked("authenticate").len(), 2);
}

#[tokio::test]
async fn a_wrong_password_is_said_without_being_shown() {
    for canned in [
        said(500, "Invalid username/password p&ss w0rd"),
        said(200, "Error: Invalid username/password"),
        said(200, "{}"),
        said(403, ""),
    ] {
        let server = Server::start().await;
        server.on("authenticate", &[canned]);
        let error = server.jobdiva().log_in().await.unwrap_err();
        assert!(matches!(error, Error::Credentials { .. }), "{error}");
        assert!(!error.to_string().contains("w0rd"), "{error}");
        assert_eq!(server.asked("authenticate").len(), 1, "one attempt");
    }
    let server = Server::start().await;
    server.on("authenticate", &[said(503, "")]);
    let error = server.jobdiva().log_in().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 503, .. }), "{error}");
}

#[tokio::test]
async fn a_200_may_say_no() {
    let error = r#"{"message":"Error: Invalid Request Parameter (x)","data":null}"#;
    let (outcome, _) = after(&[said(200, error)]).await;
    assert_eq!(refusal(outcome), (200, "refused".into()));
    let wide = r#"{"message":"Error: x. Date range more than 14 days, metric name = Y"}"#;
    let (outcome, _) = after(&[said(200, wide)]).await;
    assert_eq!(refusal(outcome), (200, "window_too_wide".into()));
    let not_granted = r#"{"message":"Error: not allowed to query this BIData metric X","data":[]}"#;
    let (outcome, _) = after(&[said(200, not_granted)]).await;
    assert_eq!(refusal(outcome), (403, "not_granted".into()));
    let queue = r#"{"message":"Error: There are too many API requests in the queue. Please try again in 3 minutes."}"#;
    let (outcome, _) = after(&[said(200, queue)]).await;
    assert_eq!(again(outcome).after, Some(Duration::from_secs(180)));
    let (outcome, _) = after(&[said(200, "\"Error: x\"")]).await;
    assert_eq!(refusal(outcome), (200, "refused".into()));
    for odd in [r#"{"message":"Hm"}"#, "<html>", r#"{"data":[1]}"#, "{", "", "{}"] {
        let (outcome, _) = after(&[said(200, odd)]).await;
        assert_eq!(refusal(outcome), (200, "unreadable".into()), "{odd}");
    }
}

#[tokio::test]
async fn a_wish_to_wait_is_passed_on() {
    let slow =
        |retry_after| Canned { status: 429, retry_after, body: "Request Limit Exceeded".into() };
    for (wish, secs) in [
        (Some("7"), 7..=7),
        // Three minutes after the clock's noon.
        (Some("Wed, 01 Apr 2026 16:03:00 GMT"), 180..=180),
        (Some("soon"), 30..=38),
        (Some("86400"), 3600..=3600),
        (None, 30..=38),
    ] {
        let (outcome, server) = after(&[slow(wish)]).await;
        let again = again(outcome);
        let after = again.after.unwrap().as_secs();
        assert!(secs.contains(&after), "{wish:?}: {after}");
        assert_eq!(again.trace, Trace::None);
        assert_eq!(server.asked(CANDIDATE).len(), 1, "one attempt");
    }
}

#[tokio::test]
async fn who_is_told_off_again_waits_longer_and_a_good_answer_forgets_it() {
    let slow = Canned { status: 429, retry_after: None, body: "Request Limit Exceeded".into() };
    let mut answers = vec![slow.clone(); 6];
    answers.extend([rows(&format!("[{MARISOL}]")), slow]);
    let waits = async |seed: u64| {
        let server = Server::start().await;
        server.on(CANDIDATE, &answers);
        let (mut config, clock) = (server.config(), ManualClock::at(server::NOW));
        config.seed = seed;
        let jobdiva = JobDiva::new(config, Arc::new(clock.clone())).unwrap();
        let mut waits = Vec::new();
        for nth in 0..answers.len() {
            let outcome = read_person(&jobdiva).await;
            if nth == 6 {
                assert!(is_read(&outcome));
                continue;
            }
            let after = again(outcome).after.unwrap();
            waits.push(after);
            // Sooner nothing is sent at all; the others are asked as ever.
            assert!(again(read_person(&jobdiva).await).reason.contains("rate limit"));
            assert_eq!(server.asked(CANDIDATE).len(), nth + 1);
            clock.advance(after.max(Duration::from_secs(61)));
        }
        waits
    };
    let (one, other) = (waits(1).await, waits(2).await);
    for waits in [&one, &other] {
        for (wait, least) in waits.iter().zip([30, 60, 120, 240, 240, 240, 30]) {
            let all = Duration::from_secs(least)..=Duration::from_secs(least) * 5 / 4;
            assert!(all.contains(wait), "{waits:?}");
        }
    }
    assert_ne!(one, other, "tenants do not come back together");
    assert_eq!(one, waits(1).await, "by the seed alone");
}

#[tokio::test]
async fn failures_are_tried_again_and_refusals_are_not() {
    for status in [500, 502, 503, 504] {
        let (outcome, server) = after(&[said(status, "Not an array")]).await;
        assert_eq!(again(outcome).trace, Trace::Unknown, "{status}");
        assert_eq!(server.asked(CANDIDATE).len(), 1, "one attempt");
    }
    let apierror = r#"{"apierror":{"status":"BAD_REQUEST","message":"missing candidateId"}}"#;
    for (status, body) in
        [(400, apierror), (420, ""), (415, ""), (404, ""), (302, ""), (500, "Error: x")]
    {
        let (outcome, _) = after(&[said(status, body)]).await;
        assert_eq!(refusal(outcome).0, status);
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_kept() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[rows(&format!("[{MARISOL}]"))]);
    let jobdiva = server.with(|config| config.answer_bytes_max = 100);
    assert_eq!(refusal(read_person(&jobdiva).await), (200, "too_large".into()));
}

#[tokio::test]
async fn a_connection_refused_has_left_no_trace() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Server::start().await;
    let jobdiva = server.with(|config| config.base_url = url);
    let again = again(read_person(&jobdiva).await);
    assert_eq!(again.trace, Trace::None);
    assert!(
        !again.reason.contains("password") && !again.reason.contains("w0rd"),
        "{}",
        again.reason
    );
}

#[tokio::test]
async fn a_connection_cut_after_the_request_is_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cut = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut seen = [0; 64];
        loop {
            stream.readable().await.unwrap();
            match stream.try_read(&mut seen) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                read => return read.unwrap(),
            }
        }
    });
    let server = Server::start().await;
    let jobdiva = server.with(|config| config.base_url = url);
    let again = again(read_person(&jobdiva).await);
    assert!(cut.await.unwrap() > 0);
    assert_eq!(again.trace, Trace::Unknown);
    assert!(!again.reason.contains("w0rd"), "{}", again.reason);
}

#[tokio::test]
async fn a_call_for_the_other_side_is_refused_unsent() {
    let server = Server::start().await;
    let stream = StreamId::parse("placement/acme/1").unwrap();
    let attempt = Attempt {
        key: Key::of(&stream, Version(1), "x"),
        stream,
        generation: 1,
        earlier: 0,
        owed_since: server::NOW,
        now: server::NOW,
        look_first: false,
    };
    let call = Call::ExpireApplication { session: "s".into() };
    let outcome = server.jobdiva().perform(&call, &attempt).await;
    assert_eq!(refusal(outcome).1, "not_for_jobdiva");
    assert!(server.asked("").is_empty());
}
