//! Attempts as they are made, in counts: what cannot be read off the engine afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use workflow_core::domain::call::Answer;
use workflow_core::outcome::Outcome;

use super::families;
use super::text::{self, Histogram, Text};

/// What attempts came to.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// By tenant and system.
    of: BTreeMap<(String, String), Of>,
    /// How long they took, by system: a histogram of each tenant's would be many series.
    took: BTreeMap<String, Histogram>,
}

/// One tenant and system.
#[derive(Debug, Default)]
struct Of {
    outcomes: BTreeMap<(String, &'static str), u64>,
    looked_up: u64,
}

/// An attempt that was made.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// `jobdiva`, `1099policy` or `notify`.
    pub system: &'a str,
    /// The owed call's name.
    pub operation: &'a str,
    /// Whether it looked up first what an earlier one had done.
    pub looked_up: bool,
    /// How long it took.
    pub took: Duration,
}

/// What an attempt came to, in the word of its label.
pub fn word(outcome: &Outcome<Answer>) -> &'static str {
    match outcome {
        Outcome::Answered(_) => "answered",
        Outcome::Again(again) => again.trace.word(),
    }
}

impl Meter {
    /// Notes an attempt.
    pub fn note(&self, made: Made<'_>, outcome: &'static str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let took = all.took.entry(made.system.to_owned()).or_insert_with(text::histogram);
        took.observe(made.took.as_secs_f64());
        let of = all.of.entry((made.tenant.to_owned(), made.system.to_owned())).or_default();
        *of.outcomes.entry((made.operation.to_owned(), outcome)).or_default() += 1;
        of.looked_up += u64::from(made.looked_up);
    }

    /// Says it.
    pub fn put(&self, text: &mut Text) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((tenant, system), of) in &all.of {
            for ((operation, outcome), count) in &of.outcomes {
                text.put(&families::ATTEMPTS, &[tenant, system, operation, outcome], *count);
            }
            text.put(&families::LOOKED_UP, &[tenant, system], of.looked_up);
        }
        for (system, took) in &all.took {
            text.put_histogram(&families::ATTEMPT_SECONDS, &[system.as_str()], took);
        }
    }
}
