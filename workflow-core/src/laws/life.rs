//! One instance on its way through the real `decide`, `evolve` and `react`: what it is told, and what comes of it.
//!
//! A life is a list of [`Deed`]s, chosen before it begins and read against the state at hand. Keys and standings are the
//! engine's own. Absent: other streams (what they tell is an input), the store, the dispatcher.

use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{AnswerOf, CallOf, EventOf, InputOf, MachineOf, StateOf, Trial};
use crate::engine::{Standing as Stands, standing};
use crate::id::{Key, StreamId, Version};
use crate::machine::Machine;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Domain, Owed, Rejection, Standing, Workflow};

/// One thing that happens to an instance. Numbers choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// It is told something: an observation, a message, a command.
    Told(u64),
    /// A call that it owes is answered.
    Answered { pick: u64, seed: u64 },
    /// A call that it owed once is answered (again).
    Late { pick: u64, seed: u64 },
    /// Its timer fires, on time or too early.
    Timer { on_time: bool },
    /// Time passes.
    Pass { hours: u16 },
}

/// Lives of up to `longest` deeds.
pub(super) fn deeds(longest: usize) -> impl Strategy<Value = Vec<Deed>> {
    let seed = || any::<u64>().no_shrink();
    let deed = prop_oneof![
        6 => seed().prop_map(Deed::Told),
        8 => (any::<u64>(), seed()).prop_map(|(pick, seed)| Deed::Answered { pick, seed }),
        1 => (any::<u64>(), seed()).prop_map(|(pick, seed)| Deed::Late { pick, seed }),
        1 => any::<bool>().prop_map(|on_time| Deed::Timer { on_time }),
        1 => (1..400_u16).prop_map(|hours| Deed::Pass { hours }),
    ];
    prop::collection::vec(deed, 1..=longest)
}

/// What is put to an instance, as the engine is given it.
pub(super) enum Put<T: Trial> {
    Input(InputOf<T>),
    Answer { key: Key, operation: String, answer: AnswerOf<T> },
    Timer,
}

impl<T: Trial> Clone for Put<T> {
    fn clone(&self) -> Self {
        match self {
            Put::Input(input) => Put::Input(input.clone()),
            Put::Answer { key, operation, answer } => {
                let (key, operation, answer) = (key.clone(), operation.clone(), answer.clone());
                Put::Answer { key, operation, answer }
            }
            Put::Timer => Put::Timer,
        }
    }
}

/// An instance as the engine holds it, with its whole log.
pub(super) struct Life<T: Trial> {
    pub(super) stream: StreamId,
    pub(super) now: Timestamp,
    pub(super) state: Option<StateOf<T>>,
    pub(super) stands: Option<Stands<<T::Workflow as Workflow>::Domain>>,
    pub(super) log: Vec<EventOf<T>>,
    rules: <<T::Workflow as Workflow>::Domain as Domain>::Rules,
    /// Every call that was ever owed.
    calls: Vec<(Key, String, CallOf<T>)>,
}

type Decision<T> = Result<Vec<EventOf<T>>, Rejection>;

impl<T: Trial> Life<T> {
    pub(super) fn begin() -> Self {
        let (stream, now, rules) = (T::stream(), T::start(), T::rules());
        Self { stream, now, state: None, stands: None, log: Vec::new(), rules, calls: Vec::new() }
    }

    /// The same instance at another moment.
    pub(super) fn at(&self, now: Timestamp) -> Self {
        let (stream, state, stands) =
            (self.stream.clone(), self.state.clone(), self.stands.clone());
        let (log, calls) = (self.log.clone(), self.calls.clone());
        Self { stream, now, state, stands, log, rules: T::rules(), calls }
    }

    /// What a deed puts to the instance; `None` when there is nothing of the kind.
    pub(super) fn put(&mut self, deed: &Deed) -> Option<Put<T>> {
        match deed {
            Deed::Told(seed) => Some(Put::Input(sampled(T::input(self.state.as_ref()), *seed))),
            Deed::Answered { pick, seed } => {
                let owed: Vec<_> =
                    self.calls.iter().filter(|(key, ..)| self.owes(key)).cloned().collect();
                answer(&owed, *pick, *seed)
            }
            Deed::Late { pick, seed } => answer(&self.calls, *pick, *seed),
            Deed::Timer { on_time } => {
                T::Workflow::timer()?;
                let due = self.state.as_ref().and_then(T::Workflow::due)?;
                if *on_time {
                    self.now = self.now.max(due);
                }
                Some(Put::Timer)
            }
            Deed::Pass { hours } => {
                self.now = self.now.plus(std::time::Duration::from_secs(u64::from(*hours) * 3600));
                None
            }
        }
    }

    /// Judges what is put to the instance, with the standing that an answer has now.
    pub(super) fn decide(&self, put: &Put<T>) -> Decision<T> {
        let Some(input) = self.input(put) else { return Ok(Vec::new()) };
        let context = Context { stream: &self.stream, now: self.now, rules: &self.rules };
        T::Workflow::decide(self.state.as_ref(), input, &context)
    }

    /// The input that it comes to.
    pub(super) fn input(&self, put: &Put<T>) -> Option<InputOf<T>> {
        match put.clone() {
            Put::Input(input) => Some(input),
            Put::Answer { key, operation, answer } => {
                let standing = if self.owes(&key) { Standing::Current } else { Standing::Stale };
                Some(T::Workflow::answered(Answered { operation, standing, answer }))
            }
            Put::Timer => T::Workflow::timer(),
        }
    }

    /// Takes one event in. An event that the machine refuses is given back in words.
    pub(super) fn advance(&mut self, event: EventOf<T>) -> Result<(), String> {
        let state = MachineOf::<T>::step(self.state.clone(), event.clone());
        let state = state.map_err(|illegal| illegal.to_string())?;
        self.log.push(event);
        let version = Version(self.log.len() as u64);
        let before = self.stands.as_ref();
        let stands = standing::<T::Workflow>(&self.stream, &state, version, self.now, before);
        for due in &stands.owed {
            if let Owed::Call { operation, call } = &due.owed
                && !self.calls.iter().any(|(key, ..)| *key == due.key)
            {
                self.calls.push((due.key.clone(), operation.clone(), call.clone()));
            }
        }
        (self.state, self.stands) = (Some(state), Some(stands));
        Ok(())
    }

    fn owes(&self, key: &Key) -> bool {
        self.stands.as_ref().is_some_and(|stands| stands.owed.iter().any(|due| due.key == *key))
    }
}

fn answer<T: Trial>(calls: &[(Key, String, CallOf<T>)], pick: u64, seed: u64) -> Option<Put<T>> {
    let count = u64::try_from(calls.len()).ok().filter(|count| *count > 0)?;
    let (key, operation, call) = calls.get(usize::try_from(pick % count).ok()?)?;
    let answer = sampled(T::answer(call), seed);
    Some(Put::Answer { key: key.clone(), operation: operation.clone(), answer })
}

/// The value that a strategy gives for a seed.
fn sampled<V: std::fmt::Debug>(strategy: BoxedStrategy<V>, seed: u64) -> V {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let tree = strategy.new_tree(&mut runner);
    tree.unwrap_or_else(|reason| panic!("a trial's strategy gives nothing: {reason}")).current()
}
