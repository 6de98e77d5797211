//! The log's port: what the engine asks of a store. Synchronous and batch-first.
//!
//! A store keeps one totally ordered, append-only log of events and a few named cursors. Everything else is an
//! index over the log and lives in the engine. `store/memory.rs` is for tests and replay, `store/sled.rs` is the
//! embedded default, `store/postgres.rs` serves several runners. `store/contract.rs` holds the suite that every store must pass.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::id::{Position, StreamId, Version};
use crate::record::{Hash, NewEvent, Recorded};

#[cfg(any(test, feature = "testing"))]
pub mod ailing;
mod continued;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
#[cfg(any(test, feature = "testing"))]
pub mod gate;
pub mod memory;
mod packed;
mod plan;
#[cfg(feature = "postgres")]
pub mod postgres;
pub(crate) mod read;
pub(crate) mod shelf;
pub mod sled;
mod streams;
pub mod wrapper;

/// Events for one stream, to be appended if the stream is at the expected version.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// The version the stream must be at.
    pub expected: Version,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
}

/// Where appended events came to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of the first of them; the others follow without gap.
    pub first: Position,
    /// The stream's version afterwards.
    pub version: Version,
}

/// An append refused because the stream is not at the expected version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream} is at version {actual}, expected {expected}")]
pub struct Conflict {
    /// The stream.
    pub stream: StreamId,
    /// The version it is at.
    pub actual: Version,
    /// The version the append expected.
    pub expected: Version,
}

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The position that the next event will get.
    pub next: Position,
    /// The hash of the last record; [`Hash::GENESIS`] when the log is empty.
    pub hash: Hash,
}

/// Why a store could not do what it was asked. After an error of `append` nothing may be assumed: the engine stops.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the database under the store failed.
    #[error("{action} failed")]
    Io {
        /// What was being done, as a verb with its object.
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no space left on the disk under the store.
    #[error(
        "{action} failed: the disk of {path} is full; free space there, then start again \
         (nothing that was acknowledged is lost)"
    )]
    Full {
        /// What was being done, as a verb with its object.
        action: &'static str,
        /// The store's directory.
        path: String,
    },
    /// What is on disk is not what was written.
    #[error("the log is damaged at position {position}: {problem}")]
    Damaged {
        /// The first position that cannot be trusted.
        position: Position,
        /// What is wrong.
        problem: String,
    },
    /// A finished record does not continue the log; nothing was appended.
    #[error("the record does not continue the log at position {position}: {problem}")]
    Unfit {
        /// The log's end, or that of the records of the same group before it.
        position: Position,
        /// What is wrong.
        problem: String,
    },
    /// Another process has the store open.
    #[error("{path} is in use by {holder}")]
    InUse {
        /// The store's directory.
        path: String,
        /// Who holds it, as far as is known.
        holder: String,
    },
    /// The store was written by another version of this program.
    #[error("{path} has format {found}; this program reads format {known}: {advice}")]
    Format {
        /// The store's directory.
        path: String,
        /// The format found.
        found: String,
        /// The format known.
        known: String,
        /// What to do.
        advice: &'static str,
    },
    /// Somebody else has been given the right to write to this log: whoever carries the older fence must stop.
    #[error(
        "shard {shard} was given to another runner: its fence is {newest}, this one carries {carried}"
    )]
    Fenced {
        /// The log.
        shard: u16,
        /// The fence that the refused write carried.
        carried: u64,
        /// The newest that was given out.
        newest: u64,
    },
}

/// The disk under the store is nearly full: what is there already can still be brought to its end, nothing new is
/// taken. It passes by itself once there is room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the disk of {path} has {free_bytes} bytes left; inputs are taken again from {needed_bytes} bytes on: free space \
     there"
)]
pub struct NoRoom {
    /// The store's directory.
    pub path: String,
    /// What is left to this process.
    pub free_bytes: u64,
    /// What must be left.
    pub needed_bytes: u64,
}

/// A log of events. Shared by threads; only one of them, the engine's writer, appends.
pub trait Store: Send + Sync + 'static {
    /// Appends each item whose stream is at the expected version. An item may expect what an earlier one of the
    /// same group leads to. All accepted items are durable when the call returns. If it does not return, because the
    /// process or the power is gone, the log may hold the first of them, each whole, and not the rest.
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError>;

    /// Appends finished records byte for byte, as another store gave them: for restoring and moving a log, never for
    /// an engine at work. The first must continue the log (its position, the hash before it, each stream's version),
    /// each other the one before. All are durable when the call returns; with [`StoreError::Unfit`] none is.
    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError>;

    /// The events of one stream after version `after`, in order. Empty for an unknown stream.
    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError>;

    /// Gives every event from position `from` on, in order and without gaps, until `each` breaks.
    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Gives every record whose events reach to `from` or beyond as its stored bytes, in order, until `each` breaks.
    /// Checks nothing: that is what an auditor does with them. The position is that of the record's first event.
    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// The end of the log.
    fn head(&self) -> Head;

    /// A small named value that is not part of the log: how far a poll has come, for example.
    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// All named values, as they stood together at one moment.
    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError>;

    /// Sets a small named value; durable when the call returns.
    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// A directory beside the log for files that can be thrown away, where the store has one.
    fn index_dir(&self) -> Option<PathBuf> {
        None
    }

    /// Writes down what opening would otherwise read out of the log; a store without such a place does nothing. A
    /// store also does this by itself as its log grows, and at a stop.
    fn checkpoint(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether there is room for anything new, and for so many bytes beside it. Cheap: asked before every input. A store
    /// without limits has room.
    fn room(&self, more_bytes: u64) -> Result<(), NoRoom> {
        let _ = more_bytes;
        Ok(())
    }
}
