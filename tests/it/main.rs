//! The one test binary of this crate: each module is one kind of promise, tried from outside.

mod adapters;
mod graph;
mod properties;
mod restart;
mod stories;
mod terms;
mod tidy;
