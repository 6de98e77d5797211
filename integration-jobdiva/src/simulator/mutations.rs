//! What people do to the records in JobDiva's own screens: hire, rate, date, end, cancel, delete, merge.
//!
//! The integration never does any of this. Each change stamps the records it touches with the present moment and
//! lists them for the webhooks; the pay and billing records of a hire come later by themselves. This file is the vocabulary; the doing is in [`desk`].

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::behaviour::Behaviour;
use super::state::Decision;

mod desk;

pub(super) use desk::apply;

/// A candidate to be made for a hire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCandidate {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail; may be empty.
    #[serde(default)]
    pub email: String,
    /// Two-letter home state.
    pub state: String,
}

/// Who is hired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hired {
    /// A candidate on file.
    Candidate(u64),
    /// A new candidate.
    New(NewCandidate),
}

/// A hire: submittal and start in one, with its billing and pay records to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHire {
    /// Who is hired.
    pub who: Hired,
    /// JobDiva job id.
    pub job: u64,
    /// First day.
    pub start: Date,
    /// Last day, if agreed.
    pub end: Option<Date>,
    /// What the worker is paid, as a decimal text.
    pub pay_rate: String,
    /// Unit letter of the pay: `H`, `D`, `Y`.
    pub pay_per: String,
    /// The pay record's category, such as `Independent Contractor`; none: no pay record comes.
    pub category: Option<String>,
}

/// A change to the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Mutation {
    /// Hires somebody; answers the placement id.
    CreateHire(NewHire),
    /// Gives a placement a pay record; it shows at once and is approved later. Answers the record id.
    AddPayRecord {
        /// Placement id.
        placement: u64,
        /// Decimal text.
        amount: String,
        /// Unit letter.
        per: String,
        /// Employment category.
        category: String,
    },
    /// A new salary record with a later EFFECTIVE_DATE (or the old one overwritten, by switch 21); answers its id.
    ChangeRate {
        /// Placement id.
        placement: u64,
        /// Decimal text.
        amount: String,
        /// First day of the new rate.
        effective: Date,
    },
    /// Moves the start and end of a placement and of its billing record.
    MoveDates {
        /// Placement id.
        placement: u64,
        /// New first day.
        start: Date,
        /// New last day.
        end: Option<Date>,
    },
    /// The assignment is closed as planned.
    End {
        /// Placement id.
        placement: u64,
        /// Last day worked.
        day: Date,
    },
    /// The assignment ends before its time.
    Terminate {
        /// Placement id.
        placement: u64,
        /// Last day worked.
        day: Date,
        /// TERMINATIONREASON.
        reason: String,
    },
    /// The start is cancelled.
    Cancel {
        /// Placement id.
        placement: u64,
    },
    /// The placement is deleted: gone from details, listed as deleted.
    Delete {
        /// Placement id.
        placement: u64,
    },
    /// The candidate is deleted.
    DeleteCandidate {
        /// Candidate id.
        candidate: u64,
    },
    /// One candidate becomes another: the old id answers nothing any more.
    Merge {
        /// The id that goes away.
        old: u64,
        /// The id that stays.
        new: u64,
    },
    /// The job is deleted; its placements stay and name it.
    DeleteJob {
        /// Job id.
        job: u64,
    },
    /// One job becomes another: the old id answers nothing any more, its placements name the other.
    MergeJobs {
        /// The id that goes away.
        old: u64,
        /// The id that stays.
        new: u64,
    },
    /// Bills the client for a placement's work; answers the invoice's id.
    AddInvoice {
        /// Placement id.
        placement: u64,
        /// First day billed.
        from: Date,
        /// Last day billed.
        to: Date,
        /// Hours, as a decimal text.
        hours: String,
        /// Amount, as a decimal text.
        amount: String,
    },
    /// Changes the category of every pay record of a placement.
    SetCategory {
        /// Placement id.
        placement: u64,
        /// Employment category.
        category: String,
    },
    /// Changes a candidate's e-mail; empty takes it away.
    SetEmail {
        /// Candidate id.
        candidate: u64,
        /// E-mail.
        email: String,
    },
    /// Takes a candidate's name and e-mail out, as an erasure does.
    Redact {
        /// Candidate id.
        candidate: u64,
    },
    /// Files a document with a candidate; answers its id.
    AddAttachment {
        /// Candidate id.
        candidate: u64,
        /// File name.
        file_name: String,
        /// Attachment type, such as `COI`.
        kind: String,
        /// What is in the file.
        content: Vec<u8>,
    },
    /// A placement's onboarding document, assigned and handed in now; answers its id.
    AddOnboardingDocument {
        /// Placement id.
        placement: u64,
        /// File name.
        file_name: String,
        /// What is in the file.
        content: Vec<u8>,
    },
    /// A timesheet, submitted now and decided a minute later; answers its id.
    AddTimesheet {
        /// Placement id.
        placement: u64,
        /// Last day of the week.
        week_ending: Date,
        /// Regular hours, as a decimal text.
        hours: String,
        /// What is decided.
        decision: Decision,
    },
    /// Corrects a timesheet's hours; what was decided about it stays.
    CorrectTimesheet {
        /// Timesheet id.
        timesheet: u64,
        /// Regular hours, as a decimal text.
        hours: String,
        /// Overtime, as a decimal text.
        overtime: String,
    },
    /// Decides about a timesheet otherwise, at once: an approval taken back, a rejection mended.
    DecideTimesheet {
        /// Timesheet id.
        timesheet: u64,
        /// What is decided now.
        decision: Decision,
    },
    /// Deletes a timesheet: it leaves every answer.
    DeleteTimesheet {
        /// Timesheet id.
        timesheet: u64,
    },
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The id of what was made, or of what was changed.
    pub id: u64,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum MutationError {
    /// No such placement, or it is deleted.
    #[error("placement {0} is not on file")]
    UnknownPlacement(u64),
    /// No such candidate, or it is deleted or merged away.
    #[error("candidate {0} is not on file")]
    UnknownCandidate(u64),
    /// No such job.
    #[error("job {0} is not on file")]
    UnknownJob(u64),
    /// No such timesheet, or it is deleted.
    #[error("timesheet {0} is not on file")]
    UnknownTimesheet(u64),
    /// The placement has no pay record to change.
    #[error("placement {0} has no pay record")]
    NoPayRecord(u64),
    /// The state file could not be written.
    #[error("the state file could not be written")]
    Unsaved(#[from] std::io::Error),
}

fn later(from: Timestamp, secs: u32) -> Timestamp {
    from.plus(Duration::from_secs(secs.into()))
}

/// When the records of a hire show and are approved: billing first, salary an hour after it.
pub(super) struct Arrival {
    pub(super) billing: Timestamp,
    pub(super) billing_approved: Timestamp,
    pub(super) salary: Timestamp,
    pub(super) salary_approved: Timestamp,
}

impl Arrival {
    pub(super) fn after(hired: Timestamp, behaviour: &Behaviour) -> Self {
        let billing = later(hired, behaviour.record_delay_secs);
        let paperwork_secs = if behaviour.record_delay_secs == 0 { 0 } else { 3600 };
        let salary = later(billing, paperwork_secs);
        Self {
            billing,
            billing_approved: later(billing, behaviour.approval_delay_secs),
            salary,
            salary_approved: later(salary, behaviour.approval_delay_secs),
        }
    }
}
