//! What was asked of the simulator, newest last: for the page, and for whoever wonders what a client did.
//!
//! Neither tokens nor bodies are kept, only what the criteria of a search are called; and of a login not even the query: it holds the password. How often each path
//! was called is counted apart, in the ledger of [`super::state`].

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::server::Request;
use super::state::State;

/// So many are remembered.
const KEPT: usize = 1000;

/// A request that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// When, by the simulator's clock.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Names and values of the query; empty for a login.
    pub query: Vec<(String, String)>,
    /// What the criteria of a search are called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// The answer's HTTP status; none where a fault left it without an answer.
    pub status: Option<u16>,
}

impl State {
    /// Remembers a request and what it was answered.
    pub(super) fn remember(
        &mut self,
        request: &Request,
        is_login: bool,
        status: Option<u16>,
        at: Timestamp,
    ) {
        if self.received.len() >= KEPT {
            self.received.pop_front();
        }
        let query = if is_login { Vec::new() } else { request.query.0.clone() };
        self.received.push_back(Received {
            at,
            method: request.method.to_string(),
            path: request.path.clone(),
            query,
            criteria: if is_login { Vec::new() } else { criteria(&request.body) },
            status,
        });
    }
}

/// The keys of a body, where it has any.
fn criteria(body: &[u8]) -> Vec<String> {
    match serde_json::from_slice(body) {
        Ok(serde_json::Value::Object(body)) => body.keys().cloned().collect(),
        Ok(_) | Err(_) => Vec::new(),
    }
}
