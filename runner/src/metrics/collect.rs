//! Reads the metrics off the engine, the systems and the loops when they are asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use workflow_core::breaker::Standing;
use workflow_core::domain::call::Side;
use workflow_core::domain::placement::{Cover, Days, Placement, Work};
use workflow_core::engine::{Summary, Wait};
use workflow_core::outlet::Shown;
use workflow_core::time::Timestamp;

use super::families as of;
use super::text::Text;
use super::{Reading, Signals};
use crate::gates::named;
use crate::supervise::LOG_DIR;
use crate::systems::Connected;
use crate::unread::Unread;

/// So many days ahead starts without coverage are counted; 0 is what has begun already.
const WITHIN_DAYS: [i64; 4] = [0, 3, 7, 14];

/// The workflows in which a person may be waited for.
const WORKFLOWS: [&str; 5] = ["placement", "contractor", "certificate", "invoice", "notice"];

impl Signals {
    /// The whole text.
    pub fn text(&self) -> String {
        let (mut text, now) = (Text::default(), self.engine.clock().now());
        text.put(&of::BUILD, &[env!("CARGO_PKG_VERSION")], 1);
        let started = u64::try_from(self.started.as_secs()).unwrap_or_default();
        text.put(&of::STARTED, &[], started);
        self.placements(&mut text, now);
        self.people(&mut text, now);
        self.inbox(&mut text, now);
        self.calls(&mut text);
        for connected in self.systems.all() {
            self.system(&mut text, connected, now);
        }
        self.systems.meter.put(&mut text);
        self.door(&mut text);
        self.log(&mut text);
        for (name, since) in self.pulse.since_ticks(Instant::now()) {
            text.put_secs(&of::TICK, &[&name], since);
        }
        text.finish()
    }

    fn tenants(&self) -> impl Iterator<Item = &str> {
        self.systems.all().map(|connected| connected.tenant.name.as_str())
    }

    fn placements(&self, text: &mut Text, now: Timestamp) {
        // Of what has ended or rests nothing but its count is wanted.
        let summaries = self.engine.open_summaries("placement");
        let mut oldest: BTreeMap<&str, Duration> =
            self.tenants().map(|tenant| (tenant, Duration::ZERO)).collect();
        for summary in &summaries {
            let tenant = summary.stream.tenant();
            if summary.waits.iter().any(|wait| matches!(wait, Wait::Call(_) | Wait::Message(_))) {
                let age = oldest.entry(tenant).or_default();
                *age = (*age).max(now.since(summary.updated_at));
            }
        }
        for (tenant, states) in self.engine.counts_by_tenant("placement") {
            for (state, count) in states {
                text.put(&of::PLACEMENTS, &[&tenant, state], count as u64);
            }
        }
        for (tenant, age) in oldest {
            text.put_secs(&of::UNSYNCED, &[tenant], age);
        }
        self.uncovered(text, &summaries, now);
    }

    /// Starts without coverage. What a placement's days are is read once for each of its versions.
    fn uncovered(&self, text: &mut Text, summaries: &[Summary], now: Timestamp) {
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: BTreeMap<(&str, i64), u64> = BTreeMap::new();
        for tenant in self.tenants() {
            counts.extend(WITHIN_DAYS.map(|days| ((tenant, days), 0)));
        }
        known.retain(|stream, _| {
            summaries.binary_search_by(|summary| summary.stream.cmp(stream)).is_ok()
        });
        for summary in summaries.iter().filter(|summary| !summary.terminal) {
            let reading = match known.get(&summary.stream) {
                Some(reading) if reading.version == summary.version => *reading,
                Some(_) | None => {
                    let reading =
                        Reading { version: summary.version, uncovered: self.days(summary) };
                    known.insert(summary.stream.clone(), reading);
                    reading
                }
            };
            let tenant = summary.stream.tenant();
            let (Some(days), Some(zone)) = (reading.uncovered, self.zones.get(tenant)) else {
                continue;
            };
            let today = now.to_jiff().to_zoned(zone.clone()).date();
            if days.last.is_some_and(|last| last < today) {
                continue;
            }
            for within in WITHIN_DAYS {
                let until = today.checked_add(within.days()).unwrap_or(today);
                if days.first.is_some_and(|first| first <= until) {
                    *counts.entry((tenant, within)).or_default() += 1;
                }
            }
        }
        for ((tenant, within), count) in counts {
            text.put(&of::UNCOVERED, &[tenant, &within.to_string()], count);
        }
    }

    fn days(&self, summary: &Summary) -> Option<Days> {
        let state = self.engine.state::<Placement>(&summary.stream).ok()??;
        match (state.cover(), state.work()) {
            (Cover::None | Cover::Lost(..), Work::Days { days, .. }) => Some(days),
            (Cover::InForce(_), _)
            | (_, Work::Over { .. } | Work::CalledOff | Work::OutOfScope) => None,
        }
    }

    fn people(&self, text: &mut Text, now: Timestamp) {
        let mut oldest: BTreeMap<String, Duration> =
            self.tenants().map(|tenant| (tenant.to_owned(), Duration::ZERO)).collect();
        for workflow in WORKFLOWS {
            let mut counts: BTreeMap<String, u64> =
                self.tenants().map(|tenant| (tenant.to_owned(), 0)).collect();
            for summary in self.engine.open_summaries(workflow) {
                if !summary.waits.iter().any(|wait| matches!(wait, Wait::Person(_))) {
                    continue;
                }
                let tenant = summary.stream.tenant();
                *counts.entry(tenant.to_owned()).or_default() += 1;
                let age = oldest.entry(tenant.to_owned()).or_default();
                *age = (*age).max(now.since(summary.updated_at));
            }
            for (tenant, count) in counts {
                text.put(&of::PEOPLE, &[&tenant, workflow], count);
            }
        }
        for (tenant, age) in oldest {
            text.put_secs(&of::PEOPLE_OLDEST, &[&tenant], age);
        }
    }

    fn inbox(&self, text: &mut Text, now: Timestamp) {
        let deliveries = self.engine.open_summaries("delivery");
        let notices = self.engine.open_summaries("notice");
        for tenant in self.tenants() {
            let own = |summary: &&Summary| summary.stream.tenant() == tenant;
            let waiting = deliveries.iter().filter(own).filter(|it| it.state == "Waiting");
            let oldest = waiting.clone().map(|it| now.since(it.updated_at)).max();
            text.put(&of::INBOX, &[tenant], waiting.count() as u64);
            text.put_secs(&of::INBOX_OLDEST, &[tenant], oldest.unwrap_or_default());
            for (kind, all) in [("delivery", &deliveries), ("notice", &notices)] {
                let parked = all.iter().filter(own).filter(|it| it.state == "Parked");
                text.put(&of::PARKED, &[tenant, kind], parked.count() as u64);
            }
            if let Ok(unread) = Unread::load(&**self.engine.store(), tenant) {
                let missed = unread.placements.len() + unread.rows.len();
                text.put(&of::UNREAD, &[tenant], missed as u64);
            }
        }
    }

    fn calls(&self, text: &mut Text) {
        let keys = self.engine.owed_keys();
        let activity = self.dispatcher.activity();
        for tenant in self.tenants() {
            let prefix = format!("{tenant}/");
            let owed = keys.iter().filter(|key| key.as_str().starts_with(&prefix));
            text.put(&of::OWED, &[tenant], owed.count() as u64);
            let failing = activity.waiting.iter();
            let failing = failing.filter(|waiting| waiting.key.as_str().starts_with(&prefix));
            text.put(&of::FAILING, &[tenant], failing.count() as u64);
        }
        text.put(&of::IN_FLIGHT, &[], activity.in_flight as u64);
        text.put(&of::HELD, &[], activity.held as u64);
    }

    fn system(&self, text: &mut Text, connected: &Connected, now: Timestamp) {
        let tenant = connected.tenant.name.as_str();
        for side in [Side::Ats, Side::Insurer] {
            let system = named(side);
            outlet(text, tenant, system, &connected.outlet(side));
            let silence = now.since(connected.looked.last(side).unwrap_or(self.started));
            text.put_secs(&of::SILENCE, &[tenant, system], silence);
            let refused = u64::from(connected.refused(side).is_some());
            text.put(&of::REFUSED, &[tenant, system], refused);
        }
        for subscriber in connected.subscribers.values() {
            outlet(text, tenant, &format!("notify:{}", subscriber.name()), &subscriber.outlet());
        }
        let halted = connected.gates.of_tenant(tenant);
        let is = |side: Option<Side>| u64::from(halted.iter().any(|(what, _)| *what == side));
        text.put(&of::PAUSED, &[tenant, "tenant"], is(None));
        for side in [Side::Ats, Side::Insurer] {
            text.put(&of::PAUSED, &[tenant, named(side)], is(Some(side)));
        }
        let off = connected.gates.endpoints_of(tenant).len();
        text.put(&of::PAUSED, &[tenant, "notify"], u64::from(off > 0));
    }

    fn door(&self, text: &mut Text) {
        let counters = &self.counters;
        for (result, count) in [
            ("kept", &counters.kept),
            ("duplicate", &counters.duplicates),
            ("refused", &counters.refused),
            ("turned_away", &counters.turned_away),
            ("unknown", &counters.unknown),
            ("outside", &counters.outside),
            ("limited", &counters.limited),
        ] {
            text.put(&of::DOOR, &[result], count.load(Ordering::Relaxed));
        }
        for (name, hook) in counters.hooks() {
            let Some((tenant, source)) = name.split_once('/') else { continue };
            text.put(&of::HOOK_TAKEN, &[tenant, source], hook.taken);
            text.put(&of::HOOK_PREVIOUS, &[tenant, source], hook.signed_by_previous);
            text.put(&of::HOOK_REFUSED, &[tenant, source], hook.refused);
        }
    }

    fn log(&self, text: &mut Text) {
        text.put(&of::POSITION, &[], self.engine.position().0);
        text.put(&of::LOG_BYTES, &[], bytes(&self.data_dir.join(LOG_DIR)));
        text.put(&of::LOG_ROOM, &[], u64::from(self.engine.room().is_ok()));
        text.put_histogram(&of::APPEND_SECONDS, &[], &self.appends.took);
    }
}

fn outlet(text: &mut Text, tenant: &str, system: &str, shown: &Shown) {
    let is = match shown.breaker {
        Standing::Closed { .. } => "closed",
        Standing::Open { .. } => "open",
        Standing::Probing { .. } => "probing",
    };
    for state in ["closed", "open", "probing"] {
        text.put(&of::BREAKER, &[tenant, system, state], u64::from(state == is));
    }
    text.put(&of::WAITED, &[tenant, system], shown.waited);
    text.put(&of::PUT_OFF, &[tenant, system], shown.put_off);
    for (limit, rate) in &shown.limits {
        text.put(&of::RATE, &[tenant, system, limit], u64::from(rate.per_minute));
    }
}

/// The size of a folder's files. What goes away meanwhile counts for nothing.
fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(it) if it.is_dir() => bytes(&entry.path()),
        Ok(it) => it.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
