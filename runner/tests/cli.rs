//! The command line as people and scripts meet it: help, exit codes, `--json`, terminals, the service manager.
//!
//! Every verb that reads is run on one fixed log, the export of a finished demo; what it prints is kept in
//! `tests/snapshots`, and written anew with `UPDATE_GOLDEN=1`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

// What is logged meanwhile is heard, as in the stories of `tests/it`.
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
#[path = "cli/desk.rs"]
mod desk;
#[path = "cli/exits.rs"]
mod exits;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/migrate.rs"]
mod migrate;
#[path = "cli/origins.rs"]
mod origins;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/service.rs"]
mod service;
#[path = "cli/snapshots.rs"]
mod snapshots;
#[path = "cli/tail.rs"]
mod tail;
#[path = "cli/terminal.rs"]
mod terminal;
