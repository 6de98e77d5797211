//! All placements: how many stand where, and a page of those that were asked for. What is asked for is in the address.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use workflow_core::domain::Insurance;
use workflow_core::domain::placement::Placement;
use workflow_core::engine::{Engine, Summary};
use workflow_core::id::StreamId;
use workflow_core::machine::{Kind as _, Machine};
use workflow_core::time::Timestamp;
use workflow_core::workflow::Workflow;

use super::access::Person;
use super::shell::{self, Page};
use super::{Site, words};

/// So many lines on a page.
const LINES: usize = 100;

/// What is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Only this state.
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    /// Only this tenant.
    #[serde(skip_serializing_if = "String::is_empty")]
    tenant: String,
    /// Words of the id or of what is said about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    /// The stream after which the page begins.
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Query(asked): Query<Asked>,
) -> Response {
    let engine = &site.door.engine;
    let now = engine.clock().now();
    let lines = lines(engine, &asked);
    let content = html! {
        (counts(engine, &asked))
        (filters(&site, &asked))
        div data-live="lines" {
            @if lines.is_empty() { p { "No placement fits." } } @else { (table(&lines, now)) }
            @if lines.len() == LINES && let Some(last) = lines.last() {
                p { a rel="next" href=(address(&Asked { after: last.stream.to_string(), ..asked.clone() })) { "The next " (LINES) } }
            }
        }
    };
    let page = Page { title: "Board", under: "/board", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

/// The page that shows this.
fn address(asked: &Asked) -> String {
    let query = serde_urlencoded::to_string(asked).unwrap_or_default();
    if query.is_empty() { "/board".to_owned() } else { format!("/board?{query}") }
}

fn lines(engine: &Engine<Insurance>, asked: &Asked) -> Vec<Summary> {
    let after: Option<StreamId> = StreamId::parse(&asked.after).ok();
    let wanted = asked.q.to_lowercase();
    let keep = |line: &Summary| {
        (asked.state.is_empty() || line.state == asked.state)
            && (asked.tenant.is_empty() || line.stream.tenant() == asked.tenant)
            && (wanted.is_empty()
                || line.stream.key().to_lowercase().contains(&wanted)
                || line.headline.to_lowercase().contains(&wanted))
    };
    engine.summaries_of("placement", keep, after.as_ref(), LINES)
}

/// The states in the order of the road, each with its number, leading to its lines.
fn counts(engine: &Engine<Insurance>, asked: &Asked) -> Markup {
    type Kinds = <<Placement as Workflow>::Machine as Machine>::StateKind;
    let counts: BTreeMap<&'static str, usize> = engine.counts("placement");
    let all: usize = counts.values().sum();
    let chip = |state: &str, name: &str, count: usize| {
        let address =
            address(&Asked { state: state.to_owned(), after: String::new(), ..asked.clone() });
        html! {
            li {
                a href=(address) data-state=(name) aria-current=[(asked.state == state).then_some("true")] {
                    strong { (count) } " " (name)
                }
            }
        }
    };
    html! {
        ul.counts data-live="counts" aria-label="Placements by state" {
            (chip("", "All", all))
            @for kind in Kinds::ALL {
                (chip(kind.name(), kind.name(), counts.get(kind.name()).copied().unwrap_or(0)))
            }
        }
    }
}

fn filters(site: &Site, asked: &Asked) -> Markup {
    let tenants = &site.door.tenants;
    html! {
        form.filters method="get" action="/board" role="search" {
            @if !asked.state.is_empty() { input type="hidden" name="state" value=(asked.state); }
            label for="q" { "Id or words" }
            input id="q" name="q" type="search" value=(asked.q);
            @if tenants.len() > 1 {
                label for="tenant" { "Tenant" }
                select id="tenant" name="tenant" {
                    option value="" { "All" }
                    @for tenant in tenants {
                        option value=(tenant) selected[*tenant == asked.tenant] { (tenant) }
                    }
                }
            }
            button { "Search" }
        }
    }
}

fn table(lines: &[Summary], now: Timestamp) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Placements" {
            table {
                thead { tr { th scope="col" { "Placement" } th scope="col" { "State" } th scope="col" { "Why it is there" } th scope="col" { "For" } } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (link(&line.stream)) }
                            td { (state(line.state)) }
                            td { (line.headline) }
                            td title=(words::minute(line.updated_at)) { (words::ago(line.updated_at, now)) }
                        }
                    }
                }
            }
        }
    }
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
