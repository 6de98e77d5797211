//! A notice's bytes and their signature, as Standard Webhooks 1.0 has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use integration_1099policy::secret::Secret;
use serde::Serialize;
use sha2::Sha256;
use workflow_core::domain::notice::Note;

/// What signs a notice. Shows nothing of itself.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

/// A secret that cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a Standard Webhooks secret is 24 to 64 bytes in base64, with or without `whsec_` before it"
)]
pub struct BadSecret;

impl SigningKey {
    /// Reads a secret, `whsec_` and base64.
    pub fn read(secret: &Secret) -> Result<Self, BadSecret> {
        let text = secret.reveal();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSecret) }
    }
}

/// The header `webhook-signature`: one signature for each key, so that a receiver may change over when it likes.
pub fn signature(keys: &[SigningKey], id: &str, timestamp_secs: i64, body: &[u8]) -> String {
    let one = |key: &SigningKey| {
        let mac =
            Hmac::<Sha256>::new_from_slice(&key.0).expect("an HMAC takes a key of any length");
        let signed = mac.chain_update(format!("{id}.{timestamp_secs}.")).chain_update(body);
        format!("v1,{}", STANDARD.encode(signed.finalize().into_bytes()))
    };
    keys.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    tenant: &'a str,
    placement: &'a str,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncovered_from: Option<String>,
}

/// The body: the same bytes at every attempt.
pub fn body(tenant: &str, note: &Note) -> Vec<u8> {
    let message = Message {
        r#type: note.topic.name(),
        timestamp: note.at.to_string(),
        data: Data {
            tenant,
            placement: note.placement.as_str(),
            state: &note.state,
            link: note.link.as_deref(),
            uncovered_from: note.uncovered_from.map(|day| day.to_string()),
        },
    };
    serde_json::to_vec(&message).expect("texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks libraries.
    #[test]
    fn it_signs_as_the_published_example_does() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let key = SigningKey::read(&secret).unwrap();
        let signed = signature(
            &[key],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_told_from_one() {
        for bad in ["", "whsec_", "whsec_short", "not base64 at all, and rather long for it"] {
            assert!(SigningKey::read(&Secret::new(bad)).is_err(), "{bad}");
        }
    }
}
