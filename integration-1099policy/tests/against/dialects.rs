//! Where the vendor's reference and its guides disagree: each row of `docs/dialects.md` in both dialects, from the setting
//! to the bytes on the wire to what the simulator makes of them and notes. What is told rather than sent: `events.rs`.

use integration_1099policy::Ten99Policy;
use integration_1099policy::config::{
    AuthScheme, BadConfig, Config, ContractorRequired, ContractorShape, Environment,
    EnvironmentHeader, JobRegion, LinkTemplates, MetadataOn,
};
use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{
    Config as Simulated, ContractorRequired as Demanded, Fault, FaultKind, Starts,
};
use jiff::civil::date;
use reqwest::Method;
use serde_json::{Value, json};
use workflow_core::domain::call::{
    Answer, Call, CategoryCode, ContractorId, CoverageType, JobId, JobTerms, QuoteId, Wage,
};
use workflow_core::domain::facts::Place;
use workflow_core::money::Cents;
use workflow_core::outcome::Attempt;

use super::world::{DAY, Insurer, Work, again, answered, refused, work};
use super::{bill, by_hand, guide, hand_in, rules, says, shown, spoken, tapped, upload};

#[tokio::test]
async fn a_contractor_is_written_flat_or_in_contact() {
    for (shape, word) in [
        (ContractorShape::Flat, "contractor.flat"),
        (ContractorShape::Contact, "contractor.contact"),
    ] {
        let (insurer, tap) = tapped(Simulated::default(), |c| c.contractor_shape = shape).await;
        let work = work("1", "11");
        let linked = insurer.answer("link", work.link()).await;
        let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
        let sent = tap.only("POST /api/v1/contractors").json();
        let (there, elsewhere) = match shape {
            ContractorShape::Flat => (&sent, &sent["contact"]),
            ContractorShape::Contact => (&sent["contact"], &sent),
        };
        let person = json!(["Mira", "Osei", work.email, "510-555-0142"]);
        let fields = ["first_name", "last_name", "email", "phone"];
        let those = |of: &Value| fields.map(|field| of[field].clone());
        assert_eq!(json!(those(there)), person);
        assert_eq!(json!(those(elsewhere)), json!([null, null, null, null]));
        // The simulator makes the same of both, and shows it flat.
        let kept = shown(&insurer, &format!("/contractors/{contractor}")).await;
        assert_eq!(json!(those(&kept)), person);
        assert_eq!(kept.get("contact"), None);
        says(&insurer, "POST /contractors", word);
    }
}

#[tokio::test]
async fn every_post_carries_its_key_under_the_names_of_the_setting() {
    const REFERENCE: &str = "Ten99Policy-Idempotent-Key";
    const GUIDE: &str = "Idempotency-Key";
    for names in [&[REFERENCE, GUIDE][..], &[REFERENCE], &[GUIDE]] {
        let (insurer, tap) = tapped(Simulated::default(), |config| {
            config.idempotency_headers = names.iter().map(|&name| name.to_owned()).collect();
        })
        .await;
        insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::LostResponse));
        let attempt = insurer.attempt("1", "job");
        again(insurer.perform(&work("1", "11").job(), &attempt).await);
        let second = Attempt { earlier: 1, ..attempt };
        answered(insurer.perform(&work("1", "11").job(), &second).await);
        for sent in tap.sent() {
            for name in [REFERENCE, GUIDE] {
                let value = sent.header(&name.to_lowercase());
                let wanted = names.contains(&name).then_some("acme/placement/1/1/job");
                assert_eq!(value, wanted, "{names:?} {}", sent.line);
                let word = format!("key.{}", name.to_lowercase());
                assert_eq!(spoken(&insurer, "POST /jobs").contains(&word), wanted.is_some());
            }
        }
        // Whatever its name, the key protected: the second time the first answer came again.
        let ledger = insurer.sim.ledger();
        assert_eq!((ledger.jobs_by_placement["1"], ledger.replays), (1, 1), "{names:?}");
    }
}

#[tokio::test]
async fn a_jobs_state_is_in_the_address_or_on_top() {
    for (setting, word) in
        [(JobRegion::Address, "job.address.region"), (JobRegion::TopLevel, "job.region")]
    {
        let (insurer, tap) = tapped(Simulated::default(), |c| c.job_region = setting).await;
        let made = insurer.answer("job", work("1", "11").job()).await;
        let Answer::JobReady { job } = made else { panic!("{made:?}") };
        let sent = tap.only("POST /api/v1/jobs").json();
        let wanted = match setting {
            JobRegion::Address => [json!({ "country": "US", "region": "CA" }), Value::Null],
            JobRegion::TopLevel => [Value::Null, json!("CA")],
        };
        assert_eq!([sent["address"].clone(), sent["region"].clone()], wanted);
        let kept = shown(&insurer, &format!("/jobs/{job}")).await;
        assert_eq!((&kept["address"]["region"], kept.get("region")), (&json!("CA"), None));
        says(&insurer, "POST /jobs", word);
        // Work from home has no place at all.
        let remote = Work { region: None, ..work("2", "11") };
        insurer.answer("remote", remote.job()).await;
        says(&insurer, "POST /jobs", "job.remote");
    }
}

#[tokio::test]
async fn a_category_is_one_of_the_insurers_codes_and_checked_at_the_start() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    insurer.answer("code", work("1", "11").job()).await;
    assert_eq!(tap.only("POST /api/v1/jobs").json()["category_code"], "jc_DataAnalyst");
    says(&insurer, "POST /jobs", "job.category_code");
    // The guide's free text is no code: what a configuration maps to is compared with what was issued before work begins.
    let mapped = ["jc_Designer", "DATA_ANALYTICS", "jc_Waiting"].map(CategoryCode::from);
    insurer.sim.propose_category("jc_Waiting", "Waiting");
    let unknown = insurer.policy.categories_not_issued(mapped.iter()).await.unwrap();
    assert_eq!(unknown, [&mapped[1], &mapped[2]]);
    for (word, code) in [
        ("DATA_ANALYTICS", "invalid_job_category_code"),
        ("jc_Waiting", "job_category_not_approved"),
    ] {
        let job = Work { category: word, ..work("2", "11") };
        assert_eq!(refused(insurer.answer(word, job.job()).await), (400, code.to_owned()));
    }
    let words = insurer.sim.ledger().dialects;
    assert_eq!((words["job.category_code"], words["job.category_word"]), (2, 1));
}

#[tokio::test]
async fn both_kinds_of_wage_are_sent_and_all_four_taken() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    for (placement, wage, kind) in [
        ("1", Wage::Hourly(Cents(9_550)), "hourly"),
        ("2", Wage::FlatFee(Cents(1_200_000)), "flatfee"),
    ] {
        let terms = JobTerms { wage, ..work(placement, "11").terms() };
        let references = work(placement, "11").references();
        insurer.answer(kind, Call::CreateJob { references, terms }).await;
        says(&insurer, "POST /jobs", &format!("job.wage_type.{kind}"));
    }
    let sent = tap.sent().iter().map(|sent| sent.json()).collect::<Vec<_>>();
    let wages: Vec<_> = sent.iter().map(|body| (&body["wage_type"], &body["wage"])).collect();
    let expected = [(&json!("hourly"), &json!(9_550)), (&json!("flatfee"), &json!(1_200_000))];
    assert_eq!(wages, expected);
    for (kind, status) in [("unit", 201), ("blended", 201), ("monthly", 400)] {
        let mut body = sent[0].clone();
        body["wage_type"] = json!(kind);
        assert_eq!(by_hand(&insurer, Method::POST, "/jobs", body).await.0, status, "{kind}");
        says(&insurer, "POST /jobs", &format!("job.wage_type.{kind}"));
    }
}

#[tokio::test]
async fn ids_go_along_with_contractor_and_job_or_with_everything_and_are_not_missed() {
    for (setting, word) in
        [(MetadataOn::ContractorAndJob, "no_metadata"), (MetadataOn::Everything, "custom_metadata")]
    {
        let (insurer, tap) = tapped(Simulated::default(), |c| c.metadata_on = setting).await;
        let (first, second) = (work("1", "11"), work("2", "11"));
        let (applied, _) = insurer.insured(&first).await;
        insurer.assigned(&second).await;
        hand_in(&insurer, &upload(&insurer, &first).await).await;
        for (path, what) in [
            ("/quotes", "quote"),
            ("/apply/sessions", "session"),
            ("/assignments", "assignment"),
            ("/files/certificates", "certificate"),
        ] {
            says(&insurer, &format!("POST {path}"), &format!("{what}.{word}"));
            // Nowhere but on contractor and job it comes back: nothing may rest on it.
            let all = shown(&insurer, path).await;
            assert_eq!(all[0].get("custom_metadata"), None, "{path}");
        }
        let quote = tap.only("POST /api/v1/quotes").json();
        let placement = &quote["custom_metadata"]["jobdiva_placement_id"];
        let wanted = if setting == MetadataOn::Everything { json!("1") } else { Value::Null };
        assert_eq!(*placement, wanted);
        let contractor = shown(&insurer, &format!("/contractors/{}", applied.contractor)).await;
        assert_eq!(contractor["custom_metadata"]["jobdiva_candidate_id"], "11");
        let job = shown(&insurer, &format!("/jobs/{}", applied.job)).await;
        assert_eq!(job["custom_metadata"]["jobdiva_placement_id"], "1");
    }
}

#[tokio::test]
async fn phone_and_address_go_along_where_known_and_who_lacks_them_is_shown_to_a_person() {
    let asked = |setting: ContractorRequired, demanded: Demanded| async move {
        tapped(rules(|r| r.contractor_required = demanded), |c| c.contractor_required = setting)
            .await
    };
    let whole = work("1", "11");
    let bare = |call: Call| match call {
        Call::LinkContractor { candidate, mut person, email } => {
            (person.phone, person.home) = (None, Place::default());
            Call::LinkContractor { candidate, person, email }
        }
        other => panic!("{other:?}"),
    };
    // As the guides and the older reference have it.
    let (insurer, _) = asked(ContractorRequired::Names, Demanded::Lenient).await;
    let linked = insurer.answer("bare", bare(whole.link())).await;
    assert!(matches!(linked, Answer::ContractorLinked { .. }), "{linked:?}");
    for word in ["contractor.no_phone", "contractor.no_address"] {
        says(&insurer, "POST /contractors", word);
    }
    // As the newest reference has it: refused there, or not even sent.
    let (insurer, _) = asked(ContractorRequired::Names, Demanded::Strict).await;
    let answer = insurer.answer("bare", bare(whole.link())).await;
    assert_eq!(refused(answer), (400, "invalid_input".to_owned()));
    let (insurer, tap) = asked(ContractorRequired::PhoneAndAddress, Demanded::Strict).await;
    let Answer::Refused(parked) = insurer.answer("bare", bare(whole.link())).await else {
        panic!("sent")
    };
    assert_eq!((parked.status, parked.code.as_str()), (0, "contractor_incomplete"));
    assert!(parked.message.contains("phone") && parked.message.contains("state"), "{parked:?}");
    assert!(tap.sent().iter().all(|sent| sent.line.starts_with("GET ")), "{:?}", tap.sent());
    // Once the ATS has both, it goes.
    let linked = insurer.answer("whole", whole.link()).await;
    assert!(matches!(linked, Answer::ContractorLinked { .. }), "{linked:?}");
    for word in ["contractor.phone", "contractor.address"] {
        says(&insurer, "POST /contractors", word);
    }
}

#[tokio::test]
async fn the_coverage_of_an_assignment_is_named_and_need_not_be() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    insurer.insured(&work("1", "11")).await;
    let (contractor, job, _) = insurer.assigned(&work("2", "11")).await;
    let sent = tap.only("POST /api/v1/assignments").json();
    assert_eq!(sent["coverage_type"], json!(["general", "workers-comp"]));
    says(&insurer, "POST /assignments", "assignment.coverage_type");
    let unnamed = json!({ "contractor": contractor, "job": job });
    let (status, made) = by_hand(&insurer, Method::POST, "/assignments", unnamed).await;
    assert_eq!((status, &made["coverage_type"]), (201, &sent["coverage_type"]));
    says(&insurer, "POST /assignments", "assignment.no_coverage_type");
}

#[tokio::test]
async fn pay_is_whole_cents() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    let bill = bill(&insurer, &work("1", "11")).await;
    let rate = shown(&insurer, "/quotes").await[0]["net_rate"].as_i64().unwrap();
    let recorded = insurer.answer("bill", Call::RecordInvoice { bill: bill.clone() }).await;
    // $3,800.00: were it read as dollars, the premium would be a hundredfold.
    let premium = Some(Cents((380_000 * rate + 5_000) / 10_000));
    assert!(
        matches!(recorded, Answer::InvoiceRecorded { premium: p, .. } if p == premium),
        "{recorded:?}"
    );
    let mut body = tap.only("POST /api/v1/invoices").json();
    assert_eq!(body["gross_pay"].to_string(), "380000");
    says(&insurer, "POST /invoices", "invoice.cents");
    for (pay, word) in
        [(json!(3800.5), "invoice.other_pay"), (json!("3800.00"), "invoice.other_pay")]
    {
        body["gross_pay"] = pay.clone();
        let (status, answer) = by_hand(&insurer, Method::POST, "/invoices", body.clone()).await;
        assert_eq!((status, &answer["error_code"]), (400, &json!("invalid_input")), "{pay}");
        says(&insurer, "POST /invoices", word);
    }
}

#[tokio::test]
async fn the_key_is_presented_as_bearer_or_basic() {
    for (scheme, word) in [(AuthScheme::Bearer, "auth.bearer"), (AuthScheme::Basic, "auth.basic")] {
        let (insurer, tap) = tapped(Simulated::default(), |c| c.auth_scheme = scheme).await;
        insurer.answer("job", work("1", "11").job()).await;
        let sent = tap.only("POST /api/v1/jobs");
        let expected = match scheme {
            AuthScheme::Bearer => "Bearer t9k_test_simulator",
            // base64 of `t9k_test_simulator:`
            AuthScheme::Basic => "Basic dDlrX3Rlc3Rfc2ltdWxhdG9yOg==",
        };
        assert_eq!(sent.header("authorization"), Some(expected));
        says(&insurer, "POST /jobs", word);
    }
}

#[tokio::test]
async fn the_environment_is_said_in_a_header_or_by_the_key_alone() {
    for (setting, word) in [
        (EnvironmentHeader::Sent, "environment.header"),
        (EnvironmentHeader::Omitted, "environment.key"),
    ] {
        let (insurer, tap) = tapped(Simulated::default(), |c| c.environment_header = setting).await;
        insurer.answer("job", work("1", "11").job()).await;
        let said =
            tap.only("POST /api/v1/jobs").header("ten99policy-environment").map(str::to_owned);
        assert_eq!(said.as_deref(), (setting == EnvironmentHeader::Sent).then_some("sandbox"));
        says(&insurer, "POST /jobs", word);
    }
    // Where the key alone tells, it must tell, and the same: nobody buys in production by a slip.
    let links = || LinkTemplates { success_url: String::new(), cancel_url: String::new() };
    let made = |key: &str, environment, header| {
        let config = Config::new(Secret::new(key), environment, links());
        Ten99Policy::new(Config { environment_header: header, ..config })
    };
    let (omitted, sent) = (EnvironmentHeader::Omitted, EnvironmentHeader::Sent);
    let silent = made("secret", Environment::Sandbox, omitted).err();
    assert!(matches!(silent, Some(BadConfig::EnvironmentUnsaid)));
    assert!(made("secret", Environment::Sandbox, sent).is_ok(), "the header says it");
    for header in [omitted, sent] {
        let other = made("t9k_live_1", Environment::Sandbox, header).err();
        assert!(matches!(other, Some(BadConfig::Environment { key: "live", .. })));
    }
    let policy = made("t9k_live_1", Environment::Production, omitted).unwrap();
    assert!(policy.set_api_key(Secret::new("t9k_test_1")).is_err(), "nor later");
    policy.set_api_key(Secret::new("t9k_live_2")).unwrap();
}

#[tokio::test]
async fn nothing_is_asked_for_the_past_even_of_an_insurer_that_would_take_it() {
    for starts in [Starts::InTheFuture, Starts::SameDay] {
        let (insurer, tap) = tapped(rules(|r| r.starts = starts), |_| {}).await;
        // Today at midnight in New York; it is nine in the morning there.
        let late = Work { first_day: date(2026, 3, 24), ..work("1", "11") };
        let (contractor, job) = insurer.known(&late).await;
        for (name, call) in
            [("quote", late.quote(&contractor, &job)), ("assign", late.assign(&contractor, &job))]
        {
            let answer = insurer.answer(name, call).await;
            assert_eq!(refused(answer), (0, "effective_date_invalid".to_owned()), "{starts:?}");
        }
        let asked = |line: &str| tap.sent().iter().filter(|sent| sent.line == line).count();
        assert_eq!((asked("POST /api/v1/quotes"), asked("POST /api/v1/assignments")), (0, 0));
        // The simulator itself says what such an insurer would have said.
        let body = json!({ "contractor": contractor, "job": job, "coverage_type": ["general"],
            "effective_date": late.window().effective.as_secs() });
        let status = by_hand(&insurer, Method::POST, "/quotes", body).await.0;
        assert_eq!(status, if starts == Starts::SameDay { 201 } else { 400 });
        says(&insurer, "POST /quotes", "dates.past");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_still_fetched_when_its_day_has_come() {
    let (insurer, _) = tapped(Simulated::default(), |_| {}).await;
    let soon = Work { first_day: date(2026, 3, 25), ..work("1", "11") };
    let (contractor, job) = insurer.known(&soon).await;
    let call = soon.quote(&contractor, &job);
    insurer.sim.fault(Fault::once("POST", "/quotes", FaultKind::LostResponse));
    let attempt = insurer.attempt("1", "quote");
    again(insurer.perform(&call, &attempt).await);
    says(&insurer, "POST /quotes", "dates.future");
    insurer.sim.clock().advance(DAY);
    let later = Attempt { earlier: 1, look_first: true, now: insurer.now(), ..attempt };
    let answer = answered(insurer.perform(&call, &later).await);
    assert!(matches!(answer, Answer::QuoteIssued { .. }), "{answer:?}");
    assert_eq!(insurer.sim.ledger().quotes, 1);
}

#[tokio::test]
async fn each_placement_has_a_job_of_its_own() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    let ids = [work("1", "11"), work("2", "12")].map(|work| (work.name("job"), work.job()));
    let mut made = Vec::new();
    for (name, call) in ids {
        made.push(insurer.answer(&name, call).await);
        says(&insurer, "POST /jobs", "job.per_placement");
    }
    assert_ne!(made[0], made[1], "one requisition, two people, two jobs");
    let sent: Vec<Value> =
        tap.sent().iter().map(|sent| sent.json()["custom_metadata"].clone()).collect();
    assert_eq!(sent[0]["jobdiva_job_id"], sent[1]["jobdiva_job_id"]);
    assert_ne!(sent[0]["jobdiva_placement_id"], sent[1]["jobdiva_placement_id"]);
    // What the guide's own example has would be known as such.
    let mut body = tap.sent()[0].json();
    body["custom_metadata"].as_object_mut().unwrap().remove("jobdiva_placement_id");
    by_hand(&insurer, Method::POST, "/jobs", body).await;
    says(&insurer, "POST /jobs", "job.per_requisition");
}

fn update(work: &Work, quote: &QuoteId, contractor: &ContractorId, job: &JobId) -> Call {
    Call::UpdateQuote {
        quote: quote.clone(),
        references: work.references(),
        contractor: contractor.clone(),
        job: job.clone(),
        coverage: work.coverage.clone(),
        window: work.window(),
    }
}

#[tokio::test]
async fn a_changed_date_goes_by_the_quote_and_once_insured_by_extension_or_cancellation() {
    let (insurer, tap) = tapped(Simulated::default(), |_| {}).await;
    let first = work("1", "11");
    let applied = insurer.applying(&first).await;
    let (quote, contractor, job) = (&applied.quote, &applied.contractor, &applied.job);
    let later = Work { last_day: date(2026, 10, 31), ..first.clone() };
    let changed = insurer.answer("change", update(&later, quote, contractor, job)).await;
    assert!(matches!(changed, Answer::QuoteIssued { .. }), "{changed:?}");
    let put = format!("PUT /api/v1/quotes/{quote}");
    assert_eq!(tap.only(&put).json()["end_date"], later.window().until.as_secs());
    says(&insurer, "PUT /quotes", "change.quote");

    insurer.sim.advance(DAY).await;
    let fixed = insurer.answer("fixed", update(&first, quote, contractor, job)).await;
    assert_eq!(fixed, Answer::QuoteFixed, "a policy came of it");
    let until = Work { last_day: date(2026, 11, 30), ..first }.window().until;
    let extended = insurer.answer("extend", Call::ExtendCoverage { job: job.clone(), until }).await;
    assert_eq!(extended, Answer::CoverageExtended);
    let body = json!({ "job_id": job, "end_date": until.as_secs() });
    assert_eq!(tap.only("POST /api/v1/assignments/extend").json(), body);
    says(&insurer, "POST /assignments/extend", "change.extend");

    let (_, job, assignment) = insurer.assigned(&work("2", "11")).await;
    let undone = insurer.answer("undo", Call::CancelAssignment { assignment, job }).await;
    assert_eq!(undone, Answer::AssignmentCanceled);
    says(&insurer, "POST /assignments/cancel", "change.cancel");
}

#[tokio::test]
async fn a_strict_server_takes_the_reference_and_refuses_each_word_of_the_guide() {
    let strict = || rules(|rules| rules.strict_unknown_fields = true);
    let whole = |insurer: Insurer| async move {
        insurer.insured(&work("1", "11")).await;
        insurer.assigned(&work("2", "11")).await;
        let upload = upload(&insurer, &work("1", "11")).await;
        hand_in(&insurer, &upload).await
    };
    let (insurer, _) = tapped(strict(), |_| {}).await;
    assert!(matches!(whole(insurer).await, Answer::CertificateUploaded { .. }));
    let (insurer, _) = tapped(Simulated::default(), guide).await;
    assert!(matches!(whole(insurer).await, Answer::CertificateUploaded { .. }));

    let invalid = (400, "invalid_input".to_owned());
    let (insurer, _) = tapped(strict(), |c| c.contractor_shape = ContractorShape::Contact).await;
    assert_eq!(refused(insurer.answer("link", work("1", "11").link()).await), invalid);
    let (insurer, _) = tapped(strict(), |c| c.job_region = JobRegion::TopLevel).await;
    assert_eq!(refused(insurer.answer("job", work("1", "11").job()).await), invalid);
    let (insurer, _) = tapped(strict(), |c| c.metadata_on = MetadataOn::Everything).await;
    let (contractor, job) = insurer.known(&work("1", "11")).await;
    let general = Work { coverage: vec![CoverageType::General], ..work("1", "11") };
    let answer = insurer.answer("quote", general.quote(&contractor, &job)).await;
    assert_eq!(refused(answer), invalid);
    let answer = hand_in(&insurer, &upload(&insurer, &work("1", "11")).await).await;
    assert_eq!(refused(answer), invalid);
}
