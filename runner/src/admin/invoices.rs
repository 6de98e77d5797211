//! The admin door's answers about pay periods: all of them, and a person's word on one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use workflow_core::domain::invoice::{Input, Invoice};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;

use super::{Door, problem};
use crate::views;

/// What a person says of a pay period that was flagged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    /// What to do.
    pub what: What,
    /// Why, in the person's words.
    pub reason: String,
    /// Who.
    pub who: String,
}

/// What a person may do to a pay period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Judge it anew, and try again.
    Retry,
    /// It is settled outside.
    Settle,
}

pub(super) async fn list(State(door): State<Arc<Door>>) -> Response {
    let failing = door.dispatcher.activity().waiting;
    Json(views::invoices(&door.engine, &failing)).into_response()
}

pub(super) async fn act(
    State(door): State<Arc<Door>>,
    Path((tenant, id)): Path<(String, String)>,
    Json(act): Json<Act>,
) -> Response {
    let stream = match StreamId::new("invoice", &tenant, &id) {
        Ok(stream) => stream,
        Err(error) => return problem(StatusCode::NOT_FOUND, error.to_string()),
    };
    let Act { what, reason, who } = act;
    let input = match what {
        What::Retry => Input::Retry { reason },
        What::Settle => Input::Settle { reason },
    };
    let source = Source::new(format!("operator:{who}"), "");
    match door.engine.handle::<Invoice>(&stream, input, source).await {
        Ok(handled) => {
            let done = serde_json::json!({ "state": handled.state, "events": handled.events });
            Json(done).into_response()
        }
        Err(HandleError::Rejected(no)) => problem(StatusCode::CONFLICT, no.message),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}
