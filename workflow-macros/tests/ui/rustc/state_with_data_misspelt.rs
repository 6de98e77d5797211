//! A state with data, misspelt in a pattern: rustc finds no such variant, and we add nothing.

use serde::{Deserialize, Serialize};

#[workflow_core::machine]
mod door {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        Shut,
        Ajar { degrees: u32 },
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
            (Ajarr { .. }, Pulled) => Some(Shut),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}

fn main() {}
