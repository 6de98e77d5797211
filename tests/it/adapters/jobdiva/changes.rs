//! Changes between two polls: each is found by the next, once, and read as what it is.

use integration_jobdiva::simulator::{Hired, Mutation, NewCandidate, NewHire};
use jiff::civil::date;
use workflow_core::domain::facts::Stage;

use super::judged::line;
use super::poll::ids;
use super::world::{HOUR, Tenant, kept};

fn hire(who: Hired, job: u64) -> Mutation {
    Mutation::CreateHire(NewHire {
        who,
        job,
        start: date(2026, 4, 13),
        end: Some(date(2026, 7, 10)),
        pay_rate: "77.25".into(),
        pay_per: "H".into(),
        category: Some("Independent Contractor".into()),
    })
}

/// A change, and what its placement amounts to when it has been approved.
fn changes() -> Vec<(u64, Mutation, &'static str)> {
    let rate = |placement, amount: &str, effective| Mutation::ChangeRate {
        placement,
        amount: amount.into(),
        effective,
    };
    let pay = |placement, per: &str| Mutation::AddPayRecord {
        placement,
        amount: "91".into(),
        per: per.into(),
        category: "Independent Contractor".into(),
    };
    let turned =
        |placement, category: &str| Mutation::SetCategory { placement, category: category.into() };
    let april = |day| date(2026, 4, day);
    vec![
        (
            51_000_777,
            rate(51_000_777, "99.5", april(6)),
            "ready 2026-04-06..2026-09-30 99.50 per hour US-CA Halvorsen1 DataAnalyst",
        ),
        (
            51_000_792,
            rate(51_000_792, "85", date(2026, 6, 1)),
            "ready 2026-04-06..2026-09-30 80.00 per hour US-CA Halvorsen1 DataAnalyst",
        ),
        (
            51_000_782,
            pay(51_000_782, "H"),
            "ready 2026-04-08..2026-09-30 91.00 per hour US-CA Halvorsen1 DataAnalyst",
        ),
        (
            51_000_791,
            Mutation::MoveDates { placement: 51_000_791, start: april(14), end: Some(april(30)) },
            "ready 2026-04-14..2026-04-30 90.00 per hour remote Halvorsen1 Engineer",
        ),
        (51_000_795, turned(51_000_795, "Hourly Employee"), "out w2"),
        (
            51_000_779,
            turned(51_000_779, "Independent Contractor"),
            "ready 2026-04-13..2026-09-30 90.00 per hour US-CA Halvorsen1 Engineer",
        ),
        (51_000_793, turned(51_000_793, "Vendor"), "held category_unknown"),
        (51_000_796, Mutation::Cancel { placement: 51_000_796 }, "off"),
        // Terminated before it began: that is a cancellation.
        (
            51_000_794,
            Mutation::Terminate {
                placement: 51_000_794,
                day: date(2026, 3, 24),
                reason: "No-show".into(),
            },
            "off",
        ),
        (
            51_000_788,
            Mutation::Terminate {
                placement: 51_000_788,
                day: april(20),
                reason: "Cut short".into(),
            },
            "ready 2026-04-06..2026-04-20 90.00 per hour US-CA Halvorsen1 DataAnalyst",
        ),
        (
            51_000_799,
            Mutation::End { placement: 51_000_799, day: april(24) },
            "ready 2026-04-06..2026-04-24 90.00 per hour US-CA Halvorsen1 DataAnalyst",
        ),
    ]
}

#[tokio::test]
async fn each_change_is_found_by_the_next_poll_once() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-25T09:00").await;
    let mut cursor = tenant.poll_all(None).await.cursor;
    for (placement, mutation, verdict) in changes() {
        tenant.change(mutation.clone());
        let at_once = tenant.poll(Some(kept(&cursor))).await;
        assert_eq!(at_once.touched, ids(&[]), "{mutation:?}: not before the feeds are whole");
        cursor = at_once.cursor;
        tenant.sim.advance(HOUR / 20).await.unwrap();
        let found = tenant.poll(Some(kept(&cursor))).await;
        assert_eq!(found.touched, ids(&[placement]), "{mutation:?}");
        assert_eq!(found.unreadable, []);
        // What was not kept is found again; what was kept is not.
        let again = tenant.poll(Some(kept(&cursor))).await;
        assert_eq!(again.touched, found.touched, "{mutation:?}: nothing is lost with a cursor");
        cursor = found.cursor;
        tenant.sim.advance(HOUR / 20).await.unwrap();
        let quiet = tenant.poll(Some(kept(&cursor))).await;
        assert_eq!(quiet.touched, ids(&[]), "{mutation:?}: once");
        // A new pay record is approved two hours later, which is a change as well.
        tenant.sim.advance(HOUR * 2).await.unwrap();
        let approved = tenant.poll(Some(kept(&quiet.cursor))).await;
        let has_approval =
            matches!(mutation, Mutation::ChangeRate { .. } | Mutation::AddPayRecord { .. });
        let expected = if has_approval { ids(&[placement]) } else { ids(&[]) };
        assert_eq!(approved.touched, expected, "{mutation:?}: approved");
        cursor = approved.cursor;
        assert_eq!(line(&tenant.facts(placement).await.unwrap()), verdict, "{mutation:?}");
    }
}

#[tokio::test]
async fn a_new_hire_is_found_at_each_step_of_its_paperwork() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-25T09:00").await;
    let mut cursor = tenant.poll_all(None).await.cursor;
    let who = Hired::New(NewCandidate {
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        email: String::new(),
        state: "CA".into(),
    });
    let placement = tenant.change(hire(who, 30_440_012));
    // Hired, billing record, pay record an hour later, both approved two hours after they came.
    for (wall, touched, verdict) in [
        ("2026-03-25T09:05", true, "held category_missing"),
        ("2026-03-25T11:05", false, "held category_missing"),
        ("2026-03-25T12:05", true, "held category_missing"),
        ("2026-03-25T13:05", true, "held category_missing"),
        ("2026-03-25T14:05", true, "held category_missing"),
        (
            "2026-03-25T15:05",
            true,
            "ready 2026-04-13..2026-07-10 77.25 per hour US-CA Halvorsen1 DataAnalyst",
        ),
        (
            "2026-03-25T18:05",
            false,
            "ready 2026-04-13..2026-07-10 77.25 per hour US-CA Halvorsen1 DataAnalyst",
        ),
    ] {
        tenant.until(wall).await;
        let polled = tenant.poll(Some(kept(&cursor))).await;
        assert_eq!(polled.touched, if touched { ids(&[placement]) } else { ids(&[]) }, "{wall}");
        assert_eq!(polled.candidates.len(), usize::from(wall.ends_with("09:05")), "{wall}");
        let facts = tenant.facts(placement).await.unwrap();
        assert_eq!((facts.stage, line(&facts).as_str()), (Stage::Starting, verdict), "{wall}");
        assert_eq!(facts.unreadable, []);
        cursor = polled.cursor;
    }
}

#[tokio::test]
async fn an_offer_that_becomes_a_hire_is_found_and_people_and_jobs_are_told_apart() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-27T09:00").await;
    let cursor = tenant.poll_all(None).await.cursor;
    tenant.change(Mutation::SetEmail { candidate: 70_011_000_058, email: "d@example.com".into() });
    tenant.until("2026-03-28T10:30").await;
    let polled = tenant.poll(Some(cursor)).await;
    assert_eq!(polled.touched, ids(&[51_000_798]));
    assert_eq!(polled.submittals, ids(&[]));
    assert_eq!(polled.candidates, ["70011000058".into()].into());
    assert!(polled.requisitions.is_empty());
}

#[tokio::test]
async fn a_deleted_placement_is_found_by_its_records_and_is_gone() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-03-25T09:00").await;
    let cursor = tenant.poll_all(None).await.cursor;
    tenant.change(Mutation::Delete { placement: 51_000_778 });
    tenant.until("2026-03-25T09:05").await;
    let polled = tenant.poll(Some(cursor)).await;
    assert_eq!(polled.touched, ids(&[51_000_778]));
    assert_eq!(tenant.facts(51_000_778).await, None);
}

#[tokio::test]
async fn a_rate_that_begins_later_applies_on_its_day_without_a_change_in_any_feed() {
    let tenant = Tenant::standard().await;
    tenant.until("2026-05-03T23:00").await;
    let rate = async || tenant.facts(51_000_792).await.unwrap().pay.unwrap().amount.to_string();
    let cursor = tenant.poll_all(None).await.cursor;
    assert_eq!(rate().await, "80");
    tenant.until("2026-05-04T06:00").await;
    // No feed can tell: whoever holds an open placement has to read it again each day.
    assert_eq!(tenant.poll_all(Some(cursor)).await.touched, ids(&[]));
    assert_eq!(rate().await, "88");
}
