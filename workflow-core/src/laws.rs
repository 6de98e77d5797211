//! The laws that every workflow keeps, in one line each; feature `testing`.
//!
//! They are tried on two kinds of logs. *Legal logs* are words of the machine's table, drawn uniformly, with made-up
//! data: whatever the table allows must replay, whether or not today's `decide` writes it. *Lives* are logs that the
//! real `decide` writes, from random inputs, answers, late answers and timers. A [`Trial`] says what the laws need to
//! know of a workflow; [`laws!`](crate::laws!) makes one test of each law, so that a breach has a name.
//!
//! ```
//! use proptest::prelude::*;
//! use workflow_core::id::StreamId;
//! use workflow_core::laws::{self, AnswerOf, CallOf, InputOf, StateOf, Trial};
//! use workflow_core::time::Timestamp;
//! # use serde::{Deserialize, Serialize};
//! # use workflow_core::workflow::{Answered, Context, Domain, Owed, Rejection, Workflow};
//! #
//! # #[workflow_core::machine]
//! # mod lamp {
//! #     use serde::{Deserialize, Serialize};
//! #     #[derive(Clone, Debug, PartialEq)]
//! #     pub enum State { Dark, Lit, #[terminal] Broken }
//! #     #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! #     pub enum Event { Hung, Lighted { watts: u32 }, Doused, Broke }
//! #     use {Event::*, State::*};
//! #     fn begin(event: Event) -> Option<State> {
//! #         match event { Hung => Some(Dark), _ => None }
//! #     }
//! #     fn evolve(state: State, event: Event) -> Option<State> {
//! #         match (state, event) {
//! #             (Dark, Lighted { .. }) => Some(Lit),
//! #             (Lit, Doused) => Some(Dark),
//! #             (Dark | Lit, Broke) => Some(Broken),
//! #             _ => None,
//! #         }
//! #     }
//! # }
//! # struct House;
//! # impl Domain for House {
//! #     type Call = ();
//! #     type Answer = ();
//! #     type Rules = ();
//! # }
//! # #[derive(Clone, Debug, Serialize, Deserialize)]
//! # enum Input { Hang, Light { watts: u32 }, Douse, Break }
//! # struct Lamp;
//! # impl Workflow for Lamp {
//! #     type Domain = House;
//! #     type Machine = lamp::Machine;
//! #     type Input = Input;
//! #     fn decide(
//! #         state: Option<&lamp::State>,
//! #         input: Input,
//! #         _: &Context<'_, ()>,
//! #     ) -> Result<Vec<lamp::Event>, Rejection> {
//! #         use lamp::{Event, State};
//! #         Ok(match (state, input) {
//! #             (None, Input::Hang) => vec![Event::Hung],
//! #             (Some(State::Dark), Input::Light { watts }) => vec![Event::Lighted { watts }],
//! #             (Some(State::Lit), Input::Douse) => vec![Event::Doused],
//! #             (Some(State::Dark | State::Lit), Input::Break) => vec![Event::Broke],
//! #             (_, _) => Vec::new(),
//! #         })
//! #     }
//! #     fn react(_: &StreamId, state: &lamp::State) -> Vec<Owed<()>> {
//! #         match state {
//! #             lamp::State::Dark | lamp::State::Lit => vec![Owed::Signal("a hand")],
//! #             lamp::State::Broken => Vec::new(),
//! #         }
//! #     }
//! #     fn answered(_: Answered<()>) -> Input { Input::Douse }
//! #     fn input_name(_: &Input) -> &'static str { "input" }
//! #     fn headline(_: &lamp::State) -> String { String::new() }
//! # }
//!
//! /// What the laws need to know of the workflow `Lamp`.
//! struct OfLamp;
//!
//! impl Trial for OfLamp {
//!     type Workflow = Lamp;
//!
//!     fn stream() -> StreamId {
//!         StreamId::parse("lamp/main/1").expect("a stream's name")
//!     }
//!
//!     fn rules() {}
//!
//!     // The owed calls' answers; this one owes none.
//!     fn answer(_: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>> {
//!         Just(()).boxed()
//!     }
//! }
//!
//! // In a test file: `workflow_core::laws!(lamp: OfLamp);`
//! laws::hold::<OfLamp>().expect("a lamp keeps the laws");
//! ```

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestError, TestRng, TestRunner};

use crate::id::StreamId;
use crate::machine::{Kind, Machine};
use crate::time::Timestamp;
use crate::workflow::{Domain, Workflow};

mod judge;
mod language;
mod life;
mod log;
mod made_up;
mod shrink;
#[cfg(test)]
mod tests;

pub use judge::Breach;
pub use language::{Ends, Language, walk};
pub use log::{LogTree, Logs, WordTree, Words, logs, words};
pub use made_up::{any_event, anything};

/// The machine of a trial's workflow.
pub type MachineOf<T> = <<T as Trial>::Workflow as Workflow>::Machine;
/// Its states.
pub type StateOf<T> = <MachineOf<T> as Machine>::State;
/// Its events.
pub type EventOf<T> = <MachineOf<T> as Machine>::Event;
/// Its events' names.
pub type KindOf<T> = <MachineOf<T> as Machine>::EventKind;
/// Its inputs.
pub type InputOf<T> = <<T as Trial>::Workflow as Workflow>::Input;
/// What it may be owed.
pub type CallOf<T> = <<<T as Trial>::Workflow as Workflow>::Domain as Domain>::Call;
/// What may come of that.
pub type AnswerOf<T> = <<<T as Trial>::Workflow as Workflow>::Domain as Domain>::Answer;

/// What the laws need to know of a workflow. Only what no type says must be given.
pub trait Trial: Sized + 'static {
    /// The workflow on trial.
    type Workflow: Workflow;

    /// The stream that its instance has.
    fn stream() -> StreamId;

    /// The rules by which it judges.
    fn rules() -> <<Self::Workflow as Workflow>::Domain as Domain>::Rules;

    /// What may come of a call, the odd answers included.
    fn answer(call: &CallOf<Self>) -> BoxedStrategy<AnswerOf<Self>>;

    /// What it may be told in a state, besides answers and its timer: also what does not fit there. Ids come best from
    /// a small set, so that they meet again. By default anything that its type can hold.
    fn input(state: Option<&StateOf<Self>>) -> BoxedStrategy<InputOf<Self>> {
        let _ = state;
        anything()
    }

    /// The data of an event in a legal log. By default anything that its type can hold.
    fn event(kind: KindOf<Self>) -> BoxedStrategy<EventOf<Self>> {
        any_event::<MachineOf<Self>>(kind)
    }

    /// The moment at which a life begins.
    fn start() -> Timestamp {
        Timestamp::from_secs(1_774_267_200)
    }

    /// Why an input may change something each time it is given, one right after the other; `None`, the usual, when it
    /// may not. `before` is the state at the first time.
    fn repeats(before: Option<&StateOf<Self>>, input: &InputOf<Self>) -> Option<&'static str> {
        let _ = (before, input);
        None
    }

    /// Events that no life has: `decide` no longer writes them, and old logs hold them.
    fn retired() -> &'static [KindOf<Self>] {
        &[]
    }
}

/// One thing that every workflow keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// `begin` and `evolve` do what the table says, no more and no less.
    Replay,
    /// What is logged is read back as it was.
    Storage,
    /// A state kept half-way is as good as the log that led to it.
    Resumption,
    /// `decide` yields only what `evolve` accepts.
    Decision,
    /// Duplicates are harmless.
    Repetition,
    /// Nothing stands still with nobody to move it.
    Waiting,
    /// What a state owes can be told apart.
    Naming,
    /// The laws speak of every event: some life has it.
    Reach,
}

impl Law {
    /// All of them.
    pub const ALL: [Law; 8] = [
        Law::Replay,
        Law::Storage,
        Law::Resumption,
        Law::Decision,
        Law::Repetition,
        Law::Waiting,
        Law::Naming,
        Law::Reach,
    ];
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Law::Replay => "legal logs replay and agree with the table",
            Law::Storage => "every logged event survives encode and decode",
            Law::Resumption => "a prefix and then the rest lead where the whole log leads",
            Law::Decision => "decide never yields what evolve refuses",
            Law::Repetition => "the same input twice changes nothing the second time",
            Law::Waiting => {
                "every state that is no end has something owed, due, awaited or on a desk"
            }
            Law::Naming => "what one state owes has different names",
            Law::Reach => "every event happens in some life",
        })
    }
}

/// Makes one test of each law for a [`Trial`]: `laws!(placement: OfPlacement);` makes a module `placement` of tests.
#[macro_export]
macro_rules! laws {
    ($name:ident: $trial:ty) => {
        mod $name {
            #[allow(unused_imports, reason = "the trial may be named by a path")]
            use super::*;
            $crate::laws!(@ $trial,
                legal_logs_replay_and_agree_with_the_table: Replay,
                every_logged_event_survives_encode_and_decode: Storage,
                a_prefix_and_the_rest_are_the_whole: Resumption,
                decide_never_yields_what_evolve_refuses: Decision,
                the_same_input_twice_changes_nothing_the_second_time: Repetition,
                every_state_that_is_no_end_waits_for_something: Waiting,
                what_one_state_owes_has_different_names: Naming,
                every_event_happens_in_some_life: Reach,
            );
        }
    };
    (@ $trial:ty, $($test:ident: $law:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            if let Err(breach) = $crate::laws::holds::<$trial>($crate::laws::Law::$law) {
                panic!("{breach}");
            }
        })*
    };
}

/// The longest legal log that is tried.
const LOG_MAX: usize = 24;

/// The most deeds of a life that is tried.
const DEEDS_MAX: usize = 48;

/// So many logs, and lives, are tried where `PROPTEST_CASES` says nothing else.
const CASES: u32 = 64;

/// So many lives are looked through for events, always the same ones.
const LIVES_MAX: u32 = 2_000;

/// Whether all laws hold; else the first breach.
pub fn hold<T: Trial>() -> Result<(), Breach> {
    Law::ALL.into_iter().try_for_each(holds::<T>)
}

/// Whether one law holds; else the smallest breach that was found.
pub fn holds<T: Trial>(law: Law) -> Result<(), Breach> {
    match law {
        Law::Replay => {
            let others = || {
                let each = KindOf::<T>::ALL.iter().map(|kind| T::event(*kind));
                each.collect::<Vec<_>>()
            };
            let judge =
                |(log, others): &(Vec<_>, Vec<_>)| judge::replays::<MachineOf<T>>(log, others);
            tried(law, (legal::<T>(), others()), judge)?;
            on_lives::<T>(law, |log| judge::replays::<MachineOf<T>>(log, &[]))
        }
        Law::Storage => {
            tried(law, legal::<T>(), |log| judge::survives::<MachineOf<T>>(log))?;
            on_lives::<T>(law, judge::survives::<MachineOf<T>>)
        }
        Law::Resumption => {
            let cut = any::<prop::sample::Index>();
            let judge = |(log, cut): &(Vec<_>, prop::sample::Index)| {
                judge::resumes::<MachineOf<T>>(log, cut.index(log.len() + 1))
            };
            tried(law, (legal::<T>(), cut), judge)?;
            on_lives::<T>(law, |log| judge::resumes::<MachineOf<T>>(log, log.len() / 2))
        }
        Law::Decision | Law::Repetition | Law::Waiting | Law::Naming => {
            on_lives::<T>(law, |_| Ok(()))
        }
        Law::Reach => reaches::<T>(),
    }
}

/// The beginnings of legal logs, with data.
fn legal<T: Trial>() -> Logs<MachineOf<T>> {
    logs::<MachineOf<T>>(LOG_MAX, Ends::Anywhere, T::event)
}

fn on_lives<T: Trial>(
    law: Law,
    judge: impl Fn(&[EventOf<T>]) -> judge::Judged,
) -> Result<(), Breach> {
    tried(law, life::deeds(DEEDS_MAX), |deeds| judge(&judge::lives::<T>(law, deeds)?))
}

/// Tries a judgement on many values, and makes the one that breaks it small.
fn tried<S: Strategy>(
    law: Law,
    strategy: S,
    judge: impl Fn(&S::Value) -> judge::Judged,
) -> Result<(), Breach> {
    let result = TestRunner::new(config())
        .run(&strategy, |value| judge(&value).map_err(|breach| TestCaseError::fail(breach.what)));
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, value)) => {
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(&value))) {
                Ok(Err(breach)) => Err(breach),
                Ok(Ok(())) => panic!("{law}: failed once, and not again ({reason}): {value:?}"),
                Err(_) => panic!("{law}: the workflow panics ({reason}) on {value:#?}"),
            }
        }
        Err(TestError::Abort(reason)) => panic!("the laws could not be tried: {reason}"),
    }
}

/// `PROPTEST_CASES` is honoured. Under CI always the same cases, unless `PROPTEST_RNG_SEED` says otherwise: there a
/// change is judged, not luck; so are the planted mistakes of this crate's own tests. Elsewhere new ones each time.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    let usual = Config {
        cases: cases.unwrap_or(CASES),
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let is_fixed = cfg!(test) || std::env::var_os("CI").is_some();
    let rng_seed = match (usual.rng_seed, is_fixed) {
        (RngSeed::Random, true) => RngSeed::Fixed(1099),
        (seed, _) => seed,
    };
    Config { rng_seed, ..usual }
}

/// Every event happens in some life, so that the other laws are no empty words.
fn reaches<T: Trial>() -> Result<(), Breach> {
    let retired: BTreeSet<KindOf<T>> = T::retired().iter().copied().collect();
    let mut missing: BTreeSet<KindOf<T>> = KindOf::<T>::ALL.iter().copied().collect();
    let breach = |what: String| {
        let machine = MachineOf::<T>::NAME;
        Err(Breach { law: Law::Reach, machine, step: 0, what, log: Vec::new() })
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..LIVES_MAX {
        if missing == retired {
            return Ok(());
        }
        let Ok(deeds) = life::deeds(DEEDS_MAX).new_tree(&mut runner) else { break };
        for event in judge::lives::<T>(Law::Reach, &deeds.current())? {
            let kind = MachineOf::<T>::event_kind(&event);
            if retired.contains(&kind) {
                return breach(format!("{kind:?} is called retired, and `decide` yields it"));
            }
            missing.remove(&kind);
        }
    }
    if missing == retired {
        return Ok(());
    }
    missing.retain(|kind| !retired.contains(kind));
    breach(format!("these never happened in {LIVES_MAX} lives: {missing:?}"))
}
