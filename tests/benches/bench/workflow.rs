//! A workflow of six durable steps: each state owes a call that does nothing, each answer carries 300 bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use workflow_core::codec;
use workflow_core::engine::{Engine, OwedCall};
use workflow_core::id::{Key, StreamId, Version};
use workflow_core::machine;
use workflow_core::store::Store;
use workflow_core::time::{Clock, SystemClock, Timestamp};
use workflow_core::workflow::{Answered, Context, Domain, Owed, Rejection, Workflow};

/// How many events an instance has when it has come to its end.
pub const STEPS: u64 = 6;

/// Errands' vocabulary: a call is the number of its step, an answer some bytes.
pub struct Errands;

impl Domain for Errands {
    type Call = u64;
    type Answer = String;
    type Rules = ();
}

#[machine]
pub mod errand {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum State {
        Running {
            done: u64,
            data: String,
        },
        #[terminal]
        Over,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Begun { data: String },
        StepDone { data: String },
        Ended { data: String },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Begun { data } => Some(Running { done: 1, data }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Running { done, .. }, StepDone { data }) => Some(Running { done: done + 1, data }),
            (Running { .. }, Ended { .. }) => Some(Over),
            _ => None,
        }
    }
}

/// What an errand can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    Begin { data: String },
    Answered { data: String },
}

pub struct Errand;

impl Workflow for Errand {
    type Domain = Errands;
    type Machine = errand::Machine;
    type Input = Input;

    const LISTED: bool = false;

    fn decide(
        state: Option<&errand::State>,
        input: Input,
        _: &Context<'_, ()>,
    ) -> Result<Vec<errand::Event>, Rejection> {
        use errand::{Event, State};
        match (state, input) {
            (None, Input::Begin { data }) => Ok(vec![Event::Begun { data }]),
            (Some(State::Running { done, .. }), Input::Answered { data }) => {
                Ok(vec![match done + 1 < STEPS {
                    true => Event::StepDone { data },
                    false => Event::Ended { data },
                }])
            }
            (_, _) => Ok(Vec::new()),
        }
    }

    fn react(_: &StreamId, state: &errand::State) -> Vec<Owed<u64>> {
        match state {
            errand::State::Running { done, .. } => {
                vec![Owed::Call { operation: "step".into(), call: *done }]
            }
            errand::State::Over => Vec::new(),
        }
    }

    fn answered(answered: Answered<String>) -> Input {
        Input::Answered { data: answered.answer }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Begin { .. } => "begin",
            Input::Answered { .. } => "answered",
        }
    }

    fn headline(state: &errand::State) -> String {
        match state {
            errand::State::Running { done, .. } => format!("{done} of {STEPS} steps"),
            errand::State::Over => "over".into(),
        }
    }
}

/// Data that makes an event's payload 300 bytes: in CBOR, a map, its key and a length stand around it.
pub fn data(number: u64) -> String {
    let around = 1 + "\"data".len() + 3;
    let filler = "the answer of a system that says more than anybody asked for; ".repeat(5);
    format!("{number:08}{}", &filler[..super::yardstick::PAYLOAD_BYTES - around - 8])
}

/// The stored payload of a step.
pub fn content(number: u64) -> Vec<u8> {
    codec::encode(&errand::Event::StepDone { data: data(number) }).expect("an event can be stored")
}

/// An engine of errands over a store.
pub fn engine(store: Arc<dyn Store>) -> Engine<Errands> {
    let rules = Arc::new(|_: &str| Some(Arc::new(())));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Engine::builder(store, clock, rules).workflow::<Errand>().open().expect("the engine opens")
}

/// The call that an errand owes at this version, as the engine's index would give it.
pub fn owed(stream: &StreamId, version: Version) -> OwedCall<Errands> {
    OwedCall {
        key: Key::of(stream, version, "step"),
        stream: stream.clone(),
        operation: "step".into(),
        call: version.0,
        since: Timestamp(0),
        inherited: false,
    }
}
