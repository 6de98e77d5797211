//! The arithmetic of docs/scale.md, "How far it goes", worked out of measured figures: the page cannot say anything else.
//!
//! Figures of the database: `docs/bench/postgres.json`, which the benchmark writes (`benches/postgres`, `--json`). Events and
//! requests of a placement, and bytes of an event: the export of a finished demo. Limits, polls and memory: the pages and
//! sources named beside them. `UPDATE_GOLDEN=1 cargo test -p workflow-core --test scale` writes the page's part anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

/// The customer's question.
const PLACEMENTS_A_YEAR: f64 = 10e6;
const TENANTS: f64 = 1000.0;
/// How much more than the mean of a year the busiest hour has: work is done in 2,000 of its 8,760 hours, and starts are on Mondays.
const BUSY: f64 = 20.0;
/// How long a placement lives, in years: half a year is a usual contract.
const LIVES_YEARS: f64 = 0.5;
const YEAR_SECS: f64 = 365.0 * 24.0 * 3600.0;
/// Each feed of JobDiva (`integration-jobdiva/src/poll.rs`) is read, and its cursor set, once in a poll (`Pace`, `runner/src/config.rs`).
const FEEDS: f64 = 10.0;
const POLL_SECS: f64 = 300.0;
/// What is kept to for a tenant unless it says otherwise: docs/http.md, "How fast".
const JOBDIVA_A_MINUTE: f64 = 60.0;
const POLICY_A_MINUTE: f64 = 600.0;
/// docs/benchmarks.md, "memory per live placement".
const BYTES_LIVE: f64 = 682.0;
/// What one runner's machine is taken to have for it.
const MEMORY_BYTES: f64 = 8e9;
const SHARDS: f64 = 16.0;

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// What a finished demo left behind.
struct Demo {
    placements: f64,
    events: f64,
    requests: f64,
}

impl Demo {
    fn read() -> Self {
        let text = std::fs::read_to_string(file("runner/tests/cli/demo.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let (mut placements, mut events, mut requests) = (BTreeSet::new(), 0, 0);
        for line in lines {
            for event in line["record"]["events"].as_array().into_iter().flatten() {
                let stream = event["stream"].as_str().unwrap();
                events += 1;
                requests += u32::from(stream.starts_with("exchange/"));
                if stream.starts_with("placement/") {
                    placements.insert(stream.to_owned());
                }
            }
        }
        Self {
            placements: f64::from(u32::try_from(placements.len()).unwrap()),
            events: f64::from(events),
            requests: f64::from(requests),
        }
    }
}

/// What the benchmark found.
struct Bench(Value);

impl Bench {
    fn read() -> Self {
        let text = std::fs::read_to_string(file("docs/bench/postgres.json")).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    fn a_second(&self, what: &str) -> f64 {
        let rows = self.0["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["what"] == what);
        row.unwrap_or_else(|| panic!("no row {what:?}"))["per_second"].as_f64().unwrap()
    }

    fn note(&self, what: &str) -> f64 {
        self.0["notes"][what].as_f64().unwrap()
    }
}

/// A load, what there is for it, and how each was found.
struct Line {
    what: &'static str,
    load: f64,
    room: f64,
    unit: &'static str,
    arithmetic: String,
}

fn lines(demo: &Demo, bench: &Bench) -> Vec<Line> {
    let (each, asked) = (demo.events / demo.placements, demo.requests / demo.placements);
    let mean = PLACEMENTS_A_YEAR / YEAR_SECS;
    let busy = mean * BUSY;
    let (one, four) = (bench.a_second("steps, 1 runners"), bench.a_second("steps, 4 runners"));
    let commits = bench.a_second("pgbench, 64");
    let line = |what, load, room, unit, arithmetic| Line { what, load, room, unit, arithmetic };
    vec![
        line(
            "steps of all tenants, four runners",
            busy * each,
            four,
            "events/s",
            format!("{mean:.3} placements/s × {each:.1} events × {BUSY}; room: steps, 4 runners"),
        ),
        line(
            "steps in the busiest of 16 shards, if one has twice its share",
            busy * each * 2.0 / SHARDS,
            one,
            "events/s",
            format!("the same × 2 / {SHARDS}; room: steps, 1 runner"),
        ),
        line(
            "cursors of polls",
            TENANTS * FEEDS / POLL_SECS,
            commits,
            "commits/s",
            format!("{TENANTS} tenants × {FEEDS} feeds / {POLL_SECS} s; room: pgbench, 64 clients"),
        ),
        line(
            "requests to 1099Policy, a tenant of 1,000",
            busy * asked * 60.0 / TENANTS,
            POLICY_A_MINUTE,
            "a minute",
            format!(
                "{mean:.3}/s × {asked:.1} requests × {BUSY} × 60 / {TENANTS}; room: one method's limit"
            ),
        ),
        line(
            "requests to 1099Policy, one tenant with all",
            busy * asked * 60.0,
            POLICY_A_MINUTE,
            "a minute",
            format!("the same × {TENANTS}"),
        ),
        line(
            "reads of one JobDiva operation, a tenant of 1,000",
            busy * 60.0 / TENANTS + 60.0 / POLL_SECS,
            JOBDIVA_A_MINUTE,
            "a minute",
            format!(
                "each placement read back once: {mean:.3}/s × {BUSY} × 60 / {TENANTS}, and a poll"
            ),
        ),
        line(
            "reads of one JobDiva operation, one tenant with all",
            busy * 60.0 + 60.0 / POLL_SECS,
            JOBDIVA_A_MINUTE,
            "a minute",
            format!("the same × {TENANTS}, and a poll"),
        ),
        line(
            "memory of live placements, four runners",
            PLACEMENTS_A_YEAR * LIVES_YEARS * BYTES_LIVE / 4.0 / 1e9,
            MEMORY_BYTES / 1e9,
            "GB",
            format!("10 M × {LIVES_YEARS} year × {BYTES_LIVE} bytes / 4"),
        ),
    ]
}

fn written(demo: &Demo, bench: &Bench) -> String {
    let mut lines = lines(demo, bench);
    lines.sort_by(|a, b| (b.load / b.room).total_cmp(&(a.load / a.room)));
    let mut page = format!(
        "Measured: {} runs of {} ms ({}), load {} at the beginning; {:.0} events and {:.0} requests of {:.0} placements in a demo.\n\n\
         | what, in the busiest hour | load | room | used | arithmetic |\n|---|---|---|---|---|\n",
        bench.0["rounds"],
        bench.0["millis"],
        bench.0["mode"].as_str().unwrap(),
        bench.0["machine"]["load_at_the_beginning"].as_str().unwrap(),
        demo.events,
        demo.requests,
        demo.placements,
    );
    for Line { what, load, room, unit, arithmetic } in &lines {
        let used = load / room * 100.0;
        page.push_str(&format!(
            "| {what} | {load:.1} {unit} | {room:.0} {unit} | {used:.1} % | {arithmetic} |\n"
        ));
    }
    let (first, second) = (&lines[0], lines.iter().find(|line| !line.what.contains("one tenant")));
    let a_year = PLACEMENTS_A_YEAR * demo.events / demo.placements;
    let bytes = |what: &str| a_year * bench.note(what) / 1e9;
    page.push_str(&format!(
        "\nFirst is {}; of 1,000 tenants' work, {}. A year leaves {:.0} M events: {:.0} GB in the tables and their indexes, {:.0} GB \
         of write-ahead log to archive.\n",
        first.what,
        second.unwrap().what,
        a_year / 1e6,
        bytes("database per event, bytes"),
        bytes("write-ahead log per event, bytes"),
    ));
    page
}

#[test]
fn the_page_says_what_the_figures_say() {
    let (begin, end) = ("<!-- worked out by workflow-core/tests/scale.rs -->\n", "<!-- so far -->");
    let path = file("docs/scale.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(begin).expect("the page has the part");
    let (part, after) = rest.split_once(end).expect("the part has an end");
    let worked_out = written(&Demo::read(), &Bench::read());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{before}{begin}{worked_out}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(part, worked_out, "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn the_limits_are_the_ones_that_the_pages_name() {
    let http = std::fs::read_to_string(file("docs/http.md")).unwrap();
    assert!(http.contains(&format!("| JobDiva, each operation | {JOBDIVA_A_MINUTE} |")));
    assert!(http.contains(&format!("| 1099Policy, each method | {POLICY_A_MINUTE} |")));
    let benchmarks = std::fs::read_to_string(file("docs/benchmarks.md")).unwrap();
    assert!(benchmarks.contains(&format!("| memory per live placement | {BYTES_LIVE} bytes |")));
}
