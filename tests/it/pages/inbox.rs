//! The inbox: what was put aside and why, and what a person does with it.

use std::collections::BTreeMap;

use workflow_core::domain::Insurance;
use workflow_core::domain::call::Answer;
use workflow_core::domain::notice::{self, Note, Notice, Topic};
use workflow_core::engine::Source;
use workflow_core::inbox::{Delivery, Inbox, Input};
use workflow_core::workflow::Standing;

use super::*;

/// Two deliveries that nobody understands.
async fn odd() -> (Site, [StreamId; 2]) {
    let mut site = begun().await;
    let streams = [came(&site, "odd:1").await, came(&site, "odd:2").await];
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    (site, streams)
}

/// One that nobody will understand.
async fn came(site: &Site, key: &str) -> StreamId {
    let stream = StreamId::new("delivery", "acme", key).unwrap();
    let delivery = Delivery {
        source: "odd".into(),
        kind: "thing.happened".into(),
        subjects: BTreeMap::from([("thing".to_owned(), "th_7".to_owned())]),
        size: 77,
        sha256: "ab".repeat(32),
    };
    let (input, source) = (Input::Received(delivery), Source::new("webhook:odd", key));
    site.demo.engine().handle::<Inbox<Insurance>>(&stream, input, source).await.unwrap();
    stream
}

/// A notice that no endpoint took in time.
async fn untold(site: &Site) -> StreamId {
    let stream = StreamId::new("notice", "acme", "office:51000777:3").unwrap();
    let engine = site.demo.engine();
    let note = Note {
        endpoint: "office".into(),
        id: "msg_3".into(),
        topic: Topic::Active,
        placement: "51000777".into(),
        at: engine.clock().now(),
        state: "Active".into(),
        link: None,
        uncovered_from: None,
    };
    let (standing, answer) = (Standing::Current, Answer::PlacementUnknown);
    let odd = notice::Input::Answered { standing, answer };
    for input in [notice::Input::Owe { note }, odd] {
        engine.handle::<Notice>(&stream, input, Source::new("test", "")).await.unwrap();
    }
    assert_eq!(engine.summary(&stream).unwrap().state, "Parked");
    stream
}

fn told(site: &Site, stream: &StreamId) -> (String, Vec<String>) {
    let events = site.demo.engine().history(stream).unwrap();
    let history = views::history(stream, &events, None).unwrap();
    let actors = history.events.iter().map(|event| event.actor.clone()).collect();
    (history.state, actors)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_understood_is_worked_off_again_or_given_up_by_an_operator() {
    let (mut site, [first, second]) = odd().await;
    {
        let kim = site.visitor(LOOK, "Kim").await;
        let page = kim.get("/inbox").await;
        assert!(page.contains("acme/odd:1") && page.contains("no adapter is called odd"), "{page}");
        assert!(!page.contains("name=\"what\""), "a viewer has no buttons");
        let one = kim.get("/inbox/one?tenant=acme&id=odd:1").await;
        assert!(
            one.contains("th_7") && one.contains("77 bytes") && one.contains("not kept"),
            "{one}"
        );
        let unknown = kim.client("/inbox/one?tenant=acme&id=odd:3").await;
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);

        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/inbox?state=Parked").await;
        let mark = field(&page, "mark");
        let order = |mark| {
            [
                ("mark", mark),
                ("what", "retry"),
                ("reason", "it is known now"),
                ("about", "acme/odd:1"),
            ]
        };
        for (visitor, mark, from) in
            [(&lee, "0", "same-origin"), (&lee, mark, "cross-site"), (&kim, mark, "same-origin")]
        {
            let answer = visitor.post("/inbox/act", &order(mark), from).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        }
        let kims = kim.get("/board").await;
        let answer = kim.post("/inbox/act", &order(field(&kims, "mark")), "same-origin").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "a viewer's own form does not help");
        assert_eq!(told(&site, &first).1.len(), 2, "received and parked, no more");
        let answer = lee.post("/inbox/act", &order(mark), "same-origin").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(told(&site, &first).1[2], "operator:Lee");
    }
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    assert_eq!(told(&site, &first).0, "Parked", "nobody understands it still");

    let lee = site.visitor(SETTLE, "Lee").await;
    let page = lee.get("/inbox").await;
    let mark = field(&page, "mark");
    let which = field(&page, "all").to_owned();
    assert!(page.contains("All 2 that were put aside"), "{page}");
    let all = |which| {
        [("mark", mark), ("what", "drop"), ("reason", "of no use"), ("all", which), ("q", "odd:")]
    };
    let wrong = lee.post("/inbox/act", &all("2"), "same-origin").await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT);
    assert_eq!(told(&site, &second).0, "Parked", "nothing was done");
    let done = lee.post("/inbox/act", &all(&which), "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    for stream in [&first, &second] {
        assert_eq!(told(&site, stream).0, "Settled");
    }
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_were_put_aside_means_those_that_were_shown() {
    let (mut site, [first, second]) = odd().await;
    let (mark, which) = {
        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/inbox").await;
        let mark = field(&page, "mark").to_owned();
        let alone =
            [("mark", &*mark), ("what", "drop"), ("reason", "of no use"), ("about", "acme/odd:1")];
        let done = lee.post("/inbox/act", &alone, "same-origin").await;
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
        (mark, field(&page, "all").to_owned())
    };
    let third = came(&site, "odd:3").await;
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    let lee = site.visitor(SETTLE, "Lee").await;
    let all = [("mark", &*mark), ("what", "drop"), ("reason", "of no use"), ("all", &*which)];
    let answer = lee.post("/inbox/act", &all, "same-origin").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "one out, one in");
    let states = [&first, &second, &third].map(|stream| told(&site, stream).0);
    assert_eq!(states, ["Settled", "Parked", "Parked"]);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_more_were_put_aside_than_are_done_at_once_it_is_said_how_many_are_left() {
    let mut site = begun().await;
    for number in 0..503 {
        came(&site, &format!("odd:{number:03}")).await;
    }
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    let lee = site.visitor(SETTLE, "Lee").await;
    let page = lee.get("/inbox").await;
    assert!(page.contains("The first 500 of 503 that were put aside"), "{page}");
    assert!(page.contains("3 are left then"), "{page}");
    let fewer = lee.get("/inbox?q=odd:01").await;
    assert!(fewer.contains("All 10 that were put aside") && !fewer.contains("are left"));
    let which = [
        ("mark", field(&page, "mark")),
        ("what", "drop"),
        ("reason", "of no use"),
        ("all", field(&page, "all")),
    ];
    let done = lee.post("/inbox/act", &which, "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert!(lee.get("/inbox").await.contains("All 3 that were put aside"));
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_no_endpoint_took_is_a_person_s_and_is_sent_again_from_the_inbox() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let aside = "href=\"/inbox?state=Parked\">1 put aside in the inbox";
    assert!(!kim.settled("/review").await.contains("put aside"), "nothing is yet");
    let stream = untold(&site).await;
    let review = kim.get("/review").await;
    assert!(review.contains(aside) && !review.contains("Nothing needs a person"), "{review}");
    let other = kim.get("/review?tenant=other").await;
    assert!(!other.contains("put aside"), "of another tenant: {other}");
    let name = "acme/notify:office:51000777:3";
    for path in ["/inbox", "/inbox?state=Parked&q=notify:office"] {
        let page = kim.get(path).await;
        assert!(page.contains(name) && page.contains("office did not take"), "{page}");
        assert!(page.contains("<strong>1</strong> put aside"), "{page}");
    }
    let one = "/inbox/one?tenant=acme&id=notify:office:51000777:3";
    assert!(kim.get(one).await.contains("office did not take"));

    let lee = site.visitor(SETTLE, "Lee").await;
    let page = lee.get(one).await;
    let order = [
        ("mark", field(&page, "mark")),
        ("what", "retry"),
        ("reason", "it is back"),
        ("about", name),
    ];
    let done = lee.post("/inbox/act", &order, "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(site.demo.engine().summary(&stream).unwrap().state, "Sending");
    assert_eq!(told(&site, &stream).1[2], "operator:Lee");
    assert!(!kim.get("/review").await.contains("put aside"));
    assert!(!lee.get(one).await.contains("name=\"what\""), "there is nothing to decide now");
    site.demo.stop().await.unwrap();
}
