//! A webhook's bytes to a delivery: authenticated, bounded, reduced. Pure.
//!
//! A delivery is a hint; what it says is read back before anything rests on it (`confirm.rs`). How 1099Policy signs is
//! not published in any source that could be read, so the scheme is a profile. Deliberately absent: the server around
//! it, and keeping what came. Read `receive/signature.rs` for the schemes, `receive/suspect.rs` for why one may not fit.

mod signature;
mod suspect;

use workflow_core::time::Timestamp;

use crate::delivery::Delivery;
use crate::secret::Secret;

pub use signature::TOLERANCE_SECS;
pub use suspect::Suspicion;
pub use workflow_core::altered::Altered;

/// The largest body looked at. Events are below 20 kB; this leaves room for odd ones.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// How deliveries are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Not at all. Fit only where every hint is read back and the address cannot be guessed.
    None,
    /// A header that holds the secret itself. It says nothing of the body, and whoever sees one request has the secret.
    SharedToken {
        /// The header's name.
        header: String,
    },
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
    /// Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`, or the same with `svix-`. A secret
    /// `whsec_...` checks `v1` (HMAC-SHA256), a public key `whpk_...` checks `v1a` (ed25519).
    StandardWebhooks,
}

impl Profile {
    /// Its name in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Profile::None => "none",
            Profile::SharedToken { .. } => "shared-token",
            Profile::HmacHex { .. } => "hmac-hex",
            Profile::TimestampedV1 { .. } => "t-v1",
            Profile::StandardWebhooks => "standard-webhooks",
        }
    }

    /// The headers without which a delivery is not signed.
    pub fn headers(&self) -> Vec<String> {
        match self {
            Profile::None => Vec::new(),
            Profile::SharedToken { header }
            | Profile::HmacHex { header }
            | Profile::TimestampedV1 { header } => vec![header.clone()],
            Profile::StandardWebhooks => {
                ["webhook-id", "webhook-timestamp", "webhook-signature"].map(str::to_owned).into()
            }
        }
    }

    /// Whether it signs the moment of sending, so that a captured delivery grows stale.
    pub fn is_timed(&self) -> bool {
        matches!(self, Profile::TimestampedV1 { .. } | Profile::StandardWebhooks)
    }
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
    /// A public key is 32 bytes in base64 after `whpk_`; the private one belongs to the sender alone.
    #[error(
        "a Standard Webhooks public key is 32 bytes in base64 after `whpk_`; `whsk_` is the sender's own"
    )]
    NotAPublicKey,
    /// The profile names no header, or one that cannot be.
    #[error("the profile's header name is empty or no header's name")]
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

/// Which of the secrets a delivery was signed with; its name may be logged, the secret never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignedBy {
    /// With none: the profile asks for none.
    Nobody,
    /// The one in use.
    Current,
    /// The one before it, during a rotation.
    Previous,
}

impl SignedBy {
    /// Its name in logs.
    pub fn name(self) -> &'static str {
        match self {
            SignedBy::Nobody => "none",
            SignedBy::Current => "current",
            SignedBy::Previous => "previous",
        }
    }

    fn of_index(index: usize) -> Self {
        if index == 0 { SignedBy::Current } else { SignedBy::Previous }
    }
}

/// A delivery that was taken in, and what vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What came.
    pub delivery: Delivery,
    /// Which secret signed it.
    pub signed_by: SignedBy,
}

/// Signs a body by the profile `hmac-hex`, as a provider does: for whoever tries a door of their own.
pub fn hmac_hex(secret: &Secret, body: &[u8]) -> Result<String, Refused> {
    Ok(signature::hmac_hex_of(secret.reveal().as_bytes(), body))
}

/// Takes webhooks in by one profile.
#[derive(Clone)]
pub struct Receiver {
    profile: Profile,
    keys: Vec<signature::Key>,
    secrets: Vec<Secret>,
}

impl Receiver {
    /// A receiver that knows these secrets, the current first; during a rotation there are two.
    pub fn new(profile: Profile, secrets: &[Secret]) -> Result<Self, BadReceiver> {
        if profile == Profile::None {
            return Ok(Self { profile, keys: Vec::new(), secrets: Vec::new() });
        }
        if !profile.headers().iter().all(|header| is_header_name(header)) {
            return Err(BadReceiver::NoHeader);
        }
        let key = |secret: &Secret| signature::key(&profile, secret);
        let keys = secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() || keys.iter().any(signature::Key::is_empty) {
            return Err(BadReceiver::EmptySecret);
        }
        Ok(Self { profile, keys, secrets: secrets.to_vec() })
    }

    /// How it expects deliveries to be signed.
    pub fn profile(&self) -> &Profile {
        &self.profile
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
        self.receive_signed(headers, body, now).map(|received| received.delivery)
    }

    /// The same, saying which secret signed it.
    pub fn receive_signed(
        &self,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Received, Refused> {
        if body.len() > BODY_BYTES_MAX {
            return Err(Refused::TooLarge);
        }
        if self.profile == Profile::None {
            let delivery = Delivery::read(body).ok_or(Refused::NotAnEvent)?;
            return Ok(Received { delivery, signed_by: SignedBy::Nobody });
        }
        let matched = signature::verify(&self.profile, &self.keys, headers, body, now)?;
        let delivery = Delivery::read(body).unwrap_or_else(|| Delivery::unreadable(body));
        Ok(Received { delivery, signed_by: SignedBy::of_index(matched) })
    }

    /// The headers that sign a body as the provider would: for whoever tries a door of their own. `None` where only the
    /// provider can sign.
    pub fn sign(&self, id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        signature::sign(&self.profile, self.secrets.first(), self.keys.first(), id, body, now)
    }

    /// By how many seconds the signed moment lies after now, where a moment is signed and can be read.
    pub fn signed_ahead_secs(&self, headers: &[(String, String)], now: Timestamp) -> Option<i64> {
        let moment = signature::moment(&self.profile, headers)?;
        Some(moment.saturating_sub(now.as_secs()))
    }

    /// Why a delivery may have been refused, for a person who sets webhooks up: each suspicion was tried and would have
    /// made it fit.
    pub fn suspect(&self, headers: &[(String, String)], body: &[u8]) -> Vec<Suspicion> {
        suspect::suspect(&self.profile, &self.secrets, headers, body)
    }
}

/// The characters that RFC 9110 allows in a header's name.
fn is_header_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

#[cfg(test)]
mod suspicions;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
