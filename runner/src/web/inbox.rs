//! What came from outside and is not worked off: what waits, what was not understood, what JobDiva could not give; and
//! what a person may do with it.
//!
//! Of a delivery only its kind, ids, size and digest are kept, no body: there is nothing to redact, and the facts are read
//! again at the source when it is worked off again. Notices that no endpoint of the tenant's own took in time stand among
//! them, as in `runner inbox`.

use std::cell::Cell;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use workflow_core::domain::Insurance;
use workflow_core::engine::{HandleError, Summary};
use workflow_core::id::StreamId;
use workflow_core::inbox::{Delivery, Inbox, State as Stand};

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, batch, board, sieve, words};
use crate::parked::{self, Act, What};
use crate::unread::Unread;

/// So many lines on a page.
const LINES: usize = 50;
/// So many are worked off again with one button.
const AT_ONCE: usize = 500;

/// What is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Only `Parked` or only `Waiting`.
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    /// Only this tenant.
    #[serde(skip_serializing_if = "String::is_empty")]
    tenant: String,
    /// Words of the delivery's name or of why it is there.
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    /// The stream after which the page begins.
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

impl Asked {
    fn address(&self) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        if query.is_empty() { "/inbox".to_owned() } else { format!("/inbox?{query}") }
    }

    fn test(&self) -> impl Fn(&Summary) -> bool + '_ {
        let wanted = self.q.trim().to_lowercase();
        move |line| {
            (self.state.is_empty() || line.state == self.state)
                && (self.tenant.is_empty() || line.stream.tenant() == self.tenant)
                && (wanted.is_empty()
                    || parked::id(&line.stream).to_lowercase().contains(&wanted)
                    || line.headline.to_lowercase().contains(&wanted))
        }
    }

    /// How many were put aside and fit, whatever page of them is looked at.
    fn count(&self, site: &Site) -> usize {
        let (count, fits) = (Cell::new(0), self.test());
        let counted = |line: &Summary| {
            count.set(count.get() + usize::from(line.state == "Parked" && fits(line)));
            false
        };
        for workflow in ["delivery", "notice"] {
            drop(site.door.engine.summaries_of(workflow, counted, None, 1));
        }
        count.get()
    }

    fn lines(&self, site: &Site, count: usize) -> Vec<Summary> {
        let engine = &site.door.engine;
        let after = StreamId::parse(&self.after).ok();
        let keep = self.test();
        let mut lines = engine.summaries_of("delivery", &keep, after.as_ref(), count);
        // The deliveries come first; of notices only those that nobody took are a person's business.
        let after = after.filter(|after| after.workflow() == "notice");
        let aside = |line: &Summary| line.state == "Parked" && keep(line);
        lines.extend(engine.summaries_of("notice", aside, after.as_ref(), count - lines.len()));
        lines
    }
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Asked>,
) -> Response {
    let waiting = site.door.engine.counts("delivery").get("Waiting").copied().unwrap_or(0);
    let lines = asked.lines(&site, LINES);
    let kept = site.door.counters.kept.load(std::sync::atomic::Ordering::Relaxed);
    let content = html! {
        p.lead data-live="counts" data-test="inbox-counts" {
            strong { (put_aside(&site, "")) } " put aside, " strong { (waiting) } " waiting; "
            (kept) " came in since the process started."
        }
        (filters(&site, &asked))
        div data-live="deliveries" {
            @if lines.is_empty() { p { "Nothing waits here." } } @else { (table(&site, &person, &asked, &lines)) }
            @if lines.len() == LINES && let Some(last) = lines.last() {
                p { a rel="next" href=(Asked { after: last.stream.to_string(), ..asked.clone() }.address()) { "The next " (LINES) } }
            }
        }
        @if person.role >= Role::Operator { (for_all(&site, &person, &asked)) }
        (unread(&site))
    };
    let page = Page { title: "Inbox", under: "/inbox", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// How many were put aside for a person, of one tenant or, where none is named, of all.
pub(super) fn put_aside(site: &Site, tenant: &str) -> usize {
    let engine = &site.door.engine;
    let of = |workflow| {
        let all = engine.counts(workflow).get("Parked").copied().unwrap_or(0);
        if all == 0 || tenant.is_empty() {
            return all;
        }
        let keep = |line: &Summary| line.state == "Parked" && line.stream.tenant() == tenant;
        engine.summaries_of(workflow, keep, None, all).len()
    };
    of("delivery") + of("notice")
}

/// The page of what was put aside.
pub(super) fn address_of_aside(tenant: &str) -> String {
    let state = "Parked".to_owned();
    Asked { state, tenant: tenant.to_owned(), ..Asked::default() }.address()
}

fn filters(site: &Site, asked: &Asked) -> Markup {
    let tenants = &site.door.tenants;
    html! {
        form.filters method="get" action="/inbox" role="search" {
            label for="q" { "Name or words" }
            input id="q" name="q" type="search" value=(asked.q);
            @if tenants.len() > 1 { (sieve::tenants(tenants, &asked.tenant)) }
            label for="state" { "State" }
            select id="state" name="state" {
                option value="" { "All" }
                option value="Parked" selected[asked.state == "Parked"] { "Put aside: a person must look" }
                option value="Waiting" selected[asked.state == "Waiting"] { "Waiting" }
            }
            button { "Search" }
        }
    }
}

fn table(site: &Site, person: &Person, asked: &Asked, lines: &[Summary]) -> Markup {
    let (engine, may) = (&site.door.engine, person.role >= Role::Operator);
    let now = engine.clock().now();
    html! {
        form.orders method="post" action="/inbox/act" {
            div.wide tabindex="0" role="region" aria-label="Deliveries" {
                table data-test="deliveries" {
                    thead { tr {
                        @if may { th scope="col" { "Choose" } }
                        th scope="col" { "Delivery" } th scope="col" { "From" } th scope="col" { "State" }
                        th scope="col" { "What and why" } th scope="col" { "For" }
                    } }
                    tbody {
                        @for line in lines {
                            @let name = name(&line.stream);
                            @let came = delivery(site, &line.stream);
                            tr {
                                @if may { td { input type="checkbox" name="about" value=(name) aria-label={ "Choose " (name) }; } }
                                th scope="row" { a href=(address(&line.stream)) { (name) } }
                                td { (came.as_ref().map_or("this runner", |came| came.source.as_str())) }
                                td { (board::state(line.state)) }
                                td { @if let Some(came) = &came { (came.kind) ": " } (line.headline) }
                                td title=(words::minute(line.updated_at)) { (words::ago(line.updated_at, now)) }
                            }
                        }
                    }
                }
            }
            @if may { (fields(site, person, &asked.address())) }
        }
    }
}

fn fields(site: &Site, person: &Person, back: &str) -> Markup {
    html! {
        input type="hidden" name="mark" value=(site.access.form_mark(person));
        input type="hidden" name="back" value=(back);
        label { "What " select name="what" { option value="retry" { "Work it off or send it again" } option value="drop" { "Give it up" } } }
        label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
        button.go { "Do it" }
        p.hint { "The reason and your name are kept in the log for good." }
    }
}

/// All that fit the filter and were put aside: how many that are stands on the button.
fn for_all(site: &Site, person: &Person, asked: &Asked) -> Markup {
    let parked = Asked { state: "Parked".to_owned(), after: String::new(), ..asked.clone() };
    let lines = parked.lines(site, AT_ONCE);
    let (count, left) = (lines.len(), parked.count(site).saturating_sub(lines.len()));
    html! {
        @if count > 1 {
            details.batch {
                summary {
                    @if left > 0 { "The first " (count) " of " (count + left) } @else { "All " (count) }
                    " that were put aside and fit the search"
                }
                form.orders method="post" action="/inbox/act" data-test="inbox-batch" {
                    input type="hidden" name="all" value=(batch::digest(lines.iter().map(|line| &line.stream)));
                    input type="hidden" name="tenant" value=(asked.tenant);
                    input type="hidden" name="q" value=(asked.q);
                    (fields(site, person, &asked.address()))
                    @if left > 0 { p.hint data-test="left" { (left) " are left then: at most " (AT_ONCE) " are done at once." } }
                    p.hint { "If they are not the same " (count) " by then, nothing is done." }
                }
            }
        }
    }
}

/// What JobDiva could not give, by tenant.
fn unread(site: &Site) -> Markup {
    let store = &**site.door.engine.store();
    let of = |tenant: &String| Some((tenant.clone(), Unread::load(store, tenant).ok()?));
    let some =
        |(_, unread): &(String, Unread)| !unread.placements.is_empty() || !unread.rows.is_empty();
    let all: Vec<(String, Unread)> = site.door.tenants.iter().filter_map(of).filter(some).collect();
    html! {
        @if !all.is_empty() {
            section aria-labelledby="unread" data-live="unread" {
                h2 #unread { "What JobDiva could not give" }
                p.hint { "It is asked for again by itself." }
                @for (tenant, unread) in &all {
                    h3 { (tenant) }
                    ul {
                        @for (placement, why) in unread.placements.iter().take(LINES) { li { "Placement " (placement) ": " (why) } }
                        @for why in &unread.rows { li { (why) } }
                    }
                }
            }
        }
    }
}

/// What came; of a notice nothing did.
fn delivery(site: &Site, stream: &StreamId) -> Option<Delivery> {
    if stream.workflow() != "delivery" {
        return None;
    }
    match site.door.engine.state::<Inbox<Insurance>>(stream).ok()?? {
        Stand::Waiting { delivery } | Stand::Parked { delivery, .. } => Some(delivery),
        Stand::Settled { .. } => None,
    }
}

/// What people call it, here as on the command line.
fn name(stream: &StreamId) -> String {
    format!("{}/{}", stream.tenant(), parked::id(stream))
}

/// The page of one delivery, or of one notice.
pub(super) fn address(stream: &StreamId) -> String {
    let query = [("tenant", stream.tenant()), ("id", &parked::id(stream))];
    format!("/inbox/one?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}

/// Which delivery.
#[derive(Deserialize)]
pub(super) struct Which {
    tenant: String,
    id: String,
}

pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(which): Query<Which>,
) -> Response {
    let unknown = || shell::problem(StatusCode::NOT_FOUND, "No such delivery or notice is known.");
    let Ok(stream) = parked::stream(&which.tenant, &which.id) else { return unknown() };
    let shown = match parked::show(&site.door.engine, &stream) {
        Ok(Some(shown)) => shown,
        Ok(None) => return unknown(),
        Err(error) => {
            tracing::error!(%stream, error, "a delivery's page could not be made");
            return shell::problem(StatusCode::INTERNAL_SERVER_ERROR, "The log cannot be read.");
        }
    };
    let name = name(&stream);
    let (title, is_open) = match stream.workflow() {
        "notice" => (format!("Notice {name}"), shown.state == "Parked"),
        _ => (format!("Delivery {name}"), shown.state != "Settled"),
    };
    let content = html! {
        p.lead data-live="stand" { (board::state(&shown.state)) " " (shown.why) }
        @if let Some(came) = &shown.delivery { (told(came)) }
        @if person.role >= Role::Operator && is_open {
            section aria-labelledby="orders" {
                h2 #orders { "What a person may do" }
                form.orders method="post" action="/inbox/act" {
                    input type="hidden" name="about" value=(name);
                    (fields(&site, &person, &address(&stream)))
                }
            }
        }
        section aria-labelledby="events" {
            h2 #events { "What happened" }
            ol.events reversed data-live="events" {
                @for entry in shown.events.iter().rev() {
                    li value=(entry.number) {
                        p { time { (entry.at) } " " strong { (words::plain(&entry.event)) } " " span.hint { (words::plain(&entry.input)) " by " (entry.actor) } }
                        @if let Some(reason) = entry.data["reason"].as_str().or(entry.data["outcome"].as_str()) { p { (reason) } }
                    }
                }
            }
        }
    };
    let page = Page { title: &title, under: "/inbox", content, stream: Some(stream.to_string()) };
    shell::page(&site, &person, &page).into_response()
}

fn told(came: &Delivery) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="What came" {
            table data-test="delivery" {
                tbody {
                    tr { th scope="row" { "From" } td { (came.source) } }
                    tr { th scope="row" { "Kind" } td { (came.kind) } }
                    @for (name, id) in &came.subjects { tr { th scope="row" { (words::plain(name)) } td { (id) } } }
                    tr { th scope="row" { "Size" } td { (came.size) " bytes" } }
                    tr { th scope="row" { "SHA-256" } td { code { (came.sha256) } } }
                    tr { th scope="row" { "Body" } td { "not kept: it may name people. What it points to is read again at the source." } }
                }
            }
        }
    }
}

/// What a form said.
#[derive(Default)]
struct Given {
    mark: String,
    what: Option<What>,
    reason: String,
    about: Vec<String>,
    /// Which all were, by [`batch::digest`].
    all: Option<String>,
    asked: Asked,
    back: String,
}

fn read(body: &[u8]) -> Given {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let mut given = Given { back: "/inbox".to_owned(), ..Given::default() };
    for (name, value) in pairs {
        match name.as_str() {
            "mark" => given.mark = value,
            "what" if value == "retry" => given.what = Some(What::Retry),
            "what" if value == "drop" => given.what = Some(What::Drop),
            "reason" => given.reason = value,
            "about" => given.about.push(value),
            "all" => given.all = Some(value),
            "tenant" => given.asked.tenant = value,
            "q" => given.asked.q = value,
            "back" if value.starts_with("/inbox") => given.back = value,
            _ => {}
        }
    }
    given
}

pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let given = read(&body);
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &given.mark) {
        return shell::not_ours();
    }
    if person.role < Role::Operator {
        return shell::problem(StatusCode::FORBIDDEN, "As a viewer you may look, not decide.");
    }
    let Some(what) = given.what else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    let streams: Vec<StreamId> = match &given.all {
        Some(which) => {
            let asked = Asked { state: "Parked".to_owned(), ..given.asked.clone() };
            let lines = asked.lines(&site, AT_ONCE);
            let all: Vec<StreamId> = lines.into_iter().map(|line| line.stream).collect();
            if batch::digest(&all) != *which {
                let no = "They are not the same by now as when you looked: nothing was done. Look again.";
                return shell::problem(StatusCode::CONFLICT, no);
            }
            all
        }
        None => given.about.iter().filter_map(|name| named(name)).collect(),
    };
    if streams.is_empty() {
        return shell::problem(StatusCode::BAD_REQUEST, "Nothing was ticked.");
    }
    let mut refused: Vec<(StreamId, String)> = Vec::new();
    for stream in &streams {
        let act = Act { what, reason: given.reason.clone(), who: person.name.clone() };
        match parked::act(&site.door.engine, stream, act).await {
            Ok(_) => {}
            Err(HandleError::Rejected(no)) => refused.push((stream.clone(), no.message)),
            Err(error) => refused.push((stream.clone(), error.to_string())),
        }
    }
    if refused.is_empty() {
        return Redirect::to(&given.back).into_response();
    }
    let content = html! {
        p { (streams.len() - refused.len()) " of " (streams.len()) " were done. These were not:" }
        ul { @for (stream, why) in &refused { li { strong { (name(stream)) } ": " (why) } } }
        p { a href=(given.back) { "Back" } }
    };
    let page =
        Page { title: "Not everything could be done", under: "/inbox", content, stream: None };
    (StatusCode::CONFLICT, shell::page(&site, &person, &page)).into_response()
}

fn named(name: &str) -> Option<StreamId> {
    let (tenant, id) = name.split_once('/')?;
    parked::stream(tenant, id).ok()
}
