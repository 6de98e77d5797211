//! Idempotency keys as documented: the first executed answer is kept 24 hours, failures included, for POST only.
//!
//! Inferred: the scope (tenant, environment, path, key) and 409 for a duplicate in flight.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::time::Timestamp;

use super::config::{KeyReuse, Rules};
use super::reply::Refusal;
use super::request::Request;
use super::server;

/// The three names official SDKs have sent, the documented one first.
pub(super) const HEADERS: [&str; 3] =
    ["ten99policy-idempotent-key", "ten99policy-idempotency-key", "idempotency-key"];

/// The key of a request: the strongest header name present.
pub(super) fn key(request: &Request) -> Option<&str> {
    HEADERS.iter().find_map(|name| request.header(name)).filter(|k| !k.is_empty())
}

/// What a key stands for: the same text on another path or tenant is another key.
pub(super) fn slot(scope: &str, request: &Request) -> Option<String> {
    let key = key(request).filter(|_| request.method == "POST")?;
    Some(format!("{scope} POST {} {key}", request.path))
}

/// The kept answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    answers: BTreeMap<String, Answer>,
}

/// One kept answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    at: Timestamp,
    body_hash: String,
}

impl Kept {
    /// Nothing is known of any key any more.
    pub(super) fn forget(&mut self) {
        self.answers.clear();
    }

    /// The answer to replay, if the slot is known and young enough.
    pub(super) fn find(
        &self,
        slot: &str,
        request: &Request,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Option<Answer>, Refusal> {
        let Some(answer) = self.answers.get(slot) else { return Ok(None) };
        if now >= answer.at.plus(Duration::from_secs(rules.idempotency_ttl_secs)) {
            return Ok(None);
        }
        let reused = "This idempotency key was used with another body.";
        match rules.key_reuse {
            KeyReuse::Conflict if answer.body_hash != request.body_hash => {
                Err(Refusal::with(409, "idempotency", reused))
            }
            KeyReuse::BadRequest if answer.body_hash != request.body_hash => {
                Err(Refusal::with(400, "idempotency", reused))
            }
            KeyReuse::Replay | KeyReuse::Conflict | KeyReuse::BadRequest => {
                Ok(Some(answer.clone()))
            }
        }
    }

    /// Keeps the answer to `request`; those too old to be replayed go.
    pub(super) fn keep(
        &mut self,
        slot: String,
        request: &Request,
        given: &server::Answer,
        rules: &Rules,
        now: Timestamp,
    ) {
        let life = Duration::from_secs(rules.idempotency_ttl_secs);
        self.answers.retain(|_, answer| now < answer.at.plus(life));
        let (status, body) = (given.status, given.body.clone());
        let answer = Answer { status, body, at: now, body_hash: request.body_hash.clone() };
        self.answers.insert(slot, answer);
    }
}

/// A duplicate of a request that is still being answered.
pub(super) fn in_flight() -> Refusal {
    Refusal::with(409, "idempotency", "A request with this idempotency key is in progress.")
}
