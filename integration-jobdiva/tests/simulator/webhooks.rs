//! Signed webhooks, collected, retried, and not quite reliable.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use integration_jobdiva::simulator::{
    Behaviour, Mischief, Mutation, Outcome, RecordType, WebhookTarget,
};
use serde_json::Value;
use sha1::Sha1;

use super::tenant::{DAY, HOUR, Tenant, smooth};

const SECRET: &str = "shared with the receiver";
const SECOND: Duration = Duration::from_secs(1);

/// What a receiver heard, and what it says next.
#[derive(Default)]
struct Ear {
    heard: Vec<(String, String)>,
    reply: Option<(StatusCode, &'static str)>,
}

type Receiver = Arc<Mutex<Ear>>;

async fn hear(
    State(ear): State<Receiver>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    let mut ear = ear.lock().unwrap();
    let signature = headers["x-hub-signature"].to_str().unwrap().to_owned();
    ear.heard.push((signature, body));
    ear.reply.unwrap_or((StatusCode::OK, "true"))
}

async fn receiver(is_prefixed: bool) -> (Receiver, WebhookTarget) {
    let ear = Receiver::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().fallback(hear).with_state(ear.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let types = RecordType::ALL.to_vec();
    (ear, WebhookTarget { url, secret: SECRET.into(), is_prefixed, types })
}

async fn reliable(is_prefixed: bool) -> (Tenant, Receiver) {
    let tenant = Tenant::with(Behaviour { mischief: Mischief::NONE, ..smooth() }).await;
    let (ear, target) = receiver(is_prefixed).await;
    tenant.sim.set_webhook(Some(target)).unwrap();
    (tenant, ear)
}

fn signed(body: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn mail(email: &str) -> Mutation {
    Mutation::SetEmail { candidate: 70_011_000_058, email: email.into() }
}

#[tokio::test]
async fn changes_of_four_seconds_are_one_signed_message() {
    for is_prefixed in [true, false] {
        let (tenant, ear) = reliable(is_prefixed).await;
        tenant.sim.mutate(mail("first@example.com")).unwrap();
        tenant.sim.clock().advance(SECOND * 3);
        tenant.sim.mutate(mail("second@example.com")).unwrap();
        assert_eq!(tenant.sim.deliver_webhooks().await.unwrap(), 0, "still collecting");
        assert_eq!(tenant.sim.advance(SECOND).await.unwrap(), 1);
        assert_eq!(tenant.sim.advance(DAY / 24 / 60).await.unwrap(), 0, "taken");
        let heard = ear.lock().unwrap().heard.clone();
        let [(signature, body)] = heard.as_slice() else { panic!("not one: {heard:?}") };
        let prefix = if is_prefixed { "sha1=" } else { "" };
        assert_eq!(*signature, format!("{prefix}{}", signed(body)));
        let message: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&message["type"], &message["operation"]),
            (&"candidate".into(), &"Update".into())
        );
        assert_eq!(message["id"], "70011000058");
        assert_eq!(message["data"][0]["EMAIL"], "second@example.com");
        assert!(message["data"][0]["QUALIFICATIONS"].is_array());
    }
}

#[tokio::test]
async fn five_tries_five_seconds_apart_and_only_true_counts() {
    let (tenant, ear) = reliable(true).await;
    ear.lock().unwrap().reply = Some((StatusCode::OK, "ok"));
    tenant.sim.mutate(mail("new@example.com")).unwrap();
    assert_eq!(tenant.sim.advance(SECOND * 4).await.unwrap(), 1);
    assert_eq!(tenant.sim.advance(SECOND * 4).await.unwrap(), 0, "not before five seconds");
    assert_eq!(tenant.sim.advance(SECOND).await.unwrap(), 1);
    ear.lock().unwrap().reply = Some((StatusCode::ACCEPTED, "true"));
    for _ in 0..3 {
        assert_eq!(tenant.sim.advance(SECOND * 5).await.unwrap(), 1);
    }
    assert_eq!(tenant.sim.advance(HOUR / 60).await.unwrap(), 0, "given up");
    let delivery = tenant.sim.deliveries().remove(0);
    assert_eq!((delivery.attempts, delivery.outcome), (5, Outcome::Failed));
    ear.lock().unwrap().reply = None;
    let resend = tenant.http.post(tenant.url("/__sim/webhooks/resend"));
    resend.send().await.unwrap();
    assert_eq!(tenant.sim.tick().await.unwrap(), 1);
    assert_eq!(tenant.sim.deliveries()[0].outcome, Outcome::Delivered);
    let bodies: BTreeSet<_> =
        ear.lock().unwrap().heard.iter().map(|(_, body)| body.clone()).collect();
    assert_eq!(bodies.len(), 1, "every try sends the same bytes");
}

#[tokio::test]
async fn a_delete_has_no_data_and_pay_records_announce_themselves() {
    let (tenant, ear) = reliable(true).await;
    tenant.sim.mutate(Mutation::Delete { placement: 51_000_778 }).unwrap();
    tenant.sim.advance(HOUR * 6).await.unwrap();
    let heard = ear.lock().unwrap().heard.clone();
    let messages: Vec<Value> =
        heard.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    let deleted = messages.iter().find(|message| message["id"] == "51000778").unwrap();
    assert_eq!(deleted["operation"], "Delete");
    assert_eq!(deleted.get("data"), None);
    let pay: Vec<_> = messages
        .iter()
        .filter(|message| message["type"] == "salary" && message["id"] == "70011000042/2")
        .map(|message| message["operation"].as_str().unwrap())
        .collect();
    assert_eq!(pay, ["Insert", "Update"]);
}

#[tokio::test]
async fn by_default_messages_double_swap_and_vanish() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let (ear, target) = receiver(true).await;
    tenant.sim.set_webhook(Some(target)).unwrap();
    tenant.sim.advance(DAY * 30).await.unwrap();
    let deliveries = tenant.sim.deliveries();
    assert!(deliveries.iter().any(|of| of.outcome == Outcome::Dropped));
    let heard = ear.lock().unwrap().heard.clone();
    let distinct: BTreeSet<_> = heard.iter().collect();
    assert!(distinct.len() < heard.len(), "something came twice");
    let order = |what: &str| heard.iter().position(|(_, body)| body.contains(what)).unwrap();
    assert!(order(r#""id":"6611200""#) < order(r#""id":"51000798""#), "newest first");
}

#[tokio::test]
async fn nothing_is_sent_about_the_time_before_the_switch_was_on() {
    let (tenant, ear) = reliable(true).await;
    tenant.sim.set_webhook(None).unwrap();
    tenant.sim.mutate(mail("quiet@example.com")).unwrap();
    tenant.sim.advance(HOUR * 6).await.unwrap();
    let (_, target) = receiver(true).await;
    tenant.sim.set_webhook(Some(target)).unwrap();
    assert_eq!(tenant.sim.advance(SECOND * 10).await.unwrap(), 0);
    assert!(ear.lock().unwrap().heard.is_empty());
    assert!(tenant.sim.deliveries().is_empty());
}
