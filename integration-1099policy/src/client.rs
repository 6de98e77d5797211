//! The only place that touches the network: one request, one answer, classified.
//!
//! What an attempt sends and what comes back is noted for the log (`workflow_core::exchange`), without the secret.
//! No redirects, no retries, no compression, a cap on answers. URLs carry e-mails in their query, so no error or
//! log line holds one. Deliberately absent: what an answer means. Read `failure.rs` for the classes.

use std::net::IpAddr;
use std::sync::{Once, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Response, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use workflow_core::exchange::{self, Came, Exchange};
use workflow_core::outcome::Attempt;

use crate::config::{AuthScheme, BadConfig, Config};
use crate::failure::{Failure, Head, stops_the_connector};
use crate::secret::Secret;
use crate::wire::certificate::Form;

/// The largest answer that is read: a full page of 100 items stays far below.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The longest idempotency key sent as it is; a longer one is hashed. No limit is documented; 255 is the habit.
const KEY_BYTES_MAX: usize = 255;

/// The longest that sending a file may take: 15 MB over a slow line.
const FILE_WITHIN: Duration = Duration::from_secs(300);

/// One connection pool to one tenant's 1099Policy.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    /// The key in use: the configuration's, until another one takes its place.
    api_key: RwLock<Secret>,
    /// Why the key was refused, until it is taken.
    refused: RwLock<Option<String>>,
    auth_scheme: AuthScheme,
    idempotency_headers: Vec<HeaderName>,
    /// What every request carries beside its own.
    usual_headers: HeaderMap,
}

/// The headers of an answer that are kept with it.
const KEPT_HEADERS: [&str; 6] = [
    "content-type",
    "date",
    "idempotent-replayed",
    "original-request",
    "retry-after",
    "ten99policy-should-retry",
];

/// A whole answer.
struct Answer {
    head: Head,
    request_id: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// Whether a good answer to a read may show others: a list does, and one that cannot be read might.
    fn lists(&self, asked_by_query: bool) -> bool {
        let good = (200..300).contains(&self.head.status);
        let object = || match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(fields)) => !fields.get("data").is_some_and(Value::is_array),
            Ok(_) | Err(_) => false,
        };
        good && (asked_by_query || !object())
    }
}

/// A request before it is dressed.
struct Request<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    body: Body<'a>,
    key: Option<String>,
}

/// What goes along.
enum Body<'a> {
    None,
    Json(&'a Value),
    Form(Form),
}

impl Client {
    /// Checks the configuration and builds the pool; nothing is sent.
    pub(crate) fn new(config: &Config) -> Result<Self, BadConfig> {
        install_crypto();
        let base = base_url(config)?;
        let loopback = is_loopback(&base);
        if base.scheme() == "http" && !loopback && !config.allow_plain_http {
            return Err(BadConfig::PlainHttp);
        }
        if !is_sendable(&config.api_key) {
            return Err(BadConfig::ApiKey);
        }
        if !(1..=100).contains(&config.page_size) {
            return Err(BadConfig::PageSize(config.page_size));
        }
        let mut headers = HeaderMap::new();
        let environment = HeaderValue::from_static(config.environment.as_str());
        headers.insert(HeaderName::from_static("ten99policy-environment"), environment);
        let agent =
            HeaderValue::from_static(concat!("integration-1099policy/", env!("CARGO_PKG_VERSION")));
        headers.insert(USER_AGENT, agent);
        let mut builder = reqwest::Client::builder()
            .default_headers(headers.clone())
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if loopback {
            // A proxy of the environment is no way to this very machine.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| BadConfig::Client(described(error)))?;
        Ok(Self {
            http,
            base,
            api_key: RwLock::new(config.api_key.clone()),
            refused: RwLock::default(),
            auth_scheme: config.auth_scheme,
            idempotency_headers: header_names(&config.idempotency_headers)?,
            usual_headers: headers,
        })
    }

    /// Why the key was refused; `None` while nothing speaks against it.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes another key from the next request on; `false` for one that no header can carry.
    pub(crate) fn set_api_key(&self, key: Secret) -> bool {
        let sendable = is_sendable(&key);
        if sendable {
            *self.api_key.write().unwrap_or_else(PoisonError::into_inner) = key;
        }
        sendable
    }

    fn note_refused(&self, refused: Option<String>) {
        // Most answers change nothing here.
        if self.refused() != refused {
            *self.refused.write().unwrap_or_else(PoisonError::into_inner) = refused;
        }
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.exchange(Request { method: Method::GET, path, query, body: Body::None, key: None })
            .await
    }

    /// Creates or acts, under the attempt's idempotency key.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        attempt: &Attempt,
    ) -> Result<Value, Failure> {
        let key = Some(sendable_key(attempt.idempotency_key()));
        let request =
            Request { method: Method::POST, path, query: &[], body: Body::Json(body), key };
        self.exchange(request).await
    }

    /// Sends a form with a file in it, under the attempt's idempotency key.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        form: Form,
        attempt: &Attempt,
    ) -> Result<Value, Failure> {
        let key = Some(sendable_key(attempt.idempotency_key()));
        let body = Body::Form(form);
        self.exchange(Request { method: Method::POST, path, query: &[], body, key }).await
    }

    /// Creates without a key: for what is looked up by its nature before each try.
    pub(crate) async fn post_without_key(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let request =
            Request { method: Method::POST, path, query: &[], body: Body::Json(body), key: None };
        self.exchange(request).await
    }

    /// Updates; fields left out stay as they are.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request =
            Request { method: Method::PUT, path, query: &[], body: Body::Json(body), key: None };
        self.exchange(request).await
    }

    /// Deletes; what is gone already stays gone.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        let request =
            Request { method: Method::DELETE, path, query: &[], body: Body::None, key: None };
        self.exchange(request).await
    }

    async fn exchange(&self, request: Request<'_>) -> Result<Value, Failure> {
        let (path, key, may_list) = (request.path, request.key.clone(), !request.query.is_empty());
        let built = self.dressed(request)?.build().map_err(unanswered)?;
        let noted = exchange::is_noted().then(|| noted(&built, &self.usual_headers, key));
        let method = built.method().clone();
        let answered = self.send(built).await;
        if let Some(noted) = noted {
            let others =
                method == Method::GET && answered.as_ref().is_ok_and(|a| a.lists(may_list));
            exchange::note(Exchange { came: came(&answered, others), ..noted });
        }
        let answer = answered.inspect_err(|failure| {
            tracing::debug!(%method, path, ?failure, "1099Policy: no answer");
        })?;
        let Answer { head, body, request_id, .. } = &answer;
        let request_id = request_id.as_deref().unwrap_or_default();
        tracing::debug!(%method, path, status = head.status, request_id, "1099Policy answered");
        if !(200..300).contains(&head.status) {
            let failure = Failure::of(head, body);
            if let Failure::Refused(refusal) = &failure {
                let code = &refusal.code;
                if stops_the_connector(refusal) {
                    self.note_refused(Some(format!("{} {code}", head.status)));
                }
                tracing::info!(%method, path, status = head.status, code, request_id, "1099Policy refused");
            }
            return Err(failure);
        }
        self.note_refused(None);
        serde_json::from_slice(body).map_err(|_| {
            Failure::Unreadable(format!(
                "{} bytes that are no JSON, status {}",
                body.len(),
                head.status
            ))
        })
    }

    /// Sends a request and reads its whole answer.
    async fn send(&self, request: reqwest::Request) -> Result<Answer, Failure> {
        let response = self.http.execute(request).await.map_err(unanswered)?;
        let head = head(&response);
        let request_id = header(&response, "request-id");
        let headers = KEPT_HEADERS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), header(&response, name)?)))
            .collect();
        let body = body(response).await?;
        Ok(Answer { head, request_id, headers, body })
    }

    fn dressed(&self, request: Request<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        let mut dressed = self.http.request(request.method, url);
        if !request.query.is_empty() {
            dressed = dressed.query(request.query);
        }
        let key = self.api_key.read().unwrap_or_else(PoisonError::into_inner).clone();
        dressed = match self.auth_scheme {
            AuthScheme::Basic => dressed.basic_auth(key.reveal(), Some("")),
            AuthScheme::Bearer => dressed.header(AUTHORIZATION, bearer(key.reveal())?),
        };
        if let Some(key) = request.key {
            let value = HeaderValue::from_str(&key).map_err(|_| unheaderable("idempotency key"))?;
            for name in &self.idempotency_headers {
                dressed = dressed.header(name, value.clone());
            }
        }
        Ok(match request.body {
            Body::None => dressed,
            Body::Json(body) => {
                dressed.header(CONTENT_TYPE, "application/json").body(body.to_string())
            }
            Body::Form(form) => dressed
                .header(CONTENT_TYPE, form.content_type)
                .body(form.bytes)
                .timeout(FILE_WITHIN),
        })
    }
}

/// A request as it is kept: everything but the secret. What came is filled in later.
fn noted(request: &reqwest::Request, usual: &HeaderMap, key: Option<String>) -> Exchange {
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = usual.iter().chain(request.headers());
    let headers = headers.filter(|(name, _)| *name != AUTHORIZATION);
    let sent = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    Exchange {
        method: request.method().to_string(),
        path: request.url().path().to_owned(),
        query: request.url().query().map(str::to_owned),
        idempotency_key: key,
        headers: headers.filter_map(shown).collect(),
        body: exchange::Body::of(sent),
        came: Came::Lost { reason: "no answer".to_owned() },
    }
}

/// What came back, as it is kept. Of an answer that may show other people only length and hash: it is sealed to one.
fn came(answered: &Result<Answer, Failure>, shows_others: bool) -> Came {
    match answered {
        Ok(Answer { head, request_id, headers, body }) => Came::Answer {
            status: head.status,
            request_id: request_id.clone(),
            headers: headers.clone(),
            body: if shows_others {
                exchange::Body::hash_only(body)
            } else {
                exchange::Body::of(body)
            },
        },
        Err(Failure::NotSent(reason)) => Came::NotSent { reason: reason.clone() },
        Err(failure) => Came::Lost { reason: failure.reason() },
    }
}

fn is_sendable(key: &Secret) -> bool {
    !key.is_empty() && key.reveal().bytes().all(|byte| byte.is_ascii_graphic())
}

fn base_url(config: &Config) -> Result<Url, BadConfig> {
    let bad = || BadConfig::BaseUrl(config.base_url.clone());
    let mut base = Url::parse(&config.base_url).map_err(|_| bad())?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(bad());
    }
    let prefix = config.api_prefix.trim_matches('/');
    let path = format!("{}/{prefix}", base.path().trim_end_matches('/'));
    base.set_path(&path);
    base.set_query(None);
    Ok(base)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn header_names(names: &[String]) -> Result<Vec<HeaderName>, BadConfig> {
    if names.is_empty() {
        return Err(BadConfig::IdempotencyHeader(String::new()));
    }
    names
        .iter()
        .map(|name| {
            HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| BadConfig::IdempotencyHeader(name.clone()))
        })
        .collect()
}

fn bearer(key: &str) -> Result<HeaderValue, Failure> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| unheaderable("API key"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unheaderable(what: &str) -> Failure {
    Failure::NotSent(format!("the {what} holds characters that a header cannot carry"))
}

/// The key itself where a header can carry it, else its hash: as stable, and as unique.
fn sendable_key(key: String) -> String {
    if key.len() <= KEY_BYTES_MAX && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return key;
    }
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// The ring provider, unless the process has chosen one.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What is known when no answer's head came back.
fn unanswered(error: reqwest::Error) -> Failure {
    let never_left = error.is_connect() || error.is_builder();
    let reason = described(error);
    if never_left { Failure::NotSent(reason) } else { Failure::Lost(reason) }
}

/// The innermost reason of an error, without its URL.
fn described(error: reqwest::Error) -> String {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if timed_out { "timed out".to_owned() } else { innermost.to_string() }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn head(response: &Response) -> Head {
    Head {
        status: response.status().as_u16(),
        retry_after: header(response, "retry-after"),
        should_retry: header(response, "ten99policy-should-retry"),
        replayed: header(response, "idempotent-replayed").is_some_and(|value| value != "false"),
    }
}

/// The whole body; when it breaks off, so does what is known.
async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(Failure::Lost("the answer is larger than 8 MiB".to_owned())),
            Ok(None) => return Ok(body),
            Err(error) => {
                return Err(Failure::Lost(format!("the answer broke off: {}", described(error))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, LinkTemplates};

    fn config(base_url: &str) -> Config {
        let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
        let mut config = Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links);
        config.base_url = base_url.to_owned();
        config
    }

    #[test]
    fn plain_http_goes_to_this_machine_only_unless_allowed() {
        for local in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
            assert!(Client::new(&config(local)).is_ok(), "{local}");
        }
        let far = config("http://api.example.test");
        assert!(matches!(Client::new(&far), Err(BadConfig::PlainHttp)));
        assert!(Client::new(&Config { allow_plain_http: true, ..far }).is_ok());
        assert!(matches!(Client::new(&config("ftp://x")), Err(BadConfig::BaseUrl(_))));
        assert!(matches!(Client::new(&config("api")), Err(BadConfig::BaseUrl(_))));
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused_at_the_start() {
        let good = config("https://api.example.test");
        let bad = |change: fn(&mut Config)| {
            let mut config = good.clone();
            change(&mut config);
            Client::new(&config).err()
        };
        assert!(matches!(bad(|c| c.api_key = Secret::new("")), Some(BadConfig::ApiKey)));
        assert!(matches!(bad(|c| c.api_key = Secret::new("a\nb")), Some(BadConfig::ApiKey)));
        assert!(matches!(
            bad(|c| c.idempotency_headers = vec!["a b".into()]),
            Some(BadConfig::IdempotencyHeader(_))
        ));
        assert!(matches!(
            bad(|c| c.idempotency_headers.clear()),
            Some(BadConfig::IdempotencyHeader(_))
        ));
        assert!(matches!(bad(|c| c.page_size = 0), Some(BadConfig::PageSize(0))));
    }

    #[test]
    fn a_key_too_long_for_a_header_is_hashed() {
        assert_eq!(
            sendable_key("acme/placement/1/2/create_job".into()),
            "acme/placement/1/2/create_job"
        );
        assert_eq!(sendable_key("é".into()).len(), 64);
        assert_ne!(sendable_key("a".repeat(300)), sendable_key("a".repeat(301)));
    }
}
