//! What an answer looks like on the wire: BI envelopes, error shapes, and the ragged way empties are written.
//!
//! Next: [`super::bi`], which fills the envelopes.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use workflow_core::time::Timestamp;

use super::behaviour::Behaviour;
use super::eastern;

/// One row: column name to value.
pub(super) type Row = Map<String, Value>;

/// An answer before it is HTTP.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Body,
    pub(super) retry_after_secs: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Json(Value),
    Text(String),
}

impl Answer {
    pub(super) fn json(body: Value) -> Self {
        Self { status: 200, body: Body::Json(body), retry_after_secs: None }
    }

    pub(super) fn text(body: String) -> Self {
        Self { status: 200, body: Body::Text(body), retry_after_secs: None }
    }

    fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// Missing, stale or garbled token, or a path nobody knows.
pub(super) fn unauthorized(path: &str, now: Timestamp) -> Answer {
    spring(401, "Full authentication is required to access this resource", path, now)
}

/// The error shape of the server's framework.
pub(super) fn spring(status: u16, message: &str, path: &str, now: Timestamp) -> Answer {
    let error = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    Answer::json(json!({
        "timestamp": now.to_string(),
        "status": status,
        "error": error.unwrap_or("Error"),
        "message": message,
        "path": path,
    }))
    .with_status(status)
}

/// The 400 wrapper: missing parameter, wrong type, malformed JSON.
pub(super) fn bad_request(message: &str, now: Timestamp) -> Answer {
    Answer::json(json!({ "apierror": {
        "status": "BAD_REQUEST",
        "timestamp": eastern::wall(now).strftime("%d-%m-%Y %I:%M:%S").to_string(),
        "message": message,
        "debugMessage": message,
        "subErrors": null,
    }}))
    .with_status(400)
}

/// The same shape with another status: what one tenant answers with 400, another does with 500.
pub(super) fn bad_request_as(status: u16, message: &str, now: Timestamp) -> Answer {
    bad_request(message, now).with_status(status)
}

/// The rate limit.
pub(super) fn too_many(retry_after_secs: Option<u64>) -> Answer {
    Answer { retry_after_secs, ..Answer::text("Request Limit Exceeded".into()).with_status(429) }
}

/// A plain text with a status, as `jobdiva/*` methods answer.
pub(super) fn refusal(status: u16, text: String) -> Answer {
    Answer::text(text).with_status(status)
}

/// A BI error: HTTP 200 all the same.
pub(super) fn bi_error(text: &str) -> Answer {
    Answer::json(json!({ "message": format!("Error: {text}"), "data": null }))
}

/// How a BI answer lists its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `/apiv2/bi`: one object per row.
    Objects,
    /// `/api/bi`: a header row, then text cells.
    HeaderRows,
}

/// A BI success; `turn` picks among the shapes that one row or no row may take.
pub(super) fn bi_rows(metric: &str, rows: Vec<Row>, shape: Shape, turn: Option<u64>) -> Answer {
    let data = match shape {
        Shape::Objects => objects(rows, turn),
        Shape::HeaderRows => header_rows(&rows),
    };
    Answer::json(json!({
        "message": format!("Query \"{metric}\" completed successfully"),
        "data": data,
    }))
}

fn objects(mut rows: Vec<Row>, turn: Option<u64>) -> Value {
    match (rows.len(), turn) {
        (0, Some(turn)) if turn % 3 == 1 => json!({}),
        (0, Some(turn)) if turn % 3 == 2 => Value::Null,
        (1, Some(turn)) if turn % 2 == 1 => Value::Object(rows.remove(0)),
        _ => Value::Array(rows.into_iter().map(Value::Object).collect()),
    }
}

fn header_rows(rows: &[Row]) -> Value {
    let mut columns: Vec<&String> = rows.iter().flat_map(Row::keys).collect();
    columns.sort_unstable();
    columns.dedup();
    if columns.is_empty() {
        return json!([]);
    }
    let cells =
        |row: &Row| -> Value { columns.iter().map(|column| cell_text(row.get(*column))).collect() };
    std::iter::once(json!(columns)).chain(rows.iter().map(cells)).collect()
}

/// All cells of header rows are text.
fn cell_text(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => json!(text),
        None | Some(Value::Null) => json!(""),
        Some(other) => json!(other.to_string()),
    }
}

/// Columns that people type by hand, and that may end in a blank.
const TYPED_BY_HAND: [&str; 5] =
    ["FIRSTNAME", "LASTNAME", "CITY", "WORKING_CITY", "CANDIDATELASTNAME"];

/// Writes the empties of a row in the mixed way the service does; the same row always the same way.
pub(super) fn roughen(row: &mut Row, key: &str, behaviour: &Behaviour) {
    if !behaviour.ragged_values {
        return;
    }
    let columns: Vec<String> = row.keys().cloned().collect();
    for column in columns {
        let dice = dice(&[key, &column], behaviour.seed);
        let Some(Value::String(text)) = row.get_mut(&column) else { continue };
        if TYPED_BY_HAND.contains(&column.as_str()) && !text.is_empty() && dice.is_multiple_of(3) {
            text.push(' ');
        }
        if !text.is_empty() {
            continue;
        }
        match dice % 4 {
            0 => {}
            1 => drop(row.insert(column, Value::Null)),
            2 => drop(row.insert(column, json!("Null"))),
            _ => drop(row.remove(&column)),
        }
    }
}

/// A number that depends only on the words and the seed (FNV-1a, mixed).
pub(super) fn dice(words: &[&str], seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (kind, body) = match self.body {
            Body::Json(value) => ("application/json", value.to_string()),
            Body::Text(text) => ("text/plain;charset=UTF-8", text),
        };
        let correlation = format!("{:016x}", dice(&[&body], 0));
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&correlation) {
            headers.insert(HeaderName::from_static("x-li-uuid"), value);
        }
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}
