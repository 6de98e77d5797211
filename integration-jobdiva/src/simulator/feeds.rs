//! Delta feeds: what changed between two Eastern wall times, both ends included.
//!
//! A row counts at its DATEUPDATED as it stands now; older changes of the same row are not history one can ask for.
//! Next: [`super::bi`], which calls this.

use jiff::civil::DateTime;
use workflow_core::time::Timestamp;

use super::behaviour::Behaviour;
use super::eastern;
use super::envelope::{Answer, Row, bad_request, bi_error};
use super::rows::{self, View};
use super::server::Query;
use super::state::{Decision, Moments, State};

/// Which feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    Candidates,
    CandidatesDeleted,
    CandidatesMerged,
    Jobs,
    Activities,
    ActivitiesSlim,
    ActivitiesDeleted,
    Billing,
    Salary,
    Timesheets,
    TimesheetsApproved,
}

/// A row of a feed with what it is found and sorted by.
#[derive(Debug)]
pub(super) struct Found {
    /// `51000777`, or `70011000042/1`.
    pub(super) key: String,
    pub(super) updated: Timestamp,
    pub(super) row: Row,
}

/// A window in wall time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: DateTime,
    to: DateTime,
}

impl Window {
    /// Reads `fromDate` and `toDate`; the error is the whole answer.
    pub(super) fn read(
        query: &Query,
        behaviour: &Behaviour,
        metric: &str,
        now: Timestamp,
    ) -> Result<Self, Answer> {
        let one = |name: &str| {
            let text = query.one(name).ok_or_else(|| {
                bad_request(&format!("Required Date parameter '{name}' is not present"), now)
            })?;
            let failed = || bad_request(&format!("Failed to convert value of '{name}'"), now);
            eastern::parse(text).ok_or_else(failed)
        };
        let from = one("fromDate")?;
        let mut to = one("toDate")?;
        if behaviour.widen_midnight && to == to.date().at(0, 0, 0, 0) {
            to = to.date().at(23, 59, 59, 0);
        }
        let width_secs = to.duration_since(from).as_secs();
        if width_secs < 0 {
            return Err(bi_error("Invalid Request Parameter (fromDate is after toDate)"));
        }
        if width_secs > i64::from(behaviour.max_window_secs) {
            return Err(bi_error(&format!(
                "Invalid Request Parameter (Date range more than 14 days, metric name = {metric})"
            )));
        }
        Ok(Self { from, to })
    }

    /// Whether a moment lies in the window, to the second.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        let wall = eastern::wall(at);
        self.from <= wall && wall <= self.to
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
            let merged = state.candidates.values().filter_map(|of| Some((of.id, of.merged?)));
            let row = |(id, merge): (u64, super::state::Merge)| Found {
                key: id.to_string(),
                updated: merge.at,
                row: rows::merged(id, merge.into, merge.at),
            };
            merged.map(row).collect()
        }
        Feed::Jobs => list(state.jobs.values(), view, |of| {
            (of.id.to_string(), rows::job_delta(state, of, view))
        }),
        Feed::Activities => list(activities(state), view, |of| {
            (of.id.to_string(), rows::activity_rich(state, of, view))
        }),
        Feed::ActivitiesSlim => list(activities(state), view, |of| {
            (of.id.to_string(), rows::activity_slim(state, of, view))
        }),
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
    }
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
