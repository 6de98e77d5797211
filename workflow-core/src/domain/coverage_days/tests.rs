//! Runs of days against the same question asked day by day.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::placement::Loss;

const FIRST: Date = date(2026, 2, 20);
const LAST: Date = date(2026, 4, 20);

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// Day by day: what was known at its end, whether it is one of work, whether coverage goes through it.
fn day_by_day(ledger: &Ledger, asked: &Asked<'_>) -> (u64, Vec<(Date, By)>) {
    let (mut work_days, mut gaps) = (0, Vec::new());
    let Some((place, _)) = ledger.known.first() else { return (0, gaps) };
    let first_day = day_of(place.at, asked.zone);
    let of_first_day = |(place, _): &&(Place, Work)| day_of(place.at, asked.zone) == first_day;
    let first = &ledger.known.iter().rev().find(of_first_day).unwrap().1;
    let now = &ledger.known.last().unwrap().1;
    let mut day = asked.from.unwrap_or(FIRST);
    while day <= asked.to {
        let ends = midnight(day.tomorrow().unwrap(), asked.zone);
        let then = ledger.known.iter().rev().find(|(place, _)| place.at < ends);
        let then = then.map_or(first, |(_, work)| work);
        if let Work::Days { days, .. } = then {
            let by = match (days.has(day), now.days().has(day)) {
                (true, true) => Some(By::Both),
                (true, false) => Some(By::Then),
                (false, true) => Some(By::Now),
                (false, false) => None,
            };
            work_days += u64::from(by.is_some());
            let uncovered = by.filter(|_| !goes_through(ledger, midnight(day, asked.zone), ends));
            gaps.extend(uncovered.map(|by| (day, by)));
        }
        day = day.tomorrow().unwrap();
    }
    (work_days, gaps)
}

fn goes_through(ledger: &Ledger, mut at: Timestamp, ends: Timestamp) -> bool {
    while at < ends {
        let on = ledger.claims.iter().find(|claim| claim.from <= at && at < claim.until);
        let Some(on) = on else { return false };
        at = on.until;
    }
    true
}

fn some_day() -> impl Strategy<Value = Date> {
    (0..60i32).prop_map(|days| FIRST.saturating_add(jiff::Span::new().days(days)))
}

fn some_days() -> impl Strategy<Value = Days> {
    (proptest::option::weighted(0.9, some_day()), proptest::option::weighted(0.8, some_day()))
        .prop_map(|(first, last)| Days { first, last })
}

fn some_work() -> impl Strategy<Value = Work> {
    prop_oneof![
        6 => some_days().prop_map(|days| Work::Days { days, held: Vec::new() }),
        1 => some_days().prop_map(|days| Work::Days { days, held: vec!["held".into()] }),
        1 => some_days().prop_map(|days| Work::Over { days }),
        1 => Just(Work::CalledOff),
        1 => Just(Work::OutOfScope),
    ]
}

/// A moment of the period; often a midnight of one of the zones.
fn some_moment() -> impl Strategy<Value = Timestamp> {
    let hours = prop_oneof![Just(0), Just(4), Just(5), Just(7), Just(8), 0..24i64];
    (some_day(), hours).prop_map(|(day, hour)| {
        let midnight = midnight(day, &TimeZone::UTC);
        Timestamp(midnight.0 + hour * 3_600_000)
    })
}

fn some_ledger() -> impl Strategy<Value = Ledger> {
    let known = proptest::collection::vec((some_moment(), some_work()), 0..7);
    let claims = proptest::collection::vec((some_moment(), some_moment()), 0..5);
    (known, claims).prop_map(|(mut known, claims)| {
        known.sort_by_key(|(at, _)| *at);
        let place = |(index, at)| Place { position: Position(index), at };
        let known = (0..).zip(known).map(|(index, (at, work))| (place((index, at)), work));
        let claims = (100..).zip(claims).map(|(index, (from, until))| Claim {
            id: format!("pl_{index}"),
            evidence: format!("policy pl_{index}"),
            seen: place((index, from)),
            from,
            until,
            back: None,
            lost: None,
        });
        Ledger { state: None, known: known.collect(), claims: claims.collect() }
    })
}

fn days_of_gaps(found: &Found) -> Vec<(Date, By)> {
    let mut all = Vec::new();
    for gap in &found.gaps {
        let mut day = gap.days.first;
        while day <= gap.days.last {
            all.push((day, gap.by));
            day = day.tomorrow().unwrap();
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn runs_of_days_are_what_asking_day_by_day_gives(
        ledger in some_ledger(),
        zone_name in prop_oneof![
            Just("America/New_York"), Just("America/Los_Angeles"), Just("UTC"), Just("Asia/Kolkata")
        ],
        from in proptest::option::of(some_day()),
        to in some_day(),
    ) {
        let zone = zone(zone_name);
        // Nothing is known of days before the first: those are asked for as one run only.
        let asked = Asked { zone: &zone, from: Some(from.unwrap_or(FIRST)), to: to.min(LAST) };
        let found = ledger.days(&asked);
        let (work_days, gaps) = day_by_day(&ledger, &asked);
        prop_assert_eq!(days_of_gaps(&found), gaps);
        prop_assert_eq!(found.work_days, work_days);
        let uncovered: u64 = found.gaps.iter().map(|gap| gap.days.count()).sum();
        prop_assert_eq!(found.covered_days + uncovered, work_days);
        for pair in found.gaps.windows(2) {
            prop_assert!(pair[0].days.last < pair[1].days.first);
            let touching = pair[0].days.touches(pair[1].days);
            prop_assert!(!touching || (pair[0].by, &pair[0].held) != (pair[1].by, &pair[1].held));
        }
        for gap in &found.gaps {
            if let Some(before) = &gap.before {
                prop_assert!(before.from < midnight(gap.days.first, &zone));
            }
        }
    }

    #[test]
    fn what_is_taken_away_and_what_is_left_make_the_whole(
        first in some_day(), last in some_day(), spans in proptest::collection::vec((some_moment(), some_moment()), 0..6)
    ) {
        let Some(whole) = Range::new(first.min(last), first.max(last)) else { return Ok(()) };
        let spans = union(spans);
        for pair in spans.windows(2) {
            prop_assert!(pair[0].1 < pair[1].0);
        }
        let day = |at| day_of(at, &TimeZone::UTC);
        let taken: Vec<Range> = {
            let mut taken: Vec<Range> = Vec::new();
            for range in spans.iter().filter_map(|(from, until)| Range::new(day(*from), day(*until))) {
                if taken.last().is_none_or(|last| last.last < range.first) {
                    taken.push(range);
                }
            }
            taken
        };
        let left = subtract(whole, &taken);
        let mut day = whole.first;
        while day <= whole.last {
            let within = |ranges: &[Range]| ranges.iter().any(|r| r.first <= day && day <= r.last);
            prop_assert_ne!(within(&left), within(&taken), "{}", day);
            day = day.tomorrow().unwrap();
        }
    }
}

#[test]
fn a_day_of_23_hours_and_one_of_25_are_covered_from_midnight_to_midnight() {
    let zone = zone("America/New_York");
    for (day, hours) in [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)] {
        let begins = midnight(day, &zone);
        let lasting = |hours: i64| Ledger {
            state: None,
            known: vec![(
                Place { position: Position(0), at: begins },
                Work::Days { days: Days { first: Some(day), last: Some(day) }, held: Vec::new() },
            )],
            claims: vec![Claim {
                id: "pl_1".into(),
                evidence: "policy pl_1".into(),
                seen: Place { position: Position(1), at: begins },
                from: begins,
                until: Timestamp(begins.0 + hours * 3_600_000),
                back: None,
                lost: Some((Place { position: Position(2), at: begins }, Loss::PolicyExpired)),
            }],
        };
        let asked = Asked { zone: &zone, from: None, to: LAST.max(day) };
        assert!(lasting(hours).days(&asked).gaps.is_empty());
        let gaps = lasting(hours - 1).days(&asked).gaps;
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].days, Range { first: day, last: day });
    }
}
