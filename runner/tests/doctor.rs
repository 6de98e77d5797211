//! The doctor against the simulators: what it finds, what it suggests, and what it never shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "doctor/dialect.rs"]
mod dialect;
#[path = "doctor/jobdiva.rs"]
mod jobdiva;
#[path = "doctor/overrides.rs"]
mod overrides;
#[path = "doctor/policy.rs"]
mod policy;
#[path = "doctor/settings.rs"]
mod settings;
