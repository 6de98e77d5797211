//! Every message of `#[machine]`, pinned: one file per rule in `ui/`, with what is printed beside it.
//!
//! After a deliberate change: `TRYBUILD=overwrite cargo test -p workflow-macros --test ui`, then read the diff. What
//! passes is in `accepted.rs`, an ordinary test: there it also runs.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

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
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `docs/machine.md` shows some of the messages, and says for each file what it pins.
#[test]
fn the_documentation_shows_what_is_pinned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documentation = fs::read_to_string(root.join("../docs/machine.md")).unwrap();
    let (mut pinned, mut names) = (String::new(), Vec::new());
    for (folder, prefix) in [("tests/ui", ""), ("tests/ui/rustc", "rustc/")] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "stderr") {
                pinned += &fs::read_to_string(&path).unwrap();
                names.push(format!("`{prefix}{}`", path.file_stem().unwrap().display()));
            }
        }
    }
    for name in names {
        assert!(documentation.contains(&name), "no row has {name}");
    }
    let shown: Vec<&str> = documentation.split("```text\n").skip(1).collect();
    assert!(!shown.is_empty(), "no message is shown");
    for block in shown {
        let (message, _) = block.split_once("```").unwrap();
        assert!(pinned.contains(message), "nobody prints this:\n{message}");
    }
}
