//! How long, how named, how opened: the rules that look at a file as a whole.
//!
//! Read next: `habits.rs`, what may not be written inside.

use super::code::{Attribute, Code, Function};
use super::source::Tree;
use super::{Offence, holds, objects};

/// More than this, a machine's table left aside, is two files.
const FILE_LINES: usize = 600;

/// More than this, from `fn` to the closing brace, is two functions.
const FUNCTION_LINES: usize = 70;

/// Names that say nothing of what is inside, for a file or a folder.
const EMPTY_NAMES: [&str; 11] = [
    "common", "helper", "helpers", "manager", "misc", "models", "mod", "shared", "types", "util",
    "utils",
];

fn long_files(tree: &Tree) -> Vec<Offence> {
    let long = tree.rust().filter_map(|(file, code)| {
        let tables = code.functions.iter().filter(|function| is_table(code, function));
        let in_tables: usize = tables.map(|table| table.last_line - table.first_line + 1).sum();
        let lines = file.text.lines().count() - in_tables;
        let what = format!("{lines} lines, at most {FILE_LINES}");
        (lines > FILE_LINES).then(|| Offence::new(&file.path, lines, what))
    });
    long.collect()
}

fn long_functions(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (file, code) in tree.rust() {
        for function in code.functions.iter().filter(|function| !is_table(code, function)) {
            let lines = function.last_line - function.first_line + 1;
            if lines > FUNCTION_LINES {
                let what =
                    format!("`{}` has {lines} lines, at most {FUNCTION_LINES}", function.name);
                offences.push(Offence::new(&file.path, function.first_line, what));
            }
        }
    }
    offences
}

/// A machine's `evolve` is its table, one match that `#[machine]` reads: as long as the machine has edges.
fn is_table(code: &Code, function: &Function) -> bool {
    let machine = |attribute: &Attribute| attribute.words.iter().any(|word| word == "machine");
    function.name == "evolve" && code.attributes.iter().any(machine)
}

fn unopened_files(tree: &Tree) -> Vec<Offence> {
    let unopened = tree.rust().filter(|(file, _)| !file.text.starts_with("//!"));
    unopened.map(|(file, _)| Offence::new(&file.path, 1, "does not open with `//!`")).collect()
}

fn empty_names(tree: &Tree) -> Vec<Offence> {
    let says_nothing = |path: &str| {
        path.split('/').any(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs")))
    };
    let empty = tree.rust().filter(|(file, _)| says_nothing(&file.path));
    empty.map(|(file, _)| Offence::new(&file.path, 1, "a name that says nothing")).collect()
}

#[test]
fn files_are_short() {
    holds(long_files);
}

#[test]
fn functions_are_short() {
    holds(long_functions);
}

#[test]
fn files_open_with_their_purpose() {
    holds(unopened_files);
}

#[test]
fn files_are_named_for_what_is_inside() {
    holds(empty_names);
}

#[test]
fn a_file_and_a_function_at_the_limit_pass_and_one_line_more_does_not() {
    let file = |lines: usize| "//! A.\n".repeat(lines);
    let (fits, long) = (file(FILE_LINES), file(FILE_LINES + 1));
    objects(
        long_files,
        &[("a/src/fits.rs", &fits), ("a/src/long.rs", &long)],
        &["a/src/long.rs:601"],
    );

    let function = |name: &str, lines: usize| {
        format!("proptest! {{\n    fn {name}() {{\n{}    }}\n}}\n", "\n".repeat(lines - 2))
    };
    let (fits, long) = (function("f", FUNCTION_LINES), function("evolve", FUNCTION_LINES + 1));
    let table = format!("#[workflow_core::machine]\n{long}");
    let files = [("a/src/fits.rs", &*fits), ("a/src/long.rs", &*long), ("a/src/table.rs", &*table)];
    objects(long_functions, &files, &["a/src/long.rs:2"]);
}

#[test]
fn unopened_and_emptily_named_files_are_seen() {
    let files = [
        ("a/src/lib.rs", "//! A.\n"),
        ("a/src/utils/b.rs", "// A.\n"),
        ("a/src/b/mod.rs", "\n//! A.\n"),
    ];
    objects(unopened_files, &files, &["a/src/utils/b.rs:1", "a/src/b/mod.rs:1"]);
    objects(empty_names, &files, &["a/src/utils/b.rs:1", "a/src/b/mod.rs:1"]);
}
