//! A client that nobody here wrote: the official Python SDK against the simulator.
//!
//! It needs a Python that has the SDK, named by `SDK_PYTHON`; `.ci/run` makes one. `tests/sdk/drive.py` says what it
//! does, and what the SDK cannot do; its tables are printed.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use integration_1099policy::simulator::{Config, Simulator};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdk_is_content_with_the_simulator() {
    let Some(python) = std::env::var_os("SDK_PYTHON") else {
        // A build machine must have it; elsewhere it is an extra.
        assert!(std::env::var_os("CI").is_none(), "SDK_PYTHON names no Python with the SDK");
        return;
    };
    let simulator = Simulator::start(Config::default()).await.expect("it starts");
    let (url, key) = (simulator.base_url(), simulator.api_key().to_owned());
    let ran = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python);
        command.arg("-B").arg(root().join("tests/sdk/drive.py")).arg(url).arg(key);
        command.output().expect("python runs")
    });
    let ran = ran.await.expect("it ends");
    let (said, erred) =
        (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}\n{erred}");
    // The tables, for whoever reads a build's log.
    std::io::stdout().write_all(&ran.stdout).expect("there is somebody to tell");
    assert!(said.contains("47 resource calls of 12 resources"), "{said}");
    assert!(said.contains("all as expected"), "{said}");
}

#[test]
fn what_the_sdk_cannot_do_is_written_down() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let (script, document) = (read("tests/sdk/drive.py"), read("docs/policy-simulator.md"));
    let list = script.split_once("\nCANNOT = [\n").unwrap().1.split_once("\n]\n").unwrap().0;
    let lines: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split('"').next())
        .collect();
    assert!(lines.len() > 9, "{lines:?}");
    for line in lines {
        assert!(document.contains(&format!("- {line}\n")), "not in the document: {line}");
    }
}
