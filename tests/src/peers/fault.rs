//! What may go wrong on the way to a peer, planned beforehand and used up one call at a time.

use std::sync::{Mutex, PoisonError};

/// One thing that goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request never leaves.
    NotSent,
    /// The request is lost on its way; nobody knows.
    LostBefore,
    /// The request has its effect, the answer is lost.
    LostAfter,
    /// The provider fails without effect and stores the failure under the key.
    Burned,
    /// The provider has the effect, then fails and stores the failure under the key.
    BurnedAfter,
    /// The provider refuses for good, with this code.
    Refuse(String),
}

/// The faults to come: each hits the next call of its operation.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<(String, Fault)>>);

impl Faults {
    /// Plans a fault for the next call of `operation`; `*` is any call.
    pub fn plan(&self, operation: &str, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((operation.to_owned(), fault));
    }

    /// Takes the fault that hits a call of `operation`, if one does.
    pub fn take(&self, operation: &str) -> Option<Fault> {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = planned.iter().position(|(at, _)| at == operation || at == "*")?;
        Some(planned.remove(index).1)
    }

    /// Forgets what is planned.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
