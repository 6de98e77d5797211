//! The machine of this folder's tests: a door with a bell, which can be taken out, and two ways to begin.

#[workflow_core::machine]
pub(crate) mod door {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq)]
    pub(crate) enum State {
        Shut,
        Ajar,
        Open,
        #[terminal]
        Gone,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Event {
        Hung,
        FoundOpen,
        #[was(PushedV1)]
        Pushed {
            degrees: u32,
        },
        Pulled,
        #[wire = "bell"]
        RangBell,
        TakenOut,
    }

    #[derive(Deserialize)]
    pub(crate) struct PushedV1;

    impl From<PushedV1> for Event {
        fn from(_: PushedV1) -> Self {
            Self::Pushed { degrees: 90 }
        }
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Hung => Some(Shut),
            FoundOpen => Some(Open),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Shut, Pushed { .. }) => Some(Ajar),
            (Ajar, Pushed { .. }) => Some(Open),
            (Ajar | Open, Pulled) => Some(Shut),
            (Shut, RangBell) => Some(Shut),
            (Ajar, RangBell) => Some(Open),
            (Shut | Open, TakenOut) => Some(Gone),
            _ => None,
        }
    }
}
