//! What Cargo says of the crates: who depends on whom, and what the bare engine brings along.
//!
//! Read next: `walls.rs`, the same directions in the code.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use serde_json::Value;

use super::source::workspace_root;
use super::walls::{DATABASE_TLS, DIRECTIONS, HTTP};

/// Runs Cargo on the workspace as it is, without the network.
fn cargo(arguments: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let done = Command::new(cargo)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(workspace_root())
        .output()
        .expect("cargo runs, as it runs this test");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "cargo {}: {complaint}", arguments.join(" "));
    String::from_utf8(done.stdout).expect("cargo prints text")
}

/// The names of all crates that a build of the engine compiles in, itself included.
fn crates_of_the_engine(features: &[&str]) -> Vec<String> {
    let tree =
        ["tree", "-p", "workflow-core", "-e", "normal", "--prefix", "none", "--format", "{p}"];
    let printed = cargo(&[&tree, features].concat());
    let mut names: Vec<String> =
        printed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_bare_engine_brings_no_http_along() {
    let (_, tls) = DATABASE_TLS;
    for (features, but) in [
        ("--no-default-features", None),
        ("--features=placement,testing", None),
        ("--all-features", Some(tls)),
    ] {
        let names = crates_of_the_engine(&[features]);
        assert!(names.contains(&"workflow-core".to_owned()), "not a tree: {names:?}");
        let http: Vec<&String> = names
            .iter()
            .filter(|name| HTTP.contains(&name.as_str()) && Some(name.as_str()) != but)
            .collect();
        assert!(http.is_empty(), "workflow-core {features:?} brings {http:?} along");
    }
}

#[test]
fn dependencies_go_in_one_direction() {
    let printed = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&printed).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let name = |of: &Value| of["name"].as_str().expect("a name").to_owned();
    let members: Vec<String> = packages.iter().map(name).collect();
    for package in packages {
        let package_name = name(package);
        // Anything may be used to test; what a package is made of may not.
        let made_of = package["dependencies"].as_array().expect("a list of dependencies");
        let made_of = made_of.iter().filter(|dependency| dependency["kind"] != "dev").map(name);
        let used: Vec<String> = made_of.filter(|name| members.contains(name)).collect();
        let allowed = DIRECTIONS.iter().find(|(member, _)| *member == package_name);
        let Some((_, allowed)) = allowed else {
            assert_eq!(package_name, "tests", "a new crate: say in DIRECTIONS whom it may use");
            continue;
        };
        let wrong: Vec<&String> = used
            .iter()
            .filter(|name| !allowed.contains(&name.replace('-', "_").as_str()))
            .collect();
        assert!(wrong.is_empty(), "{package_name} depends on {wrong:?}");
    }
}
