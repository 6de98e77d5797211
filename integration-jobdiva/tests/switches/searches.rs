//! 12 and 13: the census by `searchStart`.

use std::collections::BTreeSet;

use integration_jobdiva::census::Page;
use integration_jobdiva::simulator::{Behaviour, OffsetMode};
use workflow_core::domain::facts::PlacementId;

use super::tenant::{DAY, Tenant, ids};

/// Every page of a census that reaches 400 days back.
async fn census(tenant: &Tenant) -> Vec<Page> {
    let mut place = tenant.jobdiva.census(DAY * 400, tenant.now());
    let mut pages = Vec::new();
    loop {
        let page = tenant.jobdiva.census_page(&place).await.unwrap();
        let next = page.next.clone();
        pages.push(page);
        assert!(pages.len() < 60, "it goes in circles");
        let Some(next) = next else { return pages };
        place = next;
    }
}

fn found(pages: &[Page]) -> BTreeSet<PlacementId> {
    pages.iter().flat_map(|page| page.hires.clone()).collect()
}

/// Care: keys with spaces are read, only known criteria are sent, and an end at 23:59:59 Eastern is that day, not the next.
#[tokio::test]
async fn switch_12_searches_have_spaced_keys_and_milliseconds() {
    for ignore_unknown_criteria in [true, false] {
        let tenant =
            Tenant::with(Behaviour { ignore_unknown_criteria, ..Behaviour::default() }).await;
        tenant.until("2026-04-17T22:00").await;
        let last_evening = found(&census(&tenant).await);
        // Its end is kept as the last second of that day, which is the next day in UTC.
        assert!(last_evening.is_superset(&ids(&[51_000_797, 51_000_777])), "{last_evening:?}");
        tenant.until("2026-04-18T09:00").await;
        let day_after = found(&census(&tenant).await);
        assert!(day_after.is_disjoint(&ids(&[51_000_797])), "it is over: {day_after:?}");
        // Bare offers, what was called off and what is over long since are no open hires.
        assert!(day_after.is_disjoint(&ids(&[51_000_787, 51_000_789, 51_000_790, 50_900_777])));
    }
}

/// Care: pages are walked until one brings nothing new, whether `offset` counts rows or pages, rows repeat or not, and
/// pages are as long as was asked for or shorter; no start is ever looked up by an id that the search would ignore: by its
/// candidate and requisition, and the one meant is picked.
#[tokio::test]
async fn switch_13_offset_is_loose_and_rows_repeat() {
    for (offset, overlap, search_cap) in [
        (OffsetMode::Row, true, 100),
        (OffsetMode::Row, false, 100),
        (OffsetMode::Page, true, 100),
        (OffsetMode::Page, false, 100),
        (OffsetMode::Row, true, 40),
        (OffsetMode::Row, false, 40),
        (OffsetMode::Page, true, 40),
        (OffsetMode::Page, false, 40),
    ] {
        let behaviour = Behaviour { offset, overlap, search_cap, ..Behaviour::default() };
        let tenant = Tenant::with(behaviour).await;
        let hired: Vec<u64> = (0..230).map(|_| tenant.hire("Varga")).collect();
        let pages = census(&tenant).await;
        let missing = &ids(&hired) - &found(&pages);
        let about = format!("{offset:?}, overlap {overlap}, {search_cap} at most");
        assert!(missing.is_empty(), "{about}: {missing:?}");
        assert!(pages.iter().all(|page| !page.incomplete), "{about}");
        one_start(&tenant).await;
    }
}

/// A start whose submittal may not be read is found by what a census told of it, and no other is taken for it.
async fn one_start(tenant: &Tenant) {
    // She has an older start too, which a search for her alone would bring as well.
    let placement = 51_000_777;
    let expected = tenant.facts(placement).await.unwrap();
    tenant.sim.revoke("bi/SubmittalDetail").unwrap();
    let before = tenant.sim.received().len();
    let facts = tenant.facts(placement).await.unwrap();
    assert_eq!(
        (facts.candidate, facts.requisition, facts.stage),
        (expected.candidate, expected.requisition, expected.stage)
    );
    let searches: Vec<Vec<String>> = tenant.sim.received()[before..]
        .iter()
        .filter(|of| of.path.ends_with("searchStart"))
        .map(|of| of.criteria.iter().filter(|name| *name != "offset").cloned().collect())
        .collect();
    assert_eq!(searches, [["candidateid", "jobId", "maxreturned"]], "one, by no id of its own");
}
