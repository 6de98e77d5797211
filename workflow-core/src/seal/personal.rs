//! A field of an event or a state that holds personal data, and knows whose.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::Subject;
use super::vault::at_hand;

/// What stands in JSON for people instead of data that is here in clear text.
const NOT_SHOWN: &str = "personal data, not shown";

/// Personal data of one person.
///
/// Stored as `{"subject": whose, "sealed": hexadecimal digits}`: a nonce of 24 bytes, then the ciphertext
/// (XChaCha20-Poly1305) of the data's CBOR. `sealed` is absent when the field was written after the person had been
/// forgotten. Neither `Debug` nor JSON ever shows the data.
///
/// Written to or read from the log [`within`](super::within) a vault, which the engine does. Without a vault at
/// hand clear text cannot be stored, and what is read stays sealed: [`Personal::get`] gives nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal<T> {
    subject: Subject,
    content: Content<T>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Content<T> {
    Clear(T),
    /// Read without a vault: the digits as stored.
    Sealed(String),
    Forgotten,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl<T> Personal<T> {
    /// Data of a person, in clear text.
    pub fn new(subject: Subject, data: T) -> Self {
        Self { subject, content: Content::Clear(data) }
    }

    /// What is left of data once the person is forgotten.
    pub fn forgotten(subject: Subject) -> Self {
        Self { subject, content: Content::Forgotten }
    }

    /// Whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The data, unless the person was forgotten or no vault was at hand when it was read.
    pub fn get(&self) -> Option<&T> {
        match &self.content {
            Content::Clear(data) => Some(data),
            Content::Sealed(_) | Content::Forgotten => None,
        }
    }

    /// Whether the person was forgotten.
    pub fn is_forgotten(&self) -> bool {
        matches!(self.content, Content::Forgotten)
    }
}

/// Shows nothing of the person: `Debug` ends in logs.
impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.content {
            Content::Clear(_) => "here",
            Content::Sealed(_) => "sealed",
            Content::Forgotten => "forgotten",
        };
        write!(f, "Personal({}, {what})", self.subject)
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sealed = match (&self.content, at_hand()) {
            (Content::Sealed(digits), _) => Some(digits.clone()),
            (Content::Forgotten, _) => None,
            (Content::Clear(data), Some(vault)) => {
                let clear = Zeroizing::new(minicbor_serde::to_vec(data).map_err(S::Error::custom)?);
                let sealed = vault.seal(&self.subject, &clear).map_err(S::Error::custom)?;
                Some(hex::encode(sealed))
            }
            (Content::Clear(_), None) if serializer.is_human_readable() => {
                Some(NOT_SHOWN.to_owned())
            }
            (Content::Clear(_), None) => {
                let what = "personal data can be stored by an engine with a vault only";
                return Err(S::Error::custom(format!("{what} (of {})", self.subject)));
            }
        };
        Stored { subject: self.subject.clone(), sealed }.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { subject, sealed } = Stored::deserialize(deserializer)?;
        let content = match (sealed, at_hand()) {
            (None, _) => Content::Forgotten,
            (Some(digits), None) => Content::Sealed(digits),
            (Some(digits), Some(vault)) => {
                let sealed = hex::decode(&digits)
                    .map_err(|_| D::Error::custom("what is sealed is not in hexadecimal digits"))?;
                match vault.unseal(&subject, &sealed).map_err(D::Error::custom)? {
                    None => Content::Forgotten,
                    Some(clear) => {
                        let read = T::deserialize(&mut minicbor_serde::Deserializer::new(&clear));
                        // The decoder's message might quote what it read.
                        Content::Clear(read.map_err(|_| {
                            D::Error::custom(format!("the data of {subject} has another shape"))
                        })?)
                    }
                }
            }
        };
        Ok(Self { subject, content })
    }
}
