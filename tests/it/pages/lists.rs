//! The board and the review: what is found, by whom, and one order for many.

use workflow_core::domain::contractor::{Contractor, State};

use super::*;

/// A linked contractor with their name and one of their placements.
fn somebody(site: &Site) -> (StreamId, String, String) {
    for line in site.demo.engine().summaries("contractor") {
        let state = site.demo.engine().state::<Contractor>(&line.stream).unwrap().unwrap();
        if let State::Linked { known } | State::OptingIn { known, .. } | State::OptedIn { known } =
            state
        {
            let person = known.latest.person.get().unwrap();
            let name = format!("{} {}", person.last_name.to_uppercase(), person.first_name);
            let placement = known.book.asks.keys().next().unwrap().to_string();
            return (line.stream, name, placement);
        }
    }
    panic!("nobody is known to the insurer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_name_which_stands_nowhere_and_not_once_forgotten() {
    let site = begun().await;
    let (contractor, name, placement) = somebody(&site);
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.settled("/board").await;
    let mark = field(&page, "mark");
    let find = |name| [("mark", mark), ("name", name)];
    let found = kim.post("/board/find", &find(&name), "same-origin").await;
    assert_eq!(found.status(), StatusCode::OK);
    let found = found.text().await.unwrap();
    assert!(found.contains(&format!("/placements/acme/{placement}")), "{found}");
    let family = name.split(' ').next().unwrap().to_lowercase();
    assert!(!found.to_lowercase().contains(&family), "the name is not said back");
    let nobody = kim.post("/board/find", &find("Nobody Atall"), "same-origin").await;
    assert!(nobody.text().await.unwrap().contains("0 people"));
    let foreign = kim.post("/board/find", &[("mark", "0"), ("name", &name)], "same-origin").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);

    let (engine, documents) = (site.demo.engine(), site.demo.documents());
    let reason = "asked by letter".to_owned();
    let forgotten =
        runner::forget::forget(engine, documents, contractor.key(), Some("acme"), reason, "Kim");
    forgotten.await.unwrap();
    let gone = kim.post("/board/find", &find(&name), "same-origin").await.text().await.unwrap();
    assert!(!gone.contains(&format!("/placements/acme/{placement}")), "{gone}");
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_finds_by_id_words_and_client() {
    let site = ended().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let all = site.demo.engine().summaries("placement");
    let rows = |page: &str| page.matches("<th scope=\"row\"><a href=\"/placements/").count();
    assert_eq!(rows(&kim.settled("/board").await), all.len());
    let flagged = all.iter().filter(|line| line.state == "Flagged").count();
    assert_eq!(rows(&kim.get("/board?state=Flagged").await), flagged);
    assert_eq!(rows(&kim.get(&format!("/board?q={}", all[0].stream.key())).await), 1);
    let board = kim.get("/board").await;
    let table = board.split("data-test=\"placements\"").nth(1).unwrap();
    let company = table.split("</span></td><td>").nth(1).unwrap().split('<').next().unwrap();
    assert!(company.len() > 3, "the first placement's client: {company}");
    let word = company.split(' ').next().unwrap();
    let by_company = rows(&kim.get(&format!("/board?company={word}")).await);
    assert!(by_company > 0 && by_company <= all.len(), "{by_company} of {word}");
    assert_eq!(rows(&kim.get("/board?company=no+such+client").await), 0);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_for_all_of_a_filter_is_given_only_for_those_that_were_shown() {
    let site = ended().await;
    let (kim, lee) = (site.visitor(LOOK, "Kim").await, site.visitor(SETTLE, "Lee").await);
    let held = |line: &workflow_core::engine::Summary| line.headline.starts_with("held: ");
    let held: Vec<_> = site.demo.engine().summaries("placement").into_iter().filter(held).collect();
    assert!(held.len() > 1, "some are held in the demo");
    let page = lee.settled("/review?q=held").await;
    assert!(page.contains("at risk"), "their first day of work is near or over");
    let count = held.len().to_string();
    let order_of = |mark, q, which| {
        [
            ("mark", mark),
            ("deed", "exclude"),
            ("reason", "all of one client"),
            ("q", q),
            ("which", which),
        ]
    };
    let order = |mark, which| order_of(mark, "held:", which);
    let mark = field(&page, "mark");
    let kims = kim.get("/board").await;
    for path in ["/act/all", "/act/all/sure"] {
        let kims = kim.post(path, &order(field(&kims, "mark"), ""), "same-origin").await;
        assert_eq!(kims.status(), StatusCode::FORBIDDEN, "a viewer");
        assert_eq!(
            lee.post(path, &order("0", ""), "same-origin").await.status(),
            StatusCode::FORBIDDEN
        );
    }
    let asked = lee.post("/act/all", &order(mark, ""), "same-origin").await.text().await.unwrap();
    assert!(asked.contains(&format!("<strong>{count}</strong>")), "{asked}");
    let before = site.demo.engine().position();
    let wrong = lee.post("/act/all/sure", &order(mark, &count), "same-origin").await;
    assert_eq!(wrong.status(), StatusCode::CONFLICT);
    // One was shown, and by the time of the order it is another one.
    let [one, other] = [held[0].stream.key(), held[1].stream.key()];
    let shown = lee.post("/act/all", &order_of(mark, one, ""), "same-origin").await;
    let shown = shown.text().await.unwrap();
    assert!(shown.contains("<strong>1</strong>"), "{shown}");
    let swapped = order_of(mark, other, field(&shown, "which"));
    let swapped = lee.post("/act/all/sure", &swapped, "same-origin").await;
    assert_eq!(swapped.status(), StatusCode::CONFLICT, "as many, but another one");
    assert_eq!(site.demo.engine().position(), before, "nothing was done");

    let which = field(&asked, "which");
    let done = lee.post("/act/all/sure", &order(mark, which), "same-origin").await;
    let (status, told) = (done.status(), done.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{told}");
    for line in &held {
        let events = site.demo.engine().history(&line.stream).unwrap();
        let last = events.last().unwrap();
        assert_eq!(last.event.cause.actor, "operator:Lee", "{}", line.stream);
    }
    assert!(!lee.get("/review").await.contains("held: "), "and the page knows at once");
    site.demo.stop().await.unwrap();
}

/// The orders that a page has buttons for.
fn offered(page: &str) -> Vec<String> {
    let buttons = page.split("name=\"deed\" value=\"").skip(1);
    buttons.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_button_would_be_refused_and_what_has_one_is_taken() {
    const DEEDS: [&str; 10] = [
        "return", "restart", "accept", "close", "retry", "resend", "exclude", "include", "pause",
        "resume",
    ];
    let site = ended().await;
    let engine = site.demo.engine();
    let lee = site.visitor(SETTLE, "Lee").await;
    let mark = lee.get("/board").await;
    let mark = field(&mark, "mark");
    let order = async |about: &str, deed: &str| {
        let order = [("mark", mark), ("deed", deed), ("reason", "asked"), ("about", about)];
        lee.act(&order, "same-origin").await
    };
    let mut taken = 0;
    for workflow in ["placement", "contractor", "certificate"] {
        let all = engine.summaries(workflow);
        assert!(!all.is_empty(), "the demo has each");
        for line in all {
            let (tenant, key) = (line.stream.tenant(), line.stream.key());
            let (page, about) = match workflow {
                "placement" => (format!("/placements/{tenant}/{key}"), format!("{tenant}/{key}")),
                _ => (format!("/papers/{}", line.stream), format!("{tenant}/{workflow}/{key}")),
            };
            let offered = offered(&lee.get(&page).await);
            let before = engine.position();
            for deed in DEEDS.into_iter().filter(|deed| !offered.iter().any(|it| it == deed)) {
                let answer = order(&about, deed).await.status();
                let nothing = answer == StatusCode::CONFLICT || engine.position() == before;
                assert!(nothing, "{deed} for {about} has no button and leads to something");
            }
            if workflow == "certificate" {
                for deed in &offered {
                    let page = lee.get(&page).await;
                    if super::lists::offered(&page).contains(deed) {
                        let answer = order(&about, deed).await;
                        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{deed} for {about}");
                        taken += 1;
                    }
                }
            }
        }
    }
    assert!(taken > 1, "a certificate can be paused and taken back");
    site.demo.stop().await.unwrap();
}
