//! Standard Webhooks' own vectors, and others made by its reference libraries: `vectors.txt`.
//!
//! Also the property that every profile owes: whoever changes a byte anywhere is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

use super::tests::{EVENT, NOW, headers, secrets};
use super::*;

/// `key id seconds body-in-hex signature`, one a line.
const VECTORS: &str = include_str!("vectors.txt");

/// The published example of an asymmetric signature: its private key, and what it signs.
const ASYMMETRIC_SEED: &str = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const ASYMMETRIC: &str =
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";
const PUBLISHED_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const PUBLISHED_SECS: i64 = 1_614_265_330;
const PUBLISHED_BODY: &[u8] = br#"{"test": 2432232314}"#;

fn standard(secrets_of: &[&str]) -> Receiver {
    Receiver::new(Profile::StandardWebhooks, &secrets(secrets_of)).unwrap()
}

fn signed(id: &str, secs: i64, signature: &str) -> Vec<(String, String)> {
    headers(&[
        ("webhook-id", id),
        ("webhook-timestamp", &secs.to_string()),
        ("webhook-signature", signature),
    ])
}

fn public_key(seed: &str) -> String {
    let seed = STANDARD.decode(seed).unwrap();
    let key = SigningKey::from_bytes(&seed.try_into().unwrap()).verifying_key();
    format!("whpk_{}", STANDARD.encode(key.as_bytes()))
}

#[test]
fn every_vector_verifies_at_its_moment_and_not_301_seconds_away() {
    let mut tried = 0;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let [key, id, secs, body, signature] =
            <[&str; 5]>::try_from(line.split(' ').collect::<Vec<_>>()).unwrap();
        let (secs, body) = (secs.parse::<i64>().unwrap(), hex::decode(body).unwrap());
        let receiver = standard(&[key]);
        let at = |secs: i64| {
            let taken = receiver.receive_signed(
                &signed(id, secs, signature),
                &body,
                Timestamp::from_secs(secs),
            );
            taken.map(|received| received.signed_by)
        };
        assert_eq!(at(secs), Ok(SignedBy::Current), "{line}");
        assert_eq!(at(secs + 1), Err(Refused::Forged), "the moment is signed: {line}");
        for (now, expected) in [
            (secs - 300, None),
            (secs + 300, None),
            (secs - 301, Some(Refused::Stale)),
            (secs + 301, Some(Refused::Stale)),
        ] {
            let now = Timestamp::from_secs(now);
            let taken = receiver.receive(&signed(id, secs, signature), &body, now);
            assert_eq!(taken.err(), expected, "{line}");
        }
        tried += 1;
    }
    assert!(tried >= 60, "{tried}");
}

#[test]
fn the_published_asymmetric_signature_verifies_with_the_public_key_alone() {
    let receiver = standard(&[&public_key(ASYMMETRIC_SEED)]);
    let now = Timestamp::from_secs(PUBLISHED_SECS);
    let take = |signature: &str, body: &[u8]| {
        receiver.receive(&signed(PUBLISHED_ID, PUBLISHED_SECS, signature), body, now).map(drop)
    };
    assert_eq!(take(ASYMMETRIC, PUBLISHED_BODY), Ok(()));
    let listed = format!("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,AAAA {ASYMMETRIC}");
    assert_eq!(take(&listed, PUBLISHED_BODY), Ok(()));
    assert_eq!(take(ASYMMETRIC, b"{}"), Err(Refused::Forged));
    for bad in ["v1a,", "v1a,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", ""] {
        assert_eq!(take(bad, PUBLISHED_BODY), Err(Refused::Forged), "{bad}");
    }
    // A digest keyed with the public key, which everybody knows.
    let as_digest = ASYMMETRIC.replacen("v1a", "v1", 1);
    assert_eq!(take(&as_digest, PUBLISHED_BODY), Err(Refused::Forged));
    let known = STANDARD.decode(&public_key(ASYMMETRIC_SEED)["whpk_".len()..]).unwrap();
    let known = Secret::new(STANDARD.encode(known));
    let forger = Receiver::new(Profile::StandardWebhooks, &[known]).unwrap();
    let forged = forger.sign(PUBLISHED_ID, PUBLISHED_BODY, now).unwrap();
    assert_eq!(receiver.receive(&forged, PUBLISHED_BODY, now), Err(Refused::Forged));
}

#[test]
fn a_rotation_may_lead_from_a_secret_to_a_key_pair() {
    let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let receiver = standard(&[&public_key(ASYMMETRIC_SEED), old]);
    let now = Timestamp::from_secs(PUBLISHED_SECS);
    for (signature, by) in [
        (ASYMMETRIC, SignedBy::Current),
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", SignedBy::Previous),
    ] {
        let headers = signed(PUBLISHED_ID, PUBLISHED_SECS, signature);
        let received = receiver.receive_signed(&headers, PUBLISHED_BODY, now).unwrap();
        assert_eq!(received.signed_by, by);
    }
    assert!(receiver.sign("a", b"b", now).is_none(), "only the provider has the private half");
}

#[test]
fn what_is_no_public_key_is_refused_at_the_start() {
    let weak = format!("whpk_{}", STANDARD.encode([0; 32]));
    for text in
        ["whpk_", "whpk_AAAA", "whpk_?", &weak, "whsk_V0VCSE9PS0FTWU1NRVRSSUNURVNUUFJJVkFURUtFWTE="]
    {
        let refused = Receiver::new(Profile::StandardWebhooks, &secrets(&[text])).err();
        assert_eq!(refused, Some(BadReceiver::NotAPublicKey), "{text}");
    }
}

#[test]
fn a_shared_token_is_compared_over_its_whole_length() {
    let profile = Profile::SharedToken { header: "X-Webhook-Token".into() };
    let receiver =
        Receiver::new(profile, &secrets(&["token-of-today", "token-of-before"])).unwrap();
    let take = |token: &str| {
        let taken = receiver.receive_signed(&headers(&[("x-webhook-token", token)]), EVENT, NOW);
        taken.map(|received| received.signed_by)
    };
    assert_eq!(take("token-of-today"), Ok(SignedBy::Current));
    assert_eq!(take("token-of-before"), Ok(SignedBy::Previous));
    for token in ["", "token-of-toda", "token-of-today2", "Token-of-today", "token-of-todax"] {
        assert_eq!(take(token), Err(Refused::Forged), "{token}");
    }
    assert_eq!(receiver.receive(&[], EVENT, NOW), Err(Refused::Unsigned));
    let twice = headers(&[("x-webhook-token", "a"), ("x-webhook-token", "token-of-today")]);
    assert_eq!(receiver.receive(&twice, EVENT, NOW), Err(Refused::Malformed));
}

/// Each profile with secrets, its receiver, and how it signs.
fn all_profiles() -> Vec<Receiver> {
    let header = || "Ten99Policy-Signature".to_owned();
    let texts = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkIG9uZQ=="];
    [
        Profile::SharedToken { header: header() },
        Profile::HmacHex { header: header() },
        Profile::TimestampedV1 { header: header() },
        Profile::StandardWebhooks,
    ]
    .map(|profile| Receiver::new(profile, &secrets(&texts)).unwrap())
    .into()
}

/// An asymmetrically signed delivery; the receiver knows the public half.
fn asymmetric(body: &[u8]) -> (Receiver, Vec<(String, String)>) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes()));
    let secs = NOW.as_secs();
    let text = [format!("msg_1.{secs}.").as_bytes(), body].concat();
    let signature = STANDARD.encode(key.sign(&text).to_bytes());
    (standard(&[&public]), signed("msg_1", secs, &format!("v1a,{signature}")))
}

/// What is signed by each profile, with whoever takes it.
fn genuine(body: &[u8]) -> Vec<(Receiver, Vec<(String, String)>)> {
    let each = all_profiles().into_iter().map(|receiver| {
        let headers = receiver.sign("msg_1", body, NOW).unwrap();
        (receiver, headers)
    });
    each.chain([asymmetric(body)]).collect()
}

#[test]
fn what_a_receiver_signs_it_takes_and_every_changed_byte_of_a_header_is_refused() {
    for (receiver, headers) in genuine(EVENT) {
        assert_eq!(receiver.receive(&headers, EVENT, NOW).unwrap().key, "ev_1");
        for (at, (name, value)) in headers.iter().enumerate() {
            for place in 0..value.len() {
                for with in [b'0', b'7', b'A', b'z', b',', b'=', b'.', b' ', b'v'] {
                    let mut bytes = value.clone().into_bytes();
                    // Hexadecimal digits have no case.
                    if bytes[place].eq_ignore_ascii_case(&with) {
                        continue;
                    }
                    bytes[place] = with;
                    let mut changed = headers.clone();
                    changed[at].1 = String::from_utf8(bytes).unwrap();
                    let taken = receiver.receive(&changed, EVENT, NOW);
                    assert!(taken.is_err(), "{:?} {name} {place}", receiver.profile());
                }
            }
            let missing: Vec<_> = headers.iter().filter(|(n, _)| n != name).cloned().collect();
            assert_eq!(receiver.receive(&missing, EVENT, NOW), Err(Refused::Unsigned));
        }
    }
}

proptest! {
    #[test]
    fn every_changed_byte_of_a_body_is_refused(body in prop::collection::vec(any::<u8>(), 1..60), at: prop::sample::Index, flip in 1u8..) {
        // A token says nothing of the body.
        for (receiver, headers) in genuine(&body).into_iter().filter(|(r, _)| !matches!(r.profile(), Profile::SharedToken { .. })) {
            prop_assert!(receiver.receive(&headers, &body, NOW).is_ok());
            let mut changed = body.clone();
            changed[at.index(body.len())] ^= flip;
            prop_assert_eq!(receiver.receive(&headers, &changed, NOW), Err(Refused::Forged));
            let longer = [body.as_slice(), &[flip]].concat();
            prop_assert_eq!(receiver.receive(&headers, &longer, NOW), Err(Refused::Forged));
            prop_assert_eq!(receiver.receive(&headers, &body[..body.len() - 1], NOW), Err(Refused::Forged));
        }
    }

    #[test]
    fn no_header_makes_it_panic(value in ".{0,60}|(t=|v1=|v1a,|v1,|sha256=|[0-9a-f,= ]){0,20}", other in "[0-9]{0,22}") {
        for (receiver, headers) in genuine(EVENT) {
            for at in 0..headers.len() {
                for text in [&value, &other] {
                    let mut changed = headers.clone();
                    changed[at].1.clone_from(text);
                    let _ = receiver.receive(&changed, EVENT, NOW);
                    let _ = receiver.signed_ahead_secs(&changed, NOW);
                    let _ = receiver.suspect(&changed, EVENT);
                }
            }
        }
    }
}
