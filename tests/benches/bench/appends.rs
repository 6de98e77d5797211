//! Durable appends: the store against the raw file, behind the same group-committing thread.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use tokio::sync::{mpsc, oneshot};
use workflow_core::id::{StreamId, Version};
use workflow_core::store::Store;
use workflow_core::store::sled::SledStore;

use super::load::{self, Pace, Waiting, commit_groups, drive};
use super::report::{Row, show};
use super::yardstick::{RawFile, append};
use super::{Plan, fresh};

pub fn run(plan: &Plan) -> Vec<Row> {
    let aims = [(1, ""), (64, ">= 0.80 of raw"), (1024, "")];
    aims.map(|(in_flight, aim)| {
        let mut syncs = Vec::new();
        let rounds: Vec<(Pace, Pace)> = (0..plan.rounds)
            .map(|round| {
                let raw = raw(&fresh(plan, "raw"), in_flight, plan);
                syncs.push(raw.sync);
                let ours = sled(&fresh(plan, "appends"), in_flight, round, plan);
                (ours, raw.pace)
            })
            .collect();
        let row = Row::of_rounds("durable appends", in_flight, &rounds, aim).with_syncs(&syncs);
        show(&row);
        row
    })
    .into()
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

fn sled(dir: &Path, in_flight: usize, round: usize, plan: &Plan) -> Pace {
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let kept = Arc::clone(&store);
    let queue = commit_groups(move |group| {
        let outcomes = store.append(group).expect("the store appends");
        assert!(outcomes.iter().all(Result::is_ok), "nobody else appends");
    });
    let pace = appending(queue, in_flight, round, plan);
    drop(kept);
    pace
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
