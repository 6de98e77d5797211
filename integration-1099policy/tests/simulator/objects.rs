//! What each object demands and shows, and how lists page.

use std::time::Duration;

use integration_1099policy::simulator::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, cover, day, now, person, read, work};

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
    let upload = |name: &'static str, content: &str| {
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
    // As large as is documented, and no larger.
    let sized = |mib: usize| format!("%PDF-1{}", "x".repeat(mib << 20));
    assert_eq!(read(upload("coi-large.pdf", &sized(14)).await.unwrap()).await.0, 201);
    let too_large = read(upload("coi-larger.pdf", &sized(15)).await.unwrap()).await;
    assert_eq!((too_large.0, &too_large.1["error_code"]), (400, &json!("invalid_file_size")));
}
