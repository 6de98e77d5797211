//! One candidate's side of the road: who they are to the insurer, and whose turn it is to ask them for an application.
//!
//! However many placements arrive at once, one session is open at a time; the others wait, and go by assignment once
//! the contractor has opted in. Two candidates whom the ATS merges become one (`legacy.rs`). The person's data is sealed in the log, and can be forgotten. `machine.rs` is the
//! table, `decide.rs` all judgement, `react.rs` what is owed.
//!
#![doc = include_str!("contractor/machine.svg")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, Call, ContractorId};
use super::certificate::Word;
use super::facts::{CandidateId, EmailAddress, Person, PlacementId};
use super::placement::{Ended, Need};
use super::rules::Rules;
use crate::id::StreamId;
use crate::seal::Subject;
use crate::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

mod decide;
mod legacy;
mod machine;
mod react;
mod state;

pub use legacy::{Estate, Legacy, Progress, Rivals, Stage, Will};
pub use machine::contractor::{Event, EventKind, Machine, State, StateKind};
pub use state::{
    Ask, Book, Email, Identity, Known, Linked, Standing as CertificateStanding, Trouble,
};

/// What a contractor can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// A placement needs the insurer's id.
    LinkAsked {
        /// Which placement.
        placement: PlacementId,
    },
    /// A placement needs its way from a quote to coverage.
    RoadAsked {
        /// Which placement.
        placement: PlacementId,
        /// How often it has asked.
        round: u32,
        /// What it asks for.
        need: Need,
    },
    /// A placement's turn is over.
    TurnOver {
        /// Which placement.
        placement: PlacementId,
        /// Which of its requests.
        round: u32,
        /// How it ended.
        ended: Ended,
    },
    /// A certificate's workflow needs the insurer's id, or says what it is worth.
    CertificateTold {
        /// Which, by the key of its stream.
        certificate: String,
        /// What.
        word: Word,
    },
    /// The ATS says so of the person now.
    Observed(Person),
    /// The ATS says that this candidate was merged into another one.
    Merged {
        /// The one that stays.
        into: CandidateId,
    },
    /// A candidate was merged into this one, and left this.
    Inherit(Legacy),
    /// A person says which of two contractors stays.
    Keep {
        /// That one.
        contractor: ContractorId,
        /// Why, in the person's words.
        reason: String,
    },
    /// An owed call was answered.
    Answered {
        /// Which one.
        operation: String,
        /// Whether it is still owed.
        standing: Standing,
        /// What came of it.
        answer: Answer,
    },
    /// A person says: try again.
    Retry {
        /// Why, in the person's words.
        reason: String,
    },
    /// A person sets the e-mail that the insurer is to know, where the ATS has none that can be used.
    SetEmail {
        /// The address.
        email: EmailAddress,
        /// Why, in the person's words; it is kept, so it must not name the candidate.
        reason: String,
    },
    /// The candidate is gone from the ATS for good.
    Retire {
        /// Why.
        reason: String,
    },
    /// A person says: destroy this candidate's personal data.
    Forget {
        /// Why, in the person's words; it is kept, so it must not name the candidate.
        reason: String,
    },
}

/// The contractor workflow.
#[derive(Debug)]
pub struct Contractor;

impl Workflow for Contractor {
    type Domain = Insurance;
    type Machine = Machine;
    type Input = Input;

    fn decide(
        state: Option<&State>,
        input: Input,
        context: &Context<'_, Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        decide::decide(state, input, context)
    }

    fn react(stream: &StreamId, state: &State) -> Vec<Owed<Call>> {
        react::react(stream, state)
    }

    fn answered(answered: Answered<Answer>) -> Input {
        let Answered { operation, standing, answer } = answered;
        Input::Answered { operation, standing, answer }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::LinkAsked { .. } => "link_asked",
            Input::RoadAsked { .. } => "road_asked",
            Input::TurnOver { .. } => "turn_over",
            Input::CertificateTold { .. } => "certificate_told",
            Input::Observed(_) => "observed",
            Input::Merged { .. } => "merged",
            Input::Inherit(_) => "inherit",
            Input::Keep { .. } => "keep",
            Input::Answered { .. } => "answered",
            Input::Retry { .. } => "retry",
            Input::SetEmail { .. } => "set_email",
            Input::Retire { .. } => "retire",
            Input::Forget { .. } => "forget",
        }
    }

    fn headline(state: &State) -> String {
        react::headline(state)
    }

    fn aliases(state: &State) -> Vec<String> {
        react::aliases(state)
    }

    /// Whoever worked here once stays known: as many as ever came.
    fn rests(state: &State) -> bool {
        match state {
            State::Linked { .. } | State::OptedIn { .. } => true,
            State::Merged { .. } | State::Retired { .. } | State::Gone { .. } => true,
            State::Unlinked { .. }
            | State::Identified { .. }
            | State::OptingIn { .. }
            | State::Succeeding { .. }
            | State::Contested { .. }
            | State::Flagged { .. }
            | State::Merging { .. }
            | State::Forgotten { .. } => false,
        }
    }

    fn about(stream: &StreamId, _: &State, _: &Call) -> Option<Subject> {
        Some(Subject::from(stream))
    }

    fn forgotten(stream: &StreamId, state: &State) -> Option<Subject> {
        match state {
            State::Forgotten { .. } | State::Gone { .. } => Some(Subject::from(stream)),
            State::Unlinked { .. }
            | State::Identified { .. }
            | State::Linked { .. }
            | State::OptingIn { .. }
            | State::OptedIn { .. }
            | State::Succeeding { .. }
            | State::Contested { .. }
            | State::Flagged { .. }
            | State::Merging { .. }
            | State::Merged { .. }
            | State::Retired { .. } => None,
        }
    }
}
