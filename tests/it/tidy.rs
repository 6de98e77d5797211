//! The rules of the house as tests: they read the workspace's own source and list every offence.
//!
//! A rule is a function from the tree to offences, so each is also tried on a few invented lines that break it.
//! Absent: what the compiler and clippy see by themselves (unsafe code, missing docs, unwrap, prints); those are the
//! lints of the workspace's `Cargo.toml`.
//!
//! Read next: `tidy/walls.rs` for who may use whom, then `tidy/size.rs` and `tidy/habits.rs`.

use std::fmt;
use std::sync::LazyLock;

use code::Path;
use source::{File, Tree};

mod code;
mod crates;
mod habits;
mod size;
mod source;
mod walls;

/// The workspace, read once for all rules.
static WORKSPACE: LazyLock<Tree> = LazyLock::new(Tree::of_the_workspace);

/// One place where a rule is broken.
struct Offence {
    path: String,
    line: usize,
    what: String,
}

impl Offence {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Offence {
        Offence { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Fails with every place where the workspace breaks the rule.
fn holds(rule: fn(&Tree) -> Vec<Offence>) {
    let offences: Vec<String> = rule(&WORKSPACE).iter().map(Offence::to_string).collect();
    assert!(offences.is_empty(), "{} offences\n{}", offences.len(), offences.join("\n"));
}

/// Fails unless the rule, tried on invented files, objects to exactly the given `file:line` places.
fn objects(rule: fn(&Tree) -> Vec<Offence>, files: &[(&str, &str)], places: &[&str]) {
    let found: Vec<String> = rule(&Tree::invented(files))
        .iter()
        .map(|offence| format!("{}:{}", offence.path, offence.line))
        .collect();
    assert_eq!(found, places);
}

/// The paths in some files that a rule calls wrong.
fn paths_of(
    tree: &Tree,
    files: impl Fn(&File) -> bool,
    wrong: impl Fn(&File, &Path) -> bool,
    what: &str,
) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (file, code) in tree.rust().filter(|(file, _)| files(file)) {
        for path in code.paths.iter().filter(|path| wrong(file, path)) {
            let said = path.names.join("::");
            offences.push(Offence::new(&file.path, path.line, format!("`{said}` {what}")));
        }
    }
    offences
}
