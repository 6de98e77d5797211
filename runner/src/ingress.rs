//! The webhook door: `POST /hooks/{source}/{endpoint}`. Authenticated, bounded, durable before it is answered.
//!
//! Nothing is decided here. A forged delivery leaves a count and nothing else; a genuine one that is not understood is
//! kept and shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::inbox::{self, Delivery, Inbox, Input};

use crate::systems::{Connected, JOBDIVA, POLICY, Systems};

/// The largest body read; a provider's are a few kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// The longest wait for a body.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// What came through the door, in counts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Deliveries kept.
    pub kept: AtomicU64,
    /// Deliveries that were there already.
    pub duplicates: AtomicU64,
    /// Requests whose signature did not fit.
    pub refused: AtomicU64,
}

/// The state of the door.
pub struct Door {
    /// The engine whose inbox it fills.
    pub engine: Engine<Insurance>,
    /// Whose hooks there are.
    pub systems: Arc<Systems>,
    /// What came through.
    pub counters: Arc<Counters>,
}

/// The door's routes.
pub fn router(door: Door) -> Router {
    Router::new().route("/hooks/{source}/{endpoint}", post(hook)).with_state(Arc::new(door))
}

async fn hook(
    State(door): State<Arc<Door>>,
    Path((source, endpoint)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(connected) = owner(&door.systems, &source, &endpoint) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let deliveries = match source.as_str() {
        JOBDIVA => jobdiva(connected, &parts.headers, &body),
        _ => policy(&door.engine, connected, &parts.headers, &body),
    };
    let deliveries = match deliveries {
        Ok(deliveries) => deliveries,
        Err(status) => {
            door.counters.refused.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(tenant = %connected.tenant.name, %source, bytes = body.len(), %status, "a delivery was refused");
            return status.into_response();
        }
    };
    let mut duplicates = 0;
    let count = deliveries.len();
    for (key, delivery) in deliveries {
        match accept(&door.engine, &connected.tenant.name, &key, delivery).await {
            Ok(true) => {
                door.counters.kept.fetch_add(1, Ordering::Relaxed);
            }
            Ok(false) => {
                duplicates += 1;
                door.counters.duplicates.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(%error, "a delivery could not be kept");
                let wait = [(header::RETRY_AFTER, "30")];
                return (StatusCode::SERVICE_UNAVAILABLE, wait).into_response();
            }
        }
    }
    let duplicate = [("x-duplicate", if duplicates == count { "true" } else { "false" })];
    match source.as_str() {
        // JobDiva reads a boolean.
        JOBDIVA => (duplicate, integration_jobdiva::receive::REPLY).into_response(),
        _ => (duplicate, axum::Json(serde_json::json!({ "received": true }))).into_response(),
    }
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

async fn read(body: Body) -> Result<Vec<u8>, StatusCode> {
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

type Kept = Vec<(String, Delivery)>;

fn jobdiva(connected: &Connected, headers: &HeaderMap, body: &[u8]) -> Result<Kept, StatusCode> {
    let hook = connected.tenant.jobdiva_hook.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers: BTreeMap<String, String> = headers.iter().filter_map(text).collect();
    let received = integration_jobdiva::receive::receive(&headers, body, &hook.secrets).map_err(
        |refused| StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::UNAUTHORIZED),
    )?;
    let kept = received.into_iter().map(|delivery| {
        let kept = Delivery {
            source: JOBDIVA.into(),
            kind: delivery.kind,
            subjects: delivery.subjects,
            size: delivery.size as u64,
            sha256: delivery.sha256,
        };
        (delivery.key, kept)
    });
    Ok(kept.collect())
}

fn policy(
    engine: &Engine<Insurance>,
    connected: &Connected,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Kept, StatusCode> {
    use integration_1099policy::receive::Refused;
    let receiver = connected.receiver.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers: Vec<(String, String)> = headers.iter().filter_map(text).collect();
    match receiver.receive(&headers, body, engine.clock().now()) {
        Ok(delivery) => Ok(vec![kept(delivery)]),
        Err(Refused::TooLarge) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(Refused::NotAnEvent) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::UNAUTHORIZED),
    }
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
async fn accept(
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
