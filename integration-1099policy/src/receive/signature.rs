//! The signature schemes: HMAC-SHA256 over the raw body, compared in constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use workflow_core::time::Timestamp;

use super::{BadReceiver, Profile, Refused};
use crate::secret::Secret;

/// How many signatures one delivery may carry: rotation needs two.
const SIGNATURES_MAX: usize = 8;
/// How far a signed moment may lie from now, both ways.
const TOLERANCE_SECS: u64 = 300;

type Signatures = Vec<Vec<u8>>;

/// A secret as key: Standard Webhooks wraps the bytes in base64, the others use the text as it is.
pub(super) fn key(profile: &Profile, secret: &Secret) -> Result<Vec<u8>, BadReceiver> {
    let text = secret.reveal();
    match profile {
        Profile::StandardWebhooks => {
            let encoded = text.strip_prefix("whsec_").unwrap_or(text);
            STANDARD.decode(encoded).map_err(|_| BadReceiver::NotBase64)
        }
        Profile::None | Profile::HmacHex { .. } | Profile::TimestampedV1 { .. } => {
            Ok(text.as_bytes().to_vec())
        }
    }
}

/// Which of the keys signed the delivery.
pub(super) fn verify(
    profile: &Profile,
    keys: &[Vec<u8>],
    headers: &[(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<usize, Refused> {
    let (signed, signatures) = match profile {
        // A profile without signatures has nothing to verify against; the receiver never asks.
        Profile::None => return Err(Refused::Unsigned),
        Profile::HmacHex { header } => (Vec::new(), hmac_hex(&all(headers, header))?),
        Profile::TimestampedV1 { header } => {
            let (moment, signatures) = timestamped(one(headers, header)?)?;
            within_tolerance(moment, now)?;
            (format!("{moment}.").into_bytes(), signatures)
        }
        Profile::StandardWebhooks => {
            let family = if one(headers, "webhook-id").is_ok() { "webhook" } else { "svix" };
            let named = |part: &str| one(headers, &format!("{family}-{part}"));
            let (id, moment) = (named("id")?, named("timestamp")?);
            within_tolerance(seconds(moment)?, now)?;
            (format!("{id}.{moment}.").into_bytes(), versioned(named("signature")?)?)
        }
    };
    for (index, key) in keys.iter().enumerate() {
        let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Refused::Forged)?;
        let mac = mac.chain_update(&signed).chain_update(body);
        if signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()) {
            return Ok(index);
        }
    }
    Err(Refused::Forged)
}

/// The signature of the `hmac-hex` profile, in hexadecimal.
pub(super) fn hmac_hex_of(secret: &Secret, body: &[u8]) -> Result<String, Refused> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes());
    let mac = mac.map_err(|_| Refused::Forged)?;
    Ok(hex::encode(mac.chain_update(body).finalize().into_bytes()))
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

fn hmac_hex(values: &[&str]) -> Result<Signatures, Refused> {
    if values.is_empty() {
        return Err(Refused::Unsigned);
    }
    bounded(values.iter().flat_map(|value| value.split(',')), |part| {
        Some(part.strip_prefix("sha256=").unwrap_or(part))
    })
}

/// `t=<seconds>,v1=<hex>[,v1=<hex>...]`; other schemes beside `v1` are passed over.
fn timestamped(value: &str) -> Result<(i64, Signatures), Refused> {
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
) -> Result<Signatures, Refused> {
    let picked: Vec<&str> = parts.filter_map(|part| of(part.trim())).collect();
    if picked.len() > SIGNATURES_MAX {
        return Err(Refused::TooManySignatures);
    }
    picked.into_iter().map(|part| hex::decode(part).map_err(|_| Refused::Malformed)).collect()
}

/// `v1,<base64> v1,<base64>`; other versions, such as the asymmetric `v1a`, are passed over.
fn versioned(value: &str) -> Result<Signatures, Refused> {
    let entries: Vec<&str> = value.split_ascii_whitespace().collect();
    if entries.len() > SIGNATURES_MAX {
        return Err(Refused::TooManySignatures);
    }
    let ours = entries.into_iter().filter_map(|entry| entry.strip_prefix("v1,"));
    ours.map(|encoded| STANDARD.decode(encoded).map_err(|_| Refused::Malformed)).collect()
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
