//! The log itself: record by record as it grows, from any position, each event leading to what it is about; and whether it
//! is as it was written. What events say is on the pages of what they are about: here are no contents.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use workflow_core::audit::Extent;
use workflow_core::exchange;
use workflow_core::id::{Key, Position, StreamId};
use workflow_core::record::frame::{Frame, hash_of};
use workflow_core::store::StoreError;
use workflow_core::time::Timestamp;

use super::access::Person;
use super::long;
use super::shell::{self, Page};
use super::{Site, inbox, paper, placement, sent, words};
use crate::views::Verified;

/// So many events on a page, and the rest of their last record.
const EVENTS: u64 = 50;

/// What is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The position from which; without it, the end.
    #[serde(default)]
    at: String,
}

/// One record as it is shown.
struct Shown {
    first: u64,
    hash: String,
    events: Vec<Event>,
}

struct Event {
    position: u64,
    at: Timestamp,
    stream: String,
    kind: String,
    input: String,
    key: String,
    actor: String,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Asked>,
) -> Response {
    let end = site.door.engine.position().0;
    let at = match asked.at.trim() {
        "" => None,
        text => match text.parse::<u64>() {
            Ok(at) => Some(at.min(end.saturating_sub(1))),
            Err(_) => {
                return shell::problem(
                    StatusCode::BAD_REQUEST,
                    "A position is a number from 0 on.",
                );
            }
        },
    };
    let from = at.unwrap_or(end.saturating_sub(EVENTS));
    let records = match records(&site, from) {
        Ok(records) => records,
        Err(error) => {
            tracing::error!(%error, "the log's page could not be made");
            return shell::problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The log cannot be read here.",
            );
        }
    };
    let next =
        records.last().and_then(|record| record.events.last()).map(|event| event.position + 1);
    let content = html! {
        div.doors {
            (jump(from))
            (verify_form(&site, &person))
        }
        p.hint { @if at.is_none() { "The end of the log; it follows while the page is live." } @else { "From position " (from) ". " a href="/log" { "To the end, live" } } }
        div data-live="records" {
            @if records.is_empty() { p { "The log is empty." } }
            @for record in records.iter().rev().filter(|_| at.is_none()) { (told(record)) }
            @for record in records.iter().filter(|_| at.is_some()) { (told(record)) }
        }
        nav.pages aria-label="Through the log" {
            @if from > 0 { a rel="prev" href={ "/log?at=" (from.saturating_sub(EVENTS)) } { "Earlier" } " " }
            @if let Some(next) = next.filter(|next| *next < end && at.is_some()) { a rel="next" href={ "/log?at=" (next) } { "Later" } }
        }
    };
    let page = Page { title: "Log", under: "/log", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn records(site: &Site, from: u64) -> Result<Vec<Shown>, StoreError> {
    let (mut records, mut count) = (Vec::new(), 0);
    site.door.engine.store().scan_records(Position(from), &mut |_, bytes| {
        let Ok(frame) = Frame::decode(bytes) else { return ControlFlow::Break(()) };
        // The record that holds the position may begin long before it.
        count += frame.events.iter().filter(|event| event.position.0 >= from).count() as u64;
        let hash = hash_of(bytes).to_string();
        let event = |event: &workflow_core::record::frame::FrameEvent<'_>| Event {
            position: event.position.0,
            at: event.recorded_at,
            stream: event.stream.to_owned(),
            kind: event.kind.to_owned(),
            input: event.input.to_owned(),
            key: event.key.to_owned(),
            actor: event.actor.to_owned(),
        };
        let events = frame.events.iter().map(event).collect();
        records.push(Shown { first: frame.first.0, hash, events });
        if count < EVENTS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(records)
}

fn jump(from: u64) -> Markup {
    html! {
        form.filters method="get" action="/log" data-test="log-jump" {
            label for="at" { "Position" }
            input id="at" name="at" type="number" min="0" value=(from) inputmode="numeric";
            button { "Go there" }
        }
    }
}

fn told(record: &Shown) -> Markup {
    let last = record.events.last().map_or(record.first, |event| event.position);
    html! {
        section.record aria-label={ "Record of positions " (record.first) " to " (last) } {
            p.hint { "One record, hash " code title=(record.hash) { (record.hash.get(..16).unwrap_or_default()) "…" } }
            div.wide tabindex="0" role="region" aria-label={ "Events from position " (record.first) } {
                table {
                    thead { tr { th scope="col" { "Position" } th scope="col" { "When" } th scope="col" { "About" } th scope="col" { "Event" } th scope="col" { "Because of" } } }
                    tbody { @for event in &record.events { (line(event)) } }
                }
            }
        }
    }
}

fn line(event: &Event) -> Markup {
    html! {
        tr {
            th scope="row" { (event.position) }
            td { time { (words::minute(event.at)) } }
            td { (about(event)) }
            td { (words::plain(&event.kind)) }
            td { (words::plain(&event.input)) " by " (event.actor) }
        }
    }
}

/// What an event is about, as a link where it has a page.
fn about(event: &Event) -> Markup {
    let Ok(stream) = StreamId::parse(&event.stream) else { return html! { (event.stream) } };
    if exchange::is_exchange(&stream) {
        return match Key::from_text(&event.key).stream() {
            Some(of) => {
                html! { a href=(sent::address(&of)) { "request for " (of.tenant()) "/" (of.key()) } }
            }
            None => html! { "request" },
        };
    }
    match stream.workflow() {
        "placement" => {
            html! { a href=(placement::address(&stream)) { "placement " (stream.tenant()) "/" (stream.key()) } }
        }
        of @ ("delivery" | "notice") => {
            html! { a href=(inbox::address(&stream)) { (of) " " (stream.tenant()) "/" (stream.key()) } }
        }
        of @ ("contractor" | "certificate" | "invoice") => {
            html! { a href=(paper::address(&stream)) { (of) " " (stream.tenant()) "/" (stream.key()) } }
        }
        other => html! { (other) " " (stream.tenant()) "/" (stream.key()) },
    }
}

/// What is to be verified.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    from: String,
    to: String,
    #[serde(skip_serializing)]
    mark: String,
}

impl Part {
    fn extent(&self) -> Option<Extent> {
        let number = |text: &str| match text.trim() {
            "" => Some(None),
            text => text.parse::<u64>().ok().map(Some),
        };
        let (from, to) = (number(&self.from)?.unwrap_or(0), number(&self.to)?.map(Position));
        Some(Extent { from: Position(from), to, ends: Vec::new() })
    }

    fn address(&self) -> String {
        format!("/log/verify?{}", serde_urlencoded::to_string(self).unwrap_or_default())
    }
}

fn verify_form(site: &Site, person: &Person) -> Markup {
    html! {
        form.filters method="post" action="/log/verify" data-test="log-verify" {
            input type="hidden" name="mark" value=(site.access.form_mark(person));
            label for="from" { "From" }
            input id="from" name="from" type="number" min="0" inputmode="numeric" placeholder="the beginning";
            label for="to" { "to" }
            input id="to" name="to" type="number" min="0" inputmode="numeric" placeholder="the end";
            button.go { "Verify" }
        }
    }
}

/// Begins to verify, and leads to the page that shows how far it is.
pub(super) async fn verify(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let part: Part = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &part.mark) {
        return shell::not_ours();
    }
    let Some(extent) = part.extent() else {
        return shell::problem(StatusCode::BAD_REQUEST, "A position is a number from 0 on.");
    };
    site.long.verify(&site.door, extent).await;
    Redirect::to(&part.address()).into_response()
}

/// How verifying stands.
pub(super) async fn verified(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(part): Query<Part>,
) -> Response {
    let Some(extent) = part.extent() else {
        return shell::problem(StatusCode::BAD_REQUEST, "A position is a number from 0 on.");
    };
    let standing = site.long.verified(&extent);
    let content = html! {
        (long::told(&standing, site.door.engine.position(), &part.address()))
        div data-live="verified" {
            @if let Some(found) = &standing.found { (result(found)) }
            @else if standing.working.is_none() { p { "Nothing was verified here yet." } }
        }
        (verify_form(&site, &person))
        p { a href="/log" { "To the log" } }
    };
    let page = Page { title: "Verify the log", under: "/log", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn result(found: &long::Found) -> Markup {
    let read = |value| serde_json::from_value::<Verified>(value).map_err(|error| error.to_string());
    html! {
        @match found.done.clone().and_then(read) {
            Ok(good) if good.intact => {
                p.lead data-test="verified" { span.state data-state="Active" { "Intact" } " " (good.message) ": positions " (good.from) " to " (good.next.saturating_sub(1)) }
                p { (good.records) " records, " (good.events) " events. The hash of the last record is " code { (good.head) } "." }
            }
            Ok(bad) => { p.problem role="alert" data-test="verified" { "Damaged: " (bad.message) } }
            Err(why) => { p.problem role="alert" { (why) } }
        }
    }
}
