//! An auditor's questions: a running process, the stopped directory and an export answer alike.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::binary::{good, run, runner};

/// Past all that the demo does, so that each of the three logs is asked of the same moment.
const AS_OF: &str = "2026-04-30";

fn json(dir: &Path, verb: &[&str], log: &[&str]) -> Value {
    let said = good(dir, &[verb, log, &["--json"]].concat());
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{verb:?}: {error}: {said}"))
}

/// All that the three must answer alike; `log` says which.
fn asked(dir: &Path, log: &[&str]) -> Vec<Value> {
    let gaps = json(dir, &["audit", "gaps", "--as-of", AS_OF], log);
    let of = |id: &str| -> Vec<&Value> {
        let rows = gaps["gaps"].as_array().unwrap().iter();
        rows.filter(|gap| gap["placement"] == id).collect()
    };
    // Covered from its first day; out of scope; lost its policy; held.
    assert!(of("51000777").is_empty() && of("51000779").is_empty(), "{gaps}");
    let lost = of("51000796");
    assert_eq!((lost.len(), &lost[0]["by"]), (1, &"known then and now".into()), "{gaps}");
    assert_eq!(lost[0]["first"], "2026-03-31", "lost before it began: {gaps}");
    assert!(lost[0]["before"]["lost"].as_str().unwrap().contains("cancelled"), "{gaps}");
    assert!(lost[0]["before"]["lost_position"].as_u64() > lost[0]["before"]["position"].as_u64());
    let held = of("51000782");
    assert_eq!(held[0]["held"], serde_json::json!(["category_missing"]), "{gaps}");
    assert!(held[0]["before"].is_null() && held[0]["after"].is_null(), "{gaps}");
    let uncovered: u64 =
        gaps["gaps"].as_array().unwrap().iter().map(|gap| gap["days"].as_u64().unwrap()).sum();
    let total = |name: &str| gaps["total"][name].as_u64().unwrap();
    assert_eq!(total("gap_days"), uncovered);
    assert_eq!(total("work_days"), total("covered_days") + uncovered);
    // Before the world began nothing was known, so nothing was missed.
    let early = json(dir, &["audit", "gaps", "--as-of", "2026-01-01"], log);
    assert_eq!(
        (early["gaps"].as_array().unwrap().len(), &early["total"]["placements"]),
        (0, &0.into())
    );

    let sent = json(dir, &["audit", "sent", "51000777"], log);
    let calls: Vec<&str> =
        sent["sent"].as_array().unwrap().iter().map(|s| s["operation"].as_str().unwrap()).collect();
    for call in ["create_job", "create_quote", "open_application"] {
        assert!(calls.contains(&call), "{call} is not among {calls:?}");
    }
    let quoted = sent["sent"].as_array().unwrap().iter().find(|s| s["operation"] == "create_quote");
    let quoted = quoted.unwrap();
    assert_eq!((&quoted["method"], &quoted["contents"]), (&"POST".into(), &"sealed".into()));
    assert_eq!(quoted["subject"], "contractor/acme/70011000042");
    assert!(quoted["status"].as_u64().is_some_and(|status| status < 300), "{quoted}");
    assert!(quoted["idempotency_key"].as_str().unwrap().contains("51000777"), "{quoted}");
    // Nothing was ever sent about whoever is out of scope.
    let none = json(dir, &["audit", "sent", "51000779"], log);
    assert_eq!(none["sent"], serde_json::json!([]));

    let drift = json(dir, &["audit", "drift"], log);
    assert_eq!(drift["differences"], serde_json::json!([]));
    assert!(drift["compared"]["keys"].as_u64().is_some_and(|keys| keys > 20), "{drift}");

    let history = json(dir, &["history", "51000777", "--at", AS_OF], log);
    assert_eq!((&history["workflow"], &history["state"]), (&"placement".into(), &"Active".into()));
    let contractor = json(dir, &["history", "70011000042"], log);
    assert_eq!(contractor["workflow"], "contractor");
    assert_eq!(contractor["state"], "OptedIn");

    let approvals = json(dir, &["audit", "approvals"], log);
    let decided = approvals["approvals"].as_array().unwrap().iter();
    let decided: Vec<&Value> = decided.filter(|it| it["what"] != "disclose").collect();
    let [only] = decided.as_slice() else { panic!("{approvals}") };
    assert_eq!((&only["who"], &only["on"]), (&"kim".into(), &"placement/acme/51000794".into()));
    assert_eq!(only["what"], "resolve");
    assert!(only["reason"].as_str().unwrap().contains("not ours"), "{approvals}");

    bounds(dir, log);
    let unknown = run(dir, &[&["history", "1"], log].concat());
    assert_eq!(unknown.status.code(), Some(4));
    // How far a process has come while it was asked may differ; what stands in the log may not.
    vec![gaps["gaps"].clone(), sent, history, contractor, approvals]
}

/// `--from` and `--to` are both looked at themselves; a range may be empty, never reversed.
fn bounds(dir: &Path, log: &[&str]) {
    let asked = |from: &str, to: &str| {
        json(dir, &["audit", "gaps", "--as-of", AS_OF, "--from", from, "--to", to], log)
    };
    let of = |gaps: &Value| {
        let rows = gaps["gaps"].as_array().unwrap().iter();
        let rows = rows.filter(|gap| gap["placement"] == "51000796");
        let days = |gap: &Value| {
            ["first", "last"].map(|at| gap[at].as_str().unwrap().to_owned()).join(" to ")
        };
        rows.map(days).collect::<Vec<_>>()
    };
    let total = |gaps: &Value, name: &str| gaps["total"][name].as_u64().unwrap();
    let three = asked("2026-04-10", "2026-04-12");
    assert_eq!(of(&three), ["2026-04-10 to 2026-04-12"]);
    assert_eq!(of(&asked("2026-04-11", "2026-04-11")), ["2026-04-11 to 2026-04-11"]);
    // What begins within the range begins where it begins.
    assert_eq!(of(&asked("2026-03-30", "2026-03-31")), ["2026-03-31 to 2026-03-31"]);
    assert_eq!(of(&asked("2026-03-29", "2026-03-30")), [""; 0]);
    // Neighbouring ranges have no day in common and none between them.
    let parts = [three, asked("2026-04-13", "2026-04-30")];
    let whole = asked("2026-04-10", "2026-04-30");
    for name in ["work_days", "covered_days", "gap_days"] {
        let sum: u64 = parts.iter().map(|part| total(part, name)).sum();
        assert!(sum > 0, "{name}");
        assert_eq!(sum, total(&whole, name), "{name}");
    }
    // Without `--to` it ends with the day that is asked of.
    let open = json(dir, &["audit", "gaps", "--as-of", AS_OF, "--from", "2026-04-10"], log);
    assert_eq!(open["gaps"], whole["gaps"]);
    let before = asked("2026-01-01", "2026-01-31");
    assert_eq!((&before["gaps"], total(&before, "work_days")), (&serde_json::json!([]), 0));
    let after = json(dir, &["audit", "gaps", "--as-of", AS_OF, "--from", "2026-05-01"], log);
    assert_eq!((&after["gaps"], total(&after, "work_days")), (&serde_json::json!([]), 0));

    let reversed = ["audit", "gaps", "--from", "2026-04-12", "--to", "2026-04-11", "--json"];
    let reversed = run(dir, &[&reversed[..], log].concat());
    assert_eq!(reversed.status.code(), Some(2));
    assert!(reversed.stdout.is_empty());
    let told = String::from_utf8_lossy(&reversed.stderr).into_owned();
    assert!(told.contains("ends before it begins: from 2026-04-12 to 2026-04-11"), "{told}");
}

#[test]
fn a_running_process_a_stopped_directory_and_an_export_answer_alike() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut child = runner(dir, &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(out.any(|line| line.unwrap().starts_with("serving")), "it ends before it serves");
    good(dir, &["act", "51000794", "close", "--who", "kim", "--reason", "not ours"]);
    opens(dir);
    let running = asked(dir, &[]);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());

    let stopped = asked(dir, &[]);
    assert_eq!(running, stopped);
    let shut = ["audit", "sent", "51000777", "--open", "--reason", "the insurer asks"];
    let shut = run(dir, &shut);
    let said = String::from_utf8_lossy(&shut.stderr).into_owned();
    assert_eq!((shut.status.code(), shut.stdout.len()), (Some(1), 0), "{said}");
    assert!(
        said.contains("kept in the log") && said.contains("start it, then ask again"),
        "{said}"
    );
    good(dir, &["export", "all.jsonl"]);
    let export = ["--export", "all.jsonl"];
    assert_eq!(stopped, asked(dir, &export));
    let drift = json(dir, &["audit", "drift"], &export);
    assert!(drift["compared"]["tables"].as_u64().is_some_and(|tables| tables >= 3), "{drift}");

    let csv = good(dir, &["audit", "gaps", "--as-of", AS_OF, "--csv"]);
    assert!(
        csv.lines().next().unwrap().starts_with("tenant,placement,first,last,days,by"),
        "{csv}"
    );
    assert!(csv.lines().any(|line| line.starts_with("acme,51000796,")), "{csv}");
    let words = good(dir, &["audit", "gaps", "--as-of", AS_OF]);
    assert!(words.contains("days of work without coverage in force"), "{words}");
    let table = good(dir, &["audit", "sent", "acme/51000777"]);
    assert!(table.contains("sealed") && table.contains("create quote"), "{table}");

    changed_exports_are_found(dir);
}

/// How many disclosures the log has, with the last one.
fn disclosed(dir: &Path) -> (usize, Option<Value>) {
    let all = json(dir, &["audit", "approvals"], &[]);
    let all = all["approvals"].as_array().unwrap().iter();
    let mut shown: Vec<&Value> = all.filter(|it| it["what"] == "disclose").collect();
    let events = shown.iter().map(|it| it["events"].as_array().unwrap().len()).sum();
    (events, shown.pop().cloned())
}

/// The running process opens what is sealed once it is kept who is shown it and why.
fn opens(dir: &Path) {
    const OF: [&str; 3] = ["audit", "sent", "contractor/acme/70011000042"];
    let before = disclosed(dir).0;
    for unsaid in [&["--open"][..], &["--open", "--reason", " "]] {
        let refused = run(dir, &[&OF[..], unsaid].concat());
        assert_eq!(refused.status.code(), Some(2), "nobody says why");
        assert!(refused.stdout.is_empty());
    }
    json(dir, &OF, &[]);
    assert_eq!(disclosed(dir).0, before, "nothing of that was shown");
    let why = ["--open", "--reason", "the insurer asks", "--by", "kim"];
    let sent = json(dir, &[&OF[..], &why].concat(), &[]);
    let open = sent["sent"].as_array().unwrap().iter().filter(|one| one["contents"] == "open");
    let (after, last) = disclosed(dir);
    assert_eq!(after - before, open.count(), "one for each that was shown");
    let last = last.unwrap();
    assert_eq!((&last["who"], &last["reason"]), (&"kim".into(), &"the insurer asks".into()));
    let created = sent["sent"].as_array().unwrap().iter().find(|s| s["method"] == "POST").unwrap();
    let body = created["open"]["body"]["text"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["first_name"], "Marisol", "{body}");
    let headers = created["open"]["headers"].to_string();
    assert!(headers.contains("ten99policy-environment"), "{headers}");
    assert!(!headers.to_lowercase().contains("authorization"), "{headers}");
}

/// An export that is not as it was written answers nothing.
fn changed_exports_are_found(dir: &Path) {
    let text = std::fs::read_to_string(dir.join("all.jsonl")).unwrap();
    let changed = text.replacen("coverage_started", "coverage_stopped", 1);
    assert_ne!(changed, text);
    std::fs::write(dir.join("changed.jsonl"), changed).unwrap();
    let asked = run(dir, &["audit", "gaps", "--export", "changed.jsonl"]);
    assert_eq!(asked.status.code(), Some(7), "{}", String::from_utf8_lossy(&asked.stderr));
    assert!(asked.stdout.is_empty());
}
