//! One placement: where it stands and why, the road that it took, and what each event changed.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use workflow_core::domain::placement::Placement;
use workflow_core::engine::replay;
use workflow_core::id::StreamId;
use workflow_core::machine::{Kind as _, Machine};
use workflow_core::record::Recorded;
use workflow_core::workflow::Workflow;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, act, board, picture, words};
use crate::views;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// How many of its events are looked at; all without it.
    at: Option<u64>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    Path((tenant, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Response {
    let unknown = || shell::problem(StatusCode::NOT_FOUND, "No such placement is known.");
    let Ok(stream) = StreamId::new("placement", &tenant, &id) else { return unknown() };
    let events = match site.door.engine.history(&stream) {
        Ok(events) if events.is_empty() => return unknown(),
        Ok(events) => events,
        Err(error) => {
            tracing::error!(%stream, %error, "a placement's page could not be made");
            return shell::problem(StatusCode::INTERNAL_SERVER_ERROR, "The log cannot be read.");
        }
    };
    match content(&site, &person, &stream, &events, asked.at) {
        Ok(content) => {
            let title = format!("Placement {id}");
            let follows = asked.at.is_none().then(|| stream.to_string());
            let page = Page { title: &title, under: "/board", content, stream: follows };
            shell::page(&site, &person, &page).into_response()
        }
        Err(error) => {
            tracing::error!(%stream, error, "a placement's page could not be made");
            shell::problem(StatusCode::INTERNAL_SERVER_ERROR, "The history cannot be read.")
        }
    }
}

fn content(
    site: &Site,
    person: &Person,
    stream: &StreamId,
    events: &[Recorded],
    at: Option<u64>,
) -> Result<Markup, String> {
    let steps = steps(events)?;
    let count = steps.len() as u64;
    let shown = at.map_or(count, |at| at.clamp(1, count));
    let (way, now) = ways(&steps, shown);
    let failing = site.door.dispatcher.activity().waiting;
    let line = site.door.engine.summary(stream).map(|summary| views::line(&summary, &failing));
    let is_now = shown == count;
    Ok(html! {
        div data-live="stand" {
            p.lead { (board::state(&now.state)) " " (if is_now { line.as_ref().map_or(&now.why, |l| &l.why) } else { &now.why }) }
            @if is_now && let Some(line) = &line && !line.waits.is_empty() {
                p { "It waits for " (line.waits.join("; ")) "." }
            }
            @if !is_now {
                p.past { "As it stood after event " (shown) " of " (count) ", " (now.at) ". " a href=(address(stream)) { "As it stands now" } }
            }
        }
        @if is_now && person.role >= Role::Operator {
            section aria-labelledby="orders" {
                h2 #orders { "What a person may do" }
                (act::form(site, person, std::slice::from_ref(stream), &address(stream)))
            }
        }
        section aria-labelledby="road" {
            h2 #road { "The road so far" }
            form.slider method="get" action=(address(stream)) {
                label for="at" { "Look back: after event " output for="at" { (shown) } " of " (count) }
                input id="at" name="at" type="range" min="1" max=(count) value=(shown);
                button { "Show" }
            }
            div.wide.picture data-live="picture" tabindex="0" role="region" aria-label="The workflow's states" { (picture::of(&way)) }
        }
        section aria-labelledby="events" {
            h2 #events { "What happened" }
            ol.events reversed data-live="events" { @for step in steps.iter().take(shown as usize).rev() { (told(step)) } }
        }
    })
}

/// A placement's page.
pub(super) fn address(stream: &StreamId) -> String {
    format!("/placements/{}/{}", stream.tenant(), stream.key())
}

/// One event and what it made of the placement.
struct Step {
    number: u64,
    at: String,
    event: String,
    input: String,
    actor: String,
    state: String,
    why: String,
    changed: Vec<Change>,
}

/// A value that an event changed.
struct Change {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

fn steps(events: &[Recorded]) -> Result<Vec<Step>, String> {
    type Of = <Placement as Workflow>::Machine;
    let mut before = serde_json::Value::Null;
    let mut steps = Vec::with_capacity(events.len());
    for (index, recorded) in events.iter().enumerate() {
        let state = replay::<Of>(&events[..=index]).map_err(|error| error.to_string())?;
        let Some(state) = state else { continue };
        let after = serde_json::to_value(&state).map_err(|error| error.to_string())?;
        let entry = views::entry(recorded)?;
        let mut changed = Vec::new();
        differ("", &before, &after, &mut changed);
        steps.push(Step {
            number: entry.number,
            at: words::minute(recorded.event.recorded_at),
            event: entry.event,
            input: entry.input,
            actor: entry.actor,
            state: Of::state_kind(&state).name().to_owned(),
            why: Placement::headline(&state),
            changed,
        });
        before = after;
    }
    Ok(steps)
}

/// The states that were gone through by then, and the last step of them.
fn ways(steps: &[Step], shown: u64) -> (Vec<String>, &Step) {
    let taken = &steps[..(shown as usize).clamp(1, steps.len())];
    let mut way: Vec<String> = Vec::new();
    for step in taken {
        if way.last() != Some(&step.state) {
            way.push(step.state.clone());
        }
    }
    (way, &taken[taken.len() - 1])
}

/// The leaves that differ between two values. A state's own name is told beside the event: below it, what both states
/// know under one name is compared.
fn differ(
    path: &str,
    before: &serde_json::Value,
    after: &serde_json::Value,
    changed: &mut Vec<Change>,
) {
    use serde_json::Value;
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> =
                one.keys().chain(other.keys()).collect();
            for key in keys {
                let deeper =
                    if path.is_empty() { key.clone() } else { format!("{path} › {key}") };
                let at = |of: &serde_json::Map<String, Value>| {
                    of.get(key).cloned().unwrap_or(Value::Null)
                };
                differ(&deeper, &at(one), &at(other), changed);
            }
        }
        (Value::Null, Value::Object(_)) => {
            differ(path, &Value::Object(serde_json::Map::new()), after, changed)
        }
        (Value::Object(_), Value::Null) => {
            differ(path, before, &Value::Object(serde_json::Map::new()), changed)
        }
        _ => changed.push(Change {
            path: words::plain(path),
            before: leaf(before),
            after: leaf(after),
        }),
    }
}

fn leaf(value: &serde_json::Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn told(step: &Step) -> Markup {
    html! {
        li value=(step.number) {
            p {
                time { (step.at) } " " strong { (words::plain(&step.event)) } " "
                (board::state(&step.state)) " " (step.why)
            }
            p.hint { (words::plain(&step.input)) " by " (step.actor) }
            @if !step.changed.is_empty() {
                details {
                    summary { (step.changed.len()) " values changed" }
                    div.wide tabindex="0" role="region" aria-label={ "Values changed by event " (step.number) } {
                        table {
                            thead { tr { th scope="col" { "Value" } th scope="col" { "Before" } th scope="col" { "After" } } }
                            tbody {
                                @for change in &step.changed {
                                    tr {
                                        th scope="row" { (change.path) }
                                        td { (change.before.as_deref().unwrap_or("-")) }
                                        td { (change.after.as_deref().unwrap_or("-")) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_told_leaf_by_leaf() {
        let mut changed = Vec::new();
        let before = json!({"hired": {"job": "jb_1", "terms": {"wage_cents": 9500}}});
        let after =
            json!({"hired": {"job": "jb_1", "terms": {"wage_cents": 9900}}, "quote": "qt_1"});
        differ("", &before, &after, &mut changed);
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changed
            .iter()
            .map(|c| (c.path.as_str(), c.before.as_deref(), c.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("hired › terms › wage cents", Some("9500"), Some("9900")),
                ("quote", None, Some("qt_1"))
            ]
        );
    }
}
