//! The one test binary of this crate: each module is one kind of promise, tried from outside.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at what it is about")]

mod adapters;
mod browser;
mod certificates;
mod explore;
mod forgetting;
mod graph;
mod guide;
mod laws;
mod orders;
mod pages;
mod pay;
mod played;
mod pressure;
mod properties;
mod recovery;
mod restart;
mod runner;
mod secrets;
mod signals;
mod stories;
mod tenants;
mod terms;
mod tidy;
mod time;
mod versions;
