//! The simulator over HTTP: every unkindness it promises, shown. The tenant under test is in `tenant`.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "these are tests")]

#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests crate uses all of it")]
mod canary;

mod simulator {
    mod feeds;
    mod login;
    mod placements;
    mod searching;
    mod surface;
    mod survival;
    mod tenant;
    mod trouble;
    mod webhooks;
}
