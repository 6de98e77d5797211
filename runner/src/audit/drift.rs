//! Whether today's code derives what was recorded: `workflow_core::engine::Drift` over the log.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use workflow_core::id::Position;
use workflow_core::store::Store;
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::SystemClock;

use super::{Out, Source, Trouble, With, done, row, walk};
use crate::supervise;
use crate::views::VERSION;

/// The first difference of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differs {
    /// Of which stream.
    pub stream: String,
    /// At which of its events, from 1.
    pub number: u64,
    /// Where that stands in the log.
    pub position: u64,
    /// In what.
    pub what: String,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drifted {
    /// The version of these shapes.
    pub version: u32,
    /// How many events were replayed.
    pub events: u64,
    /// Of how many instances.
    pub instances: u64,
    /// How many events were checked against the calls and messages owed before them.
    pub keys: u64,
    /// How many instances were compared with the index that an engine left beside the log.
    pub compared: u64,
    /// Of how many machines the tables of their time were compared with: an export has them.
    pub tables: u64,
    /// How many instances hold personal data that does not open here: what they were owed was not compared.
    pub closed: u64,
    /// How many instances differ.
    pub differences: u64,
}

pub(super) fn answer(with: &With<'_>, out: &mut Out<'_>) -> Result<(), Trouble> {
    // The walk reads; the builder's own store is never touched.
    let aside: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = supervise::builder(aside, with.vault.clone(), Arc::new(SystemClock), &[]);
    let tables = with.source.tables()?;
    let count = tables.len() as u64;
    let mut drift = builder.drift().with_tables(tables);
    if let Source::Store(store) = &with.source {
        drift = drift.recorded(*store);
    }
    walk(with, Position(0), out, &mut |recorded| {
        drift.take(&recorded);
        ControlFlow::Continue(())
    })?;
    let report = drift.finish();
    for difference in &report.differences {
        row(
            out,
            &Differs {
                stream: difference.stream.to_string(),
                number: difference.version.0,
                position: difference.position.0,
                what: difference.what.to_string(),
            },
        )?;
    }
    done(
        out,
        &Drifted {
            version: VERSION,
            events: report.events,
            instances: report.instances,
            keys: report.keys,
            compared: report.compared,
            tables: count,
            closed: report.closed,
            differences: report.differences.len() as u64,
        },
    )
}
