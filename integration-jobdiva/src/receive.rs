//! Webhooks in: a body's bytes become verified deliveries. Pure.
//!
//! A delivery is a hint. Its rows are looked through for ids and forgotten; what is true is read back through
//! the API. The sender reads the answer's body as a boolean: reply 200 with [`REPLY`] once the deliveries are
//! durable. Turning a delivery into reads is `interpret.rs`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::delivery::{Delivery, subject};
use crate::operations::{Field, normalise};
use crate::secret::Secret;
use crate::wire::columns::{Allowed, Kind};
use crate::wire::row::{Pairs, Row};
use crate::wire::{envelope, scalar};

mod signature;
mod suspect;

pub use signature::{Algorithm, Encoding, Prefix, Require, Signing};
pub use suspect::Suspicion;
pub use workflow_core::altered::Altered;

/// The body of a good answer.
pub const REPLY: &str = "true";
/// The largest body that is looked at, in bytes.
pub const BODY_BYTES_MAX: usize = 256 << 10;
/// The longest type or operation that is kept.
const WORD_CHARS_MAX: usize = 40;

/// The types of records that a tenant's own words may stand for; [`Receiver::new`] takes no others.
pub const TYPES: [&str; 9] = [
    "placement",
    "billing",
    "pay",
    "candidate",
    "job",
    "timesheet",
    "invoice",
    "document",
    "company",
];

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
    /// A signature header, and no digest of an expected form in it: answer 401.
    #[error("the signature header cannot be read")]
    Unreadable,
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
            Refused::Unsigned | Refused::Unreadable | Refused::BadSignature => 401,
            Refused::Malformed { .. } => 400,
        }
    }
}

/// Why a tenant's webhook settings cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReceiver {
    /// No secret, or an empty one.
    #[error("a webhook secret is missing or empty: anyone could sign with it")]
    EmptySecret,
    /// No header, or something that is no header's name.
    #[error("`{0}` is not the name of a header")]
    BadHeader(String),
    /// A type that means nothing here.
    #[error("`{0}` is none of the known types")]
    UnknownType(String),
}

/// Which of the secrets a delivery was signed with; its name may be logged, the secret never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignedBy {
    /// With none, where that is allowed.
    Nobody,
    /// The one in use.
    Current,
    /// The one before it, during a rotation.
    Previous,
}

impl SignedBy {
    /// Its name in logs.
    pub fn name(self) -> &'static str {
        match self {
            SignedBy::Nobody => "none",
            SignedBy::Current => "current",
            SignedBy::Previous => "previous",
        }
    }
}

/// What was taken from one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// One delivery for each record.
    pub deliveries: Vec<Delivery>,
    /// Which secret signed it.
    pub signed_by: SignedBy,
}

/// Takes one tenant's webhooks in.
#[derive(Clone)]
pub struct Receiver {
    signing: Signing,
    secrets: Vec<Secret>,
    types: BTreeMap<String, String>,
}

impl Receiver {
    /// A receiver that knows these secrets, the current one first; during a rotation there are two. `types` are the
    /// tenant's own words for the records that messages are about, each with one of [`TYPES`].
    pub fn new(
        signing: Signing,
        secrets: &[Secret],
        types: &BTreeMap<String, String>,
    ) -> Result<Self, BadReceiver> {
        signing.check()?;
        let none_needed = signing.require == Require::IfSigned && secrets.is_empty();
        if !none_needed && (secrets.is_empty() || secrets.iter().any(Secret::is_empty)) {
            return Err(BadReceiver::EmptySecret);
        }
        let known = |(word, meant): (&String, &String)| {
            let meant = TYPES.contains(&meant.as_str()).then(|| meant.clone());
            let meant = meant.ok_or_else(|| BadReceiver::UnknownType(word.clone()))?;
            Ok((word.trim().to_ascii_lowercase(), meant))
        };
        let types = types.iter().map(known).collect::<Result<_, _>>()?;
        Ok(Self { signing, secrets: secrets.to_vec(), types })
    }

    /// How it expects deliveries to be signed.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// Takes one request. `headers` have lower-case names. A body about several records gives several deliveries.
    pub fn receive(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Received, Refused> {
        if body.len() > BODY_BYTES_MAX {
            return Err(Refused::TooLarge { size: body.len() });
        }
        let signed_by = match self.signing.verify(headers, body, &self.secrets) {
            Err(Refused::Unsigned) if self.signing.require == Require::IfSigned => SignedBy::Nobody,
            verified => verified?,
        };
        Ok(Received { deliveries: split(body, &self.types)?, signed_by })
    }

    /// The header that signs a body as JobDiva would: for whoever tries a door of their own. `None` without a secret.
    pub fn sign(&self, body: &[u8]) -> Option<(String, String)> {
        self.signing.sign(self.secrets.first()?, body)
    }

    /// Why a delivery may have been refused, for a person who sets webhooks up: each suspicion was tried and would have
    /// made it fit.
    pub fn suspect(&self, headers: &BTreeMap<String, String>, body: &[u8]) -> Vec<Suspicion> {
        suspect::suspect(&self.signing, &self.secrets, headers, body)
    }
}

/// Takes one request by the usual settings: any one of `secrets` may have signed, so that a secret can be exchanged.
pub fn receive(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    secrets: &[Secret],
) -> Result<Vec<Delivery>, Refused> {
    // An empty secret would verify what anyone can sign.
    let secrets: Vec<Secret> =
        secrets.iter().filter(|secret| !secret.is_empty()).cloned().collect();
    let receiver = Receiver::new(Signing::default(), &secrets, &BTreeMap::new());
    let receiver = receiver.map_err(|_| Refused::NoSecret)?;
    receiver.receive(headers, body).map(|received| received.deliveries)
}

/// Signs a body as JobDiva does, for the header `X-Hub-Signature`: for whoever tries a door of their own. An empty secret
/// signs nothing.
pub fn signature(secret: &Secret, body: &[u8]) -> Option<String> {
    Signing::default().sign(secret, body).map(|(_, signature)| signature)
}

/// What a body says around its rows.
struct Message {
    kind: String,
    operation: String,
    id: Option<String>,
    rows: Vec<Row>,
}

fn split(body: &[u8], types: &BTreeMap<String, String>) -> Result<Vec<Delivery>, Refused> {
    let malformed = |why| Refused::Malformed { why };
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let mut message = message(text.trim()).map_err(malformed)?;
    if let Some(meant) = types.get(&message.kind) {
        message.kind.clone_from(meant);
    }
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
    let columns: [(&str, Field); 7] = [
        (subject::PLACEMENT, Field::Placement),
        (subject::CANDIDATE, Field::Candidate),
        (subject::REQUISITION, Field::Requisition),
        (subject::COMPANY, Field::Company),
        (subject::RECORD, Field::Record),
        (subject::TIMESHEET, Field::Timesheet),
        (subject::INVOICE, Field::Invoice),
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
        "invoice" => vec![(subject::INVOICE, id)],
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
mod tests;
