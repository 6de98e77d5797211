//! An event as it is kept: what it is about, by id, and nothing else. The body stays outside.
//!
//! Two roads lead here: a webhook (`receive.rs`) and the sweep of `/events` (`poll.rs`). The same event has the same key
//! on both, so that it is taken in once. Read `interpret.rs` next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use workflow_core::time::Timestamp;

use crate::wire::lenient;

/// The kind of a delivery that is no event at all.
pub const UNREADABLE: &str = "unreadable";

/// The longest id, status or event name kept.
const NAME_BYTES_MAX: usize = 128;

/// One event, without its body and without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What makes it one delivery however often it comes: the event's id, else a hash of what it says.
    pub key: String,
    /// The event's name in the API reference's spelling, `unreadable` where there is none.
    pub kind: String,
    /// The event's name as it came.
    pub spelled: String,
    /// What it is about: `event`, `policy`, `quote`, `session`, `assignment`, `job`, `contractor`, `certificate`,
    /// `invoice`, `status`, as far as told.
    pub subjects: BTreeMap<String, String>,
    /// When the provider says it happened.
    pub created: Option<Timestamp>,
    /// The body's length in bytes.
    pub size: usize,
    /// The body's SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Delivery {
    /// The event in a body; `None` when the body is no event.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let event: Value = serde_json::from_slice(body).ok()?;
        Self::of_event(&event, body)
    }

    /// An event that is already parsed; `body` is what it was read from.
    pub(crate) fn of_event(event: &Value, body: &[u8]) -> Option<Self> {
        let spelled = plain(&event["type"])?;
        let kind = normalised(&spelled);
        let object = object(event);
        let created = lenient::moment_of(&event["created"]);
        let mut subjects = subjects(&kind, object);
        let id = plain(&event["id"]);
        let key = match &id {
            Some(id) => id.clone(),
            None => hashed(&kind, event, object),
        };
        if let Some(id) = id {
            subjects.insert("event".to_owned(), id);
        }
        let (size, sha256) = (body.len(), hex::encode(Sha256::digest(body)));
        Some(Self { key, kind, spelled, subjects, created, size, sha256 })
    }

    /// A body that is no event: its size and hash, for whoever asks what came.
    pub(crate) fn unreadable(body: &[u8]) -> Self {
        let sha256 = hex::encode(Sha256::digest(body));
        Self {
            key: format!("sha256:{sha256}"),
            kind: UNREADABLE.to_owned(),
            spelled: String::new(),
            subjects: BTreeMap::new(),
            created: None,
            size: body.len(),
            sha256,
        }
    }

    /// One of its subjects.
    pub fn subject(&self, name: &str) -> Option<&str> {
        self.subjects.get(name).map(String::as_str)
    }
}

/// The resource that an event carries: `data.object` where that is an object, else `data` itself.
///
/// In one of the two documented shapes `data.object` is a text, the resource's type.
pub(crate) fn object(event: &Value) -> &Value {
    let data = &event["data"];
    if data["object"].is_object() { &data["object"] } else { data }
}

/// An event's name in the API reference's spelling.
pub(crate) fn normalised(spelled: &str) -> String {
    let name = spelled.to_ascii_lowercase();
    if name == "certificate.validated" {
        return "certificate.approved".to_owned();
    }
    match name.strip_suffix(".canceled") {
        Some(family) => format!("{family}.cancelled"),
        None => name,
    }
}

/// The id of the resource that an event carries.
pub(crate) fn object_id(object: &Value) -> Option<String> {
    plain(&object["id"])
}

fn subjects(kind: &str, object: &Value) -> BTreeMap<String, String> {
    let mut subjects = BTreeMap::new();
    let named = [
        "policy",
        "quote",
        "session",
        "assignment",
        "job",
        "contractor",
        "certificate",
        "invoice",
        "status",
    ];
    for name in named {
        let value = &object[name];
        if let Some(id) = plain(value).or_else(|| plain(&value["id"])) {
            subjects.insert(name.to_owned(), id);
        }
    }
    let own = match kind.split('.').next().unwrap_or_default() {
        "application" => "session",
        "policy" => "policy",
        "assignment" => "assignment",
        "certificate" => "certificate",
        "invoice" => "invoice",
        _ => return subjects,
    };
    if let Some(id) = object_id(object) {
        subjects.insert(own.to_owned(), id);
    }
    subjects
}

/// An id, a status or an event's name: short, and of characters in which no person can be written down by accident
/// (an e-mail, a sentence) and no path can be walked.
fn plain(value: &Value) -> Option<String> {
    let text = lenient::text_of(value)?;
    let fits = text.len() <= NAME_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !text.contains("..")
        && !text.starts_with('.');
    fits.then_some(text)
}

/// A key for an event without id: a hash of its kind, its resource, its moment and its data.
fn hashed(kind: &str, event: &Value, object: &Value) -> String {
    let mut hash = Sha256::new();
    for part in [kind, &object_id(object).unwrap_or_default(), &event["created"].to_string()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut data = String::new();
    canonical(&event["data"], &mut data);
    hash.update(data.as_bytes());
    format!("hash:{}", hex::encode(hash.finalize()))
}

/// JSON with its keys in order, whatever order the parser keeps.
fn canonical(value: &Value, into: &mut String) {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            into.push('{');
            for (key, value) in sorted {
                into.push_str(&Value::from(key.as_str()).to_string());
                into.push(':');
                canonical(value, into);
                into.push(',');
            }
            into.push('}');
        }
        Value::Array(items) => {
            into.push('[');
            for item in items {
                canonical(item, into);
                into.push(',');
            }
            into.push(']');
        }
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            into.push_str(&scalar.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: Value) -> Delivery {
        Delivery::read(event.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn both_envelopes_are_read() {
        let a = read(json!({"id": "ev_1", "type": "policy.active", "created": 1_764_000_650,
            "data": {"id": "pl_1", "object": "policy", "quote": "qt_1", "status": "active"}}));
        assert_eq!(a.key, "ev_1");
        assert_eq!((a.subject("policy"), a.subject("quote")), (Some("pl_1"), Some("qt_1")));
        assert_eq!(a.created, Some(Timestamp::from_secs(1_764_000_650)));
        let b = read(json!({"id": "evt_2", "type": "certificate.flagged", "created": 1,
            "data": {"object": {"id": "ci_1", "contractor": "cn_1", "status": "flagged"}}}));
        assert_eq!(
            (b.subject("certificate"), b.subject("contractor")),
            (Some("ci_1"), Some("cn_1"))
        );
        assert_eq!(b.subject("status"), Some("flagged"));
    }

    #[test]
    fn both_spellings_become_one() {
        for (came, kind) in [
            ("policy.canceled", "policy.cancelled"),
            ("policy.cancelled", "policy.cancelled"),
            ("assignment.canceled", "assignment.cancelled"),
            ("certificate.validated", "certificate.approved"),
            ("policy.active.media", "policy.active.media"),
        ] {
            let delivery = read(json!({"id": "e", "type": came, "data": {}}));
            assert_eq!((delivery.kind.as_str(), delivery.spelled.as_str()), (kind, came));
        }
    }

    #[test]
    fn an_event_without_id_is_keyed_by_what_it_says() {
        let one = Delivery::read(
            br#"{"type":"policy.active","created":1,"data":{"id":"p","a":1,"b":2}}"#,
        );
        let same = Delivery::read(
            br#"{"data":{"b":2,"a":1,"id":"p"},"created":1,"type":"policy.active"}"#,
        );
        let other = Delivery::read(
            br#"{"type":"policy.active","created":1,"data":{"id":"p","a":1,"b":3}}"#,
        );
        assert_eq!(one.clone().unwrap().key, same.unwrap().key);
        assert_ne!(one.unwrap().key, other.unwrap().key);
    }

    #[test]
    fn no_personal_data_and_no_path_is_kept() {
        let delivery = read(json!({"id": "../x", "type": "policy.active",
            "data": {"id": "a/b", "contractor": "ana@example.test", "status": "Ana Lee", "email": "x",
                     "job": {"id": "jb_1", "name": "Ana"}}}));
        assert_eq!(delivery.subjects, BTreeMap::from([("job".into(), "jb_1".into())]));
        assert!(delivery.key.starts_with("hash:"));
    }

    #[test]
    fn what_is_no_event_is_not_read() {
        for body in ["", "x", "[]", "{}", r#"{"type":7.5e}"#, r#"{"type":"a b"}"#, "null"] {
            assert_eq!(Delivery::read(body.as_bytes()), None, "{body}");
        }
    }
}
