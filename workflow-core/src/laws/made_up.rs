//! Values made up from nothing but their type's `Deserialize`: it says itself which fields and variants it wants.
//!
//! Every value is a list of choices, the smallest being the plainest, so that a failing one can be made plainer. A text
//! may be refused (a date wants a date): then the next text is tried. Absent: floats other than whole ones, for `NaN` is
//! not equal to itself. `made_up/reader.rs` is the deserializer.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use proptest::strategy::{BoxedStrategy, NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::de::DeserializeOwned;

use crate::machine::{Kind, Machine};

mod reader;

use reader::{Choices, Reader, Source};

/// So many values are begun anew before a type is said to be beyond making up.
const BEGINNINGS_MAX: usize = 64;

/// Events of a kind with any data: odd texts, extreme numbers, empty lists.
pub fn any_event<M: Machine>(kind: M::EventKind) -> BoxedStrategy<M::Event> {
    MadeUp { variant: Some(kind.name()), of: PhantomData }.boxed()
}

/// Values of any type that can be read: odd texts, extreme numbers, empty lists.
pub fn anything<T: DeserializeOwned + Clone + Debug + 'static>() -> BoxedStrategy<T> {
    MadeUp { variant: None, of: PhantomData }.boxed()
}

struct MadeUp<T> {
    variant: Option<&'static str>,
    of: PhantomData<fn() -> T>,
}

impl<T> Debug for MadeUp<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.variant.unwrap_or("anything"))
    }
}

impl<T: DeserializeOwned + Clone + Debug + 'static> MadeUp<T> {
    /// The value of these choices; texts that are refused give way to the next ones.
    fn read(&self, choices: Choices, mut rng: Source<'_>) -> Result<(T, Choices), String> {
        let mut choices = choices;
        let mut refused = 0;
        loop {
            let mut reader = Reader::new(choices, self.variant, rng.as_deref_mut());
            let read = T::deserialize(&mut reader);
            choices = reader.choices();
            match read {
                Ok(value) => return Ok((value, choices)),
                Err(error) => {
                    refused += 1;
                    if refused > reader::TEXTS.len() * 16 || !choices.next_text() {
                        return Err(error.to_string());
                    }
                }
            }
        }
    }
}

impl<T: DeserializeOwned + Clone + Debug + 'static> Strategy for MadeUp<T> {
    type Tree = MadeUpTree<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut problem = String::new();
        for _ in 0..BEGINNINGS_MAX {
            match self.read(Choices::default(), Some(runner.rng())) {
                Ok((value, choices)) => {
                    let of = MadeUp { variant: self.variant, of: PhantomData };
                    return Ok(MadeUpTree {
                        of,
                        value,
                        choices,
                        tried: None,
                        at: 0,
                        how: Plainer::Plainest,
                    });
                }
                Err(error) => problem = error,
            }
        }
        let name = std::any::type_name::<T>();
        Err(format!("{name} cannot be made up ({problem}): give it a strategy of its own").into())
    }
}

/// A value, its choices, and the plainer one being tried.
struct MadeUpTree<T> {
    of: MadeUp<T>,
    value: T,
    choices: Choices,
    tried: Option<(T, Choices)>,
    /// The choice to make plainer next.
    at: usize,
    how: Plainer,
}

/// How a choice is made plainer.
#[derive(Clone, Copy, PartialEq)]
enum Plainer {
    /// To the plainest at once.
    Plainest,
    /// By one.
    ByOne,
}

impl<T: DeserializeOwned + Clone + Debug + 'static> MadeUpTree<T> {
    fn propose(&mut self) -> bool {
        while let Some(choice) = self.choices.get(self.at) {
            let (index, how) = (self.at, self.how);
            let smaller = match how {
                Plainer::Plainest => 0,
                Plainer::ByOne => choice.saturating_sub(1),
            };
            // What comes next if this one does not fail.
            (self.at, self.how) = match how {
                Plainer::Plainest if choice > 1 => (index, Plainer::ByOne),
                Plainer::Plainest | Plainer::ByOne => (index + 1, Plainer::Plainest),
            };
            if choice == 0 || (how == Plainer::ByOne && smaller == 0) {
                continue;
            }
            if let Ok(plainer) = self.of.read(self.choices.with(index, smaller), None)
                && plainer.1.sum() < self.choices.sum()
            {
                self.tried = Some(plainer);
                return true;
            }
        }
        false
    }
}

impl<T: DeserializeOwned + Clone + Debug + 'static> ValueTree for MadeUpTree<T> {
    type Value = T;

    fn current(&self) -> T {
        self.tried.as_ref().map_or(&self.value, |(value, _)| value).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some((value, choices)) = self.tried.take() {
            (self.value, self.choices) = (value, choices);
            // One less still fails: then maybe one less again.
            if self.how == Plainer::Plainest && self.at > 0 {
                (self.at, self.how) = (self.at - 1, Plainer::ByOne);
            }
        }
        self.propose()
    }

    fn complicate(&mut self) -> bool {
        self.tried = None;
        self.propose()
    }
}
