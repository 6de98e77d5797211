//! Several runners on one PostgreSQL, each a process: one is killed, one sleeps past its lease, a clock is wrong, and the end is
//! the demo's end; a log goes into the database and out of it.
//!
//! Needs PostgreSQL of the system's package: `cargo test -p runner --features postgres --test shards`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
#[expect(dead_code, reason = "the other tests at that desk need more of it")]
#[path = "cli/desk.rs"]
mod desk;
#[path = "shards/losses.rs"]
mod losses;
#[path = "shards/mail_and_keys.rs"]
mod mail_and_keys;
#[path = "shards/moved.rs"]
mod moved;
#[path = "shards/network.rs"]
mod network;
#[path = "shards/spread.rs"]
mod spread;
