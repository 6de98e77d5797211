//! One document by which a contractor shows coverage of their own: from its finding to the end of its review.
//!
//! One stream per candidate and content, so that the same bytes are never handed in twice, by whichever road they come.
//! The bytes lie beside the log, sealed with the person's key; here are their hash, their size and what the insurer
//! says of them. `machine.rs` is the table, `decide.rs` all judgement, `react.rs` what is owed, `worth.rs` what an
//! approved certificate is worth to a placement. Deliberately absent: which files are certificates, and reading them.
//!
#![doc = include_str!("certificate/machine.svg")]

use serde::{Deserialize, Serialize};

use super::Insurance;
use super::call::{Answer, Call, ContractorId, CoverageType, Review};
use super::facts::{CandidateId, Date, PersonalText, PlacementId};
use super::rules::Rules;
use crate::id::{BadStreamId, StreamId};
use crate::seal::Subject;
use crate::time::Timestamp;
use crate::workflow::{Answered, Context, Owed, Rejection, Standing, Workflow};

mod decide;
mod machine;
mod react;
mod state;
mod worth;

pub use machine::certificate::{Event, EventKind, Machine, State, StateKind};
pub use state::{
    Accepted, Breakdown, Cover, Origin, Outcome, Paper, Proof, RuleKept, Sent, Stood, Trouble,
    Unfit, Word,
};
pub use worth::worth;

/// What is said of a document that is only [kept](State::Kept).
pub const KEPT: &str = react::KEPT;

/// The largest document that the insurer takes, in bytes.
pub const BYTES_MAX: u64 = 15 * 1024 * 1024;

/// What a certificate can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// The document was found or handed in, and its bytes are kept where they are fit to be sent.
    Found(Box<Found>),
    /// The contractor's workflow knows the insurer's id.
    ContractorLinked {
        /// The id.
        contractor: ContractorId,
    },
    /// The contractor cannot be made known before a person acted.
    ContractorUnavailable {
        /// Why.
        reason: String,
    },
    /// The contractor's workflow knows the same content as another certificate, of a candidate who was merged.
    ContentKnown {
        /// By the key of its stream.
        certificate: String,
    },
    /// A contractor's placement of the candidate is known: what was only kept may be sent.
    ScopeSeen,
    /// The candidate is no contractor, as far as their placements say by now: what was only kept is a person's.
    OutOfScope {
        /// By what.
        reason: String,
    },
    /// The insurer does not have it any more.
    Vanished,
    /// The person was forgotten: the bytes are gone.
    PersonForgotten {
        /// Why.
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
    /// Its review was read at the insurer.
    Reviewed(Review),
    /// The state's time has come.
    Timer,
    /// A person takes it for good, whatever the insurer's rules say.
    Accept {
        /// For which coverage; none: for what the insurer read.
        covers: Vec<CoverageType>,
        /// The first day that it does not cover; `None`: as the insurer read.
        until: Option<Date>,
        /// Why, in the person's words.
        reason: String,
    },
    /// A person sends it (again).
    Resubmit {
        /// Why, in the person's words.
        reason: String,
    },
    /// A person takes it back: it counts for nothing.
    Withdraw {
        /// Why, in the person's words.
        reason: String,
    },
}

/// A document, as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whose.
    pub candidate: CandidateId,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Its file's name.
    pub name: PersonalText,
    /// Where it was found.
    pub origin: Origin,
    /// The placement that it was handed in for, where one was named.
    pub placement: Option<PlacementId>,
    /// Why it cannot be sent, if it cannot.
    pub unfit: Option<Unfit>,
    /// Whether the candidate is known to be a contractor.
    pub scope: Scope,
}

/// Whether anything of a candidate may be sent, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// They work, or worked, in a contractor's placement.
    Known,
    /// Nothing says so yet: what comes of them is kept, and not sent.
    Unknown,
}

/// Checks a document before anything is sent: the insurer takes PDF files only, of at most [`BYTES_MAX`].
///
/// ```
/// use workflow_core::domain::certificate::{Unfit, check};
///
/// assert_eq!(check(b"%PDF-1.7 ..."), None);
/// assert_eq!(check(b"PK.."), Some(Unfit::NotPdf));
/// assert_eq!(check(b""), Some(Unfit::Empty));
/// ```
pub fn check(bytes: &[u8]) -> Option<Unfit> {
    let count = bytes.len() as u64;
    if bytes.is_empty() {
        Some(Unfit::Empty)
    } else if count > BYTES_MAX {
        Some(Unfit::TooLarge { bytes: count })
    } else if !bytes.starts_with(b"%PDF") {
        Some(Unfit::NotPdf)
    } else {
        None
    }
}

/// The stream of a candidate's document with this content: of the hash, the first 32 digits.
pub fn stream(
    tenant: &str,
    candidate: &CandidateId,
    sha256: &str,
) -> Result<StreamId, BadStreamId> {
    let short = sha256.get(..32).unwrap_or(sha256);
    StreamId::new("certificate", tenant, &format!("{candidate}.{short}"))
}

/// The part of a certificate's key that tells its content; two candidates who are merged may have the same one.
pub(super) fn content(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, content)| content)
}

/// Whose key a candidate's documents are sealed with: that of their contractor's stream.
pub fn subject(tenant: &str, candidate: &CandidateId) -> Subject {
    Subject::new(format!("contractor/{tenant}/{candidate}"))
}

impl State {
    /// What the insurer has of it, once it was sent.
    pub fn sent(&self) -> Option<&Sent> {
        react::sent(self)
    }

    /// The document.
    pub fn paper(&self) -> &Paper {
        react::paper(self)
    }
}

/// The certificate workflow.
#[derive(Debug)]
pub struct Certificate;

impl Workflow for Certificate {
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

    fn about(stream: &StreamId, state: &State, _: &Call) -> Option<Subject> {
        Some(subject(stream.tenant(), &state.paper().candidate))
    }

    fn input_name(input: &Input) -> &'static str {
        match input {
            Input::Found(_) => "found",
            Input::ContractorLinked { .. } => "contractor_linked",
            Input::ContractorUnavailable { .. } => "contractor_unavailable",
            Input::ContentKnown { .. } => "content_known",
            Input::ScopeSeen => "scope_seen",
            Input::OutOfScope { .. } => "out_of_scope",
            Input::Vanished => "vanished",
            Input::PersonForgotten { .. } => "person_forgotten",
            Input::Answered { .. } => "answered",
            Input::Reviewed(_) => "reviewed",
            Input::Timer => "timer",
            Input::Accept { .. } => "accept",
            Input::Resubmit { .. } => "resubmit",
            Input::Withdraw { .. } => "withdraw",
        }
    }

    fn headline(state: &State) -> String {
        react::headline(state)
    }

    fn aliases(state: &State) -> Vec<String> {
        react::aliases(state)
    }
}
