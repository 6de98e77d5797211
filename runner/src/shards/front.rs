//! The doors of a runner among several: each request goes to whoever holds the shard that it is about.
//!
//! Which one that is says the tenant: in the path, in the query, in what is ordered; on the pages also a cookie, because a
//! page shows one log. Lists of the admin door are asked of all shards and made into one. What is held here is asked in
//! this process, streams and all; anything else goes by mail (`shards/post.rs`).

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use maud::html;
use subtle::ConstantTimeEq as _;
use workflow_core::store::postgres::Shard;

use super::holding::Holding;
use super::merge;
use super::post::{self, At, problem};
use crate::metrics;

/// Which log a browser looks at.
const COOKIE: &str = "runner-log";
/// The largest body that is led on: a certificate as a form.
const BODY_BYTES_MAX: usize = 24 * 1024 * 1024;
/// What goes on for as long as somebody listens, or is as long as the log: only asked where the shard is held.
const LONG: [&str; 4] = ["/v1/tail", "/v1/export", "/v1/verify", "/live"];
/// What is asked of all shards and made into one answer.
const LISTS: [&str; 6] = [
    "/v1/placements",
    "/v1/tenants",
    "/v1/invoices",
    "/v1/inbox",
    "/v1/certificates",
    "/v1/webhooks",
];

/// The admin door.
pub(super) fn admin(holding: Arc<Holding>) -> Router {
    Router::new()
        .route("/v1/holding", get(holds))
        .route("/metrics", get(counts))
        .route("/livez", get(health))
        .route("/readyz", get(health))
        .fallback(ordered)
        .with_state(holding)
}

/// The pages.
pub(super) fn pages(holding: Arc<Holding>) -> Router {
    Router::new().route("/logs", get(logs)).fallback(looked_at).with_state(holding)
}

/// The door for certificates.
pub(super) fn intake(holding: Arc<Holding>) -> Router {
    Router::new().route("/intake/certificates", axum::routing::post(handed_in)).with_state(holding)
}

/// Where a request is to go.
enum Target {
    One(Shard),
    All(Vec<Shard>),
    Unclear,
}

async fn holds(State(holding): State<Arc<Holding>>, headers: HeaderMap) -> Response {
    if !is_ours(&holding, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let holds = tokio::task::spawn_blocking(move || holding.holds()).await;
    holds.map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |it| Json(it).into_response(),
    )
}

/// Whether it carries this runner's own token.
fn is_ours(holding: &Holding, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    given.as_bytes().ct_eq(holding.manner.token.as_bytes()).into()
}

async fn counts(State(holding): State<Arc<Holding>>) -> Response {
    let mut texts = Vec::new();
    for open in holding.all_open() {
        let asked = Request::new(Body::empty());
        let (mut parts, body) = asked.into_parts();
        parts.uri = axum::http::Uri::from_static("/metrics");
        let told = post::here(&open.admin, Request::from_parts(parts, body)).await;
        if let Ok(text) = to_bytes(told.into_body(), BODY_BYTES_MAX).await {
            texts.push((open.lease.shard.0, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    let text = merge::metrics(&texts);
    ([(header::CONTENT_TYPE, metrics::text::CONTENT_TYPE)], text).into_response()
}

/// Every shard that is held here must say that it is well; holding none is well too.
async fn health(State(holding): State<Arc<Holding>>, request: Request) -> Response {
    let uri = request.uri().clone();
    let mut wrong = Vec::new();
    for open in holding.all_open() {
        let (mut parts, body) = Request::new(Body::empty()).into_parts();
        parts.uri = uri.clone();
        let told = post::here(&open.admin, Request::from_parts(parts, body)).await;
        if told.status() != StatusCode::OK {
            let text = to_bytes(told.into_body(), BODY_BYTES_MAX).await.unwrap_or_default();
            wrong.push(format!("shard {}: {}", open.lease.shard, String::from_utf8_lossy(&text)));
        }
    }
    match wrong.as_slice() {
        [] => (StatusCode::OK, "ok\n".to_owned()).into_response(),
        wrong => (StatusCode::SERVICE_UNAVAILABLE, wrong.concat()).into_response(),
    }
}

async fn ordered(State(holding): State<Arc<Holding>>, request: Request) -> Response {
    if !is_ours(&holding, request.headers()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut response = match taken(request).await {
        Ok((parts, body)) => match target(&holding, &parts, &body) {
            Target::One(shard) => lead(&holding, shard, At::Admin, parts, body).await,
            Target::All(shards) => all(&holding, shards, parts, body).await,
            Target::Unclear => problem(
                StatusCode::BAD_REQUEST,
                "which tenant? These tenants' logs are several: say TENANT/ID, or --tenant NAME",
            ),
        },
        Err(response) => *response,
    };
    // By this the command line knows that it is talking to a runner.
    response.headers_mut().insert("x-runner", HeaderValue::from_static("1"));
    response
}

/// Asks every shard, and makes one answer of theirs.
async fn all(holding: &Arc<Holding>, shards: Vec<Shard>, parts: Parts, body: Bytes) -> Response {
    let mut answers = Vec::new();
    for shard in shards {
        let told = lead(holding, shard, At::Admin, parts.clone(), body.clone()).await;
        if told.status() != StatusCode::OK {
            return told;
        }
        let text = to_bytes(told.into_body(), BODY_BYTES_MAX).await.unwrap_or_default();
        match serde_json::from_slice(&text) {
            Ok(answer) => answers.push(answer),
            Err(error) => return problem(StatusCode::BAD_GATEWAY, &error.to_string()),
        }
    }
    Json(merge::lists(answers)).into_response()
}

async fn taken(request: Request) -> Result<(Parts, Bytes), Box<Response>> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => Ok((parts, body)),
        Err(_) => {
            Err(Box::new(problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 24 MiB")))
        }
    }
}

/// Leads a request to a shard: in this process where it is held here, else by mail.
async fn lead(holding: &Arc<Holding>, shard: Shard, at: At, parts: Parts, body: Bytes) -> Response {
    if let Some(open) = holding.open(shard) {
        let router = match at {
            At::Admin => &open.admin,
            At::Pages => &open.pages,
            At::Intake => &open.intake,
        };
        return post::here(router, Request::from_parts(parts, Body::from(body))).await;
    }
    if LONG.contains(&parts.uri.path()) {
        let whose = Arc::clone(holding);
        let who = tokio::task::spawn_blocking(move || whose.holder(shard)).await;
        let why = format!("that is asked where shard {shard} is held: {}", who.unwrap_or_default());
        return problem(StatusCode::SERVICE_UNAVAILABLE, &why);
    }
    post::ask(holding, shard, at, &parts, &body).await
}

/// The shard that a request is about.
fn target(holding: &Holding, parts: &Parts, body: &Bytes) -> Target {
    let shards = holding.shards();
    if let [only] = shards.as_slice() {
        return Target::One(*only);
    }
    let json = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    let about = &json["about"];
    let told = [&json["tenant"], &about["tenant"], &about["one"], &about["adapter"]["tenant"]];
    let told = told.into_iter().filter_map(|value| value.as_str());
    let form = String::from_utf8_lossy(body);
    let query = parts.uri.query().unwrap_or_default();
    let pairs = [query, &*form].into_iter().flat_map(pairs);
    let path = parts.uri.path().split('/').skip(2).take(2).map(str::to_owned);
    let names = told.map(str::to_owned).chain(path).chain(pairs.map(|(_, value)| value));
    let mut found = names.filter_map(|name| tenant_in(holding, &name));
    match found.next() {
        Some(shard) => Target::One(shard),
        None if parts.method == Method::GET && LISTS.contains(&parts.uri.path()) => {
            Target::All(shards)
        }
        None => Target::Unclear,
    }
}

/// The pairs of a query or a form that name a tenant, or something of one.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
    pairs.retain(|(name, _)| ["tenant", "about", "stream", "placement"].contains(&name.as_str()));
    pairs
}

/// The shard of the tenant that a name begins with, or that stands behind its workflow.
fn tenant_in(holding: &Holding, name: &str) -> Option<Shard> {
    let known = |word: &str| holding.tenants().find(|(_, tenant)| *tenant == word);
    name.split('/').take(2).find_map(known).map(|(shard, _)| shard)
}

async fn looked_at(State(holding): State<Arc<Holding>>, request: Request) -> Response {
    let shards = holding.shards();
    if shards.len() > 1 && request.uri().path() == "/" {
        return Redirect::to("/logs").into_response();
    }
    let (parts, body) = match taken(request).await {
        Ok(taken) => taken,
        Err(response) => return *response,
    };
    let (shard, named) = match target(&holding, &parts, &body) {
        Target::One(shard) => (shard, true),
        Target::All(_) | Target::Unclear => {
            let kept = by_cookie(&parts.headers).filter(|shard| shards.contains(shard));
            let Some(shard) = kept.or_else(|| shards.first().copied()) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            (shard, false)
        }
    };
    if parts.uri.path() == "/live" && holding.open(shard).is_none() {
        // A page that is told this does not ask again; it is as it was when it was made.
        return StatusCode::NO_CONTENT.into_response();
    }
    let mut response = lead(&holding, shard, At::Pages, parts, body).await;
    if named && shards.len() > 1 {
        let cookie = format!("{COOKIE}={shard}; Path=/; HttpOnly; SameSite=Strict");
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn by_cookie(headers: &HeaderMap) -> Option<Shard> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).map(str::trim);
    let ours = pairs.find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))?;
    ours.parse().ok().map(Shard)
}

/// The tenants, each a way to the pages of its log. Names of tenants are for those who came in.
async fn logs(State(holding): State<Arc<Holding>>, headers: HeaderMap) -> Response {
    let now = holding.manner.options.clock.now();
    if holding.manner.access.person(&headers, now).is_none() {
        return Redirect::to("/enter?to=%2Flogs").into_response();
    }
    let tenants: Vec<&str> = holding.tenants().map(|(_, name)| name).collect();
    html! {
        (maud::DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Tenants" } }
            body {
                h1 { "Tenants" }
                p { "A page shows the log of one tenant, with those that share it." }
                ul {
                    @for tenant in tenants {
                        li { a href={ "/board?tenant=" (tenant) } { (tenant) } }
                    }
                }
            }
        }
    }
    .into_response()
}

async fn handed_in(State(holding): State<Arc<Holding>>, request: Request) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(tenant) = holding.intake_of(given) else {
        return problem(StatusCode::UNAUTHORIZED, "no tenant's intake has this token");
    };
    let shard = holding.shard_of(&tenant);
    match taken(request).await {
        Ok((parts, body)) => lead(&holding, shard, At::Intake, parts, body).await,
        Err(response) => *response,
    }
}
