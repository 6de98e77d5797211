//! Dates and stamps in all the forms that JobDiva's methods and tenants send.
//!
//! Local times are wall time in the tenant's zone. A business date keeps its calendar day and is never shifted;
//! only an instant (epoch, or a time with an offset) has to be brought to the zone first.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use workflow_core::time::Timestamp;

use crate::operations::{Pattern, Read};

/// What a text says of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Wall time in the tenant's zone.
    Wall(DateTime),
    /// A point in time.
    Instant(jiff::Timestamp),
}

/// The calendar day that a text names, in a tenant's own form of dates or in one that tells itself; `None` for `0`.
pub(crate) fn date(
    text: &str,
    zone: &TimeZone,
    form: Option<&Pattern>,
) -> Result<Option<Date>, &'static str> {
    Ok(moment(text, form)?.map(|moment| match moment {
        Moment::Wall(wall) => wall.date(),
        Moment::Instant(instant) => business_date(instant, zone),
    }))
}

/// The moment that a text names; `None` for `0`. Of an hour that the clock shows twice, the first is meant.
pub(crate) fn stamp(
    text: &str,
    zone: &TimeZone,
    form: Option<&Pattern>,
) -> Result<Option<Timestamp>, &'static str> {
    Ok(match moment(text, form)? {
        None => None,
        Some(Moment::Instant(instant)) => Some(instant.into()),
        Some(Moment::Wall(wall)) => {
            let zoned = wall.to_zoned(zone.clone()).map_err(|_| "is out of range")?;
            Some(zoned.timestamp().into())
        }
    })
}

/// The end of a feed's window. Midnight is asked for as the second before: the service takes it for the end of the day
/// that begins there, which may make the window wider than it allows.
pub(crate) fn window_end(moment: Timestamp, zone: &TimeZone, form: &Pattern) -> String {
    let local = moment.to_jiff().to_zoned(zone.clone());
    let early = if local.time() == Time::midnight() { 1000 } else { 0 };
    form.write(Timestamp(moment.0 - early), zone)
}

/// The day meant by an instant. Midnight UTC is a day that was stored in UTC, although it is the evening before
/// in an American zone; every other instant is a day of the zone.
fn business_date(instant: jiff::Timestamp, zone: &TimeZone) -> Date {
    let utc = Offset::UTC.to_datetime(instant);
    if utc.time() == Time::midnight() {
        return utc.date();
    }
    instant.to_zoned(zone.clone()).date()
}

fn moment(text: &str, form: Option<&Pattern>) -> Result<Option<Moment>, &'static str> {
    let text = text.trim();
    if let Some(form) = form {
        match form.read(text) {
            Some(read) => return in_form(read),
            // A date with slashes in another form would be read with day and month exchanged.
            None if text.contains('/') => return Err("is not in the configured form of dates"),
            None => {}
        }
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return epoch(text);
    }
    let (day, time) = match text.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, time.trim()),
        None => (text, ""),
    };
    on(calendar_day(day)?, time)
}

/// What the tenant's own form says, with a time of day behind it where the form has none.
fn in_form(read: Read<'_>) -> Result<Option<Moment>, &'static str> {
    match read {
        Read::Instant(instant) if instant.as_millisecond() == 0 => Ok(None),
        Read::Instant(instant) => Ok(Some(Moment::Instant(instant))),
        Read::Wall(day, Some(time), "") => Ok(Some(Moment::Wall(DateTime::from_parts(day, time)))),
        Read::Wall(_, Some(_), _) => Err("is longer than the configured form of dates"),
        Read::Wall(day, None, rest) => on(day, rest.trim_start_matches(['T', 't', ' ']).trim()),
    }
}

/// A day with a time of day in a form that tells itself.
fn on(day: Date, time: &str) -> Result<Option<Moment>, &'static str> {
    let (time, offset) = clock_time(time)?;
    let wall = DateTime::from_parts(day, time);
    Ok(Some(match offset {
        None => Moment::Wall(wall),
        Some(offset) => Moment::Instant(offset.to_timestamp(wall).map_err(|_| "is out of range")?),
    }))
}

/// Milliseconds from 10^12 on, seconds from 10^8 on; `0` is no date.
fn epoch(digits: &str) -> Result<Option<Moment>, &'static str> {
    let number: i64 = digits.parse().map_err(|_| "is no date")?;
    let instant = match number {
        0 => return Ok(None),
        1_000_000_000_000.. => jiff::Timestamp::from_millisecond(number),
        100_000_000.. => jiff::Timestamp::from_second(number),
        _ => return Err("is a number too small to be a date"),
    };
    Ok(Some(Moment::Instant(instant.map_err(|_| "is out of range")?)))
}

/// `yyyy-MM-dd`, `MM/dd/yyyy`, `M/d/yyyy`.
fn calendar_day(text: &str) -> Result<Date, &'static str> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(separator);
    let (Some(a), Some(b), Some(c), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("is no date");
    };
    let (year, month, day) = if separator == '/' { (c, a, b) } else { (a, b, c) };
    // A sign is no digit, though a number may have one.
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return Err("has no year of four digits");
    }
    let month = number(month)?;
    let day = number(day)?;
    let year = year.parse::<i16>().map_err(|_| "is no date")?;
    Date::new(year, month, day).map_err(|_| "is no day of the calendar")
}

/// `HH:mm`, `HH:mm:ss`, `HH:mm:ss.fff`, each with an optional offset; nothing is midnight.
fn clock_time(text: &str) -> Result<(Time, Option<Offset>), &'static str> {
    if text.is_empty() {
        return Ok((Time::midnight(), None));
    }
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        None => (text, None),
        Some(at) => (&text[..at], Some(zone_offset(&text[at..])?)),
    };
    let (clock, fraction) = clock.trim_end().split_once('.').unwrap_or((clock.trim_end(), ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err("has no time of day");
    }
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), second, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("has no time of day");
    };
    let time = Time::new(number(hour)?, number(minute)?, number(second.unwrap_or("0"))?, 0);
    Ok((time.map_err(|_| "has no time of day")?, offset))
}

/// `Z`, `+0000`, `+00:00`, `+00`.
fn zone_offset(text: &str) -> Result<Offset, &'static str> {
    let wrong = "has an offset that is not understood";
    if text.eq_ignore_ascii_case("z") {
        return Ok(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    let part = |range: std::ops::Range<usize>| {
        digits.get(range).and_then(|part| part.parse::<i32>().ok()).unwrap_or(0)
    };
    Offset::from_seconds(sign * (part(0..2) * 3600 + part(2..4) * 60)).map_err(|_| wrong)
}

/// One or two digits.
fn number(text: &str) -> Result<i8, &'static str> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().map_err(|_| "is no date") } else { Err("is no date") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eastern() -> TimeZone {
        TimeZone::get("America/New_York").unwrap()
    }

    fn usual() -> Pattern {
        "MM/dd/yyyy HH:mm:ss".parse().unwrap()
    }

    fn day(text: &str) -> Result<Option<String>, &'static str> {
        date(text, &eastern(), None).map(|date| date.map(|date| date.to_string()))
    }

    #[test]
    fn every_form_of_a_day_is_read() {
        for text in [
            "2026-04-06",
            "2026-04-06T00:00:00",
            "2026-04-06T23:59:59",
            "2026-04-06T23:59:59.999",
            "2026-04-06 09:15",
            "2026-04-06T04:00:00Z",
            "2026-04-06T00:00:00-0400",
            "2026-04-06T00:00:00+0000",
            "04/06/2026",
            "4/6/2026",
            "04/06/2026 23:59:59",
        ] {
            assert_eq!(day(text), Ok(Some("2026-04-06".to_owned())), "{text}");
        }
        assert_eq!(day("0"), Ok(None));
    }

    #[test]
    fn an_epoch_is_the_day_that_was_meant() {
        // Midnight UTC, midnight Eastern, and the last second of an Eastern day.
        for (text, expected) in [
            ("1775433600000", "2026-04-06"),
            ("1775448000000", "2026-04-06"),
            ("1790827199000", "2026-09-30"),
            ("1775448000", "2026-04-06"),
        ] {
            assert_eq!(day(text), Ok(Some(expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "soon",
            "31/12/2026",
            "2026-02-30",
            "4/6/26",
            "12345",
            "2026-04-06T25:00",
            "2026-04-06Tx",
            "--",
            "2026-04-06T00:00:00+9",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_stamp_is_eastern_wall_time() {
        let at = |text: &str| stamp(text, &eastern(), None).unwrap().unwrap().to_string();
        assert_eq!(at("2026-03-02T09:15:00"), "2026-03-02T14:15:00.000Z");
        assert_eq!(at("07/02/2026 09:15:00"), "2026-07-02T13:15:00.000Z");
        assert_eq!(at("2026-11-01T01:30:00"), "2026-11-01T05:30:00.000Z");
        assert_eq!(at("2026-03-02T09:15:00+0000"), "2026-03-02T09:15:00.000Z");
    }

    #[test]
    fn a_window_never_ends_at_midnight() {
        let end = |text: &str| {
            window_end(stamp(text, &eastern(), None).unwrap().unwrap(), &eastern(), &usual())
        };
        assert_eq!(end("2026-03-25T00:00:00"), "03/24/2026 23:59:59");
        assert_eq!(end("2026-03-25T00:00:01"), "03/25/2026 00:00:01");
        assert_eq!(end("2026-03-24T23:59:59"), "03/24/2026 23:59:59");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = date(&text, &eastern(), None);
            let _ = stamp(&text, &eastern(), None);
        }

        #[test]
        fn no_date_like_text_makes_it_panic(text in "[-0-9/:.TZ+ ]{0,28}") {
            let _ = date(&text, &eastern(), None);
            let _ = stamp(&text, &eastern(), None);
        }

        #[test]
        fn a_window_bound_reads_back(secs in 1_000_000_000i64..3_000_000_000) {
            let zone = eastern();
            let read = stamp(&usual().write(Timestamp::from_secs(secs), &zone), &zone, None).unwrap().unwrap();
            // The second of two equal hours reads back as the first.
            let early = secs - read.as_secs();
            prop_assert!(early == 0 || early == 3600);
        }

        #[test]
        fn a_day_reads_back(days in -20_000i32..40_000) {
            let date = Date::constant(1990, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let american = format!("{}/{}/{:04}", date.month(), date.day(), date.year());
            prop_assert_eq!(day(&american), Ok(Some(date.to_string())));
            prop_assert_eq!(day(&date.to_string()), Ok(Some(date.to_string())));
        }
    }
}
