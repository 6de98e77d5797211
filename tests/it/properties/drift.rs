//! What a world recorded is what today's code derives: every event, every key that was answered, every line of the index.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;
use tests::world::World;
use workflow_core::domain::Insurance;
use workflow_core::domain::certificate::Certificate;
use workflow_core::domain::contractor::Contractor;
use workflow_core::domain::gate::Gate;
use workflow_core::domain::invoice::Invoice;
use workflow_core::domain::notice::Notice;
use workflow_core::domain::placement::Placement;
use workflow_core::engine::Engine;
use workflow_core::id::Position;
use workflow_core::inbox::Inbox;

/// Compares a world's log, and its index where it has one, with what the workflows come to.
pub fn none(world: &World) -> Result<(), TestCaseError> {
    let store = world.engine().store();
    world.engine().checkpoint().expect("it is written");
    let clock = Arc::new(world.clock.clone());
    let mut drift =
        Engine::<Insurance>::builder(Arc::clone(store), clock, Arc::new(|_: &str| None))
            .vault(Arc::clone(&world.vault))
            .workflow::<Placement>()
            .workflow::<Contractor>()
            .workflow::<Invoice>()
            .workflow::<Certificate>()
            .workflow::<Gate>()
            .workflow::<Notice>()
            .workflow::<Inbox<Insurance>>()
            .drift()
            .recorded(&**store);
    let mut each = |recorded| {
        drift.take(&recorded);
        ControlFlow::Continue(())
    };
    store.scan(Position(0), &mut each).expect("the log can be read");
    let report = drift.finish();
    prop_assert_eq!(&report.differences, &[]);
    prop_assert_eq!(report.events, world.engine().position().0);
    let lines = world.engine().summaries("placement").len() as u64;
    prop_assert!(store.index_dir().is_none() || report.compared >= lines, "{:?}", report);
    Ok(())
}
