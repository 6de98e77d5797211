//! `searchStart`, its keys, and its paging.

use integration_jobdiva::simulator::{Behaviour, OffsetMode};
use serde_json::json as value;

use super::tenant::{Tenant, smooth, status_and_json};

#[tokio::test]
async fn spaced_keys_and_epoch_milliseconds() {
    let tenant = Tenant::with(smooth()).await;
    let found =
        tenant.search(value!({ "jobId": 30_440_012, "candidateid": 70_011_000_042_u64 })).await;
    let [start] = found.as_slice() else { panic!("not one start: {found:?}") };
    assert_eq!(start["id"], 51_000_777);
    assert_eq!(start["candidate id"], 70_011_000_042_u64);
    assert_eq!(start["start date"], 1_775_448_000_000_u64);
    assert_eq!(start["startStatus"], "Placed");
    assert!(start["crop to crop"].is_null() && start["agreed pay rate"].is_null());
    assert_eq!(start["end date"].as_i64().unwrap() % 1000, 0);
}

#[tokio::test]
async fn unknown_criteria_and_start_ids_are_ignored() {
    let tenant = Tenant::with(smooth()).await;
    let all = tenant.search(value!({})).await.len();
    assert_eq!(all, 25);
    assert_eq!(tenant.search(value!({ "startId": 51_000_777 })).await.len(), all);
    assert_eq!(tenant.search(value!({ "jobid": 30_440_012 })).await.len(), all, "a typo");
    let later = tenant.search(value!({ "startDateFrom": "2026-04-17T00:00:00" })).await;
    assert_eq!(later.len(), 2);
    let broken = tenant.http.post(tenant.url("/apiv2/jobdiva/searchStart"));
    let (code, _) = status_and_json(broken.bearer_auth(&tenant.token).body("{")).await;
    assert_eq!(code, 400);
}

#[tokio::test]
async fn pages_repeat_a_row_and_are_capped() {
    let tenant = Tenant::with(Behaviour { search_cap: 10, ..smooth() }).await;
    let page = async |tenant: &Tenant, offset: u32| -> Vec<u64> {
        let body = value!({ "maxreturned": 500, "offset": offset });
        let rows = tenant.search(body).await;
        rows.iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    let (first, second) = (page(&tenant, 0).await, page(&tenant, 10).await);
    assert_eq!((first.len(), second.len()), (10, 10));
    assert_eq!(first.last(), second.first(), "the overlap");
    let offset = OffsetMode::Page;
    let paged =
        Tenant::with(Behaviour { search_cap: 10, offset, overlap: false, ..smooth() }).await;
    assert_eq!(page(&paged, 1).await[..9], second[1..]);
}
