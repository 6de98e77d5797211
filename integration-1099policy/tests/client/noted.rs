//! What is noted of an attempt: every request as it was sent, every answer as it came, no secret, nobody else's data.

use serde_json::json;
use workflow_core::exchange::{Came, Exchange, gathered};

use super::server::Fault;
use super::*;

async fn attempted(policy: &Ten99Policy, call: &Call, operation: &str) -> Vec<Exchange> {
    gathered(policy.perform(call, &first(operation))).await.1
}

#[track_caller]
fn answer(exchange: &Exchange) -> (u16, &[u8], Option<&str>) {
    match &exchange.came {
        Came::Answer { status, body, .. } => (*status, body.kept(), body.sha256()),
        Came::Lost { reason } | Came::NotSent { reason } => panic!("{reason}"),
    }
}

#[tokio::test]
async fn each_request_of_an_attempt_is_noted_byte_for_byte() {
    let (world, policy) = world().await;
    let noted = attempted(&policy, &link_contractor(), "link").await;
    let asked: Vec<_> = noted.iter().map(|e| (e.method.as_str(), e.path.as_str())).collect();
    let path = |name: &str| noted[0].path.ends_with(name) && noted[1].path.ends_with(name);
    assert_eq!((asked[0].0, asked[1].0, path("/contractors")), ("GET", "POST", true));
    assert_eq!(noted[0].query.as_deref(), Some("email=candidate_20417%40relay.example.test"));
    assert_eq!(noted[0].idempotency_key, None);

    let created = &noted[1];
    assert_eq!(created.idempotency_key.as_deref(), Some("acme/placement/45679/3/link"));
    let world = world.lock().unwrap();
    assert_eq!(created.body.kept(), world.last_body.to_string().as_bytes());
    let header = |name: &str| {
        created.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(header("ten99policy-environment"), Some("sandbox"));
    assert_eq!(header("ten99policy-idempotent-key"), Some("acme/placement/45679/3/link"));
    assert_eq!(header("content-type"), Some("application/json"));
    for (name, value) in noted.iter().flat_map(|exchange| &exchange.headers) {
        assert!(name != "authorization" && !value.contains("t9k_test_1"), "{name}: {value}");
    }
    let (status, body, sha256) = answer(created);
    assert_eq!((status, sha256), (201, None));
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["id"], "cn_1");
}

#[tokio::test]
async fn of_a_list_only_length_and_hash_are_noted_for_it_shows_others() {
    let (world, policy) = world().await;
    world.lock().unwrap().stored.insert(
        "/contractors",
        vec![json!({"id": "cn_9", "email": "somebody@example.test", "first_name": "Somebody"})],
    );
    for exchange in attempted(&policy, &link_contractor(), "link").await {
        let (_, body, sha256) = answer(&exchange);
        assert_eq!(exchange.method == "GET", sha256.is_some(), "{exchange:?}");
        assert!(!String::from_utf8_lossy(body).contains("Somebody"));
    }
}

#[tokio::test]
async fn a_refusal_a_failure_and_a_lost_answer_are_noted_as_what_they_are() {
    let (world, policy) = world().await;
    let refused = Fault::Answer(400, None, json!({"error_code": "no", "message": "not so"}));
    let faults = [refused, Fault::Garbled(200, "<html>"), Fault::LoseAnswer];
    world.lock().unwrap().faults.extend(faults);
    let noted = attempted(&policy, &create_job(), "a").await;
    assert_eq!((noted.len(), answer(&noted[0]).0), (1, 400));
    assert!(String::from_utf8_lossy(answer(&noted[0]).1).contains("not so"));
    let noted = attempted(&policy, &create_job(), "b").await;
    assert_eq!(answer(&noted[0]), (200, &b"<html>"[..], None));
    let noted = attempted(&policy, &create_job(), "c").await;
    assert!(matches!(&noted[0].came, Came::Lost { .. }) && noted[0].was_sent(), "{noted:?}");
}

#[tokio::test]
async fn what_never_left_is_noted_as_not_sent() {
    // Bound, so that nobody else has the port, and closed again.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let policy = Ten99Policy::new(config(&url)).unwrap();
    let noted = attempted(&policy, &create_job(), "job").await;
    assert_eq!(noted.len(), 1);
    assert!(matches!(&noted[0].came, Came::NotSent { .. }) && !noted[0].was_sent(), "{noted:?}");
    assert!(!noted[0].body.kept().is_empty());
}

#[tokio::test]
async fn outside_of_an_attempt_nothing_is_noted() {
    let (_world, policy) = world().await;
    answered(policy.perform(&create_job(), &first("job")).await);
    let ((), noted) = gathered(async {}).await;
    assert!(noted.is_empty());
}
