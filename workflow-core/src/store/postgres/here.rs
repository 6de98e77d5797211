//! Talking to the database on the thread that asks, where that may wait: an append's way to another thread and back takes as
//! long as a third of the append.
//!
//! Between two questions nobody listens to the connection. That a server has closed it is found by the next one, which
//! then asks anew. Read `driver.rs` for the thread of all other questions.

use tokio::runtime::{Builder, Handle, Runtime};

use super::pool::Pool;

/// A runtime that runs while it is asked something, and its connections.
#[derive(Default)]
pub(super) struct Here {
    /// Begun by the first question.
    runtime: Option<Runtime>,
    pool: Pool,
}

impl Here {
    /// Does what `make` describes; nothing where this thread must not wait: it belongs to a runtime already.
    pub(super) fn run<T>(&mut self, make: impl AsyncFnOnce(&Pool) -> T) -> Option<T> {
        if Handle::try_current().is_ok() {
            return None;
        }
        if self.runtime.is_none() {
            self.runtime = Builder::new_current_thread().enable_all().build().ok();
        }
        let work = make(&self.pool);
        self.runtime.as_ref().map(|runtime| runtime.block_on(work))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        // Whoever lets go of it may be in a runtime of their own, in which nothing is waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
