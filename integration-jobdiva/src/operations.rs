//! The named operations: which path, method and parameters a name stands for.
//!
//! The rest of the crate speaks of operations only; a path is spelt here or in a tenant's override, nowhere else.
//! Sending one is `client.rs`.

use std::collections::BTreeMap;

use crate::config::{BadConfig, Config, Login};

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Parameters in the query.
    Get,
    /// Parameters in a JSON body.
    Post,
}

/// How much depends on an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing works without it.
    Required,
    /// It spares calls or covers for another.
    Helpful,
    /// Only some tenants' features use it.
    Optional,
    /// It helps to set a tenant up.
    Setup,
}

/// Everything fixed about one operation.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name in configuration and messages.
    pub name: &'static str,
    /// How the request is made.
    pub method: Method,
    /// The path, unless the tenant overrides it.
    pub path: &'static str,
    /// The parameters' names, in the order in which `client.rs` is given their values.
    pub parameters: &'static [&'static str],
    /// Whether the tenant's user-defined fields are asked for.
    pub user_fields: UserFields,
    /// How much depends on it.
    pub need: Need,
}

/// Whether an operation takes `userFieldsName`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFields {
    /// It does.
    Asked,
    /// It does not, or they are of no use there.
    Unasked,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $method:ident $path:literal $parameters:expr, $fields:ident, $need:ident;)*) => {
        /// The operations that the adapter knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[$doc])* $variant,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant),*];

            /// What is fixed about it.
            pub fn spec(self) -> Spec {
                match self {
                    $(Operation::$variant => Spec {
                        name: $name,
                        method: Method::$method,
                        path: $path,
                        parameters: &$parameters,
                        user_fields: UserFields::$fields,
                        need: Need::$need,
                    },)*
                }
            }
        }
    };
}

operations! {
    /// One candidate.
    CandidateGet = "candidate.get", Get "/apiv2/bi/CandidateDetail" ["candidateId"], Asked, Required;
    /// Candidates changed in a window.
    CandidateDelta = "candidate.delta", Get "/apiv2/bi/NewUpdatedCandidateRecords" ["fromDate", "toDate"], Unasked, Required;
    /// Pairs of merged candidates.
    CandidateMerged = "candidate.merged", Get "/apiv2/bi/MergedCandidates" ["fromDate", "toDate"], Unasked, Optional;
    /// Candidates deleted in a window.
    CandidateDeleted = "candidate.deleted", Get "/apiv2/bi/DeletedCandidateRecords" ["fromDate", "toDate"], Unasked, Optional;
    /// One requisition.
    JobGet = "job.get", Get "/apiv2/bi/JobDetail" ["jobId"], Unasked, Required;
    /// Requisitions changed in a window.
    JobDelta = "job.delta", Get "/apiv2/bi/NewUpdatedJobRecords" ["fromDate", "toDate"], Unasked, Required;
    /// Submittals, interviews and hires changed in a window.
    PlacementDelta = "placement.delta", Get "/apiv2/bi/NewUpdatedSubmittalInterviewHireActivityRecords" ["fromDate", "toDate"], Asked, Required;
    /// The slim form of the same, for tenants without the other.
    PlacementDeltaAlt = "placement.delta_alt", Get "/apiv2/bi/NewUpdatedActivityRecords" ["fromDate", "toDate"], Asked, Helpful;
    /// Placements by requisition or candidate.
    PlacementSearch = "placement.search", Post "/apiv2/jobdiva/searchStart" ["jobId", "candidateid", "startDateFrom", "maxreturned", "offset"], Unasked, Helpful;
    /// All placements from a first day of work on, page by page.
    PlacementCensus = "placement.census", Post "/apiv2/jobdiva/searchStart" ["startDateFrom", "maxreturned", "offset"], Unasked, Helpful;
    /// Submittals and placements deleted in a window.
    PlacementDeleted = "placement.deleted", Get "/apiv2/bi/DeletedActivityRecords" ["fromDate", "toDate"], Unasked, Optional;
    /// One placement's billing and pay records.
    PlacementAssignment = "placement.assignment", Get "/apiv2/bi/EmployeeAssignmentRecordsDetail" ["startId"], Asked, Helpful;
    /// One placement's activity.
    PlacementDetail = "placement.detail", Get "/apiv2/bi/SubmittalDetail" ["interviewScheduleId"], Unasked, Helpful;
    /// Pay records changed in a window.
    PayDelta = "pay.delta", Get "/apiv2/bi/NewUpdatedSalaryRecords" ["fromDate", "toDate"], Asked, Required;
    /// All pay records of an employee.
    PayByEmployee = "pay.by_employee", Get "/apiv2/bi/EmployeeSalaryRecordsDetail" ["employeeId"], Asked, Helpful;
    /// Billing records changed in a window.
    BillingDelta = "billing.delta", Get "/apiv2/bi/NewUpdatedBillingRecords" ["fromDate", "toDate"], Asked, Required;
    /// All billing records of an employee.
    BillingByEmployee = "billing.by_employee", Get "/apiv2/bi/EmployeeBillingRecordsDetail" ["employeeId"], Asked, Helpful;
    /// Timesheets approved in a window.
    TimesheetApprovedDelta = "timesheet.approved_delta", Get "/apiv2/bi/NewUpdatedApprovedTimesheetRecords" ["fromDate", "toDate"], Unasked, Optional;
    /// One timesheet.
    TimesheetGet = "timesheet.get", Get "/apiv2/bi/TimesheetDetail" ["timesheetId"], Unasked, Optional;
    /// Client invoices changed in a window.
    InvoiceDelta = "invoice.delta", Get "/apiv2/bi/NewUpdatedInvoices" ["fromDate", "toDate"], Unasked, Optional;
    /// One client invoice.
    InvoiceGet = "invoice.get", Get "/apiv2/bi/InvoiceDetail" ["invoiceId"], Unasked, Optional;
    /// A candidate's documents.
    DocumentList = "document.list", Get "/apiv2/bi/CandidateAttachmentList" ["candidateId"], Unasked, Optional;
    /// One document, by file name.
    DocumentGet = "document.get", Get "/apiv2/bi/CandidateAttachmentDetail" ["candidateId", "fileName"], Unasked, Optional;
    /// A candidate's onboarding documents.
    OnboardingList = "onboarding.list", Get "/apiv2/bi/CandidateOnBoardingDocumentList" ["candidateId"], Unasked, Optional;
    /// One onboarding document.
    OnboardingGet = "onboarding.get", Get "/apiv2/bi/CandidateOnBoardingDocumentDetail" ["candidateId", "interviewId", "fileName"], Unasked, Optional;
    /// One company.
    CompanyGet = "company.get", Get "/apiv2/bi/CompanyDetail" ["companyId"], Unasked, Optional;
    /// The tenant's user-defined fields.
    UdfList = "udf.list", Get "/apiv2/bi/UserfieldsList" [], Unasked, Setup;
    /// The tenant's quotas.
    LimitsGet = "limits.get", Get "/apiv2/bi/ApiLimits" [], Unasked, Setup;
}

impl Operation {
    /// Its name in configuration and messages.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The operation of that name.
    pub fn named(name: &str) -> Option<Operation> {
        Self::ALL.iter().copied().find(|operation| operation.name() == name)
    }
}

/// The configuration's name of the login path.
pub const LOGIN: &str = "auth.login";

/// The paths that one tenant uses.
#[derive(Clone, Debug)]
pub struct Paths(BTreeMap<&'static str, String>);

impl Paths {
    /// The defaults with the tenant's overrides.
    pub fn new(config: &Config) -> Result<Self, BadConfig> {
        let login = match config.login {
            Login::V2Pair => "/apiv2/v2/authenticate",
            Login::V2Text => "/apiv2/authenticate",
            Login::V2Login => "/apiv2/v2/login",
            Login::V1Text => "/api/authenticate",
        };
        let mut paths: BTreeMap<&'static str, String> =
            Operation::ALL.iter().map(|o| (o.name(), o.spec().path.to_owned())).collect();
        paths.insert(LOGIN, login.to_owned());
        for (name, path) in &config.paths {
            let Some(known) = paths.get_mut(name.as_str()) else {
                return Err(BadConfig::Operation(name.clone()));
            };
            if !path.starts_with('/') {
                return Err(BadConfig::Path(name.clone()));
            }
            known.clone_from(path);
        }
        Ok(Self(paths))
    }

    /// Where an operation is found.
    pub fn of(&self, operation: Operation) -> &str {
        self.0.get(operation.name()).map_or(operation.spec().path, String::as_str)
    }

    /// Where to log in.
    pub fn login(&self) -> &str {
        self.0.get(LOGIN).map_or("/apiv2/v2/authenticate", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn names_are_unique_and_found_again() {
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.name()), Some(*operation));
            assert!(operation.spec().path.starts_with("/apiv2/"));
        }
        assert_eq!(Operation::named("placement.delete"), None);
    }

    #[test]
    fn a_tenant_may_move_a_path_but_not_invent_an_operation() {
        let mut config = Config::new("1", "u", Secret::new("p"));
        config.paths.insert("pay.delta".into(), "/api/bi/NewUpdatedSalaryRecords".into());
        let paths = Paths::new(&config).unwrap();
        assert_eq!(paths.of(Operation::PayDelta), "/api/bi/NewUpdatedSalaryRecords");
        assert_eq!(paths.of(Operation::JobGet), "/apiv2/bi/JobDetail");
        config.paths.insert("pay.drop".into(), "/x".into());
        assert_eq!(Paths::new(&config).unwrap_err(), BadConfig::Operation("pay.drop".into()));
        config.paths.clear();
        config.paths.insert("job.get".into(), "x".into());
        assert_eq!(Paths::new(&config).unwrap_err(), BadConfig::Path("job.get".into()));
    }
}
