//! Where an export comes from: this program, and the tables of its machines.

use std::collections::BTreeMap;

use workflow_core::domain::{certificate, contractor, gate, invoice, placement};
use workflow_core::graph::{Lock, freeze};
use workflow_core::inbox;

/// The program and its version, as exports name it.
pub const MADE_BY: &str = concat!("runner ", env!("CARGO_PKG_VERSION"));

/// The table of every machine whose streams may be in the log.
pub fn machines() -> BTreeMap<String, Lock> {
    let tables = [
        freeze::<placement::Machine>(),
        freeze::<contractor::Machine>(),
        freeze::<certificate::Machine>(),
        freeze::<invoice::Machine>(),
        freeze::<gate::Machine>(),
        freeze::<inbox::Machine>(),
    ];
    tables.into_iter().map(|table| (table.machine.clone(), table)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use workflow_core::store::memory::MemoryStore;
    use workflow_core::time::SystemClock;

    use super::*;

    /// An export whose streams have no table could not be read by an auditor.
    #[test]
    fn every_registered_workflow_has_its_table() {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(SystemClock));
        let engine = crate::supervise::open(store, None, clock, &[]).expect("an empty log opens");
        let tables = machines();
        assert!(tables.keys().map(String::as_str).eq(engine.workflows()), "{:?}", tables.keys());
        engine.stop();
    }
}
