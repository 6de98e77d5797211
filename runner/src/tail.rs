//! The log as it is followed: event after event from a position on, of everything or of one placement.
//!
//! Personal data stays sealed. Asked by the command line (`cli/tail.rs`), answered by the admin door (`admin/tail.rs`) or
//! from a stopped directory.
//!
//! Deliberately absent: checking what is read. That is what `runner verify` does.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workflow_core::codec::Content;
use workflow_core::id::{Position, StreamId};
use workflow_core::record::Recorded;
use workflow_core::store::Store;

use crate::views;

/// So many events are given at once.
pub const CHUNK_EVENTS: usize = 500;

/// What is to be followed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The first position; without it, the last so many events.
    pub from: Option<u64>,
    /// How many events before the end it begins, where no position is given.
    pub last: u64,
    /// Only this placement's: ID, or TENANT/ID.
    pub placement: Option<String>,
    /// Whether to wait for more at the end.
    pub follow: bool,
}

/// One event, as one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// [`views::VERSION`].
    pub version: u32,
    /// Its index in the whole log, from 0.
    pub position: u64,
    /// The whole name of its stream, `workflow/tenant/key`.
    pub stream: String,
    /// Its index in the stream, from 1.
    pub number: u64,
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
    /// The event's data; what is personal is sealed.
    pub data: Value,
}

/// One line of the admin door's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// An event.
    Event(Box<Line>),
    /// The log is read up to here; also said while nothing happens.
    Reached(u64),
}

/// A part of the log, and the position after it.
pub struct Part {
    /// The events asked for.
    pub events: Vec<Line>,
    /// Where the next part begins.
    pub next: u64,
}

impl Asked {
    /// Where reading begins, in a log of which `next` is the end.
    pub fn begin(&self, next: u64) -> u64 {
        match (self.from, &self.placement) {
            (Some(from), _) => from,
            // The last events of one placement may be anywhere.
            (None, Some(_)) => 0,
            (None, None) => next.saturating_sub(self.last),
        }
    }

    fn wants(&self, stream: &StreamId) -> bool {
        let Some(placement) = &self.placement else { return true };
        let name = placement.split_once('/').map_or(placement.as_str(), |(_, id)| id);
        let tenant = placement.split_once('/').map(|(tenant, _)| tenant);
        stream.workflow() == "placement"
            && stream.key() == name
            && tenant.is_none_or(|tenant| tenant == stream.tenant())
    }
}

/// Reads on from a position, for a bounded number of events.
pub fn read(store: &dyn Store, asked: &Asked, from: u64) -> Result<Part, String> {
    let (mut events, mut next, mut seen) = (Vec::new(), from, 0);
    let mut each = |recorded: Recorded| {
        next = recorded.position.0 + 1;
        seen += 1;
        if asked.wants(&recorded.stream) {
            events.push(line(&recorded));
        }
        match seen < CHUNK_EVENTS {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    };
    store.scan(Position(from), &mut each).map_err(|error| error.to_string())?;
    Ok(Part { events, next })
}

fn line(recorded: &Recorded) -> Line {
    let event = &recorded.event;
    // What is no JSON is what was sent and received, sealed byte for byte: `runner audit sent` opens it.
    let hidden = || format!("{} bytes, sealed", event.content.len());
    Line {
        version: views::VERSION,
        position: recorded.position.0,
        stream: recorded.stream.to_string(),
        number: recorded.version.0,
        at: event.recorded_at.to_string(),
        event: event.kind.clone(),
        input: event.cause.input.clone(),
        actor: event.cause.actor.clone(),
        key: event.cause.key.clone(),
        data: Content(&event.content).to_json().unwrap_or_else(|_| hidden().into()),
    }
}

impl Line {
    /// The reason that a person gave, where a person acted.
    pub fn reason(&self) -> Option<&str> {
        let mut said = ["/reason", "/set/reason"].iter().filter_map(|at| self.data.pointer(at));
        said.find_map(Value::as_str).filter(|_| self.actor.starts_with("operator:"))
    }
}
