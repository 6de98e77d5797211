//! How far the feeds have been read, to be kept between polls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

use super::again::wait;
use crate::error::Error;

/// How far each feed has been read. Keep it only together with what the poll touched: what is not kept then is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Each feed's mark, by the name of its operation.
    pub(crate) feeds: BTreeMap<String, Mark>,
    /// How often in a row a feed could not be read, by the name of its operation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failing: BTreeMap<String, u32>,
    /// Windows that were passed over, until they can be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skipped: Vec<Skipped>,
}

/// A window that was passed over, because the service fails on a row in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The feed's operation, such as `pay.delta`.
    pub feed: String,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Both as the feed was asked, in the tenant's wall time.
    pub window: String,
    /// Why it could not be read the last time; holds no personal data.
    pub why: String,
    /// When it was passed over first.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next: Timestamp,
}

/// How far one feed has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Every change up to here has been seen.
    pub(crate) until: Timestamp,
    /// Digests of rows that the next window will bring again, because windows overlap.
    pub(crate) recent: BTreeSet<String>,
}

impl Skipped {
    pub(crate) fn new(
        feed: &str,
        (from, to): (Timestamp, Timestamp),
        window: String,
        error: &Error,
        now: Timestamp,
    ) -> Self {
        Self {
            feed: feed.to_owned(),
            from,
            to,
            window,
            why: error.to_string(),
            since: now,
            tries: 1,
            next: now.plus(wait(1)),
        }
    }

    /// Whether it is this very window.
    pub(crate) fn is(&self, other: &Skipped) -> bool {
        (&self.feed, self.from, self.to) == (&other.feed, other.from, other.to)
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.feed, self.window)
    }
}

/// Why bytes are no cursor.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are no cursor of the JobDiva feeds")]
pub struct BadCursor(#[source] serde_json::Error);

impl Cursor {
    /// Reads what [`Cursor::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadCursor> {
        serde_json::from_slice(bytes).map_err(BadCursor)
    }

    /// As JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a cursor is made of texts and numbers")
    }

    /// The windows that were passed over and are tried again, in the order in which they were met.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Keeps a window that was passed over. Polls overlap, so the same row is met again with other borders: what overlaps
    /// is kept as one, as far as it is no wider than `max`.
    pub(crate) fn skip(&mut self, skipped: &Skipped, max: Duration) {
        let together = |kept: &&mut Skipped| {
            let (from, to) = (kept.from.min(skipped.from), kept.to.max(skipped.to));
            let touch = kept.from <= skipped.to && skipped.from <= kept.to;
            kept.feed == skipped.feed && touch && to.since(from) <= max
        };
        match self.skipped.iter_mut().find(together) {
            Some(kept) if kept.from <= skipped.from && kept.to >= skipped.to => {}
            Some(kept) => {
                let first = |text: &str| text.split(" - ").next().unwrap_or_default().to_owned();
                let last = |text: &str| text.split(" - ").last().unwrap_or_default().to_owned();
                let begin = if kept.from <= skipped.from { &kept.window } else { &skipped.window };
                let end = if kept.to >= skipped.to { &kept.window } else { &skipped.window };
                kept.window = format!("{} - {}", first(begin), last(end));
                kept.from = kept.from.min(skipped.from);
                kept.to = kept.to.max(skipped.to);
            }
            None => self.skipped.push(skipped.clone()),
        }
    }

    /// Up to when every feed has been read that was read at all.
    pub fn all_read_until(&self) -> Option<Timestamp> {
        self.feeds.values().map(|mark| mark.until).min()
    }

    /// Up to when a feed has been read, by its operation's name, such as `pay.delta`.
    pub fn read_until(&self, feed: &str) -> Option<Timestamp> {
        self.feeds.get(feed).map(|mark| mark.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let mark = Mark { until: Timestamp(5), recent: BTreeSet::from(["ab".to_owned()]) };
        let cursor =
            Cursor { feeds: BTreeMap::from([("pay.delta".to_owned(), mark)]), ..Cursor::default() };
        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()).unwrap(), cursor);
        assert_eq!(cursor.read_until("pay.delta"), Some(Timestamp(5)));
        assert!(Cursor::from_bytes(b"{").is_err());
    }

    #[test]
    fn a_cursor_of_before_there_were_skipped_windows_is_read() {
        let old = br#"{"feeds":{"pay.delta":{"until":5,"recent":[]}}}"#;
        assert!(Cursor::from_bytes(old).unwrap().skipped().is_empty());
    }

    #[test]
    fn windows_that_overlap_are_kept_as_one() {
        let error = Error::Unreadable { operation: "pay.delta", why: String::new() };
        let skip = |feed: &str, from: i64, to: i64| {
            let (from, to) = (Timestamp::from_secs(from), Timestamp::from_secs(to));
            Skipped::new(feed, (from, to), format!("{} - {}", from.0, to.0), &error, Timestamp(0))
        };
        let mut cursor = Cursor::default();
        for (feed, from, to) in [
            ("a", 10, 20),
            ("a", 12, 18),
            ("a", 15, 25),
            ("b", 12, 18),
            ("a", 24, 60),
            ("a", 70, 80),
        ] {
            cursor.skip(&skip(feed, from, to), Duration::from_secs(30));
        }
        let kept: Vec<String> = cursor.skipped().iter().map(ToString::to_string).collect();
        assert_eq!(
            kept,
            ["a 10000 - 25000", "b 12000 - 18000", "a 24000 - 60000", "a 70000 - 80000"]
        );
    }
}
