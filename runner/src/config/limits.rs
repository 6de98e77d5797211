//! The keys `limits` and `timeouts` of one system: how fast it is asked, when nothing is sent, how long is waited.
//!
//! Deliberately absent: the defaults, which each adapter has with their reasons.

use std::collections::BTreeMap;
use std::time::Duration;

use integration_jobdiva::operations::written_duration;
use workflow_core::limits::Pace;
use workflow_core::outlet::Settings;

use super::reader::Section;

/// What `limits` says; what it does not say stays as it is.
#[derive(Debug, Default)]
pub(super) struct Limits {
    per_minute: Option<u32>,
    burst: Option<u32>,
    least_per_minute: Option<u32>,
    of: BTreeMap<String, u32>,
    breaker_failures: Option<u32>,
    breaker_open: Option<Duration>,
}

/// What `timeouts` says, by its keys.
#[derive(Debug, Default)]
pub(super) struct Timeouts(BTreeMap<&'static str, Duration>);

/// Reads `limits`; `names` are what may have a pace of its own in the table `table`, as keys and as the adapter's names.
pub(super) fn limits(section: Section<'_>, table: &str, names: &[(&str, &str)]) -> Limits {
    let own = section.section(table);
    let of = names.iter().filter_map(|(key, name)| Some(((*name).to_owned(), some(&own, key)?)));
    let limits = Limits {
        per_minute: some(&section, "per_minute"),
        burst: some(&section, "burst"),
        least_per_minute: some(&section, "least_per_minute"),
        of: of.collect(),
        breaker_failures: some(&section, "breaker_failures"),
        breaker_open: section.duration("breaker_open"),
    };
    own.finish();
    if let (Some(least), Some(most)) = (limits.least_per_minute, limits.per_minute)
        && least > most
    {
        section.note("least_per_minute", format!("more than per_minute, which is {most}"));
    }
    section.finish();
    limits
}

/// Reads `timeouts`, which has these keys.
pub(super) fn timeouts(section: Section<'_>, keys: &[&'static str]) -> Timeouts {
    let times = keys.iter().filter_map(|key| Some((*key, time(&section, key)?))).collect();
    section.finish();
    Timeouts(times)
}

/// Reads the longest waits that some of `names`, as keys and as the adapter's names, have for themselves.
pub(super) fn own_timeouts(
    section: Section<'_>,
    names: &[(&str, &str)],
) -> BTreeMap<String, Duration> {
    let times =
        names.iter().filter_map(|(key, name)| Some(((*name).to_owned(), time(&section, key)?)));
    let times = times.collect();
    section.finish();
    times
}

impl Timeouts {
    /// Changes what is usual to what the file says.
    pub(super) fn set(&self, key: &str, usual: &mut Duration) {
        *usual = self.0.get(key).copied().unwrap_or(*usual);
    }
}

impl Limits {
    /// Changes what is usual to what the file says.
    pub(super) fn apply(self, settings: &mut Settings) {
        let usual = settings.pace;
        let per_minute = self.per_minute.unwrap_or(usual.per_minute);
        let pace = Pace {
            per_minute,
            burst: self.burst.unwrap_or(usual.burst),
            least_per_minute: self
                .least_per_minute
                .unwrap_or(usual.least_per_minute)
                .min(per_minute),
        };
        settings.pace = pace;
        for (name, per_minute) in self.of {
            // What is slower than others saves up less, too.
            let least_per_minute = pace.least_per_minute.min(per_minute);
            let burst = pace.burst.min(per_minute);
            settings.paces.insert(name, Pace { per_minute, burst, least_per_minute });
        }
        settings.fuse.failures = self.breaker_failures.unwrap_or(settings.fuse.failures);
        settings.fuse.open_for = self.breaker_open.unwrap_or(settings.fuse.open_for);
    }
}

/// What counts of `limits` where nothing is said.
pub(super) fn usual(section: &Section<'_>, settings: &Settings) {
    let Settings { pace, fuse, .. } = settings;
    section.usual("per_minute", pace.per_minute);
    section.usual("burst", pace.burst);
    section.usual("least_per_minute", pace.least_per_minute);
    section.usual("breaker_failures", fuse.failures);
    section.usual_text("breaker_open", written_duration(fuse.open_for));
}

/// A number of at least 1.
fn some(section: &Section<'_>, key: &str) -> Option<u32> {
    let number = section.number(key)?;
    match u32::try_from(number) {
        Ok(number @ 1..=1_000_000) => Some(number),
        _ => {
            section.note(key, "expected 1 to 1000000");
            None
        }
    }
}

/// A time of at least a second.
fn time(section: &Section<'_>, key: &str) -> Option<Duration> {
    let time = section.duration(key)?;
    if time.is_zero() {
        section.note(key, "expected a second or more: nothing is answered in no time");
        return None;
    }
    Some(time)
}
