//! Everything that a moment is made of, kept once and named by a number, and what every input leads to, worked out once.
//!
//! Two instances that differ only in how many events they have are one here: the version of a stream shows nowhere but
//! in keys, and a key is named by its stream and operation as long as it is owed. Read next: `moment.rs`.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use super::{Deed, Model, Pace, Told};
use crate::engine::live::{Live, operation};
use crate::engine::registry::{Erased, Typed};
use crate::engine::{Given, HandleError, Source};
use crate::id::{Key, StreamId, Version};
use crate::machine::Machine;
use crate::outcome::{Again, Attempt, Outcome, Trace};
use crate::time::Timestamp;
use crate::workflow::{Context, Domain, Owed, Workflow};

/// No instance yet.
pub(super) const NOBODY: u32 = u32::MAX;

/// A moment keeps one bit for each thing that an instance is owed.
const OWED_MAX: usize = u32::BITS as usize;

type AnswerOf<M> = <<M as Model>::Domain as Domain>::Answer;

/// Values kept once, named by number.
pub(super) struct Table<T> {
    items: Vec<Rc<T>>,
    numbers: HashMap<Rc<T>, u32>,
}

impl<T: Hash + Eq> Table<T> {
    fn new() -> Self {
        Self { items: Vec::new(), numbers: HashMap::new() }
    }

    pub fn number(&mut self, item: T) -> u32 {
        if let Some(number) = self.numbers.get(&item) {
            return *number;
        }
        let number = u32::try_from(self.items.len()).expect("fewer than 2^32 of a kind");
        let item = Rc::new(item);
        self.items.push(Rc::clone(&item));
        self.numbers.insert(item, number);
        number
    }

    pub fn get(&self, number: u32) -> &Rc<T> {
        &self.items[number as usize]
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }
}

/// A workflow that the explorer can compare states of.
pub(super) trait Judge<D: Domain> {
    fn engine(&self) -> &dyn Erased<D>;
    fn same(&self, one: &(dyn Any + Send + Sync), other: &(dyn Any + Send + Sync)) -> bool;
    fn text(&self, state: &(dyn Any + Send + Sync)) -> String;
}

impl<W: Workflow> Judge<W::Domain> for Typed<W> {
    fn engine(&self) -> &dyn Erased<W::Domain> {
        self
    }

    fn same(&self, one: &(dyn Any + Send + Sync), other: &(dyn Any + Send + Sync)) -> bool {
        let state = |it: &(dyn Any + Send + Sync)| {
            it.downcast_ref::<<W::Machine as Machine>::State>().cloned()
        };
        state(one) == state(other)
    }

    fn text(&self, state: &(dyn Any + Send + Sync)) -> String {
        let state = state.downcast_ref::<<W::Machine as Machine>::State>();
        state.map_or_else(String::new, |state| format!("{state:?}"))
    }
}

/// One thing owed, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obligation {
    Call { operation: u32 },
    Tell { to: u32, input: u32 },
    Wait,
}

/// One instance in one state.
pub(super) struct Instance<D: Domain> {
    pub live: Live<D>,
    pub owed: Vec<Obligation>,
}

/// An input by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Input {
    Json(u32),
    /// `owed` is the obligation that it answers; `None` when the state has moved on.
    Answer {
        owed: Option<u8>,
        operation: u32,
        answer: u32,
    },
    Timer,
}

/// What an input leads to.
#[derive(Debug)]
pub(super) enum Effect {
    Nothing,
    Refused(String),
    Defect(String),
    Moved {
        to: u32,
        events: Vec<String>,
        /// For each obligation afterwards, which one before it is.
        carried: Vec<Option<u8>>,
    },
}

/// What an attempt leads to.
#[derive(Clone, Copy)]
pub(super) enum Tried {
    Answered { world: u32, answer: u32 },
    Again { world: u32, burned: bool, traced: bool },
}

/// A deed by numbers.
pub(super) struct Known {
    pub what: String,
    pub pace: Pace,
    pub world: u32,
    pub told: Vec<Addressed>,
}

/// An input and whom it is for.
pub(super) enum Addressed {
    Stream { to: u32, input: u32 },
    Named { workflow: &'static str, names: Vec<String>, input: u32 },
}

/// What of an attempt's past matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Tries {
    pub look_first: bool,
    pub generation: u8,
    /// Up to which generation the provider keeps a failure under the key.
    pub burned: u8,
    /// The answer that it keeps under the key of the generation after those.
    pub remembered: Option<u32>,
}

type Case = (u32, u32, Input, Timestamp);
type Trial = (u32, u32, u8, Tries);

pub(super) struct Pool<M: Model> {
    pub model: M,
    pub workflows: BTreeMap<&'static str, Box<dyn Judge<M::Domain>>>,
    pub streams: Table<StreamId>,
    pub worlds: Table<M::World>,
    pub answers: Table<AnswerOf<M>>,
    pub inputs: Table<String>,
    pub operations: Table<String>,
    pub instances: Vec<Instance<M::Domain>>,
    by_text: HashMap<u64, Vec<u32>>,
    effects: HashMap<Case, Rc<Effect>>,
    trials: HashMap<Trial, Tried>,
    deeds: HashMap<u32, Rc<Vec<Known>>>,
}

impl<M: Model> Pool<M>
where
    AnswerOf<M>: Eq + Hash,
{
    pub fn new(model: M) -> Self {
        Self {
            model,
            workflows: BTreeMap::new(),
            streams: Table::new(),
            worlds: Table::new(),
            answers: Table::new(),
            inputs: Table::new(),
            operations: Table::new(),
            instances: Vec::new(),
            by_text: HashMap::new(),
            effects: HashMap::new(),
            trials: HashMap::new(),
            deeds: HashMap::new(),
        }
    }

    pub fn now(&self, world: u32) -> Timestamp {
        self.model.now(self.worlds.get(world))
    }

    /// What `input` leads to when `instance` of `stream` is given it.
    pub fn effect(&mut self, stream: u32, instance: u32, input: Input, world: u32) -> Rc<Effect> {
        let case = (stream, instance, input, self.now(world));
        if let Some(known) = self.effects.get(&case) {
            return Rc::clone(known);
        }
        let effect = Rc::new(self.judge(case));
        self.effects.insert(case, Rc::clone(&effect));
        effect
    }

    fn judge(&mut self, (stream, instance, input, now): Case) -> Effect {
        let id = Rc::clone(self.streams.get(stream));
        let Some(workflow) = self.workflows.get(id.workflow()) else {
            return Effect::Defect(format!("no workflow is called `{}`", id.workflow()));
        };
        let before = self.instances.get(instance as usize).map(|it| &it.live);
        let given = match input {
            Input::Json(input) => match serde_json::from_str(self.inputs.get(input)) {
                Ok(json) => Given::Json(json),
                Err(error) => return Effect::Defect(error.to_string()),
            },
            Input::Answer { owed, operation, answer } => {
                let due = owed.and_then(|at| before?.standing.owed.get(usize::from(at)));
                let key = due.map_or_else(|| Key::from_text("past"), |due| due.key.clone());
                let operation = self.operations.get(operation).as_ref().clone();
                let answer = self.answers.get(answer).as_ref().clone();
                Given::Answer { key, operation, answer }
            }
            Input::Timer => Given::Timer,
        };
        let context = Context { stream: &id, now, rules: self.model.rules() };
        let decided = workflow.engine().handle(before, given, Source::new("", ""), &context);
        match decided {
            Ok(decided) => match decided.after {
                Some(after) => {
                    let events = decided.events.into_iter().map(|event| event.kind).collect();
                    self.moved(stream, instance, after, events)
                }
                None => Effect::Nothing,
            },
            Err(HandleError::Rejected(no)) => Effect::Refused(no.code),
            Err(defect) => Effect::Defect(defect.to_string()),
        }
    }

    fn moved(
        &mut self,
        stream: u32,
        before: u32,
        mut after: Live<M::Domain>,
        events: Vec<String>,
    ) -> Effect {
        let earlier =
            self.instances.get(before as usize).map_or(&[][..], |it| &it.live.standing.owed);
        let place = |key: &Key| earlier.iter().position(|due| due.key == *key);
        let small = |at: usize| u8::try_from(at).expect("a state is owed fewer than 256 things");
        let owed = after.standing.owed.iter();
        let carried = owed.map(|due| place(&due.key).map(small)).collect();
        // From here on a key is its stream and operation: what comes next begins at version 1 again.
        let id = Rc::clone(self.streams.get(stream));
        after.version = Version::NONE;
        let standing = Arc::make_mut(&mut after.standing);
        standing.updated_at = Timestamp(0);
        for due in &mut standing.owed {
            due.key = Key::of(&id, Version::NONE, operation(&due.owed));
        }
        Effect::Moved { to: self.instance(stream, after), events, carried }
    }

    fn instance(&mut self, stream: u32, live: Live<M::Domain>) -> u32 {
        let id = Rc::clone(self.streams.get(stream));
        let workflow = &self.workflows[id.workflow()];
        let mut hasher = DefaultHasher::new();
        (stream, workflow.text(&*live.state), live.standing.timer).hash(&mut hasher);
        let bucket = self.by_text.entry(hasher.finish()).or_default();
        let same = |number: &&u32| {
            let known = &self.instances[**number as usize].live;
            let dues = |live: &Live<M::Domain>| {
                live.standing
                    .owed
                    .iter()
                    .map(|due| (due.key.clone(), due.since))
                    .collect::<Vec<_>>()
            };
            workflow.same(&*known.state, &*live.state) && dues(known) == dues(&live)
        };
        if let Some(known) = bucket.iter().find(same) {
            return *known;
        }
        let number = u32::try_from(self.instances.len()).expect("fewer than 2^32 instances");
        bucket.push(number);
        let count = live.standing.owed.len();
        assert!(count <= OWED_MAX, "{id} is owed {count} things, at most {OWED_MAX} are followed");
        let mut owed = Vec::with_capacity(live.standing.owed.len());
        for due in &live.standing.owed {
            owed.push(match &due.owed {
                Owed::Call { operation, .. } => {
                    Obligation::Call { operation: self.operations.number(operation.clone()) }
                }
                Owed::Tell(tell) => Obligation::Tell {
                    to: self.streams.number(tell.to.clone()),
                    input: self.inputs.number(tell.input.to_string()),
                },
                Owed::Signal(_) | Owed::Person(_) => Obligation::Wait,
            });
        }
        self.instances.push(Instance { live, owed });
        number
    }

    /// What one attempt at a call comes to when nothing goes wrong on the way.
    pub fn tried(
        &mut self,
        world: u32,
        instance: u32,
        owed: u8,
        tries: Tries,
        stream: u32,
    ) -> Tried {
        let trial = (world, instance, owed, tries);
        if let Some(known) = self.trials.get(&trial) {
            return *known;
        }
        let due = &self.instances[instance as usize].live.standing.owed[usize::from(owed)];
        let Owed::Call { call, .. } = &due.owed else { unreachable!("only calls are attempted") };
        let mut after = self.worlds.get(world).as_ref().clone();
        let attempt = Attempt {
            stream: self.streams.get(stream).as_ref().clone(),
            key: due.key.clone(),
            generation: u32::from(tries.generation),
            earlier: u32::from(tries.look_first),
            owed_since: due.since,
            now: self.model.now(&after),
            look_first: tries.look_first,
        };
        let remembered = match tries.remembered {
            _ if tries.generation <= tries.burned => Some(Outcome::Again(Again {
                trace: Trace::Burned,
                after: None,
                reason: "it failed before under this key".to_owned(),
            })),
            Some(answer) => Some(Outcome::Answered(self.answers.get(answer).as_ref().clone())),
            None => None,
        };
        let outcome = self.model.perform(&mut after, call, &attempt, remembered.as_ref());
        let world = self.worlds.number(after);
        let tried = match outcome {
            Outcome::Answered(answer) => {
                Tried::Answered { world, answer: self.answers.number(answer) }
            }
            Outcome::Again(again) => Tried::Again {
                world,
                burned: again.trace == Trace::Burned,
                traced: again.trace != Trace::None,
            },
        };
        self.trials.insert(trial, tried);
        tried
    }

    /// What may happen by itself in a world.
    pub fn deeds(&mut self, world: u32) -> Rc<Vec<Known>> {
        if let Some(known) = self.deeds.get(&world) {
            return Rc::clone(known);
        }
        let deeds = self.model.happen(self.worlds.get(world));
        let deeds = Rc::new(deeds.into_iter().map(|deed| self.known(deed)).collect::<Vec<_>>());
        self.deeds.insert(world, Rc::clone(&deeds));
        deeds
    }

    fn known(&mut self, deed: Deed<M::World>) -> Known {
        let Deed { what, pace, world, told } = deed;
        let told = told.into_iter().map(|told| match told {
            Told::Stream { to, input } => Addressed::Stream {
                to: self.streams.number(to),
                input: self.inputs.number(input.to_string()),
            },
            Told::Named { workflow, names, input } => {
                Addressed::Named { workflow, names, input: self.inputs.number(input.to_string()) }
            }
        });
        let told = told.collect();
        Known { what, pace, world: self.worlds.number(world), told }
    }

    /// Which of an instance's obligations are calls.
    pub fn calls_of(&self, instance: u32) -> Vec<u8> {
        let is_call = |(at, owed): (usize, &Obligation)| match owed {
            Obligation::Call { .. } => u8::try_from(at).ok(),
            Obligation::Tell { .. } | Obligation::Wait => None,
        };
        self.instances[instance as usize].owed.iter().enumerate().filter_map(is_call).collect()
    }

    /// How an instance stands, in words.
    pub fn stands(&self, instance: u32) -> String {
        let standing = &self.instances[instance as usize].live.standing;
        match standing.headline.as_str() {
            "" => standing.state.to_owned(),
            headline => format!("{}: {headline}", standing.state),
        }
    }
}
