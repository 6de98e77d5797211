//! Personal data, sealed per person: an event's [`Personal`] field is stored as a ciphertext that only the person's
//! own key opens, and forgetting a person is destroying that key.
//!
//! The log itself is never changed. The chain of hashes covers the ciphertext, so a log in which people were
//! forgotten verifies as before; it replays to the same kinds of states, with [`Personal::get`] giving nothing. In
//! memory a person's data is in clear text while the key exists. Everything else about people (which field is
//! personal, what follows from forgetting) is the workflow's business: see [`Workflow::forgotten`].
//!
//! `seal/personal.rs` is the field, `seal/vault.rs` the cipher, `seal/keys.rs` the port behind it, `seal/file.rs` the
//! keys on disk and why they do not lie in the log. Deliberately absent: rights, roles, and sealing of whole events.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use workflow_core::codec::{Content, encode};
//! use workflow_core::seal::{Personal, Subject, Vault, within};
//!
//! #[derive(Serialize, Deserialize)]
//! enum Event { Joined { name: Personal<String> } }
//!
//! let (vault, member) = (Vault::in_memory(), Subject::new("member/club/7"));
//! let event = Event::Joined { name: Personal::new(member.clone(), "Ada".to_owned()) };
//! let stored = within(&vault, || encode(&event))?;
//! let read = || within(&vault, || Content(&stored).read_variant::<Event>("Joined"));
//!
//! let Event::Joined { name } = read()?;
//! assert_eq!(name.get().map(String::as_str), Some("Ada"));
//! vault.destroy(&member)?;
//! let Event::Joined { name } = read()?;
//! assert!(name.is_forgotten());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Workflow::forgotten`]: crate::workflow::Workflow::forgotten

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::StreamId;

mod error;
mod file;
mod keys;
mod master;
mod personal;
#[cfg(feature = "postgres")]
mod shared;
mod slot;
#[cfg(test)]
mod tests;
mod vault;

pub use error::VaultError;
pub use file::FileKeys;
pub use keys::{DataKey, Destroyed, Found, KeyStore, MemoryKeys};
pub use master::MasterKey;
pub use personal::Personal;
#[cfg(feature = "postgres")]
pub use shared::SharedKeys;
pub(crate) use vault::within_any;
pub use vault::{Vault, within};

/// Whose personal data it is: an id such as the text of the person's own stream. Never a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    /// A subject by its id, which must say the tenant too where there are several.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The person whom a stream is about.
impl From<&StreamId> for Subject {
    fn from(stream: &StreamId) -> Self {
        Self(stream.as_str().to_owned())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
