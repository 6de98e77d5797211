//! A store that forgets: for tests and for replay. Its records are the same bytes as on disk, so that the
//! chain and `scan_records` work alike.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::{Position, StreamId, Version};
use crate::record::frame::FRAME_BYTES_TARGET;
use crate::record::{Hash, Recorded};
use crate::store::continued::Continued;
use crate::store::plan::Plan;
use crate::store::read::{events_of, give};
use crate::store::streams::Streams;
use crate::store::{Append, Appended, Conflict, Head, Store, StoreError};

/// A log in memory.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    records: BTreeMap<Position, Arc<[u8]>>,
    streams: Streams,
    cursors: BTreeMap<String, Vec<u8>>,
    head: Head,
    #[cfg(any(test, feature = "testing"))]
    fail_next: bool,
}

impl MemoryStore {
    /// An empty log.
    pub fn new() -> Self {
        Self(Mutex::new(Kept {
            records: BTreeMap::new(),
            streams: Streams::default(),
            cursors: BTreeMap::new(),
            head: Head { next: Position(0), hash: Hash::GENESIS },
            #[cfg(any(test, feature = "testing"))]
            fail_next: false,
        }))
    }

    /// Makes the next `append` fail as a broken disk would; nothing of it is kept.
    #[cfg(any(test, feature = "testing"))]
    pub fn fail_next_append(&self) {
        self.kept().fail_next = true;
    }

    /// Spoils the record that begins at this position, as a bad disk would.
    #[cfg(any(test, feature = "testing"))]
    pub fn flip_a_bit_at(&self, first: Position) {
        if let Some(record) = self.kept().records.get_mut(&first) {
            let mut bytes = record.to_vec();
            if let Some(byte) = bytes.last_mut() {
                *byte ^= 1;
            }
            *record = bytes.into();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing below panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records from the one that holds `from`, shared so that a reader may call the store again.
    fn records_from(&self, from: Position) -> Vec<(Position, Arc<[u8]>)> {
        let kept = self.kept();
        if from >= kept.head.next {
            return Vec::new();
        }
        let start = kept.records.range(..=from).next_back().map_or(from, |(first, _)| *first);
        kept.records.range(start..).map(|(first, bytes)| (*first, Arc::clone(bytes))).collect()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        let kept = &mut *self.kept();
        #[cfg(any(test, feature = "testing"))]
        if std::mem::take(&mut kept.fail_next) {
            let source = "the test asked for this failure".into();
            return Err(StoreError::Io { action: "appending to the log", source });
        }
        let mut plan =
            Plan::of(group, kept.head, FRAME_BYTES_TARGET, |name| kept.streams.version(name))?;
        plan.adopt(&mut kept.streams);
        let written = plan.records.drain(..).map(|record| (record.first, record.bytes.into()));
        kept.records.extend(written);
        kept.head = plan.head;
        Ok(plan.outcomes)
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        let kept = &mut *self.kept();
        let mut continued = Continued::of(records, kept.head, |name| kept.streams.version(name))?;
        continued.adopt(&mut kept.streams);
        let written = continued.records.drain(..).map(|record| (record.first, record.bytes.into()));
        kept.records.extend(written);
        kept.head = continued.head;
        Ok(())
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        let kept = self.kept();
        let mut events = Vec::new();
        for first in kept.streams.records_after(stream.as_str(), after)? {
            events.extend(events_of(stream, after, first, &kept.records[&first])?);
        }
        Ok(events)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        for (first, bytes) in self.records_from(from) {
            if give(first, &bytes, from, each)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let records = self.records_from(from);
        let _all_or_some = records.iter().try_for_each(|(first, bytes)| each(*first, bytes));
        Ok(())
    }

    fn head(&self) -> Head {
        self.kept().head
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept().cursors.get(name).cloned())
    }

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        Ok(self.kept().cursors.clone())
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.kept().cursors.insert(name.to_owned(), value.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    crate::store_contract!(|| (MemoryStore::new(), ()));

    #[test]
    fn a_failed_append_keeps_nothing() {
        let store = MemoryStore::new();
        store.fail_next_append();
        let group = [contract::append("door/acme/1", 0, &["a"])];
        assert!(matches!(store.append(&group), Err(StoreError::Io { .. })));
        assert_eq!(store.head().next, Position(0));
        assert!(store.append(&group).unwrap()[0].is_ok());
    }
}
