//! The BI methods on one page: the end of the path, the spaced name that messages carry, what is read, what it asks for.
//!
//! The router and the OpenAPI document both read this table. Each is there twice: under `/apiv2/bi` with objects,
//! under `/api/bi` with header rows. How they are answered is in [`super::bi`].

use super::feeds::Feed;

/// What a method reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Changes(Feed),
    Candidate,
    Candidates,
    Job,
    Jobs,
    Submittal,
    Submittals,
    SubmittalsOfJobs,
    SubmittalsOfCandidates,
    Assignment,
    BillingOfEmployee,
    BillingRecord,
    SalaryOfEmployee,
    SalaryRecord,
    Attachments,
    Attachment,
    Timesheet,
    TimesheetHours,
    OnboardingList,
    OnboardingOne,
    Invoice,
    Company,
    Companies,
    Contacts,
    Fields,
    Limits,
}

/// A method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) read: Read,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One id.
    Id,
    /// The name repeats, once for each id.
    Ids,
    /// `MM/dd/yyyy HH:mm:ss`, Eastern.
    Wall,
    /// Free text.
    Text,
    /// A count.
    Number,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether there is no answer without it.
    pub(super) required: bool,
}

const fn needs(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: true }
}

const fn takes(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, required: false }
}

impl Read {
    /// What it asks for, `userFieldsName` aside, which all take.
    pub(super) fn parameters(self) -> Vec<Parameter> {
        const CANDIDATE: Parameter = needs("candidateId", Kind::Id);
        const EMPLOYEE: Parameter = needs("employeeId", Kind::Id);
        const RECORD: Parameter = needs("recordId", Kind::Id);
        const FILE: Parameter = needs("fileName", Kind::Text);
        match self {
            Read::Changes(_) => vec![
                needs("fromDate", Kind::Wall),
                needs("toDate", Kind::Wall),
                takes("pageNumber", Kind::Number),
                takes("pageSize", Kind::Number),
            ],
            Read::Candidate | Read::Attachments | Read::OnboardingList => vec![CANDIDATE],
            Read::Candidates | Read::SubmittalsOfCandidates => {
                vec![needs("candidateIds", Kind::Ids)]
            }
            Read::Job => vec![takes("jobId", Kind::Id), takes("jobdivaref", Kind::Text)],
            Read::Jobs | Read::SubmittalsOfJobs => vec![needs("jobIds", Kind::Ids)],
            Read::Submittal => vec![needs("interviewScheduleId", Kind::Id)],
            Read::Submittals => vec![needs("interviewScheduleIds", Kind::Ids)],
            Read::Assignment => vec![takes("startId", Kind::Id), takes("employeeId", Kind::Id)],
            Read::BillingOfEmployee | Read::SalaryOfEmployee => vec![EMPLOYEE],
            Read::BillingRecord | Read::SalaryRecord => vec![EMPLOYEE, RECORD],
            Read::Attachment => vec![CANDIDATE, FILE],
            Read::Timesheet => {
                vec![needs("timesheetId", Kind::Id), takes("isExternal", Kind::Text)]
            }
            Read::TimesheetHours => vec![needs("timesheetIds", Kind::Ids)],
            Read::OnboardingOne => vec![CANDIDATE, needs("interviewId", Kind::Id), FILE],
            Read::Invoice => vec![needs("invoiceId", Kind::Id)],
            Read::Company => vec![needs("companyId", Kind::Id)],
            Read::Companies => vec![needs("companyIds", Kind::Ids)],
            Read::Contacts => vec![needs("contactIds", Kind::Ids)],
            Read::Fields | Read::Limits => vec![],
        }
    }
}

const fn metric(path: &'static str, name: &'static str, read: Read) -> Metric {
    Metric { path, name, read }
}

const fn feed(path: &'static str, name: &'static str, feed: Feed) -> Metric {
    Metric { path, name, read: Read::Changes(feed) }
}

/// All of them, by family.
pub(super) const METRICS: &[Metric] = &[
    metric("CandidateDetail", "Candidate Detail", Read::Candidate),
    metric("CandidatesDetail", "Candidates Detail", Read::Candidates),
    feed("NewUpdatedCandidateRecords", "New/Updated Candidate Records", Feed::Candidates),
    feed("DeletedCandidateRecords", "Deleted Candidate Records", Feed::CandidatesDeleted),
    feed("MergedCandidates", "Merged Candidates", Feed::CandidatesMerged),
    metric("JobDetail", "Job Detail", Read::Job),
    metric("JobsDetail", "Jobs Detail", Read::Jobs),
    feed("NewUpdatedJobRecords", "New/Updated Job Records", Feed::Jobs),
    feed("DeletedJobRecords", "Deleted Job Records", Feed::JobsDeleted),
    feed("MergedJobs", "Merged Jobs", Feed::JobsMerged),
    feed(
        "NewUpdatedSubmittalInterviewHireActivityRecords",
        "New/Updated Submittal/Interview/Hire Activity Records",
        Feed::Activities,
    ),
    feed("NewUpdatedActivityRecords", "New/Updated Activity Records", Feed::ActivitiesSlim),
    feed(
        "SubmittalInterviewHireActivitiesList",
        "Submittal/Interview/Hire Activities List",
        Feed::ActivitiesListed,
    ),
    feed("DeletedActivityRecords", "Deleted Activity Records", Feed::ActivitiesDeleted),
    feed("CancelledStarts", "Cancelled Starts", Feed::StartsCancelled),
    metric("SubmittalDetail", "Submittal Detail", Read::Submittal),
    metric("SubmittalsDetail", "Submittals Detail", Read::Submittals),
    metric("JobsSubmittalsDetail", "Jobs Submittals Detail", Read::SubmittalsOfJobs),
    metric(
        "CandidatesSubmittalsDetail",
        "Candidates Submittals Detail",
        Read::SubmittalsOfCandidates,
    ),
    metric(
        "EmployeeAssignmentRecordsDetail",
        "Employee Assignment Records Detail",
        Read::Assignment,
    ),
    feed("NewUpdatedBillingRecords", "New/Updated Billing Records", Feed::Billing),
    metric(
        "EmployeeBillingRecordsDetail",
        "Employee Billing Records Detail",
        Read::BillingOfEmployee,
    ),
    metric("BillingRecordDetail", "Billing Record Detail", Read::BillingRecord),
    feed("NewUpdatedSalaryRecords", "New/Updated Salary Records", Feed::Salary),
    metric("EmployeeSalaryRecordsDetail", "Employee Salary Records Detail", Read::SalaryOfEmployee),
    metric("SalaryRecordDetail", "Salary Record Detail", Read::SalaryRecord),
    feed("NewUpdatedTimesheetRecords", "New/Updated Timesheet Records", Feed::Timesheets),
    feed(
        "NewUpdatedApprovedTimesheetRecords",
        "New/Updated Approved Timesheet Records",
        Feed::TimesheetsApproved,
    ),
    metric("TimesheetDetail", "Timesheet Detail", Read::Timesheet),
    metric("TimesheetDetailAllHours", "Timesheet Detail All Hours", Read::TimesheetHours),
    feed("NewUpdatedInvoices", "New/Updated Invoices", Feed::Invoices),
    feed("NewInvoices", "New Invoices", Feed::Invoices),
    metric("InvoiceDetail", "Invoice Detail", Read::Invoice),
    metric("CandidateAttachmentList", "Candidate Attachment List", Read::Attachments),
    metric("CandidateAttachmentDetail", "Candidate Attachment Detail", Read::Attachment),
    metric(
        "CandidateOnBoardingDocumentList",
        "Candidate OnBoarding Document List",
        Read::OnboardingList,
    ),
    metric(
        "OnBoardingDocumentsbyCandidate",
        "OnBoarding Documents by Candidate",
        Read::OnboardingList,
    ),
    metric(
        "CandidateOnBoardingDocumentDetail",
        "Candidate OnBoarding Document Detail",
        Read::OnboardingOne,
    ),
    metric("CompanyDetail", "Company Detail", Read::Company),
    metric("CompaniesDetail", "Companies Detail", Read::Companies),
    feed("NewUpdatedCompanyRecords", "New/Updated Company Records", Feed::Companies),
    metric("ContactsDetail", "Contacts Detail", Read::Contacts),
    feed("NewUpdatedContactRecords", "New/Updated Contact Records", Feed::Contacts),
    metric("UserfieldsList", "Userfields List", Read::Fields),
    metric("ApiLimits", "Api Limits", Read::Limits),
];
