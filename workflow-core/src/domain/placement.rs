//! One placement's road from the ATS to insured work.
//!
//! `machine.rs` is the table, `state.rs` what the states carry, `decide.rs` all judgement, `react.rs` what each state
//! is owed. The contractor's side of the road is the workflow in `../contractor.rs`.
//!
#![doc = include_str!("placement/machine.svg")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, ContractorId, Sighting};
use super::contractor::CertificateStanding;
use super::facts::{CandidateId, Facts};
use crate::id::StreamId;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

mod decide;
mod headline;
mod machine;
mod react;
mod state;

pub use machine::placement::{Event, EventKind, Machine, State, StateKind};
pub use react::{candidate_alias, requisition_alias};
pub use state::{
    Application, Back, Basis, Coverage, Ended, Engagement, Evidence, Hired, Intent, Issue, Leave,
    Loss, Need, Readiness, Release, Road, Turn, Wanted,
};

/// What a placement can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// The ATS says so now.
    Observed(Box<Facts>),
    /// The ATS does not know the placement any more.
    Vanished,
    /// The contractor's workflow knows the insurer's id.
    ContractorLinked {
        /// Whose.
        candidate: CandidateId,
        /// The id.
        contractor: ContractorId,
    },
    /// The contractor cannot be linked before a person acted.
    ContractorFlagged {
        /// Whose.
        candidate: CandidateId,
        /// Why.
        reason: String,
    },
    /// The contractor's workflow says what the contractor's own certificates are worth.
    CertificatesKnown {
        /// Whose.
        candidate: CandidateId,
        /// All that ever stood.
        certificates: Vec<CertificateStanding>,
    },
    /// The contractor's workflow gives this placement its turn.
    TakeRoad {
        /// Which request it answers.
        round: u32,
        /// Which way to go.
        road: Leave,
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
    /// Something was read at the insurer.
    Seen(Sighting),
    /// The state's time has come.
    Timer,
    /// A person settles a flag.
    Resolve {
        /// How.
        resolution: Resolution,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person takes the placement out of scope.
    Exclude {
        /// Why, in the person's words.
        reason: String,
    },
}

/// How a person settles a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Go on where it stopped.
    Return,
    /// Read the placement again and start from what is known.
    Restart,
    /// It is settled outside: close the placement.
    Close,
}

/// The placement workflow.
#[derive(Debug)]
pub struct Placement;

impl Workflow for Placement {
    type Domain = Insurance;
    type Machine = Machine;
    type Input = Input;

    fn decide(
        state: Option<&State>,
        input: Input,
        context: &Context<'_, super::rules::Rules>,
    ) -> Result<Vec<Event>, Rejection> {
        decide::decide(state, input, context)
    }

    fn react(stream: &StreamId, state: &State) -> Vec<Owed<super::call::Call>> {
        react::react(stream, state)
    }

    fn due(state: &State) -> Option<Timestamp> {
        react::due(state)
    }

    fn timer() -> Option<Input> {
        Some(Input::Timer)
    }

    fn answered(answered: Answered<Answer>) -> Input {
        let Answered { operation, standing, answer } = answered;
        Input::Answered { operation, standing, answer }
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Observed(_) => "observed",
            Input::Vanished => "vanished",
            Input::ContractorLinked { .. } => "contractor_linked",
            Input::ContractorFlagged { .. } => "contractor_flagged",
            Input::CertificatesKnown { .. } => "certificates_known",
            Input::TakeRoad { .. } => "take_road",
            Input::Answered { .. } => "answered",
            Input::Seen(_) => "seen",
            Input::Timer => "timer",
            Input::Resolve { .. } => "resolve",
            Input::Exclude { .. } => "exclude",
        }
    }

    fn headline(state: &State) -> String {
        headline::headline(state)
    }

    fn aliases(state: &State) -> Vec<String> {
        react::aliases(state)
    }
}
