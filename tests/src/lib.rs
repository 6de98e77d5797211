//! A world in a box: the real engine with the customer's domain, and peers with memory at its two sides.
//!
//! `world.rs` holds and drives it, `peers/` are the ATS and the insurer, `story.rs` reads stories in text, `samples.rs`
//! has events of every kind, `canary.rs` hears what may not be said. Nothing here
//! opens a socket or reads the wall clock; the vendors' simulators are tested where their adapters are.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a peer answers what it is there for and a test looks at what it is about"
)]

pub mod canary;
pub mod hooks;
pub mod peers;
pub mod samples;
pub mod story;

pub mod world;
