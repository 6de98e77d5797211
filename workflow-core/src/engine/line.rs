//! One instance's line in the index, packed: what lists, signals and timers need of it, in a quarter of a kilobyte.
//!
//! The same bytes are in memory and in a checkpoint. They hold no call and no message, only what those are called: the
//! work itself follows from the state. Read `engine/index.rs` next.

use super::live::Standing;
use crate::id::{Key, StreamId, Version};
use crate::store::shelf::{put_bytes, put_number, take_bytes, take_number};
use crate::time::Timestamp;
use crate::workflow::{Domain, Owed};

const TERMINAL: u64 = 1;
const HAS_TIMER: u64 = 2;
const FORGETS: u64 = 4;
const RESTS: u64 = 8;

/// A packed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line(Box<[u8]>);

/// The same, to be looked at.
pub(super) struct View<'a> {
    /// How many events the instance has.
    pub version: Version,
    pub terminal: bool,
    /// Whether it ended, or waits for nothing of its own.
    pub rests: bool,
    /// Whether it is about somebody whose personal data is forgotten.
    pub forgets: bool,
    /// The state's number among those of its machine.
    pub state: usize,
    pub updated_at: Timestamp,
    pub timer: Option<Timestamp>,
    pub headline: &'a str,
    pub aliases: Vec<&'a str>,
    pub items: Vec<Item<'a>>,
}

/// What the state is owed, without the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A call and the version since which it is owed.
    Call(&'a str, Version),
    /// A message, the version since which it is owed, and whether the receiver's events show it.
    Message(&'a str, Version, Told),
    Signal(&'a str),
    Person(&'a str),
}

/// Whether an event in the log came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Yes,
    NotYet,
}

impl Line {
    /// Packs what follows from a state. `told` says of a message's key whether the log shows it.
    pub fn of<D: Domain>(
        version: Version,
        standing: &Standing<D>,
        told: &dyn Fn(&Key) -> bool,
    ) -> Self {
        let item = |due: &'_ super::live::Due<D>| -> (u64, Vec<u8>) {
            let told = if told(&due.key) { 2 } else { 1 };
            let (kind, text) = match &due.owed {
                Owed::Call { operation, .. } => (0, operation.as_str()),
                Owed::Tell(tell) => (told, tell.operation.as_str()),
                Owed::Signal(name) => (3, *name),
                Owed::Person(reason) => (4, reason.as_str()),
            };
            let mut bytes = Vec::new();
            put_bytes(text.as_bytes(), &mut bytes);
            match &due.owed {
                Owed::Call { .. } | Owed::Tell(_) => put_number(due.key.since().0, &mut bytes),
                Owed::Signal(_) | Owed::Person(_) => {}
            }
            (kind, bytes)
        };
        let mut bytes = Vec::with_capacity(256);
        put_number(version.0, &mut bytes);
        let terminal = if standing.terminal { TERMINAL } else { 0 };
        let rests = if standing.rests { RESTS } else { 0 };
        let timer = standing.timer.map_or(0, |_| HAS_TIMER);
        let forgets = standing.forgotten.as_ref().map_or(0, |_| FORGETS);
        put_number(terminal | rests | timer | forgets, &mut bytes);
        put_number(standing.number as u64, &mut bytes);
        bytes.extend(standing.updated_at.0.to_be_bytes());
        if let Some(at) = standing.timer {
            bytes.extend(at.0.to_be_bytes());
        }
        put_bytes(standing.headline.as_bytes(), &mut bytes);
        put_number(standing.aliases.len() as u64, &mut bytes);
        standing.aliases.iter().for_each(|alias| put_bytes(alias.as_bytes(), &mut bytes));
        for (kind, item) in standing.owed.iter().map(item) {
            put_number(kind, &mut bytes);
            bytes.extend(item);
        }
        Self(bytes.into())
    }

    /// As it stands in a checkpoint; `None` when these bytes are no line.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        View::of(bytes)?;
        Some(Self(bytes.into()))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn view(&self) -> View<'_> {
        View::of(&self.0).expect("a line is checked when it is read and made here otherwise")
    }

    /// The same line with one of its messages told.
    pub fn with_told(&self, stream: &StreamId, key: &Key) -> Self {
        let mut bytes = self.0.clone();
        // Only a number of one byte changes, in place.
        let mut rest = View::before_items(&self.0).unwrap_or_default();
        while !rest.is_empty() {
            let at = self.0.len() - rest.len();
            match Item::take(&mut rest) {
                Some(item @ Item::Message(..)) if item.key(stream).as_ref() == Some(key) => {
                    bytes[at] = 2;
                }
                Some(_) => {}
                None => break,
            }
        }
        Self(bytes)
    }
}

impl<'a> View<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut view = Self::head(&mut &*bytes)?;
        let mut rest = Self::before_items(bytes)?;
        while !rest.is_empty() {
            view.items.push(Item::take(&mut rest)?);
        }
        Some(view)
    }

    fn head(rest: &mut &'a [u8]) -> Option<Self> {
        let (version, flags) = (Version(take_number(rest)?), take_number(rest)?);
        let state = usize::try_from(take_number(rest)?).ok()?;
        let updated_at = take_time(rest)?;
        let timer = if flags & HAS_TIMER == 0 { None } else { Some(take_time(rest)?) };
        let headline = take_text(rest)?;
        let aliases = (0..take_number(rest)?).map(|_| take_text(rest)).collect::<Option<_>>()?;
        let (terminal, rests) = (flags & TERMINAL != 0, flags & RESTS != 0);
        let forgets = flags & FORGETS != 0;
        let items = Vec::new();
        Some(Self {
            version,
            terminal,
            rests,
            forgets,
            state,
            updated_at,
            timer,
            headline,
            aliases,
            items,
        })
    }

    fn before_items(mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        Self::head(&mut bytes)?;
        Some(bytes)
    }

    /// Whether something is to be done for it: a call to make, a message to tell.
    pub fn is_pending(&self) -> bool {
        self.items.iter().any(|item| match item {
            Item::Call(..) | Item::Message(_, _, Told::NotYet) => true,
            Item::Message(_, _, Told::Yes) | Item::Signal(_) | Item::Person(_) => false,
        })
    }

    /// Whether the instance itself is needed when an engine opens: for a message to tell, or because a key of somebody
    /// forgotten may have come back. A call can wait until somebody wants to make it.
    pub fn is_to_fold(&self) -> bool {
        let is_untold = |item: &Item<'_>| matches!(item, Item::Message(_, _, Told::NotYet));
        self.forgets || self.items.iter().any(is_untold)
    }

    /// Whether it can stand on the shelf: it ended or rests, and nothing is left to do, to tell, to decide or to forget.
    pub fn is_at_rest(&self) -> bool {
        let passive = |item: &Item<'_>| match item {
            Item::Message(_, _, Told::Yes) | Item::Signal(_) => true,
            Item::Call(..) | Item::Message(_, _, Told::NotYet) | Item::Person(_) => false,
        };
        self.rests && !self.forgets && self.timer.is_none() && self.items.iter().all(passive)
    }

    /// The keys of the calls that are owed.
    pub fn calls(&self, stream: &StreamId) -> Vec<Key> {
        let call = |item: &Item<'_>| match item {
            Item::Call(..) => item.key(stream),
            Item::Message(..) | Item::Signal(_) | Item::Person(_) => None,
        };
        self.items.iter().filter_map(call).collect()
    }

    /// Whether the receiver's events show the message of that key.
    pub fn has_told(&self, stream: &StreamId, key: &Key) -> bool {
        let told = |item: &&Item<'_>| matches!(item, Item::Message(_, _, Told::Yes));
        self.items.iter().filter(told).any(|item| item.key(stream).as_ref() == Some(key))
    }
}

impl<'a> Item<'a> {
    /// The key of a call or a message.
    pub fn key(&self, stream: &StreamId) -> Option<Key> {
        match self {
            Item::Call(operation, since) | Item::Message(operation, since, _) => {
                Some(Key::of(stream, *since, operation))
            }
            Item::Signal(_) | Item::Person(_) => None,
        }
    }

    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let (kind, text) = (take_number(rest)?, take_text(rest)?);
        Some(match kind {
            0 => Item::Call(text, Version(take_number(rest)?)),
            1 => Item::Message(text, Version(take_number(rest)?), Told::NotYet),
            2 => Item::Message(text, Version(take_number(rest)?), Told::Yes),
            3 => Item::Signal(text),
            4 => Item::Person(text),
            _ => return None,
        })
    }
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(rest)?).ok()
}

fn take_time(rest: &mut &[u8]) -> Option<Timestamp> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(Timestamp(i64::from_be_bytes(*bytes)))
}
