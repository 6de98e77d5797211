//! The records the simulated tenant holds, and the whole state that is kept on disk.
//!
//! A record carries the *moments* at which it changes, some of them in the future: it is invisible before the first
//! and its DATEUPDATED is the latest that has come. That is how pay records turn up hours after a hire without anyone
//! touching them. Nothing here knows a column name; next: [`super::rows`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::auth::Token;
use super::faults::{Bucket, Fault};
use super::received::Received;
use super::webhooks::{Delivery, WebhookTarget};

/// A record that changes at known moments.
pub(super) trait Moments {
    /// The moments of change; the first is the creation.
    fn moments(&self) -> Vec<Timestamp>;

    /// DATEUPDATED as seen at `now`; none while the record does not exist yet.
    fn updated(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = self.moments();
        moments.first().filter(|created| **created <= now)?;
        moments.into_iter().filter(|moment| *moment <= now).max()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) id: u64,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) country: String,
    pub(super) created: Timestamp,
    pub(super) touched: Timestamp,
    pub(super) deleted: Option<Timestamp>,
    pub(super) merged: Option<Merge>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Merge {
    pub(super) into: u64,
    pub(super) at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Company {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) city: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) created: Timestamp,
}

/// A person at a client company.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) id: u64,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) company: u64,
    pub(super) email: String,
    pub(super) created: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) number: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) category: String,
    pub(super) position_type: String,
    pub(super) company: u64,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) country: String,
    pub(super) pay_min: String,
    pub(super) pay_max: String,
    pub(super) pay_per: String,
    pub(super) currency: String,
    pub(super) created: Timestamp,
    pub(super) touched: Timestamp,
    #[serde(default)]
    pub(super) deleted: Option<Timestamp>,
    #[serde(default)]
    pub(super) merged: Option<Merge>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Termination {
    pub(super) day: Date,
    pub(super) reason: String,
    pub(super) entered: Timestamp,
}

/// One submittal that may become a hire: the row JobDiva also calls start, placement and assignment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Activity {
    pub(super) id: u64,
    pub(super) candidate: u64,
    pub(super) job: u64,
    pub(super) position_type: String,
    pub(super) start: Date,
    pub(super) end: Option<Date>,
    pub(super) pay_rate: String,
    pub(super) pay_per: String,
    pub(super) bill_rate: String,
    pub(super) currency: String,
    pub(super) corp_to_corp: bool,
    pub(super) created: Timestamp,
    pub(super) hired: Option<Timestamp>,
    pub(super) cancelled: Option<Timestamp>,
    pub(super) termination: Option<Termination>,
    pub(super) touched: Timestamp,
    pub(super) deleted: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Closing {
    pub(super) day: Date,
    pub(super) entered: Timestamp,
}

/// The client side of an assignment; keyed by employee and record id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Billing {
    pub(super) employee: u64,
    pub(super) rec: u32,
    pub(super) activity: u64,
    pub(super) job: u64,
    pub(super) start: Date,
    pub(super) end: Option<Date>,
    pub(super) rate: String,
    pub(super) per: String,
    pub(super) currency: String,
    pub(super) location: String,
    pub(super) work_city: String,
    pub(super) work_state: String,
    pub(super) work_country: String,
    pub(super) created: Timestamp,
    pub(super) approved: Timestamp,
    pub(super) closing: Option<Closing>,
    pub(super) touched: Timestamp,
    pub(super) deleted: bool,
}

/// The worker side of an assignment; decides contractor or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Salary {
    pub(super) employee: u64,
    pub(super) rec: u32,
    pub(super) activity: u64,
    pub(super) job: u64,
    pub(super) effective: Date,
    pub(super) end: Option<Date>,
    pub(super) amount: String,
    pub(super) per: String,
    pub(super) category: String,
    pub(super) payee_company: u64,
    pub(super) w2: bool,
    pub(super) c2c: bool,
    pub(super) created: Timestamp,
    pub(super) approved: Timestamp,
    pub(super) touched: Timestamp,
    pub(super) deleted: bool,
}

/// What was decided about a timesheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nobody has decided; it does not show in the approved feed.
    Pending,
    /// It shows in the approved feed.
    Approved,
    /// It never shows in the approved feed.
    Rejected,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Timesheet {
    pub(super) id: u64,
    pub(super) employee: u64,
    pub(super) activity: u64,
    pub(super) job: u64,
    pub(super) week_ending: Date,
    pub(super) regular_hours: String,
    pub(super) overtime_hours: String,
    pub(super) rate: String,
    pub(super) per: String,
    pub(super) submitted: Timestamp,
    pub(super) decision: Decision,
    pub(super) decided: Timestamp,
    /// When somebody last changed what stands on it.
    #[serde(default)]
    pub(super) touched: Timestamp,
    #[serde(default)]
    pub(super) deleted: Option<Timestamp>,
}

/// A client invoice: money in, never what the worker is paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Invoice {
    pub(super) id: u64,
    pub(super) activity: u64,
    pub(super) employee: u64,
    pub(super) job: u64,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) hours: String,
    pub(super) amount: String,
    pub(super) created: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Attachment {
    pub(super) id: u64,
    pub(super) candidate: u64,
    pub(super) file_name: String,
    pub(super) kind: String,
    pub(super) uploaded: Timestamp,
    pub(super) content_base64: String,
}

/// An onboarding document: assigned first, handed in later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Onboarding {
    pub(super) id: u64,
    pub(super) candidate: u64,
    pub(super) placement: u64,
    pub(super) file_name: String,
    pub(super) assigned: Timestamp,
    pub(super) uploaded: Timestamp,
    pub(super) content_base64: String,
}

impl Moments for Candidate {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created, self.touched]
    }
}

impl Moments for Company {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created]
    }
}

impl Moments for Contact {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created]
    }
}

impl Moments for Invoice {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created]
    }
}

impl Moments for Job {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created, self.touched]
    }
}

impl Moments for Activity {
    fn moments(&self) -> Vec<Timestamp> {
        let mut moments = vec![self.created, self.touched];
        moments.extend(self.hired);
        moments.extend(self.cancelled);
        moments.extend(self.termination.as_ref().map(|termination| termination.entered));
        moments
    }
}

impl Moments for Billing {
    fn moments(&self) -> Vec<Timestamp> {
        let mut moments = vec![self.created, self.approved, self.touched];
        moments.extend(self.closing.map(|closing| closing.entered));
        moments
    }
}

impl Moments for Salary {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.created, self.approved, self.touched]
    }
}

impl Moments for Timesheet {
    fn moments(&self) -> Vec<Timestamp> {
        vec![self.submitted, self.decided, self.touched]
    }
}

/// Everything that survives a kill.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) clock: Timestamp,
    /// Changes that came by themselves were turned into webhooks up to this moment.
    pub(super) scanned: Timestamp,
    pub(super) next_id: u64,
    /// BI answers given; chooses the shape of the next odd envelope.
    pub(super) turn: u64,
    pub(super) candidates: BTreeMap<u64, Candidate>,
    pub(super) companies: BTreeMap<u64, Company>,
    #[serde(default)]
    pub(super) contacts: BTreeMap<u64, Contact>,
    pub(super) jobs: BTreeMap<u64, Job>,
    pub(super) activities: BTreeMap<u64, Activity>,
    pub(super) billing: Vec<Billing>,
    pub(super) salary: Vec<Salary>,
    pub(super) timesheets: Vec<Timesheet>,
    #[serde(default)]
    pub(super) invoices: Vec<Invoice>,
    pub(super) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(super) onboarding: Vec<Onboarding>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) ledger: BTreeMap<String, u64>,
    /// The newest requests, oldest first; forgotten by a kill.
    #[serde(skip)]
    pub(super) received: VecDeque<Received>,
    pub(super) faults: Vec<Fault>,
    pub(super) denied: BTreeSet<String>,
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) webhook: Option<WebhookTarget>,
    pub(super) deliveries: Vec<Delivery>,
}

impl State {
    /// A number never given before.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The next billing record id of an employee.
    pub(super) fn next_billing_rec(&self, employee: u64) -> u32 {
        let of_employee = self.billing.iter().filter(|record| record.employee == employee);
        of_employee.map(|record| record.rec).max().unwrap_or(0) + 1
    }

    /// The next salary record id of an employee.
    pub(super) fn next_salary_rec(&self, employee: u64) -> u32 {
        let of_employee = self.salary.iter().filter(|record| record.employee == employee);
        of_employee.map(|record| record.rec).max().unwrap_or(0) + 1
    }

    /// A candidate that can still be read.
    pub(super) fn candidate(&self, id: u64) -> Option<&Candidate> {
        let candidate = self.candidates.get(&id)?;
        (candidate.deleted.is_none() && candidate.merged.is_none()).then_some(candidate)
    }

    /// A job that can still be read.
    pub(super) fn job(&self, id: u64) -> Option<&Job> {
        self.jobs.get(&id).filter(|job| job.deleted.is_none() && job.merged.is_none())
    }

    /// An activity that can still be read.
    pub(super) fn activity(&self, id: u64) -> Option<&Activity> {
        self.activities.get(&id).filter(|activity| activity.deleted.is_none())
    }
}
