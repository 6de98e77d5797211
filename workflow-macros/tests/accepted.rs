//! Shapes of machines that `#[machine]` accepts: each module here compiles without a warning.

#![deny(warnings)]

use workflow_core::codec::{Content, encode};
use workflow_core::machine::{Kind, Machine};

/// Names without data, qualified everywhere, every pair handled: no refusal is left to write.
#[workflow_core::machine]
mod lamp {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        On,
        #[terminal]
        Broken,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        SwitchedOn,
        Fell,
    }

    pub(super) fn begin(event: Event) -> Option<State> {
        match event {
            Event::SwitchedOn => Some(State::On),
            Event::Fell => Some(State::Broken),
        }
    }

    pub(super) fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (State::On, Event::Fell) => Some(State::Broken),
            _ => None,
        }
    }
}

#[workflow_core::machine]
pub mod parcel {
    //! Data of every shape, or-patterns at every level, bindings, blocks, a retired event, odd names.

    use serde::{Deserialize, Serialize};

    use {Event::*, State::*};

    /// What is sent.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub struct Goods(pub u32, pub String);

    /// The states.
    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        /// Tuple variant.
        Packed(Goods),
        /// Struct variant.
        Sent {
            /// What is in it.
            goods: Goods,
            /// Where it goes.
            to: Option<(String, u16)>,
        },
        /// Unit variant.
        #[terminal]
        Lost,
        /// Two ends are fine.
        #[terminal]
        Here(Goods),
    }

    /// The events.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        /// Opens.
        Wrapped(Goods),
        /// Opens, too.
        Found {
            /// What was found.
            goods: Goods,
        },
        /// With a pair inside.
        Posted {
            /// Place and code.
            to: (String, u16),
        },
        /// No longer recorded; old logs have it.
        #[deprecated]
        #[wire = "post.redirected"]
        Redirected,
        /// An acronym.
        ETAPassed,
        /// The same name as a function of ours.
        Handed,
    }

    fn begin(event: Event) -> Option<State> {
        match event {
            Wrapped(goods) | Found { goods } => Some(Packed(goods)),
            _ => None,
        }
    }

    /// The table.
    #[allow(deprecated)]
    pub fn evolve(before: State, fact: Event) -> Option<State> {
        match (before, fact) {
            (Packed(goods), Posted { to: (place, code) }) => {
                // Where to, in full.
                let to = Some((place, code));
                Some(Sent { goods, to })
            }
            (Sent { goods, .. }, Redirected) => Some(State::Sent { goods, to: None }),
            (Packed(_) | Sent { goods: _, to: _ }, ETAPassed) => Some(Lost),
            (Sent { goods, .. }, Handed) | (Packed(goods), Handed) => {
                let first = |goods: Goods| {
                    if goods.0 > 0 {
                        return goods;
                    }
                    Goods::default()
                };
                Some(Here(first(goods)))
            }
            _ => None,
        }
    }
}

#[test]
fn names_alone() {
    assert_eq!(lamp::Machine::step(None, lamp::Event::SwitchedOn), Ok(lamp::State::On));
    assert_eq!(lamp::Machine::EDGES.len(), 3);
    // The functions stay the user's own.
    assert_eq!(lamp::begin(lamp::Event::Fell), Some(lamp::State::Broken));
    assert_eq!(lamp::evolve(lamp::State::Broken, lamp::Event::Fell), None);
}

#[test]
fn data_of_every_shape() {
    use parcel::{Event, Goods, Machine as Parcel, State, StateKind};

    let goods = Goods(3, "books".into());
    let log = [
        Event::Found { goods: goods.clone() },
        Event::Posted { to: ("Graz".into(), 8010) },
        #[allow(deprecated)]
        Event::Redirected,
        Event::Handed,
    ];
    let mut state = None;
    for event in log {
        let bytes = encode(&event).unwrap();
        let read = Parcel::decode(event.kind(), 1, Content(&bytes)).unwrap();
        assert_eq!(read, event);
        state = Some(Parcel::step(state, read).unwrap());
    }
    assert_eq!(state, Some(State::Here(goods)));
    assert_eq!(Parcel::EDGES.len(), 8);
    assert_eq!(Parcel::TERMINAL, [StateKind::Lost, StateKind::Here]);
}

#[test]
fn stored_names_follow_the_variants_or_the_attribute() {
    use parcel::{EventKind, Machine as Parcel};

    let names: Vec<_> = EventKind::ALL.iter().map(|kind| Parcel::wire(*kind)).collect();
    assert_eq!(names, ["wrapped", "found", "posted", "post.redirected", "eta_passed", "handed"]);
}
