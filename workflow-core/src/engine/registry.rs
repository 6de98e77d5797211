//! Workflows of different types behind one face: the writer knows streams, each workflow knows its own state.

use std::any::Any;
use std::marker::PhantomData;

use super::live::{self, Live, standing};
use super::{Given, HandleError};
use crate::codec::{self, Content, DecodeError};
use crate::id::{StreamId, Version};
use crate::machine::{Kind, Machine};
use crate::record::{Cause, NewEvent, Recorded};
use crate::seal::Subject;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Domain, Standing, Workflow};

/// Why a stored stream could not be folded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{stream} cannot be replayed at version {version}: {problem}")]
pub struct ReplayError {
    /// The stream.
    pub stream: StreamId,
    /// The version of the event that does not fit.
    pub version: Version,
    /// Why not.
    pub problem: String,
}

/// What a decision led to.
pub(crate) struct Decided<D: Domain> {
    /// The events to append.
    pub events: Vec<NewEvent>,
    /// The instance afterwards; `None` when nothing happened.
    pub after: Option<Live<D>>,
}

/// A workflow with its types erased.
pub(crate) trait Erased<D: Domain>: Send + Sync {
    /// Takes one stored event into an instance.
    fn advance(&self, live: Option<Live<D>>, event: &Recorded) -> Result<Live<D>, ReplayError>;

    /// Judges an input given to an instance.
    fn handle(
        &self,
        live: Option<&Live<D>>,
        given: Given<D>,
        source: Source,
        context: &Context<'_, D::Rules>,
    ) -> Result<Decided<D>, HandleError>;

    /// Whom a call of an instance concerns.
    fn about(&self, stream: &StreamId, live: &Live<D>, call: &D::Call) -> Option<Subject>;

    /// Whether instances that came to their end stay in lists.
    fn listed(&self) -> bool;

    /// The names of the machine's states.
    fn states(&self) -> Vec<&'static str>;

    /// The machine's table as bytes: the same for the same table.
    fn table(&self) -> Vec<u8>;
}

/// Who gave an input, and under which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Such as `poll:ats`, `webhook:insurer`, `operator:kim`.
    pub actor: String,
    /// What makes the input one of its kind; may be empty.
    pub key: String,
}

impl Source {
    /// A source with its key.
    pub fn new(actor: impl Into<String>, key: impl Into<String>) -> Self {
        Self { actor: actor.into(), key: key.into() }
    }
}

pub(crate) struct Typed<W>(pub PhantomData<W>);

type State<W> = <<W as Workflow>::Machine as Machine>::State;

const STATE_OF_WORKFLOW: &str = "a stream's state has the type of its workflow";

fn state_of<W: Workflow>(live: &Live<W::Domain>) -> &State<W> {
    live.state.downcast_ref().expect(STATE_OF_WORKFLOW)
}

impl<W: Workflow> Typed<W> {
    fn input(
        live: Option<&Live<W::Domain>>,
        given: Given<W::Domain>,
    ) -> Result<W::Input, HandleError> {
        match given {
            Given::Typed(input) => input
                .downcast::<W::Input>()
                .map(|input| *input)
                .map_err(|_| HandleError::BadInput("the input is of another workflow".into())),
            Given::Json(value) => {
                serde_json::from_value(value).map_err(|e| HandleError::BadInput(e.to_string()))
            }
            Given::Answer { key, operation, answer } => {
                let current =
                    live.is_some_and(|live| live.standing.owed.iter().any(|due| due.key == key));
                let standing = if current { Standing::Current } else { Standing::Stale };
                Ok(W::answered(Answered { operation, standing, answer }))
            }
            Given::Exchanges => Err(HandleError::BadInput("exchanges are no input".into())),
            Given::Timer => {
                W::timer().ok_or_else(|| HandleError::BadInput("it has no timer".into()))
            }
        }
    }

    fn enter(
        before: Option<(Version, &live::Standing<W::Domain>)>,
        stream: &StreamId,
        state: State<W>,
        at: Timestamp,
    ) -> Live<W::Domain> {
        let version = before.map_or(Version::NONE, |(version, _)| version).plus(1);
        let before = before.map(|(_, standing)| standing);
        let standing = standing::<W>(stream, &state, version, at, before);
        Live { state: Box::new(state), version, standing }
    }
}

impl<W: Workflow> Erased<W::Domain> for Typed<W> {
    fn advance(
        &self,
        live: Option<Live<W::Domain>>,
        recorded: &Recorded,
    ) -> Result<Live<W::Domain>, ReplayError> {
        let fail = |problem: String| ReplayError {
            stream: recorded.stream.clone(),
            version: recorded.version,
            problem,
        };
        let event = decode::<W::Machine>(&recorded.event).map_err(|e| fail(e.to_string()))?;
        let (state, before) = match live {
            Some(Live { state, version, standing }) => {
                let state: Box<State<W>> = state.downcast().expect(STATE_OF_WORKFLOW);
                (Some(*state), Some((version, standing)))
            }
            None => (None, None),
        };
        let state = W::Machine::step(state, event).map_err(|e| fail(e.to_string()))?;
        let before = before.as_ref().map(|(version, standing)| (*version, standing));
        Ok(Self::enter(before, &recorded.stream, state, recorded.event.recorded_at))
    }

    fn handle(
        &self,
        live: Option<&Live<W::Domain>>,
        given: Given<W::Domain>,
        source: Source,
        context: &Context<'_, <W::Domain as Domain>::Rules>,
    ) -> Result<Decided<W::Domain>, HandleError> {
        let input = Self::input(live, given)?;
        let cause =
            Cause { input: W::input_name(&input).to_owned(), key: source.key, actor: source.actor };
        let state = live.map(state_of::<W>);
        let decided = W::decide(state, input, context).map_err(HandleError::Rejected)?;
        let mut events = Vec::with_capacity(decided.len());
        let mut after: Option<Live<W::Domain>> = None;
        for event in decided {
            let kind = W::Machine::event_kind(&event);
            let content = codec::encode(&event).map_err(|e| HandleError::Defect(e.to_string()))?;
            let now = after.as_ref().or(live);
            let state = W::Machine::step(now.map(|l| state_of::<W>(l).clone()), event)
                .map_err(|e| HandleError::Defect(e.to_string()))?;
            let before = now.map(|live| (live.version, &live.standing));
            after = Some(Self::enter(before, context.stream, state, context.now));
            events.push(NewEvent {
                kind: W::Machine::wire(kind).to_owned(),
                schema: W::Machine::version(kind),
                recorded_at: context.now,
                cause: cause.clone(),
                content,
            });
        }
        Ok(Decided { events, after })
    }

    fn about(
        &self,
        stream: &StreamId,
        live: &Live<W::Domain>,
        call: &<W::Domain as Domain>::Call,
    ) -> Option<Subject> {
        W::about(stream, state_of::<W>(live), call)
    }

    fn listed(&self) -> bool {
        W::LISTED
    }

    fn states(&self) -> Vec<&'static str> {
        <W::Machine as Machine>::StateKind::ALL.iter().map(|kind| kind.name()).collect()
    }

    fn table(&self) -> Vec<u8> {
        let lock = crate::graph::freeze::<W::Machine>();
        // The states' order too: a line names them by number.
        serde_json::to_vec(&(lock, self.states(), W::LISTED)).unwrap_or_default()
    }
}

/// The typed event behind a stored one.
pub fn decode<M: Machine>(event: &NewEvent) -> Result<M::Event, DecodeError> {
    let unknown = || DecodeError::UnknownEvent { machine: M::NAME, wire: event.kind.clone() };
    let kind = M::event_from_wire(&event.kind).ok_or_else(unknown)?;
    let newest = M::version(kind);
    if event.schema == 0 || event.schema > newest {
        let (event, version) = (kind.name(), event.schema);
        return Err(DecodeError::UnknownVersion { event, version, newest });
    }
    M::decode(kind, event.schema, Content(&event.content))
}

/// Folds stored events of one stream into the state they lead to.
pub fn replay<M: Machine>(events: &[Recorded]) -> Result<Option<M::State>, ReplayError> {
    let mut state = None;
    for recorded in events {
        let fail = |problem: String| ReplayError {
            stream: recorded.stream.clone(),
            version: recorded.version,
            problem,
        };
        let event = decode::<M>(&recorded.event).map_err(|e| fail(e.to_string()))?;
        state = Some(M::step(state, event).map_err(|e| fail(e.to_string()))?);
    }
    Ok(state)
}

/// An input boxed for the writer's queue.
pub(crate) fn boxed<I: Any + Send>(input: I) -> Box<dyn Any + Send> {
    Box::new(input)
}
