//! Does today's code still derive yesterday's states? Goes through a log beside the engine, with the engine's own
//! workflows, and reports where it comes to something else than was recorded.
//!
//! Inputs are not kept, so that decisions cannot be made again. What is compared, event by event:
//!
//! - every event can be read, and the machine accepts it in the state that it comes to ([`What::Refused`]);
//! - an event that came of an answer or a message names the key of that call or message: the state before it, as
//!   derived today, must be owed it under exactly that key ([`What::NotOwed`]);
//! - where tables of the machines are given (an export has those of the program that made it), the state after each
//!   event is of the kind that they say ([`What::Kind`]);
//! - where the log has an index written by an engine ([`Drift::recorded`]), each instance in it stands today, at the
//!   version noted there, in the state noted there, owed the same calls and messages, with the same timer
//!   ([`What::State`], [`What::Owed`], [`What::Timer`]). Words for people are not compared.
//!
//! Of each stream only the first difference is reported. Where personal data does not open (the person was forgotten,
//! or the keys are not at hand) what is owed follows from it no more, and is not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::checkpoint;
use super::line::{Item, Told, View};
use super::live::{Live, Standing};
use super::open::Builder;
use super::registry::Workflows;
use super::writer::MESSAGE_ACTOR;
use crate::codec::Content;
use crate::dispatch;
use crate::exchange;
use crate::graph::Lock;
use crate::id::{Key, Position, StreamId, Version};
use crate::moot;
use crate::record::Recorded;
use crate::seal::{self, Vault};
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed};

/// A walk through a log, comparing.
pub struct Drift<D: Domain> {
    workflows: Workflows<D>,
    vault: Option<Arc<Vault>>,
    tables: BTreeMap<String, Lock>,
    noted: BTreeMap<StreamId, Noted>,
    instances: BTreeMap<StreamId, Followed<D>>,
    differ: BTreeSet<StreamId>,
    report: Report,
}

/// What an index said of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Noted {
    version: Version,
    state: String,
    owed: BTreeSet<String>,
    timer: Option<Timestamp>,
}

struct Followed<D: Domain> {
    live: Live<D>,
    /// Where the table that was given says it stands.
    kind: Option<String>,
    /// What it was owed before the events that came of the input at hand.
    before: (Cause, BTreeSet<Key>),
    /// Whether it holds personal data that does not open.
    closed: bool,
}

/// The field by which what is sealed says whose it is.
const SUBJECT: &[u8] = b"subject";

/// By which an input is known again.
type Cause = (Timestamp, String, String);

/// What a walk through a log came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many events were gone through.
    pub events: u64,
    /// How many instances they are of.
    pub instances: u64,
    /// How many instances were compared with what an index had noted.
    pub compared: u64,
    /// How many events named a call or message that was looked for among what was owed.
    pub keys: u64,
    /// How many instances hold personal data that does not open: what they were owed was not compared.
    pub closed: u64,
    /// The first difference of each stream, in the order of the log.
    pub differences: Vec<Difference>,
}

/// Where today's code comes to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of which instance.
    pub stream: StreamId,
    /// At which of its events.
    pub version: Version,
    /// Where that event stands in the log.
    pub position: Position,
    /// In what.
    pub what: What,
}

/// In what today's code differs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// An event cannot be read, or is not accepted.
    #[error("{0}")]
    Refused(String),
    /// An event answers what is not owed today.
    #[error("it came of {key}, which the state before it is not owed today")]
    NotOwed {
        /// The call's or message's key.
        key: String,
    },
    /// The table of its time leads to another kind of state.
    #[error("it led to `{recorded}` by the table of its time, and leads to `{derived}` today")]
    Kind {
        /// By the table of its time.
        recorded: String,
        /// Today.
        derived: String,
    },
    /// Another state was noted.
    #[error("it was noted to be `{recorded}`, and is `{derived}` today")]
    State {
        /// As noted.
        recorded: String,
        /// Today.
        derived: String,
    },
    /// Other work was noted.
    #[error("it was noted to be owed [{recorded}], and is owed [{derived}] today")]
    Owed {
        /// As noted.
        recorded: String,
        /// Today.
        derived: String,
    },
    /// Another timer was noted.
    #[error("it was noted to want its timer at {recorded}, and wants it at {derived} today")]
    Timer {
        /// As noted.
        recorded: String,
        /// Today.
        derived: String,
    },
}

impl<D: Domain> Builder<D> {
    /// Begins to compare what these workflows derive with what was recorded. Nothing is opened or changed.
    pub fn drift(self) -> Drift<D> {
        let (workflows, vault) = self.into_workflows();
        Drift {
            workflows,
            vault,
            tables: BTreeMap::new(),
            noted: BTreeMap::new(),
            instances: BTreeMap::new(),
            differ: BTreeSet::new(),
            report: Report::default(),
        }
    }
}

impl<D: Domain> Drift<D> {
    /// Compares with the tables of the machines as they were, by workflow.
    #[must_use]
    pub fn with_tables(mut self, tables: BTreeMap<String, Lock>) -> Self {
        self.tables = tables;
        self
    }

    /// Compares with the index that an engine left beside this log, whichever program wrote it. Without one, or with
    /// one that is not of this log, there is nothing to compare with.
    #[must_use]
    pub fn recorded(mut self, store: &dyn crate::store::Store) -> Self {
        let Some((states, lines)) = checkpoint::read_any(store) else { return self };
        for (stream, line) in lines {
            let view = line.view();
            let names = states.get(stream.workflow());
            if let Some(state) = names.and_then(|names| names.get(view.state)) {
                let noted = Noted::of(&view, state.clone());
                self.noted.insert(stream, noted);
            }
        }
        self
    }

    /// Takes the log's next event.
    pub fn take(&mut self, recorded: &Recorded) {
        self.report.events += 1;
        let of_no_workflow =
            exchange::is_exchange(&recorded.stream) || moot::is_moot(&recorded.stream);
        if of_no_workflow || self.differ.contains(&recorded.stream) {
            return;
        }
        let vault = self.vault.clone();
        if let Err(what) = seal::within_any(vault.as_ref(), || self.follow(recorded)) {
            let (stream, version) = (recorded.stream.clone(), recorded.version);
            self.instances.remove(&stream);
            self.differ.insert(stream.clone());
            let position = recorded.position;
            self.report.differences.push(Difference { stream, version, position, what });
        }
    }

    /// What it came to.
    pub fn finish(self) -> Report {
        self.report
    }

    fn follow(&mut self, recorded: &Recorded) -> Result<(), What> {
        let stream = &recorded.stream;
        let known = self.instances.remove(stream);
        let (live, mut kind, mut before, mut closed) = match known {
            Some(Followed { live, kind, before, closed }) => (Some(live), kind, before, closed),
            None => {
                self.report.instances += 1;
                (None, None, ((Timestamp(0), String::new(), String::new()), BTreeSet::new()), false)
            }
        };
        let cause = cause_of(recorded);
        if before.0 != cause {
            before = (cause, live.as_ref().map(|live| keys_of(&live.standing)).unwrap_or_default());
        }
        if !closed && holds_closed(recorded, self.vault.as_deref()) {
            (closed, self.report.closed) = (true, self.report.closed + 1);
        }
        if let Some(table) = self.tables.get(stream.workflow()) {
            let steps = match &kind {
                None => Some(&table.begin),
                Some(kind) => table.states.get(kind),
            };
            kind = steps.and_then(|steps| steps.get(&recorded.event.kind)).cloned();
        }
        let from_message = recorded.event.cause.actor.strip_prefix(MESSAGE_ACTOR);
        self.owed_before(recorded, from_message, &before.1, closed)?;
        let unknown = || What::Refused(format!("no workflow is called `{}`", stream.workflow()));
        let workflow = self.workflows.get(stream.workflow()).ok_or_else(unknown)?;
        let advanced = workflow.advance(live, recorded);
        let live = advanced.map_err(|error| What::Refused(error.problem))?;
        let derived = live.standing.state;
        if let Some(recorded) = kind.as_ref().filter(|kind| *kind != derived) {
            let (recorded, derived) = (recorded.clone(), derived.to_owned());
            return Err(What::Kind { recorded, derived });
        }
        if let Some(noted) = self.noted.get(stream).filter(|noted| noted.version == live.version) {
            self.report.compared += 1;
            noted.compare(&live.standing, closed)?;
        }
        self.instances.insert(stream.clone(), Followed { live, kind, before, closed });
        Ok(())
    }

    /// Whether the call or message that an event came of was owed.
    fn owed_before(
        &mut self,
        recorded: &Recorded,
        sender: Option<&str>,
        own: &BTreeSet<Key>,
        closed: bool,
    ) -> Result<(), What> {
        let cause = &recorded.event.cause;
        let key = Key::from_text(&cause.key);
        let owed = match sender.map(StreamId::parse) {
            None if cause.actor != dispatch::ACTOR || closed => return Ok(()),
            None => own.contains(&key),
            Some(Err(_)) => false,
            Some(Ok(sender)) => match self.instances.get(&sender) {
                Some(Followed { closed: true, .. }) => return Ok(()),
                Some(Followed { live, before, .. }) => {
                    live.standing.owed.iter().any(|due| due.key == key) || before.1.contains(&key)
                }
                // Its own difference was reported.
                None if self.differ.contains(&sender) => return Ok(()),
                None => false,
            },
        };
        self.report.keys += 1;
        if owed { Ok(()) } else { Err(What::NotOwed { key: cause.key.clone() }) }
    }
}

fn cause_of(recorded: &Recorded) -> Cause {
    let event = &recorded.event;
    (event.recorded_at, event.cause.actor.clone(), event.cause.key.clone())
}

fn keys_of<D: Domain>(standing: &Standing<D>) -> BTreeSet<Key> {
    let work = |owed: &Owed<D::Call>| matches!(owed, Owed::Call { .. } | Owed::Tell(_));
    standing.owed.iter().filter(|due| work(&due.owed)).map(|due| due.key.clone()).collect()
}

impl Noted {
    fn of(view: &View<'_>, state: String) -> Self {
        let work = |item: &Item<'_>| match item {
            Item::Call(operation, since) => Some(format!("call {operation} since {since}")),
            Item::Message(operation, since, Told::Yes | Told::NotYet) => {
                Some(format!("message {operation} since {since}"))
            }
            Item::Signal(_) | Item::Person(_) => None,
        };
        let owed = view.items.iter().filter_map(work).collect();
        Self { version: view.version, state, owed, timer: view.timer }
    }

    fn compare<D: Domain>(&self, standing: &Standing<D>, closed: bool) -> Result<(), What> {
        if self.state != standing.state {
            let (recorded, derived) = (self.state.clone(), standing.state.to_owned());
            return Err(What::State { recorded, derived });
        }
        let said = |at: Option<Timestamp>| at.map_or("no moment".to_owned(), |at| at.to_string());
        if self.timer != standing.timer {
            let (recorded, derived) = (said(self.timer), said(standing.timer));
            return Err(What::Timer { recorded, derived });
        }
        let work = |due: &super::live::Due<D>| match &due.owed {
            Owed::Call { operation, .. } => {
                Some(format!("call {operation} since {}", due.key.since()))
            }
            Owed::Tell(tell) => {
                Some(format!("message {} since {}", tell.operation, due.key.since()))
            }
            Owed::Signal(_) | Owed::Person(_) => None,
        };
        let owed: BTreeSet<String> = standing.owed.iter().filter_map(work).collect();
        if closed || owed == self.owed {
            return Ok(());
        }
        let said = |owed: &BTreeSet<String>| owed.iter().cloned().collect::<Vec<_>>().join(", ");
        Err(What::Owed { recorded: said(&self.owed), derived: said(&owed) })
    }
}

/// Whether an event holds something sealed that does not open.
fn holds_closed(recorded: &Recorded, vault: Option<&Vault>) -> bool {
    // Few events do: those without the word need not be read twice.
    let content = &recorded.event.content;
    if !content.windows(SUBJECT.len()).any(|bytes| bytes == SUBJECT) {
        return false;
    }
    let data = Content(content).to_json();
    data.is_ok_and(|data| closed_in(&data, vault))
}

fn closed_in(data: &serde_json::Value, vault: Option<&Vault>) -> bool {
    use serde_json::Value;
    match data {
        Value::Object(map) => {
            let subject = map.get("subject").and_then(Value::as_str).map(seal::Subject::new);
            let sealed = subject.is_some_and(|subject| {
                let alone = map.len() == 1 || map.len() == 2 && map.contains_key("sealed");
                alone && vault.is_none_or(|vault| vault.is_forgotten(&subject))
            });
            sealed || map.values().any(|value| closed_in(value, vault))
        }
        Value::Array(items) => items.iter().any(|item| closed_in(item, vault)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests;
