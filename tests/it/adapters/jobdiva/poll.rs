//! The feeds: the back-fill, the limits of windows, the lag, and rows on which the service fails.

use std::collections::BTreeSet;

use integration_jobdiva::error::Error;
use integration_jobdiva::poll::Polled;
use integration_jobdiva::simulator::{Behaviour, Fault, FaultKind, Mutation};
use jiff::civil::date;
use workflow_core::domain::facts::PlacementId;

use super::world::{DAY, HOUR, SEED, Tenant, kept};

const FEEDS: [&str; 5] = [
    "bi/NewUpdatedSubmittalInterviewHireActivityRecords",
    "bi/NewUpdatedSalaryRecords",
    "bi/NewUpdatedBillingRecords",
    "bi/NewUpdatedCandidateRecords",
    "bi/NewUpdatedJobRecords",
];
/// What is no hire yet at the simulated start.
const OFFERS: [u64; 2] = [51_000_790, 51_000_798];

pub fn ids(placements: &[u64]) -> BTreeSet<PlacementId> {
    placements.iter().map(|id| PlacementId(id.to_string())).collect()
}

fn hires() -> BTreeSet<PlacementId> {
    SEED.iter().filter(|id| !OFFERS.contains(id)).map(|id| PlacementId(id.to_string())).collect()
}

fn is_quiet(polled: &Polled) -> bool {
    polled.touched.is_empty()
        && polled.submittals.is_empty()
        && polled.candidates.is_empty()
        && polled.requisitions.is_empty()
        && polled.unreadable.is_empty()
}

#[tokio::test]
async fn the_back_fill_finds_everything_once_within_the_limits() {
    let tenant = Tenant::with(Behaviour::default(), |config| {
        config.backfill_from = Some(date(2024, 4, 1));
    })
    .await;
    let first = tenant.poll(None).await;
    assert!(first.more && is_quiet(&first), "the first window lies before the first hire");
    let polled = tenant.poll_all(Some(first.cursor)).await;
    assert_eq!(polled.touched, hires());
    assert_eq!(polled.submittals, ids(&OFFERS));
    let people: Vec<String> = polled.candidates.iter().map(ToString::to_string).collect();
    assert_eq!(people.len(), 22);
    assert_eq!((people[0].as_str(), people[21].as_str()), ("70011000042", "70011000063"));
    let jobs: Vec<String> = polled.requisitions.iter().map(ToString::to_string).collect();
    assert_eq!(jobs, (30_440_012..=30_440_019).map(|id| id.to_string()).collect::<Vec<_>>());
    assert_eq!(polled.unreadable, []);
    // 722 days in steps of 13 days less the overlap of 90 minutes.
    for feed in FEEDS {
        assert_eq!(tenant.sim.count(feed), 56, "{feed}");
    }
    let again = tenant.poll_all(Some(kept(&polled.cursor))).await;
    assert!(is_quiet(&again) && !again.more, "nothing happened since");
    assert_eq!(again.cursor, polled.cursor);
}

#[tokio::test]
async fn without_a_day_to_begin_at_one_window_is_read_back() {
    let tenant = Tenant::standard().await;
    let polled = tenant.poll(None).await;
    assert!(!polled.more);
    let mut expected = hires();
    // Their last change is older than 13 days.
    for old in [51_000_787, 50_900_777] {
        expected.remove(&PlacementId(old.to_string()));
    }
    assert_eq!(polled.touched, expected);
}

#[tokio::test]
async fn a_change_is_found_although_the_feeds_show_it_late() {
    let lag = Behaviour { feed_lag_secs: 90, ..Behaviour::default() };
    let tenant = Tenant::with(lag, |_| {}).await;
    tenant.until("2026-03-25T09:00").await;
    let mut cursor = tenant.poll_all(None).await.cursor;
    let mut found = Vec::new();
    // Polls every 17 seconds while somebody changes a date every minute.
    for round in 0..60 {
        if round % 4 == 0 {
            let placement = 51_000_777 + round / 4;
            let (start, end) = (date(2026, 4, 7), Some(date(2026, 9, 29)));
            tenant.change(Mutation::MoveDates { placement, start, end });
        }
        tenant.sim.advance(std::time::Duration::from_secs(17)).await.unwrap();
        let polled = tenant.poll(Some(kept(&cursor))).await;
        found.extend(polled.touched.into_iter().chain(polled.submittals));
        cursor = polled.cursor;
    }
    tenant.sim.advance(std::time::Duration::from_secs(300)).await.unwrap();
    let polled = tenant.poll(Some(cursor)).await;
    found.extend(polled.touched.into_iter().chain(polled.submittals));
    let once: BTreeSet<PlacementId> = found.iter().cloned().collect();
    let changed: Vec<u64> = (51_000_777..51_000_792).collect();
    assert_eq!(once, ids(&changed));
}

#[tokio::test]
async fn a_window_that_the_service_finds_too_wide_is_split_and_not_repeated() {
    let narrow = u32::try_from(10 * DAY.as_secs()).unwrap();
    let tenant =
        Tenant::with(Behaviour { max_window_secs: narrow, ..Behaviour::default() }, |_| {}).await;
    let polled = tenant.poll(None).await;
    assert!(polled.touched.is_superset(&ids(&[51_000_777])) && !polled.more);
    assert_eq!(tenant.sim.count(FEEDS[0]), 3, "once too wide, then each half");
    let patient =
        tenant.seen_with(|config| config.registry.each_window(|window| window.max = 10 * DAY));
    assert!(patient.poll(None, tenant.now()).await.is_ok());
}

#[tokio::test]
async fn the_widest_window_is_accepted_at_midnight_and_across_both_changes_of_clocks() {
    // One begins at midnight, so that its first window ends at one; the other ends there after the spring change.
    for begin in [date(2025, 10, 1), date(2026, 2, 23)] {
        let tenant = Tenant::with(Behaviour::default(), |config| {
            config.registry.each_window(|window| {
                window.max = 14 * DAY - HOUR;
                window.overlap = HOUR / 4;
            });
            config.backfill_from = Some(begin);
        })
        .await;
        let polled = tenant.poll_all(None).await;
        assert!(polled.touched.is_superset(&ids(&[51_000_777])), "{begin}");
    }
    let too_wide = |config: &mut integration_jobdiva::config::Config| {
        config.registry.each_window(|window| window.max = 14 * DAY);
    };
    assert!(Tenant::standard().await.settings(too_wide).is_err());
}

#[tokio::test]
async fn a_row_on_which_the_service_fails_costs_its_hour_of_one_feed_and_is_named() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-25T09:00").await;
    let kind = FaultKind::Poison { row: "70011000045/1".into() };
    tenant.sim.fault(Fault { path: FEEDS[1].into(), kind, count: None }).unwrap();
    let polled = tenant.poll(None).await;
    assert!(polled.touched.is_superset(&ids(&[51_000_780])), "the other feeds told of it");
    assert!(polled.touched.is_superset(&ids(&[51_000_777])), "so did other hours of this one");
    let named: Vec<String> = polled.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(named[0].starts_with("pay.delta 03/23/2026 1"), "{named:?}");
    let next = tenant.poll(Some(kept(&polled.cursor))).await;
    assert_eq!((next.skipped.len(), next.cursor.skipped()), (0, &polled.skipped[..]), "it is kept");
    // The row is mended; the window is tried again when its time has come.
    tenant.sim.clear_faults().unwrap();
    let early = tenant.poll(Some(kept(&next.cursor))).await;
    assert_eq!(early.cursor.skipped().len(), 1);
    tenant.sim.advance(HOUR).await.unwrap();
    let late = tenant.poll(Some(kept(&early.cursor))).await;
    assert!(late.touched.is_superset(&ids(&[51_000_780])), "what it held is touched");
    assert_eq!(late.cursor.skipped(), []);
}

#[tokio::test]
async fn the_slim_feed_does_where_the_rich_one_is_not_granted() {
    let tenant = Tenant::standard().await;
    tenant.sim.revoke(FEEDS[0]).unwrap();
    let polled = tenant.poll(None).await;
    assert!(polled.touched.is_superset(&ids(&[51_000_777, 51_000_781, 51_000_789])));
    assert_eq!(polled.submittals, ids(&OFFERS));
    tenant.sim.revoke("bi/NewUpdatedActivityRecords").unwrap();
    let polled = tenant.jobdiva.poll(None, tenant.now()).await.unwrap();
    assert!(matches!(polled.failed[..], [Error::NotGranted { .. }]), "{:?}", polled.failed);
    assert_eq!(polled.cursor.read_until("placement.delta"), None, "its mark has not moved");
    assert!(polled.cursor.read_until("pay.delta").is_some());
}

#[tokio::test]
async fn a_change_in_the_hour_that_the_clock_shows_twice_is_found() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-10-31T22:00").await;
    let mut cursor = tenant.poll_all(None).await.cursor;
    let mut found = BTreeSet::new();
    let mut changed = BTreeSet::new();
    // From 22:00 on, six hours: 01:00 to 02:00 comes twice.
    for step in 0..36_u64 {
        let placement = 51_000_777 + step % 24;
        let (start, end) = (date(2026, 11, 2), Some(date(2026, 12, 31)));
        tenant.change(Mutation::MoveDates { placement, start, end });
        changed.insert((step, PlacementId(placement.to_string())));
        tenant.sim.advance(HOUR / 6).await.unwrap();
        let polled = tenant.poll(Some(kept(&cursor))).await;
        found.extend(polled.touched.into_iter().chain(polled.submittals).map(|id| (step, id)));
        cursor = polled.cursor;
    }
    // Each is found within the overlap, and none too early.
    for (step, id) in changed {
        let when = found.iter().find(|(seen, same)| *same == id && *seen >= step);
        assert!(when.is_some_and(|(seen, _)| seen - step <= 9), "{id:?} of step {step}: {when:?}");
    }
}
