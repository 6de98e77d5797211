//! Reading one window on a row of which the service may fail.
//!
//! JobDiva answers a window with one bad row in it with a 500. The window is asked for once more, then halved until the row
//! stands alone in the narrowest window; that one is tried once more at the end, and only when the service still gives
//! what it gave before, it counts as passed over. Everything around it is read. A window that is wider than the service allows, or
//! whose answer is larger than is accepted, is halved too.

use super::window::{Limits, Window};
use super::{Feed, Skipped};
use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Operation, Param};
use crate::wire::date;
use crate::wire::row::Row;

use jiff::tz::TimeZone;
use workflow_core::time::Timestamp;

/// How many failures in a row end the search for the row on which the service fails: it is the service, then.
/// Halving 13 days down to an hour takes nine.
const FAILURES_MAX: usize = 16;

/// What a window gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its rows.
    pub(super) rows: Vec<Row>,
    /// The parts of it that the service cannot give, and why.
    pub(super) skipped: Vec<(Window, Error)>,
}

impl JobDiva {
    /// The rows of one window, as far as the service can give them.
    pub(super) async fn search(&self, feed: Feed, whole: Window) -> Result<Found, Error> {
        let narrowest = self.asked(feed).min;
        let (mut found, mut suspects) = (Found::default(), Vec::new());
        let mut left = vec![whole];
        let (mut good, mut failed_in_row) = (None, 0);
        while let Some(window) = left.pop() {
            match self.rows(feed, window).await {
                Ok(rows) => {
                    (good, failed_in_row) = (Some(window), 0);
                    found.rows.extend(rows);
                }
                Err(error @ (Error::WindowTooWide { .. } | Error::TooLarge { .. })) => {
                    if window.length() <= narrowest {
                        return Err(error);
                    }
                    tracing::warn!(%error, "a window is split: set a lower `window.max` for this operation");
                    let (first, second) = window.halves();
                    left.extend([second, first]);
                }
                Err(error) if !is_of_a_row(&error) || failed_in_row >= FAILURES_MAX => {
                    return Err(error);
                }
                Err(_) if window == whole && failed_in_row == 0 => {
                    failed_in_row += 1;
                    left.push(whole);
                }
                Err(_) if window.length() <= narrowest => {
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
        for window in suspects {
            match self.rows(feed, window).await {
                Ok(rows) => found.rows.extend(rows),
                Err(error) if !is_of_a_row(&error) => return Err(error),
                Err(error) => {
                    // A window that was good must still be: else it is the service that fails, not a row.
                    let Some(good) = good else { return Err(error) };
                    self.rows(feed, good).await?;
                    found.skipped.push((window, error));
                }
            }
        }
        Ok(found)
    }

    /// What lies beyond a window that cannot be read, where something does: it shows that the service works.
    pub(super) async fn beyond(
        &self,
        feed: Feed,
        window: Window,
        limits: Limits,
        now: Timestamp,
    ) -> Option<(Window, Found)> {
        if !limits.is_narrowest(self.asked(feed).min) {
            return None;
        }
        let next = Window::after(window.to, now, limits)?;
        let next = Window { from: window.to, ..next };
        Some((next, self.search(feed, next).await.ok()?))
    }

    /// One call to a feed; the slim form of the activities where the rich one is not granted.
    pub(crate) async fn rows(&self, feed: Feed, window: Window) -> Result<Vec<Row>, Error> {
        match self.rows_of(feed.operation(), feed, window).await {
            Err(Error::NotGranted { .. }) if feed == Feed::Placements => {
                self.rows_of(Operation::PlacementDeltaAlt, feed, window).await
            }
            Err(Error::NotGranted { .. }) if feed == Feed::Timesheets => {
                self.rows_of(Operation::TimesheetApprovedDelta, feed, window).await
            }
            answer => answer,
        }
    }

    async fn rows_of(
        &self,
        operation: Operation,
        feed: Feed,
        window: Window,
    ) -> Result<Vec<Row>, Error> {
        let (from, to) = self.bounds(operation, window);
        let values = [(Param::From, from.as_str()), (Param::To, to.as_str())];
        self.client().rows(operation, &values, feed.kind()).await
    }

    /// The ends of a window as an operation wants them.
    pub(crate) fn bounds(&self, operation: Operation, window: Window) -> (String, String) {
        let client = self.client();
        let usual = operation.usual().window;
        let asked = client.spec(operation).window.as_ref().or(usual.as_ref());
        let asked = asked.expect("only operations with windows are asked for one");
        let own = asked.zone.as_ref().and_then(|zone| TimeZone::get(zone).ok());
        let zone = own.unwrap_or_else(|| client.zone.clone());
        let to = date::window_end(window.to, &zone, &asked.format);
        (asked.format.write(window.from, &zone), to)
    }

    /// A window that is passed over, to be kept.
    pub(super) fn skipped(
        &self,
        feed: Feed,
        window: Window,
        error: &Error,
        now: Timestamp,
    ) -> Skipped {
        let (from, to) = self.bounds(feed.operation(), window);
        Skipped::new(feed.name(), (window.from, window.to), format!("{from} - {to}"), error, now)
    }
}

/// Whether a row of the window may be why the service failed.
fn is_of_a_row(error: &Error) -> bool {
    matches!(error, Error::Unavailable { status: 500, .. })
}
