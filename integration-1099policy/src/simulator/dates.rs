//! Coverage dates: in the future, at most one year, whole days where the documents say "day".

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use workflow_core::time::Timestamp;

use super::config::Starts;
use super::reply::Refusal;
use super::world::Desk;

const THIRTY_DAYS_SECS: i64 = 30 * 24 * 3600;

/// What a request says of its dates; a stored effective date is not asked to lie in the future again.
pub(super) struct Asked {
    pub(super) effective: Option<i64>,
    pub(super) stored_effective: Option<i64>,
    pub(super) end: Option<i64>,
}

/// From and to, in seconds.
pub(super) struct Period {
    pub(super) effective: i64,
    pub(super) end: i64,
}

/// The period asked for: default the next day for 30 days; an end on the first day moves to the next one's start.
pub(super) fn period(desk: &Desk<'_>, asked: &Asked) -> Result<Period, Refusal> {
    let zone = zone(desk);
    let begun = |at: i64| match desk.cfg.rules.starts {
        Starts::InTheFuture => at <= desk.now_secs(),
        Starts::SameDay => day(at, &zone) < day(desk.now_secs(), &zone),
    };
    if asked.effective.is_some_and(begun) {
        return Err(Refusal::validation(
            "effective_date_invalid",
            "Effective date must be in the future.",
        ));
    }
    let effective = match asked.effective.or(asked.stored_effective) {
        Some(at) => at,
        None => next_day(desk.now_secs(), &zone),
    };
    let end = asked.end.unwrap_or(effective.saturating_add(THIRTY_DAYS_SECS));
    check_end(desk, effective, end)?;
    let same_day = day(effective, &zone) == day(end, &zone);
    Ok(Period { effective, end: if same_day { next_day(effective, &zone) } else { end } })
}

/// Refuses an end at or before the beginning, or more than one year after it.
pub(super) fn check_end(desk: &Desk<'_>, effective: i64, end: i64) -> Result<(), Refusal> {
    let zone = zone(desk);
    if end <= effective {
        return Err(Refusal::validation(
            "end_date_invalid",
            "End date must be after the effective date.",
        ));
    }
    if end > shifted(effective, &zone, 1.year()) {
        return Err(Refusal::validation(
            "end_date_invalid",
            "End date must be within one year of the effective date.",
        ));
    }
    Ok(())
}

fn zone(desk: &Desk<'_>) -> TimeZone {
    TimeZone::get(&desk.cfg.rules.business_tz).unwrap_or(TimeZone::UTC)
}

fn day(secs: i64, zone: &TimeZone) -> Date {
    Timestamp::from_secs(secs).to_jiff().to_zoned(zone.clone()).date()
}

fn next_day(secs: i64, zone: &TimeZone) -> i64 {
    let tomorrow = day(secs, zone).tomorrow().unwrap_or(Date::MAX);
    tomorrow.to_zoned(zone.clone()).map_or(i64::MAX, |z| z.timestamp().as_second())
}

fn shifted(secs: i64, zone: &TimeZone, span: Span) -> i64 {
    let zoned = Timestamp::from_secs(secs).to_jiff().to_zoned(zone.clone());
    zoned.checked_add(span).map_or(i64::MAX, |z| z.timestamp().as_second())
}
