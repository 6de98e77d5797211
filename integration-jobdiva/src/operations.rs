//! The named operations: everything that is asked of JobDiva, and how it is asked unless a tenant says otherwise.
//!
//! The rest of the crate speaks of operations only; a path is spelt in the table below or in a tenant's override, nowhere
//! else. The parts of a line's spec are `operations/spec.rs`, what is read of the rows `operations/field.rs`, what failures
//! mean `operations/rules.rs`, and what a tenant changes `operations/registry.rs`. Sending is `client.rs`.
//!
//! Deliberately absent: everything that writes to JobDiva.

mod field;
mod pattern;
mod registry;
mod rules;
mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

pub use self::field::{Field, Form, is_never_read, normalise};
pub(crate) use self::pattern::Read;
pub use self::pattern::{BadPattern, Pattern};
pub use self::registry::{Difference, Registry};
pub(crate) use self::rules::find as find_rule;
pub use self::rules::{Class, ErrorRule, Statuses, usual_rules};
pub use self::spec::{
    BadSpec, EnvelopeForm, Method, Need, OffsetUnit, PageBase, Paging, ParamEncoding, Spec,
    WINDOW_WIDEST, Window, written_duration,
};
use crate::wire::columns::Kind;

/// What messages and limits call a login, whichever variant it is.
pub const LOGIN: &str = "auth.login";

/// How a feed's windows are written.
const WINDOW_FORMAT: &str = "MM/dd/yyyy HH:mm:ss";

/// What an activity is of no use without.
const ACTIVITY: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Requisition,
    Field::Company,
    Field::Hired,
    Field::ActivityStart,
    Field::ActivityEnd,
    Field::CorpToCorp,
];
/// What an assignment is of no use without.
const ASSIGNMENT: &[Field] = &[
    Field::Placement,
    Field::PayRecords,
    Field::PayAmount,
    Field::PayUnit,
    Field::PayStart,
    Field::Employment,
    Field::CorpToCorp,
    Field::W2,
    Field::Approved,
    Field::BillingStart,
    Field::BillingEnd,
    Field::WorkState,
    Field::WorkCountry,
];
/// What a pay record is of no use without.
const PAY: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Record,
    Field::PayAmount,
    Field::PayUnit,
    Field::PayStart,
    Field::Employment,
    Field::CorpToCorp,
    Field::W2,
    Field::Approved,
];
/// What a billing record is of no use without.
const BILLING: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Record,
    Field::BillingStart,
    Field::BillingEnd,
    Field::Approved,
    Field::WorkState,
    Field::WorkCountry,
];

/// What is asked for in one way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A login.
    Login,
    /// What changed in a window.
    Feed,
    /// A record, or a few.
    Get,
    /// A list that comes page by page, each asked for by itself.
    Walk,
}

macro_rules! params {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A parameter, by what it means. Requests carry them in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Param {
            $($(#[$doc])* $variant,)*
        }

        impl Param {
            /// All of them.
            pub const ALL: &'static [Param] = &[$(Param::$variant),*];

            /// Its canonical name, in configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $(Param::$variant => $name,)*
                }
            }
        }
    };
}

params! {
    /// The client id: a number.
    ClientId = "client_id";
    /// The API user's name.
    Username = "username";
    /// Its password.
    Password = "password";
    /// The person.
    Candidate = "candidate_id";
    /// The requisition.
    Job = "job_id";
    /// The placement.
    Placement = "placement_id";
    /// The person, as somebody who is employed.
    Employee = "employee_id";
    /// The timesheet.
    Timesheet = "timesheet_id";
    /// The client invoice.
    Invoice = "invoice_id";
    /// The client.
    Company = "company_id";
    /// The file's name.
    FileName = "file_name";
    /// The window's beginning.
    From = "from";
    /// The window's end.
    To = "to";
    /// The first day of work, at the earliest.
    StartFrom = "start_from";
    /// The user-defined fields that are asked for: a list.
    UserFields = "user_fields";
}

macro_rules! operations {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal, $shape:ident $method:ident $path:literal [$($param:ident $wire:literal),*], $kinds:expr, $need:ident, $mark:literal;)*) => {
        /// The operations that the adapter knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $(#[doc = $doc] $variant,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant),*];

            /// Its name in configuration and messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Operation::$variant => $name,)*
                }
            }

            /// What it does, for a person.
            pub fn purpose(self) -> &'static str {
                match self {
                    $(Operation::$variant => $doc.trim_ascii_start(),)*
                }
            }

            /// The kinds of rows for which its answers are read.
            pub(crate) fn kinds(self) -> &'static [Kind] {
                match self {
                    $(Operation::$variant => &$kinds,)*
                }
            }

            /// Its spec, unless a tenant says otherwise.
            pub fn usual(self) -> Spec {
                let (shape, method, path, params, need, mark): (Shape, Method, &str, &[(Param, &str)], Need, &str) = match self {
                    $(Operation::$variant => (Shape::$shape, Method::$method, $path, &[$((Param::$param, $wire)),*], Need::$need, $mark),)*
                };
                shape.spec(self, method, path, params, need, mark)
            }
        }
    };
}

// A line: name, shape, verb, path, [parameter "its name on the wire"], what its rows are read for, need, provenance.
operations! {
    /// Log in; answered by a pair of tokens in JSON.
    LoginV2Pair = "auth.v2_pair", Login Get "/apiv2/v2/authenticate" [ClientId "clientid", Username "username", Password "password"], [], Required, "[D] many";
    /// Log in; answered by the token as text.
    LoginV2Text = "auth.v2_text", Login Get "/apiv2/authenticate" [ClientId "clientid", Username "username", Password "password"], [], Optional, "many S1, S3, S9, S11, S15, S16";
    /// Log in by a JSON body; answered by a pair of tokens in JSON.
    LoginV2Login = "auth.v2_login", Login Post "/apiv2/v2/login" [ClientId "clientId", Username "userName", Password "password"], [], Optional, "[2x] S5, S16";
    /// Log in to version 1; answered by the token as text.
    LoginV1Text = "auth.v1_text", Login Get "/api/authenticate" [ClientId "clientid", Username "username", Password "password"], [], Optional, "[3x] S1, S7, S16";
    /// Trade the refresh token for a new pair, where it is enabled; a login does the same.
    LoginRefresh = "auth.refresh", Login Get "/apiv2/v2/refreshToken" [], [], Optional, "[2x] S1, S16";
    /// One candidate.
    CandidateGet = "candidate.get", Get Get "/apiv2/bi/CandidateDetail" [Candidate "candidateId", UserFields "userFieldsName"], [Kind::Candidate, Kind::Home], Required, "many";
    /// Candidates changed in a window.
    CandidateDelta = "candidate.delta", Feed Get "/apiv2/bi/NewUpdatedCandidateRecords" [From "fromDate", To "toDate"], [Kind::Touch], Required, "many";
    /// Pairs of merged candidates.
    CandidateMerged = "candidate.merged", Feed Get "/apiv2/bi/MergedCandidates" [From "fromDate", To "toDate"], [Kind::Merge], Optional, "[2x] path; columns [I]";
    /// Candidates deleted in a window.
    CandidateDeleted = "candidate.deleted", Feed Get "/apiv2/bi/DeletedCandidateRecords" [From "fromDate", To "toDate"], [Kind::Touch], Optional, "[2x]";
    /// One requisition.
    JobGet = "job.get", Get Get "/apiv2/bi/JobDetail" [Job "jobId"], [Kind::Job], Required, "many";
    /// Requisitions changed in a window.
    JobDelta = "job.delta", Feed Get "/apiv2/bi/NewUpdatedJobRecords" [From "fromDate", To "toDate"], [Kind::Touch], Required, "many";
    /// Submittals, interviews and hires changed in a window.
    PlacementDelta = "placement.delta", Feed Get "/apiv2/bi/NewUpdatedSubmittalInterviewHireActivityRecords" [From "fromDate", To "toDate", UserFields "userFieldsName"], [Kind::Activity], Required, "[4x] S1, S6, S12, S16";
    /// The slim form of the same, for tenants without the other.
    PlacementDeltaAlt = "placement.delta_alt", Feed Get "/apiv2/bi/NewUpdatedActivityRecords" [From "fromDate", To "toDate", UserFields "userFieldsName"], [Kind::Activity], Helpful, "[4x]";
    /// Placements of a candidate on a requisition; stands in for placement.detail.
    PlacementSearch = "placement.search", Walk Post "/apiv2/jobdiva/searchStart" [Candidate "candidateid", Job "jobId", StartFrom "startDateFrom"], [Kind::Start], Helpful, "[4x] S1, S2, S5, S15";
    /// All placements from a first day of work on, page by page.
    PlacementCensus = "placement.census", Walk Post "/apiv2/jobdiva/searchStart" [StartFrom "startDateFrom"], [Kind::Start], Helpful, "[2x]; offset unclear";
    /// Submittals and placements deleted in a window.
    PlacementDeleted = "placement.deleted", Feed Get "/apiv2/bi/DeletedActivityRecords" [From "fromDate", To "toDate"], [Kind::Touch], Optional, "[S1]";
    /// One placement's billing and pay records.
    PlacementAssignment = "placement.assignment", Get Get "/apiv2/bi/EmployeeAssignmentRecordsDetail" [Placement "startId", Employee "", UserFields "userFieldsName"], [Kind::Record], Helpful, "[1x] S2, live; employee_id (\"employeeId\") as second way";
    /// One placement's activity.
    PlacementDetail = "placement.detail", Get Get "/apiv2/bi/SubmittalDetail" [Placement "interviewScheduleId"], [Kind::Activity], Helpful, "[2x]";
    /// Pay records changed in a window.
    PayDelta = "pay.delta", Feed Get "/apiv2/bi/NewUpdatedSalaryRecords" [From "fromDate", To "toDate", UserFields "userFieldsName"], [Kind::Record], Required, "[3x] S1, S3, S4";
    /// All pay records of an employee.
    PayByEmployee = "pay.by_employee", Get Get "/apiv2/bi/EmployeeSalaryRecordsDetail" [Employee "employeeId", UserFields "userFieldsName"], [Kind::Record], Helpful, "[2x] S1, S3";
    /// Billing records changed in a window.
    BillingDelta = "billing.delta", Feed Get "/apiv2/bi/NewUpdatedBillingRecords" [From "fromDate", To "toDate", UserFields "userFieldsName"], [Kind::Record], Required, "[4x] S1, S3, S4, S16";
    /// All billing records of an employee.
    BillingByEmployee = "billing.by_employee", Get Get "/apiv2/bi/EmployeeBillingRecordsDetail" [Employee "employeeId", UserFields "userFieldsName"], [Kind::Record], Helpful, "[2x] S1, S3";
    /// Timesheets changed in a window, whatever their status.
    TimesheetDelta = "timesheet.delta", Feed Get "/apiv2/bi/NewUpdatedTimesheetRecords" [From "fromDate", To "toDate"], [Kind::Timesheet], Optional, "[3x] S1, S2, S14";
    /// Timesheets approved in a window; for tenants without the other.
    TimesheetApprovedDelta = "timesheet.approved_delta", Feed Get "/apiv2/bi/NewUpdatedApprovedTimesheetRecords" [From "fromDate", To "toDate"], [Kind::Timesheet], Optional, "[3x] S1, S4, S3";
    /// One timesheet.
    TimesheetGet = "timesheet.get", Get Get "/apiv2/bi/TimesheetDetail" [Timesheet "timesheetId"], [Kind::Timesheet], Optional, "[2x]";
    /// Client invoices changed in a window.
    InvoiceDelta = "invoice.delta", Feed Get "/apiv2/bi/NewUpdatedInvoices" [From "fromDate", To "toDate"], [Kind::Invoice], Optional, "[1x] S4";
    /// One client invoice.
    InvoiceGet = "invoice.get", Get Get "/apiv2/bi/InvoiceDetail" [Invoice "invoiceId"], [Kind::Invoice], Optional, "[2x]";
    /// A candidate's documents.
    DocumentList = "document.list", Get Get "/apiv2/bi/CandidateAttachmentList" [Candidate "candidateId"], [Kind::Document], Optional, "[2x] path; columns [I]";
    /// One document, by file name.
    DocumentGet = "document.get", Get Get "/apiv2/bi/CandidateAttachmentDetail" [Candidate "candidateId", FileName "fileName"], [Kind::Content], Optional, "[2x] S1, S14";
    /// A candidate's onboarding documents.
    OnboardingList = "onboarding.list", Get Get "/apiv2/bi/CandidateOnBoardingDocumentList" [Candidate "candidateId"], [Kind::Document], Optional, "[2x]";
    /// One onboarding document.
    OnboardingGet = "onboarding.get", Get Get "/apiv2/bi/CandidateOnBoardingDocumentDetail" [Candidate "candidateId", Placement "interviewId", FileName "fileName"], [Kind::Content], Optional, "[S1]";
    /// One company.
    CompanyGet = "company.get", Get Get "/apiv2/bi/CompanyDetail" [Company "companyId"], [], Optional, "[3x] S3, S2, S1";
    /// The tenant's user-defined fields.
    UdfList = "udf.list", Get Get "/apiv2/bi/UserfieldsList" [], [Kind::UserField], Setup, "[3x]";
    /// The tenant's quotas.
    LimitsGet = "limits.get", Get Get "/apiv2/bi/ApiLimits" [], [], Setup, "[1x] S5";
}

impl Operation {
    /// The operation of that name.
    pub fn named(name: &str) -> Option<Operation> {
        Self::ALL.iter().copied().find(|operation| operation.name() == name)
    }

    /// The fields without which its rows are of no use to the product: their columns are looked for when a tenant is set
    /// up. Of several ways to one thing (a pay record by the assignment or by the employee) each names its own.
    pub fn needs(self) -> &'static [Field] {
        use Field::{
            BilledFrom, BilledTo, Candidate, Category, Company, Description, Email, FileContent,
            FileName, FirstName, Id, Invoice, LastName, MergedFrom, MergedInto, Placement,
            Position, RegularHours, RegularPay, Requisition, StartStatus, State, Status, Timesheet,
            Title, Updated, UserField, WeekEnding,
        };
        match self {
            Operation::CandidateGet => &[Id, FirstName, LastName, Email, State],
            Operation::CandidateDelta | Operation::CandidateDeleted => &[Candidate],
            Operation::CandidateMerged => &[MergedFrom, MergedInto],
            Operation::JobGet => &[Id, Title, Description, Category, Company, Position, State],
            Operation::JobDelta => &[Requisition, Updated],
            Operation::PlacementDelta
            | Operation::PlacementDeltaAlt
            | Operation::PlacementDetail => ACTIVITY,
            Operation::PlacementSearch | Operation::PlacementCensus => &[Id, StartStatus],
            Operation::PlacementDeleted => &[Placement],
            Operation::PlacementAssignment => ASSIGNMENT,
            Operation::PayDelta | Operation::PayByEmployee => PAY,
            Operation::BillingDelta | Operation::BillingByEmployee => BILLING,
            Operation::TimesheetDelta
            | Operation::TimesheetApprovedDelta
            | Operation::TimesheetGet => {
                &[Timesheet, Placement, WeekEnding, Status, RegularHours, RegularPay]
            }
            Operation::InvoiceDelta | Operation::InvoiceGet => {
                &[Invoice, Candidate, BilledFrom, BilledTo]
            }
            Operation::DocumentList | Operation::OnboardingList => &[FileName],
            Operation::DocumentGet | Operation::OnboardingGet => &[FileContent],
            Operation::LoginV2Pair
            | Operation::LoginV2Text
            | Operation::LoginV2Login
            | Operation::LoginV1Text
            | Operation::LoginRefresh
            | Operation::CompanyGet
            | Operation::LimitsGet => &[],
            Operation::UdfList => &[UserField],
        }
    }

    /// The parameter that names what is read by it.
    pub(crate) fn subject(self) -> Param {
        let params = self.usual().params;
        params.keys().next().copied().unwrap_or(Param::UserFields)
    }

    /// The fields that are read of its rows.
    pub fn reads(self) -> BTreeSet<Field> {
        self.kinds().iter().flat_map(|kind| kind.fields()).copied().collect()
    }
}

impl Shape {
    fn spec(
        self,
        operation: Operation,
        method: Method,
        path: &str,
        params: &[(Param, &str)],
        need: Need,
        mark: &str,
    ) -> Spec {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let key = operation.kinds().first().map_or(&[][..], |kind| kind.key());
        Spec {
            enabled: operation != Operation::LoginRefresh,
            need,
            method,
            path: path.to_owned(),
            params: params.iter().map(|(param, name)| (*param, (*name).to_owned())).collect(),
            param_encoding: match method {
                Method::Get => ParamEncoding::Repeat,
                Method::Post => ParamEncoding::JsonBody,
            },
            static_params: BTreeMap::new(),
            window: (self == Shape::Feed).then(usual_window),
            paging: match self {
                Shape::Walk => Paging::Offset {
                    unit: OffsetUnit::Auto,
                    size: 100,
                    offset_name: "offset".to_owned(),
                    size_name: "maxreturned".to_owned(),
                },
                Shape::Login | Shape::Feed | Shape::Get => Paging::None,
            },
            envelope: EnvelopeForm::Auto,
            error_rules: Vec::new(),
            date_format: None,
            fields: operation.reads().into_iter().map(|f| (f, owned(f.columns()))).collect(),
            key: key.to_vec(),
            // A week of activities takes the service 50 s.
            timeout: match self {
                Shape::Feed => Duration::from_secs(600),
                Shape::Login => Duration::from_secs(60),
                Shape::Get | Shape::Walk => Duration::from_secs(180),
            },
            min_interval: match self {
                Shape::Feed | Shape::Walk => Duration::from_millis(500),
                Shape::Login | Shape::Get => Duration::from_millis(200),
            },
            provenance: mark.to_owned(),
        }
    }
}

fn usual_window() -> Window {
    Window {
        max: Duration::from_secs(13 * 86_400),
        // More than a change of clocks.
        overlap: Duration::from_secs(90 * 60),
        min: Duration::from_secs(3600),
        format: WINDOW_FORMAT.parse().expect("it names a day"),
        zone: None,
    }
}

impl Param {
    /// The parameter of that name.
    pub fn named(name: &str) -> Option<Param> {
        Self::ALL.iter().copied().find(|param| param.name() == name)
    }

    /// Whether a call without it still asks for something.
    pub fn is_optional(self) -> bool {
        match self {
            Param::UserFields | Param::StartFrom => true,
            Param::ClientId
            | Param::Username
            | Param::Password
            | Param::Candidate
            | Param::Job
            | Param::Placement
            | Param::Employee
            | Param::Timesheet
            | Param::Invoice
            | Param::Company
            | Param::FileName
            | Param::From
            | Param::To => false,
        }
    }

    /// Whether its value is a number in a JSON body.
    pub(crate) fn is_number(self) -> bool {
        self == Param::ClientId
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Param {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.name()), Some(*operation));
            assert!(operation.purpose().ends_with('.'), "{}", operation.purpose());
        }
        assert_eq!(Operation::named("placement.delete"), None);
        for param in Param::ALL {
            assert_eq!(Param::named(param.name()), Some(*param));
        }
    }

    #[test]
    fn the_table_is_sound_and_says_where_it_is_from() {
        for operation in Operation::ALL {
            let spec = operation.usual();
            assert_eq!(spec.check(*operation), [], "{operation}");
            assert!(!spec.provenance.is_empty(), "{operation}");
            let feed = operation.name().contains("delta")
                || ["merged", "deleted"].iter().any(|end| operation.name().ends_with(end));
            assert_eq!(spec.window.is_some(), feed, "{operation}");
        }
    }
}
