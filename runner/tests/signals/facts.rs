//! What is told, over the demo's world: each fact once, and nothing of a person but the link.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use integration_1099policy::secret::Secret;
use integration_1099policy::simulator::{ErrorCode, Fault, FaultKind};
use integration_jobdiva::simulator::{Behaviour, Mutation};
use jiff::civil::date;
use runner::config::Config;
use runner::demo::{Demo, Screen, script};
use runner::notify;
use workflow_core::domain::notice::Topic;
use workflow_core::domain::placement::{Cover, EventKind, Machine, Placement};
use workflow_core::id::StreamId;
use workflow_core::machine::Machine as _;
use workflow_core::time::Timestamp;

use super::receiver::{Came, Endpoint, SECRET};

const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);

async fn demo(dir: &std::path::Path, told: &Endpoint) -> Demo {
    let url = told.url();
    let change = move |config: &mut Config| {
        // One contractor never applies: of that somebody is reminded while the test goes on.
        config.tenants[0].rules.remind_days = (1..=13).collect();
        config.tenants[0].notify = vec![notify::Endpoint {
            name: "office".to_owned(),
            url,
            secrets: vec![Secret::new(SECRET)],
            topics: Topic::ALL.to_vec(),
        }];
    };
    Demo::start_with(dir, Behaviour::default(), change).await.unwrap()
}

/// The placements told of, by the name of the event.
fn by_name(came: &[Came]) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for message in came {
        let body = message.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let placement = text(&body["data"]["placement"]);
        names.entry(text(&body["type"])).or_default().insert(placement);
    }
    names
}

/// The placements that have an event of one of these kinds.
fn with(demo: &Demo, kinds: &[EventKind]) -> BTreeSet<String> {
    let names: Vec<&str> = kinds.iter().map(|kind| Machine::wire(*kind)).collect();
    let has = |stream: &StreamId| {
        let events = demo.engine().history(stream).unwrap();
        events.iter().any(|recorded| names.contains(&recorded.event.kind.as_str()))
    };
    let streams = demo.engine().summaries("placement").into_iter().map(|it| it.stream);
    streams.filter(has).map(|stream| stream.key().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_is_told_once_over_restarts_and_with_ids_alone() {
    let (dir, told) = (tempfile::tempdir().unwrap(), Endpoint::begin().await);
    let mut running = demo(dir.path(), &told).await;
    running.settle(&mut Screen::silent()).await.unwrap();
    running.stop().await.unwrap();
    let first = told.came().len();
    assert!(first > 0, "nothing was told at the start");
    // The same log, another process: it goes on where it stopped.
    let mut running = demo(dir.path(), &told).await;
    for _ in 0..18 {
        let now = running.engine().clock().now();
        script::happen(running.engine(), running.policy(), now);
        running.advance(HALF_A_DAY).await.unwrap();
        running.settle(&mut Screen::silent()).await.unwrap();
    }
    let came = told.came();
    let ids: BTreeSet<&str> = came.iter().map(Came::id).collect();
    assert_eq!(ids.len(), came.len(), "a fact was told twice");
    let names = by_name(&came);
    assert_eq!(names["application.link_ready"], with(&running, &[EventKind::ApplicationOpened]));
    assert_eq!(names["placement.active"], with(&running, &[EventKind::CoverageStarted]));
    let flags = [EventKind::FlagRaised, EventKind::CoverageLost];
    assert_eq!(names["placement.flagged"], with(&running, &flags));
    // Of an application that stays open somebody is reminded, until it runs out; the other lost its policy a day before
    // work began.
    let mut known = with(&running, &[EventKind::Reminded]);
    known.insert("51000796".to_owned());
    assert!(names["coverage.gap_ahead"].is_subset(&known), "{names:?}");
    let reminded = gaps(&came, "51000794");
    assert!(reminded.len() >= 2, "{reminded:?}");
    assert!(reminded[..reminded.len() - 1].iter().all(|it| it.0 == "ApplicationPending"));
    let first_day = &reminded[0].1;
    assert_eq!(reminded[reminded.len() - 1], ("Flagged".to_owned(), first_day.clone()));
    assert_eq!(gaps(&came, "51000796"), [("Flagged".to_owned(), "2026-03-31".to_owned())]);
    assert!(running.engine().summaries("notice").is_empty(), "something is still to be told");
    for message in &came {
        look(message);
        let secs = message.header("webhook-timestamp").parse().unwrap();
        assert!(message.is_signed(SECRET, Timestamp::from_secs(secs)), "{message:?}");
    }
    running.stop().await.unwrap();
}

/// The gaps that one placement was told of: its state then, and the first day without coverage, in the order of time.
fn gaps(came: &[Came], placement: &str) -> Vec<(String, String)> {
    let mut bodies: Vec<serde_json::Value> = came.iter().map(Came::json).collect();
    bodies.retain(|body| {
        body["type"] == "coverage.gap_ahead" && body["data"]["placement"] == placement
    });
    bodies.sort_by_key(|body| body["timestamp"].as_str().map(str::to_owned));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    bodies
        .iter()
        .map(|it| (text(&it["data"]["state"]), text(&it["data"]["uncovered_from"])))
        .collect()
}

/// Work that lasts longer than the insurer will cover it; then coverage that is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_told_of_when_it_is_seen_and_again_when_it_begins_sooner() {
    let (dir, told) = (tempfile::tempdir().unwrap(), Endpoint::begin().await);
    let mut running = demo(dir.path(), &told).await;
    running.settle(&mut Screen::silent()).await.unwrap();
    let stream = StreamId::parse("placement/acme/51000791").unwrap();
    let state = |running: &Demo| running.engine().summary(&stream).unwrap().state;
    for _ in 0..6 {
        if state(&running) == "Active" {
            break;
        }
        running.advance(HALF_A_DAY).await.unwrap();
        running.settle(&mut Screen::silent()).await.unwrap();
    }
    assert_eq!(state(&running), "Active");
    let seen = || {
        let mut gaps = gaps(&told.came(), "51000791");
        gaps.retain(|(state, _)| state != "ApplicationPending");
        gaps
    };
    assert_eq!(seen(), []);

    // It is covered until 2026-09-30. An extension that is under way is no gap.
    let refused = FaultKind::Refused { code: ErrorCode::EndDateInvalid };
    running.policy().fault(Fault::once("POST", "/assignments/extend", refused));
    let (start, end) = (date(2026, 4, 13), Some(date(2026, 12, 18)));
    running.jobdiva().mutate(Mutation::MoveDates { placement: 51_000_791, start, end }).unwrap();
    running.advance(HALF_A_DAY).await.unwrap();
    running.settle(&mut Screen::silent()).await.unwrap();
    assert_eq!(state(&running), "Flagged");
    let unextended = ("Flagged".to_owned(), "2026-10-01".to_owned());
    assert_eq!(seen(), std::slice::from_ref(&unextended));

    let policy = match running.engine().state::<Placement>(&stream).unwrap().unwrap().cover() {
        Cover::InForce(coverage) => coverage.evidence.id().to_owned(),
        Cover::None | Cover::Lost(..) => panic!("nothing covers it"),
    };
    assert!(running.policy().cancel_policy(&policy));
    running.advance(HALF_A_DAY).await.unwrap();
    running.settle(&mut Screen::silent()).await.unwrap();
    let lost = ("Flagged".to_owned(), "2026-04-13".to_owned());
    assert_eq!(seen(), [unextended, lost]);
    running.stop().await.unwrap();
}

/// Exactly these fields, and a link where it is of use.
fn look(message: &Came) {
    let body = message.json();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(&body), ["data", "timestamp", "type"], "{body}");
    let more = match body["type"].as_str().unwrap() {
        "application.link_ready" => Some("link"),
        "coverage.gap_ahead" => Some("uncovered_from"),
        _ => None,
    };
    let mut fields: Vec<&str> = ["placement", "state", "tenant"].into_iter().chain(more).collect();
    fields.sort_unstable();
    assert_eq!(keys(&body["data"]), fields, "{body}");
    assert!(message.id().starts_with("msg_") && !message.id().contains('.'), "{message:?}");
    assert_eq!(message.header("content-type"), "application/json");
}
