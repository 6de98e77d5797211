//! A placement's values, what was sent, and who may open it.

use runner::audit::{Question, Source, Told, With, answer};

use super::*;

/// How many exchanges `runner audit sent` finds about a stream.
fn exchanges(site: &Site, of: &StreamId) -> usize {
    let engine = site.demo.engine();
    let (source, now) = (Source::Store(&**engine.store()), engine.clock().now());
    let with = With { source, vault: None, zones: Default::default(), now };
    let mut count = 0;
    let question = Question::Sent { id: of.to_string(), open: None };
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
    for refused in ["return", "accept", "resume", "set"] {
        assert!(!page.contains(&format!("value=\"{refused}\"")), "{refused} would be refused");
    }

    let about = format!("acme/{}", pending(&site).key());
    let mark = field(&page, "mark");
    let order = [("mark", mark), ("deed", "resend"), ("reason", "lost"), ("about", &about)];
    let given = lee.act(&order, "same-origin").await;
    assert_eq!(given.status(), StatusCode::OK);
    let given = given.text().await.unwrap();
    let link = given.split("data-test=\"link\"").nth(1).unwrap();
    assert!(link.contains(">http"), "the link is shown: {link}");
    let events = site.demo.engine().history(&pending(&site)).unwrap();
    let last = &events.last().unwrap().event;
    assert_eq!((&*last.kind, &*last.cause.actor), ("link_given", "operator:Lee"));
    site.demo.stop().await.unwrap();
}

/// A row's cells: as JobDiva had it, by the rules, as it was sent.
fn cells(page: &str, name: &str) -> [String; 3] {
    let values = page.split("data-test=\"values\"").nth(1).unwrap();
    let head = format!("<th scope=\"row\">{name}</th>");
    let row = values.split(&head).nth(1).unwrap().split("</tr>").next().unwrap();
    let cell = |number: usize| {
        let cell = row.split("<td>").nth(number).unwrap();
        cell.split("</td>").next().unwrap().to_owned()
    };
    [cell(1), cell(2), cell(3)]
}

#[tokio::test(flavor = "multi_thread")]
async fn jobdiva_s_own_words_stand_beside_what_was_made_of_them_and_sent() {
    // A process that reads the log of another one: what is shown is in it.
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.get(&format!("/placements/acme/{}", pending(&site).key())).await;
    let [said, made, sent] = cells(&page, "Pay");
    assert!(said.contains(" per \u{201c}") && said.contains("pay record"), "{said}");
    assert!(made.ends_with(" per hour") && sent.ends_with(", hourly"), "{made}; {sent}");
    for name in ["Category", "Place", "Role", "Work ends"] {
        let cells = cells(&page, name);
        assert!(cells.iter().all(|cell| cell != "-"), "{name}: {cells:?}");
    }
    let [said, made, _] = cells(&page, "Engaged as");
    assert!(said.contains("Independent Contractor") && made == "in scope", "{said}; {made}");

    // What is held shows what holds it, in the words that nobody can insure.
    let held = kim.get("/placements/acme/51000786").await;
    let [said, made, sent] = cells(&held, "Pay");
    assert!(said.contains("CAD"), "{said}");
    assert_eq!((&*made, &*sent), ("-", "-"));
    let out = kim.get("/placements/acme/51000779").await;
    assert!(cells(&out, "Engaged as")[0].contains("Hourly Employee"));
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_jobdiva_does_not_give_is_set_on_the_page_and_leads_on() {
    let mut site = begun().await;
    let held = StreamId::new("placement", "acme", "51000784").unwrap();
    {
        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/placements/acme/51000784").await;
        let set = page.split("data-test=\"set\"").nth(1).expect("its pay is missing");
        let offered: Vec<&str> = set.split("<option value=\"").skip(1).collect();
        assert!(offered.iter().any(|fact| fact.starts_with("wage\"")), "{offered:?}");
        assert!(!offered.iter().any(|fact| fact.starts_with("start\"")), "{offered:?}");
        let mark = field(&page, "mark");
        let order = |value| {
            [
                ("mark", mark),
                ("deed", "set"),
                ("fact", "wage"),
                ("value", value),
                ("reason", "by phone"),
                ("about", "acme/51000784"),
            ]
        };
        let odd = lee.act(&order("much"), "same-origin").await;
        assert_eq!(odd.status(), StatusCode::CONFLICT);
        assert!(odd.text().await.unwrap().contains("is no wage"));
        let set = lee.act(&order("95.00/hour"), "same-origin").await;
        assert_eq!(set.status(), StatusCode::SEE_OTHER);
    }
    site.demo.settle(&mut Screen::silent()).await.unwrap();
    assert_ne!(told(&site, &held), "Discovered");
    let events = site.demo.engine().history(&held).unwrap();
    assert!(events.iter().any(|it| it.event.cause.actor == "operator:Lee"));
    site.demo.stop().await.unwrap();
}

fn told(site: &Site, stream: &StreamId) -> String {
    site.demo.engine().summary(stream).unwrap().state.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_stops_a_system_from_the_page_and_the_log_says_who() {
    let site = begun().await;
    let (lee, root) = (site.visitor(SETTLE, "Lee").await, site.visitor(RULE, "Root").await);
    let gate = |of: &str| StreamId::new("gate", "acme", of).unwrap();
    let state = |of: &str| site.demo.engine().summary(&gate(of)).map(|it| it.state.to_owned());
    let (lees, roots) = (lee.get("/connections").await, root.get("/connections").await);
    assert!(!lees.contains("value=\"pause\"") && roots.contains("value=\"pause\""));
    let order = |mark, deed, adapter| {
        [
            ("mark", mark),
            ("tenant", "acme"),
            ("adapter", adapter),
            ("deed", deed),
            ("reason", "they move"),
        ]
    };
    let [lees, roots] = [field(&lees, "mark"), field(&roots, "mark")];
    for (who, mark, from) in
        [(&lee, lees, "same-origin"), (&root, "0", "same-origin"), (&root, roots, "cross-site")]
    {
        let no = who.post("/connections/act", &order(mark, "pause", ""), from).await;
        assert_eq!(no.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(state("tenant"), None, "nothing of that was done");
    for (adapter, of) in [("", "tenant"), ("jobdiva", "system:ats")] {
        for (deed, is) in [("pause", "Shut"), ("resume", "Open")] {
            let done =
                root.post("/connections/act", &order(roots, deed, adapter), "same-origin").await;
            assert_eq!(done.status(), StatusCode::SEE_OTHER);
            assert_eq!(state(of).as_deref(), Some(is));
            let page = root.get("/connections").await;
            assert_eq!(page.contains("paused by Root: they move"), deed == "pause", "{page}");
        }
        let events = site.demo.engine().history(&gate(of)).unwrap();
        assert!(events.iter().all(|it| it.event.cause.actor == "operator:Root"));
    }
    let again = root.post("/connections/act", &order(roots, "resume", ""), "same-origin").await;
    assert_eq!(again.status(), StatusCode::CONFLICT, "it goes on already");
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
    let which = [("mark", mark), ("position", position), ("reason", "the insurer asks")];
    let marked_by_kim = kim.get("/board").await;
    let kims = [("mark", field(&marked_by_kim, "mark")), ("position", position), ("reason", "why")];
    assert_eq!(kim.post("/sent/open", &kims, "same-origin").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(root.post("/sent/open", &which, "cross-site").await.status(), StatusCode::FORBIDDEN);
    let unsaid = [("mark", mark), ("position", position), ("reason", " ")];
    let unsaid = root.post("/sent/open", &unsaid, "same-origin").await;
    assert_eq!(unsaid.status(), StatusCode::CONFLICT, "nobody says why");
    assert!(!unsaid.text().await.unwrap().contains('@'));
    let gate = views::gate_of(&contractor).unwrap();
    let disclosed = || site.demo.engine().history(&gate).unwrap();
    assert_eq!(disclosed().len(), 0, "nothing of that was shown");
    let opened = root.post("/sent/open", &which, "same-origin").await;
    assert_eq!(opened.status(), StatusCode::OK);
    let kept = views::entry(disclosed().last().expect("the log says so")).unwrap();
    assert_eq!((&*kept.event, &*kept.actor), ("disclosed", "operator:Root"));
    assert_eq!(kept.data["position"].to_string(), position);
    assert_eq!(kept.data["reason"], "the insurer asks");
    let opened = opened.text().await.unwrap();
    assert!(opened.contains('@'), "the contractor's e-mail: {opened}");
    let nothing = [("mark", mark), ("position", "0"), ("reason", "why")];
    assert_eq!(
        root.post("/sent/open", &nothing, "same-origin").await.status(),
        StatusCode::NOT_FOUND
    );
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_say_how_each_system_is_heard() {
    let site = unbroken().await;
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
