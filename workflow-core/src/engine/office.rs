//! The smallest workflow that owes calls and messages, for the tests of the engine's own parts.
//!
//! No test is here; see `dispatch/tests.rs` and `engine/writer/tests.rs`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Source};
use crate::id::StreamId;
use crate::machine;
use crate::store::Store;
use crate::time::{Clock, Timestamp};
use crate::workflow::{Answered, Context, Domain, Owed, Rejection, Tell, Workflow};

/// Numbers beyond this one are seconds since 1970.
const SECONDS_FROM: u32 = 1_000_000_000;

/// A letter opens no desk whose name begins so.
pub const RESERVED: &str = "reserved";

/// The desks' vocabulary: a call is a number, its answer nothing.
pub struct Office;

impl Domain for Office {
    type Call = u32;
    type Answer = ();
    type Rules = ();
}

/// A desk has work out and a letter to send.
#[machine]
pub mod desk {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum State {
        Open {
            asked: Option<u32>,
            letter_to: Option<StreamId>,
        },
        #[terminal]
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Opened { asked: Option<u32>, letter_to: Option<StreamId> },
        Shut,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Opened { asked, letter_to } => Some(Open { asked, letter_to }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Open { .. }, Shut) => Some(Closed),
            _ => None,
        }
    }
}

/// What a desk can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// Ask the outside for this.
    Ask(u32),
    /// Write to that desk.
    Write(StreamId),
    /// A letter came.
    Letter,
    /// The outside answered.
    Answered,
    /// Nothing happened.
    Nudge,
    /// Whoever hears this loses their head.
    Panic,
}

/// The workflow.
pub struct Desk;

impl Workflow for Desk {
    type Domain = Office;
    type Machine = desk::Machine;
    type Input = Input;

    fn decide(
        state: Option<&desk::State>,
        input: Input,
        context: &Context<'_, ()>,
    ) -> Result<Vec<desk::Event>, Rejection> {
        use desk::Event::{Opened, Shut};
        let opened = |asked, letter_to| Ok(vec![Opened { asked, letter_to }]);
        match (state, input) {
            (None, Input::Ask(what)) => opened(Some(what), None),
            (None, Input::Write(to)) => opened(None, Some(to)),
            (None, Input::Letter) if context.stream.key().starts_with(RESERVED) => {
                Err(Rejection::new("unknown_desk", "nobody sits there yet"))
            }
            (None, Input::Letter) => opened(None, None),
            (Some(desk::State::Open { .. }), Input::Answered) => Ok(vec![Shut]),
            (_, Input::Panic) => panic!("the test asked for this panic"),
            (_, _) => Ok(Vec::new()),
        }
    }

    fn react(_: &StreamId, state: &desk::State) -> Vec<Owed<u32>> {
        let desk::State::Open { asked, letter_to } = state else { return Vec::new() };
        let call = asked.map(|call| Owed::Call { operation: "ask".into(), call });
        let tell = |to: &StreamId| Tell::new::<Self>("write", to.clone(), &Input::Letter);
        let tell = letter_to.as_ref().map(|to| Owed::Tell(tell(to)));
        call.into_iter().chain(tell).chain([Owed::Signal("the end of the day")]).collect()
    }

    /// A desk that asks for a number of seconds looks at the clock then.
    fn due(state: &desk::State) -> Option<Timestamp> {
        let desk::State::Open { asked: Some(second), .. } = state else { return None };
        (*second > SECONDS_FROM).then(|| Timestamp::from_secs(i64::from(*second)))
    }

    fn timer() -> Option<Input> {
        Some(Input::Nudge)
    }

    fn answered(_: Answered<()>) -> Input {
        Input::Answered
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Ask(_) => "ask",
            Input::Write(_) => "write",
            Input::Letter => "letter",
            Input::Answered => "answered",
            Input::Nudge => "nudge",
            Input::Panic => "panic",
        }
    }

    fn headline(_: &desk::State) -> String {
        String::new()
    }
}

/// An engine of desks.
pub fn office(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Engine<Office> {
    let rules = Arc::new(move |tenant: &str| known(tenant).then(|| Arc::new(())));
    Engine::builder(store, clock, rules).workflow::<Desk>().open().unwrap()
}

/// Tells a desk something.
pub async fn tell(engine: &Engine<Office>, desk: &StreamId, input: Input) {
    engine.handle::<Desk>(desk, input, Source::new("test", "")).await.unwrap();
}

/// A desk's stream.
pub fn stream(name: &str) -> StreamId {
    StreamId::parse(name).unwrap()
}
