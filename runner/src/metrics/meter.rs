//! Attempts as they are made, in counts: what cannot be read off the engine afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use workflow_core::domain::call::Answer;
use workflow_core::outcome::Outcome;

use super::families;
use super::text::{Histogram, Text};

/// What attempts came to.
#[derive(Debug, Default)]
pub struct Meter(Mutex<BTreeMap<String, Of>>);

/// One tenant and system.
#[derive(Debug, Default)]
struct Of {
    system: String,
    outcomes: BTreeMap<(String, &'static str), u64>,
    looked_up: u64,
    took: Histogram,
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
        let of = all.entry(format!("{}/{}", made.tenant, made.system)).or_default();
        made.system.clone_into(&mut of.system);
        *of.outcomes.entry((made.operation.to_owned(), outcome)).or_default() += 1;
        of.looked_up += u64::from(made.looked_up);
        of.took.note(made.took);
    }

    /// Says it.
    pub fn put(&self, text: &mut Text) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, of) in all.iter() {
            let tenant = name.split('/').next().unwrap_or_default();
            for ((operation, outcome), count) in &of.outcomes {
                let labels = [tenant, &of.system, operation, outcome];
                text.put(&families::ATTEMPTS, &labels, *count);
            }
            text.put(&families::LOOKED_UP, &[tenant, &of.system], of.looked_up);
        }
        let mut systems: BTreeMap<&str, Histogram> = BTreeMap::new();
        for of in all.values() {
            systems.entry(&of.system).or_default().add(&of.took);
        }
        for (system, took) in &systems {
            text.put_histogram(&families::ATTEMPT_SECONDS, &[system], took);
        }
    }
}
