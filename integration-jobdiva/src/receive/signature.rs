//! How a tenant's JobDiva signs: which headers, which digests, how they are written. Compared in constant time.
//!
//! The sources agree on an HMAC of the raw body and on no more, so the rest is settings whose defaults take every form
//! that was seen. Deliberately absent: a signed moment. JobDiva sends none; what is captured and sent again is known by
//! its key instead.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::{BadReceiver, Refused, SignedBy};
use crate::secret::Secret;

/// The digest that a signature header carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// HMAC-SHA1.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
    /// Whichever its prefix names, or its length shows.
    Either,
}

impl Algorithm {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha256 => "sha256",
            Algorithm::Either => "either",
        }
    }

    fn admits(self, other: Algorithm) -> bool {
        self == other || self == Algorithm::Either
    }

    fn bytes(self) -> usize {
        match self {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 | Algorithm::Either => 32,
        }
    }
}

/// Whether `sha1=` or `sha256=` stands before the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Always.
    Required,
    /// Perhaps.
    Optional,
    /// Never.
    Absent,
}

/// How the digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// In hexadecimal, of either case.
    Hex,
    /// In base64 with its padding.
    Base64,
}

impl Encoding {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
        }
    }
}

/// Whether every delivery must be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Require {
    /// Yes.
    Signed,
    /// What is signed must be signed right; what is not is taken as it is, because every hint is read back.
    IfSigned,
}

/// How a tenant's JobDiva signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The headers that may carry the signature, and the digest in each.
    pub headers: Vec<(String, Algorithm)>,
    /// Whether the digest's name stands before it.
    pub prefix: Prefix,
    /// How the digest is written.
    pub encoding: Encoding,
    /// Whether every delivery must be signed.
    pub require: Require,
}

impl Default for Signing {
    fn default() -> Self {
        let headers = [
            ("X-Hub-Signature", Algorithm::Sha1),
            ("X-Hub-Signature-256", Algorithm::Sha256),
            ("X-JobDiva-Signature", Algorithm::Either),
        ];
        Self {
            headers: headers.map(|(name, algorithm)| (name.to_owned(), algorithm)).into(),
            prefix: Prefix::Optional,
            encoding: Encoding::Hex,
            require: Require::Signed,
        }
    }
}

/// A signature as it was read.
struct Claim {
    algorithm: Algorithm,
    digest: Vec<u8>,
    prefixed: bool,
}

impl Signing {
    pub(super) fn check(&self) -> Result<(), BadReceiver> {
        if self.headers.is_empty() {
            return Err(BadReceiver::BadHeader(String::new()));
        }
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let good = |name: &str| !name.is_empty() && name.bytes().all(token);
        match self.headers.iter().find(|(name, _)| !good(name)) {
            Some((name, _)) => Err(BadReceiver::BadHeader(name.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        secrets: &[Secret],
    ) -> Result<SignedBy, Refused> {
        let mut refused = Refused::Unsigned;
        for (name, algorithm) in &self.headers {
            let Some(value) = headers.get(&name.to_ascii_lowercase()) else { continue };
            let Some(claim) = self.read(value, *algorithm) else {
                if refused == Refused::Unsigned {
                    refused = Refused::Unreadable;
                }
                continue;
            };
            match secrets.iter().position(|secret| fits(&claim, secret.reveal().as_bytes(), body)) {
                Some(0) => return Ok(SignedBy::Current),
                Some(_) => return Ok(SignedBy::Previous),
                None => refused = Refused::BadSignature,
            }
        }
        Err(refused)
    }

    fn read(&self, value: &str, expected: Algorithm) -> Option<Claim> {
        let value = value.trim();
        let named = value.split_once('=').and_then(|(name, rest)| {
            let algorithm = [Algorithm::Sha1, Algorithm::Sha256]
                .into_iter()
                .find(|algorithm| name.eq_ignore_ascii_case(algorithm.name()))?;
            Some((algorithm, rest))
        });
        let prefixed = named.is_some();
        let fits = match self.prefix {
            Prefix::Required => prefixed,
            Prefix::Optional => true,
            Prefix::Absent => !prefixed,
        };
        let (named, text) = named.map_or((None, value), |(name, rest)| (Some(name), rest));
        let digest = match self.encoding {
            Encoding::Hex => hex::decode(text).ok()?,
            Encoding::Base64 => STANDARD.decode(text).ok()?,
        };
        let of_length = [Algorithm::Sha1, Algorithm::Sha256];
        let of_length = of_length.into_iter().find(|one| one.bytes() == digest.len())?;
        let right =
            fits && expected.admits(of_length) && named.is_none_or(|name| name == of_length);
        right.then_some(Claim { algorithm: of_length, digest, prefixed })
    }

    /// The header that signs a body.
    pub(super) fn sign(&self, secret: &Secret, body: &[u8]) -> Option<(String, String)> {
        let key = Some(secret).filter(|secret| !secret.is_empty())?.reveal().as_bytes();
        let (header, algorithm) = self.headers.first()?;
        let (name, digest) = match algorithm {
            Algorithm::Sha1 => (Algorithm::Sha1.name(), digest::<Hmac<Sha1>>(key, body)),
            Algorithm::Sha256 | Algorithm::Either => {
                (Algorithm::Sha256.name(), digest::<Hmac<Sha256>>(key, body))
            }
        };
        let text = match self.encoding {
            Encoding::Hex => hex::encode(digest),
            Encoding::Base64 => STANDARD.encode(digest),
        };
        let value = if self.prefix == Prefix::Absent { text } else { format!("{name}={text}") };
        Some((header.clone(), value))
    }

    /// Whether this header's signature would fit if it were read so; and whether it has a prefix.
    pub(super) fn tried(
        value: &str,
        (algorithm, encoding): (Algorithm, Encoding),
        key: &[u8],
        body: &[u8],
    ) -> Option<bool> {
        let signing = Signing {
            headers: Vec::new(),
            prefix: Prefix::Optional,
            encoding,
            require: Require::Signed,
        };
        let claim = signing.read(value, algorithm)?;
        fits(&claim, key, body).then_some(claim.prefixed)
    }

    pub(super) fn algorithm_of(&self, header: &str) -> Option<Algorithm> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
        found.map(|(_, algorithm)| *algorithm)
    }

    pub(super) fn admits(&self, header: &str, algorithm: Algorithm) -> bool {
        self.algorithm_of(header).is_some_and(|own| own.admits(algorithm))
    }
}

/// Whether the signature is right; takes the same time wherever it is wrong.
fn fits(claim: &Claim, key: &[u8], body: &[u8]) -> bool {
    match claim.algorithm {
        Algorithm::Sha1 => verified::<Hmac<Sha1>>(key, body, &claim.digest),
        Algorithm::Sha256 | Algorithm::Either => verified::<Hmac<Sha256>>(key, body, &claim.digest),
    }
}

fn verified<M: Mac + KeyInit>(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(key)
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

fn digest<M: Mac + KeyInit>(key: &[u8], body: &[u8]) -> Vec<u8> {
    let mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.chain_update(body).finalize().into_bytes().to_vec()
}
