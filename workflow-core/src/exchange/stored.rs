//! An exchange as it stands in the log: an event of the kind `exchanged`, whose cause names the owed call's key.
//!
//! Its content is a CBOR map with the names of `Clear` below; `sealed` is a nonce of 24 bytes and the ciphertext of the
//! CBOR of [`Contents`], bound to `subject` as other personal data is (`seal.rs`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Attempted, Body, Came, Exchange};
use crate::codec::{Content, DecodeError};
use crate::id::{Key, Position, StreamId};
use crate::record::{Cause, NewEvent, Recorded};
use crate::seal::{Subject, Vault, VaultError};
use crate::time::Timestamp;

/// The stored name of the event's type.
const KIND: &str = "exchanged";
/// The version of its stored shape.
const SCHEMA: u16 = 1;
/// The cause's input.
const INPUT: &str = "attempted";

/// The sealed part: what may be personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The query as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The request's headers but for secrets.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Body,
    /// The answer's headers worth keeping.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Body>,
}

/// The part in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Clear {
    at: Timestamp,
    generation: u32,
    attempt: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    unsent_before: u32,
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    sent_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_sent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Sealed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed(#[serde(with = "bytes")] Vec<u8>);

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Bytes as a CBOR byte string.
pub(super) mod bytes {
    use std::fmt;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// What the writer knows of an attempt's exchanges.
pub(crate) struct About<'a> {
    /// The owed call.
    pub key: &'a str,
    /// Who made the attempt.
    pub actor: &'a str,
    /// Whose personal data it may hold.
    pub subject: Option<&'a Subject>,
    /// What seals it.
    pub vault: Option<&'a Arc<Vault>>,
    /// The moment of recording.
    pub now: Timestamp,
}

/// The event of one exchange. When the person was forgotten, or nobody says whom it is about, without the sealed part.
///
/// Errors: what the vault says; nothing of the exchange is in them.
pub(crate) fn new_event(
    attempted: &Attempted,
    exchange: Exchange,
    about: &About<'_>,
) -> Result<NewEvent, VaultError> {
    let Exchange { method, path, query, idempotency_key, headers, body, came } = exchange;
    let mut clear = Clear {
        at: attempted.at,
        generation: attempted.generation,
        attempt: attempted.number,
        unsent_before: attempted.unsent_before,
        method,
        path,
        idempotency_key,
        sent_bytes: body.length,
        status: None,
        request_id: None,
        answer_bytes: None,
        lost: None,
        not_sent: None,
        subject: about.subject.cloned(),
        sealed: None,
    };
    let (mut answer, mut answer_headers) = (None, Vec::new());
    match came {
        Came::Answer { status, request_id, headers, body } => {
            (clear.status, clear.request_id) = (Some(status), request_id);
            clear.answer_bytes = Some(body.length);
            (answer, answer_headers) = (Some(body), headers);
        }
        Came::Lost { reason } => clear.lost = Some(reason),
        Came::NotSent { reason } => clear.not_sent = Some(reason),
    }
    if let (Some(subject), Some(vault)) = (about.subject, about.vault) {
        let contents = Contents { query, headers, body, answer_headers, answer };
        let open = Zeroizing::new(cbor(&contents));
        clear.sealed = match vault.seal(subject, &open) {
            Ok(sealed) => Some(Sealed(sealed)),
            Err(VaultError::Forgotten(_)) => None,
            Err(error) => return Err(error),
        };
    }
    let cause =
        Cause { input: INPUT.to_owned(), key: about.key.to_owned(), actor: about.actor.to_owned() };
    let (kind, content) = (KIND.to_owned(), cbor(&clear));
    Ok(NewEvent { kind, schema: SCHEMA, recorded_at: about.now, cause, content })
}

fn cbor(value: &impl Serialize) -> Vec<u8> {
    minicbor_serde::to_vec(value).expect("texts, numbers and bytes serialize")
}

/// An exchange read back from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands in the log.
    pub position: Position,
    /// When it was recorded: when the attempt was over.
    pub recorded_at: Timestamp,
    /// The owed call.
    pub key: Key,
    /// Who made the attempt.
    pub actor: String,
    clear: Clear,
}

/// What became of the sealed part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is here.
    Open(Box<Contents>),
    /// The person was forgotten: nothing opens it.
    Forgotten,
    /// It was not kept: nobody said whom it is about, or the person was forgotten by then.
    NotKept,
}

impl Kept {
    /// Reads an event of a stream of exchanges.
    pub fn read(recorded: &Recorded) -> Result<Self, DecodeError> {
        let event = &recorded.event;
        if event.kind != KIND {
            let (machine, wire) = (super::WORKFLOW, event.kind.clone());
            return Err(DecodeError::UnknownEvent { machine, wire });
        }
        if event.schema != SCHEMA {
            let (event, version) = (KIND, event.schema);
            return Err(DecodeError::UnknownVersion { event, version, newest: SCHEMA });
        }
        Ok(Self {
            position: recorded.position,
            recorded_at: event.recorded_at,
            key: Key::from_text(&event.cause.key),
            actor: event.cause.actor.clone(),
            clear: Content(&event.content).read(KIND)?,
        })
    }

    /// The stream that owed the call.
    pub fn stream(&self) -> Option<StreamId> {
        self.key.stream()
    }

    /// When the attempt began.
    pub fn at(&self) -> Timestamp {
        self.clear.at
    }

    /// Which of the call's keys was used.
    pub fn generation(&self) -> u32 {
        self.clear.generation
    }

    /// Which attempt it was since its process had started, from 1.
    pub fn attempt(&self) -> u32 {
        self.clear.attempt
    }

    /// So many attempts before it never left the process.
    pub fn unsent_before(&self) -> u32 {
        self.clear.unsent_before
    }

    /// Method and path.
    pub fn asked(&self) -> (&str, &str) {
        (&self.clear.method, &self.clear.path)
    }

    /// The idempotency key as sent.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.clear.idempotency_key.as_deref()
    }

    /// How many bytes the request's body had, and the answer's.
    pub fn sizes(&self) -> (u64, Option<u64>) {
        (self.clear.sent_bytes, self.clear.answer_bytes)
    }

    /// The status of the answer, or why there is none.
    pub fn came(&self) -> Result<u16, &str> {
        match (self.clear.status, &self.clear.lost, &self.clear.not_sent) {
            (Some(status), _, _) => Ok(status),
            (None, Some(reason), _) | (None, None, Some(reason)) => Err(reason),
            (None, None, None) => Err("it is not said"),
        }
    }

    /// The provider's name of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.clear.request_id.as_deref()
    }

    /// Whose personal data it may hold.
    pub fn subject(&self) -> Option<&Subject> {
        self.clear.subject.as_ref()
    }

    /// Whether there is a sealed part.
    pub fn is_sealed(&self) -> bool {
        self.clear.sealed.is_some()
    }

    /// Opens the sealed part.
    ///
    /// Errors: `KeyMissing` and `NotTheirs`; what opens and has another shape is `NotTheirs` too.
    pub fn open(&self, vault: &Vault) -> Result<Opened, VaultError> {
        let (Some(subject), Some(Sealed(sealed))) = (&self.clear.subject, &self.clear.sealed)
        else {
            return Ok(Opened::NotKept);
        };
        let Some(open) = vault.unseal(subject, sealed)? else { return Ok(Opened::Forgotten) };
        let read = Contents::deserialize(&mut minicbor_serde::Deserializer::new(&open));
        let contents = read.map_err(|_| VaultError::NotTheirs(subject.clone()))?;
        Ok(Opened::Open(Box::new(contents)))
    }
}
