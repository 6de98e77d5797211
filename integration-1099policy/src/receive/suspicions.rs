//! What is suspected when a signature does not fit: each usual mistake is named, and nothing else.

use super::tests::{EVENT, NOW, headers, secrets};
use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn receiver(profile: Profile, secret: &str) -> Receiver {
    Receiver::new(profile, &secrets(&[secret])).unwrap()
}

fn hex() -> Profile {
    Profile::HmacHex { header: "X-Signature".into() }
}

fn timed() -> Profile {
    Profile::TimestampedV1 { header: "X-Signature".into() }
}

/// What is suspected when `sender` signed `sent` and `ours` got `came`.
fn suspected(sender: &Receiver, sent: &[u8], ours: &Receiver, came: &[u8]) -> Vec<Suspicion> {
    let headers = sender.sign("msg_1", sent, NOW).unwrap();
    assert!(ours.receive(&headers, came, NOW).is_err());
    ours.suspect(&headers, came)
}

#[test]
fn an_altered_body_is_told_by_what_happened_to_it() {
    let ours = receiver(hex(), SECRET);
    let altered =
        |sent: &str, came: &str| suspected(&ours, sent.as_bytes(), &ours, came.as_bytes());
    let is = |altered| vec![Suspicion::BodyAltered(altered)];
    assert_eq!(altered(r#"{"a":1}"#, "{\"a\":1}\n"), is(Altered::NewlineAdded));
    assert_eq!(altered("{\"a\":1}\n", r#"{"a":1}"#), is(Altered::NewlineLost));
    assert_eq!(altered("{\r\n}\r\n", "{\n}\n"), is(Altered::LineEnds));
    let odd = r#"{"b":[2,3],"a":"x, \"y\\\\: "}"#;
    let spaced = odd.replace("b\":[2,", "b\": [2, ").replace("],\"a\":", "], \"a\": ");
    assert_eq!(altered(odd, &spaced), is(Altered::Rewritten));
    assert_eq!(altered(&spaced, odd), is(Altered::Rewritten));
    assert_eq!(altered(r#"{"a":1}"#, r#"{"a":2}"#), [], "nothing explains it");
}

#[test]
fn a_secret_taken_otherwise_is_told() {
    let plain = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let blank = receiver(hex(), " s3cret-of-the-door ");
    let right = receiver(hex(), "s3cret-of-the-door");
    assert_eq!(suspected(&right, EVENT, &blank, EVENT), [Suspicion::SecretWithBlanks]);
    let text = receiver(timed(), plain);
    let decoded = receiver(Profile::StandardWebhooks, SECRET);
    let told = suspected(&decoded, EVENT, &text, EVENT);
    let standard = Suspicion::OtherProfile { profile: "standard-webhooks", header: String::new() };
    assert_eq!(told, [standard]);
}

#[test]
fn another_profile_is_told_with_its_header() {
    for (sender, ours, profile, header) in [
        (hex(), timed(), "hmac-hex", "X-Signature"),
        (timed(), hex(), "t-v1", "X-Signature"),
        (Profile::StandardWebhooks, timed(), "standard-webhooks", ""),
        (Profile::HmacHex { header: "X-Other".into() }, hex(), "hmac-hex", "X-Other"),
        (Profile::SharedToken { header: "X-Token".into() }, hex(), "shared-token", "X-Token"),
    ] {
        let told = suspected(&receiver(sender, SECRET), EVENT, &receiver(ours, SECRET), EVENT);
        assert_eq!(told, [Suspicion::OtherProfile { profile, header: header.into() }]);
        assert!(told[0].to_string().contains(profile) && !told[0].to_string().contains(SECRET));
    }
}

#[test]
fn another_secret_is_suspected_of_nothing() {
    let (sender, ours) = (receiver(timed(), "whsec_b3RoZXI="), receiver(timed(), SECRET));
    assert_eq!(suspected(&sender, EVENT, &ours, EVENT), []);
    let late = Timestamp::from_secs(NOW.as_secs() + 4000);
    let headers_of = ours.sign("msg_1", EVENT, NOW).unwrap();
    assert_eq!(ours.receive(&headers_of, EVENT, late), Err(Refused::Stale));
    assert_eq!(ours.suspect(&headers_of, EVENT), [], "only too late");
    assert_eq!(ours.signed_ahead_secs(&headers_of, late), Some(-4000));
    assert_eq!(ours.signed_ahead_secs(&headers(&[]), late), None);
}
