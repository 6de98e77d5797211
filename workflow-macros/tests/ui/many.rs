//! Several mistakes at once are all reported, and the graph is not judged meanwhile.

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
        Knocked,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Hung => Some(Shut),
            _ => None,
        }
    }

    fn elsewhere() -> State {
        Shut
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Shut, Pushed { degrees }) if degrees > 5 => Some(Ajar { degrees }),
            (Ajar { .. }, Puled) => Some(Shut),
            (Gone, _) => Some(elsewhere()),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}

fn main() {}
