//! A big log: replaying it, opening it, and what it takes of disk and memory.
//!
//! What is opened is opened by a process of its own, so that its memory is nobody else's.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use workflow_core::engine::Stored;
use workflow_core::id::{Position, StreamId, Version};
use workflow_core::machine::Machine as _;
use workflow_core::record::frame::Frame;
use workflow_core::store::Store;
use workflow_core::store::sled::SledStore;

use super::report::{Row, median, say, show};
use super::workflow::{self, errand::Machine, errand::State};
use super::yardstick::{RawFile, append, scan};
use super::{Plan, fresh};

/// How many events each instance of the big log has; none has come to its end.
const EVENTS_EACH: u64 = 10;

pub fn run(plan: &Plan) -> Vec<Row> {
    let (dir, raw) = (fresh(plan, "log"), fresh(plan, "raw").join("raw"));
    fill(&dir, &raw, plan.events);
    let mut rows = vec![replayed(&dir, &raw, plan)];
    let what = format!("{} events, {} live", plan.events, plan.events / EVENTS_EACH);
    // The first engine finds no checkpoint: it reads all, as after an upgrade, and leaves one.
    let first = opened(&dir);
    let opened: Vec<(f64, f64)> = (0..plan.rounds).map(|_| opened(&dir)).collect();
    let middle = |of: fn(&(f64, f64)) -> f64| median(opened.iter().map(of).collect());
    rows.push(Row::figure(format!("open, {what}"), middle(|o| o.0), "s", "<= 0.5 s at 1 M"));
    rows.push(Row::figure(format!("memory, {what}"), middle(|o| o.1), "MB", "<= 150 MB at 1 M"));
    rows.push(Row::figure("open once after an upgrade, all read", first.0, "s", ""));
    rows.push(Row::figure("memory then", first.1, "MB", ""));
    let each = size(&dir) as f64 / plan.events as f64;
    rows.push(Row::figure("disk per event of 300 bytes", each, "bytes", "<= 600"));
    rows.iter().for_each(show);
    rows
}

fn fill(dir: &Path, raw: &Path, events: u64) {
    let store = SledStore::open(dir).expect("the store opens");
    let mut file = RawFile::create(raw);
    let instances = events / EVENTS_EACH;
    // As they come in life: all instances advance side by side.
    for version in 0..EVENTS_EACH {
        let streams: Vec<u64> = (0..instances).collect();
        for some in streams.chunks(256) {
            let group: Vec<_> = some
                .iter()
                .map(|number| {
                    let stream = StreamId::new("errand", "bench", &format!("{number:06}"));
                    append(&stream.expect("a plain name"), Version(version), *number)
                })
                .collect();
            let outcomes = store.append(&group).expect("the store appends");
            assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
            file.append(group.len());
        }
    }
    store.close().expect("the store closes");
}

/// Reads, decodes and folds the whole log; against reading and checking the raw file.
fn replayed(dir: &Path, raw: &Path, plan: &Plan) -> Row {
    let store = SledStore::open(dir).expect("the store opens");
    let (mut ours, mut yardstick) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let begun = Instant::now();
        let frames = scan(raw);
        yardstick.push(frames as f64 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let events = replay(&store);
        ours.push(events as f64 / begun.elapsed().as_secs_f64());
        assert_eq!(events, frames, "both hold the same");
    }
    let row = Row::figure("replay, decoded and folded", median(ours), "events/s", ">= 1000000/s");
    Row { raw: Some(median(yardstick)), ..row }
}

/// The way an engine reads a log: each record checked, each event decoded where it lies, one state per instance.
fn replay(store: &dyn Store) -> u64 {
    let mut states: HashMap<Box<str>, Option<State>> = HashMap::new();
    let mut events = 0;
    let folded = store.scan_records(Position(0), &mut |_, bytes| {
        let frame = Frame::decode(bytes).expect("a record");
        for event in &frame.events {
            let typed = Stored::in_frame(event).decode::<Machine>().expect("an event of an errand");
            let state = match states.get_mut(event.stream) {
                Some(state) => state,
                None => states.entry(event.stream.into()).or_default(),
            };
            let after = Machine::step(state.take(), typed).expect("errands keep to their table");
            *state = Some(after);
            events += 1;
        }
        ControlFlow::Continue(())
    });
    folded.expect("the log can be read");
    events
}

/// Opens the log in a process of its own: seconds, and megabytes afterwards.
fn opened(dir: &Path) -> (f64, f64) {
    let answer = child("--open", dir);
    (answer[0], answer[1])
}

/// The same from inside.
pub fn open(dir: &Path) {
    let begun = Instant::now();
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = workflow::engine(store);
    say(&format!("{} {}", begun.elapsed().as_secs_f64(), resident_mb()));
    engine.stop();
}

/// What a process of this program says when it is started with `what` for `dir`: some numbers.
pub fn child(what: &str, dir: &Path) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program is a file");
    let output = Command::new(program).arg(what).arg(dir).output().expect("it can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// The memory of this process now, in megabytes. Only Linux says.
pub fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

/// How many seconds of a processor this process has taken; a neighbour's work is not in it. Only Linux says.
pub fn processor_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the program's name in brackets: its 12th and 13th word, in hundredths.
    let words = stat.rsplit_once(')').map_or("", |(_, words)| words).split_whitespace();
    let ticks: Vec<f64> = words.skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    if ticks.is_empty() { f64::NAN } else { ticks.iter().sum::<f64>() / 100.0 }
}

/// The bytes of all files below a folder.
pub fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("the folder can be listed");
    entries
        .map(|entry| {
            let entry = entry.expect("the folder can be listed");
            let metadata = entry.metadata().expect("the file is there");
            if metadata.is_dir() { size(&entry.path()) } else { metadata.len() }
        })
        .sum()
}
