//! wip
mod client;
pub mod config;
pub mod error;
pub mod operations;
pub mod secret;
mod token;
mod wire;
