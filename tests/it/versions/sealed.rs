//! What is inside the sealed fields of the golden logs: cipher, binding to the person, and the person's shape.

use tests::samples::contractor::{KEY, SEALED, SUBJECT, people};
use workflow_core::codec::{Content, encode};
use workflow_core::domain::contractor::{Email, Event, Identity};
use workflow_core::domain::facts::Person;
use workflow_core::seal::{DataKey, KeyStore as _, MemoryKeys, Personal, Subject, Vault, within};

fn event(person: Personal<Person>) -> Event {
    Event::PersonRead { identity: Identity { person, email: Email::Real } }
}

/// The digits of a person sealed anew.
fn sealed_now(person: &Person) -> String {
    let bytes = encode(&event(Personal::new(Subject::new(SUBJECT), person.clone())));
    let json = Content(&bytes.expect("it can be stored")).to_json().expect("it reads as JSON");
    json["identity"]["person"]["sealed"].as_str().expect("it is sealed").to_owned()
}

#[test]
fn what_was_sealed_once_still_opens() {
    let keys = MemoryKeys::default();
    let kept = keys.create(&Subject::new(SUBJECT), DataKey::from_bytes(KEY));
    kept.expect("memory takes it");
    within(&Vault::new(keys), || {
        for (person, digits) in people().iter().zip(SEALED) {
            let stored = serde_json::json!({ "subject": SUBJECT, "sealed": digits });
            let read: Result<Personal<Person>, _> = serde_json::from_value(stored);
            let now = sealed_now(person);
            let read = read.unwrap_or_else(|e| panic!("{e}; sealed now it is {now}"));
            assert_eq!(read.get(), Some(person), "sealed now it is {now}");
        }
    });
}
