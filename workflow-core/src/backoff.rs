//! When to try again: exponential, bounded, spread by a jitter that depends only on the key; or when the provider wishes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::time::Timestamp;

/// The first wait.
pub const FIRST: Duration = Duration::from_secs(1);

/// The longest wait: a provider that came back is found within a quarter of an hour.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The longest wait that a provider may ask for: an hour, lest one bad answer park the work for days.
pub const WISH_MAX: Duration = Duration::from_secs(3600);

/// After so many attempts the wait has long reached [`LONGEST`].
const ATTEMPTS_THAT_MATTER: u32 = 16;

/// How long to wait after the `failed`th failure (from 1) of the work called `key`.
///
/// The same arguments give the same wait, so that a simulation can be run again.
pub fn wait(key: &str, failed: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let schedule = ExponentialBuilder::new()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(hasher.finish())
        .build();
    let index = failed.clamp(1, ATTEMPTS_THAT_MATTER) as usize - 1;
    schedule.into_iter().nth(index).unwrap_or(LONGEST)
}

/// A provider's wish when to be asked again (`Retry-After`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this long.
    In(Duration),
    /// At this moment.
    At(Timestamp),
}

impl RetryAfter {
    /// Reads the words of a wish: whole seconds, or a date in one of the three forms of RFC 9110. `None` for what is
    /// neither; a number of any length is a long wait.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let secs = text.parse::<u64>().unwrap_or(u64::MAX);
            return Some(Self::In(Duration::from_secs(secs)));
        }
        let usual = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
        let obsolete = || {
            let forms = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"];
            let read = |form: &&str| jiff::civil::DateTime::strptime(form, text).ok();
            let civil = forms.iter().find_map(read)?;
            Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        };
        usual.or_else(obsolete).map(|date| Self::At(date.into()))
    }

    /// The wait from `now`, at most [`WISH_MAX`]; none for a moment that has passed.
    pub fn wait(self, now: Timestamp) -> Duration {
        let wait = match self {
            Self::In(wait) => wait,
            Self::At(moment) => moment.since(now),
        };
        wait.min(WISH_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_seconds_or_a_date_and_never_longer_than_an_hour() {
        let now = Timestamp::from_secs(784_111_777 - 120);
        let wait = |text| RetryAfter::parse(text).map(|wish| wish.wait(now));
        let secs = |secs| Some(Duration::from_secs(secs));
        for (text, wanted) in [
            ("17", secs(17)),
            (" 0 ", secs(0)),
            ("3600", secs(3600)),
            ("3601", Some(WISH_MAX)),
            ("18446744073709551615", Some(WISH_MAX)),
            ("99999999999999999999999999", Some(WISH_MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", secs(120)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", secs(120)),
            ("Sun Nov  6 08:49:37 1994", secs(120)),
            ("Sat, 06 Nov 1993 08:49:37 GMT", secs(0)),
            ("Tue, 31 Dec 2999 23:59:59 GMT", Some(WISH_MAX)),
            ("soon", None),
            ("", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("1e3", None),
            ("17 s", None),
            ("Sun, 06 Nov 1994", None),
            ("Sun, 41 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(wait(text), wanted, "`{text}`");
        }
    }

    #[test]
    fn waits_grow_to_a_bound_and_repeat() {
        assert_eq!(wait("a", 3), wait("a", 3));
        assert_ne!(wait("a", 3), wait("b", 3));
        assert!(wait("a", 1) >= FIRST);
        assert!(wait("a", 4) >= 8 * FIRST);
        assert!(wait("a", 400) <= 2 * LONGEST);
        assert_eq!(wait("a", 0), wait("a", 1));
    }
}
