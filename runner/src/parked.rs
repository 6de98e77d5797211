//! Deliveries as a person sees them: what waits, what was parked and why, and what may be done with it. Notices that an
//! endpoint of the tenant's own did not take in time stand among them, as `notify:ENDPOINT:PLACEMENT:EVENT`.
//!
//! Read by `runner inbox` through the admin door, or out of a stopped log. Deliberately absent: working them off, which
//! is `inbox.rs`.

use serde::{Deserialize, Serialize};
use workflow_core::codec::Content;
use workflow_core::domain::Insurance;
use workflow_core::domain::notice::{self, Notice};
use workflow_core::engine::{Engine, HandleError, Handled, Source, Summary, replay};
use workflow_core::id::{BadStreamId, StreamId};
use workflow_core::inbox::{Delivery, Inbox, Input, Machine};
use workflow_core::workflow::Workflow as _;

use crate::views::{self, Entry, Line, VERSION};

/// The deliveries that are not settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliveries {
    /// [`VERSION`].
    pub version: u32,
    /// Parked first, then those that wait; each by tenant and id.
    pub deliveries: Vec<Line>,
}

/// One delivery as it stands, settled or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// [`VERSION`].
    pub version: u32,
    /// The tenant.
    pub tenant: String,
    /// Its id: the source, and what that calls it.
    pub id: String,
    /// The state's name.
    pub state: String,
    /// Why it is there, in plain words.
    pub why: String,
    /// What came: ids only.
    pub delivery: Option<Delivery>,
    /// Its events, with who and why.
    pub events: Vec<Entry>,
}

/// What a person does with a delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    /// What to do.
    pub what: What,
    /// Why, in the person's words.
    pub reason: String,
    /// Who.
    pub who: String,
}

/// What may be done with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Work it off again.
    Retry,
    /// Give it up.
    Drop,
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// [`VERSION`].
    pub version: u32,
    /// The tenant.
    pub tenant: String,
    /// The delivery's id.
    pub id: String,
    /// The state's name now.
    pub state: String,
    /// How many events that led to.
    pub events: u64,
}

/// What stands before a notice's key in its id here.
const NOTICE: &str = "notify:";

/// The stream that an id means.
pub fn stream(tenant: &str, id: &str) -> Result<StreamId, BadStreamId> {
    match id.strip_prefix(NOTICE) {
        Some(key) => StreamId::new("notice", tenant, key),
        None => StreamId::new("delivery", tenant, id),
    }
}

/// How a stream is called here.
pub fn id(stream: &StreamId) -> String {
    match stream.workflow() {
        "notice" => format!("{NOTICE}{}", stream.key()),
        _ => stream.key().to_owned(),
    }
}

/// The notices that nobody took in time.
pub fn notices(engine: &Engine<Insurance>) -> Vec<Line> {
    let summaries = engine.summaries_in("notice", &["Parked"]);
    let one = |summary: &Summary| Line { id: id(&summary.stream), ..views::line(summary, &[]) };
    summaries.iter().map(one).collect()
}

/// The deliveries that are not settled, and the notices that nobody took.
pub fn list(engine: &Engine<Insurance>) -> Deliveries {
    let mut summaries = engine.summaries("delivery");
    summaries.sort_by_key(|summary| (summary.state != "Parked", summary.stream.clone()));
    let deliveries = summaries.iter().map(|summary| views::line(summary, &[]));
    let deliveries = notices(engine).into_iter().chain(deliveries).collect();
    Deliveries { version: VERSION, deliveries }
}

/// The unsettled deliveries with this id, of any tenant; or `TENANT/ID`.
pub fn called<'a>(deliveries: &'a Deliveries, id: &str) -> Vec<&'a Line> {
    let is = |line: &&Line| line.id == id || format!("{}/{}", line.tenant, line.id) == id;
    deliveries.deliveries.iter().filter(is).collect()
}

/// One delivery; `None` when there never was one.
pub fn show(engine: &Engine<Insurance>, stream: &StreamId) -> Result<Option<Shown>, String> {
    let events = engine.history(stream).map_err(|error| error.to_string())?;
    let entries: Result<Vec<Entry>, String> = events.iter().map(views::entry).collect();
    let shown = |state: &str, why: String, delivery, events| Shown {
        version: VERSION,
        tenant: stream.tenant().to_owned(),
        id: id(stream),
        state: state.to_owned(),
        why,
        delivery,
        events,
    };
    if stream.workflow() == "notice" {
        let state = replay::<notice::Machine>(&events).map_err(|error| error.to_string())?;
        let Some(state) = state else { return Ok(None) };
        let name = workflow_core::machine::Kind::name(state.kind());
        return Ok(Some(shown(name, Notice::headline(&state), None, entries?)));
    }
    let state = replay::<Machine>(&events).map_err(|error| error.to_string())?;
    let (Some(state), Some(first)) = (state, events.first()) else { return Ok(None) };
    let received = Content(&first.event.content).to_json().map_err(|error| error.to_string())?;
    let delivery = serde_json::from_value(received["delivery"].clone()).ok();
    let name = workflow_core::machine::Kind::name(state.kind());
    Ok(Some(shown(name, Inbox::<Insurance>::headline(&state), delivery, entries?)))
}

/// Does what a person says; their name and reason are kept with it.
pub async fn act(
    engine: &Engine<Insurance>,
    stream: &StreamId,
    act: Act,
) -> Result<Done, HandleError> {
    let Act { what, reason, who } = act;
    let source = Source::new(format!("operator:{who}"), "");
    let handled: Handled = if stream.workflow() == "notice" {
        let input = match what {
            What::Retry => notice::Input::Retry { reason },
            What::Drop => notice::Input::Drop { reason },
        };
        engine.handle::<Notice>(stream, input, source).await?
    } else {
        let input = match what {
            What::Retry => Input::Reopen { reason },
            What::Drop => Input::Drop { reason },
        };
        engine.handle::<Inbox<Insurance>>(stream, input, source).await?
    };
    Ok(Done {
        version: VERSION,
        tenant: stream.tenant().to_owned(),
        id: id(stream),
        state: handled.state.to_owned(),
        events: handled.events as u64,
    })
}
