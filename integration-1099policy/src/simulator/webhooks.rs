//! The outbox: deliveries waiting for their time, what went wrong with them on purpose, and how they are signed.
//!
//! Absent: the network (`client.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use workflow_core::time::Timestamp;

use super::base64;
use super::config::{Signing, WebhookRules};
use super::ledger::bump;
use super::world::{Desk, World};

/// A stale delivery claims to have been signed this long ago.
const STALE_SECS: i64 = 3600;

/// In which order deliveries due together leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Oldest event first.
    #[default]
    AsHappened,
    /// Newest event first.
    Reversed,
}

/// How a delivery is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// With the endpoint's secret, now.
    #[default]
    Genuine,
    /// With another secret.
    Forged,
    /// With the right secret, an hour ago.
    Stale,
    /// Not at all.
    Unsigned,
}

/// Something done to the deliveries of events whose type begins with `event`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFault {
    /// Prefix of the event type; empty is every event.
    #[serde(default)]
    pub event: String,
    /// How many events it is done to.
    #[serde(default = "one")]
    pub count: u32,
    /// What is done.
    #[serde(flatten)]
    pub kind: WebhookFaultKind,
}

fn one() -> u32 {
    1
}

/// What may be done to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WebhookFaultKind {
    /// Never sent; the event stays in `/events`.
    Drop,
    /// Sent twice.
    Duplicate,
    /// Sent this much later, in simulated seconds.
    Delay {
        /// Seconds.
        secs: u64,
    },
    /// Signed otherwise.
    Sealed {
        /// How.
        seal: Seal,
    },
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Number in order of events.
    pub number: u64,
    /// The `whe_` id.
    pub endpoint: String,
    /// Where it goes.
    pub url: String,
    /// Event type.
    pub event: String,
    /// Event id.
    pub event_id: String,
    /// The exact body.
    pub body: String,
    /// How it is signed.
    pub seal: Seal,
    /// Attempts made.
    pub attempts: u32,
    /// The last status answered; none when nobody answered.
    pub last_status: Option<u16>,
    /// When the next attempt is due.
    pub due: Timestamp,
    /// Where it stands.
    pub state: DeliveryState,
    secret: String,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// An attempt is due at [`Delivery::due`].
    Waiting,
    /// Answered 2xx.
    Delivered,
    /// Every attempt failed.
    GivenUp,
    /// Dropped on purpose.
    Dropped,
}

/// Every delivery made or to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Outbox {
    next: u64,
    pub(super) deliveries: BTreeMap<u64, Delivery>,
    pub(super) faults: Vec<WebhookFault>,
    /// Overrides the configured order.
    pub(super) order: Option<Order>,
}

/// Puts the event into the outbox of every endpoint that wants it.
pub(super) fn enqueue(desk: &mut Desk<'_>, kind: &str, envelope: &Value) {
    let fault = desk.shared.outbox.take_fault(kind);
    let endpoints: Vec<_> =
        desk.book.endpoints.newest().filter(|e| e.wants(kind)).cloned().collect();
    for endpoint in endpoints {
        let first = desk.cfg.webhooks.retry_secs.first().copied().unwrap_or(0);
        let mut delivery = Delivery {
            number: 0,
            endpoint: endpoint.id,
            url: endpoint.about.url,
            event: kind.to_owned(),
            event_id: envelope["id"].as_str().unwrap_or_default().to_owned(),
            body: envelope.to_string(),
            seal: Seal::Genuine,
            attempts: 0,
            last_status: None,
            due: desk.now.plus(Duration::from_secs(first)),
            state: DeliveryState::Waiting,
            secret: endpoint.secret,
        };
        let mut copies = 1;
        match fault {
            Some(WebhookFaultKind::Drop) => delivery.state = DeliveryState::Dropped,
            Some(WebhookFaultKind::Duplicate) => copies = 2,
            Some(WebhookFaultKind::Delay { secs }) => {
                delivery.due = delivery.due.plus(Duration::from_secs(secs));
            }
            Some(WebhookFaultKind::Sealed { seal }) => delivery.seal = seal,
            None => {}
        }
        for _ in 0..copies {
            desk.shared.outbox.put(delivery.clone());
        }
    }
}

/// Sends an event that never happened to every endpoint of the book: it is not in `/events`.
pub(super) fn inject(desk: &mut Desk<'_>, envelope: &Value, seal: Seal) -> usize {
    let kind = envelope["type"].as_str().unwrap_or_default();
    let before = desk.shared.outbox.next;
    desk.shared.outbox.faults.insert(
        0,
        WebhookFault { event: kind.to_owned(), count: 1, kind: WebhookFaultKind::Sealed { seal } },
    );
    enqueue(desk, kind, envelope);
    usize::try_from(desk.shared.outbox.next - before).unwrap_or(0)
}

impl Outbox {
    fn put(&mut self, mut delivery: Delivery) {
        self.next += 1;
        delivery.number = self.next;
        self.deliveries.insert(self.next, delivery);
    }

    fn take_fault(&mut self, kind: &str) -> Option<WebhookFaultKind> {
        let at = self.faults.iter().position(|f| f.count > 0 && kind.starts_with(&f.event))?;
        self.faults[at].count -= 1;
        let found = self.faults[at].kind;
        self.faults.retain(|f| f.count > 0);
        Some(found)
    }

    /// What is due by `now`, in the order it leaves.
    pub(super) fn due(&self, now: Timestamp, rules: &WebhookRules) -> Vec<Delivery> {
        let waiting = |d: &&Delivery| d.state == DeliveryState::Waiting && d.due <= now;
        let mut due: Vec<Delivery> = self.deliveries.values().filter(waiting).cloned().collect();
        if self.order.unwrap_or(rules.order) == Order::Reversed {
            due.reverse();
        }
        due
    }
}

/// Notes the answer to one attempt; a failed one waits for its next time, or is given up.
pub(super) fn settle(
    world: &mut World,
    rules: &WebhookRules,
    number: u64,
    status: Option<u16>,
    now: Timestamp,
) {
    let shared = &mut world.shared;
    let Some(delivery) = shared.outbox.deliveries.get_mut(&number) else { return };
    shared.ledger.webhook_attempts += 1;
    delivery.attempts += 1;
    delivery.last_status = status;
    if status.is_some_and(|s| (200..300).contains(&s)) {
        delivery.state = DeliveryState::Delivered;
        bump(&mut shared.ledger.webhooks_delivered, &delivery.event);
        return;
    }
    match rules.retry_secs.get(delivery.attempts as usize) {
        Some(secs) => delivery.due = now.plus(Duration::from_secs(*secs)),
        None => delivery.state = DeliveryState::GivenUp,
    }
}

/// The headers that sign the delivery as it leaves at `now`.
pub(super) fn headers(
    delivery: &Delivery,
    rules: &WebhookRules,
    now: Timestamp,
) -> Vec<(String, String)> {
    let (secret, at) = match delivery.seal {
        Seal::Unsigned => return Vec::new(),
        Seal::Genuine => (delivery.secret.as_str(), now.as_secs()),
        Seal::Forged => ("whsec_AAAAAAAAAAAAAAAAAAAAAAAA", now.as_secs()),
        Seal::Stale => (delivery.secret.as_str(), now.as_secs() - STALE_SECS),
    };
    let body = &delivery.body;
    match rules.signing {
        Signing::None => Vec::new(),
        Signing::HmacHex => vec![(rules.header.clone(), hex::encode(mac(secret.as_bytes(), body)))],
        Signing::TimestampV1 => {
            let signed = hex::encode(mac(secret.as_bytes(), &format!("{at}.{body}")));
            vec![(rules.header.clone(), format!("t={at},v1={signed}"))]
        }
        Signing::StandardWebhooks => {
            let id = &delivery.event_id;
            let key = base64::decode(secret.trim_start_matches("whsec_")).unwrap_or_default();
            let signed = base64::encode(&mac(&key, &format!("{id}.{at}.{body}")));
            vec![
                ("webhook-id".to_owned(), id.clone()),
                ("webhook-timestamp".to_owned(), at.to_string()),
                ("webhook-signature".to_owned(), format!("v1,{signed}")),
            ]
        }
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
