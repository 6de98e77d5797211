//! What the insurer keeps: every object ever made, every attempt heard, and what must never have happened.

use std::collections::BTreeMap;

use workflow_core::domain::call::{
    Answer, ApplicationStanding, AssignmentId, AssignmentStanding, Bill, CertificateId,
    ContractorId, InvoiceId, JobId, JobTerms, PolicyId, PolicyStanding, QuoteId, Review,
    ReviewStanding, SessionId, Span, Upload, Window,
};
use workflow_core::domain::facts::{CandidateId, PlacementId};
use workflow_core::time::Timestamp;

use super::Subject;

/// A contractor.
#[derive(Clone, Debug)]
pub struct Contractor {
    /// By which the insurer knows them apart.
    pub email: String,
    /// Whose candidate it says it is.
    pub candidate: Option<CandidateId>,
    /// The given name.
    pub first_name: String,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which placement it was made for.
    pub placement: PlacementId,
    /// As last told.
    pub terms: JobTerms,
}

/// A quote.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Which placement it was made for.
    pub placement: PlacementId,
    /// For whom.
    pub contractor: ContractorId,
    /// For what.
    pub job: JobId,
    /// From when to when.
    pub window: Window,
}

/// An application session.
#[derive(Clone, Debug)]
pub struct Session {
    /// For which quote.
    pub quote: QuoteId,
    /// How far it has come.
    pub standing: ApplicationStanding,
}

impl Session {
    /// Whether the contractor can still complete it.
    pub fn is_live(&self) -> bool {
        matches!(
            self.standing,
            ApplicationStanding::Open { .. } | ApplicationStanding::ManualReview
        )
    }
}

/// An assignment.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Which placement it was made for.
    pub placement: PlacementId,
    /// For what job.
    pub job: JobId,
    /// The policy that it rests on.
    pub policy: PolicyId,
    /// From when to when.
    pub window: Window,
    /// What is said of its days.
    pub says: Span,
    /// Whether it is in force.
    pub standing: AssignmentStanding,
    /// Each change, with its moment.
    pub past: Vec<(Timestamp, AssignmentStanding)>,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which quote it came from.
    pub quote: QuoteId,
    /// Whose it is.
    pub contractor: ContractorId,
    /// Whether it is in force.
    pub standing: PolicyStanding,
    /// When it begins.
    pub effective: Timestamp,
    /// When it runs out.
    pub expires: Timestamp,
    /// Each change, with its moment.
    pub past: Vec<(Timestamp, PolicyStanding)>,
}

/// An invoice.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// What it says, of whom and when.
    pub bill: Bill,
    /// Whether it is paid, and so fixed.
    pub paid: bool,
}

/// A certificate that was handed in.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What came.
    pub upload: Upload,
    /// How its review stands.
    pub review: Review,
    /// How it stood before, and stands now.
    pub past: Vec<ReviewStanding>,
}

/// One attempt that reached the insurer.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Which operation.
    pub operation: String,
    /// The stream that owed it.
    pub stream: String,
    /// The idempotency key.
    pub key: String,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Contractors, by id.
    pub contractors: BTreeMap<ContractorId, Contractor>,
    /// Candidates who are another one by now: the same person.
    pub same: BTreeMap<CandidateId, CandidateId>,
    /// Jobs, by id.
    pub jobs: BTreeMap<JobId, Job>,
    /// Quotes, by id.
    pub quotes: BTreeMap<QuoteId, Quote>,
    /// Sessions, by id.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Assignments, by id.
    pub assignments: BTreeMap<AssignmentId, Assignment>,
    /// Policies, by id.
    pub policies: BTreeMap<PolicyId, Policy>,
    /// Invoices, by id; those that were replaced or withdrawn are gone.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// Certificates, by id.
    pub certificates: BTreeMap<CertificateId, Certificate>,
    /// What was answered under which key, since when.
    pub(super) keys: BTreeMap<String, (Timestamp, Stored)>,
    /// Every attempt that arrived.
    pub heard: Vec<Heard>,
    /// What must never have happened, in words.
    pub violations: Vec<String>,
    /// Signals on their way.
    pub signals: Vec<Subject>,
    made: u32,
}

/// What the insurer replays for a key.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    /// The answer.
    Answer(Answer),
    /// A failure.
    Failure,
}

impl Books {
    /// Ids sort in the order they were made.
    fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:05}", self.made)
    }

    /// Who a candidate is by now.
    pub(super) fn person(&self, candidate: &CandidateId) -> CandidateId {
        let mut who = candidate;
        while let Some(into) = self.same.get(who) {
            who = into;
        }
        who.clone()
    }

    pub(super) fn add_contractor(
        &mut self,
        email: &str,
        candidate: Option<CandidateId>,
    ) -> ContractorId {
        let twin = self.contractors.values().any(|c| c.candidate == candidate);
        if candidate.is_some() && twin {
            self.violations.push(format!("a second contractor for candidate {candidate:?}"));
        }
        let id = ContractorId(self.id("cn"));
        let first_name = String::new();
        self.contractors
            .insert(id.clone(), Contractor { email: email.to_owned(), candidate, first_name });
        id
    }

    pub(super) fn add_job(&mut self, job: Job) -> JobId {
        if self.jobs.values().any(|known| known.placement == job.placement) {
            self.violations.push(format!("a second job for placement {}", job.placement));
        }
        let id = JobId(self.id("jb"));
        self.jobs.insert(id.clone(), job);
        id
    }

    pub(super) fn add_quote(&mut self, quote: Quote) -> QuoteId {
        let id = QuoteId(self.id("qt"));
        self.quotes.insert(id.clone(), quote);
        id
    }

    pub(super) fn add_session(&mut self, quote: &QuoteId) -> SessionId {
        let contractor = self.quotes.get(quote).map(|q| q.contractor.clone());
        let of_same = |s: &&Session| {
            self.quotes.get(&s.quote).map(|q| q.contractor.clone()) == contractor && s.is_live()
        };
        if let Some(other) = self.sessions.values().find(of_same) {
            let text = format!(
                "a session for {quote} while one for {} is live: {contractor:?}",
                other.quote
            );
            self.violations.push(text);
        }
        let id = SessionId(self.id("as"));
        let standing = ApplicationStanding::Open { step: "not_started".into() };
        self.sessions.insert(id.clone(), Session { quote: quote.clone(), standing });
        id
    }

    pub(super) fn add_assignment(&mut self, assignment: Assignment) -> AssignmentId {
        let same = |it: &&Assignment| it.placement == assignment.placement && self.is_live(it);
        if self.assignments.values().any(|it| same(&it)) {
            let text = format!("a second live assignment for placement {}", assignment.placement);
            self.violations.push(text);
        }
        let id = AssignmentId(self.id("ag"));
        self.assignments.insert(id.clone(), assignment);
        self.signals.push(Subject::Assignment(id.clone()));
        id
    }

    /// Records an invoice; a second one of the same work and week must never be.
    pub fn add_invoice(&mut self, bill: Bill) -> InvoiceId {
        if self.invoice_like(&bill).is_some() {
            let week = bill.period.last_day;
            self.violations
                .push(format!("a second invoice for {} in the week to {week}", bill.job));
        }
        let id = InvoiceId(self.id("in"));
        self.invoices.insert(id.clone(), Invoice { bill, paid: false });
        id
    }

    /// The invoice of the same work and week.
    pub fn invoice_like(&self, bill: &Bill) -> Option<(&InvoiceId, &Invoice)> {
        self.invoices.iter().find(|(_, it)| {
            (&it.bill.contractor, &it.bill.job, it.bill.period)
                == (&bill.contractor, &bill.job, bill.period)
        })
    }

    /// Whether an assignment covers, or will: one whose policy is gone does not.
    pub fn is_live(&self, assignment: &Assignment) -> bool {
        matches!(assignment.standing, AssignmentStanding::Pending | AssignmentStanding::Active)
            && self
                .policies
                .get(&assignment.policy)
                .is_some_and(|policy| policy.standing == PolicyStanding::Active)
    }

    pub(super) fn add_policy(&mut self, quote: &QuoteId, now: Timestamp) -> PolicyId {
        let (contractor, window) =
            self.quotes.get(quote).map(|q| (q.contractor.clone(), q.window)).expect("it is quoted");
        let standing = PolicyStanding::Active;
        // Coverage is never retroactive: what is completed late begins with the next day of work.
        let day_secs = 24 * 3600;
        let late_secs = (now.as_secs() - window.effective.as_secs()).max(0);
        let days = (late_secs + day_secs - 1) / day_secs;
        let effective = Timestamp::from_secs(window.effective.as_secs() + days * day_secs);
        let expires = window.until;
        let past = vec![(now, standing)];
        let policy =
            Policy { quote: quote.clone(), contractor, standing, effective, expires, past };
        self.insert_policy(policy)
    }

    pub(super) fn add_foreign_policy(
        &mut self,
        contractor: &ContractorId,
        now: Timestamp,
    ) -> PolicyId {
        let year_secs = 365 * 24 * 3600;
        let standing = PolicyStanding::Active;
        let policy = Policy {
            quote: QuoteId(self.id("qt")),
            contractor: contractor.clone(),
            standing,
            effective: now,
            expires: Timestamp::from_secs(now.as_secs() + year_secs),
            past: vec![(now, standing)],
        };
        self.insert_policy(policy)
    }

    /// The same content comes again only where its review broke down.
    pub(super) fn add_certificate(&mut self, upload: &Upload) -> CertificateId {
        let same = |it: &&Certificate| {
            it.upload.sha256 == upload.sha256
                && it.upload.contractor == upload.contractor
                && it.review.standing != ReviewStanding::Error
        };
        if self.certificates.values().any(|it| same(&it)) {
            self.violations.push(format!("the same content came twice: {upload:?}"));
        }
        let id = CertificateId(self.id("ci"));
        let standing = ReviewStanding::Pending;
        let review = Review { standing, rules: Vec::new(), coverages: Vec::new() };
        self.certificates.insert(
            id.clone(),
            Certificate { upload: upload.clone(), review, past: vec![standing] },
        );
        id
    }

    /// A review that broke down is told by nobody.
    pub(super) fn set_review(&mut self, id: &CertificateId, review: Review) {
        let Some(certificate) = self.certificates.get_mut(id) else { return };
        if review.standing != ReviewStanding::Error {
            self.signals.push(Subject::Certificate(id.clone()));
        }
        certificate.past.push(review.standing);
        certificate.review = review;
    }

    fn insert_policy(&mut self, policy: Policy) -> PolicyId {
        let id = PolicyId(self.id("py"));
        self.policies.insert(id.clone(), policy);
        self.signals.push(Subject::Policy(id.clone()));
        id
    }

    pub(super) fn set_session(&mut self, id: &SessionId, standing: ApplicationStanding) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.is_live() {
            session.standing = standing;
            self.signals.push(Subject::Session(id.clone()));
        }
    }

    pub(super) fn set_policy(&mut self, id: &PolicyId, standing: PolicyStanding, now: Timestamp) {
        let Some(policy) = self.policies.get_mut(id) else { return };
        policy.standing = standing;
        policy.past.push((now, standing));
        self.signals.push(Subject::Policy(id.clone()));
    }

    pub(super) fn set_assignment(
        &mut self,
        id: &AssignmentId,
        standing: AssignmentStanding,
        now: Timestamp,
    ) {
        let Some(assignment) = self.assignments.get_mut(id) else { return };
        assignment.standing = standing;
        assignment.past.push((now, standing));
        self.signals.push(Subject::Assignment(id.clone()));
    }

    pub(super) fn extend_assignment(&mut self, id: &AssignmentId, until: Timestamp) {
        let Some(assignment) = self.assignments.get_mut(id) else { return };
        assignment.window.until = until;
        assignment.says.until = Some(until);
        self.signals.push(Subject::Assignment(id.clone()));
    }

    pub(super) fn extend_policy(&mut self, id: &PolicyId, until: Timestamp) {
        let Some(policy) = self.policies.get_mut(id) else { return };
        policy.expires = until;
        self.signals.push(Subject::Policy(id.clone()));
    }

    /// A policy of the contractor that is in force over the whole window.
    pub(super) fn fitting(&self, contractor: &ContractorId, window: &Window) -> Option<PolicyId> {
        let fits = |policy: &Policy| {
            policy.contractor == *contractor
                && policy.standing == PolicyStanding::Active
                && policy.effective <= window.effective
                && policy.expires >= window.until
        };
        self.policies.iter().find(|(_, policy)| fits(policy)).map(|(id, _)| id.clone())
    }
}
