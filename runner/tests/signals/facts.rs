//! What is told, over the demo's world: each fact once, and nothing of a person but the link.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use integration_1099policy::secret::Secret;
use integration_jobdiva::simulator::Behaviour;
use runner::config::Config;
use runner::demo::{Demo, Screen, script};
use runner::notify;
use workflow_core::domain::notice::Topic;
use workflow_core::domain::placement::{EventKind, Machine};
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
    let reminded = with(&running, &[EventKind::Reminded]);
    let gaps = &names["coverage.gap_ahead"];
    assert!(!gaps.is_empty() && gaps.is_subset(&reminded), "{gaps:?} of {reminded:?}");
    assert!(running.engine().summaries("notice").is_empty(), "something is still to be told");
    for message in &came {
        look(message);
        let secs = message.header("webhook-timestamp").parse().unwrap();
        assert!(message.is_signed(SECRET, Timestamp::from_secs(secs)), "{message:?}");
    }
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
