//! What was done to the simulator, counted, so that a test can say "once" and mean it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::time::Timestamp;

use super::fields::Json;

/// The counts since the start or the last reset, over all tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Contractors created, by e-mail.
    pub contractors_by_email: BTreeMap<String, u64>,
    /// Contractors created, by `jobdiva_candidate_id`.
    pub contractors_by_candidate: BTreeMap<String, u64>,
    /// Jobs created, by `jobdiva_placement_id`.
    pub jobs_by_placement: BTreeMap<String, u64>,
    /// Quotes created, by job id.
    pub quotes_by_job: BTreeMap<String, u64>,
    /// Quotes created.
    pub quotes: u64,
    /// Sessions opened, by quote id (`general` for an opt-in without one).
    pub sessions_by_quote: BTreeMap<String, u64>,
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Sessions that a contractor could still finish.
    pub sessions_live: u64,
    /// The same, by contractor id.
    #[serde(default)]
    pub sessions_live_by_contractor: BTreeMap<String, u64>,
    /// Policies issued, by quote id.
    pub policies_by_quote: BTreeMap<String, u64>,
    /// Assignments created, by job id.
    pub assignments_by_job: BTreeMap<String, u64>,
    /// Eligible, bound assignments that are neither cancelled nor over, by job id.
    pub assignments_live_by_job: BTreeMap<String, u64>,
    /// Every charge of a card, in cents, by assignment or policy id.
    pub charges_cents: BTreeMap<String, Vec<i64>>,
    /// Certificates uploaded, by SHA-256 of the file in hex.
    pub certificates_by_hash: BTreeMap<String, u64>,
    /// Invoices created by request, by `<job>/<start>-<end>` (seconds).
    pub invoices_by_period: BTreeMap<String, u64>,
    /// Requests under `/api/v1`, by method and path with ids as `{id}`.
    pub requests: BTreeMap<String, u64>,
    /// Requests whose body names the `jobdiva_placement_id`.
    pub requests_by_placement: BTreeMap<String, u64>,
    /// Requests whose body names the `jobdiva_candidate_id`.
    pub requests_by_candidate: BTreeMap<String, u64>,
    /// Answers replayed under an idempotency key.
    pub replays: u64,
    /// Refusals, by `error_code`.
    pub refusals: BTreeMap<String, u64>,
    /// Which dialect arrived where, e.g. `contractor.contact` or `job.region`, and what was told (`told.policy.active`):
    /// `docs/dialects.md` has the words.
    pub dialects: BTreeMap<String, u64>,
    /// Webhooks acknowledged with 2xx, by event type.
    pub webhooks_delivered: BTreeMap<String, u64>,
    /// Attempts to deliver a webhook.
    pub webhook_attempts: u64,
}

impl Ledger {
    /// Notes that `what` (a dialect) arrived.
    pub(super) fn dialect(&mut self, what: &str) {
        bump(&mut self.dialects, what);
    }

    /// Notes the ids a body names.
    pub(super) fn note_body(&mut self, fields: &Json) {
        let whole = Value::Object(fields.clone());
        if let Some(id) = named(&whole, "jobdiva_placement_id") {
            bump(&mut self.requests_by_placement, &id);
        }
        if let Some(id) = named(&whole, "jobdiva_candidate_id") {
            bump(&mut self.requests_by_candidate, &id);
        }
    }
}

/// Counts one more of `key`.
pub(super) fn bump(counts: &mut BTreeMap<String, u64>, key: &str) {
    *counts.entry(key.to_owned()).or_default() += 1;
}

/// The first value under `key` at any depth, as text.
pub(super) fn named(value: &Value, key: &str) -> Option<String> {
    let object = value.as_object()?;
    if let Some(found) = object.get(key) {
        return Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned));
    }
    object.values().find_map(|inner| named(inner, key))
}

/// `method path` with every id replaced, so that counts of one operation add up.
pub(super) fn operation(method: &str, path: &str) -> String {
    let words =
        path.split('/').map(|s| if s.is_empty() || WORDS.contains(&s) { s } else { "{id}" });
    format!("{method} {}", words.collect::<Vec<_>>().join("/"))
}

const WORDS: [&str; 17] = [
    "apply",
    "assignments",
    "cancel",
    "category_codes",
    "certificates",
    "contractors",
    "entities",
    "events",
    "expire",
    "extend",
    "files",
    "invoices",
    "jobs",
    "policies",
    "quotes",
    "sessions",
    "webhook_endpoints",
];

/// One request as it was seen; bodies are not kept, they are full of personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestSeen {
    /// Simulated time of arrival.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path below `/api/v1`.
    pub path: String,
    /// Status answered, or that would have been had the answer not been lost.
    pub status: u16,
    /// The idempotency key that counted.
    pub idempotency_key: Option<String>,
    /// Headers named below, if present: content type, environment, user agent and the three key names.
    pub headers: BTreeMap<String, String>,
    /// `bearer`, `basic` or `none`.
    pub auth_scheme: String,
    /// The words of the two dialects that it chose: see [`Ledger::dialects`].
    pub dialect: Vec<String>,
    /// What the body has, by name (`address.region`), without the values.
    pub fields: Vec<String>,
    /// The answer came from the idempotency store.
    pub replayed: bool,
    /// The fault that was played on it.
    pub fault: Option<String>,
}
