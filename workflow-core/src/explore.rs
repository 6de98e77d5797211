//! Every road that workflows can take in a hostile world, tried breadth first. Feature `testing`.
//!
//! The explorer drives the workflows' own functions through the engine's own (`decide`, the machine's step, what a state
//! is owed and under which key, whom a signal finds) from the beginning into every moment that can be reached, and looks
//! at the invariants in each. Where one is broken, the way there is the shortest one, and [`Story`] tells it in words.
//!
//! What may go wrong is counted, so that the search ends ([`Hostility`]): answers are lost before or after the effect,
//! come twice and in any order; the process ends and forgets what is in memory only, so that the next one looks before it
//! sends what was owed already; a provider forgets an idempotency key. Messages between instances come exactly once, in any order among themselves, as the engine sees to.
//!
//! # Exploring one's own workflow
//!
//! Write a [`Model`] of the outside: a value that is small, equal when nothing that matters differs, and made of what
//! the providers hold. Four things keep it small. Ids are counted per owner, not over all, so that the order of two
//! things that have nothing to do with each other leaves no trace. Time stands still but for a few moments. What people
//! and providers do by themselves is counted down in the value. And nobody remembers what nobody can ask for.
//!
//! - [`Model::perform`] is one attempt at a call as it goes when nothing goes wrong; the explorer makes the failures.
//!   Where the attempt is to look first, look first; else give the `remembered` answer again when there is one.
//! - [`Model::happen`] is what may happen next by itself: each a [`Deed`] with the outside afterwards and the inputs that
//!   reach workflows. [`Pace::Certain`] is what comes sooner or later (a signal that waits to be read), [`Pace::Possible`]
//!   what somebody may do (a cancellation).
//! - [`Model::invariants`] name what must hold, [`When::Always`] or [`When::AtRest`]: a moment in which nothing is left
//!   that comes by itself. Three more are looked at without being asked for: no instance that is no end waits for
//!   nothing; no workflow contradicts itself; and rest can be reached from everywhere without further hostility.
//!
//! A lamp that is switched on by a call, and whose workflow believes the switch before the lamp is lit:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use workflow_core::explore::{Deed, Explorer, Hostility, Invariant, Model, Pace, Scene, Told, When};
//! use workflow_core::id::StreamId;
//! use workflow_core::machine;
//! use workflow_core::outcome::{Attempt, Outcome};
//! use workflow_core::time::Timestamp;
//! use workflow_core::workflow::{Answered, Context, Domain, Owed, Rejection, Workflow};
//!
//! # #[derive(Debug)]
//! struct Home;
//! impl Domain for Home {
//!     type Call = ();
//!     type Answer = bool;
//!     type Rules = ();
//! }
//!
//! #[machine]
//! mod lamp {
//!     use super::*;
//!     #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//!     pub enum State {
//!         Dark,
//!         #[terminal]
//!         Lit,
//!     }
//!     #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//!     pub enum Event {
//!         Wanted,
//!         LitUp,
//!     }
//!     use {Event::*, State::*};
//!     fn begin(event: Event) -> Option<State> {
//!         match event {
//!             Wanted => Some(Dark),
//!             _ => None,
//!         }
//!     }
//!     fn evolve(state: State, event: Event) -> Option<State> {
//!         match (state, event) {
//!             (Dark, LitUp) => Some(Lit),
//!             _ => None,
//!         }
//!     }
//! }
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! enum Input {
//!     Want,
//!     Switched(bool),
//! }
//!
//! struct Lamp;
//! impl Workflow for Lamp {
//!     type Domain = Home;
//!     type Machine = lamp::Machine;
//!     type Input = Input;
//!     fn decide(
//!         state: Option<&lamp::State>,
//!         input: Input,
//!         _: &Context<'_, ()>,
//!     ) -> Result<Vec<lamp::Event>, Rejection> {
//!         Ok(match (state, input) {
//!             (None, Input::Want) => vec![lamp::Event::Wanted],
//!             // The mistake: the answer may say that the lamp stayed dark.
//!             (Some(lamp::State::Dark), Input::Switched(_)) => vec![lamp::Event::LitUp],
//!             (_, _) => Vec::new(),
//!         })
//!     }
//!     fn react(_: &StreamId, state: &lamp::State) -> Vec<Owed<()>> {
//!         match state {
//!             lamp::State::Dark => vec![Owed::Call { operation: "switch".into(), call: () }],
//!             lamp::State::Lit => Vec::new(),
//!         }
//!     }
//!     fn answered(answer: Answered<bool>) -> Input {
//!         Input::Switched(answer.answer)
//!     }
//!     fn input_name(_: &Input) -> &'static str {
//!         "input"
//!     }
//!     fn headline(_: &lamp::State) -> String {
//!         String::new()
//!     }
//! }
//!
//! /// Whether there is current, whether the lamp burns, and whether anybody wanted it to.
//! #[derive(Clone, PartialEq, Eq, Hash)]
//! struct House {
//!     current: bool,
//!     lit: bool,
//!     wanted: bool,
//! }
//!
//! struct Evening;
//! impl Model for Evening {
//!     type Domain = Home;
//!     type World = House;
//!     fn begin(&self) -> House {
//!         House { current: true, lit: false, wanted: false }
//!     }
//!     fn now(&self, _: &House) -> Timestamp {
//!         Timestamp(0)
//!     }
//!     fn rules(&self) -> &() {
//!         &()
//!     }
//!     fn perform(&self, house: &mut House, _: &(), _: &Attempt, _: Option<&Outcome<bool>>) -> Outcome<bool> {
//!         house.lit = house.current;
//!         Outcome::Answered(house.lit)
//!     }
//!     fn happen(&self, house: &House) -> Vec<Deed<House>> {
//!         let wanted = House { wanted: true, ..house.clone() };
//!         let failure = House { current: false, ..house.clone() };
//!         let lamp = StreamId::parse("lamp/home/hall").expect("a name");
//!         let want = Told::to::<Lamp>(lamp, &Input::Want);
//!         vec![
//!             Deed::new("somebody wants light", Pace::Certain, wanted).told(want),
//!             Deed::new("the current fails", Pace::Possible, failure),
//!         ]
//!     }
//!     fn invariants(&self) -> Vec<Invariant<Self>> {
//!         let holds = |scene: &Scene<'_, Self>| {
//!             let lit = scene.states::<Lamp>().any(|(_, state)| *state == lamp::State::Lit);
//!             if lit && !scene.world.lit { Err("it is dark".into()) } else { Ok(()) }
//!         };
//!         vec![Invariant { name: "what is lit burns", when: When::Always, holds }]
//!     }
//! }
//!
//! # fn main() {
//! let report = Explorer::new(Evening).workflow::<Lamp>().explore(Hostility::NONE);
//! let story = report.story.expect("it is found");
//! assert_eq!(
//!     story.to_string(),
//!     "  1. somebody wants light: wanted -> lamp/home/hall is Dark
//!   2. the current fails
//!   3. lamp/home/hall calls `switch`: answered (false), on its way
//!   4. the answer to `switch` (false) reaches lamp/home/hall: lit_up -> lamp/home/hall is Lit
//! This breaks: what is lit burns
//! because it is dark"
//! );
//! # }
//! ```
//!
//! Deliberately absent: randomness, symmetry (two instances that only differ in name are two), and requests that arrive
//! after their sender gave them up.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::engine::registry::Typed;
use crate::id::StreamId;
use crate::machine::Machine;
use crate::outcome::{Attempt, Outcome};
use crate::seal::{Vault, within};
use crate::time::Timestamp;
use crate::workflow::{Domain, Workflow};

mod moment;
mod pool;
mod scene;
mod search;
mod steps;
mod story;
#[cfg(test)]
mod tests;

pub use scene::Scene;
pub use story::Story;

use pool::Pool;
use search::Search;

/// More moments than any search should need: about two gigabytes of memory.
const STATES_MAX: usize = 6_000_000;

/// The outside of some workflows.
pub trait Model: Sized {
    /// The workflows' vocabulary.
    type Domain: Domain;
    /// Everything outside that matters.
    type World: Clone + Eq + Hash;

    /// The outside before anything happened.
    fn begin(&self) -> Self::World;

    /// What time it is in this world.
    fn now(&self, world: &Self::World) -> Timestamp;

    /// The tenant's rules; they stay.
    fn rules(&self) -> &<Self::Domain as Domain>::Rules;

    /// One attempt at a call that arrives and is answered. `remembered` is what was answered under this key before: a
    /// provider that knows keys answers it again.
    fn perform(
        &self,
        world: &mut Self::World,
        call: &<Self::Domain as Domain>::Call,
        attempt: &Attempt,
        remembered: Option<&Outcome<<Self::Domain as Domain>::Answer>>,
    ) -> Outcome<<Self::Domain as Domain>::Answer>;

    /// What may happen next by itself.
    fn happen(&self, world: &Self::World) -> Vec<Deed<Self::World>>;

    /// What of the world is this process's own and ends with it.
    fn crash(&self, world: &mut Self::World) {
        let _ = world;
    }

    /// What must hold.
    fn invariants(&self) -> Vec<Invariant<Self>>;
}

/// How much may go wrong on one road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostility {
    /// Attempts that get no answer: not arrived, done without a word, or done and answered with a failure.
    pub lost: u8,
    /// Answers that come twice.
    pub duplicated: u8,
    /// Ends of the process.
    pub crashes: u8,
    /// Idempotency keys that the provider forgets.
    pub forgotten: u8,
}

impl Hostility {
    /// A friendly world; the order of things is free all the same.
    pub const NONE: Self = Self { lost: 0, duplicated: 0, crashes: 0, forgotten: 0 };

    /// One of each.
    pub const ONE: Self = Self { lost: 1, duplicated: 1, crashes: 1, forgotten: 1 };

    fn pack(self) -> u32 {
        u32::from_le_bytes([self.lost, self.duplicated, self.crashes, self.forgotten])
    }

    fn unpack(packed: u32) -> Self {
        let [lost, duplicated, crashes, forgotten] = packed.to_le_bytes();
        Self { lost, duplicated, crashes, forgotten }
    }
}

/// Whether something comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Sooner or later.
    Certain,
    /// Maybe never.
    Possible,
}

/// Something that happens outside. When every workflow that is told of it refuses, it does not happen at all.
#[derive(Clone, Debug)]
pub struct Deed<W> {
    /// What, for the story.
    pub what: String,
    /// Whether it comes by itself.
    pub pace: Pace,
    /// The world afterwards.
    pub world: W,
    /// Which workflows are told what, one after another.
    pub told: Vec<Told>,
}

impl<W> Deed<W> {
    /// A deed that no workflow is told of.
    pub fn new(what: impl Into<String>, pace: Pace, world: W) -> Self {
        Self { what: what.into(), pace, world, told: Vec::new() }
    }

    /// The same, told to somebody.
    #[must_use]
    pub fn told(mut self, told: Told) -> Self {
        self.told.push(told);
        self
    }
}

/// An input from outside.
#[derive(Clone, Debug)]
pub enum Told {
    /// To one stream, whether it exists or not.
    Stream {
        /// Which.
        to: StreamId,
        /// The input in JSON.
        input: serde_json::Value,
    },
    /// To all instances of a workflow that are known by one of these names. While nobody is, the deed cannot happen.
    Named {
        /// The workflow's name.
        workflow: &'static str,
        /// The names.
        names: Vec<String>,
        /// The input in JSON.
        input: serde_json::Value,
    },
}

impl Told {
    /// An input to a stream of `W`.
    ///
    /// # Panics
    /// When the input cannot be written as JSON, which is a defect of its type.
    pub fn to<W: Workflow>(stream: StreamId, input: &W::Input) -> Self {
        let input = serde_json::to_value(input).expect("a workflow's input must serialize to JSON");
        Self::Stream { to: stream, input }
    }

    /// An input to the instances of `W` that are known by one of these names.
    ///
    /// # Panics
    /// When the input cannot be written as JSON, which is a defect of its type.
    pub fn to_named<W: Workflow>(names: Vec<String>, input: &W::Input) -> Self {
        let input = serde_json::to_value(input).expect("a workflow's input must serialize to JSON");
        Self::Named { workflow: W::Machine::NAME, names, input }
    }
}

/// When an invariant is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In every moment.
    Always,
    /// Where nothing is left that comes by itself.
    AtRest,
}

/// Something that must hold.
pub struct Invariant<M: Model> {
    /// What, in words.
    pub name: &'static str,
    /// When.
    pub when: When,
    /// Says in what it is broken.
    pub holds: fn(&Scene<'_, M>) -> Result<(), String>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many different moments were found.
    pub states: usize,
    /// Whether those are all: no invariant was broken, and the search was not cut.
    pub complete: bool,
    /// How many ways lead from one to another.
    pub transitions: usize,
    /// How many steps the farthest of them is away.
    pub depth: usize,
    /// In how many nothing is left that comes by itself.
    pub at_rest: usize,
    /// How many different instances they are made of.
    pub instances: usize,
    /// How many different worlds.
    pub worlds: usize,
    /// How an invariant was broken, if one was.
    pub story: Option<Story>,
}

/// `48,211 states` and so on in one line, and the story where there is one.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, transitions, depth, at_rest, instances, worlds, .. } = self;
        let all = if self.complete { "" } else { "at least " };
        write!(
            f,
            "{all}{states} states, {transitions} transitions, {depth} steps deep; {at_rest} at rest; \
             {instances} instances, {worlds} worlds"
        )?;
        self.story.as_ref().map_or(Ok(()), |story| write!(f, "\n{story}"))
    }
}

/// A search about to begin.
pub struct Explorer<M: Model> {
    pool: Pool<M>,
    most: usize,
}

impl<M: Model> Explorer<M>
where
    <M::Domain as Domain>::Answer: Eq + Hash,
{
    /// An explorer of what surrounds some workflows, without any yet.
    pub fn new(model: M) -> Self {
        Self { pool: Pool::new(model), most: STATES_MAX }
    }

    /// Adds a workflow under its machine's name; one of the same name gives way.
    #[must_use]
    pub fn workflow<W: Workflow<Domain = M::Domain>>(mut self) -> Self {
        self.pool.workflows.insert(W::Machine::NAME, Box::new(Typed::<W>(PhantomData)));
        self
    }

    /// Ends the search after about so many states, [`Report::complete`] or not.
    #[must_use]
    pub fn at_most(self, states: usize) -> Self {
        Self { most: states, ..self }
    }

    /// Goes everywhere, or as far as the first moment that breaks an invariant.
    pub fn explore(self, hostility: Hostility) -> Report {
        self.explore_watched(hostility, |_, _| {})
    }

    /// The same, telling now and then how many states were looked at and how many were found.
    pub fn explore_watched(self, hostility: Hostility, watch: impl FnMut(usize, usize)) -> Report {
        let invariants = self.pool.model.invariants();
        let search = Search::new(self.pool, invariants, self.most);
        // The engine's functions store events, and personal data is stored sealed only.
        within(&Vault::in_memory(), || search.run(hostility, watch))
    }
}
