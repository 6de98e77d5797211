//! An instance on its way through its events: what is needed while more may come, and nothing else.
//!
//! Of all that follows from a state only what it is owed must be known after each event, because a key names the version
//! since which. Lines, names and timers are worked out once, at the end. Events are borrowed from their records.

use std::any::Any;
use std::sync::Arc;

use super::live::{Due, Live, Standing, operation};
use super::registry::{ReplayError, Stored};
use crate::id::{Key, StreamId, Version};
use crate::machine::Machine;
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed, Workflow};

/// One instance being folded.
pub(crate) struct Folding<D: Domain> {
    /// Its stream.
    pub stream: StreamId,
    /// An `Option` of the state, of the type that its workflow knows.
    state: Box<dyn Any + Send + Sync>,
    version: Version,
    at: Timestamp,
    owed: Vec<Since<D>>,
}

/// An obligation and since when it has stood unchanged.
struct Since<D: Domain> {
    owed: Owed<D::Call>,
    version: Version,
    at: Timestamp,
}

type State<W> = <<W as Workflow>::Machine as Machine>::State;

const STATE_OF_WORKFLOW: &str = "an instance is folded by its own workflow";

/// Before the first event.
pub(super) fn begin<W: Workflow>(stream: StreamId) -> Folding<W::Domain> {
    let state: Box<Option<State<W>>> = Box::new(None);
    Folding { stream, state, version: Version::NONE, at: Timestamp(0), owed: Vec::new() }
}

/// On its way again, from where it stood.
pub(super) fn resume<W: Workflow>(stream: StreamId, live: Live<W::Domain>) -> Folding<W::Domain> {
    let Live { state, version, standing } = live;
    let state: Box<State<W>> = state.downcast().expect(STATE_OF_WORKFLOW);
    let state: Box<Option<State<W>>> = Box::new(Some(*state));
    let since = |due: Due<W::Domain>| {
        let version = due.key.since();
        Since { owed: due.owed, version, at: due.since }
    };
    let owed = standing.owed.iter().cloned().map(since).collect();
    Folding { stream, state, version, at: standing.updated_at, owed }
}

/// Takes the next event in.
pub(super) fn take<W: Workflow>(
    folding: &mut Folding<W::Domain>,
    event: &Stored<'_>,
) -> Result<(), ReplayError> {
    let stream = &folding.stream;
    let fail = |problem: String| {
        let (stream, version) = (stream.clone(), event.version);
        ReplayError { stream, version, problem }
    };
    let state: &mut Option<State<W>> = folding.state.downcast_mut().expect(STATE_OF_WORKFLOW);
    let typed = event.decode::<W::Machine>().map_err(|e| fail(e.to_string()))?;
    let after = W::Machine::step(state.take(), typed).map_err(|e| fail(e.to_string()))?;
    folding.version = folding.version.plus(1);
    folding.at = event.recorded_at;
    let (version, at) = (folding.version, folding.at);
    let earlier = std::mem::take(&mut folding.owed);
    let since = |owed: Owed<_>| match earlier.iter().find(|since| since.owed == owed) {
        Some(since) => Since { owed, version: since.version, at: since.at },
        None => Since { owed, version, at },
    };
    folding.owed = W::react(stream, &after).into_iter().map(since).collect();
    *state = Some(after);
    Ok(())
}

/// Whether nothing follows from the instance as it stands.
pub(super) fn is_over<W: Workflow>(folding: &Folding<W::Domain>) -> bool {
    let state: &Option<State<W>> = folding.state.downcast_ref().expect(STATE_OF_WORKFLOW);
    let ends = |state| W::Machine::TERMINAL.contains(&W::Machine::state_kind(state));
    let is_over = |state| ends(state) && W::due(state).is_none();
    folding.owed.is_empty() && state.as_ref().is_some_and(is_over)
}

/// The instance after its last event; `None` when there was none.
pub(super) fn end<W: Workflow>(folding: Folding<W::Domain>) -> Option<Live<W::Domain>> {
    let Folding { stream, state, version, at, owed } = folding;
    let state: Box<Option<State<W>>> = state.downcast().expect(STATE_OF_WORKFLOW);
    let state = (*state)?;
    let due = |since: Since<W::Domain>| {
        let key = Key::of(&stream, since.version, operation(&since.owed));
        Due { key, owed: since.owed, since: since.at }
    };
    let owed = owed.into_iter().map(due).collect();
    let standing = Standing::of::<W>(&stream, &state, at, owed);
    Some(Live { state: Box::new(state), version, standing: Arc::new(standing) })
}
