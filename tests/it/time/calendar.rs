//! Odd days: the hour that is missing or comes twice, the 29th of February, the turn of the year. What is sent, how many
//! days have begun, and when timers come.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tests::world::{good, rules, set};
use workflow_core::domain::call::Window;
use workflow_core::domain::rules::Rules;
use workflow_core::domain::terms::{Verdict, judge, start_passed};
use workflow_core::time::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().expect("a moment").into()
}

fn window(zone: &str, start: &str, end: &str) -> (Window, TimeZone) {
    let zone = TimeZone::get(zone).expect("the zone is bundled");
    let mut facts = good(&"pl_1".into(), &"cand_1".into());
    set(&mut facts, "start", start);
    set(&mut facts, "end", end);
    let verdict = judge(&facts, &Rules { zone: zone.clone(), ..rules() });
    let Verdict::Ready(terms) = verdict else { panic!("{start} to {end}: {verdict:?}") };
    (terms.window, zone)
}

/// Zone, first day, last day; the moments sent; how many hours that is.
const WINDOWS: &[(&str, &str, &str, &str, &str, i64)] = &[
    // The day with 23 hours, the day with 25, and a season between.
    (
        "America/New_York",
        "2026-03-08",
        "2026-03-08",
        "2026-03-08T05:00:00Z",
        "2026-03-09T04:00:00Z",
        23,
    ),
    (
        "America/New_York",
        "2026-11-01",
        "2026-11-01",
        "2026-11-01T04:00:00Z",
        "2026-11-02T05:00:00Z",
        25,
    ),
    (
        "America/New_York",
        "2026-03-07",
        "2026-11-01",
        "2026-03-07T05:00:00Z",
        "2026-11-02T05:00:00Z",
        5760,
    ),
    // No change of the clocks there.
    (
        "America/Phoenix",
        "2026-03-08",
        "2026-03-08",
        "2026-03-08T07:00:00Z",
        "2026-03-09T07:00:00Z",
        24,
    ),
    // A day that begins at one o'clock: its midnight is skipped.
    (
        "America/Santiago",
        "2026-09-06",
        "2026-09-06",
        "2026-09-06T04:00:00Z",
        "2026-09-07T03:00:00Z",
        23,
    ),
    // A day whose midnight comes twice begins at the first of them.
    (
        "Atlantic/Azores",
        "2026-10-25",
        "2026-10-25",
        "2026-10-25T00:00:00Z",
        "2026-10-26T01:00:00Z",
        25,
    ),
    // The 29th of February, alone and as the end of a year.
    (
        "America/New_York",
        "2028-02-29",
        "2028-02-29",
        "2028-02-29T05:00:00Z",
        "2028-03-01T05:00:00Z",
        24,
    ),
    (
        "America/New_York",
        "2027-03-01",
        "2028-02-29",
        "2027-03-01T05:00:00Z",
        "2028-03-01T05:00:00Z",
        8784,
    ),
    (
        "America/New_York",
        "2028-02-29",
        "2029-02-27",
        "2028-02-29T05:00:00Z",
        "2029-02-28T05:00:00Z",
        8760,
    ),
    // The turn of the year, also where it comes first and last.
    (
        "America/New_York",
        "2026-12-31",
        "2027-01-01",
        "2026-12-31T05:00:00Z",
        "2027-01-02T05:00:00Z",
        48,
    ),
    (
        "Pacific/Kiritimati",
        "2027-01-01",
        "2027-01-01",
        "2026-12-31T10:00:00Z",
        "2027-01-01T10:00:00Z",
        24,
    ),
    (
        "Pacific/Pago_Pago",
        "2026-12-31",
        "2026-12-31",
        "2026-12-31T11:00:00Z",
        "2027-01-01T11:00:00Z",
        24,
    ),
];

#[test]
fn a_window_begins_and_ends_with_local_days() {
    for (zone, start, end, effective, until, hours) in WINDOWS {
        let (window, _) = window(zone, start, end);
        let of = format!("{zone} {start} to {end}");
        assert_eq!((window.effective, window.until), (at(effective), at(until)), "{of}");
        assert_eq!(
            window.until.since(window.effective).as_secs(),
            3600 * hours.unsigned_abs(),
            "{of}"
        );
    }
}

/// Zone and first day; a moment, and how many days of work have begun by then.
const BEGUN: &[(&str, &str, &str, Option<i64>)] = &[
    ("America/New_York", "2026-03-16", "2026-03-16T03:59:59.999Z", None),
    ("America/New_York", "2026-03-16", "2026-03-16T04:00:00Z", Some(1)),
    ("America/New_York", "2026-03-16", "2026-03-17T03:59:59Z", Some(1)),
    ("America/New_York", "2026-03-16", "2026-03-17T04:00:00Z", Some(2)),
    // Over the day with 23 hours the third day begins 47 hours after the first.
    ("America/New_York", "2026-03-07", "2026-03-09T03:59:59Z", Some(2)),
    ("America/New_York", "2026-03-07", "2026-03-09T04:00:00Z", Some(3)),
    // Over the day with 25 hours, 49.
    ("America/New_York", "2026-10-31", "2026-11-02T04:59:59Z", Some(2)),
    ("America/New_York", "2026-10-31", "2026-11-02T05:00:00Z", Some(3)),
    ("America/New_York", "2028-02-28", "2028-03-01T05:00:00Z", Some(3)),
    ("America/New_York", "2026-12-31", "2027-01-01T05:00:00Z", Some(2)),
    ("America/Santiago", "2026-09-06", "2026-09-06T03:59:59Z", None),
    ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", Some(1)),
    ("America/Santiago", "2026-09-06", "2026-09-07T03:00:00Z", Some(2)),
];

#[test]
fn days_of_work_begin_with_local_days() {
    for (zone, start, now, days) in BEGUN {
        let first: Date = start.parse().expect("a date");
        let (window, zone_of) = window(zone, start, &(first + 30.days()).to_string());
        assert_eq!(start_passed(&window, at(now), &zone_of), *days, "{zone} {start} at {now}");
    }
}

/// Zone, first day; the moments of the two reminders and of the flag.
const TIMERS: &[(&str, &str, [&str; 3])] = &[
    (
        "America/New_York",
        "2026-03-09",
        ["2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
    ),
    (
        "America/New_York",
        "2026-11-02",
        ["2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
    ),
    (
        "America/New_York",
        "2027-01-01",
        ["2026-12-30T05:00:00Z", "2026-12-31T05:00:00Z", "2027-01-01T05:00:00Z"],
    ),
    (
        "America/New_York",
        "2028-03-01",
        ["2028-02-28T05:00:00Z", "2028-02-29T05:00:00Z", "2028-03-01T05:00:00Z"],
    ),
    (
        "America/Santiago",
        "2026-09-07",
        ["2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"],
    ),
];

#[tokio::test]
async fn timers_come_with_local_days() {
    for (zone, start, moments) in TIMERS {
        let zone = TimeZone::get(zone).expect("the zone is bundled");
        let mut world = tests::world::World::with_rules(Rules { zone, ..rules() });
        let (placement, who) = ("pl_1".into(), "cand_1".into());
        let before = at(moments[0]).as_secs() - 7 * 24 * 3600;
        world.clock.set(Timestamp::from_secs(before));
        world.ats().put_person("cand_1".into(), tests::peers::ats::person("Kim", None));
        let mut facts = good(&placement, &who);
        set(&mut facts, "start", start);
        set(&mut facts, "end", start);
        world.ats().put(facts);
        world.observe(&placement).await.unwrap();
        world.settle().await;
        let mut came = Vec::new();
        while let Some(next) = world.engine().next_timer() {
            let short = Timestamp(next.0 - 1);
            world.clock.set(short);
            assert!(!world.fire().await, "{start}: a timer came before its time");
            world.clock.set(next);
            assert!(world.fire().await, "{start}: a timer changed nothing\n{}", world.describe());
            came.push(next);
        }
        assert_eq!(came, moments.map(at), "{start}");
    }
}
