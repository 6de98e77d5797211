//! How good the strategies of `laws` are, in figures: the tables of `docs/testing-workflows.md`.
//!
//! `cargo run --release -p workflow-core --features testing --example laws_measured` prints them; the seeds are fixed, so
//! that they come out the same. Absent: time, for runs are what a slow test pays for.

#![allow(clippy::print_stdout, reason = "it is run for what it prints")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use workflow_core::domain::{contractor, placement};
use workflow_core::laws::{Ends, walk, words};
use workflow_core::machine::{Kind, Machine};

/// So often each figure is taken.
const SEEDS: u8 = 60;

/// The longest log.
const LOG_MAX: usize = 32;

fn runner(seed: u8) -> TestRunner {
    let config = Config {
        cases: 10_000_000,
        max_shrink_iters: 1_000_000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// How many logs it takes until every edge was seen, by seed and sorted; and the mean length of a log, in tenths.
fn until_all_edges<M: Machine>(
    draw: impl Fn(&mut TestRunner) -> Vec<M::EventKind>,
) -> (Vec<usize>, usize) {
    let (mut counts, mut events) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        let mut runner = runner(seed);
        let mut seen = BTreeSet::new();
        let mut logs = 0;
        while seen.len() < M::EDGES.len() {
            let mut state = None;
            for event in draw(&mut runner) {
                seen.insert((state, event));
                state = M::next(state, event);
                events += 1;
            }
            logs += 1;
        }
        counts.push(logs);
    }
    counts.sort_unstable();
    let logs: usize = counts.iter().sum();
    (counts, events * 10 / logs)
}

fn edges<M: Machine>() {
    let uniform = words::<M>(LOG_MAX, Ends::Terminal);
    let uniform =
        until_all_edges::<M>(|runner| uniform.new_tree(runner).expect("there are logs").current());
    let walk = until_all_edges::<M>(|runner| walk::<M>(LOG_MAX, runner.rng()));
    for (name, (counts, tenths)) in [("uniform", uniform), ("plain walk", walk)] {
        let (median, max) = (counts[counts.len() / 2], counts[counts.len() - 1]);
        let (machine, rows) = (M::NAME, M::EDGES.len());
        println!(
            "| {machine} ({rows} edges) | {name} | {median} | {max} | {}.{} |",
            tenths / 10,
            tenths % 10
        );
    }
}

/// A bug that shows when `then` comes after `first`, unless `unless` came between.
#[derive(Clone, Copy)]
struct Bug<K> {
    first: K,
    unless: K,
    then: K,
}

impl<K: Kind> Bug<K> {
    /// Whether it is armed after an event; `None` once it has shown.
    fn after(self, armed: bool, event: K) -> Option<bool> {
        match armed {
            true if event == self.then => None,
            true => Some(event != self.unless),
            false => Some(event == self.first),
        }
    }

    fn shows(self, log: &[K]) -> bool {
        log.iter().try_fold(false, |armed, event| self.after(armed, *event)).is_none()
    }

    /// The length of the shortest log that shows it.
    fn shortest<M: Machine<EventKind = K>>(self) -> usize {
        let mut lengths = BTreeMap::from([((None, false), 0)]);
        let mut queue = VecDeque::from([(None, false)]);
        while let Some((state, armed)) = queue.pop_front() {
            let length = lengths[&(state, armed)];
            for row in M::EDGES.iter().filter(|row| row.from == state) {
                let Some(armed) = self.after(armed, row.event) else { return length + 1 };
                lengths.entry((Some(row.to), armed)).or_insert_with(|| {
                    queue.push_back((Some(row.to), armed));
                    length + 1
                });
            }
        }
        panic!("no log of {} shows the bug", M::NAME)
    }
}

/// The log behind indices into the events that are allowed at each moment.
fn by_indices<M: Machine>(indices: &[u16]) -> Vec<M::EventKind> {
    let mut log = Vec::new();
    let mut state = None;
    for index in indices {
        let rows: Vec<_> = M::EDGES.iter().filter(|row| row.from == state).collect();
        let Some(row) = rows.get(usize::from(*index) % rows.len().max(1)) else { break };
        log.push(row.event);
        state = Some(row.to);
    }
    log
}

/// What became of failing logs: how many were shortest, the events too many, the runs it took, the length at first.
#[derive(Default)]
struct Shrunk {
    shortest: usize,
    excess: usize,
    runs: usize,
    begun: usize,
}

fn shrunk<S: Strategy, M: Machine>(
    strategy: &S,
    log: impl Fn(&S::Value) -> Vec<M::EventKind>,
    bug: Bug<M::EventKind>,
) -> Shrunk {
    let (mut sum, shortest) = (Shrunk::default(), bug.shortest::<M>());
    for seed in 0..SEEDS {
        let (runs, begun) = (Cell::new(0), Cell::new(None));
        let result = runner(seed).run(strategy, |value| {
            let log = log(&value);
            let shows = bug.shows(&log);
            if begun.get().is_some() {
                runs.set(runs.get() + 1);
            } else if shows {
                begun.set(Some(log.len()));
            }
            prop_assert!(!shows);
            Ok(())
        });
        let Err(TestError::Fail(_, value)) = result else { panic!("the bug was not found") };
        // What stands behind the moment at which the bug shows is no part of it, but nobody took it away.
        let excess = log(&value).len() - shortest;
        sum.shortest += usize::from(excess == 0);
        sum.excess += excess;
        sum.runs += runs.get();
        sum.begun += begun.get().unwrap_or_default();
    }
    sum
}

fn shrinking<M: Machine>(bugs: &[Bug<M::EventKind>]) {
    for bug in bugs {
        let ours = words::<M>(LOG_MAX, Ends::Anywhere);
        let ours = shrunk::<_, M>(&ours, Clone::clone, *bug);
        let indices = prop::collection::vec(any::<u16>(), 1..=LOG_MAX);
        let plain = shrunk::<_, M>(&indices, |indices| by_indices::<M>(indices), *bug);
        let (then, first, unless) = (bug.then, bug.first, bug.unless);
        let length = bug.shortest::<M>();
        for (name, sum) in [("`laws`", ours), ("indices", plain)] {
            let seeds = usize::from(SEEDS);
            let hundredths = sum.excess * 100 / seeds;
            println!(
                "| {then:?} after {first:?}, no {unless:?} between ({length} events) | {name} | {} | {} of {seeds} | \
                 {}.{:02} | {} |",
                sum.begun / seeds,
                sum.shortest,
                hundredths / 100,
                hundredths % 100,
                sum.runs / seeds
            );
        }
    }
}

fn main() {
    println!("| machine | logs | median | most | mean length |");
    println!("|---|---|---:|---:|---:|");
    edges::<placement::Machine>();
    edges::<contractor::Machine>();
    println!();
    println!(
        "| planted bug (shortest log) | shrinking | events at first | shortest | events too many | runs |"
    );
    println!("|---|---|---:|---:|---:|---:|");
    {
        use placement::EventKind::*;
        shrinking::<placement::Machine>(&[
            Bug { first: CoverageLost, unless: Restarted, then: QuoteIssued },
            Bug { first: AssignmentRefused, unless: TermsChanged, then: ApplicationOpened },
            Bug { first: PlacementExcluded, unless: FlagRaised, then: CoverageStarted },
        ]);
    }
    {
        use contractor::EventKind::*;
        shrinking::<contractor::Machine>(&[
            Bug { first: Retried, unless: TurnReturned, then: OptInSeen },
            Bug { first: TurnReturned, unless: PersonChanged, then: AssignmentGranted },
        ]);
    }
}
