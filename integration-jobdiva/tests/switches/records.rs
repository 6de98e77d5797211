//! 20 to 22: the records of a placement.

use integration_jobdiva::simulator::{Behaviour, Mutation};
use jiff::civil::date;
use workflow_core::domain::facts::{PlacementId, Stage};

use super::tenant::{Tenant, ids};

/// Care: a placement without a pay record is kept and read again at each step of its paperwork; an unapproved record does
/// not count yet.
#[tokio::test]
async fn switch_20_records_come_hours_after_the_hire() {
    let tenant = Tenant::with(Behaviour::default()).await;
    tenant.until("2026-03-25T09:00").await;
    let (_, polled) = tenant.poll_all(None).await;
    let mut cursor = polled.cursor;
    let placement = tenant.hire("Varga");
    // Hired; a billing record; a pay record; both approved two hours after they came.
    for (wall, category) in [
        ("2026-03-25T09:05", None),
        ("2026-03-25T12:05", None),
        ("2026-03-25T13:05", None),
        ("2026-03-25T14:05", None),
        ("2026-03-25T15:05", Some("Independent Contractor")),
    ] {
        tenant.until(wall).await;
        let polled = tenant.poll(Some(&cursor)).await;
        assert_eq!(polled.touched, ids(&[placement]), "{wall}");
        let facts = tenant.facts(placement).await.unwrap();
        assert_eq!(facts.stage, Stage::Starting, "{wall}");
        assert_eq!(facts.engaged.category.as_deref(), category, "{wall}");
        assert_eq!(facts.unreadable, [], "{wall}");
        cursor = polled.cursor;
    }
}

/// Care: of several pay records the one counts that applies on the day, neither the first nor the newest.
#[tokio::test]
async fn switch_21_a_new_rate_is_a_new_record() {
    for (rate_change_in_place, before) in [(false, "80"), (true, "92.5")] {
        let behaviour = Behaviour { rate_change_in_place, ..Behaviour::default() };
        let tenant = Tenant::with(behaviour).await;
        tenant.until("2026-04-08T09:00").await;
        let (_, polled) = tenant.poll_all(None).await;
        let (placement, amount) = (51_000_792, "92.5".to_owned());
        let effective = date(2026, 6, 1);
        tenant.change(Mutation::ChangeRate { placement, amount, effective });
        tenant.until("2026-04-08T12:00").await;
        let (touched, _) = tenant.poll_all(Some(&polled.cursor)).await;
        assert_eq!(touched, ids(&[placement]));
        let rate = async || {
            let pay = tenant.facts(placement).await.unwrap().pay.unwrap();
            pay.amount.normalize().to_string()
        };
        assert_eq!(rate().await, before, "in place: {rate_change_in_place}");
        if !rate_change_in_place {
            // The seed changes the rate by itself to 88 from the fourth of May on.
            tenant.until("2026-05-03T23:00").await;
            assert_eq!(rate().await, "80");
            tenant.until("2026-05-31T23:00").await;
            assert_eq!(rate().await, "88");
            tenant.until("2026-06-01T06:00").await;
            assert_eq!(rate().await, "92.5");
        }
    }
}

/// Care: of the starts in an answer only the one asked for is read, and never another in its place.
#[tokio::test]
async fn switch_22_another_start_comes_along() {
    let tenant = Tenant::with(Behaviour::default()).await;
    let related_starts = false;
    let kinder = Tenant::with(Behaviour { related_starts, ..Behaviour::default() }).await;
    for wall in ["2026-03-24T10:00", "2026-03-25T09:00"] {
        tenant.until(wall).await;
        kinder.until(wall).await;
        assert!(tenant.all_facts().await == kinder.all_facts().await, "{wall}");
    }
    let marisol = tenant.facts(51_000_777).await.unwrap();
    assert_eq!(marisol.placement, PlacementId("51000777".into()));
    assert_eq!(marisol.engaged.category.as_deref(), Some("Independent Contractor"));
    assert_eq!(marisol.engaged.w2, Some(false), "the other start is a W-2 one");
}
