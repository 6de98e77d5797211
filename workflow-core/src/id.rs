//! Names of things in the log: streams, versions, positions, keys of owed calls.
//!
//! An id is parsed once, where it enters; after that its shape is a fact. Read `record.rs` next.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest stream name accepted, in bytes: a name is written once per event.
pub const STREAM_NAME_BYTES_MAX: usize = 256;

/// One workflow instance's stream: `workflow/tenant/key`, for example `placement/acme/45678`.
///
/// `workflow` and `tenant` are made of `a-z 0-9 - _`; `key` may not be empty and may hold any printable
/// ASCII but the space and `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId(Arc<str>);

/// Why a text is no stream name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no stream name: {problem}; expected workflow/tenant/key, like placement/acme/45678"
)]
pub struct BadStreamId {
    /// The text given.
    pub name: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl StreamId {
    /// The stream of one workflow instance; fails when a part has a character it may not have.
    pub fn new(workflow: &str, tenant: &str, key: &str) -> Result<Self, BadStreamId> {
        let name = format!("{workflow}/{tenant}/{key}");
        if key.contains('/') {
            return Err(BadStreamId { name, problem: "the key holds a `/`" });
        }
        Self::parse(&name)
    }

    /// Reads `workflow/tenant/key`.
    pub fn parse(name: &str) -> Result<Self, BadStreamId> {
        let bad = |problem| Err(BadStreamId { name: name.to_owned(), problem });
        let mut parts = name.split('/');
        let (Some(workflow), Some(tenant), Some(key), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return bad("it has not three parts");
        };
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        if !plain(workflow) || !plain(tenant) {
            return bad("workflow and tenant are made of a-z 0-9 - _");
        }
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return bad("the key must be printable ASCII without spaces");
        }
        if name.len() > STREAM_NAME_BYTES_MAX {
            return bad("it is longer than 256 bytes");
        }
        Ok(Self(name.into()))
    }

    /// What comes before all streams of a workflow; of an empty name, before all streams. It is no stream itself.
    pub(crate) fn before(workflow: &str) -> Self {
        Self(if workflow.is_empty() { "".into() } else { format!("{workflow}/").into() })
    }

    /// The workflow's name.
    pub fn workflow(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The instance's key within workflow and tenant.
    pub fn key(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that a map of streams can be asked by name.
impl Borrow<str> for StreamId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for StreamId {
    type Error = BadStreamId;
    fn try_from(name: String) -> Result<Self, BadStreamId> {
        Self::parse(&name)
    }
}

impl From<StreamId> for String {
    fn from(id: StreamId) -> String {
        id.0.as_ref().to_owned()
    }
}

/// How many events a stream holds; the first event makes it 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// Of a stream that does not exist yet.
    pub const NONE: Version = Version(0);

    /// The version `by` events later.
    pub fn plus(self, by: usize) -> Version {
        Version(self.0 + by as u64)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's index in the whole log, from 0, without gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The stable name of one owed call or message: `tenant/workflow/key/version/operation`.
///
/// The same state owes the same call under the same key, however often the process restarts; a provider
/// sees it as the idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Arc<str>);

impl Key {
    /// The key of `operation`, owed by `stream` since it reached `since`.
    pub fn of(stream: &StreamId, since: Version, operation: &str) -> Self {
        Self(format!("{}{since}/{operation}", Self::prefix_of(stream)).into())
    }

    /// Sorts before every key of `stream`, and after those of the streams before it.
    pub(crate) fn first_of(stream: &StreamId) -> Self {
        Self(Self::prefix_of(stream).into())
    }

    /// Whether `stream` owes what it names.
    pub fn is_of(&self, stream: &StreamId) -> bool {
        let mut parts = self.0.splitn(4, '/');
        let own = [stream.tenant(), stream.workflow(), stream.key()];
        own.into_iter().all(|part| parts.next() == Some(part)) && parts.next().is_some()
    }

    fn prefix_of(stream: &StreamId) -> String {
        format!("{}/{}/{}/", stream.tenant(), stream.workflow(), stream.key())
    }

    /// The version since which what it names is owed; [`Version::NONE`] when it is no key.
    pub(crate) fn since(&self) -> Version {
        Version(self.0.split('/').nth(3).and_then(|since| since.parse().ok()).unwrap_or(0))
    }

    /// The stream that owes what it names; `None` when it is no key.
    pub fn stream(&self) -> Option<StreamId> {
        let mut parts = self.0.split('/');
        let (tenant, workflow, key) = (parts.next()?, parts.next()?, parts.next()?);
        StreamId::new(workflow, tenant, key).ok()
    }

    /// What of the stream's state it names.
    pub fn operation(&self) -> &str {
        self.0.splitn(5, '/').nth(4).unwrap_or_default()
    }

    /// A key as it stands in the log.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_name_has_three_parts() {
        let id = StreamId::parse("placement/acme/45678").unwrap();
        assert_eq!((id.workflow(), id.tenant(), id.key()), ("placement", "acme", "45678"));
        for bad in ["", "a/b", "a/b/", "A/b/c", "a/b c/d", "a/b/c/d", "a//c", "a/b/c d"] {
            assert!(StreamId::parse(bad).is_err(), "{bad}");
        }
        assert!(StreamId::new("a", "b", "c/d").is_err());
        assert!(StreamId::new("a", "b", &"x".repeat(300)).is_err());
    }

    #[test]
    fn a_key_names_stream_version_and_operation() {
        let stream = StreamId::parse("placement/acme/45678").unwrap();
        let key = Key::of(&stream, Version(3), "create_quote");
        assert_eq!(key.as_str(), "acme/placement/45678/3/create_quote");
        assert_eq!((key.stream(), key.operation()), (Some(stream), "create_quote"));
        assert_eq!(Key::from_text("read").stream(), None);
    }
}
