//! What reads bytes from outside, for whoever throws bytes at it: each function says which road the bytes took, and
//! panics when something that is promised of all bytes does not hold.
//!
//! Only with the feature `fuzzing`; nothing of the product uses it. `docs/fuzz.md` tells how it is run.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use workflow_core::domain::call::Refusal;
use workflow_core::time::Timestamp;

use crate::delivery::Delivery;
use crate::receive::{Profile, Receiver, Refused};
use crate::secret::Secret;
use crate::wire::error::Problem;
use crate::wire::lenient;
use crate::wire::quote::Quote;
use crate::{interpret, wire};

const NOW: Timestamp = Timestamp::from_secs(1_764_300_000);
/// The bytes `canary-webhook-secret`, wrapped as Standard Webhooks wraps them.
const WRAPPED: &str = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0";
const SECRET: &str = "canary-webhook-secret";
const HEADER: &str = "X-Signature";

/// A webhook. The first byte says how it is signed: `0` not at all, `1` to `3` well by one of the three profiles, `4` to `6`
/// well but altered afterwards, anything else by its own first line.
pub fn webhook(bytes: &[u8]) -> String {
    let Some((how, rest)) = bytes.split_first() else { return String::new() };
    let profile = match how % 3 {
        1 => Profile::HmacHex { header: HEADER.to_owned() },
        2 => Profile::TimestampedV1 { header: HEADER.to_owned() },
        _ => Profile::StandardWebhooks,
    };
    let (altered, own) = (matches!(how, b'4'..=b'6'), !matches!(how, b'0'..=b'6'));
    let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let (headers, body) = match (own, &profile) {
        (true, profile) => {
            let value = String::from_utf8_lossy(&rest[..line]).into_owned();
            (own_headers(profile, value), rest.get(line + 1..).unwrap_or_default())
        }
        (false, profile) => (signed(profile, rest), rest),
    };
    if *how == b'0' {
        let taken = receiver(Profile::None).receive(&[], body, NOW);
        return told(*how, taken, body);
    }
    let receiver = receiver(profile);
    if altered {
        let mut other = body.to_vec();
        match other.last_mut() {
            Some(last) => *last ^= 1,
            None => other.push(b' '),
        }
        let taken = receiver.receive(&headers, &other, NOW);
        assert_eq!(taken, Err(Refused::Forged), "an altered body was taken");
    }
    told(*how, receiver.receive(&headers, body, NOW), body)
}

fn receiver(profile: Profile) -> Receiver {
    let secret = if profile == Profile::StandardWebhooks { WRAPPED } else { SECRET };
    Receiver::new(profile, &[Secret::new(secret)]).expect("the secret fits its profile")
}

fn own_headers(profile: &Profile, value: String) -> Vec<(String, String)> {
    match profile {
        Profile::StandardWebhooks => vec![
            ("webhook-id".to_owned(), "msg_1".to_owned()),
            ("webhook-timestamp".to_owned(), NOW.as_secs().to_string()),
            ("webhook-signature".to_owned(), value),
        ],
        Profile::None
        | Profile::SharedToken { .. }
        | Profile::HmacHex { .. }
        | Profile::TimestampedV1 { .. } => vec![(HEADER.to_owned(), value)],
    }
}

fn signed(profile: &Profile, body: &[u8]) -> Vec<(String, String)> {
    let now = NOW.as_secs();
    let mac = |before: String| {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any bytes are a key");
        mac.chain_update(before).chain_update(body).finalize().into_bytes()
    };
    let value = match profile {
        Profile::None => String::new(),
        Profile::SharedToken { .. } => SECRET.to_owned(),
        Profile::HmacHex { .. } => format!("sha256={}", hex::encode(mac(String::new()))),
        Profile::TimestampedV1 { .. } => {
            format!("t={now},v1={}", hex::encode(mac(format!("{now}."))))
        }
        Profile::StandardWebhooks => {
            format!("v1,{}", STANDARD.encode(mac(format!("msg_1.{now}."))))
        }
    };
    own_headers(profile, value)
}

fn told(how: u8, taken: Result<Delivery, Refused>, body: &[u8]) -> String {
    let how = char::from(how);
    match taken {
        Err(refused) => format!("{how} {refused}"),
        Ok(delivery) => {
            assert_eq!(delivery.size, body.len());
            let kept = serde_json::to_string(&delivery).expect("a delivery is JSON");
            assert!(!kept.contains('@') && kept.len() < 4096, "a delivery tells too much");
            let interest = format!("{:?}", interpret::interpret(&delivery));
            let interest = interest.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
            let family = delivery.kind.split('.').next().unwrap_or_default().to_owned();
            let known = ["application", "policy", "assignment", "certificate", "invoice"];
            let family = known.iter().find(|known| **known == family).unwrap_or(&"other");
            let subjects: Vec<&String> = delivery.subjects.keys().collect();
            format!("{how} {family} {subjects:?} {interest} {}", delivery.created.is_some())
        }
    }
}

/// A quote whose `quote_json` is these bytes, as JSON or as a text (a Python dictionary's, say): the quote is read as if
/// it had none. And the bytes as a whole quote.
pub fn quote_json(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let parsed: Option<Value> = serde_json::from_slice(bytes).ok();
    let mut road = String::new();
    for odd in [Some(Value::String(text)), parsed.clone()].into_iter().flatten() {
        let mut body = json!({
            "id": "qt_1", "contractor": "cn_1", "job": "jb_1", "net_rate": 82, "eligible": true,
            "coverage_type": ["general"], "effective_date": 1_764_300_000, "end_date": 1_766_892_000,
        });
        let plain = read(body.clone());
        body["quote_json"] = odd;
        assert_eq!(read(body.clone()), plain, "quote_json changes how a quote is read");
        // Over the wire it is text.
        let wired: Value =
            serde_json::from_str(&body.to_string()).expect("what is written is JSON");
        assert_eq!(read(wired), plain, "quote_json changes how a quote is read");
    }
    if let Some(whole) = parsed {
        for item in wire::items(whole.clone()).into_iter().flatten().take(3).chain([whole]) {
            let _ = write!(road, "{};", read(item));
        }
    }
    road
}

fn read(body: Value) -> String {
    let Ok(quote) = wire::object::<Quote>("quote", body) else { return "none".to_owned() };
    let id = quote.quote_id().is_some();
    format!("{id} {} {}", quote.is_eligible(), quote.net_rate.is_some())
}

/// An error's body, its first three bytes the status; and the whole as scalars. Nothing like an e-mail is kept.
pub fn refusal(bytes: &[u8]) -> String {
    let (status, body) = bytes.split_at(bytes.len().min(3));
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    let problem = Problem::read(status.unwrap_or(400), body);
    let about_the_key = problem.is_about_the_key();
    let Refusal { code, message, .. } = problem.into_refusal(status.unwrap_or(400));
    assert!(!message.contains('@') && message.chars().count() <= 1024, "a message tells too much");
    assert!(code.len() <= 64 && !code.contains('@'), "a code is a name");
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let moment = lenient::moment_of(&value).is_some();
    let flag = lenient::flag_of(&value);
    format!(
        "{about_the_key} {} {moment} {flag:?} {}",
        code.len().min(3),
        message.len().checked_ilog2().unwrap_or_default()
    )
}
