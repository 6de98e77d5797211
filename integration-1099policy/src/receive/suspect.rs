//! Why a signature does not fit: the usual mistakes of a set-up, each tried. For a person, never for a door.
//!
//! Only what would have made the delivery fit is named, so that nobody is sent after a guess. No suspicion holds a
//! secret, a signature or anything of a body.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use workflow_core::altered::{Altered, earlier_forms};

use super::signature::{self, Key};
use super::{Profile, Refused};
use crate::secret::Secret;

/// One mistake that would explain the refusal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// The body is not the bytes that were signed.
    BodyAltered(Altered),
    /// The secret's file or variable holds blanks or a line's end around the secret.
    SecretWithBlanks,
    /// The secret is to be decoded before it keys the digest.
    SecretEncoded,
    /// The secret keys the digest as text, although it looks encoded.
    SecretNotEncoded,
    /// It is signed by another profile.
    OtherProfile {
        /// Which, as the configuration calls it.
        profile: &'static str,
        /// The header to name with it; empty where that profile has its own.
        header: String,
    },
}

impl Suspicion {
    /// Its name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Suspicion::BodyAltered(_) => "body_altered",
            Suspicion::SecretWithBlanks => "secret_with_blanks",
            Suspicion::SecretEncoded => "secret_encoded",
            Suspicion::SecretNotEncoded => "secret_not_encoded",
            Suspicion::OtherProfile { .. } => "other_profile",
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
            Suspicion::SecretEncoded => {
                f.write_str("the digest is keyed with the decoded secret, not with its text")
            }
            Suspicion::SecretNotEncoded => f.write_str(
                "the digest is keyed with the secret's text, not with what it decodes to",
            ),
            Suspicion::OtherProfile { profile, header } if header.is_empty() => {
                write!(f, "it is signed by another profile: set profile = \"{profile}\"")
            }
            Suspicion::OtherProfile { profile, header } => write!(
                f,
                "it is signed by another profile: set profile = \"{profile}\" and header = \"{header}\""
            ),
        }
    }
}

pub(super) fn suspect(
    profile: &Profile,
    secrets: &[Secret],
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let fits = |profile: &Profile, key: &Key, body: &[u8]| {
        signature::is_signed_with(profile, key, headers, body)
    };
    for secret in secrets {
        let Ok(key) = signature::key(profile, secret) else { continue };
        if fits(profile, &key, body) {
            return Vec::new();
        }
        let was_signed = |(_, was): &(Altered, Vec<u8>)| fits(profile, &key, was);
        let altered = earlier_forms(body).into_iter().find(was_signed);
        found.extend(altered.map(|(altered, _)| Suspicion::BodyAltered(altered)));
        for (suspicion, bytes) in other_readings(secret.reveal()) {
            if fits(profile, &Key::Shared(bytes), body) {
                found.push(suspicion);
            }
        }
        for other in other_profiles(profile, headers) {
            let keys = signature::key(&other, secret).into_iter();
            let texts = other_readings(secret.reveal()).into_iter().map(|(_, b)| Key::Shared(b));
            if keys.chain(texts).any(|key| fits(&other, &key, body)) {
                let header = match &other {
                    Profile::None | Profile::StandardWebhooks => String::new(),
                    Profile::SharedToken { header }
                    | Profile::HmacHex { header }
                    | Profile::TimestampedV1 { header } => header.clone(),
                };
                found.push(Suspicion::OtherProfile { profile: other.name(), header });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What else the secret's text may stand for.
fn other_readings(text: &str) -> Vec<(Suspicion, Vec<u8>)> {
    let mut readings = vec![(Suspicion::SecretNotEncoded, text.as_bytes().to_vec())];
    if text.trim() != text {
        readings.push((Suspicion::SecretWithBlanks, text.trim().as_bytes().to_vec()));
    }
    let bare = text.trim();
    if let Some(without) = bare.strip_prefix("whsec_") {
        readings.push((Suspicion::SecretNotEncoded, without.as_bytes().to_vec()));
    }
    let bare = bare.strip_prefix("whsec_").unwrap_or(bare);
    let decoded = [STANDARD.decode(bare).ok(), hex::decode(bare).ok()];
    let full = decoded.into_iter().flatten().filter(|bytes| !bytes.is_empty());
    readings.extend(full.map(|bytes| (Suspicion::SecretEncoded, bytes)));
    readings
}

/// The other profiles, each with every header that it could be in.
fn other_profiles(own: &Profile, headers: &[(String, String)]) -> Vec<Profile> {
    let mut profiles = vec![Profile::StandardWebhooks];
    for (header, _) in headers {
        let header = || header.clone();
        profiles.push(Profile::HmacHex { header: header() });
        profiles.push(Profile::TimestampedV1 { header: header() });
        profiles.push(Profile::SharedToken { header: header() });
    }
    let same = |profile: &Profile| {
        let (ours, theirs) = (own.headers(), profile.headers());
        own.name() == profile.name()
            && ours.iter().zip(&theirs).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    profiles.retain(|profile| !same(profile));
    profiles
}

impl Refused {
    /// The status that a door answers with.
    pub fn status(self) -> u16 {
        match self {
            Refused::TooLarge => 413,
            Refused::NotAnEvent => 400,
            Refused::Unsigned
            | Refused::Malformed
            | Refused::TooManySignatures
            | Refused::Stale
            | Refused::Forged => 401,
        }
    }
}
