//! A start after years: as many placements pending as ever, beside more and more that have ended.
//!
//! Each placement that ended was seen, asked for its contractor and was canceled. What a start takes is measured in a
//! process of its own, that of the engine and that of the whole service (`ready.rs`). Read `placements.rs` first.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use runner::supervise::LOG_DIR;
use tests::world::{self, BEGINNING, good};
use tokio::task::JoinSet;
use workflow_core::domain::Insurance;
use workflow_core::domain::facts::{CandidateId, PlacementId, Stage};
use workflow_core::domain::placement::{Input, Placement};
use workflow_core::engine::{Engine, Source};
use workflow_core::seal::Vault;
use workflow_core::store::sled::SledStore;
use workflow_core::time::ManualClock;

use super::log::{child, processor_secs, resident_mb};
use super::report::{Row, median, say, show};
use super::{Plan, fresh};

/// How long the history is, in tenths of the events of the big log.
const STEPS: [u64; 3] = [0, 1, 4];
/// So many placements has each candidate.
const PLACEMENTS_EACH: u64 = 100;

pub fn run(plan: &Plan) -> Vec<Row> {
    let dir = fresh(plan, "ended");
    let (pending, step) = (plan.events / 100, plan.events / 10);
    let (mut rows, mut ended) = (Vec::new(), 0);
    fill(&dir, "pending", 0..pending, false);
    for steps in STEPS {
        let until = steps * step;
        fill(&dir, "ended", ended..until, true);
        ended = until;
        let opened: Vec<Vec<f64>> = (0..plan.rounds).map(|_| child("--open-ended", &dir)).collect();
        let started: Vec<Vec<f64>> =
            (0..plan.rounds).map(|_| child("--start-ready", &dir)).collect();
        let middle = |at: usize| median(opened.iter().map(|numbers| numbers[at]).collect());
        let ready = |at: usize| median(started.iter().map(|numbers| numbers[at]).collect());
        let beside = format!("{pending} pending, {ended} ended");
        let checkpoint =
            std::fs::metadata(dir.join(LOG_DIR).join("index/engine")).map_or(0, |file| file.len());
        let more = [
            Row::figure(format!("open, {beside}"), middle(0), "s", ""),
            Row::figure("of a processor", middle(3), "s", ""),
            Row::figure("memory then", middle(1), "MB", ""),
            Row::figure("checkpoint then", checkpoint as f64 / 1e6, "MB", ""),
            Row::figure("list all then", middle(2) * 1e3, "ms", ""),
            Row::figure("runner ready", ready(0), "s", ""),
            Row::figure("memory then", ready(1), "MB", ""),
            Row::figure("ended lines read until then", ready(2), "", "0"),
            Row::figure("ended lines read in the rounds after", ready(3), "", "0"),
        ];
        more.iter().for_each(show);
        rows.extend(more);
    }
    rows
}

/// An engine whose people have no sealed data: none is looked at here.
fn engine(dir: &Path) -> Engine<Insurance> {
    let store = SledStore::open(&dir.join(LOG_DIR)).expect("the store opens");
    let store = Arc::new(store);
    world::engine(store, Vault::in_memory(), ManualClock::at(BEGINNING), world::rules())
}

fn fill(dir: &Path, name: &'static str, numbers: std::ops::Range<u64>, ends: bool) {
    let engine = engine(dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime can be built").block_on(async {
        let mut lived = JoinSet::new();
        for number in numbers {
            lived.spawn(live(engine.clone(), name, number, ends));
            while lived.len() >= 1000 {
                lived.join_next().await.expect("some are under way").expect("no task fails");
            }
        }
        while let Some(done) = lived.join_next().await {
            done.expect("no task fails");
        }
    });
    // Finishes the messages between placements and contractors too, and leaves a checkpoint.
    engine.stop();
    drop(engine);
}

/// The life of a placement: seen, and canceled where it `ends`.
async fn live(engine: Engine<Insurance>, name: &'static str, number: u64, ends: bool) {
    let placement = PlacementId(format!("{name}_{number:06}"));
    let candidate = CandidateId(format!("{name}_{:06}", number / PLACEMENTS_EACH));
    let mut facts = good(&placement, &candidate);
    let stream = world::stream(&placement);
    let see = |facts| {
        let (engine, stream) = (engine.clone(), stream.clone());
        async move {
            let input = Input::Observed(Box::new(facts));
            let seen = engine.handle::<Placement>(&stream, input, Source::new("poll", "")).await;
            seen.expect("a placement is taken");
        }
    };
    see(facts.clone()).await;
    if ends {
        facts.stage = Stage::Canceled;
        see(facts).await;
    }
}

/// Opens what was filled, says how long that took, what the process takes of memory, and how long listing takes.
pub fn open(dir: &Path) {
    let begun = Instant::now();
    let engine = engine(dir);
    let (opened, memory) = (begun.elapsed().as_secs_f64(), resident_mb());
    let worked = processor_secs();
    let begun = Instant::now();
    let list = engine.summaries("placement");
    let listed = begun.elapsed().as_secs_f64();
    assert!(!list.is_empty());
    say(&format!("{opened} {memory} {listed} {worked}"));
    engine.stop();
}
