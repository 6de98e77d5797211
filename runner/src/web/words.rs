//! Moments and spans as a person says them.

use workflow_core::time::Timestamp;

/// How long ago, roughly: `3 days`, `5 minutes`.
pub(super) fn ago(then: Timestamp, now: Timestamp) -> String {
    span(now.0 - then.0)
}

/// A span of milliseconds, in its largest unit.
pub(super) fn span(millis: i64) -> String {
    let secs = millis.max(0) / 1000;
    let (count, unit) = match secs {
        0..60 => return "a moment".to_owned(),
        60..3600 => (secs / 60, "minute"),
        3600..86_400 => (secs / 3600, "hour"),
        _ => (secs / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// A moment for people: UTC, to the minute.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).map_or_else(|| text.clone(), |short| short.replace('T', " "))
}

/// An operation's name as words.
pub(super) fn plain(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        for (millis, told) in [
            (-5, "a moment"),
            (59_999, "a moment"),
            (60_000, "1 minute"),
            (3_599_000, "59 minutes"),
            (86_399_000, "23 hours"),
            (2 * 86_400_000, "2 days"),
        ] {
            assert_eq!(span(millis), told);
        }
    }
}
