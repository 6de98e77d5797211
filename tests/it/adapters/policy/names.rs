//! Every event name that 1099Policy documents, and the guides' other spellings: what each makes worth reading.
//!
//! The table is written down by hand from the reference and the guides; it must have every name that the code has.

use std::collections::BTreeSet;

use integration_1099policy::interpret::{EventKind, Interest};
use integration_1099policy::receive::{Profile, Receiver};
use serde_json::json;
use workflow_core::time::Timestamp;

/// The name as it comes, the name in the reference's spelling, and what is read because of it.
const NAMES: [(&str, &str, &str); 31] = [
    ("policy.active", "policy.active", "policy"),
    ("policy.active.media", "policy.active.media", "policy"),
    ("policy.cancelled", "policy.cancelled", "policy"),
    ("policy.canceled", "policy.cancelled", "policy"),
    ("policy.expired", "policy.expired", "policy"),
    ("policy.reactivated", "policy.reactivated", "policy"),
    ("application.created", "application.created", "application"),
    ("application.started", "application.started", "application"),
    ("application.complete", "application.complete", "application"),
    ("application.expired", "application.expired", "application"),
    ("application.ineligible", "application.ineligible", "application"),
    ("application.manual_review", "application.manual_review", "application"),
    ("application.manual_review_approved", "application.manual_review_approved", "application"),
    ("assignment.active", "assignment.active", "assignment"),
    ("assignment.cancelled", "assignment.cancelled", "assignment"),
    ("assignment.canceled", "assignment.cancelled", "assignment"),
    ("assignment.extended", "assignment.extended", "assignment"),
    ("certificate.flagged", "certificate.flagged", "certificate"),
    ("certificate.approved", "certificate.approved", "certificate"),
    ("certificate.validated", "certificate.approved", "certificate"),
    ("certificate.denied", "certificate.denied", "certificate"),
    ("certificate.error", "certificate.error", "certificate"),
    ("invoice.charge_card_failed", "invoice.charge_card_failed", "invoice"),
    ("invoice.charge_card_succeeded", "invoice.charge_card_succeeded", "invoice"),
    ("category_code.added", "category_code.added", "categories"),
    ("payment.session.completed", "payment.session.completed", "nothing"),
    ("payment.session.cancelled", "payment.session.cancelled", "nothing"),
    ("payment.session.canceled", "payment.session.cancelled", "nothing"),
    ("payment.session.expired", "payment.session.expired", "nothing"),
    ("Policy.Active", "policy.active", "policy"),
    ("policy.renamed", "policy.renamed", "a person"),
];

fn interest(name: &str) -> (String, Interest) {
    let data = json!({ "id": "x_1", "quote": "qt_1", "job": "jb_1", "contractor": "cn_1" });
    let event = json!({ "id": "ev_1", "type": name, "created": 1, "data": data });
    let receiver = Receiver::new(Profile::None, &[]).unwrap();
    let now = Timestamp::from_secs(1);
    let delivery = receiver.receive(&[], event.to_string().as_bytes(), now).unwrap();
    (delivery.kind.clone(), integration_1099policy::interpret(&delivery))
}

fn read(interest: &Interest) -> &'static str {
    match interest {
        Interest::Policy { .. } => "policy",
        Interest::Application { .. } => "application",
        Interest::Assignment { .. } => "assignment",
        Interest::Certificate { .. } => "certificate",
        Interest::Category { .. } => "categories",
        Interest::Invoice { .. } => "invoice",
        Interest::Unfollowed { .. } => "nothing",
        Interest::NotUnderstood { .. } => "a person",
    }
}

#[test]
fn each_name_leads_to_what_is_written_down() {
    for (name, kind, wanted) in NAMES {
        let (spelled, interest) = interest(name);
        assert_eq!((spelled.as_str(), read(&interest)), (kind, wanted), "{name}");
    }
}

#[test]
fn the_table_has_every_name_that_the_code_has_and_no_other() {
    let known: BTreeSet<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    let written: BTreeSet<&str> =
        NAMES.iter().filter(|(.., read)| *read != "a person").map(|(_, kind, _)| *kind).collect();
    assert_eq!(written, known);
}
