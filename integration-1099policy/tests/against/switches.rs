//! Each switch of the simulator, met by the client on the side that is less kind. The comment in each test says which care
//! it would miss.

use std::time::Duration;

use integration_1099policy::config::MetadataOn;
use integration_1099policy::interpret;
use integration_1099policy::poll::{SweepCursor, Watch};
use integration_1099policy::simulator::{
    Application, AssignmentMismatch, Charge, Config as Simulated, EmailCase, Fault, FaultKind,
    KeyReuse, Outcome as Reviewed, PolicyReach, Reprice, Script,
};
use jiff::ToSpan;
use jiff::civil::date;
use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Bill, Call, CertificateId,
    ReviewStanding, Sighting,
};
use workflow_core::money::Cents;
use workflow_core::outcome::{Attempt, Trace};

use super::world::{DAY, HOUR, Insurer, Work, again, answered, refused, work};
use super::{bill, hand_in, rules, shown, upload};

async fn stands(insurer: &Insurer, assignment: &AssignmentId) -> AssignmentStanding {
    match &insurer.see(Watch::Assignment(assignment.clone())).await[..] {
        [Sighting::Assignment { standing, .. }] => *standing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_e_mail_is_known_in_whatever_case() {
    // Care: the look-up is exact and finds nobody, the creation is refused as a duplicate: then everybody is read.
    for case in [EmailCase::Exact, EmailCase::Insensitive] {
        let insurer = Insurer::with(rules(|r| r.email_case = case), |_| {}).await;
        let first = insurer.answer("first", work("1", "11").link()).await;
        let louder = Work { email: work("1", "11").email.to_uppercase(), ..work("1", "11") };
        let again = insurer.answer("again", louder.link()).await;
        assert_eq!(again == first, case == EmailCase::Insensitive, "{again:?}");
        let other = Work { email: work("1", "11").email.to_uppercase(), ..work("2", "12") };
        let taken = insurer.answer("other", other.link()).await;
        assert!(matches!(taken, Answer::EmailTaken { .. }), "{taken:?}");
    }
}

#[tokio::test]
async fn no_two_calls_share_a_key_and_no_attempt_changes_its_body() {
    // Care: by these rules a key that comes with another body is refused, or is stuck for ever.
    for reuse in [KeyReuse::Replay, KeyReuse::Conflict, KeyReuse::BadRequest] {
        let insurer = Insurer::with(rules(|r| r.key_reuse = reuse), |_| {}).await;
        for path in ["/jobs", "/quotes", "/apply/sessions", "/assignments"] {
            insurer.sim.fault(Fault::once("POST", path, FaultKind::LostResponse));
        }
        let (first, second) = (work("1", "11"), work("2", "11"));
        for (work, road) in [(&first, "apply"), (&second, "assign")] {
            let linked = insurer.answer(&work.name("link"), work.link()).await;
            let Answer::ContractorLinked { contractor } = linked else { panic!("{linked:?}") };
            // As after a kill: nothing is known of the first attempt, so that only the key keeps from doing it twice.
            let twice = async |operation: &str, call: Call| {
                let attempt = insurer.attempt(work.placement, operation);
                drop(insurer.perform(&call, &attempt).await);
                answered(insurer.perform(&call, &attempt).await)
            };
            let Answer::JobReady { job } = twice("job", work.job()).await else { panic!() };
            if road == "assign" {
                let made = twice("assign", work.assign(&contractor, &job)).await;
                assert!(matches!(made, Answer::AssignmentCreated { .. }), "{reuse:?}: {made:?}");
                continue;
            }
            let issued = twice("quote", work.quote(&contractor, &job)).await;
            let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
            let opened = twice("apply", work.apply(&quote)).await;
            assert!(matches!(opened, Answer::ApplicationOpened { .. }), "{reuse:?}: {opened:?}");
            insurer.sim.advance(4 * HOUR).await;
        }
        let ledger = insurer.sim.ledger();
        assert_eq!((ledger.quotes, ledger.sessions_opened), (1, 1), "{reuse:?}");
        assert!(!ledger.refusals.contains_key("idempotency"), "{reuse:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_forgotten_early_makes_no_second_one() {
    // Care: after an attempt whose end is not known the client looks; a key alone would be trusted for a day.
    let insurer = Insurer::with(rules(|r| r.idempotency_ttl_secs = 60), |_| {}).await;
    insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::LostResponse));
    let call = work("1", "11").job();
    let attempt = insurer.attempt("1", "job");
    assert_eq!(again(insurer.perform(&call, &attempt).await).trace, Trace::Unknown);
    insurer.sim.advance(HOUR).await;
    let second = Attempt { earlier: 1, look_first: true, now: insurer.now(), ..attempt };
    answered(insurer.perform(&call, &second).await);
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 1);
}

#[tokio::test]
async fn an_application_that_nobody_finishes_ends_when_the_insurer_says() {
    // Care: a session's life is not known beforehand; it is read, and ended only when it says so.
    let insurer = Insurer::with(rules(|r| r.session_lifetime_secs = 6 * 3600), |_| {}).await;
    insurer.sim.script("11", Script::of(Application::Abandon));
    let applied = insurer.applying(&work("1", "11")).await;
    for (hours, open) in [(5, true), (1, false)] {
        insurer.sim.advance(hours * HOUR).await;
        let seen = insurer.see(Watch::Session(applied.session.clone())).await;
        let [Sighting::Application { standing, .. }] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(matches!(standing, ApplicationStanding::Open { .. }), open);
        assert_eq!(*standing == ApplicationStanding::Expired, !open);
    }
}

#[tokio::test]
async fn no_fitting_policy_is_understood_as_a_result_and_as_an_error() {
    // Care: a 201 is no coverage; and an error is no reason to stop.
    for mismatch in [AssignmentMismatch::Result, AssignmentMismatch::Error] {
        let insurer = Insurer::with(rules(|r| r.assignment_mismatch = mismatch), |_| {}).await;
        insurer.insured(&work("1", "11")).await;
        let other = Work { category: "jc_Engineer", ..work("2", "11") };
        let (contractor, job) = insurer.known(&other).await;
        let answer = insurer.answer("assign", other.assign(&contractor, &job)).await;
        assert!(matches!(answer, Answer::AssignmentIneligible { .. }), "{mismatch:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_policy_that_runs_out_first_carries_no_later_work() {
    // Care: a policy on file is no promise; what an assignment says of itself counts, though the quote was refused for it.
    for reach in [PolicyReach::ToTheStart, PolicyReach::Today] {
        let insurer = Insurer::with(rules(|r| r.policy_reach = reach), |_| {}).await;
        let short = Work { last_day: date(2026, 4, 17), ..work("1", "11") };
        insurer.insured(&short).await;
        let later = Work { first_day: date(2026, 4, 20), ..work("2", "11") };
        let (contractor, job) = insurer.known(&later).await;
        let quoted = insurer.answer("quote", later.quote(&contractor, &job)).await;
        assert_eq!(quoted, Answer::MatchingPolicy);
        let answer = insurer.answer("assign", later.assign(&contractor, &job)).await;
        let carried = matches!(answer, Answer::AssignmentCreated { .. });
        let declined = matches!(answer, Answer::AssignmentIneligible { .. });
        let kind = reach == PolicyReach::Today;
        assert_eq!((carried, declined), (kind, !kind), "{reach:?}: {answer:?}");
        // Work that begins while it lasts is carried beyond its end by both.
        let during = Work { first_day: date(2026, 4, 10), ..work("3", "11") };
        insurer.assigned(&during).await;
    }
}

#[tokio::test]
async fn an_assignment_covers_once_it_is_paid_and_not_when_it_is_made() {
    // Care: "created" is not "covered"; a client that believes the 201 leaves two days of work uncovered.
    let insurer = Insurer::with(rules(|r| r.charge_after_secs = 48 * 3600), |_| {}).await;
    insurer.insured(&work("1", "11")).await;
    let (_, _, assignment) = insurer.assigned(&work("2", "11")).await;
    for (hours, standing) in [
        (0, AssignmentStanding::Pending),
        (47, AssignmentStanding::Pending),
        (1, AssignmentStanding::Active),
    ] {
        insurer.sim.advance(hours * HOUR).await;
        assert_eq!(stands(&insurer, &assignment).await, standing);
    }
}

#[tokio::test]
async fn a_card_that_refuses_leaves_an_assignment_that_does_not_cover() {
    // Care: a refused charge shows on no resource; it is taken from the event, read back.
    let insurer = Insurer::standard().await;
    insurer.insured(&work("1", "11")).await;
    insurer.sim.script("11", Script { charge: Charge::Fails, ..Script::default() });
    let (_, _, assignment) = insurer.assigned(&work("2", "11")).await;
    insurer.sim.advance(DAY).await;
    assert_eq!(stands(&insurer, &assignment).await, AssignmentStanding::Pending);
    let swept = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap();
    let told = interpret(swept.deliveries.last().unwrap());
    let seen = insurer.policy.confirm(&told, insurer.now()).await.unwrap();
    let failed = AssignmentStanding::ChargeFailed;
    assert!(matches!(seen[..], [Sighting::Assignment { standing, .. }] if standing == failed));
}

#[tokio::test]
async fn an_extension_holds_before_its_certificates_are_fresh() {
    // Care: the certificates that the answer shows are stale; only the end is believed, and asking twice changes nothing.
    let insurer = Insurer::with(rules(|r| r.extend_refresh_secs = 5 * 86_400), |_| {}).await;
    insurer.insured(&work("1", "11")).await;
    let second = work("2", "11");
    let (_, job, assignment) = insurer.assigned(&second).await;
    insurer.sim.advance(DAY).await;
    let until = Work { last_day: date(2026, 10, 31), ..second }.window().until;
    for name in ["once", "twice"] {
        let extended = insurer.answer(name, Call::ExtendCoverage { job: job.clone(), until }).await;
        assert_eq!(extended, Answer::CoverageExtended);
    }
    let certificate = async || {
        let kept = shown(&insurer, &format!("/assignments/{assignment}")).await;
        kept["certificates"]["gl_coi_pdf_url"].clone()
    };
    let stale = certificate().await;
    assert_eq!(stands(&insurer, &assignment).await, AssignmentStanding::Active);
    insurer.sim.advance(5 * DAY).await;
    assert_ne!(certificate().await, stale);
    let told = insurer.sim.ledger().dialects;
    assert_eq!(told["told.assignment.extended"], 1);
}

#[tokio::test]
async fn where_the_firm_pays_there_is_no_charge_to_wait_for() {
    // Care: coverage is what a resource shows; a client that waits for `invoice.charge_card_succeeded` waits for ever.
    let insurer = Insurer::with(rules(|r| r.withhold_premium = true), |_| {}).await;
    insurer.insured(&work("1", "11")).await;
    let (_, _, assignment) = insurer.assigned(&work("2", "11")).await;
    insurer.sim.advance(DAY).await;
    assert_eq!(stands(&insurer, &assignment).await, AssignmentStanding::Active);
    assert!(insurer.sim.ledger().charges_cents.is_empty());
}

#[tokio::test]
async fn a_corrected_invoice_is_known_by_the_id_of_the_answer() {
    // Care: a correction may come back under another id; the old one is gone, and correcting it again must find the new.
    for reprice in [Reprice::Replaces, Reprice::InPlace] {
        let insurer = Insurer::with(rules(|r| r.reprice = reprice), |_| {}).await;
        let bill = bill(&insurer, &work("1", "11")).await;
        let recorded = insurer.answer("record", Call::RecordInvoice { bill: bill.clone() }).await;
        let Answer::InvoiceRecorded { invoice: first, .. } = recorded else {
            panic!("{recorded:?}")
        };
        let mut newest = first.clone();
        for (name, cents) in [("once", 390_000), ("twice", 400_000)] {
            let bill = Bill { gross: Cents(cents), ..bill.clone() };
            let replace = Call::ReplaceInvoice { invoice: first.clone(), bill };
            let answer = insurer.answer(name, replace).await;
            let Answer::InvoiceRecorded { invoice, .. } = answer else { panic!("{answer:?}") };
            assert_eq!(invoice == newest, reprice == Reprice::InPlace);
            newest = invoice;
        }
        let all = shown(&insurer, "/invoices").await;
        assert_eq!(all.as_array().map(Vec::len), Some(1));
        assert_eq!(all[0]["gross_pay"], 400_000);
    }
}

#[tokio::test]
async fn a_list_that_ignores_its_filter_shows_nobody_elses() {
    // Care: the filter's name is a guess; what comes is filtered again.
    for filters in [true, false] {
        let insurer = Insurer::with(rules(|r| r.invoice_contractor_filter = filters), |_| {}).await;
        let other = bill(&insurer, &work("1", "11")).await;
        insurer.answer("other", Call::RecordInvoice { bill: other }).await;
        let own = bill(&insurer, &work("2", "12")).await;
        for name in ["once", "again"] {
            let answer = insurer.answer(name, Call::RecordInvoice { bill: own.clone() }).await;
            assert!(matches!(answer, Answer::InvoiceRecorded { .. }), "{answer:?}");
        }
        assert_eq!(insurer.sim.ledger().invoices_by_period.len(), 2);
    }
}

#[tokio::test]
async fn what_was_lost_is_found_without_its_metadata() {
    // Care: quotes, sessions and assignments come back without our ids; they are known by what was asked for.
    for echoed in [false, true] {
        let insurer = Insurer::with(rules(|r| r.echo_extra_metadata = echoed), |config| {
            config.metadata_on = MetadataOn::Everything;
        })
        .await;
        let (first, second) = (work("1", "11"), work("2", "11"));
        let (contractor, job) = insurer.known(&first).await;
        let found = async |path: &str, name: &str, call: Call| {
            insurer.sim.fault(Fault::once("POST", path, FaultKind::LostResponse));
            let attempt = insurer.attempt("1", name);
            again(insurer.perform(&call, &attempt).await);
            // Not even the key helps: it is looked up, or made twice.
            insurer.sim.forget_keys();
            let look = Attempt { look_first: true, earlier: 1, ..attempt };
            answered(insurer.perform(&call, &look).await)
        };
        let issued = found("/quotes", "quote", first.quote(&contractor, &job)).await;
        let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
        assert_eq!(shown(&insurer, "/quotes").await[0].get("custom_metadata").is_some(), echoed);
        found("/apply/sessions", "apply", first.apply(&quote)).await;
        insurer.sim.advance(4 * HOUR).await;
        let (contractor, job) = insurer.known(&second).await;
        found("/assignments", "assign", second.assign(&contractor, &job)).await;
        let ledger = insurer.sim.ledger();
        assert_eq!((ledger.quotes, ledger.sessions_opened), (1, 1));
        assert_eq!(ledger.assignments_by_job.values().sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn a_firm_without_requirements_is_told_so() {
    // Care: a document that cannot be judged is a refusal with a reason, not a certificate that waits for ever.
    let insurer = Insurer::with(rules(|r| r.insurance_requirement = false), |_| {}).await;
    let upload = upload(&insurer, &work("1", "11")).await;
    let answer = hand_in(&insurer, &upload).await;
    assert_eq!(refused(answer), (400, "no_insurance_requirement_found".to_owned()));
}

async fn certificate(insurer: &Insurer) -> CertificateId {
    let upload = upload(insurer, &work("1", "11")).await;
    match hand_in(insurer, &upload).await {
        Answer::CertificateUploaded { certificate } => certificate,
        other => panic!("{other:?}"),
    }
}

async fn reviewed(insurer: &Insurer, certificate: &CertificateId) -> ReviewStanding {
    match &insurer.see(Watch::Certificate(certificate.clone())).await[..] {
        [Sighting::Certificate { review, .. }] => review.standing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_review_takes_its_time() {
    // Care: an upload's 201 approves nothing, for hours if need be.
    let slow = rules(|rules| {
        rules.certificate_processing_secs = 600;
        rules.certificate_result_secs = 7_200;
    });
    let insurer = Insurer::with(slow, |_| {}).await;
    let certificate = certificate(&insurer).await;
    for (secs, standing) in [
        (599, ReviewStanding::Pending),
        (1, ReviewStanding::Processing),
        (6_599, ReviewStanding::Processing),
        (1, ReviewStanding::Approved),
    ] {
        insurer.sim.advance(Duration::from_secs(secs)).await;
        assert_eq!(reviewed(&insurer, &certificate).await, standing);
    }
}

#[tokio::test]
async fn a_review_that_breaks_down_is_found_by_reading() {
    // Care: no event tells of it by default; whoever waits for one waits for ever.
    for tells in [false, true] {
        let insurer = Insurer::with(rules(|r| r.certificate_error_event = tells), |_| {}).await;
        let certificate = certificate(&insurer).await;
        assert!(insurer.sim.decide_certificate(certificate.as_str(), Reviewed::Error));
        insurer.sim.advance(Duration::from_secs(90)).await;
        assert_eq!(reviewed(&insurer, &certificate).await, ReviewStanding::Error);
        let told = insurer.sim.ledger().dialects.contains_key("told.certificate.error");
        assert_eq!(told, tells);
    }
}

#[tokio::test]
async fn wherever_the_insurers_day_begins_a_day_of_work_is_one_day() {
    // Care: whole days from midnight to midnight; an end on the first day would be moved to the next one by the insurer.
    for zone in ["UTC", "America/New_York", "America/Los_Angeles", "Asia/Tokyo"] {
        let insurer = Insurer::with(rules(|r| r.business_tz = zone.to_owned()), |_| {}).await;
        let single = Work { last_day: date(2026, 4, 6), ..work("1", "11") };
        let (contractor, job) = insurer.known(&single).await;
        let issued = insurer.answer("quote", single.quote(&contractor, &job)).await;
        let Answer::QuoteIssued { quote, .. } = issued else { panic!("{zone}: {issued:?}") };
        let kept = insurer.policy.quote_echo(&quote).await.unwrap();
        let window = single.window();
        assert_eq!((kept.effective, kept.end), (Some(window.effective), Some(window.until)));
        let year = Work { last_day: single.first_day + 1.year() - 1.day(), ..single.clone() };
        let issued = insurer.answer("year", year.quote(&contractor, &job)).await;
        assert!(matches!(issued, Answer::QuoteIssued { .. }), "{zone}: {issued:?}");
    }
}

#[tokio::test]
async fn an_insurer_that_says_no_or_knows_better_is_believed() {
    // Care: an ineligible quote is a 201, a blocked contractor a refusal of one call only.
    let insurer = Insurer::with(Simulated::default(), |_| {}).await;
    insurer.sim.script("11", Script { eligible: false, ..Script::default() });
    let first = work("1", "11");
    let (contractor, job) = insurer.known(&first).await;
    let answer = insurer.answer("quote", first.quote(&contractor, &job)).await;
    assert!(matches!(answer, Answer::QuoteIneligible { .. }), "{answer:?}");
    insurer.sim.script("12", Script { blocked: true, ..Script::default() });
    let second = work("2", "12");
    let (contractor, job) = insurer.known(&second).await;
    let answer = insurer.answer("blocked", second.quote(&contractor, &job)).await;
    assert_eq!(refused(answer).1, "contractor_blocked_for_writes");
    assert_eq!(insurer.policy.refused(), None, "the key is good");
    insurer.sim.script("13", Script { certificate: Reviewed::Denied, ..Script::default() });
    let upload = upload(&insurer, &work("3", "13")).await;
    let Answer::CertificateUploaded { certificate } = hand_in(&insurer, &upload).await else {
        panic!("not handed in")
    };
    insurer.sim.advance(Duration::from_secs(90)).await;
    assert_eq!(reviewed(&insurer, &certificate).await, ReviewStanding::Denied);
}

#[tokio::test]
async fn a_contractor_who_takes_days_is_waited_for() {
    // Care: an open application is not an abandoned one, and it is not opened again.
    let slow =
        Script { start_after_secs: 86_400, finish_after_secs: 4 * 86_400, ..Script::default() };
    let insurer = Insurer::standard().await;
    insurer.sim.script("11", slow);
    let applied = insurer.applying(&work("1", "11")).await;
    let session = async || insurer.see(Watch::Session(applied.session.clone())).await;
    for (days, open, step) in [
        (0, true, "verify_info"),
        (1, true, "application_questions"),
        (2, true, "application_questions"),
        (1, false, ""),
    ] {
        insurer.sim.advance(days * DAY).await;
        let seen = session().await;
        let [Sighting::Application { standing, .. }] = &seen[..] else { panic!("{seen:?}") };
        let expected = match open {
            true => ApplicationStanding::Open { step: step.to_owned() },
            false => ApplicationStanding::Complete,
        };
        assert_eq!(*standing, expected);
    }
    assert_eq!(insurer.sim.ledger().sessions_opened, 1);
}
