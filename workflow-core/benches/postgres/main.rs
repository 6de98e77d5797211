//! Appends to PostgreSQL beside what anybody would write by hand, and beside `pgbench`, on one server in one run.
//!
//! `cargo bench -p workflow-core --features postgres,testing --bench postgres`; the two sides take turns, a group each, so that
//! whatever else the disk does strikes both; the median of a group's time counts. By hand: one `INSERT ... SELECT FROM unnest` for each 64 events, into a table with the two indexes that such a
//! table needs; no gapless positions, no chain, no fence. docs/postgres.md has what came out.

use std::io::Write;
use std::time::Instant;

use tokio_postgres::NoTls;
use workflow_core::id::{StreamId, Version};
use workflow_core::record::{Cause, NewEvent};
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Settings, Shard};
use workflow_core::store::{Append, Store};
use workflow_core::time::Timestamp;

const IN_FLIGHT: usize = 64;
/// How many groups of each side.
const GROUPS: i64 = 1500;
const PGBENCH_SECS: &str = "5";
const SETUP: &str = "\
CREATE TABLE by_hand (shard integer NOT NULL, position bigserial NOT NULL, stream text NOT NULL, seq bigint NOT NULL,
    data jsonb NOT NULL, PRIMARY KEY (shard, position), UNIQUE (shard, stream, seq));
CREATE TABLE by_pgbench (id bigserial PRIMARY KEY, data text NOT NULL)";
const BY_HAND: &str = "\
INSERT INTO by_hand (shard, stream, seq, data)
SELECT 0, e.stream, e.seq, e.data::jsonb FROM unnest($1::text[], $2::bigint[], $3::text[]) AS e (stream, seq, data)";

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let server = Server::start(&[])?;
    server.create_database("bench")?;
    let settings = Settings { url: server.url("bench"), shards: Some(4), ..Settings::default() };
    let store = Database::connect(settings)?.store(Shard(0), Fence(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (client, connection) =
        runtime.block_on(tokio_postgres::connect(&server.url("bench"), NoTls))?;
    runtime.spawn(async move { drop(connection.await) });
    runtime.block_on(client.batch_execute(SETUP))?;
    let statement = runtime.block_on(client.prepare(BY_HAND))?;
    let script = std::env::temp_dir().join(format!("workflow-pgbench-{}.sql", std::process::id()));
    std::fs::write(
        &script,
        format!("INSERT INTO by_pgbench (data) VALUES ('{}');", "x".repeat(330)),
    )?;
    let (mut ours, mut hand) = (vec![], vec![]);
    for seq in 1..=GROUPS {
        ours.push(timed(|| append(&store, seq))?);
        hand.push(timed(|| {
            let streams: Vec<String> =
                (0..IN_FLIGHT).map(|key| format!("door/acme/{key}")).collect();
            let data = vec![json(seq).to_string(); IN_FLIGHT];
            let seqs = vec![seq; IN_FLIGHT];
            runtime.block_on(client.execute(&statement, &[&streams, &seqs, &data]))?;
            Ok(())
        })?);
    }
    let pgbench = |clients: &str| -> Result<f64, Failed> {
        let file = script.display().to_string();
        let arguments =
            ["-n", "-M", "prepared", "-c", clients, "-j", "1", "-T", PGBENCH_SECS, "-f", &file];
        Ok(tps(&server.ask("pgbench", "bench", &arguments)?).ok_or("pgbench prints no tps")?)
    };
    let (one, many) = (pgbench("1")?, pgbench("64")?);
    std::fs::remove_file(&script)?;
    let (ours, hand) = (median(ours), median(hand));
    let rate = |secs: f64| IN_FLIGHT as f64 / secs;
    let mut out = std::io::stdout();
    let bytes = json(1).to_string().len();
    writeln!(
        out,
        "median of {GROUPS} groups, {IN_FLIGHT} in flight, events of {bytes} bytes JSON"
    )?;
    writeln!(
        out,
        "the log on PostgreSQL  {:>8.0} events/s, {:.2} ms a group",
        rate(ours),
        ours * 1e3
    )?;
    writeln!(
        out,
        "UNNEST by hand         {:>8.0} events/s, {:.2} ms a group",
        rate(hand),
        hand * 1e3
    )?;
    writeln!(out, "log / by hand          {:>8.2}", hand / ours)?;
    writeln!(out, "pgbench, 1 client      {one:>8.0} commits/s of one row")?;
    writeln!(out, "pgbench, 64 clients    {many:>8.0} commits/s of one row")?;
    Ok(())
}

/// How many seconds a group takes.
fn timed(group: impl FnOnce() -> Result<(), Failed>) -> Result<f64, Failed> {
    let began = Instant::now();
    group()?;
    Ok(began.elapsed().as_secs_f64())
}

fn append(store: &PostgresStore, seq: i64) -> Result<(), Failed> {
    let content = minicbor_serde::to_vec(json(seq))?;
    let mut group = Vec::with_capacity(IN_FLIGHT);
    for key in 0..IN_FLIGHT {
        let cause =
            Cause { input: "observed".into(), key: "acme/7/1".into(), actor: "poll:ats".into() };
        let event = NewEvent {
            kind: "terms_found".into(),
            schema: 1,
            recorded_at: Timestamp(1_764_300_000_123),
            cause,
            content: content.clone(),
        };
        let stream = StreamId::new("door", "acme", &key.to_string())?;
        group.push(Append {
            stream,
            expected: Version(u64::try_from(seq - 1)?),
            events: vec![event],
        });
    }
    for outcome in store.append(&group)? {
        outcome?;
    }
    Ok(())
}

/// As large as the events that placements have.
fn json(number: i64) -> serde_json::Value {
    serde_json::json!({
        "placement": "51000791", "candidate": "70001203", "company": "Initech", "requisition": "26-00417",
        "title": "Platform Engineer", "start": "2026-04-13", "end": "2026-09-30", "number": number,
        "terms": {"category": "professional", "state": "CA", "entity": "llc", "wage_cents": 1_250_000, "hours": 40},
        "evidence": "read back from the insurer after the webhook"
    })
}

fn tps(said: &str) -> Option<f64> {
    let line = said.lines().find(|line| line.starts_with("tps = "))?;
    line.split_whitespace().nth(2)?.parse().ok()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
