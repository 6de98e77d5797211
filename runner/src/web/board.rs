//! All placements: how many stand where and since when, and a page of those that were asked for. What is asked for is in
//! the address, but for a person's name: that is sent in a form, kept nowhere, and leads to a page without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use workflow_core::domain::placement::Placement;
use workflow_core::engine::Summary;
use workflow_core::id::StreamId;
use workflow_core::machine::{Kind as _, Machine};
use workflow_core::time::Timestamp;
use workflow_core::workflow::Workflow;

use super::access::Person;
use super::book::{Known, Line};
use super::shell::{self, Page};
use super::sieve::{self, Sieve};
use super::{Site, words};
use crate::forget;

/// So many lines on a page.
const LINES: usize = 100;
/// So many people of one name are looked at.
const NAMESAKES: usize = 50;
/// The ages by which placements are counted: up to so many hours, and in words.
const AGES: [(i64, &str); 4] =
    [(24, "less than a day"), (72, "1 to 3 days"), (168, "3 to 7 days"), (i64::MAX, "longer")];

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Sieve>,
) -> Response {
    let now = site.door.engine.clock().now();
    let known = site.book.look();
    let lines = lines(&known, &asked);
    let content = html! {
        (still_reading(&known))
        (counts(&known, &asked, now))
        (filters(&site, &person, &asked))
        div data-live="lines" {
            @if lines.is_empty() { p { "No placement fits." } } @else { (table(&lines, now)) }
            @if lines.len() == LINES && let Some((last, _)) = lines.last() {
                p { a rel="next" href=(Sieve { after: last.to_string(), ..asked.clone() }.address("/board")) { "The next " (LINES) } }
            }
        }
    };
    drop(known);
    let page = Page { title: "Board", under: "/board", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// Says so while not all is known yet.
pub(super) fn still_reading(known: &Known) -> Markup {
    html! {
        div data-live="reading" {
            @if known.left > 0 {
                p.working role="status" data-busy { "The log is still being gathered: " (known.left) " are to come. " }
            }
        }
    }
}

type Shown<'a> = (&'a StreamId, &'a Line);

fn placements(known: &Known) -> impl Iterator<Item = Shown<'_>> {
    known.lines.iter().filter(|(stream, _)| stream.workflow() == "placement")
}

fn lines<'a>(known: &'a Known, asked: &Sieve) -> Vec<Shown<'a>> {
    let after: Option<StreamId> = StreamId::parse(&asked.after).ok();
    let fits = asked.test();
    let wanted = placements(known).filter(|(stream, line)| {
        after.as_ref().is_none_or(|after| *stream > after) && fits(stream, line)
    });
    wanted.take(LINES).collect()
}

/// The states in the order of the road, each with its number and how long they have stood there.
fn counts(known: &Known, asked: &Sieve, now: Timestamp) -> Markup {
    type Kinds = <<Placement as Workflow>::Machine as Machine>::StateKind;
    let others = Sieve { state: String::new(), after: String::new(), ..asked.clone() };
    let fits = others.test();
    let mut counts: BTreeMap<&'static str, [usize; AGES.len()]> = BTreeMap::new();
    for (_, line) in placements(known).filter(|(stream, line)| fits(stream, line)) {
        let hours = (now.0 - line.updated_at.0) / 3_600_000;
        let age = AGES.iter().position(|(up_to, _)| hours < *up_to).unwrap_or(AGES.len() - 1);
        counts.entry(line.state).or_default()[age] += 1;
    }
    let all: usize = counts.values().flatten().sum();
    let chip = |state: &str, name: &str, count: usize| {
        let address = Sieve { state: state.to_owned(), ..others.clone() }.address("/board");
        html! {
            a href=(address) data-state=(name) aria-current=[(asked.state == state).then_some("true")] {
                strong { (count) } " " (name)
            }
        }
    };
    html! {
        div.wide.counts data-live="counts" tabindex="0" role="region" aria-label="Placements by state and age" {
            table.heat data-test="counts" {
                thead { tr { th scope="col" { "State" } @for (_, age) in AGES { th scope="col" { (age) } } } }
                tbody {
                    tr { th scope="row" { (chip("", "All", all)) } @for age in 0..AGES.len() { td { (counts.values().map(|of| of[age]).sum::<usize>()) } } }
                    @for kind in Kinds::ALL {
                        @let of = counts.get(kind.name()).copied().unwrap_or_default();
                        tr {
                            th scope="row" { (chip(kind.name(), kind.name(), of.iter().sum())) }
                            @for (age, count) in of.iter().enumerate() { td data-heat=(heat(age, *count)) { (count) } }
                        }
                    }
                }
            }
        }
    }
}

/// How warm a count is shown: the older the warmer, none without a count. The number says it too.
fn heat(age: usize, count: usize) -> usize {
    if count == 0 { 0 } else { age + 1 }
}

fn filters(site: &Site, person: &Person, asked: &Sieve) -> Markup {
    let tenants = &site.door.tenants;
    html! {
        form.filters method="get" action="/board" role="search" aria-label="By id, words, client" {
            @if !asked.state.is_empty() { input type="hidden" name="state" value=(asked.state); }
            label for="q" { "Id or words" }
            input id="q" name="q" type="search" value=(asked.q);
            label for="company" { "Client" }
            input id="company" name="company" type="search" value=(asked.company);
            @if tenants.len() > 1 { (sieve::tenants(tenants, &asked.tenant)) }
            button { "Search" }
        }
        form.filters method="post" action="/board/find" role="search" aria-label="By the worker's name" {
            input type="hidden" name="mark" value=(site.access.form_mark(person));
            label for="name" { "Worker's name or e-mail" }
            input id="name" name="name" type="search" required autocomplete="off" maxlength="200" aria-describedby="name-how";
            button { "Find" }
            p.hint id="name-how" { "Whole words, in any order. What you type is kept nowhere and stands in no address." }
        }
    }
}

fn table(lines: &[Shown<'_>], now: Timestamp) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Placements" {
            table data-test="placements" {
                thead { tr { th scope="col" { "Placement" } th scope="col" { "State" } th scope="col" { "Client" } th scope="col" { "Why it is there" } th scope="col" { "For" } } }
                tbody {
                    @for (stream, line) in lines {
                        tr {
                            th scope="row" { (link(stream)) }
                            td { (state(line.state)) }
                            td { (line.company.as_deref().unwrap_or("-")) }
                            td { (line.headline) }
                            td title=(words::minute(line.updated_at)) { (words::ago(line.updated_at, now)) }
                        }
                    }
                }
            }
        }
    }
}

/// The placements of people of a name.
pub(super) async fn find(
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
    if field("name").trim().is_empty() {
        return shell::problem(StatusCode::BAD_REQUEST, "Say a name.");
    }
    let engine = &site.door.engine;
    let (people, left) = {
        let known = site.book.look();
        (known.called(field("name")), known.left)
    };
    let mut placements: Vec<Summary> = Vec::new();
    for contractor in people.iter().take(NAMESAKES) {
        let own = forget::placements_of(engine, contractor).into_iter();
        let own = own.filter_map(|id| StreamId::new("placement", contractor.tenant(), &id).ok());
        placements.extend(own.filter_map(|stream| engine.summary(&stream)));
    }
    let now = engine.clock().now();
    let content = html! {
        @if left > 0 { p.working role="status" { "Not all people are known yet: " (left) " are to come." } }
        p data-test="found" { (people.len()) " people of that name, " (placements.len()) " placements." }
        @if people.len() > NAMESAKES { p { "Only the first " (NAMESAKES) " are shown: add another word of the name." } }
        @if !placements.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Placements found" {
                table {
                    thead { tr { th scope="col" { "Placement" } th scope="col" { "State" } th scope="col" { "Why it is there" } th scope="col" { "For" } } }
                    tbody { @for line in &placements { tr {
                        th scope="row" { (link(&line.stream)) } td { (self::state(line.state)) } td { (line.headline) }
                        td { (words::ago(line.updated_at, now)) }
                    } } }
                }
            }
        }
        p { a href="/board" { "To the board" } }
    };
    let page = Page { title: "Found", under: "/board", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// A placement as a link to its page.
pub(super) fn link(stream: &StreamId) -> Markup {
    let (tenant, id) = (stream.tenant(), stream.key());
    html! { a href={ "/placements/" (tenant) "/" (id) } { (tenant) "/" (id) } }
}

/// A state with its mark: the word says it, the colour only helps.
pub(super) fn state(name: &str) -> Markup {
    html! { span.state data-state=(name) { (name) } }
}
