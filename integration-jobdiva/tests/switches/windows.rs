//! 5 to 8: the windows of the feeds.

use std::collections::BTreeSet;

use integration_jobdiva::simulator::{Behaviour, Mutation, WindowEnd};
use jiff::civil::date;
use workflow_core::domain::facts::PlacementId;

use super::tenant::{DAY, HOUR, PAY, Tenant, ids};

/// Care: a long time is read in windows that the service takes; what it does not take is an error, never "nothing there".
#[tokio::test]
async fn switch_05_a_wide_window_is_an_error_inside_200() {
    let begin = date(2025, 8, 1);
    let tenant =
        Tenant::configured(Behaviour::default(), |config| config.backfill_from = Some(begin)).await;
    let (touched, _) = tenant.poll_all(None).await;
    assert!(touched.is_superset(&ids(&[51_000_777, 51_000_787, 51_000_790])), "{touched:?}");
    // A tenant that allows less: the words inside the 200 are read, and the window is split.
    let max_window_secs = 10 * 86_400;
    let narrow = Tenant::with(Behaviour { max_window_secs, ..Behaviour::default() }).await;
    let whole = Tenant::with(Behaviour::default()).await;
    let ((touched, _), (expected, _)) = (narrow.poll_all(None).await, whole.poll_all(None).await);
    assert_eq!(touched, expected);
    assert_eq!(narrow.sim.count(PAY), 3, "once too wide, then each half");
}

/// Care: no window ends at midnight, which would make a wide one a day too wide: none is refused and halved, and each is
/// asked for once.
#[tokio::test]
async fn switch_06_midnight_means_the_end_of_the_day() {
    let mut asked = Vec::new();
    for widen_midnight in [true, false] {
        let behaviour = Behaviour { widen_midnight, ..Behaviour::default() };
        let tenant = Tenant::configured(behaviour, |config| {
            config.registry.each_window(|window| {
                // From a midnight to a noon, and from the noon before it to a midnight, in turn.
                (window.max, window.overlap) = (13 * DAY + DAY / 2, DAY);
            });
            config.backfill_from = Some(date(2025, 11, 10));
        })
        .await;
        let (touched, _) = tenant.poll_all(None).await;
        assert!(touched.is_superset(&ids(&[51_000_777])), "{widen_midnight}");
        let received = tenant.sim.received();
        let pay = received.iter().filter(|of| of.path.ends_with(PAY));
        let ends: Vec<String> = pay
            .map(|of| of.query.iter().find(|(name, _)| name == "toDate").unwrap().1.clone())
            .collect();
        let late = ends.iter().filter(|end| end.ends_with(" 23:59:59")).count();
        assert!(late >= 3, "these would have ended at midnight: {ends:?}");
        assert!(ends.iter().all(|end| !end.ends_with(" 00:00:00")), "{ends:?}");
        asked.push(ends);
    }
    assert_eq!(asked[0], asked[1], "no window was too wide");
}

/// Care: windows are asked for in Eastern wall time, and overlap by more than the hour that comes twice in autumn.
#[tokio::test]
async fn switch_07_windows_are_eastern_wall_time() {
    for window_end in [WindowEnd::Included, WindowEnd::Excluded] {
        let tenant = Tenant::with(Behaviour { window_end, ..Behaviour::default() }).await;
        tenant.until("2026-10-31T22:00").await;
        let (_, polled) = tenant.poll_all(None).await;
        let mut cursor = polled.cursor;
        let (mut found, mut changed) = (BTreeSet::new(), BTreeSet::new());
        for step in 0..36_u64 {
            let placement = 51_000_777 + step % 24;
            let (start, end) = (date(2026, 11, 2), Some(date(2026, 12, 31)));
            tenant.change(Mutation::MoveDates { placement, start, end });
            changed.insert((step, PlacementId(placement.to_string())));
            tenant.sim.advance(HOUR / 6).await.unwrap();
            let polled = tenant.poll(Some(&cursor)).await;
            assert_eq!(polled.failed, []);
            let all = polled.touched.into_iter().chain(polled.submittals);
            found.extend(all.map(|id| (step, id)));
            cursor = polled.cursor;
        }
        for (step, id) in changed {
            let when = found.iter().find(|(seen, same)| *same == id && *seen >= step);
            assert!(
                when.is_some_and(|(seen, _)| seen - step <= 9),
                "{window_end:?}: {id:?} of step {step}: {when:?}"
            );
        }
    }
}

/// Care: both bounds are always sent, as `MM/dd/yyyy HH:mm:ss`.
#[tokio::test]
async fn switch_08_a_missing_or_odd_date_is_a_400() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let (touched, _) = tenant.poll_all(None).await;
    assert!(touched.is_superset(&ids(&[51_000_777])));
    let received = tenant.sim.received();
    let feeds: Vec<_> = received.iter().filter(|of| of.path.contains("Records")).collect();
    assert!(feeds.len() >= 5, "{received:?}");
    for feed in feeds {
        assert_eq!(feed.status, Some(200), "{feed:?}");
        for bound in ["fromDate", "toDate"] {
            let text = &feed.query.iter().find(|(name, _)| name == bound).unwrap().1;
            let form = jiff::fmt::strtime::parse("%m/%d/%Y %H:%M:%S", text);
            assert!(form.is_ok(), "{bound} is {text}");
        }
    }
}
