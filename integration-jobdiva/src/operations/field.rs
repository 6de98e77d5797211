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
    ($($(#[$doc:meta])* $variant:ident = $name:literal $form:ident [$($column:literal),*];)*) => {
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

            /// What is in it.
            pub fn form(self) -> Form {
                match self {
                    $(Field::$variant => Form::$form,)*
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
    Placement = "placement_id" Id ["ACTIVITYID", "STARTID", "PLACEMENTID", "INTERVIEWSCHEDULEID", "submittal id"];
    /// The person.
    Candidate = "candidate_id" Id ["CANDIDATEID", "EMPLOYEEID", "candidate id in jd"];
    /// The candidate that a merge removed; how the feed calls it is not published.
    MergedFrom = "merged_from" Id ["OLDCANDIDATEID", "MERGEDCANDIDATEID", "FROMCANDIDATEID", "OLDID", "CANDIDATEIDOLD"];
    /// The candidate that a merge kept.
    MergedInto = "merged_into" Id ["NEWCANDIDATEID", "TOCANDIDATEID", "INTOCANDIDATEID", "NEWID", "CANDIDATEIDNEW"];
    /// The requisition.
    Requisition = "job_id" Id ["JOBID", "job id in jd"];
    /// The client.
    Company = "company_id" Id ["COMPANYID", "CUSTOMERID"];
    /// The client's name.
    CompanyName = "company_name" Text ["COMPANYNAME", "company"];
    /// The timesheet.
    Timesheet = "timesheet_id" Id ["TIMESHEETID"];
    /// The client invoice.
    Invoice = "invoice_id" Id ["INVOICEID"];
    /// The record's own id, where a method gives it no other name.
    Id = "id" Id ["ID"];
    /// A billing or pay record's number within its employee.
    Record = "record_id" Id ["RECID"];
    /// A person's first name.
    FirstName = "first_name" Text ["FIRSTNAME", "CANDIDATEFIRSTNAME"];
    /// A person's last name.
    LastName = "last_name" Text ["LASTNAME", "CANDIDATELASTNAME"];
    /// A person's e-mail addresses, the first that can be one.
    Email = "email" Text ["EMAIL", "ALTERNATEEMAIL", "CANDIDATEEMAIL"];
    /// A person's telephone.
    Phone = "phone" Text ["CELLPHONE", "PHONE1", "HOMEPHONE", "WORKPHONE"];
    /// The state of an address.
    State = "state" Word ["STATE"];
    /// The country of an address.
    Country = "country" Word ["COUNTRY"];
    /// The requisition's title.
    Title = "job_title" Text ["JOBTITLE", "TITLE"];
    /// The requisition's description, HTML.
    Description = "job_description" Text ["JOBDESCRIPTION"];
    /// The requisition's category, in the tenant's words; of the catalogue's columns only the beginning of the name is known.
    Category = "job_category" Word ["JOB_CATEGORY", "CATALOG", "CATALOGNAME"];
    /// Contract, direct placement and the like.
    Position = "position_type" Word ["POSITIONTYPE", "job type"];
    /// Whether the work may be done from home.
    Flexibility = "onsite_flexibility" Word ["ONSITE_FLEXIBILITY", "onSiteRemote"];
    /// Whether an activity is a hire.
    Hired = "hire_flag" Flag ["HIREFLAG"];
    /// Whether an activity is rejected.
    Rejected = "reject_flag" Flag ["REJECTFLAG"];
    /// When an activity was rejected.
    RejectedOn = "rejected_on" Date ["REJECTDATE", "EXTERNALREJECTDATE", "INTERNALREJECTDATE", "date rejected"];
    /// When an activity became a hire.
    PlacedOn = "placed_on" Date ["PLACEMENTDATE", "hire date"];
    /// How a start stands, in the tenant's words.
    StartStatus = "start_status" Word ["startStatus"];
    /// When the work was terminated.
    TerminatedOn = "terminated_on" Date ["TERMINATIONDATE"];
    /// An activity's first day of work.
    ActivityStart = "start_date" Date ["STARTDATE"];
    /// An activity's last day of work.
    ActivityEnd = "end_date" Date ["ENDDATE"];
    /// Since when a billing record applies.
    BillingStart = "bill_start" Date ["START_DATE", "Bill Start", "EFFECTIVE_DATE"];
    /// Until when a billing record applies.
    BillingEnd = "bill_end" Date ["END_DATE", "Bill End"];
    /// Since when a pay record applies.
    PayStart = "pay_start" Date ["EFFECTIVE_DATE", "Pay Start", "START_DATE"];
    /// Until when a pay record applies.
    PayEnd = "pay_end" Date ["END_DATE", "Pay End"];
    /// Whether a record is approved; a feed of 2021 misspells it.
    Approved = "approved" Flag ["APPROVED", "ARRPOVED"];
    /// Whether a record is deleted.
    Deleted = "deleted" Flag ["DELETED"];
    /// Whether a billing record is closed.
    Closed = "closed" Flag ["CLOSED"];
    /// Whether work has begun.
    Begun = "actual_start" Flag ["ACTUALSTART"];
    /// Whether work is over.
    Over = "actual_end" Flag ["ACTUALEND"];
    /// What a pay record pays.
    PayAmount = "pay_amount" Amount ["SALARY", "Pay Rate"];
    /// Per what a pay record pays.
    PayUnit = "pay_unit" Word ["SALARY_PER", "PAY_RATE_PER"];
    /// What the activity says was agreed.
    AgreedPay = "agreed_pay_amount" Amount ["AGREEDPAYRATE"];
    /// Per what that was agreed.
    AgreedUnit = "agreed_pay_unit" Word ["PAYFREQUENCY", "pay rate currency/unit", "hourly unit"];
    /// The currency of what is paid.
    Currency = "currency" Word ["CURRENCY", "hourly currency", "pay rate currency"];
    /// How the worker is engaged, in the tenant's words.
    Employment = "worker_category" Word ["EMPLOYMENT_CATEGORY"];
    /// Whether a company of the worker's is paid; spelt so in searches.
    CorpToCorp = "c2c_flag" Flag ["CORPTOCORP", "crop to crop", "C2C", "OH_C2C"];
    /// Whether the worker is on the payroll.
    W2 = "w2_flag" Flag ["W2", "OH_W2"];
    /// The company that is paid for the worker; seen of companies and of contractors alike, so that nothing is decided by it.
    PayeeCompany = "payee_company_id" Id ["SUBCONTRACT_COMPANYID"];
    /// The state in which the work is done.
    WorkState = "work_state" Word ["WORKING_STATE", "WORK_STATE"];
    /// The country in which the work is done.
    WorkCountry = "work_country" Word ["WORKING_COUNTRY", "WORK_COUNTRY"];
    /// On site, remote or both.
    WorkLocation = "work_location" Word ["WORKING_LOCATION"];
    /// A timesheet's last day.
    WeekEnding = "week_ending" Date ["WEEKENDINGDATE", "WEEKENDING"];
    /// How a timesheet stands.
    Status = "status" Word ["STATUS"];
    /// When a timesheet was approved.
    ApprovedOn = "approved_on" Date ["DATEAPPROVED"];
    /// All hours of a timesheet.
    HoursWorked = "hours_worked" Amount ["HOURSWORKED"];
    /// Its regular hours.
    RegularHours = "regular_hours" Amount ["REG_HOURS"];
    /// What they are paid: a rate or an amount.
    RegularPay = "regular_pay" Amount ["REG_PAY"];
    /// Per what.
    RegularUnit = "regular_unit" Word ["REG_PAY_RATE_UNIT"];
    /// Its overtime.
    OvertimeHours = "overtime_hours" Amount ["OT_HOURS"];
    /// What it is paid.
    OvertimePay = "overtime_pay" Amount ["OT_PAY"];
    /// Per what.
    OvertimeUnit = "overtime_unit" Word ["OT_PAY_RATE_UNIT"];
    /// Its hours at double time.
    DoubleHours = "double_hours" Amount ["DT_HOURS"];
    /// What they are paid.
    DoublePay = "double_pay" Amount ["DT_PAY"];
    /// Per what.
    DoubleUnit = "double_unit" Word ["DT_PAY_RATE_UNIT"];
    /// The first day that an invoice bills.
    BilledFrom = "billed_from" Date ["FROMDATE"];
    /// The last day that an invoice bills.
    BilledTo = "billed_to" Date ["TODATE"];
    /// When a record was changed last.
    Updated = "updated_at" Date ["DATEUPDATED", "DATE_MODIFIED", "DATECREATED"];
    /// When one of its user-defined fields was.
    UserFieldsUpdated = "user_fields_updated_at" Date ["DATEUSERFIELDUPDATED"];
    /// A file's name.
    FileName = "file_name" Text ["FILENAME", "NAME", "DOCUMENTNAME"];
    /// A file's type, in the tenant's words.
    FileType = "file_type" Word ["ATTACHMENTTYPE", "TYPE", "DOCUMENTTYPE", "ATTACHMENTTYPENAME"];
    /// What is in a file, base64.
    FileContent = "file_content" Text ["FILECONTENT", "FILECONTENT_BASE64ENCODED", "CONTENT"];
    /// When a file was uploaded.
    UploadedOn = "uploaded_on" Date ["UPLOADEDON", "DATEUPLOADED", "DATECREATED"];
    /// The label of a user-defined field, where the tenant's are listed.
    UserField = "user_field" Word ["FIELDNAME", "USERFIELDNAME", "NAME"];
    /// The part of an assignment that holds its billing records.
    BillingRecords = "billing_records" Rows ["BILLING"];
    /// The part of an assignment that holds its pay records.
    PayRecords = "pay_records" Rows ["SALARY"];
    /// The part of an assignment that holds two flags.
    Overheads = "overheads" Rows ["OVERHEADS"];
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
