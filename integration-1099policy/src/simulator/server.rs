//! The walk of one request: faults, key, body, idempotency, the operation, the ledger, the file, the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response, Uri};
use serde_json::Value;
use workflow_core::time::Timestamp;

use super::app::App;
use super::faults::{FaultKind, Plan, respell};
use super::ledger::{RequestSeen, bump, operation};
use super::reply::Refusal;
use super::request::Request;
use super::socket::Switch;
use super::world::World;
use super::{agenda, auth, control, dialects, idempotency, openapi, page, routes};

const PREFIX: &str = "/api/v1";
/// Above the 15 MB a certificate may have, so that the refusal of a larger one is ours.
const BODY_LIMIT: usize = 20 * 1024 * 1024;
/// How many of the newest requests are remembered.
const REQUESTS_KEPT: usize = 10_000;

pub(super) async fn serve(
    State(app): State<Arc<App>>,
    ConnectInfo(line): ConnectInfo<Switch>,
    request: HttpRequest<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let too_large = Refusal::validation("invalid_file_size", "The body is too large.");
        let mut answer = Answer::refused(&too_large);
        answer.headers.push(("request-id", app.world().shared.mint_request()));
        return answer.response();
    };
    // A task of its own: what a caller asked for happens even if the caller hangs up.
    let walk = tokio::spawn(async move {
        walk(&app, &line, parts.method, &parts.uri, parts.headers, body).await
    });
    walk.await.unwrap_or_else(|_| {
        Answer::refused(&Refusal::with(500, "general_error", "The simulator failed.")).response()
    })
}

async fn walk(
    app: &App,
    line: &Switch,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if let Some(path) = uri.path().strip_prefix("/_sim") {
        return control::answer(app, method.as_str(), path, &body).await;
    }
    match (&method, uri.path()) {
        (&Method::GET, "/") => return shown("text/html; charset=utf-8", page::page(app)),
        (&Method::GET, "/openapi.json") => {
            let document = openapi::document(&format!("http://{}", host(&headers)), PREFIX);
            return shown("application/json", document.to_string());
        }
        _ => {}
    }
    let Some(path) = uri.path().strip_prefix(PREFIX) else {
        let mut unknown = Answer::refused(&Refusal::not_found("resource_not_found"));
        unknown.headers.push(("request-id", app.world().shared.mint_request()));
        return unknown.response();
    };
    let mut request = Request::bare(method, uri, path, headers);
    let readable = request.read(body).await;
    let plan = arrive(app, &request);
    let mut answer = match act(app, &request, readable, &plan).await {
        Ok(answer) => answer,
        Err(refusal) => {
            bump(&mut app.world().shared.ledger.refusals, refusal.code);
            Answer::refused(&refusal)
        }
    };
    depart(app, &request, &plan, &mut answer);
    play_on_line(line, &plan, &mut answer);
    answer.response()
}

/// What is there for people and their tools, and no part of the API.
fn shown(kind: &'static str, text: String) -> Response<Body> {
    Response::builder()
        .header("content-type", kind)
        .body(Body::from(text))
        .expect("the header is a constant")
}

/// Where the caller found the simulator.
fn host(headers: &HeaderMap) -> &str {
    headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1")
}

/// Counts the request and takes the faults meant for it.
fn arrive(app: &App, request: &Request) -> Plan {
    let spoken = dialects::spoken(request, app.now());
    let mut world = app.world();
    let ledger = &mut world.shared.ledger;
    bump(&mut ledger.requests, &operation(request.method.as_str(), &request.path));
    ledger.note_body(&request.fields);
    spoken.iter().for_each(|word| ledger.dialect(word));
    let plan = world.shared.faults.take(request);
    if (plan.disruption.is_some() || !plan.spellings.is_empty())
        && let Err(e) = app.save(&mut world)
    {
        tracing::error!(error = %e, "the simulator's state could not be written");
    }
    plan
}

async fn act(
    app: &App,
    request: &Request,
    readable: Result<(), Refusal>,
    plan: &Plan,
) -> Result<Answer, Refusal> {
    if let Some(instead) = plan.disruption.and_then(instead_of_acting) {
        return instead;
    }
    let caller = auth::caller(&app.cfg.keys, request)?;
    readable?;
    let slot = idempotency::slot(&caller.scope, request);
    let _in_flight = app.enter(slot.as_ref()).ok_or_else(idempotency::in_flight)?;
    if let Some(slot) = &slot {
        let mut world = app.world();
        if let Some(kept) = world.kept.find(slot, request, &app.cfg.rules, app.now())? {
            world.shared.ledger.replays += 1;
            return Ok(Answer { replayed: true, ..Answer::of(kept.status, kept.body) });
        }
    }
    if plan.disruption == Some(FaultKind::Hold) {
        app.hold().await;
    }
    let mut world = app.world();
    let played = agenda::play(&mut world, &app.cfg, app.now());
    let answer = execute(app, &mut world, &caller.scope, request, slot, plan);
    // A GET that changed nothing is not written down: polling stays cheap, only its count may be lost.
    let changed = request.method != Method::GET || played > 0;
    if changed && app.save(&mut world).is_err() {
        return Err(Refusal::with(
            500,
            "general_error",
            "The simulator's state could not be written.",
        ));
    }
    Ok(answer)
}

/// What a fault answers before anything is looked at.
fn instead_of_acting(kind: FaultKind) -> Option<Result<Answer, Refusal>> {
    if matches!(kind, FaultKind::RateLimited { .. }) {
        return Some(Err(Refusal::with(429, "rate_limit", "Too many requests.")));
    }
    if kind == FaultKind::InFlight {
        return Some(Err(idempotency::in_flight()));
    }
    if let FaultKind::Refused { code } = kind {
        return Some(Err(Refusal::with(code.status(), code.wire(), "Refused.")));
    }
    let lost = matches!(kind, FaultKind::BadGateway | FaultKind::LostRequest);
    lost.then(|| Ok(Answer::of(502, Value::Null)))
}

/// Performs the operation at one moment, and keeps its answer under its key if it was executed.
fn execute(
    app: &App,
    world: &mut World,
    scope: &str,
    request: &Request,
    slot: Option<String>,
    plan: &Plan,
) -> Answer {
    let now = app.now();
    let failure =
        Refusal { executed: true, ..Refusal::with(500, "general_error", "Something went wrong.") };
    let result = if plan.disruption == Some(FaultKind::ErrorBefore) {
        Err(failure)
    } else {
        let result = routes::dispatch(&mut world.desk(&app.cfg, scope, now), request);
        if plan.disruption == Some(FaultKind::ErrorAfter) {
            result.and(Err(failure))
        } else {
            result
        }
    };
    let (answer, executed) = match &result {
        Ok(reply) => (Answer::of(reply.status, reply.body.clone()), true),
        Err(refusal) => {
            bump(&mut world.shared.ledger.refusals, refusal.code);
            (Answer::refused(refusal), refusal.executed)
        }
    };
    if let Some(slot) = slot.filter(|_| executed) {
        world.kept.keep(slot, request, &answer, &app.cfg.rules, now);
    }
    answer
}

/// Spells the answer as the faults want it, gives it its headers and remembers the request.
fn depart(app: &App, request: &Request, plan: &Plan, answer: &mut Answer) {
    if answer.status < 300 {
        plan.spellings.iter().for_each(|kind| respell(&mut answer.body, *kind, &request.path));
    }
    for kind in &plan.spellings {
        if let FaultKind::ShouldRetry { retry } = kind {
            answer.headers.push(("ten99policy-should-retry", retry.to_string()));
        }
    }
    let key = idempotency::key(request);
    if let Some(key) = key {
        answer.headers.push(("ten99policy-idempotent-key", key.to_owned()));
    }
    let mut world = app.world();
    let id = world.shared.mint_request();
    answer.headers.push(("request-id", id));
    let seen = seen(request, plan, answer, app.now());
    let requests = &mut world.shared.requests;
    requests.push_back(seen);
    if requests.len() > REQUESTS_KEPT {
        requests.pop_front();
    }
}

fn seen(request: &Request, plan: &Plan, answer: &Answer, at: Timestamp) -> RequestSeen {
    let named = idempotency::HEADERS.into_iter().chain([
        "content-type",
        "ten99policy-environment",
        "user-agent",
    ]);
    let headers: BTreeMap<String, String> =
        named.filter_map(|n| Some((n.to_owned(), request.header(n)?.to_owned()))).collect();
    RequestSeen {
        at,
        method: request.method.to_string(),
        path: request.path.clone(),
        status: answer.status,
        idempotency_key: idempotency::key(request).map(str::to_owned),
        headers,
        auth_scheme: auth::scheme(request),
        dialect: dialects::spoken(request, at),
        fields: dialects::names(&request.fields),
        replayed: answer.replayed,
        fault: plan.disruption.map(|kind| format!("{kind:?}")),
    }
}

/// What a fault does to an answer that is ready to leave.
fn play_on_line(line: &Switch, plan: &Plan, answer: &mut Answer) {
    let Some(kind) = plan.disruption else { return };
    if matches!(kind, FaultKind::LostResponse | FaultKind::LostRequest) {
        line.cut();
    } else if kind == FaultKind::BrokenOff {
        line.break_off();
    } else if let FaultKind::SlowBody { millis } = kind {
        line.pause(millis);
    } else if matches!(kind, FaultKind::BadGateway | FaultKind::BadGatewayAfter) {
        answer.form = Form::GatewayPage;
    } else if kind == FaultKind::TruncatedJson {
        answer.form = Form::HalfJson;
    } else if let FaultKind::RateLimited { retry_after_secs } = kind {
        answer.headers.push(("retry-after", retry_after_secs.to_string()));
    }
}

/// An answer on its way out.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    headers: Vec<(&'static str, String)>,
    replayed: bool,
    form: Form,
}

enum Form {
    Json,
    HalfJson,
    GatewayPage,
}

impl Answer {
    pub(super) fn of(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new(), replayed: false, form: Form::Json }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self::of(refusal.status, refusal.body())
    }

    pub(super) fn response(self) -> Response<Body> {
        let json = self.body.to_string();
        let (status, kind, text) = match self.form {
            Form::Json => (self.status, "application/json", json),
            Form::HalfJson => (
                self.status,
                "application/json",
                json.chars().take(json.chars().count() / 2).collect(),
            ),
            Form::GatewayPage => {
                (502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned())
            }
        };
        let mut response = Response::builder().status(status).header("content-type", kind);
        if self.replayed {
            response = response.header("Idempotent-Replayed", "true");
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response
            .body(Body::from(text))
            .expect("statuses and header values were valid when they arrived")
    }
}
