//! A workflow instance in memory: its state and what follows from it.

use std::any::Any;
use std::sync::Arc;

use crate::id::{Key, StreamId, Version};
use crate::machine::{Kind, Machine};
use crate::seal::Subject;
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed, Workflow};

/// One instance, folded from its events.
pub(crate) struct Live<D: Domain> {
    /// The state, of the type that its workflow knows.
    pub state: Box<dyn Any + Send + Sync>,
    /// How many events led to it.
    pub version: Version,
    /// What follows from the state.
    pub standing: Arc<Standing<D>>,
}

/// What follows from a state: the engine's indexes hold this and nothing else of an instance.
pub(crate) struct Standing<D: Domain> {
    /// The state's name.
    pub state: &'static str,
    /// Its number among the machine's states.
    pub number: usize,
    /// Whether the log may end here for good.
    pub terminal: bool,
    /// Whether it ended, or rests: its line need not be in memory while nothing is to be done for it.
    pub rests: bool,
    /// The moment of the last event.
    pub updated_at: Timestamp,
    /// What a person should read beside the state's name.
    pub headline: String,
    /// The outside names by which the instance is found.
    pub aliases: Vec<String>,
    /// What the state is owed.
    pub owed: Vec<Due<D>>,
    /// When it wants its timer.
    pub timer: Option<Timestamp>,
    /// Whose personal data is to be forgotten.
    pub forgotten: Option<Subject>,
}

impl<D: Domain> Standing<D> {
    /// What follows from a state that has been owed this since its keys' versions.
    pub fn of<W: Workflow<Domain = D>>(
        stream: &StreamId,
        state: &<W::Machine as Machine>::State,
        updated_at: Timestamp,
        owed: Vec<Due<D>>,
    ) -> Self {
        let kind = W::Machine::state_kind(state);
        Self {
            state: kind.name(),
            number: kind.index(),
            terminal: W::Machine::TERMINAL.contains(&kind),
            rests: W::Machine::TERMINAL.contains(&kind) || W::rests(state),
            updated_at,
            headline: W::headline(state),
            aliases: W::aliases(state),
            owed,
            timer: W::due(state),
            forgotten: W::forgotten(stream, state),
        }
    }

    /// Whether nothing follows from the instance any more.
    pub fn is_over(&self) -> bool {
        self.terminal && self.owed.is_empty() && self.timer.is_none()
    }
}

impl<D: Domain> Clone for Standing<D> {
    fn clone(&self) -> Self {
        Self {
            state: self.state,
            number: self.number,
            terminal: self.terminal,
            rests: self.rests,
            updated_at: self.updated_at,
            headline: self.headline.clone(),
            aliases: self.aliases.clone(),
            owed: self.owed.clone(),
            timer: self.timer,
            forgotten: self.forgotten.clone(),
        }
    }
}

/// One obligation and since when it has stood unchanged.
pub(crate) struct Due<D: Domain> {
    /// Its stable key.
    pub key: Key,
    /// The obligation.
    pub owed: Owed<D::Call>,
    /// The moment of the event since which it is owed.
    pub since: Timestamp,
}

impl<D: Domain> Clone for Due<D> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), owed: self.owed.clone(), since: self.since }
    }
}

/// Works out what follows from `state`. An obligation that the state before had too, word for word, keeps its
/// key: the key is a function of the log alone.
pub(crate) fn standing<W: Workflow>(
    stream: &StreamId,
    state: &<W::Machine as Machine>::State,
    version: Version,
    at: Timestamp,
    before: Option<&Standing<W::Domain>>,
) -> Standing<W::Domain> {
    let earlier = before.map_or(&[][..], |before| &before.owed);
    let owed = W::react(stream, state)
        .into_iter()
        .map(|owed| match earlier.iter().find(|due| due.owed == owed) {
            Some(due) => Due { key: due.key.clone(), owed, since: due.since },
            None => Due { key: Key::of(stream, version, operation(&owed)), owed, since: at },
        })
        .collect();
    Standing::of::<W>(stream, state, at, owed)
}

/// The name of an obligation within its state.
pub(crate) fn operation<C>(owed: &Owed<C>) -> &str {
    match owed {
        Owed::Call { operation, .. } => operation,
        Owed::Tell(tell) => &tell.operation,
        Owed::Signal(_) => "signal",
        Owed::Person(_) => "person",
    }
}
