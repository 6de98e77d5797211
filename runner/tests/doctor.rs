//! The doctor against the simulators: what it finds, what it suggests, and what it never shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

// What is logged meanwhile is heard, as in the stories of `tests/it`.
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
#[path = "doctor/codes.rs"]
mod codes;
#[path = "doctor/dialect.rs"]
#[allow(dead_code, reason = "not everything that the binary's tests need is needed here")]
mod dialect;
#[path = "doctor/jobdiva.rs"]
mod jobdiva;
#[path = "doctor/overrides.rs"]
mod overrides;
#[path = "doctor/policy.rs"]
mod policy;
#[path = "doctor/settings.rs"]
mod settings;
#[path = "doctor/switches.rs"]
mod switches;
