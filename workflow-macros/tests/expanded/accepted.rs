//! What `#[machine]` makes of the modules of `tests/accepted.rs`.

#[doc = " Names without data, qualified everywhere, every pair handled: no refusal is left to write."]
#[doc = "\n```mermaid\nstateDiagram-v2\n    [*] --> On: SwitchedOn\n    [*] --> Broken: Fell\n    On --> Broken: Fell\n    Broken --> [*]\n```"]
mod lamp {
    use serde::{Deserialize, Serialize};
    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        On,
        Broken,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        SwitchedOn,
        Fell,
    }
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub(super) fn begin(event: Event) -> Option<State> {
        match event {
            Event::SwitchedOn => Some(State::On),
            Event::Fell => Some(State::Broken),
        }
    }
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub(super) fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (State::On, Event::Fell) => Some(State::Broken),
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
        #[doc = "[`State::On`]."]
        On,
        #[doc = "[`State::Broken`]."]
        Broken,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for StateKind {
        const ALL: &'static [Self] = &[Self::On, Self::Broken];
        fn name(self) -> &'static str {
            match self {
                Self::On => "On",
                Self::Broken => "Broken",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::On => 0usize,
                Self::Broken => 1usize,
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
                Self::On { .. } => StateKind::On,
                Self::Broken { .. } => StateKind::Broken,
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
        #[doc = "[`Event::SwitchedOn`]."]
        SwitchedOn,
        #[doc = "[`Event::Fell`]."]
        Fell,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for EventKind {
        const ALL: &'static [Self] = &[Self::SwitchedOn, Self::Fell];
        fn name(self) -> &'static str {
            match self {
                Self::SwitchedOn => "SwitchedOn",
                Self::Fell => "Fell",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::SwitchedOn => 0usize,
                Self::Fell => 1usize,
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
                Self::SwitchedOn { .. } => EventKind::SwitchedOn,
                Self::Fell { .. } => EventKind::Fell,
            }
        }
    }
    #[doc = "The machine `lamp`: its table and its functions."]
    #[allow(dead_code)]
    pub enum Machine {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::workflow_core::machine::Machine for Machine {
        const NAME: &'static str = "lamp";
        type State = State;
        type Event = Event;
        type StateKind = StateKind;
        type EventKind = EventKind;
        const EDGES: &'static [::workflow_core::machine::Edge<StateKind, EventKind>] = &[
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::None,
                event: EventKind::SwitchedOn,
                to: StateKind::On,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::None,
                event: EventKind::Fell,
                to: StateKind::Broken,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::On),
                event: EventKind::Fell,
                to: StateKind::Broken,
            },
        ];
        const TERMINAL: &'static [StateKind] = &[StateKind::Broken];
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
                (::core::option::Option::None, EventKind::SwitchedOn) => {
                    ::core::option::Option::Some(StateKind::On)
                }
                (::core::option::Option::None, EventKind::Fell) => {
                    ::core::option::Option::Some(StateKind::Broken)
                }
                (::core::option::Option::Some(StateKind::On), EventKind::Fell) => {
                    ::core::option::Option::Some(StateKind::Broken)
                }
                _ => ::core::option::Option::None,
            }
        }
        fn wire(kind: EventKind) -> &'static str {
            match kind {
                EventKind::SwitchedOn => "switched_on",
                EventKind::Fell => "fell",
            }
        }
        fn version(kind: EventKind) -> u16 {
            match kind {
                EventKind::SwitchedOn => 1u16,
                EventKind::Fell => 1u16,
            }
        }
        #[allow(unreachable_patterns)]
        fn event_from_wire(wire: &str) -> ::core::option::Option<EventKind> {
            match wire {
                "switched_on" => ::core::option::Option::Some(EventKind::SwitchedOn),
                "fell" => ::core::option::Option::Some(EventKind::Fell),
                _ => ::core::option::Option::None,
            }
        }
        fn decode(
            kind: EventKind,
            version: u16,
            content: ::workflow_core::codec::Content<'_>,
        ) -> ::core::result::Result<Event, ::workflow_core::codec::DecodeError> {
            match (kind, version) {
                (EventKind::SwitchedOn, 1u16) => content.read_variant::<Event>("SwitchedOn"),
                (EventKind::Fell, 1u16) => content.read_variant::<Event>("Fell"),
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
pub mod parcel {
    #![doc = " Data of every shape, or-patterns at every level, bindings, blocks, a retired event, odd names."]
    #![doc = "\n```mermaid\nstateDiagram-v2\n    [*] --> Packed: Wrapped, Found\n    Packed --> Sent: Posted\n    Sent --> Sent: Redirected\n    Packed --> Lost: ETAPassed\n    Sent --> Lost: ETAPassed\n    Sent --> Here: Handed\n    Packed --> Here: Handed\n    Lost --> [*]\n    Here --> [*]\n```"]
    use serde::{Deserialize, Serialize};
    use {Event::*, State::*};
    #[doc = " What is sent."]
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub struct Goods(pub u32, pub String);
    #[doc = " The states."]
    #[derive(Clone, Debug, PartialEq)]
    pub enum State {
        #[doc = " Tuple variant."]
        Packed(Goods),
        #[doc = " Struct variant."]
        Sent {
            #[doc = " What is in it."]
            goods: Goods,
            #[doc = " Where it goes."]
            to: Option<(String, u16)>,
        },
        #[doc = " Unit variant."]
        Lost,
        #[doc = " Two ends are fine."]
        Here(Goods),
    }
    #[doc = " The events."]
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Event {
        #[doc = " Opens."]
        Wrapped(Goods),
        #[doc = " Opens, too."]
        Found {
            #[doc = " What was found."]
            goods: Goods,
        },
        #[doc = " With a pair inside."]
        Posted {
            #[doc = " Place and code."]
            to: (String, u16),
        },
        #[doc = " No longer recorded; old logs have it."]
        #[deprecated]
        Redirected,
        #[doc = " An acronym."]
        ETAPassed,
        #[doc = " The same name as a function of ours."]
        Handed,
    }
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    fn begin(event: Event) -> Option<State> {
        match event {
            Wrapped(goods) | Found { goods } => Some(Packed(goods)),
            _ => None,
        }
    }
    #[allow(clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    #[doc = " The table."]
    #[allow(deprecated)]
    pub fn evolve(before: State, fact: Event) -> Option<State> {
        match (before, fact) {
            (Packed(goods), Posted { to: (place, code) }) => {
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
        #[doc = "[`State::Packed`]."]
        Packed,
        #[doc = "[`State::Sent`]."]
        Sent,
        #[doc = "[`State::Lost`]."]
        Lost,
        #[doc = "[`State::Here`]."]
        Here,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for StateKind {
        const ALL: &'static [Self] = &[Self::Packed, Self::Sent, Self::Lost, Self::Here];
        fn name(self) -> &'static str {
            match self {
                Self::Packed => "Packed",
                Self::Sent => "Sent",
                Self::Lost => "Lost",
                Self::Here => "Here",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::Packed => 0usize,
                Self::Sent => 1usize,
                Self::Lost => 2usize,
                Self::Here => 3usize,
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
                Self::Packed { .. } => StateKind::Packed,
                Self::Sent { .. } => StateKind::Sent,
                Self::Lost { .. } => StateKind::Lost,
                Self::Here { .. } => StateKind::Here,
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
        #[doc = "[`Event::Wrapped`]."]
        Wrapped,
        #[doc = "[`Event::Found`]."]
        Found,
        #[doc = "[`Event::Posted`]."]
        Posted,
        #[doc = "[`Event::Redirected`]."]
        Redirected,
        #[doc = "[`Event::ETAPassed`]."]
        ETAPassed,
        #[doc = "[`Event::Handed`]."]
        Handed,
    }
    #[automatically_derived]
    impl ::workflow_core::machine::Kind for EventKind {
        const ALL: &'static [Self] = &[
            Self::Wrapped,
            Self::Found,
            Self::Posted,
            Self::Redirected,
            Self::ETAPassed,
            Self::Handed,
        ];
        fn name(self) -> &'static str {
            match self {
                Self::Wrapped => "Wrapped",
                Self::Found => "Found",
                Self::Posted => "Posted",
                Self::Redirected => "Redirected",
                Self::ETAPassed => "ETAPassed",
                Self::Handed => "Handed",
            }
        }
        fn index(self) -> usize {
            match self {
                Self::Wrapped => 0usize,
                Self::Found => 1usize,
                Self::Posted => 2usize,
                Self::Redirected => 3usize,
                Self::ETAPassed => 4usize,
                Self::Handed => 5usize,
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
                Self::Wrapped { .. } => EventKind::Wrapped,
                Self::Found { .. } => EventKind::Found,
                Self::Posted { .. } => EventKind::Posted,
                Self::Redirected { .. } => EventKind::Redirected,
                Self::ETAPassed { .. } => EventKind::ETAPassed,
                Self::Handed { .. } => EventKind::Handed,
            }
        }
    }
    #[doc = "The machine `parcel`: its table and its functions."]
    #[allow(dead_code)]
    pub enum Machine {}
    #[automatically_derived]
    #[allow(deprecated)]
    impl ::workflow_core::machine::Machine for Machine {
        const NAME: &'static str = "parcel";
        type State = State;
        type Event = Event;
        type StateKind = StateKind;
        type EventKind = EventKind;
        const EDGES: &'static [::workflow_core::machine::Edge<StateKind, EventKind>] = &[
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::None,
                event: EventKind::Wrapped,
                to: StateKind::Packed,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::None,
                event: EventKind::Found,
                to: StateKind::Packed,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Packed),
                event: EventKind::Posted,
                to: StateKind::Sent,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Sent),
                event: EventKind::Redirected,
                to: StateKind::Sent,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Packed),
                event: EventKind::ETAPassed,
                to: StateKind::Lost,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Sent),
                event: EventKind::ETAPassed,
                to: StateKind::Lost,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Sent),
                event: EventKind::Handed,
                to: StateKind::Here,
            },
            ::workflow_core::machine::Edge {
                from: ::core::option::Option::Some(StateKind::Packed),
                event: EventKind::Handed,
                to: StateKind::Here,
            },
        ];
        const TERMINAL: &'static [StateKind] = &[StateKind::Lost, StateKind::Here];
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
                (::core::option::Option::None, EventKind::Wrapped) => {
                    ::core::option::Option::Some(StateKind::Packed)
                }
                (::core::option::Option::None, EventKind::Found) => {
                    ::core::option::Option::Some(StateKind::Packed)
                }
                (::core::option::Option::Some(StateKind::Packed), EventKind::Posted) => {
                    ::core::option::Option::Some(StateKind::Sent)
                }
                (::core::option::Option::Some(StateKind::Sent), EventKind::Redirected) => {
                    ::core::option::Option::Some(StateKind::Sent)
                }
                (::core::option::Option::Some(StateKind::Packed), EventKind::ETAPassed) => {
                    ::core::option::Option::Some(StateKind::Lost)
                }
                (::core::option::Option::Some(StateKind::Sent), EventKind::ETAPassed) => {
                    ::core::option::Option::Some(StateKind::Lost)
                }
                (::core::option::Option::Some(StateKind::Sent), EventKind::Handed) => {
                    ::core::option::Option::Some(StateKind::Here)
                }
                (::core::option::Option::Some(StateKind::Packed), EventKind::Handed) => {
                    ::core::option::Option::Some(StateKind::Here)
                }
                _ => ::core::option::Option::None,
            }
        }
        fn wire(kind: EventKind) -> &'static str {
            match kind {
                EventKind::Wrapped => "wrapped",
                EventKind::Found => "found",
                EventKind::Posted => "posted",
                EventKind::Redirected => "post.redirected",
                EventKind::ETAPassed => "eta_passed",
                EventKind::Handed => "handed",
            }
        }
        fn version(kind: EventKind) -> u16 {
            match kind {
                EventKind::Wrapped => 1u16,
                EventKind::Found => 1u16,
                EventKind::Posted => 1u16,
                EventKind::Redirected => 1u16,
                EventKind::ETAPassed => 1u16,
                EventKind::Handed => 1u16,
            }
        }
        #[allow(unreachable_patterns)]
        fn event_from_wire(wire: &str) -> ::core::option::Option<EventKind> {
            match wire {
                "wrapped" => ::core::option::Option::Some(EventKind::Wrapped),
                "found" => ::core::option::Option::Some(EventKind::Found),
                "posted" => ::core::option::Option::Some(EventKind::Posted),
                "post.redirected" => ::core::option::Option::Some(EventKind::Redirected),
                "eta_passed" => ::core::option::Option::Some(EventKind::ETAPassed),
                "handed" => ::core::option::Option::Some(EventKind::Handed),
                _ => ::core::option::Option::None,
            }
        }
        fn decode(
            kind: EventKind,
            version: u16,
            content: ::workflow_core::codec::Content<'_>,
        ) -> ::core::result::Result<Event, ::workflow_core::codec::DecodeError> {
            match (kind, version) {
                (EventKind::Wrapped, 1u16) => content.read_variant::<Event>("Wrapped"),
                (EventKind::Found, 1u16) => content.read_variant::<Event>("Found"),
                (EventKind::Posted, 1u16) => content.read_variant::<Event>("Posted"),
                (EventKind::Redirected, 1u16) => content.read_variant::<Event>("Redirected"),
                (EventKind::ETAPassed, 1u16) => content.read_variant::<Event>("ETAPassed"),
                (EventKind::Handed, 1u16) => content.read_variant::<Event>("Handed"),
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
