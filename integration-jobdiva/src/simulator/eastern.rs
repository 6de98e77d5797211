//! Eastern wall time: the only clock face the service shows, with the date forms it reads and writes.
//!
//! Stamps and window bounds are US Eastern without an offset; business dates keep their calendar day; the `search`
//! methods write epoch milliseconds. Next: [`super::feeds`], where windows are compared.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use workflow_core::time::Timestamp;

static ZONE: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("America/New_York").expect("the zone table is compiled in"));

/// The wall time of a moment, cut to whole seconds.
pub(super) fn wall(at: Timestamp) -> DateTime {
    Timestamp::from_secs(at.as_secs()).to_jiff().to_zoned(ZONE.clone()).datetime()
}

/// The calendar day of a moment.
pub(super) fn day_of(at: Timestamp) -> Date {
    wall(at).date()
}

/// The moment of a wall time; in the repeated autumn hour the first of the two.
pub(super) fn moment(wall: DateTime) -> Timestamp {
    wall.to_zoned(ZONE.clone()).map(|zoned| zoned.timestamp().into()).unwrap_or_default()
}

/// A moment in 2026, for the seed data.
pub(super) fn in_2026(month: i8, day: i8, hour: i8, minute: i8) -> Timestamp {
    moment(date(2026, month, day).at(hour, minute, 0, 0))
}

/// `2026-03-02T09:15:00`.
pub(super) fn stamp(at: Timestamp) -> String {
    wall(at).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `2026-04-06T00:00:00`.
pub(super) fn day(day: Date) -> String {
    day.strftime("%Y-%m-%dT00:00:00").to_string()
}

/// `2026-09-30T23:59:59`: how ends are stored in the assignment detail.
pub(super) fn day_end(day: Date) -> String {
    day.strftime("%Y-%m-%dT23:59:59").to_string()
}

/// `04/06/2026`.
pub(super) fn us_day(day: Date) -> String {
    day.strftime("%m/%d/%Y").to_string()
}

/// Epoch milliseconds of Eastern midnight.
pub(super) fn millis(day: Date) -> i64 {
    moment(day.at(0, 0, 0, 0)).0
}

/// Epoch milliseconds of 23:59:59 Eastern.
pub(super) fn millis_end(day: Date) -> i64 {
    moment(day.at(23, 59, 59, 0)).0
}

/// Reads `MM/dd/yyyy HH:mm:ss`, `MM/dd/yyyy` or `M/d/yyyy`; nothing else.
pub(super) fn parse(text: &str) -> Option<DateTime> {
    let (day, time) = text.trim().split_once(' ').unwrap_or((text.trim(), "0:0:0"));
    let [month, day_of_month, year] = split(day, '/')?;
    let [hour, minute, second] = split(time, ':')?;
    if year < 1900 {
        return None;
    }
    let small = |n: i16| i8::try_from(n).ok();
    DateTime::new(
        year,
        small(month)?,
        small(day_of_month)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    )
    .ok()
}

/// Reads `yyyy-MM-dd'T'HH:mm:ss` (JSON bodies), with or without the time.
pub(super) fn parse_iso_day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn split(text: &str, by: char) -> Option<[i16; 3]> {
    let parts: Vec<i16> =
        text.split(by).map(|part| part.parse().ok()).collect::<Option<Vec<_>>>()?;
    <[i16; 3]>::try_from(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_the_service_reads() {
        let noon = date(2026, 3, 2).at(12, 0, 5, 0);
        assert_eq!(parse("03/02/2026 12:00:05"), Some(noon));
        assert_eq!(parse("3/2/2026"), Some(date(2026, 3, 2).at(0, 0, 0, 0)));
        assert_eq!(parse("2026-03-02T12:00:05"), None);
        assert_eq!(parse("02/30/2026"), None);
    }

    #[test]
    fn summer_and_winter_have_their_own_offsets() {
        assert_eq!(in_2026(3, 24, 9, 0).to_string(), "2026-03-24T13:00:00.000Z");
        assert_eq!(in_2026(1, 24, 9, 0).to_string(), "2026-01-24T14:00:00.000Z");
        assert_eq!(stamp(in_2026(3, 24, 9, 0)), "2026-03-24T09:00:00");
        assert_eq!(millis(date(2026, 4, 6)), 1_775_448_000_000);
    }
}
