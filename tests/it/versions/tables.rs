//! The tables as they are now, for reviewers; and that none of their rows can go unnoticed.

use std::path::PathBuf;

use workflow_core::graph::{Break, Lock, breaks_between};

use super::{SUBJECTS, Subject, UPDATED, below_root, lock_text, released, text, write};

/// What is written down of one machine: a file and what belongs into it.
fn files(subject: &Subject) -> Vec<(PathBuf, String)> {
    let table = |what: &str| below_root(&format!("tests/tables/{}.{what}", subject.name));
    vec![
        (table("lock.json"), lock_text(&subject.lock)),
        (table("matrix.txt"), subject.matrix.clone()),
        (table("replays.txt"), released::replays(subject)),
        (below_root(subject.picture), subject.svg.clone()),
    ]
}

/// Writes what is written down of every machine anew.
pub fn update() {
    for (path, content) in SUBJECTS.iter().flat_map(files) {
        write(&path, &content);
    }
}

/// Fails with what differs between a machine and what is written down of it.
#[track_caller]
fn check(name: &str) {
    *UPDATED;
    let subject = SUBJECTS.iter().find(|subject| subject.name == name).expect("a machine");
    for (path, now) in files(subject) {
        let then = text(&path);
        let file = path.strip_prefix(below_root("")).unwrap_or(&path).display().to_string();
        assert!(
            now == then,
            "the table of `{name}` changed, or a log leads elsewhere: {file}\n{}\n\
             If that is meant, run `UPDATE_LOCK=1 cargo test -p tests --test it -- versions` and commit what it \
             wrote.",
            difference(&then, &now)
        );
    }
}

/// The lines that only one of two texts has, at most twenty. Of a lock they are its rows, each with its state.
fn difference(then: &str, now: &str) -> String {
    let lines = |text: &str| match serde_json::from_str::<Lock>(text) {
        Ok(lock) => rows(&lock),
        Err(_) => text.lines().map(|line| line.chars().take(160).collect()).collect::<Vec<_>>(),
    };
    let (then, now) = (lines(then), lines(now));
    let gone = then.iter().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
    let new = now.iter().filter(|line| !then.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(new).collect();
    let more = lines.len().saturating_sub(20);
    let end = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    lines[..lines.len() - more].join("\n") + &end
}

/// A table in lines: its events, then its rows.
fn rows(lock: &Lock) -> Vec<String> {
    let events = lock.events.iter().map(|(event, version)| format!("{event}, version {version}"));
    let row = |from: &str, (event, to): (&String, &String)| format!("{from}: {event} -> {to}");
    let begin = lock.begin.iter().map(|step| row("[*]", step));
    let states = lock.states.iter().flat_map(|(from, steps)| steps.iter().map(|s| row(from, s)));
    events.chain(begin).chain(states).collect()
}

#[test]
fn the_placement_is_as_written_down() {
    check("placement");
}

#[test]
fn the_contractor_is_as_written_down() {
    check("contractor");
}

#[test]
fn the_invoice_is_as_written_down() {
    check("invoice");
}

#[test]
fn the_certificate_is_as_written_down() {
    check("certificate");
}

#[test]
fn the_gate_is_as_written_down() {
    check("gate");
}

#[test]
fn the_notice_is_as_written_down() {
    check("notice");
}

#[test]
fn the_delivery_is_as_written_down() {
    check("delivery");
}

/// The table without one row, the row's state before it, and its event.
fn without_a_row(lock: &Lock) -> Vec<(Lock, Option<String>, String)> {
    let mut smaller = Vec::new();
    for event in lock.begin.keys() {
        let mut less = lock.clone();
        less.begin.remove(event);
        smaller.push((less, None, event.clone()));
    }
    for (state, steps) in &lock.states {
        for event in steps.keys() {
            let mut less = lock.clone();
            less.states.get_mut(state).expect("it was found there").remove(event);
            smaller.push((less, Some(state.clone()), event.clone()));
        }
    }
    smaller
}

/// An arm taken out of a machine, or one state out of an arm of several, is a table with fewer rows. Each such table
/// is refused, row by row, with the shortest history that no longer replays.
#[test]
fn no_row_of_any_table_can_go_unnoticed() {
    for Subject { name, lock, .. } in SUBJECTS.iter() {
        let smaller = without_a_row(lock);
        let rows = lock.begin.len() + lock.states.values().map(|steps| steps.len()).sum::<usize>();
        assert!(rows >= 4 && smaller.len() == rows, "{name}: {} of {rows}", smaller.len());
        for (less, before, event) in smaller {
            let found = breaks_between(lock, &less);
            let Some(Break::Log { log, state }) = found else {
                panic!("{name} without `{event}` in {before:?}: {found:?}");
            };
            assert_eq!((log.last(), &state), (Some(&event), &before), "{name}: {log:?}");
            assert_eq!(end_of(lock, &log[..log.len() - 1]), before, "{name}: {log:?}");
        }
    }
}

/// The state in which a log ends; `None` at the start.
fn end_of(lock: &Lock, log: &[String]) -> Option<String> {
    let mut state = None;
    for event in log {
        let steps = state.as_ref().map_or(&lock.begin, |state| &lock.states[state]);
        state = Some(steps[event].clone());
    }
    state
}
