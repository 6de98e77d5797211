//! The webhook door, from outside: each line of its security checklist, and the trial that says why a delivery fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "door/bounds.rs"]
mod bounds;
#[path = "door/endings.rs"]
mod endings;
#[path = "door/knocking.rs"]
mod knocking;
#[path = "door/listening.rs"]
mod listening;
#[path = "door/rotation.rs"]
mod rotation;
#[path = "door/settings.rs"]
mod settings;
#[path = "door/shipped.rs"]
mod shipped;
#[path = "door/signatures.rs"]
mod signatures;
#[path = "door/told.rs"]
mod told;
#[path = "door/trials.rs"]
mod trials;
