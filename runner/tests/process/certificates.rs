//! `runner certificate`: hands one in at a running process, follows it, and reads a stopped directory.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::binary::{good, run, runner};

/// The seed's candidate with a certificate among the attachments, and another in scope.
const NAKAGAWA: &str = "70011000059.";
const OKAFOR: &str = "70011000042";

#[test]
fn one_is_handed_in_listed_shown_and_settled() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut child = runner(dir, &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(out.any(|line| line.is_ok_and(|line| line.starts_with("serving"))), "it ends early");

    // What the demo found among the attachments.
    let listed = good(dir, &["certificate", "list", "--state", "approved"]);
    assert!(listed.contains(NAKAGAWA) && listed.contains("general until"), "{listed}");
    let shown: Value =
        serde_json::from_str(&good(dir, &["certificate", "show", NAKAGAWA, "--json"])).unwrap();
    assert_eq!(shown["line"]["state"], "Approved");
    assert_eq!(shown["events"][0]["event"], "certificate_found");
    assert!(shown["certificate"].as_str().unwrap().starts_with("ci_"));

    std::fs::write(dir.join("kim.pdf"), "%PDF-1.7 by hand").unwrap();
    std::fs::write(dir.join("kim.doc"), "PK").unwrap();
    let refused = run(dir, &["certificate", "add", OKAFOR, "kim.doc"]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("must begin with %PDF"));
    let taken = good(dir, &["certificate", "add", OKAFOR, "kim.pdf", "--placement", "51000777"]);
    assert!(taken.contains(&format!("taken in as {OKAFOR}.")), "{taken}");
    let again = good(dir, &["certificate", "add", OKAFOR, "kim.pdf"]);
    assert!(again.contains("the same document is there already"), "{again}");

    // Nothing to send again; and a reason is asked for.
    let name = format!("{OKAFOR}.");
    let none = run(dir, &["certificate", "withdraw", &name, "--reason", " "]);
    assert_eq!(none.status.code(), Some(5), "{}", String::from_utf8_lossy(&none.stderr));
    // The words that settle a flag settle a certificate too, and say so where another verb is meant.
    let said = |arguments: &[&str]| {
        let output = run(dir, &[arguments, &["--by", "kim", "--reason", "as agreed"]].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let whole = format!("certificate/{NAKAGAWA}");
    let (code, why) = said(&["resolve", &whole, "restart"]);
    assert_eq!(code, Some(5), "{why}");
    assert!(why.contains(&format!("runner resolve certificate/acme/{NAKAGAWA}")), "{why}");
    assert!(why.contains("accept --reason 'as agreed'"), "{why}");
    assert_eq!(said(&["resolve", &whole, "accept"]), (Some(0), String::new()));
    assert_eq!(said(&["resolve", NAKAGAWA, "close"]), (Some(0), String::new()));
    assert_eq!(said(&["resolve", NAKAGAWA, "close"]).0, Some(5));
    let unknown = run(dir, &["certificate", "show", "12345."]);
    assert_eq!(unknown.status.code(), Some(4));

    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let listed = good(dir, &["certificate", "list"]);
    assert!(listed.contains(NAKAGAWA) && listed.contains(OKAFOR), "{listed}");
    let shown = good(dir, &["certificate", "show", NAKAGAWA]);
    assert!(shown.contains("review_approved") && shown.contains("Withdrawn"), "{shown}");
    let stopped = run(dir, &["certificate", "add", OKAFOR, "kim.pdf"]);
    assert_eq!(stopped.status.code(), Some(1));
}
