//! Several mistakes of the graph are all reported.

use serde::{Deserialize, Serialize};

#[workflow_core::machine]
mod door {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        Shut,
        Ajar { degrees: u32 },
        Orphan,
        Stuck,
        #[terminal]
        Gone,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Hung,
        Pushed { degrees: u32 },
        Pulled,
        TakenOut,
        Knocked,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Hung => Some(Shut),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Shut, Pushed { degrees }) => Some(Ajar { degrees }),
            (Ajar { .. }, Pulled) => Some(Stuck),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            (Orphan, TakenOut) => Some(Gone),
            (Gone, Pulled) => Some(Shut),
            _ => None,
        }
    }
}

fn main() {}
