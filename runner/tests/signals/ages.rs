//! What is measured as time, by a clock in the test's hand: how long work has waited, deliveries, people, silence; and the
//! breaker. Each is seen at one value and then at another, so that none of them can be a constant.

use std::collections::BTreeMap;
use std::time::Duration;

use runner::gates::named;
use runner::order::{About, Deed, Desk, Order};
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::domain::facts::{Engaged, Facts, Place, Role, Stage};
use workflow_core::domain::notice::{Input as NoticeInput, Note, Notice, Topic, schedule};
use workflow_core::domain::placement::{Input, Placement};
use workflow_core::engine::Source;
use workflow_core::id::StreamId;
use workflow_core::inbox::{Delivery, Inbox, Input as Arrival};
use workflow_core::time::Clock as _;

use super::health::{Asked, asked};

const MINUTE: Duration = Duration::from_secs(60);

impl Asked {
    /// The value of a series now.
    async fn value(&self, series: &str) -> f64 {
        let text = self.get("/metrics").await.1;
        let line = text.lines().find(|line| line.starts_with(&format!("{series} ")));
        let line = line.unwrap_or_else(|| panic!("{series} is not in\n{text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// A person has their way with the placement.
    async fn order(&self, deed: Deed) {
        let tenants = ["acme".to_owned()];
        let desk = Desk { engine: &self.signals.engine, tenants: &tenants, running: None };
        let about = About::One("51000777".into());
        let order = Order { deed, about, reason: "a test".into(), by: "kim".into() };
        desk.take(order).await.unwrap();
    }
}

/// A placement of which next to nothing is known.
fn facts() -> Facts {
    Facts {
        placement: "51000777".into(),
        candidate: "70011000042".into(),
        requisition: "1".into(),
        stage: Stage::Working,
        engaged: Engaged::default(),
        start: None,
        end: None,
        pay: None,
        worksite: Place::default(),
        requisition_place: Place::default(),
        home: Place::default(),
        role: Role::default(),
        company: None,
        unmapped_status: None,
        unreadable: Vec::new(),
    }
}

#[tokio::test]
async fn the_service_level_is_the_age_of_what_has_waited_longest_for_our_own_work() {
    let asked = asked().await;
    let series = "workflow_oldest_unsynced_seconds{tenant=\"acme\"}";
    let stream = StreamId::parse("placement/acme/51000777").unwrap();
    let input = Input::Observed(Box::new(facts()));
    let engine = &asked.signals.engine;
    engine.handle::<Placement>(&stream, input, Source::new("test", "")).await.unwrap();
    // It waits for JobDiva's people, and not for us.
    asked.clock.advance(10 * MINUTE);
    assert_eq!(asked.value(series).await, 0.0);
    // Taken in again, it is to be read: that is our work, and nobody does it here.
    asked.order(Deed::Exclude).await;
    asked.order(Deed::Include).await;
    assert!(!engine.owed_keys().is_empty(), "nothing is owed");
    assert_eq!(asked.value(series).await, 0.0);
    asked.clock.advance(90 * MINUTE);
    assert_eq!(asked.value(series).await, 5400.0);
    asked.clock.advance(MINUTE);
    assert_eq!(asked.value(series).await, 5460.0);
    asked.order(Deed::Exclude).await;
    assert_eq!(asked.value(series).await, 0.0);
}

#[tokio::test]
async fn the_inbox_says_how_many_wait_and_since_when_the_oldest_does() {
    let asked = asked().await;
    let (count, oldest) = (
        "workflow_inbox_waiting{tenant=\"acme\"}",
        "workflow_inbox_oldest_seconds{tenant=\"acme\"}",
    );
    assert_eq!((asked.value(count).await, asked.value(oldest).await), (0.0, 0.0));
    for number in 1..=2 {
        let stream = StreamId::parse(&format!("delivery/acme/jobdiva:{number}")).unwrap();
        let delivery = Delivery {
            source: "jobdiva".into(),
            kind: "placement".into(),
            subjects: BTreeMap::new(),
            size: 2,
            sha256: String::new(),
        };
        let source = Source::new("webhook:jobdiva", "");
        let engine = &asked.signals.engine;
        let input = Arrival::Received(delivery);
        engine.handle::<Inbox<Insurance>>(&stream, input, source).await.unwrap();
        asked.clock.advance(7 * MINUTE);
    }
    assert_eq!((asked.value(count).await, asked.value(oldest).await), (2.0, 840.0));
    let first = StreamId::parse("delivery/acme/jobdiva:1").unwrap();
    let settled = Arrival::Settled { outcome: "read".into() };
    let engine = &asked.signals.engine;
    engine.handle::<Inbox<Insurance>>(&first, settled, Source::new("test", "")).await.unwrap();
    assert_eq!((asked.value(count).await, asked.value(oldest).await), (1.0, 420.0));
}

#[tokio::test]
async fn what_waits_for_a_person_has_an_age_too() {
    let asked = asked().await;
    let oldest = "workflow_needs_person_oldest_seconds{tenant=\"acme\"}";
    let notices = "workflow_needs_person{tenant=\"acme\",workflow=\"notice\"}";
    let stream = StreamId::parse("notice/acme/office:51000777:1").unwrap();
    let note = Note {
        endpoint: "office".into(),
        id: "msg_1".into(),
        topic: Topic::Active,
        placement: "51000777".into(),
        at: asked.clock.now(),
        state: "Active".into(),
        link: None,
        uncovered_from: None,
    };
    let engine = &asked.signals.engine;
    let input = NoticeInput::Owe { note };
    engine.handle::<Notice>(&stream, input, Source::new("test", "")).await.unwrap();
    assert_eq!((asked.value(notices).await, asked.value(oldest).await), (0.0, 0.0));
    asked.clock.advance(schedule::GIVEN_UP_AFTER);
    engine.fire_timers().await.unwrap();
    asked.clock.advance(3 * MINUTE);
    assert_eq!((asked.value(notices).await, asked.value(oldest).await), (1.0, 180.0));
    let parked = "workflow_parked{tenant=\"acme\",kind=\"notice\"}";
    assert_eq!(asked.value(parked).await, 1.0);
}

#[tokio::test]
async fn silence_is_counted_from_the_start_and_then_from_the_last_good_look() {
    let asked = asked().await;
    let silence = |side| {
        format!("workflow_poll_silence_seconds{{tenant=\"acme\",system=\"{}\"}}", named(side))
    };
    let (ats, insurer) = (silence(Side::Ats), silence(Side::Insurer));
    asked.clock.advance(20 * MINUTE);
    assert_eq!((asked.value(&ats).await, asked.value(&insurer).await), (1200.0, 1200.0));
    let connected = asked.signals.systems.all().next().unwrap();
    connected.looked.note(Side::Ats, asked.clock.now());
    asked.clock.advance(5 * MINUTE);
    assert_eq!((asked.value(&ats).await, asked.value(&insurer).await), (300.0, 1500.0));
}

#[tokio::test]
async fn a_breaker_that_opens_is_seen_at_its_own_system() {
    let asked = asked().await;
    let breaker = |system: &str, state: &str| {
        format!("workflow_breaker_state{{tenant=\"acme\",system=\"{system}\",state=\"{state}\"}}")
    };
    let (closed, open) = (breaker("jobdiva", "closed"), breaker("jobdiva", "open"));
    assert_eq!((asked.value(&closed).await, asked.value(&open).await), (1.0, 0.0));
    // Nobody is at its address: after five requests nothing is sent for a while.
    let connected = asked.signals.systems.all().next().unwrap();
    for _ in 0..5 {
        assert!(connected.jobdiva.poll(None, asked.clock.now()).await.is_err());
    }
    assert_eq!((asked.value(&closed).await, asked.value(&open).await), (0.0, 1.0));
    assert_eq!(asked.value(&breaker("1099policy", "closed")).await, 1.0);
}
