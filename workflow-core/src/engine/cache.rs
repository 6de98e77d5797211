//! The states of the instances most recently touched, bounded: the rest is read back from the log.

use std::collections::{BTreeMap, HashMap};

use super::live::Live;
use crate::id::StreamId;
use crate::workflow::Domain;

/// A bounded map from stream to instance; the one touched longest ago goes first.
pub(super) struct Cache<D: Domain> {
    capacity: usize,
    tick: u64,
    entries: HashMap<StreamId, (u64, Live<D>)>,
    order: BTreeMap<u64, StreamId>,
}

impl<D: Domain> Cache<D> {
    pub fn new(capacity: usize) -> Self {
        Self { capacity, tick: 0, entries: HashMap::new(), order: BTreeMap::new() }
    }

    /// Takes an instance out, if it is there.
    pub fn take(&mut self, stream: &StreamId) -> Option<Live<D>> {
        let (tick, live) = self.entries.remove(stream)?;
        self.order.remove(&tick);
        Some(live)
    }

    /// Whether an instance is there.
    pub fn has(&self, stream: &StreamId) -> bool {
        self.entries.contains_key(stream)
    }

    /// Puts an instance in, as the one touched last.
    pub fn put(&mut self, stream: StreamId, live: Live<D>) {
        self.tick += 1;
        self.order.insert(self.tick, stream.clone());
        if let Some((old, _)) = self.entries.insert(stream, (self.tick, live)) {
            self.order.remove(&old);
        }
        while self.entries.len() > self.capacity {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.entries.remove(&oldest);
        }
    }
}
