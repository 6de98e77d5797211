//! Answering the BI methods: what each reads of the records.
//!
//! Which there are is in [`super::metrics`]; what a row looks like in [`super::rows`]; the assignment detail, which
//! nests, in [`super::assignment`].

use workflow_core::time::Timestamp;

use super::behaviour::{Behaviour, PageBase};
use super::envelope::{self, Answer, Row, Shape, bad_request, bad_request_as, roughen};
use super::feeds::{self, Feed, Window};
use super::metrics::{Metric, Read};
use super::rows::{self, FIELDS, Udfs, View, accounts};
use super::server::{Request, Settings};
use super::state::{Activity, Moments, State, Timesheet};
use super::{assignment, documents};

/// A method, and how it lists its rows there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) metric: &'static Metric,
    pub(super) shape: Shape,
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
        udfs: if settings.behaviour.user_fields_on_request {
            Udfs::Named(&labels)
        } else {
            Udfs::All
        },
        billing_dates: settings.behaviour.billing_dates,
    };
    if let Read::Changes(feed) = metric.read {
        return changes(state, settings, request, metric, feed, view, now);
    }
    let ask = Ask { request, behaviour: &settings.behaviour, now };
    asked(state, settings, &ask, metric.read, view)
}

/// The rows of what is asked for by its ids.
fn asked(
    state: &State,
    settings: &Settings,
    ask: &Ask<'_>,
    read: Read,
    view: View<'_>,
) -> Result<Vec<Keyed>, Answer> {
    match read {
        Read::Changes(_) | Read::Limits => Ok(Vec::new()),
        Read::Candidate => Ok(candidates(state, &[ask.id("candidateId")?], view)),
        Read::Candidates => Ok(candidates(state, &ask.ids("candidateIds")?, view)),
        Read::Job => Ok(jobs(state, &job_asked(state, ask)?, view)),
        Read::Jobs => Ok(jobs(state, &ask.ids("jobIds")?, view)),
        Read::Submittal => Ok(submittals(state, &[ask.id("interviewScheduleId")?], view)),
        Read::Submittals => Ok(submittals(state, &ask.ids("interviewScheduleIds")?, view)),
        Read::SubmittalsOfJobs => {
            let jobs = ask.ids("jobIds")?;
            Ok(submittals_of(state, view, |of| jobs.contains(&of.job)))
        }
        Read::SubmittalsOfCandidates => {
            let candidates = ask.ids("candidateIds")?;
            Ok(submittals_of(state, view, |of| candidates.contains(&of.candidate)))
        }
        Read::Assignment => assignment::rows(state, settings, ask, view),
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
        Read::TimesheetHours => {
            Ok(ask.ids("timesheetIds")?.into_iter().flat_map(|id| hours(state, id, view)).collect())
        }
        Read::Invoice => Ok(invoice(state, ask.id("invoiceId")?, view)),
        Read::Company => Ok(companies(state, &[ask.id("companyId")?])),
        Read::Companies => Ok(companies(state, &ask.ids("companyIds")?)),
        Read::Contacts => Ok(contacts(state, &ask.ids("contactIds")?)),
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
    let (Some(page), Some(size)) = (number("pageNumber"), number("pageSize")) else { return keyed };
    let before = match base {
        PageBase::Absent => return keyed,
        PageBase::Zero => page,
        PageBase::One if page == 0 => return Vec::new(),
        PageBase::One | PageBase::OneOrZero => page.saturating_sub(1),
    };
    let skipped = before.saturating_mul(size);
    keyed.into_iter().skip(skipped).take(size).collect()
}

/// Reads parameters; an error is the whole answer.
pub(super) struct Ask<'a> {
    request: &'a Request,
    behaviour: &'a Behaviour,
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
        if texts.len() > self.behaviour.max_ids as usize {
            let status = self.behaviour.too_many_ids_status;
            let why = format!("Too many values of parameter '{name}'");
            return Err(bad_request_as(status, &why, self.now));
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
    let known = ids.iter().filter_map(|id| state.job(*id));
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::job_detail(state, of, view))).collect()
}

fn submittals(state: &State, ids: &[u64], view: View<'_>) -> Vec<Keyed> {
    let known = ids.iter().filter_map(|id| state.activity(*id));
    submitted(state, known, view)
}

fn submittals_of(state: &State, view: View<'_>, wanted: impl Fn(&Activity) -> bool) -> Vec<Keyed> {
    let known = state.activities.values().filter(|of| of.deleted.is_none() && wanted(of));
    submitted(state, known, view)
}

fn submitted<'a>(
    state: &State,
    known: impl Iterator<Item = &'a Activity>,
    view: View<'_>,
) -> Vec<Keyed> {
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), rows::activity_rich(state, of, view))).collect()
}

fn companies(state: &State, ids: &[u64]) -> Vec<Keyed> {
    let known = ids.iter().filter_map(|id| state.companies.get(id));
    known.map(|of| (of.id.to_string(), accounts::company(of))).collect()
}

fn contacts(state: &State, ids: &[u64]) -> Vec<Keyed> {
    let known = ids.iter().filter_map(|id| state.contacts.get(id));
    known.map(|of| (of.id.to_string(), accounts::contact(of))).collect()
}

fn invoice(state: &State, id: u64, view: View<'_>) -> Vec<Keyed> {
    let known = state.invoices.iter().filter(|of| of.id == id);
    let seen = known.filter(|of| of.updated(view.at).is_some());
    seen.map(|of| (of.id.to_string(), accounts::invoice(state, of))).collect()
}

fn hours(state: &State, id: u64, view: View<'_>) -> Vec<Keyed> {
    let known = state.timesheets.iter().filter(|of| of.id == id && of.deleted.is_none());
    let seen = known.filter(|of| of.updated(view.at).is_some());
    let row = |of: &Timesheet| accounts::hours(of, rows::timesheet_status(of, view.at));
    seen.map(|of| (of.id.to_string(), row(of))).collect()
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
