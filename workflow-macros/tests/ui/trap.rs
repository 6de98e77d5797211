//! Two states that lead to each other and to no end.

use serde::{Deserialize, Serialize};

#[workflow_core::machine]
mod door {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        Shut,
        Ajar { degrees: u32 },
        Loop1,
        Loop2,
        #[terminal]
        Gone,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Hung,
        Pushed { degrees: u32 },
        Pulled,
        TakenOut,
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
            (Ajar { .. }, Pulled) => Some(Loop1),
            (Loop1, Pulled) => Some(Loop2),
            (Loop2, Pulled) => Some(Loop1),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}

fn main() {}
