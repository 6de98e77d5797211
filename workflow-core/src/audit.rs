//! Verifying a log: every record's bytes from the first to the last, against each other and the head.
//!
//! Works on any store, reads only, and stops at the first damage. What is checked stands in `record/frame.rs`
//! (the bytes) and `record/chain.rs` (what binds them). Does not replay events through today's machines.
//!
//! Read next: `audit/sign.rs` (signing where a log ends), `audit/export.rs` (the log as one file that verifies by
//! itself), `audit/restore.rs` (the way back), `audit/migrate.rs` (from one store into another).

use std::ops::ControlFlow;

use crate::id::Position;
use crate::record::chain::{Broken, Chain, Streams};
use crate::record::frame::{Frame, hash_of};
use crate::store::{Head, Store};

pub mod export;
pub mod migrate;
pub mod restore;
pub mod sign;

/// What an undamaged log, or a part of one, holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first position that was checked: 0, or the start of the record that holds the one asked for.
    pub from: Position,
    /// How many records.
    pub records: u64,
    /// How many events.
    pub events: u64,
    /// The end of what was checked. Of a whole log it is the log's end, and its hash vouches for all of it.
    pub head: Head,
}

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log is damaged at position {position}: {problem}")]
pub struct Damage {
    /// The first position that cannot be trusted; all before it can, as far as it was checked.
    pub position: Position,
    /// What is wrong.
    pub problem: String,
}

/// What is to be checked.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    /// The first position; its whole record is checked.
    pub from: Position,
    /// The last position, its whole record too; without one, to the end of the log.
    pub to: Option<Position>,
    /// Ends that the log is known to have had, signed heads for example: it must reach each and have its hash there.
    /// Only those that lie in the extent are looked at.
    pub ends: Vec<Head>,
}

/// Reads all records and checks checksums, shapes, gapless positions, the chain of hashes, every event's
/// stream and version, and that the log reaches the store's head. Calls `progress` with the position reached
/// after each record. Events appended meanwhile are verified too. Needs about 100 bytes of memory a stream.
pub fn verify(store: &dyn Store, progress: &mut dyn FnMut(Position)) -> Result<Verified, Damage> {
    verify_extent(store, &Extent::default(), progress)
}

/// Like [`verify`], for a part of the log. What that proves: its records are whole, follow each other without gap, and
/// follow the record before them, whose hash is taken as it is; and the record behind them, if there is one, follows
/// them. What lies before and behind is not read, so that each stream's counting begins with its first event here.
pub fn verify_extent(
    store: &dyn Store,
    extent: &Extent,
    progress: &mut dyn FnMut(Position),
) -> Result<Verified, Damage> {
    let mut walk = Walk::begin(store, extent)?;
    let (from, mut result) = (walk.chain.next(), Ok(()));
    let scanned = store.scan_records(from, &mut |at, bytes| {
        let position = walk.chain.next();
        match walk.step(at, bytes) {
            Ok(ControlFlow::Continue(())) => {
                progress(walk.chain.next());
                ControlFlow::Continue(())
            }
            Ok(ControlFlow::Break(())) => ControlFlow::Break(()),
            Err(e) => {
                result = Err(Damage { position, problem: e.to_string() });
                ControlFlow::Break(())
            }
        }
    });
    result?;
    let Walk { chain, to, ends, .. } = walk;
    let (next, hash) = (chain.next(), chain.hash());
    let damage = |problem| Damage { position: next, problem };
    scanned.map_err(|e| damage(format!("it cannot be read: {e}")))?;
    if to.is_none() {
        chain.finish().map_err(|e| damage(e.to_string()))?;
        if let Some(end) = ends.iter().find(|end| end.next > next) {
            return Err(damage(Broken::Cut { noted: end.next }.to_string()));
        }
    }
    let events = next.0 - from.0;
    Ok(Verified { from, records: chain.records(), events, head: Head { next, hash } })
}

/// A walk over the records of an extent.
struct Walk {
    chain: Chain,
    streams: Streams,
    to: Option<Position>,
    ends: Vec<Head>,
}

impl Walk {
    fn begin(store: &dyn Store, extent: &Extent) -> Result<Self, Damage> {
        let Extent { from, to, ends } = extent;
        let head = store.head();
        let outside = to.is_some_and(|to| to < *from || to >= head.next);
        if *from > Position(0) && *from >= head.next || outside {
            let problem = "there is no such event: the log does not reach that far".to_owned();
            return Err(Damage { position: head.next, problem });
        }
        let (chain, streams) = match from.0.checked_sub(1) {
            None => (Chain::towards(head.next, head.hash), Streams::default()),
            Some(before) => (anchor(store, Position(before), *from, head)?, Streams::from_within()),
        };
        let mut walk = Self { chain, streams, to: *to, ends: ends.clone() };
        let begin = walk.chain.next();
        walk.ends.retain(|end| end.next > begin || begin == Position(0));
        walk.check_ends(None).map_err(|e| Damage { position: begin, problem: e.to_string() })?;
        Ok(walk)
    }

    /// Takes the next record; breaks behind the extent, having seen that this record follows it.
    fn step(&mut self, at: Position, bytes: &[u8]) -> Result<ControlFlow<()>, Broken> {
        if self.to.is_some_and(|to| self.chain.next() > to) {
            self.chain.peek(bytes)?;
            return Ok(ControlFlow::Break(()));
        }
        let before = self.chain.next();
        let frame = self.chain.accept(at, bytes)?;
        self.streams.accept(&frame)?;
        self.check_ends(Some(before))?;
        Ok(ControlFlow::Continue(()))
    }

    /// Compares with every known end that the walk has come to, those up to `before` aside.
    fn check_ends(&self, before: Option<Position>) -> Result<(), Broken> {
        let (next, hash) = (self.chain.next(), self.chain.hash());
        let come_to = |end: &&Head| end.next <= next && before.is_none_or(|b| end.next > b);
        for end in self.ends.iter().filter(come_to) {
            let found = match end.next == next {
                true if end.hash == hash => continue,
                true => format!("have {hash} there"),
                false => "have no end there".to_owned(),
            };
            return Err(Broken::Noted { next: end.next, noted: end.hash, found });
        }
        Ok(())
    }
}

/// The chain behind the record before the one that holds `from`, or, where one record holds both, behind the one
/// before that.
fn anchor(
    store: &dyn Store,
    before: Position,
    from: Position,
    head: Head,
) -> Result<Chain, Damage> {
    let mut found = None;
    let scanned = store.scan_records(before, &mut |at, bytes| {
        let read = Frame::decode(bytes).map(|f| (f.first, f.previous, f.next(), hash_of(bytes)));
        found = Some(read.map_err(|e| Damage { position: at, problem: e.to_string() }));
        ControlFlow::Break(())
    });
    let damage = |position, problem| Damage { position, problem };
    scanned.map_err(|e| damage(before, format!("it cannot be read: {e}")))?;
    let missing = || Err(damage(before, "the record is missing".to_owned()));
    let (first, previous, next, hash) = found.unwrap_or_else(missing)?;
    // A record that holds both positions is checked whole, and names the hash before it itself.
    let (next, hash) = if next > from { (first, previous) } else { (next, hash) };
    Ok(Chain::after(next, hash).on_to(head.next, head.hash))
}

#[cfg(test)]
mod tests;
