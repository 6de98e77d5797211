//! The pages, as a browser without JavaScript gets them: who comes in, what they see, what they may decide.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use runner::config::Config;
use runner::demo::{Demo, Screen};
use runner::views;
use runner::web::access::Role;
use workflow_core::id::StreamId;

use crate::played::Until;

const LOOK: &str = "a viewer's token in this test";
const SETTLE: &str = "an operator's token in this test";
const RULE: &str = "an admin's token in this test";

mod coverage;
mod endpoints;
mod inbox;
mod lists;
mod log;
mod person;
mod values;

/// The pages that every page leads to.
const PAGES: [&str; 6] = ["/review", "/board", "/coverage", "/inbox", "/connections", "/log"];

struct Site {
    _dir: tempfile::TempDir,
    demo: Demo,
    client: Client,
}

/// Somebody with a cookie.
struct Visitor<'a> {
    site: &'a Site,
    cookie: String,
}

/// The demo as it is when all that can be done at its first moment is done.
async fn begun() -> Site {
    site(Until::Begun).await
}

/// The demo at its end.
async fn ended() -> Site {
    site(Until::Ended).await
}

/// The first moment, in the process that played it.
async fn unbroken() -> Site {
    served(Until::unbroken(tokens).await)
}

async fn site(until: Until) -> Site {
    served(until.resume(tokens).await)
}

fn tokens(config: &mut Config) {
    config.page.tokens = vec![
        (Role::Viewer, LOOK.to_owned()),
        (Role::Operator, SETTLE.to_owned()),
        (Role::Admin, RULE.to_owned()),
    ];
}

fn served((dir, demo): (tempfile::TempDir, Demo)) -> Site {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    Site { _dir: dir, demo, client }
}

impl Site {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.demo.pages())
    }

    async fn knock(&self, token: &str, name: &str) -> Response {
        let form = serde_json::json!({ "token": token, "name": name, "to": "/board" });
        let form = form.as_object().unwrap().iter();
        let form: Vec<String> = form
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap().replace(' ', "+")))
            .collect();
        let post = self.client.post(self.url("/enter"));
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        post.body(form.join("&")).send().await.unwrap()
    }

    async fn visitor(&self, token: &str, name: &str) -> Visitor<'_> {
        let answer = self.knock(token, name).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], "/board");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Visitor { site: self, cookie }
    }

    /// A placement that needs a person.
    fn flagged(&self) -> StreamId {
        let placements = self.demo.engine().summaries("placement");
        placements.into_iter().find(|line| line.state == "Flagged").unwrap().stream
    }
}

impl Visitor<'_> {
    async fn get(&self, path: &str) -> String {
        let answer = self.client(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    async fn client(&self, path: &str) -> Response {
        let get = self.site.client.get(self.site.url(path)).header("cookie", &self.cookie);
        get.send().await.unwrap()
    }

    /// A page once nothing is being read for it any more.
    async fn settled(&self, path: &str) -> String {
        loop {
            let page = self.get(path).await;
            if !page.contains("data-busy") {
                return page;
            }
        }
    }

    async fn act(&self, fields: &[(&str, &str)], from: &str) -> Response {
        self.post("/act", fields, from).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)], from: &str) -> Response {
        let body: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{key}={}", value.replace(' ', "+")))
            .collect();
        let post = self.site.client.post(self.site.url(path)).header("cookie", &self.cookie);
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        post.header("sec-fetch-site", from).body(body.join("&")).send().await.unwrap()
    }
}

/// The value of a hidden field.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let at = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    at.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_page_who_has_not_come_in() {
    let site = begun().await;
    let sent = "/sent?of=placement/acme/51000777";
    for path in PAGES.into_iter().chain(["/placements/acme/51000777", sent, "/coverage.csv"]) {
        let answer = site.client.get(site.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/enter?to="));
    }
    let live = site.client.get(site.url("/live")).send().await.unwrap();
    assert_eq!(live.status(), StatusCode::UNAUTHORIZED);
    let act = site.client.post(site.url("/act")).body("deed=close").send().await.unwrap();
    assert_eq!(act.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(site.knock("guessed", "Kim").await.status(), StatusCode::UNAUTHORIZED);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_whole_without_scripts_and_allows_no_others() {
    let site = ended().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let flagged = site.flagged();
    let placement = format!("/placements/acme/{}", flagged.key());
    let first = format!("{placement}?at=1");
    let sent = format!("/sent?of={flagged}");
    let others = [
        "/board?state=Active",
        "/log?at=3",
        "/log/verify",
        "/coverage?show=all",
        "/coverage/print",
    ];
    let own = [placement.as_str(), first.as_str(), sent.as_str()];
    for path in PAGES.into_iter().chain(others).chain(own) {
        let answer = kim.client(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let page = answer.text().await.unwrap();
        let foreign = ["src=\"http", "href=\"http", "action=\"http"];
        for inline in ["<style", " style=\"", "javascript:", " onclick="].into_iter().chain(foreign)
        {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
        for asset in page.split("/assets/").skip(1) {
            let name = asset.split('"').next().unwrap();
            let asset = kim.client(&format!("/assets/{name}")).await;
            assert_eq!(asset.status(), StatusCode::OK, "{name}");
            assert!(asset.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        }
    }
    assert!(kim.get("/review").await.contains(flagged.key()));
    assert!(kim.get(&placement).await.contains("Flagged"));
    let then = kim.get(&first).await;
    assert!(then.contains("As it stood after event 1") && !then.contains("Do it"), "{then}");
    assert_eq!(kim.client("/placements/acme/1").await.status(), StatusCode::NOT_FOUND);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_settles_a_flag_and_the_log_says_who_and_why() {
    let site = ended().await;
    let flagged = site.flagged();
    let about = format!("acme/{}", flagged.key());
    let before = site.demo.engine().history(&flagged).unwrap().len();
    let lee = site.visitor(SETTLE, "Lee").await;
    let page = lee.get("/review").await;
    let mark = field(&page, "mark");
    let order = |mark| {
        [
            ("mark", mark),
            ("deed", "close"),
            ("reason", "settled+by+phone"),
            ("about", about.as_str()),
            ("back", "/review"),
        ]
    };
    let elsewhere = lee.act(&order(mark), "cross-site").await;
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN, "another site sent it");
    assert_eq!(lee.act(&order("0"), "same-origin").await.status(), StatusCode::FORBIDDEN);
    let kim = site.visitor(LOOK, "Kim").await;
    assert_eq!(kim.act(&order(mark), "same-origin").await.status(), StatusCode::FORBIDDEN);
    let kims = kim.get("/board").await;
    let refused = kim.act(&order(field(&kims, "mark")), "same-origin").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "a viewer's own form does not help");
    assert!(refused.text().await.unwrap().contains("As a viewer you may look, not decide."));
    let after = site.demo.engine().history(&flagged).unwrap().len();
    assert_eq!(after, before, "nothing of that reached the log");
    assert!(!kim.get("/review").await.contains("name=\"deed\""), "a viewer has no buttons");

    let done = lee.act(&order(mark), "same-origin").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{}", done.text().await.unwrap());
    let events = site.demo.engine().history(&flagged).unwrap();
    let history = views::history(&flagged, &events, None).unwrap();
    let decided = &history.events[before];
    assert_eq!(decided.actor, "operator:Lee");
    assert!(decided.data.to_string().contains("settled by phone"), "{decided:?}");
    assert_ne!(history.state, "Flagged");

    let again = lee.act(&order(mark), "same-origin").await;
    assert_eq!(again.status(), StatusCode::CONFLICT, "it is settled already");
    assert!(again.text().await.unwrap().contains("were not"));
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_away_is_told_at_once_that_it_is_old() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let now = site.demo.engine().position().0;
    let seen = (now - 1).to_string();
    let url = site.url(&format!("/live?from={now}"));
    let get = site.client.get(url).header("cookie", &kim.cookie).header("last-event-id", seen);
    let mut answer = get.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let told = answer.chunk().await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("event: moved") && told.contains(&format!("id: {now}")), "{told}");
    drop(answer);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_to_leave_by_another_site() {
    let site = begun().await;
    let kim = site.visitor(LOOK, "Kim").await;
    let page = kim.get("/board").await;
    let mark = field(&page, "mark");
    for (mark, from) in [(mark, "cross-site"), ("0", "same-origin")] {
        let answer = kim.post("/leave", &[("mark", mark)], from).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    let left = kim.post("/leave", &[("mark", mark)], "same-origin").await;
    assert_eq!(left.status(), StatusCode::SEE_OTHER);
    assert!(left.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_after_another_is_not_looked_at_for_long() {
    let mut site = begun().await;
    for _ in 0..12 {
        site.visitor(LOOK, "Kim").await;
    }
    let mut refused = 0;
    for _ in 0..20 {
        refused += usize::from(
            site.knock("guessed", "Eve").await.status() == StatusCode::TOO_MANY_REQUESTS,
        );
    }
    assert_eq!(refused, 10);
    let right = site.knock(LOOK, "Kim").await;
    assert_eq!(right.status(), StatusCode::TOO_MANY_REQUESTS, "else a guess would show");
    assert!(right.headers().contains_key("retry-after"));
    site.demo.advance(std::time::Duration::from_secs(61)).await.unwrap();
    assert_eq!(site.knock(LOOK, "Kim").await.status(), StatusCode::SEE_OTHER);
    site.demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_demo_that_is_kept_a_flag_settled_on_the_page_is_active_within_a_minute() {
    let mut site = ended().await;
    // What `runner demo --keep` begins with.
    site.demo.relent();
    let lapsed = StreamId::parse("placement/acme/51000794").unwrap();
    let state = |site: &Site| site.demo.engine().summary(&lapsed).unwrap().state;
    assert_eq!(state(&site), "Flagged");
    {
        let lee = site.visitor(SETTLE, "Lee").await;
        let page = lee.get("/review").await;
        let line = page.split("href=\"/placements/acme/51000794\"").nth(1).unwrap();
        let line = line.split("</tr>").next().unwrap();
        let order = [
            ("mark", field(line, "mark")),
            (
                "deed",
                line.split("name=\"deed\" value=\"").nth(1).unwrap().split('"').next().unwrap(),
            ),
            ("reason", "called them"),
            ("about", field(line, "about")),
            ("back", field(line, "back")),
        ];
        let done = lee.act(&order, "same-origin").await;
        assert_eq!(done.status(), StatusCode::SEE_OTHER);
    }
    // As `keep` does, a second at a time.
    let mut seconds = 0;
    while state(&site) != "Active" {
        site.demo.settle(&mut Screen::silent()).await.unwrap();
        site.demo.advance(std::time::Duration::from_secs(1)).await.unwrap();
        seconds += 1;
        assert!(seconds < 60, "{}: {:?}", state(&site), site.demo.engine().summary(&lapsed));
    }
    site.demo.stop().await.unwrap();
}
