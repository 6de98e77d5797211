//! Polling the delta feeds: which placements, people and requisitions were touched since last time.
//!
//! One call reads one window of each feed, so that a long back-fill is done step by step and can be interrupted. A
//! feed's mark moves only after its window was decoded whole; feeds do not wait for each other. Rows are only
//! pointers: what is true is read by [`JobDiva::assemble`]. Deleted and merged records have feeds of their own, which
//! not every tenant grants. The windows are in `poll/window.rs`, the cursor in `poll/cursor.rs`; what no feed tells is
//! found by `census.rs`.

mod cursor;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use workflow_core::domain::facts::{CandidateId, PlacementId, RequisitionId, Unreadable};
use workflow_core::time::Timestamp;

use self::cursor::Mark;
pub use self::cursor::{BadCursor, Cursor};
use self::window::{Limits, Window, minus};
use crate::JobDiva;
use crate::assemble::may_be_hire;
use crate::error::Error;
use crate::operations::Operation;
use crate::wire::columns::{self, Kind};
use crate::wire::date;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

/// How many failures in a row end the search for the row on which the service fails: it is the service, then.
/// Halving 13 days down to an hour takes nine.
const FAILURES_MAX: usize = 16;
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
    /// Candidates that were merged: the one that is gone, and the one that stays.
    pub merged: BTreeMap<CandidateId, CandidateId>,
    /// Candidates that were deleted, or merged.
    pub gone: BTreeSet<CandidateId>,
    /// Submittals and placements that were deleted.
    pub deleted: BTreeSet<PlacementId>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Rows without an id, and windows that the service cannot give.
    pub unreadable: Vec<Unreadable>,
    /// Feeds that could not be read this time; their marks have not moved.
    pub failed: Vec<Error>,
    /// The newest change seen, by JobDiva's own clock.
    pub newest: Option<Timestamp>,
    /// A window is left to be read now: poll again at once.
    pub more: bool,
}

/// The feeds, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Feed {
    CandidatesMerged,
    CandidatesDeleted,
    PlacementsDeleted,
    Placements,
    Pay,
    Billing,
    Candidates,
    Requisitions,
}

impl Feed {
    const ALL: [Feed; 8] = [
        Feed::CandidatesMerged,
        Feed::CandidatesDeleted,
        Feed::PlacementsDeleted,
        Feed::Placements,
        Feed::Pay,
        Feed::Billing,
        Feed::Candidates,
        Feed::Requisitions,
    ];

    /// Whether the others do without it: what is deleted is missed when it is read, only later.
    fn is_optional(self) -> bool {
        match self {
            Feed::CandidatesMerged | Feed::CandidatesDeleted | Feed::PlacementsDeleted => true,
            Feed::Placements
            | Feed::Pay
            | Feed::Billing
            | Feed::Candidates
            | Feed::Requisitions => false,
        }
    }

    fn operation(self) -> Operation {
        match self {
            Feed::CandidatesMerged => Operation::CandidateMerged,
            Feed::CandidatesDeleted => Operation::CandidateDeleted,
            Feed::PlacementsDeleted => Operation::PlacementDeleted,
            Feed::Placements => Operation::PlacementDelta,
            Feed::Pay => Operation::PayDelta,
            Feed::Billing => Operation::BillingDelta,
            Feed::Candidates => Operation::CandidateDelta,
            Feed::Requisitions => Operation::JobDelta,
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
        }
    }
}

impl JobDiva {
    /// Reads the next window of each feed. Without a cursor it starts at the configured back-fill day.
    ///
    /// Fails when every feed that had something to read failed; one that fails alone is in [`Polled::failed`].
    pub async fn poll(&self, cursor: Option<Cursor>, now: Timestamp) -> Result<Polled, Error> {
        let config = self.config();
        let limits = Limits { max: config.window_max, overlap: config.overlap, lag: config.lag };
        let begin = self.backfill_from(now);
        let mut polled = Polled::from(cursor.unwrap_or_default());
        let mut read = 0;
        for feed in Feed::ALL {
            let name = feed.name();
            if self.is_closed(name, now) {
                continue;
            }
            let mark = polled.cursor.feeds.get(name).cloned();
            let mark = mark.unwrap_or_else(|| Mark { until: begin, recent: BTreeSet::new() });
            let Some(window) = Window::after(mark.until, now, limits) else { continue };
            match self.window(feed, window).await {
                Ok(taken) => {
                    read += usize::from(!feed.is_optional());
                    let mark = self.take(&mut polled, feed, window, &mark, taken);
                    polled.more |= Window::after(mark.until, now, limits).is_some();
                    polled.cursor.feeds.insert(name.to_owned(), mark);
                }
                Err(error) if feed.is_optional() && is_not_there(&error) => {
                    tracing::info!(feed = name, "this feed is not granted: done without");
                    self.close(name, now.plus(CLOSED_FOR));
                }
                Err(error) => polled.failed.push(error),
            }
        }
        match (read, polled.failed.is_empty()) {
            (0, false) => Err(polled.failed.swap_remove(0)),
            _ => Ok(polled),
        }
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
        let from = since.max(minus(now, self.config().window_max));
        let mut polled = Polled::from(Cursor::default());
        match self.rows(feed, Window { from, to: now }).await {
            Ok(rows) => rows.iter().for_each(|row| self.touch(&mut polled, feed, row)),
            Err(error) if is_not_there(&error) => self.close(feed.name(), now.plus(CLOSED_FOR)),
            Err(error) => return Err(error),
        }
        Ok(polled.merged)
    }

    /// Where reading begins when there is no cursor.
    fn backfill_from(&self, now: Timestamp) -> Timestamp {
        let config = self.config();
        let day =
            config.backfill_from.and_then(|day| day.to_zoned(self.client().zone.clone()).ok());
        match day {
            // The first window reaches back by the overlap; the day itself is asked for, no more.
            Some(midnight) => Timestamp::from(midnight.timestamp()).plus(config.overlap),
            None => minus(now, config.window_max).plus(config.overlap),
        }
    }

    /// The rows of one window. Where the service fails on a row, the window is halved until the row's hour is
    /// found; that hour is tried once more at the end, then noted and passed over.
    async fn window(
        &self,
        feed: Feed,
        whole: Window,
    ) -> Result<(Vec<Row>, Vec<Unreadable>), Error> {
        let (mut rows, mut suspects) = (Vec::new(), Vec::new());
        let mut left = vec![whole];
        let (mut good, mut failed_in_row) = (None, 0);
        while let Some(window) = left.pop() {
            match self.rows(feed, window).await {
                Ok(found) => {
                    (good, failed_in_row) = (Some(window), 0);
                    rows.extend(found);
                }
                Err(error) if !is_of_a_row(&error) || failed_in_row >= FAILURES_MAX => {
                    return Err(error);
                }
                Err(_) if window.length() <= self.config().window_min => {
                    failed_in_row += 1;
                    suspects.push(window);
                }
                Err(_) => {
                    failed_in_row += 1;
                    let (first, second) = window.halves();
                    left.extend([second, first]);
                }
            }
        }
        let mut poisoned = Vec::new();
        for window in suspects {
            match self.rows(feed, window).await {
                Ok(found) => rows.extend(found),
                Err(error) if !is_of_a_row(&error) => return Err(error),
                Err(error) => {
                    // A window that was good must still be: else it is the service that fails, not a row.
                    let Some(good) = good else { return Err(error) };
                    self.rows(feed, good).await?;
                    poisoned.push(self.poisoned(feed, window, &error));
                }
            }
        }
        Ok((rows, poisoned))
    }

    /// One call to a feed; the slim form of the activities where the rich one is not granted.
    async fn rows(&self, feed: Feed, window: Window) -> Result<Vec<Row>, Error> {
        let client = self.client();
        let from = date::window_bound(window.from, &client.zone);
        let to = date::window_end(window.to, &client.zone);
        let bounds = [from.as_str(), to.as_str()];
        match client.rows(feed.operation(), &bounds, feed.kind()).await {
            Err(Error::NotGranted { .. }) if feed == Feed::Placements => {
                client.rows(Operation::PlacementDeltaAlt, &bounds, feed.kind()).await
            }
            answer => answer,
        }
    }

    fn poisoned(&self, feed: Feed, window: Window, error: &Error) -> Unreadable {
        let zone = &self.client().zone;
        let from = date::window_bound(window.from, zone);
        let to = date::window_end(window.to, zone);
        Unreadable {
            what: format!("{} {from} - {to}", feed.name()),
            why: format!("JobDiva fails on a row in this window, which was passed over: {error}"),
        }
    }

    /// Takes a window's rows and gives the feed's new mark.
    fn take(
        &self,
        polled: &mut Polled,
        feed: Feed,
        window: Window,
        mark: &Mark,
        (rows, poisoned): (Vec<Row>, Vec<Unreadable>),
    ) -> Mark {
        let zone = &self.client().zone;
        let again_from = minus(window.to, self.config().overlap);
        let mut recent = BTreeSet::new();
        polled.unreadable.extend(poisoned);
        for row in rows {
            let digest = row.digest();
            let updated = updated(&row, zone);
            polled.newest = polled.newest.max(updated);
            let known = mark.recent.contains(&digest);
            if updated.is_none_or(|at| at >= again_from) && recent.len() < RECENT_MAX {
                recent.insert(digest);
            }
            if !known {
                self.touch(polled, feed, &row);
            }
        }
        Mark { until: window.to, recent }
    }

    /// What one row points at.
    fn touch(&self, polled: &mut Polled, feed: Feed, row: &Row) {
        let mut reader = Reader::new(&self.client().zone);
        let name = feed.name();
        let mut id = |column| reader.id(name, row, column);
        let found = match feed {
            Feed::CandidatesMerged => match (id(columns::MERGED_FROM), id(columns::MERGED_INTO)) {
                (Some(old), Some(new)) => {
                    polled.merged.insert(CandidateId(old), CandidateId(new));
                    true
                }
                (_, _) => false,
            },
            Feed::CandidatesDeleted => {
                id(columns::CANDIDATE).map(|id| polled.gone.insert(CandidateId(id))).is_some()
            }
            Feed::PlacementsDeleted => {
                id(columns::PLACEMENT).map(|id| polled.deleted.insert(PlacementId(id))).is_some()
            }
            Feed::Candidates => {
                id(columns::CANDIDATE).map(|id| polled.candidates.insert(CandidateId(id))).is_some()
            }
            Feed::Requisitions => {
                let requisition = id(columns::REQUISITION).map(RequisitionId);
                requisition.map(|id| polled.requisitions.insert(id)).is_some()
            }
            Feed::Placements | Feed::Pay | Feed::Billing => {
                match (id(columns::PLACEMENT), id(columns::CANDIDATE)) {
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
            merged: BTreeMap::new(),
            gone: BTreeSet::new(),
            deleted: BTreeSet::new(),
            cursor,
            unreadable: Vec::new(),
            failed: Vec::new(),
            newest: None,
            more: false,
        }
    }
}

/// Whether a row of the window may be why the service failed.
fn is_of_a_row(error: &Error) -> bool {
    matches!(error, Error::Unavailable { status: 500, .. })
}

/// Whether the tenant does not have an operation: a path that is not there answers like a bad login.
fn is_not_there(error: &Error) -> bool {
    matches!(error, Error::NotGranted { .. } | Error::Credentials { .. })
}

/// When a row was last changed, as far as it says.
fn updated(row: &Row, zone: &TimeZone) -> Option<Timestamp> {
    let stamp = |column| date::stamp(row.text(column)?, zone).ok().flatten();
    stamp(columns::UPDATED).max(stamp(columns::USER_FIELDS_UPDATED))
}
