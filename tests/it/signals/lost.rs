//! Signals that come late, double, forged, before what they name is known, or never.

use std::sync::atomic::Ordering;

use integration_1099policy::simulator::{
    Advance, Fault as PolicyFault, FaultKind as PolicyFaultKind, Seal,
};
use integration_jobdiva::simulator::{Fault, FaultKind, Mutation};
use jiff::civil::date;
use serde_json::json;

use workflow_core::domain::placement::{Evidence, State};
use workflow_core::time::Timestamp;

use super::{DAY, HOUR, Road, SECOND, World};

/// 2026-04-22, 00:00 in UTC: hired people are at work.
const AT_WORK: Timestamp = Timestamp(1_776_816_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_unsigned_deliveries_leave_nothing() {
    let mut world = World::new(Road::Webhooks).await;
    let before = world.demo.engine().position();
    for (number, seal) in [Seal::Forged, Seal::Stale, Seal::Unsigned].into_iter().enumerate() {
        let event = json!({ "id": format!("ev_bad{number}"), "type": "policy.cancelled", "created": 1,
            "data": { "id": "pl_1", "quote": "qt_1" } });
        assert_eq!(world.demo.policy().inject_event(&event, seal), 1);
        world.settle().await;
    }
    assert_eq!(world.demo.counters().refused.load(Ordering::Relaxed), 3);
    assert_eq!(world.demo.engine().position(), before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_and_late_ones_change_nothing() {
    let mut world = World::new(Road::Webhooks).await;
    let (placement, _) = world.hire("Ines");
    world.news().await;
    let session = world.session(&placement);
    assert!(world.demo.policy().advance_session(&session, Advance::Complete));
    world.news().await;
    world.is(&placement, "Active", "");
    let history = world.history("placement", &placement);

    // The same event once more is the same delivery; an old one under a new id is read back as things stand now.
    let late = json!({ "id": "ev_late", "type": "application.expired", "created": 1,
        "data": { "id": session, "object": "session" } });
    for _ in 0..3 {
        world.demo.policy().inject_event(&late, Seal::Genuine);
    }
    world.news().await;
    assert_eq!(world.history("placement", &placement), history);
    assert_eq!(
        world.history("delivery", "1099policy:ev_late"),
        ["delivery_received", "delivery_settled"]
    );
    assert_eq!(world.parked(), [""; 0]);
    world.end().await;
}

/// The insurer's answer to our request for a quote is lost; its contractor is quick, and the policy's event comes first.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_a_quote_that_is_not_known_yet_is_kept_and_tried_when_it_is() {
    let mut world = World::new(Road::Webhooks).await;
    let lost = PolicyFault {
        count: 1_000,
        ..PolicyFault::once("", "/quotes", PolicyFaultKind::LostResponse)
    };
    world.demo.policy().fault(lost.clone());
    let (placement, _) = world.hire("Ines");
    world.news().await;
    world.is(&placement, "JobReady", "asking for a quote");
    world.demo.policy().clear_faults();
    let quotes = world.insurer("/quotes?limit=1").await;
    let quote = quotes[0]["id"].clone();
    world.demo.policy().fault(lost.clone());

    let url = format!("{}/api/v1/apply/sessions", world.demo.policy().base_url());
    let body = json!({ "quote": quote, "success_url": "https://a.example.com", "cancel_url": "https://b.example.com" });
    let client = reqwest::Client::new();
    let opened = client.post(url).bearer_auth(world.demo.policy().api_key()).json(&body).send();
    let opened: serde_json::Value = opened.await.unwrap().json().await.unwrap();
    let session = opened["id"].as_str().unwrap().to_owned();
    assert!(world.demo.policy().advance_session(&session, Advance::Complete));
    world.news().await;
    world.is(&placement, "JobReady", "");
    let waiting = world.demo.engine().summaries("delivery");
    assert!(waiting.iter().any(|it| it.state == "Waiting"), "{waiting:?}");
    assert_eq!(world.parked(), [""; 0]);

    world.demo.policy().clear_faults();
    for _ in 0..8 {
        world.pass(60 * SECOND).await;
    }
    world.is(&placement, "Active", "");
    let left = world.demo.engine().summaries("delivery");
    assert!(left.is_empty(), "{left:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nightly_census_finds_a_placement_that_every_delta_missed() {
    let mut world = World::new(Road::Polling).await;
    let (placement, candidate) = world.hire("Ines");
    for row in [placement.clone(), format!("{candidate}/1")] {
        let kind = FaultKind::Skip { row };
        world.demo.jobdiva().fault(Fault { path: "*".into(), kind, count: None }).unwrap();
    }
    for _ in 0..20 {
        world.pass(HOUR).await;
    }
    assert_eq!(world.line("placement", &placement).0, "", "no feed told of it");
    for _ in 0..6 {
        world.pass(HOUR).await;
    }
    world.is(&placement, "ApplicationPending", "");
    world.end().await;
}

/// The events of the insurer cannot be read, its webhooks are lost, and the assignment says of itself that all is well.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_under_an_assignment_is_looked_at_too() {
    let mut world = World::new(Road::Polling).await;
    let (first, candidate) = world.hire("Ines");
    world.news().await;
    let session = world.session(&first);
    assert!(world.demo.policy().advance_session(&session, Advance::Complete));
    world.news().await;
    world.is(&first, "Active", "by policy");
    let second = world.hire_again(&candidate);
    for _ in 0..3 {
        world.news().await;
        world.pass(DAY).await;
    }
    world.is(&second, "Active", "by assignment");
    // Until after work has begun: the insurer cancels with a policy only what has not.
    while world.demo.engine().clock().now() < AT_WORK {
        world.pass(DAY).await;
    }
    world.is(&second, "Active", "by assignment");

    let Some(State::Active { coverage, .. }) = world.state(&first) else { panic!("it is covered") };
    let Evidence::Policy { policy, .. } = coverage.evidence else { panic!("by a policy") };
    // Whose policy it is ends: from now on only the assignment leads to it.
    let (placement, day) = (first.parse().unwrap(), date(2026, 4, 17));
    world.change(Mutation::Terminate { placement, day, reason: "the work is done".into() });
    world.news().await;
    world.is(&first, "Completed", "");
    let deaf = PolicyFault {
        count: u32::MAX,
        ..PolicyFault::once("GET", "/events", PolicyFaultKind::ErrorBefore)
    };
    world.demo.policy().fault(deaf);
    assert!(world.demo.policy().cancel_policy(policy.as_str()));
    for _ in 0..3 {
        world.pass(DAY).await;
    }
    world.is(&second, "Flagged", "coverage lost");
    world.end().await;
}
