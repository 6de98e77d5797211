//! What `/openapi.json` says of each answer is what is answered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop here")]

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, day, read, repeat};

/// The schema that an operation's success refers to, an item's where it is a list.
fn described<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    let responses = document["paths"][path][method]["responses"].as_object().unwrap();
    let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let schema = &success["content"]["application/json"]["schema"];
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    resolved(document, schema)
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema["oneOf"].get(0).or_else(|| schema["anyOf"].get(0)).unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Each field is described and each that must be there is; so is what lies inside.
fn fits(document: &Value, schema: &Value, answer: &Value, what: &str) {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let told: BTreeSet<String> = names(answer);
    let known = names(&schema["properties"]);
    assert!(told.is_subset(&known), "{what}: {:?} are not described", &told - &known);
    for name in schema["required"].as_array().unwrap() {
        assert!(told.contains(name.as_str().unwrap()), "{what}: {name} is not there");
    }
    for (name, value) in answer.as_object().unwrap() {
        let inner = &schema["properties"][name];
        let nullable = inner["anyOf"].is_array();
        assert!(nullable || !value.is_null(), "{what}: {name} is null");
        let inner = resolved(document, inner);
        if value.is_object() && inner["properties"].is_object() {
            fits(document, inner, value, &format!("{what}.{name}"));
        }
        if let Some(words) = inner["enum"].as_array() {
            assert!(value.is_null() || words.contains(value), "{what}: {name} is {value}");
        }
    }
}

#[tokio::test]
async fn every_answer_is_as_it_is_described() {
    let desk = Desk::standard().await;
    let url = format!("{}/openapi.json", desk.sim.base_url());
    let document: Value = desk.http.get(url).send().await.unwrap().json().await.unwrap();
    let (contractor, job, _) = desk.insured("1").await;
    let second = desk.job("jc_DataAnalyst").await;
    desk.made("/assignments", repeat(&contractor, &second)).await;
    let bill = json!({ "contractor": contractor, "job": job, "gross_pay": 380_000,
        "paycycle_startdate": day(3), "paycycle_enddate": day(10) });
    desk.made("/invoices", bill).await;
    desk.made("/webhook_endpoints", json!({ "url": "http://127.0.0.1:1/hook" })).await;
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"contractor\"\r\n\r\n{contractor}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"certificate\"; filename=\"coi.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n%PDF-1\r\n--b--\r\n"
    );
    let request = desk.request(Method::POST, "/files/certificates");
    let upload = request.header("content-type", "multipart/form-data; boundary=b").body(form);
    assert_eq!(read(upload.send().await.unwrap()).await.0, 201);
    desk.hours(24).await;
    let mut seen = 0;
    for path in document["paths"].as_object().unwrap().keys().filter(|path| !path.contains('{')) {
        if document["paths"][path]["get"].is_null() {
            continue;
        }
        let (_, list) = desk.get(&format!("{path}?expand[]=review_results.full")).await;
        let schema = described(&document, "get", path);
        let items = list.as_array().unwrap();
        assert!(!items.is_empty(), "{path} is empty");
        for item in items {
            fits(&document, schema, item, path);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
    let extend = json!({ "job_id": second, "end_date": day(60) });
    let (_, extended) = desk.post("/assignments/extend", extend).await;
    fits(&document, described(&document, "post", "/assignments/extend"), &extended, "extend");
    let undo = json!({ "job_id": second, "reason": "ended" });
    let (_, undone) = desk.post("/assignments/cancel", undo).await;
    fits(&document, described(&document, "post", "/assignments/cancel"), &undone, "cancel");
    let path = format!("/contractors/{contractor}");
    let (_, gone) = desk.send(Method::DELETE, &path, &json!({})).await;
    fits(&document, described(&document, "delete", "/contractors/{id}"), &gone, "delete");
}
