//! Runs of days, and of moments: joining and taking away.

use std::fmt;

use crate::domain::facts::Date;
use crate::time::Timestamp;

/// Days from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first day.
    pub first: Date,
    /// The last day, never before the first.
    pub last: Date,
}

impl Range {
    /// `None` when the last day lies before the first.
    pub fn new(first: Date, last: Date) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// How many days there are.
    pub fn count(self) -> u64 {
        u64::from((self.last - self.first).get_days().unsigned_abs()) + 1
    }

    /// Whether the other one begins on the day after this one's last.
    pub fn touches(self, next: Range) -> bool {
        self.last.tomorrow().is_ok_and(|day| day == next.first)
    }
}

/// `2026-04-06 to 2026-04-09`, or one day.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{} to {}", self.first, self.last),
        }
    }
}

/// What is left of `days` without `taken`, which are in order and apart.
pub(super) fn subtract(days: Range, taken: &[Range]) -> Vec<Range> {
    let (mut left, mut from) = (Vec::new(), Some(days.first));
    for range in taken.iter().filter(|r| r.last >= days.first && r.first <= days.last) {
        let Some(first) = from else { break };
        left.extend(range.first.yesterday().ok().and_then(|last| Range::new(first, last)));
        from = range.last.tomorrow().ok();
    }
    left.extend(from.and_then(|first| Range::new(first, days.last)));
    left
}

/// Spans of time, each without its end, joined where they meet, in order.
pub(super) fn union(mut spans: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    spans.retain(|(from, until)| from < until);
    spans.sort();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(spans.len());
    for (from, until) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = until.max(*end),
            _ => joined.push((from, until)),
        }
    }
    joined
}
