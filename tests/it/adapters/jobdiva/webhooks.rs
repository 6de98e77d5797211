//! Webhooks as the simulator signs and sends them, taken in at a real route and interpreted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use integration_jobdiva::delivery::Delivery;
use integration_jobdiva::interpret::{Interest, interpret};
use integration_jobdiva::receive::{REPLY, Refused, receive};
use integration_jobdiva::secret::Secret;
use integration_jobdiva::simulator::{
    Behaviour, Decision, Mischief, Mutation, Outcome, RecordType, WebhookTarget,
};
use jiff::civil::date;

use super::world::{Tenant, orderly};

const SECRET: &str = "shared & signed";

/// What came, in order.
#[derive(Default)]
struct Taken {
    deliveries: Vec<Delivery>,
    refused: Vec<Refused>,
}

type Inbox = Arc<Mutex<Taken>>;

async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let headers: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let secrets = [Secret::new("the one before"), Secret::new(SECRET)];
    let mut inbox = inbox.lock().unwrap();
    match receive(&headers, &body, &secrets) {
        Ok(deliveries) => {
            inbox.deliveries.extend(deliveries);
            (StatusCode::OK, REPLY.to_owned())
        }
        Err(refused) => {
            let status = StatusCode::from_u16(refused.status()).unwrap();
            inbox.refused.push(refused);
            (status, String::new())
        }
    }
}

/// A route at which the tenant's webhooks arrive.
async fn listen(tenant: &Tenant, secret: &str, is_prefixed: bool) -> Inbox {
    let inbox = Inbox::default();
    let router = Router::new().route("/hooks/acme", post(take)).with_state(inbox.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/acme", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (secret, types) = (secret.to_owned(), RecordType::ALL.to_vec());
    tenant.sim.set_webhook(Some(WebhookTarget { url, secret, is_prefixed, types })).unwrap();
    inbox
}

/// `kind` and what is to be read because of it, of everything that came.
fn heard(inbox: &Inbox) -> Vec<(String, Interest)> {
    let taken = inbox.lock().unwrap();
    assert_eq!(taken.refused, []);
    taken.deliveries.iter().map(|each| (each.kind.clone(), interpret(each))).collect()
}

fn placement(id: u64) -> Interest {
    Interest::Placements([id.to_string().as_str().into()].into())
}

fn candidate(id: u64) -> Interest {
    Interest::Candidates([id.to_string().as_str().into()].into())
}

#[tokio::test]
async fn every_change_is_told_and_leads_to_what_rests_on_it() {
    for is_prefixed in [true, false] {
        let tenant = Tenant::with(orderly(), |_| {}).await;
        tenant.until("2026-03-25T09:00").await;
        let inbox = listen(&tenant, SECRET, is_prefixed).await;
        let (coi, week) = (51_000_794, date(2026, 4, 12));
        for (mutation, kind, interest) in [
            (Mutation::Cancel { placement: coi }, "activity.update", placement(coi)),
            (
                Mutation::SetCategory { placement: 51_000_777, category: "1099".into() },
                "salary.update",
                placement(51_000_777),
            ),
            (
                Mutation::SetEmail { candidate: 70_011_000_058, email: "d@example.com".into() },
                "candidate.update",
                candidate(70_011_000_058),
            ),
            (
                Mutation::AddTimesheet {
                    placement: 51_000_777,
                    week_ending: week,
                    hours: "40".into(),
                    decision: Decision::Approved,
                },
                "timesheet.insert",
                // The first id that this simulator gives.
                Interest::Timesheet {
                    timesheet: "6690001".into(),
                    placement: Some("51000777".into()),
                },
            ),
            (Mutation::Delete { placement: 51_000_778 }, "activity.delete", placement(51_000_778)),
            (
                Mutation::DeleteCandidate { candidate: 70_011_000_044 },
                "candidate.delete",
                candidate(70_011_000_044),
            ),
        ] {
            inbox.lock().unwrap().deliveries.clear();
            tenant.change(mutation.clone());
            tenant.sim.advance(std::time::Duration::from_secs(5)).await.unwrap();
            assert_eq!(heard(&inbox), [(kind.to_owned(), interest)], "{mutation:?}");
        }
        let states: BTreeSet<bool> =
            tenant.sim.deliveries().iter().map(|of| of.outcome == Outcome::Delivered).collect();
        assert_eq!(states, [true].into(), "the reply is the one the sender waits for");
    }
}

#[tokio::test]
async fn records_that_come_by_themselves_are_told_of_their_placement() {
    let tenant = Tenant::with(orderly(), |_| {}).await;
    let inbox = listen(&tenant, SECRET, true).await;
    tenant.until("2026-03-25T09:00").await;
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, interest) in heard(&inbox) {
        let Interest::Placements(ids) = interest else { panic!("{kind}: {interest:?}") };
        told.entry(kind).or_default().extend(ids.into_iter().map(|id| id.0));
    }
    let three: BTreeSet<String> = ["51000777", "51000799", "51000800"].map(str::to_owned).into();
    let kinds = ["billing.insert", "billing.update", "salary.insert", "salary.update"];
    assert_eq!(told, kinds.map(|kind| (kind.to_owned(), three.clone())).into());
}

#[tokio::test]
async fn the_same_message_again_has_the_same_key() {
    let mischief = Mischief { duplicate_one_in: 1, drop_one_in: 0, reorder: true };
    let tenant = Tenant::with(Behaviour { mischief, ..Behaviour::default() }, |_| {}).await;
    let inbox = listen(&tenant, SECRET, true).await;
    tenant.until("2026-04-21T09:00").await;
    let taken = inbox.lock().unwrap();
    let keys: BTreeSet<&String> = taken.deliveries.iter().map(|each| &each.key).collect();
    assert_eq!(taken.deliveries.len(), 2 * keys.len());
    let sent: BTreeSet<u64> = tenant.sim.deliveries().iter().map(|of| of.number).collect();
    assert_eq!(sent.len(), taken.deliveries.len(), "none was lost");
}

#[tokio::test]
async fn what_another_secret_signed_is_refused_and_tried_again() {
    let tenant = Tenant::with(orderly(), |_| {}).await;
    let inbox = listen(&tenant, "another secret", true).await;
    tenant.change(Mutation::Cancel { placement: 51_000_794 });
    for _ in 0..6 {
        tenant.sim.advance(std::time::Duration::from_secs(5)).await.unwrap();
    }
    let taken = inbox.lock().unwrap();
    assert_eq!(taken.refused, vec![Refused::BadSignature; 5]);
    assert!(taken.deliveries.is_empty());
    assert_eq!(tenant.sim.deliveries()[0].outcome, Outcome::Failed);
}
