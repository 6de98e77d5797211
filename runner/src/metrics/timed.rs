//! A log whose appends are timed: how long the disk takes, and whether it stands still now.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use workflow_core::id::{Position, StreamId, Version};
use workflow_core::record::Recorded;
use workflow_core::store::{Append, Appended, Conflict, Head, NoRoom, Store, StoreError};

use super::text::{self, Histogram};

/// How appends went.
#[derive(Debug)]
pub struct Appends {
    /// How long they took.
    pub took: Histogram,
    began: Mutex<Option<Instant>>,
}

impl Default for Appends {
    fn default() -> Self {
        Self { took: text::histogram(), began: Mutex::default() }
    }
}

impl Appends {
    /// For how long the append has lasted that is under way.
    pub fn under_way(&self) -> Option<Duration> {
        self.began().map(|began| began.elapsed())
    }

    fn began(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The log, timed.
pub struct TimedStore {
    inner: Arc<dyn Store>,
    appends: Arc<Appends>,
}

impl TimedStore {
    /// The same log, timed.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, appends: Arc::default() }
    }

    /// How appends go.
    pub fn appends(&self) -> Arc<Appends> {
        Arc::clone(&self.appends)
    }
}

impl Store for TimedStore {
    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        let began = Instant::now();
        *self.appends.began() = Some(began);
        let appended = self.inner.append(group);
        *self.appends.began() = None;
        self.appends.took.observe(began.elapsed().as_secs_f64());
        appended
    }

    fn append_records(&self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.inner.append_records(records)
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

    fn cursors(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        self.inner.cursors()
    }

    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.inner.set_cursor(name, value)
    }

    fn index_dir(&self) -> Option<PathBuf> {
        self.inner.index_dir()
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        self.inner.checkpoint()
    }

    fn room(&self, more_bytes: u64) -> Result<(), NoRoom> {
        self.inner.room(more_bytes)
    }
}

#[cfg(test)]
mod tests {
    /// A method with a body of its own in the trait would be lost here without a word from the compiler.
    #[test]
    fn every_method_of_a_store_is_handed_on() {
        let port = include_str!("../../../workflow-core/src/store.rs");
        let port = port.split("pub trait Store").nth(1).expect("the port is there");
        let own = include_str!("timed.rs").split("impl Store for").nth(1).expect("it is there");
        let names = |text: &str| -> Vec<String> {
            let starts = text.lines().filter_map(|line| line.strip_prefix("    fn "));
            starts.filter_map(|line| Some(line.split('(').next()?.to_owned())).collect()
        };
        let (port, own) = (names(port), names(own));
        assert!(port.len() > 10 && own.starts_with(&port), "{port:?} and {own:?}");
    }
}
