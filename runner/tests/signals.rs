//! What goes out beside the two systems: outgoing webhooks against receivers on this machine, verified by the receiving
//! side's own code; metrics; health.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

// What is logged meanwhile is heard, as in the stories of `tests/it`.
#[path = "signals/ages.rs"]
mod ages;
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
#[path = "signals/delivery.rs"]
mod delivery;
#[path = "signals/facts.rs"]
mod facts;
#[path = "signals/format.rs"]
mod format;
#[path = "signals/health.rs"]
mod health;
#[path = "signals/metrics.rs"]
mod metrics;
#[path = "signals/receiver.rs"]
mod receiver;
#[path = "signals/settings.rs"]
mod settings;

/// Over whatever is logged while something runs.
fn watched() -> canary::Watch {
    canary::Watch::new()
}
