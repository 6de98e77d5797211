//! What was sent to the insurer about one instance, and what came back: the exchanges kept in the log.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use workflow_core::exchange::{self, Contents, Kept, Opened};
use workflow_core::id::{Position, StreamId};
use workflow_core::seal::Vault;

use super::{Kind, Out, Trouble, With, done, is_called, meant, row, walk};
use crate::views::VERSION;

/// One request and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where it stands in the log.
    pub position: u64,
    /// When the attempt began, RFC 3339.
    pub at: String,
    /// When it was over and recorded.
    pub recorded_at: String,
    /// The call's name.
    pub operation: String,
    /// The owed call's key.
    pub key: String,
    /// Which of the call's keys was used, from 1.
    pub generation: u32,
    /// Which attempt it was since its process had started, from 1.
    pub attempt: u32,
    /// So many attempts before it never left the process.
    pub unsent_before: u32,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The idempotency key as sent.
    pub idempotency_key: Option<String>,
    /// How many bytes were in the request's body.
    pub sent_bytes: u64,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub failed: Option<String>,
    /// How many bytes were in the answer's body.
    pub answer_bytes: Option<u64>,
    /// The provider's name of the request.
    pub request_id: Option<String>,
    /// Whose personal data it may hold.
    pub subject: Option<String>,
    /// `sealed`, `open`, `forgotten`, `not kept`, or why it did not open.
    pub contents: String,
    /// What was sealed.
    pub open: Option<Open>,
}

/// What was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The query as sent.
    pub query: Option<String>,
    /// The request's headers, without the secret.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub body: Body,
    /// The answer's headers worth keeping.
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body.
    pub answer: Option<Body>,
}

/// A body as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// How long it was.
    pub bytes: u64,
    /// What is kept of it, where that is text.
    pub text: Option<String>,
    /// What is kept of it in hex, where it is no text.
    pub hex: Option<String>,
    /// The SHA-256 of all of it, where not all of it is kept.
    pub sha256: Option<String>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentTo {
    /// The version of these shapes.
    pub version: u32,
    /// The stream that was meant.
    pub stream: String,
    /// How many exchanges were found.
    pub exchanges: u64,
}

/// How an exchange's sealed part is shown: a word, and where it is open, what it holds.
type Shown = (String, Option<Open>);

/// Says how an exchange's sealed part is shown.
pub(super) type Show<'a> = dyn FnMut(&Kept) -> Result<Shown, Trouble> + 'a;

/// What stays sealed.
pub(super) fn sealed() -> Shown {
    ("sealed".to_owned(), None)
}

/// What is sealed, opened.
pub(super) fn opened(kept: &Kept, vault: &Vault) -> Shown {
    match kept.open(vault) {
        Ok(Opened::Open(contents)) => ("open".to_owned(), Some(Open::from(&*contents))),
        Ok(Opened::Forgotten) => ("forgotten".to_owned(), None),
        Ok(Opened::NotKept) => ("not kept".to_owned(), None),
        Err(error) => (error.to_string(), None),
    }
}

pub(super) fn answer(
    id: &str,
    show: &mut Show<'_>,
    with: &With<'_>,
    out: &mut Out<'_>,
) -> Result<(), Trouble> {
    let mut called: BTreeMap<StreamId, Position> = BTreeMap::new();
    let mut kept: BTreeMap<StreamId, Vec<Kept>> = BTreeMap::new();
    let mut unread = None;
    walk(with, Position(0), out, &mut |recorded| {
        if is_called(&recorded.stream, id) {
            called.entry(recorded.stream).or_insert(recorded.position);
        } else if exchange::is_exchange(&recorded.stream) {
            match Kept::read(&recorded) {
                Ok(exchange) => {
                    let of = exchange.stream().filter(|stream| is_called(stream, id));
                    if let Some(of) = of {
                        kept.entry(of).or_default().push(exchange);
                    }
                }
                Err(error) => unread = Some((recorded.position, error)),
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some((position, error)) = unread {
        let why = format!("the exchange at position {position} cannot be read: {error}");
        return Err(Trouble::new(Kind::Damaged, why));
    }
    let stream = meant(&called, id)?;
    let exchanges = kept.remove(&stream).unwrap_or_default();
    for exchange in &exchanges {
        let shown =
            if exchange.is_sealed() { show(exchange)? } else { ("not kept".to_owned(), None) };
        row(out, &sent(exchange, shown))?;
    }
    let (stream, exchanges) = (stream.to_string(), exchanges.len() as u64);
    done(out, &SentTo { version: VERSION, stream, exchanges })
}

fn sent(kept: &Kept, (contents, open): Shown) -> Sent {
    let (method, path) = kept.asked();
    let (sent_bytes, answer_bytes) = kept.sizes();
    let came = kept.came();
    Sent {
        position: kept.position.0,
        at: kept.at().to_string(),
        recorded_at: kept.recorded_at.to_string(),
        operation: kept.key.operation().to_owned(),
        key: kept.key.to_string(),
        generation: kept.generation(),
        attempt: kept.attempt(),
        unsent_before: kept.unsent_before(),
        method: method.to_owned(),
        path: path.to_owned(),
        idempotency_key: kept.idempotency_key().map(str::to_owned),
        sent_bytes,
        status: came.ok(),
        failed: came.err().map(str::to_owned),
        answer_bytes,
        request_id: kept.request_id().map(str::to_owned),
        subject: kept.subject().map(ToString::to_string),
        contents,
        open,
    }
}

impl From<&Contents> for Open {
    fn from(contents: &Contents) -> Self {
        let Contents { query, headers, body, answer_headers, answer } = contents;
        Self {
            query: query.clone(),
            headers: headers.clone(),
            body: Body::from(body),
            answer_headers: answer_headers.clone(),
            answer: answer.as_ref().map(Body::from),
        }
    }
}

impl From<&exchange::Body> for Body {
    fn from(body: &exchange::Body) -> Self {
        let text = String::from_utf8(body.kept().to_vec());
        let (text, hex) = match text {
            Ok(text) => (Some(text), None),
            Err(bytes) => (None, Some(hex::encode(bytes.as_bytes()))),
        };
        Self { bytes: body.length(), text, hex, sha256: body.sha256().map(str::to_owned) }
    }
}
