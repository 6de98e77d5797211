//! Signing where the log ends, so that a cut tail is seen even when the rest was chained anew.
//!
//! The hash chain shows every change inside a log, but whoever can write the log can also shorten it, or rebuild it
//! from the start, and note the new end as the right one. A signature over the end (position, hash, moment) needs the
//! key, which does not lie beside the log. What a signature cannot show: what was cut off after the last one, and
//! anything by somebody who has the key.
//!
//! Ed25519 (RFC 8032). Keys are PEM files as `openssl genpkey -algorithm ed25519` writes them: PKCS#8 for the private
//! key (RFC 8410), SubjectPublicKeyInfo for the public one. What is signed is plain text, see [`Statement`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::id::Position;
use crate::record::Hash;
use crate::store::Head;
use crate::time::Timestamp;

/// What stands before the 32 bytes of a private key in PKCS#8, and of a public one in SubjectPublicKeyInfo.
const PRIVATE_DER: &str = "302e020100300506032b657004220420";
const PUBLIC_DER: &str = "302a300506032b6570032100";
const PRIVATE_LABEL: &str = "PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no ed25519 {expected}")]
pub struct BadKey {
    expected: &'static str,
}

/// A private key that signs. Never shown.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// From 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a PEM file (PKCS#8, `-----BEGIN PRIVATE KEY-----`).
    pub fn from_pem(text: &str) -> Result<Self, BadKey> {
        let expected = "private key: expected PEM that begins with -----BEGIN PRIVATE KEY-----, \
                        as `runner key new` or `openssl genpkey -algorithm ed25519` writes it";
        from_pem(text, PRIVATE_LABEL, PRIVATE_DER)
            .map(|seed| Self::from_seed(&seed))
            .ok_or(BadKey { expected })
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> String {
        to_pem(PRIVATE_LABEL, PRIVATE_DER, &self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a statement.
    pub fn sign(&self, statement: &Statement) -> Signed {
        let signature = self.0.sign(statement.to_string().as_bytes());
        Signed { key: self.public().to_string(), signature: hex::encode(signature.to_bytes()) }
    }

    /// Signs where a log ends.
    pub fn sign_head(&self, head: Head, at: Timestamp) -> SignedHead {
        let (next, hash, at) = (head.next, head.hash.to_string(), at.to_string());
        let statement = Statement::Head { next, hash: hash.clone(), at: at.clone() };
        SignedHead { version: SIGNED_HEAD_VERSION, next, hash, at, signed: self.sign(&statement) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public())
    }
}

/// A public key that checks signatures. Shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads 64 hex digits, or a PEM file (`-----BEGIN PUBLIC KEY-----`).
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let expected = "public key: expected 64 hex digits, or PEM that begins with -----BEGIN PUBLIC KEY-----";
        let mut bytes = [0; 32];
        let found = match hex::decode_to_slice(text.trim(), &mut bytes) {
            Ok(()) => Some(bytes),
            Err(_) => from_pem(text, PUBLIC_LABEL, PUBLIC_DER),
        };
        let key = found.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.map(Self).ok_or(BadKey { expected })
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> String {
        to_pem(PUBLIC_LABEL, PUBLIC_DER, self.0.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// What is signed: these lines, each ended by a line feed, in ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `workflow-head 1`, `next N`, `hash H`, `at T`.
    Head {
        /// The position that the next event would get.
        next: Position,
        /// The hash of the last record.
        hash: String,
        /// The moment of signing, RFC 3339.
        at: String,
    },
    /// `workflow-export 1`, `next N`, `hash H`, `at T`, `sha256 S`.
    Export {
        /// The position after the last event.
        next: Position,
        /// The hash of the last record.
        hash: String,
        /// The moment of signing, RFC 3339.
        at: String,
        /// The SHA-256 of all lines before the trailer.
        sha256: String,
    },
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Head { next, hash, at } => {
                write!(f, "workflow-head 1\nnext {next}\nhash {hash}\nat {at}\n")
            }
            Statement::Export { next, hash, at, sha256 } => {
                write!(f, "workflow-export 1\nnext {next}\nhash {hash}\nat {at}\nsha256 {sha256}\n")
            }
        }
    }
}

/// A signature with the key that is said to have made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The public key, 64 hex digits. Anybody can put one here: compare it with the one you trust.
    pub key: String,
    /// The signature, 128 hex digits.
    pub signature: String,
}

/// Why a signature says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Another key signed than the one that is trusted.
    #[error("it is signed by the key {found}, not by {trusted}")]
    OtherKey {
        /// The key that is trusted.
        trusted: String,
        /// The key that signed.
        found: String,
    },
    /// The signature does not fit what is said to be signed.
    #[error(
        "its signature does not fit: what was signed was changed, or it was signed without the key"
    )]
    Forged,
    /// A signature was expected and there is none.
    #[error("it is not signed, so that nothing speaks against a cut tail")]
    Missing,
    /// The file is no signed head.
    #[error("it cannot be read as a signed head: {0}")]
    Unreadable(String),
}

impl Signed {
    /// Checks the signature; with `trusted`, also that this key made it.
    pub fn check(
        &self,
        statement: &Statement,
        trusted: Option<&PublicKey>,
    ) -> Result<(), BadSignature> {
        if let Some(trusted) = trusted.map(PublicKey::to_string)
            && trusted != self.key
        {
            return Err(BadSignature::OtherKey { trusted, found: self.key.clone() });
        }
        let key = PublicKey::parse(&self.key).map_err(|_| BadSignature::Forged)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(&self.signature, &mut bytes).map_err(|_| BadSignature::Forged)?;
        // One text for each key and signature, so that no changed letter passes.
        if key.to_string() != self.key || hex::encode(bytes) != self.signature {
            return Err(BadSignature::Forged);
        }
        // Strict: no weak keys, and no second encoding of a signature.
        let signature = Signature::from_bytes(&bytes);
        let checked = key.0.verify_strict(statement.to_string().as_bytes(), &signature);
        checked.map_err(|_| BadSignature::Forged)
    }
}

/// The version of [`SignedHead`]'s shape.
pub const SIGNED_HEAD_VERSION: u32 = 1;

/// Where a log ended at a moment, signed. As a file it is this in JSON, on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// [`SIGNED_HEAD_VERSION`].
    pub version: u32,
    /// The position that the next event would get.
    pub next: Position,
    /// The hash of the last record, in hex.
    pub hash: String,
    /// The moment of signing, RFC 3339.
    pub at: String,
    /// The signature over [`Statement::Head`].
    pub signed: Signed,
}

impl SignedHead {
    /// Reads the file's text; says nothing of the signature.
    pub fn parse(text: &str) -> Result<Self, BadSignature> {
        let head: Self =
            serde_json::from_str(text).map_err(|e| BadSignature::Unreadable(e.to_string()))?;
        if head.version != SIGNED_HEAD_VERSION {
            let what = format!("version {}, known is {SIGNED_HEAD_VERSION}", head.version);
            return Err(BadSignature::Unreadable(what));
        }
        Ok(head)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string(self).expect("texts and numbers serialize");
        format!("{text}\n")
    }

    /// Checks the signature; gives the end that it vouches for.
    pub fn check(&self, trusted: Option<&PublicKey>) -> Result<Head, BadSignature> {
        let (hash, at) = (self.hash.clone(), self.at.clone());
        self.signed.check(&Statement::Head { next: self.next, hash, at }, trusted)?;
        let hash = Hash::parse(&self.hash).ok_or(BadSignature::Forged)?;
        Ok(Head { next: self.next, hash })
    }
}

fn to_pem(label: &str, prefix: &str, key: &[u8; 32]) -> String {
    let mut der = hex::decode(prefix).expect("the prefixes are hex");
    der.extend(key);
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn from_pem(text: &str, label: &str, prefix: &str) -> Option<[u8; 32]> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).ok()?;
    der.strip_prefix(&hex::decode(prefix).ok()?[..])?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn key() -> SigningKey {
        let mut seed = [0; 32];
        hex::decode_to_slice(SEED, &mut seed).unwrap();
        SigningKey::from_seed(&seed)
    }

    fn signed() -> SignedHead {
        let head = Head { next: Position(7), hash: Hash([0xab; 32]) };
        key().sign_head(head, Timestamp(1_764_300_000_123))
    }

    #[test]
    fn keys_survive_their_files_and_others_are_refused() {
        let key = key();
        assert_eq!(key.public().to_string(), PUBLIC);
        assert_eq!(SigningKey::from_pem(&key.to_pem()).unwrap().public(), key.public());
        assert_eq!(PublicKey::parse(&key.public().to_pem()).unwrap(), key.public());
        assert_eq!(PublicKey::parse(&format!("{PUBLIC}\n")).unwrap(), key.public());
        assert!(SigningKey::from_pem(&key.public().to_pem()).is_err());
        assert!(SigningKey::from_pem(SEED).is_err());
        assert!(PublicKey::parse(&key.to_pem()).is_err());
        assert!(!format!("{key:?}").contains(&SEED[..8]));
    }

    #[test]
    fn a_signed_head_says_what_was_signed_and_no_changed_byte_passes() {
        let (key, signed) = (key().public(), signed());
        let head = Head { next: Position(7), hash: Hash([0xab; 32]) };
        assert_eq!(signed.check(Some(&key)).unwrap(), head);
        let text = signed.to_text();
        assert_eq!(SignedHead::parse(&text).unwrap(), signed);
        for at in 0..text.len() - 1 {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                let passes =
                    SignedHead::parse(&changed).is_ok_and(|head| head.check(Some(&key)).is_ok());
                assert!(!passes, "byte {at}, bit {bit}: {changed}");
            }
        }
    }

    #[test]
    fn who_signs_anew_has_another_key_or_none() {
        let (trusted, real) = (key().public(), signed());
        let thief = SigningKey::from_seed(&[9; 32]);
        let cut = Head { next: Position(3), hash: Hash([1; 32]) };
        let mut forged = thief.sign_head(cut, Timestamp(0));
        assert!(forged.check(None).is_ok(), "it is consistent in itself");
        assert!(matches!(forged.check(Some(&trusted)), Err(BadSignature::OtherKey { .. })));
        forged.signed.key = trusted.to_string();
        assert_eq!(forged.check(Some(&trusted)), Err(BadSignature::Forged));
        forged.signed.signature = real.signed.signature;
        assert_eq!(forged.check(Some(&trusted)), Err(BadSignature::Forged));
    }

    #[test]
    fn what_is_signed_is_plain_text() {
        let statement = Statement::Export {
            next: Position(7),
            hash: "aa".into(),
            at: "2026-01-01T00:00:00.000Z".into(),
            sha256: "bb".into(),
        };
        let text = "workflow-export 1\nnext 7\nhash aa\nat 2026-01-01T00:00:00.000Z\nsha256 bb\n";
        assert_eq!(statement.to_string(), text);
    }
}
