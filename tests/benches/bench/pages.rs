//! The pages over many live placements: how long the server takes for each, from the first byte sent to the last received.
//!
//! Asked over loopback by one client, of a process of its own that does nothing else, as an admin: with every button. What
//! the log holds is `firm.rs`'s: tens of thousands need a person, thousands were put aside. Work that the pages have done
//! beside them is waited for first, and timed apart.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::HeaderMap;
use runner::admin::Door;
use runner::documents::Documents;
use runner::metrics::Signals;
use runner::metrics::timed::TimedStore;
use runner::pulse::Pulse;
use runner::serve;
use runner::signing::Signer;
use runner::web::access::{Access, Role};
use runner::web::{self, Site};
use tests::hooks;
use tests::world::{self, BEGINNING};
use tokio::net::TcpListener;
use tokio::sync::watch;
use workflow_core::dispatch::Dispatcher;
use workflow_core::store::sled::SledStore;
use workflow_core::time::ManualClock;

use super::log::{child, resident_mb};
use super::report::{Row, say, show};
use super::{Plan, firm, fresh};

/// Each page is asked for so often.
const TIMES: usize = 100;

const PAGES: [(&str, &str); 23] = [
    ("review", "/review"),
    ("review, one cause", "/review?cause=held%3A+no+pay+record"),
    ("review by age, one client", "/review?sort=age&q=initech"),
    ("board", "/board"),
    ("board, one state", "/board?state=Discovered"),
    ("board, by id", "/board?q={middle}"),
    ("board, by client", "/board?company=initech&q=waiting"),
    ("placement", "/placements/acme/{middle}"),
    ("placement, held", "/placements/acme/pl_000000"),
    ("placement, at its first event", "/placements/acme/{middle}?at=1"),
    ("contractor", "/papers/contractor/acme/cand_000007"),
    ("coverage, those with gaps", "/coverage?from=2026-01-01&to=2026-06-30"),
    (
        "coverage, all",
        "/coverage?from=2026-01-01&to=2026-06-30&show=all&after=placement/acme/{middle}",
    ),
    ("coverage, on paper", "/coverage/print?from=2026-01-01&to=2026-06-30"),
    ("inbox", "/inbox"),
    ("inbox, put aside, by words", "/inbox?state=Parked&q=kind.3"),
    ("one delivery", "/inbox/one?tenant=acme&id=jobdiva:000007"),
    ("connections", "/connections"),
    ("log, the end", "/log"),
    ("log, the middle", "/log?at=100000"),
    ("log, verified", "/log/verify?from=&to="),
    ("requests and answers", "/sent?of=placement/acme/{middle}"),
    ("the door", "/enter"),
];

pub fn run(plan: &Plan) -> Vec<Row> {
    let (dir, count) = (fresh(plan, "pages"), plan.events / 10);
    firm::fill(&dir, count);
    let numbers = child("--ask-pages", &dir);
    let figure = |what: String, ours: f64, unit, aim| Row::figure(what, ours, unit, aim);
    let mut rows = vec![
        figure(format!("pages, {count} live: known after"), numbers[0], "s", ""),
        figure("memory for that".to_owned(), numbers[1], "MB", ""),
        figure("the longest page meanwhile".to_owned(), numbers[2], "ms", "< 100"),
    ];
    for ((name, _), both) in PAGES.iter().zip(numbers[3..].chunks(2)) {
        rows.push(figure(format!("{name}: p50"), both[0], "ms", "< 100"));
        rows.push(figure(format!("{name}: p99"), both[1], "ms", "< 100"));
    }
    rows.iter().for_each(show);
    rows
}

/// Serves the pages of what was filled and asks for each of them.
pub fn ask(dir: &Path) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let numbers = runtime.block_on(asked(dir));
    say(&numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
}

async fn asked(dir: &Path) -> Vec<f64> {
    let clock = Arc::new(ManualClock::at(BEGINNING));
    let vault = firm::vault();
    let store = TimedStore::new(Arc::new(SledStore::open(dir).expect("the store opens")));
    let appends = store.appends();
    let engine =
        world::engine(Arc::new(store), Arc::clone(&vault), (*clock).clone(), world::rules());
    let systems = Arc::new(hooks::systems(clock));
    let (stop, stopped) = watch::channel(false);
    let access = Access::new([7; 32], vec![(Role::Admin, "look".to_owned())], None);
    let (_, cookie) =
        access.enter("look", "Kim", &HeaderMap::new(), BEGINNING).expect("the token fits");
    let dispatcher = Dispatcher::new(engine.clone(), Arc::clone(&systems));
    let pulse = Arc::<Pulse>::default();
    let signals = Arc::new(Signals {
        engine: engine.clone(),
        systems: Arc::clone(&systems),
        dispatcher: dispatcher.clone(),
        pulse: Arc::clone(&pulse),
        counters: Arc::default(),
        appends,
        data_dir: dir.to_owned(),
        stopped: stopped.clone(),
        zones: BTreeMap::new(),
        started: BEGINNING,
        read: Mutex::default(),
    });
    let door = Door {
        engine: engine.clone(),
        token: String::new(),
        dispatcher,
        systems,
        pulse,
        signals,
        tenants: vec![hooks::TENANT.to_owned()],
        documents: Arc::new(Documents::new(dir, vault)),
        signer: Signer {
            data_dir: dir.to_owned(),
            key: None,
            every: Duration::from_secs(60),
            writing: Arc::default(),
        },
        counters: Arc::default(),
        stopped: stopped.clone(),
        zones: BTreeMap::new(),
    };
    let router = web::router(Site::new(Arc::new(door), access));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let serving = tokio::spawn(serve::serve(listener, router, serve::OPERATOR_LONGEST, stopped));
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let all = engine.counts("placement").values().sum::<usize>();
    let aside = engine.counts("delivery").get("Parked").copied();
    assert_eq!(aside, Some(firm::PUT_ASIDE), "the inbox is filled");
    let middle = firm::middle(all as u64);
    let (client, base) = (Client::new(), format!("http://{address}"));
    let visitor = Visitor { client, base, cookie, middle };
    let numbers = visitor.measures().await;
    drop(visitor);
    stop.send_replace(true);
    drop(serving.await);
    engine.stop();
    numbers
}

struct Visitor {
    client: Client,
    base: String,
    cookie: String,
    /// The placement that pages about one are asked for.
    middle: String,
}

impl Visitor {
    async fn get(&self, path: &str) -> (f64, String) {
        let path = path.replace("{middle}", &self.middle);
        let begun = Instant::now();
        let get = self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = get.send().await.expect("the pages answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let page = answer.text().await.expect("a page is text");
        (begun.elapsed().as_secs_f64() * 1e3, page)
    }

    async fn measures(&self) -> Vec<f64> {
        let (begun, before) = (Instant::now(), resident_mb());
        let mut longest: f64 = 0.0;
        for (_, path) in PAGES {
            loop {
                let (took, page) = self.get(path).await;
                longest = longest.max(took);
                if !page.contains("data-busy") {
                    break;
                }
            }
        }
        let mut numbers = vec![begun.elapsed().as_secs_f64(), resident_mb() - before, longest];
        for (_, path) in PAGES {
            let mut times = Vec::with_capacity(TIMES);
            for _ in 0..TIMES {
                times.push(self.get(path).await.0);
            }
            times.sort_by(f64::total_cmp);
            numbers.extend([times[TIMES / 2], times[TIMES * 99 / 100]]);
        }
        numbers
    }
}
