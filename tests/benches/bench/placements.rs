//! Many live placements: memory for each, and the time until all of them are listed.
//!
//! Each was seen once and moves on as far as it can without the outside; its contractor is there too. Measured in a
//! process of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use runner::views;
use tests::world::{self, BEGINNING, good};
use tokio::task::JoinSet;
use workflow_core::domain::facts::{CandidateId, Facts, PlacementId};
use workflow_core::domain::placement::{Input, Placement};
use workflow_core::engine::Source;
use workflow_core::seal::Vault;
use workflow_core::store::sled::SledStore;
use workflow_core::time::ManualClock;

use super::log::{child, resident_mb};
use super::report::{Row, median, say, show};
use super::{Plan, fresh};

pub fn run(plan: &Plan) -> Vec<Row> {
    let (dir, count) = (fresh(plan, "placements"), plan.events / 10);
    fill(&dir, count);
    let opened: Vec<Vec<f64>> =
        (0..plan.rounds).map(|_| child("--open-placements", &dir)).collect();
    let middle = |at: usize| median(opened.iter().map(|numbers| numbers[at]).collect());
    let rows = vec![
        Row::figure(format!("open, {count} live placements"), middle(0), "s", ""),
        Row::figure("memory per live placement", middle(1) * 1e6 / count as f64, "bytes", ""),
        Row::figure("list all, as the admin door does", middle(2) * 1e3, "ms", ""),
        Row::figure("the same with its JSON", middle(3) * 1e3, "ms", ""),
        Row::figure("a board: counts and 100 lines", middle(4) * 1e3, "ms", ""),
    ];
    rows.iter().for_each(show);
    rows
}

fn fill(dir: &Path, count: u64) {
    fill_with(dir, Vault::in_memory(), count, |_, _| {});
}

/// Fills a log with placements that were seen once, each with its own facts.
pub fn fill_with(dir: &Path, vault: Arc<Vault>, count: u64, change: impl Fn(u64, &mut Facts)) {
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = world::engine(store, vault, ManualClock::at(BEGINNING), world::rules());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime can be built");
    runtime.block_on(async {
        let mut seen = JoinSet::new();
        for number in 0..count {
            let engine = engine.clone();
            let placement = PlacementId(format!("pl_{number:06}"));
            let mut facts = good(&placement, &CandidateId(format!("cand_{number:06}")));
            change(number, &mut facts);
            seen.spawn(async move {
                let stream = world::stream(&placement);
                let input = Input::Observed(Box::new(facts));
                engine.handle::<Placement>(&stream, input, Source::new("poll:ats", "")).await
            });
            while seen.len() >= 1000 {
                let handled = seen.join_next().await.expect("some are under way");
                handled.expect("no task fails").expect("a good placement is taken");
            }
        }
        while let Some(handled) = seen.join_next().await {
            handled.expect("no task fails").expect("a good placement is taken");
        }
    });
    // Finishes the messages between placements and contractors too.
    engine.stop();
}

/// Opens what was filled, says how long that took, what the engine takes of memory, and how long listing takes.
pub fn open(dir: &Path) {
    let begun = Instant::now();
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let before = resident_mb();
    let engine =
        world::engine(store, Vault::in_memory(), ManualClock::at(BEGINNING), world::rules());
    let (opened, memory) = (begun.elapsed(), resident_mb() - before);
    let begun = Instant::now();
    let list = views::list(&engine, &[], &[]);
    let listed = begun.elapsed();
    let json = serde_json::to_vec(&list).expect("a list can be written");
    let written = begun.elapsed();
    assert!(!json.is_empty() && !list.placements.is_empty());
    let begun = Instant::now();
    let counts = engine.counts("placement");
    let page = engine.summaries_after("placement", None, 100);
    let board = begun.elapsed();
    assert!(counts.values().sum::<usize>() >= page.len() && !page.is_empty());
    let [opened, listed, written, board] =
        [opened, listed, written, board].map(|took| took.as_secs_f64());
    let numbers = [opened, memory, listed, written, board];
    say(&numbers.map(|number| number.to_string()).join(" "));
    engine.stop();
}
