//! One test for each of the simulator's thirty switches, named for its number: what the real client still achieves
//! where the service is unkind, so that a client which relies on the kinder behaviour fails it.
//!
//! The line above each test says which care of the client it proves. `switches/table.rs` checks that none is missing;
//! that the simulator itself does what a switch says is shown in `tests/simulator`. `switches/cuts.rs` is the thirty-first
//! unkindness, which no switch of a service can show: the line between. Whatever is logged meanwhile is looked at, too.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "these are tests")]

#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests crate uses all of it")]
mod canary;
#[path = "../../tests/it/adapters/line.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests crate uses all of it")]
mod line;

mod switches {
    mod cuts;
    mod feeds;
    mod hooks;
    mod logins;
    mod people;
    mod records;
    mod searches;
    mod table;
    mod tenant;
    mod trouble;
    mod values;
    mod windows;
}
