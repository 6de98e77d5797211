//! A flood at the webhook door while the disk stands still: refused politely, bounded, and nothing that was answered is
//! lost; nor is what a sweep finds while the disk has no room for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use integration_1099policy::simulator::{Config, Simulator};
use reqwest::{Response, StatusCode};
use runner::ingress::{self, Counters, Door, Limits};
use runner::poll::Poller;
use runner::serve;
use tests::canary::Watch;
use tests::hooks;
use tokio::net::TcpListener;
use tokio::sync::watch;
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, QUEUE_MAX, Source};
use workflow_core::inbox::{self, Inbox, Input};
use workflow_core::store::ailing::{AilingStore, Ailment};
use workflow_core::time::ManualClock;

/// A door of which the log is in the test's hand.
struct Flooded {
    store: Arc<AilingStore>,
    engine: Engine<Insurance>,
    counters: Arc<Counters>,
    address: SocketAddr,
    _stop: watch::Sender<bool>,
    _watch: Watch,
}

impl Flooded {
    async fn begin(limits: Limits) -> Self {
        let clock = ManualClock::at(hooks::START);
        let store = Arc::new(AilingStore::standing_still());
        let engine = hooks::engine(store.clone(), Arc::new(clock.clone()));
        let systems = Arc::new(hooks::systems(Arc::new(clock)));
        let counters = Arc::new(Counters::default());
        let door = Door {
            inboxes: Arc::new(engine.clone()),
            systems,
            counters: Arc::clone(&counters),
            limits,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve::serve(
            listener,
            ingress::router(door),
            serve::PROVIDER_LONGEST,
            stopped,
        ));
        Self { store, engine, counters, address, _stop: stop, _watch: Watch::new() }
    }

    /// Delivers the placement of this number, as JobDiva would.
    async fn deliver(&self, number: usize) -> Response {
        let (body, signature) = hooks::delivery(number);
        let url = format!("http://{}{}", self.address, hooks::PATH);
        let request = reqwest::Client::new().post(url).header(hooks::SIGNATURE, signature);
        request.body(body).send().await.unwrap()
    }

    async fn deliver_all(self: &Arc<Self>, numbers: std::ops::Range<usize>) -> Vec<Response> {
        let asked: Vec<_> = numbers
            .map(|number| {
                let door = Arc::clone(self);
                tokio::spawn(async move { door.deliver(number).await })
            })
            .collect();
        let mut responses = Vec::new();
        for response in asked {
            responses.push(response.await.unwrap());
        }
        responses
    }

    /// Waits until so many inputs are taken and not answered.
    async fn wait_for(&self, waiting: usize) {
        while self.engine.waiting() < waiting {
            tokio::task::yield_now().await;
        }
    }

    fn turned_away(&self) -> u64 {
        self.counters.turned_away.load(Ordering::Relaxed)
    }
}

fn assert_turned_away(response: &Response) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let again = response.headers().get("retry-after").unwrap().to_str().unwrap();
    assert!(again.parse::<u32>().unwrap() > 0, "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_turns_requests_away_and_takes_them_when_they_come_again() {
    let patience = Duration::from_millis(20);
    let flooded = Flooded::begin(Limits { kept_within: patience, ..Limits::default() }).await;
    let flooded = Arc::new(flooded);
    let others: Vec<_> = (0..QUEUE_MAX + 50)
        .map(|number| {
            let (engine, key) = (flooded.engine.clone(), format!("other-{number}"));
            tokio::spawn(async move {
                let stream = inbox::stream(hooks::TENANT, "elsewhere", &key).unwrap();
                let input = Input::Received(hooks::kept(number));
                engine.handle::<Inbox<Insurance>>(&stream, input, Source::new("test", key)).await
            })
        })
        .collect();
    flooded.wait_for(QUEUE_MAX).await;

    for response in flooded.deliver_all(0..40).await {
        assert_turned_away(&response);
    }
    assert_eq!(flooded.turned_away(), 40);
    assert_eq!(flooded.engine.waiting(), QUEUE_MAX, "no more is taken than there is room for");
    assert_eq!(flooded.engine.position().0, 0);

    flooded.store.disk.set(false);
    for other in others {
        assert_eq!(other.await.unwrap().unwrap().events, 1);
    }
    let mut left: Vec<usize> = (0..40).collect();
    // A machine that stands still for longer than the patience only lets it be asked once more.
    while let Some(number) = left.pop() {
        let response = flooded.deliver(number).await;
        match response.status() {
            StatusCode::OK => {}
            _ => {
                assert_turned_away(&response);
                left.push(number);
            }
        }
    }
    assert_eq!(flooded.engine.position().0, (QUEUE_MAX + 50 + 40) as u64, "each is kept, once");
    assert_eq!(flooded.engine.waiting(), 0);
    flooded.engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_the_door_has_room_for_are_turned_away_at_once() {
    let limits =
        Limits { requests: 4, kept_within: Duration::from_secs(3600), ..Limits::default() };
    let flooded = Arc::new(Flooded::begin(limits).await);
    let first = tokio::spawn({
        let flooded = Arc::clone(&flooded);
        async move { flooded.deliver_all(0..4).await }
    });
    flooded.wait_for(4).await;
    for response in flooded.deliver_all(4..20).await {
        assert_turned_away(&response);
    }
    assert_eq!((flooded.engine.waiting(), flooded.turned_away()), (4, 16));
    assert!(!first.is_finished(), "nobody is answered before the disk is done");
    flooded.store.disk.set(false);
    for response in first.await.unwrap() {
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(flooded.engine.position().0, 4);
    flooded.engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_engine_keeps_nothing_and_says_when_to_come_again() {
    let flooded = Flooded::begin(Limits::default()).await;
    flooded.store.inner.fail_next_append();
    flooded.store.disk.set(false);
    for number in 0..3 {
        assert_turned_away(&flooded.deliver(number).await);
    }
    assert_eq!((flooded.turned_away(), flooded.engine.position().0), (3, 0));
    flooded.engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sweep_finds_while_the_disk_is_short_of_room_is_swept_again() {
    let simulated = Config::default();
    let clock = simulated.clock.clone();
    let insurer = Simulator::start(simulated).await.unwrap();
    let store = Arc::new(AilingStore::default());
    let engine = hooks::engine(store.clone(), Arc::new(clock.clone()));
    let key = insurer.api_key();
    let systems = hooks::systems_with(insurer.base_url(), key, Arc::new(clock.clone()));
    let poller = Poller {
        engine: engine.clone(),
        connected: Arc::clone(systems.of(hooks::TENANT).unwrap()),
        documents: None,
        pulse: Arc::default(),
        look: Duration::from_millis(20),
    };
    let kept = || engine.summaries("delivery").len();
    // The first look, before which nothing is ours.
    poller.look_at_open().await.unwrap();
    // The second is newer than a sweep looks behind the newest that it knows.
    insurer.approve_category("jc_first", "Rigging");
    clock.advance(Duration::from_secs(2 * 3600));
    insurer.approve_category("jc_second", "Diving");
    store.ails(Some(Ailment::Short));
    poller.look_at_open().await.unwrap();
    assert_eq!(kept(), 0);
    store.ails(None);
    poller.look_at_open().await.unwrap();
    assert_eq!(kept(), 2, "what was not kept is not behind the mark");
    engine.stop();
}
