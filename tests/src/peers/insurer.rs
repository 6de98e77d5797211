//! The insurer: a ledger of everything that was made there, the rules by which it answers, and the people around it
//! (contractors who apply, underwriters who cancel). It allows what its rules allow and notes what must never happen.
//!
//! `books.rs` is what it keeps, `answers.rs` how it answers calls; here is what happens at it by itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Call, CertificateId,
    ContractorId, PolicyId, PolicyStanding, QuoteId, Review, SessionId, Sighting, Span,
};
use workflow_core::domain::facts::PlacementId;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::{Clock, ManualClock};

mod answers;
mod books;

pub use books::{Assignment, Books, Certificate, Heard, Invoice, Job, Policy, Quote, Session};

use super::fault::Faults;

/// Something at the insurer that a signal may name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An application session.
    Session(SessionId),
    /// An assignment.
    Assignment(AssignmentId),
    /// A policy.
    Policy(PolicyId),
    /// A certificate.
    Certificate(CertificateId),
}

/// The insurer.
#[derive(Debug)]
pub struct Insurer {
    clock: ManualClock,
    books: Mutex<Books>,
    /// What goes wrong with the next calls.
    pub faults: Faults,
}

impl Insurer {
    /// An insurer with empty books.
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, books: Mutex::default(), faults: Faults::default() }
    }

    /// The books; do not hold them over a call.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one attempt at a call.
    pub fn perform(&self, call: &Call, operation: &str, attempt: &Attempt) -> Outcome<Answer> {
        let fault = self.faults.take(operation);
        answers::attempt(&mut self.books(), call, operation, attempt, fault)
    }

    /// Reads something as it is now, as an adapter does when a signal names it.
    pub fn read(&self, subject: &Subject) -> Option<Sighting> {
        read(&self.books(), subject)
    }

    /// The signals that went out since the last time.
    pub fn take_signals(&self) -> Vec<Subject> {
        std::mem::take(&mut self.books().signals)
    }

    /// Every idempotency key is forgotten, long before its time.
    pub fn forget_keys(&self) {
        self.books().keys.clear();
    }

    /// A stranger's contractor, made by hand.
    pub fn know_stranger(&self, email: &str, candidate: Option<&str>) -> ContractorId {
        self.books().add_contractor(email, candidate.map(Into::into))
    }

    /// The contractor moves the application on.
    pub fn advance(&self, session: &SessionId, step: &str) {
        let standing = ApplicationStanding::Open { step: step.to_owned() };
        self.books().set_session(session, standing);
    }

    /// The insurer's staff has a look at the application.
    pub fn review(&self, session: &SessionId) {
        self.books().set_session(session, ApplicationStanding::ManualReview);
    }

    /// The insurer declines the application.
    pub fn decline(&self, session: &SessionId) {
        self.books().set_session(session, ApplicationStanding::Ineligible);
    }

    /// The application runs out.
    pub fn run_out(&self, session: &SessionId) {
        self.books().set_session(session, ApplicationStanding::Expired);
    }

    /// The contractor completes the application; its policy begins with the quote's window, or with the next day where
    /// that has begun.
    pub fn complete(&self, session: &SessionId) -> Option<PolicyId> {
        let mut books = self.books();
        if !books.sessions.get(session).is_some_and(Session::is_live) {
            return None;
        }
        books.set_session(session, ApplicationStanding::Complete);
        let quote = books.sessions.get(session).map(|it| it.quote.clone())?;
        Some(books.add_policy(&quote, self.clock.now()))
    }

    /// A policy that the contractor bought by themselves, for a year.
    pub fn bought_elsewhere(&self, contractor: &ContractorId) -> PolicyId {
        let now = self.clock.now();
        self.books().add_foreign_policy(contractor, now)
    }

    /// A policy gets another standing.
    pub fn set_policy(&self, policy: &PolicyId, standing: PolicyStanding) {
        let now = self.clock.now();
        self.books().set_policy(policy, standing, now);
    }

    /// An assignment gets another standing.
    pub fn set_assignment(&self, assignment: &AssignmentId, standing: AssignmentStanding) {
        let now = self.clock.now();
        self.books().set_assignment(assignment, standing, now);
    }

    /// What the insurer says of an assignment's days, whatever it was asked for.
    pub fn say_of(&self, assignment: &AssignmentId, says: Span) {
        let mut books = self.books();
        if let Some(known) = books.assignments.get_mut(assignment) {
            known.says = says;
        }
        books.signals.push(Subject::Assignment(assignment.clone()));
    }

    /// The review of a certificate goes on.
    pub fn review_certificate(&self, certificate: &CertificateId, review: Review) {
        self.books().set_review(certificate, review);
    }

    /// The latest certificate with this content.
    pub fn certificate_of(&self, sha256: &str) -> Option<CertificateId> {
        let books = self.books();
        let mut all = books.certificates.iter().rev();
        all.find(|(_, it)| it.upload.sha256 == sha256).map(|(id, _)| id.clone())
    }

    /// The latest live session of a placement.
    pub fn session_of(&self, placement: &PlacementId) -> Option<SessionId> {
        let books = self.books();
        let of = |id: &QuoteId| books.quotes.get(id).is_some_and(|q| q.placement == *placement);
        books.sessions.iter().rev().find(|(_, it)| of(&it.quote)).map(|(id, _)| id.clone())
    }

    /// The latest assignment of a placement.
    pub fn assignment_of(&self, placement: &PlacementId) -> Option<AssignmentId> {
        let books = self.books();
        let mut all = books.assignments.iter().rev();
        all.find(|(_, it)| it.placement == *placement).map(|(id, _)| id.clone())
    }

    /// The latest policy that came from a placement's quotes.
    pub fn policy_of(&self, placement: &PlacementId) -> Option<PolicyId> {
        let books = self.books();
        let of = |id: &QuoteId| books.quotes.get(id).is_some_and(|q| q.placement == *placement);
        books.policies.iter().rev().find(|(_, it)| of(&it.quote)).map(|(id, _)| id.clone())
    }
}

/// Something as it is now.
fn read(books: &Books, subject: &Subject) -> Option<Sighting> {
    match subject {
        Subject::Policy(id) => books.policies.get(id).map(|policy| Sighting::Policy {
            policy: id.clone(),
            quote: policy.quote.clone(),
            standing: policy.standing,
            effective: policy.effective,
            expires: policy.expires,
        }),
        Subject::Assignment(id) => books.assignments.get(id).map(|it| Sighting::Assignment {
            assignment: id.clone(),
            job: it.job.clone(),
            standing: it.standing,
            dates: it.says,
            policy_dates: books.policies.get(&it.policy).map(dates).unwrap_or_default(),
        }),
        Subject::Certificate(id) => books
            .certificates
            .get(id)
            .map(|it| Sighting::Certificate { certificate: id.clone(), review: it.review.clone() }),
        Subject::Session(id) => books.sessions.get(id).map(|it| Sighting::Application {
            session: id.clone(),
            quote: Some(it.quote.clone()),
            standing: it.standing.clone(),
        }),
    }
}

fn dates(policy: &Policy) -> Span {
    Span { from: Some(policy.effective), until: Some(policy.expires) }
}
