//! What arrives from outside by itself: kept in the log before it is answered, then worked off.
//!
//! A delivery is a workflow of its own, one stream each: accepting it twice is a version conflict that the machine
//! answers with "nothing changed". So the inbox has no tables, and is rebuilt, verified and replayed like everything else.
//!
#![doc = include_str!("inbox.svg")]

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{BadStreamId, StreamId};
use crate::machine;
use crate::workflow::{Answered, Context, Domain, Owed, Rejection, Workflow};

/// What a provider sent, without its bytes: only what is needed to read the facts back. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delivery {
    /// The adapter that received it.
    pub source: String,
    /// What the provider calls it, such as `policy.active`.
    pub kind: String,
    /// The ids that it names, by the adapter's own words.
    pub subjects: BTreeMap<String, String>,
    /// The size of its body in bytes.
    pub size: u64,
    /// The SHA-256 of its body, in hex.
    pub sha256: String,
}

/// One delivery on its way through the inbox.
#[machine]
pub mod delivery {
    use super::*;

    /// Where a delivery stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// Kept; not worked off yet.
        Waiting {
            /// What came.
            delivery: Delivery,
        },
        /// Worked off.
        #[terminal]
        Settled {
            /// What it led to, in words.
            outcome: String,
        },
        /// Not understood, or given up: a person must look.
        Parked {
            /// What came.
            delivery: Delivery,
            /// Why.
            reason: String,
        },
    }

    /// What happened to a delivery.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// It arrived and was genuine.
        DeliveryReceived {
            /// What came.
            delivery: Delivery,
        },
        /// It was worked off.
        DeliverySettled {
            /// What it led to, in words.
            outcome: String,
        },
        /// It was put aside.
        DeliveryParked {
            /// Why.
            reason: String,
        },
        /// A person asked to work it off again.
        DeliveryReopened {
            /// Why, in the person's words.
            reason: String,
        },
        /// A person gave it up.
        DeliveryDropped {
            /// Why, in the person's words.
            reason: String,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            DeliveryReceived { delivery } => Some(Waiting { delivery }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Waiting { .. }, DeliverySettled { outcome }) => Some(Settled { outcome }),
            (Waiting { delivery }, DeliveryParked { reason }) => Some(Parked { delivery, reason }),
            (Parked { delivery, .. }, DeliveryReopened { .. }) => Some(Waiting { delivery }),
            (Waiting { .. } | Parked { .. }, DeliveryDropped { reason }) => {
                Some(Settled { outcome: format!("dropped: {reason}") })
            }
            _ => None,
        }
    }
}

pub use delivery::{Event, EventKind, Machine, State, StateKind};

/// What a delivery can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// It arrived.
    Received(Delivery),
    /// It was worked off.
    Settled {
        /// What it led to, in words.
        outcome: String,
    },
    /// It cannot be worked off.
    Parked {
        /// Why.
        reason: String,
    },
    /// A person asks to work it off again.
    Reopen {
        /// Why, in the person's words.
        reason: String,
    },
    /// A person gives it up.
    Drop {
        /// Why, in the person's words.
        reason: String,
    },
}

/// The inbox of an engine with the vocabulary `D`.
#[derive(Debug)]
pub struct Inbox<D>(PhantomData<fn() -> D>);

impl<D: Domain> Workflow for Inbox<D> {
    type Domain = D;
    type Machine = Machine;
    type Input = Input;

    const LISTED: bool = false;

    fn decide(
        state: Option<&State>,
        input: Input,
        context: &Context<'_, D::Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        match (state, input) {
            (None, Input::Received(delivery)) => Ok(vec![Event::DeliveryReceived { delivery }]),
            (Some(_), Input::Received(_)) => Ok(Vec::new()),
            (Some(State::Waiting { .. }), Input::Settled { outcome }) => {
                Ok(vec![Event::DeliverySettled { outcome }])
            }
            (Some(State::Waiting { .. }), Input::Parked { reason }) => {
                Ok(vec![Event::DeliveryParked { reason }])
            }
            (Some(_), Input::Drop { reason } | Input::Reopen { reason })
                if reason.trim().is_empty() =>
            {
                let message = "say why: the reason is kept with the decision";
                Err(Rejection::new("no_reason", message))
            }
            (Some(State::Parked { .. }), Input::Reopen { reason }) => {
                Ok(vec![Event::DeliveryReopened { reason }])
            }
            (Some(State::Waiting { .. } | State::Parked { .. }), Input::Drop { reason }) => {
                Ok(vec![Event::DeliveryDropped { reason }])
            }
            (Some(_), Input::Settled { .. } | Input::Parked { .. }) => Ok(Vec::new()),
            (
                _,
                Input::Settled { .. }
                | Input::Parked { .. }
                | Input::Reopen { .. }
                | Input::Drop { .. },
            ) => {
                let message = format!("{} is not in a state for that", context.stream);
                Err(Rejection::new("not_there", message))
            }
        }
    }

    fn react(_: &StreamId, state: &State) -> Vec<Owed<D::Call>> {
        match state {
            State::Waiting { .. } => vec![Owed::Signal("being worked off")],
            State::Settled { .. } => Vec::new(),
            State::Parked { reason, .. } => vec![Owed::Person(reason.clone())],
        }
    }

    fn answered(answered: Answered<D::Answer>) -> Input {
        // A delivery owes no call, so that no answer can come.
        Input::Parked { reason: format!("an answer to `{}` came astray", answered.operation) }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Received(_) => "received",
            Input::Settled { .. } => "settled",
            Input::Parked { .. } => "parked",
            Input::Reopen { .. } => "reopen",
            Input::Drop { .. } => "drop",
        }
    }

    fn headline(state: &State) -> String {
        match state {
            State::Waiting { delivery } => format!("{} from {}", delivery.kind, delivery.source),
            State::Settled { outcome } => outcome.clone(),
            State::Parked { delivery, reason } => {
                format!("{} from {}: {reason}", delivery.kind, delivery.source)
            }
        }
    }
}

/// The stream of the delivery that its source calls `id`. An id that cannot stand in a name is hashed.
pub fn stream(tenant: &str, source: &str, id: &str) -> Result<StreamId, BadStreamId> {
    StreamId::new("delivery", tenant, &format!("{source}:{id}")).or_else(|_| {
        let hash = hex::encode(Sha256::digest(id));
        StreamId::new("delivery", tenant, &format!("{source}:{hash}"))
    })
}
