//! The BI methods: which exist, what they ask for, and the rows they give.
//!
//! Paths under `/apiv2/bi` answer objects, the same under `/api/bi` header rows. All are `GET`. What a row looks
//! like is in [`super::rows`]; the assignment detail, which nests, in [`super::assignment`].

use axum::http::Method;
use workflow_core::time::Timestamp;

use super::behaviour::PageBase;
use super::envelope::{self, Answer, Row, Shape, bad_request, roughen};
use super::feeds::{self, Feed, Window};
use super::rows::{self, FIELDS, Udfs, View};
use super::server::{Request, Settings};
use super::state::{Moments, State};
use super::{assignment, documents};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Changes(Feed),
    Candidate,
    Candidates,
    Job,
    Jobs,
    Submittal,
    Assignment,
    BillingOfEmployee,
    BillingRecord,
    SalaryOfEmployee,
    SalaryRecord,
    Attachments,
    Attachment,
    Timesheet,
    OnboardingList,
    OnboardingOne,
    Company,
    Fields,
    Limits,
}

/// A method: the end of its path, and the spaced name its messages carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    path: &'static str,
    pub(super) name: &'static str,
    read: Read,
}

const fn metric(path: &'static str, name: &'static str, read: Read) -> Metric {
    Metric { path, name, read }
}

const METRICS: [Metric; 29] = [
    metric("CandidateDetail", "Candidate Detail", Read::Candidate),
    metric("CandidatesDetail", "Candidates Detail", Read::Candidates),
    metric(
        "NewUpdatedCandidateRecords",
        "New/Updated Candidate Records",
        Read::Changes(Feed::Candidates),
    ),
    metric(
        "DeletedCandidateRecords",
        "Deleted Candidate Records",
        Read::Changes(Feed::CandidatesDeleted),
    ),
    metric("MergedCandidates", "Merged Candidates", Read::Changes(Feed::CandidatesMerged)),
    metric("JobDetail", "Job Detail", Read::Job),
    metric("JobsDetail", "Jobs Detail", Read::Jobs),
    metric("NewUpdatedJobRecords", "New/Updated Job Records", Read::Changes(Feed::Jobs)),
    metric(
        "NewUpdatedSubmittalInterviewHireActivityRecords",
        "New/Updated Submittal/Interview/Hire Activity Records",
        Read::Changes(Feed::Activities),
    ),
    metric(
        "NewUpdatedActivityRecords",
        "New/Updated Activity Records",
        Read::Changes(Feed::ActivitiesSlim),
    ),
    metric(
        "DeletedActivityRecords",
        "Deleted Activity Records",
        Read::Changes(Feed::ActivitiesDeleted),
    ),
    metric("SubmittalDetail", "Submittal Detail", Read::Submittal),
    metric(
        "EmployeeAssignmentRecordsDetail",
        "Employee Assignment Records Detail",
        Read::Assignment,
    ),
    metric("NewUpdatedBillingRecords", "New/Updated Billing Records", Read::Changes(Feed::Billing)),
    metric(
        "EmployeeBillingRecordsDetail",
        "Employee Billing Records Detail",
        Read::BillingOfEmployee,
    ),
    metric("BillingRecordDetail", "Billing Record Detail", Read::BillingRecord),
    metric("NewUpdatedSalaryRecords", "New/Updated Salary Records", Read::Changes(Feed::Salary)),
    metric("EmployeeSalaryRecordsDetail", "Employee Salary Records Detail", Read::SalaryOfEmployee),
    metric("SalaryRecordDetail", "Salary Record Detail", Read::SalaryRecord),
    metric(
        "NewUpdatedTimesheetRecords",
        "New/Updated Timesheet Records",
        Read::Changes(Feed::Timesheets),
    ),
    metric(
        "NewUpdatedApprovedTimesheetRecords",
        "New/Updated Approved Timesheet Records",
        Read::Changes(Feed::TimesheetsApproved),
    ),
    metric("TimesheetDetail", "Timesheet Detail", Read::Timesheet),
    metric("CandidateAttachmentList", "Candidate Attachment List", Read::Attachments),
    metric("CandidateAttachmentDetail", "Candidate Attachment Detail", Read::Attachment),
    metric(
        "CandidateOnBoardingDocumentList",
        "Candidate OnBoarding Document List",
        Read::OnboardingList,
    ),
    metric(
        "CandidateOnBoardingDocumentDetail",
        "Candidate OnBoarding Document Detail",
        Read::OnboardingOne,
    ),
    metric("CompanyDetail", "Company Detail", Read::Company),
    metric("UserfieldsList", "Userfields List", Read::Fields),
    metric("ApiLimits", "Api Limits", Read::Limits),
];

/// A method found by its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) metric: &'static Metric,
    shape: Shape,
}

/// The BI method of a path, if there is one.
pub(super) fn find(method: &Method, path: &str) -> Option<Call> {
    let (name, shape) = match path.strip_prefix("/apiv2/bi/") {
        Some(name) => (name, Shape::Objects),
        None => (path.strip_prefix("/api/bi/")?, Shape::HeaderRows),
    };
    let metric = METRICS.iter().find(|metric| metric.path == name)?;
    (*method == Method::GET).then_some(Call { metric, shape })
}

/// Rows with the key that seeds their raggedness.
pub(super) type Keyed = (String, Row);

/// Answers a BI method.
pub(super) fn answer(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    call: Call,
    now: Timestamp,
) -> Answer {
    let keyed = match keyed(state, settings, request, call.metric, now) {
        Ok(keyed) => keyed,
        Err(answer) => return answer,
    };
    state.turn += 1;
    let turn = settings.behaviour.ragged_envelopes.then_some(state.turn);
    let rows = keyed.into_iter().map(|(key, mut row)| {
        roughen(&mut row, &key, &settings.behaviour);
        row
    });
    // V1 gives objects to those who ask.
    let shape = match request.query.one("alternateFormat") {
        Some("true") => Shape::Objects,
        Some(_) | None => call.shape,
    };
    envelope::bi_rows(call.metric.name, rows.collect(), shape, turn)
}

fn keyed(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    metric: &Metric,
    now: Timestamp,
) -> Result<Vec<Keyed>, Answer> {
    let labels = request.query.all("userFieldsName");
    let lag = i64::from(settings.behaviour.feed_lag_secs) * 1000;
    let view = View {
        at: Timestamp(now.0 - lag),
        udfs: Udfs::Named(&labels),
        billing_dates: settings.behaviour.billing_dates,
    };
    if let Read::Changes(feed) = metric.read {
        return changes(state, settings, request, metric, feed, view, now);
    }
    let ask = Ask { request, max_ids: settings.behaviour.max_ids, now };
    match metric.read {
        Read::Changes(_) | Read::Limits => Ok(Vec::new()),
        Read::Candidate => Ok(candidates(state, &[ask.id("candidateId")?], view)),
        Read::Candidates => Ok(candidates(state, &ask.ids("candidateIds")?, view)),
        Read::Job => Ok(jobs(state, &job_asked(state, &ask)?, view)),
        Read::Jobs => Ok(jobs(state, &ask.ids("jobIds")?, view)),
        Read::Submittal => Ok(submittal(state, ask.id("interviewScheduleId")?, view)),
        Read::Assignment => assignment::rows(state, settings, &ask, view),
        Read::BillingOfEmployee => Ok(billing(state, ask.id("employeeId")?, None, view)),
        Read::BillingRecord => {
            Ok(billing(state, ask.id("employeeId")?, Some(ask.id("recordId")?), view))
        }
        Read::SalaryOfEmployee => Ok(salary(state, ask.id("employeeId")?, None, view)),
        Read::SalaryRecord => {
            Ok(salary(state, ask.id("employeeId")?, Some(ask.id("recordId")?), view))
        }
        Read::Attachments => Ok(documents::list(state, ask.id("candidateId")?, view.at)),
        Read::Attachment => {
            let candidate = ask.id("candidateId")?;
            Ok(documents::get(state, candidate, ask.text("fileName")?, view.at))
        }
        Read::Timesheet => Ok(timesheet(state, ask.id("timesheetId")?, view)),
        Read::OnboardingList => {
            Ok(documents::onboarding_list(state, ask.id("candidateId")?, view.at))
        }
        Read::OnboardingOne => {
            let (candidate, placement) = (ask.id("candidateId")?, ask.id("interviewId")?);
            let name = ask.text("fileName")?;
            Ok(documents::onboarding_one(state, candidate, placement, name, view.at))
        }
        Read::Company => {
            let company = state.companies.get(&ask.id("companyId")?);
            Ok(company.map(|of| (of.id.to_string(), rows::company(of))).into_iter().collect())
        }
        Read::Fields => Ok(FIELDS.iter().map(|of| (of.0.to_string(), rows::field(*of))).collect()),
    }
}

fn changes(
    state: &mut State,
    settings: &Settings,
    request: &Request,
    metric: &Metric,
    feed: Feed,
    view: View<'_>,
    now: Timestamp,
) -> Result<Vec<Keyed>, Answer> {
    let window = Window::read(&request.query, &settings.behaviour, metric.name, now)?;
    let mut found = feeds::changed(state, feed, view, |at| window.holds(at));
    found.retain(|found| !state.skips(&request.path, &found.key));
    if state.take_poison(&request.path, found.iter().map(|found| found.key.as_str())) {
        return Err(envelope::spring(500, "Not an array", &request.path, now));
    }
    let keyed = found.into_iter().map(|found| (found.key, found.row)).collect();
    Ok(page(keyed, settings.behaviour.page_base, request))
}

fn page(keyed: Vec<Keyed>, base: PageBase, request: &Request) -> Vec<Keyed> {
    let number = |name: &str| request.query.one(name).and_then(|text| text.parse::<usize>().ok());
    let base = match base {
        PageBase::Absent => return keyed,
        PageBase::Zero => 0,
        PageBase::One => 1,
    };
    let (Some(page), Some(size)) = (number("pageNumber"), number("pageSize")) else { return keyed };
    let skipped = page.saturating_sub(base).saturating_mul(size);
    keyed.into_iter().skip(skipped).take(size).collect()
}

/// Reads parameters; an error is the whole answer.
pub(super) struct Ask<'a> {
    request: &'a Request,
    max_ids: u32,
    now: Timestamp,
}

impl<'a> Ask<'a> {
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Answer> {
        self.request.query.one(name).ok_or_else(|| {
            bad_request(&format!("Required parameter '{name}' is not present"), self.now)
        })
    }

    pub(super) fn id(&self, name: &str) -> Result<u64, Answer> {
        self.number(self.text(name)?, name)
    }

    /// An id that may be missing.
    pub(super) fn id_if_given(&self, name: &str) -> Result<Option<u64>, Answer> {
        self.request.query.one(name).map(|text| self.number(text, name)).transpose()
    }

    fn number(&self, text: &str, name: &str) -> Result<u64, Answer> {
        let failed =
            |_| bad_request(&format!("Failed to convert value of parameter '{name}'"), self.now);
        text.parse().map_err(failed)
    }

    fn ids(&self, name: &str) -> Result<Vec<u64>, Answer> {
        self.text(name)?;
        let texts = self.request.query.all(name);
        if texts.len() > self.max_ids as usize {
            return Err(bad_request(&format!("Too many values of parameter '{name}'"), self.now));
        }
        texts.iter().map(|text| self.number(text, name)).collect()
    }
}

fn candidates(state: &State, ids: &[u64], view: View<'_>) -> Vec<Keyed> {
    let known = ids.iter().filter_map(|id| state.candidate(*id));
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::candidate_detail(of, view))).collect()
}

fn job_asked(state: &State, ask: &Ask<'_>) -> Result<Vec<u64>, Answer> {
    if let Some(id) = ask.id_if_given("jobId")? {
        return Ok(vec![id]);
    }
    let number = ask.text("jobdivaref")?;
    Ok(state.jobs.values().filter(|job| job.number == number).map(|job| job.id).collect())
}

fn jobs(state: &State, ids: &[u64], view: View<'_>) -> Vec<Keyed> {
    let known = ids.iter().filter_map(|id| state.jobs.get(id));
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::job_detail(state, of, view))).collect()
}

fn submittal(state: &State, id: u64, view: View<'_>) -> Vec<Keyed> {
    let seen = state.activity(id).filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::activity_rich(state, of, view))).into_iter().collect()
}

fn timesheet(state: &State, id: u64, view: View<'_>) -> Vec<Keyed> {
    let known = state.timesheets.iter().filter(|of| of.id == id && of.deleted.is_none());
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::timesheet(state, of, view))).collect()
}

fn billing(state: &State, employee: u64, rec: Option<u64>, view: View<'_>) -> Vec<Keyed> {
    let of_employee = state.billing.iter().filter(|of| of.employee == employee && !of.deleted);
    let seen = of_employee.filter(|of| of.updated(view.at).is_some());
    let asked = seen.filter(|of| rec.is_none_or(|rec| rec == u64::from(of.rec)));
    asked.map(|of| (of.rec.to_string(), rows::billing_of_employee(state, of, view))).collect()
}

fn salary(state: &State, employee: u64, rec: Option<u64>, view: View<'_>) -> Vec<Keyed> {
    let of_employee = state.salary.iter().filter(|of| of.employee == employee && !of.deleted);
    let seen = of_employee.filter(|of| of.updated(view.at).is_some());
    let asked = seen.filter(|of| rec.is_none_or(|rec| rec == u64::from(of.rec)));
    asked.map(|of| (of.rec.to_string(), rows::salary(of, view))).collect()
}
