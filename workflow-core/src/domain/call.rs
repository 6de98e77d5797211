//! The calls owed to each side and their answers. Every adapter performs these.
//!
//! A definite answer is a variant of [`Answer`]; one that a workflow has no variant for is [`Answer::Refused`]
//! and ends on a person's desk.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::facts::{
    CandidateId, Date, EmailAddress, Facts, Person, PlacementId, RequisitionId, text_id,
};

mod review;
mod sighting;

use super::notice::Note;
use crate::money::Cents;
use crate::time::Timestamp;
pub use review::{CoverageSeen, Review, ReviewStanding, RuleSeen, Said};
pub use sighting::{ApplicationStanding, AssignmentStanding, PolicyStanding, Sighting, Span};

text_id! {
    /// The insurer's id of a contractor.
    ContractorId
}
text_id! {
    /// The insurer's id of a job: one per placement.
    JobId
}
text_id! {
    /// The insurer's id of a quote.
    QuoteId
}
text_id! {
    /// The insurer's id of an application session.
    SessionId
}
text_id! {
    /// The insurer's id of an assignment: coverage for a returning contractor.
    AssignmentId
}
text_id! {
    /// The insurer's id of an insurance policy.
    PolicyId
}
text_id! {
    /// The insurer's id of an invoice: premium for what was earned in a pay period.
    InvoiceId
}
text_id! {
    /// The insurer's id of a certificate of insurance that was handed in.
    CertificateId
}
text_id! {
    /// The insurer's id of a client company.
    EntityId
}
text_id! {
    /// The insurer's code of a job category.
    CategoryCode
}

/// The ATS's ids that go along for reconciliation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct References {
    /// The placement.
    pub placement: PlacementId,
    /// The requisition.
    pub requisition: RequisitionId,
    /// The candidate.
    pub candidate: CandidateId,
}

/// What a job is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wage {
    /// Cents per hour.
    Hourly(Cents),
    /// Cents for the whole engagement.
    FlatFee(Cents),
}

/// `95.00 per hour` or `12000.00 in all`.
impl fmt::Display for Wage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wage::Hourly(cents) => write!(f, "{cents} per hour"),
            Wage::FlatFee(cents) => write!(f, "{cents} in all"),
        }
    }
}

/// A type of coverage that the client requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageType {
    /// General liability.
    General,
    /// Professional liability.
    Professional,
    /// Workers' compensation.
    WorkersComp,
    /// Media liability.
    Media,
    /// Cyber liability.
    Cyber,
}

/// A place in the insurer's terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region {
    /// Two-letter country code.
    pub country: String,
    /// Two-letter state code.
    pub state: String,
}

/// When coverage begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First day of work in the tenant's zone.
    pub first_day: Date,
    /// Last day of work in the tenant's zone, inclusive.
    pub last_day: Date,
    /// Local midnight at which the first day begins; whole seconds.
    pub effective: Timestamp,
    /// Local midnight at which the day after the last one begins; whole seconds.
    pub until: Timestamp,
}

/// A job as the insurer is to know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobTerms {
    /// The role's name.
    pub name: String,
    /// The role's description; never empty.
    pub description: String,
    /// The client.
    pub entity: EntityId,
    /// The category.
    pub category: CategoryCode,
    /// What it pays.
    pub wage: Wage,
    /// Where the work is done; `None` for remote work.
    pub region: Option<Region>,
}

/// What was earned in one pay period, as the insurer is to know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bill {
    /// Who worked, in the ATS.
    pub candidate: CandidateId,
    /// Who worked, at the insurer.
    pub contractor: ContractorId,
    /// On which job.
    pub job: JobId,
    /// The gross pay.
    pub gross: Cents,
    /// The pay period.
    pub period: Window,
}

/// What is asked of the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// ATS: read one placement.
    ReadPlacement {
        /// Which.
        placement: PlacementId,
    },
    /// ATS: read one person.
    ReadPerson {
        /// Who.
        candidate: CandidateId,
    },
    /// Insurer: find the candidate's contractor, or create it.
    LinkContractor {
        /// Who.
        candidate: CandidateId,
        /// Their data.
        person: Person,
        /// The e-mail to use, real or proxy.
        email: EmailAddress,
    },
    /// Insurer: bring a contractor up to date.
    UpdateContractor {
        /// Which contractor.
        contractor: ContractorId,
        /// Who.
        candidate: CandidateId,
        /// Their data.
        person: Person,
        /// The e-mail to use, real or proxy.
        email: EmailAddress,
    },
    /// Insurer: create the placement's job.
    CreateJob {
        /// Whose.
        references: References,
        /// What.
        terms: JobTerms,
    },
    /// Insurer: bring the placement's job up to date.
    UpdateJob {
        /// Which job.
        job: JobId,
        /// Whose.
        references: References,
        /// What.
        terms: JobTerms,
    },
    /// Insurer: ask for a quote.
    CreateQuote {
        /// Whose.
        references: References,
        /// Who works.
        contractor: ContractorId,
        /// What work.
        job: JobId,
        /// Which coverage.
        coverage: Vec<CoverageType>,
        /// From when to when.
        window: Window,
    },
    /// Insurer: bring a quote up to date, which no policy came of yet.
    UpdateQuote {
        /// Which quote.
        quote: QuoteId,
        /// Whose.
        references: References,
        /// Who works.
        contractor: ContractorId,
        /// What work.
        job: JobId,
        /// Which coverage.
        coverage: Vec<CoverageType>,
        /// From when to when.
        window: Window,
    },
    /// Insurer: open an application session for a first-time contractor.
    OpenApplication {
        /// Whose.
        references: References,
        /// For which quote.
        quote: QuoteId,
    },
    /// Insurer: close an application session.
    ExpireApplication {
        /// Which.
        session: SessionId,
    },
    /// Insurer: cover a returning contractor.
    CreateAssignment {
        /// Whose.
        references: References,
        /// Who works.
        contractor: ContractorId,
        /// What work.
        job: JobId,
        /// Which coverage.
        coverage: Vec<CoverageType>,
        /// From when to when.
        window: Window,
    },
    /// Insurer: undo an assignment that has not begun.
    CancelAssignment {
        /// Which.
        assignment: AssignmentId,
        /// Its job, by which the insurer knows it.
        job: JobId,
    },
    /// Insurer: let what covers a job, an assignment or the quote's own policy, last longer.
    ExtendCoverage {
        /// The job, by which the insurer knows it.
        job: JobId,
        /// Until when; whole seconds.
        until: Timestamp,
    },
    /// Insurer: read what covers, as it stands now.
    ReadCoverage {
        /// What.
        bought: Bought,
    },
    /// Insurer: record what was earned in a pay period.
    RecordInvoice {
        /// What, by whom, when.
        bill: Bill,
    },
    /// Insurer: correct what is recorded of a pay period.
    ReplaceInvoice {
        /// Which invoice.
        invoice: InvoiceId,
        /// What it is to say.
        bill: Bill,
    },
    /// Insurer: take back what is recorded of a pay period.
    WithdrawInvoice {
        /// Which invoice.
        invoice: InvoiceId,
        /// What it says.
        bill: Bill,
    },
    /// Insurer: hand in a contractor's own certificate.
    UploadCertificate {
        /// Which document, and whose.
        upload: Upload,
    },
    /// Neither side: tell an endpoint of the tenant's own what happened to a placement.
    Notify {
        /// What, and to which endpoint.
        note: Box<Note>,
    },
}

/// What was bought at the insurer and covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bought {
    /// A policy of the placement's own.
    Policy {
        /// Its id.
        policy: PolicyId,
        /// The quote it came from.
        quote: QuoteId,
    },
    /// An assignment.
    Assignment {
        /// Its id.
        assignment: AssignmentId,
        /// The policy it rests on, where told.
        policy: Option<PolicyId>,
    },
}

/// A document on its way to the insurer. Its bytes are kept beside the log, never in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Upload {
    /// Whose, at the insurer.
    pub contractor: ContractorId,
    /// Whose, in the ATS.
    pub candidate: CandidateId,
    /// The placement that it was handed in for, where one was named.
    pub placement: Option<PlacementId>,
    /// The SHA-256 of its bytes, in hexadecimal: by this it is kept.
    pub sha256: String,
    /// The name under which it goes: names nobody, and no other upload has it.
    pub file_name: String,
}

impl Call {
    /// Which side performs it; `None` where it is neither.
    pub fn side(&self) -> Option<Side> {
        match self {
            Call::ReadPlacement { .. } | Call::ReadPerson { .. } => Some(Side::Ats),
            Call::LinkContractor { .. }
            | Call::UpdateContractor { .. }
            | Call::CreateJob { .. }
            | Call::UpdateJob { .. }
            | Call::CreateQuote { .. }
            | Call::UpdateQuote { .. }
            | Call::OpenApplication { .. }
            | Call::ExpireApplication { .. }
            | Call::CreateAssignment { .. }
            | Call::CancelAssignment { .. }
            | Call::ExtendCoverage { .. }
            | Call::ReadCoverage { .. }
            | Call::RecordInvoice { .. }
            | Call::ReplaceInvoice { .. }
            | Call::WithdrawInvoice { .. }
            | Call::UploadCertificate { .. } => Some(Side::Insurer),
            Call::Notify { .. } => None,
        }
    }
}

impl Call {
    /// The candidate whom it names, if it names one: whose personal data it may carry.
    pub fn candidate(&self) -> Option<&CandidateId> {
        match self {
            Call::ReadPerson { candidate }
            | Call::LinkContractor { candidate, .. }
            | Call::UpdateContractor { candidate, .. } => Some(candidate),
            Call::CreateJob { references, .. }
            | Call::UpdateJob { references, .. }
            | Call::CreateQuote { references, .. }
            | Call::UpdateQuote { references, .. }
            | Call::OpenApplication { references, .. }
            | Call::CreateAssignment { references, .. } => Some(&references.candidate),
            Call::RecordInvoice { bill }
            | Call::ReplaceInvoice { bill, .. }
            | Call::WithdrawInvoice { bill, .. } => Some(&bill.candidate),
            Call::ReadPlacement { .. }
            | Call::ExpireApplication { .. }
            | Call::ExtendCoverage { .. }
            | Call::ReadCoverage { .. }
            | Call::CancelAssignment { .. }
            | Call::Notify { .. } => None,
            Call::UploadCertificate { upload } => Some(&upload.candidate),
        }
    }
}

/// One of the two systems that the domain stands between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// The applicant tracking system.
    Ats,
    /// The insurer.
    Insurer,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The placement as the ATS knows it.
    PlacementRead(Box<Facts>),
    /// The ATS has no such placement (any more).
    PlacementUnknown,
    /// The person as the ATS knows them.
    PersonRead(Person),
    /// The ATS has no such person (any more).
    PersonUnknown,
    /// The contractor exists and is this candidate's.
    ContractorLinked {
        /// Its id.
        contractor: ContractorId,
    },
    /// The e-mail belongs to a contractor that is not this candidate's.
    EmailTaken {
        /// That contractor.
        contractor: ContractorId,
        /// The candidate it says it belongs to, where it says so.
        candidate: Option<CandidateId>,
    },
    /// The contractor is up to date.
    ContractorUpdated,
    /// The job exists with these terms.
    JobReady {
        /// Its id.
        job: JobId,
    },
    /// A quote.
    QuoteIssued {
        /// Its id.
        quote: QuoteId,
        /// Cents of premium per 100 dollars earned, where told.
        net_rate: Option<i64>,
    },
    /// No quote: the insurer says that it will not insure these terms.
    QuoteIneligible {
        /// The quote's id.
        quote: QuoteId,
    },
    /// The quote cannot be changed any more: a new one is needed.
    QuoteFixed,
    /// No quote: the contractor holds a policy that fits; an assignment is the way.
    MatchingPolicy,
    /// An application session is open.
    ApplicationOpened {
        /// Its id.
        session: SessionId,
        /// Where the contractor completes it.
        url: String,
    },
    /// The application session is closed, by this call or before.
    ApplicationClosed,
    /// The application was completed: there is nothing to close, or to open, any more.
    ApplicationComplete,
    /// The assignment exists and will be charged and covered.
    AssignmentCreated {
        /// Its id.
        assignment: AssignmentId,
        /// The policy it rests on, where told.
        policy: Option<PolicyId>,
    },
    /// The assignment was refused: no fitting policy, or not eligible under it.
    AssignmentIneligible {
        /// What the insurer says.
        message: String,
    },
    /// The assignment is undone.
    AssignmentCanceled,
    /// The assignment cannot be undone: it has begun.
    AssignmentBegun,
    /// The coverage lasts as long as was asked.
    CoverageExtended,
    /// What covers, as it stands; of an assignment the policy under it first. What is gone is cancelled.
    CoverageRead {
        /// What was read.
        seen: Vec<Sighting>,
    },
    /// The invoice exists and says this.
    InvoiceRecorded {
        /// Its id, which may be another one than before.
        invoice: InvoiceId,
        /// The premium in cents, where told.
        premium: Option<Cents>,
    },
    /// An invoice of the same pay period exists that says something else.
    InvoiceExists {
        /// Its id.
        invoice: InvoiceId,
        /// What it says, where told.
        says: Option<Cents>,
    },
    /// The invoice is paid: it can be neither changed nor taken back.
    InvoicePaid,
    /// The insurer has no such invoice (any more).
    InvoiceUnknown,
    /// The certificate is handed in; its review is to come.
    CertificateUploaded {
        /// Its id.
        certificate: CertificateId,
    },
    /// The document is not kept any more, so that nothing was sent.
    DocumentGone,
    /// The endpoint took the notice.
    NoticeTaken,
    /// The endpoint says that it wants no more notices.
    EndpointGone,
    /// The provider said no, in a way that needs a person.
    Refused(Refusal),
}

/// A definite no.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The provider's own code, or a word for what happened.
    pub code: String,
    /// The provider's message, without personal data.
    pub message: String,
}
