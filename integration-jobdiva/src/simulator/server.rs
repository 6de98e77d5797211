//! One request from the socket to the answer: ledger, faults, login, token, grant, rate limit, method.
//!
//! Everything between taking the lock and letting it go is plain code without await; what takes time or is no answer at
//! all (slowness, a hang, a cut) happens after. Next: [`super::routes`], [`super::bi`] and [`super::search`].

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query as AxumQuery, State as Shares};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::sync::watch;
use workflow_core::time::{Clock, ManualClock, Timestamp};

use super::behaviour::Behaviour;
use super::client::Sender;
use super::envelope::{self, Answer};
use super::faults::FaultKind;
use super::routes::{self, CONTROL, Leads};
use super::state::State;
use super::{auth, bi, control, openapi, page, persist, search};

/// What does not change while the server runs.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) behaviour: Behaviour,
    pub(super) credentials: auth::Credentials,
}

/// Everything the handlers share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) clock: ManualClock,
    pub(super) persist: Option<PathBuf>,
    pub(super) sender: Sender,
    /// Held while webhooks go out, so that two drivers do not send the same one.
    pub(super) sending: tokio::sync::Mutex<()>,
    pub(super) stopped: watch::Receiver<bool>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(
        settings: Settings,
        clock: ManualClock,
        persist: Option<PathBuf>,
        stopped: watch::Receiver<bool>,
        state: State,
    ) -> Self {
        let sending = tokio::sync::Mutex::new(());
        let state = Mutex::new(state);
        Self { settings, clock, persist, sender: Sender::new(), sending, stopped, state }
    }

    /// The state, for reading.
    pub(super) fn read(&self) -> MutexGuard<'_, State> {
        // A handler that panicked left plain data behind, nothing half linked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and writes it down before anyone hears of the change.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut State, Timestamp) -> T,
    ) -> io::Result<T> {
        let mut state = self.read();
        let now = self.clock.now();
        let result = change(&mut state, now);
        state.clock = now;
        if let Some(path) = &self.persist {
            persist::save(path, &state)?;
        }
        Ok(result)
    }
}

/// A query string in which names may repeat.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    /// The first value of a name, unless empty.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        (!found.1.is_empty()).then_some(found.1.as_str())
    }

    /// Every value of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

/// A request taken apart.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) authorization: Option<String>,
    pub(super) body: Bytes,
}

enum Reply {
    Answer(Answer),
    Slow(Answer, Duration),
    Hang,
    Cut,
}

/// The handler of every path.
pub(super) async fn handle(
    Shares(shared): Shares<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = AxumQuery::<Vec<(String, String)>>::try_from_uri(&uri);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let request = Request {
        method,
        path: uri.path().to_owned(),
        query: Query(query.map(|AxumQuery(pairs)| pairs).unwrap_or_default()),
        authorization: text(header::AUTHORIZATION).map(str::to_owned),
        body,
    };
    let leads = routes::find(request.method.as_str(), &request.path);
    match leads {
        Some(Leads::Page) => return Html(page::page(&shared)).into_response(),
        Some(Leads::Document) => {
            let host = text(header::HOST).unwrap_or("127.0.0.1");
            return Json(openapi::document(&format!("http://{host}"))).into_response();
        }
        Some(Leads::Control(verb)) => {
            return control::handle(&shared, verb, &request).await.into_response();
        }
        None if request.path.starts_with(CONTROL) => return control::unknown().into_response(),
        Some(Leads::Login(_) | Leads::Bi(_) | Leads::Search(_) | Leads::ValidateUser) | None => {}
    }
    let reply = shared.change(|state, now| reply(state, &shared.settings, &request, leads, now));
    match reply {
        Ok(Reply::Answer(answer)) => answer.into_response(),
        Ok(Reply::Slow(answer, by)) => {
            tokio::time::sleep(by).await;
            answer.into_response()
        }
        Ok(Reply::Hang) => hang(&shared).await.into_response(),
        // Unwinding ends the connection's task, and with it the connection, without a byte of an answer.
        Ok(Reply::Cut) => std::panic::resume_unwind(Box::new("cut by a fault")),
        Err(error) => unsaved(&error).into_response(),
    }
}

/// The answer when the state file cannot be written.
pub(super) fn unsaved(error: &io::Error) -> Answer {
    envelope::refusal(500, format!("simulator: the state file could not be written: {error}"))
}

/// Waits until the server stops: a client with no timeout of its own waits as long.
async fn hang(shared: &Shared) -> Answer {
    let mut stopped = shared.stopped.clone();
    // An error means the sender is gone, which is a stop too.
    drop(stopped.wait_for(|stopped| *stopped).await);
    envelope::refusal(503, "stopped".into())
}

fn reply(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    leads: Option<Leads>,
    now: Timestamp,
) -> Reply {
    *state.ledger.entry(format!("{} {}", request.method, request.path)).or_default() += 1;
    let latency = latency(&settings.behaviour, &request.path);
    let timely = |answer, more: Duration| match latency + more {
        Duration::ZERO => Reply::Answer(answer),
        slow => Reply::Slow(answer, slow),
    };
    let reply = match state.take_fault(&request.path) {
        Some(FaultKind::Timeout) => Reply::Hang,
        Some(FaultKind::Cut) => Reply::Cut,
        Some(FaultKind::Status { status, message }) => {
            timely(envelope::spring(status, &message, &request.path, now), Duration::ZERO)
        }
        Some(FaultKind::QueueFull) => timely(
            envelope::bi_error(
                "There are too many API requests in the queue. Please try again in 3 minutes.",
            ),
            Duration::ZERO,
        ),
        Some(FaultKind::Slow { millis }) => timely(
            answer(state, settings, request, leads, now),
            Duration::from_millis(millis.into()),
        ),
        Some(FaultKind::Poison { .. } | FaultKind::Skip { .. }) | None => {
            timely(answer(state, settings, request, leads, now), Duration::ZERO)
        }
    };
    let status = match &reply {
        Reply::Answer(answer) | Reply::Slow(answer, _) => Some(answer.status),
        Reply::Hang | Reply::Cut => None,
    };
    let is_login = matches!(leads, Some(Leads::Login(_)));
    state.remember(request, is_login, status, now);
    reply
}

/// How long an endpoint takes: the longest time that is set for an end of its path.
fn latency(behaviour: &Behaviour, path: &str) -> Duration {
    let of_path = |end: &&String| *end == "*" || path.ends_with(&format!("/{end}"));
    let set = behaviour.latency_millis.iter().filter(|(end, _)| of_path(end));
    Duration::from_millis(set.map(|(_, millis)| u64::from(*millis)).max().unwrap_or(0))
}

fn answer(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    leads: Option<Leads>,
    now: Timestamp,
) -> Answer {
    if let Some(Leads::Login(login)) = leads {
        return auth::login(state, settings, request, login, now);
    }
    let is_let_in = auth::is_let_in(state, settings, request, now);
    let Some(leads) = leads.filter(|_| is_let_in) else {
        return envelope::unauthorized(&request.path, now);
    };
    match gate(state, settings, request, now) {
        Gate::Open => {}
        Gate::Busy(answer) => return answer,
        Gate::NotGranted => return not_granted(settings, request, leads),
    }
    match leads {
        Leads::Bi(call) => bi::answer(state, settings, request, call, now),
        Leads::Search(search) => search::answer(state, settings, request, search, now),
        Leads::ValidateUser => Answer::json(serde_json::Value::Bool(true)),
        Leads::Login(_) | Leads::Control(_) | Leads::Page | Leads::Document => {
            envelope::unauthorized(&request.path, now)
        }
    }
}

fn not_granted(settings: &Settings, request: &Request, leads: Leads) -> Answer {
    let Behaviour { bi_not_granted_status, not_granted_status, .. } = settings.behaviour;
    match leads {
        Leads::Bi(call) if bi_not_granted_status == 200 => envelope::bi_error(&format!(
            "You are not allowed to query this BIData metric, metric name = {}",
            call.metric.name
        )),
        Leads::Bi(call) => envelope::refusal(
            bi_not_granted_status,
            format!("You are not allowed to access to {} API.", call.metric.path),
        ),
        Leads::Login(_)
        | Leads::Search(_)
        | Leads::ValidateUser
        | Leads::Control(_)
        | Leads::Page
        | Leads::Document => {
            let method = request.path.rsplit('/').next().unwrap_or_default();
            let text = format!("You are not allowed to access to {method} API.");
            envelope::refusal(not_granted_status, text)
        }
    }
}

enum Gate {
    Open,
    Busy(Answer),
    NotGranted,
}

fn gate(state: &mut State, settings: &Settings, request: &Request, now: Timestamp) -> Gate {
    if state.denied.iter().any(|method| request.path.ends_with(&format!("/{method}"))) {
        return Gate::NotGranted;
    }
    let Some(limit) = settings.behaviour.rate_limit else { return Gate::Open };
    match state.take_call(&request.path, limit, now) {
        Ok(()) => Gate::Open,
        Err(secs) => Gate::Busy(envelope::too_many(limit.retry_after.then_some(secs))),
    }
}
