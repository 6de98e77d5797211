//! An endpoint of the tenant's own, which really listens: told, paused from the page, let go on from the page.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use integration_1099policy::secret::Secret;
use runner::notify::Endpoint;
use tokio::net::TcpListener;
use workflow_core::domain::notice::Topic;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One that is down until it is up.
#[derive(Default)]
struct Office {
    up: AtomicBool,
    refused: AtomicUsize,
    /// What it took: each notice's id and body.
    told: Mutex<Vec<(String, String)>>,
}

async fn listen() -> (String, Arc<Office>) {
    let office = Arc::new(Office::default());
    let take = async |State(office): State<Arc<Office>>, headers: HeaderMap, body: String| {
        assert!(headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
        if !office.up.load(Ordering::SeqCst) {
            office.refused.fetch_add(1, Ordering::SeqCst);
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        office.told.lock().unwrap().push((id, body));
        StatusCode::NO_CONTENT
    };
    let app = Router::new().route("/told", post(take)).with_state(Arc::clone(&office));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/told", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, office)
}

impl Office {
    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    fn told(&self) -> Vec<(String, String)> {
        self.told.lock().unwrap().clone()
    }
}

/// The demo at its end, which tells an endpoint.
async fn telling(url: String) -> Site {
    let configure = |config: &mut Config| {
        tokens(config);
        config.tenants[0].notify = vec![Endpoint {
            name: "office".to_owned(),
            url,
            secrets: vec![Secret::new(SECRET)],
            topics: Topic::ALL.to_vec(),
        }];
    };
    served(Until::Ended.resume(configure).await)
}

/// The world goes on a second at a time until this is so.
async fn until(site: &mut Site, so: impl Fn() -> bool) {
    let mut seconds = 0;
    while !so() {
        site.demo.settle(&mut Screen::silent()).await.unwrap();
        site.demo.advance(Duration::from_secs(1)).await.unwrap();
        seconds += 1;
        assert!(seconds < 600, "it never comes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_paused_on_the_page_is_told_nothing_until_it_goes_on() {
    let (url, office) = listen().await;
    let mut site = telling(url).await;
    site.demo.relent();
    {
        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/review").await;
        let settle = [
            ("mark", field(&page, "mark")),
            ("deed", "return"),
            ("reason", "called them"),
            ("about", "acme/51000794"),
        ];
        assert_eq!(lee.act(&settle, "same-origin").await.status(), StatusCode::SEE_OTHER);
    }
    // It is down: what it is to be told waits.
    until(&mut site, || office.refused() > 0).await;
    {
        let (kim, lee) = (site.visitor(LOOK, "Kim").await, site.visitor(SETTLE, "Lee").await);
        let (kims, page) = (kim.get("/connections").await, lee.get("/connections").await);
        let row = page.split("data-test=\"endpoints\"").nth(1).expect("it is listed");
        assert!(row.contains(">office<") && row.contains("Send nothing"), "{row}");
        assert!(kims.contains(">office<") && !kims.contains("name=\"endpoint\""), "{kims}");
        let pause = turn(field(&kims, "mark"), "pause");
        let no = kim.post("/connections/act", &pause, "same-origin").await;
        assert_eq!(no.status(), StatusCode::FORBIDDEN, "a viewer pauses nothing");
        let pause = turn(field(&page, "mark"), "pause");
        let done = lee.post("/connections/act", &pause, "same-origin").await;
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        let paused = lee.get("/connections").await;
        assert!(paused.contains("paused by Lee: they rebuild it"), "{paused}");
    }
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    office.up.store(true, Ordering::SeqCst);
    let refused = office.refused();
    for _ in 0..12 {
        site.demo.advance(Duration::from_secs(300)).await.unwrap();
        site.demo.settle(&mut Screen::silent()).await.unwrap();
    }
    assert_eq!((office.told(), office.refused()), (Vec::new(), refused), "an hour of nothing");

    {
        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/connections").await;
        let go_on = turn(field(&page, "mark"), "resume");
        let done = lee.post("/connections/act", &go_on, "same-origin").await;
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        assert!(!lee.get("/connections").await.contains("paused by Lee"));
    }
    until(&mut site, || office.told().iter().any(|(_, body)| body.contains("51000794"))).await;
    let told = office.told();
    let ids: BTreeSet<&String> = told.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), told.len(), "each once: {told:?}");
    let gate = StreamId::parse("gate/acme/notify:office").unwrap();
    let orders = site.demo.engine().history(&gate).unwrap();
    let actors: Vec<&str> = orders.iter().map(|order| &*order.event.cause.actor).collect();
    assert_eq!(actors, ["operator:Lee", "operator:Lee"]);
    site.demo.stop().await.unwrap();
}

fn turn<'a>(mark: &'a str, deed: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("mark", mark),
        ("tenant", "acme"),
        ("endpoint", "office"),
        ("deed", deed),
        ("reason", "they rebuild it"),
    ]
}
