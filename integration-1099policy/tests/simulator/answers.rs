//! How requests are answered: keys, idempotency, faults.

use std::sync::Arc;

use integration_1099policy::simulator::{Fault, FaultKind};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::desk::{Desk, day, person, read, work};

#[tokio::test]
async fn a_wrong_key_or_environment_is_refused_and_environments_do_not_meet() {
    let desk = Desk::standard().await;
    let url = format!("{}/api/v1/contractors", desk.sim.base_url());
    let wrong = desk.http.get(&url).bearer_auth("t9k_test_other").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["error_code"], "invalid_api_key");

    desk.contractor("1").await;
    let basic = desk.http.get(&url).basic_auth(desk.sim.api_key(), Some("")).send().await.unwrap();
    assert_eq!(read(basic).await.1.as_array().unwrap().len(), 1);
    let environment =
        |name| desk.request(Method::GET, "/contractors").header("Ten99Policy-Environment", name);
    assert_eq!(read(environment("production").send().await.unwrap()).await, (200, json!([])));
    assert_eq!(environment("staging").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_stored_500_is_replayed_until_its_day_is_over() {
    let desk = Desk::standard().await;
    desk.sim.fault(Fault::once("POST", "/contractors", FaultKind::ErrorBefore));
    let first = desk.keyed("/contractors", "k", &person("1")).await.unwrap();
    assert_eq!(first.status(), 500);
    let again = desk.keyed("/contractors", "k", &person("1")).await.unwrap();
    assert_eq!(again.headers()["Idempotent-Replayed"], "true");
    assert_eq!(again.status(), 500);
    assert!(desk.sim.ledger().contractors_by_email.is_empty());

    desk.hours(24).await;
    assert_eq!(desk.keyed("/contractors", "k", &person("1")).await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_key_protects_for_a_day_then_makes_a_second_object() {
    let desk = Desk::standard().await;
    let id = |r: Response| async { read(r).await.1["id"].clone() };
    let first = id(desk.keyed("/jobs", "k", &work("jc_Engineer")).await.unwrap()).await;
    desk.hours(23).await;
    assert_eq!(id(desk.keyed("/jobs", "k", &work("jc_Engineer")).await.unwrap()).await, first);
    desk.hours(1).await;
    assert_ne!(id(desk.keyed("/jobs", "k", &work("jc_Engineer")).await.unwrap()).await, first);
    assert_eq!(desk.sim.ledger().jobs_by_placement["45679"], 2);
}

#[tokio::test]
async fn the_documented_header_outranks_the_others_and_paths_do_not_share_keys() {
    let desk = Desk::standard().await;
    let both = |weak: &'static str| {
        let request =
            desk.request(Method::POST, "/jobs").header("Ten99Policy-Idempotent-Key", "strong");
        request.header("Idempotency-Key", weak).json(&work("jc_Engineer")).send()
    };
    let first = read(both("random-1").await.unwrap()).await;
    assert_eq!(read(both("random-2").await.unwrap()).await, first);
    assert_eq!(desk.keyed("/contractors", "strong", &person("1")).await.unwrap().status(), 201);
}

#[tokio::test]
async fn validation_failures_are_not_kept_but_business_refusals_are() {
    let desk = Desk::standard().await;
    let mut broken = person("1");
    broken["email"] = Value::Null;
    let (status, body) = read(desk.keyed("/contractors", "k", &broken).await.unwrap()).await;
    assert_eq!((status, &body["error_code"]), (400, &json!("invalid_input")));
    assert!(body["message"]["email"][0].is_string(), "{body}");
    assert_eq!(desk.keyed("/contractors", "k", &person("1")).await.unwrap().status(), 201);

    let (status, body) = read(desk.keyed("/contractors", "k2", &person("1")).await.unwrap()).await;
    assert_eq!((status, &body["error_code"]), (400, &json!("duplicate_email")));
    let replayed = desk.keyed("/contractors", "k2", &person("2")).await.unwrap();
    assert_eq!(replayed.headers()["Idempotent-Replayed"], "true");
}

#[tokio::test]
async fn a_lost_response_leaves_one_object_and_its_answer_under_the_key() {
    let desk = Desk::standard().await;
    desk.sim.fault(Fault::once("POST", "/contractors", FaultKind::LostResponse));
    desk.keyed("/contractors", "k", &person("1")).await.expect_err("the connection closed");
    let again = desk.keyed("/contractors", "k", &person("1")).await.unwrap();
    assert_eq!(again.status(), 201);
    assert_eq!(desk.post("/contractors", person("1")).await.1["error_code"], "duplicate_email");
    assert_eq!(desk.sim.ledger().contractors_by_candidate["1"], 1);

    desk.sim.fault(Fault::once("POST", "/contractors", FaultKind::LostRequest));
    desk.keyed("/contractors", "k9", &person("9")).await.expect_err("the connection closed");
    assert!(!desk.sim.ledger().contractors_by_candidate.contains_key("9"));
}

#[tokio::test]
async fn a_duplicate_in_flight_gets_409() {
    let desk = Arc::new(Desk::standard().await);
    desk.sim.fault(Fault::once("POST", "/jobs", FaultKind::Hold));
    let held = Arc::clone(&desk);
    let first = tokio::spawn(async move { held.keyed("/jobs", "k", &work("jc_Engineer")).await });
    desk.sim.until_held(1).await;
    let second = desk.keyed("/jobs", "k", &work("jc_Engineer")).await.unwrap();
    assert_eq!(second.status(), 409);
    assert_eq!(read(second).await.1["error_code"], "idempotency");
    desk.sim.release();
    assert_eq!(first.await.unwrap().unwrap().status(), 201);
}

#[tokio::test]
async fn answers_can_be_late_broken_or_spelled_otherwise() {
    let desk = Desk::standard().await;
    let (contractor, job) = (desk.contractor("1").await, desk.job("jc_Engineer").await);
    let quote = format!("/quotes/{}", desk.quote(&contractor, &job).await);
    let next = |kind| desk.sim.fault(Fault::once("GET", "", kind));
    let raw = |path: String| {
        let request = desk.request(Method::GET, &path);
        async move { request.send().await.unwrap() }
    };

    next(FaultKind::RateLimited { retry_after_secs: 7 });
    let limited = raw(quote.clone()).await;
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    next(FaultKind::BadGateway);
    let page = raw(quote.clone()).await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (502, &"text/html".parse().unwrap())
    );
    next(FaultKind::TruncatedJson);
    assert!(raw(quote.clone()).await.json::<Value>().await.is_err());
    next(FaultKind::SlowBody { millis: 5 });
    assert!(raw(quote.clone()).await.json::<Value>().await.is_ok());

    next(FaultKind::QuoteJsonRepr);
    next(FaultKind::StringTimestamps);
    let (_, spelled) = desk.get(&quote).await;
    assert!(spelled["quote_json"].as_str().unwrap().contains("'stamping_fee': None"));
    assert_eq!(spelled["effective_date"], json!(day(3).to_string()));
    next(FaultKind::IsoTimestamps);
    assert_eq!(desk.get(&quote).await.1["effective_date"], "2026-03-27T12:00:00");
    next(FaultKind::NumberPostalcodes);
    next(FaultKind::ListEnvelope);
    assert_eq!(desk.get("/contractors").await.1["data"][0]["address"]["postalcode"], 94607);
}

#[tokio::test]
async fn every_answer_names_its_request_and_is_json() {
    let desk = Desk::standard().await;
    let contractor = desk.contractor("1").await;
    let large = "x".repeat(21 * 1024 * 1024);
    let stranger = desk.http.get(format!("{}/api/v1/jobs", desk.sim.base_url()));
    let elsewhere = desk.http.get(format!("{}/api/v2/jobs", desk.sim.base_url()));
    for (request, status) in [
        (desk.request(Method::GET, "/jobs"), 200),
        (desk.request(Method::DELETE, &format!("/contractors/{contractor}")), 200),
        (desk.request(Method::GET, "/nothing"), 404),
        (desk.request(Method::PATCH, "/jobs"), 404),
        (desk.request(Method::POST, "/jobs").body("{"), 400),
        (desk.request(Method::POST, "/jobs").body(large), 400),
        (stranger, 401),
        (elsewhere, 404),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        let (said, body) = read(answer).await;
        assert_eq!(said, status, "{body}");
        assert!(status < 400 || (body["error_code"].is_string() && !body["message"].is_null()));
    }
}
