//! What may not be written: tests that do not test, work left for later, the machine's clock, somebody's own folders.
//!
//! Read next: `walls.rs`, who may use whom.

use super::code::{Attribute, Path, Word};
use super::source::{File, Tree, workspace_root};
use super::{Offence, WORKSPACE, holds, objects, paths_of};

/// Attributes that make a test pass without saying what is so.
const BLIND_TESTS: [&str; 2] = ["ignore", "should_panic"];

/// Macros that stand for code somebody will write later, or for a look that was never taken out.
const LEFT_OVER: [&str; 3] = ["dbg", "todo", "unimplemented"];

/// The only file of the engine that may ask the machine for the time.
const CLOCK: &str = "workflow-core/src/time.rs";

/// Test code that may sleep, each with the reason. One that no longer sleeps must go.
const MAY_SLEEP: [(&str, &str); 4] = [
    (
        "runner/tests/shards/spread.rs",
        "gives the runners, processes of their own, their turn between two looks",
    ),
    (
        "tests/it/browser.rs",
        "moves the world's clock on while a browser, which has a clock of its own, looks; no time is asserted",
    ),
    (
        "tests/src/world.rs",
        "gives the running dispatcher its turn between two looks; no time is asserted",
    ),
    (
        "workflow-core/examples/library_loan.rs",
        "gives the running dispatcher its turn between two looks",
    ),
];

/// First folders of absolute paths that exist on one person's machine only.
const SOMEBODYS_FOLDERS: [&str; 5] = ["home", "root", "tmp", "Users", "work"];

fn dropped_matches(tree: &Tree) -> Vec<Offence> {
    let lines = tree
        .rust()
        .flat_map(|(file, code)| code.dropped_matches.iter().map(move |line| (file, *line)));
    lines
        .map(|(file, line)| Offence::new(&file.path, line, "the answer of `matches!` is dropped"))
        .collect()
}

fn blind_tests(tree: &Tree) -> Vec<Offence> {
    let blinds = |attribute: &Attribute| {
        let says = |word: &String| BLIND_TESTS.contains(&word.as_str());
        match attribute.words.first().map(String::as_str) {
            Some("cfg_attr") => attribute.words.iter().any(says),
            _ => attribute.words.first().is_some_and(says),
        }
    };
    let mut offences = Vec::new();
    for (file, code) in tree.rust() {
        for attribute in code.attributes.iter().filter(|attribute| blinds(attribute)) {
            let what = format!("`#[{}]` on a test", attribute.words.join(" "));
            offences.push(Offence::new(&file.path, attribute.line, what));
        }
    }
    offences
}

fn left_over(tree: &Tree) -> Vec<Offence> {
    let left = |word: &&Word| LEFT_OVER.contains(&word.name.as_str());
    let words = tree
        .rust()
        .flat_map(|(file, code)| code.macros.iter().filter(left).map(move |word| (file, word)));
    words
        .map(|(file, word)| Offence::new(&file.path, word.line, format!("`{}!`", word.name)))
        .collect()
}

fn clocks(tree: &Tree) -> Vec<Offence> {
    // How long to wait for a database, and for how long a lease is held, no simulated clock may say.
    let waits = |file: &File| file.path.starts_with("workflow-core/src/store/postgres");
    let core = |file: &File| {
        file.path.starts_with("workflow-core/src/") && file.path != CLOCK && !waits(file)
    };
    let asks = |_: &File, path: &Path| {
        ["SystemTime", "Instant", "Timestamp", "Zoned"]
            .iter()
            .any(|clock| path.ends_with(&[clock, "now"]))
    };
    paths_of(tree, core, asks, "asks the machine for the time; take a `Clock`")
}

fn sleeps(tree: &Tree) -> Vec<Offence> {
    let may = |file: &File| MAY_SLEEP.iter().any(|(path, _)| file.path == *path);
    tests_that_sleep(tree)
        .into_iter()
        .filter(|(file, _)| !may(file))
        .map(|(_, offence)| offence)
        .collect()
}

fn tests_that_sleep(tree: &Tree) -> Vec<(&File, Offence)> {
    let sleeps = |path: &&Path| {
        let ends: [&[&str]; 4] = [
            &["thread", "sleep"],
            &["time", "sleep"],
            &["time", "sleep_until"],
            &["time", "interval"],
        ];
        ends.iter().any(|end| path.ends_with(end))
    };
    let mut found = Vec::new();
    for (file, code) in tree.rust() {
        for path in
            code.paths.iter().filter(sleeps).filter(|path| path.in_tests || !file.is_product())
        {
            found.push((file, Offence::new(&file.path, path.line, "a test that sleeps")));
        }
    }
    found
}

fn somebodys_folders(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for file in &tree.files {
        for (at, line) in
            file.text.lines().enumerate().filter(|(_, line)| names_somebodys_folder(line))
        {
            let what = format!("a path of one machine: {}", line.trim());
            offences.push(Offence::new(&file.path, at + 1, what));
        }
    }
    offences
}

fn names_somebodys_folder(line: &str) -> bool {
    SOMEBODYS_FOLDERS.iter().any(|folder| {
        line.match_indices(&format!("/{folder}/")).any(|(at, found)| {
            // `https://host/home/x` and `{base}/work/x` are addresses, `/tmp/*` a pattern.
            let begins = line[..at].chars().next_back().is_none_or(|c| " \t\"'`(=:".contains(c));
            let goes_on = line[at + found.len()..].starts_with(|c: char| c.is_alphanumeric());
            begins && goes_on
        })
    })
}

#[test]
fn no_answer_of_matches_is_dropped() {
    holds(dropped_matches);
}

#[test]
fn every_test_runs_and_says_what_is_so() {
    holds(blind_tests);
}

#[test]
fn nothing_is_left_for_later() {
    holds(left_over);
}

#[test]
fn the_engine_takes_the_time_from_its_clock() {
    holds(clocks);
}

#[test]
fn tests_do_not_sleep() {
    holds(sleeps);
}

#[test]
fn who_may_sleep_does() {
    let sleeping = tests_that_sleep(&WORKSPACE);
    for (path, reason) in MAY_SLEEP {
        let sleeps = sleeping.iter().any(|(file, _)| file.path == path);
        assert!(sleeps, "{path} may sleep ({reason}) and no longer does: take it off the list");
    }
}

/// Tests that need something of the machine pass it over on a developer's, and fail where `CI` is set.
#[test]
fn where_everything_is_checked_nothing_is_passed_over() {
    let script = std::fs::read_to_string(workspace_root().join(".ci/run")).expect("it is there");
    let says = script.lines().position(|line| line == "export CI=true");
    let tests = script.lines().position(|line| line.contains("cargo test"));
    assert!(says.is_some() && says < tests, "CI is set before the tests: {says:?}, {tests:?}");
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    holds(somebodys_folders);
}

#[test]
fn each_bad_habit_is_seen() {
    let code = "//! A.
fn a() -> bool {
    matches!(1, 1);
    let kept = matches!(1, 1);
    matches!(1, 1) && kept
}
#[ignore = \"slow\"]
fn b() { todo!() }
#[cfg_attr(miri, ignore)]
fn c() { jiff::Timestamp::now(); }
#[cfg(test)]
mod trials {
    use std::{thread::{self, sleep}, time};
    #[should_panic(expected = \"ignore\")]
    fn d() { thread::sleep(time::Duration::ZERO); assert!(1 != 2) }
}
fn e() { std::thread::sleep(LOOK); \"todo!() #[ignore]\"; } // matches!(1, 1);
";
    let files = [("workflow-core/src/a.rs", code), (CLOCK, "fn now() { Instant::now() }")];
    objects(dropped_matches, &files, &["workflow-core/src/a.rs:3"]);
    let blind =
        ["workflow-core/src/a.rs:7", "workflow-core/src/a.rs:9", "workflow-core/src/a.rs:14"];
    objects(blind_tests, &files, &blind);
    objects(left_over, &files, &["workflow-core/src/a.rs:8"]);
    objects(clocks, &files, &["workflow-core/src/a.rs:10"]);
    objects(sleeps, &files, &["workflow-core/src/a.rs:13", "workflow-core/src/a.rs:15"]);
}

#[test]
fn folders_of_one_machine_are_told_from_addresses() {
    let lines = SOMEBODYS_FOLDERS
        .map(|folder| format!("see /{folder}/kim/notes\nhttps://host/{folder}/kim\n"));
    let places: Vec<String> =
        (0..lines.len()).map(|at| format!("README.md:{}", at * 2 + 1)).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    objects(somebodys_folders, &[("README.md", &lines.concat())], &places);
}
