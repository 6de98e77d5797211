//! One notice on its way: an endpoint that is down, gone, slow to want it, or that hears it twice.

use std::sync::Arc;
use std::time::Duration;

use integration_1099policy::secret::Secret;
use runner::notify::{self, Herald};
use runner::order::{About, Deed, Desk, Order, Running};
use runner::parked::{self, Act, What};
use runner::pulse::Pulse;
use runner::supervise;
use runner::systems::Systems;
use runner::views;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use workflow_core::dispatch::{Dispatcher, Perform as _};
use workflow_core::domain::Insurance;
use workflow_core::domain::notice::{Input, Machine, Note, Notice, Topic, schedule};
use workflow_core::engine::{Engine, HandleError, Source};
use workflow_core::id::StreamId;
use workflow_core::machine::{Kind as _, Machine as _};
use workflow_core::outcome::Attempt;
use workflow_core::seal::Vault;
use workflow_core::store::memory::MemoryStore;
use workflow_core::time::{Clock as _, ManualClock, Timestamp};

use super::receiver::{Endpoint, PREVIOUS, SECRET};

const START: Timestamp = Timestamp::from_secs(1_774_267_200);
const HOUR: Duration = Duration::from_secs(3600);

/// A process that tells one endpoint.
struct Life {
    engine: Engine<Insurance>,
    systems: Arc<Systems>,
    dispatcher: Dispatcher<Insurance, Systems>,
    clock: ManualClock,
    herald: Herald,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), HandleError>>,
}

/// The log and the clock, which outlive a process.
struct Ground {
    store: Arc<MemoryStore>,
    vault: Arc<Vault>,
    clock: ManualClock,
    url: String,
}

impl Ground {
    fn new(told: &Endpoint) -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            vault: Vault::in_memory(),
            clock: ManualClock::at(START),
            url: told.url(),
        }
    }

    fn live(&self) -> Life {
        let mut tenant = listening::tenant();
        tenant.notify = vec![notify::Endpoint {
            name: "office".to_owned(),
            url: self.url.clone(),
            secrets: [SECRET, PREVIOUS].map(Secret::new).into(),
            topics: Topic::ALL.to_vec(),
        }];
        let clock = self.clock.clone();
        let systems =
            Systems::connect(std::slice::from_ref(&tenant), &(Arc::new(clock.clone()) as _));
        let systems = Arc::new(systems.unwrap());
        let vault = Some(Arc::clone(&self.vault));
        let store = Arc::clone(&self.store) as _;
        let engine = supervise::open(store, vault, Arc::new(clock.clone()), &[tenant]).unwrap();
        systems.gates().load(&engine);
        let dispatcher = Dispatcher::new(engine.clone(), Arc::clone(&systems));
        let herald = Herald::new(engine.clone(), Arc::clone(&systems)).unwrap();
        let (stop, stopped) = watch::channel(false);
        let at_work = dispatcher.clone();
        let running = tokio::spawn(async move { at_work.run(stopped).await });
        Life { engine, systems, dispatcher, clock, herald, stop, running }
    }
}

impl Life {
    async fn owe(&self, number: u64) -> StreamId {
        let stream = StreamId::parse(&format!("notice/acme/office:51000777:{number}")).unwrap();
        let note = Note {
            endpoint: "office".into(),
            id: format!("msg_{number}"),
            topic: Topic::Active,
            placement: "51000777".into(),
            at: self.clock.now(),
            state: "Active".into(),
            link: None,
            uncovered_from: None,
        };
        let source = Source::new("test", "");
        self.engine.handle::<Notice>(&stream, Input::Owe { note }, source).await.unwrap();
        stream
    }

    /// Waits until all that can be done at this moment is done.
    async fn settle(&self) {
        loop {
            self.engine.fire_timers().await.unwrap();
            let activity = self.dispatcher.activity();
            if activity.in_flight == 0 && activity.ready == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass, from one try to the next.
    async fn pass(&self, time: Duration) {
        let end = self.clock.now().plus(time);
        loop {
            self.settle().await;
            let next = self.dispatcher.activity().waiting.iter().map(|it| it.next).min();
            let next = next.into_iter().chain(self.engine.next_timer()).min();
            match next {
                Some(next) if next <= end => self.clock.set(next.max(self.clock.now())),
                Some(_) | None => break,
            }
        }
        self.clock.set(end);
        self.settle().await;
    }

    fn state(&self, stream: &StreamId) -> &'static str {
        // One that came to its end is in no list.
        let state = self.engine.state::<Notice>(stream).unwrap();
        state.map_or("none", |state| Machine::state_kind(&state).name())
    }

    /// Ends without a word.
    async fn die(self) {
        self.running.abort();
        self.running.await.ok();
        self.engine.stop();
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.running.await.unwrap().unwrap();
        self.engine.stop();
    }
}

#[path = "../door/listening.rs"]
#[allow(dead_code, reason = "the door's own tests use the rest")]
pub mod listening;

#[tokio::test]
async fn an_endpoint_that_is_down_for_a_day_is_told_when_it_is_back_under_the_same_id() {
    let told = Endpoint::begin().await;
    told.answers("500 Internal Server Error");
    let ground = Ground::new(&told);
    let life = ground.live();
    let stream = life.owe(1).await;
    life.pass(24 * HOUR).await;
    assert_eq!(life.state(&stream), "Sending");
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h and 10 h; the next is due after 32 to 35 hours.
    assert_eq!(told.came().len(), 7);
    life.end().await;
    // A restart counts on from the moment it was owed.
    let life = ground.live();
    life.settle().await;
    assert_eq!(told.came().len(), 8);
    told.answers("200 OK");
    life.pass(12 * HOUR).await;
    let came = told.came();
    assert_eq!((life.state(&stream), came.len()), ("Delivered", 9));
    assert!(came.iter().all(|it| it.id() == "msg_1" && it.body == came[0].body), "{came:?}");
    for message in &came {
        let sent = Timestamp::from_secs(message.header("webhook-timestamp").parse().unwrap());
        assert!(message.is_signed(SECRET, sent) && message.is_signed(PREVIOUS, sent));
        let stranger = "whsec_c29tZWJvZHktZWxzZXMtc2VjcmV0LTAwMDE=";
        assert!(!message.is_signed(stranger, sent), "anybody's signature is good");
    }
    life.end().await;
}

#[tokio::test]
async fn what_nobody_took_in_three_days_is_a_person_s() {
    let told = Endpoint::begin().await;
    told.answers("500 Internal Server Error");
    let life = Ground::new(&told).live();
    let (stream, other) = (life.owe(1).await, life.owe(2).await);
    life.pass(schedule::GIVEN_UP_AFTER - Duration::from_secs(1)).await;
    assert_eq!((life.state(&stream), told.came().len()), ("Sending", 20));
    life.pass(Duration::from_secs(2)).await;
    assert_eq!((life.state(&stream), life.state(&other)), ("Parked", "Parked"));
    let list = views::list(&life.engine, &[], &[]);
    let ids: Vec<&str> = list.parked.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["notify:office:51000777:1", "notify:office:51000777:2"]);
    assert!(list.parked[0].why.contains("office did not take placement.active"), "{list:?}");
    assert_eq!(parked::list(&life.engine).deliveries, list.parked);
    told.answers("202 Accepted");
    let act = |what| Act { what, reason: "it is back".into(), who: "kim".into() };
    let meant = parked::stream("acme", ids[0]).unwrap();
    assert_eq!(meant, stream);
    parked::act(&life.engine, &meant, act(What::Retry)).await.unwrap();
    parked::act(&life.engine, &other, act(What::Drop)).await.unwrap();
    life.settle().await;
    assert_eq!((life.state(&stream), life.state(&other)), ("Delivered", "Dropped"));
    assert_eq!(told.came().last().unwrap().id(), "msg_1");
    let shown = parked::show(&life.engine, &other).unwrap().unwrap();
    assert!(shown.why.contains("it is back") && shown.id == ids[1], "{shown:?}");
    assert!(views::list(&life.engine, &[], &[]).parked.is_empty());
    life.end().await;
}

#[tokio::test]
async fn an_endpoint_that_wants_no_more_is_off_until_a_person_turns_it_on() {
    let told = Endpoint::begin().await;
    told.answers("410 Gone");
    let ground = Ground::new(&told);
    let life = ground.live();
    let first = life.owe(1).await;
    life.settle().await;
    assert_eq!(life.state(&first), "Unwanted");
    life.herald.catch_up().await.unwrap();
    let second = life.owe(2).await;
    life.pass(HOUR).await;
    assert_eq!((life.state(&second), told.came().len()), ("Sending", 1));
    life.end().await;
    // It is in the log: another process keeps to it, and shows it.
    let life = ground.live();
    life.herald.catch_up().await.unwrap();
    life.pass(HOUR).await;
    assert_eq!(told.came().len(), 1);
    let halted = views::list(&life.engine, &[], &["acme".to_owned()]).halted;
    assert_eq!(halted[0].system.as_deref(), Some("notify/office"), "{halted:?}");
    assert!(halted[0].why.contains("410"), "{halted:?}");
    told.answers("200 OK");
    let (pulse, tenants) = (Pulse::default(), ["acme".to_owned()]);
    let (dispatcher, systems) = (&life.dispatcher, &*life.systems);
    let running = Some(Running { dispatcher, systems, pulse: &pulse });
    let desk = Desk { engine: &life.engine, tenants: &tenants, running };
    let order = Order {
        deed: Deed::Resume,
        about: About::One("notify/office".into()),
        reason: "they moved it back".into(),
        by: "kim".into(),
    };
    desk.take(order).await.unwrap();
    life.pass(HOUR).await;
    assert_eq!((life.state(&second), told.came().len()), ("Delivered", 2));
    // What it said before the person decided switches nothing off again.
    life.herald.catch_up().await.unwrap();
    life.end().await;
    let life = ground.live();
    life.herald.catch_up().await.unwrap();
    assert!(views::list(&life.engine, &[], &tenants).halted.is_empty());
    life.end().await;
}

#[tokio::test]
async fn what_was_sent_and_not_recorded_goes_again_under_the_same_id() {
    let told = Endpoint::begin().await;
    told.answers("500 Internal Server Error");
    let ground = Ground::new(&told);
    let life = ground.live();
    let stream = life.owe(1).await;
    life.settle().await;
    // It is taken, and the process ends before it says so.
    told.answers("200 OK");
    let call = life.engine.owed_calls().remove(0);
    let attempt = Attempt {
        stream: call.stream.clone(),
        key: call.key.clone(),
        generation: 1,
        earlier: 1,
        owed_since: call.since,
        now: life.clock.now(),
        look_first: false,
    };
    life.systems.perform(call.call.clone(), attempt).await;
    life.die().await;
    let life = ground.live();
    life.pass(HOUR).await;
    assert_eq!(life.state(&stream), "Delivered");
    let came = told.came();
    let ids: Vec<&str> = came.iter().map(|it| it.id()).collect();
    assert_eq!(ids, ["msg_1", "msg_1", "msg_1"]);
    assert!(came.iter().all(|it| it.body == came[0].body));
    life.end().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_wish_to_be_left_alone_is_kept() {
    let (told, elsewhere) = (Endpoint::begin().await, Endpoint::begin().await);
    told.answers(&format!("307 Temporary Redirect\r\nLocation: {}", elsewhere.url()));
    let life = Ground::new(&told).live();
    let stream = life.owe(1).await;
    life.settle().await;
    let waiting = life.dispatcher.activity().waiting;
    assert!(waiting[0].reason.contains("redirects are not followed"), "{waiting:?}");
    assert!(elsewhere.came().is_empty());
    told.answers("429 Too Many Requests\r\nRetry-After: 1800");
    life.pass(Duration::from_secs(10)).await;
    assert_eq!(told.came().len(), 2);
    told.answers("200 OK");
    life.pass(Duration::from_secs(1700)).await;
    assert_eq!((life.state(&stream), told.came().len()), ("Sending", 2));
    life.pass(Duration::from_secs(200)).await;
    assert_eq!((life.state(&stream), told.came().len()), ("Delivered", 3));
    life.end().await;
}

#[tokio::test]
async fn an_attempt_keeps_neither_the_address_nor_the_link() {
    let told = Endpoint::begin().await;
    let life = Ground::new(&told).live();
    life.owe(1).await;
    life.settle().await;
    let mut text = String::new();
    let mut all = |_, bytes: &[u8]| {
        text.push_str(&String::from_utf8_lossy(bytes));
        std::ops::ControlFlow::Continue(())
    };
    life.engine.store().scan_records(workflow_core::id::Position(0), &mut all).unwrap();
    assert!(text.contains("/notify/acme/office"), "no exchange was kept");
    assert!(!text.contains("/hooks") && !text.contains("v1,"), "it keeps too much");
    life.end().await;
}
