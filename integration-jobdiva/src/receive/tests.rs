//! What is taken and what is refused: each form of signature, rotation, bounds, and only ids are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha1::Sha1;

use super::*;

const SECRET: &str = "tenant-secret";
const BODY: &str = r#"{"type":"salary","operation":"Update","id":"70011000042/1",
    "data":[{"EMPLOYEEID":"70011000042","RECID":"1","ACTIVITYID":"51000777","SALARY":"97","SSN":"1","EMAIL":"a@b.c"}]}"#;

fn sha1_of(body: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    hex::encode(mac.chain_update(body).finalize().into_bytes())
}

fn sha256_of(body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hex::encode(mac.chain_update(body).finalize().into_bytes())
}

fn take(header: &str, value: &str, body: &str) -> Result<Vec<Delivery>, Refused> {
    let headers = BTreeMap::from([(header.to_owned(), value.to_owned())]);
    receive(&headers, body.as_bytes(), &[Secret::new("old"), Secret::new(SECRET)])
}

fn taken(body: &str) -> Vec<Delivery> {
    take("x-hub-signature", &sha1_of(body), body).unwrap()
}

fn subjects_of(body: &str) -> Vec<String> {
    let deliveries = taken(body);
    let pairs = deliveries[0].subjects.iter().map(|(name, id)| format!("{name} {id}"));
    pairs.collect()
}

#[test]
fn every_form_of_signature_is_verified() {
    let (one, two) = (sha1_of(BODY), sha256_of(BODY));
    for (header, value) in [
        ("x-hub-signature", format!("sha1={one}")),
        ("x-hub-signature", one.clone()),
        ("x-hub-signature", one.to_uppercase()),
        ("x-hub-signature", format!("SHA1={}", one.to_uppercase())),
        ("x-hub-signature-256", format!("sha256={two}")),
        ("x-jobdiva-signature", two.clone()),
        ("x-jobdiva-signature", one.clone()),
        ("x-jobdiva-signature", format!("sha1={one}")),
    ] {
        assert!(take(header, &value, BODY).is_ok(), "{header} {value}");
    }
}

#[test]
fn a_wrong_signature_is_refused() {
    let good = sha1_of(BODY);
    for value in ["", "sha1=", "zz", &good[..38], &format!("sha256={good}"), &sha256_of(BODY)] {
        assert_eq!(take("x-hub-signature", value, BODY), Err(Refused::Unreadable), "{value}");
    }
    for value in [sha1_of("other"), format!("sha1={}", sha1_of("other")), "0".repeat(40)] {
        assert_eq!(take("x-hub-signature", &value, BODY), Err(Refused::BadSignature), "{value}");
    }
    // A right signature does not suffer from a wrong one beside it.
    let both = [("x-hub-signature", sha1_of("other")), ("x-hub-signature-256", sha256_of(BODY))];
    let both = both.map(|(name, value)| (name.to_owned(), value)).into();
    assert!(receive(&both, BODY.as_bytes(), &[Secret::new(SECRET)]).is_ok());
    assert_eq!(take("x-other", &good, BODY), Err(Refused::Unsigned));
}

#[test]
fn an_empty_secret_verifies_nothing() {
    let mac = Hmac::<Sha1>::new_from_slice(b"").unwrap();
    let signature = hex::encode(mac.chain_update(BODY).finalize().into_bytes());
    let headers = BTreeMap::from([("x-hub-signature".to_owned(), signature)]);
    assert_eq!(receive(&headers, BODY.as_bytes(), &[]), Err(Refused::NoSecret));
    let empty = [Secret::new("")];
    assert_eq!(receive(&headers, BODY.as_bytes(), &empty), Err(Refused::NoSecret));
}

#[test]
fn a_large_body_is_refused_before_it_is_hashed() {
    let body = " ".repeat(BODY_BYTES_MAX + 1);
    assert_eq!(take("x", "", &body), Err(Refused::TooLarge { size: BODY_BYTES_MAX + 1 }));
}

#[test]
fn only_ids_are_kept() {
    let delivery = &taken(BODY)[0];
    assert_eq!(delivery.kind, "salary.update");
    assert_eq!(subjects_of(BODY), ["candidate 70011000042", "placement 51000777", "record 1"]);
    let kept = serde_json::to_string(delivery).unwrap();
    assert!(!kept.contains("a@b.c") && !kept.contains("97\""), "{kept}");
    assert_eq!(taken(BODY)[0].key, delivery.key);
    assert_ne!(taken(&BODY.replace("97", "98"))[0].key, delivery.key);
}

#[test]
fn a_delete_has_only_its_own_id() {
    let deleted = |kind: &str, id: &str| {
        subjects_of(&format!(r#"{{"type":"{kind}","operation":"delete","id":{id}}}"#))
    };
    assert_eq!(deleted("Activity", "51000777"), ["placement 51000777"]);
    assert_eq!(deleted("candidate", "\"7\""), ["candidate 7"]);
    assert_eq!(deleted("job", "8"), ["requisition 8"]);
    assert_eq!(deleted("billing", "\"7/1\""), ["candidate 7", "record 1"]);
    assert_eq!(deleted("expense", "9"), [""; 0]);
}

#[test]
fn each_record_is_a_delivery() {
    let body = r#"{"type":"activity","operation":"Insert","data":[{"ACTIVITYID":"1"},{"ACTIVITYID":"2"}]}"#;
    let deliveries = taken(body);
    let ids: Vec<&String> = deliveries.iter().map(|d| &d.subjects[subject::PLACEMENT]).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_ne!(deliveries[0].key, deliveries[1].key);
}

#[test]
fn what_is_signed_but_no_message_is_malformed() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"type":"a"}"#,
        r#"{"type":1,"operation":"x"}"#,
        r#"{"type":"a","operation":"b","data":"c"}"#,
        r#"{"type":"<b>","operation":"b"}"#,
    ] {
        let refused = take("x-hub-signature", &sha1_of(body), body).unwrap_err();
        assert_eq!(refused.status(), 400, "{body}");
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in r#"[\[\]{}",:0-9a-z ]{0,80}|.{0,80}"#) {
        let _ = take("x-hub-signature", &sha1_of(&body), &body);
    }
}

fn settings(change: impl Fn(&mut Signing)) -> Signing {
    let mut signing = Signing::default();
    change(&mut signing);
    signing
}

fn door(change: impl Fn(&mut Signing)) -> Receiver {
    let secrets = [Secret::new(SECRET), Secret::new("the one before")];
    Receiver::new(settings(change), &secrets, &BTreeMap::new()).unwrap()
}

fn one(header: &str, value: impl Into<String>) -> BTreeMap<String, String> {
    [(header.to_owned(), value.into())].into()
}

#[test]
fn the_secret_that_signed_is_told_by_name() {
    let ours = door(|_| {});
    for (secret, by) in [(SECRET, SignedBy::Current), ("the one before", SignedBy::Previous)] {
        let value = signature(&Secret::new(secret), BODY.as_bytes()).unwrap();
        let received = ours.receive(&one("x-hub-signature", value), BODY.as_bytes()).unwrap();
        assert_eq!(received.signed_by, by);
        assert!(!by.name().contains(secret));
    }
}

#[test]
fn a_tenants_headers_prefix_and_encoding_are_its_own() {
    let digest = STANDARD.encode(hex::decode(sha256_of(BODY)).unwrap());
    let custom = |signing: &mut Signing| {
        signing.headers = vec![("X-Acme-Signature".into(), Algorithm::Sha256)];
        signing.encoding = Encoding::Base64;
        signing.prefix = Prefix::Required;
    };
    let take = |header: &str, value: &str| {
        door(custom).receive(&one(header, value), BODY.as_bytes()).map(drop)
    };
    assert_eq!(take("x-acme-signature", &format!("sha256={digest}")), Ok(()));
    assert_eq!(take("x-acme-signature", &digest), Err(Refused::Unreadable), "bare");
    assert_eq!(take("x-acme-signature", &sha256_of(BODY)), Err(Refused::Unreadable));
    assert_eq!(take("x-hub-signature", &sha1_of(BODY)), Err(Refused::Unsigned));
    let bare = door(|signing| signing.prefix = Prefix::Absent);
    let taken = |value: String| bare.receive(&one("x-hub-signature", value), BODY.as_bytes());
    assert!(taken(sha1_of(BODY)).is_ok());
    assert_eq!(taken(format!("sha1={}", sha1_of(BODY))), Err(Refused::Unreadable));
    for door in [door(custom), bare, door(|_| {})] {
        let (header, value) = door.sign(BODY.as_bytes()).unwrap();
        let headers = one(&header.to_ascii_lowercase(), value);
        assert!(door.receive(&headers, BODY.as_bytes()).is_ok(), "what it signs it takes");
    }
}

#[test]
fn where_signatures_are_not_required_a_wrong_one_is_still_refused() {
    let lenient = door(|signing| signing.require = Require::IfSigned);
    let none = lenient.receive(&BTreeMap::new(), BODY.as_bytes()).unwrap();
    assert_eq!(none.signed_by, SignedBy::Nobody);
    let wrong = one("x-hub-signature", sha1_of("other"));
    assert_eq!(lenient.receive(&wrong, BODY.as_bytes()), Err(Refused::BadSignature));
    let signing = settings(|signing| signing.require = Require::IfSigned);
    assert!(Receiver::new(signing, &[], &BTreeMap::new()).is_ok());
}

#[test]
fn a_tenants_words_for_types_are_understood() {
    let types = BTreeMap::from([("Assignment Hire".to_owned(), "placement".to_owned())]);
    let secrets = [Secret::new(SECRET)];
    let ours = Receiver::new(Signing::default(), &secrets, &types).unwrap();
    let body = r#"{"type":"assignment hire","operation":"Delete","id":51000777}"#;
    let signed = one("x-hub-signature", sha1_of(body));
    let delivery = ours.receive(&signed, body.as_bytes()).unwrap().deliveries.remove(0);
    assert_eq!(delivery.kind, "placement.delete");
    assert_eq!(delivery.subjects[subject::PLACEMENT], "51000777");
    let types = BTreeMap::from([("a".to_owned(), "nonsense".to_owned())]);
    let refused = Receiver::new(Signing::default(), &secrets, &types).err();
    assert_eq!(refused, Some(BadReceiver::UnknownType("a".into())));
}

#[test]
fn settings_that_verify_nothing_are_refused_at_the_start() {
    let new = |change: fn(&mut Signing), secrets: &[&str]| {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        Receiver::new(settings(change), &secrets, &BTreeMap::new()).err()
    };
    assert_eq!(new(|_| {}, &[]), Some(BadReceiver::EmptySecret));
    assert_eq!(new(|_| {}, &["good", ""]), Some(BadReceiver::EmptySecret));
    assert_eq!(
        new(|signing| signing.require = Require::IfSigned, &[""]),
        Some(BadReceiver::EmptySecret)
    );
    assert_eq!(
        new(|signing| signing.headers.clear(), &["good"]),
        Some(BadReceiver::BadHeader(String::new()))
    );
    assert_eq!(
        new(|signing| signing.headers[0].0 = "X Signature".into(), &["good"]),
        Some(BadReceiver::BadHeader("X Signature".into()))
    );
}

/// What is suspected where these settings refuse what was signed so.
fn suspected(
    ours: &Receiver,
    header: &str,
    value: impl Into<String>,
    body: &str,
) -> Vec<Suspicion> {
    let headers = one(header, value);
    assert!(ours.receive(&headers, body.as_bytes()).is_err());
    ours.suspect(&headers, body.as_bytes())
}

#[test]
fn each_usual_mistake_of_a_set_up_is_named() {
    let ours = door(|_| {});
    let sent = r#"{"type":"job","operation":"Update","id":"8"}"#;
    let altered = |came: &str| suspected(&ours, "x-hub-signature", sha1_of(sent), came);
    let is = |altered| vec![Suspicion::BodyAltered(altered)];
    assert_eq!(altered(&format!("{sent}\n")), is(Altered::NewlineAdded));
    assert_eq!(altered(&sent.replace(',', ", ").replace("id", "no")), []);
    assert_eq!(
        suspected(&ours, "x-hub-signature", sha256_of(BODY), BODY),
        [Suspicion::OtherAlgorithm { header: "x-hub-signature".into(), algorithm: "sha256" }]
    );
    assert_eq!(
        suspected(&ours, "x-acme", format!("sha1={}", sha1_of(BODY)), BODY),
        [Suspicion::OtherHeader { header: "x-acme".into(), algorithm: "sha1" }]
    );
    let base64 = STANDARD.encode(hex::decode(sha1_of(BODY)).unwrap());
    assert_eq!(
        suspected(&ours, "x-hub-signature", base64, BODY),
        [Suspicion::OtherEncoding { encoding: "base64" }]
    );
    let strict = door(|signing| signing.prefix = Prefix::Required);
    assert_eq!(
        suspected(&strict, "x-hub-signature", sha1_of(BODY), BODY),
        [Suspicion::PrefixMissing]
    );
    let bare = door(|signing| signing.prefix = Prefix::Absent);
    let prefixed = format!("sha1={}", sha1_of(BODY));
    assert_eq!(suspected(&bare, "x-hub-signature", prefixed, BODY), [Suspicion::PrefixUnexpected]);
    let blank = [Secret::new(format!("{SECRET} "))];
    let blank = Receiver::new(Signing::default(), &blank, &BTreeMap::new()).unwrap();
    assert_eq!(
        suspected(&blank, "x-hub-signature", sha1_of(BODY), BODY),
        [Suspicion::SecretWithBlanks]
    );
    assert_eq!(suspected(&ours, "x-hub-signature", sha1_of("other"), BODY), [], "another secret");
}

proptest! {
    #[test]
    fn every_changed_byte_of_body_or_header_is_refused(body in "[ -~]{1,60}", at: prop::sample::Index, flip in 1u8..128, digit in "[0-9a-f]") {
        let body = format!(r#"{{"type":"job","operation":"Update","id":"8","note":"{}"}}"#, body.replace(['"', '\\'], "-"));
        for value in [sha1_of(&body), format!("sha1={}", sha1_of(&body))] {
            let headers = one("x-hub-signature", value.clone());
            let ours = door(|_| {});
            prop_assert!(ours.receive(&headers, body.as_bytes()).is_ok());
            let mut changed = body.clone().into_bytes();
            changed[at.index(body.len())] ^= flip;
            prop_assert_eq!(ours.receive(&headers, &changed), Err(Refused::BadSignature));
            let place = at.index(value.len());
            let mut other = value.clone().into_bytes();
            if !other[place].eq_ignore_ascii_case(&digit.as_bytes()[0]) {
                other[place] = digit.as_bytes()[0];
                let headers = one("x-hub-signature", String::from_utf8(other).unwrap());
                prop_assert!(ours.receive(&headers, body.as_bytes()).is_err());
            }
        }
    }

    #[test]
    fn no_header_makes_it_panic(value in ".{0,80}|(sha1=|sha256=|[0-9a-fA-F=/+ ]){0,40}") {
        for header in ["x-hub-signature", "x-hub-signature-256", "x-jobdiva-signature"] {
            for encoding in [Encoding::Hex, Encoding::Base64] {
                let ours = door(|signing| signing.encoding = encoding);
                let headers = one(header, value.clone());
                prop_assert!(ours.receive(&headers, BODY.as_bytes()).is_err());
                let _ = ours.suspect(&headers, BODY.as_bytes());
            }
        }
    }
}
