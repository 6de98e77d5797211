//! `--json` of every verb that reads, on one fixed log: versioned, and changed only on purpose.
//!
//! `UPDATE_GOLDEN=1` writes the snapshots anew; a field that goes away or changes its meaning takes a new version.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use super::desk::Desk;
use super::help::{verbs, words};

/// Each snapshot: its name, and the command line.
const SNAPSHOTS: [(&str, &str); 30] = [
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
    ("webhook-endpoint.json", "webhook endpoint --json"),
    ("doctor.json", "doctor --config service.toml --json"),
];

/// Orders on a stopped log, one after the other: each finds what those before it left.
const ORDERED: [(&str, &str); 8] = [
    ("pause.json", "pause 51000777 --reason disputed --config service.toml --json"),
    ("resume.json", "resume 51000777 --reason settled --config service.toml --json"),
    ("exclude.json", "exclude 51000784 --reason \"no contractor\" --config service.toml --json"),
    ("include.json", "include 51000784 --reason \"one after all\" --config service.toml --json"),
    ("set.json", "set 51000785 wage 95.00/hour --reason \"by phone\" --config service.toml --json"),
    ("resolve.json", "resolve 51000794 close --reason outside --config service.toml --json"),
    ("rotate-key.json", "rotate-key --config service.toml --json"),
    (
        "webhook-check.json",
        "webhook check captured --source 1099policy --config service.toml --json",
    ),
];

/// What a running service answers, whose systems nobody serves. HOOKS is its webhook door.
const RUNNING: [(&str, &str); 7] = [
    ("page.json", "page --config service.toml --json"),
    (
        "webhook-test.json",
        "webhook test --source 1099policy --url http://HOOKS --config service.toml --json",
    ),
    ("webhook-status.json", "webhook status --config service.toml --json"),
    ("certificate-add.json", "certificate add 70011000059 coi.pdf --config service.toml --json"),
    (
        "certificate-show.json",
        "certificate show 70011000059.f8cd534d407d38539b43beab4c949ec1 --config service.toml --json",
    ),
    (
        "certificate-withdraw.json",
        "certificate withdraw 70011000059.f8cd534d407d38539b43beab4c949ec1 --reason expired --config service.toml --json",
    ),
    ("forget.json", "forget 70011000042 --reason \"asked by letter\" --config service.toml --json"),
];

/// What a simulated insurer answers, one after the other.
const INSURER: [(&str, &str); 3] = [
    (
        "webhook-register.json",
        "webhook register https://hooks.example.com --secret-file made --config service.toml --json",
    ),
    ("webhook-list.json", "webhook list --config service.toml --json"),
    ("webhook-remove.json", "webhook remove ENDPOINT --config service.toml --json"),
];

/// Verbs with `--json` that need more than these: who else tries them.
const ELSEWHERE: [(&str, &[&str]); 5] = [
    (
        "what waits for another try, or for the contractor: tests/process/orders.rs",
        &["retry", "resend"],
    ),
    (
        "what the insurer reviewed, said as `certificate withdraw` says it: tests/process/certificates.rs",
        &["certificate accept", "certificate resubmit"],
    ),
    (
        "what nobody understood: tests/process/verbs.rs, tests/process/skipped.rs",
        &["inbox retry", "inbox drop"],
    ),
    ("a choice between two contractors: tests/it/stories/merges.rs", &["keep"]),
    ("what goes through both systems: tests/process/checklist.rs", &["checklist"]),
];

/// What differs from run to run.
fn steady(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match name.as_str() {
                    "made_at" | "public" | "link" | "endpoint" | "last_taken" => {
                        *value = "(differs)".into();
                    }
                    _ => steady(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(steady),
        // The number of an error is the system's own.
        Value::String(text) => *text = without_port(text).replace(" (os error 111)", ""),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A port that was free; nobody listens at 9.
fn without_port(text: &str) -> String {
    let Some((before, after)) = text.split_once("127.0.0.1:") else { return text.to_owned() };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let port = if after.len() - rest.len() > 1 { "PORT" } else { &after[..1] };
    format!("{before}127.0.0.1:{port}{}", without_port(rest))
}

fn versioned(name: &str, text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    let of = value.get(0).unwrap_or(&value);
    assert!(of["version"].as_u64() >= Some(1), "{name} has no version: {text}");
    if name.starts_with("verify") {
        value["message"] = value["message"].as_str().unwrap().split("made at").next().into();
    }
    steady(&mut value);
    format!("{value:#}\n")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// What a command prints, compared with its snapshot. Its end is the snapshots' too: most end well.
fn compare(desk: &Desk, (name, line): (&str, &str), differ: &mut Vec<String>) {
    let arguments = words(line);
    let output = desk.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let code = if name == "doctor.json" { 6 } else { 0 };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "runner {line}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
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

fn compare_all<'a>(desk: &Desk, all: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let mut differ = Vec::new();
    for one in all {
        compare(desk, one, &mut differ);
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn what_each_verb_prints_is_what_it_printed() {
    compare_all(&Desk::with_log().with_configuration(), SNAPSHOTS);
}

/// The body of a webhook, and what signs it with [`HOOK_SECRET`].
const BODY: &str = r#"{"id":"ev_1","type":"policy.active","data":{"id":"pl_1"}}"#;
const SIGNATURE: &str = "077a04c60458137b69b16f4a2b7d10fd9e8ce0dc9a4d9b4e07fb83aff6212773";
const HOOK_SECRET: &str = "a secret that snapshots are made with";

/// A service with a webhook door for the insurer.
fn with_hook() -> Desk {
    let desk = Desk::with_log().with_configuration();
    let hook = "[tenant.1099policy.webhook]\nendpoint = \"2c26b46b68ffc68ff99b453c1d304134\"\n\
                profile = \"hmac-hex\"\nheader = \"X-Signature\"\nsecret_file = \"hook-secret\"\n\n[tenant.contractor]";
    desk.write("service.toml", desk.read("service.toml").replace("[tenant.contractor]", hook));
    desk.write("hook-secret", HOOK_SECRET);
    desk
}

#[test]
fn what_each_order_prints_is_what_it_printed() {
    let desk = with_hook();
    let head = "POST /hooks/1099policy/x HTTP/1.1\r\nHost: h";
    desk.write("captured", format!("{head}\r\nX-Signature: {SIGNATURE}\r\n\r\n{BODY}"));
    compare_all(&desk, ORDERED);
}

/// A command that says something and goes on until it is told to stop.
struct Serving {
    child: Child,
    log: Option<JoinHandle<usize>>,
}

impl Serving {
    /// Starts it, and waits for the line in which it says this.
    fn start(mut command: Command, says: &str, to_stderr: bool) -> (Self, Vec<String>) {
        let command = match to_stderr {
            true => command.stderr(Stdio::piped()).stdout(Stdio::null()),
            false => command.stdout(Stdio::piped()).stderr(Stdio::null()),
        };
        let mut child = command.spawn().unwrap();
        let said: Box<dyn Read + Send> = match to_stderr {
            true => Box::new(child.stderr.take().unwrap()),
            false => Box::new(child.stdout.take().unwrap()),
        };
        let (mut lines, mut before) = (BufReader::new(said).lines(), Vec::new());
        while !before.last().is_some_and(|line: &String| line.contains(says)) {
            before.push(lines.next().expect("it ends before it says it").unwrap());
        }
        let log = std::thread::spawn(move || lines.map_while(Result::ok).count());
        (Self { child, log: Some(log) }, before)
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap();
    }
}

/// Nothing outlives a test that fails.
impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn what_a_running_service_answers_is_what_it_answered() {
    let desk = with_hook();
    // The smallest document that is one.
    desk.write("coi.pdf", "%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    let run = desk.runner(&["run", "--config", "service.toml"]);
    let (serving, said) = Serving::start(run, " running hooks=", true);
    let (_, hooks) = said.last().unwrap().split_once(" running hooks=").unwrap();
    let hooks = hooks.split(' ').next().unwrap();
    let lines = RUNNING.map(|(name, line)| (name, line.replace("HOOKS", hooks)));
    compare_all(&desk, lines.iter().map(|(name, line)| (*name, line.as_str())));
    serving.stop();
}

#[test]
fn what_the_insurer_knows_of_our_door_is_shown_as_it_was() {
    let desk = with_hook();
    let simulate = desk.runner(&["simulate", "1099policy", "--seed", "1"]);
    let (serving, said) = Serving::start(simulate, "Authorization: Bearer", false);
    let word = |line: &str, at: usize| line.split(' ').nth(at).unwrap().to_owned();
    let url = word(&said[0], 3);
    let key = said.iter().find(|line| line.starts_with("  t9k_")).unwrap().trim().to_owned();
    let (before, after) =
        desk.read("service.toml").split_once("[tenant.1099policy]").map(both).unwrap();
    let after = after.replace("http://127.0.0.1:9", &url).replace("\"secret\"", "\"key\"");
    desk.write("service.toml", format!("{before}[tenant.1099policy]{after}"));
    desk.write("key", key);
    let mut differ = Vec::new();
    for (name, line) in INSURER {
        let listed = desk.run(&["webhook", "list", "--config", "service.toml", "--json"]);
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        let endpoint = listed["endpoints"][0]["id"].as_str().unwrap_or_default();
        compare(&desk, (name, &line.replace("ENDPOINT", endpoint)), &mut differ);
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    serving.stop();
}

fn both((before, after): (&str, &str)) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

#[test]
fn every_verb_with_json_is_kept_here_or_tried_elsewhere() {
    for (name, verb) in verbs() {
        if !verb.get_arguments().any(|argument| argument.get_id() == "json") {
            continue;
        }
        let all = SNAPSHOTS.iter().chain(&ORDERED).chain(&RUNNING).chain(&INSURER);
        let here = all.clone().any(|(_, line)| {
            line.contains("--json") && format!("{line} ").starts_with(&format!("{name} "))
        });
        let elsewhere = ELSEWHERE.iter().any(|(_, names)| names.contains(&name.as_str()));
        assert!(here != elsewhere, "{name}: here {here}, elsewhere {elsewhere}");
    }
}
