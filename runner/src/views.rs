//! What people and scripts are shown, as data: one shape for the command line, the admin door and `--json`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::codec::Content;
use workflow_core::dispatch::Waiting;
use workflow_core::domain::Insurance;
use workflow_core::domain::placement::{Placement, State};
use workflow_core::engine::{Engine, Summary, Wait, replay};
use workflow_core::id::StreamId;
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;
use workflow_core::workflow::Workflow;

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
    /// Deliveries that nobody understood, or that are about nothing known.
    pub parked: Vec<Line>,
    /// What JobDiva could not give; it is asked again.
    #[serde(default)]
    pub unread: Vec<Missed>,
}

/// Something that JobDiva could not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The tenant.
    pub tenant: String,
    /// The placement, where it is one.
    pub placement: Option<String>,
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

/// The history of one placement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// [`VERSION`].
    pub version: u32,
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
    /// Whether it had been done before.
    pub already: bool,
    /// Whether the key is gone, as it must be.
    pub key_destroyed: bool,
    /// How many events the contractor's stream has; they stay.
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
    let mut parked = engine.summaries("delivery");
    parked.retain(|summary| summary.state == "Parked");
    List {
        version: VERSION,
        placements: engine.summaries("placement").iter().map(|s| line(s, failing)).collect(),
        parked: parked.iter().map(|s| line(s, &[])).collect(),
        unread: unread(engine, tenants),
    }
}

fn unread(engine: &Engine<Insurance>, tenants: &[String]) -> Vec<Missed> {
    let summaries = engine.summaries("placement");
    let seen = summaries.iter().map(|summary| summary.stream.tenant().to_owned());
    let tenants: BTreeSet<String> = seen.chain(tenants.iter().cloned()).collect();
    let mut missed = Vec::new();
    for tenant in tenants {
        let Ok(unread) = Unread::load(&**engine.store(), &tenant) else { continue };
        let placements = unread.placements.into_iter().map(|(id, why)| (Some(id), why));
        let rows = unread.rows.into_iter().map(|why| (None, why));
        missed.extend(placements.chain(rows).map(|(placement, why)| Missed {
            tenant: tenant.clone(),
            placement,
            why,
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
    Ok(Some(Shown { version: VERSION, line: line(&summary, failing), state }))
}

/// The events of one placement, up to and with the moment `until`.
pub fn history(
    stream: &StreamId,
    events: &[Recorded],
    until: Option<Timestamp>,
) -> Result<History, String> {
    let in_time = |event: &&Recorded| until.is_none_or(|until| event.event.recorded_at <= until);
    let events: Vec<Recorded> = events.iter().filter(in_time).cloned().collect();
    let state: Option<State> =
        replay::<<Placement as Workflow>::Machine>(&events).map_err(|error| error.to_string())?;
    let entries: Result<Vec<Entry>, String> = events.iter().map(entry).collect();
    Ok(History {
        version: VERSION,
        tenant: stream.tenant().to_owned(),
        id: stream.key().to_owned(),
        state: state.as_ref().map_or("-", |state| kind(state)).to_owned(),
        why: state.as_ref().map_or("not known yet".to_owned(), Placement::headline),
        events: entries?,
    })
}

fn kind(state: &State) -> &'static str {
    workflow_core::machine::Kind::name(state.kind())
}

fn entry(recorded: &Recorded) -> Result<Entry, String> {
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
    })
}
