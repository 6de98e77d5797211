//! One page that shows the simulator's state: the clock, what was asked, and every object it keeps.
//!
//! For people who develop against it; it changes nothing. Programs ask `/_sim/ledger` and its like instead.

use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value, json};

use super::app::App;
use super::ledger::RequestSeen;

/// So many of the newest requests and objects are shown.
const SHOWN: usize = 50;

/// The page.
pub(super) fn page(app: &App) -> String {
    let (books, ledger, requests) = {
        let world = app.world();
        let newest = world.shared.requests.iter().rev().take(SHOWN).cloned().collect::<Vec<_>>();
        (json!(world.books), json!(world.ledger(app.now())), newest)
    };
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "1099Policy, simulated" }
                style { (STYLE) }
            }
            body {
                h1 { "1099Policy, simulated" }
                p {
                    "It is " time { (app.now()) } " here. The API is under " code { "/api/v1" }
                    ", described in " a href="/openapi.json" { "openapi.json" }
                    "; clock, faults and behaviour are set under " code { "/_sim" } "."
                }
                (requests_table(&requests))
                (counts(&ledger))
                @for (tenant, book) in objects(&books) { (shelves(tenant, book)) }
            }
        }
    };
    whole.into_string()
}

const STYLE: &str = "body{font:15px/1.5 system-ui;margin:2rem;max-width:75rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem;\
border-bottom:1px solid #ccc}td code{white-space:pre-wrap;word-break:break-all}";

fn requests_table(requests: &[RequestSeen]) -> Markup {
    html! {
        h2 { "The newest requests" }
        @if requests.is_empty() { p { "None yet." } } @else {
            table {
                tr { th { "when" } th { "request" } th { "status" } th { "replayed" } th { "fault" } }
                @for seen in requests {
                    tr {
                        td { (seen.at) }
                        td { code { (seen.method) " " (seen.path) } }
                        td { (seen.status) }
                        td { @if seen.replayed { "yes" } }
                        td { (seen.fault.as_deref().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

/// What was counted; what is empty is left out.
fn counts(ledger: &Value) -> Markup {
    let empty =
        |value: &Value| value.as_object().is_some_and(Map::is_empty) || value.as_u64() == Some(0);
    html! {
        h2 { "The ledger" }
        table {
            @for (name, value) in objects(ledger).filter(|(_, value)| !empty(value)) {
                tr { th { (name) } td { code { (value) } } }
            }
        }
    }
}

/// One tenant's objects, shelf by shelf.
fn shelves(tenant: &str, book: &Value) -> Markup {
    html! {
        h2 { (tenant) }
        @for (name, shelf) in objects(book) {
            @let all = items(shelf);
            h3 { (name) ", " (all.len()) }
            @if !all.is_empty() {
                table {
                    @for item in all.iter().rev().take(SHOWN) { tr { td { code { (item) } } } }
                }
            }
        }
    }
}

fn objects(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The objects on a shelf, however it keeps them.
fn items(shelf: &Value) -> Vec<&Value> {
    match shelf {
        Value::Array(all) => all.iter().collect(),
        Value::Object(fields) => match fields.values().find(|value| value.is_array()) {
            Some(Value::Array(all)) => all.iter().collect(),
            _ => fields.values().filter(|value| value.is_object()).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
