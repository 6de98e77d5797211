//! The one request of an attempt at telling: signed, without redirects, through the endpoint's own limits and breaker.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use workflow_core::backoff::RetryAfter;
use workflow_core::domain::call::Answer;
use workflow_core::domain::notice::{Note, Topic, schedule};
use workflow_core::exchange::{self, Came, Exchange};
use workflow_core::id::{BadStreamId, StreamId};
use workflow_core::limits::Pace;
use workflow_core::outcome::{Again, Attempt, Outcome, Trace};
use workflow_core::outlet::{self, Later, Outlet, Settings, Shown};
use workflow_core::time::{Clock, Timestamp};

use super::body::{BadSecret, SigningKey, body, signature};
use super::{Endpoint, endpoint_stream};

/// As patient as Standard Webhooks advises at the least.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// The name of all that is asked of an endpoint.
const NAME: &str = "notify";
/// How fast an endpoint is told.
const PACE: Pace = Pace { per_minute: 300, burst: 30, least_per_minute: 6 };
const SAID: &str = concat!("workflow-runner/", env!("CARGO_PKG_VERSION"));

/// Why an endpoint cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum BadEndpoint {
    /// It is no address.
    #[error("`url` is no address such as \"https://hooks.example.com/placements\"")]
    Url,
    /// It would go over a network in the clear.
    #[error(
        "`url` is plain http to another machine: whoever listens would see the links; use https"
    )]
    PlainHttp,
    /// It holds a user or a password.
    #[error("`url` holds a user or a password: what is sent is signed, nothing more is needed")]
    Credentials,
    /// A secret cannot sign.
    #[error(transparent)]
    Secret(#[from] BadSecret),
    /// It has no secret.
    #[error("without a secret nobody could tell a notice from a forged one")]
    NoSecret,
    /// Its name cannot be.
    #[error(transparent)]
    Name(#[from] BadStreamId),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// An endpoint that is told things.
pub struct Subscriber {
    stream: StreamId,
    name: String,
    url: Url,
    keys: Vec<SigningKey>,
    topics: Vec<Topic>,
    http: reqwest::Client,
    outlet: Outlet,
    clock: Arc<dyn Clock>,
}

impl Subscriber {
    /// The way to an endpoint; nothing is sent yet.
    pub fn new(
        tenant: &str,
        endpoint: &Endpoint,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BadEndpoint> {
        // An error means that one is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let url = address(&endpoint.url)?;
        if endpoint.secrets.is_empty() {
            return Err(BadEndpoint::NoSecret);
        }
        let keys = endpoint.secrets.iter().map(SigningKey::read).collect::<Result<_, _>>()?;
        let http = reqwest::Client::builder()
            .timeout(ANSWERED_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| BadEndpoint::Client(described(error)))?;
        Ok(Self {
            stream: endpoint_stream(tenant, &endpoint.name)?,
            name: endpoint.name.clone(),
            url,
            keys,
            topics: endpoint.topics.clone(),
            http,
            outlet: Outlet::new(Settings::of(PACE), Arc::clone(&clock)),
            clock,
        })
    }

    /// Its name, as gates know it.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is told of this.
    pub fn wants(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }

    /// Its limits and its breaker.
    pub fn outlet(&self) -> Shown {
        self.outlet.shown()
    }

    /// Lets it be tried at once.
    pub fn lift(&self) {
        self.outlet.lift();
    }

    /// Why nothing can be told now, and when it can. Asks nobody.
    pub fn later(&self) -> Option<Later> {
        self.outlet.later(&[NAME])
    }

    /// Makes one attempt at telling.
    pub async fn tell(&self, note: &Note, attempt: &Attempt) -> Outcome<Answer> {
        let pass = match self.outlet.pass(NAME).await {
            Ok(pass) => pass,
            Err(Later { until, why }) => {
                let after = Some(until.since(self.clock.now()));
                return Outcome::Again(Again { trace: Trace::None, after, reason: why });
            }
        };
        let body = body(self.stream.tenant(), note);
        let secs = attempt.now.as_secs();
        let signature = signature(&self.keys, &note.id, secs, &body);
        let headers = [("webhook-id", note.id.clone()), ("webhook-timestamp", secs.to_string())];
        let mut request = self.http.post(self.url.clone());
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let request = request.header("webhook-signature", signature).header(USER_AGENT, SAID);
        let answered = request
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone())
            .send()
            .await
            .map(|response| Said::of(&response, self.clock.now()));
        self.outlet.came(NAME, pass, way_out(&answered));
        let ended = ended(answered);
        if exchange::is_noted() {
            // Neither the address nor the body, which may hold a link, is anybody's to read later.
            exchange::note(Exchange {
                method: "POST".to_owned(),
                path: format!("/{}", self.stream),
                query: None,
                idempotency_key: Some(note.id.clone()),
                headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
                body: exchange::Body::hash_only(&body),
                came: ended.came(),
            });
        }
        self.outcome(&ended, attempt)
    }

    fn outcome(&self, ended: &Ended, attempt: &Attempt) -> Outcome<Answer> {
        let (trace, wish, reason) = match ended {
            Ended::Said(Said { status: 200..=299, .. }) => {
                return Outcome::Answered(Answer::NoticeTaken);
            }
            Ended::Said(Said { status: 410, .. }) => {
                return Outcome::Answered(Answer::EndpointGone);
            }
            Ended::Said(Said { status: status @ 300..=399, .. }) => {
                (Trace::Unknown, None, format!("answered {status}: redirects are not followed"))
            }
            Ended::Said(Said { status, wish }) => {
                (Trace::Unknown, *wish, format!("answered {status}"))
            }
            Ended::NotSent(why) => (Trace::None, None, why.clone()),
            Ended::Lost(why) => (Trace::Unknown, None, why.clone()),
        };
        let age = self.clock.now().since(attempt.owed_since);
        let wait = schedule::wait(attempt.key.as_str(), age);
        // After the last attempt nothing is due any more: its timer gives it to a person.
        let wait = wait.unwrap_or(schedule::GIVEN_UP_AFTER);
        Outcome::Again(Again { trace, after: Some(wait.max(wish.unwrap_or_default())), reason })
    }
}

/// What an endpoint said.
struct Said {
    status: u16,
    wish: Option<Duration>,
}

impl Said {
    fn of(response: &reqwest::Response, now: Timestamp) -> Self {
        let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wish = wish.and_then(RetryAfter::parse).map(|wish| wish.wait(now));
        Self { status: response.status().as_u16(), wish }
    }
}

/// How an attempt ended.
enum Ended {
    Said(Said),
    NotSent(String),
    Lost(String),
}

impl Ended {
    fn came(&self) -> Came {
        match self {
            Ended::Said(said) => Came::Answer {
                status: said.status,
                request_id: None,
                headers: Vec::new(),
                body: exchange::Body::default(),
            },
            Ended::NotSent(reason) => Came::NotSent { reason: reason.clone() },
            Ended::Lost(reason) => Came::Lost { reason: reason.clone() },
        }
    }
}

fn ended(answered: Result<Said, reqwest::Error>) -> Ended {
    match answered {
        Ok(said) => Ended::Said(said),
        Err(error) if error.is_connect() || error.is_builder() => Ended::NotSent(described(error)),
        Err(error) => Ended::Lost(described(error)),
    }
}

fn way_out(answered: &Result<Said, reqwest::Error>) -> outlet::Came {
    match answered {
        Ok(Said { status: 429, wish }) => outlet::Came::TooFast(*wish),
        Ok(Said { status: 502..=504, .. }) | Err(_) => outlet::Came::Nobody,
        Ok(_) => outlet::Came::Answer,
    }
}

fn address(text: &str) -> Result<Url, BadEndpoint> {
    let url = Url::parse(text).map_err(|_| BadEndpoint::Url)?;
    let Some(host) = url.host_str() else { return Err(BadEndpoint::Url) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadEndpoint::Credentials);
    }
    let host = host.trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        "http" => Err(BadEndpoint::PlainHttp),
        _ => Err(BadEndpoint::Url),
    }
}

/// The innermost reason; the address is not told.
fn described(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWERED_WITHIN.as_secs());
    }
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
