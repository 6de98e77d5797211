//! A gate that a test shuts to hold something up, and opens again: a disk, a tenant's rules.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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
