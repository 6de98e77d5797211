//! The one thread that appends to the log: it makes a group durable while the writer decides the next one.
//!
//! It knows nothing but events. After a group that failed the writer gives it no other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use super::queue::{Queue, Written};
use crate::store::{Append, Conflict, Store, StoreError};
use crate::workflow::Domain;

/// The way to the disk, for one group at a time.
pub(super) struct Disk {
    groups: Option<mpsc::SyncSender<Vec<Append>>>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    /// Starts the thread; what becomes of each group is told to `queue`.
    pub fn start<D: Domain>(
        store: Arc<dyn Store>,
        queue: Arc<Queue<D>>,
    ) -> Result<Self, std::io::Error> {
        let (groups, waiting) = mpsc::sync_channel::<Vec<Append>>(1);
        let work = move || {
            while let Ok(group) = waiting.recv() {
                queue.written(append(&*store, &group));
            }
        };
        let thread = std::thread::Builder::new().name("workflow-disk".into()).spawn(work)?;
        Ok(Self { groups: Some(groups), thread: Some(thread) })
    }

    /// Sends a group on its way; the one before must have been dealt with.
    pub fn send(&self, group: Vec<Append>) -> Written {
        let sent = self.groups.as_ref().is_some_and(|groups| groups.send(group).is_ok());
        if sent { Ok(()) } else { Err("the thread that appends has ended".to_owned()) }
    }
}

impl Drop for Disk {
    /// Waits until the thread is done with the group it has: nobody touches the store afterwards.
    fn drop(&mut self) {
        drop(self.groups.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that appends ended in a panic");
        }
    }
}

/// Makes a group durable, whole.
pub(super) fn append(store: &dyn Store, group: &[Append]) -> Written {
    // A store that panics is one that failed: the engine must learn of it, and stop.
    let appended = catch_unwind(AssertUnwindSafe(|| store.append(group)));
    let outcomes = match appended {
        Ok(Ok(outcomes)) => outcomes,
        Ok(Err(error)) => return Err(explain(&error)),
        Err(_) => return Err("the store ended in a panic".to_owned()),
    };
    for outcome in outcomes {
        outcome.map_err(|error| explain(&conflict(error)))?;
    }
    Ok(())
}

/// The writer is the log's only appender, so that a conflict means that a second one is at work.
fn conflict(conflict: Conflict) -> StoreError {
    StoreError::Io { action: "appending as the only writer", source: Box::new(conflict) }
}

/// An error with its causes in one line.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
