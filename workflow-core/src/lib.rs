//! An event-sourced workflow engine: pure state machines over an append-only log.
//!
//! A tour, in reading order:
//!
//! 1. [`id`], [`time`], [`money`]: names, moments and cents.
//! 2. [`mod@machine`]: what a state machine is; `#[machine]` reads one out of an ordinary `match`. [`graph`] draws it and
//!    compares it with a released one.
//! 3. [`workflow`]: the three pure functions around a machine, `decide`, `evolve` and `react`, and what a state may be
//!    owed. [`outcome`]: what one attempt at an owed call comes to.
//! 4. [`record`] and [`codec`]: what stands in the log. [`store`]: the port that keeps it, with `store::memory` and
//!    `store::sled`. [`audit`]: checking that it is as it was written, exporting and restoring it. [`seal`]: personal
//!    data in it, sealed per person, so that a person can be forgotten.
//!    [`exchange`]: what was sent outside and what came back, kept beside the events; [`moot`]: messages that led to nothing.
//! 5. [`engine`]: the one write path. [`dispatch`] performs what is owed, [`backoff`] says when again, [`limits`]
//!    how fast and [`breaker`] whether at all, both put around a system by [`outlet`]; [`inbox`] keeps what arrives from
//!    outside, [`altered`] says what may have happened to it on its way; [`span`] tells traces of both. With feature `testing`: `laws` tries what every workflow keeps, `explore` goes every
//!    road of some workflows in a hostile world.
//! 6. `domain` (feature `placement`, on by default): the customer's workflows. The engine never uses it; without
//!    default features this crate is a bare engine for any workflow. `examples/library_loan.rs` is one.
//!
//! Deliberately absent: HTTP in either direction, configuration files, and any vendor's words.

pub mod altered;
pub mod audit;
pub mod backoff;
pub mod breaker;
pub mod codec;
pub mod dispatch;
#[cfg(feature = "placement")]
pub mod domain;
pub mod engine;
pub mod exchange;
#[cfg(feature = "testing")]
pub mod explore;
pub mod graph;
pub mod id;
pub mod inbox;
#[cfg(any(test, feature = "testing"))]
pub mod laws;
pub mod limits;
pub mod machine;
pub mod money;
pub mod moot;
pub mod outcome;
pub mod outlet;
pub mod record;
pub mod seal;
pub mod span;
pub mod store;
pub mod time;
pub mod workflow;

// The generated code of `#[machine]` names this crate by its public name, here too.
extern crate self as workflow_core;

pub use workflow_macros::machine;

/// The example of the documentation of `#[machine]`, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/machine.md")]
pub struct MachineDocumentation;
