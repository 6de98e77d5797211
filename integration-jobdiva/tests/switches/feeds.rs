//! 14, 29 and 30: pages, lag and batches.

use std::collections::BTreeSet;
use std::time::Duration;

use integration_jobdiva::config::Config;
use integration_jobdiva::operations::{Operation, PageBase as ClientBase, Paging};
use integration_jobdiva::simulator::{Behaviour, Mutation, PageBase};
use jiff::civil::date;
use workflow_core::domain::call::Answer;
use workflow_core::outcome::Outcome;

use super::tenant::{HOUR, MINUTE, SEED, Tenant, ids};

/// Feeds that are asked for page by page.
fn paged(base: ClientBase, size: u32) -> impl FnOnce(&mut Config) {
    move |config| {
        let feeds = [Operation::CandidateDelta, Operation::PlacementDelta, Operation::PayDelta];
        for feed in feeds {
            let (number_name, size_name) = ("pageNumber".to_owned(), "pageSize".to_owned());
            config.registry.of_mut(feed).paging =
                Paging::Page { base, size, number_name, size_name };
        }
    }
}

/// Care: a window's rows are all read, whatever page numbers mean to the tenant, and whatever its settings say of them: page 0
/// is asked for until an answer has shown whether there is one.
#[tokio::test]
async fn switch_14_pages_count_from_anywhere() {
    let mut seen = BTreeSet::new();
    for page_base in [PageBase::Zero, PageBase::One, PageBase::OneOrZero, PageBase::Absent] {
        let tenant = Tenant::with(Behaviour { page_base, ..Behaviour::default() }).await;
        let hired: Vec<u64> = (0..130).map(|_| tenant.hire("Varga")).collect();
        tenant.sim.advance(HOUR).await.unwrap();
        let (touched, polled) = tenant.poll_all(None).await;
        let missing = &ids(&hired) - &touched;
        assert!(missing.is_empty(), "{page_base:?}: {missing:?}");
        for (base, size) in [
            (ClientBase::Zero, 37),
            (ClientBase::One, 37),
            (ClientBase::Auto, 37),
            (ClientBase::Zero, 500),
            (ClientBase::One, 500),
        ] {
            let jobdiva = tenant.seen_with(paged(base, size));
            let by_pages = jobdiva.poll(None, tenant.now()).await.unwrap();
            let about = format!("{page_base:?}, read as {base:?} by {size}");
            assert_eq!(by_pages.failed, [], "{about}");
            assert_eq!(by_pages.candidates, polled.candidates, "{about}");
            let placements: BTreeSet<_> =
                by_pages.touched.into_iter().chain(by_pages.submittals).collect();
            assert_eq!(placements, touched, "{about}");
            assert_eq!(by_pages.cursor, polled.cursor, "{about}: the same marks");
        }
        seen.insert(touched);
    }
    assert_eq!(seen.len(), 1, "the same with all");
}

/// Care: windows end behind the present and overlap, so that a row which appears late is in the next one.
#[tokio::test]
async fn switch_29_changes_show_late() {
    let tenant = Tenant::with(Behaviour { feed_lag_secs: 90, ..Behaviour::default() }).await;
    tenant.until("2026-03-25T09:00").await;
    let (_, polled) = tenant.poll_all(None).await;
    let (mut cursor, mut found, mut changed) = (polled.cursor, BTreeSet::new(), Vec::new());
    for round in 0..48_u64 {
        if round % 4 == 0 {
            let placement = 51_000_777 + round / 4;
            let (start, end) = (date(2026, 4, 7), Some(date(2026, 9, 29)));
            tenant.change(Mutation::MoveDates { placement, start, end });
            changed.push(placement);
        }
        tenant.sim.advance(Duration::from_secs(17)).await.unwrap();
        let polled = tenant.poll(Some(&cursor)).await;
        found.extend(polled.touched.into_iter().chain(polled.submittals));
        cursor = polled.cursor;
    }
    tenant.sim.advance(MINUTE * 5).await.unwrap();
    let polled = tenant.poll(Some(&cursor)).await;
    found.extend(polled.touched.into_iter().chain(polled.submittals));
    assert_eq!(found, ids(&changed));
}

/// Care: records are asked for within the batch that the tenant allows: one by one.
#[tokio::test]
async fn switch_30_large_batches_are_refused() {
    for too_many_ids_status in [400, 500] {
        let behaviour = Behaviour { max_ids: 1, too_many_ids_status, ..Behaviour::default() };
        let tenant = Tenant::with(behaviour).await;
        assert!(tenant.all_facts().await.iter().all(Option::is_some));
        assert_eq!(tenant.sim.count("bi/JobDetail"), SEED.len() as u64);
        for candidate in 70_011_000_042..=70_011_000_063 {
            let read = tenant.person(candidate).await;
            assert!(matches!(read, Outcome::Answered(Answer::PersonRead(_))), "{candidate}");
        }
    }
}
