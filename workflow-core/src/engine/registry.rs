//! Workflows of different types behind one face: the writer knows streams, each workflow knows its own state.

use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use super::folding::{self, Folding};
use super::live::{self, Live, standing};
use super::{Given, HandleError};
use crate::codec::{self, Content, DecodeError};
use crate::id::{StreamId, Version};
use crate::machine::{Kind, Machine};
use crate::record::frame::FrameEvent;
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
    /// An instance before its first event.
    fn begin(&self, stream: StreamId) -> Folding<D>;

    /// Takes the next stored event into an instance.
    fn take(&self, folding: &mut Folding<D>, event: &Stored<'_>) -> Result<(), ReplayError>;

    /// Whether nothing follows from the instance as it stands.
    fn is_over(&self, folding: &Folding<D>) -> bool;

    /// The instance after its last event; `None` when there was none.
    fn end(&self, folding: Folding<D>) -> Option<Live<D>>;

    /// An instance on its way again, to take more events.
    fn resume(&self, stream: StreamId, live: Live<D>) -> Folding<D>;

    /// An instance one event later, with all that follows from it then.
    fn advance(&self, live: Option<Live<D>>, event: &Recorded) -> Result<Live<D>, ReplayError> {
        let stream = event.stream.clone();
        let mut folding = match live {
            Some(live) => self.resume(stream, live),
            None => self.begin(stream),
        };
        self.take(&mut folding, &Stored::of(event))?;
        Ok(self.end(folding).expect("it has taken an event"))
    }

    /// An instance from all its events; `None` where there are none.
    fn fold(&self, stream: &StreamId, events: &[Recorded]) -> Result<Option<Live<D>>, ReplayError> {
        let mut folding = self.begin(stream.clone());
        for event in events {
            self.take(&mut folding, &Stored::of(event))?;
        }
        Ok(self.end(folding))
    }

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

/// The workflows of an engine, by their machines' names.
pub(crate) type Workflows<D> = BTreeMap<&'static str, Box<dyn Erased<D>>>;

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
        Live { state: Box::new(state), version, standing: Arc::new(standing) }
    }
}

impl<W: Workflow> Erased<W::Domain> for Typed<W> {
    fn begin(&self, stream: StreamId) -> Folding<W::Domain> {
        folding::begin::<W>(stream)
    }

    fn take(
        &self,
        folding: &mut Folding<W::Domain>,
        event: &Stored<'_>,
    ) -> Result<(), ReplayError> {
        folding::take::<W>(folding, event)
    }

    fn resume(&self, stream: StreamId, live: Live<W::Domain>) -> Folding<W::Domain> {
        folding::resume::<W>(stream, live)
    }

    fn is_over(&self, folding: &Folding<W::Domain>) -> bool {
        folding::is_over::<W>(folding)
    }

    fn end(&self, folding: Folding<W::Domain>) -> Option<Live<W::Domain>> {
        folding::end::<W>(folding)
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
            let before = now.map(|live| (live.version, &*live.standing));
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

/// A stored event, as far as its workflow needs it; borrowed from wherever it was read.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// The stream's version with it.
    pub version: Version,
    /// The moment of the decision.
    pub recorded_at: Timestamp,
    kind: &'a str,
    schema: u16,
    content: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Of an event that was read on its own.
    pub fn of(recorded: &'a Recorded) -> Self {
        let Recorded { version, event, .. } = recorded;
        let NewEvent { kind, schema, recorded_at, content, .. } = event;
        let (version, schema, recorded_at) = (*version, *schema, *recorded_at);
        Self { version, recorded_at, kind, schema, content }
    }

    /// Of an event in its record, without copying anything.
    pub fn in_frame(event: &FrameEvent<'a>) -> Self {
        let FrameEvent { version, recorded_at, kind, schema, content, .. } = *event;
        Self { version, recorded_at, kind, schema, content }
    }

    /// The typed event.
    pub fn decode<M: Machine>(&self) -> Result<M::Event, DecodeError> {
        typed::<M>(self.kind, self.schema, self.content)
    }
}

/// The typed event behind a stored one.
pub fn decode<M: Machine>(event: &NewEvent) -> Result<M::Event, DecodeError> {
    typed::<M>(&event.kind, event.schema, &event.content)
}

fn typed<M: Machine>(wire: &str, schema: u16, content: &[u8]) -> Result<M::Event, DecodeError> {
    let unknown = || DecodeError::UnknownEvent { machine: M::NAME, wire: wire.to_owned() };
    let kind = M::event_from_wire(wire).ok_or_else(unknown)?;
    let newest = M::version(kind);
    if schema == 0 || schema > newest {
        let (event, version) = (kind.name(), schema);
        return Err(DecodeError::UnknownVersion { event, version, newest });
    }
    M::decode(kind, schema, Content(content))
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
