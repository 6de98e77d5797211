//! The real binary: its verbs, its exit codes, and what a kill leaves behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "process/audit.rs"]
mod audit;
#[path = "process/backup.rs"]
mod backup;
#[path = "process/binary.rs"]
mod binary;
#[path = "process/canary.rs"]
mod canary;
#[path = "process/certificates.rs"]
mod certificates;
#[path = "process/checklist.rs"]
mod checklist;
#[path = "process/config.rs"]
mod config;
#[path = "process/diagram.rs"]
mod diagram;
#[path = "doctor/dialect.rs"]
#[allow(dead_code, reason = "not everything that the doctor's tests need is needed here")]
mod dialect;
#[path = "process/doctor.rs"]
mod doctor;
#[path = "process/ends.rs"]
mod ends;
#[path = "process/faults.rs"]
mod faults;
#[path = "process/kill.rs"]
mod kill;
#[path = "process/operations.rs"]
mod operations;
#[path = "process/orders.rs"]
mod orders;
#[path = "process/pages.rs"]
mod pages;
#[path = "process/secrets.rs"]
mod secrets;
#[path = "process/simulate.rs"]
mod simulate;
#[path = "process/skipped.rs"]
mod skipped;
#[cfg(feature = "otlp")]
#[path = "process/traces.rs"]
mod traces;
#[path = "process/verbs.rs"]
mod verbs;
#[path = "process/webhooks.rs"]
mod webhooks;
