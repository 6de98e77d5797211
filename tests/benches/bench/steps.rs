//! Engine steps: instances of six durable steps each, through the whole engine on sled, against the raw file.

use std::path::Path;
use std::sync::Arc;

use workflow_core::engine::Source;
use workflow_core::id::{StreamId, Version};
use workflow_core::store::sled::SledStore;

use super::load::{Pace, drive};
use super::report::{Row, show};
use super::workflow::{self, Errand, Input, STEPS};
use super::{Plan, appends, fresh};

pub fn run(plan: &Plan) -> Vec<Row> {
    let aims = [(1, ">= 0.80 of raw"), (64, ">= 0.50 of raw, >= 25000/s"), (1024, "")];
    aims.map(|(in_flight, aim)| {
        let mut syncs = Vec::new();
        let rounds: Vec<(Pace, Pace)> = (0..plan.rounds)
            .map(|_| {
                let raw = appends::raw(&fresh(plan, "raw"), in_flight, plan);
                syncs.push(raw.sync);
                (steps(&fresh(plan, "steps"), in_flight, plan), raw.pace)
            })
            .collect();
        let row = Row::of_rounds("engine steps", in_flight, &rounds, aim).with_syncs(&syncs);
        show(&row);
        row
    })
    .into()
}

/// Which instance a task is at, and how far it has come.
struct Turn {
    task: usize,
    instance: u64,
    version: Version,
}

fn steps(dir: &Path, in_flight: usize, plan: &Plan) -> Pace {
    let store = Arc::new(SledStore::open(dir).expect("the store opens"));
    let engine = workflow::engine(store);
    let begin = |task| Turn { task, instance: 0, version: Version::NONE };
    let asked = engine.clone();
    let pace = drive(in_flight, plan.during, begin, move |turn| {
        let engine = asked.clone();
        async move {
            let name = format!("{:04}-{}", turn.task, turn.instance);
            let stream = StreamId::new("errand", "bench", &name).expect("a plain name");
            let step = turn.instance * STEPS + turn.version.0;
            let data = workflow::data(turn.task as u64 * 1_000_003 + step);
            let handled = if turn.version == Version::NONE {
                engine
                    .handle::<Errand>(&stream, Input::Begin { data }, Source::new("bench", ""))
                    .await
            } else {
                engine.answer(&workflow::owed(&stream, turn.version), data, "dispatcher").await
            };
            let handled = handled.expect("the engine takes it");
            assert_eq!(handled.events, 1, "each step is durable");
            match handled.version.0 == STEPS {
                true => Turn { instance: turn.instance + 1, version: Version::NONE, ..turn },
                false => Turn { version: handled.version, ..turn },
            }
        }
    });
    engine.stop();
    pace
}
