//! The only place that touches the network: one request, one answer, classified.
//!
//! What an attempt sends and what comes back is noted for the log (`workflow_core::exchange`), without the secret.
//! No redirects, no retries, no compression, a cap on answers. Every request passes the limits and the breaker first
//! (`workflow_core::outlet`). URLs carry e-mails in their query, so no error or log line holds one. Deliberately absent:
//! what an answer means. Read `failure.rs` for the classes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Once, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Response, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use workflow_core::exchange::{self, Came, Exchange};
use workflow_core::outcome::Attempt;
use workflow_core::outlet::{self, Later, Outlet, Pass};
use workflow_core::time::Clock;

use crate::config::{
    ANSWER_BYTES_MAX, AuthScheme, BadConfig, Config, Environment, EnvironmentHeader, IDLE,
};
use crate::failure::{Failure, Head, RetryAfter, stops_the_connector};
use crate::operation;
use crate::secret::Secret;
use crate::wire::certificate::Form;

/// The longest idempotency key sent as it is; a longer one is hashed. No limit is documented; 255 is the habit.
const KEY_BYTES_MAX: usize = 255;

/// What tries, where nobody was there before and what waits is not harmless: a short list, the same for everybody.
const HARMLESS: &str = "/category_codes";

/// One connection pool to one tenant's 1099Policy.
pub(crate) struct Client {
    http: reqwest::Client,
    outlet: Outlet,
    clock: Arc<dyn Clock>,
    base: Url,
    environment: Environment,
    read_timeout: Duration,
    file_timeout: Duration,
    /// By method, where one has its own.
    method_timeouts: BTreeMap<String, Duration>,
    /// By operation, where one has its own.
    operation_timeouts: BTreeMap<String, Duration>,
    /// The key in use: the configuration's, until another one takes its place.
    api_key: RwLock<Secret>,
    /// Why the key was refused, until it is taken.
    refused: RwLock<Option<String>>,
    auth_scheme: AuthScheme,
    /// Whether a header says the environment, or the key alone.
    environment_header: EnvironmentHeader,
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
    pub(crate) fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, BadConfig> {
        install_crypto();
        let base = base_url(config)?;
        let loopback = is_loopback(&base);
        if base.scheme() == "http" && !loopback && !config.allow_plain_http {
            return Err(BadConfig::PlainHttp);
        }
        config.environment.takes(&config.api_key, config.environment_header)?;
        if !(1..=100).contains(&config.page_size) {
            return Err(BadConfig::PageSize(config.page_size));
        }
        let mut headers = HeaderMap::new();
        if config.environment_header == EnvironmentHeader::Sent {
            let environment = HeaderValue::from_static(config.environment.as_str());
            headers.insert(HeaderName::from_static("ten99policy-environment"), environment);
        }
        let agent =
            HeaderValue::from_static(concat!("integration-1099policy/", env!("CARGO_PKG_VERSION")));
        headers.insert(USER_AGENT, agent);
        let mut builder = reqwest::Client::builder()
            .default_headers(headers.clone())
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if loopback {
            // A proxy of the environment is no way to this very machine.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| BadConfig::Client(described(error)))?;
        Ok(Self {
            http,
            outlet: Outlet::new(config.limits.clone(), Arc::clone(&clock)),
            clock,
            base,
            environment: config.environment,
            read_timeout: config.read_timeout,
            file_timeout: config.file_timeout,
            method_timeouts: config.method_timeouts.clone(),
            operation_timeouts: config.operation_timeouts.clone(),
            api_key: RwLock::new(config.api_key.clone()),
            refused: RwLock::default(),
            auth_scheme: config.auth_scheme,
            environment_header: config.environment_header,
            idempotency_headers: header_names(&config.idempotency_headers)?,
            usual_headers: headers,
        })
    }

    /// Why the key was refused; `None` while nothing speaks against it.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes another key from the next request on, unless it cannot be one.
    pub(crate) fn set_api_key(&self, key: Secret) -> Result<(), BadConfig> {
        self.environment.takes(&key, self.environment_header)?;
        *self.api_key.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// Why something that begins with a read and may go on with `method` cannot begin now, and when it may.
    pub(crate) fn later(&self, method: &str) -> Option<Later> {
        self.outlet.later(&[Method::GET.as_str(), method])
    }

    /// Asks as soon as it is asked to, whatever the limits and the breaker say.
    pub(crate) fn lift(&self) {
        self.outlet.lift();
    }

    /// The limits and the breaker as they stand.
    pub(crate) fn outlet(&self) -> outlet::Shown {
        self.outlet.shown()
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
        // A file takes as long as it takes: while it goes out nothing comes in.
        let patience = match &request.body {
            Body::None | Body::Json(_) => self.read_timeout,
            Body::Form(_) => self.file_timeout,
        };
        let pass = self.pass(&request.method).await?;
        let built = self.dressed(request)?.build().map_err(unanswered)?;
        let noted = exchange::is_noted().then(|| noted(&built, &self.usual_headers, key));
        let method = built.method().clone();
        let answered = self.send(built, patience).await;
        self.outlet.came(method.as_str(), pass, self.way_out(&answered));
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

    /// Leave to send one request. Where nobody was there before, something harmless tries first.
    async fn pass(&self, method: &Method) -> Result<Pass, Failure> {
        let pass = self.outlet.pass(method.as_str()).await.map_err(Failure::PutOff)?;
        if !pass.is_probe || *method == Method::GET {
            return Ok(pass);
        }
        let (query, body) = (&[][..], Body::None);
        let probe = Request { method: Method::GET, path: HARMLESS, query, body, key: None };
        let probe = self.dressed(probe)?.build().map_err(unanswered)?;
        let tried = self.send(probe, self.read_timeout).await;
        let came = self.way_out(&tried);
        self.outlet.came(Method::GET.as_str(), pass, came);
        match came {
            outlet::Came::Answer | outlet::Came::TooFast(_) => Ok(pass),
            outlet::Came::Nobody => Err(Failure::NotSent("nobody answers yet".to_owned())),
        }
    }

    /// What an answer, or none, says of the way out.
    fn way_out(&self, answered: &Result<Answer, Failure>) -> outlet::Came {
        match answered {
            Ok(Answer { head, .. }) => match head.status {
                429 => {
                    let wish = head.retry_after.as_deref().and_then(RetryAfter::parse);
                    outlet::Came::TooFast(wish.map(|wish| wish.wait(self.clock.now())))
                }
                502..=504 => outlet::Came::Nobody,
                _ => outlet::Came::Answer,
            },
            Err(Failure::NotSent(_) | Failure::Lost(_)) => outlet::Came::Nobody,
            Err(_) => outlet::Came::Answer,
        }
    }

    /// Sends a request and reads its whole answer; gives up after so long a silence.
    async fn send(&self, request: reqwest::Request, patience: Duration) -> Result<Answer, Failure> {
        let silent = |_| Failure::Lost("nothing was heard for too long".to_owned());
        let executed = timeout(patience, self.http.execute(request)).await.map_err(silent)?;
        let response = executed.map_err(unanswered)?;
        let head = head(&response);
        let request_id = header(&response, "request-id");
        let headers = KEPT_HEADERS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), header(&response, name)?)))
            .collect();
        let body = body(response, self.read_timeout).await?;
        Ok(Answer { head, request_id, headers, body })
    }

    fn dressed(&self, request: Request<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        let patience = self.patience(&request);
        let mut dressed = self.http.request(request.method, url);
        if let Some(patience) = patience {
            dressed = dressed.timeout(patience);
        }
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
            Body::Form(form) => dressed.header(CONTENT_TYPE, form.content_type).body(form.bytes),
        })
    }

    /// How long its whole answer is waited for, where that is not what is usual: the narrowest name decides.
    fn patience(&self, request: &Request<'_>) -> Option<Duration> {
        let operation = operation::of(request.method.as_str(), request.path);
        debug_assert!(operation.is_some(), "{} {}", request.method, request.path);
        let own = operation.and_then(|operation| self.operation_timeouts.get(operation));
        let of_method = || match &request.body {
            Body::Form(_) => Some(self.file_timeout),
            Body::None | Body::Json(_) => {
                self.method_timeouts.get(request.method.as_str()).copied()
            }
        };
        own.copied().or_else(of_method)
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
async fn body(mut response: Response, patience: Duration) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        let silent = |_| Failure::Lost("the answer broke off: nothing more came".to_owned());
        match timeout(patience, response.chunk()).await.map_err(silent)? {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                return Err(Failure::Unreadable("the answer is larger than 8 MiB".to_owned()));
            }
            Ok(None) => return Ok(body),
            Err(error) => {
                return Err(Failure::Lost(format!("the answer broke off: {}", described(error))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use workflow_core::time::SystemClock;

    use super::*;
    use crate::config::LinkTemplates;

    fn client(config: &Config) -> Result<Client, BadConfig> {
        Client::new(config, Arc::new(SystemClock))
    }

    fn config(base_url: &str) -> Config {
        let links = LinkTemplates { success_url: String::new(), cancel_url: String::new() };
        let mut config = Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links);
        config.base_url = base_url.to_owned();
        config
    }

    #[test]
    fn plain_http_goes_to_this_machine_only_unless_allowed() {
        for local in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
            assert!(client(&config(local)).is_ok(), "{local}");
        }
        let far = config("http://api.example.test");
        assert!(matches!(client(&far), Err(BadConfig::PlainHttp)));
        assert!(client(&Config { allow_plain_http: true, ..far }).is_ok());
        assert!(matches!(client(&config("ftp://x")), Err(BadConfig::BaseUrl(_))));
        assert!(matches!(client(&config("api")), Err(BadConfig::BaseUrl(_))));
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused_at_the_start() {
        let good = config("https://api.example.test");
        let bad = |change: fn(&mut Config)| {
            let mut config = good.clone();
            change(&mut config);
            client(&config).err()
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
