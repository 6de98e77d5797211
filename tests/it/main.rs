//! What the whole must do, through the real engine: stories, properties, restarts, tables.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at what it is about")]

mod graph;
mod properties;
mod restart;
mod stories;
mod terms;
