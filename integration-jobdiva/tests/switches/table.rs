//! The thirty switches are all there: in code, with a field or a request each, with a test each, and in the documentation.

use std::collections::{BTreeMap, BTreeSet};

use integration_jobdiva::simulator::{Behaviour, CONTROLS, FaultKind, SWITCHES};

/// The files in which the tests stand.
const FILES: [&str; 9] = [
    include_str!("feeds.rs"),
    include_str!("hooks.rs"),
    include_str!("logins.rs"),
    include_str!("people.rs"),
    include_str!("records.rs"),
    include_str!("searches.rs"),
    include_str!("trouble.rs"),
    include_str!("values.rs"),
    include_str!("windows.rs"),
];

/// The test of each number, and the line before it.
fn tests() -> BTreeMap<u8, (String, bool)> {
    let mut found = BTreeMap::new();
    for file in FILES {
        let lines: Vec<&str> = file.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(rest) = line.strip_prefix("async fn switch_") else { continue };
            let number: u8 = rest[..2].parse().unwrap();
            let name = rest.split('(').next().unwrap();
            let before = lines[..at].iter().rev();
            let mut words = before.take_while(|line| line.starts_with(['#', '/']));
            let cares = words.any(|line| line.starts_with("/// Care: "));
            assert!(lines[at - 1] == "#[tokio::test]", "{line} is no test");
            let twice = found.insert(number, (format!("switch_{name}"), cares));
            assert!(twice.is_none(), "two tests of switch {number}");
        }
    }
    found
}

#[test]
fn each_switch_has_one_test_that_says_its_care() {
    let tests = tests();
    let numbers: Vec<u8> = SWITCHES.iter().map(|switch| switch.number).collect();
    assert_eq!(numbers, (1..=30).collect::<Vec<u8>>());
    assert_eq!(tests.keys().copied().collect::<Vec<u8>>(), numbers);
    for (number, (name, cares)) in tests {
        assert!(cares, "{name} ({number}) does not say which care it proves");
    }
}

#[test]
fn each_field_of_the_behaviour_belongs_to_one_switch() {
    let mut named: Vec<&str> = SWITCHES.iter().flat_map(|switch| switch.fields).copied().collect();
    named.sort_unstable();
    let behaviour = serde_json::to_value(Behaviour::default()).unwrap();
    let fields: BTreeSet<&str> =
        behaviour.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(named, fields.into_iter().collect::<Vec<_>>());
    for switch in SWITCHES.iter().filter(|switch| !switch.demand.is_empty()) {
        let (method, rest) = switch.demand.split_once(' ').unwrap();
        let path = rest.split(' ').next().unwrap();
        let there = CONTROLS.iter().any(|of| of.method == method && of.path == path);
        assert!(there, "{}: no such control request", switch.demand);
    }
}

/// Where the client meets a fault, and what of the test is about it. No arm for all others: a new kind needs its test.
fn met(kind: &FaultKind) -> (&'static str, &'static str, &'static str) {
    const TROUBLE: &str = "tests/it/adapters/jobdiva/trouble.rs";
    const OWN: &str = "integration-jobdiva/tests/switches/trouble.rs";
    const BROKEN: &str = "a_broken_line_and_an_ill_service_are_tried_again";
    const POISON: &str = "switch_18_a_poisoned_row_fails_every_window_with_it";
    const PASSED_OVER: &str = "a_placement_that_every_feed_passed_over_is_found_by_the_census";
    match kind {
        FaultKind::Status { .. } => (TROUBLE, BROKEN, "FaultKind::Status"),
        FaultKind::Timeout => (TROUBLE, BROKEN, "FaultKind::Timeout"),
        FaultKind::Cut => (TROUBLE, BROKEN, "FaultKind::Cut"),
        FaultKind::QueueFull => (OWN, "switch_16_a_full_queue_is_said_inside_200", "QueueFull"),
        // The same as the switch, for one endpoint on demand.
        FaultKind::Slow { .. } => (OWN, "switch_19_an_endpoint_takes_its_time", "latency_millis"),
        FaultKind::Poison { .. } => (OWN, POISON, "FaultKind::Poison"),
        FaultKind::Skip { .. } => {
            ("tests/it/adapters/jobdiva/departures.rs", PASSED_OVER, "hire_in_silence(")
        }
    }
}

#[test]
fn each_fault_is_met_by_the_client() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let (message, row) = (String::new(), String::new());
    for kind in [
        FaultKind::Status { status: 503, message },
        FaultKind::Timeout,
        FaultKind::Cut,
        FaultKind::QueueFull,
        FaultKind::Slow { millis: 1 },
        FaultKind::Poison { row: row.clone() },
        FaultKind::Skip { row },
    ] {
        let (file, test, about) = met(&kind);
        let source = std::fs::read_to_string(format!("{root}{file}")).unwrap();
        let begin = source.split_once(&format!("async fn {test}()"));
        let (_, body) = begin.unwrap_or_else(|| panic!("{kind:?}: no {test} in {file}"));
        let body = body.split("\n}\n").next().unwrap();
        assert!(body.contains(about), "{kind:?}: {test} is not about it");
    }
}

#[test]
fn the_documentation_has_the_same_table() {
    let page = include_str!("../../../docs/simulators.md");
    let tests = tests();
    let rows: Vec<&str> = page.lines().filter(|line| starts_with_number(line)).collect();
    let expected: Vec<String> = SWITCHES
        .iter()
        .map(|of| {
            let by = match (of.fields, of.demand) {
                ([], "") => "always".to_owned(),
                ([], demand) => {
                    format!("`{}`", demand.split(' ').take(2).collect::<Vec<_>>().join(" "))
                }
                (fields, _) => {
                    fields.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                }
            };
            let (number, what, test) = (of.number, of.what, &tests[&of.number].0);
            format!("| {number} | {what} | {} | {by} | {} | `{test}` |", of.default, of.mark)
        })
        .collect();
    assert_eq!(rows, expected, "the table should read:\n{}", expected.join("\n"));
}

fn starts_with_number(line: &str) -> bool {
    line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
