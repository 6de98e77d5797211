//! The integration guide's table of signals, row by row, on both roads.

use integration_1099policy::simulator::{Advance, Seal};
use integration_jobdiva::simulator::{Decision, Mutation};
use jiff::civil::date;
use serde_json::json;
use workflow_core::domain::placement::{Evidence, State};

use super::{Road, World};

#[tokio::test(flavor = "multi_thread")]
async fn every_row_by_webhook() {
    rows(Road::Webhooks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_by_polling_alone() {
    rows(Road::Polling).await;
}

async fn rows(road: Road) {
    let mut world = World::new(road).await;
    let (placement, candidate) = world.hire("Ines");
    created(&mut world, &placement, &candidate).await;
    updated(&mut world, &placement, &candidate).await;
    covered_and_lost(&mut world, &placement).await;
    kept_for_others(&mut world, &placement, &candidate).await;
    assert_eq!(world.parked(), [""; 0], "{road:?}");
    let ledger = world.demo.policy().ledger();
    assert_eq!(ledger.contractors_by_candidate.get(&candidate), Some(&1), "{road:?}");
    assert_eq!(ledger.jobs_by_placement.get(&placement), Some(&1), "{road:?}");
    world.end().await;
}

/// Candidate created: contractor. Job created: job mapping. Placement created or confirmed: quote.
async fn created(world: &mut World, placement: &str, candidate: &str) {
    world.news().await;
    world.is(placement, "ApplicationPending", "waiting for the contractor");
    let listed = world.insurer("/contractors?email=ines.varga%40example.com").await;
    assert_eq!(listed[0]["custom_metadata"]["jobdiva_candidate_id"], candidate);
    let State::ApplicationPending { hired, .. } = world.state(placement).unwrap() else {
        panic!("it applies")
    };
    let job = world.insurer(&format!("/jobs/{}", hired.job)).await;
    assert_eq!(job["wage"], 7725);
}

/// Candidate updated, job updated (its pay), placement updated (its dates).
async fn updated(world: &mut World, placement: &str, candidate: &str) {
    let (id, number) = (candidate.parse().unwrap(), placement.parse().unwrap());
    let email = "ines.new@example.com".to_owned();
    world.change(Mutation::SetEmail { candidate: id, email });
    world.news().await;
    let listed = world.insurer("/contractors?email=ines.new%40example.com").await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");

    let (amount, effective) = ("80".to_owned(), date(2026, 4, 13));
    world.change(Mutation::ChangeRate { placement: number, amount, effective });
    world.news().await;
    world.news().await;
    world.is(placement, "ApplicationPending", "");
    let State::ApplicationPending { hired, .. } = world.state(placement).unwrap() else {
        panic!("it applies")
    };
    assert_eq!(world.insurer(&format!("/jobs/{}", hired.job)).await["wage"], 8000);

    let (start, end) = (date(2026, 4, 20), Some(date(2026, 7, 31)));
    world.change(Mutation::MoveDates { placement: number, start, end });
    world.news().await;
    let State::ApplicationPending { hired, application, .. } = world.state(placement).unwrap()
    else {
        panic!("it applies")
    };
    assert_eq!(hired.terms().window.first_day, start);
    let quote = world.insurer(&format!("/quotes/{}", application.quote)).await;
    assert_eq!(quote["effective_date"], hired.terms().window.effective.as_secs());
}

/// application.started, policy.active, policy.canceled; expiry is computed and read back.
async fn covered_and_lost(world: &mut World, placement: &str) {
    let session = world.session(placement);
    assert!(world.demo.policy().advance_session(&session, Advance::NextStep));
    world.news().await;
    let why = world.line("placement", placement).1;
    assert!(!why.contains("not started"), "{:?}: {why}", world.road);

    assert!(world.demo.policy().advance_session(&session, Advance::Complete));
    world.news().await;
    world.is(placement, "Active", "covered 2026-04-20 to 2026-07-31");

    let Some(State::Active { coverage, .. }) = world.state(placement) else {
        panic!("it is covered")
    };
    let Evidence::Policy { policy, .. } = coverage.evidence else { panic!("by a policy") };
    assert!(world.demo.policy().cancel_policy(policy.as_str()));
    world.news().await;
    world.is(placement, "Flagged", "coverage lost: the policy was cancelled");
    assert!(world.demo.policy().reactivate_policy(policy.as_str()));
    world.news().await;
    world.is(placement, "Active", "");
}

/// Attachments, timesheets, and the insurer's word on certificates: taken in, nobody's error.
async fn kept_for_others(world: &mut World, placement: &str, candidate: &str) {
    world.change(Mutation::AddAttachment {
        candidate: candidate.parse().unwrap(),
        file_name: "coi.pdf".into(),
        kind: "COI".into(),
        content: b"%PDF-1.7".to_vec(),
    });
    world.change(Mutation::AddTimesheet {
        placement: placement.parse().unwrap(),
        week_ending: date(2026, 4, 26),
        hours: "40".into(),
        decision: Decision::Approved,
    });
    for (number, name) in
        ["certificate.validated", "certificate.flagged", "certificate.denied", "policy.expired"]
            .into_iter()
            .enumerate()
    {
        let data = json!({ "id": "ci_T1bE8oSkHr", "quote": "qt_0", "status": "flagged" });
        let id = format!("ev_kept{number}");
        let event = json!({ "id": id, "type": name, "created": 1, "data": data });
        world.demo.policy().inject_event(&event, Seal::Genuine);
    }
    world.news().await;
    world.is(placement, "Active", "");
}
