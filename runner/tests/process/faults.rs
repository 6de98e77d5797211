//! What may befall the running service, and what must hold afterwards. `docs/faults.md` is the table with the figures.

#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/killed.rs"]
mod killed;
#[path = "faults/outside.rs"]
pub mod outside;
#[path = "faults/refused.rs"]
mod refused;
#[path = "faults/senders.rs"]
mod senders;
#[path = "faults/serving.rs"]
pub mod serving;
