//! What a person paused: a tenant, one of its two systems, or a single placement, contractor or certificate.
//!
//! A gate is a workflow of its own, one stream each, so that who shut it and why is in the log and outlives a restart. It
//! also keeps that a person asked to try again now, and that one opened what is sealed. While a gate is shut nothing is sent for what lies behind it: its calls
//! stay owed, webhooks are kept, decisions and timers go on. Who looks at the gates before sending is the runner.
//!
#![doc = include_str!("gate.svg")]
#![allow(clippy::module_inception, reason = "streams are named for the machine's module")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, Call, Side};
use super::rules::Rules;
use crate::id::{BadStreamId, StreamId};
use crate::machine;
use crate::workflow::{Answered, Context, Owed, Rejection, Workflow};

/// The way of calls to the outside, for one tenant, system or instance.
#[machine]
pub mod gate {
    use super::*;

    /// Where a gate stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// Calls go out.
        Open,
        /// Nothing goes out.
        Shut {
            /// Who shut it.
            by: String,
            /// Why, in the person's words.
            reason: String,
        },
        /// What lay behind it has ended: there is nothing to hold any more.
        #[terminal]
        Gone,
    }

    /// What happened to a gate.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// A person paused what lies behind it.
        Paused {
            /// Who.
            by: String,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person lets it go on.
        Resumed {
            /// Who.
            by: String,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person let it go on, and what lay behind it has ended meanwhile.
        Removed {
            /// Who.
            by: String,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person asked that what waits for its next try be tried at once.
        Retried {
            /// Who.
            by: String,
            /// Why, in the person's words.
            reason: String,
            /// So many calls waited.
            calls: u64,
        },
        /// A person was shown what is sealed of an exchange with the outside.
        Disclosed {
            /// Who.
            by: String,
            /// Why, in the person's words.
            reason: String,
            /// Whose exchange: the stream that owed the call.
            of: StreamId,
            /// Where in the log it is kept.
            position: u64,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            Paused { by, reason } => Some(Shut { by, reason }),
            Retried { .. } | Disclosed { .. } => Some(Open),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Open, Paused { by, reason }) => Some(Shut { by, reason }),
            (Open, Retried { .. }) => Some(Open),
            (Open, Disclosed { .. }) => Some(Open),
            (Shut { by, reason }, Disclosed { .. }) => Some(Shut { by, reason }),
            (Shut { .. }, Resumed { .. }) => Some(Open),
            (Shut { .. }, Removed { .. }) => Some(Gone),
            _ => None,
        }
    }
}

pub use gate::{Event, EventKind, Machine, State, StateKind};

/// What a gate can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// A person pauses what lies behind it.
    Pause {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person lets it go on.
    Resume {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person lets it go on, and what lay behind it has ended meanwhile.
    Remove {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person asks that what waits be tried at once.
    Retry {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
        /// So many calls wait.
        calls: u64,
    },
    /// A person is about to be shown what is sealed of an exchange.
    Disclose {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
        /// Whose exchange: the stream that owed the call.
        of: StreamId,
        /// Where in the log it is kept.
        position: u64,
    },
}

/// What lies behind a gate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behind {
    /// Everything of the tenant.
    Tenant,
    /// Everything that the tenant asks of one system.
    System(Side),
    /// Everything that one instance owes.
    Instance(StreamId),
}

impl Behind {
    /// The gate's stream, of this tenant.
    pub fn stream(&self, tenant: &str) -> Result<StreamId, BadStreamId> {
        let key = match self {
            Behind::Tenant => "tenant".to_owned(),
            Behind::System(Side::Ats) => "system:ats".to_owned(),
            Behind::System(Side::Insurer) => "system:insurer".to_owned(),
            Behind::Instance(stream) => format!("{}:{}", stream.workflow(), stream.key()),
        };
        StreamId::new("gate", tenant, &key)
    }

    /// What lies behind the gate of this stream.
    pub fn of(gate: &StreamId) -> Option<Self> {
        match gate.key() {
            "tenant" => Some(Behind::Tenant),
            "system:ats" => Some(Behind::System(Side::Ats)),
            "system:insurer" => Some(Behind::System(Side::Insurer)),
            key => {
                let (workflow, key) = key.split_once(':')?;
                StreamId::new(workflow, gate.tenant(), key).ok().map(Behind::Instance)
            }
        }
    }
}

/// The gates' workflow.
#[derive(Debug)]
pub struct Gate;

impl Workflow for Gate {
    type Domain = Insurance;
    type Machine = Machine;
    type Input = Input;

    fn decide(
        state: Option<&State>,
        input: Input,
        _: &Context<'_, Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        let (Input::Pause { reason, .. }
        | Input::Resume { reason, .. }
        | Input::Remove { reason, .. }
        | Input::Retry { reason, .. }
        | Input::Disclose { reason, .. }) = &input;
        if reason.trim().is_empty() {
            let message = "say why: the reason is kept with the decision";
            return Err(Rejection::new("no_reason", message));
        }
        match (state, input) {
            (None | Some(State::Open), Input::Pause { by, reason }) => {
                Ok(vec![Event::Paused { by, reason }])
            }
            (Some(State::Shut { by, reason }), Input::Pause { .. }) => {
                Err(Rejection::new("paused", format!("{by} paused it already: {reason}")))
            }
            (Some(State::Gone), _) => {
                Err(Rejection::new("gone", "what lay behind it has ended: nothing is sent for it"))
            }
            (None | Some(State::Open), Input::Resume { .. } | Input::Remove { .. }) => {
                Err(Rejection::new("not_paused", "it is not paused: there is nothing to resume"))
            }
            (Some(State::Shut { .. }), Input::Resume { by, reason }) => {
                Ok(vec![Event::Resumed { by, reason }])
            }
            (Some(State::Shut { .. }), Input::Remove { by, reason }) => {
                Ok(vec![Event::Removed { by, reason }])
            }
            (
                None | Some(State::Open | State::Shut { .. }),
                Input::Disclose { by, reason, of, position },
            ) => Ok(vec![Event::Disclosed { by, reason, of, position }]),
            (None | Some(State::Open), Input::Retry { by, reason, calls }) => {
                Ok(vec![Event::Retried { by, reason, calls }])
            }
            (Some(State::Shut { by, reason }), Input::Retry { .. }) => {
                let message = format!("{by} paused it: {reason}; resume it first");
                Err(Rejection::new("paused", message))
            }
        }
    }

    fn react(_: &StreamId, state: &State) -> Vec<Owed<Call>> {
        match state {
            State::Open => vec![Owed::Signal("a person who pauses it")],
            State::Shut { .. } => vec![Owed::Signal("a person who lets it go on")],
            State::Gone => Vec::new(),
        }
    }

    fn answered(answered: Answered<Answer>) -> Input {
        // A gate owes no call, so that no answer can come.
        let reason = format!("an answer to `{}` came astray", answered.operation);
        Input::Retry { by: String::new(), reason, calls: 0 }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Pause { .. } => "pause",
            Input::Resume { .. } => "resume",
            Input::Remove { .. } => "remove",
            Input::Retry { .. } => "retry",
            Input::Disclose { .. } => "disclose",
        }
    }

    fn headline(state: &State) -> String {
        match state {
            State::Open => String::new(),
            State::Gone => "what lay behind it has ended".to_owned(),
            State::Shut { by, reason } => format!("paused by {by}: {reason}"),
        }
    }
}
