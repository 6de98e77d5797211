//! From a session to a policy, an assignment and a charge.

use integration_1099policy::simulator::{
    Advance, Application, AssignmentMismatch, Charge, Config, Script,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, cover, day, repeat};

#[tokio::test]
async fn the_scripted_contractor_completes_and_a_matching_policy_blocks_a_second_quote() {
    let desk = Desk::standard().await;
    let (contractor, job, policy) = desk.insured("1").await;
    let expected =
        ["application.created", "application.started", "application.complete", "policy.active"];
    assert_eq!(desk.events().await, expected);
    let (status, refused) = desk.post("/quotes", cover(&contractor, &job)).await;
    assert_eq!((status, &refused["error_code"]), (400, &json!("contractor_has_matching_policy")));
    let held = desk.get(&format!("/contractors/{contractor}/policies")).await.1;
    assert_eq!(held[0]["id"], json!(policy));
    let quote = held[0]["quote"].as_str().unwrap();
    let fixed = desk.put(&format!("/quotes/{quote}"), json!({ "end_date": day(60) })).await;
    assert_eq!(fixed.1["error_code"], "cant_update_create_new_quote");
    assert_eq!(desk.sim.ledger().charges_cents[&policy].len(), 1);
}

#[tokio::test]
async fn other_contractors_abandon_fail_wait_or_are_driven_by_hand() {
    let desk = Desk::standard().await;
    let job = desk.job("jc_Designer").await;
    for (who, application) in [
        ("leaves", Application::Abandon),
        ("fails", Application::Ineligible),
        ("waits", Application::ManualReview),
        ("driven", Application::Ignore),
    ] {
        desk.sim.script(who, Script::of(application));
        let quote = desk.quote(&desk.contractor(who).await, &job).await;
        let session = desk.session(&quote).await;
        if application == Application::Ignore {
            while desk.sim.advance_session(&session, Advance::NextStep) {}
            assert_eq!(
                desk.get(&format!("/apply/sessions/{session}")).await.1["step"],
                "application_complete"
            );
            assert_eq!(
                desk.post(&format!("/apply/sessions/{session}/expire"), json!({})).await.0,
                400
            );
        }
    }
    desk.hours(4).await;
    assert_eq!(desk.sim.ledger().sessions_live, 2);
    desk.hours(24).await;
    desk.hours(6 * 24).await;
    let events = desk.events().await;
    let count = |kind: &str| events.iter().filter(|e| *e == kind).count();
    assert_eq!(count("application.expired"), 1);
    assert_eq!(count("application.ineligible"), 1);
    assert_eq!(count("application.manual_review_approved"), 1);
    assert_eq!(count("policy.active"), 2);
}

#[tokio::test]
async fn an_assignment_is_charged_once_a_day_later_and_cannot_be_cancelled_after_its_start() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let job = desk.job("jc_DataAnalyst").await;
    let (status, made) = desk.post("/assignments", repeat(&contractor, &job)).await;
    assert_eq!((status, &made["policy"]), (201, &json!(policy)));
    assert_eq!(made["eligible"]["result"], true);
    assert_eq!(made["certificates"]["gl_coi_pdf_url"], Value::Null);
    assert_eq!(desk.sim.ledger().assignments_live_by_job[&job], 1);
    desk.hours(23).await;
    assert_eq!(desk.sim.ledger().charges_cents.len(), 1);
    desk.hours(1).await;
    assert_eq!(desk.events().await[4..], ["invoice.charge_card_succeeded", "assignment.active"]);
    desk.hours(48).await;
    assert_eq!(desk.sim.ledger().charges_cents[made["id"].as_str().unwrap()].len(), 1);

    let extended =
        desk.post("/assignments/extend", json!({ "job_id": job, "end_date": day(50) })).await;
    assert_eq!((extended.0, &extended.1["certificate_refresh_pending"]), (200, &json!(true)));
    let shorter =
        desk.post("/assignments/extend", json!({ "job_id": job, "end_date": day(45) })).await;
    assert_eq!((shorter.0, &shorter.1["error_code"]), (400, &json!("end_date_invalid")));
    desk.hours(8 * 24).await;
    assert_eq!(desk.events().await.last().unwrap(), "assignment.extended");
    assert_eq!(desk.post("/assignments/cancel", json!({ "job_id": job })).await.0, 400);
}

#[tokio::test]
async fn an_assignment_is_cancelled_before_its_start_and_then_never_charged() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let job = desk.job("jc_DataAnalyst").await;
    desk.made("/assignments", repeat(&contractor, &job)).await;
    let (status, gone) =
        desk.post("/assignments/cancel", json!({ "job_id": job, "reason": "ended" })).await;
    assert_eq!(
        (status, &gone["cancelled"], &gone["certificates"]),
        (200, &json!(true), &Value::Null)
    );
    desk.hours(48).await;
    assert_eq!(desk.sim.ledger().charges_cents.keys().collect::<Vec<_>>(), [&policy]);
    assert_eq!(desk.events().await.last().unwrap(), "assignment.cancelled");
}

#[tokio::test]
async fn no_fitting_policy_is_a_result_or_an_error_and_a_card_may_fail() {
    let mut config = Config::default();
    let desk = Desk::standard().await;
    let (contractor, _, _) = desk.insured("1").await;
    let other = desk.job("jc_Engineer").await;
    let (status, made) = desk.post("/assignments", repeat(&contractor, &other)).await;
    assert_eq!(
        (status, &made["eligible"]["result"], &made["policy"]),
        (201, &json!(false), &Value::Null)
    );

    desk.sim.script("1", Script { charge: Charge::Fails, ..Script::default() });
    let job = desk.job("jc_DataAnalyst").await;
    desk.made("/assignments", repeat(&contractor, &job)).await;
    desk.hours(24).await;
    assert_eq!(desk.events().await.last().unwrap(), "invoice.charge_card_failed");

    config.rules.assignment_mismatch = AssignmentMismatch::Error;
    let strict = Desk::open(config).await;
    let (contractor, job) = (strict.contractor("2").await, strict.job("jc_Engineer").await);
    let (status, refused) = strict.post("/assignments", repeat(&contractor, &job)).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!("No matching policy found for assignment."))
    );
}

#[tokio::test]
async fn a_policy_is_switched_off_and_on_cascades_and_expires() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let path = format!("/policies/{policy}");
    assert_eq!(desk.put(&path, json!({ "is_active": false })).await.1["status"], "cancelled");
    assert_eq!(desk.put(&path, json!({ "is_active": true })).await.1["status"], "active");
    let (status, deleted) =
        desk.send(Method::DELETE, &format!("/contractors/{contractor}"), &json!({})).await;
    assert_eq!(
        (status, &deleted["deleted"], &deleted["object"]),
        (200, &json!(true), &json!("contractor"))
    );
    assert_eq!(
        desk.events().await[4..],
        ["policy.cancelled", "policy.reactivated", "policy.cancelled"]
    );

    let (_, _, second) = desk.insured("2").await;
    desk.hours(100 * 24).await;
    assert_eq!(desk.get(&format!("/policies/{second}")).await.1["status"], "expired");
    assert!(!desk.events().await.contains(&"policy.expired".to_owned()));
}

#[tokio::test]
async fn a_quote_may_have_two_sessions_and_one_policy() {
    let desk = Desk::standard().await;
    let (contractor, job) = (desk.contractor("1").await, desk.job("jc_DataAnalyst").await);
    let quote = desk.quote(&contractor, &job).await;
    let (first, second) = (desk.session(&quote).await, desk.session(&quote).await);
    desk.hours(4).await;
    assert_eq!(desk.sim.ledger().policies_by_quote[&quote], 1);
    let session = |id: String| {
        let desk = &desk;
        async move { desk.get(&format!("/apply/sessions/{id}")).await.1 }
    };
    assert_eq!(session(first).await["step"], "application_complete");
    assert_eq!(session(second).await["expired"], true, "its quote was bound meanwhile");
    let urls = json!({ "quote": quote, "success_url": "https://a.test/y", "cancel_url": "https://a.test/n" });
    let third = desk.post("/apply/sessions", urls).await;
    assert_eq!((third.0, &third.1["error_code"]), (400, &json!("application_already_complete")));
}

#[tokio::test]
async fn what_was_cancelled_stays_so_and_what_ran_out_is_not_switched_on() {
    let desk = Desk::standard().await;
    let (_, _, off) = desk.insured("1").await;
    let (_, _, over) = desk.insured("2").await;
    let put = |id: &str, active: bool| {
        let (desk, path) = (&desk, format!("/policies/{id}"));
        async move { desk.put(&path, json!({ "is_active": active })).await }
    };
    assert_eq!(put(&off, false).await.1["status"], "cancelled");
    desk.hours(100 * 24).await;
    for (id, status) in [(&off, "cancelled"), (&over, "expired")] {
        assert_eq!(desk.get(&format!("/policies/{id}")).await.1["status"], status);
        let (status, refused) = put(id, true).await;
        assert_eq!((status, &refused["error_code"]), (400, &json!("no_active_policy")));
    }
}

#[tokio::test]
async fn an_unbound_assignment_is_neither_charged_nor_told() {
    let desk = Desk::standard().await;
    let (contractor, _, policy) = desk.insured("1").await;
    let job = desk.job("jc_DataAnalyst").await;
    let told = desk.events().await.len();
    let mut unbound = repeat(&contractor, &job);
    unbound["bind"] = json!(false);
    let (status, made) = desk.post("/assignments", unbound).await;
    assert_eq!((status, &made["eligible"]["result"]), (201, &json!(true)));
    desk.hours(48).await;
    assert_eq!(desk.events().await.len(), told);
    assert_eq!(desk.sim.ledger().charges_cents.keys().collect::<Vec<_>>(), [&policy]);
    assert!(desk.sim.ledger().assignments_live_by_job.is_empty());
    // Bound later, it is charged a day after that.
    let path = format!("/assignments/{}", made["id"].as_str().unwrap());
    assert_eq!(desk.put(&path, json!({ "bind": true })).await.0, 200);
    desk.hours(24).await;
    assert_eq!(desk.events().await.last().unwrap(), "assignment.active");
}
