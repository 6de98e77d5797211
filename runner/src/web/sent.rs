//! What was sent to the insurer about one instance and what came back: the exchanges that the log keeps, found beside the
//! page as `runner audit sent` finds them. What may be personal stays sealed; an admin opens one exchange at a time, and the
//! log says who did and why before anything is shown.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use workflow_core::exchange::{self, Body, Contents, Kept, Opened};
use workflow_core::id::{Position, StreamId};
use workflow_core::record::Recorded;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, long, paper, placement, words};
use crate::audit::{Question, Sent};
use crate::disclosure::{self, Why};

/// So many exchanges on a page, the newest of them.
const LINES: usize = 200;

/// About what.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The stream that owed the calls.
    #[serde(default)]
    of: String,
    /// So many of the newest are passed over.
    #[serde(default)]
    skip: usize,
}

/// The page about a stream.
pub(super) fn address(of: &StreamId) -> String {
    format!("/sent?{}", serde_urlencoded::to_string([("of", of.as_str())]).unwrap_or_default())
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Asked>,
) -> Response {
    let unknown = || shell::problem(StatusCode::NOT_FOUND, "Nothing of that name is known.");
    let Ok(of) = StreamId::parse(&asked.of) else { return unknown() };
    if site.door.engine.summary(&of).is_none() {
        return unknown();
    }
    let question = Question::Sent { id: of.to_string(), open: None };
    let standing = site.long.ask(&site.door, question).await;
    let rows = standing.found.iter().flat_map(|found| &found.rows);
    let sent: Vec<Sent> = rows
        .rev()
        .skip(asked.skip)
        .take(LINES)
        .filter_map(|row| serde_json::from_str(row).ok())
        .collect();
    let all = standing.found.as_ref().map_or(0, |found| found.rows.len());
    let failed = standing.found.as_ref().and_then(|found| found.done.as_ref().err());
    let content = html! {
        @if of.workflow() == "placement" { p { a href=(placement::address(&of)) { "To the placement" } } }
        @else { p { a href=(paper::address(&of)) { "To the " (of.workflow()) } } }
        (long::told(&standing, site.door.engine.position(), &address(&of)))
        @if let Some(why) = failed { p.problem role="alert" { "The log gave no answer: " (why) } }
        div data-live="sent" {
            @if standing.found.is_some() && sent.is_empty() { p { "Nothing was sent to 1099Policy about it." } }
            @if !sent.is_empty() { (table(&site, &person, &sent)) }
            @let shown = asked.skip.saturating_add(LINES);
            @if asked.skip > 0 { p { a href=(address(&of)) { "The newest" } } }
            @if all > shown { p { a href={ (address(&of)) "&skip=" (shown) } { (words::count(all - shown, "earlier one")) } } }
        }
        p.hint {
            "Query, headers and bodies are sealed to the person whom they concern"
            @if person.role < Role::Admin { "; an admin may open them" } "."
        }
    };
    let title = format!("Requests and answers of {} {}", of.workflow(), of.key());
    let page = Page { title: &title, under: "/board", content, stream: Some(of.to_string()) };
    shell::page(&site, &person, &page).into_response()
}

fn table(site: &Site, person: &Person, sent: &[Sent]) -> Markup {
    let may = person.role >= Role::Admin;
    html! {
        div.wide tabindex="0" role="region" aria-label="Requests and answers" {
            table data-test="sent" {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Request" } th scope="col" { "Answer" }
                    th scope="col" { "Position" } th scope="col" { "Contents" }
                } }
                tbody {
                    @for one in sent {
                        tr {
                            td { (one.at) }
                            th scope="row" { (words::plain(&one.operation)) span.hint { " attempt " (one.attempt) } }
                            td { code { (one.method) " " (one.path) } @if let Some(key) = &one.idempotency_key { p.hint { "idempotency key " code { (key) } } } }
                            td {
                                @match (&one.status, &one.failed) {
                                    (Some(status), _) => { (status) ", " (one.answer_bytes.unwrap_or_default()) " bytes" }
                                    (None, Some(why)) => { "none: " (why) }
                                    (None, None) => "none",
                                }
                                @if let Some(id) = &one.request_id { p.hint { "request id " code { (id) } } }
                            }
                            td { a href={ "/log?at=" (one.position) } { (one.position) } }
                            td { (one.contents) @if may && one.contents == "sealed" { (opener(site, person, one)) } }
                        }
                    }
                }
            }
        }
    }
}

fn opener(site: &Site, person: &Person, one: &Sent) -> Markup {
    html! {
        form.line method="post" action="/sent/open" {
            input type="hidden" name="mark" value=(site.access.form_mark(person));
            input type="hidden" name="position" value=(one.position);
            input name="reason" required maxlength="500" autocomplete="off" placeholder="Why" aria-label={ "Why, for the exchange at position " (one.position) };
            button.quiet aria-label={ "Open the exchange at position " (one.position) } { "Open" }
        }
    }
}

/// Which exchange.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    mark: String,
    position: u64,
    reason: String,
}

/// One exchange, opened for an admin.
pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let which: Which = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &which.mark) {
        return shell::not_ours();
    }
    if person.role < Role::Admin {
        return shell::problem(StatusCode::FORBIDDEN, "Only an admin may open what is sealed.");
    }
    let unknown =
        || shell::problem(StatusCode::NOT_FOUND, "There is no exchange at that position.");
    let Some(kept) = at(&site, Position(which.position)) else { return unknown() };
    let Some(of) = kept.stream() else { return unknown() };
    let Some(vault) = site.door.engine.vault() else {
        return shell::problem(StatusCode::NOT_FOUND, "The keys that open it are not at hand.");
    };
    let why = Why { by: person.name.clone(), reason: which.reason.clone() };
    if let Err(no) = disclosure::keep(&site.door.engine, &why, &of, kept.position).await {
        return shell::problem(StatusCode::CONFLICT, &no);
    }
    let contents = match kept.open(vault) {
        Ok(Opened::Open(contents)) => shown(&contents),
        Ok(Opened::Forgotten) => {
            html! { p { "The person was forgotten: nothing opens it any more." } }
        }
        Ok(Opened::NotKept) => html! { p { "Its contents were not kept." } },
        Err(error) => html! { p.problem role="alert" { "It does not open: " (error) } },
    };
    let (method, path) = kept.asked();
    let content = html! {
        p.lead { code { (method) " " (path) } }
        (contents)
        p { a href=(address(&of)) { "Back" } }
    };
    let title = format!("Exchange at position {}", which.position);
    let page = Page { title: &title, under: "/board", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn at(site: &Site, position: Position) -> Option<Kept> {
    let mut found: Option<Recorded> = None;
    let scanned = site.door.engine.store().scan(position, &mut |recorded| {
        found = Some(recorded);
        ControlFlow::Break(())
    });
    scanned.ok()?;
    let found =
        found.filter(|one| one.position == position && exchange::is_exchange(&one.stream))?;
    Kept::read(&found).ok()
}

fn shown(contents: &Contents) -> Markup {
    html! {
        section aria-labelledby="request" data-test="opened" {
            h2 #request { "Request" }
            @if let Some(query) = &contents.query { p { "Query: " code { (query) } } }
            @for (name, value) in &contents.headers { p.hint { code { (name) ": " (value) } } }
            (text(&contents.body, "the request"))
        }
        section aria-labelledby="answer" {
            h2 #answer { "Answer" }
            @for (name, value) in &contents.answer_headers { p.hint { code { (name) ": " (value) } } }
            @match &contents.answer { Some(body) => (text(body, "the answer")), None => p { "None was kept." } }
        }
    }
}

fn text(body: &Body, of: &str) -> Markup {
    let kept = body.kept();
    let plain = serde_json::from_slice::<serde_json::Value>(kept)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .or_else(|| String::from_utf8(kept.to_vec()).ok());
    html! {
        @match plain {
            Some(plain) if !plain.is_empty() => { pre.wide tabindex="0" role="region" aria-label={ "Body of " (of) } { (plain) } }
            _ => { p { (body.length()) " bytes" @if let Some(sha256) = body.sha256() { ", SHA-256 " code { (sha256) } } } }
        }
    }
}
