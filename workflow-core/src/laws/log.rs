//! Strategies of legal logs: their events' names, or whole events; smaller ones are legal too.
//!
//! The length comes first, each possible one with the same chance, then a log of that length, each with the same
//! chance. Read `shrink.rs` for what is tried once a log fails.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use proptest::strategy::{BoxedStrategy, NewTree, Strategy, ValueTree};
use proptest::test_runner::{Reason, TestRunner};

use super::language::{Ends, Language, below};
use super::shrink::{Proposal, Shrink};
use crate::machine::Machine;

/// How an event of a kind is made up.
type Data<M> = dyn Fn(<M as Machine>::EventKind) -> BoxedStrategy<<M as Machine>::Event>;

/// Legal logs of `M` with up to `longest` events, by the names of their events.
pub fn words<M: Machine>(longest: usize, ends: Ends) -> Words<M> {
    Words { language: Arc::new(Language::up_to(longest, ends)) }
}

/// Legal logs of `M` with up to `longest` events, `data` making up what is in them.
pub fn logs<M: Machine>(
    longest: usize,
    ends: Ends,
    data: impl Fn(M::EventKind) -> BoxedStrategy<M::Event> + 'static,
) -> Logs<M> {
    Logs { words: words(longest, ends), data: Rc::new(data) }
}

/// See [`words`].
pub struct Words<M: Machine> {
    language: Arc<Language<M>>,
}

/// See [`logs`].
pub struct Logs<M: Machine> {
    words: Words<M>,
    data: Rc<Data<M>>,
}

impl<M: Machine> fmt::Debug for Words<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words of {}", M::NAME)
    }
}

impl<M: Machine> fmt::Debug for Logs<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logs of {}", M::NAME)
    }
}

impl<M: Machine> Words<M> {
    fn draw(&self, runner: &mut TestRunner) -> Result<Vec<M::EventKind>, Reason> {
        let lengths = self.language.lengths();
        let pick = below(lengths.len() as u128, runner.rng());
        let length = pick.and_then(|pick| lengths.get(usize::try_from(pick).ok()?));
        let log = length.and_then(|length| self.language.draw(*length, runner.rng()));
        log.ok_or_else(|| format!("{} has no log that short", M::NAME).into())
    }
}

impl<M: Machine> Strategy for Words<M> {
    type Tree = WordTree<M>;
    type Value = Vec<M::EventKind>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let log = self.draw(runner)?;
        Ok(WordTree { shrink: Shrink::new(Arc::clone(&self.language), log), trial: None })
    }
}

/// A log's names and the smaller ones to try.
pub struct WordTree<M: Machine> {
    shrink: Shrink<M>,
    trial: Option<Proposal<M>>,
}

impl<M: Machine> fmt::Debug for WordTree<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WordTree").field(&self.current()).finish()
    }
}

impl<M: Machine> ValueTree for WordTree<M> {
    type Value = Vec<M::EventKind>;

    fn current(&self) -> Vec<M::EventKind> {
        match &self.trial {
            Some(trial) => trial.iter().map(|(kind, _)| *kind).collect(),
            None => self.shrink.best().to_vec(),
        }
    }

    fn simplify(&mut self) -> bool {
        if let Some(failed) = self.trial.take() {
            self.shrink.accept(&failed);
        }
        self.trial = self.shrink.propose();
        self.trial.is_some()
    }

    fn complicate(&mut self) -> bool {
        self.trial = self.shrink.propose();
        self.trial.is_some()
    }
}

/// An event's data; shared by the logs that keep the event.
type Datum<M> = Rc<RefCell<Box<dyn ValueTree<Value = <M as Machine>::Event>>>>;

impl<M: Machine> Strategy for Logs<M> {
    type Tree = LogTree<M>;
    type Value = Vec<M::Event>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let words = self.words.new_tree(runner)?;
        let datum = |kind| made_up::<M>(&*self.data, kind, runner);
        let best = words.current().into_iter().map(datum).collect::<Result<_, _>>()?;
        let runner =
            RefCell::new(TestRunner::new_with_rng(runner.config().clone(), runner.new_rng()));
        let data = Rc::clone(&self.data);
        Ok(LogTree { words, best, trial: None, data, runner, at: None })
    }
}

fn made_up<M: Machine>(
    data: &Data<M>,
    kind: M::EventKind,
    runner: &mut TestRunner,
) -> Result<Datum<M>, Reason> {
    Ok(Rc::new(RefCell::new(data(kind).new_tree(runner)?)))
}

/// A log and the smaller ones to try: first fewer events, then plainer data.
pub struct LogTree<M: Machine> {
    words: WordTree<M>,
    best: Vec<Datum<M>>,
    trial: Option<Vec<Datum<M>>>,
    data: Rc<Data<M>>,
    runner: RefCell<TestRunner>,
    /// The event whose data is being made plainer, once the events are as few as can be.
    at: Option<usize>,
}

impl<M: Machine> fmt::Debug for LogTree<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogTree").field(&self.current()).finish()
    }
}

impl<M: Machine> LogTree<M> {
    /// The proposed log's data: what it keeps of the best one, and made up where an event is new.
    fn try_fewer(&mut self, proposed: bool) -> bool {
        self.trial = self.words.trial.as_ref().filter(|_| proposed).and_then(|proposal| {
            let datum = |(kind, from): &(M::EventKind, Option<usize>)| match from {
                Some(from) => self.best.get(*from).cloned(),
                None => made_up::<M>(&*self.data, *kind, &mut self.runner.borrow_mut()).ok(),
            };
            proposal.iter().map(datum).collect()
        });
        self.trial.is_some() || self.try_plainer(0)
    }

    /// Makes the data of the event at `index`, or of a later one, plainer.
    fn try_plainer(&mut self, index: usize) -> bool {
        let plainer = |index: &usize| self.best[*index].borrow_mut().simplify();
        let found = (index..self.best.len()).find(plainer);
        self.at = Some(found.unwrap_or(self.best.len()));
        found.is_some()
    }
}

impl<M: Machine> ValueTree for LogTree<M> {
    type Value = Vec<M::Event>;

    fn current(&self) -> Vec<M::Event> {
        let log = self.trial.as_ref().unwrap_or(&self.best);
        log.iter().map(|datum| datum.borrow().current()).collect()
    }

    fn simplify(&mut self) -> bool {
        if let Some(at) = self.at {
            return self.try_plainer(at);
        }
        if let Some(failed) = self.trial.take() {
            self.best = failed;
        }
        let proposed = self.words.simplify();
        self.try_fewer(proposed)
    }

    fn complicate(&mut self) -> bool {
        match self.at {
            Some(at) if at < self.best.len() => {
                self.best[at].borrow_mut().complicate() || self.try_plainer(at + 1)
            }
            Some(_) => false,
            None => {
                let proposed = self.words.complicate();
                self.try_fewer(proposed)
            }
        }
    }
}
