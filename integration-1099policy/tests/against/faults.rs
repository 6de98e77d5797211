//! Each fault that the simulator can play, met by the client: what it must not take for granted, and what is left at the
//! insurer afterwards, which is one of everything. The comment in each test says which care it would miss.

use std::time::Duration;

use integration_1099policy::poll::Watch;
use integration_1099policy::simulator::{Config as Simulated, ErrorCode, Fault, FaultKind};
use workflow_core::domain::call::{Answer, Sighting};
use workflow_core::outcome::{Attempt, Outcome, Trace};

use super::world::{Insurer, again, answered, refused, work};
use super::{bill, tapped, upload};

/// A job of one placement, asked for as the engine asks while `kind` strikes once: what each failed attempt left.
async fn made_once(kind: FaultKind) -> Vec<Trace> {
    made_once_within(kind, Duration::from_secs(30)).await
}

/// The same by a client that waits so long for a whole answer.
async fn made_once_within(kind: FaultKind, wait: Duration) -> Vec<Trace> {
    let insurer = Insurer::with(Simulated::default(), |c| c.total_timeout = wait).await;
    let work = work("1", "11");
    insurer.sim.fault(Fault::once("POST", "/jobs", kind));
    let (answer, left) = insurer.settled(&work.job(), insurer.attempt("1", "job")).await;
    assert!(matches!(answer, Answer::JobReady { .. }), "{kind:?}: {answer:?}");
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 1, "{kind:?}");
    left
}

/// An insurer all of whose answers are spelled so.
async fn spelling(kind: FaultKind) -> Insurer {
    let insurer = Insurer::standard().await;
    let (method, path) = (String::new(), String::new());
    insurer.sim.fault(Fault { method, path, skip: 0, count: u32::MAX, kind });
    insurer
}

/// Both roads at such an insurer, a lost answer among them: everything is read as it is meant.
async fn read_all_the_same(kind: FaultKind) {
    let insurer = spelling(kind).await;
    let (first, second) = (work("1", "11"), work("2", "11"));
    let (_, policy) = insurer.insured(&first).await;
    let seen = insurer.see(Watch::Policy(policy)).await;
    let [Sighting::Policy { effective, expires, .. }] = seen[..] else { panic!("{seen:?}") };
    assert_eq!((effective, expires), (first.window().effective, first.window().until), "{kind:?}");
    let (contractor, job) = insurer.known(&second).await;
    insurer.sim.fault(Fault::once("POST", "/assignments", FaultKind::LostResponse));
    let assign = second.assign(&contractor, &job);
    let (answer, left) = insurer.settled(&assign, insurer.attempt("2", "assign")).await;
    assert!(matches!(answer, Answer::AssignmentCreated { .. }), "{kind:?}: {answer:?}");
    assert_eq!((left, insurer.sim.ledger().assignments_by_job.len()), (vec![Trace::Unknown], 1));
}

#[tokio::test]
async fn a_request_that_was_lost_is_not_taken_for_done() {
    // Care: a closed connection says nothing; a client that takes it for a success has no job.
    assert_eq!(made_once(FaultKind::LostRequest).await, [Trace::Unknown]);
}

#[tokio::test]
async fn a_response_that_was_lost_is_not_asked_for_under_another_key() {
    // Care: the look before the next attempt; a client that takes a lost answer for a failure and goes on elsewhere has none.
    assert_eq!(made_once(FaultKind::LostResponse).await, [Trace::Unknown]);

    // Care: the same key on every attempt. Where nothing is looked up, it alone keeps the job the only one.
    let insurer = Insurer::standard().await;
    let (job, attempt) = (work("1", "11").job(), insurer.attempt("1", "job"));
    insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::LostResponse));
    assert_eq!(again(insurer.perform(&job, &attempt).await).trace, Trace::Unknown);
    answered(insurer.perform(&job, &Attempt { earlier: 1, ..attempt }).await);
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 1);
    // What a key of each attempt's own would come to.
    answered(insurer.perform(&job, &insurer.attempt("1", "another")).await);
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 2);
}

#[tokio::test]
async fn a_stored_failure_is_left_behind_with_its_key() {
    // Care: after a replayed 500 the key is burned; a client that keeps to it gets the same 500 for a day.
    assert_eq!(made_once(FaultKind::ErrorBefore).await, [Trace::Unknown, Trace::Burned]);
}

#[tokio::test]
async fn what_was_done_behind_a_failure_is_found_before_it_is_done_again() {
    // Care: the look before the next key; without it the 500 of a job that exists makes a second one.
    assert_eq!(made_once(FaultKind::ErrorAfter).await, [Trace::Unknown]);
}

#[tokio::test]
async fn a_busy_insurer_is_left_alone_for_as_long_as_it_says() {
    // Care: `Retry-After` is passed on and not shortened; and a 429 burns nothing.
    let wait = FaultKind::RateLimited { retry_after_secs: 17 };
    assert_eq!(made_once(wait).await, [Trace::None]);
    let insurer = Insurer::standard().await;
    insurer.sim.fault(Fault::once("POST", "/jobs", wait));
    let told = again(insurer.perform(&work("1", "11").job(), &insurer.attempt("1", "job")).await);
    assert_eq!(told.after, Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn a_method_may_have_a_time_of_its_own() {
    // Care: where one kind of request is slow, the others need not be waited for as long.
    let hour = Duration::from_secs(3600);
    for (method, path) in [("POST", "/jobs"), ("GET", "/contractors")] {
        let insurer = Insurer::with(Simulated::default(), |config| {
            (config.read_timeout, config.total_timeout) = (hour, hour);
            config.method_timeouts.insert(method.to_owned(), Duration::from_millis(100));
        })
        .await;
        insurer.sim.fault(Fault::once(method, path, FaultKind::SlowBody { millis: 3_600_000 }));
        let call = if method == "POST" { work("1", "11").job() } else { work("1", "11").link() };
        let attempt = insurer.attempt("1", "slow");
        let given_up = insurer.perform(&call, &attempt);
        let given_up = tokio::time::timeout(Duration::from_secs(60), given_up).await;
        again(given_up.expect("its own time is kept to"));
    }
}

#[tokio::test]
async fn an_operation_may_have_a_time_of_its_own_and_the_others_keep_theirs() {
    // Care: what is known to be slow, or quick, is named by itself; its neighbours of the same method are waited for.
    let (quick, hour) = (Duration::from_millis(100), Duration::from_secs(3600));
    let insurer = Insurer::with(Simulated::default(), |config| {
        (config.read_timeout, config.total_timeout, config.file_timeout) = (hour, hour, hour);
        config.method_timeouts.insert("POST".to_owned(), hour);
        let own = ["POST /jobs", "POST /files/certificates"];
        config.operation_timeouts.extend(own.map(|name| (name.to_owned(), quick)));
    })
    .await;
    let certificate = upload(&insurer, &work("1", "11")).await;
    for path in ["/jobs", "/files/certificates", "/contractors"] {
        insurer.sim.fault(Fault::once("POST", path, FaultKind::SlowBody { millis: 1_000 }));
    }
    again(insurer.perform(&work("1", "11").job(), &insurer.attempt("1", "job")).await);
    let attempt = insurer.attempt("1", "certificate");
    again(insurer.policy.upload(&certificate, b"%PDF-1.7", &attempt).await);
    // Another one of the same method, as slow: its time is the method's.
    let other = insurer.perform(&work("2", "12").link(), &insurer.attempt("2", "link")).await;
    assert!(matches!(other, Outcome::Answered(Answer::ContractorLinked { .. })), "{other:?}");
}

#[tokio::test]
async fn a_slow_body_is_waited_for_and_past_the_limit_is_no_answer() {
    // Care: the limit holds for the whole answer, not for its head only; and what came late is not half an answer.
    assert_eq!(made_once(FaultKind::SlowBody { millis: 5 }).await, []);
    let never = FaultKind::SlowBody { millis: 3_600_000 };
    let left = made_once_within(never, Duration::from_secs(2)).await;
    assert_eq!(left.first(), Some(&Trace::Unknown));
}

#[tokio::test]
async fn a_gateways_page_is_no_refusal() {
    // Care: an HTML 502 is read as "unknown"; a client that parses it as an error object stops, or panics.
    assert_eq!(made_once(FaultKind::BadGateway).await, [Trace::Unknown]);
}

#[tokio::test]
async fn a_gateways_page_does_not_mean_that_nothing_happened() {
    // Care: the same page may hide a success; a client that takes 502 for "not done" makes two.
    assert_eq!(made_once(FaultKind::BadGatewayAfter).await, [Trace::Unknown]);
}

#[tokio::test]
async fn half_a_json_under_a_201_is_not_a_success_and_not_a_failure() {
    // Care: a status alone proves nothing of which id was made.
    assert_eq!(made_once(FaultKind::TruncatedJson).await, [Trace::Unknown]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_lost_one() {
    // Care: bytes are counted; a client that parses what has come takes half a body for all of it.
    assert_eq!(made_once(FaultKind::BrokenOff).await, [Trace::Unknown]);
}

#[tokio::test]
async fn a_conflict_in_flight_is_no_refusal() {
    // Care: a 409 about the key means that the first request is still at work: neither done nor refused.
    assert_eq!(made_once(FaultKind::InFlight).await, [Trace::Unknown]);
}

#[tokio::test]
async fn two_attempts_at_once_make_one() {
    // Care: a process that starts again while its predecessor's request still runs sends the same key.
    let insurer = Insurer::standard().await;
    insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::Hold));
    let (policy, call) = (insurer.policy.clone(), work("1", "11").job());
    let attempt = insurer.attempt("1", "job");
    let (held, same) = (attempt.clone(), call.clone());
    let first = tokio::spawn(async move { policy.perform(&same, &held).await });
    insurer.sim.until_held(1).await;
    assert_eq!(again(insurer.perform(&call, &attempt).await).trace, Trace::Unknown);
    insurer.sim.release();
    let first = answered(first.await.unwrap());
    let look = Attempt { look_first: true, earlier: 1, ..attempt };
    assert_eq!(answered(insurer.perform(&call, &look).await), first);
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 1);
}

#[tokio::test]
async fn every_code_is_taken_as_its_status_says() {
    // Care: codes are many and change; what matters is told by the status where a code is not known.
    let insurer = Insurer::standard().await;
    for &code in ErrorCode::ALL {
        insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::Refused { code }));
        let attempt = insurer.attempt("1", code.wire());
        let outcome = insurer.perform(&work("1", "11").job(), &attempt).await;
        let told = match outcome {
            Outcome::Answered(Answer::Refused(refusal)) => {
                assert_eq!(refusal.code, code.wire());
                None
            }
            Outcome::Answered(answer) => panic!("{code:?}: {answer:?}"),
            Outcome::Again(again) => Some(again.trace),
        };
        let about_one = matches!(
            code,
            ErrorCode::ContractorBlockedForWrites | ErrorCode::CustomApplicationsDisabled
        );
        let expected = match code.status() {
            // The key is at fault, or it is too busy: nothing was done.
            401 | 403 if !about_one => Some(Trace::None),
            429 => Some(Trace::None),
            409 | 500.. => Some(Trace::Unknown),
            _ => None,
        };
        assert_eq!(told, expected, "{code:?}");
    }
    assert!(insurer.sim.ledger().jobs_by_placement.is_empty());
}

#[tokio::test]
async fn the_providers_word_on_trying_again_is_kept_to() {
    // Care: `Ten99Policy-Should-Retry` overrules the status; without it a hopeless call is sent for ever.
    let insurer = Insurer::standard().await;
    let struck = |kind, retry| {
        insurer.sim.clear_faults();
        insurer.sim.fault(Fault::once("POST", "/jobs", kind));
        insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::ShouldRetry { retry }));
    };
    struck(FaultKind::Refused { code: ErrorCode::GeneralError }, false);
    let call = work("1", "11").job();
    let hopeless = answered(insurer.perform(&call, &insurer.attempt("1", "never")).await);
    assert_eq!(refused(hopeless), (500, "general_error".to_owned()));
    struck(FaultKind::Refused { code: ErrorCode::BadRequest }, true);
    let later = again(insurer.perform(&call, &insurer.attempt("1", "later")).await);
    assert_eq!(later.trace, Trace::None);
}

#[tokio::test]
async fn a_quotes_inside_may_be_pythons_words() {
    // Care: nothing of `quote_json` is needed, so a Python dictionary in it must not fail the quote.
    read_all_the_same(FaultKind::QuoteJsonRepr).await;
}

#[tokio::test]
async fn moments_may_be_texts() {
    // Care: a number in quotes is a moment too; a typed field would fail the whole object.
    read_all_the_same(FaultKind::StringTimestamps).await;
}

#[tokio::test]
async fn moments_may_be_written_out() {
    // Care: without a zone it is UTC; a local reading shifts coverage by hours.
    read_all_the_same(FaultKind::IsoTimestamps).await;
}

#[tokio::test]
async fn postal_codes_may_be_numbers() {
    // Care: an address is not ours to parse; a typed one would fail the contractor.
    read_all_the_same(FaultKind::NumberPostalcodes).await;
}

#[tokio::test]
async fn lists_may_come_in_an_envelope_that_lies_about_more() {
    // Care: the envelope says `has_more: false` on every page; pages are read until one is short all the same.
    let (insurer, _) = tapped(Simulated::default(), |config| config.page_size = 2).await;
    for placement in ["1", "2", "3", "4", "5"] {
        insurer.answer(placement, work(placement, "11").job()).await;
    }
    let (method, path) = ("GET".to_owned(), String::new());
    let kind = FaultKind::ListEnvelope;
    insurer.sim.fault(Fault { method, path, skip: 0, count: u32::MAX, kind });
    let look = Attempt { look_first: true, ..insurer.attempt("1", "look") };
    answered(insurer.perform(&work("1", "11").job(), &look).await);
    assert_eq!(insurer.sim.ledger().jobs_by_placement["1"], 1, "found on the third page");
    read_all_the_same(kind).await;
}

#[tokio::test]
async fn an_invoices_faults_leave_one_bill() {
    // Care: the provider keeps no second invoice of a pay cycle out; each attempt looks first what is there.
    for kind in [FaultKind::LostResponse, FaultKind::ErrorAfter, FaultKind::BadGatewayAfter] {
        let insurer = Insurer::standard().await;
        let bill = bill(&insurer, &work("1", "11")).await;
        insurer.sim.fault(Fault::once("POST", "/invoices", kind));
        let record = workflow_core::domain::call::Call::RecordInvoice { bill };
        let (answer, _) = insurer.settled(&record, insurer.attempt("1", "bill")).await;
        assert!(matches!(answer, Answer::InvoiceRecorded { .. }), "{kind:?}: {answer:?}");
        assert_eq!(insurer.sim.ledger().invoices_by_period.values().sum::<u64>(), 1, "{kind:?}");
    }
}
