//! The signature schemes over the raw body, compared in constant time and over their whole length.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use workflow_core::time::Timestamp;

use super::{BadReceiver, Profile, Refused};
use crate::secret::Secret;

/// Signatures as bytes.
type Signatures = Vec<Vec<u8>>;

/// How many signatures one delivery may carry: rotation needs two.
const SIGNATURES_MAX: usize = 8;
/// How far a signed moment may lie from now, both ways, in seconds.
pub const TOLERANCE_SECS: u64 = 300;

/// What verifies.
#[derive(Clone)]
pub(super) enum Key {
    /// Known to both sides.
    Shared(Vec<u8>),
    /// The sender's public half.
    Public(Box<VerifyingKey>),
}

impl Key {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Key::Shared(bytes) => bytes.is_empty(),
            Key::Public(_) => false,
        }
    }
}

/// What a delivery's headers claim.
enum Claim {
    /// It knows the token.
    Token(String),
    /// These sign `before` and then the body.
    Signed { before: Vec<u8>, digests: Vec<Vec<u8>>, asymmetric: Vec<Vec<u8>> },
}

/// A secret as key: Standard Webhooks wraps the bytes in base64, the others use the text as it is.
pub(super) fn key(profile: &Profile, secret: &Secret) -> Result<Key, BadReceiver> {
    let text = secret.reveal();
    match profile {
        Profile::StandardWebhooks => {
            if text.starts_with("whsk_") {
                return Err(BadReceiver::NotAPublicKey);
            }
            if let Some(encoded) = text.strip_prefix("whpk_") {
                let bytes = STANDARD.decode(encoded).map_err(|_| BadReceiver::NotAPublicKey)?;
                let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| BadReceiver::NotAPublicKey)?;
                let key = VerifyingKey::from_bytes(&bytes);
                // A weak key is one under which anybody can make signatures.
                let key = key.ok().filter(|key| !key.is_weak());
                return key.map(|key| Key::Public(Box::new(key))).ok_or(BadReceiver::NotAPublicKey);
            }
            let encoded = text.strip_prefix("whsec_").unwrap_or(text);
            STANDARD.decode(encoded).map(Key::Shared).map_err(|_| BadReceiver::NotBase64)
        }
        Profile::None
        | Profile::SharedToken { .. }
        | Profile::HmacHex { .. }
        | Profile::TimestampedV1 { .. } => Ok(Key::Shared(text.as_bytes().to_vec())),
    }
}

/// Which of the keys signed the delivery.
pub(super) fn verify(
    profile: &Profile,
    keys: &[Key],
    headers: &[(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<usize, Refused> {
    let (claim, moment) = claim(profile, headers)?;
    if let Some(moment) = moment {
        within_tolerance(moment, now)?;
    }
    keys.iter().position(|key| fits(&claim, key, body)).ok_or(Refused::Forged)
}

/// The moment that a delivery says it was signed at.
pub(super) fn moment(profile: &Profile, headers: &[(String, String)]) -> Option<i64> {
    claim(profile, headers).ok()?.1
}

/// Whether the headers claim what this key confirms; the moment is not looked at.
pub(super) fn is_signed_with(
    profile: &Profile,
    key: &Key,
    headers: &[(String, String)],
    body: &[u8],
) -> bool {
    claim(profile, headers).is_ok_and(|(claim, _)| fits(&claim, key, body))
}

fn claim(profile: &Profile, headers: &[(String, String)]) -> Result<(Claim, Option<i64>), Refused> {
    let digests = |before, digests| Claim::Signed { before, digests, asymmetric: Vec::new() };
    match profile {
        // A profile without signatures has nothing to verify against; the receiver never asks.
        Profile::None => Err(Refused::Unsigned),
        Profile::SharedToken { header } => {
            Ok((Claim::Token(one(headers, header)?.to_owned()), None))
        }
        Profile::HmacHex { header } => {
            Ok((digests(Vec::new(), hmac_hex(&all(headers, header))?), None))
        }
        Profile::TimestampedV1 { header } => {
            let (moment, signatures) = timestamped(one(headers, header)?)?;
            Ok((digests(format!("{moment}.").into_bytes(), signatures), Some(moment)))
        }
        Profile::StandardWebhooks => {
            let family = if one(headers, "webhook-id").is_ok() { "webhook" } else { "svix" };
            let named = |part: &str| one(headers, &format!("{family}-{part}"));
            let (id, moment) = (named("id")?, named("timestamp")?);
            let secs = seconds(moment)?;
            let (digests, asymmetric) = versioned(named("signature")?)?;
            let before = format!("{id}.{moment}.").into_bytes();
            Ok((Claim::Signed { before, digests, asymmetric }, Some(secs)))
        }
    }
}

fn fits(claim: &Claim, key: &Key, body: &[u8]) -> bool {
    match (claim, key) {
        (Claim::Token(token), Key::Shared(key)) => token.as_bytes().ct_eq(key).into(),
        (Claim::Signed { before, digests, .. }, Key::Shared(key)) => {
            let mac = mac(key, before, body);
            digests.iter().any(|digest| mac.clone().verify_slice(digest).is_ok())
        }
        (Claim::Signed { before, asymmetric, .. }, Key::Public(key)) => {
            let signed = [before.as_slice(), body].concat();
            let signatures =
                asymmetric.iter().filter_map(|bytes| Signature::from_slice(bytes).ok());
            signatures.into_iter().any(|signature| key.verify_strict(&signed, &signature).is_ok())
        }
        (Claim::Token(_), Key::Public(_)) => false,
    }
}

fn mac(key: &[u8], before: &[u8], body: &[u8]) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.chain_update(before).chain_update(body)
}

/// The signature of the `hmac-hex` profile, in hexadecimal.
pub(super) fn hmac_hex_of(key: &[u8], body: &[u8]) -> String {
    hex::encode(mac(key, b"", body).finalize().into_bytes())
}

/// The headers that sign a body now; `None` where the secret's other half would be needed.
pub(super) fn sign(
    profile: &Profile,
    secret: Option<&Secret>,
    key: Option<&Key>,
    id: &str,
    body: &[u8],
    now: Timestamp,
) -> Option<Vec<(String, String)>> {
    if *profile == Profile::None {
        return Some(Vec::new());
    }
    let Some(Key::Shared(key)) = key else { return None };
    let secs = now.as_secs();
    Some(match profile {
        Profile::None => Vec::new(),
        Profile::SharedToken { header } => vec![(header.clone(), secret?.reveal().to_owned())],
        Profile::HmacHex { header } => vec![(header.clone(), hmac_hex_of(key, body))],
        Profile::TimestampedV1 { header } => {
            let mac = mac(key, format!("{secs}.").as_bytes(), body);
            let digest = hex::encode(mac.finalize().into_bytes());
            vec![(header.clone(), format!("t={secs},v1={digest}"))]
        }
        Profile::StandardWebhooks => {
            let mac = mac(key, format!("{id}.{secs}.").as_bytes(), body);
            let digest = STANDARD.encode(mac.finalize().into_bytes());
            vec![
                ("webhook-id".to_owned(), id.to_owned()),
                ("webhook-timestamp".to_owned(), secs.to_string()),
                ("webhook-signature".to_owned(), format!("v1,{digest}")),
            ]
        }
    })
}

fn all<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

/// A header that may come once: which of two would be meant?
fn one<'a>(headers: &'a [(String, String)], name: &str) -> Result<&'a str, Refused> {
    match all(headers, name).as_slice() {
        [] => Err(Refused::Unsigned),
        [value] => Ok(value),
        _ => Err(Refused::Malformed),
    }
}

fn hmac_hex(values: &[&str]) -> Result<Vec<Vec<u8>>, Refused> {
    if values.is_empty() {
        return Err(Refused::Unsigned);
    }
    bounded(values.iter().flat_map(|value| value.split(',')), |part| {
        Some(part.strip_prefix("sha256=").unwrap_or(part))
    })
}

/// `t=<seconds>,v1=<hex>[,v1=<hex>...]`; other schemes beside `v1` are passed over.
fn timestamped(value: &str) -> Result<(i64, Vec<Vec<u8>>), Refused> {
    let mut moments = value.split(',').filter_map(|part| part.trim().strip_prefix("t="));
    let (Some(moment), None) = (moments.next(), moments.next()) else {
        return Err(Refused::Malformed);
    };
    let signatures = bounded(value.split(','), |part| part.strip_prefix("v1="))?;
    Ok((seconds(moment)?, signatures))
}

/// The hexadecimal signatures among `parts`, of which `of` picks and strips each.
fn bounded<'a>(
    parts: impl Iterator<Item = &'a str>,
    of: impl Fn(&'a str) -> Option<&'a str>,
) -> Result<Vec<Vec<u8>>, Refused> {
    let picked: Vec<&str> = parts.filter_map(|part| of(part.trim())).collect();
    if picked.len() > SIGNATURES_MAX {
        return Err(Refused::TooManySignatures);
    }
    picked.into_iter().map(|part| hex::decode(part).map_err(|_| Refused::Malformed)).collect()
}

/// `v1,<base64> v1a,<base64>`: the digests and the asymmetric signatures; other versions are passed over.
fn versioned(value: &str) -> Result<(Signatures, Signatures), Refused> {
    let entries: Vec<&str> = value.split_ascii_whitespace().collect();
    if entries.len() > SIGNATURES_MAX {
        return Err(Refused::TooManySignatures);
    }
    let of = |version: &str| -> Result<Vec<Vec<u8>>, Refused> {
        let ours = entries.iter().filter_map(|entry| entry.strip_prefix(version));
        ours.map(|encoded| STANDARD.decode(encoded).map_err(|_| Refused::Malformed)).collect()
    };
    Ok((of("v1,")?, of("v1a,")?))
}

/// Digits only, so that what is signed again is what was read.
fn seconds(text: &str) -> Result<i64, Refused> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if !canonical {
        return Err(Refused::Malformed);
    }
    text.parse().map_err(|_| Refused::Malformed)
}

fn within_tolerance(signed_secs: i64, now: Timestamp) -> Result<(), Refused> {
    if signed_secs.abs_diff(now.as_secs()) > TOLERANCE_SECS {
        return Err(Refused::Stale);
    }
    Ok(())
}
