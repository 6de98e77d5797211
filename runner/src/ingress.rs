//! The webhook door: `POST /hooks/{source}/{endpoint}`. Authenticated, bounded, durable before it is answered.
//!
//! Nothing is decided here. A forged delivery leaves a count, its size and its hash; a genuine one that is not understood
//! is kept and shown. When the log is slower than what comes, the door says "later" instead of letting requests pile up:
//! a provider comes again, and what it sends twice is kept once. Who may knock how often is `ingress/sources.rs`, what
//! came is counted in `ingress/counts.rs`, and why a delivery was refused is found out in `webhook_trial.rs`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::inbox::{self, Delivery, Inbox, Input};
use workflow_core::time::Timestamp;

use crate::systems::{Connected, JOBDIVA, POLICY, Systems};
use sources::{Network, Peer, Sources};

pub mod counts;
pub mod sources;

pub use counts::Counters;

/// The largest body read; a provider's are a few kilobytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// When to come again, in seconds: after a moment when the door is full, later when the engine has stopped.
const AGAIN_SOON: &str = "5";
const AGAIN_LATER: &str = "30";

/// Where deliveries are made durable.
pub trait Inboxes: Send + Sync {
    /// Makes a delivery durable; `false` when it is known to have been there already.
    fn accept<'a>(&'a self, tenant: &'a str, key: &'a str, delivery: Delivery) -> Accepting<'a>;

    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// A delivery on its way.
pub type Accepting<'a> = Pin<Box<dyn Future<Output = Result<bool, HandleError>> + Send + 'a>>;

impl Inboxes for Engine<Insurance> {
    fn accept<'a>(&'a self, tenant: &'a str, key: &'a str, delivery: Delivery) -> Accepting<'a> {
        Box::pin(accept(self, tenant, key, delivery))
    }

    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}

/// How much the door bears.
#[derive(Clone, Debug)]
pub struct Limits {
    /// So many requests at once; each may hold a body of 256 KiB. More are told to come again.
    pub requests: usize,
    /// The longest wait for a body.
    pub body_within: Duration,
    /// How long a request waits until its deliveries are durable; after that it is told to come again.
    pub kept_within: Duration,
    /// What is allowed to each source.
    pub sources: sources::Rules,
}

impl Default for Limits {
    fn default() -> Self {
        // Providers wait 15 s and longer. As many requests as there are connections (`serve.rs`).
        Self {
            requests: 256,
            body_within: Duration::from_secs(5),
            kept_within: Duration::from_secs(10),
            sources: sources::Rules::default(),
        }
    }
}

/// The state of the door.
pub struct Door {
    /// What it fills.
    pub inboxes: Arc<dyn Inboxes>,
    /// Whose hooks there are.
    pub systems: Arc<Systems>,
    /// What came through.
    pub counters: Arc<Counters>,
    /// How much may wait.
    pub limits: Limits,
}

struct Serving {
    door: Door,
    room: Semaphore,
    sources: Sources,
}

/// Why a request is not taken.
enum No {
    /// There is no such hook.
    Unknown,
    /// The hook does not allow the client's address.
    Outside,
    /// The hook is there and took the request amiss.
    Refused { status: StatusCode, why: String, body: Vec<u8> },
    /// It is to come again: the log does not get on.
    Later { again: &'static str, why: String },
}

/// What was taken.
struct Taken {
    deliveries: Vec<(String, Delivery)>,
    signed_by: &'static str,
    by_previous: bool,
}

/// The door's routes.
pub fn router(door: Door) -> Router {
    let room = Semaphore::new(door.limits.requests);
    let sources = Sources::new(door.limits.sources.clone());
    let serving = Arc::new(Serving { door, room, sources });
    Router::new().route("/hooks/{source}/{endpoint}", post(hook)).with_state(serving)
}

async fn hook(
    State(serving): State<Arc<Serving>>,
    Path((source, endpoint)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Serving { door, room, sources } = &*serving;
    let now = door.inboxes.now();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    let client = sources.client(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), request.headers());
    if let Err(wait) = sources.admit(client, now) {
        return limited(door, client, wait);
    }
    let Ok(_room) = room.try_acquire() else {
        return turned_away(door, AGAIN_SOON, &"too many requests at once");
    };
    let Some(connected) = owner(&door.systems, &source, &endpoint) else {
        // It costs its sender nothing: else whoever scans a proxy that is not trusted could have the provider limited.
        return refused(door, None, client, No::Unknown);
    };
    let hook = Hook { connected, source: &source, name: hook_name(connected, &source) };
    match take(door, &hook, client, request, now).await {
        Ok(answer) => answer,
        Err(no @ No::Later { .. }) => refused(door, Some(&hook), client, no),
        Err(no) => {
            sources.refuse(client, now);
            refused(door, Some(&hook), client, no)
        }
    }
}

/// The hook that a request is for.
struct Hook<'a> {
    connected: &'a Connected,
    source: &'a str,
    name: String,
}

/// A hook's name in counts: `tenant/source`.
fn hook_name(connected: &Connected, source: &str) -> String {
    format!("{}/{source}", connected.tenant.name)
}

async fn take(
    door: &Door,
    hook: &Hook<'_>,
    client: IpAddr,
    request: Request,
    now: Timestamp,
) -> Result<Response, No> {
    let allowed = allow_from(hook.connected, hook.source);
    if !allowed.is_empty() && !allowed.iter().any(|network| network.contains(client)) {
        return Err(No::Outside);
    }
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body, door.limits.body_within).await?;
    let verified = match hook.source {
        JOBDIVA => jobdiva(hook.connected, &parts.headers, &body),
        _ => policy(hook.connected, &parts.headers, &body, now),
    };
    let taken = match verified {
        Ok(taken) => taken,
        Err((status, why)) => return Err(No::Refused { status, why, body }),
    };
    let Taken { deliveries, signed_by, by_previous } = taken;
    let tenant = &hook.connected.tenant.name;
    let count = deliveries.len();
    let kept = keep(door, tenant, deliveries);
    let duplicates = match tokio::time::timeout(door.limits.kept_within, kept).await {
        Ok(Ok(duplicates)) => duplicates,
        Ok(Err(error)) => return Err(No::Later { again: AGAIN_LATER, why: error.to_string() }),
        Err(_) => {
            let why = "the log does not get on".to_owned();
            return Err(No::Later { again: AGAIN_SOON, why });
        }
    };
    door.counters.note_taken(&hook.name, by_previous, now);
    let (source, bytes) = (hook.source, body.len());
    if by_previous {
        tracing::info!(%tenant, source, secret = signed_by, bytes, "a delivery was signed with the secret before the present one");
    } else {
        tracing::debug!(%tenant, source, secret = signed_by, bytes, "a delivery was taken");
    }
    let duplicate = [("x-duplicate", if duplicates == count { "true" } else { "false" })];
    let own = hook.connected.tenant.jobdiva_hook.as_ref();
    Ok(match own.filter(|_| hook.source == JOBDIVA) {
        // JobDiva reads a boolean.
        Some(own) => (duplicate, own.reply.clone()).into_response(),
        None => (duplicate, axum::Json(serde_json::json!({ "received": true }))).into_response(),
    })
}

/// Counts and answers what is not taken.
fn refused(door: &Door, hook: Option<&Hook<'_>>, client: IpAddr, no: No) -> Response {
    let count = |counter: &AtomicU64| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    match no {
        No::Unknown => {
            count(&door.counters.unknown);
            tracing::debug!(%client, "a request for a hook that is not there");
            StatusCode::NOT_FOUND.into_response()
        }
        No::Outside => {
            count(&door.counters.outside);
            let hook = hook.map(|hook| hook.name.as_str());
            tracing::warn!(hook, %client, "a request from an address that allow_from does not hold");
            StatusCode::FORBIDDEN.into_response()
        }
        No::Refused { status, why, body } => {
            count(&door.counters.refused);
            let (size, sha256) = (body.len(), hex::encode(Sha256::digest(&body)));
            if let Some(hook) = hook {
                let (tenant, source) = (&hook.connected.tenant.name, hook.source);
                tracing::warn!(%tenant, source, %client, bytes = size, sha256, %status, why, "a delivery was refused");
                let at = door.inboxes.now().to_string();
                let status = status.as_u16();
                let once = counts::RefusedOnce { at, status, why, size, sha256 };
                door.counters.note_refused(&hook.name, once);
            }
            status.into_response()
        }
        No::Later { again, why } => turned_away(door, again, &why),
    }
}

/// Answers a source that was refused too often, before anything of it is read.
fn limited(door: &Door, client: IpAddr, wait: Duration) -> Response {
    door.counters.limited.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(%client, ?wait, "a source must wait");
    let secs = wait.as_secs().max(1).to_string();
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, secs)]).into_response()
}

/// Makes deliveries durable; says how many were there already.
async fn keep(
    door: &Door,
    tenant: &str,
    deliveries: Vec<(String, Delivery)>,
) -> Result<usize, HandleError> {
    let mut duplicates = 0;
    for (key, delivery) in deliveries {
        let counter = match door.inboxes.accept(tenant, &key, delivery).await? {
            true => &door.counters.kept,
            false => {
                duplicates += 1;
                &door.counters.duplicates
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    Ok(duplicates)
}

fn turned_away(door: &Door, again: &'static str, why: &dyn std::fmt::Display) -> Response {
    door.counters.turned_away.fetch_add(1, Ordering::Relaxed);
    tracing::error!(%why, "a request was told to come again");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, again)]).into_response()
}

/// The tenant whose hook has this address.
fn owner<'a>(systems: &'a Systems, source: &str, endpoint: &str) -> Option<&'a Arc<Connected>> {
    systems.all().find(|connected| {
        let tenant = &connected.tenant;
        let own = match source {
            JOBDIVA => tenant.jobdiva_hook.as_ref().map(|hook| hook.endpoint.as_str()),
            POLICY => tenant.policy_hook.as_ref().map(|hook| hook.endpoint.as_str()),
            _ => None,
        };
        own == Some(endpoint)
    })
}

/// The addresses that a hook allows; none for all.
fn allow_from<'a>(connected: &'a Connected, source: &str) -> &'a [Network] {
    let tenant = &connected.tenant;
    let own = match source {
        JOBDIVA => tenant.jobdiva_hook.as_ref().map(|hook| &hook.allow_from),
        _ => tenant.policy_hook.as_ref().map(|hook| &hook.allow_from),
    };
    own.map_or(&[], Vec::as_slice)
}

/// The raw bytes, within their limits.
async fn read(headers: &HeaderMap, body: Body, within: Duration) -> Result<Vec<u8>, No> {
    let no = |status, why: &str| No::Refused { status, why: why.to_owned(), body: Vec::new() };
    let too_large = || no(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 256 KiB");
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if told
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|told| told > BODY_BYTES_MAX as u64)
    {
        return Err(too_large());
    }
    match tokio::time::timeout(within, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(no(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}

/// The headers that are text, with their names in lower case.
pub(crate) fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).collect()
}

type Verified = Result<Taken, (StatusCode, String)>;

fn jobdiva(connected: &Connected, headers: &HeaderMap, body: &[u8]) -> Verified {
    use integration_jobdiva::receive::SignedBy;
    let receiver = connected.receivers.jobdiva();
    let receiver = receiver.ok_or((StatusCode::NOT_FOUND, String::new()))?;
    let headers: BTreeMap<String, String> = texts(headers).into_iter().collect();
    let received = receiver.receive(&headers, body).map_err(|refused| {
        let status = StatusCode::from_u16(refused.status());
        (status.unwrap_or(StatusCode::UNAUTHORIZED), refused.to_string())
    })?;
    let kept = received.deliveries.into_iter().map(|delivery| {
        let kept = Delivery {
            source: JOBDIVA.into(),
            kind: delivery.kind,
            subjects: delivery.subjects,
            size: delivery.size as u64,
            sha256: delivery.sha256,
        };
        (delivery.key, kept)
    });
    let signed_by = received.signed_by;
    Ok(Taken {
        deliveries: kept.collect(),
        signed_by: signed_by.name(),
        by_previous: signed_by == SignedBy::Previous,
    })
}

fn policy(connected: &Connected, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Verified {
    use integration_1099policy::receive::SignedBy;
    let receiver = connected.receivers.policy();
    let receiver = receiver.ok_or((StatusCode::NOT_FOUND, String::new()))?;
    let received = receiver.receive_signed(&texts(headers), body, now).map_err(|refused| {
        let status = StatusCode::from_u16(refused.status());
        (status.unwrap_or(StatusCode::UNAUTHORIZED), refused.to_string())
    })?;
    let signed_by = received.signed_by;
    Ok(Taken {
        deliveries: vec![kept(received.delivery)],
        signed_by: signed_by.name(),
        by_previous: signed_by == SignedBy::Previous,
    })
}

fn kept(delivery: integration_1099policy::delivery::Delivery) -> (String, Delivery) {
    let kept = Delivery {
        source: POLICY.into(),
        kind: delivery.kind,
        subjects: delivery.subjects,
        size: delivery.size as u64,
        sha256: delivery.sha256,
    };
    (delivery.key, kept)
}

/// Puts an event that a sweep found into the inbox, where a webhook may have put it before.
pub async fn accept_policy(
    engine: &Engine<Insurance>,
    tenant: &str,
    delivery: integration_1099policy::delivery::Delivery,
) -> Result<bool, HandleError> {
    let (key, delivery) = kept(delivery);
    accept(engine, tenant, &key, delivery).await
}

/// Makes a delivery durable; `false` when it was there already.
pub(crate) async fn accept(
    engine: &Engine<Insurance>,
    tenant: &str,
    key: &str,
    delivery: Delivery,
) -> Result<bool, HandleError> {
    let stream = inbox::stream(tenant, &delivery.source, key)
        .map_err(|error| HandleError::BadInput(error.to_string()))?;
    let source = Source::new(format!("webhook:{}", delivery.source), key);
    let input = Input::Received(delivery);
    let handled = engine.handle::<Inbox<Insurance>>(&stream, input, source).await?;
    Ok(handled.events > 0)
}
