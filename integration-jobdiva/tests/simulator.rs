//! The simulator over HTTP: every unkindness it promises, shown. The tenant under test is in `tenant`.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "these are tests")]

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
