//! Recovery from a lost answer: the real engine and dispatcher, the real client, the real simulator, and its ledger, which
//! decides. Never two of anything, never a charge twice.
//!
//! `cuts.rs` cuts the line at every stage. `desk.rs` is the world, `papers.rs` its certificate and its weeks of work, `posts.rs` every POST that is made and where on the road it is, `matrix.rs` each of them with
//! everything that may go wrong, `answers.rs` what the insurer may answer instead and what a person then reads,
//! `restarts.rs` what a start costs.

// Clippy's leave for tests does not reach the functions that tests share.
#![allow(clippy::unwrap_used)]

mod answers;
mod cuts;
pub mod desk;
mod matrix;
mod papers;
mod posts;
mod restarts;
