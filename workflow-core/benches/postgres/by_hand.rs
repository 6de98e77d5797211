//! The yardsticks: the insert that anybody would write by hand, and the rate at which `pgbench` commits.
//!
//! By hand: one `INSERT ... SELECT FROM unnest` for each group, of the same data, into a table with the two indexes that such a
//! table needs; no gapless positions, no chain, no fence, no record beside the columns.

use std::time::{Duration, Instant};

use tokio_postgres::NoTls;
use workflow_core::id::{StreamId, Version};
use workflow_core::store::Store;
use workflow_core::store::postgres::server::Server;
use workflow_core::store::postgres::{Database, Fence, PostgresStore, Settings, Shard};

use super::load::{Pace, pace};
use super::yardstick::{PAYLOAD_BYTES, append};
use super::{DATABASE, Failed, Plan, workflow};

/// The shard of the single appender; the runners have others.
const SHARD: Shard = Shard(15);
/// On a busy machine 64 clients take a while to begin; one that ends before the first commit says no figures.
const PGBENCH_SECS_MIN: u64 = 3;
const SETUP: &str = "\
CREATE TABLE IF NOT EXISTS by_hand (shard integer NOT NULL, position bigserial NOT NULL, stream text NOT NULL,
    seq bigint NOT NULL, data jsonb NOT NULL, PRIMARY KEY (shard, position), UNIQUE (shard, stream, seq));
CREATE TABLE IF NOT EXISTS by_pgbench (id bigserial PRIMARY KEY, data text NOT NULL)";
const INSERT: &str = "\
INSERT INTO by_hand (shard, stream, seq, data)
SELECT 0, e.stream, e.seq, e.data::jsonb FROM unnest($1::text[], $2::bigint[], $3::text[]) AS e (stream, seq, data)";

/// Groups of so many events, the log's and those by hand in turn, until both have been measured for this long between them.
pub fn groups(
    url: &str,
    in_flight: usize,
    round: usize,
    during: Duration,
) -> Result<(Pace, Pace), Failed> {
    let settings = Settings { url: url.to_owned(), ..Settings::default() };
    let store = Database::connect(settings)?.store(SHARD, Fence(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (client, connection) = runtime.block_on(tokio_postgres::connect(url, NoTls))?;
    runtime.spawn(async move { drop(connection.await) });
    runtime.block_on(client.batch_execute(SETUP))?;
    let statement = runtime.block_on(client.prepare(INSERT))?;
    let name = |key: usize| format!("errand/bench/g{round}-{in_flight}-{key:02}");
    let streams = (0..in_flight).map(|key| Ok(StreamId::parse(&name(key))?));
    let streams = streams.collect::<Result<Vec<_>, Failed>>()?;
    let (mut ours, mut hand) = (vec![], vec![]);
    let began = Instant::now();
    let mut version = 0;
    while began.elapsed() < during * 2 || ours.len() < 3 {
        ours.push(timed(|| ours_once(&store, &streams, version))?);
        hand.push(timed(|| {
            let names: Vec<String> = (0..in_flight).map(name).collect();
            let one = |key| serde_json::json!({ "data": workflow::data(key as u64 + version) });
            let data: Vec<String> = (0..in_flight).map(|key| one(key).to_string()).collect();
            let seqs = vec![i64::try_from(version)?; in_flight];
            runtime.block_on(client.execute(&statement, &[&names, &seqs, &data]))?;
            Ok(())
        })?);
        version += 1;
    }
    Ok((of_groups(ours, in_flight), of_groups(hand, in_flight)))
}

fn ours_once(store: &PostgresStore, streams: &[StreamId], version: u64) -> Result<(), Failed> {
    let group: Vec<_> =
        streams.iter().zip(0..).map(|(name, key)| append(name, Version(version), key)).collect();
    for outcome in store.append(&group)? {
        outcome?;
    }
    Ok(())
}

fn timed(group: impl FnOnce() -> Result<(), Failed>) -> Result<Duration, Failed> {
    let began = Instant::now();
    group()?;
    Ok(began.elapsed())
}

/// The pace of whoever sends the next group when the last was answered. By the median: one slow group says nothing of
/// which side it struck.
fn of_groups(took: Vec<Duration>, in_flight: usize) -> Pace {
    let all = pace(took, Duration::from_secs(1));
    Pace { per_second: in_flight as f64 / (all.p50_us / 1e6), ..all }
}

/// Commits of one row each, with so many clients.
pub fn pgbench(server: &Server, clients: usize, plan: &Plan) -> Result<Pace, Failed> {
    let script = plan.dir.join("commit.sql");
    let data = "x".repeat(PAYLOAD_BYTES);
    std::fs::write(&script, format!("INSERT INTO by_pgbench (data) VALUES ('{data}');"))?;
    readable(&plan.dir)?;
    let file = script.display().to_string();
    let (clients, secs) =
        (clients.to_string(), plan.during.as_secs().max(PGBENCH_SECS_MIN).to_string());
    let arguments = ["-n", "-M", "prepared", "-c", &clients, "-j", "1", "-T", &secs, "-f", &file];
    let said = server.ask("pgbench", DATABASE, &arguments)?;
    let line = |starts: &str, word: usize| -> Result<f64, Failed> {
        let line = said.lines().find(|line| line.starts_with(starts));
        let word = line.and_then(|line| line.split_whitespace().nth(word));
        Ok(word.ok_or_else(|| format!("pgbench says no {starts:?}"))?.parse()?)
    };
    let mean_us = line("latency average = ", 3)? * 1e3;
    Ok(Pace { per_second: line("tps = ", 2)?, p50_us: mean_us, p99_us: f64::NAN })
}

/// The server's programs run as another user where this one is root.
fn readable(dir: &std::path::Path) -> Result<(), Failed> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))?)
}
