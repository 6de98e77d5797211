//! Stories: one `check` each, told in the words of the domain. The language is in `tests/src/story.rs`.

mod after_the_fact;
mod applications;
mod certificates;
mod changes;
mod coverage;
mod departures;
mod forgetting;
mod gaps;
mod heirs;
mod kept;
mod merges;
mod operator;
mod people;
mod roads;
mod scope;
mod together;
mod weeks;
mod wires;
