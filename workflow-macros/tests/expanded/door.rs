//! What `#[machine]` makes of the modules of `tests/door.rs`.

#[doc = " A door with a bell. It can be taken out."]
#[doc = "\n```mermaid\nstateDiagram-v2\n    [*] --> Shut: Hung\n    Shut --> Ajar: Pushed\n    Ajar --> Open: Pushed\n    Ajar --> Shut: Pulled\n    Open --> Shut: Pulled\n    Shut --> Shut: Pulled, RangBell\n    Shut --> Gone: TakenOut\n    Ajar --> Gone: TakenOut\n    Open --> Gone: TakenOut\n    Gone --> [*]\n```"]
mod door {
    use serde::{Deserialize, Serialize};
    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        Shut,
        Ajar { degrees: u32 },
        Open(u32),
        Gone,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        Hung,
        Pushed { degrees: u32, by: String },
        Pulled(u32),
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
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    fn begin(event: Event) -> Option<State> {
        match event {
            Hung => Some(Shut),
            _ => None,
        }
    }
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
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
    #[doc = "The names of [`State`], without their data."]
    #[derive(
        ::core::clone::Clone,
        ::core::marker::Copy,
        ::core::fmt::Debug,
        ::core::cmp::PartialEq,
        ::core::cmp::Eq,
        ::core::cmp::PartialOrd,
        ::core::cmp::Ord,
        ::core::hash::Hash,
    )]
    pub enum StateKind {
        #[doc = "[`State::Shut`]."]
        Shut,
        #[doc = "[`State::Ajar`]."]
        Ajar,
        #[doc = "[`State::Open`]."]
        Open,
        #[doc = "[`State::Gone`]."]
        Gone,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for StateKind {
        const ALL: &'static [Self] = &[Self::Shut, Self::Ajar, Self::Open, Self::Gone];
        fn name(self) -> &'static str {
            match self {
                Self::Shut => "Shut",
                Self::Ajar => "Ajar",
                Self::Open => "Open",
                Self::Gone => "Gone",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::Shut => 0usize,
                Self::Ajar => 1usize,
                Self::Open => 2usize,
                Self::Gone => 3usize,
            }
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated)]
    impl State {
        #[doc = "The name of this state."]
        #[must_use]
        pub fn kind(&self) -> StateKind {
            match *self {
                Self::Shut { .. } => StateKind::Shut,
                Self::Ajar { .. } => StateKind::Ajar,
                Self::Open { .. } => StateKind::Open,
                Self::Gone { .. } => StateKind::Gone,
            }
        }
    }
    #[doc = "The names of [`Event`], without their data."]
    #[derive(
        ::core::clone::Clone,
        ::core::marker::Copy,
        ::core::fmt::Debug,
        ::core::cmp::PartialEq,
        ::core::cmp::Eq,
        ::core::cmp::PartialOrd,
        ::core::cmp::Ord,
        ::core::hash::Hash,
    )]
    pub enum EventKind {
        #[doc = "[`Event::Hung`]."]
        Hung,
        #[doc = "[`Event::Pushed`]."]
        Pushed,
        #[doc = "[`Event::Pulled`]."]
        Pulled,
        #[doc = "[`Event::RangBell`]."]
        RangBell,
        #[doc = "[`Event::TakenOut`]."]
        TakenOut,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for EventKind {
        const ALL: &'static [Self] =
            &[Self::Hung, Self::Pushed, Self::Pulled, Self::RangBell, Self::TakenOut];
        fn name(self) -> &'static str {
            match self {
                Self::Hung => "Hung",
                Self::Pushed => "Pushed",
                Self::Pulled => "Pulled",
                Self::RangBell => "RangBell",
                Self::TakenOut => "TakenOut",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::Hung => 0usize,
                Self::Pushed => 1usize,
                Self::Pulled => 2usize,
                Self::RangBell => 3usize,
                Self::TakenOut => 4usize,
            }
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated)]
    impl Event {
        #[doc = "The name of this event."]
        #[must_use]
        pub fn kind(&self) -> EventKind {
            match *self {
                Self::Hung { .. } => EventKind::Hung,
                Self::Pushed { .. } => EventKind::Pushed,
                Self::Pulled { .. } => EventKind::Pulled,
                Self::RangBell { .. } => EventKind::RangBell,
                Self::TakenOut { .. } => EventKind::TakenOut,
            }
        }
    }
    #[doc = "The machine `front_door`: its table and its functions."]
    #[allow(dead_code)]
    pub enum Machine {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::workflow_core::machine::Machine for Machine {
        const NAME: &'static str = "front_door";
        type State = State;
        type Event = Event;
        type StateKind = StateKind;
        type EventKind = EventKind;
        const EDGES: &'static [::workflow_core::machine::Edge<StateKind, EventKind>] = &[
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::None,
                event: EventKind::Hung,
                to: StateKind::Shut,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Shut),
                event: EventKind::Pushed,
                to: StateKind::Ajar,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Ajar),
                event: EventKind::Pushed,
                to: StateKind::Open,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Ajar),
                event: EventKind::Pulled,
                to: StateKind::Shut,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Open),
                event: EventKind::Pulled,
                to: StateKind::Shut,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Shut),
                event: EventKind::Pulled,
                to: StateKind::Shut,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Shut),
                event: EventKind::RangBell,
                to: StateKind::Shut,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Shut),
                event: EventKind::TakenOut,
                to: StateKind::Gone,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Ajar),
                event: EventKind::TakenOut,
                to: StateKind::Gone,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Open),
                event: EventKind::TakenOut,
                to: StateKind::Gone,
            },
        ];
        const TERMINAL: &'static [StateKind] = &[StateKind::Gone];
        fn begin(event: Event) -> ::core::option::Option<State> {
            self::begin(event)
        }
        fn evolve(state: State, event: Event) -> ::core::option::Option<State> {
            self::evolve(state, event)
        }
        fn state_kind(state: &State) -> StateKind {
            state.kind()
        }
        fn event_kind(event: &Event) -> EventKind {
            event.kind()
        }
        #[allow(unreachable_patterns)]
        fn next(
            from: ::core::option::Option<StateKind>,
            event: EventKind,
        ) -> ::core::option::Option<StateKind> {
            match (from, event) {
                (::core::option::Option::None, EventKind::Hung) => {
                    ::core::option::Option::Some(StateKind::Shut)
                }
                (::core::option::Option::Some(StateKind::Shut), EventKind::Pushed) => {
                    ::core::option::Option::Some(StateKind::Ajar)
                }
                (::core::option::Option::Some(StateKind::Ajar), EventKind::Pushed) => {
                    ::core::option::Option::Some(StateKind::Open)
                }
                (::core::option::Option::Some(StateKind::Ajar), EventKind::Pulled) => {
                    ::core::option::Option::Some(StateKind::Shut)
                }
                (::core::option::Option::Some(StateKind::Open), EventKind::Pulled) => {
                    ::core::option::Option::Some(StateKind::Shut)
                }
                (::core::option::Option::Some(StateKind::Shut), EventKind::Pulled) => {
                    ::core::option::Option::Some(StateKind::Shut)
                }
                (::core::option::Option::Some(StateKind::Shut), EventKind::RangBell) => {
                    ::core::option::Option::Some(StateKind::Shut)
                }
                (::core::option::Option::Some(StateKind::Shut), EventKind::TakenOut) => {
                    ::core::option::Option::Some(StateKind::Gone)
                }
                (::core::option::Option::Some(StateKind::Ajar), EventKind::TakenOut) => {
                    ::core::option::Option::Some(StateKind::Gone)
                }
                (::core::option::Option::Some(StateKind::Open), EventKind::TakenOut) => {
                    ::core::option::Option::Some(StateKind::Gone)
                }
                _ => ::core::option::Option::None,
            }
        }
        fn wire(kind: EventKind) -> &'static str {
            match kind {
                EventKind::Hung => "hung",
                EventKind::Pushed => "pushed",
                EventKind::Pulled => "pulled",
                EventKind::RangBell => "bell",
                EventKind::TakenOut => "taken_out",
            }
        }
        fn version(kind: EventKind) -> u16 {
            match kind {
                EventKind::Hung => 1u16,
                EventKind::Pushed => 3u16,
                EventKind::Pulled => 1u16,
                EventKind::RangBell => 1u16,
                EventKind::TakenOut => 1u16,
            }
        }
        #[allow(unreachable_patterns)]
        fn event_from_wire(wire: &str) -> ::core::option::Option<EventKind> {
            match wire {
                "hung" => ::core::option::Option::Some(EventKind::Hung),
                "pushed" => ::core::option::Option::Some(EventKind::Pushed),
                "pulled" => ::core::option::Option::Some(EventKind::Pulled),
                "bell" => ::core::option::Option::Some(EventKind::RangBell),
                "taken_out" => ::core::option::Option::Some(EventKind::TakenOut),
                _ => ::core::option::Option::None,
            }
        }
        fn decode(
            kind: EventKind,
            version: u16,
            content: ::workflow_core::codec::Content<'_>,
        ) -> ::core::result::Result<Event, ::workflow_core::codec::DecodeError> {
            match (kind, version) {
                (EventKind::Hung, 1u16) => content.read_variant::<Event>("Hung"),
                (EventKind::Pushed, 1u16) => {
                    let past = content.read::<PushedV1>("Pushed")?;
                    let past = <PushedV2 as ::core::convert::From<PushedV1>>::from(past);
                    let past = <Event as ::core::convert::From<PushedV2>>::from(past);
                    ::core::result::Result::Ok(past)
                }
                (EventKind::Pushed, 2u16) => {
                    let past = content.read::<PushedV2>("Pushed")?;
                    let past = <Event as ::core::convert::From<PushedV2>>::from(past);
                    ::core::result::Result::Ok(past)
                }
                (EventKind::Pushed, 3u16) => content.read_variant::<Event>("Pushed"),
                (EventKind::Pulled, 1u16) => content.read_variant::<Event>("Pulled"),
                (EventKind::RangBell, 1u16) => content.read_variant::<Event>("RangBell"),
                (EventKind::TakenOut, 1u16) => content.read_variant::<Event>("TakenOut"),
                (kind, version) => ::core::result::Result::Err(
                    ::workflow_core::codec::DecodeError::UnknownVersion {
                        event: ::workflow_core::machine::Kind::name(kind),
                        version,
                        newest: <Self as ::workflow_core::machine::Machine>::version(kind),
                    },
                ),
            }
        }
    }
}
