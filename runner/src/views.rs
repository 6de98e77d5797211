//! What people and scripts are shown, as data: one shape for the command line, the admin door and `--json`.

use std::collections::BTreeSet;

use integration_jobdiva::poll::Cursor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::codec::Content;
use workflow_core::dispatch::Waiting;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::gate::{Behind, Gate};
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::Placement;
use workflow_core::engine::{Engine, Summary, Wait, replay};
use workflow_core::id::StreamId;
use workflow_core::inbox::Inbox;
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;
use workflow_core::workflow::Workflow;

use crate::gates::{Gates, named};
use crate::systems::JOBDIVA;
use crate::unread::Unread;

mod certificates;

pub use certificates::{Certificates, ShownCertificate, certificate, certificates};

/// The version of these shapes; a field may be added without changing it.
pub const VERSION: u32 = 1;

/// A list of placements.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct List {
    /// [`VERSION`].
    pub version: u32,
    /// The placements, by tenant and id.
    pub placements: Vec<Line>,
    /// Deliveries that nobody understood, or that are about nothing known, and notices that no endpoint took.
    pub parked: Vec<Line>,
    /// What JobDiva could not give; it is asked again.
    #[serde(default)]
    pub unread: Vec<Missed>,
    /// Pay periods that a person must look at.
    #[serde(default)]
    pub invoices: Vec<Line>,
    /// The tenants of which something is paused, or whose credentials are refused, with who and why.
    #[serde(default)]
    pub halted: Vec<Halted>,
}

/// A list of pay periods.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoices {
    /// [`VERSION`].
    pub version: u32,
    /// Those whose books are open, by tenant, placement and week.
    pub invoices: Vec<Line>,
}

/// Something of a tenant that stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halted {
    /// The tenant.
    pub tenant: String,
    /// `jobdiva`, `1099policy`, or `notify/NAME` for an endpoint that is told things; `None` for everything.
    pub system: Option<String>,
    /// Who paused it and why, or how the credentials are refused.
    pub why: String,
}

/// Something that JobDiva could not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The tenant.
    pub tenant: String,
    /// The placement, where it is one.
    pub placement: Option<String>,
    /// The window of a feed, where it is one: `pay.delta 03/19/2026 12:00:00 - 03/19/2026 12:36:33`.
    #[serde(default)]
    pub window: Option<String>,
    /// Why.
    pub why: String,
}

/// One instance in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The tenant.
    pub tenant: String,
    /// The id in the ATS; for a delivery its key.
    pub id: String,
    /// The state's name.
    pub state: String,
    /// Why it is there, in plain words.
    pub why: String,
    /// What it waits for.
    pub waits: Vec<String>,
    /// When it last moved, RFC 3339.
    pub updated_at: String,
    /// How many events it has.
    pub events: u64,
    /// Why nothing is sent for it alone: who paused it and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

/// One placement as it stands, or stood.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// [`VERSION`].
    pub version: u32,
    /// In a line.
    pub line: Line,
    /// Its whole state.
    pub state: Value,
}

/// The history of one instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// [`VERSION`].
    pub version: u32,
    /// The workflow.
    #[serde(default)]
    pub workflow: String,
    /// The tenant.
    pub tenant: String,
    /// The id in the ATS.
    pub id: String,
    /// The state's name after the last event shown.
    pub state: String,
    /// Why it is there, in plain words.
    pub why: String,
    /// The events, oldest first.
    pub events: Vec<Entry>,
}

/// One event of a history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its index in the stream, from 1.
    pub number: u64,
    /// Its index in the whole log, from 0.
    pub position: u64,
    /// When it was recorded, RFC 3339.
    pub at: String,
    /// What happened.
    pub event: String,
    /// The input that led to it.
    pub input: String,
    /// Who gave that input.
    pub actor: String,
    /// What makes that input one of its kind.
    pub key: String,
    /// The event's data.
    pub data: Value,
    /// Where it is not the placement's own event: the stream that it stands in, and is numbered in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// A person who was forgotten: what was destroyed and what remains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// [`VERSION`].
    pub version: u32,
    /// The tenant.
    pub tenant: String,
    /// The candidate's id in the ATS.
    pub candidate: String,
    /// The ids that JobDiva merged with it: those are forgotten with it, and what follows counts them too.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether it had been done before.
    pub already: bool,
    /// Whether the key is gone, as it must be.
    pub key_destroyed: bool,
    /// How many events the contractor's streams have; they stay.
    pub events: u64,
    /// How many of them hold personal data that nothing opens any more.
    pub events_closed: u64,
    /// The placements that asked for this person; their records stay.
    pub placements: Vec<String>,
}

/// The result of verifying the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// [`VERSION`].
    pub version: u32,
    /// Whether everything is as it was written.
    pub intact: bool,
    /// How many records the log has.
    pub records: u64,
    /// How many events they hold.
    pub events: u64,
    /// The hash of the last record, in hex.
    pub head: String,
    /// The first position that was checked.
    #[serde(default)]
    pub from: u64,
    /// The position after the last that was checked.
    #[serde(default)]
    pub next: u64,
    /// The signed head that it was seen to reach, if there is one.
    #[serde(default)]
    pub signed: Option<Signature>,
    /// What was checked, or what is wrong and where.
    pub message: String,
}

/// What a signature vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The position up to which, that one not included.
    pub next: u64,
    /// When it was made, RFC 3339.
    pub at: String,
    /// The public key that made it, in hex.
    pub key: String,
    /// Whether the caller named that key as the one to trust. Anybody can sign with a key of their own.
    pub trusted: bool,
}

impl Verified {
    /// Something is not as it was written.
    pub fn damaged(message: String) -> Self {
        Self {
            version: VERSION,
            intact: false,
            records: 0,
            events: 0,
            head: String::new(),
            from: 0,
            next: 0,
            signed: None,
            message,
        }
    }
}

/// All placements, the parked deliveries and what could not be read. `failing` are the calls that wait to be tried again,
/// where a process is at work; `tenants` those that may have none yet.
pub fn list(engine: &Engine<Insurance>, failing: &[Waiting], tenants: &[String]) -> List {
    let parked = engine.summaries_in("delivery", &["Parked"]);
    let gates = Gates::of(engine);
    let placement = |s: &Summary| paused(line(s, failing), &s.stream, &gates);
    let summaries = engine.summaries("placement");
    let seen = summaries.iter().map(|summary| summary.stream.tenant().to_owned());
    let all: BTreeSet<String> = seen.chain(tenants.iter().cloned()).collect();
    List {
        version: VERSION,
        placements: summaries.iter().map(placement).collect(),
        parked: parked.iter().map(|s| line(s, &[])).chain(crate::parked::notices(engine)).collect(),
        unread: unread(engine, tenants),
        invoices: invoices(engine, failing)
            .invoices
            .into_iter()
            .filter(|line| line.state == "Flagged")
            .collect(),
        halted: all.iter().flat_map(|tenant| halted(&gates, tenant)).collect(),
    }
}

/// All pay periods whose books are open.
pub fn invoices(engine: &Engine<Insurance>, failing: &[Waiting]) -> Invoices {
    let summaries = engine.summaries("invoice");
    let gates = Gates::of(engine);
    let invoice = |s: &Summary| paused(line(s, failing), &s.stream, &gates);
    Invoices { version: VERSION, invoices: summaries.iter().map(invoice).collect() }
}

/// What of a tenant a person paused.
pub fn halted(gates: &Gates, tenant: &str) -> Vec<Halted> {
    let one = |(side, why): (Option<Side>, String)| Halted {
        tenant: tenant.to_owned(),
        system: side.map(|side| named(side).to_owned()),
        why,
    };
    let endpoint = |(stream, why): (StreamId, String)| Halted {
        tenant: tenant.to_owned(),
        system: Some(format!("notify/{}", stream.key())),
        why,
    };
    let endpoints = gates.endpoints_of(tenant).into_iter().map(endpoint);
    gates.of_tenant(tenant).into_iter().map(one).chain(endpoints).collect()
}

/// A line that says that nothing is sent for it.
fn paused(line: Line, stream: &StreamId, gates: &Gates) -> Line {
    let Some(why) = gates.of_instance(stream) else { return line };
    let waits = line.waits.into_iter();
    let waits = waits.map(|wait| match wait.starts_with("the call ") {
        true => format!("{wait} (paused)"),
        false => wait,
    });
    let waits = waits.collect();
    Line { why: format!("{}; {why}", line.why), waits, paused: Some(why), ..line }
}

fn unread(engine: &Engine<Insurance>, tenants: &[String]) -> Vec<Missed> {
    let seen = engine.counts_by_tenant("placement").into_keys();
    let tenants: BTreeSet<String> = seen.chain(tenants.iter().cloned()).collect();
    let mut missed = Vec::new();
    for tenant in tenants {
        let Ok(unread) = Unread::load(&**engine.store(), &tenant) else { continue };
        let placements = unread.placements.into_iter().map(|(id, why)| (Some(id), why));
        let rows = unread.rows.into_iter().map(|why| (None, why));
        missed.extend(placements.chain(rows).map(|(placement, why)| Missed {
            tenant: tenant.clone(),
            placement,
            window: None,
            why,
        }));
        let cursor = engine.store().cursor(&format!("{tenant}/{JOBDIVA}")).ok().flatten();
        let cursor = cursor.and_then(|bytes| Cursor::from_bytes(&bytes).ok()).unwrap_or_default();
        missed.extend(cursor.skipped().iter().map(|skipped| Missed {
            tenant: tenant.clone(),
            placement: None,
            window: Some(skipped.to_string()),
            why: format!(
                "{}; passed over at {}, tried {} times, next at {}",
                skipped.why, skipped.since, skipped.tries, skipped.next
            ),
        }));
    }
    missed
}

/// A call of this instance that failed and waits to be tried again, in words.
fn failed(summary: &Summary, failing: &[Waiting]) -> Option<String> {
    let stream = &summary.stream;
    let own = format!("{}/{}/{}/", stream.tenant(), stream.workflow(), stream.key());
    let waiting = failing.iter().find(|waiting| waiting.key.as_str().starts_with(&own))?;
    let operation = waiting.key.as_str().rsplit('/').next().unwrap_or_default().replace('_', " ");
    if waiting.failed == 0 {
        // It was not tried: the system is not to be asked yet.
        return Some(format!("{operation} waits: {}", waiting.reason));
    }
    Some(format!(
        "{operation} has failed {} times ({}), next try at {}",
        waiting.failed, waiting.reason, waiting.next
    ))
}

/// One instance in a line.
pub fn line(summary: &Summary, failing: &[Waiting]) -> Line {
    let wait = |wait: &Wait| match wait {
        Wait::Call(operation) => format!("the call {}", operation.replace('_', " ")),
        Wait::Message(operation) => format!("the message {operation}"),
        Wait::Signal(what) => (*what).to_owned(),
        Wait::Person(_) => "a person".to_owned(),
        Wait::Timer(at) => format!("{at}"),
    };
    Line {
        tenant: summary.stream.tenant().to_owned(),
        id: summary.stream.key().to_owned(),
        state: summary.state.to_owned(),
        why: match failed(summary, failing) {
            Some(failed) => format!("{}; {failed}", summary.headline),
            None => summary.headline.clone(),
        },
        waits: summary.waits.iter().map(wait).collect(),
        updated_at: summary.updated_at.to_string(),
        events: summary.version.0,
        paused: None,
    }
}

/// The streams of placements with this id, of any tenant.
pub fn placements_called(engine: &Engine<Insurance>, id: &str) -> Vec<StreamId> {
    let summaries = engine.summaries("placement");
    let called = summaries.into_iter().map(|summary| summary.stream);
    called
        .filter(|stream| stream.key() == id || stream.as_str() == format!("placement/{id}"))
        .collect()
}

/// One placement as it stands.
pub fn show(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    failing: &[Waiting],
) -> Result<Option<Shown>, String> {
    let Some(summary) = engine.summary(stream) else { return Ok(None) };
    let state = engine.state::<Placement>(stream).map_err(|error| error.to_string())?;
    let state = serde_json::to_value(state).map_err(|error| error.to_string())?;
    let line = paused(line(&summary, failing), stream, &Gates::of(engine));
    Ok(Some(Shown { version: VERSION, line, state }))
}

/// Where what people order about an instance is kept.
pub fn gate_of(stream: &StreamId) -> Option<StreamId> {
    Behind::Instance(stream.clone()).stream(stream.tenant()).ok()
}

/// A history with what people ordered about the placement beside its own events: pausing, resuming, trying again.
pub fn with_orders(
    gate: &StreamId,
    orders: &[Recorded],
    until: Option<Timestamp>,
    mut history: History,
) -> Result<History, String> {
    for order in orders.iter().filter(|o| until.is_none_or(|until| o.event.recorded_at <= until)) {
        history.events.push(Entry { stream: Some(gate.to_string()), ..entry(order)? });
    }
    history.events.sort_by_key(|entry| entry.position);
    Ok(history)
}

/// The events of one instance of any workflow, up to and with the moment `until`.
pub fn history(
    stream: &StreamId,
    events: &[Recorded],
    until: Option<Timestamp>,
) -> Result<History, String> {
    let in_time = |event: &&Recorded| until.is_none_or(|until| event.event.recorded_at <= until);
    let events: Vec<Recorded> = events.iter().filter(in_time).cloned().collect();
    let stands = match stream.workflow() {
        "placement" => stood::<Placement>(&events),
        "contractor" => stood::<Contractor>(&events),
        "invoice" => stood::<Invoice>(&events),
        "certificate" => stood::<Certificate>(&events),
        "gate" => stood::<Gate>(&events),
        "notice" => stood::<Notice>(&events),
        "delivery" => stood::<Inbox<Insurance>>(&events),
        _ => Ok(None),
    };
    let entries: Result<Vec<Entry>, String> = events.iter().map(entry).collect();
    let (state, why) = stands?.unwrap_or(("-".to_owned(), "not known yet".to_owned()));
    Ok(History {
        version: VERSION,
        workflow: stream.workflow().to_owned(),
        tenant: stream.tenant().to_owned(),
        id: stream.key().to_owned(),
        state,
        why,
        events: entries?,
    })
}

/// Where an instance stands after these events, and why.
fn stood<W: Workflow>(events: &[Recorded]) -> Result<Option<(String, String)>, String> {
    let state = replay::<W::Machine>(events).map_err(|error| error.to_string())?;
    Ok(state.map(|state| {
        let kind = W::Machine::state_kind(&state);
        (kind.name().to_owned(), W::headline(&state))
    }))
}

/// One recorded event, as it is shown.
pub fn entry(recorded: &Recorded) -> Result<Entry, String> {
    let event = &recorded.event;
    Ok(Entry {
        number: recorded.version.0,
        position: recorded.position.0,
        at: event.recorded_at.to_string(),
        event: event.kind.clone(),
        input: event.cause.input.clone(),
        actor: event.cause.actor.clone(),
        key: event.cause.key.clone(),
        data: Content(&event.content).to_json().map_err(|error| error.to_string())?,
        stream: None,
    })
}
