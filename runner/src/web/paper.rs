//! One contractor, one certificate, one pay period: where it stands, what a person may do about it, what happened to it.
//!
//! Names and contents are not shown: of a contractor the id in JobDiva, of a certificate its name here. The placement has a
//! page of its own (`placement.rs`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use workflow_core::domain::call::CoverageType;
use workflow_core::domain::certificate::{Certificate, Input};
use workflow_core::engine::{HandleError, Source};
use workflow_core::id::StreamId;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, act, board, person, sent, words};
use crate::views;

/// What has such a page: the workflow, and what people call it.
const KINDS: [(&str, &str); 3] =
    [("contractor", "Contractor"), ("certificate", "Certificate"), ("invoice", "Pay period")];

/// What a certificate can be taken for.
const COVERS: [(&str, &str, CoverageType); 5] = [
    ("general", "General liability", CoverageType::General),
    ("professional", "Professional liability", CoverageType::Professional),
    ("workers_comp", "Workers' compensation", CoverageType::WorkersComp),
    ("media", "Media liability", CoverageType::Media),
    ("cyber", "Cyber liability", CoverageType::Cyber),
];

/// The page of one of them.
pub(super) fn address(stream: &StreamId) -> String {
    format!("/papers/{}/{}/{}", stream.workflow(), stream.tenant(), stream.key())
}

/// One of them as a link; a placement to its own page.
pub(super) fn link(stream: &StreamId) -> Markup {
    match stream.workflow() {
        "placement" => board::link(stream),
        _ => html! { a href=(address(stream)) { (act::name(stream)) } },
    }
}

pub(super) fn unknown() -> Response {
    shell::problem(StatusCode::NOT_FOUND, "Nothing of that name is known.")
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path((workflow, tenant, id)): Path<(String, String, String)>,
) -> Response {
    let Some((_, called)) = KINDS.iter().find(|(known, _)| *known == workflow) else {
        return unknown();
    };
    let Ok(stream) = StreamId::new(&workflow, &tenant, &id) else { return unknown() };
    let history = site.door.engine.history(&stream).map_err(|error| error.to_string());
    let history = match history.and_then(|events| views::history(&stream, &events, None)) {
        Ok(history) if history.events.is_empty() => return unknown(),
        Ok(history) => history,
        Err(error) => {
            tracing::error!(%stream, error, "a page could not be made");
            return shell::problem(StatusCode::INTERNAL_SERVER_ERROR, "The log cannot be read.");
        }
    };
    let failing = site.door.dispatcher.activity().waiting;
    let line = site.door.engine.summary(&stream).map(|summary| views::line(&summary, &failing));
    let waits = line.map(|line| line.waits).unwrap_or_default();
    let content = html! {
        div data-live="stand" {
            p.lead { (board::state(&history.state)) " " (words::begun(&history.why)) }
            @if !waits.is_empty() { p { "It waits for " (waits.join("; ")) "." } }
        }
        @if person.role >= Role::Operator {
            section aria-labelledby="orders" {
                h2 #orders { "What a person may do" }
                div data-live="orders" {
                    (act::form(&site, &person, &stream, &address(&stream)))
                    @if workflow == "certificate" { (for_good(&site, &person, &stream, &history.state)) }
                    @if workflow == "contractor" { (person::forms(&site, &person, &stream)) }
                }
            }
        }
        p.doors { a href=(sent::address(&stream)) { "Requests and answers" } }
        section aria-labelledby="events" {
            h2 #events { "What happened" }
            ol.events reversed data-live="events" {
                @for entry in history.events.iter().rev() {
                    li value=(entry.number) {
                        p { time { (entry.at) } " " strong { (words::plain(&entry.event)) } " " span.hint { (words::plain(&entry.input)) " by " (entry.actor) } }
                        @if let Some(reason) = entry.data["reason"].as_str() { p { (reason) } }
                    }
                }
            }
        }
    };
    let title = format!("{called} {tenant}/{id}");
    let page = Page { title: &title, under: "/review", content, stream: Some(stream.to_string()) };
    shell::page(&site, &person, &page).into_response()
}

/// The form that takes a certificate for what a person read on it: once the insurer has reviewed it.
fn for_good(site: &Site, person: &Person, stream: &StreamId, state: &str) -> Markup {
    html! {
        @if ["Approved", "Flagged", "Denied"].contains(&state) {
            details.others data-test="accept" {
                summary { "Take it for what you read on it" }
                form.orders method="post" action="/papers/accept" {
                    input type="hidden" name="mark" value=(site.access.form_mark(person));
                    input type="hidden" name="tenant" value=(stream.tenant());
                    input type="hidden" name="id" value=(stream.key());
                    label { "It covers " select name="covers" { @for (name, words, _) in COVERS { option value=(name) { (words) } } } }
                    label { "First day without cover " input name="until" type="date" required; }
                    label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
                    button { "Take it for good" }
                }
            }
        }
    }
}

pub(super) async fn accept(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let pairs: BTreeMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let field = |name: &str| pairs.get(name).map(String::as_str).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, field("mark")) {
        return shell::not_ours();
    }
    if person.role < Role::Operator {
        return shell::problem(StatusCode::FORBIDDEN, "As a viewer you may look, not decide.");
    }
    let covers = COVERS.iter().find(|(name, _, _)| *name == field("covers"));
    let (Some((_, _, covers)), Ok(until)) = (covers, field("until").parse()) else {
        return shell::problem(StatusCode::BAD_REQUEST, "Say what it covers, and until when.");
    };
    let Ok(stream) = StreamId::new("certificate", field("tenant"), field("id")) else {
        return unknown();
    };
    if site.door.engine.summary(&stream).is_none() {
        return unknown();
    }
    let reason = field("reason").to_owned();
    let input = Input::Accept { covers: vec![*covers], until: Some(until), reason };
    let source = Source::new(format!("operator:{}", person.name), "");
    match site.door.engine.handle::<Certificate>(&stream, input, source).await {
        Ok(_) => Redirect::to(&address(&stream)).into_response(),
        Err(HandleError::Rejected(no)) => refused(&site, &person, &stream, &no.message),
        Err(error) => refused(&site, &person, &stream, &error.to_string()),
    }
}

pub(super) fn refused(site: &Site, person: &Person, stream: &StreamId, why: &str) -> Response {
    let content =
        html! { p.problem role="alert" { (why) } p { a href=(address(stream)) { "Back" } } };
    let page = Page { title: "Not done", under: "/review", content, stream: None };
    (StatusCode::CONFLICT, shell::page(site, person, &page)).into_response()
}
