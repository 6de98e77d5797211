//! Every message of `#[machine]`, pinned: one file per rule in `ui/`, with what is printed beside it.
//!
//! After a deliberate change: `TRYBUILD=overwrite cargo test -p workflow-macros --test ui`, then read the diff. What
//! passes is in `accepted.rs`, an ordinary test: there it also runs.

use std::process::Command;

/// The compiler whose own words `ui/rustc/` holds.
const PINNED: &str = "rustc 1.95.";

#[test]
fn each_mistake_has_its_message() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // Mistakes that are left to rustc: another release may word them otherwise.
    if rustc_version().starts_with(PINNED) {
        cases.compile_fail("tests/ui/rustc/*.rs");
    }
}

fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
