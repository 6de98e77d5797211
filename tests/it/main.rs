//! The one test binary of this crate: each module is one kind of promise, tried from outside.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at what it is about")]

mod adapters;
mod certificates;
mod explore;
mod forgetting;
mod graph;
mod laws;
mod pressure;
mod properties;
mod restart;
mod runner;
mod stories;
mod terms;
mod tidy;
mod versions;
