//! What the released versions promise: their tables are included in today's, their logs are read as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use workflow_core::graph::{Lock, breaks_between};

use super::{SUBJECTS, Subject, UPDATED, VERSION, below_root, golden, lock_text, text, write};

/// In each version's folder: the hashes of its files, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

fn folder() -> PathBuf {
    below_root("tests/released")
}

/// The versions with a folder, by name.
fn versions() -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder()) else { return Vec::new() };
    let names = entries.map(|entry| entry.expect("a folder can be listed").file_name());
    let mut names: Vec<_> =
        names.map(|name| name.into_string().expect("a version is ASCII")).collect();
    names.sort();
    names
}

/// The versions that the changelog names: they are out.
fn out() -> Vec<String> {
    let changelog = text(&below_root("CHANGELOG.md"));
    assert!(changelog.contains("## [Unreleased]"), "the changelog is elsewhere");
    let heading = |line: &str| Some(line.strip_prefix("## [")?.split_once(']')?.0.to_owned());
    changelog.lines().filter_map(heading).filter(|version| version != "Unreleased").collect()
}

/// What this program would promise, by path in its version's folder.
fn promised() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for Subject { name, lock, logs, .. } in SUBJECTS.iter() {
        files.insert(format!("{name}.lock.json"), lock_text(lock));
        for (log, content) in logs {
            files.insert(format!("{name}/{log}"), content.clone());
        }
    }
    let sums = files.iter().map(|(path, content)| format!("{}  {path}\n", sum(content)));
    let sums = sums.collect();
    files.insert(SUMS.to_owned(), sums);
    files
}

fn sum(content: &str) -> String {
    hex::encode(Sha256::digest(content))
}

/// Writes the folder of the version that is being made. One that is out is never written again.
pub fn update() {
    assert!(
        !out().contains(&VERSION.to_owned()),
        "{VERSION} is out and what it promised never changes: raise the version in Cargo.toml first"
    );
    let folder = folder().join(VERSION);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("a folder can be emptied");
    }
    for (path, content) in promised() {
        write(&folder.join(path), &content);
    }
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a version's folder can be read") {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are ASCII");
        if path.is_dir() {
            let inner = files(&path).into_iter();
            found.extend(inner.map(|(inside, content)| (format!("{name}/{inside}"), content)));
        } else {
            found.insert(name.to_owned(), text(&path));
        }
    }
    found
}

/// The golden logs of a machine in every version's folder: what leads where today.
pub fn replays(subject: &Subject) -> String {
    let mut told = String::new();
    for version in versions() {
        for (log, content) in logs_of(&version, subject.name) {
            told += &format!("{version} {log}\n");
            match (subject.replay)(&content) {
                Ok(steps) => told.extend(steps.iter().map(|step| format!("    {step}\n"))),
                Err(problem) => told += &format!("    {problem}\n"),
            }
        }
    }
    told
}

/// A version's golden logs of a machine that are histories.
fn logs_of(version: &str, machine: &str) -> BTreeMap<String, String> {
    let folder = folder().join(version).join(machine);
    if !folder.exists() {
        return BTreeMap::new();
    }
    let mut logs = files(&folder);
    logs.remove(golden::EVENTS);
    logs
}

/// Fails with all problems, if there are any.
#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_log_that_a_released_machine_could_write_still_replays() {
    *UPDATED;
    let mut problems = Vec::new();
    for version in versions() {
        let mut locks = files(&folder().join(&version));
        locks.retain(|path, _| path.ends_with(".lock.json"));
        assert!(locks.len() >= 3, "{version} promises {:?} only", locks.keys());
        for (path, content) in locks {
            let old: Lock = serde_json::from_str(&content).expect("a lock");
            let new = SUBJECTS.iter().find(|subject| subject.name == old.machine);
            let new = new.unwrap_or_else(|| panic!("no machine is called {}: {path}", old.machine));
            let broken = breaks_between(&old, &new.lock);
            problems.extend(broken.map(|broken| format!("{version} {}: {broken}", old.machine)));
        }
    }
    none(&problems);
}

#[test]
fn every_golden_log_is_read_as_it_was_written() {
    *UPDATED;
    let (mut events, mut problems) = (0, Vec::new());
    for version in versions() {
        for subject in SUBJECTS.iter() {
            let name = subject.name;
            for (log, content) in logs_of(&version, name) {
                match (subject.replay)(&content) {
                    Ok(steps) => events += steps.len(),
                    Err(problem) => problems.push(format!("{version} {name}/{log} {problem}")),
                }
            }
            let all = text(&folder().join(&version).join(name).join(golden::EVENTS));
            let read = (subject.read)(&all).err();
            let log = golden::EVENTS;
            problems.extend(read.map(|problem| format!("{version} {name}/{log} {problem}")));
        }
    }
    none(&problems);
    assert!(events > 100, "only {events} events");
}

#[test]
fn what_a_version_promised_has_not_been_touched() {
    *UPDATED;
    for version in versions() {
        let mut files = files(&folder().join(&version));
        let sums = files.remove(SUMS).unwrap_or_else(|| panic!("{version} has no {SUMS}"));
        let listed: BTreeMap<_, _> = sums
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, path)| (path.to_owned(), sum.to_owned()))
            .collect();
        let found: BTreeMap<_, _> =
            files.iter().map(|(path, content)| (path.clone(), sum(content))).collect();
        assert_eq!(found, listed, "{version}");
    }
}

#[test]
fn every_version_that_is_out_has_its_promise() {
    *UPDATED;
    let (versions, out) = (versions(), out());
    for version in &out {
        assert!(
            versions.contains(version),
            "{version} is out: tests/released/{version} is missing"
        );
    }
    for version in &versions {
        let known = out.contains(version) || version == VERSION;
        assert!(known, "tests/released/{version} is of no version that is out");
    }
}

/// Until it is out the folder of the version that is being made moves along, so that it cannot be forgotten.
#[test]
fn the_version_being_made_promises_what_it_writes() {
    *UPDATED;
    if out().contains(&VERSION.to_owned()) {
        return;
    }
    let folder = folder().join(VERSION);
    let found = if folder.exists() { files(&folder) } else { BTreeMap::new() };
    let promised = promised();
    let differing: BTreeSet<_> = promised
        .keys()
        .chain(found.keys())
        .filter(|path| promised.get(*path) != found.get(*path))
        .collect();
    assert!(
        differing.is_empty(),
        "{VERSION} would write other logs than tests/released/{VERSION} has: {differing:?}\n\
         If that is meant, run `UPDATE_GOLDEN=1 UPDATE_LOCK=1 cargo test -p tests --test it -- versions` and commit \
         what it wrote."
    );
}
