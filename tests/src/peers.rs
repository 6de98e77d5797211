//! The two sides that the domain stands between, in this process, with memory: they are told calls and remember.
//!
//! `ats.rs` keeps placements and persons, `insurer.rs` everything that was ever asked of it. `fault.rs` is what may go
//! wrong on the way to either.

pub mod ats;
pub mod fault;
pub mod insurer;
