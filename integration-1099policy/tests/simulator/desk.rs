//! A simulator with hand-written requests, and the bodies the tests share.

use std::time::Duration;

use integration_1099policy::simulator::{Config, DEFAULT_START, Simulator};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::canary::Watch;

pub const DAY: u64 = 24 * 3600;

pub fn now() -> i64 {
    DEFAULT_START.as_secs()
}

/// Noon, `days` after the default start's day.
pub fn day(days: i64) -> i64 {
    now() - 3600 + days * 86_400
}

pub struct Desk {
    pub sim: Simulator,
    pub http: reqwest::Client,
    /// Over what the simulator says in the log.
    _watch: Watch,
}

impl Desk {
    pub async fn open(config: Config) -> Self {
        let sim = Simulator::start(config).await.expect("a loopback port is free");
        let http =
            reqwest::Client::builder().no_proxy().build().expect("the provider is installed");
        Self { sim, http, _watch: Watch::new() }
    }

    pub async fn standard() -> Self {
        Self::open(Config::default()).await
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1{path}", self.sim.base_url());
        self.http.request(method, url).bearer_auth(self.sim.api_key())
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        read(self.request(method, path).json(body).send().await.expect("an answer")).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, &body).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.expect("an answer")).await
    }

    /// With the documented key header; the response itself, or that there was none.
    pub async fn keyed(&self, path: &str, key: &str, body: &Value) -> reqwest::Result<Response> {
        self.request(Method::POST, path)
            .header("Ten99Policy-Idempotent-Key", key)
            .json(body)
            .send()
            .await
    }

    /// The id of what was made, which must be a 201.
    pub async fn made(&self, path: &str, body: Value) -> String {
        let (status, made) = self.post(path, body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    pub async fn contractor(&self, local: &str) -> String {
        self.made("/contractors", person(local)).await
    }

    pub async fn job(&self, category: &str) -> String {
        self.made("/jobs", work(category)).await
    }

    pub async fn quote(&self, contractor: &str, job: &str) -> String {
        self.made("/quotes", cover(contractor, job)).await
    }

    pub async fn session(&self, quote: &str) -> String {
        let urls = json!({ "quote": quote, "success_url": "https://a.test/y", "cancel_url": "https://a.test/n" });
        self.made("/apply/sessions", urls).await
    }

    /// A contractor with an active policy for a job, four simulated hours later.
    pub async fn insured(&self, local: &str) -> (String, String, String) {
        let (contractor, job) = (self.contractor(local).await, self.job("jc_DataAnalyst").await);
        let quote = self.quote(&contractor, &job).await;
        self.session(&quote).await;
        self.hours(4).await;
        let (_, policies) = self.get(&format!("/policies?quote={quote}")).await;
        (contractor, job, policies[0]["id"].as_str().expect("a policy").to_owned())
    }

    pub async fn hours(&self, hours: u64) -> usize {
        self.sim.advance(Duration::from_secs(hours * 3600)).await
    }

    /// Event types, oldest first.
    pub async fn events(&self) -> Vec<String> {
        let (_, events) = self.get("/events?limit=100").await;
        let types = events.as_array().expect("a list").iter().rev();
        types.map(|e| e["type"].as_str().expect("a type").to_owned()).collect()
    }
}

pub async fn read(response: Response) -> (u16, Value) {
    assert!(response.headers().contains_key("request-id"));
    (response.status().as_u16(), response.json().await.expect("JSON always"))
}

pub fn person(local: &str) -> Value {
    json!({
        "email": format!("{local}@relay.example.test"), "first_name": "Mira", "last_name": "Osei",
        "address": { "region": "CA", "postalcode": "94607" }, "tax_identification": "000-00-0000",
        "custom_metadata": { "jobdiva_candidate_id": local },
    })
}

pub fn work(category: &str) -> Value {
    json!({
        "name": "Analyst", "description": "Reports.", "entity": "en_Halvorsen1", "category_code": category,
        "wage": 9500, "wage_type": "hourly", "address": { "region": "CA" },
        "custom_metadata": { "jobdiva_placement_id": "45679" },
    })
}

pub fn cover(contractor: &str, job: &str) -> Value {
    json!({
        "contractor": contractor, "job": job, "coverage_type": ["general", "workers-comp"],
        "effective_date": day(3), "end_date": day(93),
    })
}

pub fn repeat(contractor: &str, job: &str) -> Value {
    json!({ "contractor": contractor, "job": job, "effective_date": day(10), "end_date": day(40) })
}
