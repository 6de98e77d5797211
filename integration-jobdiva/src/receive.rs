//! Webhooks in: a body's bytes become verified deliveries. Pure.
//!
//! A delivery is a hint. Its rows are looked through for ids and forgotten; what is true is read back through
//! the API. The sender reads the answer's body as a boolean: reply 200 with [`REPLY`] once the deliveries are
//! durable. Turning a delivery into reads is `interpret.rs`.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::delivery::{Delivery, subject};
use crate::operations::{Field, normalise};
use crate::secret::Secret;
use crate::wire::columns::{Allowed, Kind};
use crate::wire::row::{Pairs, Row};
use crate::wire::{envelope, scalar};

/// The body of a good answer.
pub const REPLY: &str = "true";
/// The largest body that is looked at, in bytes.
pub const BODY_BYTES_MAX: usize = 256 << 10;
/// The longest type or operation that is kept.
const WORD_CHARS_MAX: usize = 40;

/// Why a body is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Larger than [`BODY_BYTES_MAX`]: answer 413.
    #[error("the body has {size} bytes, more than {BODY_BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        size: usize,
    },
    /// There is no secret to verify with: nothing can be taken. Answer 503.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// No signature header: answer 401.
    #[error("the request is not signed")]
    Unsigned,
    /// No signature is right: answer 401.
    #[error("the signature is wrong")]
    BadSignature,
    /// Signed, but not understood: answer 400.
    #[error("the body is not understood: {why}")]
    Malformed {
        /// What is wrong with it, without quoting it.
        why: &'static str,
    },
}

impl Refused {
    /// The HTTP status to answer with.
    pub fn status(&self) -> u16 {
        match self {
            Refused::TooLarge { .. } => 413,
            Refused::NoSecret => 503,
            Refused::Unsigned | Refused::BadSignature => 401,
            Refused::Malformed { .. } => 400,
        }
    }
}

/// The digest that a signature header carries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

/// The headers in which a signature has been seen.
const HEADERS: [(&str, Algorithm, &str); 3] = [
    ("x-hub-signature-256", Algorithm::Sha256, "sha256="),
    ("x-jobdiva-signature", Algorithm::Sha256, "sha256="),
    ("x-hub-signature", Algorithm::Sha1, "sha1="),
];

/// Takes one request. `headers` have lower-case names; any one of `secrets` may have signed, so that a secret can be
/// exchanged. A body about several records gives several deliveries.
pub fn receive(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    secrets: &[Secret],
) -> Result<Vec<Delivery>, Refused> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Refused::TooLarge { size: body.len() });
    }
    verify(headers, body, secrets)?;
    split(body)
}

/// Signs a body as JobDiva does, for the header `X-Hub-Signature`: for whoever tries a door of their own. An empty secret
/// signs nothing.
pub fn signature(secret: &Secret, body: &[u8]) -> Option<String> {
    let key = Some(secret).filter(|secret| !secret.is_empty())?.reveal().as_bytes();
    let mac = <Hmac<Sha1> as KeyInit>::new_from_slice(key).ok()?.chain_update(body);
    Some(format!("sha1={}", hex::encode(mac.finalize().into_bytes())))
}

fn verify(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    secrets: &[Secret],
) -> Result<(), Refused> {
    // An empty secret would verify what anyone can sign.
    let secrets: Vec<&Secret> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    if secrets.is_empty() {
        return Err(Refused::NoSecret);
    }
    let mut signed = false;
    for (header, algorithm, prefix) in HEADERS {
        let Some(signature) = headers.get(header) else { continue };
        signed = true;
        let signature = signature.trim();
        let lower = signature.to_ascii_lowercase();
        let digits = lower.strip_prefix(prefix).unwrap_or(&lower);
        let Ok(signature) = hex::decode(digits) else { continue };
        if secrets.iter().any(|secret| fits(algorithm, secret, body, &signature)) {
            return Ok(());
        }
    }
    Err(if signed { Refused::BadSignature } else { Refused::Unsigned })
}

/// Whether the signature is right; takes the same time wherever it is wrong.
fn fits(algorithm: Algorithm, secret: &Secret, body: &[u8], signature: &[u8]) -> bool {
    let key = secret.reveal().as_bytes();
    match algorithm {
        Algorithm::Sha1 => verified::<Hmac<Sha1>>(key, body, signature),
        Algorithm::Sha256 => verified::<Hmac<Sha256>>(key, body, signature),
    }
}

fn verified<M: Mac + KeyInit>(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(key)
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

/// What a body says around its rows.
struct Message {
    kind: String,
    operation: String,
    id: Option<String>,
    rows: Vec<Row>,
}

fn split(body: &[u8]) -> Result<Vec<Delivery>, Refused> {
    let malformed = |why| Refused::Malformed { why };
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let message = message(text.trim()).map_err(malformed)?;
    let sha256 = hex::encode(Sha256::digest(body));
    let none = [Row::default()];
    let rows = if message.rows.is_empty() { &none[..] } else { &message.rows };
    let mut deliveries = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let subjects = subjects(&message, row, rows.len());
        let key = key(&message, index, body);
        let kind = format!("{}.{}", message.kind, message.operation);
        deliveries.push(Delivery { key, kind, subjects, size: body.len(), sha256: sha256.clone() });
    }
    Ok(deliveries)
}

fn message(text: &str) -> Result<Message, &'static str> {
    let pairs: Pairs<'_> = serde_json::from_str(text).map_err(|_| "it is no JSON object")?;
    let allowed = Allowed::new(Kind::Touch, &[]);
    let mut message =
        Message { kind: String::new(), operation: String::new(), id: None, rows: Vec::new() };
    for (member, raw) in &pairs.0 {
        match normalise(member).as_str() {
            "type" => message.kind = word(raw.get())?,
            "operation" => message.operation = word(raw.get())?,
            "id" => message.id = Some(raw.get().trim_matches('"').to_owned()),
            "data" => {
                message.rows =
                    envelope::rows(raw.get(), &allowed).map_err(|_| "its data are no rows")?;
            }
            _ => {}
        }
    }
    if message.kind.is_empty() || message.operation.is_empty() {
        return Err("it lacks a type or an operation");
    }
    Ok(message)
}

/// A type or operation: a short word in lower case.
fn word(raw: &str) -> Result<String, &'static str> {
    let text: String = serde_json::from_str(raw).map_err(|_| "its type or operation is no text")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if text.len() > WORD_CHARS_MAX || !text.chars().all(plain) {
        return Err("its type or operation is no short word");
    }
    Ok(text.trim().to_ascii_lowercase())
}

/// The ids of a row, and what the message's own id adds where the row does not say.
fn subjects(message: &Message, row: &Row, rows: usize) -> BTreeMap<String, String> {
    let mut subjects = BTreeMap::new();
    let columns: [(&str, Field); 6] = [
        (subject::PLACEMENT, Field::Placement),
        (subject::CANDIDATE, Field::Candidate),
        (subject::REQUISITION, Field::Requisition),
        (subject::COMPANY, Field::Company),
        (subject::RECORD, Field::Record),
        (subject::TIMESHEET, Field::Timesheet),
    ];
    for (name, column) in columns {
        if let Some(Ok(Some(id))) = row.text(column).map(scalar::id) {
            subjects.insert(name.to_owned(), id.to_owned());
        }
    }
    let own = match (message.id.as_deref(), rows) {
        (Some(id), 0 | 1) => own_id(&message.kind, id),
        _ => Vec::new(),
    };
    for (name, id) in own {
        if let Ok(Some(id)) = scalar::id(id) {
            subjects.entry(name.to_owned()).or_insert_with(|| id.to_owned());
        }
    }
    subjects
}

/// What a message's own id is the id of: a billing or pay record's is its employee and its number.
fn own_id<'a>(kind: &str, id: &'a str) -> Vec<(&'static str, &'a str)> {
    match kind {
        "activity" | "placement" | "start" | "assignment" | "submittal" => {
            vec![(subject::PLACEMENT, id)]
        }
        "candidate" | "employee" => vec![(subject::CANDIDATE, id)],
        "job" => vec![(subject::REQUISITION, id)],
        "company" => vec![(subject::COMPANY, id)],
        "timesheet" => vec![(subject::TIMESHEET, id)],
        "billing" | "salary" | "pay" => {
            let mut parts = id.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
            match (parts.next(), parts.next(), parts.next()) {
                (Some(employee), Some(record), None) => {
                    vec![(subject::CANDIDATE, employee), (subject::RECORD, record)]
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// SHA-256 of type, operation, id and body; of a later record's place in the body too.
fn key(message: &Message, index: usize, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    let id = message.id.as_deref().unwrap_or_default();
    for part in [message.kind.as_bytes(), message.operation.as_bytes(), id.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    if index > 0 {
        hash.update((index as u64).to_be_bytes());
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "tenant-secret";
    const BODY: &str = r#"{"type":"salary","operation":"Update","id":"70011000042/1",
        "data":[{"EMPLOYEEID":"70011000042","RECID":"1","ACTIVITYID":"51000777","SALARY":"97","SSN":"1","EMAIL":"a@b.c"}]}"#;

    fn sha1_of(body: &str) -> String {
        let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
        hex::encode(mac.chain_update(body).finalize().into_bytes())
    }

    fn sha256_of(body: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        hex::encode(mac.chain_update(body).finalize().into_bytes())
    }

    fn take(header: &str, value: &str, body: &str) -> Result<Vec<Delivery>, Refused> {
        let headers = BTreeMap::from([(header.to_owned(), value.to_owned())]);
        receive(&headers, body.as_bytes(), &[Secret::new("old"), Secret::new(SECRET)])
    }

    fn taken(body: &str) -> Vec<Delivery> {
        take("x-hub-signature", &sha1_of(body), body).unwrap()
    }

    fn subjects_of(body: &str) -> Vec<String> {
        let deliveries = taken(body);
        let pairs = deliveries[0].subjects.iter().map(|(name, id)| format!("{name} {id}"));
        pairs.collect()
    }

    #[test]
    fn every_form_of_signature_is_verified() {
        let (one, two) = (sha1_of(BODY), sha256_of(BODY));
        for (header, value) in [
            ("x-hub-signature", format!("sha1={one}")),
            ("x-hub-signature", one.clone()),
            ("x-hub-signature", one.to_uppercase()),
            ("x-hub-signature", format!("SHA1={}", one.to_uppercase())),
            ("x-hub-signature-256", format!("sha256={two}")),
            ("x-jobdiva-signature", two.clone()),
        ] {
            assert!(take(header, &value, BODY).is_ok(), "{header} {value}");
        }
    }

    #[test]
    fn a_wrong_signature_is_refused() {
        let good = sha1_of(BODY);
        for value in [
            "",
            "sha1=",
            "zz",
            &good[..38],
            &sha1_of("other"),
            &format!("sha256={good}"),
            &sha256_of(BODY),
        ] {
            assert_eq!(take("x-hub-signature", value, BODY), Err(Refused::BadSignature), "{value}");
        }
        assert_eq!(take("x-other", &good, BODY), Err(Refused::Unsigned));
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        let mac = Hmac::<Sha1>::new_from_slice(b"").unwrap();
        let signature = hex::encode(mac.chain_update(BODY).finalize().into_bytes());
        let headers = BTreeMap::from([("x-hub-signature".to_owned(), signature)]);
        assert_eq!(receive(&headers, BODY.as_bytes(), &[]), Err(Refused::NoSecret));
        let empty = [Secret::new("")];
        assert_eq!(receive(&headers, BODY.as_bytes(), &empty), Err(Refused::NoSecret));
    }

    #[test]
    fn a_large_body_is_refused_before_it_is_hashed() {
        let body = " ".repeat(BODY_BYTES_MAX + 1);
        assert_eq!(take("x", "", &body), Err(Refused::TooLarge { size: BODY_BYTES_MAX + 1 }));
    }

    #[test]
    fn only_ids_are_kept() {
        let delivery = &taken(BODY)[0];
        assert_eq!(delivery.kind, "salary.update");
        assert_eq!(subjects_of(BODY), ["candidate 70011000042", "placement 51000777", "record 1"]);
        let kept = serde_json::to_string(delivery).unwrap();
        assert!(!kept.contains("a@b.c") && !kept.contains("97\""), "{kept}");
        assert_eq!(taken(BODY)[0].key, delivery.key);
        assert_ne!(taken(&BODY.replace("97", "98"))[0].key, delivery.key);
    }

    #[test]
    fn a_delete_has_only_its_own_id() {
        let deleted = |kind: &str, id: &str| {
            subjects_of(&format!(r#"{{"type":"{kind}","operation":"delete","id":{id}}}"#))
        };
        assert_eq!(deleted("Activity", "51000777"), ["placement 51000777"]);
        assert_eq!(deleted("candidate", "\"7\""), ["candidate 7"]);
        assert_eq!(deleted("job", "8"), ["requisition 8"]);
        assert_eq!(deleted("billing", "\"7/1\""), ["candidate 7", "record 1"]);
        assert_eq!(deleted("expense", "9"), [""; 0]);
    }

    #[test]
    fn each_record_is_a_delivery() {
        let body = r#"{"type":"activity","operation":"Insert","data":[{"ACTIVITYID":"1"},{"ACTIVITYID":"2"}]}"#;
        let deliveries = taken(body);
        let ids: Vec<&String> =
            deliveries.iter().map(|d| &d.subjects[subject::PLACEMENT]).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_ne!(deliveries[0].key, deliveries[1].key);
    }

    #[test]
    fn what_is_signed_but_no_message_is_malformed() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"type":"a"}"#,
            r#"{"type":1,"operation":"x"}"#,
            r#"{"type":"a","operation":"b","data":"c"}"#,
            r#"{"type":"<b>","operation":"b"}"#,
        ] {
            let refused = take("x-hub-signature", &sha1_of(body), body).unwrap_err();
            assert_eq!(refused.status(), 400, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in r#"[\[\]{}",:0-9a-z ]{0,80}|.{0,80}"#) {
            let _ = take("x-hub-signature", &sha1_of(&body), &body);
        }
    }
}
