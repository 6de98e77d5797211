//! 28: webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use integration_jobdiva::delivery::Delivery;
use integration_jobdiva::interpret::{Interest, interpret};
use integration_jobdiva::receive::{REPLY, receive};
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{Behaviour, Outcome, RecordType, WebhookTarget};
use workflow_core::domain::facts::PlacementId;

use super::tenant::{HOUR, Tenant};

const SECRET: &str = "shared & signed";

/// What was taken in, and how many requests were answered by an error first.
#[derive(Default)]
struct Taken {
    deliveries: Vec<Delivery>,
    /// The bodies, as they came.
    bodies: Vec<String>,
    unwell: u32,
}

type Door = Arc<Mutex<Taken>>;

/// Refuses the first three requests, as a process that restarts would.
async fn take(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let mut taken = door.lock().unwrap();
    if taken.unwell < 3 {
        taken.unwell += 1;
        return (StatusCode::BAD_GATEWAY, String::new());
    }
    let headers: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let secrets = [Secret::new(SECRET)];
    let deliveries = receive(&headers, &body, &secrets).unwrap();
    // The same values in other bytes are another message, which nobody signed.
    let spaced = [b" ", &body[..]].concat();
    assert!(receive(&headers, &spaced, &secrets).is_err());
    taken.deliveries.extend(deliveries);
    taken.bodies.push(String::from_utf8(body.to_vec()).unwrap());
    (StatusCode::OK, REPLY.to_owned())
}

/// Care: the raw bytes are verified with either form of the signature, a message that was refused is taken when it comes again,
/// the answer is `true`, one that comes twice has one key, each is understood by itself, in whatever order they come: as the
/// ids to read and no more; and polling tells of what a lost one would have told.
#[tokio::test]
async fn switch_28_webhooks_are_doubled_swapped_and_lost() {
    for is_prefixed in [true, false] {
        let tenant = Tenant::with(Behaviour::default()).await;
        let (_, polled) = tenant.poll_all(None).await;
        let door = Door::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/acme", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(door.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (secret, types) = (SECRET.to_owned(), RecordType::ALL.to_vec());
        let target = WebhookTarget { url, secret, is_prefixed, types };
        tenant.sim.set_webhook(Some(target)).unwrap();
        for _ in 0..30 * 24 {
            tenant.sim.advance(HOUR).await.unwrap();
        }
        let sent = tenant.sim.deliveries();
        let with = |outcome| sent.iter().filter(|of| of.outcome == outcome).count();
        assert_eq!((with(Outcome::Failed), with(Outcome::Waiting)), (0, 0), "each was taken");
        assert!(with(Outcome::Dropped) > 0, "nothing was lost");
        assert!(sent.iter().any(|of| of.attempts > 1), "none had to come again");
        let Taken { deliveries: taken, bodies, .. } = std::mem::take(&mut *door.lock().unwrap());
        let numbered: Vec<&String> = sent.iter().filter_map(|of| of.body.as_ref()).collect();
        assert_eq!(bodies.len(), numbered.len());
        assert!(bodies.iter().zip(numbered).any(|(came, sent)| came != sent), "none was swapped");
        assert_eq!(taken.len(), with(Outcome::Delivered));
        let keys: BTreeSet<&str> = taken.iter().map(|of| of.key.as_str()).collect();
        assert!(keys.len() < taken.len(), "nothing came twice");
        let mut told = BTreeSet::new();
        for delivery in &taken {
            match interpret(delivery) {
                Interest::Placements(placements) => {
                    assert_eq!(placements.len(), 1, "{}", delivery.kind);
                    told.extend(placements);
                }
                Interest::Timesheet { placement, .. } => told.extend(placement),
                other => panic!("{}: {other:?}", delivery.kind),
            }
        }
        let lost: BTreeSet<PlacementId> = sent
            .iter()
            .filter(|of| of.outcome == Outcome::Dropped && of.record_type == RecordType::Activity)
            .map(|of| PlacementId(of.id.clone()))
            .collect();
        let (touched, _) = tenant.poll_all(Some(&polled.cursor)).await;
        assert!(touched.is_superset(&lost), "{lost:?} not in {touched:?}");
        let due = sent.iter().filter(|of| {
            of.outcome == Outcome::Delivered && of.record_type == RecordType::Activity
        });
        let due: BTreeSet<PlacementId> = due.map(|of| PlacementId(of.id.clone())).collect();
        assert!(!due.is_empty() && told.len() > due.len(), "{told:?}");
        assert!(told.is_superset(&due), "{due:?} not in {told:?}");
    }
}
