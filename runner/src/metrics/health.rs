//! Whether the process lives and whether it is ready: by what it does itself, never by whether a vendor answers. Else a
//! vendor's bad day would have us restarted, again and again.

use std::time::{Duration, Instant};

use super::Signals;

/// An append that lasts so long means that the disk stands still.
pub const STANDS_STILL_AFTER: Duration = Duration::from_secs(60);

impl Signals {
    /// What is stuck: loops that did not come round in time, and the disk.
    pub fn stuck(&self, now: Instant) -> Vec<String> {
        let mut wrong = self.pulse.stuck(now);
        wrong.extend(self.disk());
        wrong
    }

    /// Why nothing should be sent here: the process ends, the log takes nothing, or something is stuck.
    pub fn not_ready(&self, now: Instant) -> Vec<String> {
        let mut wrong = Vec::new();
        if *self.stopped.borrow() {
            wrong.push("stopping".to_owned());
        }
        if self.engine.failure().is_some() {
            // Its words may name files: they are in the process's own log.
            wrong.push("the log: the engine has stopped".to_owned());
        }
        if self.engine.room().is_err() {
            wrong.push("the log: the disk is full".to_owned());
        }
        wrong.extend(self.stuck(now));
        wrong
    }

    fn disk(&self) -> Option<String> {
        let lasts = self.appends.under_way().filter(|lasts| *lasts >= STANDS_STILL_AFTER)?;
        Some(format!("the log: an append has lasted {} s", lasts.as_secs()))
    }
}
