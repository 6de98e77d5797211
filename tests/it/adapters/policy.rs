//! 1099Policy: every call owed to the insurer, what goes wrong on the way, webhooks and sweeps.

mod calls;
mod certificates;
mod hooks;
mod losses;
mod setup;
mod told;
pub mod world;
