//! The HTTP client: the only place that sends anything to JobDiva.
//!
//! One attempt per call: no redirect is followed and nothing is repeated, but for one repetition after a 401, because a
//! token may end before its time. Every request passes its operation's limit and the breaker first
//! (`workflow_core::outlet`). The login's URL carries the password, so no URL ever gets into a message, and
//! what the service says is cut and cleaned in [`Client::redacted`]. What an answer means is `wire.rs` and `error.rs`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use reqwest::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use tokio::sync::Mutex;
use workflow_core::backoff::RetryAfter;
use workflow_core::outlet::{self, Came, Later, Outlet, Pass};
use workflow_core::time::{Clock, Timestamp};

use crate::config::{BadConfig, Config, IDLE, LOGIN_BYTES_MAX, PlainHttp, TokenHeader};
use crate::error::{Error, Failure};
use crate::operations::{LOGIN, Method, Operation, Param, Registry, Spec, find_rule};
use crate::paging::Begins;
use crate::pushback::Pushback;
use crate::request::{Part, Request};
use crate::secret::Secret;
use crate::token::{self, Token};
use crate::wire::columns::{Allowed, Kind};
use crate::wire::envelope::{self, Data, Envelope};

/// How much of the service's words is kept.
const MESSAGE_CHARS_MAX: usize = 200;

/// A connection to one tenant's JobDiva.
pub(crate) struct Client {
    http: reqwest::Client,
    outlet: Outlet,
    base: Url,
    pub(crate) config: Config,
    pub(crate) zone: TimeZone,
    pub(crate) clock: Arc<dyn Clock>,
    /// Held while logging in: whoever comes meanwhile waits and takes the same token.
    token: Mutex<Option<Token>>,
    logins: AtomicU64,
    /// How often each operation was told off.
    pushback: Pushback,
    /// Where pages were seen to begin.
    pub(crate) begins: Begins,
    /// The password in use: the configuration's, until another one takes its place.
    password: RwLock<Secret>,
    /// Why the last login was refused, until one succeeds.
    refused: RwLock<Option<String>>,
}

/// An answer, whole.
struct Reply {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: String,
    /// The leave that it was sent with.
    pass: Pass,
}

impl Client {
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, BadConfig> {
        let zone = config.check()?;
        let (base, loopback) = base_url(&config)?;
        // Another part of the process may have installed a provider: theirs does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            .timeout(config.total_timeout)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("integration-jobdiva/", env!("CARGO_PKG_VERSION")));
        if loopback {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| BadConfig::Http(transport(error)))?;
        let token = Mutex::new(None);
        let (password, refused) = (RwLock::new(config.password.clone()), RwLock::default());
        let (logins, begins) = (AtomicU64::new(0), Begins::default());
        let pushback = Pushback::new(config.seed);
        let outlet = Outlet::new(settings(&config), Arc::clone(&clock));
        Ok(Self {
            http,
            outlet,
            base,
            config,
            zone,
            clock,
            token,
            logins,
            pushback,
            begins,
            password,
            refused,
        })
    }

    /// Why the last login was refused; `None` while nothing speaks against the credentials.
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Until when the token in hand is good; `None` without one, and while somebody logs in.
    pub(crate) fn token_until(&self) -> Option<Timestamp> {
        let held = self.token.try_lock().ok()?;
        held.as_ref().map(|token| token.expires)
    }

    /// Takes another password from the next login on.
    pub(crate) fn set_password(&self, password: Secret) {
        *self.password.write().unwrap_or_else(PoisonError::into_inner) = password;
    }

    /// Why something that takes these operations cannot begin now, and when it may.
    pub(crate) fn later(&self, operations: &[Operation]) -> Option<Later> {
        let names: Vec<&str> = operations.iter().map(|operation| operation.name()).collect();
        self.outlet.later(&names)
    }

    /// Asks as soon as it is asked to, whatever the limits and the breaker say.
    pub(crate) fn lift(&self) {
        self.outlet.lift();
    }

    /// The limits and the breaker as they stand.
    pub(crate) fn outlet(&self) -> outlet::Shown {
        self.outlet.shown()
    }

    fn password(&self) -> Secret {
        self.password.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One part of what an operation answers with, for these values of its parameters. An operation that is switched off
    /// is as good as one that is not granted.
    pub(crate) async fn part(
        &self,
        operation: Operation,
        values: &[(Param, &str)],
        kind: Kind,
        part: Part,
    ) -> Result<Envelope, Error> {
        let fields = self.config.asked_fields();
        let allowed = Allowed::of(self.spec(operation), kind, &fields);
        self.part_with(operation, values, &allowed, part).await
    }

    /// The same, decoding what is allowed.
    pub(crate) async fn part_with(
        &self,
        operation: Operation,
        values: &[(Param, &str)],
        allowed: &Allowed,
        part: Part,
    ) -> Result<Envelope, Error> {
        let (name, spec) = (operation.name(), self.spec(operation));
        if !spec.enabled {
            let message = "switched off in the configuration".to_owned();
            return Err(Error::NotGranted { operation: name, message });
        }
        let fields = self.config.asked_fields();
        let reply = self.call(operation, &Request::new(spec, values, &fields, part)).await?;
        if !reply.status.is_success() {
            return self.failure(name, spec, &reply).map_or(Ok(Envelope::default()), Err);
        }
        let envelope = envelope::read(&reply.body, allowed)
            .map_err(|error| Error::Unreadable { operation: name, why: place_of(&error) })?;
        if let Some(why) = envelope.shape.is_not(spec.envelope) {
            return Err(Error::Unreadable { operation: name, why });
        }
        let answer = self.judged(name, spec, &reply, envelope)?;
        self.pushback.answered(name);
        Ok(answer)
    }

    /// How an operation is carried out.
    pub(crate) fn spec(&self, operation: Operation) -> &Spec {
        self.config.registry.of(operation)
    }

    /// Logs in and says until when the token is good.
    pub(crate) async fn log_in(&self) -> Result<Timestamp, Error> {
        let mut token = self.token.lock().await;
        let fresh = self.fresh_token(None).await?;
        let expires = fresh.expires;
        *token = Some(fresh);
        Ok(expires)
    }

    /// One call, and one more with a new token after a 401.
    async fn call(&self, operation: Operation, request: &Request) -> Result<Reply, Error> {
        let token = self.token().await?;
        let reply = self.attempt(operation, request, &token.secret).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        tracing::debug!(operation = operation.name(), "token refused, logging in anew");
        let token = self.token_after(token.login).await?;
        self.attempt(operation, request, &token.secret).await
    }

    async fn attempt(
        &self,
        operation: Operation,
        request: &Request,
        token: &Secret,
    ) -> Result<Reply, Error> {
        let request = self.addressed(operation, request);
        let request = match self.config.token_header {
            TokenHeader::Bearer => request.bearer_auth(token.reveal()),
            TokenHeader::Raw => request.header(AUTHORIZATION, token.reveal()),
        };
        self.send(operation.name(), request, self.config.answer_bytes_max).await
    }

    /// The request with its address and its body, yet without a token.
    fn addressed(&self, operation: Operation, request: &Request) -> reqwest::RequestBuilder {
        let spec = self.spec(operation);
        let url = self.url(&spec.path);
        let builder = match request.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
        };
        let builder = builder.query(&request.query).timeout(spec.timeout);
        match &request.body {
            Some(body) => builder.json(body),
            None => builder,
        }
    }

    async fn send(
        &self,
        operation: &'static str,
        request: reqwest::RequestBuilder,
        bytes_max: usize,
    ) -> Result<Reply, Error> {
        let request = request.header(reqwest::header::ACCEPT, "application/json, text/plain");
        let pass = self.outlet.pass(operation).await.map_err(|later| {
            let after = later.until.since(self.clock.now());
            Error::Busy { operation, after, message: later.why }
        })?;
        let answered = self.answered(operation, request, pass, bytes_max).await;
        self.outlet.came(operation, pass, way_out(&answered));
        answered
    }

    async fn answered(
        &self,
        operation: &'static str,
        request: reqwest::RequestBuilder,
        pass: Pass,
        bytes_max: usize,
    ) -> Result<Reply, Error> {
        let mut response = request.send().await.map_err(|error| sent_or_not(operation, error))?;
        let retry_after = retry_after(response.headers(), self.clock.now());
        let status = response.status();
        let body = body(operation, &mut response, bytes_max).await?;
        Ok(Reply { status, retry_after, body, pass })
    }

    /// A token that is good for a while: the one in hand, or a new one.
    async fn token(&self) -> Result<Token, Error> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.is_fresh(self.clock.now())) {
            return Ok(token.clone());
        }
        let fresh = self.fresh_token(held.as_ref()).await?;
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// A token newer than that of the `refused` login; whoever comes first logs in for all.
    async fn token_after(&self, refused: u64) -> Result<Token, Error> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.login > refused) {
            return Ok(token.clone());
        }
        *held = None;
        let fresh = self.fresh_token(None).await?;
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// A new token, of the `old` one's refresh token or of a login; remembers whether the credentials were refused.
    async fn fresh_token(&self, old: Option<&Token>) -> Result<Token, Error> {
        if let Some(fresh) = self.refreshed(old).await {
            return Ok(fresh);
        }
        let fresh = self.logged_in().await;
        let refused = match &fresh {
            Ok(_) => None,
            Err(Error::Credentials { message, .. }) => Some(message.clone()),
            // Nothing was learned of them.
            Err(_) => return fresh,
        };
        *self.refused.write().unwrap_or_else(PoisonError::into_inner) = refused;
        fresh
    }

    /// A new token by way of the refresh token; `None` when there is none, it is not to be used, or it does not work: a
    /// login does the same.
    async fn refreshed(&self, old: Option<&Token>) -> Option<Token> {
        let operation = Operation::LoginRefresh;
        let refresh = old?.refresh.as_ref().filter(|_| self.spec(operation).enabled)?;
        let request = Request::new(self.spec(operation), &[], &[], Part::Whole);
        let reply = self.attempt(operation, &request, refresh).await.ok()?;
        let pair = token::in_answer(&reply.body).filter(|_| reply.status.is_success())?;
        Some(self.taken(pair))
    }

    fn taken(&self, pair: token::Pair) -> Token {
        let login = self.logins.fetch_add(1, Ordering::Relaxed) + 1;
        Token::new(pair, login, self.clock.now())
    }

    async fn logged_in(&self) -> Result<Token, Error> {
        let operation = Registry::login(self.config.login);
        let password = self.password();
        let values = [
            (Param::ClientId, self.config.client_id.as_str()),
            (Param::Username, &self.config.username),
            (Param::Password, password.reveal()),
        ];
        let request = Request::new(self.spec(operation), &values, &[], Part::Whole);
        let reply = self.send(LOGIN, self.addressed(operation, &request), LOGIN_BYTES_MAX).await?;
        match token::in_answer(&reply.body) {
            Some(pair) if reply.status.is_success() => {
                self.pushback.answered(LOGIN);
                Ok(self.taken(pair))
            }
            _ => Err(self.login_failure(self.spec(operation), &reply)),
        }
    }

    /// A login fails for its credentials, unless the service is visibly unwell.
    fn login_failure(&self, spec: &Spec, reply: &Reply) -> Error {
        let nothing = || Error::Credentials { operation: LOGIN, message: String::new() };
        let error = self.failure(LOGIN, spec, reply).unwrap_or_else(nothing);
        if let Error::Refused { message, .. } | Error::NotGranted { message, .. } = error {
            return Error::Credentials { operation: LOGIN, message };
        }
        error
    }

    /// A 200 may still say no, in words.
    fn judged(
        &self,
        operation: &'static str,
        spec: &Spec,
        reply: &Reply,
        envelope: Envelope,
    ) -> Result<Envelope, Error> {
        let Some(message) = &envelope.message else {
            // A proxy's page or an empty body must not pass for "there is no such record".
            return match envelope.data {
                Data::Present | Data::Null => Ok(envelope),
                Data::Absent => {
                    Err(Error::Unreadable { operation, why: "it holds no data".into() })
                }
            };
        };
        if message.to_ascii_lowercase().contains("completed successfully") {
            return Ok(envelope);
        }
        if find_rule(&spec.error_rules, reply.status.as_u16(), message).is_some() {
            return self.failure(operation, spec, reply).map_or(Ok(Envelope::default()), Err);
        }
        match envelope.data {
            Data::Present => Ok(envelope),
            Data::Null | Data::Absent => {
                let why = format!("no data, but words: {}", self.redacted(message));
                Err(Error::Unreadable { operation, why })
            }
        }
    }

    /// What an answer that is no success comes to; `None` when it means that there is nothing.
    fn failure(&self, operation: &'static str, spec: &Spec, reply: &Reply) -> Option<Error> {
        let words = envelope::message_of(&reply.body).unwrap_or_default();
        let failure = Failure {
            operation,
            status: reply.status.as_u16(),
            message: &self.redacted(&words),
            retry_after: reply.retry_after,
        };
        let unsaid = || self.pushback.wait(operation, reply.pass.at, self.clock.now());
        let error = failure.classify(&spec.error_rules, &words, unsaid);
        if let Some(Error::Busy { after, .. }) = &error {
            self.outlet.came(operation, reply.pass, Came::TooFast(Some(*after)));
        }
        error
    }

    /// The service's words as they may be logged: short, on one line, without credentials, e-mail addresses and
    /// long numbers.
    fn redacted(&self, message: &str) -> String {
        let mut text = message.to_owned();
        let password = self.password();
        let secrets = [self.config.password.reveal(), password.reveal(), &self.config.username];
        for secret in secrets {
            if secret.len() >= 3 {
                text = text.replace(secret, "***");
            }
        }
        let clean = |word: &str| {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let telling = word.contains('@') || word.starts_with("eyJ") || digits >= 9;
            if telling { "***".to_owned() } else { word.to_owned() }
        };
        let words: Vec<String> = text.split_whitespace().map(clean).collect();
        words.join(" ").chars().take(MESSAGE_CHARS_MAX).collect()
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{path}"));
        url
    }
}

/// The limits, with each operation's own least time between two calls.
fn settings(config: &Config) -> outlet::Settings {
    let mut settings = config.limits.clone();
    let apart = |operation: Operation| config.registry.of(operation).min_interval;
    let of_all = Operation::ALL.iter().map(|it| (it.name().to_owned(), apart(*it)));
    settings.apart = of_all.collect();
    settings.apart.insert(LOGIN.to_owned(), apart(Registry::login(config.login)));
    settings
}

/// The base URL, and whether it names this machine.
fn base_url(config: &Config) -> Result<(Url, bool), BadConfig> {
    let url = Url::parse(&config.base_url)
        .map_err(|error| BadConfig::BaseUrl { why: error.to_string() })?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok((url, loopback)),
        "http" if loopback || config.plain_http == PlainHttp::Anywhere => Ok((url, loopback)),
        "http" => Err(BadConfig::PlainHttp { host }),
        _ => Err(BadConfig::BaseUrl { why: "the scheme is neither https nor http".to_owned() }),
    }
}

/// The whole body, in parts, up to a limit.
async fn body(
    operation: &'static str,
    response: &mut Response,
    bytes_max: usize,
) -> Result<String, Error> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) if bytes.len() + chunk.len() > bytes_max => {
                return Err(Error::TooLarge { operation, limit_bytes: bytes_max });
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(error) => return Err(Error::NoAnswer { operation, why: transport(error) }),
        }
    }
    // A broken character costs itself, not the answer.
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    })
}

fn sent_or_not(operation: &'static str, error: reqwest::Error) -> Error {
    let never_left = error.is_connect() || error.is_builder();
    let why = transport(error);
    if never_left { Error::NotSent { operation, why } } else { Error::NoAnswer { operation, why } }
}

/// What the transport says, without the URL, which may hold the password.
fn transport(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let wish = RetryAfter::parse(headers.get(RETRY_AFTER)?.to_str().ok()?)?;
    Some(wish.wait(now))
}

/// What an answer, or none, says of the way out. That it was too fast is said in words, too: see [`Client::failure`].
fn way_out(answered: &Result<Reply, Error>) -> Came {
    match answered {
        Ok(reply) if matches!(reply.status.as_u16(), 502..=504) => Came::Nobody,
        Err(Error::NotSent { .. } | Error::NoAnswer { .. }) => Came::Nobody,
        Ok(_) | Err(_) => Came::Answer,
    }
}

/// Where a body stops making sense; never what is in it.
fn place_of(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "its rows have a shape that is not known".to_owned(),
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => {
            format!("no JSON at line {} column {}", error.line(), error.column())
        }
    }
}

#[cfg(test)]
mod tests {
    use workflow_core::time::ManualClock;

    use super::*;

    fn config(base_url: &str) -> Config {
        let mut config = Config::new("1", "api@example.com", Secret::new("s3cret"));
        config.base_url = base_url.to_owned();
        config
    }

    fn client(config: Config) -> Result<Client, BadConfig> {
        Client::new(config, Arc::new(ManualClock::at(Timestamp(0))))
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for good in
            ["https://api.jobdiva.com", "http://localhost:1", "http://127.9.9.9", "http://[::1]:8"]
        {
            assert!(client(config(good)).is_ok(), "{good}");
        }
        let mut open = config("http://example.com");
        let refused = client(open.clone()).err();
        assert_eq!(refused, Some(BadConfig::PlainHttp { host: "example.com".into() }));
        open.plain_http = PlainHttp::Anywhere;
        assert!(client(open).is_ok());
        for bad in ["", "api.jobdiva.com", "ftp://127.0.0.1"] {
            assert!(matches!(client(config(bad)).err(), Some(BadConfig::BaseUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn words_are_cleaned_before_they_are_kept() {
        let client = client(config("https://api.jobdiva.com")).unwrap();
        let said = client
            .redacted("Error:\n no s3cret for api@example.com, ada@b.org, 559-555-0142 eyJh.x.y");
        assert_eq!(said, "Error: no *** for ***, *** *** ***");
        assert_eq!(client.redacted(&"x".repeat(500)).len(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn a_base_url_may_have_a_path() {
        let client = client(config("https://gateway.example.com/jobdiva/")).unwrap();
        assert_eq!(client.url("/apiv2/x").as_str(), "https://gateway.example.com/jobdiva/apiv2/x");
    }
}
