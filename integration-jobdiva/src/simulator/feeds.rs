//! Delta feeds: what changed between two Eastern wall times, both ends included.
//!
//! A row counts at its DATEUPDATED as it stands now; older changes of the same row are not history one can ask for.
//! Next: [`super::bi`], which calls this.

use jiff::civil::DateTime;
use workflow_core::time::Timestamp;

use super::behaviour::{Behaviour, WindowEnd};
use super::eastern;
use super::envelope::{Answer, Row, bad_request, bi_error};
use super::rows::{self, View, accounts};
use super::server::Query;
use super::state::{Decision, Merge, Moments, State};

/// Which feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    Candidates,
    CandidatesDeleted,
    CandidatesMerged,
    Jobs,
    JobsDeleted,
    JobsMerged,
    Activities,
    ActivitiesSlim,
    ActivitiesListed,
    ActivitiesDeleted,
    StartsCancelled,
    Billing,
    Salary,
    Timesheets,
    TimesheetsApproved,
    Invoices,
    Companies,
    Contacts,
}

/// A row of a feed with what it is found and sorted by.
#[derive(Debug)]
pub(super) struct Found {
    /// `51000777`, or `70011000042/1`.
    pub(super) key: String,
    pub(super) updated: Timestamp,
    pub(super) row: Row,
}

const DAY_MILLIS: i64 = 86_400_000;

/// A window in wall time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: DateTime,
    to: DateTime,
    end: WindowEnd,
}

impl Window {
    /// Reads `fromDate` and `toDate`; the error is the whole answer.
    pub(super) fn read(
        query: &Query,
        behaviour: &Behaviour,
        metric: &str,
        now: Timestamp,
    ) -> Result<Self, Answer> {
        let strict = behaviour.strict_dates;
        let lenient = |text: &str| text.parse::<DateTime>().ok().filter(|_| !strict);
        let one = |name: &str, otherwise: Timestamp| match query.one(name) {
            None if strict => {
                Err(bad_request(&format!("Required Date parameter '{name}' is not present"), now))
            }
            None => Ok(eastern::wall(otherwise)),
            Some(text) => eastern::parse(text)
                .or_else(|| lenient(text))
                .ok_or_else(|| bad_request(&format!("Failed to convert value of '{name}'"), now)),
        };
        let from = one("fromDate", Timestamp(now.0 - DAY_MILLIS))?;
        let mut to = one("toDate", now)?;
        if behaviour.widen_midnight && to == to.date().at(0, 0, 0, 0) {
            to = to.date().at(23, 59, 59, 0);
        }
        let width_secs = to.duration_since(from).as_secs();
        if width_secs < 0 {
            return Err(bi_error("Invalid Request Parameter (fromDate is after toDate)"));
        }
        if width_secs > i64::from(behaviour.max_window_secs) {
            let widest = width(behaviour.max_window_secs);
            return Err(bi_error(&format!(
                "Invalid Request Parameter (Date range more than {widest}, metric name = {metric})"
            )));
        }
        Ok(Self { from, to, end: behaviour.window_end })
    }

    /// Whether a moment lies in the window, to the second.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        let wall = eastern::wall(at);
        let ends = match self.end {
            WindowEnd::Included => wall <= self.to,
            WindowEnd::Excluded => wall < self.to,
        };
        self.from <= wall && ends
    }
}

/// How the service says how wide a window may be; seen in whole days only.
fn width(secs: u32) -> String {
    match secs % 86_400 {
        0 => format!("{} days", secs / 86_400),
        _ => format!("{} hours", secs / 3600),
    }
}

/// The rows of a feed that changed at a moment `wanted` accepts, by change and key.
pub(super) fn changed(
    state: &State,
    feed: Feed,
    view: View<'_>,
    wanted: impl Fn(Timestamp) -> bool,
) -> Vec<Found> {
    let mut found = all(state, feed, view);
    found.retain(|row| row.updated <= view.at && wanted(row.updated));
    found.sort_by(|a, b| (a.updated, &a.key).cmp(&(b.updated, &b.key)));
    found
}

fn all(state: &State, feed: Feed, view: View<'_>) -> Vec<Found> {
    match feed {
        Feed::Candidates => {
            let living = state.candidates.keys().filter_map(|id| state.candidate(*id));
            list(living, view, |of| (of.id.to_string(), rows::candidate_delta(of, view)))
        }
        Feed::CandidatesDeleted => gone(
            state.candidates.values().filter_map(|of| Some((of.id, of.deleted?))),
            "CANDIDATEID",
        ),
        Feed::CandidatesMerged => {
            let pairs = state.candidates.values().filter_map(|of| Some((of.id, of.merged?)));
            merged(pairs, "CANDIDATEID")
        }
        Feed::Jobs => {
            let living = state.jobs.keys().filter_map(|id| state.job(*id));
            list(living, view, |of| (of.id.to_string(), rows::job_delta(state, of, view)))
        }
        Feed::JobsDeleted => {
            gone(state.jobs.values().filter_map(|of| Some((of.id, of.deleted?))), "JOBID")
        }
        Feed::JobsMerged => {
            merged(state.jobs.values().filter_map(|of| Some((of.id, of.merged?))), "JOBID")
        }
        Feed::Activities => list(activities(state), view, |of| {
            (of.id.to_string(), rows::activity_rich(state, of, view))
        }),
        Feed::ActivitiesSlim => list(activities(state), view, |of| {
            (of.id.to_string(), rows::activity_slim(state, of, view))
        }),
        Feed::ActivitiesListed => list(activities(state), view, |of| {
            (of.id.to_string(), rows::activity_listed(state, of, view))
        }),
        Feed::StartsCancelled => cancelled(state),
        Feed::ActivitiesDeleted => gone(
            state.activities.values().filter_map(|of| Some((of.id, of.deleted?))),
            "ACTIVITYID",
        ),
        Feed::Billing => list(state.billing.iter(), view, |of| {
            (format!("{}/{}", of.employee, of.rec), rows::billing_delta(state, of, view))
        }),
        Feed::Salary => list(state.salary.iter(), view, |of| {
            (format!("{}/{}", of.employee, of.rec), rows::salary(of, view))
        }),
        Feed::Timesheets => list(timesheets(state), view, |of| {
            (of.id.to_string(), rows::timesheet(state, of, view))
        }),
        Feed::TimesheetsApproved => {
            let approved = timesheets(state)
                .filter(|of| of.decision == Decision::Approved && of.decided <= view.at);
            list(approved, view, |of| (of.id.to_string(), rows::timesheet(state, of, view)))
        }
        Feed::Invoices => list(state.invoices.iter(), view, |of| {
            (of.id.to_string(), accounts::invoice(state, of))
        }),
        Feed::Companies => list(state.companies.values(), view, |of| {
            (of.id.to_string(), accounts::company_delta(of))
        }),
        Feed::Contacts => list(state.contacts.values(), view, |of| {
            (of.id.to_string(), accounts::contact_delta(of))
        }),
    }
}

fn cancelled(state: &State) -> Vec<Found> {
    let cancelled = activities(state).filter_map(|of| Some((of, of.cancelled?)));
    let found = cancelled.map(|(of, updated)| Found {
        key: of.id.to_string(),
        updated,
        row: rows::cancelled(of, updated),
    });
    found.collect()
}

fn activities(state: &State) -> impl Iterator<Item = &super::state::Activity> {
    state.activities.values().filter(|activity| activity.deleted.is_none())
}

fn timesheets(state: &State) -> impl Iterator<Item = &super::state::Timesheet> {
    state.timesheets.iter().filter(|of| of.deleted.is_none())
}

fn list<'a, T: Moments + 'a>(
    records: impl Iterator<Item = &'a T>,
    view: View<'_>,
    row: impl Fn(&T) -> (String, Row),
) -> Vec<Found> {
    let found = |record: &'a T| {
        let updated = record.updated(view.at)?;
        let (key, row) = row(record);
        Some(Found { key, updated, row })
    };
    records.filter_map(found).collect()
}

fn gone(ids: impl Iterator<Item = (u64, Timestamp)>, column: &str) -> Vec<Found> {
    let found = |(id, at): (u64, Timestamp)| Found {
        key: id.to_string(),
        updated: at,
        row: rows::deleted(column, id, at),
    };
    ids.map(found).collect()
}

fn merged(pairs: impl Iterator<Item = (u64, Merge)>, column: &str) -> Vec<Found> {
    let found = |(id, merge): (u64, Merge)| Found {
        key: id.to_string(),
        updated: merge.at,
        row: rows::merged(column, id, merge),
    };
    pairs.map(found).collect()
}
