//! `--json` of every verb that reads, on one fixed log: versioned, and changed only on purpose.
//!
//! `UPDATE_GOLDEN=1` writes the snapshots anew; a field that goes away or changes its meaning takes a new version.

use std::path::PathBuf;

use serde_json::Value;

use super::desk::Desk;
use super::help::{verbs, words};

/// Each snapshot: its name, and the command line.
const SNAPSHOTS: [(&str, &str); 28] = [
    ("list.txt", "list"),
    ("list.json", "list --json"),
    ("show.txt", "show 51000777"),
    ("show.json", "show 51000777 --json"),
    ("history.txt", "history 51000798"),
    ("history.json", "history 51000798 --json"),
    ("tail.txt", "tail --placement 51000777"),
    ("tail.ndjson", "tail --placement 51000777 --json"),
    ("tenants.json", "tenants --json"),
    ("invoices.json", "invoices --json"),
    ("inbox-list.json", "inbox list --json"),
    ("inbox-show.json", "inbox show acme/1099policy:ev_e4XmSmg3mjCbabUuusZXYV --json"),
    ("certificate-list.json", "certificate list --json"),
    ("audit-gaps.json", "audit gaps --as-of 2026-04-02 --to 2026-04-30 --json"),
    ("audit-sent.json", "audit sent 51000777 --json"),
    ("audit-approvals.json", "audit approvals --json"),
    ("audit-drift.json", "audit drift --json"),
    ("verify.json", "verify --json"),
    ("verify-export.json", "verify --export audit.jsonl --json"),
    ("export.json", "export again.jsonl --json"),
    ("backup.json", "backup backup.jsonl --json"),
    ("restore.json", "restore audit.jsonl --data elsewhere --json"),
    ("migrate.json", "migrate --from workflow-demo --to moved --json"),
    ("operations.json", "operations pay.delta --defaults --json"),
    ("check.json", "check --config service.toml --json"),
    ("config-check.json", "config check --config service.toml --json"),
    ("config-show.json", "config show --config service.toml --json"),
    ("key-new.json", "key new signing.pem --json"),
];

/// Verbs with `--json` that need more than a log: who else tries them.
const ELSEWHERE: [(&str, &[&str]); 3] = [
    (
        "what is ordered of a running process: tests/process/orders.rs, and the stories",
        &[
            "resolve",
            "exclude",
            "include",
            "set",
            "resend",
            "retry",
            "pause",
            "resume",
            "keep",
            "forget",
            "inbox retry",
            "inbox drop",
            "certificate add",
            "certificate accept",
            "certificate resubmit",
            "certificate withdraw",
            "certificate show",
            "page",
            "rotate-key",
        ],
    ),
    (
        "what asks the insurer or the door: tests/door and tests/process/webhooks.rs",
        &[
            "webhook test",
            "webhook check",
            "webhook status",
            "webhook register",
            "webhook list",
            "webhook remove",
            "webhook endpoint",
        ],
    ),
    (
        "what looks at both systems: tests/doctor, tests/process/checklist.rs",
        &["doctor", "checklist"],
    ),
];

/// What differs from run to run.
fn steady(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match name.as_str() {
                    "made_at" | "public" => *value = "(differs)".into(),
                    _ => steady(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(steady),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn versioned(name: &str, text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(value["version"], 1, "{name} has no version: {text}");
    if name.starts_with("verify") {
        value["message"] = value["message"].as_str().unwrap().split("made at").next().into();
    }
    steady(&mut value);
    format!("{value:#}\n")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

#[test]
fn what_each_verb_prints_is_what_it_printed() {
    let desk = Desk::with_log().with_configuration();
    let mut differ = Vec::new();
    for (name, line) in SNAPSHOTS {
        let arguments = words(line);
        let text = desk.good(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let text = match name.rsplit_once('.').unwrap().1 {
            "json" => versioned(name, &text),
            "ndjson" => {
                text.lines().for_each(|line| drop(versioned(name, line)));
                text
            }
            _ => text,
        };
        let file = folder().join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != text {
            differ.push(format!("--- runner {line} is not {name} any more, but:\n{text}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn every_verb_with_json_is_kept_here_or_tried_elsewhere() {
    for (name, verb) in verbs() {
        if !verb.get_arguments().any(|argument| argument.get_id() == "json") {
            continue;
        }
        let here = SNAPSHOTS.iter().any(|(_, line)| {
            line.contains("--json") && format!("{line} ").starts_with(&format!("{name} "))
        });
        let elsewhere = ELSEWHERE.iter().any(|(_, names)| names.contains(&name.as_str()));
        assert!(here != elsewhere, "{name}: here {here}, elsewhere {elsewhere}");
    }
}
