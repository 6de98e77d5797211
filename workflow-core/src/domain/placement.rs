//! One placement's road from the ATS to insured work.
//!
//! `machine.rs` is the table, `state.rs` what the states carry, `decide.rs` all judgement, `react.rs` what each state
//! is owed. The contractor's side of the road is the workflow in `../contractor.rs`.
//!
#![doc = include_str!("placement/machine.svg")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::by_hand::Fact;
use super::call::{Answer, Call, ContractorId, Sighting};
use super::contractor::CertificateStanding;
use super::facts::{CandidateId, Facts};
use crate::id::StreamId;
use crate::seal::Subject;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

mod decide;
mod headline;
mod known;
mod machine;
mod react;
mod remind;
mod replaced;
mod state;

pub use known::{Cover, Days, Work};
pub use machine::placement::{Event, EventKind, Machine, State, StateKind};
pub use react::{candidate, candidate_alias, requisition_alias};
pub use state::{
    Amendment, Application, Back, Basis, Closer, Coverage, Ended, Engagement, Evidence, Hired,
    Intent, Issue, Leave, Loss, Need, Readiness, Release, Reminder, Rest, Road, Turn, Unseen,
    Wanted, had_begun,
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
    /// Two candidates are one in the ATS now, and so are their contractors.
    CandidateMerged {
        /// The one that is gone.
        from: CandidateId,
        /// The one that stays.
        into: CandidateId,
    },
    /// The candidate is gone from the ATS for good.
    CandidateGone {
        /// Who.
        candidate: CandidateId,
        /// Why.
        reason: String,
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
    /// A person sets a fact that the ATS does not give.
    Set {
        /// The fact.
        fact: Fact,
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person takes the placement into scope.
    Include {
        /// Who.
        by: String,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person asks for the link to the contractor's application again.
    Resend {
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
    /// What is covered stays covered as it is, whatever the flag says of it.
    Accept,
}

/// The person whom a candidate's personal data is sealed to.
pub(super) fn person(stream: &StreamId, candidate: &CandidateId) -> Option<Subject> {
    react::contractor_stream(stream, candidate).map(|stream| Subject::from(&stream))
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
            Input::CandidateMerged { .. } => "candidate_merged",
            Input::CandidateGone { .. } => "candidate_gone",
            Input::TakeRoad { .. } => "take_road",
            Input::Answered { .. } => "answered",
            Input::Seen(_) => "seen",
            Input::Timer => "timer",
            Input::Resolve { .. } => "resolve",
            Input::Exclude { .. } => "exclude",
            Input::Set { .. } => "set",
            Input::Include { .. } => "include",
            Input::Resend { .. } => "resend",
        }
    }

    fn headline(state: &State) -> String {
        headline::headline(state)
    }

    fn aliases(state: &State) -> Vec<String> {
        react::aliases(state)
    }

    /// Most of what an agency places is out of scope, and stays so.
    fn rests(state: &State) -> bool {
        matches!(state, State::Excluded { .. })
    }

    fn about(stream: &StreamId, state: &State, call: &Call) -> Option<Subject> {
        let candidate = call.candidate().or_else(|| state.candidate());
        candidate.and_then(|candidate| person(stream, candidate))
    }
}
