//! What a person orders: each verb once on a running process and once on the stopped log, with its exit code.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::binary::{good, run, runner, states};

const VERBS: [&str; 9] =
    ["resolve", "exclude", "include", "set", "resend", "retry", "pause", "resume", "tenants"];

/// Runs a verb with a reason that must be refused with this exit code, saying this.
#[track_caller]
fn refused(dir: &Path, code: i32, says: &str, arguments: &[&str]) {
    let output = run(dir, &[arguments, &["--by", "kim", "--reason", "as agreed"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(says), "{arguments:?}: {said}");
}

/// Runs a verb with a reason, which must do.
#[track_caller]
fn ordered(dir: &Path, arguments: &[&str]) -> String {
    good(dir, &[arguments, &["--by", "kim", "--reason", "as agreed"]].concat())
}

#[test]
fn every_verb_teaches_and_asks_for_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    for verb in VERBS {
        let help = good(dir.path(), &[verb, "--help"]);
        assert!(help.contains(&format!("  runner {verb}")), "{help}");
        assert_eq!(help.contains("--reason"), verb != "tenants", "{help}");
    }
    let none = run(dir.path(), &["exclude", "1"]);
    assert_eq!(none.status.code(), Some(2), "{}", String::from_utf8_lossy(&none.stderr));
}

#[test]
fn every_verb_on_a_running_process_and_on_its_stopped_log() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut child = runner(dir, &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let serving =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|l| l.starts_with("serving"));
    assert!(out.any(|line| serving(&line)), "it ends before it serves");
    running(dir);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    stopped(dir);
}

fn running(dir: &Path) {
    for verb in ["resolve", "exclude", "include", "set", "resend", "retry", "pause", "resume"] {
        let more: &[&str] = match verb {
            "resolve" => &["1", "return"],
            "set" => &["1", "wage", "1"],
            _ => &["1"],
        };
        refused(dir, 4, "no placement is called 1", &[&[verb], more].concat());
    }
    refused(dir, 5, "not flagged", &["resolve", "51000777", "return"]);
    refused(dir, 5, "no coverage in force to accept", &["resolve", "51000796", "accept"]);
    refused(dir, 5, "bought", &["exclude", "51000777"]);
    refused(dir, 5, "is in scope already", &["include", "51000777"]);
    refused(dir, 5, "nothing is missing", &["set", "51000777", "wage", "80/hour"]);
    refused(dir, 2, "is no wage: expected", &["set", "51000784", "wage", "much"]);
    refused(dir, 5, "no application is open", &["resend", "51000777"]);
    refused(dir, 5, "nothing of it waits", &["retry", "51000777"]);
    refused(dir, 5, "not paused", &["resume", "51000777"]);
    refused(dir, 4, "no tenant is called nobody", &["pause", "--tenant", "nobody"]);
    refused(dir, 2, "--all", &["retry", "--tenant", "acme"]);
    refused(dir, 5, "nothing of it waits", &["retry", "--tenant", "acme", "--all"]);
    refused(dir, 5, "not flagged", &["resolve", "contractor/70011000042", "return"]);

    assert!(ordered(dir, &["exclude", "51000783"]).contains("is Excluded now"));
    assert!(ordered(dir, &["act", "51000785", "exclude"]).contains("is Excluded now"));
    assert!(ordered(dir, &["include", "51000783"]).contains("placement/acme/51000783"));
    let set: Value =
        serde_json::from_str(&ordered(dir, &["set", "51000784", "wage", "95.00/hour", "--json"]))
            .unwrap();
    assert_eq!(set["to"][0]["events"], 1, "{set}");
    let shown = good(dir, &["show", "51000784"]);
    assert!(
        shown.contains("wage 95.00/hour, by kim: as agreed (while JobDiva says: paid per day"),
        "{shown}"
    );
    let history = good(dir, &["history", "51000784"]);
    assert!(
        history.contains("fact set") && history.contains("set by operator:kim: as agreed"),
        "{history}"
    );
    // The application ran out: the way to a new one is taken.
    let resent = run(dir, &["resend", "51000794", "--reason", "as agreed"]);
    let said = String::from_utf8_lossy(&resent.stderr).into_owned();
    assert!(
        resent.status.success() || said.contains("coverage cannot begin in the past"),
        "{said}"
    );
    ordered(dir, &["resolve", "51000796", "close"]);

    assert!(ordered(dir, &["pause", "51000777"]).contains("paused by kim: as agreed"));
    let list = good(dir, &["list", "--json"]);
    assert!(list.contains("paused by kim: as agreed"), "{list}");
    let history = good(dir, &["history", "51000777"]);
    assert!(history.contains("pause by operator:kim: as agreed"), "{history}");
    assert!(ordered(dir, &["pause", "--adapter", "jobdiva"]).contains("jobdiva of tenant acme"));
    let tenants: Value = serde_json::from_str(&good(dir, &["tenants", "--json"])).unwrap();
    let acme = &tenants["tenants"][0];
    assert_eq!(
        (&tenants["running"], &acme["environment"]),
        (&Value::from(true), &Value::from("sandbox"))
    );
    assert_eq!(acme["systems"][0]["paused"], "paused by kim: as agreed");
    assert_eq!(acme["placements_paused"], 1);
    assert!(good(dir, &["tenants"]).contains("jobdiva     paused by kim"));
}

const CONFIG: &str = r#"
data_dir = "workflow-demo"
[log]
master_key_file = "workflow-demo/master-key"
[[tenant]]
name = "acme"
[tenant.jobdiva]
client_id = "1"
username = "nobody"
password_file = "secret"
[tenant.1099policy]
environment = "sandbox"
api_key_file = "secret"
success_url = "https://example.com/{placement}"
cancel_url = "https://example.com/{placement}"
[tenant.contractor]
relay_domain = "relay.example.com"
"#;

fn stopped(dir: &Path) {
    refused(dir, 2, "say --config FILE", &["resume", "51000777"]);
    std::fs::write(dir.join("secret"), "none").unwrap();
    std::fs::write(dir.join("runner.toml"), CONFIG).unwrap();
    refused(dir, 4, "no placement is called 1", &["resume", "1"]);
    refused(dir, 5, "stopped log", &["retry", "51000777"]);
    refused(dir, 5, "asked at the insurer", &["resend", "51000777"]);
    refused(dir, 5, "kim paused it already", &["pause", "51000777"]);
    refused(dir, 5, "not flagged", &["resolve", "51000777", "return"]);

    // What was paused while it ran is paused still.
    assert!(ordered(dir, &["resume", "51000777"]).contains("goes on"));
    assert!(
        ordered(dir, &["resume", "--adapter", "jobdiva", "--tenant", "acme"]).contains("goes on")
    );
    assert!(ordered(dir, &["pause", "--tenant", "acme"]).contains("tenant acme is paused by kim"));
    assert!(ordered(dir, &["include", "51000785"]).contains("is Discovered now"));
    assert!(ordered(dir, &["exclude", "51000786"]).contains("is Excluded now"));
    assert!(good(dir, &["tenants"]).contains("paused by kim: as agreed"));
    assert_eq!(states(dir)["51000786"], "Excluded");
    good(dir, &["verify"]);

    // An auditor is told of each, with who and why.
    let told: Value = serde_json::from_str(&good(dir, &["audit", "approvals", "--json"])).unwrap();
    let told = told["approvals"].as_array().unwrap();
    let is_whole = |it: &Value| it["who"].is_string() && it["reason"].is_string();
    assert!(told.iter().all(is_whole), "{told:#?}");
    for what in ["resolve", "exclude", "include", "set", "pause", "resume"] {
        let of = |it: &&Value| {
            it["what"] == what && it["reason"].as_str().unwrap().contains("as agreed")
        };
        assert!(told.iter().any(|it| of(&it)), "{what}: {told:#?}");
    }
}
