//! What the vendor tells, in the words of its reference or of its guides: the rows of `docs/dialects.md` in which nothing
//! is sent. A webhook and the sweep of `/events` lead to the same delivery; here it is the sweep.

use std::time::Duration;

use integration_1099policy::interpret;
use integration_1099policy::interpret::{EventKind, Interest};
use integration_1099policy::poll::{SweepCursor, Watch};
use integration_1099policy::simulator::{
    Advance, Application, Charge, Config as Simulated, Outcome as Reviewed, Script, Words,
};
use workflow_core::domain::call::{
    Answer, Call, CertificateId, PolicyStanding, ReviewStanding, Sighting,
};

use super::world::{DAY, HOUR, Insurer, Work, work};
use super::{hand_in, rules, shown, upload};

/// The newest event: how it is spelled, which kind it is known by, and what reading what it is about shows.
async fn newest(insurer: &Insurer) -> (String, String, Vec<Sighting>) {
    let swept = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap();
    let delivery = swept.deliveries.last().unwrap().clone();
    let seen = insurer.policy.confirm(&interpret(&delivery), insurer.now()).await.unwrap();
    (delivery.spelled, delivery.kind, seen)
}

#[tokio::test]
async fn a_cancelled_policy_is_one_event_in_both_spellings() {
    for (words, spelling) in
        [(Words::Reference, "policy.cancelled"), (Words::Guide, "policy.canceled")]
    {
        let insurer = Insurer::with(rules(|r| r.words = words), |_| {}).await;
        let (_, policy) = insurer.insured(&work("1", "11")).await;
        assert!(insurer.sim.cancel_policy(policy.as_str()));
        let (spelled, kind, seen) = newest(&insurer).await;
        assert_eq!((spelled.as_str(), kind.as_str()), (spelling, "policy.cancelled"));
        let canceled = PolicyStanding::Canceled;
        assert!(matches!(seen[..], [Sighting::Policy { standing, .. }] if standing == canceled));
        assert_eq!(insurer.sim.ledger().dialects[&format!("told.{spelling}")], 1);
    }
}

#[tokio::test]
async fn an_expiry_is_computed_and_where_it_is_told_understood() {
    for tells in [false, true] {
        let insurer = Insurer::with(rules(|r| r.policy_expired_event = tells), |_| {}).await;
        let (_, policy) = insurer.insured(&work("1", "11")).await;
        // To the second, and before the insurer has taken notice.
        insurer.sim.clock().set(work("1", "11").window().until);
        let expired = |seen: &[Sighting]| {
            let [Sighting::Policy { standing, .. }] = seen else { panic!("{seen:?}") };
            *standing == PolicyStanding::Expired
        };
        assert!(expired(&insurer.see(Watch::Policy(policy)).await));
        insurer.sim.tick().await;
        let (spelled, _, seen) = newest(&insurer).await;
        assert_eq!(spelled == "policy.expired", tells, "{spelled}");
        assert!(expired(&seen) || !tells);
        assert_eq!(insurer.sim.ledger().dialects.contains_key("told.policy.expired"), tells);
    }
}

#[tokio::test]
async fn an_approved_certificate_is_one_event_in_both_spellings() {
    for (words, spelling) in
        [(Words::Reference, "certificate.approved"), (Words::Guide, "certificate.validated")]
    {
        let insurer = Insurer::with(rules(|r| r.words = words), |_| {}).await;
        let upload = upload(&insurer, &work("1", "11")).await;
        hand_in(&insurer, &upload).await;
        insurer.sim.advance(Duration::from_secs(90)).await;
        let (spelled, kind, seen) = newest(&insurer).await;
        assert_eq!((spelled.as_str(), kind.as_str()), (spelling, "certificate.approved"));
        let [Sighting::Certificate { review, .. }] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(review.standing, ReviewStanding::Approved);
        assert_eq!(insurer.sim.ledger().dialects[&format!("told.{spelling}")], 1);
    }
}

/// Does what makes the insurer tell everything that only its reference names.
async fn everything_told(insurer: &Insurer) {
    for (who, application) in [
        ("21", Application::Ineligible),
        ("22", Application::ManualReview),
        ("23", Application::Abandon),
    ] {
        insurer.sim.script(who, Script::of(application));
        insurer.applying(&work(who, who)).await;
    }
    let (_, policy) = insurer.insured(&work("1", "11")).await;
    let second = work("2", "11");
    let (_, job, _) = insurer.assigned(&second).await;
    let until = Work { last_day: jiff::civil::date(2026, 10, 31), ..second }.window().until;
    insurer.answer("extend", Call::ExtendCoverage { job, until }).await;
    let (_, job, assignment) = insurer.assigned(&work("3", "11")).await;
    insurer.answer("undo", Call::CancelAssignment { assignment, job }).await;
    insurer.sim.advance(DAY).await;
    insurer.sim.script("11", Script { charge: Charge::Fails, ..Script::default() });
    insurer.assigned(&work("4", "11")).await;
    insurer.sim.advance(8 * DAY).await;
    insurer.sim.cancel_policy(policy.as_str());
    insurer.sim.reactivate_policy(policy.as_str());
    for end in [Reviewed::Flagged, Reviewed::Denied] {
        let mut upload = upload(insurer, &work("5", "15")).await;
        upload.file_name = format!("coi-{end:?}.pdf").to_lowercase();
        hand_in(insurer, &upload).await;
    }
    insurer.sim.approve_category("jc_Welder", "Welder");
    insurer.sim.advance(HOUR).await;
}

#[tokio::test]
async fn everything_that_only_the_reference_names_is_told_and_understood() {
    const ONLY_THE_REFERENCE: [&str; 15] = [
        "application.complete",
        "application.expired",
        "application.ineligible",
        "application.manual_review",
        "application.manual_review_approved",
        "application.started",
        "assignment.active",
        "assignment.cancelled",
        "assignment.extended",
        "category_code.added",
        "certificate.denied",
        "certificate.flagged",
        "invoice.charge_card_failed",
        "invoice.charge_card_succeeded",
        "policy.reactivated",
    ];
    let insurer = Insurer::with(Simulated::default(), |_| {}).await;
    everything_told(&insurer).await;
    let told = insurer.sim.ledger().dialects;
    for name in ONLY_THE_REFERENCE {
        assert!(told.contains_key(&format!("told.{name}")), "{name} was not told: {told:?}");
    }
    let swept = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap();
    for delivery in swept.deliveries {
        assert!(EventKind::named(&delivery.kind).is_some(), "{}", delivery.spelled);
        let interest = interpret(&delivery);
        assert!(!matches!(interest, Interest::NotUnderstood { .. }), "{}", delivery.spelled);
        insurer.policy.confirm(&interest, insurer.now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_certificates_status_is_read_in_both_vocabularies() {
    for (words, approved) in [(Words::Reference, "approved"), (Words::Guide, "valid")] {
        for (end, status, standing) in [
            (Reviewed::Approved, approved, ReviewStanding::Approved),
            (Reviewed::Flagged, "flagged", ReviewStanding::Flagged),
            (Reviewed::Denied, "denied", ReviewStanding::Denied),
            (Reviewed::Error, "error", ReviewStanding::Error),
        ] {
            let insurer = Insurer::with(rules(|r| r.words = words), |_| {}).await;
            let upload = upload(&insurer, &work("1", "11")).await;
            let handed_in = hand_in(&insurer, &upload).await;
            let Answer::CertificateUploaded { certificate } = handed_in else {
                panic!("{handed_in:?}")
            };
            insurer.sim.decide_certificate(certificate.as_str(), end);
            for (secs, status, standing) in [
                (0, "pending", ReviewStanding::Pending),
                (10, "processing", ReviewStanding::Processing),
                (80, status, standing),
            ] {
                insurer.sim.advance(Duration::from_secs(secs)).await;
                let path = format!("/files/certificates/{certificate}");
                assert_eq!(shown(&insurer, &path).await["status"], status, "{words:?}");
                assert_eq!(stands(&insurer, &certificate).await, standing, "{words:?}");
            }
        }
    }
}

async fn stands(insurer: &Insurer, certificate: &CertificateId) -> ReviewStanding {
    match &insurer.see(Watch::Certificate(certificate.clone())).await[..] {
        [Sighting::Certificate { review, .. }] => review.standing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_review_by_people_keeps_an_application_open_for_as_long_as_it_takes() {
    let insurer = Insurer::with(rules(|r| r.review_secs = 3 * 86_400), |_| {}).await;
    insurer.sim.script("11", Script::of(Application::Ignore));
    let applied = insurer.applying(&work("1", "11")).await;
    insurer.sim.advance_session(applied.session.as_str(), Advance::ManualReview);
    insurer.sim.advance(2 * DAY).await;
    assert_eq!(newest(&insurer).await.0, "application.manual_review");
    // Care: an application that has not ended is not taken for declined, nor its policy for missing.
    assert_eq!(insurer.see(Watch::Quote(applied.quote.clone())).await, []);
    insurer.sim.advance(DAY).await;
    assert_eq!(newest(&insurer).await.0, "policy.active");
    assert_eq!(insurer.see(Watch::Quote(applied.quote)).await.len(), 1);
}
