//! A log from one store into another: the same records at the same positions, with the same hashes, and the cursors.
//!
//! Any store to any other. Cut short, it goes on where the target ends, after seeing that the source had that end too; so
//! a second run also brings over what the source has gained since. That nobody else writes to either meanwhile, and when
//! the target is used, are the caller's part.

use std::ops::ControlFlow;

use crate::audit::{self, Damage, Extent, Verified};
use crate::id::Position;
use crate::store::{Head, Store, StoreError};

/// So many bytes of records become durable together.
const GROUP_BYTES: usize = 1024 * 1024;

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The target holds the log up to here.
    Copied(Position),
    /// The target was read back and checked up to here.
    Verified(Position),
}

/// What a migration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Where the target ended before: 0 for an empty one.
    pub from: Position,
    /// How many cursors were set.
    pub cursors: usize,
    /// The whole target, read back and checked.
    pub verified: Verified,
}

/// Why a log was not brought over. What the target has by then is a beginning of the source's log.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The target goes further than the source.
    #[error(
        "the target is ahead: it ends at position {target}, the source at {source_end}; it was worked on, or the two \
         were exchanged"
    )]
    Ahead {
        /// Where the target ends.
        target: Position,
        /// Where the source ends.
        source_end: Position,
    },
    /// The target is not a beginning of the source's log.
    #[error("the target holds another log: {0}")]
    Differs(Damage),
    /// The source is not as it was written.
    #[error("the source is damaged at position {position}: {problem}")]
    Source {
        /// The first position that cannot be trusted.
        position: Position,
        /// What is wrong.
        problem: String,
    },
    /// What was read back from the target is not what was given to it.
    #[error("the target, read back: {0}")]
    Target(Damage),
    /// One of the stores failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the target to where the source ended when this was called, with all its cursors, and reads it back.
pub fn migrate(
    source: &dyn Store,
    target: &dyn Store,
    progress: &mut dyn FnMut(Step),
) -> Result<Migrated, MigrateError> {
    // Before the log's end is fixed: a mark is never ahead of the log.
    let cursors = source.cursors()?;
    let (end, before) = (source.head(), target.head());
    check_begins(source, end, before)?;
    copy(source, target, end, progress)?;
    let verified = audit::verify(target, &mut |at| progress(Step::Verified(at)));
    let verified = verified.map_err(MigrateError::Target)?;
    if verified.head != end {
        let problem = "it does not end as the source does".to_owned();
        return Err(MigrateError::Target(Damage { position: verified.head.next, problem }));
    }
    for (name, value) in &cursors {
        target.set_cursor(name, value)?;
    }
    Ok(Migrated { from: before.next, cursors: cursors.len(), verified })
}

/// Whether the target's log is a beginning of the source's.
fn check_begins(source: &dyn Store, end: Head, target: Head) -> Result<(), MigrateError> {
    if target.next > end.next {
        return Err(MigrateError::Ahead { target: target.next, source_end: end.next });
    }
    let Some(last) = target.next.0.checked_sub(1) else { return Ok(()) };
    let last = Position(last);
    let extent = Extent { from: last, to: Some(last), ends: vec![target] };
    audit::verify_extent(source, &extent, &mut |_| {}).map_err(MigrateError::Differs).map(drop)
}

fn copy(
    source: &dyn Store,
    target: &dyn Store,
    end: Head,
    progress: &mut dyn FnMut(Step),
) -> Result<(), MigrateError> {
    let (mut group, mut bytes) = (Vec::new(), 0);
    let mut put = |group: &mut Vec<Vec<u8>>| -> Result<(), MigrateError> {
        let appended = target.append_records(group);
        group.clear();
        match appended {
            Ok(()) => {
                progress(Step::Copied(target.head().next));
                Ok(())
            }
            Err(StoreError::Unfit { position, problem }) => {
                Err(MigrateError::Source { position, problem })
            }
            Err(error) => Err(error.into()),
        }
    };
    let from = target.head().next;
    let mut result = Ok(());
    source.scan_records(from, &mut |at, record| {
        if at >= end.next {
            return ControlFlow::Break(());
        }
        bytes += record.len();
        group.push(record.to_vec());
        if bytes < GROUP_BYTES {
            return ControlFlow::Continue(());
        }
        bytes = 0;
        result = put(&mut group);
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    result?;
    if group.is_empty() { Ok(()) } else { put(&mut group) }
}

#[cfg(test)]
mod tests;
