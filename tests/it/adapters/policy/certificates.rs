//! Certificates: handed in once whatever becomes of the answer, and followed to every end.

use integration_1099policy::config::MetadataOn;
use integration_1099policy::poll::Watch;
use integration_1099policy::simulator::{
    Config as Simulated, Fault, FaultKind, Outcome as Reviewed, Simulator,
};
use serde_json::json;
use std::time::Duration;
use workflow_core::domain::call::{
    Answer, Call, CertificateId, CoverageType, Review, ReviewStanding, Said, Sighting, Upload,
};
use workflow_core::outcome::{Outcome, Trace};

use super::world::{Insurer, work};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n%%EOF\n";

async fn upload(insurer: &Insurer, round: &str) -> Upload {
    let work = work("45679", "11");
    let linked = insurer.answer(&work.name("link"), work.link()).await;
    let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
    Upload {
        contractor,
        candidate: "11".into(),
        placement: Some("45679".into()),
        sha256: "ab".repeat(32),
        file_name: format!("coi-11-abababababababab{round}.pdf"),
    }
}

async fn handed_in(insurer: &Insurer, upload: &Upload) -> CertificateId {
    let attempt = insurer.attempt("upload", &upload.file_name);
    match insurer.policy.upload(upload, PDF, &attempt).await {
        Outcome::Answered(Answer::CertificateUploaded { certificate }) => certificate,
        other => panic!("{other:?}"),
    }
}

async fn review(insurer: &Insurer, certificate: &CertificateId) -> Review {
    match &insurer.see(Watch::Certificate(certificate.clone())).await[..] {
        [Sighting::Certificate { review, .. }] => review.clone(),
        other => panic!("{other:?}"),
    }
}

/// How many certificates there are with this content.
fn count(sim: &Simulator) -> Vec<u64> {
    sim.ledger().certificates_by_hash.values().copied().collect()
}

#[tokio::test]
async fn a_certificate_is_handed_in_and_followed_to_its_approval() {
    let insurer = Insurer::with(Simulated::default(), |config| {
        config.metadata_on = MetadataOn::Everything;
    })
    .await;
    let certificate = handed_in(&insurer, &upload(&insurer, "").await).await;
    assert_eq!(review(&insurer, &certificate).await.standing, ReviewStanding::Pending);
    insurer.sim.advance(Duration::from_secs(15)).await;
    assert_eq!(review(&insurer, &certificate).await.standing, ReviewStanding::Processing);
    insurer.sim.advance(Duration::from_secs(90)).await;
    let approved = review(&insurer, &certificate).await;
    assert_eq!(approved.standing, ReviewStanding::Approved);
    assert_eq!(approved.rules[0].result, Said::Passed);
    let types: Vec<CoverageType> = approved.coverages.iter().map(|c| c.coverage).collect();
    assert_eq!(types, [CoverageType::General, CoverageType::WorkersComp]);
    assert!(approved.coverages.iter().all(|c| c.effective < c.expires && c.expires.is_some()));
    assert_eq!(count(&insurer.sim), [1]);
}

#[tokio::test]
async fn every_end_is_read_and_a_breakdown_too_which_no_event_tells() {
    for (end, standing) in [
        (Reviewed::Flagged, ReviewStanding::Flagged),
        (Reviewed::Denied, ReviewStanding::Denied),
        (Reviewed::Error, ReviewStanding::Error),
    ] {
        let insurer = Insurer::standard().await;
        let certificate = handed_in(&insurer, &upload(&insurer, "").await).await;
        assert!(insurer.sim.decide_certificate(certificate.as_str(), end));
        insurer.sim.advance(Duration::from_secs(100)).await;
        let seen = review(&insurer, &certificate).await;
        assert_eq!(seen.standing, standing);
        let swept = insurer.policy.sweep_events(&Default::default()).await.unwrap();
        let told = swept.deliveries.iter().any(|event| event.kind.starts_with("certificate."));
        assert_eq!(told, end != Reviewed::Error);
        if end == Reviewed::Flagged {
            assert!(insurer.sim.decide_certificate(certificate.as_str(), Reviewed::Approved));
            assert_eq!(review(&insurer, &certificate).await.standing, ReviewStanding::Approved);
        }
    }
}

#[tokio::test]
async fn a_lost_answer_before_or_after_the_effect_leaves_one_certificate() {
    for kind in [
        FaultKind::LostRequest,
        FaultKind::LostResponse,
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::BadGatewayAfter,
        FaultKind::TruncatedJson,
    ] {
        let insurer = Insurer::standard().await;
        let upload = upload(&insurer, "").await;
        insurer.sim.fault(Fault::once("POST", "/files/certificates", kind));
        let mut attempt = insurer.attempt("upload", "lost");
        let mut tries = 0;
        let certificate = loop {
            match insurer.policy.upload(&upload, PDF, &attempt).await {
                Outcome::Answered(Answer::CertificateUploaded { certificate }) => {
                    break certificate;
                }
                Outcome::Answered(other) => panic!("{other:?}"),
                Outcome::Again(again) => {
                    tries += 1;
                    assert!(tries < 6, "{kind:?}: {}", again.reason);
                    attempt.earlier += 1;
                    attempt.look_first |= again.trace != Trace::None;
                    attempt.generation += u32::from(again.trace == Trace::Burned);
                }
            }
        };
        assert!(tries > 0, "{kind:?} never struck");
        assert_eq!(count(&insurer.sim), [1], "{kind:?}");
        assert_eq!(review(&insurer, &certificate).await.standing, ReviewStanding::Pending);
    }
}

#[tokio::test]
async fn another_round_of_the_same_content_is_another_certificate() {
    let insurer = Insurer::standard().await;
    let first = handed_in(&insurer, &upload(&insurer, "").await).await;
    let mut looking = insurer.attempt("upload", "again");
    looking.look_first = true;
    let again = upload(&insurer, "-2").await;
    let second = match insurer.policy.upload(&again, PDF, &looking).await {
        Outcome::Answered(Answer::CertificateUploaded { certificate }) => certificate,
        other => panic!("{other:?}"),
    };
    assert_ne!(first, second);
}

#[tokio::test]
async fn what_the_insurer_refuses_is_a_refusal_with_its_code() {
    let mut simulated = Simulated::default();
    simulated.rules.insurance_requirement = false;
    let insurer = Insurer::with(simulated, |_| {}).await;
    let upload = upload(&insurer, "").await;
    let attempt = insurer.attempt("upload", "refused");
    let refused = insurer.policy.upload(&upload, PDF, &attempt).await;
    let Outcome::Answered(Answer::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.code, "no_insurance_requirement_found");
    let gone = Upload { contractor: "cn_nobody".into(), ..upload.clone() };
    let refused = insurer.policy.upload(&gone, PDF, &insurer.attempt("upload", "gone")).await;
    assert!(matches!(refused, Outcome::Answered(Answer::Refused(_))), "{refused:?}");
    // Without its bytes there is nothing to send.
    let call = Call::UploadCertificate { upload };
    assert_eq!(insurer.answer("bare", call).await, Answer::DocumentGone);
}

#[tokio::test]
async fn what_a_review_reads_may_be_anything_and_only_what_is_understood_counts() {
    let insurer = Insurer::standard().await;
    let certificate = handed_in(&insurer, &upload(&insurer, "").await).await;
    let odd =
        json!({"coverages": {"commercial_general_liability": "see attached", "hovercraft": {}}});
    assert!(insurer.sim.certificate_reads(certificate.as_str(), odd));
    insurer.sim.advance(Duration::from_secs(100)).await;
    let approved = review(&insurer, &certificate).await;
    assert_eq!(approved.standing, ReviewStanding::Approved);
    assert!(approved.coverages.iter().all(|shown| shown.expires.is_none()), "{approved:?}");
}
