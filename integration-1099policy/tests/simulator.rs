//! The simulator is as unkind as the 1099Policy documents: one test per behaviour, over real HTTP.
//!
//! No client code takes part: requests are written by hand here, as any other program would.

#[path = "simulator/answers.rs"]
mod answers;
// What a simulator logs is heard as well: it is part of the product.
#[path = "../../tests/src/canary.rs"]
#[allow(dead_code, reason = "not everything that the stories need is needed here")]
mod canary;
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
#[path = "simulator/terms.rs"]
mod terms;
