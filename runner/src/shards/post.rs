//! What is carried to the runner that holds a shard: deliveries, which only have to be kept, and requests, whose answer
//! somebody waits for.
//!
//! A delivery is settled after the inbox has it, and the inbox keeps each once: so it is neither lost nor doubled. A
//! request is taken before it is carried out, so that an order is carried out once at most; whoever waits for an answer
//! that does not come is told so.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use tower_service::Service as _;
use workflow_core::engine::HandleError;
use workflow_core::inbox::Delivery;
use workflow_core::store::postgres::{Answer, Fence, Letter, Mail, Shard};

use super::holding::{Holding, Open, aside};
use crate::ingress;

/// A webhook's delivery that is to be kept.
pub(super) const DELIVERY: &str = "delivery";
/// Somebody's request, whose answer is waited for.
pub(super) const REQUEST: &str = "request";

/// So many letters are taken at a time.
const AT_A_TIME: u32 = 100;
/// The largest answer that is carried.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// So long a request waits for somebody to take it: longer than a lost runner's lease usually lasts.
const TAKEN_WITHIN: Duration = Duration::from_secs(20);
/// So long its answer may then take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks whether there is an answer.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two looks at the mail, at most.
const MAIL_EVERY: Duration = Duration::from_millis(250);
/// Requests that nobody asks for any more are forgotten after this time.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

/// The doors that a request may have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    Admin,
    Pages,
    Intake,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    tenant: String,
    key: String,
    delivery: Delivery,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    at: At,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Serialize, Deserialize)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// A delivery as a letter: its id and its body.
pub(super) fn delivery(
    tenant: &str,
    key: &str,
    delivery: &Delivery,
) -> serde_json::Result<(String, Vec<u8>)> {
    let id = format!("{tenant}/{}:{key}", delivery.source);
    let kept = Kept { tenant: tenant.into(), key: key.into(), delivery: delivery.clone() };
    Ok((id, serde_json::to_vec(&kept)?))
}

/// Takes a shard's mail in as long as it is held.
pub(super) async fn take_in(
    holding: Arc<Holding>,
    open: Arc<Open>,
    mut stopped: watch::Receiver<bool>,
) {
    let every = holding.manner.options.look.clamp(Duration::from_millis(20), MAIL_EVERY);
    let (mail, shard) = (holding.mail.clone(), open.lease.shard);
    {
        let mail = mail.clone();
        drop(aside(move || mail.sweep(REQUEST, FORGOTTEN_AFTER)).await);
    }
    while !*stopped.borrow() {
        let reader = mail.clone();
        let taken = match aside(move || reader.waiting(shard, AT_A_TIME)).await {
            Ok(letters) => take(&holding, &open, letters).await,
            Err(error) => {
                tracing::warn!(shard = shard.0, %error, "the shard's mail could not be read");
                false
            }
        };
        if taken {
            continue;
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Takes letters; whether there was anything to take.
async fn take(holding: &Arc<Holding>, open: &Arc<Open>, letters: Vec<Letter>) -> bool {
    let (mut done, mut any) = (Vec::new(), false);
    for letter in letters {
        if letter.kind == DELIVERY {
            if !keep(open, &letter).await {
                break;
            }
            done.push(letter.id);
        } else {
            let (mail, shard, fence) = (holding.mail.clone(), open.lease.shard, open.lease.fence);
            let id = letter.id.clone();
            let taken = aside(move || mail.take(shard, REQUEST, &id, fence)).await;
            if taken.unwrap_or(false) {
                any = true;
                // One that takes long holds up no other.
                tokio::spawn(carry_out(Arc::clone(holding), Arc::clone(open), letter));
            }
        }
    }
    if done.is_empty() {
        return any;
    }
    let (mail, shard) = (holding.mail.clone(), open.lease.shard);
    aside(move || mail.settle(shard, DELIVERY, done)).await.is_ok()
}

/// Puts a delivery into the inbox; `false` when the log does not take it now.
async fn keep(open: &Open, letter: &Letter) -> bool {
    let Ok(Kept { tenant, key, delivery }) = serde_json::from_slice(&letter.body) else {
        tracing::error!(
            id = letter.id,
            "a delivery in the mail is not understood: a newer runner sent it?"
        );
        return false;
    };
    match ingress::accept(open.place.engine(), &tenant, &key, delivery).await {
        Ok(_) => true,
        Err(error @ (HandleError::Stopped(_) | HandleError::NoRoom(_))) => {
            tracing::warn!(%tenant, %error, "a delivery stays in the mail");
            false
        }
        Err(
            error @ (HandleError::Rejected(_)
            | HandleError::BadInput(_)
            | HandleError::UnknownWorkflow(_)
            | HandleError::UnknownTenant(_)
            | HandleError::Defect(_)
            | HandleError::Replay(_)),
        ) => {
            tracing::error!(%tenant, %error, "a delivery in the mail can never be taken");
            true
        }
    }
}

/// Carries a request out and sends the answer.
async fn carry_out(holding: Arc<Holding>, open: Arc<Open>, letter: Letter) {
    let told = match serde_json::from_slice::<Asked>(&letter.body) {
        Ok(asked) => answered(&holding, &open, asked).await,
        Err(_) => {
            problem(StatusCode::BAD_GATEWAY, "the runner that holds the shard is another version")
        }
    };
    let (mail, shard) = (holding.mail.clone(), open.lease.shard);
    let written = match written(told).await {
        Ok(written) => written,
        Err(why) => match written(problem(StatusCode::BAD_GATEWAY, &why)).await {
            Ok(written) => written,
            Err(_) => return,
        },
    };
    let replied = aside(move || mail.reply(shard, REQUEST, &letter.id, &written)).await;
    if let Err(error) = replied {
        tracing::warn!(shard = shard.0, %error, "an answer could not be sent to another runner");
    }
}

async fn answered(holding: &Holding, open: &Open, asked: Asked) -> Response {
    let Asked { at, method, target, headers, body } = asked;
    let (method, target) = (method.parse::<Method>(), target.parse::<Uri>());
    let (Ok(method), Ok(target), Ok(body)) = (method, target, STANDARD.decode(body)) else {
        return problem(StatusCode::BAD_GATEWAY, "another runner's request is not understood");
    };
    let mut request = Request::new(Body::from(body));
    (*request.method_mut(), *request.uri_mut()) = (method, target);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            request.headers_mut().append(name, value);
        }
    }
    if at == At::Admin {
        // It came to the other runner's door with that one's token.
        let own = format!("Bearer {}", holding.manner.token);
        if let Ok(own) = HeaderValue::from_str(&own) {
            request.headers_mut().insert(header::AUTHORIZATION, own);
        }
    }
    let router = match at {
        At::Admin => &open.admin,
        At::Pages => &open.pages,
        At::Intake => &open.intake,
    };
    here(router, request).await
}

/// Asks a router of this process.
pub(super) async fn here(router: &Router, request: Request<Body>) -> Response {
    match router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn written(response: Response) -> Result<Vec<u8>, String> {
    let (parts, body) = response.into_parts();
    let read = tokio::time::timeout(ANSWERED_WITHIN, to_bytes(body, ANSWER_BYTES_MAX)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) | Err(_) => {
            return Err("the answer is too long for the way over another runner".to_owned());
        }
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let told = Told {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().filter_map(text).collect(),
        body: STANDARD.encode(body),
    };
    serde_json::to_vec(&told).map_err(|error| error.to_string())
}

/// Asks the runner that holds a shard, whichever it is, and waits for its answer.
pub(super) async fn ask(
    holding: &Arc<Holding>,
    shard: Shard,
    at: At,
    parts: &Parts,
    body: &Bytes,
) -> Response {
    match asked(holding, shard, at, parts, body).await {
        Ok(response) => response,
        Err((status, why)) => {
            let whose = Arc::clone(holding);
            let who = tokio::task::spawn_blocking(move || whose.holder(shard)).await;
            let who = who.unwrap_or_default();
            problem(status, &format!("{why} (shard {shard}: {who})"))
        }
    }
}

type No = (StatusCode, String);

async fn asked(
    holding: &Arc<Holding>,
    shard: Shard,
    at: At,
    parts: &Parts,
    body: &Bytes,
) -> Result<Response, No> {
    let failed =
        |error: &dyn std::fmt::Display| (StatusCode::SERVICE_UNAVAILABLE, error.to_string());
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| failed(&error))?;
    let id = hex::encode(random);
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let asked = Asked {
        at,
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: parts.headers.iter().filter_map(text).collect(),
        body: STANDARD.encode(body),
    };
    let written = serde_json::to_vec(&asked).map_err(|error| failed(&error))?;
    let (mail, own) = (holding.mail.clone(), id.clone());
    aside(move || mail.send(shard, REQUEST, &own, &written)).await.map_err(|e| failed(&e))?;
    let told = wait(&holding.mail, shard, &id).await?;
    let (mail, own) = (holding.mail.clone(), id);
    drop(aside(move || mail.settle(shard, REQUEST, vec![own])).await);
    let Told { status, headers, body } = serde_json::from_slice(&told).map_err(|e| failed(&e))?;
    let body = STANDARD.decode(body).map_err(|error| failed(&error))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
            && name != header::TRANSFER_ENCODING
        {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// Waits until the holder has answered.
async fn wait(mail: &Mail, shard: Shard, id: &str) -> Result<Vec<u8>, No> {
    let began = Instant::now();
    loop {
        let (reader, own) = (mail.clone(), id.to_owned());
        let answer = aside(move || reader.answer(shard, REQUEST, &own)).await;
        let answer = answer.map_err(|e| (StatusCode::SERVICE_UNAVAILABLE, e.to_string()))?;
        match answer {
            Answer::Replied(told) => return Ok(told),
            Answer::Waiting if began.elapsed() < TAKEN_WITHIN => {}
            Answer::Taken if began.elapsed() < TAKEN_WITHIN + ANSWERED_WITHIN => {}
            Answer::Waiting => {
                let (taker, own) = (mail.clone(), id.to_owned());
                // Ours again: then nobody else carries it out later.
                let newest = Fence(u64::MAX);
                let back = aside(move || taker.take(shard, REQUEST, &own, newest)).await;
                if back.unwrap_or(false) {
                    let why = "nothing was done: no runner took it";
                    return Err((StatusCode::SERVICE_UNAVAILABLE, why.to_owned()));
                }
            }
            Answer::Taken | Answer::Gone => {
                let why = "the runner that took it has not answered: it may have been done; look before you \
                           order it again";
                return Err((StatusCode::GATEWAY_TIMEOUT, why.to_owned()));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Why there is no answer, as the admin door says it.
pub(super) fn problem(status: StatusCode, why: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "error": why }))).into_response()
}
