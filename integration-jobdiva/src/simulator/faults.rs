//! Trouble on demand: faults by endpoint, methods not granted, and the rate limit.
//!
//! Nothing here happens by itself; see [`super::behaviour`] for what is unkind all the time.

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::behaviour::RateLimit;
use super::state::State;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The endpoint answers this HTTP status in the usual error shape.
    Status {
        /// HTTP status, 400 to 599.
        status: u16,
        /// The `message` of the body.
        message: String,
    },
    /// The endpoint takes the request and never answers.
    Timeout,
    /// The connection is closed without an answer.
    Cut,
    /// HTTP 200 with the queue-full message.
    QueueFull,
    /// The endpoint answers as usual, so many real milliseconds later.
    Slow {
        /// How long it takes.
        millis: u32,
    },
    /// Every window that holds this row answers 500 `Not an array`.
    Poison {
        /// The row's id: `51000777`, or `70011000042/1` for billing and salary records.
        row: String,
    },
    /// The feeds pass this row over in silence, as if it had not changed.
    Skip {
        /// The row's id, as above.
        row: String,
    },
}

/// A fault waiting to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The end of the path it is for, such as `bi/JobDetail`; `*` for every path.
    pub path: String,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How often; none means until cleared.
    #[serde(default)]
    pub count: Option<u32>,
}

impl Fault {
    fn is_for(&self, path: &str) -> bool {
        self.path == "*" || path.ends_with(&format!("/{}", self.path.trim_start_matches('/')))
    }
}

/// How full an endpoint's bucket is, in thousandths of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    thousandths: u64,
    at: Timestamp,
}

impl State {
    /// Whether a feed passes a row over.
    pub(super) fn skips(&self, path: &str, row: &str) -> bool {
        let skip = FaultKind::Skip { row: row.to_owned() };
        self.faults.iter().any(|fault| fault.is_for(path) && fault.kind == skip)
    }

    /// Takes the next fault for a path, poison and skipped rows aside.
    pub(super) fn take_fault(&mut self, path: &str) -> Option<FaultKind> {
        let at = self.faults.iter().position(|fault| {
            let of_rows = matches!(fault.kind, FaultKind::Poison { .. } | FaultKind::Skip { .. });
            fault.is_for(path) && !of_rows
        })?;
        Some(self.use_fault(at))
    }

    /// Whether one of the rows is poisoned for a path; uses the poison up once.
    pub(super) fn take_poison<'a>(
        &mut self,
        path: &str,
        mut rows: impl Iterator<Item = &'a str>,
    ) -> bool {
        let Some(at) = rows.find_map(|row| {
            self.faults.iter().position(|fault| {
                fault.is_for(path) && fault.kind == FaultKind::Poison { row: row.to_owned() }
            })
        }) else {
            return false;
        };
        self.use_fault(at);
        true
    }

    fn use_fault(&mut self, at: usize) -> FaultKind {
        let fault = &mut self.faults[at];
        let kind = fault.kind.clone();
        if let Some(count) = &mut fault.count {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.faults.remove(at);
            }
        }
        kind
    }

    /// Takes one call from an endpoint's bucket; else the seconds until one is there.
    pub(super) fn take_call(
        &mut self,
        path: &str,
        limit: RateLimit,
        now: Timestamp,
    ) -> Result<(), u64> {
        let full = u64::from(limit.burst) * 1000;
        let bucket =
            self.buckets.entry(path.to_owned()).or_insert(Bucket { thousandths: full, at: now });
        let millis = u64::try_from(now.since(bucket.at).as_millis()).unwrap_or(u64::MAX);
        let refill = millis.saturating_mul(u64::from(limit.per_minute)) / 60;
        bucket.thousandths = bucket.thousandths.saturating_add(refill).min(full);
        bucket.at = now;
        if bucket.thousandths >= 1000 {
            bucket.thousandths -= 1000;
            return Ok(());
        }
        let missing = 1000 - bucket.thousandths;
        Err((missing * 60).div_ceil(u64::from(limit.per_minute).max(1) * 1000))
    }
}
