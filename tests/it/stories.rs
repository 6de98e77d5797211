//! Stories: one `check` each, told in the words of the domain. The language is in `tests/src/story.rs`.

mod roads;
