//! Verifying a log: every record's bytes from the first to the last, against each other and the head.
//!
//! Works on any store, reads only, and stops at the first damage. What is checked stands in `record/frame.rs`
//! (the bytes) and `record/chain.rs` (what binds them). Does not replay events through today's machines.

use std::ops::ControlFlow;

use crate::id::Position;
use crate::record::chain::{Chain, Streams};
use crate::store::{Head, Store};

/// What an undamaged log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many records.
    pub records: u64,
    /// How many events.
    pub events: u64,
    /// The end of the log; its hash vouches for all of it.
    pub head: Head,
}

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log is damaged at position {position}: {problem}")]
pub struct Damage {
    /// The first position that cannot be trusted; all before it can.
    pub position: Position,
    /// What is wrong.
    pub problem: String,
}

/// Reads all records and checks checksums, shapes, gapless positions, the chain of hashes, every event's
/// stream and version, and that the log reaches the store's head. Calls `progress` with the position reached
/// after each record. Events appended meanwhile are verified too. Needs about 100 bytes of memory a stream.
pub fn verify(store: &dyn Store, progress: &mut dyn FnMut(Position)) -> Result<Verified, Damage> {
    let head = store.head();
    let (mut chain, mut streams) = (Chain::towards(head.next, head.hash), Streams::default());
    let mut result = Ok(());
    let scanned = store.scan_records(Position(0), &mut |at, bytes| {
        let position = chain.next();
        let accepted = chain.accept(at, bytes).and_then(|frame| streams.accept(&frame));
        result = accepted.map_err(|e| Damage { position, problem: e.to_string() });
        if result.is_err() {
            return ControlFlow::Break(());
        }
        progress(chain.next());
        ControlFlow::Continue(())
    });
    result?;
    let (next, hash) = (chain.next(), chain.hash());
    let damage = |problem| Damage { position: next, problem };
    scanned.map_err(|e| damage(format!("it cannot be read: {e}")))?;
    chain.finish().map_err(|e| damage(e.to_string()))?;
    Ok(Verified { records: chain.records(), events: next.0, head: Head { next, hash } })
}

#[cfg(test)]
mod tests;
