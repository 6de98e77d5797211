//! An event-sourced workflow engine: pure state machines over an append-only log.

pub mod audit;
pub mod backoff;
pub mod codec;
pub mod dispatch;
#[cfg(feature = "placement")]
pub mod domain;
pub mod engine;
pub mod graph;
pub mod id;
pub mod inbox;
pub mod machine;
pub mod money;
pub mod outcome;
pub mod record;
pub mod store;
pub mod time;
pub mod workflow;

// The generated code of `#[machine]` names this crate by its public name, here too.
extern crate self as workflow_core;

pub use workflow_macros::machine;
