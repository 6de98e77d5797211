//! A contractor's page: which one stays after a merge, a certificate handed in, a person forgotten.

use workflow_core::domain::contractor::{Contractor, Input, State};
use workflow_core::domain::facts::CandidateId;
use workflow_core::engine::Source;

use super::*;

/// A worker with a placement in force, and a second one.
fn two(site: &Site) -> [StreamId; 2] {
    let all = site.demo.engine().summaries("contractor").into_iter();
    let mut known = all.filter(|line| line.state == "OptedIn").map(|line| line.stream);
    [known.next().unwrap(), known.next().unwrap()]
}

fn state(site: &Site, stream: &StreamId) -> String {
    site.demo.engine().summary(stream).unwrap().state.to_owned()
}

fn page_of(stream: &StreamId) -> String {
    format!("/papers/contractor/acme/{}", stream.key())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_merge_a_person_says_on_the_page_which_contractor_stays() {
    let mut site = ended().await;
    let [first, second] = two(&site);
    let into = CandidateId(second.key().to_owned());
    let merged = Input::Merged { into };
    let engine = site.demo.engine().clone();
    engine.handle::<Contractor>(&first, merged, Source::new("test", "")).await.unwrap();
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    let Some(State::Contested { rivals }) = engine.state::<Contractor>(&second).unwrap() else {
        panic!("{}", state(&site, &second))
    };
    let (own, other) = (rivals.known.contractor.clone(), rivals.others[0].contractor.clone());

    let (kim, lee) = (site.visitor(LOOK, "Kim").await, site.visitor(SETTLE, "Lee").await);
    assert!(lee.get("/review").await.contains(&page_of(&second)), "a person is asked for it");
    let kims = kim.get(&page_of(&second)).await;
    assert!(!kims.contains("data-test=\"keep\""), "a viewer has no buttons");
    let page = lee.get(&page_of(&second)).await;
    let keep = page.split("data-test=\"keep\"").nth(1).expect("it is asked");
    for contractor in [&own, &other] {
        assert!(keep.contains(&format!("value=\"{contractor}\"")), "{keep}");
    }
    let order = |mark, contractor, reason| {
        [
            ("mark", mark),
            ("what", "keep"),
            ("tenant", "acme"),
            ("id", second.key()),
            ("contractor", contractor),
            ("reason", reason),
        ]
    };
    let (mark, other) = (field(&page, "mark"), other.as_str());
    let own_mark = field(&kims, "mark");
    for (who, mark, from) in
        [(&lee, "0", "same-origin"), (&lee, mark, "cross-site"), (&kim, own_mark, "same-origin")]
    {
        let no = who.post("/papers/decide", &order(mark, other, "why"), from).await;
        assert_eq!(no.status(), StatusCode::FORBIDDEN);
    }
    for (contractor, reason) in [("cn_99", "why"), (other, " ")] {
        let order = order(mark, contractor, reason);
        let no = lee.post("/papers/decide", &order, "same-origin").await;
        assert_eq!(no.status(), StatusCode::CONFLICT, "{contractor}, {reason}");
    }
    assert_eq!(state(&site, &second), "Contested", "nothing of that was done");
    let done =
        lee.post("/papers/decide", &order(mark, other, "it has the policy"), "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(state(&site, &second), "OptedIn");
    let events = engine.history(&second).unwrap();
    let kept = events.iter().find(|it| it.event.kind == "contractor_kept").unwrap();
    assert_eq!(kept.event.cause.actor, "operator:Lee");
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_has_a_person_forgotten_by_typing_their_id_once_more() {
    let site = ended().await;
    let [who, _] = two(&site);
    let (lee, root) = (site.visitor(SETTLE, "Lee").await, site.visitor(RULE, "Root").await);
    let lees = lee.get(&page_of(&who)).await;
    let page = root.get(&page_of(&who)).await;
    assert!(!lees.contains("data-test=\"forget\"") && page.contains("data-test=\"forget\""));
    let order = |mark, sure, reason| {
        [
            ("mark", mark),
            ("what", "forget"),
            ("tenant", "acme"),
            ("id", who.key()),
            ("sure", sure),
            ("reason", reason),
        ]
    };
    let (mark, sure) = (field(&page, "mark"), who.key());
    let no =
        lee.post("/papers/decide", &order(field(&lees, "mark"), sure, "why"), "same-origin").await;
    assert_eq!(no.status(), StatusCode::FORBIDDEN);
    for (sure, reason) in [("7001", "asked by letter"), (sure, " ")] {
        let no = root.post("/papers/decide", &order(mark, sure, reason), "same-origin").await;
        assert_eq!(no.status(), StatusCode::CONFLICT);
    }
    assert_eq!(state(&site, &who), "OptedIn", "nothing of that was done");
    let done =
        root.post("/papers/decide", &order(mark, sure, "asked by letter"), "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(state(&site, &who), "Forgotten");
    let last = root.get(&page_of(&who)).await;
    assert!(!last.contains("data-test=\"forget\"") && last.contains("operator:Root"), "{last}");
    site.demo.stop().await.unwrap();
}

/// What a browser sends for a form with a document in it.
async fn hand_in(
    visitor: &Visitor<'_>,
    fields: &[(&str, &str)],
    file: &[u8],
    from: &str,
) -> Response {
    const BETWEEN: &str = "between-the-parts-7f";
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!(
            "--{BETWEEN}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.as_bytes());
    }
    let part = format!(
        "--{BETWEEN}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"coi.pdf\"\r\n\
         content-type: application/pdf\r\n\r\n"
    );
    body.extend(part.as_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{BETWEEN}--\r\n").as_bytes());
    let post = visitor.site.client.post(visitor.site.url("/papers/hand-in"));
    let post = post.header("cookie", &visitor.cookie).header("sec-fetch-site", from);
    let kind = format!("multipart/form-data; boundary={BETWEEN}");
    post.header("content-type", kind).body(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_handed_in_on_the_page() {
    let site = ended().await;
    let [who, _] = two(&site);
    let (kim, lee) = (site.visitor(LOOK, "Kim").await, site.visitor(SETTLE, "Lee").await);
    let (kims, page) = (kim.get(&page_of(&who)).await, lee.get(&page_of(&who)).await);
    assert!(!kims.contains("data-test=\"hand-in\"") && page.contains("data-test=\"hand-in\""));
    let fields = |mark| [("mark", mark), ("tenant", "acme"), ("id", who.key()), ("placement", "")];
    let (mark, pdf) = (field(&page, "mark"), b"%PDF-1.7 brought by mail".as_slice());
    let own = field(&kims, "mark");
    for (visitor, mark, from) in
        [(&lee, "0", "same-origin"), (&lee, mark, "cross-site"), (&kim, own, "same-origin")]
    {
        let no = hand_in(visitor, &fields(mark), pdf, from).await;
        assert_eq!(no.status(), StatusCode::FORBIDDEN);
    }
    let odd = hand_in(&lee, &fields(mark), b"a letter", "same-origin").await;
    assert_eq!(odd.status(), StatusCode::CONFLICT);
    assert!(odd.text().await.unwrap().contains("must begin with %PDF"));
    // More than other forms may have, and still a document.
    let mut long = pdf.to_vec();
    long.resize(200 * 1024, b' ');
    let done = hand_in(&lee, &fields(mark), &long, "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
    let at = done.headers()["location"].to_str().unwrap().to_owned();
    assert!(at.starts_with(&format!("/papers/certificate/acme/{}.", who.key())), "{at}");
    let page = kim.get(&at).await;
    assert!(page.contains("operator:Lee") && !page.contains("coi.pdf"), "{page}");
    site.demo.stop().await.unwrap();
}
