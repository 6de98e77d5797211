//! Hints confirmed, events swept, resources observed, and the tenant set up.

use integration_1099policy::delivery::Delivery;
use integration_1099policy::interpret;
use integration_1099policy::poll::{SweepCursor, Watch};
use integration_1099policy::receive::{Profile, Receiver};
use integration_1099policy::setup::Was;
use serde_json::{Value, json};
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentStanding, PolicyStanding, Sighting, Span,
};

use super::*;

fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({"id": id, "type": kind, "created": NOW.as_secs(), "data": data})
}

fn delivered(event: &Value) -> Delivery {
    let receiver = Receiver::new(Profile::None, &[]).unwrap();
    receiver.receive(&[], event.to_string().as_bytes(), NOW).unwrap()
}

async fn confirmed(policy: &Ten99Policy, event: &Value) -> Vec<Sighting> {
    policy.confirm(&interpret(&delivered(event)), NOW).await.unwrap()
}

fn policy_resource(status: &str, expires: i64) -> Value {
    json!({"id": "pl_1", "quote": "qt_1", "status": status, "effective_date": NOW.as_secs(), "expiration_date": expires})
}

fn policy_seen(standing: PolicyStanding, expires: i64) -> Sighting {
    let expires = Timestamp::from_secs(expires);
    Sighting::Policy {
        policy: "pl_1".into(),
        quote: "qt_1".into(),
        standing,
        effective: NOW,
        expires,
    }
}

#[tokio::test]
async fn the_resource_counts_and_not_the_hint() {
    let (world, policy) = world().await;
    let later = NOW.as_secs() + 1000;
    let hint = |kind| event("ev_1", kind, policy_resource("active", later));
    assert_eq!(confirmed(&policy, &hint("policy.active")).await, [], "forged: no such policy");
    world.lock().unwrap().put("/policies", policy_resource("cancelled", later));
    let seen = [policy_seen(PolicyStanding::Canceled, later)];
    assert_eq!(
        confirmed(&policy, &hint("policy.active")).await,
        seen,
        "late: it was cancelled since"
    );
    world.lock().unwrap().stored.clear();
    world.lock().unwrap().put("/policies", policy_resource("active", NOW.as_secs()));
    let seen = [policy_seen(PolicyStanding::Expired, NOW.as_secs())];
    assert_eq!(confirmed(&policy, &hint("policy.active")).await, seen, "run out by now");
    let by_quote = event("ev_2", "policy.active", json!({"quote": "qt_1"}));
    assert_eq!(confirmed(&policy, &by_quote).await, seen);
}

#[tokio::test]
async fn a_deleted_policy_is_a_loss_when_its_event_is_real() {
    let (world, policy) = world().await;
    let later = NOW.as_secs() + 1000;
    let hint = event("ev_1", "policy.canceled", policy_resource("active", later));
    assert_eq!(confirmed(&policy, &hint).await, []);
    let kept = event("ev_1", "policy.cancelled", policy_resource("active", later));
    world.lock().unwrap().put("/events", kept);
    let seen = [policy_seen(PolicyStanding::Canceled, later)];
    assert_eq!(confirmed(&policy, &hint).await, seen);
}

#[tokio::test]
async fn an_application_shows_its_step_and_its_events_the_rest() {
    let (world, policy) = world().await;
    let session = json!({"id": "ias_1", "quote": "qt_1", "step": "final_review", "expired": false});
    world.lock().unwrap().put("/apply/sessions", session);
    let seen = |standing| {
        vec![Sighting::Application {
            session: "ias_1".into(),
            quote: Some("qt_1".into()),
            standing,
        }]
    };
    let open = || seen(ApplicationStanding::Open { step: "final_review".into() });
    let hint = |kind| event("ev_1", kind, json!({"id": "ias_1", "quote": "qt_1"}));
    assert_eq!(confirmed(&policy, &hint("application.started")).await, open());
    for (kind, standing) in [
        ("application.ineligible", ApplicationStanding::Ineligible),
        ("application.manual_review", ApplicationStanding::ManualReview),
    ] {
        world.lock().unwrap().stored.remove("/events");
        assert_eq!(confirmed(&policy, &hint(kind)).await, open(), "the provider has no such event");
        let other = event("ev_1", kind, json!({"id": "ias_2"}));
        world.lock().unwrap().put("/events", other);
        assert_eq!(confirmed(&policy, &hint(kind)).await, open(), "it is about another session");
        world.lock().unwrap().stored.remove("/events");
        world.lock().unwrap().put("/events", hint(kind));
        assert_eq!(confirmed(&policy, &hint(kind)).await, seen(standing));
    }
    world.lock().unwrap().stored.get_mut("/apply/sessions").unwrap()[0]["expired"] = json!(true);
    let late = confirmed(&policy, &hint("application.manual_review")).await;
    assert_eq!(late, seen(ApplicationStanding::Expired));
}

#[tokio::test]
async fn an_assignment_is_read_with_its_dates_and_those_of_the_policy_under_it() {
    let (world, policy) = world().await;
    let resource = json!({"id": "an_1", "job": "jb_1", "policy": "pl_1", "effective_date": 1000,
        "end_date": 9000, "certificates": {"gl_coi_pdf_url": "https://files.example.test/1.pdf"}});
    world.lock().unwrap().put("/assignments", resource);
    let read = async || {
        let seen =
            policy.observe(&[Watch::Assignment("an_1".into())], Timestamp::from_secs(1)).await;
        match &seen.sightings[..] {
            [Sighting::Assignment { standing, dates, policy_dates, .. }] => {
                assert_eq!(*standing, AssignmentStanding::Active);
                [dates.from, dates.until, policy_dates.from, policy_dates.until]
                    .map(|at| at.map(Timestamp::as_secs))
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read().await, [Some(1000), Some(9000), None, None]);
    let under = json!({"id": "pl_1", "quote": "qt_1", "status": "active", "effective_date": 500,
        "expiration_date": 7000});
    world.lock().unwrap().put("/policies", under);
    assert_eq!(read().await, [Some(1000), Some(9000), Some(500), Some(7000)]);
}

#[tokio::test]
async fn an_assignment_is_active_on_evidence_only() {
    let (world, policy) = world().await;
    let resource = json!({"id": "an_1", "job": "jb_1", "certificates": {"gl_coi_pdf_url": null}});
    world.lock().unwrap().put("/assignments", resource.clone());
    let seen = |standing| {
        let (assignment, job) = ("an_1".into(), "jb_1".into());
        let (dates, policy_dates) = (Span::default(), Span::default());
        vec![Sighting::Assignment { assignment, job, standing, dates, policy_dates }]
    };
    let active = event("ev_1", "assignment.active", resource);
    assert_eq!(confirmed(&policy, &active).await, seen(AssignmentStanding::Pending));
    world.lock().unwrap().put("/events", active.clone());
    assert_eq!(confirmed(&policy, &active).await, seen(AssignmentStanding::Active));
    let failed = event("ev_2", "invoice.charge_card_failed", json!({"id": "in_1", "job": "jb_1"}));
    assert_eq!(confirmed(&policy, &failed).await, [], "the provider has no such event");
    world.lock().unwrap().put("/events", failed.clone());
    assert_eq!(confirmed(&policy, &failed).await, seen(AssignmentStanding::ChargeFailed));
    let change = |field: &str, value| {
        world.lock().unwrap().stored.get_mut("/assignments").unwrap()[0][field] = value;
    };
    change("certificates", json!({"gl_coi_pdf_url": "https://files.example.test/g.pdf"}));
    assert_eq!(
        confirmed(&policy, &failed).await,
        seen(AssignmentStanding::Active),
        "charged since"
    );
    change("cancelled", json!(true));
    assert_eq!(confirmed(&policy, &active).await, seen(AssignmentStanding::Canceled));
}

#[tokio::test]
async fn a_sweep_brings_each_event_under_the_webhooks_key() {
    let (world, policy) = world().await;
    let nothing = policy.sweep_events(&SweepCursor::default()).await.unwrap();
    assert!(nothing.deliveries.is_empty() && !nothing.gap);
    let first = event("ev_1", "policy.active", json!({"id": "pl_1", "quote": "qt_1"}));
    let second = event("ev_2", "policy.cancelled", json!({"id": "pl_1", "quote": "qt_1"}));
    world.lock().unwrap().put("/events", first.clone());
    world.lock().unwrap().put("/events", second.clone());
    let swept = policy.sweep_events(&nothing.cursor).await.unwrap();
    let keys: Vec<_> = swept.deliveries.iter().map(|d| d.key.clone()).collect();
    assert_eq!(keys, [delivered(&first).key, delivered(&second).key], "oldest first");
    assert_eq!(interpret(&swept.deliveries[1]), interpret(&delivered(&second)));
    assert_eq!(swept.cursor.created, Some(NOW));
    let kept = serde_json::to_string(&swept.cursor).unwrap();
    let cursor: SweepCursor = serde_json::from_str(&kept).unwrap();
    let next = policy.sweep_events(&cursor).await.unwrap();
    assert_eq!((next.cursor, next.gap), (swept.cursor, false));
    world.lock().unwrap().stored.clear();
    let purged = policy.sweep_events(&cursor).await.unwrap();
    assert!(purged.gap, "the last known event is gone: what came between is not known");
    assert_eq!(purged.cursor, cursor);
}

#[tokio::test]
async fn observing_reads_what_it_can_and_names_the_rest() {
    let (world, policy) = world().await;
    let later = NOW.as_secs() + 1000;
    world.lock().unwrap().put("/policies", policy_resource("active", later));
    let gone = Watch::Assignment("an_9".into());
    let what = [Watch::Quote("qt_1".into()), gone.clone(), Watch::Policy("pl_1".into())];
    let observed = policy.observe(&what, NOW).await;
    let seen = policy_seen(PolicyStanding::Active, later);
    assert_eq!(observed.sightings, [seen.clone(), seen]);
    assert_eq!(observed.missing, [gone]);
    assert!(observed.unread.is_empty());
    world.lock().unwrap().put("/policies", json!({"id": "pl_2", "status": "pending"}));
    let odd = [Watch::Policy("pl_2".into()), Watch::Policy("pl_1".into())];
    let observed = policy.observe(&odd, NOW).await;
    assert_eq!((observed.sightings.len(), observed.unread.len()), (1, 1));
}

#[tokio::test]
async fn a_webhook_endpoint_is_made_once() {
    let (world, policy) = world().await;
    let url = "https://ops.example.test/hooks/1";
    let made = policy.ensure_webhook_endpoint(url).await.unwrap();
    assert_eq!(made.was, Was::Created);
    world.lock().unwrap().stored.get_mut("/webhook_endpoints").unwrap()[0]["secret"] =
        json!("whsec_1");
    let found = policy.ensure_webhook_endpoint(url).await.unwrap();
    assert_eq!((found.was, found.id), (Was::Found, made.id));
    assert_eq!(found.secret.unwrap().reveal(), "whsec_1");
    assert_eq!(world.lock().unwrap().of("/webhook_endpoints").len(), 1);
}
