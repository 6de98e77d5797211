//! What binds a record to the one before: gapless positions, the hash, each stream's own counting.
//!
//! Used wherever a log is read from its start: when a store opens and when an auditor verifies. Reads bytes only
//! through `record/frame.rs`; knows no store.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::id::{Position, StreamId, Version};
use crate::record::Hash;
use crate::record::frame::{Frame, FrameError, hash_of};

/// Why a record does not follow the ones before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The bytes are no record.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The record lies where another is expected.
    #[error("the next record is at {found}, expected at {expected}: records are missing")]
    Gap {
        /// The position expected.
        expected: Position,
        /// The position the record lies at.
        found: Position,
    },
    /// The record says that it belongs elsewhere.
    #[error("the record says that it begins at {inside}: it was moved here")]
    Moved {
        /// The position inside the record.
        inside: Position,
    },
    /// The record names another predecessor.
    #[error("the record follows one with hash {named}, but the one before has {actual}")]
    Chain {
        /// The hash the record names.
        named: Hash,
        /// The hash of the record before.
        actual: Hash,
    },
    /// The end that was noted elsewhere is not an end of these records.
    #[error("the log was noted to end at {next} with hash {noted}, but its records {found}")]
    Noted {
        /// The position noted.
        next: Position,
        /// The hash noted.
        noted: Hash,
        /// What they do instead.
        found: String,
    },
    /// The log ends before the end that was noted elsewhere.
    #[error("the log ends here, but was noted to reach to {noted}: its tail was cut")]
    Cut {
        /// The position noted.
        noted: Position,
    },
    /// An event has the wrong version in its stream.
    #[error("the event at {position} has version {found} of its stream, expected {expected}")]
    Version {
        /// The event.
        position: Position,
        /// The version expected.
        expected: Version,
        /// The version found.
        found: Version,
    },
    /// An event's stream has no valid name.
    #[error("the event at {position} has no valid stream name: {problem}")]
    Stream {
        /// The event.
        position: Position,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A walk over records from the first one on, past an end of the log that was noted elsewhere.
#[derive(Debug)]
pub struct Chain {
    next: Position,
    hash: Hash,
    records: u64,
    noted: (Position, Hash),
}

impl Chain {
    /// Before the first record. `next` and `hash` are those of an end that the log is known to have had.
    pub fn towards(next: Position, hash: Hash) -> Self {
        Self { next: Position(0), hash: Hash::GENESIS, records: 0, noted: (next, hash) }
    }

    /// The same walk, taken up at `next`, where the last record had the hash `hash`.
    pub fn resumed(self, next: Position, hash: Hash) -> Self {
        Self { next, hash, ..self }
    }

    /// The position that the next record must begin at.
    pub fn next(&self) -> Position {
        self.next
    }

    /// The hash of the last record; [`Hash::GENESIS`] before the first.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// How many records were accepted.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Takes the record stored at `at`; the walk goes on behind it. After an error the walk is where it was.
    pub fn accept<'a>(&mut self, at: Position, bytes: &'a [u8]) -> Result<Frame<'a>, Broken> {
        if at != self.next {
            return Err(Broken::Gap { expected: self.next, found: at });
        }
        let frame = Frame::decode(bytes)?;
        if frame.first != at {
            return Err(Broken::Moved { inside: frame.first });
        }
        if frame.previous != self.hash {
            return Err(Broken::Chain { named: frame.previous, actual: self.hash });
        }
        let (next, hash) = (frame.next(), hash_of(bytes));
        if at < self.noted.0 {
            self.check_noted(next, hash)?;
        }
        (self.next, self.hash, self.records) = (next, hash, self.records + 1);
        Ok(frame)
    }

    /// Says that there are no more records.
    pub fn finish(&self) -> Result<(), Broken> {
        if self.next < self.noted.0 {
            return Err(Broken::Cut { noted: self.noted.0 });
        }
        if self.noted.0 == Position(0) {
            self.check_noted(Position(0), Hash::GENESIS)?;
        }
        Ok(())
    }

    fn check_noted(&self, next: Position, hash: Hash) -> Result<(), Broken> {
        let (end, noted) = self.noted;
        let broken = |found| Err(Broken::Noted { next: end, noted, found });
        match next.cmp(&end) {
            Ordering::Less => Ok(()),
            Ordering::Equal if hash == noted => Ok(()),
            Ordering::Equal => broken(format!("have {hash} there")),
            Ordering::Greater => broken("have no end there".to_owned()),
        }
    }
}

/// Checks each event's stream: a valid name, versions 1, 2, 3 and so on. About 100 bytes a stream.
#[derive(Debug, Default)]
pub struct Streams(HashMap<Box<str>, Version>);

impl Streams {
    /// Checks a record's events.
    pub fn accept(&mut self, frame: &Frame<'_>) -> Result<(), Broken> {
        for event in &frame.events {
            let position = event.position;
            let version = match self.0.get_mut(event.stream) {
                Some(version) => version,
                None => {
                    check_name(event.stream, position)?;
                    self.0.entry(event.stream.into()).or_default()
                }
            };
            follows(position, *version, event.version)?;
            *version = event.version;
        }
        Ok(())
    }
}

/// Checks that a stream's name is one.
pub(crate) fn check_name(name: &str, position: Position) -> Result<(), Broken> {
    match StreamId::parse(name) {
        Ok(_) => Ok(()),
        Err(e) => Err(Broken::Stream { position, problem: e.problem }),
    }
}

/// Checks that `found` is the version after `last`.
pub(crate) fn follows(position: Position, last: Version, found: Version) -> Result<(), Broken> {
    let expected = last.plus(1);
    if found == expected { Ok(()) } else { Err(Broken::Version { position, expected, found }) }
}
