//! A person's data: in the clear nowhere but in the world outside, and after forgetting nowhere at all. What opens something:
//! in its own file, and in no other, in no log, export or page.
//!
//! Each person of the simulated JobDiva is a canary, each secret of its world another. The simulators' own files are that world outside, so they are not
//! looked at; everything else in the data directory is, and all that the process says at its most talkative.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::binary::{good, run, runner};
use super::pages::{Visit, metrics};
use super::secrets;

/// A candidate who is insured in the middle of the demo, and the placement.
const CANDIDATE: &str = "70011000042";
const PLACEMENT: &str = "51000777";

/// What may stand nowhere.
struct Canaries {
    people: Vec<String>,
    secrets: Vec<String>,
}

/// What would give a person away: names, e-mail, phone.
pub fn people(dir: &Path) -> Vec<String> {
    let file = dir.join("workflow-demo/simulators/jobdiva.json");
    let world: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    collect_people(&world, &mut found);
    let mut texts: Vec<String> = found.into_iter().filter(|text| text.len() > 4).collect();
    for known in ["Okafor", "Marisol", "marisol.okafor@example.com", "559-555-0042"] {
        assert!(texts.iter().any(|text| text == known), "{known} is not among {texts:?}");
    }
    assert!(texts.len() > 60, "{texts:?}");
    // Whatever holds an e-mail holds the name in it.
    texts.retain(|text| !text.contains('@'));
    texts.iter_mut().for_each(|text| text.make_ascii_lowercase());
    texts
}

fn collect_people(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for name in ["first_name", "last_name", "email", "phone"] {
                found.extend(map.get(name).and_then(Value::as_str).map(str::to_owned));
            }
            map.values().for_each(|value| collect_people(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_people(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("simulators") => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Tells neither of anybody nor what opens anything.
#[track_caller]
fn silent(what: &str, bytes: &[u8], canaries: &Canaries) {
    quiet(what, bytes, &[&canaries.people, &canaries.secrets]);
}

#[track_caller]
fn quiet(what: &str, bytes: &[u8], canaries: &[&[String]]) {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    for canary in canaries.iter().copied().flatten() {
        assert!(!text.contains(canary), "{what} tells of {canary}");
    }
}

/// No file of the data directory, the log of what the process did among them, tells of anybody.
#[track_caller]
fn nothing_on_disk(dir: &Path, canaries: &Canaries) {
    let mut found = Vec::new();
    files(&dir.join("workflow-demo"), &mut found);
    let names = ["demo.log", "keys/people", "events/log/db"];
    for name in names {
        assert!(found.iter().any(|file| file.ends_with(name)), "{name} is not there: {found:?}");
    }
    for file in found {
        let bytes = std::fs::read(&file).unwrap();
        let what = file.display().to_string();
        match secrets::FILES.iter().any(|name| file.ends_with(name)) {
            true => quiet(&what, &bytes, &[&canaries.people]),
            false => silent(&what, &bytes, canaries),
        }
    }
}

/// No answer of the command line tells of anybody.
#[track_caller]
fn nothing_said(dir: &Path, canaries: &Canaries) {
    let contractor = format!("contractor/acme/{CANDIDATE}");
    let verbs: [&[&str]; 9] = [
        &["list", "--json"],
        &["show", PLACEMENT, "--json"],
        &["history", PLACEMENT, "--json"],
        &["history", &contractor, "--json"],
        &["verify", "--json"],
        &["audit", "sent", PLACEMENT, "--json"],
        &["audit", "sent", &contractor, "--json"],
        &["audit", "gaps", "--json"],
        &["audit", "approvals", "--json"],
    ];
    for verb in verbs {
        let said = good(dir, verb);
        assert!(said.contains("version"), "{said}");
        silent(&verb.join(" "), said.as_bytes(), canaries);
    }
    // These say something else, or nothing, while no process runs: whatever it is, it tells of nobody.
    let others: [&[&str]; 7] = [
        &["tenants", "--json"],
        &["inbox", "list", "--json"],
        &["invoices", "--json"],
        &["certificate", "list", "--json"],
        &["audit", "drift", "--json"],
        &["list"],
        &["show", CANDIDATE],
    ];
    for verb in others {
        let said = run(dir, verb);
        silent(&verb.join(" "), &[said.stdout, said.stderr].concat(), canaries);
    }
}

/// No page tells of anybody, whichever there are, and no count.
#[track_caller]
fn nothing_on_pages(dir: &Path, canaries: &Canaries) {
    let counted = metrics(dir);
    assert!(counted.contains("\nworkflow_"), "{counted}");
    silent("/metrics", counted.as_bytes(), canaries);
    for (path, page) in Visit::begin(dir).pages(PLACEMENT, CANDIDATE) {
        silent(&path, page.as_bytes(), canaries);
    }
}

/// What libraries say, addresses with passwords in them among it, has no way into our log.
#[track_caller]
fn only_ours_is_logged(dir: &Path) {
    let log = std::fs::read_to_string(dir.join("workflow-demo/demo.log")).unwrap();
    for level in ["DEBUG", "INFO"] {
        let said = log.lines().any(|line| line.contains(&format!(" {level} ")));
        assert!(said, "nothing is logged at {level}");
    }
    let foreign = ["reqwest", "hyper", "hyper_util", "rustls", "sled", "mio", "h2", "tower", "log"];
    for line in log.lines() {
        let says = |name: &&str| {
            line.contains(&format!(" {name}::")) || line.contains(&format!(" {name}: "))
        };
        assert_eq!(foreign.into_iter().find(says), None, "{line}");
    }
    // Most of them speak through `log`. The bridge to ours would come along with a feature of a dependency.
    let lock = include_str!("../../../Cargo.lock");
    assert!(!lock.contains("name = \"tracing-log\""), "other crates' lines reach our log now");
}

/// A demo at its most talkative, after so many lines, and later when it serves.
fn demo(dir: &Path) -> (Child, impl Iterator<Item = String>) {
    let mut command = runner(dir, &["demo", "--keep"]);
    let mut child = command.env("RUST_LOG", "trace").stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, out.map(Result::unwrap))
}

#[test]
fn a_person_is_nowhere_in_the_clear_and_nowhere_at_all_once_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (mut child, mut out) = demo(dir);
    // Until the contractor is known and applies; calls for others are under way.
    let applies = |line: &String| line.contains(PLACEMENT) && line.contains("application opened");
    let said: Vec<String> = out.by_ref().take_while(|line| !applies(line)).collect();
    assert!(said.len() > 20, "{said:?}");
    let canaries = Canaries { people: people(dir), secrets: secrets::secrets(dir) };
    nothing_on_disk(dir, &canaries);
    nothing_said(dir, &canaries);
    nothing_on_pages(dir, &canaries);
    silent("the demo", said.join("\n").as_bytes(), &canaries);
    exported(dir, &canaries);
    // What was sent is there, sealed, and opens for who holds the keys.
    assert!(opened(dir).contains("okafor"));

    // Nobody, and nobody without a reason.
    let forget = |candidate: &str, reason: &str| {
        run(dir, &["forget", candidate, "--who", "kim", "--json", "--reason", reason])
    };
    assert_eq!(forget("1", "erasure request").status.code(), Some(4));
    assert_eq!(forget(CANDIDATE, " ").status.code(), Some(5));
    // In the middle of the work.
    for already in [false, true] {
        let done = forget(CANDIDATE, "erasure request 17");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let done: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!((&done["already"], &done["key_destroyed"]), (&already.into(), &true.into()));
        assert!(done["events_closed"].as_u64().unwrap() >= 1, "{done}");
        assert_eq!(done["placements"], serde_json::json!([PLACEMENT]));
    }
    let told = good(dir, &["forget", CANDIDATE, "--reason", "again"]);
    assert!(told.contains("was forgotten before") && told.contains("remains"), "{told}");

    assert!(!opened(dir).contains("okafor"), "what was sent still opens");

    // The world goes on, polls and webhooks bring the person up again, and nothing of them comes back.
    assert!(out.any(|line| line.starts_with("serving")), "it ends before it serves");
    nothing_on_disk(dir, &canaries);
    nothing_said(dir, &canaries);
    nothing_on_pages(dir, &canaries);
    only_ours_is_logged(dir);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    nothing_on_disk(dir, &canaries);
    nothing_said(dir, &canaries);
    exported(dir, &canaries);
    stopped(dir);
}

/// What was sent about the candidate, opened, in lower case.
#[track_caller]
fn opened(dir: &Path) -> String {
    let contractor = format!("contractor/acme/{CANDIDATE}");
    let said = good(dir, &["audit", "sent", &contractor, "--json", "--open", "--reason", "a test"]);
    let sent: Value = serde_json::from_str(&said).unwrap();
    assert!(sent["sent"].as_array().is_some_and(|sent| sent.len() >= 2), "{said}");
    said.to_lowercase()
}

/// An export tells of nobody either, its records' own bytes least of all.
#[track_caller]
fn exported(dir: &Path, canaries: &Canaries) {
    good(dir, &["export", "canary.jsonl", "--force"]);
    let text = std::fs::read_to_string(dir.join("canary.jsonl")).unwrap();
    assert!(text.contains("\"kind\":\"exchanged\""), "no exchange is in the export");
    silent("the export", text.as_bytes(), canaries);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(bytes) = line["record"]["bytes"].as_str() {
            silent("a record", &decoded(bytes), canaries);
        }
    }
}

/// Base64, as exports have it.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0usize, 0);
    for digit in digits {
        (bits, held) = (bits << 6 | digit, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

/// A stopped directory answers without its keys, starts with them only, and takes a new master key.
fn stopped(dir: &Path) {
    let master = dir.join("workflow-demo/master-key");
    let key = std::fs::read(&master).unwrap();
    std::fs::remove_file(&master).unwrap();
    good(dir, &["list"]);
    let refused = run(dir, &["demo"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("the master key") && said.contains("is missing"), "{said}");
    std::fs::write(&master, "0".repeat(64)).unwrap();
    let refused = run(dir, &["demo"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("was not made with"), "{said}");
    std::fs::write(&master, &key).unwrap();

    let rotated = good(dir, &["rotate-key"]);
    assert!(rotated.contains("a new master key for the keys of"), "{rotated}");
    assert_ne!(std::fs::read(&master).unwrap(), key);
    good(dir, &["demo"]);
    good(dir, &["verify"]);
}
