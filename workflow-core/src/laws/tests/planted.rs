//! One planted breach of each law, and one workflow that keeps them all. Each is the same small lamp with one mistake.

use std::marker::PhantomData;

use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use crate::codec::{Content, DecodeError};
use crate::id::StreamId;
use crate::laws::{AnswerOf, CallOf, Law, Trial, hold, holds};
use crate::machine::{Edge, Machine};
use crate::workflow::{Answered, Context, Domain, Owed, Rejection, Workflow};

#[workflow_core::machine]
mod lamp {
    use super::*;

    #[derive(Debug, PartialEq)]
    pub enum State {
        Dark {
            switched: u32,
        },
        Lit {
            switched: u32,
        },
        #[terminal]
        Broken,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Hung,
        Lighted { watts: u32 },
        Doused { by: Hand },
        Broke,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Hung => Some(Dark { switched: 0 }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Dark { switched }, Lighted { .. }) => Some(Lit { switched: switched + 1 }),
            (Lit { switched }, Doused { .. }) => Some(Dark { switched: switched + 1 }),
            (Dark { .. } | Lit { .. }, Broke) => Some(Broken),
            _ => None,
        }
    }
}

use lamp::{Event, EventKind, State, StateKind};

thread_local! {
    /// Whether a clone forgets how often the lamp was switched, and a stored hand comes back as another one.
    static MISTAKES: std::cell::Cell<(bool, bool)> = const { std::cell::Cell::new((false, false)) };
}

/// The state is cloned by hand, so that a clone can lose something.
impl Clone for State {
    fn clone(&self) -> Self {
        let forgets = MISTAKES.get().0;
        let kept = |switched: &u32| if forgets { 0 } else { *switched };
        match self {
            State::Dark { switched } => State::Dark { switched: kept(switched) },
            State::Lit { switched } => State::Lit { switched: kept(switched) },
            State::Broken => State::Broken,
        }
    }
}

/// Whose hand it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Hand(u8);

impl<'de> Deserialize<'de> for Hand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hand = u8::deserialize(deserializer)?;
        Ok(Self(if MISTAKES.get().1 { hand ^ 1 } else { hand }))
    }
}

/// What is wrong with a lamp.
trait Mistake: Send + Sync + 'static {
    const LAW: Law;
}

macro_rules! mistakes {
    ($($name:ident: $law:ident),*) => {
        $(struct $name;
        impl Mistake for $name {
            const LAW: Law = Law::$law;
        })*
    };
}

mistakes! {
    TableLies: Replay, StorageChanges: Storage, CloneForgets: Resumption, DecidesAnyway: Decision,
    CountsTwice: Repetition, StandsStill: Waiting, OneNameForTwo: Naming, NeverBreaks: Reach
}

/// The lamp's machine, whose table may lie: as if a macro in an arm had hidden a way.
struct Wired<K>(PhantomData<fn() -> K>);

const EDGES: [Edge<StateKind, EventKind>; 5] = {
    let [hung, lit, doused, broke_dark, broke_lit] = [0, 1, 2, 3, 4];
    let table = lamp::Machine::EDGES;
    [table[hung], table[lit], table[doused], table[broke_dark], table[broke_lit]]
};

const SHORT: [Edge<StateKind, EventKind>; 4] = [EDGES[0], EDGES[1], EDGES[2], EDGES[3]];

impl<K: Mistake> Machine for Wired<K> {
    const NAME: &'static str = "lamp";
    type State = State;
    type Event = Event;
    type StateKind = StateKind;
    type EventKind = EventKind;
    const EDGES: &'static [Edge<StateKind, EventKind>] =
        if matches!(K::LAW, Law::Replay) { &SHORT } else { &EDGES };
    const TERMINAL: &'static [StateKind] = &[StateKind::Broken];

    fn begin(event: Event) -> Option<State> {
        lamp::Machine::begin(event)
    }
    fn evolve(state: State, event: Event) -> Option<State> {
        lamp::Machine::evolve(state, event)
    }
    fn state_kind(state: &State) -> StateKind {
        state.kind()
    }
    fn event_kind(event: &Event) -> EventKind {
        event.kind()
    }
    fn wire(kind: EventKind) -> &'static str {
        lamp::Machine::wire(kind)
    }
    fn version(kind: EventKind) -> u16 {
        lamp::Machine::version(kind)
    }
    fn decode(kind: EventKind, version: u16, content: Content<'_>) -> Result<Event, DecodeError> {
        lamp::Machine::decode(kind, version, content)
    }
}

struct House;

impl Domain for House {
    type Call = ();
    type Answer = ();
    type Rules = ();
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Input {
    Hang,
    Light { watts: u32 },
    Douse,
    Hit,
}

struct Lamp<K>(PhantomData<fn() -> K>);

impl<K: Mistake> Workflow for Lamp<K> {
    type Domain = House;
    type Machine = Wired<K>;
    type Input = Input;

    fn decide(
        state: Option<&State>,
        input: Input,
        _: &Context<'_, ()>,
    ) -> Result<Vec<Event>, Rejection> {
        let twice = K::LAW == Law::Repetition;
        Ok(match (state, input) {
            (None, Input::Hang) => vec![Event::Hung],
            (Some(State::Dark { .. }), Input::Light { watts }) => vec![Event::Lighted { watts }],
            (Some(State::Lit { .. }), Input::Light { .. }) if K::LAW == Law::Decision => {
                vec![Event::Lighted { watts: 1 }]
            }
            (Some(State::Lit { .. }), Input::Douse) => vec![Event::Doused { by: Hand(0) }],
            (Some(State::Dark { .. }), Input::Douse) if twice => vec![Event::Broke],
            (Some(State::Dark { .. } | State::Lit { .. }), Input::Hit) if K::LAW != Law::Reach => {
                vec![Event::Broke]
            }
            (_, _) => Vec::new(),
        })
    }

    fn react(_: &StreamId, state: &State) -> Vec<Owed<()>> {
        let call = || Owed::Call { operation: "look".into(), call: () };
        match state {
            State::Lit { .. } if K::LAW == Law::Waiting => Vec::new(),
            State::Lit { .. } if K::LAW == Law::Naming => vec![call(), call()],
            State::Dark { .. } | State::Lit { .. } => vec![call(), Owed::Signal("a hand")],
            State::Broken => Vec::new(),
        }
    }

    fn answered(_: Answered<()>) -> Input {
        Input::Douse
    }

    fn input_name(_: &Input) -> &'static str {
        "input"
    }

    fn headline(_: &State) -> String {
        String::new()
    }
}

impl<K: Mistake> Trial for Lamp<K> {
    type Workflow = Self;

    fn stream() -> StreamId {
        StreamId::parse("lamp/main/1").expect("a stream's name")
    }

    fn rules() {}

    fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
        Just(()).boxed()
    }
}

/// The law is broken, and the breach says so.
#[track_caller]
fn breaks<K: Mistake>(mistakes: (bool, bool), said: &str) {
    MISTAKES.set(mistakes);
    let breach = holds::<Lamp<K>>(K::LAW).expect_err("the planted mistake was not found");
    MISTAKES.set((false, false));
    assert_eq!(breach.law, K::LAW);
    let told = breach.to_string();
    assert!(
        told.starts_with(&format!("`lamp` breaks the law: {}\n  after event", K::LAW)),
        "{told}"
    );
    assert!(breach.what.contains(said), "{told}");
    assert!(breach.log.len() <= 6, "{told}");
}

#[test]
fn a_table_that_lies_is_found() {
    breaks::<TableLies>((false, false), "Broke leads to Some(Broken), and by the table to None");
}

#[test]
fn an_event_that_is_stored_as_another_is_found() {
    breaks::<StorageChanges>((false, true), "was stored and is read as Doused");
}

#[test]
fn a_clone_that_forgets_is_found() {
    breaks::<CloneForgets>((true, false), "from the state here the rest leads to");
}

#[test]
fn a_decision_that_the_machine_refuses_is_found() {
    let said =
        "led to [Lighted { watts: 1 }]; of these number 1: machine lamp has no way for Lighted";
    breaks::<DecidesAnyway>((false, false), said);
}

#[test]
fn a_duplicate_that_does_harm_is_found() {
    breaks::<CountsTwice>((false, false), "Douse the second time leads to [Broke]");
}

#[test]
fn a_state_that_waits_for_nothing_is_found() {
    breaks::<StandsStill>(
        (false, false),
        "is no end, and nothing is owed, due, awaited or on a desk",
    );
}

#[test]
fn two_calls_of_one_name_are_found() {
    breaks::<OneNameForTwo>((false, false), "`look` is owed twice");
}

#[test]
fn an_event_that_never_happens_is_found() {
    breaks::<NeverBreaks>((false, false), "never happened in 2000 lives: {Broke}");
}

struct NoMistake;

impl Mistake for NoMistake {
    /// Nothing reads it: no arm above asks for this law.
    const LAW: Law = Law::Storage;
}

#[test]
fn the_lamp_without_a_mistake_keeps_all_laws() {
    assert_eq!(hold::<Lamp<NoMistake>>(), Ok(()));
}
