//! Each adapter's client against its simulator, over real HTTP: written apart, they have to meet.
//!
//! What an adapter does with answers no simulator gives is in its own crate's tests. The roads read alike: `world` is
//! the tenant under test, the other files are one subject each.

// Clippy's leave for tests does not reach the functions that tests share; a test may panic at whatever it did not expect.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod jobdiva;
pub mod line;
mod meeting;
mod policy;
mod tls;
mod wiretap;
