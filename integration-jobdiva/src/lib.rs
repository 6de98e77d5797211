//! wip
mod client;
pub mod config;
pub mod delivery;
pub mod error;
pub mod interpret;
pub mod operations;
pub mod receive;
pub mod secret;
mod token;
mod wire;
