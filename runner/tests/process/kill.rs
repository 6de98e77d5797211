//! The demo is killed in the middle, again and again, and goes on to the same end.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::binary::{good, ledger, runner, states};
use super::ends;

/// What the ledger counts per candidate, placement or in all: the ids that the insurer gives may differ.
fn counts(ledger: &Value) -> Vec<(&'static str, Value)> {
    let names = ["contractors_by_candidate", "jobs_by_placement", "sessions_opened"];
    let whole = names.map(|name| (name, ledger[name].clone())).into_iter();
    let sizes = ["policies_by_quote", "assignments_by_job", "charges_cents"].map(|name| {
        let counted = ledger[name].as_object().map_or(0, serde_json::Map::len);
        (name, Value::from(counted))
    });
    whole.chain(sizes).collect()
}

#[test]
fn a_demo_killed_in_the_middle_goes_on_to_the_same_end() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    good(whole.path(), &["demo"]);
    ends::right(whole.path());
    for lines in [3, 25, 60, 20, 7] {
        let mut child =
            runner(broken.path(), &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        // The history so far is printed again first, so that each round gets further.
        let seen = std::fs::read_to_string(broken.path().join("seen")).unwrap_or_default();
        let seen: usize = seen.parse().unwrap_or(0);
        assert_eq!(out.lines().take(seen + lines).count(), seen + lines);
        std::fs::write(broken.path().join("seen"), (seen + lines).to_string()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    good(broken.path(), &["demo"]);
    assert_eq!(states(broken.path()), states(whole.path()));
    assert_eq!(counts(&ledger(broken.path())), counts(&ledger(whole.path())));

    // Run once more it finds nothing to do.
    let (before, said) = (ledger(broken.path()), good(broken.path(), &["verify"]));
    good(broken.path(), &["demo"]);
    assert_eq!(counts(&ledger(broken.path())), counts(&before));
    let events =
        |said: &str| said.split(" events").next().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(events(&good(broken.path(), &["verify"])), events(&said));
}
