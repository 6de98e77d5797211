//! A workflow of six durable steps: each state owes a call that does nothing, each answer carries 300 bytes.

use std::sync::{Arc, OnceLock};

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

/// How many different data there are: more than any record holds.
const DATA: u64 = 4096;

/// Data that makes an event's payload 300 bytes: in CBOR, a map, its key and a length stand around it. Half of it is what
/// answers have in common, half of it ids and digests that no other has, so that squeezing gains what it does in life.
pub fn data(number: u64) -> String {
    static ALL: OnceLock<Vec<String>> = OnceLock::new();
    let all = ALL.get_or_init(|| (0..DATA).map(written).collect());
    // Neighbours differ in all that can differ.
    all[(number.wrapping_mul(2_654_435_761) % DATA) as usize].clone()
}

fn written(number: u64) -> String {
    let mut seed = number;
    let mut random = || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mut id = || format!("{:016x}", random());
    let text = format!(
        "{{\"status\":\"active\",\"quote\":\"qt_{}\",\"contractor\":\"cn_{}\",\"job\":\"jb_{}\",\"policy\":\"pl_{}\",\
         \"effective_date\":\"2026-03-16T00:00:00Z\",\"digest\":\"{}{}{}\",\"expiration_date\":\"2026-09-30T00:00:00Z\",\
         \"premium_cents\":{number},\"currency\":\"USD\",\"request\":\"{}\"}}",
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id()
    );
    let around = 1 + "\"data".len() + 3;
    let bytes = super::yardstick::PAYLOAD_BYTES - around;
    format!("{text:<bytes$.bytes$}")
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
