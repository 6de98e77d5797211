//! `/events`, and how one is made: kept, and put into the outbox of every endpoint that wants it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config::Words;
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::webhooks;
use super::world::{Desk, Row};

/// One event with its envelope as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    id: String,
    envelope: Value,
}

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.events, request, Takes::LimitOnly, |_| true, |e| e.envelope.clone())
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    let event = desk.book.events.get(id).map(|e| Reply::ok(e.envelope.clone()));
    event.ok_or_else(|| Refusal::not_found("invalid_event_id"))
}

/// Something happened: `data` is the resource itself (envelope A of the reference).
pub(super) fn emit(desk: &mut Desk<'_>, kind: &str, object: &str, mut data: Value) {
    data["object"] = json!(object);
    let id = desk.shared.mint("ev_", 22);
    send(desk, id, kind, data);
}

/// Something happened to a certificate: `data.object` is a short resource (envelope B of the certificate guide).
pub(super) fn emit_short(desk: &mut Desk<'_>, kind: &str, short: Value) {
    let id = desk.shared.mint("evt_", 22);
    send(desk, id, kind, json!({ "object": short }));
}

/// An event's name as the guides spell it.
fn in_the_guides(kind: &str) -> &str {
    match kind {
        "policy.cancelled" => "policy.canceled",
        "assignment.cancelled" => "assignment.canceled",
        "certificate.approved" => "certificate.validated",
        told_alike => told_alike,
    }
}

fn send(desk: &mut Desk<'_>, id: String, kind: &str, data: Value) {
    let kind = match desk.cfg.rules.words {
        Words::Reference => kind,
        Words::Guide => in_the_guides(kind),
    };
    desk.shared.ledger.dialect(&format!("told.{kind}"));
    let envelope = json!({ "id": id, "type": kind, "created": desk.now_secs(), "data": data });
    desk.book.events.add(Event { id, envelope: envelope.clone() });
    webhooks::enqueue(desk, kind, &envelope);
}
