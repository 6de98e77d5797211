//! The defaults that are shipped, written out a second time: what public sources say of the operations and of the names of
//! columns, and the limits that hold where nobody sets others. A change of a default is a change of this file.

use std::time::Duration;

use integration_jobdiva::config::Config;
use integration_jobdiva::operations::{
    EnvelopeForm, Field, Method, Need, OffsetUnit, Operation, Paging, ParamEncoding, normalise,
    written_duration,
};
use integration_jobdiva::secret::Secret;

/// Name, verb, path, parameters as they are called on the wire, how it is asked, what depends on it.
const OPERATIONS: &str = "
auth.v2_pair | GET | /apiv2/v2/authenticate | clientid username password | once | required
auth.v2_text | GET | /apiv2/authenticate | clientid username password | once | optional
auth.v2_login | POST | /apiv2/v2/login | clientId userName password | once | optional
auth.v1_text | GET | /api/authenticate | clientid username password | once | optional
auth.refresh | GET | /apiv2/v2/refreshToken | | once | optional
candidate.get | GET | /apiv2/bi/CandidateDetail | candidateId userFieldsName | once | required
candidate.delta | GET | /apiv2/bi/NewUpdatedCandidateRecords | fromDate toDate | window | required
candidate.merged | GET | /apiv2/bi/MergedCandidates | fromDate toDate | window | optional
candidate.deleted | GET | /apiv2/bi/DeletedCandidateRecords | fromDate toDate | window | optional
job.get | GET | /apiv2/bi/JobDetail | jobId | once | required
job.delta | GET | /apiv2/bi/NewUpdatedJobRecords | fromDate toDate | window | required
placement.delta | GET | /apiv2/bi/NewUpdatedSubmittalInterviewHireActivityRecords | fromDate toDate userFieldsName | window | required
placement.delta_alt | GET | /apiv2/bi/NewUpdatedActivityRecords | fromDate toDate userFieldsName | window | helpful
placement.search | POST | /apiv2/jobdiva/searchStart | candidateid jobId startDateFrom | offset maxreturned 100 | helpful
placement.census | POST | /apiv2/jobdiva/searchStart | startDateFrom | offset maxreturned 100 | helpful
placement.deleted | GET | /apiv2/bi/DeletedActivityRecords | fromDate toDate | window | optional
placement.assignment | GET | /apiv2/bi/EmployeeAssignmentRecordsDetail | startId userFieldsName | once | helpful
placement.detail | GET | /apiv2/bi/SubmittalDetail | interviewScheduleId | once | helpful
pay.delta | GET | /apiv2/bi/NewUpdatedSalaryRecords | fromDate toDate userFieldsName | window | required
pay.by_employee | GET | /apiv2/bi/EmployeeSalaryRecordsDetail | employeeId userFieldsName | once | helpful
billing.delta | GET | /apiv2/bi/NewUpdatedBillingRecords | fromDate toDate userFieldsName | window | required
billing.by_employee | GET | /apiv2/bi/EmployeeBillingRecordsDetail | employeeId userFieldsName | once | helpful
timesheet.delta | GET | /apiv2/bi/NewUpdatedTimesheetRecords | fromDate toDate | window | optional
timesheet.approved_delta | GET | /apiv2/bi/NewUpdatedApprovedTimesheetRecords | fromDate toDate | window | optional
timesheet.get | GET | /apiv2/bi/TimesheetDetail | timesheetId | once | optional
invoice.delta | GET | /apiv2/bi/NewUpdatedInvoices | fromDate toDate | window | optional
invoice.get | GET | /apiv2/bi/InvoiceDetail | invoiceId | once | optional
document.list | GET | /apiv2/bi/CandidateAttachmentList | candidateId | once | optional
document.get | GET | /apiv2/bi/CandidateAttachmentDetail | candidateId fileName | once | optional
onboarding.list | GET | /apiv2/bi/CandidateOnBoardingDocumentList | candidateId | once | optional
onboarding.get | GET | /apiv2/bi/CandidateOnBoardingDocumentDetail | candidateId interviewId fileName | once | optional
company.get | GET | /apiv2/bi/CompanyDetail | companyId | once | optional
udf.list | GET | /apiv2/bi/UserfieldsList | | once | setup
limits.get | GET | /apiv2/bi/ApiLimits | | once | setup
";

fn need(need: Need) -> &'static str {
    match need {
        Need::Required => "required",
        Need::Helpful => "helpful",
        Need::Optional => "optional",
        Need::Setup => "setup",
    }
}

/// How an operation is asked, in the words of the table.
fn asked(operation: Operation) -> String {
    let spec = operation.usual();
    match (&spec.window, &spec.paging) {
        (None, Paging::None) => "once".to_owned(),
        (Some(_), Paging::None) => "window".to_owned(),
        (None, Paging::Offset { unit: OffsetUnit::Auto, size, offset_name, size_name }) => {
            format!("{offset_name} {size_name} {size}")
        }
        other => panic!("{operation}: {other:?}"),
    }
}

#[test]
fn each_operation_is_asked_as_public_sources_have_it() {
    let ours: Vec<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let spec = operation.usual();
            let params = spec.params.values().filter(|name| !name.is_empty());
            let params: Vec<&str> = params.map(String::as_str).collect();
            let (verb, path) = (spec.method, &spec.path);
            let params = format!("{} ", params.join(" "));
            let params = params.trim_start();
            let (asked, need) = (asked(*operation), need(spec.need));
            format!("{operation} | {verb} | {path} | {params}| {asked} | {need}")
        })
        .collect();
    let theirs: Vec<&str> = OPERATIONS.trim().lines().collect();
    assert_eq!(ours, theirs);
    for operation in Operation::ALL {
        let spec = operation.usual();
        assert_eq!(spec.envelope, EnvelopeForm::Auto, "{operation}");
        let encoding = match spec.method {
            Method::Get => ParamEncoding::Repeat,
            Method::Post => ParamEncoding::JsonBody,
        };
        assert_eq!(spec.param_encoding, encoding, "{operation}");
        assert_eq!(spec.enabled, *operation != Operation::LoginRefresh, "{operation}");
        let Some(window) = spec.window else { continue };
        let lengths = [window.max, window.overlap, window.min].map(written_duration);
        assert_eq!(lengths, ["13d", "90m", "1h"], "{operation}");
        assert_eq!(window.format.to_string(), "MM/dd/yyyy HH:mm:ss", "{operation}");
        assert_eq!(window.zone, None, "{operation}: the tenant's");
    }
}

/// What is read, by its names in configuration, and under which columns sources have seen it, the best first.
const ALIASES: &[(&str, &str)] = &[
    (
        "candidate_id id",
        "CANDIDATEID, EMPLOYEEID, candidate id, candidate id in jd, candidateid, ID",
    ),
    ("job_id id", "JOBID, job id, job id in jd, ID, id"),
    (
        "placement_id id",
        "ACTIVITYID, STARTID, Start ID, PLACEMENTID, INTERVIEWSCHEDULEID, submittal id, id",
    ),
    ("first_name", "FIRSTNAME, first name, CANDIDATEFIRSTNAME"),
    ("last_name", "LASTNAME, last name, CANDIDATELASTNAME"),
    ("email", "EMAIL, ALTERNATEEMAIL, email, alternate email, CANDIDATEEMAIL, candidate email"),
    ("phone", "CELLPHONE, PHONE1, phone 1, HOMEPHONE, WORKPHONE"),
    ("state", "STATE, state"),
    ("country", "COUNTRY, country"),
    ("job_title", "JOBTITLE, TITLE, job title"),
    ("job_description", "JOBDESCRIPTION, job description"),
    ("job_category", "JOB_CATEGORY, CATALOG"),
    ("company_id", "COMPANYID, COMPANY_ID, company id, customer id, CUSTOMERID"),
    ("company_name", "COMPANYNAME, company"),
    ("position_type", "POSITIONTYPE, position type, job type"),
    ("start_date bill_start", "STARTDATE, START_DATE, start date, Bill Start, EFFECTIVE_DATE"),
    ("end_date bill_end", "ENDDATE, END_DATE, end date, Bill End"),
    ("terminated_on", "TERMINATIONDATE"),
    ("pay_amount agreed_pay_amount", "SALARY, Pay Rate, AGREEDPAYRATE, agreed pay rate"),
    (
        "pay_unit agreed_pay_unit",
        "SALARY_PER, PAY_RATE_PER, PAYFREQUENCY, pay rate currency/unit, hourly unit",
    ),
    ("currency", "CURRENCY, hourly currency, pay rate currency"),
    ("worker_category", "EMPLOYMENT_CATEGORY, Employment Category"),
    ("c2c_flag", "CORPTOCORP, crop to crop, C2C, OH_C2C"),
    ("w2_flag", "W2, OH_W2"),
    ("payee_company_id", "SUBCONTRACT_COMPANYID"),
    ("work_state", "WORKING_STATE, WORK_STATE"),
    ("work_country", "WORKING_COUNTRY, WORK_COUNTRY"),
    ("approved", "APPROVED, ARRPOVED"),
    ("closed", "CLOSED"),
    ("deleted", "DELETED"),
    ("actual_start", "ACTUALSTART"),
    ("actual_end", "ACTUALEND"),
    ("hire_flag", "HIREFLAG"),
    ("start_status", "startStatus, START_STATUS, start status"),
    ("updated_at", "DATEUPDATED, DATE_MODIFIED, DATECREATED"),
];

/// Without repetitions: `START_DATE` and `STARTDATE` are one.
fn spelt<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in columns.map(normalise) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[test]
fn each_column_that_sources_have_seen_is_read_and_in_their_order() {
    for (fields, aliases) in ALIASES {
        let fields: Vec<Field> = fields
            .split(' ')
            .map(|name| Field::named(name).expect("a field of that name"))
            .collect();
        let theirs = spelt(aliases.split(", "));
        // What several fields hold between them comes in their order; columns beyond those of the sources may stand between.
        let mut ours = spelt(fields.iter().flat_map(|field| field.columns()).copied());
        ours.retain(|column| theirs.contains(column));
        assert_eq!(ours, theirs, "{fields:?}");
    }
}

#[test]
fn the_limits_that_are_shipped_are_these() {
    let config = Config::new("1", "u", Secret::new("p"));
    let secs = |duration: Duration| duration.as_secs();
    assert_eq!(config.base_url, "https://api.jobdiva.com");
    assert_eq!(config.time_zone, "America/New_York");
    // To connect, between two parts of an answer, for a whole one.
    let patience = [config.connect_timeout, config.read_timeout, config.total_timeout];
    assert_eq!(patience.map(secs), [5, 180, 600]);
    assert_eq!(secs(config.lag), 120);
    assert_eq!(config.answer_bytes_max, 64 * 1024 * 1024);
    let pace = config.limits.pace;
    assert_eq!((pace.per_minute, pace.burst, pace.least_per_minute), (60, 60, 12));
    let fuse = config.limits.fuse;
    assert_eq!((fuse.failures, secs(fuse.open_for)), (5, 30));
    assert_eq!(secs(workflow_core::outlet::PATIENCE), 10);
    for operation in Operation::ALL {
        let spec = operation.usual();
        let (timeout, apart) = (secs(spec.timeout), spec.min_interval.as_millis());
        let expected = match asked(*operation).as_str() {
            _ if operation.name().starts_with("auth.") => (60, 200),
            "once" => (180, 200),
            "window" => (600, 500),
            _ => (180, 500),
        };
        assert_eq!((timeout, apart), expected, "{operation}");
    }
}
