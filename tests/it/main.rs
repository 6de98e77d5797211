//! What the whole must do, through the real engine: stories, properties, restarts, tables.

mod graph;
mod properties;
mod restart;
mod stories;
mod terms;
