//! What `#[machine]` makes of a door: the table, the names, one step, stored events of three versions.

use workflow_core::codec::{Content, DecodeError, encode};
use workflow_core::machine::{Edge, Kind, Machine as _};

use door::{Event, EventKind, Machine, State, StateKind};

/// A door with a bell. It can be taken out.
#[workflow_core::machine(name = "front_door")]
mod door {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        Shut,
        Ajar {
            degrees: u32,
        },
        Open(u32),
        #[terminal]
        Gone,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Hung,
        #[was(PushedV1, PushedV2)]
        Pushed {
            degrees: u32,
            by: String,
        },
        Pulled(u32),
        #[wire = "bell"]
        RangBell,
        TakenOut,
    }

    #[derive(Serialize, Deserialize)]
    pub struct PushedV1 {
        pub radians: f64,
    }

    #[derive(Serialize, Deserialize)]
    pub struct PushedV2 {
        pub degrees: u32,
    }

    impl From<PushedV1> for PushedV2 {
        fn from(old: PushedV1) -> Self {
            Self { degrees: if old.radians > 1.5 { 90 } else { 10 } }
        }
    }

    impl From<PushedV2> for Event {
        fn from(old: PushedV2) -> Self {
            Self::Pushed { degrees: old.degrees, by: "unknown".into() }
        }
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
            (Shut, Pushed { degrees, .. }) => Some(Ajar { degrees }),
            (Ajar { degrees: before }, Pushed { degrees, by: _ }) => {
                let degrees = before + degrees;
                Some(Open(degrees))
            }
            (Ajar { .. } | self::State::Open(_), Pulled(_)) | (Shut, Pulled(_)) => Some(Shut),
            (State::Shut, RangBell) => Some(Shut),
            (Shut | Ajar { .. } | Open(..), TakenOut) => Some(Gone),
            _ => None,
        }
    }
}

#[test]
fn the_table_stands_in_the_order_of_the_arms() {
    use {EventKind as E, StateKind as S};
    let edge = |from, event, to| Edge { from, event, to };
    assert_eq!(
        Machine::EDGES,
        [
            edge(None, E::Hung, S::Shut),
            edge(Some(S::Shut), E::Pushed, S::Ajar),
            edge(Some(S::Ajar), E::Pushed, S::Open),
            edge(Some(S::Ajar), E::Pulled, S::Shut),
            edge(Some(S::Open), E::Pulled, S::Shut),
            edge(Some(S::Shut), E::Pulled, S::Shut),
            edge(Some(S::Shut), E::RangBell, S::Shut),
            edge(Some(S::Shut), E::TakenOut, S::Gone),
            edge(Some(S::Ajar), E::TakenOut, S::Gone),
            edge(Some(S::Open), E::TakenOut, S::Gone),
        ]
    );
    assert_eq!(Machine::TERMINAL, [S::Gone]);
    assert_eq!(Machine::NAME, "front_door");
}

#[test]
fn the_diagram_in_the_documentation_is_the_librarys() {
    // The crate's unit tests hold the generated documentation against the same file.
    assert_eq!(workflow_core::graph::mermaid::<Machine>(), include_str!("door.mmd"));
}

#[test]
fn kinds_name_the_variants() {
    assert_eq!(State::Open(80).kind(), StateKind::Open);
    assert_eq!(Event::RangBell.kind(), EventKind::RangBell);
    assert_eq!(StateKind::ALL.map_names(), ["Shut", "Ajar", "Open", "Gone"]);
    assert_eq!(EventKind::ALL.iter().map(|kind| kind.index()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(StateKind::from_name("Ajar"), Some(StateKind::Ajar));
    assert_eq!(StateKind::from_name("ajar"), None);
}

trait Names {
    fn map_names(&self) -> Vec<&'static str>;
}

impl<K: Kind> Names for [K] {
    fn map_names(&self) -> Vec<&'static str> {
        self.iter().map(|kind| kind.name()).collect()
    }
}

#[test]
fn a_step_keeps_to_the_table() {
    let by = || "Ann".to_owned();
    let shut = Machine::step(None, Event::Hung).unwrap();
    let ajar = Machine::step(Some(shut), Event::Pushed { degrees: 30, by: by() }).unwrap();
    let open = Machine::step(Some(ajar), Event::Pushed { degrees: 50, by: by() }).unwrap();
    assert_eq!(open, State::Open(80));

    let illegal = Machine::step(Some(open), Event::RangBell).unwrap_err();
    assert_eq!(illegal.from, Some(StateKind::Open));
    assert_eq!(illegal.event, EventKind::RangBell);
    assert_eq!(illegal.machine, "front_door");
    assert!(Machine::step(None, Event::TakenOut).is_err());
}

#[test]
fn stored_names_and_versions() {
    let stored = |kind| (Machine::wire(kind), Machine::version(kind));
    assert_eq!(stored(EventKind::Hung), ("hung", 1));
    assert_eq!(stored(EventKind::Pushed), ("pushed", 3));
    assert_eq!(stored(EventKind::RangBell), ("bell", 1));
    assert_eq!(stored(EventKind::TakenOut), ("taken_out", 1));
    assert_eq!(Machine::event_from_wire("bell"), Some(EventKind::RangBell));
    assert_eq!(Machine::event_from_wire("rang_bell"), None);
}

/// The stored data of an older shape: it was the inside of a variant then.
fn old<T: serde::Serialize>(shape: T) -> Vec<u8> {
    #[derive(serde::Serialize)]
    enum Then<T> {
        Pushed(T),
    }
    encode(&Then::Pushed(shape)).expect("a variant can be stored")
}

#[test]
fn every_version_reads_as_the_present_one() {
    let read = |version, bytes: &[u8]| Machine::decode(EventKind::Pushed, version, Content(bytes));
    let expected = |by: &str| Ok(Event::Pushed { degrees: 90, by: by.into() });
    assert_eq!(read(1, &old(door::PushedV1 { radians: 1.6 })), expected("unknown"));
    assert_eq!(read(2, &old(door::PushedV2 { degrees: 90 })), expected("unknown"));
    let present = encode(&Event::Pushed { degrees: 90, by: "Ann".into() }).unwrap();
    assert_eq!(read(3, &present), expected("Ann"));

    for version in [0, 4] {
        let unknown = DecodeError::UnknownVersion { event: "Pushed", version, newest: 3 };
        assert_eq!(read(version, &present), Err(unknown));
    }
    assert!(matches!(read(2, &present[..3]), Err(DecodeError::Data { .. })));
}

#[test]
fn every_shape_of_variant_is_read_back() {
    for event in [Event::Hung, Event::Pulled(7), Event::RangBell, Event::TakenOut] {
        let kind = event.kind();
        let bytes = encode(&event).unwrap();
        assert_eq!(Machine::decode(kind, 1, Content(&bytes)), Ok(event));
    }
}
