//! What the states of a placement carry. `state/after.rs` is what a change after the fact leaves, `state/loss.rs` the
//! ways in which coverage is lost.

use serde::{Deserialize, Serialize};

use crate::domain::call::{
    AssignmentId, Bought, CertificateId, ContractorId, JobId, PolicyId, QuoteId, Refusal, SessionId,
};
use crate::domain::certificate::{Accepted, Proof};
use crate::domain::facts::{CandidateId, Date, PlacementId};
use crate::domain::terms::{Brief, Difference, Missing, OutOfScope, Terms};
use crate::time::Timestamp;

mod after;
mod certified;
mod loss;
mod steps;

pub use after::{Amendment, Closer, Rest, Unseen};
pub use loss::{Loss, had_begun};

/// How far the facts of a placement suffice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "one per placement, and most are ready")]
pub enum Readiness {
    /// They are to be read (again).
    Unread,
    /// Something is missing.
    Held {
        /// What.
        missing: Vec<Missing>,
    },
    /// They suffice; the contractor is waited for.
    Ready {
        /// What would be insured.
        terms: Terms,
    },
}

/// Terms and the contractor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Engagement {
    /// What is to be insured.
    pub terms: Terms,
    /// Who works, at the insurer.
    pub contractor: ContractorId,
    /// Where the placement stands in the contractor's queue.
    pub turn: Turn,
    /// The contractor's own certificates that stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// What a person was reminded of last, about coverage that ends too early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Reminder>,
    /// Of which beginning of work a person was told that what was to be undone before is not undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue: Option<Reminder>,
    /// What of a change the insurer is still to be told.
    pub amendment: Amendment,
    /// Whom the call in flight names, where that is another id of the same person by now: what may have its effect at any
    /// moment is not changed under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called_for: Option<CandidateId>,
}

/// Terms, the contractor and the job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hired {
    /// Terms and the contractor.
    pub engagement: Engagement,
    /// The placement's job at the insurer.
    pub job: JobId,
}

/// Where a placement stands in its contractor's queue for an application session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Turn {
    /// It never asked.
    None,
    /// It asked, for the `round`th time.
    Asked {
        /// How often it has asked.
        round: u32,
    },
    /// It no longer needs what it asked for in that round.
    Over {
        /// How often it has asked.
        round: u32,
        /// What came of it.
        ended: Ended,
    },
}

/// How a placement's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ended {
    /// With coverage: the contractor has opted in.
    Insured,
    /// Without.
    Unused,
}

impl Engagement {
    pub(super) fn new(terms: Terms, contractor: ContractorId) -> Self {
        let (turn, amendment) = (Turn::None, Amendment::None);
        let (proofs, reminded, overdue, called_for) = (Vec::new(), None, None, None);
        Self { terms, contractor, turn, proofs, reminded, overdue, amendment, called_for }
    }
}

impl Intent {
    /// Whether what is open is being undone.
    pub(super) fn undoes(&self) -> bool {
        !matches!(self, Intent::Stay | Intent::Late { .. })
    }

    /// What of it outlives a flag: a hold is the flag itself.
    pub(super) fn kept(&self) -> Intent {
        match self {
            Intent::Stay | Intent::Hold { .. } | Intent::Late { .. } => Intent::Stay,
            Intent::Cancel { .. } | Intent::Change { .. } | Intent::Exclude { .. } => self.clone(),
        }
    }
}

impl Turn {
    /// The next request.
    pub(super) fn again(self) -> Self {
        match self {
            Turn::None => Turn::Asked { round: 1 },
            Turn::Asked { round } | Turn::Over { round, .. } => {
                Turn::Asked { round: round.saturating_add(1) }
            }
        }
    }

    /// The end of the present request, if there is one.
    pub(super) fn over(self, ended: Ended) -> Self {
        match self {
            Turn::None => Turn::None,
            Turn::Asked { round } => Turn::Over { round, ended },
            Turn::Over { round, ended: before } => {
                Turn::Over { round, ended: if before == Ended::Insured { before } else { ended } }
            }
        }
    }
}

/// What a placement that left the road still tells its contractor.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Release {
    /// Whose queue.
    pub candidate: CandidateId,
    /// Which placement.
    pub placement: PlacementId,
    /// Where it stood.
    pub turn: Turn,
}

impl Release {
    pub(super) fn of(engagement: Engagement, ended: Ended) -> Self {
        Self {
            candidate: engagement.terms.references.candidate,
            placement: engagement.terms.references.placement,
            turn: engagement.turn.over(ended),
        }
    }

    pub(super) fn nothing(candidate: CandidateId, placement: PlacementId) -> Self {
        Self { candidate, placement, turn: Turn::None }
    }
}

/// Whether the job is to be made or brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wanted {
    /// There is none yet.
    Create,
    /// It exists with other terms.
    Update(JobId),
}

/// What entitles the placement to coverage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Basis {
    /// A quote.
    Quote {
        /// Its id.
        quote: QuoteId,
        /// Cents of premium per 100 dollars earned, where told.
        net_rate: Option<i64>,
    },
    /// The insurer said that the contractor holds a policy that fits.
    MatchingPolicy,
}

impl Basis {
    /// What is left to do with it once the terms are others.
    pub(super) fn outdated(&self) -> Amendment {
        match self {
            Basis::Quote { quote, .. } => Amendment::Quote(quote.clone()),
            Basis::MatchingPolicy => Amendment::None,
        }
    }

    /// What it lets the placement ask its contractor's workflow for.
    pub(super) fn need(&self) -> Need {
        match self {
            Basis::Quote { .. } => Need::Either,
            Basis::MatchingPolicy => Need::Assignment,
        }
    }
}

/// The way from a quote to coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Road {
    /// The contractor's workflow decides which, and when.
    Asked(Need),
    /// Its turn has come.
    Taken(Leave),
}

/// What a placement asks its contractor's workflow for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Need {
    /// Whichever fits.
    Either,
    /// An application: an assignment was refused.
    Application,
    /// An assignment: a policy that fits is on file.
    Assignment,
}

/// Which way a placement may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Leave {
    /// Open an application session.
    Application,
    /// Create an assignment.
    Assignment,
}

/// What is to happen once the call in flight, or the thing to undo, is out of the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Intent {
    /// Go on.
    Stay,
    /// The placement was called off.
    Cancel {
        /// Why.
        reason: String,
        /// Who called it off.
        by: Closer,
    },
    /// The terms changed.
    Change {
        /// What is to be insured now.
        terms: Box<Terms>,
    },
    /// It is not a contractor placement after all.
    Exclude {
        /// Why.
        evidence: OutOfScope,
    },
    /// A person must look: the facts no longer suffice.
    Hold {
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// A person must look: work has begun, and the call in flight is not answered.
    Late {
        /// So many days of work have begun uncovered.
        days: i64,
    },
}

/// An open application session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Application {
    /// Its quote.
    pub quote: QuoteId,
    /// Its id.
    pub session: SessionId,
    /// Where the contractor completes it.
    pub url: String,
    /// How far the contractor has come, in the insurer's word.
    pub progress: String,
    /// When a person is to be reminded of it, earliest first; only what is still to come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remind_at: Vec<Timestamp>,
    /// What a person was reminded of last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Reminder>,
}

/// Something that is about to run out, and of which a person was reminded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reminder {
    /// The moment that was planned for it.
    pub at: Timestamp,
    /// Of an application the first day of work; of coverage its last day.
    pub day: Date,
}

/// Coverage in force, as read at the insurer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coverage {
    /// What was read.
    pub evidence: Evidence,
    /// When it begins.
    pub effective: Timestamp,
    /// When it runs out.
    pub expires: Timestamp,
}

impl Coverage {
    /// The same, lasting until then at least.
    pub(super) fn lasting(self, until: Timestamp) -> Self {
        Self { expires: self.expires.max(until), ..self }
    }
}

/// What proves coverage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Evidence {
    /// A policy, fetched and found in force.
    Policy {
        /// Its id.
        policy: PolicyId,
        /// The quote it came from.
        quote: QuoteId,
    },
    /// An assignment, fetched and found in force.
    Assignment {
        /// Its id.
        assignment: AssignmentId,
        /// The policy it rests on, where told.
        policy: Option<PolicyId>,
    },
    /// The contractor's own certificate, by the tenant's rule: nothing was bought.
    Certificate {
        /// Its id at the insurer.
        certificate: CertificateId,
        /// Who took it for good.
        accepted: Accepted,
    },
}

impl Evidence {
    /// What of it was bought at the insurer; nothing for a certificate.
    pub(super) fn bought(&self) -> Option<Bought> {
        match self.clone() {
            Evidence::Policy { policy, quote } => Some(Bought::Policy { policy, quote }),
            Evidence::Assignment { assignment, policy } => {
                Some(Bought::Assignment { assignment, policy })
            }
            Evidence::Certificate { .. } => None,
        }
    }
}

/// Why a person must look.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Issue {
    /// Coverage was lost.
    CoverageLost {
        /// How.
        loss: Loss,
    },
    /// A call was refused.
    Refused {
        /// Which one.
        operation: String,
        /// What the provider said.
        refusal: Refusal,
    },
    /// The insurer will not insure these terms.
    QuoteIneligible,
    /// The insurer declined the contractor's application.
    ApplicationIneligible,
    /// The application ran out before the contractor completed it.
    ApplicationExpired,
    /// The policy on file does not fit, and no quote is at hand.
    AssignmentIneligible {
        /// What the insurer says.
        message: String,
    },
    /// The contractor cannot be linked.
    Contractor {
        /// Why.
        reason: String,
    },
    /// Work has begun without coverage.
    StartPassed {
        /// So many days of work have begun uncovered.
        days: i64,
    },
    /// Coverage is in force, and began after work did.
    Gap {
        /// So many days of work have begun uncovered.
        days: i64,
        /// The first day of work.
        from: Date,
        /// The day on which coverage began.
        to: Date,
    },
    /// The facts no longer suffice.
    Unclear {
        /// What is missing.
        missing: Vec<Missing>,
    },
    /// The terms changed and coverage is bought already.
    TermsChanged {
        /// The terms now.
        terms: Box<Terms>,
        /// In what they differ.
        differences: Vec<Difference>,
    },
    /// The work lasts longer, and the insurer will not extend the coverage.
    NotExtended {
        /// The terms now.
        terms: Box<Terms>,
        /// In what they differ.
        differences: Vec<Difference>,
        /// What the insurer said.
        refusal: Refusal,
    },
    /// Work ended early, and the tenant does not want coverage beyond it.
    EndedEarly {
        /// The last day of work.
        on: Date,
        /// The last day of coverage.
        until: Date,
    },
    /// The ATS has it alive again after it was closed; what it had is not seen in force yet.
    Reopened {
        /// Why it was closed.
        reason: String,
    },
    /// The placement was called off and coverage is bought already.
    CanceledWhileCovered {
        /// Why it was called off.
        reason: String,
    },
    /// The candidate is gone from the ATS and coverage is bought already.
    CandidateGone {
        /// Why.
        reason: String,
    },
    /// It is no contractor placement any more and coverage is bought already.
    OutOfScopeWhileCovered {
        /// Why.
        evidence: OutOfScope,
    },
}

/// Where a flagged placement goes on once a person has looked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Back {
    /// Waiting for the contractor.
    Discovered {
        /// The placement.
        brief: Brief,
        /// Its name in the ATS.
        placement: PlacementId,
        /// The job to make, or to take up again.
        job: Wanted,
    },
    /// Waiting for the job.
    Contractor {
        /// Terms and contractor.
        engagement: Engagement,
        /// The job to make or to change.
        job: Wanted,
    },
    /// Waiting for a quote.
    Job {
        /// Terms, contractor and job.
        hired: Hired,
    },
    /// On the road from a quote.
    Quote {
        /// Terms, contractor and job.
        hired: Hired,
        /// What entitles it.
        basis: Basis,
    },
    /// Waiting for the contractor's application.
    Application {
        /// Terms, contractor and job.
        hired: Hired,
        /// The session.
        application: Application,
        /// What is to happen once the session is closed.
        intent: Intent,
    },
    /// Waiting for the assignment to come into force.
    Assignment {
        /// Terms, contractor and job.
        hired: Hired,
        /// The assignment.
        assignment: AssignmentId,
        /// The policy it rests on, where told.
        policy: Option<PolicyId>,
        /// What is to happen once the assignment is undone.
        intent: Intent,
    },
    /// Covered.
    Coverage {
        /// Terms, contractor and job.
        hired: Hired,
        /// The coverage.
        coverage: Coverage,
        /// What a person is shown next, once this flag is settled.
        unseen: Unseen,
    },
    /// Coverage is gone: a new quote is the way on, unless the old coverage comes back.
    Lost {
        /// Terms, contractor and job.
        hired: Hired,
        /// What proved the coverage that was lost.
        evidence: Evidence,
        /// What is to be insured now, by the facts seen last.
        wanted: Box<Terms>,
    },
}

impl Back {
    /// What is left to do with its quote once the terms are others.
    pub(super) fn outdated(&self) -> Amendment {
        match self {
            Back::Quote { basis, .. } => basis.outdated(),
            Back::Application { application, .. } => Amendment::Quote(application.quote.clone()),
            Back::Discovered { .. }
            | Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Assignment { .. }
            | Back::Coverage { .. }
            | Back::Lost { .. } => Amendment::None,
        }
    }

    /// The contractor's engagement, once there is one.
    pub fn engagement(&self) -> Option<&Engagement> {
        match self {
            Back::Discovered { .. } => None,
            Back::Contractor { engagement, .. } => Some(engagement),
            Back::Job { hired }
            | Back::Quote { hired, .. }
            | Back::Application { hired, .. }
            | Back::Assignment { hired, .. }
            | Back::Coverage { hired, .. }
            | Back::Lost { hired, .. } => Some(&hired.engagement),
        }
    }

    /// The job to make, or to take up again.
    pub fn job(&self) -> Wanted {
        match self {
            Back::Discovered { job, .. } | Back::Contractor { job, .. } => job.clone(),
            Back::Job { hired }
            | Back::Quote { hired, .. }
            | Back::Application { hired, .. }
            | Back::Assignment { hired, .. }
            | Back::Coverage { hired, .. }
            | Back::Lost { hired, .. } => Wanted::Update(hired.job.clone()),
        }
    }

    /// Where it goes on when it is to begin anew, with these terms, on the job that it has.
    pub(super) fn anew(&self, terms: Terms) -> Option<Back> {
        let engagement = self.engagement()?.clone().with(terms).over(Ended::Unused);
        let engagement = engagement.amended(self.outdated());
        Some(Back::Contractor { engagement, job: self.job() })
    }

    /// First day of work, where known.
    pub fn start(&self) -> Option<Date> {
        match self {
            Back::Discovered { brief, .. } => brief.start,
            Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Application { .. }
            | Back::Assignment { .. }
            | Back::Coverage { .. }
            | Back::Lost { .. } => self.engagement().map(|e| e.terms.window.first_day),
        }
    }
}
