//! What is deleted, merged or passed over in silence: feeds of their own, and a count of all.

use std::collections::{BTreeMap, BTreeSet};

use integration_jobdiva::census::{Page, Place};
use integration_jobdiva::simulator::{
    Behaviour, Fault, FaultKind, Hired, Mutation, NewCandidate, NewHire, OffsetMode,
};
use jiff::civil::date;
use workflow_core::domain::facts::{CandidateId, PlacementId};

use super::poll::ids;
use super::world::{DAY, HOUR, Tenant, kept, orderly};

fn candidate(id: u64) -> CandidateId {
    CandidateId(id.to_string())
}

#[tokio::test]
async fn deleted_and_merged_records_are_told_by_feeds_of_their_own() {
    let tenant = Tenant::standard().await;
    let cursor = tenant.poll_all(None).await.cursor;
    tenant.change(Mutation::Delete { placement: 51_000_778 });
    tenant.change(Mutation::DeleteCandidate { candidate: 70_011_000_044 });
    tenant.change(Mutation::Merge { old: 70_011_000_042, new: 70_011_000_045 });
    let now = tenant.now();
    let at_once = tenant.jobdiva.merged_since(now, now).await.unwrap();
    let pair = BTreeMap::from([(candidate(70_011_000_042), candidate(70_011_000_045))]);
    assert_eq!(at_once, pair);
    tenant.sim.advance(HOUR).await.unwrap();
    let polled = tenant.poll(Some(kept(&cursor))).await;
    assert_eq!(polled.deleted, ids(&[51_000_778]));
    assert_eq!(polled.gone, BTreeSet::from([candidate(70_011_000_044)]));
    assert_eq!(polled.merged, pair);
    let again = tenant.poll(Some(kept(&polled.cursor))).await;
    assert!(again.deleted.is_empty() && again.gone.is_empty() && again.merged.is_empty());
}

#[tokio::test]
async fn a_tenant_without_those_feeds_is_polled_all_the_same() {
    let tenant = Tenant::standard().await;
    for method in ["bi/MergedCandidates", "bi/DeletedCandidateRecords", "bi/DeletedActivityRecords"]
    {
        tenant.sim.revoke(method).unwrap();
    }
    let cursor = tenant.poll_all(None).await.cursor;
    tenant.sim.advance(HOUR).await.unwrap();
    tenant.poll(Some(kept(&cursor))).await;
    assert_eq!(tenant.sim.count("bi/MergedCandidates"), 1, "it is left alone for a day");
    let now = tenant.now();
    assert!(tenant.jobdiva.merged_since(now, now).await.unwrap().is_empty());
}

/// Somebody hired whom no feed shows.
fn hire_in_silence(tenant: &Tenant) -> u64 {
    let who = NewCandidate {
        first_name: "Ines".into(),
        last_name: "Varga".into(),
        email: "ines.varga@example.com".into(),
        state: "CA".into(),
    };
    let placement = tenant.change(Mutation::CreateHire(NewHire {
        who: Hired::New(who),
        job: 30_440_012,
        start: date(2026, 4, 13),
        end: Some(date(2026, 7, 10)),
        pay_rate: "77.25".into(),
        pay_per: "H".into(),
        category: Some("Independent Contractor".into()),
    }));
    // The candidate got the number before.
    let employee = 70_019_000_000 + placement - 51_900_000 - 1;
    for row in [placement.to_string(), format!("{employee}/1")] {
        let kind = FaultKind::Skip { row };
        tenant.sim.fault(Fault { path: "*".into(), kind, count: None }).unwrap();
    }
    placement
}

/// Every page of a census, each place as it comes back from where it was kept.
async fn census(tenant: &Tenant, mut place: Place) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = tenant.jobdiva.census_page(&place).await.unwrap();
        let next = page.next.clone();
        pages.push(page);
        assert!(pages.len() < 50, "it goes in circles");
        let Some(next) = next else { return pages };
        place = serde_json::from_slice(&serde_json::to_vec(&next).unwrap()).unwrap();
        assert_eq!(place, next);
    }
}

fn found(pages: &[Page]) -> BTreeSet<PlacementId> {
    pages.iter().flat_map(|page| page.hires.clone()).collect()
}

#[tokio::test]
async fn a_placement_that_every_feed_passed_over_is_found_by_the_census() {
    let tenant = Tenant::with(orderly(), |_| {}).await;
    let cursor = tenant.poll_all(None).await.cursor;
    let hired = hire_in_silence(&tenant);
    tenant.sim.advance(DAY).await.unwrap();
    let polled = tenant.poll_all(Some(kept(&cursor))).await;
    assert!(!polled.touched.contains(&PlacementId(hired.to_string())), "nothing was passed over");
    let pages = census(&tenant, tenant.jobdiva.census(400 * DAY, tenant.now())).await;
    let found = found(&pages);
    assert!(found.contains(&PlacementId(hired.to_string())), "{found:?}");
    // Bare offers, what was called off and what is over are not asked for again.
    for no in [51_000_787, 51_000_789, 51_000_790, 50_900_777_u64] {
        assert!(!found.contains(&PlacementId(no.to_string())), "{no}: {found:?}");
    }
    assert!(pages.iter().all(|page| !page.incomplete));
    assert_eq!(
        pages.len(),
        4,
        "two walks of one page each, and of one that shows that there is no more"
    );
}

#[tokio::test]
async fn the_census_goes_through_all_pages_however_they_are_counted() {
    for offset in [OffsetMode::Row, OffsetMode::Page] {
        let tenant = Tenant::with(Behaviour { offset, ..orderly() }, |_| {}).await;
        let mut hired = BTreeSet::new();
        for _ in 0..230 {
            hired.insert(PlacementId(hire_in_silence(&tenant).to_string()));
        }
        let pages = census(&tenant, tenant.jobdiva.census(400 * DAY, tenant.now())).await;
        assert_eq!(&hired - &found(&pages), BTreeSet::new(), "{offset:?}");
        assert!(pages.iter().all(|page| !page.incomplete));
    }
}
