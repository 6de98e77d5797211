//! Records in sled's tree: a record's key is its first position, 8 bytes big-endian.
//!
//! Sled puts a page of more than 128 KiB into a file of its own and never syncs that file. A page holds up to
//! 17 values; so a record larger than [`PIECE_BYTES`] is cut: its first piece has the record's key, the others
//! that key and their number, 1, 2, 3 and so on, 4 bytes big-endian. Only the last piece is shorter.

use std::borrow::Cow;
use std::ops::Deref;

use ::sled::{Batch, IVec, Iter, Tree};

use crate::id::Position;
use crate::record::frame::{FRAME_BYTES_TARGET, Sealed};
use crate::store::StoreError;
use crate::store::packed::{pack, unpacked};
use crate::store::read::damaged;
use crate::store::sled::tables::caught;

/// The largest value in the tree.
pub(super) const PIECE_BYTES: usize = FRAME_BYTES_TARGET;
const KEY_BYTES: usize = 8;

/// A record in the form that is kept.
pub(super) struct Kept<'a> {
    /// The position of its first event.
    pub(super) first: Position,
    /// What is kept of it, see `store/packed.rs`.
    pub(super) bytes: Cow<'a, [u8]>,
    /// Whether its last item goes on in the next record.
    pub(super) goes_on: bool,
}

/// Records in the form that is kept.
pub(super) fn kept(records: &[Sealed]) -> Vec<Kept<'_>> {
    let kept = records.iter().map(|record| {
        let bytes = pack(&record.bytes);
        Kept { first: record.first, bytes, goes_on: record.goes_on }
    });
    kept.collect()
}

/// Writes the records, one after the other; those that belong together, with all their pieces, or not at all. A batch
/// costs sled a second write with its own wait for the disk, so records that stand for themselves go without.
pub(super) fn put(tree: &Tree, records: &[Kept<'_>]) -> ::sled::Result<()> {
    for together in records.chunk_by(|record, _| record.goes_on) {
        match together {
            [record] if record.bytes.len() <= PIECE_BYTES => {
                tree.insert(record.first.0.to_be_bytes(), &record.bytes[..])?;
            }
            records => put_together(tree, records)?,
        }
    }
    Ok(())
}

fn put_together(tree: &Tree, records: &[Kept<'_>]) -> ::sled::Result<()> {
    let mut batch = Batch::default();
    for record in records {
        for (number, piece) in (0u32..).zip(record.bytes.chunks(PIECE_BYTES)) {
            let key = record.first.0.to_be_bytes();
            match number {
                0 => batch.insert(&key, piece),
                _ => batch.insert([&key[..], &number.to_be_bytes()].concat(), piece),
            }
        }
    }
    tree.apply_batch(batch)
}

/// The record that begins at `first`.
pub(super) fn record(tree: &Tree, first: Position) -> Result<Bytes, StoreError> {
    match Records::starting_at(tree, first).next() {
        Some(Ok((found, bytes))) if found == first => Ok(bytes),
        Some(Err(e)) => Err(e),
        Some(Ok(_)) | None => Err(damaged(first, &"the record is missing")),
    }
}

/// The last record there is.
pub(super) fn last(tree: &Tree) -> Result<Option<Bytes>, StoreError> {
    let last = Records::holding(tree, Position(u64::MAX)).next().transpose()?;
    Ok(last.map(|(_, bytes)| bytes))
}

/// A record's bytes, copied only if it was cut or squeezed.
pub(super) enum Bytes {
    Whole(IVec),
    Made(Vec<u8>),
}

impl Bytes {
    /// The record of what is kept at `at`.
    fn unpacked(self, at: Position) -> Result<Self, StoreError> {
        let made = match unpacked(at, &self)? {
            Cow::Owned(record) => Some(record),
            Cow::Borrowed(_) => None,
        };
        Ok(made.map_or(self, Bytes::Made))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Whole(bytes) => bytes,
            Bytes::Made(bytes) => bytes,
        }
    }
}

/// Records in order.
pub(super) struct Records {
    entries: Iter,
    waiting: Option<(IVec, IVec)>,
    /// Where the reading is, for errors.
    at: Position,
    failed: Option<StoreError>,
}

impl Records {
    /// From the record that holds `from` on, or from the next one there is.
    pub(super) fn holding(tree: &Tree, from: Position) -> Self {
        let before = caught("reading the log", || {
            tree.range(..=from.0.to_be_bytes()).next_back().transpose()
        });
        match before {
            Ok(Some((key, _))) => Self::starting_at(tree, position(&key).unwrap_or(from)),
            Ok(None) => Self::starting_at(tree, from),
            Err(e) => Self { failed: Some(e.at(from)), ..Self::starting_at(tree, from) },
        }
    }

    fn starting_at(tree: &Tree, first: Position) -> Self {
        let entries = tree.range(first.0.to_be_bytes()..);
        Self { entries, waiting: None, at: first, failed: None }
    }

    fn entry(&mut self) -> Result<Option<(IVec, IVec)>, StoreError> {
        if let Some(entry) = self.waiting.take() {
            return Ok(Some(entry));
        }
        let entries = &mut self.entries;
        caught("reading the log", || entries.next().transpose()).map_err(|e| e.at(self.at))
    }

    fn record(&mut self) -> Result<Option<(Position, Bytes)>, StoreError> {
        let Some((key, first)) = self.entry()? else { return Ok(None) };
        let Some(at) = position(&key).filter(|_| key.len() == KEY_BYTES) else {
            return Err(damaged(self.at, &format_args!("there is a key of {} bytes", key.len())));
        };
        self.at = at;
        if first.len() != PIECE_BYTES {
            return Ok(Some((at, Bytes::Whole(first).unpacked(at)?)));
        }
        let mut joined = first.to_vec();
        while let Some((next, piece)) = self.entry()? {
            if next.len() == KEY_BYTES || next.get(..KEY_BYTES) != Some(&key[..]) {
                self.waiting = Some((next, piece));
                break;
            }
            joined.extend_from_slice(&piece);
        }
        Ok(Some((at, Bytes::Made(joined).unpacked(at)?)))
    }
}

impl Iterator for Records {
    type Item = Result<(Position, Bytes), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.failed.take() {
            Some(e) => Some(Err(e)),
            None => self.record().transpose(),
        }
    }
}

fn position(key: &[u8]) -> Option<Position> {
    key.first_chunk().map(|bytes| Position(u64::from_be_bytes(*bytes)))
}
