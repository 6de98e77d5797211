//! `runner diagram`: every workflow in every form, in a directory with neither configuration nor data.

use super::binary::{good, run};

const WORKFLOWS: [&str; 7] =
    ["placement", "contractor", "certificate", "invoice", "gate", "notice", "delivery"];

#[test]
fn every_workflow_is_drawn_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    for workflow in WORKFLOWS {
        let begins = [
            ("mermaid", "stateDiagram-v2\n    [*] --> ".to_owned()),
            ("dot", format!("digraph \"{workflow}\" {{\n")),
            ("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" ".to_owned()),
            ("matrix", "  ".to_owned()),
        ];
        for (format, begin) in begins {
            let said = good(dir.path(), &["diagram", workflow, "--format", format]);
            assert!(said.starts_with(&begin), "{workflow} {format}: {said}");
            assert!(said.ends_with('\n') && !said.ends_with("\n\n"), "{workflow} {format}");
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it wrote something");
}

#[test]
fn without_more_it_is_the_placement_in_mermaid() {
    let dir = tempfile::tempdir().unwrap();
    let said = good(dir.path(), &["diagram"]);
    assert!(said.contains("    [*] --> Discovered: PlacementFound\n"), "{said}");
    assert_eq!(said, good(dir.path(), &["diagram", "placement", "--format", "mermaid"]));
}

#[test]
fn a_picture_is_one_whole_document_that_names_every_state() {
    let dir = tempfile::tempdir().unwrap();
    let svg = good(dir.path(), &["diagram", "placement", "--format", "svg"]);
    assert!(svg.trim_end().ends_with("</svg>"), "{svg}");
    let matrix = good(dir.path(), &["diagram", "placement", "--format", "matrix"]);
    let states: Vec<_> = matrix.lines().next().unwrap().split_whitespace().skip(1).collect();
    assert!(states.contains(&"ApplicationPending"), "{states:?}");
    for state in states {
        assert_eq!(svg.matches(&format!("data-state=\"{state}\"")).count(), 1, "{state}");
    }
}

#[test]
fn an_unknown_workflow_is_wrong_usage_and_lists_those_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let refused = run(dir.path(), &["diagram", "passport"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{said}");
    for workflow in WORKFLOWS {
        assert!(said.contains(workflow), "{said}");
    }
}
