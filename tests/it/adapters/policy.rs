//! 1099Policy: every call owed to the insurer, what goes wrong on the way, webhooks and sweeps.

mod calls;
mod certificates;
mod changed;
mod covers;
mod cuts;
mod guide;
mod hooks;
mod invoices;
mod losses;
mod names;
mod setup;
mod told;
pub mod world;

use tests::canary;
