//! Each operation's own time: how long its answer is waited for, and how close two calls of it may come.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use integration_jobdiva::operations::{Operation, Param};
use integration_jobdiva::probe::{Harmless, Outcome as Probed};
use tokio::sync::watch;
use tokio::time::timeout;
use workflow_core::time::ManualClock;

use super::server::NOW;
use super::*;

/// Longer than any test goes on.
const NEVER: Duration = Duration::from_secs(1000);
const MINUTE: Duration = Duration::from_secs(60);

/// A server that never answers about people, and about requisitions once it is told to.
async fn hesitant() -> (String, watch::Sender<bool>) {
    let (go, gone) = watch::channel(false);
    let answer = move |request: Request| {
        let mut gone = gone.clone();
        async move {
            let path = request.uri().path();
            if path.ends_with("authenticate") {
                return said(200, r#"{"token":"t.1.s","refreshtoken":"r.r.r"}"#).into_response();
            }
            if path.ends_with(CANDIDATE) {
                std::future::pending::<()>().await;
            }
            gone.wait_for(|go| *go).await.unwrap();
            rows("[]").into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (url, go)
}

impl IntoResponse for Canned {
    fn into_response(self) -> Response {
        (axum::http::StatusCode::from_u16(self.status).unwrap(), self.body).into_response()
    }
}

#[tokio::test]
async fn an_operation_is_waited_for_as_long_as_it_says_itself() {
    let (url, go) = hesitant().await;
    let server = Server::start().await;
    // What the client is told of all of them would have the patient one fail first, and the other never.
    let patient = server.with(|config| {
        config.base_url.clone_from(&url);
        config.total_timeout = Duration::from_secs(1);
        config.registry.of_mut(Operation::JobGet).timeout = NEVER;
    });
    let hasty = server.with(|config| {
        config.base_url.clone_from(&url);
        (config.read_timeout, config.total_timeout) = (NEVER, NEVER);
        config.registry.of_mut(Operation::CandidateGet).timeout = Duration::from_secs(1);
    });
    patient.log_in().await.unwrap();
    hasty.log_in().await.unwrap();
    let mut harmless = Harmless::at(NOW);
    harmless.known.insert(Param::Job, "8".into());
    let asked = tokio::spawn(async move { patient.probe(Operation::JobGet, &harmless).await });
    let late = timeout(MINUTE, read_person(&hasty)).await.expect("it has a second");
    let late = again(late);
    assert_eq!(late.trace, Trace::Unknown);
    assert!(late.reason.contains("timed out"), "{}", late.reason);
    assert!(!asked.is_finished(), "its own time is not over");
    go.send(true).unwrap();
    let probe = timeout(MINUTE, asked).await.unwrap().unwrap();
    assert_eq!(probe.outcome, Probed::Empty);
}

#[tokio::test]
async fn two_calls_of_an_operation_are_as_far_apart_as_it_says_itself() {
    let server = Server::start().await;
    server.on(CANDIDATE, &[rows(&format!("[{MARISOL}]"))]);
    let clock = ManualClock::at(NOW);
    let mut config = server.config();
    let apart = Duration::from_secs(90);
    config.registry.of_mut(Operation::CandidateGet).min_interval = apart;
    let jobdiva = JobDiva::new(config, Arc::new(clock.clone())).unwrap();
    let person = Call::ReadPerson { candidate: "70011000042".into() };
    for times in 1..4 {
        assert_eq!(jobdiva.later(&person), None);
        assert!(is_read(&read_person(&jobdiva).await));
        // Nothing is saved up; what is less than ten seconds off would be waited for.
        for passed in [Duration::ZERO, apart - Duration::from_secs(11)] {
            clock.advance(passed);
            let early = again(read_person(&jobdiva).await);
            assert_eq!((early.trace, early.after), (Trace::None, Some(apart - passed)));
            assert_eq!(server.asked(CANDIDATE).len(), times);
        }
        clock.advance(Duration::from_secs(11));
    }
    // The others keep to their own.
    let mut harmless = Harmless::at(NOW);
    harmless.known.insert(Param::Job, "8".into());
    for _ in 0..3 {
        assert_eq!(jobdiva.probe(Operation::JobGet, &harmless).await.outcome, Probed::Empty);
    }
}
