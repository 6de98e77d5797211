//! Polling the delta feeds: which placements, people and requisitions were touched since last time.
//!
//! One call reads one window of each feed, so that a long back-fill is done step by step and can be interrupted. A
//! feed's mark moves only after its window was decoded whole; feeds do not wait for each other. Rows are only
//! pointers: what is true is read by [`JobDiva::assemble`]. Only timesheets are taken from their rows; invoices are hints. Deleted and
//! merged records have feeds of their own, which not every tenant grants. The windows are in `poll/window.rs`, reading one
//! on a row of which the service fails is `poll/search.rs`, windows that were passed over are tried again by
//! `poll/again.rs`, the cursor is `poll/cursor.rs`; what no feed tells is found by `census.rs`.

mod again;
mod cursor;
mod search;
pub(crate) mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use workflow_core::domain::facts::{CandidateId, PlacementId, RequisitionId, Unreadable};
use workflow_core::domain::timesheet::Timesheet;
use workflow_core::time::Timestamp;

use self::cursor::Mark;
pub use self::cursor::{BadCursor, Cursor, Skipped};
pub(crate) use self::window::minus;
use self::window::{Limits, Window};
use crate::JobDiva;
use crate::assemble::may_be_hire;
use crate::error::Error;
use crate::invoice::Billed;
use crate::operations::{Field, Operation, Window as Asked};
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

/// How many digests a mark keeps; a row beyond is merely reported twice.
const RECENT_MAX: usize = 20_000;

/// So long a feed that is not granted is left alone.
const CLOSED_FOR: Duration = Duration::from_secs(24 * 3600);

/// What one poll found. Keep everything in it durably before the cursor.
#[derive(Debug)]
pub struct Polled {
    /// Placements to assemble.
    pub touched: BTreeSet<PlacementId>,
    /// Activities without any trace of a hire: to be assembled only where the placement is known already, because a
    /// hire that was undone looks like this.
    pub submittals: BTreeSet<PlacementId>,
    /// Candidates whose person or home may have changed, or whose pay record does not name its placement.
    pub candidates: BTreeSet<CandidateId>,
    /// Requisitions whose title, place or category may have changed.
    pub requisitions: BTreeSet<RequisitionId>,
    /// Timesheets as they are, where they are read; also those that were seen before.
    pub timesheets: Vec<Timesheet>,
    /// What invoices that are new, or were changed, bill.
    pub billed: Vec<Billed>,
    /// Candidates that were merged: the one that is gone, and the one that stays.
    pub merged: BTreeMap<CandidateId, CandidateId>,
    /// Candidates that were deleted, or merged.
    pub gone: BTreeSet<CandidateId>,
    /// Submittals and placements that were deleted.
    pub deleted: BTreeSet<PlacementId>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Rows without an id.
    pub unreadable: Vec<Unreadable>,
    /// Windows that were passed over this time, because the service fails on a row in them. The cursor keeps them, and
    /// they are tried again.
    pub skipped: Vec<Skipped>,
    /// Feeds that could not be read this time; their marks have not moved.
    pub failed: Vec<Error>,
    /// The newest change seen, by JobDiva's own clock.
    pub newest: Option<Timestamp>,
    /// A window is left to be read now: poll again at once.
    pub more: bool,
}

/// The feeds, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    CandidatesMerged,
    CandidatesDeleted,
    PlacementsDeleted,
    Placements,
    Pay,
    Billing,
    Candidates,
    Requisitions,
    Timesheets,
    Invoices,
}

/// The feed of timesheets, which an invoice has read again.
pub(crate) const TIMESHEETS: Feed = Feed::Timesheets;

impl Feed {
    const ALL: [Feed; 10] = [
        Feed::CandidatesMerged,
        Feed::CandidatesDeleted,
        Feed::PlacementsDeleted,
        Feed::Placements,
        Feed::Pay,
        Feed::Billing,
        Feed::Candidates,
        Feed::Requisitions,
        Feed::Timesheets,
        Feed::Invoices,
    ];

    /// Whether the others do without it: what is deleted is missed when it is read, only later.
    fn is_optional(self) -> bool {
        match self {
            Feed::CandidatesMerged
            | Feed::CandidatesDeleted
            | Feed::PlacementsDeleted
            | Feed::Invoices => true,
            Feed::Placements
            | Feed::Pay
            | Feed::Billing
            | Feed::Candidates
            | Feed::Requisitions
            | Feed::Timesheets => false,
        }
    }

    pub(crate) fn operation(self) -> Operation {
        match self {
            Feed::CandidatesMerged => Operation::CandidateMerged,
            Feed::CandidatesDeleted => Operation::CandidateDeleted,
            Feed::PlacementsDeleted => Operation::PlacementDeleted,
            Feed::Placements => Operation::PlacementDelta,
            Feed::Pay => Operation::PayDelta,
            Feed::Billing => Operation::BillingDelta,
            Feed::Candidates => Operation::CandidateDelta,
            Feed::Requisitions => Operation::JobDelta,
            Feed::Timesheets => Operation::TimesheetDelta,
            Feed::Invoices => Operation::InvoiceDelta,
        }
    }

    fn name(self) -> &'static str {
        self.operation().name()
    }

    /// What is read of its rows.
    fn kind(self) -> Kind {
        match self {
            Feed::Placements => Kind::Activity,
            Feed::Pay | Feed::Billing => Kind::Record,
            Feed::Candidates
            | Feed::Requisitions
            | Feed::CandidatesDeleted
            | Feed::PlacementsDeleted => Kind::Touch,
            Feed::CandidatesMerged => Kind::Merge,
            Feed::Timesheets => Kind::Timesheet,
            Feed::Invoices => Kind::Invoice,
        }
    }
}

impl JobDiva {
    /// Reads the next window of each feed. Without a cursor it starts at the configured back-fill day.
    ///
    /// Fails when every feed that had something to read failed; one that fails alone is in [`Polled::failed`].
    pub async fn poll(&self, cursor: Option<Cursor>, now: Timestamp) -> Result<Polled, Error> {
        let mut polled = Polled::from(cursor.unwrap_or_default());
        let (mut read, mut answered, mut doubtful) = (0, 0, Vec::new());
        for feed in Feed::ALL {
            let name = feed.name();
            let of_pay = matches!(feed, Feed::Timesheets | Feed::Invoices);
            let unwanted = of_pay && self.config().timesheets.is_none();
            if unwanted || self.is_closed(name, now) {
                continue;
            }
            match self.next_window(&mut polled, feed, now).await {
                Ok(found) => {
                    read += usize::from(found && !feed.is_optional());
                    answered += usize::from(found);
                }
                // Every feed would log in with the same refused password, and lock the account.
                Err(error) if self.is_shut_out(&error) => return Err(error),
                Err(error) if feed.is_optional() && is_not_there(&error) => {
                    doubtful.push((feed, error));
                }
                Err(error) => polled.failed.push(error),
            }
        }
        for (feed, error) in doubtful {
            // A path that is not there answers like a token that is not taken: it is one where other feeds take the token.
            if matches!(error, Error::NotGranted { .. }) || answered > 0 {
                tracing::info!(feed = feed.name(), "this feed is not granted: done without");
                self.close(feed.name(), now.plus(CLOSED_FOR));
            } else {
                polled.failed.push(error);
            }
        }
        if read == 0 && !polled.failed.is_empty() {
            return Err(polled.failed.swap_remove(0));
        }
        self.try_skipped(&mut polled, now).await;
        Ok(polled)
    }

    /// Reads the next window of a feed; `false` when there is none yet.
    async fn next_window(
        &self,
        polled: &mut Polled,
        feed: Feed,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (name, limits) = (feed.name(), self.limits(feed));
        let mark = polled.cursor.feeds.get(name).cloned();
        let until = mark.as_ref().map_or_else(|| self.backfill_from(feed, now), |mark| mark.until);
        let mark = mark.unwrap_or_else(|| Mark { until, recent: BTreeSet::new() });
        let failures = polled.cursor.failing.get(name).copied().unwrap_or_default();
        let narrow = limits.narrowed(failures, self.asked(feed).min);
        let Some(window) = Window::after(mark.until, now, narrow) else { return Ok(false) };
        let (window, found) = match self.search(feed, window).await {
            Ok(found) => (window, found),
            Err(error) if is_of_a_window(&error) => {
                polled.cursor.failing.insert(name.to_owned(), failures.saturating_add(1));
                let last = narrow.is_narrowest(self.asked(feed).min);
                match self.beyond(feed, window, narrow, now).await {
                    Some((next, mut found)) if last => {
                        found.skipped.push((window, error));
                        (next, found)
                    }
                    Some(_) | None => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        for (skipped, error) in &found.skipped {
            let skipped = self.skipped(feed, *skipped, error, now);
            polled.cursor.skip(&skipped, limits.max);
            polled.skipped.push(skipped);
        }
        let mark = self.take(polled, feed, window, &mark, found.rows);
        let more = Window::after(mark.until, now, limits).is_some();
        if !more {
            polled.cursor.failing.remove(name);
        }
        polled.more |= more;
        polled.cursor.feeds.insert(name.to_owned(), mark);
        Ok(true)
    }

    /// The candidates that were merged since a moment: what a feed will tell, at once.
    pub async fn merged_since(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BTreeMap<CandidateId, CandidateId>, Error> {
        let feed = Feed::CandidatesMerged;
        if self.is_closed(feed.name(), now) {
            return Ok(BTreeMap::new());
        }
        let from = since.max(minus(now, self.asked(feed).max));
        let mut polled = Polled::from(Cursor::default());
        match self.rows(feed, Window { from, to: now }).await {
            Ok(rows) => rows.iter().for_each(|row| self.touch(&mut polled, feed, row)),
            Err(error @ Error::NotGranted { .. }) => {
                tracing::info!(feed = feed.name(), %error, "this feed is not granted: done without");
                self.close(feed.name(), now.plus(CLOSED_FOR));
            }
            // Whether the feed is not there or the token was not taken, the next poll finds out.
            Err(error) => return Err(error),
        }
        Ok(polled.merged)
    }

    /// Whether a failure says that the login itself is refused.
    fn is_shut_out(&self, error: &Error) -> bool {
        matches!(error, Error::Credentials { .. }) && self.refused().is_some()
    }

    /// How the windows of a feed are asked for.
    fn asked(&self, feed: Feed) -> &Asked {
        let spec = self.client().spec(feed.operation());
        spec.window.as_ref().expect("a registry that was checked has a window for each feed")
    }

    fn limits(&self, feed: Feed) -> Limits {
        let asked = self.asked(feed);
        Limits { max: asked.max, overlap: asked.overlap, lag: self.config().lag }
    }

    /// The widest window in which a feed is read.
    pub(crate) fn widest(&self, feed: Feed) -> Duration {
        self.asked(feed).max
    }

    /// Where reading a feed begins when there is no cursor.
    fn backfill_from(&self, feed: Feed, now: Timestamp) -> Timestamp {
        let (config, asked) = (self.config(), self.asked(feed));
        let day =
            config.backfill_from.and_then(|day| day.to_zoned(self.client().zone.clone()).ok());
        match day {
            // The first window reaches back by the overlap; the day itself is asked for, no more.
            Some(midnight) => Timestamp::from(midnight.timestamp()).plus(asked.overlap),
            None => minus(now, asked.max).plus(asked.overlap),
        }
    }

    /// Takes a window's rows and gives the feed's new mark.
    fn take(
        &self,
        polled: &mut Polled,
        feed: Feed,
        window: Window,
        mark: &Mark,
        rows: Vec<Row>,
    ) -> Mark {
        let zone = &self.client().zone;
        let again_from = minus(window.to, self.asked(feed).overlap);
        let mut recent = BTreeSet::new();
        if feed == Feed::Timesheets {
            self.take_rows(polled, feed, rows);
            return Mark { until: window.to, recent };
        }
        let mut fresh = Vec::with_capacity(rows.len());
        for row in rows {
            let digest = row.digest();
            let updated = updated(&row, zone);
            polled.newest = polled.newest.max(updated);
            let known = mark.recent.contains(&digest);
            if updated.is_none_or(|at| at >= again_from) && recent.len() < RECENT_MAX {
                recent.insert(digest);
            }
            if !known {
                fresh.push(row);
            }
        }
        self.take_rows(polled, feed, fresh);
        Mark { until: window.to, recent }
    }

    /// Takes rows for what they point at, or for what they are.
    fn take_rows(&self, polled: &mut Polled, feed: Feed, rows: Vec<Row>) {
        if feed != Feed::Timesheets {
            return rows.iter().for_each(|row| self.touch(polled, feed, row));
        }
        let newest = rows.iter().filter_map(|row| updated(row, &self.client().zone)).max();
        polled.newest = polled.newest.max(newest);
        let sheets = self.sheets(feed.operation(), &rows);
        polled.timesheets.extend(sheets.timesheets);
        polled.unreadable.extend(sheets.unreadable);
    }

    /// What one row points at.
    fn touch(&self, polled: &mut Polled, feed: Feed, row: &Row) {
        if feed == Feed::Invoices {
            let (billed, unreadable) = self.billed(feed.operation(), row);
            polled.billed.extend(billed);
            polled.unreadable.extend(unreadable);
            return;
        }
        let mut reader = Reader::new(&self.client().zone);
        let name = feed.name();
        let mut id = |column| reader.id(name, row, column);
        let found = match feed {
            Feed::CandidatesMerged => match (id(Field::MergedFrom), id(Field::MergedInto)) {
                (Some(old), Some(new)) => {
                    polled.merged.insert(CandidateId(old), CandidateId(new));
                    true
                }
                (_, _) => false,
            },
            Feed::CandidatesDeleted => {
                id(Field::Candidate).map(|id| polled.gone.insert(CandidateId(id))).is_some()
            }
            Feed::PlacementsDeleted => {
                id(Field::Placement).map(|id| polled.deleted.insert(PlacementId(id))).is_some()
            }
            Feed::Candidates => {
                id(Field::Candidate).map(|id| polled.candidates.insert(CandidateId(id))).is_some()
            }
            Feed::Requisitions => {
                let requisition = id(Field::Requisition).map(RequisitionId);
                requisition.map(|id| polled.requisitions.insert(id)).is_some()
            }
            Feed::Placements | Feed::Pay | Feed::Billing | Feed::Timesheets | Feed::Invoices => {
                match (id(Field::Placement), id(Field::Candidate)) {
                    (Some(placement), _) => {
                        self.touch_placement(polled, feed, placement, row);
                        true
                    }
                    (None, Some(candidate)) => {
                        polled.candidates.insert(CandidateId(candidate));
                        true
                    }
                    (None, None) => false,
                }
            }
        };
        polled.unreadable.extend(reader.into_unreadable());
        if !found {
            let why = "a row that names no record was passed over".to_owned();
            polled.unreadable.push(Unreadable { what: name.to_owned(), why });
        }
    }

    fn touch_placement(&self, polled: &mut Polled, feed: Feed, id: String, row: &Row) {
        let activity = feed == Feed::Placements;
        if activity && !may_be_hire(row) {
            polled.submittals.insert(PlacementId(id));
            return;
        }
        if activity {
            self.remember(&id, row);
        }
        polled.touched.insert(PlacementId(id));
    }
}

impl From<Cursor> for Polled {
    fn from(cursor: Cursor) -> Self {
        Self {
            touched: BTreeSet::new(),
            submittals: BTreeSet::new(),
            candidates: BTreeSet::new(),
            requisitions: BTreeSet::new(),
            timesheets: Vec::new(),
            billed: Vec::new(),
            merged: BTreeMap::new(),
            gone: BTreeSet::new(),
            deleted: BTreeSet::new(),
            cursor,
            unreadable: Vec::new(),
            skipped: Vec::new(),
            failed: Vec::new(),
            newest: None,
            more: false,
        }
    }
}

/// Whether what was asked for in the window may be why there is no answer.
fn is_of_a_window(error: &Error) -> bool {
    matches!(error, Error::Unavailable { .. } | Error::NoAnswer { .. })
}

/// Whether the tenant does not have an operation: a path that is not there answers like a bad login.
fn is_not_there(error: &Error) -> bool {
    matches!(error, Error::NotGranted { .. } | Error::Credentials { .. })
}

/// When a row was last changed, as far as it says.
fn updated(row: &Row, zone: &TimeZone) -> Option<Timestamp> {
    row.stamp(Field::Updated, zone).max(row.stamp(Field::UserFieldsUpdated, zone))
}
