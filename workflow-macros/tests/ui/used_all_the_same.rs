//! One slip in a machine that is used is one error: what the macro adds is there all the same.

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
            (Shut, Pushed { degrees }) if degrees > 5 => Some(Ajar { degrees }),
            (Ajar { .. }, Pulled) => Some(Shut),
            (Shut | Ajar { .. }, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}

fn main() {
    use workflow_core::machine::Machine as _;

    let shut = door::Machine::step(None, door::Event::Hung).expect("the table has it");
    assert_eq!(shut.kind(), door::StateKind::Shut);
    assert_eq!(door::Machine::wire(door::EventKind::TakenOut), "taken_out");
}
