//! JobDiva: facts, feeds, people, trouble and webhooks, for every placement the simulator begins with.

mod changes;
mod departures;
mod documents;
mod facts;
pub mod judged;
mod people;
mod poll;
mod timesheets;
mod trouble;
mod webhooks;
pub mod world;
