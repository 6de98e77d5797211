//! A simulator with a logged-in HTTP caller, and the few calls the tests repeat.

use std::sync::Arc;
use std::time::Duration;

use integration_jobdiva::simulator::{Behaviour, Config, Credentials, Simulator};
use reqwest::{RequestBuilder, StatusCode};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::Value;

use crate::canary::Watch;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);

pub struct Tenant {
    pub sim: Simulator,
    pub http: reqwest::Client,
    pub token: String,
    /// What is logged is looked at when it goes.
    _watch: Watch,
}

/// No ragged empties and envelopes, and a token for a year: for tests about something else.
pub fn smooth() -> Behaviour {
    Behaviour {
        ragged_values: false,
        ragged_envelopes: false,
        token_lifetime_secs: 365 * 86_400,
        ..Behaviour::default()
    }
}

pub fn http() -> reqwest::Client {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

impl Tenant {
    pub async fn with(behaviour: Behaviour) -> Self {
        Self::of(Config { behaviour, ..Config::default() }).await
    }

    pub async fn of(config: Config) -> Self {
        let sim = Simulator::start(config).await.unwrap();
        let mut tenant = Self::logged_in(sim, String::new());
        tenant.login().await;
        tenant
    }

    /// A caller with a token of before.
    pub fn logged_in(sim: Simulator, token: String) -> Self {
        Self { sim, http: http(), token, _watch: Watch::new() }
    }

    pub async fn login(&mut self) -> Value {
        let pair = json(self.login_at("/apiv2/v2/authenticate", &Credentials::default())).await;
        self.token = pair["token"].as_str().unwrap().to_owned();
        pair
    }

    pub fn login_at(&self, path: &str, credentials: &Credentials) -> RequestBuilder {
        self.http.get(self.url(path)).query(&[
            ("clientid", credentials.client_id.to_string()),
            ("username", credentials.username.clone()),
            ("password", credentials.password.clone()),
        ])
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sim.base_url())
    }

    /// A call of a path with its query, with the token.
    pub fn get(&self, path_and_query: &str) -> RequestBuilder {
        self.http.get(self.url(path_and_query)).bearer_auth(&self.token)
    }

    /// A BI call.
    pub async fn bi(&self, method_and_query: &str) -> Value {
        json(self.get(&format!("/apiv2/bi/{method_and_query}"))).await
    }

    /// The rows of a BI call, however few and however wrapped.
    pub async fn rows(&self, method_and_query: &str) -> Vec<Value> {
        let answer = self.bi(method_and_query).await;
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with("completed successfully"), "{answer}");
        match answer["data"].clone() {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            Value::Object(row) if row.is_empty() => Vec::new(),
            row => vec![row],
        }
    }

    /// The rows of a feed between two Eastern wall times.
    pub async fn delta(&self, method: &str, from: &str, to: &str) -> Vec<Value> {
        self.rows(&format!("{method}?fromDate={from}&toDate={to}")).await
    }

    pub async fn search(&self, criteria: Value) -> Vec<Value> {
        let url = self.url("/apiv2/jobdiva/searchStart");
        let answer = json(self.http.post(url).bearer_auth(&self.token).json(&criteria)).await;
        answer.as_array().unwrap().clone()
    }
}

pub async fn json(request: RequestBuilder) -> Value {
    status_and_json(request).await.1
}

pub async fn status_and_json(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    (status.as_u16(), response.json().await.unwrap())
}

pub async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

/// The values of one column.
pub fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}
