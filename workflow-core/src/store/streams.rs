//! Which records hold the events of each stream: the index that a store rebuilds from the log, or takes up where a
//! checkpoint left it.
//!
//! What moved lately is in memory; the rest may stand on a [`Shelf`]. A stream in memory takes about 120 bytes and a
//! byte or two per event; on the shelf it takes none. Read `store/plan.rs` next.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::id::{Position, Version};
use crate::record::chain::{Broken, check_name, follows};
use crate::record::frame::Frame;
use crate::store::StoreError;
use crate::store::read::damaged;
use crate::store::shelf::{Shelf, put_number, take_number};

/// For each stream, the first position of the record that holds version 1, 2, 3 and so on.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    recent: BTreeMap<Box<str>, Spots>,
    shelf: Option<Arc<Shelf>>,
}

/// The records of a stream's versions after `base`; those up to it stand on the shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spots {
    base: u64,
    count: u64,
    last: u64,
    /// Each record's distance from the one before, the first from 0, in LEB128.
    steps: Vec<u8>,
}

impl Spots {
    /// None yet, of a stream that has `base` versions on the shelf.
    pub(crate) fn after(base: u64) -> Self {
        Self { base, ..Self::default() }
    }

    /// The version that they reach to.
    pub(crate) fn version(&self) -> u64 {
        self.base + self.count
    }

    pub(crate) fn push(&mut self, record: u64) {
        put_number(record.wrapping_sub(self.last), &mut self.steps);
        (self.last, self.count) = (record, self.count + 1);
    }

    pub(crate) fn records(&self) -> Vec<u64> {
        let (mut steps, mut at) = (&self.steps[..], 0u64);
        std::iter::from_fn(|| {
            at = at.wrapping_add(take_number(&mut steps)?);
            Some(at)
        })
        .collect()
    }

    /// As bytes: on the shelf and in a checkpoint.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.steps.len() + 6);
        put_number(self.base, &mut bytes);
        put_number(self.count, &mut bytes);
        bytes.extend_from_slice(&self.steps);
        bytes
    }

    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let (base, count) = (take_number(&mut bytes)?, take_number(&mut bytes)?);
        let spots = Self { base, count, last: 0, steps: bytes.to_vec() };
        let records = spots.records();
        let last = records.last().copied().unwrap_or(0);
        (records.len() as u64 == count).then_some(Self { last, ..spots })
    }

    /// With what the shelf has of the stream before it, `base` versions at least.
    pub(crate) fn joined(&self, shelved: Option<&Spots>) -> Option<Self> {
        let before = shelved.map(Spots::records).unwrap_or_default();
        let before = before.get(..usize::try_from(self.base).ok()?)?;
        let mut joined = Self::default();
        before.iter().copied().chain(self.records()).for_each(|record| joined.push(record));
        Some(joined)
    }

    /// Without the versions up to `base`.
    fn without(&self, base: u64) -> Self {
        let skip = usize::try_from(base.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let mut rest = Self::after(base.max(self.base));
        self.records().into_iter().skip(skip).for_each(|record| rest.push(record));
        rest
    }
}

impl Streams {
    /// As a checkpoint left them.
    pub(crate) fn resumed(recent: BTreeMap<Box<str>, Spots>, shelf: Option<Arc<Shelf>>) -> Self {
        Self { recent, shelf }
    }

    /// The version a stream is at.
    pub(crate) fn version(&self, stream: &str) -> Result<Version, StoreError> {
        if let Some(spots) = self.recent.get(stream) {
            return Ok(Version(spots.version()));
        }
        Ok(Version(self.shelved(stream)?.map_or(0, |spots| spots.version())))
    }

    /// The records with the stream's events after `after`, each once, in order.
    pub(crate) fn records_after(
        &self,
        stream: &str,
        after: Version,
    ) -> Result<Vec<Position>, StoreError> {
        let (skip, mut records) = match self.recent.get(stream) {
            Some(spots) if after.0 >= spots.base => (after.0 - spots.base, spots.records()),
            Some(spots) => {
                let shelved = self.shelved(stream)?;
                let joined = spots.joined(shelved.as_ref());
                let unfit = || unreadable("it does not reach as far as was noted");
                (after.0, joined.ok_or_else(unfit)?.records())
            }
            None => (after.0, self.shelved(stream)?.map(|s| s.records()).unwrap_or_default()),
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(records.len());
        records.drain(..skip);
        records.dedup();
        Ok(records.into_iter().map(Position).collect())
    }

    fn shelved(&self, stream: &str) -> Result<Option<Spots>, StoreError> {
        let Some(shelf) = &self.shelf else { return Ok(None) };
        let Some(bytes) = shelf.get(stream.as_bytes()).map_err(unreadable)? else {
            return Ok(None);
        };
        let spots = Spots::read(&bytes);
        spots.map(Some).ok_or_else(|| unreadable("an entry has another shape"))
    }

    /// Adds the next event of a stream, whose version with it is `version`.
    pub(crate) fn add(&mut self, stream: &str, version: Version, record: Position) {
        match self.recent.get_mut(stream) {
            Some(spots) => spots.push(record.0),
            None => {
                let mut spots = Spots::after(version.0.saturating_sub(1));
                spots.push(record.0);
                self.recent.insert(stream.into(), spots);
            }
        }
    }

    /// Adds a record's events, checking that each is the next one of its stream. Before `known_to` some may be
    /// known already.
    pub(crate) fn add_frame(
        &mut self,
        frame: &Frame<'_>,
        known_to: Position,
    ) -> Result<(), StoreError> {
        for event in &frame.events {
            let at = self.version(event.stream)?;
            if event.position < known_to && event.version <= at {
                continue;
            }
            let unfit = |e: Broken| damaged(frame.first, &e);
            if at == Version::NONE {
                check_name(event.stream, event.position).map_err(unfit)?;
            }
            follows(event.position, at, event.version).map_err(unfit)?;
            self.add(event.stream, event.version, frame.first);
        }
        Ok(())
    }

    /// How many streams are in memory.
    pub(crate) fn in_memory(&self) -> usize {
        self.recent.len()
    }

    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.shelf.as_ref()
    }

    /// At most `count` of the streams in memory, in order, after the one named.
    pub(crate) fn some_after(&self, stream: Option<&str>, count: usize) -> Vec<(Box<str>, Spots)> {
        let from = stream.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.recent.range::<str, _>((from, Bound::Unbounded));
        range.take(count).map(|(stream, spots)| (stream.clone(), spots.clone())).collect()
    }

    /// From now on looks on this shelf, which holds at least what the one before did.
    pub(crate) fn put_shelf(&mut self, shelf: Arc<Shelf>) {
        self.shelf = Some(shelf);
    }

    /// Forgets what stands on the shelf up to the versions given.
    pub(crate) fn forget(&mut self, shelved: &[(Box<str>, u64)]) {
        for (stream, version) in shelved {
            match self.recent.get_mut(stream) {
                Some(spots) if spots.version() <= *version => drop(self.recent.remove(stream)),
                Some(spots) => *spots = spots.without(*version),
                None => {}
            }
        }
    }
}

/// The shelf is no truth: without it the next start reads the log instead.
fn unreadable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    let action = "reading the index of streams (start again: it is built anew)";
    StoreError::Io { action, source: source.into() }
}
