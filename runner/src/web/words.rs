//! Moments and spans as a person says them.

use jiff::civil::Date;
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

/// How a first day of work lies to today: `in 3 days`, `today`, `2 days ago`.
pub(super) fn days_until(day: Date, today: Date) -> String {
    match i64::from((day - today).get_days()) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", -days),
    }
}

/// What is left of the time before work begins: `2 days left before work begins on 2026-04-06`.
pub(super) fn left(day: Date, today: Date) -> String {
    match i64::from((day - today).get_days()) {
        0 => format!("work begins today, {day}"),
        1 => format!("1 day left before work begins on {day}"),
        days if days > 0 => format!("{days} days left before work begins on {day}"),
        -1 => format!("work began a day ago, on {day}"),
        days => format!("work began {} days ago, on {day}", -days),
    }
}

/// Words as a sentence begins.
pub(super) fn begun(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// So many of something: `1 placement`, `2 placements`.
pub(super) fn count(count: usize, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

/// An operation's name as words.
pub(super) fn plain(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_day_is_told_from_today() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let today = day("2026-04-04");
        assert_eq!(left(day("2026-04-06"), today), "2 days left before work begins on 2026-04-06");
        assert_eq!(left(today, today), "work begins today, 2026-04-04");
        assert_eq!(left(day("2026-04-01"), today), "work began 3 days ago, on 2026-04-01");
        assert_eq!(days_until(day("2026-04-03"), today), "yesterday");
        assert_eq!(begun("waiting: é"), "Waiting: é");
    }

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
