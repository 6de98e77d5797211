//! The admin door: what the command line asks of a running process. Loopback only; a token in the data directory, which
//! only its owner can read, keeps other users of the machine out.

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use workflow_core::audit as core_audit;
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, HandleError};
use workflow_core::id::StreamId;
use workflow_core::time::Timestamp;

use crate::documents::Documents;
use crate::forget::{self, ForgetError};
use crate::ingress::Counters;
use crate::pulse::Pulse;
use crate::signing::Signer;
use crate::systems::Systems;
use crate::views;

mod audit;
pub mod certificates;
pub mod inbox;
pub mod invoices;
pub mod log;
mod orders;
mod tail;
pub mod webhooks;

/// The file in the data directory that says where the door is.
pub const ADDRESS_FILE: &str = "admin.json";

/// Where the door is, and what opens it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// The base address, `http://127.0.0.1:port`.
    pub url: String,
    /// The token that every request carries.
    pub token: String,
    /// The process that serves it.
    pub process: u32,
}

impl Address {
    /// The address left in a data directory, if a process serves it (or did, before it was killed).
    pub fn read(data_dir: &FilePath) -> Option<Self> {
        let text = std::fs::read_to_string(data_dir.join(ADDRESS_FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Leaves the address in the data directory, readable by its owner alone.
    pub fn write(&self, data_dir: &FilePath) -> std::io::Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = data_dir.join(ADDRESS_FILE);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(&serde_json::to_vec(self)?)
    }
}

/// The state of the door.
pub struct Door {
    /// The engine that is asked.
    pub engine: Engine<Insurance>,
    /// The token that opens it.
    pub token: String,
    /// Who performs the calls, and knows which fail.
    pub dispatcher: Dispatcher<Insurance, Systems>,
    /// The tenants' systems.
    pub systems: Arc<Systems>,
    /// What the loops are doing.
    pub pulse: Arc<Pulse>,
    /// The tenants of the configuration.
    pub tenants: Vec<String>,
    /// The documents that contractors bring.
    pub documents: Arc<Documents>,
    /// What signs exports.
    pub signer: Signer,
    /// What came through the webhook door.
    pub counters: Arc<Counters>,
    /// Turns true when the process stops.
    pub stopped: watch::Receiver<bool>,
    /// By tenant, the zone of its business dates.
    pub zones: BTreeMap<String, TimeZone>,
}

/// Whom a person decides to forget.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forget {
    /// The candidate's id in the ATS.
    pub candidate: String,
    /// The tenant; `None` where only one knows the candidate.
    pub tenant: Option<String>,
    /// Why, in the person's words.
    pub reason: String,
    /// Who decides.
    pub who: String,
}

#[derive(Deserialize)]
struct At {
    at: Option<i64>,
}

/// The door's routes.
pub fn router(door: Arc<Door>) -> Router {
    Router::new()
        .route("/v1/placements", get(list))
        .route("/v1/placements/{tenant}/{id}", get(show))
        .route("/v1/placements/{tenant}/{id}/history", get(history))
        .route("/v1/orders", post(orders::order))
        .route("/v1/tenants", get(orders::tenants))
        .route("/v1/webhooks", get(webhooks::show))
        .route("/v1/invoices", get(invoices::list))
        .route("/v1/invoices/{tenant}/{id}/act", post(invoices::act))
        .route("/v1/tail", post(tail::follow))
        .route("/v1/verify", post(log::verify))
        .route("/v1/export", get(log::export))
        .route("/v1/audit", post(audit::ask))
        .route("/v1/people/forget", post(forget))
        .route("/v1/inbox", get(inbox::list))
        .route("/v1/inbox/{tenant}/{id}", get(inbox::show))
        .route("/v1/inbox/{tenant}/{id}/act", post(inbox::act))
        .route("/v1/contractors/{tenant}/{candidate}/keep", post(inbox::keep))
        .route("/v1/certificates", get(certificates::list).post(certificates::add))
        .route("/v1/certificates/{tenant}/{key}", get(certificates::show))
        .route("/v1/certificates/{tenant}/{key}/settle", post(certificates::settle))
        .layer(DefaultBodyLimit::max(certificates::BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&door), authorize))
        .with_state(door)
}

async fn authorize(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match subtle::ConstantTimeEq::ct_eq(given.as_bytes(), door.token.as_bytes()).into() {
        true => {
            let mut answer = next.run(request).await;
            // By this the command line knows that it is talking to a runner.
            answer.headers_mut().insert("x-runner", header::HeaderValue::from_static("1"));
            answer
        }
        false => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn problem(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(serde_json::json!({ "error": message.into() }))).into_response()
}

async fn list(State(door): State<Arc<Door>>) -> Response {
    let failing = door.dispatcher.activity().waiting;
    let list = views::list(&door.engine, &failing, &door.tenants);
    Json(orders::with_refusals(&door, list)).into_response()
}

fn stream(tenant: &str, id: &str) -> Result<StreamId, Box<Response>> {
    StreamId::new("placement", tenant, id)
        .map_err(|error| Box::new(problem(StatusCode::NOT_FOUND, error.to_string())))
}

async fn show(
    State(door): State<Arc<Door>>,
    Path((tenant, id)): Path<(String, String)>,
) -> Response {
    let stream = match stream(&tenant, &id) {
        Ok(stream) => stream,
        Err(response) => return *response,
    };
    match views::show(&door.engine, &stream, &door.dispatcher.activity().waiting) {
        Ok(Some(mut shown)) => {
            orders::refused(&door, &mut shown.line);
            Json(shown).into_response()
        }
        Ok(None) => problem(StatusCode::NOT_FOUND, format!("{stream} is not known")),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn history(
    State(door): State<Arc<Door>>,
    Path((tenant, id)): Path<(String, String)>,
    Query(At { at }): Query<At>,
) -> Response {
    let stream = match stream(&tenant, &id) {
        Ok(stream) => stream,
        Err(response) => return *response,
    };
    let events = match door.engine.history(&stream) {
        Ok(events) if events.is_empty() => {
            return problem(StatusCode::NOT_FOUND, format!("{stream} is not known"));
        }
        Ok(events) => events,
        Err(error) => return problem(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let until = at.map(Timestamp);
    let history = views::history(&stream, &events, until).and_then(|history| {
        let Some(gate) = views::gate_of(&stream) else { return Ok(history) };
        let orders = door.engine.history(&gate).map_err(|error| error.to_string())?;
        views::with_orders(&gate, &orders, until, history)
    });
    match history {
        Ok(history) => Json(history).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn forget(State(door): State<Arc<Door>>, Json(forget): Json<Forget>) -> Response {
    let Forget { candidate, tenant, reason, who } = forget;
    match forget::forget(&door.engine, &door.documents, &candidate, tenant.as_deref(), reason, &who)
        .await
    {
        Ok(forgotten) => Json(forgotten).into_response(),
        Err(ForgetError::Handle(HandleError::Rejected(no))) => {
            problem(StatusCode::CONFLICT, no.message)
        }
        Err(error @ ForgetError::Unknown(_)) => problem(StatusCode::NOT_FOUND, error.to_string()),
        Err(error @ ForgetError::Ambiguous(_)) => {
            problem(StatusCode::BAD_REQUEST, error.to_string())
        }
        Err(error @ (ForgetError::Handle(_) | ForgetError::Log(_))) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
    }
}

/// The result of an audit as it is shown.
pub fn verified(
    result: Result<core_audit::Verified, core_audit::Damage>,
    what: &str,
) -> views::Verified {
    match result {
        Ok(good) => views::Verified {
            version: views::VERSION,
            intact: true,
            records: good.records,
            events: good.events,
            head: good.head.hash.to_string(),
            from: good.from.0,
            next: good.head.next.0,
            signed: None,
            message: format!("{what} is intact"),
        },
        Err(damage) => views::Verified::damaged(damage.to_string()),
    }
}
