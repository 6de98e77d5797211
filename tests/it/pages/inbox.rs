//! The inbox: what was put aside and why, and what a person does with it.

use std::collections::BTreeMap;

use workflow_core::domain::Insurance;
use workflow_core::engine::Source;
use workflow_core::inbox::{Delivery, Inbox, Input};

use super::*;

/// Two deliveries that nobody understands.
async fn odd() -> (Site, [StreamId; 2]) {
    let mut site = begun().await;
    let streams = ["odd:1", "odd:2"].map(|key| StreamId::new("delivery", "acme", key).unwrap());
    for stream in &streams {
        let delivery = Delivery {
            source: "odd".into(),
            kind: "thing.happened".into(),
            subjects: BTreeMap::from([("thing".to_owned(), "th_7".to_owned())]),
            size: 77,
            sha256: "ab".repeat(32),
        };
        let (input, source) = (Input::Received(delivery), Source::new("webhook:odd", stream.key()));
        site.demo.engine().handle::<Inbox<Insurance>>(stream, input, source).await.unwrap();
    }
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    (site, streams)
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
    let count = field(&page, "all").to_owned();
    assert_eq!(count, "2");
    let all = |count| {
        [("mark", mark), ("what", "drop"), ("reason", "of no use"), ("all", count), ("q", "odd:")]
    };
    let wrong = lee.post("/inbox/act", &all("3"), "same-origin").await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT);
    assert_eq!(told(&site, &second).0, "Parked", "nothing was done");
    let done = lee.post("/inbox/act", &all("2"), "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    for stream in [&first, &second] {
        assert_eq!(told(&site, stream).0, "Settled");
    }
    site.demo.stop().await.unwrap();
}
