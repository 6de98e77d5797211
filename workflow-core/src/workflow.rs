//! What a workflow is: three pure functions around a machine.
//!
//! `decide` judges (what happened, given this input?), `evolve` remembers (the [`Machine`]), `react` says what
//! a state is owed. No clock, no randomness, no I/O here: time, ids and the tenant's rules come in as
//! arguments. The engine that runs them is `engine.rs`; what a call's attempt may come to is `outcome.rs`.

use std::fmt::{self, Debug};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::StreamId;
use crate::machine::Machine;
use crate::seal::Subject;
use crate::time::Timestamp;

/// The vocabulary that a set of workflows shares: what they ask of the outside, and by which rules they judge.
pub trait Domain: Send + Sync + 'static {
    /// A piece of work asked of the outside.
    type Call: Clone + Debug + PartialEq + Serialize + Send + Sync + 'static;
    /// What came of it.
    type Answer: Clone + Debug + Send + Sync + 'static;
    /// One tenant's rules, as they stand when an input is judged.
    type Rules: Send + Sync + 'static;
}

/// What is given to `decide` beside state and input.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The stream being decided.
    pub stream: &'a StreamId,
    /// The moment of the decision.
    pub now: Timestamp,
    /// The tenant's rules at that moment.
    pub rules: &'a R,
}

/// A workflow: judgement and obligations around a [`Machine`].
pub trait Workflow: Send + Sync + 'static {
    /// The vocabulary it shares with the other workflows of its engine.
    type Domain: Domain;
    /// Its memory: states, events and the table that joins them.
    type Machine: Machine;
    /// What it can be told: observations, answers, messages, the operator's commands.
    type Input: Clone + Debug + Serialize + DeserializeOwned + Send + 'static;

    /// Whether instances that came to their end stay in lists. Turn it off where they are many and dull.
    const LISTED: bool = true;

    /// What happened, given this input? `state` is `None` when the stream does not exist yet. No event means
    /// that nothing changed: a duplicate, a late answer.
    fn decide(
        state: Option<&<Self::Machine as Machine>::State>,
        input: Self::Input,
        context: &Context<'_, <Self::Domain as Domain>::Rules>,
    ) -> Result<Vec<<Self::Machine as Machine>::Event>, Rejection>;

    /// What this state is owed. A state that is no end must be owed something, or have a [`Workflow::due`] time.
    fn react(
        stream: &StreamId,
        state: &<Self::Machine as Machine>::State,
    ) -> Vec<Owed<<Self::Domain as Domain>::Call>>;

    /// The moment at which the state wants [`Workflow::timer`] as an input.
    fn due(state: &<Self::Machine as Machine>::State) -> Option<Timestamp> {
        let _ = state;
        None
    }

    /// The input that tells it that its time has come.
    fn timer() -> Option<Self::Input> {
        None
    }

    /// The input that carries the answer to an owed call.
    fn answered(answer: Answered<<Self::Domain as Domain>::Answer>) -> Self::Input;

    /// A short name of an input, kept as the cause of the events it leads to.
    fn input_name(input: &Self::Input) -> &'static str;

    /// What a person should read in a list beside the state's name, without personal data.
    fn headline(state: &<Self::Machine as Machine>::State) -> String;

    /// Outside names by which this instance can be found (ids that a provider gave).
    fn aliases(state: &<Self::Machine as Machine>::State) -> Vec<String> {
        let _ = state;
        Vec::new()
    }

    /// Whether a state that has not ended waits for nothing of its own: only others may begin something with it. Such
    /// instances are many and old, so that the engine does not keep them in memory.
    fn rests(state: &<Self::Machine as Machine>::State) -> bool {
        let _ = state;
        false
    }

    /// Whom a call concerns that this state owes: what is kept of its exchanges is sealed to that person, and of a call
    /// of which nobody says so, no body is kept. `state` is the one in which the answer found the instance.
    fn about(
        stream: &StreamId,
        state: &<Self::Machine as Machine>::State,
        call: &<Self::Domain as Domain>::Call,
    ) -> Option<Subject> {
        let _ = (stream, state, call);
        None
    }

    /// Whose personal data this state says is to be forgotten for good. Once the event that led here is durable, the
    /// engine destroys that person's key, and makes sure of it at every start.
    fn forgotten(stream: &StreamId, state: &<Self::Machine as Machine>::State) -> Option<Subject> {
        let _ = (stream, state);
        None
    }
}

/// One thing that a state is owed.
#[derive(Clone, Debug, PartialEq)]
pub enum Owed<C> {
    /// A call to the outside. `operation` is unique among what one state is owed.
    Call {
        /// Names the call within the state's obligations.
        operation: String,
        /// The work.
        call: C,
    },
    /// A message to another workflow, delivered through the log exactly once.
    Tell(Tell),
    /// Nothing to do but wait for a signal from outside.
    Signal(&'static str),
    /// A person must act.
    Person(String),
}

/// A message to another stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Tell {
    /// Names the message within the state's obligations.
    pub operation: String,
    /// The receiving stream.
    pub to: StreamId,
    /// The receiver's input, serialized.
    pub input: serde_json::Value,
}

impl Tell {
    /// A message to the stream `to` of workflow `W`.
    ///
    /// # Panics
    /// When the input cannot be written as JSON, which is a defect of its type.
    pub fn new<W: Workflow>(operation: impl Into<String>, to: StreamId, input: &W::Input) -> Self {
        debug_assert_eq!(to.workflow(), W::Machine::NAME);
        let input = serde_json::to_value(input).expect("a workflow's input must serialize to JSON");
        Self { operation: operation.into(), to, input }
    }
}

/// An answer on its way back to the workflow that owed the call.
#[derive(Clone, Debug)]
pub struct Answered<A> {
    /// Which of the state's obligations it answers.
    pub operation: String,
    /// Whether the state still owes that very call.
    pub standing: Standing,
    /// What came of the call.
    pub answer: A,
}

/// Whether an answer finds the state that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The state still owes the call that this answers.
    Current,
    /// The state has moved on meanwhile.
    Stale,
}

/// An input that the rules refuse: a normal answer, not a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// A stable short name, such as `unknown_placement`.
    pub code: String,
    /// What a person should read: what was refused, why, what to do.
    pub message: String,
}

impl Rejection {
    /// A rejection with its short name and its reason.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejection {}
