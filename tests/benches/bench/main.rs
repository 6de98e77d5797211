//! Benchmarks with a yardstick in the same run: what the product does, beside what a raw file on the same disk does.
//!
//! Rounds of both sides alternate, figures are medians, ratios are what counts. `docs/benchmarks.md` says how to run it
//! and what came out. Read `load.rs` and `yardstick.rs` first.

use std::path::PathBuf;
use std::time::Duration;

mod appends;
mod door;
mod ended;
mod firm;
mod gaps;
mod load;
mod log;
mod pages;
mod placements;
mod ready;
mod report;
mod steps;
mod workflow;
mod yardstick;

use report::Row;

/// How much is measured, and where.
pub struct Plan {
    /// How often each side is measured; the median counts.
    pub rounds: usize,
    /// How long one side is measured at a time.
    pub during: Duration,
    /// How many events the big log has.
    pub events: u64,
    /// The folder on the disk that is measured.
    pub dir: PathBuf,
}

/// What is measured, by the name that `--only` takes.
type Part = (&'static str, fn(&Plan) -> Vec<Row>);

const PARTS: [Part; 8] = [
    ("appends", appends::run),
    ("steps", steps::run),
    ("log", log::run),
    ("door", door::run),
    ("placements", placements::run),
    ("ended", ended::run),
    ("gaps", gaps::run),
    ("pages", pages::run),
];

/// An empty folder, where the one of that name was.
pub fn fresh(plan: &Plan, name: &str) -> PathBuf {
    let dir = plan.dir.join(name);
    drop(std::fs::remove_dir_all(&dir));
    std::fs::create_dir_all(&dir).expect("the folder can be made");
    dir
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).cloned()
    };
    // What this program asks of itself, for a process that does nothing else.
    if let Some(dir) = value("--open") {
        return log::open(dir.as_ref());
    }
    if let Some(dir) = value("--open-placements") {
        return placements::open(dir.as_ref());
    }
    if let Some(dir) = value("--open-ended") {
        return ended::open(dir.as_ref());
    }
    if let Some(dir) = value("--start-ready") {
        return ready::start(dir.as_ref());
    }
    if let Some(dir) = value("--ask-gaps") {
        return gaps::ask(dir.as_ref());
    }
    if let Some(dir) = value("--ask-pages") {
        return pages::ask(dir.as_ref());
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let mode = if quick { "quick" } else { "full" };
    let (rounds, millis, events) = if quick { (1, 100, 10_000) } else { (5, 1000, 1_000_000) };
    let number =
        |name: &str, usual: u64| value(name).map_or(usual, |n| n.parse().expect("a number"));
    let rounds = number("--rounds", rounds) as usize;
    let (millis, events) = (number("--millis", millis), number("--events", events));
    let dir =
        tempfile::tempdir_in(value("--dir").unwrap_or(env!("CARGO_TARGET_TMPDIR").to_owned()));
    let dir = dir.expect("the folder to measure in can be made");
    let plan =
        Plan { rounds, during: Duration::from_millis(millis), events, dir: dir.path().to_owned() };
    let only = value("--only");
    let wanted = |part: &str| only.as_ref().is_none_or(|only| only.split(',').any(|o| o == part));
    let began = report::load();
    report::heading();
    let mut rows: Vec<Row> = Vec::new();
    for (_, run) in PARTS.iter().filter(|(part, _)| wanted(part)) {
        rows.extend(run(&plan));
    }
    if let Some(path) = value("--json") {
        report::keep(path.as_ref(), mode, rounds, &began, &rows);
    }
}
