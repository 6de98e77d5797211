//! Placeholder.

#[cfg(feature = "simulator")]
pub mod simulator;
