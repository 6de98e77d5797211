//! The tables of `docs/dialects.md` and `docs/policy-simulator.md` are complete: every row of the two dialects, every
//! point, every switch and every fault that the code has is there, with tests that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const DIALECTS: &str = "docs/dialects.md";
const SIMULATOR: &str = "docs/policy-simulator.md";

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table below this heading, cell by cell.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let below =
        text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("{heading}"));
    let lines = below.1.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = lines.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(str::to_owned).collect()).collect()
}

/// What stands in backticks in a cell.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Each row's last cell names tests, and they are there.
fn tests_exist(rows: &[Vec<String>]) {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for row in rows {
        let tests = quoted(row.last().unwrap());
        assert!(!tests.is_empty(), "{} names no test", row[0]);
        for test in tests {
            let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{test}"));
            let source = sources.entry(path.to_owned()).or_insert_with(|| read(path));
            assert!(source.contains(&format!("fn {name}(")), "{}: there is no {test}", row[0]);
        }
    }
}

/// The names that a block of source declares: the fields of a struct, or the variants of an enum as they are sent.
fn declared(path: &str, head: &str) -> BTreeSet<String> {
    let source = read(path);
    let block = source.split_once(head).unwrap_or_else(|| panic!("{path}: {head}")).1;
    let block = block.split_once("\n}").unwrap().0;
    let named = block.lines().filter_map(|line| {
        let line =
            line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '/', '#', '}']))?;
        let name = line.strip_prefix("pub ").unwrap_or(line);
        Some(name.split([':', ',', ' ']).next()?.to_owned())
    });
    named.map(|name| snake(&name)).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The rows are these, each named once.
fn rows_are(rows: &[Vec<String>], expected: BTreeSet<String>) {
    let named: Vec<String> = rows.iter().flat_map(|row| quoted(&row[0])).collect();
    let found: BTreeSet<String> = named.iter().cloned().collect();
    assert_eq!(found, expected);
    assert_eq!(named.len(), found.len(), "a row is there twice");
}

#[test]
fn every_disagreement_of_the_two_dialects_has_its_row() {
    let rows = table(DIALECTS, "Row by row");
    let numbers: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let expected: Vec<String> = (1..=19).map(|row| row.to_string()).collect();
    assert_eq!(numbers, expected);
    tests_exist(&rows);
}

#[test]
fn every_setting_of_the_dialect_is_in_a_row_and_can_be_set() {
    let rows = table(DIALECTS, "Row by row");
    let named: BTreeSet<String> = rows.iter().flat_map(|row| quoted(&row[4])).collect();
    let sample = read("runner/src/config/sample.toml");
    for setting in &named {
        let is_set = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{setting} =")) || line == format!("[tenant.{setting}]")
        };
        assert!(sample.lines().any(is_set), "{setting} cannot be set");
    }
    let dialect = [
        "auth",
        "contractor_required",
        "contractor_shape",
        "environment_header",
        "idempotency_headers",
        "job_region",
        "metadata_on",
    ];
    for setting in dialect {
        assert!(named.contains(setting), "{setting} is in no row");
    }
}

#[test]
fn every_word_that_the_simulator_notes_is_in_a_row() {
    let rows = table(DIALECTS, "Row by row");
    let written: BTreeSet<String> = rows.iter().flat_map(|row| quoted(&row[5])).collect();
    let source = read("integration-1099policy/src/simulator/dialects.rs");
    let code = source.split_once("\npub(super) fn").unwrap().1;
    let literal = code.split('"').skip(1).step_by(2);
    let words = literal
        .filter(|text| text.contains('.') && !text.contains(['{', ' ']) && !text.starts_with('.'));
    for word in words {
        assert!(written.contains(word), "{word} is in no row");
    }
}

#[test]
fn every_point_of_the_simulator_has_its_tests() {
    let rows = table(SIMULATOR, "Point by point");
    let numbers: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let expected: Vec<String> = (1..=14).map(|point| point.to_string()).collect();
    assert_eq!(numbers, expected);
    tests_exist(&rows);
}

#[test]
fn every_switch_has_a_test_on_its_unkind_side() {
    let folder = "integration-1099policy/src/simulator";
    let mut expected = declared(&format!("{folder}/config.rs"), "pub struct Rules {");
    expected.extend(declared(&format!("{folder}/config.rs"), "pub struct WebhookRules {"));
    expected.extend(declared(&format!("{folder}/script.rs"), "pub struct Script {"));
    let rows = table(SIMULATOR, "Switches");
    rows_are(&rows, expected);
    tests_exist(&rows);
}

#[test]
fn every_fault_has_a_test_of_the_care_it_takes() {
    let folder = "integration-1099policy/src/simulator";
    let mut expected = declared(&format!("{folder}/faults.rs"), "pub enum FaultKind {");
    expected.extend(declared(&format!("{folder}/webhooks.rs"), "pub enum WebhookFaultKind {"));
    let rows = table(SIMULATOR, "Faults");
    rows_are(&rows, expected);
    tests_exist(&rows);
}
