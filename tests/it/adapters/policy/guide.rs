//! The guide's sections 4.1 to 4.6 on the wire, field by field: what leaves in its dialect is what it shows.
//!
//! The guide's own example, its dates moved to where coverage can still be asked for. Invoices (4.7) are the same in
//! both dialects: `invoices.rs`.

use integration_1099policy::config::{ContractorShape, JobRegion, MetadataOn};
use integration_1099policy::simulator::Config as Simulated;
use integration_1099policy::{Ten99Policy, config};
use jiff::civil::date;
use serde_json::{Value, json};
use workflow_core::domain::call::{Answer, Call, CoverageType, Upload};
use workflow_core::domain::facts::{Person, Place};
use workflow_core::outcome::Outcome;

use super::world::{HOUR, Insurer, Work, work};
use crate::adapters::wiretap::Wiretap;

/// The guide's example: Jordan Lee, analyst in California, 95.00 an hour.
fn example() -> Work {
    Work {
        email: "candidate_12345@relay.yourdomain.com".into(),
        first_day: date(2026, 4, 6),
        last_day: date(2026, 6, 30),
        coverage: vec![CoverageType::General, CoverageType::WorkersComp],
        ..work("pl_45678", "12345")
    }
}

fn jordan() -> Person {
    let home = Place { state: Some("CA".into()), country: Some("US".into()), remote: false };
    Person {
        first_name: "Jordan".into(),
        last_name: "Lee".into(),
        email: None,
        phone: Some("510-555-0142".into()),
        home,
    }
}

/// An insurer that is spoken to as the guide speaks, with a tap on the wire.
async fn tapped() -> (Insurer, Wiretap) {
    let Insurer { sim, watch, .. } = Insurer::with(Simulated::default(), |_| {}).await;
    let tap = Wiretap::before(&sim.base_url()).await;
    let links = config::LinkTemplates {
        success_url:
            "https://dashboard.yourdomain.com/jobdiva/placements/{placement}?coverage=active".into(),
        cancel_url:
            "https://dashboard.yourdomain.com/jobdiva/placements/{placement}?coverage=canceled"
                .into(),
    };
    let key = integration_1099policy::secret::Secret::new(sim.api_key());
    let mut config = config::Config::new(key, config::Environment::Sandbox, links);
    config.base_url = tap.base_url();
    config.contractor_shape = ContractorShape::Contact;
    config.job_region = JobRegion::TopLevel;
    config.metadata_on = MetadataOn::Everything;
    let policy = Ten99Policy::new(config).unwrap();
    (Insurer { sim, policy, watch }, tap)
}

/// Links the contractor and makes the job of the example; the answers' ids.
async fn begun(insurer: &Insurer) -> (String, String) {
    let work = example();
    let email = work.email.clone().into();
    let link = Call::LinkContractor { candidate: "12345".into(), person: jordan(), email };
    let Answer::ContractorLinked { contractor } = insurer.answer("link", link).await else {
        panic!("not linked")
    };
    let Answer::JobReady { job } = insurer.answer("job", work.job()).await else {
        panic!("no job")
    };
    (contractor.to_string(), job.to_string())
}

#[tokio::test]
async fn a_candidate_becomes_a_contractor_as_in_4_1() {
    let (insurer, tap) = tapped().await;
    begun(&insurer).await;
    let sent = tap.only("POST /api/v1/contractors");
    let expected = json!({
        "contact": {
            "first_name": "Jordan",
            "last_name": "Lee",
            "email": "candidate_12345@relay.yourdomain.com",
            "phone": "510-555-0142",
        },
        "address": { "country": "US", "region": "CA" },
        "custom_metadata": { "jobdiva_candidate_id": "12345" },
    });
    assert_eq!(sent.json(), expected);
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let bearer = format!("Bearer {}", insurer.sim.api_key());
    assert_eq!(sent.header("authorization"), Some(bearer.as_str()));
    // The guide's key is the same for ever, so that its answer would be replayed after an update; ours is as stable for
    // what is owed, and travels under both names.
    let key = sent.header("idempotency-key").unwrap();
    assert_eq!(sent.header("ten99policy-idempotent-key"), Some(key));
}

#[tokio::test]
async fn a_requisition_becomes_a_job_as_in_4_2() {
    let (insurer, tap) = tapped().await;
    begun(&insurer).await;
    let mut sent = tap.only("POST /api/v1/jobs").json();
    // Beyond the guide: the placement, because one requisition may have several.
    let placement = sent["custom_metadata"].as_object_mut().unwrap().remove("jobdiva_placement_id");
    assert_eq!(placement, Some(json!("pl_45678")));
    let expected = json!({
        "name": "Contract Data Analyst",
        "description": "Reporting migration.\nR&D team.",
        "entity": "en_Halvorsen1",
        "category_code": "jc_DataAnalyst",
        "wage": 9500,
        "wage_type": "hourly",
        "region": "CA",
        "custom_metadata": { "jobdiva_job_id": "30440012", "jobdiva_candidate_id": "12345" },
    });
    assert_eq!(sent, expected);
}

/// The midnights in New York that begin 2026-04-06 and end 2026-06-30.
const WINDOW_SECS: (i64, i64) = (1_775_448_000, 1_782_878_400);

#[tokio::test]
async fn a_placement_becomes_a_quote_and_a_session_as_in_4_3_and_4_4() {
    let (insurer, tap) = tapped().await;
    let (contractor, job) = begun(&insurer).await;
    let ask = example().quote(&contractor.as_str().into(), &job.as_str().into());
    let Answer::QuoteIssued { quote, .. } = insurer.answer("quote", ask).await else {
        panic!("not quoted")
    };
    let metadata = json!({
        "jobdiva_placement_id": "pl_45678",
        "jobdiva_job_id": "30440012",
        "jobdiva_candidate_id": "12345",
    });
    let expected = json!({
        "contractor": contractor,
        "job": job,
        "coverage_type": ["general", "workers-comp"],
        "effective_date": WINDOW_SECS.0,
        "end_date": WINDOW_SECS.1,
        "custom_metadata": metadata,
    });
    assert_eq!(tap.only("POST /api/v1/quotes").json(), expected);

    let opened = insurer.answer("apply", example().apply(&quote)).await;
    assert!(matches!(opened, Answer::ApplicationOpened { .. }), "{opened:?}");
    let link = "https://dashboard.yourdomain.com/jobdiva/placements/pl_45678?coverage=";
    let sent = tap.only("POST /api/v1/apply/sessions").json();
    let field = |name: &str| sent[name].clone();
    assert_eq!(field("quote"), json!(quote));
    assert_eq!(field("success_url"), json!(format!("{link}active")));
    assert_eq!(field("cancel_url"), json!(format!("{link}canceled")));
    assert_eq!(field("custom_metadata")["jobdiva_placement_id"], json!("pl_45678"));
    let names: Vec<&String> = sent.as_object().unwrap().keys().collect();
    assert_eq!(names, ["cancel_url", "custom_metadata", "quote", "success_url"]);
}

#[tokio::test]
async fn a_returning_contractor_is_assigned_as_in_4_5() {
    let (insurer, tap) = tapped().await;
    let (contractor, job) = begun(&insurer).await;
    let ask = example().quote(&contractor.as_str().into(), &job.as_str().into());
    let Answer::QuoteIssued { quote, .. } = insurer.answer("quote", ask).await else {
        panic!("not quoted")
    };
    insurer.answer("apply", example().apply(&quote)).await;
    insurer.sim.advance(4 * HOUR).await;
    let assign = example().assign(&contractor.as_str().into(), &job.as_str().into());
    let assigned = insurer.answer("assign", assign).await;
    assert!(matches!(assigned, Answer::AssignmentCreated { .. }), "{assigned:?}");
    let sent: Value = tap.only("POST /api/v1/assignments").json();
    assert_eq!(sent["custom_metadata"]["jobdiva_placement_id"], json!("pl_45678"));
    let expected = json!({
        "contractor": contractor,
        "job": job,
        "effective_date": WINDOW_SECS.0,
        "end_date": WINDOW_SECS.1,
        "coverage_type": ["general", "workers-comp"],
        "custom_metadata": sent["custom_metadata"],
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_document_becomes_a_certificate_as_in_4_6() {
    let (insurer, tap) = tapped().await;
    let (contractor, _) = begun(&insurer).await;
    let upload = Upload {
        contractor: contractor.as_str().into(),
        candidate: "12345".into(),
        placement: Some("pl_45678".into()),
        sha256: "ab".repeat(32),
        file_name: "coi-12345.pdf".into(),
    };
    let attempt = insurer.attempt("upload", "test");
    let handed_in = insurer.policy.upload(&upload, b"%PDF-1.4 a certificate", &attempt).await;
    assert!(matches!(handed_in, Outcome::Answered(Answer::CertificateUploaded { .. })));
    let sent = tap.only("POST /api/v1/files/certificates");
    let kind = sent.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = String::from_utf8(sent.body.clone()).unwrap();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    let field = |name: &str| {
        let named = format!("name=\"{name}\"");
        let mut with = parts.iter().filter(|part| part.contains(&named));
        let (only, None) = (with.next().unwrap(), with.next()) else { panic!("two of {name}") };
        only.split_once("\r\n\r\n").unwrap().1.trim_end().to_owned()
    };
    assert_eq!(field("certificate"), "%PDF-1.4 a certificate");
    assert_eq!(field("contractor"), contractor);
    assert_eq!(field("custom_metadata[jobdiva_candidate_id]"), "12345");
    assert_eq!(field("custom_metadata[jobdiva_placement_id]"), "pl_45678");
    assert!(text.contains("filename=\"coi-12345.pdf\""), "{text}");
}
