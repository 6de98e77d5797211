//! Why a signature does not fit: the usual mistakes of a set-up, each tried. For a person, never for a door.
//!
//! Only what would have made the delivery fit is named, so that nobody is sent after a guess. No suspicion holds a
//! secret, a signature or anything of a body.

use std::collections::BTreeMap;
use std::fmt;

use workflow_core::altered::{Altered, earlier_forms};

use super::{Algorithm, Encoding, Prefix, Signing};
use crate::secret::Secret;

/// One mistake that would explain the refusal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// The body is not the bytes that were signed.
    BodyAltered(Altered),
    /// The secret's file or variable holds blanks or a line's end around the secret.
    SecretWithBlanks,
    /// The signature is in a header that is not looked at.
    OtherHeader {
        /// Which.
        header: String,
        /// The digest in it.
        algorithm: &'static str,
    },
    /// The header carries another digest.
    OtherAlgorithm {
        /// Which header.
        header: String,
        /// The digest in it.
        algorithm: &'static str,
    },
    /// The digest is written otherwise.
    OtherEncoding {
        /// How.
        encoding: &'static str,
    },
    /// The digest's name stands before it, and must not.
    PrefixUnexpected,
    /// The digest's name must stand before it, and does not.
    PrefixMissing,
}

impl Suspicion {
    /// Its name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Suspicion::BodyAltered(_) => "body_altered",
            Suspicion::SecretWithBlanks => "secret_with_blanks",
            Suspicion::OtherHeader { .. } => "other_header",
            Suspicion::OtherAlgorithm { .. } => "other_algorithm",
            Suspicion::OtherEncoding { .. } => "other_encoding",
            Suspicion::PrefixUnexpected => "prefix_unexpected",
            Suspicion::PrefixMissing => "prefix_missing",
        }
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Suspicion::BodyAltered(altered) => altered.fmt(f),
            Suspicion::SecretWithBlanks => {
                f.write_str("the secret is right but for blanks around it")
            }
            Suspicion::OtherHeader { header, algorithm } => write!(
                f,
                "the signature is in {header}: name it in headers, with algorithms = {{ \"{header}\" = \"{algorithm}\" }}"
            ),
            Suspicion::OtherAlgorithm { header, algorithm } => write!(
                f,
                "{header} carries another digest: set algorithms = {{ \"{header}\" = \"{algorithm}\" }}"
            ),
            Suspicion::OtherEncoding { encoding } => {
                write!(f, "the digest is written otherwise: set encoding = \"{encoding}\"")
            }
            Suspicion::PrefixUnexpected => {
                f.write_str("the digest's name stands before it: set prefix = \"optional\"")
            }
            Suspicion::PrefixMissing => {
                f.write_str("the digest's name does not stand before it: set prefix = \"optional\"")
            }
        }
    }
}

pub(super) fn suspect(
    signing: &Signing,
    secrets: &[Secret],
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Vec<Suspicion> {
    if signing.verify(headers, body, secrets).is_ok() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let trimmed = Secret::new(secret.reveal().trim());
        if !trimmed.is_empty() && signing.verify(headers, body, &[trimmed]).is_ok() {
            found.push(Suspicion::SecretWithBlanks);
        }
        let own = std::slice::from_ref(secret);
        let was_signed = |(_, was): &(Altered, Vec<u8>)| signing.verify(headers, was, own).is_ok();
        let altered = earlier_forms(body).into_iter().find(was_signed);
        found.extend(altered.map(|(altered, _)| Suspicion::BodyAltered(altered)));
        for (header, value) in headers {
            found.extend(written_otherwise(signing, secret, (header, value), body));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What the settings would have to say for this header to fit.
fn written_otherwise(
    signing: &Signing,
    secret: &Secret,
    (header, value): (&String, &String),
    body: &[u8],
) -> Vec<Suspicion> {
    let mut found = Vec::new();
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256] {
        for encoding in [Encoding::Hex, Encoding::Base64] {
            let key = secret.reveal().as_bytes();
            let tried = Signing::tried(value, (algorithm, encoding), key, body);
            let Some(prefixed) = tried else { continue };
            let (header, name) = (header.clone(), algorithm.name());
            if signing.algorithm_of(&header).is_none() {
                found.push(Suspicion::OtherHeader { header, algorithm: name });
            } else if !signing.admits(&header, algorithm) {
                found.push(Suspicion::OtherAlgorithm { header, algorithm: name });
            }
            if signing.encoding != encoding {
                found.push(Suspicion::OtherEncoding { encoding: encoding.name() });
            }
            match (signing.prefix, prefixed) {
                (Prefix::Required, false) => found.push(Suspicion::PrefixMissing),
                (Prefix::Absent, true) => found.push(Suspicion::PrefixUnexpected),
                (Prefix::Required, true) | (Prefix::Absent, false) | (Prefix::Optional, _) => {}
            }
        }
    }
    found
}
