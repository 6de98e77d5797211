//! The columns that are read, each with the names under which tenants and methods send it.
//!
//! Names are kept normalised (see [`normalise`]). What is not listed here is not decoded: SSN, TAXID and
//! VISA_STATUS are deliberately absent, and so is everything billed to the client but its place and dates.

use std::collections::BTreeSet;

/// A key without case, blanks and punctuation: `Start ID`, `START_ID` and `startId` are one.
pub(crate) fn normalise(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A value's names, in order: the first that is not empty wins.
pub(crate) type Column = &'static [&'static str];

pub(crate) const PLACEMENT: Column =
    &["activityid", "startid", "placementid", "interviewscheduleid", "submittalid"];
pub(crate) const CANDIDATE: Column = &["candidateid", "employeeid", "candidateidinjd"];
/// The two ends of a merge; how the feed calls them is not published, so that every likely name is read.
pub(crate) const MERGED_FROM: Column =
    &["oldcandidateid", "mergedcandidateid", "fromcandidateid", "oldid", "candidateidold"];
pub(crate) const MERGED_INTO: Column =
    &["newcandidateid", "tocandidateid", "intocandidateid", "newid", "candidateidnew"];
pub(crate) const REQUISITION: Column = &["jobid", "jobidinjd"];
pub(crate) const COMPANY: Column = &["companyid", "customerid"];
pub(crate) const COMPANY_NAME: Column = &["companyname"];
pub(crate) const TIMESHEET: Column = &["timesheetid"];
/// The record's own id: only in `candidate.get` and `job.get`.
pub(crate) const ID: Column = &["id"];
pub(crate) const RECORD: Column = &["recid"];

pub(crate) const FIRST_NAME: Column = &["firstname"];
pub(crate) const LAST_NAME: Column = &["lastname"];
pub(crate) const EMAIL: Column = &["email", "alternateemail"];
pub(crate) const PHONE: Column = &["cellphone", "phone1", "homephone", "workphone"];
pub(crate) const STATE: Column = &["state"];
pub(crate) const COUNTRY: Column = &["country"];

pub(crate) const TITLE: Column = &["jobtitle", "title"];
pub(crate) const DESCRIPTION: Column = &["jobdescription"];
pub(crate) const CATEGORY: Column = &["jobcategory"];
pub(crate) const POSITION: Column = &["positiontype", "jobtype"];
pub(crate) const FLEXIBILITY: Column = &["onsiteflexibility", "onsiteremote"];

pub(crate) const HIRED: Column = &["hireflag"];
pub(crate) const REJECTED: Column = &["rejectflag"];
pub(crate) const REJECTED_ON: Column =
    &["rejectdate", "externalrejectdate", "internalrejectdate", "daterejected"];
pub(crate) const PLACED_ON: Column = &["placementdate", "hiredate"];
pub(crate) const START_STATUS: Column = &["startstatus"];
pub(crate) const TERMINATED_ON: Column = &["terminationdate"];

pub(crate) const ACTIVITY_START: Column = &["startdate"];
pub(crate) const ACTIVITY_END: Column = &["enddate"];
pub(crate) const BILLING_START: Column = &["startdate", "billstart", "effectivedate"];
pub(crate) const BILLING_END: Column = &["enddate", "billend"];
pub(crate) const PAY_START: Column = &["effectivedate", "paystart", "startdate"];
pub(crate) const PAY_END: Column = &["enddate", "payend"];

pub(crate) const APPROVED: Column = &["approved", "arrpoved"];
pub(crate) const DELETED: Column = &["deleted"];
pub(crate) const CLOSED: Column = &["closed"];
pub(crate) const BEGUN: Column = &["actualstart"];
pub(crate) const OVER: Column = &["actualend"];

pub(crate) const SALARY: Column = &["salary", "payrate"];
pub(crate) const SALARY_UNIT: Column = &["salaryper", "payrateper"];
pub(crate) const AGREED_PAY: Column = &["agreedpayrate"];
pub(crate) const AGREED_UNIT: Column = &["payfrequency", "payratecurrencyunit", "hourlyunit"];
pub(crate) const CURRENCY: Column = &["currency", "hourlycurrency"];
pub(crate) const EMPLOYMENT: Column = &["employmentcategory"];
pub(crate) const CORP_TO_CORP: Column = &["corptocorp", "croptocrop", "ohc2c", "c2c"];
pub(crate) const W2: Column = &["ohw2", "w2"];

pub(crate) const WORK_STATE: Column = &["workingstate", "workstate"];
pub(crate) const WORK_COUNTRY: Column = &["workingcountry", "workcountry"];
pub(crate) const WORK_LOCATION: Column = &["workinglocation"];

pub(crate) const WEEK_ENDING: Column = &["weekendingdate", "weekending"];
pub(crate) const STATUS: Column = &["status"];
pub(crate) const APPROVED_ON: Column = &["dateapproved"];
pub(crate) const HOURS_WORKED: Column = &["hoursworked"];
pub(crate) const REGULAR_HOURS: Column = &["reghours"];
pub(crate) const REGULAR_PAY: Column = &["regpay"];
pub(crate) const REGULAR_UNIT: Column = &["regpayrateunit"];
pub(crate) const OVERTIME_HOURS: Column = &["othours"];
pub(crate) const OVERTIME_PAY: Column = &["otpay"];
pub(crate) const OVERTIME_UNIT: Column = &["otpayrateunit"];
pub(crate) const DOUBLE_HOURS: Column = &["dthours"];
pub(crate) const DOUBLE_PAY: Column = &["dtpay"];
pub(crate) const DOUBLE_UNIT: Column = &["dtpayrateunit"];

pub(crate) const UPDATED: Column = &["dateupdated", "datemodified", "datecreated"];
pub(crate) const USER_FIELDS_UPDATED: Column = &["dateuserfieldupdated"];

pub(crate) const FILE_NAME: Column = &["filename", "name", "documentname"];
pub(crate) const FILE_TYPE: Column =
    &["attachmenttype", "type", "documenttype", "attachmenttypename"];
pub(crate) const FILE_CONTENT: Column = &["filecontent", "filecontentbase64encoded", "content"];
pub(crate) const UPLOADED_ON: Column = &["uploadedon", "dateuploaded", "datecreated"];

/// The parts of an assignment row that hold rows themselves.
pub(crate) const BILLING: &str = "billing";
pub(crate) const PAY: &str = "salary";
pub(crate) const OVERHEADS: &str = "overheads";
/// Lists of `{"fieldName": .., "fieldValue": ..}`, in which some answers put user-defined fields.
pub(crate) const USER_FIELD_LISTS: &[&str] = &["userfields", "udfs", "udf"];
pub(crate) const FIELD_NAME: Column = &["fieldname"];
pub(crate) const FIELD_VALUE: Column = &["fieldvalue"];

const ACTIVITY_COLUMNS: &[Column] = &[
    PLACEMENT,
    CANDIDATE,
    REQUISITION,
    COMPANY,
    COMPANY_NAME,
    TITLE,
    POSITION,
    HIRED,
    REJECTED,
    REJECTED_ON,
    PLACED_ON,
    START_STATUS,
    TERMINATED_ON,
    ACTIVITY_START,
    ACTIVITY_END,
    AGREED_PAY,
    AGREED_UNIT,
    CURRENCY,
    CORP_TO_CORP,
    UPDATED,
    USER_FIELDS_UPDATED,
];
const RECORD_COLUMNS: &[Column] = &[
    PLACEMENT,
    CANDIDATE,
    REQUISITION,
    COMPANY,
    RECORD,
    START_STATUS,
    BILLING_START,
    BILLING_END,
    PAY_START,
    PAY_END,
    APPROVED,
    DELETED,
    CLOSED,
    BEGUN,
    OVER,
    SALARY,
    SALARY_UNIT,
    CURRENCY,
    EMPLOYMENT,
    CORP_TO_CORP,
    W2,
    WORK_STATE,
    WORK_COUNTRY,
    WORK_LOCATION,
    UPDATED,
    USER_FIELDS_UPDATED,
];
const CANDIDATE_COLUMNS: &[Column] =
    &[ID, CANDIDATE, FIRST_NAME, LAST_NAME, EMAIL, PHONE, STATE, COUNTRY];
const JOB_COLUMNS: &[Column] = &[
    ID,
    REQUISITION,
    COMPANY,
    COMPANY_NAME,
    TITLE,
    DESCRIPTION,
    CATEGORY,
    POSITION,
    STATE,
    COUNTRY,
    FLEXIBILITY,
    CURRENCY,
];
const DOCUMENT_COLUMNS: &[Column] = &[ID, PLACEMENT, FILE_NAME, FILE_TYPE, UPLOADED_ON];
const TOUCH_COLUMNS: &[Column] =
    &[PLACEMENT, CANDIDATE, REQUISITION, COMPANY, RECORD, TIMESHEET, UPDATED, USER_FIELDS_UPDATED];
/// One line of the census.
const START_COLUMNS: &[Column] =
    &[ID, PLACEMENT, CANDIDATE, REQUISITION, PLACED_ON, START_STATUS, ACTIVITY_END];

const TIMESHEET_COLUMNS: &[Column] = &[
    TIMESHEET,
    PLACEMENT,
    WEEK_ENDING,
    STATUS,
    APPROVED_ON,
    HOURS_WORKED,
    REGULAR_HOURS,
    REGULAR_PAY,
    REGULAR_UNIT,
    OVERTIME_HOURS,
    OVERTIME_PAY,
    OVERTIME_UNIT,
    DOUBLE_HOURS,
    DOUBLE_PAY,
    DOUBLE_UNIT,
    CURRENCY,
    UPDATED,
];

/// Which kind of row is read, and so which columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A submittal that may have become a hire.
    Activity,
    /// An assignment, or a billing or pay record.
    Record,
    /// A person.
    Candidate,
    /// A person's home: nothing that names them.
    Home,
    /// A requisition.
    Job,
    /// A timesheet.
    Timesheet,
    /// A file of a candidate, without what is in it.
    Document,
    /// What is in a file.
    Content,
    /// Ids and stamps only: a feed or a webhook, read to know what to read.
    Touch,
    /// A line of the census of starts.
    Start,
    /// A merge of two candidates.
    Merge,
}

/// The normalised keys that are decoded.
#[derive(Clone, Debug)]
pub(crate) struct Allowed(BTreeSet<String>);

impl Allowed {
    /// The columns of a kind of row, and the tenant's user-defined fields.
    pub(crate) fn new(kind: Kind, user_fields: &[&str]) -> Self {
        let columns: &[Column] = match kind {
            Kind::Activity => ACTIVITY_COLUMNS,
            Kind::Record => RECORD_COLUMNS,
            Kind::Candidate => CANDIDATE_COLUMNS,
            Kind::Home => &[ID, CANDIDATE, STATE, COUNTRY],
            Kind::Job => JOB_COLUMNS,
            Kind::Timesheet => TIMESHEET_COLUMNS,
            Kind::Document => DOCUMENT_COLUMNS,
            Kind::Content => &[FILE_CONTENT],
            Kind::Touch => TOUCH_COLUMNS,
            Kind::Start => START_COLUMNS,
            Kind::Merge => &[MERGED_FROM, MERGED_INTO, UPDATED],
        };
        let known = columns.iter().flat_map(|column| column.iter()).map(|name| (*name).to_owned());
        Self(known.chain(user_fields.iter().map(|field| normalise(field))).collect())
    }

    /// Whether a normalised key is decoded.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    /// The same with the two keys of a list of user-defined fields.
    pub(crate) fn with_field_lists(&self) -> Self {
        let mut keys = self.0.clone();
        keys.extend([FIELD_NAME[0].to_owned(), FIELD_VALUE[0].to_owned()]);
        Self(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 11] = [
        Kind::Activity,
        Kind::Record,
        Kind::Candidate,
        Kind::Home,
        Kind::Job,
        Kind::Timesheet,
        Kind::Document,
        Kind::Content,
        Kind::Touch,
        Kind::Start,
        Kind::Merge,
    ];

    #[test]
    fn spellings_are_one() {
        for key in ["JOBID", "jobId", "job id", "JOB_ID", "Job ID"] {
            assert_eq!(normalise(key), "jobid");
        }
    }

    #[test]
    fn names_are_kept_normalised_and_the_worst_are_absent() {
        for kind in KINDS {
            let allowed = Allowed::new(kind, &[]);
            assert!(allowed.0.iter().all(|key| *key == normalise(key)));
            for never in ["ssn", "taxid", "visastatus", "billrate", "netbill", "payratemax"] {
                assert!(!allowed.holds(never), "{kind:?} {never}");
            }
        }
        assert!(!Allowed::new(Kind::Home, &[]).holds("email"));
        assert!(Allowed::new(Kind::Record, &["Employment_Type"]).holds("employmenttype"));
    }
}
