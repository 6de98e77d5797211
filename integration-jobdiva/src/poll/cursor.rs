//! How far the feeds have been read, to be kept between polls.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use workflow_core::time::Timestamp;

/// How far each feed has been read. Keep it only together with what the poll touched: what is not kept then is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Each feed's mark, by the name of its operation.
    pub(crate) feeds: BTreeMap<String, Mark>,
}

/// How far one feed has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Every change up to here has been seen.
    pub(crate) until: Timestamp,
    /// Digests of rows that the next window will bring again, because windows overlap.
    pub(crate) recent: BTreeSet<String>,
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
        let cursor = Cursor { feeds: BTreeMap::from([("pay.delta".to_owned(), mark)]) };
        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()).unwrap(), cursor);
        assert_eq!(cursor.read_until("pay.delta"), Some(Timestamp(5)));
        assert!(Cursor::from_bytes(b"{").is_err());
    }
}
