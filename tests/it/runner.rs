//! The runner between both simulators: what bad input does, and what it does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use integration_1099policy::simulator::Seal;
use runner::demo::{Demo, Screen};
use runner::views;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

async fn demo() -> (tempfile::TempDir, Demo) {
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(dir.path()).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    (dir, demo)
}

fn state_of(demo: &Demo, placement: &str) -> (String, String) {
    let list = views::list(demo.engine(), &[], &[]);
    let line = list.placements.into_iter().find(|line| line.id == placement).unwrap();
    (line.state, line.why)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_delivery_leaves_a_count_and_nothing_else() {
    let (_dir, mut demo) = demo().await;
    let before = demo.engine().position();
    let event = json!({ "id": "ev_forged", "type": "policy.active", "created": 1, "data": { "id": "pl_1", "quote": "qt_1" } });
    assert_eq!(demo.policy().inject_event(&event, Seal::Forged), 1);
    demo.settle(&mut Screen::silent()).await.unwrap();
    assert_eq!(demo.counters().refused.load(Ordering::Relaxed), 1);
    assert_eq!(demo.engine().position(), before);
    assert!(
        demo.policy().deliveries().iter().any(|delivery| format!("{delivery:?}").contains("401"))
    );
    demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_delivery_of_an_unknown_kind_is_kept_and_shown() {
    let (_dir, mut demo) = demo().await;
    let event = json!({ "id": "ev_odd", "type": "tornado.warning", "created": 1, "data": { "id": "zz_1" } });
    demo.policy().inject_event(&event, Seal::Genuine);
    demo.settle(&mut Screen::silent()).await.unwrap();
    let parked = views::list(demo.engine(), &[], &[]).parked;
    assert_eq!(parked.len(), 1);
    assert!(
        parked[0].why.contains("tornado.warning") && parked[0].why.contains("not understood"),
        "{parked:?}"
    );
    assert_eq!(demo.counters().refused.load(Ordering::Relaxed), 0);
    demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_holds_its_placement_and_stops_nothing_else() {
    let (_dir, mut demo) = demo().await;
    let url = format!("{}/__sim/state", demo.jobdiva().base_url());
    let client = reqwest::Client::new();
    let mut state: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
    let rows = state["salary"].as_array_mut().unwrap();
    let row = rows.iter_mut().find(|row| row["activity"] == 51_000_777).unwrap();
    row["amount"] = json!("ninety-five");
    let loaded = client.post(&url).json(&state).send().await.unwrap();
    assert!(loaded.status().is_success());
    for _ in 0..16 {
        demo.advance(HOUR / 2).await.unwrap();
        demo.settle(&mut Screen::silent()).await.unwrap();
    }
    let (held, why) = state_of(&demo, "51000777");
    assert_eq!(held, "Discovered");
    assert!(why.contains("cannot be read"), "{why}");
    // It arrived in the same hours, with a row that can be read.
    assert_eq!(state_of(&demo, "51000799").0, "ApplicationPending");
    assert!(!demo.policy().ledger().jobs_by_placement.contains_key("51000777"));
    demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ats_cannot_give_is_shown_stops_nothing_else_and_heals() {
    use integration_jobdiva::simulator::{Fault, FaultKind};
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(dir.path()).await.unwrap();
    let down = FaultKind::Status { status: 503, message: "down for a while".into() };
    demo.jobdiva()
        .fault(Fault { path: "bi/JobDetail".into(), kind: down, count: Some(5) })
        .unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    let list = views::list(demo.engine(), &[], &[]);
    assert!(!list.unread.is_empty(), "nothing was missed");
    assert!(list.unread.iter().all(|missed| missed.why.contains("down for a while")), "{list:?}");
    assert!(list.placements.len() > 10, "what could be read was not");

    demo.advance(HOUR / 2).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    let list = views::list(demo.engine(), &[], &[]);
    assert_eq!(list.unread, []);
    assert!(list.placements.len() >= 20, "{}", list.placements.len());
    demo.stop().await.unwrap();
}
