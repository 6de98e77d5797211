//! One placement: where it stands and why, the road that it took, and what each event changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use workflow_core::domain::coverage_days;
use workflow_core::domain::placement::{Cover, Placement, State as Stand, Work};
use workflow_core::engine::decode;
use workflow_core::id::StreamId;
use workflow_core::machine::{Kind as _, Machine};
use workflow_core::record::Recorded;
use workflow_core::time::Timestamp;
use workflow_core::workflow::Workflow;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, act, board, coverage, paper, picture, sent, values, words};
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

/// What is looked at.
struct Looked<'a> {
    stream: &'a StreamId,
    /// After so many of its events.
    shown: u64,
    count: u64,
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
    let events = &events[..(shown as usize).clamp(1, events.len())];
    let looked = Looked { stream, shown, count };
    Ok(html! {
        (stand(site, &looked, now))
        @if shown == count && person.role >= Role::Operator {
            section aria-labelledby="orders" {
                h2 #orders { "What a person may do" }
                div data-live="orders" { (act::form(site, person, stream, &address(stream))) }
            }
        }
        section aria-labelledby="road" {
            h2 #road { "The road so far" }
            form.slider method="get" action=(address(stream)) data-test="slider" data-live="slider" {
                label for="at" { "Look back: after event " output for="at" { (shown) } " of " (count) }
                input id="at" name="at" type="range" min="1" max=(count) value=(shown);
                button { "Show" }
            }
            div.wide.picture data-live="picture" tabindex="0" role="region" aria-label={ "The workflow's states; it is now " (now.state) ", by way of " (way.join(", ")) } { (picture::of(&way)) }
        }
        section aria-labelledby="values" {
            h2 #values { "From JobDiva to 1099Policy" }
            div data-live="values" { (values::table(site, stream, events)) }
            p.doors data-test="sent-links" {
                a href=(sent::address(stream)) { "Requests and answers" }
                @if let Some(contractor) = &now.contractor { " " a href=(sent::address(contractor)) { "Those about the contractor" } " " a href=(paper::address(contractor)) { "The contractor" } }
            }
        }
        section aria-labelledby="events" {
            h2 #events { "What happened" }
            ol.events reversed data-live="events" { @for step in steps.iter().take(shown as usize).rev() { (told(step)) } }
        }
        (beside(site, stream, now.moment, shown == count))
    })
}

/// What people ordered about it that did not move it: pauses, further tries, looking into what is sealed.
fn beside(site: &Site, stream: &StreamId, until: Timestamp, is_now: bool) -> Markup {
    let orders = views::gate_of(stream).and_then(|gate| site.door.engine.history(&gate).ok());
    let orders = orders.unwrap_or_default();
    let in_time = |order: &&Recorded| is_now || order.event.recorded_at <= until;
    let told: Vec<views::Entry> =
        orders.iter().filter(in_time).filter_map(|order| views::entry(order).ok()).collect();
    html! {
        div data-live="beside" {
            @if !told.is_empty() {
                h2 { "What people ordered beside it" }
                ul.events data-test="beside" {
                    @for entry in told.iter().rev() {
                        li {
                            p { time { (entry.at) } " " strong { (words::plain(&entry.event)) } " " span.hint { "by " (entry.actor) } }
                            @if let Some(reason) = entry.data["reason"].as_str() { p { (reason) } }
                        }
                    }
                }
            }
        }
    }
}

/// Where it stands, in a sentence with the days that are left; and what it waits for.
fn stand(site: &Site, looked: &Looked<'_>, now: &Step) -> Markup {
    let Looked { stream, shown, count } = looked;
    let is_now = shown == count;
    let failing = site.door.dispatcher.activity().waiting;
    let summary = site.door.engine.summary(stream).filter(|_| is_now);
    let line = summary.map(|summary| views::line(&summary, &failing));
    let paused = site.door.systems.gates().of_instance(stream).filter(|_| is_now);
    let why = line.as_ref().map_or(&now.why, |line| &line.why);
    let zone = coverage::zone(site, stream.tenant());
    let moment = if is_now { site.door.engine.clock().now() } else { now.moment };
    let left = now.uncovered.map(|day| words::left(day, coverage_days::day_of(moment, &zone)));
    html! {
        div data-live="stand" {
            p.lead data-test="sentence" {
                (board::state(&now.state)) " " (words::begun(why)) @if let Some(left) = &left { ", " (left) } "."
            }
            @if let Some(paused) = paused { p.problem { "Nothing is sent for it: " (paused) } }
            @if let Some(line) = &line && !line.waits.is_empty() {
                p { "It waits for " (line.waits.join("; ")) "." }
            }
            @if !is_now {
                p.past { "As it stood after event " (shown) " of " (count) ", " (now.at) ". " a href=(address(stream)) { "As it stands now" } }
            }
        }
    }
}

/// A placement's page.
pub(super) fn address(stream: &StreamId) -> String {
    format!("/placements/{}/{}", stream.tenant(), stream.key())
}

/// One event and what it made of the placement.
struct Step {
    number: u64,
    at: String,
    moment: Timestamp,
    /// The first day of work, where there is no cover for it yet.
    uncovered: Option<Date>,
    /// Who works.
    contractor: Option<StreamId>,
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
    let (mut before, mut state) = (Leaves::new(), None);
    let mut steps = Vec::with_capacity(events.len());
    for recorded in events {
        let event = decode::<Of>(&recorded.event).map_err(|error| error.to_string())?;
        let next = Of::step(state.take(), event).map_err(|error| error.to_string())?;
        let after = serde_json::to_value(&next).map_err(|error| error.to_string())?;
        let after = leaves_of(&after);
        let entry = views::entry(recorded)?;
        let changed = differ(&before, &after);
        steps.push(Step {
            number: entry.number,
            at: words::minute(recorded.event.recorded_at),
            moment: recorded.event.recorded_at,
            uncovered: uncovered(&next),
            contractor: next.candidate().and_then(|candidate| {
                StreamId::new("contractor", recorded.stream.tenant(), candidate.as_str()).ok()
            }),
            event: entry.event,
            input: entry.input,
            actor: entry.actor,
            state: Of::state_kind(&next).name().to_owned(),
            why: Placement::headline(&next),
            changed,
        });
        (before, state) = (after, Some(next));
    }
    Ok(steps)
}

/// The first day of work, where cover for it is still to come.
fn uncovered(state: &Stand) -> Option<Date> {
    match (state.cover(), state.work()) {
        (Cover::None, Work::Days { days, .. }) => days.first,
        (Cover::None, Work::Over { .. } | Work::CalledOff | Work::OutOfScope)
        | (Cover::InForce(_) | Cover::Lost(..), _) => None,
    }
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

/// Around what is known in several states alike: a value that only moves from one to another is no change.
const AROUND: [&str; 4] = ["hired", "engagement", "back", "readiness"];

/// What two states know under the same names, and do not know alike.
fn differ(before: &Leaves, after: &Leaves) -> Vec<Change> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    let change = |path: &String| Change {
        path: words::plain(path),
        before: before.get(path).cloned(),
        after: after.get(path).cloned(),
    };
    differing.map(change).collect()
}

/// What is known, by name.
type Leaves = BTreeMap<String, String>;

fn leaves_of(value: &serde_json::Value) -> Leaves {
    let mut leaves = Leaves::new();
    gather("", value, &mut leaves);
    leaves
}

fn gather(path: &str, value: &serde_json::Value, leaves: &mut Leaves) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_variant = name.starts_with(|c: char| c.is_ascii_uppercase());
                let deeper = match (path.is_empty(), is_variant && value.is_object()) {
                    (_, true) => path.to_owned(),
                    (_, false) if AROUND.contains(&name.as_str()) => path.to_owned(),
                    (true, false) => name.clone(),
                    (false, false) => format!("{path} › {name}"),
                };
                gather(&deeper, value, leaves);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(leaves.insert(path.to_owned(), text.clone())),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) => {
            leaves.insert(path.to_owned(), value.to_string());
        }
    }
}

fn told(step: &Step) -> Markup {
    html! {
        li value=(step.number) {
            p {
                time { (step.at) } " " strong { (words::plain(&step.event)) } " "
                (board::state(&step.state)) " " (step.why)
            }
            p.hint { (words::plain(&step.input)) " by " (step.actor) }
            (changes(step))
        }
    }
}

/// What an event changed, what it brought, and what is kept no more: a value that was not there before, or is not there
/// after, is no change.
fn changes(step: &Step) -> Markup {
    let (gone, here): (Vec<&Change>, Vec<&Change>) =
        step.changed.iter().partition(|change| change.after.is_none());
    let (new, changed): (Vec<&Change>, Vec<&Change>) =
        here.into_iter().partition(|change| change.before.is_none());
    html! {
        @if !changed.is_empty() {
            details {
                summary { (words::count(changed.len(), "value")) " changed" }
                div.wide tabindex="0" role="region" aria-label={ "Values changed by event " (step.number) } {
                    table {
                        thead { tr { th scope="col" { "Value" } th scope="col" { "Before" } th scope="col" { "After" } } }
                        tbody {
                            @for change in changed {
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
        @if !new.is_empty() {
            details {
                summary { (words::count(new.len(), "value")) " now known" }
                div.wide tabindex="0" role="region" aria-label={ "Values known since event " (step.number) } {
                    table {
                        thead { tr { th scope="col" { "Value" } th scope="col" { "Known now" } } }
                        tbody { @for change in new { tr { th scope="row" { (change.path) } td { (change.after.as_deref().unwrap_or("-")) } } } }
                    }
                }
            }
        }
        @if !gone.is_empty() {
            details data-test="gone" {
                summary { (words::count(gone.len(), "value")) " no longer kept" }
                div.wide tabindex="0" role="region" aria-label={ "Values gone with event " (step.number) } {
                    table {
                        thead { tr { th scope="col" { "Value" } th scope="col" { "Known before" } } }
                        tbody { @for change in gone { tr { th scope="row" { (change.path) } td { (change.before.as_deref().unwrap_or("-")) } } } }
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
    fn what_only_moves_into_another_state_is_no_change() {
        let before = json!({"JobReady": {"hired": {"job": "jb_1", "terms": {"wage_cents": 9500}}}});
        let after = json!({"Flagged": {"issue": {"Refused": {"code": "no"}},
            "back": {"Job": {"hired": {"job": "jb_1", "terms": {"wage_cents": 9900}}}}}});
        let changed = differ(&leaves_of(&before), &leaves_of(&after));
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changed
            .iter()
            .map(|c| (c.path.as_str(), c.before.as_deref(), c.after.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("issue › code", None, Some("no")),
                ("terms › wage cents", Some("9500"), Some("9900"))
            ]
        );
    }

    #[test]
    fn what_an_event_took_away_is_told_apart_from_what_it_brought() {
        let (before, after) =
            (json!({"policy": "pl_1", "job": "jb_1"}), json!({"job": "jb_2", "lost": "cancelled"}));
        let text = String::new;
        let step = Step {
            number: 4,
            at: text(),
            moment: Timestamp(0),
            uncovered: None,
            contractor: None,
            event: text(),
            input: text(),
            actor: text(),
            state: text(),
            why: text(),
            changed: differ(&leaves_of(&before), &leaves_of(&after)),
        };
        let shown = changes(&step).into_string();
        for (told, value) in
            [("changed", "jb_2"), ("now known", "cancelled"), ("no longer kept", "pl_1")]
        {
            let part = shown.split(&format!("1 value {told}")).nth(1).expect("it is told");
            assert!(
                part.split("</details>").next().is_some_and(|it| it.contains(value)),
                "{shown}"
            );
        }
    }
}
