//! Webhooks, the saved state and the control endpoints.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use integration_1099policy::simulator::{
    Config, DeliveryState, Order, Seal, WebhookFault, WebhookFaultKind,
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::desk::{DAY, Desk, now, person, read, work};

/// What a receiver got: the signature header and the body.
type Got = Arc<Mutex<Vec<(String, String)>>>;

/// Answers 500 to the first `failures` requests.
async fn receiver(failures: usize) -> (String, Got) {
    async fn take(
        State((got, failures)): State<(Got, usize)>,
        headers: HeaderMap,
        body: String,
    ) -> axum::http::StatusCode {
        let signature =
            headers.get("Ten99Policy-Signature").map_or("", |v| v.to_str().unwrap_or(""));
        let mut got = got.lock().expect("no test panics here");
        got.push((signature.to_owned(), body));
        let status = if got.len() > failures { 200 } else { 500 };
        axum::http::StatusCode::from_u16(status).expect("a status")
    }
    let got = Got::default();
    let routes = Router::new().route("/hook", post(take)).with_state((Arc::clone(&got), failures));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, got)
}

/// The signed moment, if the signature is right.
fn verified(secret: &str, signature: &str, body: &str) -> Option<i64> {
    let (t, v1) = signature.strip_prefix("t=")?.split_once(",v1=")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{t}.{body}").as_bytes());
    mac.verify_slice(&hex::decode(v1).ok()?).ok()?;
    t.parse().ok()
}

#[tokio::test]
async fn webhooks_are_signed_retried_on_the_clock_and_can_be_forged() {
    let desk = Desk::standard().await;
    let (url, got) = receiver(1).await;
    let (_, endpoint) = desk
        .post("/webhook_endpoints", json!({ "url": url, "events": ["application.created"] }))
        .await;
    let secret = endpoint["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 30);
    let quote = desk.quote(&desk.contractor("1").await, &desk.job("jc_Engineer").await).await;
    desk.session(&quote).await;
    desk.sim.tick().await;
    assert_eq!(
        (got.lock().unwrap().len(), desk.sim.deliveries()[0].state),
        (1, DeliveryState::Waiting)
    );
    desk.sim.advance(Duration::from_secs(10)).await;
    assert_eq!(desk.sim.deliveries()[0].state, DeliveryState::Delivered);

    desk.sim.inject_event(
        &json!({ "id": "ev_x", "type": "application.created", "data": {} }),
        Seal::Forged,
    );
    desk.sim.inject_event(
        &json!({ "id": "ev_y", "type": "application.created", "data": {} }),
        Seal::Stale,
    );
    desk.sim.tick().await;
    let got = got.lock().unwrap().clone();
    let moments: Vec<Option<i64>> =
        got.iter().map(|(sign, body)| verified(&secret, sign, body)).collect();
    let at = now() + 10;
    assert_eq!(moments, [Some(now()), Some(at), None, Some(at - 3600)]);
    let sent: Value = serde_json::from_str(&got[0].1).unwrap();
    assert_eq!(
        (&sent["type"], &sent["data"]["quote"]),
        (&json!("application.created"), &json!(quote))
    );
    assert_eq!(desk.get(&format!("/events/{}", sent["id"].as_str().unwrap())).await.1, sent);
}

#[tokio::test]
async fn webhooks_can_be_dropped_doubled_delayed_and_reversed() {
    let desk = Desk::standard().await;
    let (url, got) = receiver(0).await;
    desk.made("/webhook_endpoints", json!({ "url": url })).await;
    let fault = |event: &str, kind| WebhookFault { event: event.to_owned(), count: 1, kind };
    desk.sim.webhook_fault(fault("application.created", WebhookFaultKind::Drop));
    desk.sim.webhook_fault(fault("application.started", WebhookFaultKind::Delay { secs: DAY }));
    desk.sim.webhook_fault(fault("policy.active", WebhookFaultKind::Duplicate));
    desk.sim.webhook_order(Order::Reversed);
    desk.insured("1").await;
    desk.hours(24).await;
    let types: Vec<Value> = got
        .lock()
        .unwrap()
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["type"].clone())
        .collect();
    assert_eq!(
        types,
        ["policy.active", "policy.active", "application.complete", "application.started"]
    );
}

#[tokio::test]
async fn a_killed_simulator_resumes_where_it_stopped() {
    let file = std::env::temp_dir().join(format!("simulator-{}.json", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let config = || Config { persist: Some(file.clone()), ..Config::default() };
    let desk = Desk::open(config()).await;
    let (contractor, job) = (desk.contractor("1").await, desk.job("jc_Engineer").await);
    let quote = desk.quote(&contractor, &job).await;
    desk.session(&quote).await;
    let first = read(desk.keyed("/jobs", "k", &work("jc_Designer")).await.unwrap()).await;
    desk.hours(2).await;
    drop(desk);

    let desk = Desk::open(config()).await;
    assert_eq!(read(desk.keyed("/jobs", "k", &work("jc_Designer")).await.unwrap()).await, first);
    assert_eq!(desk.sim.ledger().sessions_live, 1);
    desk.hours(1).await;
    assert_eq!(desk.get(&format!("/policies?quote={quote}")).await.1[0]["status"], "active");
    assert_eq!(desk.sim.ledger().jobs_by_placement["45679"], 2);
    let _ = std::fs::remove_file(&file);
}

#[tokio::test]
async fn the_control_endpoints_do_what_the_handle_does() {
    let desk = Desk::standard().await;
    let control = |method: Method, path: &str, body: Value| {
        let request = desk.http.request(method, format!("{}/_sim{path}", desk.sim.base_url()));
        async move { request.json(&body).send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let fault = json!({ "method": "POST", "path": "/contractors", "kind": "rate_limited", "retry_after_secs": 1 });
    assert_eq!(control(Method::POST, "/faults", fault).await["done"], true);
    assert_eq!(desk.post("/contractors", person("1")).await.0, 429);
    let script = json!({ "who": "1", "application": "ineligible" });
    assert_eq!(control(Method::POST, "/behaviours", script).await["done"], true);
    let quote = desk.quote(&desk.contractor("1").await, &desk.job("jc_Engineer").await).await;
    desk.session(&quote).await;
    let moved = control(Method::POST, "/clock/advance", json!({ "secs": 10_800 })).await;
    assert_eq!((&moved["now"], &moved["happened"]), (&json!(now() + 10_800), &json!(2)));
    let ledger = control(Method::GET, "/ledger", json!({})).await;
    assert_eq!(
        (&ledger["quotes"], &ledger["requests"]["POST /contractors"]),
        (&json!(1), &json!(2))
    );
    let requests = control(Method::GET, "/requests", json!({})).await;
    assert_eq!(
        (&requests[0]["status"], &requests[0]["auth_scheme"]),
        (&json!(429), &json!("bearer"))
    );
    control(Method::POST, "/reset", json!({})).await;
    assert_eq!(desk.get("/contractors").await.1, json!([]));
}
