//! What can be asked of a machine's table: pictures, paths, and whether old logs still replay.
//!
//! Ordinary functions over [`Machine::EDGES`]; because an event takes no guard, the table says exactly which logs
//! are legal, and each answer here is exact. Nothing here looks at data. `graph/draw.rs` writes text and
//! `graph/svg.rs` a picture, `graph/walk.rs` finds paths, `graph/lock.rs` compares with a released table.
//!
//! ```
//! use workflow_core::graph;
//! # #[workflow_core::machine]
//! # mod door {
//! #     use serde::{Deserialize, Serialize};
//! #     #[derive(Clone, Debug, PartialEq)]
//! #     pub enum State { Shut, Ajar, #[terminal] Gone }
//! #     #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! #     pub enum Event { Hung, Pushed, Pulled, TakenOut }
//! #     use {Event::*, State::*};
//! #     fn begin(event: Event) -> Option<State> {
//! #         match event { Hung => Some(Shut), _ => None }
//! #     }
//! #     fn evolve(state: State, event: Event) -> Option<State> {
//! #         match (state, event) {
//! #             (Shut, Pushed) => Some(Ajar),
//! #             (Ajar, Pulled) => Some(Shut),
//! #             (Shut | Ajar, TakenOut) => Some(Gone),
//! #             _ => None,
//! #         }
//! #     }
//! # }
//! use door::{EventKind, Machine, StateKind};
//!
//! assert_eq!(
//!     graph::shortest::<Machine>(None, StateKind::Ajar),
//!     Some(vec![EventKind::Hung, EventKind::Pushed])
//! );
//! assert_eq!(
//!     graph::matrix::<Machine>().lines().collect::<Vec<_>>(),
//!     [
//!         "          [*]   Shut  Ajar  Gone",
//!         "Hung      Shut  .     .     .",
//!         "Pushed    .     Ajar  .     .",
//!         "Pulled    .     .     Shut  .",
//!         "TakenOut  .     Gone  Gone  .",
//!     ]
//! );
//!
//! // The lock is committed at a release; later machines are held against it.
//! let mut released = graph::freeze::<Machine>();
//! assert_eq!(graph::breaks::<Machine>(&released), None);
//! released.states.get_mut("Ajar").unwrap().insert("pushed".into(), "Ajar".into());
//! assert_eq!(
//!     graph::breaks::<Machine>(&released).unwrap().to_string(),
//!     "the log `hung, pushed, pushed` could be written before and would not replay now: \
//!      `Ajar` does not accept `pushed`"
//! );
//! ```

use crate::machine::{Edge, Machine};

mod draw;
mod lock;
#[cfg(test)]
pub(crate) mod sample;
mod svg;
mod walk;

pub use draw::{dot, matrix, mermaid};
pub use lock::{Break, Lock, breaks, breaks_between, freeze};
pub use svg::{STYLE as SVG_STYLE, svg, svg_without_style};
pub use walk::{edge_cover, shortest};

/// One row of the table of `M`.
type Row<M> = Edge<<M as Machine>::StateKind, <M as Machine>::EventKind>;

/// All events that lead from one state to another.
struct Arrow<M: Machine> {
    from: Option<M::StateKind>,
    to: M::StateKind,
    events: Vec<M::EventKind>,
}

/// The table, one entry per pair of states, in the order in which the pairs appear.
fn arrows<M: Machine>() -> Vec<Arrow<M>> {
    let mut arrows: Vec<Arrow<M>> = Vec::new();
    for &Edge { from, event, to } in M::EDGES {
        match arrows.iter_mut().find(|arrow| arrow.from == from && arrow.to == to) {
            Some(arrow) => arrow.events.push(event),
            None => arrows.push(Arrow { from, to, events: vec![event] }),
        }
    }
    arrows
}
