//! Whether the process lives and is ready: a loop that is stuck, a log that fails, a process that stops.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use runner::metrics::timed::TimedStore;
use runner::metrics::{Signals, router};
use runner::pulse::Pulse;
use runner::systems::Systems;
use runner::{serve, supervise};
use tokio::net::TcpListener;
use tokio::sync::watch;
use workflow_core::dispatch::Dispatcher;
use workflow_core::engine::Source;
use workflow_core::id::StreamId;
use workflow_core::seal::Vault;
use workflow_core::store::ailing::{AilingStore, Ailment};
use workflow_core::time::{Clock as _, ManualClock, Timestamp};

use super::delivery::listening;
use crate::canary::{Watch, canary};

pub struct Asked {
    pub signals: Arc<Signals>,
    pub clock: ManualClock,
    store: Arc<AilingStore>,
    stop: watch::Sender<bool>,
    url: String,
    _serving: watch::Sender<bool>,
    _watch: Watch,
}

/// The routes over a log that can ail.
pub async fn asked() -> Asked {
    let clock = ManualClock::at(Timestamp::from_secs(1_774_267_200));
    let tenant = listening::tenant();
    let store = Arc::new(AilingStore::default());
    let timed = TimedStore::new(Arc::clone(&store) as _);
    let appends = timed.appends();
    let tenants = [tenant];
    let systems = Systems::connect(&tenants, &(Arc::new(clock.clone()) as _)).unwrap();
    let systems = Arc::new(systems);
    let vault = Some(Vault::in_memory());
    let engine =
        supervise::open(Arc::new(timed), vault, Arc::new(clock.clone()), &tenants).unwrap();
    let (stop, stopped) = watch::channel(false);
    let signals = Arc::new(Signals {
        dispatcher: Dispatcher::new(engine.clone(), Arc::clone(&systems)),
        engine,
        systems,
        pulse: Arc::<Pulse>::default(),
        counters: Arc::default(),
        appends,
        data_dir: std::path::PathBuf::from("there-is-no-such-folder"),
        stopped,
        zones: BTreeMap::new(),
        started: clock.now(),
        read: Mutex::default(),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (serving, until) = watch::channel(false);
    let router = router(Arc::clone(&signals));
    tokio::spawn(serve::serve(listener, router, serve::PROVIDER_LONGEST, until));
    Asked { signals, clock, store, stop, url, _serving: serving, _watch: crate::watched() }
}

impl Asked {
    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(canary(&said), None, "{path} tells too much");
        (status, said)
    }
}

fn good() -> (u16, String) {
    (200, "ok\n".to_owned())
}

#[tokio::test]
async fn a_loop_that_does_not_come_round_is_named_until_it_does() {
    let asked = asked().await;
    let (pulse, minute) = (&asked.signals.pulse, Duration::from_secs(60));
    let long_ago = Instant::now().checked_sub(2 * minute).unwrap();
    pulse.tick("timers", minute);
    pulse.tick_at("poll/acme", 3 * minute, long_ago);
    assert_eq!(asked.get("/livez").await, good());
    pulse.tick_at("poll/acme", minute, long_ago);
    let (status, said) = asked.get("/livez").await;
    assert_eq!(status, 503);
    assert!(said.contains("the loop poll/acme") && !said.contains("timers"), "{said}");
    assert_eq!(asked.get("/readyz").await, (503, said));
    pulse.tick("poll/acme", minute);
    assert_eq!(asked.get("/livez").await, good());
    let text = asked.get("/metrics").await.1;
    assert!(text.contains("workflow_loop_last_tick_seconds{loop=\"poll/acme\"} 0"), "{text}");
}

#[tokio::test]
async fn a_full_disk_is_alive_and_not_ready_and_a_log_that_failed_is_neither_written_nor_ready() {
    let asked = asked().await;
    assert_eq!((asked.get("/livez").await, asked.get("/readyz").await), (good(), good()));
    asked.store.ails(Some(Ailment::Short));
    assert_eq!(asked.get("/livez").await, good());
    assert_eq!(asked.get("/readyz").await, (503, "the log: the disk is full\n".to_owned()));
    assert!(asked.get("/metrics").await.1.contains("workflow_log_has_room 0"));
    asked.store.ails(None);
    assert_eq!(asked.get("/readyz").await, good());
    asked.store.ails(Some(Ailment::Full));
    let stream = StreamId::parse("gate/acme/tenant").unwrap();
    let input =
        workflow_core::domain::gate::Input::Pause { by: "kim".into(), reason: "a test".into() };
    let engine = &asked.signals.engine;
    let failed = engine
        .handle::<workflow_core::domain::gate::Gate>(&stream, input, Source::new("test", ""))
        .await;
    assert!(failed.is_err(), "it was kept");
    let (status, said) = asked.get("/readyz").await;
    assert!(status == 503 && said.contains("the engine has stopped"), "{said}");
    assert!(!said.contains("somewhere"), "it names a file: {said}");
}

#[tokio::test]
async fn a_process_that_stops_is_alive_and_not_ready() {
    let asked = asked().await;
    asked.stop.send_replace(true);
    assert_eq!(asked.get("/livez").await, good());
    assert_eq!(asked.get("/readyz").await, (503, "stopping\n".to_owned()));
}
