//! What a state machine is: states, events, and the table that joins them.
//!
//! `#[machine]` (crate `workflow-macros`) reads a module's ordinary `match` and writes the [`Machine`]
//! implementation; writing it by hand works as well. There are no guards here: an event already happened.
//! Judgement lives in `workflow.rs`, which is next.

use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{Content, DecodeError};

/// A finite set of names: the states of a machine, or its events, without their data.
pub trait Kind: Copy + Eq + Ord + Hash + Debug + Send + Sync + 'static {
    /// All of them, in the order they are declared.
    const ALL: &'static [Self];
    /// The name as declared.
    fn name(self) -> &'static str;
    /// The index in [`Kind::ALL`].
    fn index(self) -> usize;
    /// The kind of that name.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One row of the table: in state `from`, `event` leads to `to`. `from` is `None` when the event opens a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge<S, E> {
    /// The state before, or `None` at the start of a log.
    pub from: Option<S>,
    /// The event.
    pub event: E,
    /// The state after.
    pub to: S,
}

/// A pure state machine whose table is known.
pub trait Machine: Send + Sync + 'static {
    /// The machine's name, as it stands in stream names.
    const NAME: &'static str;
    /// The states, with their data.
    type State: Clone + Debug + PartialEq + Send + Sync + 'static;
    /// The events, with their data: the only type here whose stored shape is a promise.
    type Event: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The states' names.
    type StateKind: Kind;
    /// The events' names.
    type EventKind: Kind;
    /// The whole table.
    const EDGES: &'static [Edge<Self::StateKind, Self::EventKind>];
    /// The states in which a log may end for good.
    const TERMINAL: &'static [Self::StateKind];

    /// The state that a log's first event leads to, when it may open a log.
    fn begin(event: Self::Event) -> Option<Self::State>;
    /// The state after `event`, when the table has that row.
    fn evolve(state: Self::State, event: Self::Event) -> Option<Self::State>;
    /// The name of a state.
    fn state_kind(state: &Self::State) -> Self::StateKind;
    /// The name of an event.
    fn event_kind(event: &Self::Event) -> Self::EventKind;
    /// The name under which an event is stored; never changes once released.
    fn wire(kind: Self::EventKind) -> &'static str;
    /// The present version of an event's stored shape, from 1.
    fn version(kind: Self::EventKind) -> u16;
    /// An event from its stored form; older versions are lifted to the present shape.
    fn decode(
        kind: Self::EventKind,
        version: u16,
        content: Content<'_>,
    ) -> Result<Self::Event, DecodeError>;

    /// The event kind stored under `wire`.
    fn event_from_wire(wire: &str) -> Option<Self::EventKind> {
        Self::EventKind::ALL.iter().copied().find(|kind| Self::wire(*kind) == wire)
    }

    /// The state that the table names for this pair, if it has the row.
    fn next(from: Option<Self::StateKind>, event: Self::EventKind) -> Option<Self::StateKind> {
        Self::EDGES.iter().find(|edge| edge.from == from && edge.event == event).map(|edge| edge.to)
    }

    /// Takes one step and checks it against the table: what a macro inside an arm might hide is found here.
    fn step(
        state: Option<Self::State>,
        event: Self::Event,
    ) -> Result<Self::State, Illegal<Self::StateKind, Self::EventKind>> {
        let from = state.as_ref().map(Self::state_kind);
        let event_kind = Self::event_kind(&event);
        let after = match state {
            None => Self::begin(event),
            Some(state) => Self::evolve(state, event),
        };
        let expected = Self::next(from, event_kind);
        match after {
            Some(after) if Some(Self::state_kind(&after)) == expected => Ok(after),
            Some(_) | None => Err(Illegal { machine: Self::NAME, from, event: event_kind }),
        }
    }
}

/// An event that the machine does not accept in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("machine {machine} has no way for {event:?} out of {from:?}")]
pub struct Illegal<S: Debug, E: Debug> {
    /// The machine.
    pub machine: &'static str,
    /// The state it stood in; `None` before the first event.
    pub from: Option<S>,
    /// The event.
    pub event: E,
}
