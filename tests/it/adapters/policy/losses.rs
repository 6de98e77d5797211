//! Answers that are lost, broken, stored, late or odd: what is left at the insurer is one of each.

use std::time::Duration;

use integration_1099policy::poll::Watch;
use integration_1099policy::simulator::{Config as Simulated, Fault, FaultKind};
use workflow_core::domain::call::{Answer, ApplicationStanding, Call, Sighting};
use workflow_core::outcome::{Attempt, Trace};

use super::world::{DAY, HOUR, Insurer, Work, again, answered, refused, work};

/// The calls that create, each with where it is sent.
const CREATIONS: [(&str, &str); 5] = [
    ("link", "/contractors"),
    ("job", "/jobs"),
    ("quote", "/quotes"),
    ("apply", "/apply/sessions"),
    ("assign", "/assignments"),
];

/// An insurer at which everything is ready for one creation of `work`, and that creation.
async fn ready(operation: &str, work: &Work) -> (Insurer, Call) {
    let insurer = Insurer::standard().await;
    let call = match operation {
        "link" => work.link(),
        "job" => work.job(),
        "quote" => {
            let (contractor, job) = insurer.known(work).await;
            work.quote(&contractor, &job)
        }
        "apply" => {
            let (contractor, job) = insurer.known(work).await;
            let issued = insurer.answer("quoted", work.quote(&contractor, &job)).await;
            let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
            work.apply(&quote)
        }
        _ => {
            insurer.insured(&super::world::work("1", work.candidate)).await;
            let (contractor, job) = insurer.known(work).await;
            work.assign(&contractor, &job)
        }
    };
    (insurer, call)
}

/// How many of what an operation creates the insurer ever made for the work.
fn made(insurer: &Insurer, operation: &str, work: &Work) -> u64 {
    let ledger = insurer.sim.ledger();
    match operation {
        "link" => ledger.contractors_by_candidate.get(work.candidate).copied().unwrap_or(0),
        "job" => ledger.jobs_by_placement.get(work.placement).copied().unwrap_or(0),
        "quote" => ledger.quotes,
        "apply" => ledger.sessions_opened,
        _ => ledger.assignments_by_job.values().sum(),
    }
}

fn work_of_two() -> Work {
    work("51000798", "70011000060")
}

#[tokio::test]
async fn the_same_attempt_twice_makes_one() {
    for (operation, _) in CREATIONS {
        let work = work_of_two();
        let (insurer, call) = ready(operation, &work).await;
        let attempt = insurer.attempt(work.placement, operation);
        let first = answered(insurer.perform(&call, &attempt).await);
        let second = answered(insurer.perform(&call, &attempt).await);
        assert_eq!(first, second, "{operation}");
        assert_eq!(made(&insurer, operation, &work), 1, "{operation}");
        // The contractor is found by e-mail before anything is sent.
        let replays = u64::from(operation != "link");
        assert_eq!(insurer.sim.ledger().replays, replays, "{operation}");
    }
}

#[tokio::test]
async fn whatever_goes_wrong_there_is_one_of_each() {
    use Trace::{Burned, None, Unknown};
    let wait = FaultKind::RateLimited { retry_after_secs: 7 };
    for (operation, path) in CREATIONS {
        for (fault, traces) in [
            (FaultKind::LostRequest, &[Unknown][..]),
            (FaultKind::LostResponse, &[Unknown]),
            // Stored under its key, seen again as a replay, made under the next.
            (FaultKind::ErrorBefore, &[Unknown, Burned]),
            (FaultKind::ErrorAfter, &[Unknown]),
            (FaultKind::BadGateway, &[Unknown]),
            (FaultKind::BadGatewayAfter, &[Unknown]),
            (FaultKind::TruncatedJson, &[Unknown]),
            (FaultKind::InFlight, &[Unknown]),
            (wait, &[None]),
        ] {
            let work = work_of_two();
            let (insurer, call) = ready(operation, &work).await;
            insurer.sim.fault(Fault::once("POST", path, fault));
            let attempt = insurer.attempt(work.placement, operation);
            let (answer, left) = insurer.settled(&call, attempt).await;
            assert_eq!(left, traces, "{operation} {fault:?}");
            assert!(!matches!(answer, Answer::Refused(_)), "{operation} {fault:?}: {answer:?}");
            assert_eq!(made(&insurer, operation, &work), 1, "{operation} {fault:?}");
            let look = Attempt { look_first: true, ..insurer.attempt(work.placement, "look") };
            let found = answered(insurer.perform(&call, &look).await);
            assert_eq!(found, answer, "{operation} {fault:?}: adopted");
            assert_eq!(made(&insurer, operation, &work), 1, "{operation} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_busy_insurers_wish_is_passed_on() {
    let insurer = Insurer::standard().await;
    let work = work_of_two();
    let wait = FaultKind::RateLimited { retry_after_secs: 7 };
    insurer.sim.fault(Fault::once("POST", "/jobs", wait));
    let told = again(insurer.perform(&work.job(), &insurer.attempt("1", "job")).await);
    assert_eq!((told.trace, told.after), (Trace::None, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn two_attempts_at_once_make_one() {
    let insurer = Insurer::standard().await;
    let work = work_of_two();
    insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::Hold));
    let attempt = insurer.attempt(work.placement, "job");
    let (policy, call, held) = (insurer.policy.clone(), work.job(), attempt.clone());
    let first = tokio::spawn(async move { policy.perform(&call, &held).await });
    insurer.sim.until_held(1).await;
    let second = again(insurer.perform(&work.job(), &attempt).await);
    assert_eq!(second.trace, Trace::Unknown, "{}", second.reason);
    insurer.sim.release();
    let first = answered(first.await.unwrap());
    let look = Attempt { look_first: true, earlier: 1, ..attempt };
    assert_eq!(answered(insurer.perform(&work.job(), &look).await), first);
    assert_eq!(made(&insurer, "job", &work), 1);
}

#[tokio::test]
async fn a_key_that_is_too_old_to_protect_is_not_trusted() {
    for (operation, path) in CREATIONS {
        let work = work_of_two();
        let (insurer, call) = ready(operation, &work).await;
        insurer.sim.fault(Fault::once("POST", path, FaultKind::LostResponse));
        let attempt = insurer.attempt(work.placement, operation);
        again(insurer.perform(&call, &attempt).await);
        // The process was down for a day, and knows nothing of what it tried.
        insurer.sim.clock().advance(DAY + HOUR);
        let late = Attempt { now: insurer.now(), ..attempt };
        let answer = answered(insurer.perform(&call, &late).await);
        assert!(!matches!(answer, Answer::Refused(_)), "{operation}: {answer:?}");
        assert_eq!(made(&insurer, operation, &work), 1, "{operation}");
    }
}

#[tokio::test]
async fn what_is_undone_is_undone_once_whatever_gets_lost() {
    for fault in [
        FaultKind::LostRequest,
        FaultKind::LostResponse,
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::TruncatedJson,
    ] {
        let insurer = Insurer::standard().await;
        let applied = insurer.applying(&work("1", "11")).await;
        let close = Call::ExpireApplication { session: applied.session.clone() };
        insurer.sim.fault(Fault::once("POST", "/apply/sessions", fault));
        let (answer, left) = insurer.settled(&close, insurer.attempt("1", "close")).await;
        assert_eq!(answer, Answer::ApplicationClosed, "{fault:?}");
        assert!(!left.is_empty(), "{fault:?}");
        assert_eq!(insurer.sim.ledger().sessions_live, 0);

        insurer.insured(&work("2", "12")).await;
        let (_, job, assignment) = insurer.assigned(&work("3", "12")).await;
        let undo = Call::CancelAssignment { assignment, job };
        insurer.sim.fault(Fault::once("POST", "/assignments/cancel", fault));
        let (answer, left) = insurer.settled(&undo, insurer.attempt("3", "undo")).await;
        assert_eq!(answer, Answer::AssignmentCanceled, "{fault:?}");
        assert!(!left.is_empty(), "{fault:?}");
        assert!(insurer.sim.ledger().assignments_live_by_job.is_empty());
    }
}

#[tokio::test]
async fn an_update_is_repeated_without_harm() {
    let insurer = Insurer::standard().await;
    let work = work("1", "11");
    let (contractor, job) = insurer.known(&work).await;
    let update_job = Call::UpdateJob { job, references: work.references(), terms: work.terms() };
    let update_contractor = Call::UpdateContractor {
        contractor,
        candidate: work.candidate.into(),
        person: work.person(),
        email: "new@example.test".into(),
    };
    for (call, path) in [(update_job, "/jobs"), (update_contractor, "/contractors")] {
        for fault in [FaultKind::LostResponse, FaultKind::ErrorBefore, FaultKind::TruncatedJson] {
            insurer.sim.fault(Fault::once("PUT", path, fault));
            let (answer, left) = insurer.settled(&call, insurer.attempt("1", "update")).await;
            assert!(!matches!(answer, Answer::Refused(_)), "{path} {fault:?}: {answer:?}");
            assert_eq!(left, [Trace::Unknown], "{path} {fault:?}");
        }
    }
}

#[tokio::test]
async fn every_odd_spelling_is_read() {
    for spelling in [
        FaultKind::QuoteJsonRepr,
        FaultKind::StringTimestamps,
        FaultKind::IsoTimestamps,
        FaultKind::NumberPostalcodes,
        FaultKind::ListEnvelope,
    ] {
        let insurer = Insurer::standard().await;
        let always = Fault {
            method: String::new(),
            path: String::new(),
            skip: 0,
            count: 9999,
            kind: spelling,
        };
        insurer.sim.fault(always);
        let (applied, policy) = insurer.insured(&work("51000797", "70011000060")).await;
        let seen = insurer.see(Watch::Policy(policy)).await;
        let window = work("51000797", "70011000060").window();
        let [Sighting::Policy { effective, expires, .. }] = seen[..] else { panic!("{seen:?}") };
        assert_eq!((effective, expires), (window.effective, window.until), "{spelling:?}");
        let seen = insurer.see(Watch::Session(applied.session)).await;
        assert!(matches!(
            &seen[..],
            [Sighting::Application { standing: ApplicationStanding::Complete, .. }]
        ));
        let second = work_of_two();
        let (contractor, job) = insurer.known(&second).await;
        let call = second.assign(&contractor, &job);
        insurer.sim.fault(Fault::once("POST", "/assignments", FaultKind::LostResponse));
        let (answer, left) = insurer.settled(&call, insurer.attempt("2", "assign")).await;
        assert!(matches!(answer, Answer::AssignmentCreated { .. }), "{spelling:?}: {answer:?}");
        assert_eq!(left, [Trace::Unknown], "{spelling:?}");
        assert_eq!(made(&insurer, "assign", &second), 1, "{spelling:?}");
        assert_eq!(insurer.policy.entities().await.unwrap().len(), 2, "{spelling:?}");
        assert_eq!(insurer.policy.category_codes().await.unwrap().len(), 3, "{spelling:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_on_a_later_page_and_never_guessed() {
    let insurer = Insurer::with(Simulated::default(), |config| config.page_size = 2).await;
    let work = work_of_two();
    let attempt = insurer.attempt(work.placement, "job");
    insurer.sim.fault(Fault::once("POST", "/jobs", FaultKind::LostResponse));
    again(insurer.perform(&work.job(), &attempt).await);
    for placement in ["1", "2", "3", "4", "5"] {
        insurer.answer(placement, super::world::work(placement, "11").job()).await;
    }
    let look = Attempt { look_first: true, earlier: 1, ..attempt };
    let found = answered(insurer.perform(&work.job(), &look).await);
    assert!(matches!(found, Answer::JobReady { .. }), "{found:?}");
    assert_eq!(made(&insurer, "job", &work), 1);

    // Sessions have no pages: for one that may lie beyond the first its key decides, and when that is too old a person.
    let (contractor, job) = insurer.known(&work).await;
    let issued = insurer.answer("quote", work.quote(&contractor, &job)).await;
    let Answer::QuoteIssued { quote, .. } = issued else { panic!("{issued:?}") };
    insurer.sim.fault(Fault::once("POST", "/apply/sessions", FaultKind::LostResponse));
    let attempt = insurer.attempt(work.placement, "apply");
    again(insurer.perform(&work.apply(&quote), &attempt).await);
    for (placement, candidate) in [("6", "16"), ("7", "17")] {
        insurer.applying(&super::world::work(placement, candidate)).await;
    }
    let look = Attempt { look_first: true, earlier: 1, ..attempt };
    let found = answered(insurer.perform(&work.apply(&quote), &look).await);
    assert!(matches!(found, Answer::ApplicationOpened { .. }), "{found:?}");
    assert_eq!(insurer.sim.ledger().sessions_by_quote[quote.as_str()], 1);
    for late in [
        Attempt { generation: 2, ..look.clone() },
        Attempt { now: insurer.now().plus(DAY), ..look },
    ] {
        let unsure = answered(insurer.perform(&work.apply(&quote), &late).await);
        assert_eq!(refused(unsure).1, "lookup_incomplete");
    }
}

#[tokio::test]
async fn a_refused_key_is_said_and_lets_the_call_wait() {
    let insurer = Insurer::with(Simulated::default(), |config| {
        config.api_key = integration_1099policy::secret::Secret::new("t9k_test_stranger");
    })
    .await;
    let attempt = insurer.attempt("1", "job");
    let waits = again(insurer.perform(&work("1", "11").job(), &attempt).await);
    assert_eq!((waits.trace, waits.after), (Trace::None, Some(Duration::from_secs(15 * 60))));
    assert!(waits.reason.contains("invalid_api_key"), "{}", waits.reason);
}
