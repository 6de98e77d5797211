//! What needs a person: grouped by what happened, oldest first, each with what can be done about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use workflow_core::domain::Insurance;
use workflow_core::engine::{Engine, Summary, Wait};
use workflow_core::time::Timestamp;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, act, board, words};

/// The workflows in which something can wait for a person.
const WORKFLOWS: [&str; 4] = ["placement", "contractor", "certificate", "invoice"];
/// So many lines of one cause; the rest comes up when these are settled.
const LINES: usize = 100;

/// What happened to all of them alike.
struct Cause {
    words: String,
    lines: Vec<Summary>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
) -> Response {
    let engine = &site.door.engine;
    let now = engine.clock().now();
    let causes = causes(engine);
    let content = html! {
        div data-live="review" {
            @if causes.is_empty() {
                p.lead { "Nothing needs a person." }
            }
            @for (index, cause) in causes.iter().enumerate() {
                section aria-labelledby={ "cause-" (index) } {
                    h2 id={ "cause-" (index) } { (cause.words) " " span.count { (cause.lines.len()) } }
                    (group(&site, &person, cause, now))
                }
            }
        }
    };
    let page = Page { title: "Review", under: "/review", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn causes(engine: &Engine<Insurance>) -> Vec<Cause> {
    let needs = |line: &Summary| {
        let asked = line.waits.iter().any(|wait| matches!(wait, Wait::Person(_)));
        asked || line.headline.starts_with("held: ")
    };
    let mut causes: BTreeMap<String, Vec<Summary>> = BTreeMap::new();
    for workflow in WORKFLOWS {
        // What waits for a person neither ended nor rests.
        for line in engine.open_summaries(workflow).into_iter().filter(needs) {
            causes.entry(cause(&line)).or_default().push(line);
        }
    }
    let mut causes: Vec<Cause> = causes
        .into_iter()
        .map(|(words, mut lines)| {
            lines.sort_by_key(|line| line.updated_at);
            Cause { words, lines }
        })
        .collect();
    causes.sort_by_key(|cause| cause.lines.first().map(|line| line.updated_at));
    causes
}

/// What happened, without what is particular to one: the words up to the first stop.
fn cause(line: &Summary) -> String {
    let words = line.headline.split([':', ';', ',', '(']).next().unwrap_or_default().trim();
    let of = match line.stream.workflow() {
        "placement" => String::new(),
        other => format!("{other}: "),
    };
    format!("{of}{words}")
}

fn group(site: &Site, person: &Person, cause: &Cause, now: Timestamp) -> Markup {
    let lines = &cause.lines[..cause.lines.len().min(LINES)];
    let may = person.role >= Role::Operator;
    html! {
        form.orders method="post" action="/act" {
            div.wide tabindex="0" role="region" aria-label=(cause.words) {
                table {
                    thead {
                        tr {
                            @if may { th scope="col" { "Choose" } }
                            th scope="col" { "Which" } th scope="col" { "State" } th scope="col" { "What" } th scope="col" { "For" }
                        }
                    }
                    tbody {
                        @for line in lines {
                            @let name = act::name(&line.stream);
                            tr {
                                @if may {
                                    td { input type="checkbox" name="about" value=(name) aria-label={ "Choose " (name) }; }
                                }
                                th scope="row" { @if line.stream.workflow() == "placement" { (board::link(&line.stream)) } @else { (name) } }
                                td { (board::state(line.state)) }
                                td { (line.headline) }
                                td title=(words::minute(line.updated_at)) { (words::ago(line.updated_at, now)) }
                            }
                        }
                    }
                }
            }
            @if cause.lines.len() > LINES { p { "And " (cause.lines.len() - LINES) " more." } }
            @if may { (act::fields(site, person, "/review")) }
        }
    }
}
