//! Verifying a log: every record's bytes from the first to the last, against each other and the head.
//!
//! Works on any store, reads only, and stops at the first damage. What is checked stands in `record/frame.rs`
//! (the bytes) and `record/chain.rs` (what binds them). Does not replay events through today's machines.

use std::ops::ControlFlow;

use crate::id::Position;
use crate::record::chain::{Broken, Chain, Streams};
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
    let promised = store.head();
    let mut walk = Walk { chain: Chain::start(), streams: Streams::default(), promised };
    let mut result = walk.check_promise();
    let scanned = store.scan_records(Position(0), &mut |at, bytes| {
        result = walk.step(at, bytes);
        if result.is_err() {
            return ControlFlow::Break(());
        }
        progress(walk.chain.next());
        ControlFlow::Continue(())
    });
    result?;
    let (next, hash) = (walk.chain.next(), walk.chain.hash());
    if let Err(e) = scanned {
        return Err(Damage { position: next, problem: format!("it cannot be read: {e}") });
    }
    if next < promised.next {
        let problem = format!("the log ends here, its head is at {}", promised.next);
        return Err(Damage { position: next, problem });
    }
    Ok(Verified { records: walk.chain.records(), events: next.0, head: Head { next, hash } })
}

struct Walk {
    chain: Chain,
    streams: Streams,
    promised: Head,
}

impl Walk {
    fn step(&mut self, at: Position, bytes: &[u8]) -> Result<(), Damage> {
        let position = self.chain.next();
        let damage = |e: Broken| Damage { position, problem: e.to_string() };
        let frame = self.chain.accept(at, bytes).map_err(damage)?;
        self.streams.accept(&frame).map_err(damage)?;
        self.check_promise()
    }

    /// Where the head says that the log ended when the walk began, the hash must be the head's.
    fn check_promise(&self) -> Result<(), Damage> {
        let (position, hash, promised) = (self.chain.next(), self.chain.hash(), self.promised);
        if position == promised.next && hash != promised.hash {
            let problem = format!("the records give the hash {hash}, the head {}", promised.hash);
            return Err(Damage { position, problem });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
