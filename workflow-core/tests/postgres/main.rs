//! The log on PostgreSQL, with a server that the tests start themselves from the system's package.
//!
//! Where the package is absent each test fails and says how to get it: whoever runs these asked for them, with
//! `--features postgres,testing`. One server serves all tests that leave it whole, with a shard or a database each;
//! `harness.rs` has it.

#[cfg(test)]
mod columns;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod fences;
mod harness;
mod proxy;
#[cfg(test)]
mod races;
#[cfg(test)]
mod unknown;
