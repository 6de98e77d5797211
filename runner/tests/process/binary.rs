//! Running the binary, and reading what it says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The binary with arguments, in a directory without a configuration.
pub fn runner(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
    command.current_dir(dir).args(arguments).env("NO_COLOR", "1").env("COLUMNS", "120");
    command.stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(dir: &Path, arguments: &[&str]) -> Output {
    runner(dir, arguments).output().unwrap()
}

/// Runs it to its end, which must be a good one; returns what it printed.
#[track_caller]
pub fn good(dir: &Path, arguments: &[&str]) -> String {
    let output = run(dir, arguments);
    assert!(
        output.status.success(),
        "{arguments:?} ended with {:?}: {}",
        output.status.code(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Each placement's state, as `runner list --json` tells.
#[track_caller]
pub fn states(dir: &Path) -> BTreeMap<String, String> {
    let list: Value = serde_json::from_str(&good(dir, &["list", "--json"])).unwrap();
    let line = |line: &Value| {
        (line["id"].as_str().unwrap().to_owned(), line["state"].as_str().unwrap().to_owned())
    };
    list["placements"].as_array().unwrap().iter().map(line).collect()
}

/// What the insurer's simulator counted, from its own file.
pub fn ledger(dir: &Path) -> Value {
    let file = dir.join("workflow-demo/simulators/1099policy.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let ledger = &kept["shared"]["ledger"];
    assert!(
        ledger["jobs_by_placement"].is_object(),
        "the simulator keeps its ledger elsewhere now"
    );
    ledger.clone()
}
