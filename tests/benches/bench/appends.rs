//! Durable appends: the store against the raw file, behind the same group-committing thread.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use tokio::sync::{mpsc, oneshot};
use workflow_core::id::{StreamId, Version};
use workflow_core::store::Store;
use workflow_core::store::sled::SledStore;

use super::load::{self, Pace, Waiting, commit_groups, drive};
use super::log::size;
use super::report::{Row, median, show};
use super::yardstick::{RawFile, append};
use super::{Plan, fresh};

pub fn run(plan: &Plan) -> Vec<Row> {
    let aims = [(1, ""), (64, ">= 0.80 of raw"), (1024, "")];
    let rows = aims.map(|(in_flight, aim)| {
        let (mut syncs, mut bytes) = (Vec::new(), Vec::new());
        let rounds: Vec<(Pace, Pace)> = (0..plan.rounds)
            .map(|round| {
                let raw = raw(&fresh(plan, "raw"), in_flight, plan);
                syncs.push(raw.sync);
                let dir = fresh(plan, "appends");
                let (ours, events) = sled(&dir, in_flight, round, plan);
                bytes.push(size(&dir) as f64 / events as f64);
                (ours, raw.pace)
            })
            .collect();
        let row = Row::of_rounds("durable appends", in_flight, &rounds, aim).with_syncs(&syncs);
        let disk = Row::figure("disk per event after them", median(bytes), "bytes", "<= 600");
        let rows = [row, disk.at(in_flight)];
        rows.iter().for_each(show);
        rows
    });
    rows.into_iter().flatten().collect()
}

/// What the raw file did.
pub struct Raw {
    /// Its appends.
    pub pace: Pace,
    /// Its `fdatasync`, each.
    pub sync: Pace,
}

/// The raw file with so many in flight.
pub fn raw(dir: &Path, in_flight: usize, plan: &Plan) -> Raw {
    let mut file = RawFile::create(&dir.join("raw"));
    let syncs = Arc::clone(&file.syncs);
    let queue = commit_groups(move |group| file.append(group.len()));
    let pace = appending(queue, in_flight, 0, plan);
    let syncs = std::mem::take(&mut *syncs.lock().unwrap_or_else(PoisonError::into_inner));
    Raw { pace, sync: load::pace(syncs, plan.during) }
}

/// The same with the log; and how many events it has then. It is closed, as an idle one is soon.
fn sled(dir: &Path, in_flight: usize, round: usize, plan: &Plan) -> (Pace, u64) {
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let kept = Arc::clone(&store);
    let queue = commit_groups(move |group| {
        let outcomes = store.append(group).expect("the store appends");
        assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
    });
    let pace = appending(queue, in_flight, round, plan);
    let mut kept = kept;
    // The thread that commits ends once nobody is left to ask it.
    let store = loop {
        match Arc::try_unwrap(kept) {
            Ok(store) => break store,
            Err(shared) => kept = shared,
        }
        std::thread::yield_now();
    };
    let events = store.head().next.0;
    store.close().expect("the store closes");
    (pace, events)
}

fn appending(queue: mpsc::Sender<Waiting>, in_flight: usize, round: usize, plan: &Plan) -> Pace {
    let begin = |task: usize| {
        let stream = StreamId::new("errand", "bench", &format!("r{round}-{task:04}"));
        (stream.expect("a plain name"), Version::NONE, task as u64)
    };
    drive(in_flight, plan.during, begin, move |(stream, version, task)| {
        let queue = queue.clone();
        async move {
            let (done, answer) = oneshot::channel();
            let waiting = Waiting { append: append(&stream, version, task), done };
            assert!(queue.send(waiting).await.is_ok(), "the committing thread ended");
            assert!(answer.await.is_ok(), "the committing thread answers");
            (stream, version.plus(1), task)
        }
    })
}
