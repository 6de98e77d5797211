//! The runner between both simulators: what bad input does, and what it does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use integration_1099policy::simulator::Seal;
use runner::demo::{Demo, Screen};
use runner::views;
use serde_json::{Value, json};
use tests::canary::Watch;

const HOUR: Duration = Duration::from_secs(3600);

async fn demo() -> (tempfile::TempDir, Demo, Watch) {
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(dir.path()).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    (dir, demo, Watch::new())
}

fn state_of(demo: &Demo, placement: &str) -> (String, String) {
    let list = views::list(demo.engine(), &[], &[]);
    let line = list.placements.into_iter().find(|line| line.id == placement).unwrap();
    (line.state, line.why)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_delivery_leaves_a_count_and_nothing_else() {
    let (_dir, mut demo, _watch) = demo().await;
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
    let (_dir, mut demo, _watch) = demo().await;
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
    let (_dir, mut demo, _watch) = demo().await;
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
    let _watch = Watch::new();
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

/// What the insurer holds of invoices: job and gross pay.
async fn invoices(demo: &Demo) -> Vec<i64> {
    let url = format!("{}/api/v1/invoices?limit=100", demo.policy().base_url());
    let asked = reqwest::Client::new().get(url).bearer_auth(demo.policy().api_key());
    let all: Value = asked.send().await.unwrap().json().await.unwrap();
    let weekly = |it: &&Value| {
        let secs = |name: &str| it[name].as_i64().unwrap();
        secs("paycycle_enddate") - secs("paycycle_startdate") == 7 * 86_400
    };
    let mut gross: Vec<i64> = all
        .as_array()
        .unwrap()
        .iter()
        .filter(weekly)
        .map(|it| it["gross_pay"].as_i64().unwrap())
        .collect();
    gross.sort_unstable();
    gross
}

async fn days(demo: &mut Demo, days: u32) {
    for _ in 0..days * 4 {
        demo.advance(6 * HOUR).await.unwrap();
        demo.settle(&mut Screen::silent()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timesheets_become_invoices_and_what_happens_to_them_happens_to_those() {
    use integration_jobdiva::config::TimesheetPay;
    use integration_jobdiva::simulator::Mutation;
    use workflow_core::domain::rules::{Invoices, Send};

    let dir = tempfile::tempdir().unwrap();
    let behaviour = integration_jobdiva::simulator::Behaviour::default();
    let _watch = Watch::new();
    let mut demo = Demo::start_with(dir.path(), behaviour, |config| {
        let tenant = &mut config.tenants[0];
        tenant.rules.invoices = Invoices { send: Send::WhenDifferent, ..Invoices::default() };
        tenant.jobdiva.timesheets = Some(TimesheetPay::Rate);
    })
    .await
    .unwrap();
    let states = |demo: &Demo| -> Vec<(String, String)> {
        let lines = views::invoices(demo.engine(), &[]).invoices.into_iter();
        lines.map(|line| (line.id, line.state)).collect()
    };
    let is = |state: &str| {
        vec![
            ("51000795.2026-04-05".to_owned(), state.to_owned()),
            ("51000796.2026-04-05".to_owned(), "Waiting".to_owned()),
        ]
    };
    // The week to 2026-04-05 of two placements: one is approved on the 7th, one rejected.
    days(&mut demo, 16).await;
    assert_eq!(states(&demo), is("Recorded"));
    assert_eq!(invoices(&demo).await, [318_750], "40 hours and 2.5 of overtime at 75");

    let (hours, overtime) = ("38".to_owned(), "0".to_owned());
    let correction = Mutation::CorrectTimesheet { timesheet: 6_611_200, hours, overtime };
    demo.jobdiva().mutate(correction).unwrap();
    days(&mut demo, 1).await;
    assert_eq!(invoices(&demo).await, [285_000]);

    demo.jobdiva().mutate(Mutation::DeleteTimesheet { timesheet: 6_611_200 }).unwrap();
    days(&mut demo, 1).await;
    assert_eq!(states(&demo), is("Waiting"));
    assert_eq!(invoices(&demo).await, [0_i64; 0]);
    demo.stop().await.unwrap();
}

/// What a start and the rounds after it cost depends on what is pending, whatever has ended by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_its_quiet_rounds_read_nothing_of_what_ended() {
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(dir.path()).await.unwrap();
    demo.play(&mut Screen::silent()).await.unwrap();
    demo.engine().shelve().unwrap();
    let states = demo.engine().counts("placement");
    let ended: usize =
        ["Excluded", "Completed", "Canceled"].iter().map(|state| states[state]).sum();
    demo.stop().await.unwrap();

    let mut demo = Demo::start(dir.path()).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    let metrics = || async {
        let address = runner::admin::Address::read(dir.path()).unwrap();
        reqwest::get(format!("{}/metrics", address.url)).await.unwrap().text().await.unwrap()
    };
    let said = metrics().await;
    let state = |state: &str| {
        let series = format!("workflow_placements{{tenant=\"acme\",state=\"{state}\"}} ");
        said.lines().find_map(|line| line.strip_prefix(&series)?.parse::<usize>().ok())
    };
    // What people see is the same.
    for (name, count) in &states {
        assert_eq!(state(name), Some(*count).filter(|count| *count > 0), "{name}");
    }
    assert!(ended >= 5, "{states:?}");
    assert_eq!(demo.engine().ended_lines_read(), 0, "the start, and a look at the metrics");
    demo.advance(std::time::Duration::from_secs(30 * 60)).await.unwrap();
    demo.settle(&mut Screen::silent()).await.unwrap();
    metrics().await;
    assert_eq!(demo.engine().ended_lines_read(), 0, "a round that finds nothing");
    // Whoever asks for them is given them.
    assert_eq!(demo.engine().summaries("placement").len(), states.values().sum::<usize>());
    assert!(demo.engine().ended_lines_read() >= ended as u64);
    demo.stop().await.unwrap();
}
