//! Records as rows: the column names of each BI method, every scalar a string.
//!
//! The same record has different columns in the delta feed and in the detail (ID and CANDIDATEID, JOBTITLE and
//! TITLE): that is the service's doing. Empties are `""` here; [`super::envelope::roughen`] mixes them afterwards.

use jiff::civil::Date;
use serde_json::json;
use workflow_core::time::Timestamp;

use super::behaviour::BillingDates;
use super::eastern;
use super::envelope::Row;
use super::search::starts;
use super::state::{
    Activity, Attachment, Billing, Candidate, Decision, Job, Merge, Moments, Onboarding, Salary,
    State, Timesheet,
};

pub(super) mod accounts;

/// Which user-defined fields a row carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Udfs<'a> {
    /// All of them: webhooks.
    All,
    /// Only those asked for by label: BI methods.
    Named(&'a [String]),
}

/// The tenant's user-defined fields: id, label, and the record they belong to.
pub(super) const FIELDS: [(u32, &str, &str); 2] =
    [(71, "Pay Rate to Vendor", "Salary"), (72, "Employment Type", "Billing")];

/// From where and how records are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// Changes after this moment are not seen (now, less the feed lag).
    pub(super) at: Timestamp,
    pub(super) udfs: Udfs<'a>,
    pub(super) billing_dates: BillingDates,
}

impl View<'_> {
    fn today(&self) -> Date {
        eastern::day_of(self.at)
    }

    fn field(&self, row: &mut Row, label: &str, value: &str) {
        let asked = match self.udfs {
            Udfs::All => true,
            Udfs::Named(names) => names.iter().any(|name| name.replace('_', " ") == label),
        };
        if asked {
            row.insert(label.replace(' ', "_"), json!(value));
        }
    }
}

fn row<const N: usize>(columns: [(&str, String); N]) -> Row {
    columns.into_iter().map(|(column, value)| (column.to_owned(), json!(value))).collect()
}

fn flag(is_set: bool) -> String {
    u8::from(is_set).to_string()
}

fn optional_stamp(at: Option<Timestamp>) -> String {
    at.map(eastern::stamp).unwrap_or_default()
}

fn optional_day(day: Option<Date>) -> String {
    day.map(eastern::day).unwrap_or_default()
}

/// `Hourly` for `H`: the activity's word for a unit.
fn frequency(per: &str) -> &str {
    match per {
        "H" => "Hourly",
        "D" => "Daily",
        "Y" => "Yearly",
        other => other,
    }
}

fn candidate(of: &Candidate, at: Timestamp) -> Row {
    row([
        ("FIRSTNAME", of.first_name.clone()),
        ("LASTNAME", of.last_name.clone()),
        ("EMAIL", of.email.clone()),
        ("ALTERNATEEMAIL", String::new()),
        ("ADDRESS1", format!("{} Alder Row", of.id % 90 + 1)),
        ("ADDRESS2", String::new()),
        ("CITY", of.city.clone()),
        ("STATE", of.state.clone()),
        ("ZIPCODE", String::new()),
        ("CELLPHONE", of.phone.clone()),
        ("HOMEPHONE", String::new()),
        ("WORKPHONE", String::new()),
        ("WORKPHONE_EXT", String::new()),
        ("FAX", String::new()),
        ("DATEUPDATED", optional_stamp(of.updated(at))),
        ("DATEUSERFIELDUPDATED", String::new()),
        ("DATEPROFILEUPDATED", String::new()),
    ])
}

/// `CandidateDetail`.
pub(super) fn candidate_detail(of: &Candidate, view: View<'_>) -> Row {
    let mut columns = candidate(of, view.at);
    columns.extend(row([
        ("ID", of.id.to_string()),
        ("COUNTRY", of.country.clone()),
        ("CURRENTSALARY", String::new()),
        ("CURRENTSALARYPER", String::new()),
        ("RESUMECOUNT", "1".into()),
    ]));
    columns
}

/// `NewUpdatedCandidateRecords`: no country.
pub(super) fn candidate_delta(of: &Candidate, view: View<'_>) -> Row {
    let mut columns = candidate(of, view.at);
    columns.extend(row([
        ("CANDIDATEID", of.id.to_string()),
        ("DATECREATED", eastern::stamp(of.created)),
    ]));
    columns
}

fn job(state: &State, of: &Job, at: Timestamp) -> Row {
    let company = state.companies.get(&of.company);
    row([
        ("JOBDIVANO", of.number.clone()),
        ("COMPANYID", of.company.to_string()),
        ("COMPANYNAME", company.map(|company| company.name.clone()).unwrap_or_default()),
        ("CITY", of.city.clone()),
        ("STATE", of.state.clone()),
        ("ZIPCODE", String::new()),
        ("COUNTRY", of.country.clone()),
        ("POSITIONTYPE", of.position_type.clone()),
        ("JOBSTATUS", "OPEN".into()),
        ("PAYRATEMIN", of.pay_min.clone()),
        ("PAYRATEMAX", of.pay_max.clone()),
        ("CURRENCY", of.currency.clone()),
        ("STARTDATE", eastern::stamp(of.created)),
        ("ENDDATE", String::new()),
        ("FILLS", "1".into()),
        ("PRIORITY", String::new()),
        ("DIVISIONID", "12".into()),
        ("DIVISIONNAME", "West".into()),
        ("CONTACTFIRSTNAME", "Priya".into()),
        ("CONTACTLASTNAME", "Nandakumar".into()),
        ("ONSITE_FLEXIBILITY", String::new()),
        ("DATEUPDATED", optional_stamp(of.updated(at))),
        ("DATESTATUSUPDATED", String::new()),
    ])
}

/// `JobDetail`: ID, JOBTITLE, DATEISSUED, PAYRATEPER; the only one with a description.
pub(super) fn job_detail(state: &State, of: &Job, view: View<'_>) -> Row {
    let mut columns = job(state, of, view.at);
    columns.extend(row([
        ("ID", of.id.to_string()),
        ("JOBTITLE", of.title.clone()),
        ("JOBDESCRIPTION", of.description.clone()),
        ("JOB_CATEGORY", of.category.clone()),
        ("JOBCATALOGID", "3".into()),
        ("REFNO", format!("CL-{}", of.id % 100)),
        ("POSITIONS", "2".into()),
        ("PAYRATEPER", of.pay_per.clone()),
        ("BILLRATEMIN", String::new()),
        ("BILLRATEMAX", String::new()),
        ("BILLRATEPER", of.pay_per.clone()),
        ("DATEISSUED", eastern::stamp(of.created)),
    ]));
    columns
}

/// `NewUpdatedJobRecords`: JOBID, TITLE, ISSUEDATE, PAYFREQUENCY.
pub(super) fn job_delta(state: &State, of: &Job, view: View<'_>) -> Row {
    let mut columns = job(state, of, view.at);
    columns.extend(row([
        ("JOBID", of.id.to_string()),
        ("TITLE", of.title.clone()),
        ("OPENINGS", "2".into()),
        ("OPTIONALREFERENCENO", String::new()),
        ("PAYFREQUENCY", of.pay_per.clone()),
        ("BILLFREQUENCY", of.pay_per.clone()),
        ("ISSUEDATE", eastern::stamp(of.created)),
        ("DATEUSERFIELDUPDATED", String::new()),
    ]));
    columns
}

/// `NewUpdatedActivityRecords`; pay is filled only once hired.
pub(super) fn activity_slim(state: &State, of: &Activity, view: View<'_>) -> Row {
    let hired = of.hired.filter(|at| *at <= view.at);
    let cancelled = of.cancelled.filter(|at| *at <= view.at);
    let ended = of.termination.as_ref().filter(|end| end.entered <= view.at);
    let company = state.jobs.get(&of.job).map(|job| job.company).unwrap_or_default();
    let once_hired = |value: &str| if hired.is_some() { value.to_owned() } else { String::new() };
    row([
        ("ACTIVITYID", of.id.to_string()),
        ("CANDIDATEID", of.candidate.to_string()),
        ("JOBID", of.job.to_string()),
        ("COMPANYID", company.to_string()),
        ("CONTACTID", "9120".into()),
        ("SUBMITTALFLAG", "1".into()),
        ("INTERVIEWFLAG", "1".into()),
        ("HIREFLAG", flag(hired.is_some())),
        ("REJECTFLAG", flag(cancelled.is_some())),
        ("SUBMITTALDATE", eastern::stamp(of.created)),
        ("REJECTDATE", optional_stamp(cancelled)),
        ("REJECTREASON", String::new()),
        ("INTERVIEWDATE", String::new()),
        ("STARTDATE", eastern::day(of.start)),
        ("ENDDATE", optional_day(of.end)),
        ("TERMINATIONDATE", optional_day(ended.map(|end| end.day))),
        ("TERMINATIONREASON", ended.map(|end| end.reason.clone()).unwrap_or_default()),
        ("POSITIONTYPE", of.position_type.clone()),
        ("AGREEDPAYRATE", once_hired(&of.pay_rate)),
        ("PAYFREQUENCY", once_hired(frequency(&of.pay_per))),
        ("AGREEDBILLRATE", once_hired(&of.bill_rate)),
        ("BILLFREQUENCY", once_hired(frequency(&of.pay_per))),
        ("CURRENCY", of.currency.clone()),
        ("CORPTOCORP", flag(of.corp_to_corp)),
        ("DATECREATED", eastern::stamp(of.created)),
        ("DATEUPDATED", optional_stamp(of.updated(view.at))),
        ("DATEUSERFIELDUPDATED", String::new()),
    ])
}

/// `NewUpdatedSubmittalInterviewHireActivityRecords` and `SubmittalDetail`: with names.
pub(super) fn activity_rich(state: &State, of: &Activity, view: View<'_>) -> Row {
    let candidate = state.candidate(of.candidate);
    let job = state.jobs.get(&of.job);
    let mut columns = activity_slim(state, of, view);
    columns.extend(row([
        ("PLACEMENTDATE", optional_stamp(of.hired.filter(|at| *at <= view.at))),
        ("INTERVIEWSCHEDULEDATE", String::new()),
        ("CANDIDATEFIRSTNAME", candidate.map(|of| of.first_name.clone()).unwrap_or_default()),
        ("CANDIDATELASTNAME", candidate.map(|of| of.last_name.clone()).unwrap_or_default()),
        ("CANDIDATEEMAIL", candidate.map(|of| of.email.clone()).unwrap_or_default()),
        ("JOBTITLE", job.map(|job| job.title.clone()).unwrap_or_default()),
        ("JOBREFERENCENUMBER", job.map(|job| job.number.clone()).unwrap_or_default()),
        ("INTERNALSUBMITTALFLAG", "0".into()),
        ("EXTERNALSUBMITTALFLAG", "1".into()),
        ("INTERNALREJECTDATE", String::new()),
        ("EXTERNALREJECTDATE", String::new()),
    ]));
    columns
}

/// `SubmittalInterviewHireActivitiesList`: with the start's status as it is now.
pub(super) fn activity_listed(state: &State, of: &Activity, view: View<'_>) -> Row {
    let mut columns = activity_rich(state, of, view);
    columns.extend(row([
        ("ACTIVITYDATE", optional_stamp(of.updated(view.at))),
        ("START_STATUS", starts::status(of, view.at).into()),
    ]));
    columns
}

/// Whether an assignment is over, and on which day it is said to end.
pub(super) fn billing_end(of: &Billing, at: Timestamp) -> (bool, Option<Date>) {
    let closing = of.closing.filter(|closing| closing.entered <= at);
    let end = closing.map(|closing| closing.day).or(of.end);
    (closing.is_some_and(|closing| closing.day <= eastern::day_of(at)), end)
}

/// `NewUpdatedBillingRecords` and `BillingRecordDetail`.
pub(super) fn billing_delta(state: &State, of: &Billing, view: View<'_>) -> Row {
    let (is_over, end) = billing_end(of, view.at);
    let company = state.jobs.get(&of.job).map(|job| job.company).unwrap_or_default();
    let day = |day: Date| match view.billing_dates {
        BillingDates::Iso => eastern::day(day),
        BillingDates::Us => eastern::us_day(day),
    };
    let mut columns = row([
        ("EMPLOYEEID", of.employee.to_string()),
        ("RECID", of.rec.to_string()),
        ("JOBID", of.job.to_string()),
        ("ACTIVITYID", of.activity.to_string()),
        ("COMPANYID", company.to_string()),
        ("APPROVED", flag(of.approved <= view.at)),
        ("DELETED", flag(of.deleted)),
        ("CLOSED", flag(is_over)),
        ("ACTUALSTART", flag(of.start <= view.today())),
        ("ACTUALEND", flag(is_over)),
        ("START_DATE", day(of.start)),
        ("END_DATE", end.map(day).unwrap_or_default()),
        ("FREQUENCY", "4".into()),
        ("BILL_RATE", of.rate.clone()),
        ("BILL_RATE_PER", of.per.clone()),
        ("OVERTIME_RATE1", String::new()),
        ("OVERTIME_RATE1_PER", String::new()),
        ("HOURS_PER_DAY", "8".into()),
        ("CURRENCY", of.currency.clone()),
        ("WORKING_LOCATION", of.location.clone()),
        ("WORKING_CITY", of.work_city.clone()),
        ("WORKING_STATE", of.work_state.clone()),
        ("WORKING_COUNTRY", of.work_country.clone()),
        ("WORK_CITY", String::new()),
        ("WORK_STATE", String::new()),
        ("WORK_COUNTRY", String::new()),
        ("CREATED_BY", "4410".into()),
        ("DATECREATED", eastern::stamp(of.created)),
        ("DATEUPDATED", optional_stamp(of.updated(view.at))),
    ]);
    view.field(&mut columns, "Employment Type", employment_type(state, of.activity));
    columns
}

/// The tenant's own word for how a worker is engaged; empty until there is a pay record.
fn employment_type(state: &State, activity: u64) -> &'static str {
    let pay = state.salary.iter().find(|pay| pay.activity == activity && !pay.deleted);
    match pay.map(|pay| pay.category.as_str()) {
        None => "",
        Some("Independent Contractor") => "1099",
        Some("Subcontract") => "C2C",
        Some(_) => "W2",
    }
}

/// `EmployeeBillingRecordsDetail`: adds STARTID.
pub(super) fn billing_of_employee(state: &State, of: &Billing, view: View<'_>) -> Row {
    let mut columns = billing_delta(state, of, view);
    columns.extend(row([
        ("STARTID", of.activity.to_string()),
        ("FREQUENCY_LABEL", "Weekly".into()),
        ("NET_BILL", format!("${}/{}", of.rate, of.per)),
    ]));
    columns
}

/// `NewUpdatedSalaryRecords` and the salary details. Carries personal columns no client should keep.
pub(super) fn salary(of: &Salary, view: View<'_>) -> Row {
    let mut columns = row([
        ("EMPLOYEEID", of.employee.to_string()),
        ("RECID", of.rec.to_string()),
        ("JOBID", of.job.to_string()),
        ("ACTIVITYID", of.activity.to_string()),
        ("EFFECTIVE_DATE", eastern::day(of.effective)),
        ("END_DATE", optional_day(of.end)),
        ("APPROVED", flag(of.approved <= view.at)),
        ("DELETED", flag(of.deleted)),
        ("SALARY", of.amount.clone()),
        ("SALARY_PER", of.per.clone()),
        ("OVERTIME_RATE1", String::new()),
        ("OVERTIME_RATE1_PER", String::new()),
        ("PER_DIEM", String::new()),
        ("PER_DIEM_PER", String::new()),
        ("EMPLOYMENT_CATEGORY", of.category.clone()),
        ("SUBCONTRACT_COMPANYID", of.payee_company.to_string()),
        ("OH_W2", flag(of.w2)),
        ("OH_C2C", flag(of.c2c)),
        ("PAYMENT_FREQUENCY", "4".into()),
        ("COMMENTS", String::new()),
        // Never issued: no social security number starts with 000.
        ("SSN", format!("000-00-{:04}", of.employee % 10_000)),
        ("TAXID", String::new()),
        ("VISA_STATUS", "Not disclosed".into()),
        ("DATECREATED", eastern::stamp(of.created)),
        ("DATEUPDATED", optional_stamp(of.updated(view.at))),
    ]);
    view.field(&mut columns, "Pay Rate to Vendor", &of.amount);
    columns
}

/// How a timesheet stands at a moment.
pub(super) fn timesheet_status(of: &Timesheet, at: Timestamp) -> &'static str {
    match (of.decided <= at).then_some(of.decision) {
        None | Some(Decision::Pending) => "PENDING",
        Some(Decision::Approved) => "APPROVED",
        Some(Decision::Rejected) => "REJECTED",
    }
}

/// `NewUpdatedTimesheetRecords`; the approved feed has the same row with DATEAPPROVED filled.
pub(super) fn timesheet(state: &State, of: &Timesheet, view: View<'_>) -> Row {
    let rec = |recs: Vec<u32>| recs.into_iter().max().unwrap_or(0).to_string();
    let billing = state.billing.iter().filter(|record| record.activity == of.activity);
    let salary = state.salary.iter().filter(|record| {
        record.activity == of.activity && record.effective <= of.week_ending && !record.deleted
    });
    let decided = (of.decided <= view.at).then_some(of.decision);
    let status = timesheet_status(of, view.at);
    let approved = (decided == Some(Decision::Approved)).then_some(of.decided);
    row([
        ("TIMESHEETID", of.id.to_string()),
        ("EMPLOYEEID", of.employee.to_string()),
        ("STARTID", of.activity.to_string()),
        ("JOBID", of.job.to_string()),
        ("BILLING_RECID", rec(billing.map(|record| record.rec).collect())),
        ("SALARY_RECID", rec(salary.map(|record| record.rec).collect())),
        ("WEEKENDINGDATE", eastern::day(of.week_ending)),
        ("HOURS_DESCRIPTION", String::new()),
        ("REG_HOURS", of.regular_hours.clone()),
        ("OT_HOURS", of.overtime_hours.clone()),
        ("DT_HOURS", "0".into()),
        ("REG_PAY", of.rate.clone()),
        ("REG_PAY_RATE_UNIT", of.per.clone()),
        ("OT_PAY", of.rate.clone()),
        ("OT_PAY_RATE_UNIT", of.per.clone()),
        ("DT_PAY", String::new()),
        ("STATUS", status.into()),
        ("DATECREATED", eastern::stamp(of.submitted)),
        ("DATEAPPROVED", optional_stamp(approved)),
        ("DATEUPDATED", optional_stamp(of.updated(view.at))),
    ])
}

/// `CandidateAttachmentList`.
pub(super) fn attachment_listed(of: &Attachment) -> Row {
    row([
        ("ID", of.id.to_string()),
        ("FILENAME", of.file_name.clone()),
        ("ATTACHMENTTYPE", of.kind.clone()),
        ("UPLOADEDON", eastern::stamp(of.uploaded)),
        ("DESCRIPTION", String::new()),
    ])
}

/// `CandidateAttachmentDetail`.
pub(super) fn attachment_detail(of: &Attachment) -> Row {
    row([
        ("ID", of.id.to_string()),
        ("FILENAME", of.file_name.clone()),
        ("FILECONTENT", of.content_base64.clone()),
        ("UPLOADEDON", eastern::stamp(of.uploaded)),
    ])
}

/// `CandidateOnBoardingDocumentList`.
pub(super) fn onboarding_listed(of: &Onboarding, at: Timestamp) -> Row {
    let is_here = of.uploaded <= at;
    let status = if is_here { "Completed" } else { "Pending" };
    row([
        ("CANDIDATEID", of.candidate.to_string()),
        ("ID", of.id.to_string()),
        ("FILENAME", of.file_name.clone()),
        ("STATUS", status.into()),
        ("ASSIGNEDON", eastern::stamp(of.assigned)),
        ("UPLOADEDON", optional_stamp(is_here.then_some(of.uploaded))),
    ])
}

/// `CandidateOnBoardingDocumentDetail`.
pub(super) fn onboarding_detail(of: &Onboarding) -> Row {
    row([("FILECONTENT", of.content_base64.clone())])
}

/// `UserfieldsList`.
pub(super) fn field((id, label, record): (u32, &str, &str)) -> Row {
    row([
        ("ID", id.to_string()),
        ("FIELDNAME", label.to_owned()),
        ("FIELDTYPE", "Text".into()),
        ("FIELDSIZE", "50".into()),
        ("FIELDFOR", record.to_owned()),
        ("MANDATORY", "0".into()),
        ("TABNAME", String::new()),
    ])
}

/// A deleted record: its id column and DATEDELETED.
pub(super) fn deleted(column: &str, id: u64, at: Timestamp) -> Row {
    row([(column, id.to_string()), ("DATEDELETED", eastern::stamp(at))])
}

/// `MergedCandidates` and `MergedJobs`; the column names are not public, these are a guess.
pub(super) fn merged(column: &str, old: u64, merge: Merge) -> Row {
    let (from, into) = (format!("OLD{column}"), format!("NEW{column}"));
    row([
        (from.as_str(), old.to_string()),
        (into.as_str(), merge.into.to_string()),
        ("DATEMERGED", eastern::stamp(merge.at)),
    ])
}

/// `CancelledStarts`; the column names are not public, these are a guess.
pub(super) fn cancelled(of: &Activity, at: Timestamp) -> Row {
    row([
        ("STARTID", of.id.to_string()),
        ("CANDIDATEID", of.candidate.to_string()),
        ("JOBID", of.job.to_string()),
        ("DATECANCELLED", eastern::stamp(at)),
    ])
}
