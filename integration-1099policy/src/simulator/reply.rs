//! Answers and refusals, in the vendor's flat envelope.

use serde_json::{Value, json};

/// A 2xx answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: 201, body }
    }

    /// The documented answer to DELETE.
    pub(super) fn deleted(id: &str, object: &str, now_secs: i64) -> Self {
        Self::ok(json!({ "id": id, "object": object, "deleted": true, "deleted_at": now_secs }))
    }
}

/// A refusal with the vendor's two required keys.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Value,
    /// Whether the endpoint had begun to execute: only then does an idempotency key keep the answer.
    pub(super) executed: bool,
}

impl Refusal {
    /// Refused while checking the request: 400, not kept under an idempotency key.
    pub(super) fn validation(code: &'static str, message: &str) -> Self {
        Self { status: 400, code, message: message.into(), executed: false }
    }

    /// Refused for what is already so: 400, kept under an idempotency key.
    pub(super) fn business(code: &'static str, message: &str) -> Self {
        Self { status: 400, code, message: message.into(), executed: true }
    }

    /// No such object in the path: 404.
    pub(super) fn not_found(code: &'static str) -> Self {
        Self { status: 404, code, message: "No such resource.".into(), executed: false }
    }

    pub(super) fn with(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.into(), executed: false }
    }

    pub(super) fn body(&self) -> Value {
        json!({ "error_code": self.code, "message": self.message })
    }
}
