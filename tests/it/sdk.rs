//! A client that nobody here wrote: the official Python SDK against the 1099Policy simulator.
//!
//! It needs a Python that has the SDK, named by `SDK_PYTHON`; `.ci/run` makes one. `tests/sdk/drive.py` says what it
//! does, and what the SDK has no method for.

use std::path::Path;
use std::process::Command;

use integration_1099policy::simulator::{Config, Simulator};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdk_is_content_with_the_simulator() {
    let Some(python) = std::env::var_os("SDK_PYTHON") else {
        // A build machine must have it; elsewhere it is an extra.
        assert!(std::env::var_os("CI").is_none(), "SDK_PYTHON names no Python with the SDK");
        return;
    };
    let simulator = Simulator::start(Config::default()).await.expect("it starts");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/drive.py");
    let (url, key) = (simulator.base_url(), simulator.api_key().to_owned());
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(python).arg(script).arg(url).arg(key).output().expect("python runs")
    });
    let ran = ran.await.expect("it ends");
    let (said, erred) =
        (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}\n{erred}");
    assert!(said.contains("all as expected"), "{said}");
}
