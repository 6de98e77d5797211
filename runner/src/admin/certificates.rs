//! Certificates at the admin door: handed in, listed, shown, and settled by a person.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::certificate::{BYTES_MAX, Certificate, Input, Origin};
use workflow_core::domain::facts::{CandidateId, Date, PersonalText, PlacementId};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;

use super::{Door, problem};
use crate::certificates::{Arrived, TakeError, take_in};
use crate::views;

/// The largest body that hands a document in: its base64, and a little around it.
pub(super) const BODY_BYTES_MAX: usize = BYTES_MAX as usize / 3 * 4 + 64 * 1024;

/// A document that an operator hands in. Its `Debug` shows nothing: it names and holds a person's data.
#[derive(Clone, Serialize, Deserialize)]
pub struct Add {
    /// The candidate's id in the ATS.
    pub candidate: String,
    /// The tenant; `None` where there is only one.
    pub tenant: Option<String>,
    /// The placement that it is for, where it is for one.
    pub placement: Option<String>,
    /// The file's name.
    pub name: String,
    /// The file, in base64.
    pub file: String,
    /// Who hands it in.
    pub who: String,
}

/// What became of a document that was handed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Added {
    /// The tenant.
    pub tenant: String,
    /// The certificate's name here.
    pub certificate: String,
    /// How it stands.
    pub state: String,
    /// Whether the same content was there before.
    pub known: bool,
    /// What must be known besides: that it is kept and not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How a person settles a certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settle {
    /// What to do.
    pub what: What,
    /// Of an acceptance: for which coverage; none for what the insurer read.
    #[serde(default)]
    pub covers: Vec<CoverageType>,
    /// Of an acceptance: the first day that is not covered; `None` for what the insurer read.
    #[serde(default)]
    pub until: Option<Date>,
    /// Why, in the person's words.
    pub reason: String,
    /// Who.
    pub who: String,
}

/// What a person may do to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Take it for good.
    Accept,
    /// Send it (again).
    Resubmit,
    /// Take it back.
    Withdraw,
}

pub(super) async fn list(State(door): State<Arc<Door>>) -> Response {
    let failing = door.dispatcher.activity().waiting;
    Json(views::certificates(&door.engine, &failing)).into_response()
}

pub(super) async fn show(
    State(door): State<Arc<Door>>,
    Path((tenant, key)): Path<(String, String)>,
) -> Response {
    let stream = match StreamId::new("certificate", &tenant, &key) {
        Ok(stream) => stream,
        Err(error) => return problem(StatusCode::NOT_FOUND, error.to_string()),
    };
    match views::certificate(&door.engine, &stream, &door.dispatcher.activity().waiting) {
        Ok(Some(shown)) => Json(shown).into_response(),
        Ok(None) => problem(StatusCode::NOT_FOUND, format!("{stream} is not known")),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

pub(super) async fn add(State(door): State<Arc<Door>>, Json(add): Json<Add>) -> Response {
    let tenant = match (&add.tenant, door.tenants.as_slice()) {
        (Some(tenant), all) if all.contains(tenant) => tenant.clone(),
        (None, [only]) => only.clone(),
        (Some(tenant), _) => {
            return problem(StatusCode::NOT_FOUND, format!("no tenant is called {tenant}"));
        }
        (None, _) => {
            return problem(StatusCode::BAD_REQUEST, "there are several tenants: say --tenant");
        }
    };
    let Ok(bytes) = STANDARD.decode(add.file) else {
        return problem(StatusCode::BAD_REQUEST, "the file is no base64");
    };
    let arrived = Arrived {
        candidate: CandidateId(add.candidate),
        bytes,
        name: PersonalText(add.name),
        origin: Origin::HandedIn { by: add.who.clone() },
        placement: add.placement.map(PlacementId),
    };
    let source = Source::new(format!("operator:{}", add.who), "");
    match take_in(&door.engine, &door.documents, &tenant, arrived, source).await {
        Ok(taken) => Json(Added {
            tenant,
            certificate: taken.stream.key().to_owned(),
            state: taken.state.to_owned(),
            known: taken.known,
            note: taken.note().map(str::to_owned),
        })
        .into_response(),
        Err(
            error @ (TakeError::Unfit(_)
            | TakeError::OutOfScope(_)
            | TakeError::Placement(_)
            | TakeError::Id),
        ) => problem(StatusCode::CONFLICT, error.to_string()),
        Err(TakeError::Handle(HandleError::Rejected(no))) => {
            problem(StatusCode::CONFLICT, no.message)
        }
        Err(error @ (TakeError::Document(_) | TakeError::Handle(_) | TakeError::Log(_))) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        }
    }
}

pub(super) async fn settle(
    State(door): State<Arc<Door>>,
    Path((tenant, key)): Path<(String, String)>,
    Json(settle): Json<Settle>,
) -> Response {
    let stream = match StreamId::new("certificate", &tenant, &key) {
        Ok(stream) => stream,
        Err(error) => return problem(StatusCode::NOT_FOUND, error.to_string()),
    };
    let Settle { what, covers, until, reason, who } = settle;
    let input = match what {
        What::Accept => Input::Accept { covers, until, reason },
        What::Resubmit => Input::Resubmit { reason },
        What::Withdraw => Input::Withdraw { reason },
    };
    let source = Source::new(format!("operator:{who}"), "");
    match door.engine.handle::<Certificate>(&stream, input, source).await {
        Ok(handled) => {
            Json(serde_json::json!({ "state": handled.state, "events": handled.events }))
                .into_response()
        }
        Err(HandleError::Rejected(no)) => problem(StatusCode::CONFLICT, no.message),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}
