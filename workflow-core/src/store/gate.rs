//! A log in memory whose disk stands still on command: for tests of what happens meanwhile.
//!
//! The gate alone serves for other things that a test wants to hold up.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::id::{Position, StreamId, Version};
use crate::record::Recorded;
use crate::store::memory::MemoryStore;
use crate::store::{Append, Appended, Conflict, Head, Store, StoreError};

/// A gate that others wait at, and that knows how many came to it.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    shut: bool,
    came: usize,
}

impl Gate {
    /// A gate that nobody passes.
    pub fn shut() -> Self {
        let gate = Self::default();
        gate.set(true);
        gate
    }

    /// Lets everybody pass, or nobody.
    pub fn set(&self, shut: bool) {
        self.state().shut = shut;
        self.changed.notify_all();
    }

    /// Waits until the gate is open.
    pub fn pass(&self) {
        let mut state = self.state();
        state.came += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| state.shut));
    }

    /// Waits until so many came to the gate, whether they passed or not.
    pub fn wait_for(&self, count: usize) {
        drop(self.changed.wait_while(self.state(), |state| state.came < count));
    }

    /// How many came.
    pub fn came(&self) -> usize {
        self.state().came
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The log behind a gate: an append waits at it before anything is written.
#[derive(Debug)]
pub struct GatedStore {
    /// The log.
    pub inner: MemoryStore,
    /// What every append passes.
    pub disk: Gate,
}

impl GatedStore {
    /// An empty log whose disk stands still.
    pub fn shut() -> Self {
        Self { inner: MemoryStore::new(), disk: Gate::shut() }
    }
}

impl Store for GatedStore {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        self.disk.pass();
        self.inner.append(group)
    }

    fn read_stream(&self, stream: &StreamId, after: Version) -> Result<Vec<Recorded>, StoreError> {
        self.inner.read_stream(stream, after)
    }

    fn scan(
        &self,
        from: Position,
        each: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.scan(from, each)
    }

    fn scan_records(
        &self,
        from: Position,
        each: &mut dyn FnMut(Position, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.scan_records(from, each)
    }

    fn head(&self) -> Head {
        self.inner.head()
    }

    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.cursor(name)
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.inner.set_cursor(name, value)
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.disk.pass();
        self.inner.append_records(records)
    }

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        self.inner.cursors()
    }
}
