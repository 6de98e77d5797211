//! Stories: one `check` each, told in the words of the domain. The language is in `tests/src/story.rs`.

mod applications;
mod certificates;
mod changes;
mod coverage;
mod forgetting;
mod people;
mod roads;
mod scope;
mod wires;
