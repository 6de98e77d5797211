//! Export, backup and restore of a real log: while a process works on it, when it is stopped, and in another place.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use workflow_core::audit::sign::{SignedHead, SigningKey};
use workflow_core::time::Timestamp;

use super::binary::{good, run, runner};
use super::ends;

const KEY: &str = "workflow-demo/log-signing.pem";
const PUBLIC: &str = "workflow-demo/log-signing.pem.pub";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Runs it to an end with this exit code; returns what it complained of.
#[track_caller]
fn ends_with(dir: &Path, code: i32, arguments: &[&str]) -> String {
    let output = run(dir, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_log_is_exported_backed_up_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut child = runner(dir, &["demo", "--keep"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let serving =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|l| l.starts_with("serving"));
    assert!(out.any(|line| serving(&line)), "it ends before it serves");

    std::fs::create_dir(dir.join("copies")).unwrap();
    good(dir, &["backup", "copies", "--who", "kim & co"]);
    let backup = std::fs::read_dir(dir.join("copies")).unwrap().next().unwrap().unwrap().path();
    let backup = backup.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
    verified_in_part(dir);

    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    verified_in_part(dir);

    exports(dir, &backup);
    restored(dir, &backup);
    a_cut_tail_is_seen(dir);
}

/// A part of the log, and the signature, as a running process and a stopped directory tell alike.
fn verified_in_part(dir: &Path) {
    let part = ["verify", "--from", "20", "--to", "40", "--json"];
    let part = json(&good(dir, &part));
    let number = |name: &str| part[name].as_u64().unwrap();
    assert!(number("from") <= 20 && number("next") > 40 && number("next") < 120, "{part}");
    assert_eq!(number("events"), number("next") - number("from"));
    ends_with(dir, 7, &["verify", "--from", "9000000"]);

    let whole = json(&good(dir, &["verify", "--key", PUBLIC, "--json"]));
    assert_eq!((&whole["intact"], &whole["from"]), (&Value::from(true), &Value::from(0)));
    assert_eq!(whole["signed"]["trusted"], true, "{whole}");
    assert!(whole["signed"]["next"].as_u64().unwrap() > 100, "{whole}");
    let stranger = SigningKey::from_seed(&[1; 32]).public().to_string();
    let told = ends_with(dir, 7, &["verify", "--key", &stranger]);
    assert!(told.contains("is signed by the key"), "{told}");
}

/// The export of the stopped log, beside the backup of the running one.
fn exports(dir: &Path, backup: &str) {
    good(dir, &["export", "log.jsonl", "--signing-key", KEY]);
    ends_with(dir, 1, &["export", "log.jsonl"]);
    good(dir, &["export", "unsigned.jsonl"]);
    good(dir, &["export", "unsigned.jsonl", "--force"]);
    let (first, second) = (read(dir, backup), read(dir, "log.jsonl"));
    let records = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("{\"record\"")).map(str::to_owned).collect()
    };
    let (first_records, second_records) = (records(&first), records(&second));
    assert!(first_records.len() > 50 && second_records.starts_with(&first_records));
    assert!(first.lines().next().unwrap().contains("\"asked_by\":\"kim & co\""), "{first}");
    assert!(!std::fs::exists(dir.join("log.jsonl.unfinished")).unwrap());

    for file in [backup, "log.jsonl"] {
        let told = good(dir, &["verify", "--export", file, "--key", PUBLIC]);
        assert!(told.contains("signed by the key"), "{told}");
        the_script_agrees(dir, file);
    }
    // Without the key at hand: up to the head that was signed at the stop, which is all of it.
    let told = good(dir, &["verify", "--export", "unsigned.jsonl", "--key", PUBLIC]);
    assert!(told.contains("not signed as a whole, but up to position"), "{told}");

    let mut bytes = second.into_bytes();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(dir.join("bad.jsonl"), &bytes).unwrap();
    let told = ends_with(dir, 7, &["verify", "--export", "bad.jsonl"]);
    assert!(told.contains("damaged in line") && told.contains("at position"), "{told}");
    let told = json(&String::from_utf8_lossy(
        &run(dir, &["verify", "--export", "bad.jsonl", "--json"]).stdout,
    ));
    assert_eq!(told["intact"], false);
    ends_with(dir, 4, &["verify", "--export", "none.jsonl"]);
    ends_with(dir, 2, &["verify", "--export", "bad.jsonl", "--from", "3"]);
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

/// The script for auditors, on what a real log holds.
fn the_script_agrees(dir: &Path, file: &str) {
    if std::env::var_os("WITHOUT_PYTHON").is_some() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify_export.py");
    let ran = std::process::Command::new("python3")
        .current_dir(dir)
        .arg(script)
        .args([file, "--key", PUBLIC])
        .output()
        .expect("python3 starts; set WITHOUT_PYTHON=1 to go without it");
    let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
    assert!(ran.status.success() && said.contains("signed by the key"), "{said}");
}

/// The log in another place: it answers alike, goes on alike, and an occupied directory is refused.
fn restored(dir: &Path, backup: &str) {
    let there = dir.join("there");
    let data = there.join("workflow-demo");
    let target = data.to_str().unwrap();
    ends_with(dir, 7, &["restore", "bad.jsonl", "--data", target]);
    assert!(!data.exists());
    good(dir, &["restore", "log.jsonl", "--data", target, "--key", PUBLIC]);
    let told = ends_with(dir, 1, &["restore", "log.jsonl", "--data", target]);
    assert!(told.contains("is not empty"), "{told}");
    for question in [&["list", "--json"][..], &["history", "51000797", "--json"]] {
        assert_eq!(good(dir, question), good(&there, question));
    }
    let head = |dir: &Path| json(&good(dir, &["verify", "--json"]))["head"].clone();
    assert_eq!(head(dir), head(&there));
    // A process goes on with it where the first one stood, and finds that all is done.
    copy(&dir.join("workflow-demo/simulators"), &data.join("simulators"));
    // A backup holds no keys: without theirs nobody's data can be read, and nothing may go on as if it could.
    let told = ends_with(&there, 1, &["demo"]);
    assert!(told.contains("restore the folder of keys"), "{told}");
    copy(&dir.join("workflow-demo/keys"), &data.join("keys"));
    std::fs::copy(dir.join("workflow-demo/master-key"), data.join("master-key")).unwrap();
    good(&there, &["demo"]);
    ends::right(&there);

    good(dir, &["restore", backup, "--data", "earlier"]);
    good(dir, &["verify", "--data", "earlier", "--key", PUBLIC]);
}

/// A log that ends before the head that was signed is refused, by the auditor and at the next start; so is a signed head
/// that was made without the key.
fn a_cut_tail_is_seen(dir: &Path) {
    let key = SigningKey::from_pem(&read(dir, KEY)).unwrap();
    let kept = SignedHead::parse(&read(dir, "workflow-demo/head.signed")).unwrap();
    let mut further = kept.check(None).unwrap();
    further.next.0 += 7;
    let further = key.sign_head(further, Timestamp(0));
    std::fs::write(dir.join("copy.signed"), further.to_text()).unwrap();
    let told = ends_with(dir, 7, &["verify", "--signed-head", "copy.signed", "--key", PUBLIC]);
    assert!(told.contains("its tail was cut"), "{told}");

    std::fs::write(dir.join("workflow-demo/head.signed"), further.to_text()).unwrap();
    let told = ends_with(dir, 1, &["demo"]);
    assert!(told.contains("its tail was cut"), "{told}");
    let forged = further.to_text().replace("\"next\":", "\"next\":1");
    std::fs::write(dir.join("workflow-demo/head.signed"), forged).unwrap();
    let told = ends_with(dir, 7, &["verify"]);
    assert!(told.contains("signature does not fit"), "{told}");
    std::fs::remove_file(dir.join("workflow-demo/head.signed")).unwrap();
    ends_with(dir, 7, &["verify", "--key", PUBLIC]);
    good(dir, &["verify"]);
}

#[test]
fn a_key_is_its_owners_alone_and_the_configuration_says_when_it_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    good(dir, &["init"]);
    std::fs::create_dir(dir.join("secrets")).unwrap();
    std::fs::write(dir.join("secrets/jobdiva-password"), "p").unwrap();
    std::fs::write(dir.join("secrets/1099policy-key"), "k").unwrap();
    good(dir, &["key", "new", "secrets/log.pem"]);
    ends_with(dir, 1, &["key", "new", "secrets/log.pem"]);
    let file = dir.join("secrets/log.pem");
    let mode =
        |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let config = read(dir, "runner.toml").replace(
        "# signing_key_file = \"secrets/log-signing.pem\"",
        "signing_key_file = \"secrets/log.pem\"",
    );
    assert!(config.contains("secrets/log.pem"));
    std::fs::write(dir.join("runner.toml"), config).unwrap();
    good(dir, &["check"]);
    mode(0o640);
    let told = ends_with(dir, 3, &["check"]);
    assert!(told.contains("log.signing_key_file") && told.contains("chmod 600"), "{told}");
    mode(0o600);
    std::fs::write(&file, "no key").unwrap();
    let told = ends_with(dir, 3, &["check"]);
    assert!(
        told.contains("this is no ed25519 private key") && !told.contains("no key\n"),
        "{told}"
    );
}
