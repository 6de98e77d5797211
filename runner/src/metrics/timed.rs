//! A log whose appends are timed: how long the disk takes, and whether it stands still now.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use workflow_core::store::wrapper::Wrapper;
use workflow_core::store::{Append, Appended, Conflict, Store, StoreError};

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

impl Wrapper for TimedStore {
    type Inner = dyn Store;

    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    fn append(&self, group: &[Append]) -> Result<Vec<Result<Appended, Conflict>>, StoreError> {
        let began = Instant::now();
        *self.appends.began() = Some(began);
        let appended = self.inner.append(group);
        *self.appends.began() = None;
        self.appends.took.observe(began.elapsed().as_secs_f64());
        appended
    }
}
