//! When: business dates in the tenant's zone to the seconds at which their days begin.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Missing;
use crate::domain::call::Window;
use crate::domain::facts::Facts;
use crate::domain::rules::Rules;
use crate::time::Timestamp;

/// The window of coverage: local midnight of the first day until local midnight after the last one.
pub(super) fn window(facts: &Facts, rules: &Rules) -> Result<Window, Missing> {
    let Some(first_day) = facts.start else {
        return Err(Missing::new("start_missing", "no start date: set it in the ATS"));
    };
    let default_end = || first_day.checked_add(rules.default_term_days?.days()).ok();
    let Some(last_day) = facts.end.or_else(default_end) else {
        let text =
            "no end date: set it in the ATS, or give `default_term_days` in the configuration";
        return Err(Missing::new("end_missing", text));
    };
    if last_day < first_day {
        let text = format!("the end date {last_day} lies before the start date {first_day}");
        return Err(Missing::new("dates_reversed", text));
    }
    // Coverage ends when the day after the last one begins: that, too, lies within the year.
    let year_on = first_day.checked_add(1.year()).unwrap_or(Date::MAX);
    if last_day >= year_on {
        let text = format!(
            "{first_day} to {last_day} is more than one year, the longest coverage there is: \
             shorten the placement in the ATS"
        );
        return Err(Missing::new("too_long", text));
    }
    days(first_day, last_day, &rules.zone)
        .ok_or_else(|| Missing::new("dates_beyond", "the dates lie beyond the calendar"))
}

/// From the first moment of one local day until the last moment of another; `None` beyond the calendar.
pub(in crate::domain) fn days(first_day: Date, last_day: Date, zone: &TimeZone) -> Option<Window> {
    let day_after = last_day.checked_add(1.day()).unwrap_or(Date::MAX);
    let (effective, until) = (midnight(first_day, zone)?, midnight(day_after, zone)?);
    Some(Window { first_day, last_day, effective, until })
}

/// The first moment of a local day; where the clock skips midnight, the first one after it.
fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().into())
}
