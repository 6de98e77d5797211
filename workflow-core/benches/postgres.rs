//! Appends to PostgreSQL beside what anybody would write by hand, and beside `pgbench`, on one server in one run.
//!
//! `cargo bench -p workflow-core --features postgres,testing --bench postgres`; rounds of all sides alternate, the median
//! counts. By hand: one `INSERT ... SELECT FROM unnest` for each 64 events, into a table with the two indexes that such a
//! table needs; no gapless positions, no chain, no fence. docs/postgres.md has what came out.

use std::io::Write;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;
use workflow_core::id::{StreamId, Version};
use workflow_core::record::{Cause, NewEvent};
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Settings, Shard};
use workflow_core::store::{Append, Store};
use workflow_core::time::Timestamp;

const IN_FLIGHT: usize = 64;
const ROUNDS: usize = 7;
const DURING: Duration = Duration::from_secs(2);
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
    let (mut version, mut seq) = (0, 0);
    let (mut ours, mut hand, mut commits) = (vec![], vec![], vec![]);
    let mut first_seen = 0.0;
    for _ in 0..ROUNDS {
        ours.push(rate(|| append(&store, &mut version))?);
        hand.push(rate(|| {
            seq += 1;
            let streams: Vec<String> =
                (0..IN_FLIGHT).map(|key| format!("door/acme/{key}")).collect();
            let data = vec![json(seq).to_string(); IN_FLIGHT];
            let seqs = vec![seq; IN_FLIGHT];
            runtime.block_on(client.execute(&statement, &[&streams, &seqs, &data]))?;
            Ok(())
        })?);
        let seconds = DURING.as_secs().to_string();
        let file = script.display().to_string();
        let arguments =
            ["-n", "-M", "prepared", "-c", "64", "-j", "2", "-T", &seconds, "-f", &file];
        let said = server.ask("pgbench", "bench", &arguments)?;
        commits.push(tps(&said).ok_or("pgbench prints no tps")?);
        if first_seen == 0.0 {
            let one = ["-n", "-M", "prepared", "-c", "1", "-T", &seconds, "-f", &file];
            first_seen =
                tps(&server.ask("pgbench", "bench", &one)?).ok_or("pgbench prints no tps")?;
        }
    }
    std::fs::remove_file(script)?;
    let ratios: Vec<f64> = ours.iter().zip(&hand).map(|(ours, hand)| ours / hand).collect();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "median of {ROUNDS} rounds of {DURING:?}, {IN_FLIGHT} in flight, events of {} bytes JSON",
        json(1).to_string().len()
    )?;
    writeln!(out, "the log on PostgreSQL      {:>8.0} events/s", median(ours))?;
    writeln!(out, "UNNEST by hand             {:>8.0} events/s", median(hand))?;
    writeln!(out, "pgbench, 64 clients        {:>8.0} commits/s of one row", median(commits))?;
    writeln!(out, "pgbench, 1 client          {first_seen:>8.0} commits/s of one row")?;
    writeln!(
        out,
        "log / by hand              {:>8.2} (rounds {:.2?})",
        median(ratios.clone()),
        ratios
    )?;
    Ok(())
}

/// Events a second, of groups of 64.
fn rate(mut group: impl FnMut() -> Result<(), Failed>) -> Result<f64, Failed> {
    let (began, mut groups) = (Instant::now(), 0u32);
    while began.elapsed() < DURING {
        group()?;
        groups += 1;
    }
    Ok(f64::from(groups) * 64.0 / began.elapsed().as_secs_f64())
}

fn append(store: &PostgresStore, version: &mut u64) -> Result<(), Failed> {
    let content = minicbor_serde::to_vec(json(i64::try_from(*version)?))?;
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
        group.push(Append { stream, expected: Version(*version), events: vec![event] });
    }
    for outcome in store.append(&group)? {
        outcome?;
    }
    *version += 1;
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
