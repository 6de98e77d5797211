//! The tenant's own door for certificates: `POST /intake/certificates`, for whoever cannot file them in JobDiva.
//!
//! A form with `candidate`, `certificate` (the PDF) and, where it is for one, `placement`; the tenant's token as a bearer.
//! Closed unless the configuration names a token. Authenticated before the body is read, bounded while it is, and
//! durable before it is answered; a file that cannot be sent is refused with the reason (422).

use std::sync::Arc;

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::{BYTES_MAX, Origin, Unfit};
use workflow_core::domain::facts::{CandidateId, PersonalText, PlacementId};
use workflow_core::engine::{Engine, HandleError, Source};

use crate::certificates::{Arrived, TakeError, Taken, take_in};
use crate::documents::Documents;
use crate::systems::{Connected, Systems};

/// The largest body read: the file, and a little around it.
const BODY_BYTES_MAX: usize = BYTES_MAX as usize + 64 * 1024;
/// The longest text of a field.
const TEXT_BYTES_MAX: usize = 256;
/// So many at once: each may hold a whole file.
const AT_ONCE: usize = 8;

/// The state of the door.
pub struct Door {
    /// The engine that is told.
    pub engine: Engine<Insurance>,
    /// Whose doors are open.
    pub systems: Arc<Systems>,
    /// Where documents are kept.
    pub documents: Arc<Documents>,
}

struct Serving {
    door: Door,
    room: Semaphore,
}

/// The door's route.
pub fn router(door: Door) -> Router {
    let serving = Arc::new(Serving { door, room: Semaphore::new(AT_ONCE) });
    Router::new()
        .route("/intake/certificates", post(intake))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(serving)
}

async fn intake(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let Serving { door, room } = &*serving;
    let Some(connected) = owner(&door.systems, &request) else {
        return problem(StatusCode::UNAUTHORIZED, "no tenant's intake has this token");
    };
    let Ok(_room) = room.try_acquire() else {
        return again("too many at once");
    };
    let form = match Multipart::from_request(request, &()).await {
        Ok(form) => form,
        Err(_) => return problem(StatusCode::BAD_REQUEST, "expected a multipart/form-data body"),
    };
    let arrived = match read(form).await {
        Ok(arrived) => arrived,
        Err(refused) => return *refused,
    };
    let source = Source::new("intake", Documents::hash(&arrived.bytes));
    let tenant = &connected.tenant.name;
    answer(tenant, take_in(&door.engine, &door.documents, tenant, arrived, source).await)
}

/// The tenant whose token it carries; takes the same time whichever it is.
fn owner<'a>(systems: &'a Systems, request: &Request) -> Option<&'a Arc<Connected>> {
    let bearer = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let given = bearer.strip_prefix("Bearer ")?.as_bytes();
    let mut found = None;
    for connected in systems.all() {
        let own = connected.tenant.certificates.intake.as_ref();
        let fits = own.is_some_and(|own| own.token.reveal().as_bytes().ct_eq(given).into());
        found = if fits { Some(connected) } else { found };
    }
    found
}

async fn read(mut form: Multipart) -> Result<Arrived, Box<Response>> {
    let bad = |what: &str| Box::new(problem(StatusCode::BAD_REQUEST, what));
    let (mut candidate, mut placement, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        match field.name().unwrap_or_default() {
            "candidate" => candidate = Some(text(field).await?),
            "placement" => placement = Some(text(field).await?).filter(|id| !id.is_empty()),
            "certificate" => {
                let name = field.file_name().unwrap_or("without a name").to_owned();
                file = Some((PersonalText(name), bytes(field).await?));
            }
            _ => return Err(bad("known fields are candidate, placement and certificate")),
        }
    }
    let candidate = candidate.filter(|id| !id.is_empty());
    let candidate = candidate.ok_or_else(|| bad("the field `candidate` is missing"))?;
    let (name, bytes) =
        file.ok_or_else(|| bad("the field `certificate` with the file is missing"))?;
    Ok(Arrived {
        candidate: CandidateId(candidate),
        bytes,
        name,
        origin: Origin::Intake,
        placement: placement.map(PlacementId),
    })
}

async fn text(mut field: Field<'_>) -> Result<String, Box<Response>> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        text.extend_from_slice(&chunk);
        if text.len() > TEXT_BYTES_MAX {
            return Err(Box::new(problem(
                StatusCode::BAD_REQUEST,
                "an id is longer than 256 bytes",
            )));
        }
    }
    let text = String::from_utf8(text);
    let text = text.map_err(|_| Box::new(problem(StatusCode::BAD_REQUEST, "an id is no text")))?;
    Ok(text.trim().to_owned())
}

async fn bytes(mut field: Field<'_>) -> Result<Vec<u8>, Box<Response>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > BYTES_MAX {
            let unfit = Unfit::TooLarge { bytes: bytes.len() as u64 };
            return Err(Box::new(problem(StatusCode::UNPROCESSABLE_ENTITY, unfit.to_string())));
        }
    }
    Ok(bytes)
}

/// The body broke off, is no form, or is larger than is read.
fn broken(error: &axum::extract::multipart::MultipartError) -> Box<Response> {
    Box::new(match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "the file is larger than 15 MB")
        }
        _ => problem(StatusCode::BAD_REQUEST, "the form broke off, or is none"),
    })
}

fn answer(tenant: &str, taken: Result<Taken, TakeError>) -> Response {
    match taken {
        Ok(taken @ Taken { known, .. }) => {
            let status = if known { StatusCode::OK } else { StatusCode::CREATED };
            let note = taken.note();
            let Taken { stream, state, .. } = taken;
            let mut body = json!({ "certificate": stream.key(), "state": state, "known": known });
            if let Some(note) = note {
                body["note"] = note.into();
            }
            (status, Json(body)).into_response()
        }
        Err(
            error @ (TakeError::Unfit(_)
            | TakeError::OutOfScope(_)
            | TakeError::Placement(_)
            | TakeError::Id),
        ) => {
            tracing::info!(%tenant, %error, "a document was refused at the intake");
            problem(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
        }
        Err(TakeError::Handle(HandleError::Rejected(no))) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, no.message)
        }
        Err(error @ (TakeError::Document(_) | TakeError::Handle(_) | TakeError::Log(_))) => {
            tracing::error!(%tenant, %error, "a document could not be taken in");
            again("it could not be kept")
        }
    }
}

fn again(why: &str) -> Response {
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, why);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

fn problem(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "error": message.into() }))).into_response()
}
