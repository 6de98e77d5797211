//! A placement's values, what was sent, and who may open it.

use runner::audit::{Question, Source, Told, With, answer};

use super::*;

/// How many exchanges `runner audit sent` finds about a stream.
fn exchanges(site: &Site, of: &StreamId) -> usize {
    let engine = site.demo.engine();
    let (source, now) = (Source::Store(&**engine.store()), engine.clock().now());
    let with = With { source, vault: None, zones: Default::default(), now };
    let mut count = 0;
    let question = Question::Sent { id: of.to_string(), open: false };
    let asked = answer(&question, &with, &mut |told| {
        count += usize::from(matches!(told, Told::Row(_)));
        Ok(())
    });
    asked.unwrap();
    count
}

/// A placement that waits for its contractor's application.
fn pending(site: &Site) -> StreamId {
    let placements = site.demo.engine().summaries("placement");
    placements.into_iter().find(|line| line.state == "ApplicationPending").unwrap().stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placement_says_in_a_sentence_what_it_waits_for_and_how_long_there_is() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.get(&format!("/placements/acme/{}", pending(&site).key())).await;
    assert!(page.contains("Waiting for the contractor to finish the application"), "{page}");
    assert!(page.contains(" left before work begins on 2026-"), "{page}");
    let values = page.split("data-test=\"values\"").nth(1).unwrap();
    let begins = values.split("Work begins").nth(1).unwrap().split("</tr>").next().unwrap();
    let days: Vec<&str> = begins.matches("2026-").collect();
    assert_eq!(days.len(), 3, "as read, as mapped, as sent: {begins}");

    let lee = site.visitor(SETTLE, "Lee").await;
    let page = lee.get(&format!("/placements/acme/{}", pending(&site).key())).await;
    assert!(page.contains("name=\"deed\" value=\"exclude\""), "{page}");
    for refused in ["return", "accept", "resume"] {
        assert!(!page.contains(&format!("value=\"{refused}\"")), "{refused} would be refused");
    }
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_stays_sealed_until_an_admin_opens_it() {
    let site = begun().await;
    let placement = pending(&site);
    let contractor = {
        let state =
            site.demo.engine().state::<workflow_core::domain::placement::Placement>(&placement);
        let candidate = state.unwrap().unwrap().candidate().unwrap().clone();
        StreamId::new("contractor", "acme", candidate.as_str()).unwrap()
    };
    let (kim, root) = (site.visitor(LOOK, "Kim").await, site.visitor(RULE, "Root").await);
    for of in [&placement, &contractor] {
        let path = format!("/sent?of={of}");
        let page = kim.settled(&path).await;
        let rows = page.matches("idempotency key").count();
        assert!(rows > 0 && page.matches("<code>POST ").count() <= exchanges(&site, of), "{page}");
        assert!(!page.contains('@') && !page.contains("name=\"position\""), "{page}");
    }
    let page = root.settled(&format!("/sent?of={contractor}")).await;
    let (mark, position) = (field(&page, "mark"), field(&page, "position"));
    let which = [("mark", mark), ("position", position)];
    let marked_by_kim = kim.get("/board").await;
    let kims = [("mark", field(&marked_by_kim, "mark")), ("position", position)];
    assert_eq!(kim.post("/sent/open", &kims, "same-origin").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(root.post("/sent/open", &which, "cross-site").await.status(), StatusCode::FORBIDDEN);
    let opened = root.post("/sent/open", &which, "same-origin").await;
    assert_eq!(opened.status(), StatusCode::OK);
    let opened = opened.text().await.unwrap();
    assert!(opened.contains('@'), "the contractor's e-mail: {opened}");
    let nothing = [("mark", mark), ("position", "0")];
    assert_eq!(
        root.post("/sent/open", &nothing, "same-origin").await.status(),
        StatusCode::NOT_FOUND
    );
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_say_how_each_system_is_heard() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.get("/connections").await;
    let row = |name: &str| {
        let rows = page.split(&format!("data-system=\"{name}\"")).nth(1).unwrap();
        rows.split("</tr>").next().unwrap().to_owned()
    };
    let (jobdiva, policy) = (row("jobdiva"), row("1099policy"));
    assert!(jobdiva.contains("good for ") && jobdiva.contains("closed"), "{jobdiva}");
    assert!(policy.contains(" taken, ") && policy.contains("closed"), "{policy}");
    assert!(!jobdiva.contains("not since the process started</td><td>good"), "{jobdiva}");
    assert!(page.contains("Next poll: in "), "{page}");
    site.demo.stop().await.unwrap();
}
