//! Marks in the journal: how far the log had come when a group was written there.
//!
//! The head file is not synced with each group, so after a power cut it may say less than what was acknowledged. A group
//! is written only once all before it are on the disk: where its mark is, everything before its position was
//! acknowledged. Without marks, harm to such records could not be told from a group that was being written when the
//! power went, and the log would end before them without a word. Without such a witness stays only the last group of all,
//! and what is harmed together with everything behind it.
//!
//! ```text
//! mark    a frame of the journal whose body is no record: "WFMARK1\n", the journal's secret, the position; 8 bytes each
//! ```
//!
//! A mark stands before each group, so that marks are looked for at every byte: what lies before one may be garbled. The
//! secret, random and new with each journal, keeps what others bring into the log from passing for a mark. It stands
//! behind the halves too, in a mark of where the log ended when the journal was made: a journal without that one has lost
//! its end. Read `sled/journal.rs` first.

use std::collections::BTreeSet;
use std::io;

use crate::id::Position;
use crate::store::sled::journal::{FRAME_HEADER_BYTES, put_frame};

const MAGIC: &[u8; 8] = b"WFMARK1\n";
const BODY_BYTES: usize = 24;
/// What a mark takes.
pub(super) const MARK_BYTES: usize = FRAME_HEADER_BYTES + BODY_BYTES;

/// Makes a journal's marks.
#[derive(Debug)]
pub(super) struct Marker {
    secret: [u8; 8],
}

/// A mark as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    secret: [u8; 8],
    at: Position,
}

impl Marker {
    /// With a new secret.
    pub(super) fn new() -> io::Result<Self> {
        let mut secret = [0; 8];
        getrandom::fill(&mut secret).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { secret })
    }

    /// Says that all before this position is on the disk.
    pub(super) fn put(&self, at: Position, into: &mut Vec<u8>) {
        let body = [*MAGIC, self.secret, at.0.to_be_bytes()].concat();
        put_frame(false, &body, into);
    }
}

impl Mark {
    fn of(body: &[u8]) -> Option<Self> {
        let (magic, rest) = body.split_first_chunk()?;
        let (secret, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let mark = Self { secret: *secret, at: Position(u64::from_be_bytes(*at)) };
        (magic == MAGIC && rest.is_empty()).then_some(mark)
    }

    /// The mark that stands here as a frame.
    fn framed(bytes: &[u8]) -> Option<Self> {
        let mark = Self::of(bytes.get(FRAME_HEADER_BYTES..)?)?;
        let mut again = Vec::with_capacity(MARK_BYTES);
        Marker { secret: mark.secret }.put(mark.at, &mut again);
        (again == bytes).then_some(mark)
    }
}

/// Up to where the log was acknowledged by what a journal says; `bodies` are those of the frames that its halves begin
/// with, which nobody else writes.
pub(super) fn reached<'a>(
    journal: &[u8],
    bodies: impl Iterator<Item = &'a [u8]>,
) -> Option<Position> {
    let secrets: BTreeSet<[u8; 8]> = bodies.filter_map(Mark::of).map(|mark| mark.secret).collect();
    let found = journal.windows(MARK_BYTES).filter_map(Mark::framed);
    found.filter(|mark| secrets.contains(&mark.secret)).map(|mark| mark.at).max()
}

/// Whether these bytes are a mark: what a journal ends with.
pub(super) fn is_mark(bytes: &[u8]) -> bool {
    Mark::framed(bytes).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_wherever_it_stands_and_no_changed_byte_passes() {
        let marker = Marker::new().unwrap();
        let mut bytes = b"something else".to_vec();
        marker.put(Position(1234), &mut bytes);
        let mark = bytes[14..].to_vec();
        let body = &mark[FRAME_HEADER_BYTES..];
        bytes.extend(b"and more");
        assert_eq!(reached(&bytes, [body].into_iter()), Some(Position(1234)));
        for at in 14..14 + MARK_BYTES {
            let mut harmed = bytes.clone();
            harmed[at] ^= 1;
            assert_eq!(reached(&harmed, [body].into_iter()), None, "{at}");
        }
        assert!(is_mark(&mark) && !is_mark(&bytes));
    }

    #[test]
    fn a_mark_of_somebody_elses_is_none() {
        let (own, other) = (Marker::new().unwrap(), Marker::new().unwrap());
        let (mut bytes, mut forged) = (Vec::new(), Vec::new());
        own.put(Position(5), &mut bytes);
        let body = bytes[FRAME_HEADER_BYTES..].to_vec();
        other.put(Position(500), &mut forged);
        bytes.extend(forged);
        assert_eq!(reached(&bytes, [&body[..]].into_iter()), Some(Position(5)));
    }
}
