//! What is read of JobDiva's rows: canonical fields, each with the columns under which tenants and methods send it.
//!
//! The first of a field's columns that is not empty counts. Spelling does not: case, blanks and punctuation are left out
//! on both sides. A tenant may give a field other columns per operation (`registry.rs`). What is no field here is never
//! decoded: social security numbers, tax ids and visa states are deliberately absent, and may not be named by a tenant
//! either, and so is everything billed to the client but its place and dates.

use std::fmt;

use serde::{Serialize, Serializer};

/// Columns that are read under no name. Normalised.
const NEVER: [&str; 7] =
    ["ssn", "socialsecuritynumber", "taxid", "visastatus", "dateofbirth", "dob", "passportnumber"];

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal [$($column:literal),*];)*) => {
        /// One thing that is read of a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $variant,)*
        }

        impl Field {
            /// All of them.
            pub const ALL: &'static [Field] = &[$(Field::$variant),*];

            /// Its canonical name, in configuration and messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Field::$variant => $name,)*
                }
            }

            /// The columns that hold it unless a tenant says otherwise, as JobDiva spells them, the best first.
            pub fn columns(self) -> &'static [&'static str] {
                match self {
                    $(Field::$variant => &[$($column),*],)*
                }
            }
        }
    };
}

fields! {
    /// The placement, under the name that the method has for it.
    Placement = "placement_id" ["ACTIVITYID", "STARTID", "PLACEMENTID", "INTERVIEWSCHEDULEID", "submittal id"];
    /// The person.
    Candidate = "candidate_id" ["CANDIDATEID", "EMPLOYEEID", "candidate id in jd"];
    /// The candidate that a merge removed; how the feed calls it is not published.
    MergedFrom = "merged_from" ["OLDCANDIDATEID", "MERGEDCANDIDATEID", "FROMCANDIDATEID", "OLDID", "CANDIDATEIDOLD"];
    /// The candidate that a merge kept.
    MergedInto = "merged_into" ["NEWCANDIDATEID", "TOCANDIDATEID", "INTOCANDIDATEID", "NEWID", "CANDIDATEIDNEW"];
    /// The requisition.
    Requisition = "job_id" ["JOBID", "job id in jd"];
    /// The client.
    Company = "company_id" ["COMPANYID", "CUSTOMERID"];
    /// The client's name.
    CompanyName = "company_name" ["COMPANYNAME"];
    /// The timesheet.
    Timesheet = "timesheet_id" ["TIMESHEETID"];
    /// The record's own id, where a method gives it no other name.
    Id = "id" ["ID"];
    /// A billing or pay record's number within its employee.
    Record = "record_id" ["RECID"];
    /// A person's first name.
    FirstName = "first_name" ["FIRSTNAME"];
    /// A person's last name.
    LastName = "last_name" ["LASTNAME"];
    /// A person's e-mail addresses, the first that can be one.
    Email = "email" ["EMAIL", "ALTERNATEEMAIL"];
    /// A person's telephone.
    Phone = "phone" ["CELLPHONE", "PHONE1", "HOMEPHONE", "WORKPHONE"];
    /// The state of an address.
    State = "state" ["STATE"];
    /// The country of an address.
    Country = "country" ["COUNTRY"];
    /// The requisition's title.
    Title = "job_title" ["JOBTITLE", "TITLE"];
    /// The requisition's description, HTML.
    Description = "job_description" ["JOBDESCRIPTION"];
    /// The requisition's category, in the tenant's words.
    Category = "job_category" ["JOB_CATEGORY"];
    /// Contract, direct placement and the like.
    Position = "position_type" ["POSITIONTYPE", "job type"];
    /// Whether the work may be done from home.
    Flexibility = "onsite_flexibility" ["ONSITE_FLEXIBILITY", "onSiteRemote"];
    /// Whether an activity is a hire.
    Hired = "hire_flag" ["HIREFLAG"];
    /// Whether an activity is rejected.
    Rejected = "reject_flag" ["REJECTFLAG"];
    /// When an activity was rejected.
    RejectedOn = "rejected_on" ["REJECTDATE", "EXTERNALREJECTDATE", "INTERNALREJECTDATE", "date rejected"];
    /// When an activity became a hire.
    PlacedOn = "placed_on" ["PLACEMENTDATE", "hire date"];
    /// How a start stands, in the tenant's words.
    StartStatus = "start_status" ["startStatus"];
    /// When the work was terminated.
    TerminatedOn = "terminated_on" ["TERMINATIONDATE"];
    /// An activity's first day of work.
    ActivityStart = "start_date" ["STARTDATE"];
    /// An activity's last day of work.
    ActivityEnd = "end_date" ["ENDDATE"];
    /// Since when a billing record applies.
    BillingStart = "bill_start" ["START_DATE", "Bill Start", "EFFECTIVE_DATE"];
    /// Until when a billing record applies.
    BillingEnd = "bill_end" ["END_DATE", "Bill End"];
    /// Since when a pay record applies.
    PayStart = "pay_start" ["EFFECTIVE_DATE", "Pay Start", "START_DATE"];
    /// Until when a pay record applies.
    PayEnd = "pay_end" ["END_DATE", "Pay End"];
    /// Whether a record is approved; a feed of 2021 misspells it.
    Approved = "approved" ["APPROVED", "ARRPOVED"];
    /// Whether a record is deleted.
    Deleted = "deleted" ["DELETED"];
    /// Whether a billing record is closed.
    Closed = "closed" ["CLOSED"];
    /// Whether work has begun.
    Begun = "actual_start" ["ACTUALSTART"];
    /// Whether work is over.
    Over = "actual_end" ["ACTUALEND"];
    /// What a pay record pays.
    PayAmount = "pay_amount" ["SALARY", "Pay Rate"];
    /// Per what a pay record pays.
    PayUnit = "pay_unit" ["SALARY_PER", "PAY_RATE_PER"];
    /// What the activity says was agreed.
    AgreedPay = "agreed_pay_amount" ["AGREEDPAYRATE"];
    /// Per what that was agreed.
    AgreedUnit = "agreed_pay_unit" ["PAYFREQUENCY", "pay rate currency/unit", "hourly unit"];
    /// The currency of what is paid.
    Currency = "currency" ["CURRENCY", "hourly currency"];
    /// How the worker is engaged, in the tenant's words.
    Employment = "worker_category" ["EMPLOYMENT_CATEGORY"];
    /// Whether a company of the worker's is paid; spelt so in searches.
    CorpToCorp = "c2c_flag" ["CORPTOCORP", "crop to crop", "OH_C2C", "C2C"];
    /// Whether the worker is on the payroll.
    W2 = "w2_flag" ["OH_W2", "W2"];
    /// The state in which the work is done.
    WorkState = "work_state" ["WORKING_STATE", "WORK_STATE"];
    /// The country in which the work is done.
    WorkCountry = "work_country" ["WORKING_COUNTRY", "WORK_COUNTRY"];
    /// On site, remote or both.
    WorkLocation = "work_location" ["WORKING_LOCATION"];
    /// A timesheet's last day.
    WeekEnding = "week_ending" ["WEEKENDINGDATE", "WEEKENDING"];
    /// How a timesheet stands.
    Status = "status" ["STATUS"];
    /// When a timesheet was approved.
    ApprovedOn = "approved_on" ["DATEAPPROVED"];
    /// All hours of a timesheet.
    HoursWorked = "hours_worked" ["HOURSWORKED"];
    /// Its regular hours.
    RegularHours = "regular_hours" ["REG_HOURS"];
    /// What they are paid: a rate or an amount.
    RegularPay = "regular_pay" ["REG_PAY"];
    /// Per what.
    RegularUnit = "regular_unit" ["REG_PAY_RATE_UNIT"];
    /// Its overtime.
    OvertimeHours = "overtime_hours" ["OT_HOURS"];
    /// What it is paid.
    OvertimePay = "overtime_pay" ["OT_PAY"];
    /// Per what.
    OvertimeUnit = "overtime_unit" ["OT_PAY_RATE_UNIT"];
    /// Its hours at double time.
    DoubleHours = "double_hours" ["DT_HOURS"];
    /// What they are paid.
    DoublePay = "double_pay" ["DT_PAY"];
    /// Per what.
    DoubleUnit = "double_unit" ["DT_PAY_RATE_UNIT"];
    /// When a record was changed last.
    Updated = "updated_at" ["DATEUPDATED", "DATE_MODIFIED", "DATECREATED"];
    /// When one of its user-defined fields was.
    UserFieldsUpdated = "user_fields_updated_at" ["DATEUSERFIELDUPDATED"];
    /// A file's name.
    FileName = "file_name" ["FILENAME", "NAME", "DOCUMENTNAME"];
    /// A file's type, in the tenant's words.
    FileType = "file_type" ["ATTACHMENTTYPE", "TYPE", "DOCUMENTTYPE", "ATTACHMENTTYPENAME"];
    /// What is in a file, base64.
    FileContent = "file_content" ["FILECONTENT", "FILECONTENT_BASE64ENCODED", "CONTENT"];
    /// When a file was uploaded.
    UploadedOn = "uploaded_on" ["UPLOADEDON", "DATEUPLOADED", "DATECREATED"];
    /// The part of an assignment that holds its billing records.
    BillingRecords = "billing_records" ["BILLING"];
    /// The part of an assignment that holds its pay records.
    PayRecords = "pay_records" ["SALARY"];
    /// The part of an assignment that holds two flags.
    Overheads = "overheads" ["OVERHEADS"];
}

/// What is in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Digits.
    Id,
    /// A calendar day or a moment.
    Date,
    /// A yes or no.
    Flag,
    /// An amount or a number of hours.
    Amount,
    /// A word of the tenant's vocabulary, or of JobDiva's; never about a person.
    Word,
    /// Any text: it may be about a person.
    Text,
    /// Rows.
    Rows,
}

impl Field {
    /// What is in it.
    pub fn form(self) -> Form {
        match self {
            Field::Placement
            | Field::Candidate
            | Field::MergedFrom
            | Field::MergedInto
            | Field::Requisition
            | Field::Company
            | Field::Timesheet
            | Field::Id
            | Field::Record => Form::Id,
            Field::RejectedOn
            | Field::PlacedOn
            | Field::TerminatedOn
            | Field::ActivityStart
            | Field::ActivityEnd
            | Field::BillingStart
            | Field::BillingEnd
            | Field::PayStart
            | Field::PayEnd
            | Field::WeekEnding
            | Field::ApprovedOn
            | Field::Updated
            | Field::UserFieldsUpdated
            | Field::UploadedOn => Form::Date,
            Field::Hired
            | Field::Rejected
            | Field::Approved
            | Field::Deleted
            | Field::Closed
            | Field::Begun
            | Field::Over
            | Field::CorpToCorp
            | Field::W2 => Form::Flag,
            Field::PayAmount
            | Field::AgreedPay
            | Field::HoursWorked
            | Field::RegularHours
            | Field::RegularPay
            | Field::OvertimeHours
            | Field::OvertimePay
            | Field::DoubleHours
            | Field::DoublePay => Form::Amount,
            Field::State
            | Field::Country
            | Field::Category
            | Field::Position
            | Field::Flexibility
            | Field::StartStatus
            | Field::PayUnit
            | Field::AgreedUnit
            | Field::Currency
            | Field::Employment
            | Field::WorkState
            | Field::WorkCountry
            | Field::WorkLocation
            | Field::Status
            | Field::RegularUnit
            | Field::OvertimeUnit
            | Field::DoubleUnit
            | Field::FileType => Form::Word,
            Field::CompanyName
            | Field::FirstName
            | Field::LastName
            | Field::Email
            | Field::Phone
            | Field::Title
            | Field::Description
            | Field::FileName
            | Field::FileContent => Form::Text,
            Field::BillingRecords | Field::PayRecords | Field::Overheads => Form::Rows,
        }
    }

    /// The field of that name.
    pub fn named(name: &str) -> Option<Field> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A column's name without case, blanks and punctuation: `Start ID`, `START_ID` and `startId` are one.
///
/// ```
/// use integration_jobdiva::operations::normalise;
///
/// assert_eq!(normalise("Start ID"), normalise("startId"));
/// ```
pub fn normalise(column: &str) -> String {
    column.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a column must not be read, whatever a tenant says.
pub fn is_never_read(column: &str) -> bool {
    NEVER.contains(&normalise(column).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_no_column_is_empty_or_forbidden() {
        for field in Field::ALL {
            assert_eq!(Field::named(field.name()), Some(*field));
            assert!(!field.columns().is_empty(), "{field}");
            for column in field.columns() {
                assert!(!normalise(column).is_empty() && !is_never_read(column), "{column}");
            }
        }
    }

    #[test]
    fn spellings_are_one() {
        for key in ["JOBID", "jobId", "job id", "JOB_ID", "Job ID"] {
            assert_eq!(normalise(key), "jobid");
        }
    }
}
