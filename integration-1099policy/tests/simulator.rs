//! The simulator is as unkind as the 1099Policy documents: one test per behaviour, over real HTTP.
//!
//! No client code takes part: requests are written by hand here, as any other program would.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use integration_1099policy::simulator::{
    Advance, Application, AssignmentMismatch, Charge, Config, DEFAULT_START, DeliveryState, Fault,
    FaultKind, Order, Outcome, Script, Seal, Simulator, WebhookFault, WebhookFaultKind,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::Sha256;

const DAY: u64 = 24 * 3600;

fn now() -> i64 {
    DEFAULT_START.as_secs()
}

/// Noon, `days` after the default start's day.
fn day(days: i64) -> i64 {
    now() - 3600 + days * 86_400
}

struct Desk {
    sim: Simulator,
    http: reqwest::Client,
}

impl Desk {
    async fn open(config: Config) -> Self {
        let sim = Simulator::start(config).await.expect("a loopback port is free");
        let http =
            reqwest::Client::builder().no_proxy().build().expect("the provider is installed");
        Self { sim, http }
    }

    async fn standard() -> Self {
        Self::open(Config::default()).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1{path}", self.sim.base_url());
        self.http.request(method, url).bearer_auth(self.sim.api_key())
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        read(self.request(method, path).json(body).send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, &body).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, &body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.expect("an answer")).await
    }

    /// With the documented key header; the response itself, or that there was none.
    async fn keyed(&self, path: &str, key: &str, body: &Value) -> reqwest::Result<Response> {
        self.request(Method::POST, path)
            .header("Ten99Policy-Idempotent-Key", key)
            .json(body)
            .send()
            .await
    }

    /// The id of what was made, which must be a 201.
    async fn made(&self, path: &str, body: Value) -> String {
        let (status, made) = self.post(path, body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    async fn contractor(&self, local: &str) -> String {
        self.made("/contractors", person(local)).await
    }

    async fn job(&self, category: &str) -> String {
        self.made("/jobs", work(category)).await
    }

    async fn quote(&self, contractor: &str, job: &str) -> String {
        self.made("/quotes", cover(contractor, job)).await
    }

    async fn session(&self, quote: &str) -> String {
        let urls = json!({ "quote": quote, "success_url": "https://a.test/y", "cancel_url": "https://a.test/n" });
        self.made("/apply/sessions", urls).await
    }

    /// A contractor with an active policy for a job, four simulated hours later.
    async fn insured(&self, local: &str) -> (String, String, String) {
        let (contractor, job) = (self.contractor(local).await, self.job("jc_DataAnalyst").await);
        let quote = self.quote(&contractor, &job).await;
        self.session(&quote).await;
        self.hours(4).await;
        let (_, policies) = self.get(&format!("/policies?quote={quote}")).await;
        (contractor, job, policies[0]["id"].as_str().expect("a policy").to_owned())
    }

    async fn hours(&self, hours: u64) -> usize {
        self.sim.advance(Duration::from_secs(hours * 3600)).await
    }

    /// Event types, oldest first.
    async fn events(&self) -> Vec<String> {
        let (_, events) = self.get("/events?limit=100").await;
        let types = events.as_array().expect("a list").iter().rev();
        types.map(|e| e["type"].as_str().expect("a type").to_owned()).collect()
    }
}

async fn read(response: Response) -> (u16, Value) {
    assert!(response.headers().contains_key("request-id"));
    (response.status().as_u16(), response.json().await.expect("JSON always"))
}

fn person(local: &str) -> Value {
    json!({
        "email": format!("{local}@relay.example.test"), "first_name": "Mira", "last_name": "Osei",
        "address": { "region": "CA", "postalcode": "94607" }, "tax_identification": "000-00-0000",
        "custom_metadata": { "jobdiva_candidate_id": local },
    })
}

fn work(category: &str) -> Value {
    json!({
        "name": "Analyst", "description": "Reports.", "entity": "en_Halvorsen1", "category_code": category,
        "wage": 9500, "wage_type": "hourly", "address": { "region": "CA" },
        "custom_metadata": { "jobdiva_placement_id": "45679" },
    })
}

fn cover(contractor: &str, job: &str) -> Value {
    json!({
        "contractor": contractor, "job": job, "coverage_type": ["general", "workers-comp"],
        "effective_date": day(3), "end_date": day(93),
    })
}

fn repeat(contractor: &str, job: &str) -> Value {
    json!({ "contractor": contractor, "job": job, "effective_date": day(10), "end_date": day(40) })
}

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
async fn lists_are_bare_arrays_newest_first_and_ignore_undocumented_filters() {
    let desk = Desk::standard().await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(desk.contractor(&format!("c{n}")).await);
    }
    ids.reverse();
    let page = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(page(desk.get("/contractors").await.1), ids[..10]);
    let older = format!("/contractors?limit=5&starting_after={}", ids[9]);
    assert_eq!(page(desk.get(&older).await.1), ids[10..]);
    let newer = format!("/contractors?limit=2&ending_before={}", ids[4]);
    assert_eq!(page(desk.get(&newer).await.1), ids[2..4]);
    assert_eq!(desk.get("/contractors?limit=101").await.0, 400);
    assert_eq!(
        page(desk.get("/contractors?email=c3@relay.example.test").await.1),
        [ids[8].clone()]
    );
    assert_eq!(desk.get("/contractors?email=C3@relay.example.test").await.1, json!([]));

    let job = desk.job("jc_Engineer").await;
    desk.quote(&ids[0], &job).await;
    let filtered = format!("/quotes?contractor={}", ids[1]);
    assert_eq!(desk.get(&filtered).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_contractor_is_echoed_flat_without_its_tax_number_and_merges_metadata() {
    let desk = Desk::standard().await;
    let guide = json!({
        "contact": { "first_name": "Mira", "last_name": "Osei", "email": "m@a.test" },
        "custom_metadata": { "a": "1", "b": "2" },
    });
    let (_, made) = desk.post("/contractors", guide).await;
    assert_eq!((&made["email"], &made["contact"]), (&json!("m@a.test"), &Value::Null));
    assert_eq!(desk.sim.ledger().dialects["contractor.contact"], 1);
    let path = format!("/contractors/{}", made["id"].as_str().unwrap());
    let (_, changed) = desk.put(&path, json!({ "custom_metadata": { "a": "", "c": "3" } })).await;
    assert_eq!(changed["custom_metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(changed["first_name"], "Mira");
    let (_, cleared) = desk.put(&path, json!({ "custom_metadata": {} })).await;
    assert_eq!(cleared["custom_metadata"], json!({}));
    let (_, full) = desk.post("/contractors", person("1")).await;
    assert!(full.get("tax_identification").is_none());
}

#[tokio::test]
async fn a_job_needs_its_entity_and_an_approved_category() {
    let desk = Desk::standard().await;
    let code = |body: Value| async { desk.post("/jobs", body).await.1["error_code"].clone() };
    assert_eq!(code(work("DATA_ANALYTICS")).await, "invalid_job_category_code");
    assert_eq!(code(work("")).await, "missing_job_category_code");
    desk.sim.propose_category("jc_New", "New");
    assert_eq!(code(work("jc_New")).await, "job_category_not_approved");
    let mut nowhere = work("jc_Engineer");
    nowhere["entity"] = json!("en_None");
    assert_eq!(code(nowhere).await, "invalid_entity_id");
    let mut guide = work("jc_Engineer");
    guide["address"] = Value::Null;
    guide["region"] = json!("NY");
    assert_eq!(desk.post("/jobs", guide).await.1["address"]["region"], "NY");
    assert_eq!(desk.sim.ledger().dialects["job.region"], 1);
}

#[tokio::test]
async fn a_quote_is_dated_by_the_simulated_clock() {
    let desk = Desk::standard().await;
    let (contractor, job) = (desk.contractor("1").await, desk.job("jc_Engineer").await);
    let with = |effective: Value, end: Value| {
        let mut body = cover(&contractor, &job);
        body["effective_date"] = effective;
        body["end_date"] = end;
        desk.post("/quotes", body)
    };
    assert_eq!(with(json!(now()), json!(day(9))).await.1["error_code"], "effective_date_invalid");
    assert_eq!(with(json!(day(3)), json!(day(2))).await.1["error_code"], "end_date_invalid");
    assert_eq!(with(json!(day(3)), json!(day(369))).await.1["error_code"], "end_date_invalid");
    let (_, same_day) = with(json!(day(3)), json!(day(3) + 3600)).await;
    assert_eq!(same_day["end_date"], json!(day(4) - 12 * 3600));
    let (_, default) = with(Value::Null, Value::Null).await;
    assert_eq!(default["effective_date"], json!(day(1) - 12 * 3600));
    assert_eq!(default["end_date"], json!(day(31) - 12 * 3600));
    let rates = ["net_rate", "gl_net_rate", "wc_net_rate"];
    assert!(rates.iter().all(|r| default[r] == same_day[r] && default[r].is_i64()));
    assert!(default.get("custom_metadata").is_none());
}

#[tokio::test]
async fn the_scripted_contractor_completes_and_a_matching_policy_blocks_a_second_quote() {
    let desk = Desk::standard().await;
    let (contractor, job, policy) = desk.insured("1").await;
    let expected =
        ["application.created", "application.started", "application.complete", "policy.active"];
    assert_eq!(desk.events().await, expected);
    let (status, refused) = desk.post("/quotes", cover(&contractor, &job)).await;
    assert_eq!((status, &refused["error_code"]), (400, &json!("contractor_has_matching_policy")));
    let held = desk.get(&format!("/contractors/{contractor}/policies")).await.1;
    assert_eq!(held[0]["id"], json!(policy));
    let quote = held[0]["quote"].as_str().unwrap();
    let fixed = desk.put(&format!("/quotes/{quote}"), json!({ "end_date": day(60) })).await;
    assert_eq!(fixed.1["error_code"], "cant_update_create_new_quote");
    assert_eq!(desk.sim.ledger().charges_cents[&policy].len(), 1);
}

#[tokio::test]
async fn other_contractors_abandon_fail_wait_or_are_driven_by_hand() {
    let desk = Desk::standard().await;
    let job = desk.job("jc_Designer").await;
    for (who, application) in [
        ("leaves", Application::Abandon),
        ("fails", Application::Ineligible),
        ("waits", Application::ManualReview),
        ("driven", Application::Ignore),
    ] {
        desk.sim.script(who, Script::of(application));
        let quote = desk.quote(&desk.contractor(who).await, &job).await;
        let session = desk.session(&quote).await;
        if application == Application::Ignore {
            while desk.sim.advance_session(&session, Advance::NextStep) {}
            assert_eq!(
                desk.get(&format!("/apply/sessions/{session}")).await.1["step"],
                "application_complete"
            );
            assert_eq!(
                desk.post(&format!("/apply/sessions/{session}/expire"), json!({})).await.0,
                400
            );
        }
    }
    desk.hours(4).await;
    assert_eq!(desk.sim.ledger().sessions_live, 2);
    desk.hours(24).await;
    desk.hours(6 * 24).await;
    let events = desk.events().await;
    let count = |kind: &str| events.iter().filter(|e| *e == kind).count();
    assert_eq!(count("application.expired"), 1);
    assert_eq!(count("application.ineligible"), 1);
    assert_eq!(count("application.manual_review_approved"), 1);
    assert_eq!(count("policy.active"), 2);
}

#[tokio::test]
async fn an_assignment_is_charged_once_a_day_later_and_cannot_be_cancelled_after_its_start() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let job = desk.job("jc_DataAnalyst").await;
    let (status, made) = desk.post("/assignments", repeat(&contractor, &job)).await;
    assert_eq!((status, &made["policy"]), (201, &json!(policy)));
    assert_eq!(made["eligible"]["result"], true);
    assert_eq!(made["certificates"]["gl_coi_pdf_url"], Value::Null);
    assert_eq!(desk.sim.ledger().assignments_live_by_job[&job], 1);
    desk.hours(23).await;
    assert_eq!(desk.sim.ledger().charges_cents.len(), 1);
    desk.hours(1).await;
    assert_eq!(desk.events().await[4..], ["invoice.charge_card_succeeded", "assignment.active"]);
    desk.hours(48).await;
    assert_eq!(desk.sim.ledger().charges_cents[made["id"].as_str().unwrap()].len(), 1);

    let extended =
        desk.post("/assignments/extend", json!({ "job_id": job, "end_date": day(50) })).await;
    assert_eq!((extended.0, &extended.1["certificate_refresh_pending"]), (200, &json!(true)));
    let shorter =
        desk.post("/assignments/extend", json!({ "job_id": job, "end_date": day(45) })).await;
    assert_eq!((shorter.0, &shorter.1["error_code"]), (400, &json!("end_date_invalid")));
    desk.hours(8 * 24).await;
    assert_eq!(desk.events().await.last().unwrap(), "assignment.extended");
    assert_eq!(desk.post("/assignments/cancel", json!({ "job_id": job })).await.0, 400);
}

#[tokio::test]
async fn an_assignment_is_cancelled_before_its_start_and_then_never_charged() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let job = desk.job("jc_DataAnalyst").await;
    desk.made("/assignments", repeat(&contractor, &job)).await;
    let (status, gone) =
        desk.post("/assignments/cancel", json!({ "job_id": job, "reason": "ended" })).await;
    assert_eq!(
        (status, &gone["cancelled"], &gone["certificates"]),
        (200, &json!(true), &Value::Null)
    );
    desk.hours(48).await;
    assert_eq!(desk.sim.ledger().charges_cents.keys().collect::<Vec<_>>(), [&policy]);
    assert_eq!(desk.events().await.last().unwrap(), "assignment.cancelled");
}

#[tokio::test]
async fn no_fitting_policy_is_a_result_or_an_error_and_a_card_may_fail() {
    let mut config = Config::default();
    let desk = Desk::standard().await;
    let (contractor, _, _) = desk.insured("1").await;
    let other = desk.job("jc_Engineer").await;
    let (status, made) = desk.post("/assignments", repeat(&contractor, &other)).await;
    assert_eq!(
        (status, &made["eligible"]["result"], &made["policy"]),
        (201, &json!(false), &Value::Null)
    );

    desk.sim.script("1", Script { charge: Charge::Fails, ..Script::default() });
    let job = desk.job("jc_DataAnalyst").await;
    desk.made("/assignments", repeat(&contractor, &job)).await;
    desk.hours(24).await;
    assert_eq!(desk.events().await.last().unwrap(), "invoice.charge_card_failed");

    config.rules.assignment_mismatch = AssignmentMismatch::Error;
    let strict = Desk::open(config).await;
    let (contractor, job) = (strict.contractor("2").await, strict.job("jc_Engineer").await);
    let (status, refused) = strict.post("/assignments", repeat(&contractor, &job)).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!("No matching policy found for assignment."))
    );
}

#[tokio::test]
async fn a_policy_is_switched_off_and_on_cascades_and_expires() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let path = format!("/policies/{policy}");
    assert_eq!(desk.put(&path, json!({ "is_active": false })).await.1["status"], "cancelled");
    assert_eq!(desk.put(&path, json!({ "is_active": true })).await.1["status"], "active");
    let (status, deleted) =
        desk.send(Method::DELETE, &format!("/contractors/{contractor}"), &json!({})).await;
    assert_eq!(
        (status, &deleted["deleted"], &deleted["object"]),
        (200, &json!(true), &json!("contractor"))
    );
    assert_eq!(
        desk.events().await[4..],
        ["policy.cancelled", "policy.reactivated", "policy.cancelled"]
    );

    let (_, _, second) = desk.insured("2").await;
    desk.hours(100 * 24).await;
    assert_eq!(desk.get(&format!("/policies/{second}")).await.1["status"], "expired");
    assert!(!desk.events().await.contains(&"policy.expired".to_owned()));
}

#[tokio::test]
async fn an_invoice_freezes_its_job_reprices_under_another_id_and_is_fixed_once_paid() {
    let desk = Desk::standard().await;
    let (contractor, job, _) = desk.insured("1").await;
    let body = json!({
        "contractor": contractor, "job": job, "gross_pay": 380_000,
        "paycycle_startdate": day(3), "paycycle_enddate": day(10),
    });
    let (_, made) = desk.post("/invoices", body).await;
    let rate = desk.get("/quotes").await.1[0]["net_rate"].as_i64().unwrap();
    assert_eq!(made["premium_due"], json!((380_000 * rate + 5000) / 10_000));
    let frozen = desk.put(&format!("/jobs/{job}"), json!({ "name": "Other" })).await;
    assert_eq!(frozen.1["error_code"], "invoice_exists");

    let old = format!("/invoices/{}", made["id"].as_str().unwrap());
    let (_, repriced) = desk.put(&old, json!({ "gross_pay": 390_000 })).await;
    assert_ne!(repriced["id"], made["id"]);
    assert_eq!(desk.get(&old).await.0, 404);
    let id = repriced["id"].as_str().unwrap();
    assert!(desk.sim.pay_invoice(id));
    let paid = desk.put(&format!("/invoices/{id}"), json!({ "gross_pay": 1000 })).await;
    assert_eq!(paid.1["error_code"], "invoice_already_paid");
}

#[tokio::test]
async fn a_certificate_is_reviewed_on_the_clock() {
    let desk = Desk::standard().await;
    let contractor = desk.contractor("1").await;
    let upload = |name: &'static str, content: &'static str| {
        let text = format!(
            "--b\r\nContent-Disposition: form-data; name=\"contractor\"\r\n\r\n{contractor}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"certificate\"; filename=\"{name}\"\r\n\
             Content-Type: application/pdf\r\n\r\n{content}\r\n--b--\r\n"
        );
        let request = desk.request(Method::POST, "/files/certificates");
        request.header("content-type", "multipart/form-data; boundary=b").body(text).send()
    };
    let not_pdf = read(upload("coi.pdf", "hello").await.unwrap()).await;
    assert_eq!((not_pdf.0, &not_pdf.1["error_code"]), (400, &json!("invalid_file_type")));
    let (status, made) = read(upload("coi-flagged.pdf", "%PDF-1").await.unwrap()).await;
    assert_eq!((status, &made["status"], &made["pdf_url"]), (201, &json!("pending"), &Value::Null));
    let id = made["id"].as_str().unwrap();
    let path = format!("/files/certificates/{id}?expand[]=review_results");
    desk.sim.advance(Duration::from_secs(10)).await;
    assert_eq!(desk.get(&path).await.1["status"], "processing");
    desk.sim.advance(Duration::from_secs(80)).await;
    let (_, flagged) = desk.get(&path).await;
    assert_eq!(
        (&flagged["status"], &flagged["review_results"]["summary"]["failed"]),
        (&json!("flagged"), &json!(1))
    );
    assert_eq!(
        desk.get(&format!("/files/certificates/{id}")).await.1["review_results"],
        Value::Null
    );
    assert!(desk.sim.decide_certificate(id, Outcome::Approved));
    let (_, events) = desk.get("/events").await;
    assert_eq!(events[0]["type"], "certificate.approved");
    assert_eq!(events[0]["data"]["object"]["id"], json!(id));
    assert_eq!(desk.sim.ledger().certificates_by_hash.values().collect::<Vec<_>>(), [&1]);
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
