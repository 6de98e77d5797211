//! A fact of a placement on its way to somebody who wants to be told: an outgoing webhook.
//!
//! One stream for each fact and endpoint, so that each is told apart, tried on its own schedule (`notice/schedule.rs`) and
//! kept: who was told what, when, or why not. The id that goes along is made once and stays the same over attempts,
//! restarts and a person's retry. Which facts are told to whom is the runner's to read out of the log; what an
//! endpoint that wants no more leads to, a gate's ([`super::gate`]). Deliberately absent: addresses and secrets.
//!
#![doc = include_str!("notice.svg")]
#![allow(clippy::module_inception, reason = "streams are named for the machine's module")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, Call};
use super::facts::{Date, PlacementId};
use super::rules::Rules;
use crate::id::{BadStreamId, StreamId, Version};
use crate::machine;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

pub mod schedule;

/// What an endpoint can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// The contractor's application is open, or its link was asked for again.
    #[serde(rename = "application.link_ready")]
    LinkReady,
    /// A person must look at a placement.
    #[serde(rename = "placement.flagged")]
    Flagged,
    /// A placement is covered.
    #[serde(rename = "placement.active")]
    Active,
    /// Days of work are about to come without coverage.
    #[serde(rename = "coverage.gap_ahead")]
    GapAhead,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LinkReady, Self::Flagged, Self::Active, Self::GapAhead];

    /// Its name, as it goes out.
    pub fn name(self) -> &'static str {
        match self {
            Topic::LinkReady => "application.link_ready",
            Topic::Flagged => "placement.flagged",
            Topic::Active => "placement.active",
            Topic::GapAhead => "coverage.gap_ahead",
        }
    }

    /// The topic of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// What is told, and to which endpoint: ids, no names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Note {
    /// The endpoint, as the tenant's configuration calls it.
    pub endpoint: String,
    /// The id of the message: one for each fact, whatever happens on its way.
    pub id: String,
    /// What it is about.
    pub topic: Topic,
    /// The placement, in the ATS.
    pub placement: PlacementId,
    /// When it happened.
    pub at: Timestamp,
    /// The name of the placement's state then.
    pub state: String,
    /// Where the contractor completes the application; of [`Topic::LinkReady`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The first day of work without coverage; of [`Topic::GapAhead`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncovered_from: Option<Date>,
}

/// One fact on its way to one endpoint.
#[machine]
pub mod notice {
    use super::*;

    /// Where a notice stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// It is tried until then.
        Sending {
            /// What is told.
            note: Note,
            /// When it goes to a person.
            until: Timestamp,
        },
        /// Nobody took it in time.
        Parked {
            /// What is told.
            note: Note,
        },
        /// The endpoint took it.
        #[terminal]
        Delivered {
            /// What was told.
            note: Note,
        },
        /// The endpoint says that it wants no more.
        #[terminal]
        Unwanted {
            /// What was to be told.
            note: Note,
        },
        /// A person gave it up.
        #[terminal]
        Dropped {
            /// What was to be told.
            note: Note,
            /// Why, in the person's words.
            reason: String,
        },
    }

    /// What happened to a notice.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// An endpoint is to be told.
        NoticeOwed {
            /// What.
            note: Note,
            /// Until when it is tried.
            until: Timestamp,
        },
        /// The endpoint took it.
        NoticeDelivered,
        /// The endpoint says that it wants no more, of anything.
        NoticeUnwanted,
        /// Nobody took it in time.
        NoticeParked,
        /// A person asks that it be tried again.
        NoticeRetried {
            /// Until when it is tried.
            until: Timestamp,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person gave it up.
        NoticeDropped {
            /// Why, in the person's words.
            reason: String,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            NoticeOwed { note, until } => Some(Sending { note, until }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            (Sending { note, .. } | Parked { note }, NoticeDelivered) => Some(Delivered { note }),
            (Sending { note, .. } | Parked { note }, NoticeUnwanted) => Some(Unwanted { note }),
            (Sending { note, .. }, NoticeParked) => Some(Parked { note }),
            (Parked { note }, NoticeRetried { until, .. }) => Some(Sending { note, until }),
            (Parked { note }, NoticeDropped { reason }) => Some(Dropped { note, reason }),
            _ => None,
        }
    }
}

pub use notice::{Event, EventKind, Machine, State, StateKind};

/// What a notice can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// An endpoint is to be told.
    Owe {
        /// What.
        note: Note,
    },
    /// An owed call was answered.
    Answered {
        /// Whether it is still owed.
        standing: Standing,
        /// What came of it.
        answer: Answer,
    },
    /// Its time has come.
    Timer,
    /// A person asks that it be tried again.
    Retry {
        /// Why, in the person's words.
        reason: String,
    },
    /// A person gives it up.
    Drop {
        /// Why, in the person's words.
        reason: String,
    },
}

/// The stream of what one event of a placement is to one endpoint; `beside`, of what it is besides that.
pub fn stream(
    tenant: &str,
    endpoint: &str,
    placement: &str,
    version: Version,
    beside: Option<Topic>,
) -> Result<StreamId, BadStreamId> {
    let beside = beside.map(|topic| format!(":{}", topic.name())).unwrap_or_default();
    StreamId::new("notice", tenant, &format!("{endpoint}:{placement}:{}{beside}", version.0))
}

/// The name of the call that tells.
pub const NOTIFY: &str = "notify";

/// The notices' workflow.
#[derive(Debug)]
pub struct Notice;

impl Workflow for Notice {
    type Domain = Insurance;
    type Machine = Machine;
    type Input = Input;

    const LISTED: bool = false;

    fn decide(
        state: Option<&State>,
        input: Input,
        context: &Context<'_, Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        let until = context.now.plus(schedule::GIVEN_UP_AFTER);
        match (state, input) {
            (None, Input::Owe { note }) => Ok(vec![Event::NoticeOwed { note, until }]),
            (Some(_), Input::Owe { .. }) => Ok(Vec::new()),
            (None, _) => Err(Rejection::new("unknown_notice", "there is no such notice")),
            (
                Some(State::Sending { .. } | State::Parked { .. }),
                Input::Answered { answer, .. },
            ) => Ok(answered(state, &answer)),
            (Some(State::Sending { until, .. }), Input::Timer) => {
                Ok((*until <= context.now).then_some(Event::NoticeParked).into_iter().collect())
            }
            (Some(_), Input::Answered { .. } | Input::Timer) => Ok(Vec::new()),
            (Some(_), Input::Retry { reason } | Input::Drop { reason })
                if reason.trim().is_empty() =>
            {
                let message = "say why: the reason is kept with the decision";
                Err(Rejection::new("no_reason", message))
            }
            (Some(State::Parked { .. }), Input::Retry { reason }) => {
                Ok(vec![Event::NoticeRetried { until, reason }])
            }
            (Some(State::Parked { .. }), Input::Drop { reason }) => {
                Ok(vec![Event::NoticeDropped { reason }])
            }
            (Some(_), Input::Retry { .. } | Input::Drop { .. }) => {
                Err(Rejection::new("not_parked", "it is not parked: there is nothing to decide"))
            }
        }
    }

    fn react(_: &StreamId, state: &State) -> Vec<Owed<Call>> {
        match state {
            State::Sending { note, .. } => vec![Owed::Call {
                operation: NOTIFY.into(),
                call: Call::Notify { note: Box::new(note.clone()) },
            }],
            State::Parked { note } => vec![Owed::Person(parked(note))],
            State::Delivered { .. } | State::Unwanted { .. } | State::Dropped { .. } => Vec::new(),
        }
    }

    fn due(state: &State) -> Option<Timestamp> {
        match state {
            State::Sending { until, .. } => Some(*until),
            State::Parked { .. }
            | State::Delivered { .. }
            | State::Unwanted { .. }
            | State::Dropped { .. } => None,
        }
    }

    fn timer() -> Option<Input> {
        Some(Input::Timer)
    }

    fn answered(answered: Answered<Answer>) -> Input {
        Input::Answered { standing: answered.standing, answer: answered.answer }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Owe { .. } => "owe",
            Input::Answered { .. } => "answered",
            Input::Timer => "timer",
            Input::Retry { .. } => "retry",
            Input::Drop { .. } => "drop",
        }
    }

    fn headline(state: &State) -> String {
        match state {
            State::Sending { note, .. } => {
                let Note { topic, placement, endpoint, .. } = note;
                format!("telling {endpoint} of {} of {placement}", topic.name())
            }
            State::Parked { note } => parked(note),
            State::Delivered { note } => format!("{} was told", note.endpoint),
            State::Unwanted { note } => format!("{} wants no more", note.endpoint),
            State::Dropped { reason, .. } => format!("given up: {reason}"),
        }
    }
}

fn parked(note: &Note) -> String {
    let Note { topic, placement, endpoint, .. } = note;
    format!("{endpoint} did not take {} of {placement}", topic.name())
}

/// An answer that says neither is nothing that an endpoint can say: a person sees it.
fn answered(state: Option<&State>, answer: &Answer) -> Vec<Event> {
    match (answer, state) {
        (Answer::NoticeTaken, _) => vec![Event::NoticeDelivered],
        (Answer::EndpointGone, _) => vec![Event::NoticeUnwanted],
        (_, Some(State::Sending { .. })) => vec![Event::NoticeParked],
        (_, _) => Vec::new(),
    }
}
