//! The admin door's answers about deliveries and about contractors that a merge left in doubt.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use workflow_core::domain::call::ContractorId;
use workflow_core::domain::contractor::{Contractor, Input};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::{BadStreamId, StreamId};

use super::{Door, problem};
use crate::parked;

/// Which contractor a person keeps for a merged candidate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keep {
    /// The insurer's id.
    pub contractor: String,
    /// Why, in the person's words.
    pub reason: String,
    /// Who decides.
    pub who: String,
}

pub(super) async fn list(State(door): State<Arc<Door>>) -> Response {
    Json(parked::list(&door.engine)).into_response()
}

fn known(stream: Result<StreamId, BadStreamId>) -> Result<StreamId, Box<Response>> {
    stream.map_err(|error| Box::new(problem(StatusCode::NOT_FOUND, error.to_string())))
}

pub(super) async fn show(
    State(door): State<Arc<Door>>,
    Path((tenant, id)): Path<(String, String)>,
) -> Response {
    let stream = match known(parked::stream(&tenant, &id)) {
        Ok(stream) => stream,
        Err(response) => return *response,
    };
    match parked::show(&door.engine, &stream) {
        Ok(Some(shown)) => Json(shown).into_response(),
        Ok(None) => problem(StatusCode::NOT_FOUND, format!("{stream} is not known")),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

pub(super) async fn act(
    State(door): State<Arc<Door>>,
    Path((tenant, id)): Path<(String, String)>,
    Json(act): Json<parked::Act>,
) -> Response {
    let stream = match known(parked::stream(&tenant, &id)) {
        Ok(stream) => stream,
        Err(response) => return *response,
    };
    match parked::act(&door.engine, &stream, act).await {
        Ok(done) => Json(done).into_response(),
        Err(HandleError::Rejected(no)) => problem(StatusCode::CONFLICT, no.message),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

pub(super) async fn keep(
    State(door): State<Arc<Door>>,
    Path((tenant, candidate)): Path<(String, String)>,
    Json(keep): Json<Keep>,
) -> Response {
    let stream = match known(StreamId::new("contractor", &tenant, &candidate)) {
        Ok(stream) => stream,
        Err(response) => return *response,
    };
    let Keep { contractor, reason, who } = keep;
    let input = Input::Keep { contractor: ContractorId(contractor), reason };
    let source = Source::new(format!("operator:{who}"), "");
    match door.engine.handle::<Contractor>(&stream, input, source).await {
        Ok(handled) => {
            Json(serde_json::json!({ "state": handled.state, "events": handled.events }))
                .into_response()
        }
        Err(HandleError::Rejected(no)) => problem(StatusCode::CONFLICT, no.message),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}
