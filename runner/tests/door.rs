//! The webhook door, from outside: each line of its security checklist, and the trial that says why a delivery fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "door/bounds.rs"]
mod bounds;
// What is logged meanwhile is heard, as in the stories of `tests/it`.
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
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

/// Over whatever is logged while a door is there.
fn watched() -> canary::Watch {
    told::listen();
    canary::Watch::of_another_listener()
}
