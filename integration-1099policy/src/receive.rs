//! A webhook's bytes to a delivery: authenticated, bounded, reduced. Pure.
//!
//! A delivery is a hint; what it says is read back before anything rests on it (`confirm.rs`). How 1099Policy signs is
//! not published in any source that could be read, so the scheme is a profile. Deliberately absent: the server around
//! it, and keeping what came. Read `receive/signature.rs` for the schemes.

mod signature;

use workflow_core::time::Timestamp;

use crate::delivery::Delivery;
use crate::secret::Secret;

/// The largest body looked at. Events are below 20 kB; this leaves room for odd ones.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// How deliveries are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Not at all. Fit only where every hint is read back and the address cannot be guessed.
    None,
    /// A header with the hexadecimal HMAC-SHA256 of the body, with or without `sha256=`.
    HmacHex {
        /// The header's name.
        header: String,
    },
    /// A header `t=<seconds>,v1=<hex>` over `<seconds>.<body>`, as Stripe does.
    TimestampedV1 {
        /// The header's name.
        header: String,
    },
    /// Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`, or the same with `svix-`.
    StandardWebhooks,
}

/// Why secrets and profile do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReceiver {
    /// A signing profile without any secret, or with an empty one.
    #[error("a webhook secret is missing or empty: anyone could sign with it")]
    EmptySecret,
    /// Standard Webhooks secrets are base64 after `whsec_`.
    #[error("a Standard Webhooks secret is base64 after `whsec_`")]
    NotBase64,
    /// The profile names no header.
    #[error("the profile's header name is empty")]
    NoHeader,
}

/// Why a delivery is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Larger than [`BODY_BYTES_MAX`].
    #[error("the body is larger than 256 KiB")]
    TooLarge,
    /// A header that the profile needs is missing.
    #[error("a signature header is missing")]
    Unsigned,
    /// A header that the profile needs cannot be read.
    #[error("a signature header cannot be read")]
    Malformed,
    /// More signatures than anyone rotates.
    #[error("more than 8 signatures")]
    TooManySignatures,
    /// Signed too long ago, or in the future.
    #[error("signed more than 300 seconds away from now")]
    Stale,
    /// No signature is ours.
    #[error("no signature fits")]
    Forged,
    /// Not signed by profile, and not an event either.
    #[error("the body is no event")]
    NotAnEvent,
}

/// Signs a body by the profile `hmac-hex`, as a provider does: for whoever tries a door of their own.
pub fn hmac_hex(secret: &Secret, body: &[u8]) -> Result<String, Refused> {
    signature::hmac_hex_of(secret, body)
}

/// Takes webhooks in by one profile.
#[derive(Clone)]
pub struct Receiver {
    profile: Profile,
    keys: Vec<Vec<u8>>,
}

impl Receiver {
    /// A receiver that knows these secrets, the current first; during a rotation there are two.
    pub fn new(profile: Profile, secrets: &[Secret]) -> Result<Self, BadReceiver> {
        let header = match &profile {
            Profile::None => return Ok(Self { profile, keys: Vec::new() }),
            Profile::HmacHex { header } | Profile::TimestampedV1 { header } => header.as_str(),
            Profile::StandardWebhooks => "webhook-signature",
        };
        if header.trim().is_empty() {
            return Err(BadReceiver::NoHeader);
        }
        let key = |secret: &Secret| signature::key(&profile, secret);
        let keys = secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() || keys.iter().any(Vec::is_empty) {
            return Err(BadReceiver::EmptySecret);
        }
        Ok(Self { profile, keys })
    }

    /// Takes one delivery in. Header names are compared without case; `body` is what came, untouched.
    ///
    /// A well-signed body that is no event is taken in as [`crate::delivery::UNREADABLE`]: its sender would only send it
    /// again, and a person should see that it came.
    pub fn receive(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Delivery, Refused> {
        if body.len() > BODY_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        if self.profile == Profile::None {
            return Delivery::read(body).ok_or(Refused::NotAnEvent);
        }
        let matched = signature::verify(&self.profile, &self.keys, headers, body, now)?;
        tracing::debug!(secret = matched, size = body.len(), "1099Policy webhook verified");
        Ok(Delivery::read(body).unwrap_or_else(|| Delivery::unreadable(body)))
    }
}

#[cfg(test)]
mod tests;
