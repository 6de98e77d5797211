//! The table of `docs/guide.md`: every line of the integration guide is there, and every test that it names exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How many lines each part of the guide has, in its order.
const PARTS: &[(&str, usize)] = &[
    ("0", 1),
    ("1", 5),
    ("2", 8),
    ("3", 6),
    ("4.1", 8),
    ("4.2", 11),
    ("4.3", 10),
    ("4.4", 2),
    ("4.5", 7),
    ("4.6", 8),
    ("4.7", 7),
    ("5", 11),
    ("6", 9),
];

/// A row: its number, what it asks, and the tests.
type Row = (String, String, Vec<String>);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in a workspace")
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/guide.md")).expect("it can be read");
    let cells = |line: &str| -> Option<Row> {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let (number, asks) = (cells.next()?.to_owned(), cells.next()?.to_owned());
        let tests = cells.next()?.split(", ").map(|test| test.trim_matches('`').to_owned());
        Some((number, asks, tests.collect()))
    };
    text.lines().skip_while(|line| !line.starts_with("|---")).skip(1).filter_map(cells).collect()
}

#[test]
fn every_line_of_the_guide_has_its_row() {
    let expected: Vec<String> = PARTS
        .iter()
        .flat_map(|(part, lines)| (1..=*lines).map(move |line| format!("{part}.{line}")))
        .collect();
    let found: Vec<String> = rows().into_iter().map(|(number, _, _)| number).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_row_names_tests_that_exist() {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for (number, _, tests) in rows() {
        assert!(!tests.is_empty(), "{number} names no test");
        for test in tests {
            let (path, name) = test.split_once("::").expect("`path::name`");
            let source = sources.entry(path.to_owned()).or_insert_with(|| {
                let read = fs::read_to_string(root().join(path));
                read.unwrap_or_else(|error| panic!("{number}: {path}: {error}"))
            });
            let is_test = source
                .split("fn ")
                .skip(1)
                .any(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')));
            assert!(is_test, "{number}: there is no `{name}` in {path}");
        }
    }
}
