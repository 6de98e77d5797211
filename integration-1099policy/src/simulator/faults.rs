//! What can be made to go wrong with an answer, per method and path prefix, a counted number of times.
//!
//! Two sorts: disruptions, of which the first that fits is played; and other spellings of a right answer, all played.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_core::time::Timestamp;

use super::codes::ErrorCode;
use super::request::Request;

/// One fault, waiting for the requests it fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// HTTP method; empty is any.
    #[serde(default)]
    pub method: String,
    /// Path prefix below `/api/v1`, e.g. `/contractors`; empty is any.
    #[serde(default)]
    pub path: String,
    /// How many fitting requests pass before the first is hit.
    #[serde(default)]
    pub skip: u32,
    /// How many requests are hit.
    #[serde(default = "one")]
    pub count: u32,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn one() -> u32 {
    1
}

impl Fault {
    /// `kind`, once, on the next `method` request below `path`.
    pub fn once(method: &str, path: &str, kind: FaultKind) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), skip: 0, count: 1, kind }
    }

    fn fits(&self, request: &Request) -> bool {
        let method =
            self.method.is_empty() || self.method.eq_ignore_ascii_case(request.method.as_str());
        self.count > 0 && method && request.path.starts_with(&self.path)
    }
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection closes before anything happened.
    LostRequest,
    /// Everything happens, then the connection closes without an answer.
    LostResponse,
    /// 500 `general_error`, nothing happened; kept under an idempotency key.
    ErrorBefore,
    /// 500 `general_error` though everything happened; kept under an idempotency key.
    ErrorAfter,
    /// 429 `rate_limit`.
    RateLimited {
        /// The `Retry-After` header.
        retry_after_secs: u64,
    },
    /// The first half of the answer, then a pause in real time, then the rest.
    SlowBody {
        /// Length of the pause.
        millis: u64,
    },
    /// An HTML 502 of a gateway; nothing happened.
    BadGateway,
    /// An HTML 502 of a gateway, though everything happened behind it.
    BadGatewayAfter,
    /// The first half of the JSON, as if it were all.
    TruncatedJson,
    /// Everything happens, half of the answer leaves, then the connection closes.
    BrokenOff,
    /// 409 as for a duplicate in flight.
    InFlight,
    /// Stays unanswered, its key in flight, until released.
    Hold,
    /// A refusal with this code, nothing happened; not kept under an idempotency key.
    Refused {
        /// What it says; the status follows from it.
        code: ErrorCode,
    },
    /// The answer carries `Ten99Policy-Should-Retry`, whatever else it is.
    ShouldRetry {
        /// The header's value.
        retry: bool,
    },
    /// `quote_json` as a text holding a Python dict.
    QuoteJsonRepr,
    /// Moments as texts of digits.
    StringTimestamps,
    /// Moments as ISO 8601 without zone.
    IsoTimestamps,
    /// Postal codes as numbers.
    NumberPostalcodes,
    /// Lists as `{"object":"list","data":[..]}`.
    ListEnvelope,
}

impl FaultKind {
    fn is_spelling(self) -> bool {
        match self {
            Self::ShouldRetry { .. }
            | Self::QuoteJsonRepr
            | Self::StringTimestamps
            | Self::IsoTimestamps
            | Self::NumberPostalcodes
            | Self::ListEnvelope => true,
            Self::LostRequest
            | Self::LostResponse
            | Self::ErrorBefore
            | Self::ErrorAfter
            | Self::RateLimited { .. }
            | Self::SlowBody { .. }
            | Self::BadGateway
            | Self::BadGatewayAfter
            | Self::TruncatedJson
            | Self::BrokenOff
            | Self::InFlight
            | Self::Refused { .. }
            | Self::Hold => false,
        }
    }
}

/// The faults not yet used up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Faults {
    pub(super) waiting: Vec<Fault>,
}

/// What one request gets.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) disruption: Option<FaultKind>,
    pub(super) spellings: Vec<FaultKind>,
}

impl Faults {
    pub(super) fn take(&mut self, request: &Request) -> Plan {
        let mut plan = Plan::default();
        for fault in self.waiting.iter_mut().filter(|f| f.fits(request)) {
            if !fault.kind.is_spelling() && plan.disruption.is_some() {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.count -= 1;
            if fault.kind.is_spelling() {
                plan.spellings.push(fault.kind);
            } else {
                plan.disruption = Some(fault.kind);
            }
        }
        self.waiting.retain(|f| f.count > 0);
        plan
    }
}

/// The same answer, spelled otherwise.
pub(super) fn respell(body: &mut Value, kind: FaultKind, path: &str) {
    if kind == FaultKind::ListEnvelope {
        if let Some(rows) = body.as_array_mut() {
            let data = std::mem::take(rows);
            *body = json!({ "object": "list", "url": format!("/api/v1{path}"), "has_more": false, "data": data });
        }
        return;
    }
    if let Some(rows) = body.as_array_mut() {
        rows.iter_mut().for_each(|row| respell(row, kind, path));
    }
    let Some(object) = body.as_object_mut() else { return };
    for (name, value) in object.iter_mut() {
        let spelled = respelled(name, value, kind);
        match spelled {
            Some(spelled) => *value = spelled,
            None => respell(value, kind, path),
        }
    }
}

/// The value of one field in the other spelling, if it has one.
fn respelled(name: &str, value: &Value, kind: FaultKind) -> Option<Value> {
    if kind == FaultKind::QuoteJsonRepr && name == "quote_json" {
        return Some(repr(value).into());
    }
    if kind == FaultKind::NumberPostalcodes && name == "postalcode" {
        return value.as_str().and_then(|s| s.parse::<u64>().ok()).map(Value::from);
    }
    let at = value.as_i64().filter(|_| is_moment(name))?;
    if kind == FaultKind::IsoTimestamps {
        return Some(iso(at));
    }
    (kind == FaultKind::StringTimestamps).then(|| at.to_string().into())
}

fn is_moment(name: &str) -> bool {
    matches!(name, "created" | "updated" | "deleted_at")
        || name.ends_with("_date")
        || name.starts_with("paycycle_")
}

fn iso(secs: i64) -> Value {
    Timestamp::from_secs(secs).to_jiff().strftime("%Y-%m-%dT%H:%M:%S").to_string().into()
}

/// What Python's `str(dict)` makes of it.
fn repr(value: &Value) -> String {
    if let Some(object) = value.as_object() {
        let pairs: Vec<String> =
            object.iter().map(|(k, v)| format!("'{k}': {}", repr(v))).collect();
        return format!("{{{}}}", pairs.join(", "));
    }
    if let Some(list) = value.as_array() {
        return format!("[{}]", list.iter().map(repr).collect::<Vec<_>>().join(", "));
    }
    if let Some(flag) = value.as_bool() {
        return if flag { "True" } else { "False" }.to_owned();
    }
    match value.as_str() {
        Some(text) => format!("'{text}'"),
        None if value.is_null() => "None".to_owned(),
        None => value.to_string(),
    }
}
