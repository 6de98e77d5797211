//! The simulator is as unkind as the 1099Policy documents: one test per behaviour, over real HTTP.
//!
//! No client code takes part: requests are written by hand here, as any other program would.

#[path = "simulator/answers.rs"]
mod answers;
#[path = "simulator/coverage.rs"]
mod coverage;
#[path = "simulator/described.rs"]
mod described;
#[path = "simulator/desk.rs"]
mod desk;
#[path = "simulator/objects.rs"]
mod objects;
#[path = "simulator/outside.rs"]
mod outside;
