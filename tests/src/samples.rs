//! Events of every kind of every machine, the same on every run: what the golden logs are made of.
//!
//! A kind has as many samples as it takes to use every variant inside it: a nested name is stored too, and no less a
//! promise. The matches have no `_`, so a new event or variant does not compile until it has a sample. Invented people
//! only. `parts.rs` builds what the events carry.

pub mod certificate;
pub mod contractor;
pub mod delivery;
pub mod gate;
pub mod invoice;
pub mod notice;
mod parts;
pub mod placement;

use std::iter::successors;

/// All values of an enum: `next` names the one after, the first after `None`.
fn all<T: Clone>(next: impl Fn(Option<&T>) -> Option<T>) -> Vec<T> {
    successors(next(None), |value| next(Some(value))).collect()
}
