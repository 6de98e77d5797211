//! The log on PostgreSQL beside what anybody would write by hand, beside `pgbench`, and beside the log in a directory: on one
//! disk, in one run.
//!
//! `cargo bench -p workflow-core --features postgres,testing --bench postgres -- [--quick] [--rounds N] [--millis N] [--json
//! FILE]`. Each round measures every row once, so that whatever else the machine does strikes all; medians count, and ratios
//! more than figures. docs/scale.md has what came out, and what follows from it. Runners are processes of this program,
//! each with a lease, connections and an engine of its own: `runners.rs`. `by_hand.rs` has the yardsticks. What is in
//! flight, and the workflow, are those of the other benchmarks (`tests/benches/bench`).

use std::path::PathBuf;
use std::time::Duration;

use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Settings};

mod by_hand;
mod figures;
#[expect(dead_code, reason = "the other benchmarks need more of it")]
#[path = "../../../tests/benches/bench/load.rs"]
mod load;
#[expect(dead_code, reason = "the other benchmarks need more of it")]
#[path = "../../../tests/benches/bench/report.rs"]
mod report;
mod runners;
#[path = "../../../tests/benches/bench/workflow.rs"]
mod workflow;
#[expect(dead_code, reason = "the other benchmarks need more of it")]
#[path = "../../../tests/benches/bench/yardstick.rs"]
mod yardstick;

use figures::{Figures, Ratio};
use runners::{Place, Work};

type Failed = Box<dyn std::error::Error>;

/// How many a group has, and how many a runner has in flight.
const IN_FLIGHT: usize = 64;
/// As many runners as have a processor each, and more.
const RUNNERS: [u16; 3] = [1, 2, 4];
const DATABASE: &str = "bench";

/// How much is measured, and where.
struct Plan {
    rounds: usize,
    /// How long one row is measured at a time.
    during: Duration,
    program: PathBuf,
    /// For the log in a directory: on the disk of the database.
    dir: PathBuf,
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).cloned()
    };
    // What this program asks of itself, for a process that does nothing else.
    if let Some(asked) = value("--runner") {
        return runners::work(&asked);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let (rounds, millis) = if quick { (1, 300) } else { (5, 2000) };
    let number = |name: &str, usual: u64| value(name).map_or(Ok(usual), |n| n.parse());
    let began = report::load();
    let server = Server::start(&[])?;
    server.create_database(DATABASE)?;
    let settings = Settings { url: server.url(DATABASE), ..Settings::default() };
    drop(Database::connect(settings)?);
    let dir = tempfile::tempdir()?;
    let plan = Plan {
        rounds: usize::try_from(number("--rounds", rounds)?)?,
        during: Duration::from_millis(number("--millis", millis)?),
        program: std::env::current_exe()?,
        dir: dir.path().to_owned(),
    };
    let mut figures = Figures::default();
    for round in 0..plan.rounds {
        measure(&plan, &server, round, &mut figures)?;
    }
    figures.say(&ratios());
    if let Some(path) = value("--json") {
        figures.keep(
            path.as_ref(),
            if quick { "quick" } else { "full" },
            &plan,
            &began,
            &ratios(),
        )?;
    }
    Ok(())
}

/// Every row once.
fn measure(
    plan: &Plan,
    server: &Server,
    round: usize,
    figures: &mut Figures,
) -> Result<(), Failed> {
    let url = server.url(DATABASE);
    for in_flight in [1, IN_FLIGHT] {
        let (ours, hand) = by_hand::groups(&url, in_flight, round, plan.during)?;
        figures.add(format!("one appender, {in_flight}"), ours);
        figures.add(format!("UNNEST by hand, {in_flight}"), hand);
        figures.add(format!("pgbench, {in_flight}"), by_hand::pgbench(server, in_flight, plan)?);
    }
    for work in [Work::Appends, Work::Steps] {
        for runners in RUNNERS {
            let before = wal(server)?;
            let place = Place::Database(url.clone());
            let (pace, done) = runners::measure(plan, work, &place, runners)?;
            figures.add(format!("{work}, {runners} runners"), pace);
            if (work, runners) == (Work::Appends, 1) {
                let bytes = (wal(server)? - before) / done as f64;
                figures.note("write-ahead log per event, bytes", bytes);
            }
        }
        let place = Place::Directory(plan.dir.join(format!("{work}-{round}")));
        let (pace, _) = runners::measure(plan, work, &place, 1)?;
        figures.add(format!("{work}, in a directory"), pace);
    }
    let sql = "SELECT (pg_total_relation_size('log_record') + pg_total_relation_size('log_event'))::float8 \
               / (SELECT sum(next) FROM log_shard)";
    figures.note("database per event, bytes", asked(server, sql)?);
    Ok(())
}

/// How far the server's write-ahead log has come, in bytes.
fn wal(server: &Server) -> Result<f64, Failed> {
    asked(server, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
}

fn asked(server: &Server, sql: &str) -> Result<f64, Failed> {
    Ok(server.ask("psql", DATABASE, &["-At", "-c", sql])?.trim().parse()?)
}

/// What is compared with what, and how it should come out.
fn ratios() -> Vec<Ratio> {
    let ratio = |of: &str, to: &str, aim| Ratio { of: of.to_owned(), to: to.to_owned(), aim };
    let mut all = vec![
        ratio("one appender, 64", "UNNEST by hand, 64", ">= 0.80"),
        ratio("one appender, 1", "UNNEST by hand, 1", ""),
        ratio("one appender, 1", "pgbench, 1", ""),
        ratio("one appender, 64", "pgbench, 64", ""),
    ];
    for work in [Work::Appends, Work::Steps] {
        for runners in RUNNERS {
            let of = format!("{work}, {runners} runners");
            if runners > 1 {
                all.push(ratio(&of, &format!("{work}, 1 runners"), ""));
            }
            all.push(ratio(&of, "pgbench, 64", ""));
            all.push(ratio(&of, &format!("{work}, in a directory"), ""));
        }
    }
    all
}
