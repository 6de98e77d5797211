//! What the insurer may answer instead of yes: where the placement stands then, and what a person reads.

use integration_1099policy::simulator::{
    Advance, AssignmentMismatch, EmailCase, Fault, FaultKind, Script,
};
use serde_json::json;
use tests::peers::ats::person;
use workflow_core::domain::call::{Answer, Call};
use workflow_core::domain::placement::State;
use workflow_core::engine::Wait;

use super::desk::{DAY, Desk, HOUR, one_of_each};
use super::papers;

/// The first placement, waiting for its contractor.
async fn applying() -> Desk {
    let desk = Desk::open().await;
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending: waiting for the contractor to finish the application");
    desk
}

async fn insured() -> Desk {
    let mut desk = applying().await;
    desk.applies("pl_1", Advance::Complete).await;
    desk.is("pl_1", "Active");
    desk
}

/// An insurer that takes `KIM@` for `kim@`, and finds neither when asked for the other.
async fn careless_of_case() -> Desk {
    Desk::with(|simulated| simulated.rules.email_case = EmailCase::Insensitive).await
}

fn link(candidate: &str) -> Call {
    let (candidate, email) = (candidate.into(), "KIM@real.test".into());
    Call::LinkContractor { candidate, person: person("Kim", None), email }
}

#[tokio::test]
async fn duplicate_email_of_ones_own_contractor_is_adopted() {
    let desk = careless_of_case().await;
    let Answer::ContractorLinked { contractor } = desk.answers(&link("cand_1")).await else {
        panic!("not linked")
    };
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending");
    assert_eq!(desk.sim.ledger().refusals["duplicate_email"], 1);
    let State::ApplicationPending { hired, .. } = desk.state("pl_1") else { panic!("it is not") };
    assert_eq!(hired.engagement.contractor, contractor);
    one_of_each(&desk.sim.ledger(), "adopted");
}

#[tokio::test]
async fn duplicate_email_of_another_candidate_leads_to_a_made_up_one() {
    let desk = careless_of_case().await;
    desk.answers(&link("cand_7")).await;
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending");
    let ledger = desk.sim.ledger();
    let emails: Vec<&str> = ledger.contractors_by_email.keys().map(String::as_str).collect();
    assert_eq!(emails, ["KIM@real.test", "candidate_cand_1@relay.acme.test"]);
    one_of_each(&ledger, "a proxy");
}

#[tokio::test]
async fn duplicate_email_of_somebody_unknown_is_a_persons() {
    let desk = careless_of_case().await;
    let stranger = json!({ "email": "KIM@real.test", "first_name": "K", "last_name": "L" });
    let id = desk.posts("/contractors", &stranger).await["id"].as_str().unwrap().to_owned();
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", &format!("Flagged: the candidate's e-mail belongs to contractor {id}"));
    assert!(
        desk.reads_of_contractor().contains("was not made from this ATS"),
        "{}",
        desk.describe()
    );
    let ledger = desk.sim.ledger();
    assert_eq!((ledger.contractors_by_candidate.len(), ledger.jobs_by_placement.len()), (0, 0));
}

#[tokio::test]
async fn a_matching_policy_is_an_assignment_and_one_charge() {
    let mut desk = insured().await;
    desk.report("pl_2", &[]).await;
    desk.settle().await;
    desk.is("pl_2", "Assigned: waiting for the assignment to come into force");
    desk.pass(DAY + HOUR).await;
    desk.is("pl_2", "Active: covered 2026-03-16 to 2026-06-30 by assignment");
    let ledger = desk.sim.ledger();
    assert_eq!(ledger.refusals["contractor_has_matching_policy"], 1);
    assert_eq!((ledger.quotes, ledger.sessions_opened, ledger.charges_cents.len()), (1, 1, 2));
    one_of_each(&ledger, "a matching policy");
}

#[tokio::test]
async fn a_quote_that_is_not_eligible_is_a_persons_until_the_terms_change() {
    let desk = Desk::open().await;
    desk.sim.script("cand_1", Script { eligible: false, ..Script::default() });
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "Flagged: the insurer will not insure these terms");
    assert_eq!(desk.sim.ledger().sessions_opened, 0);
    desk.sim.script("cand_1", Script::default());
    desk.report("pl_1", &[("state", "NJ")]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending");
    assert_eq!(desk.sim.ledger().jobs_by_placement["pl_1"], 1);
}

#[tokio::test]
async fn no_matching_policy_leads_to_an_application_in_both_its_shapes() {
    for shape in [AssignmentMismatch::Result, AssignmentMismatch::Error] {
        let mut desk = Desk::with(|simulated| simulated.rules.assignment_mismatch = shape).await;
        desk.report("pl_1", &[]).await;
        desk.report("pl_2", &[("category", "Nursing")]).await;
        desk.settle().await;
        desk.is("pl_2", "Quoted: waiting for its turn with the contractor");
        desk.applies("pl_1", Advance::Complete).await;
        desk.is("pl_1", "Active");
        let history = desk.history("pl_2");
        assert!(history.contains(&"assignment_refused".to_owned()), "{shape:?}: {history:?}");
        desk.is("pl_2", "ApplicationPending");
        desk.applies("pl_2", Advance::Complete).await;
        desk.is("pl_2", "Active: covered 2026-03-16 to 2026-06-30 by policy");
        let ledger = desk.sim.ledger();
        assert!(ledger.assignments_live_by_job.is_empty(), "{shape:?}");
        assert!(!ledger.charges_cents.keys().any(|charged| charged.starts_with("an_")));
        one_of_each(&ledger, "no matching policy");
    }
}

#[tokio::test]
async fn a_session_that_expires_is_a_persons_and_opened_anew() {
    let mut desk = applying().await;
    desk.pass(8 * DAY).await;
    desk.is("pl_1", "Flagged: the application ran out before the contractor finished it");
    desk.returns("pl_1").await;
    desk.is("pl_1", "ApplicationPending");
    let ledger = desk.sim.ledger();
    assert_eq!((ledger.quotes, ledger.sessions_opened, ledger.sessions_live), (1, 2, 1));
}

#[tokio::test]
async fn a_session_that_is_expired_already_need_not_be_closed() {
    let desk = applying().await;
    desk.sim.advance(8 * DAY).await;
    desk.report("pl_1", &[("stage", "canceled")]).await;
    desk.settle().await;
    desk.is("pl_1", "Canceled: called off in the ATS");
    assert_eq!(desk.sim.ledger().refusals["session_expired"], 1);
}

/// The answer to opening the application is lost; the contractor, who got the link by mail, completes it.
async fn completed_unheard(restarts: bool) -> Desk {
    let mut desk = Desk::open().await;
    desk.sim.script("cand_1", Script::default());
    desk.sim.fault(Fault::once("POST", "/apply/sessions", FaultKind::LostResponse));
    desk.report("pl_1", &[]).await;
    desk.still().await;
    desk.is("pl_1", "Quoted: opening the contractor's application");
    if restarts {
        desk.halt_for(4 * HOUR).await;
    } else {
        desk.sim.advance(4 * HOUR).await;
    }
    desk
}

#[tokio::test]
async fn a_session_completed_before_its_opening_was_heard_of_is_taken_up() {
    for restarts in [false, true] {
        let mut desk = completed_unheard(restarts).await;
        desk.settle().await;
        desk.is("pl_1", "ApplicationPending");
        desk.look().await;
        desk.is("pl_1", "Active: covered 2026-03-16 to 2026-06-30 by policy");
        let history = desk.history("pl_1");
        assert!(!history.contains(&"flag_raised".to_owned()), "{history:?}");
        one_of_each(&desk.sim.ledger(), "completed unheard");
    }
}

#[tokio::test]
async fn called_off_after_a_completion_that_was_not_heard_of_is_a_persons() {
    let covered =
        "Flagged: called off in the ATS, yet coverage is bought: cancel it at the insurer";
    let mut desk = completed_unheard(false).await;
    desk.report("pl_1", &[("stage", "canceled")]).await;
    desk.settle().await;
    desk.is("pl_1", covered);
    desk.look().await;
    desk.is("pl_1", covered);
    assert!(matches!(
        desk.state("pl_1"),
        State::Flagged { back: workflow_core::domain::placement::Back::Coverage { .. }, .. }
    ));
    let desk = {
        let desk = applying().await;
        assert!(desk.sim.advance_session(&desk.session("pl_1"), Advance::Complete));
        desk.report("pl_1", &[("stage", "canceled")]).await;
        desk.settle().await;
        desk
    };
    desk.is("pl_1", covered);
    assert_eq!(desk.sim.ledger().refusals["application_already_complete"], 1);
}

#[tokio::test]
async fn an_ineligible_contractor_is_a_persons_and_frees_the_turn() {
    let mut desk = applying().await;
    desk.report("pl_2", &[]).await;
    desk.settle().await;
    desk.is("pl_2", "Quoted");
    desk.applies("pl_1", Advance::Ineligible).await;
    desk.is("pl_1", "Flagged: the insurer declined the contractor's application");
    desk.is("pl_2", "ApplicationPending");
    assert_eq!(desk.sim.ledger().sessions_live, 1);
    assert!(desk.sim.ledger().policies_by_quote.is_empty());
}

#[tokio::test]
async fn an_application_in_manual_review_waits_for_the_insurer_over_a_restart() {
    let mut desk = applying().await;
    desk.applies("pl_1", Advance::ManualReview).await;
    desk.is("pl_1", "ApplicationPending: the insurer's staff looks at the application");
    desk.restart().await;
    desk.pass(HOUR).await;
    desk.is("pl_1", "ApplicationPending: the insurer's staff looks at the application");
    desk.pass(DAY).await;
    desk.is("pl_1", "Active");
    one_of_each(&desk.sim.ledger(), "manual review");
}

/// Coverage with an invoice on its job, and then no coverage any more.
async fn invoiced_and_lost() -> Desk {
    let mut desk = insured().await;
    let State::Active { hired, coverage } = desk.state("pl_1") else { panic!("it is not") };
    desk.pass(20 * DAY).await;
    let invoice = json!({
        "contractor": hired.engagement.contractor, "job": hired.job, "gross_pay": 380_000,
        "paycycle_startdate": coverage.effective.as_secs(),
        "paycycle_enddate": coverage.effective.as_secs() + 6 * 24 * 3600,
    });
    desk.posts("/invoices", &invoice).await;
    let policy = match coverage.evidence {
        workflow_core::domain::placement::Evidence::Policy { policy, .. } => policy,
        other => panic!("{other:?}"),
    };
    assert!(desk.sim.cancel_policy(policy.as_str()));
    desk.look().await;
    desk.is("pl_1", "Flagged: coverage lost: the policy was cancelled");
    desk
}

#[tokio::test]
async fn a_job_frozen_by_its_invoice_is_kept_as_it_is_and_a_change_is_a_persons() {
    let desk = invoiced_and_lost().await;
    // Work has begun: what is bought anew begins later, by the ATS.
    desk.report("pl_1", &[("start", "2026-04-01")]).await;
    desk.returns("pl_1").await;
    assert_eq!(desk.sim.ledger().refusals.get("invoice_exists"), None, "nothing of it changes");
    desk.is("pl_1", "ApplicationPending");
    assert_eq!(desk.sim.ledger().jobs_by_placement["pl_1"], 1);

    let desk = invoiced_and_lost().await;
    desk.report("pl_1", &[("start", "2026-04-01"), ("pay", "120.50")]).await;
    desk.returns("pl_1").await;
    desk.is(
        "pl_1",
        "Flagged: update job was refused: The job has an invoice and cannot be edited. \
         (400 invoice_exists)",
    );
}

/// An insured placement's week, of which somebody made an invoice there already.
async fn invoiced_by_somebody(cents: i64) -> Desk {
    let mut desk = insured().await;
    let State::Active { hired, coverage } = desk.state("pl_1") else { panic!("it is not") };
    desk.pass(21 * DAY).await;
    let invoice = json!({
        "contractor": hired.engagement.contractor, "job": hired.job, "gross_pay": cents,
        "paycycle_startdate": coverage.effective.as_secs(),
        "paycycle_enddate": coverage.effective.as_secs() + 7 * 24 * 3600,
    });
    desk.posts("/invoices", &invoice).await;
    desk
}

#[tokio::test]
async fn an_invoice_that_is_there_already_is_taken_up_or_shown_and_never_made_twice() {
    let ending = jiff::civil::date(2026, 3, 22);
    for (cents, wanted) in [(408_500, "Recorded: recorded as in_"), (380_000, "Flagged: ")] {
        let desk = invoiced_by_somebody(cents).await;
        desk.works(ending, 43).await;
        desk.settle().await;
        desk.shows(&papers::week(ending), wanted);
        let made = desk.sim.ledger().invoices_by_period;
        assert_eq!(made.values().sum::<u64>(), 1, "{cents}: {made:?}");
        desk.is("pl_1", "Active");
    }
}

#[tokio::test]
async fn an_undoing_that_keeps_failing_comes_to_a_person_and_goes_on() {
    let day_secs = 24 * 3600;
    let desk = Desk::with(|simulated| simulated.rules.session_lifetime_secs = 60 * day_secs).await;
    desk.report("pl_1", &[]).await;
    desk.settle().await;
    desk.is("pl_1", "ApplicationPending");
    let (path, kind) = ("/apply/sessions/".to_owned(), FaultKind::BadGateway);
    desk.sim.fault(Fault { method: "POST".into(), path, skip: 0, count: u32::MAX, kind });
    desk.report("pl_1", &[("stage", "canceled")]).await;
    for _ in 0..13 {
        desk.still().await;
        desk.sim.advance(DAY).await;
        desk.time_comes().await;
    }
    desk.is("pl_1", "ApplicationPending: closing the application before a change");
    assert!(!desk.history("pl_1").contains(&"reminded".to_owned()), "{}", desk.describe());
    let before = desk.sim.requests().len();
    for _ in 0..2 {
        desk.sim.advance(DAY).await;
        desk.time_comes().await;
        desk.still().await;
    }
    desk.is("pl_1", "work was to begin on 2026-03-16, and the insurer has not answered yet: close application ias_");
    let waits = desk.engine().summary(&tests::world::stream(&"pl_1".into())).unwrap().waits;
    assert!(waits.iter().any(|wait| matches!(wait, Wait::Person(_))), "{waits:?}");
    assert!(!desk.requests_since(before, "POST").is_empty(), "it is not tried on");
    desk.sim.clear_faults();
    desk.settle().await;
    desk.is("pl_1", "Canceled: called off in the ATS");
    assert_eq!(desk.sim.ledger().sessions_live, 0);
}

#[tokio::test]
async fn a_blocked_contractor_is_a_persons_and_nobody_elses() {
    let desk = Desk::open().await;
    desk.sim.script("cand_1", Script { blocked: true, ..Script::default() });
    desk.ats.put_person("cand_2".into(), person("Lee", Some("lee@real.test")));
    desk.report("pl_1", &[]).await;
    desk.report("pl_2", &[("candidate", "cand_2")]).await;
    desk.settle().await;
    desk.is(
        "pl_1",
        "Flagged: create quote was refused: The contractor is blocked for writes. \
         (400 contractor_blocked_for_writes)",
    );
    desk.is("pl_2", "ApplicationPending");
    desk.returns("pl_1").await;
    desk.is("pl_1", "Flagged: create quote was refused");
    desk.sim.script("cand_1", Script::default());
    desk.returns("pl_1").await;
    desk.is("pl_1", "ApplicationPending");
    one_of_each(&desk.sim.ledger(), "blocked");
}

#[tokio::test]
async fn a_contractor_blocked_before_the_assignment_is_a_persons() {
    let mut desk = insured().await;
    desk.sim.fault(Fault::once("POST", "/assignments", FaultKind::LostRequest));
    desk.report("pl_2", &[]).await;
    desk.still().await;
    desk.is("pl_2", "Quoted: creating the assignment");
    desk.sim.script("cand_1", Script { blocked: true, ..Script::default() });
    desk.settle().await;
    desk.is(
        "pl_2",
        "Flagged: create assignment was refused: The contractor is blocked for writes.",
    );
    desk.sim.script("cand_1", Script::default());
    desk.returns("pl_2").await;
    desk.pass(DAY + HOUR).await;
    desk.is("pl_2", "Active");
    one_of_each(&desk.sim.ledger(), "blocked before the assignment");
}
