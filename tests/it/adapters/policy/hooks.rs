//! Webhooks as the simulator signs and sends them, taken in at a real route; and the sweep that finds the same events.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use integration_1099policy::delivery::Delivery;
use integration_1099policy::poll::SweepCursor;
use integration_1099policy::receive::{Profile, Receiver, Refused};
use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{
    Config as Simulated, DeliveryState, Order, Seal, Signing, WebhookFault, WebhookFaultKind,
};
use serde_json::json;
use tokio::net::TcpListener;
use workflow_core::time::{Clock, ManualClock, Timestamp};

use super::world::{DAY, HOUR, Insurer, work};

/// What came at the route, in order.
#[derive(Default)]
pub struct Taken {
    pub deliveries: Vec<Delivery>,
    pub refused: Vec<Refused>,
}

pub type Inbox = Arc<Mutex<Taken>>;

#[derive(Clone)]
struct Route {
    receiver: Receiver,
    clock: ManualClock,
    inbox: Inbox,
}

async fn take(State(route): State<Route>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut inbox = route.inbox.lock().unwrap();
    match route.receiver.receive(&headers, &body, route.clock.now()) {
        Ok(delivery) => {
            inbox.deliveries.push(delivery);
            StatusCode::OK
        }
        Err(refused) => {
            inbox.refused.push(refused);
            StatusCode::UNAUTHORIZED
        }
    }
}

/// A route at which the insurer's webhooks arrive, made known to it as the setup does.
pub async fn listen(insurer: &Insurer, profile: Profile) -> Inbox {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/acme", listener.local_addr().unwrap());
    let endpoint = insurer.policy.ensure_webhook_endpoint(&url).await.unwrap();
    let secrets = [Secret::new("whsec_b2xkIG9uZQ=="), endpoint.secret.unwrap()];
    let receiver = Receiver::new(profile, &secrets).unwrap();
    let inbox = Inbox::default();
    let route = Route { receiver, clock: insurer.sim.clock(), inbox: inbox.clone() };
    let router = Router::new().route("/hooks/acme", post(take)).with_state(route);
    tokio::spawn(async move { axum::serve(listener, router).await });
    inbox
}

pub fn timestamped() -> Profile {
    Profile::TimestampedV1 { header: "Ten99Policy-Signature".into() }
}

/// The kinds that came, in order.
pub fn kinds(inbox: &Inbox) -> Vec<String> {
    let taken = inbox.lock().unwrap();
    assert_eq!(taken.refused, []);
    taken.deliveries.iter().map(|delivery| delivery.kind.clone()).collect()
}

fn signing(signing: Signing) -> Simulated {
    let mut simulated = Simulated::default();
    simulated.webhooks.signing = signing;
    simulated
}

/// First application, then an assignment of the same contractor.
const BOTH_ROADS: [&str; 6] = [
    "application.created",
    "application.started",
    "application.complete",
    "policy.active",
    "invoice.charge_card_succeeded",
    "assignment.active",
];

async fn both_roads(insurer: &Insurer) {
    insurer.insured(&work("51000797", "70011000060")).await;
    insurer.assigned(&work("51000798", "70011000060")).await;
    insurer.sim.advance(DAY).await;
}

#[tokio::test]
async fn every_profile_is_accepted_and_a_sweep_finds_the_same_events() {
    let header = "Ten99Policy-Signature".to_owned();
    for (simulated, profile) in [
        (Simulated::default(), timestamped()),
        (signing(Signing::HmacHex), Profile::HmacHex { header }),
        (signing(Signing::StandardWebhooks), Profile::StandardWebhooks),
        (signing(Signing::None), Profile::None),
    ] {
        let insurer = Insurer::with(simulated, |_| {}).await;
        let inbox = listen(&insurer, profile.clone()).await;
        both_roads(&insurer).await;
        assert_eq!(kinds(&inbox), BOTH_ROADS, "{profile:?}");
        let swept = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap();
        assert!(!swept.gap);
        let told = |deliveries: &[Delivery]| -> Vec<_> {
            let each = deliveries.iter().map(|each| {
                (each.key.clone(), each.kind.clone(), each.subjects.clone(), each.created)
            });
            each.collect()
        };
        assert_eq!(told(&swept.deliveries), told(&inbox.lock().unwrap().deliveries));
        let quiet = insurer.policy.sweep_events(&swept.cursor).await.unwrap();
        assert_eq!((quiet.gap, &quiet.cursor), (false, &swept.cursor));
        let again: BTreeSet<&String> = quiet.deliveries.iter().map(|each| &each.key).collect();
        let known: BTreeSet<&String> = swept.deliveries.iter().map(|each| &each.key).collect();
        assert!(again.is_subset(&known), "the overlap brings nothing new");
    }
}

#[tokio::test]
async fn what_was_not_signed_by_the_insurer_now_is_refused() {
    let header = "Ten99Policy-Signature".to_owned();
    for (simulated, profile, stale) in [
        (Simulated::default(), timestamped(), Some(Refused::Stale)),
        // A digest of the body alone says nothing of its age.
        (signing(Signing::HmacHex), Profile::HmacHex { header }, None),
        (signing(Signing::StandardWebhooks), Profile::StandardWebhooks, Some(Refused::Stale)),
    ] {
        for (seal, refusal) in [
            (Seal::Forged, Some(Refused::Forged)),
            (Seal::Stale, stale),
            (Seal::Unsigned, Some(Refused::Unsigned)),
        ] {
            let insurer = Insurer::with(simulated.clone(), |_| {}).await;
            let inbox = listen(&insurer, profile.clone()).await;
            let event = json!({ "id": "ev_0", "type": "policy.active", "created": 1,
                "data": { "id": "pl_0", "object": "policy", "quote": "qt_0", "status": "active" } });
            assert_eq!(insurer.sim.inject_event(&event, seal), 1);
            insurer.sim.tick().await;
            let taken = inbox.lock().unwrap();
            let expected: Vec<Refused> = refusal.into_iter().collect();
            assert_eq!(taken.refused, expected, "{profile:?} {seal:?}");
        }
    }
}

#[tokio::test]
async fn doubled_reordered_and_dropped_webhooks_are_made_good_by_their_keys() {
    let insurer = Insurer::standard().await;
    let inbox = listen(&insurer, timestamped()).await;
    let cursor = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap().cursor;
    insurer.sim.webhook_order(Order::Reversed);
    let fault = |event: &str, kind| WebhookFault { event: event.into(), count: 9, kind };
    insurer.sim.webhook_fault(fault("policy.", WebhookFaultKind::Drop));
    insurer.sim.webhook_fault(fault("application.", WebhookFaultKind::Duplicate));
    insurer.applying(&work("1", "11")).await;
    insurer.sim.advance(4 * HOUR).await;
    assert_eq!(
        kinds(&inbox),
        [
            "application.complete",
            "application.complete",
            "application.started",
            "application.started",
            "application.created",
            "application.created"
        ]
    );
    let came: BTreeSet<String> =
        inbox.lock().unwrap().deliveries.iter().map(|each| each.key.clone()).collect();
    assert_eq!(came.len(), 3);
    let swept = insurer.policy.sweep_events(&cursor).await.unwrap();
    let missed: Vec<&str> = swept
        .deliveries
        .iter()
        .filter(|each| !came.contains(&each.key))
        .map(|each| each.kind.as_str())
        .collect();
    assert_eq!(missed, ["policy.active"]);
}

#[tokio::test]
async fn a_sweep_says_when_the_list_no_longer_reaches_back() {
    let insurer = Insurer::with(Simulated::default(), |config| config.page_size = 2).await;
    insurer.applying(&work("1", "11")).await;
    let swept = insurer.policy.sweep_events(&SweepCursor::default()).await.unwrap();
    assert_eq!((swept.deliveries.len(), swept.gap), (1, false));
    insurer.sim.advance(4 * HOUR).await;
    let later = insurer.policy.sweep_events(&swept.cursor).await.unwrap();
    assert!(later.gap, "three events since, two of them shown");
    assert_eq!(later.cursor.created, Some(Timestamp::from_secs(insurer.now().as_secs() - 3600)));
}

#[tokio::test]
async fn a_webhook_that_was_refused_is_tried_again_until_it_is_taken() {
    let insurer = Insurer::standard().await;
    let profile = Profile::HmacHex { header: "Other-Header".into() };
    let inbox = listen(&insurer, profile).await;
    insurer.applying(&work("1", "11")).await;
    for secs in [0, 10, 60, 300] {
        insurer.sim.advance(std::time::Duration::from_secs(secs)).await;
    }
    assert_eq!(inbox.lock().unwrap().refused, [Refused::Unsigned; 4]);
    let states: Vec<DeliveryState> =
        insurer.sim.deliveries().iter().map(|each| each.state).collect();
    assert_eq!(states, [DeliveryState::GivenUp]);
}
