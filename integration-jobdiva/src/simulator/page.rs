//! One page that shows the simulator's state: the clock, what was asked, the records, tokens, webhooks and switches.
//!
//! For people who develop against it; it changes nothing. Programs ask `/__sim/state` and its like instead.

use maud::{DOCTYPE, Markup, html};
use workflow_core::time::{Clock, Timestamp};

use super::behaviour::Behaviour;
use super::control::{CONTROLS, stands};
use super::eastern::stamp;
use super::routes::CONTROL;
use super::search::starts;
use super::server::Shared;
use super::state::{Moments, State};

/// So many of the newest requests, deliveries and records are shown.
const SHOWN: usize = 50;

const STYLE: &str = "body{font:15px/1.5 system-ui;margin:2rem;max-width:75rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem;\
border-bottom:1px solid #ccc}td code{white-space:pre-wrap;word-break:break-all}";

/// The page.
pub(super) fn page(shared: &Shared) -> String {
    let now = shared.clock.now();
    let state = shared.read();
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "JobDiva, simulated" }
                style { (STYLE) }
            }
            body {
                h1 { "JobDiva, simulated" }
                p {
                    "It is " time { (now) } " here, " (stamp(now)) " in New York. The API is under "
                    code { "/apiv2" } " and " code { "/api" } ", described in "
                    a href="/openapi.json" { "openapi.json" } "."
                }
                (requests(&state))
                (placements(&state, now))
                (candidates(&state))
                (records(&state, now))
                (tokens(&state, now))
                (deliveries(&state))
                (trouble(&state))
                (switches(&shared.settings.behaviour))
                (controls())
            }
        }
    };
    whole.into_string()
}

fn requests(state: &State) -> Markup {
    html! {
        h2 { "The newest requests" }
        @if state.received.is_empty() { p { "None yet." } } @else {
            table {
                tr { th { "when" } th { "request" } th { "status" } }
                @for seen in state.received.iter().rev().take(SHOWN) {
                    tr {
                        td { (seen.at) }
                        td { code {
                            (seen.method) " " (seen.path)
                            @for (name, value) in &seen.query { " " (name) "=" (value) }
                        } }
                        td { @match seen.status { Some(status) => (status), None => "no answer" } }
                    }
                }
            }
        }
    }
}

fn placements(state: &State, now: Timestamp) -> Markup {
    let seen = state.activities.values().filter(|of| of.updated(now).is_some());
    html! {
        h2 { "Placements, " (state.activities.len()) }
        table {
            tr { th { "id" } th { "candidate" } th { "job" } th { "status" } th { "start" } th { "end" } th { "pay" } }
            @for of in seen {
                tr {
                    td { (of.id) }
                    td { (of.candidate) }
                    td { (of.job) }
                    td { @if of.deleted.is_some() { "deleted" } @else { (starts::status(of, now)) } }
                    td { (of.start) }
                    td { @if let Some(end) = of.end { (end) } }
                    td { (of.pay_rate) " " (of.currency) "/" (of.pay_per) }
                }
            }
        }
    }
}

fn candidates(state: &State) -> Markup {
    html! {
        h2 { "Candidates, " (state.candidates.len()) }
        table {
            tr { th { "id" } th { "name" } th { "e-mail" } th { "state" } th { "standing" } }
            @for of in state.candidates.values() {
                tr {
                    td { (of.id) }
                    td { (of.first_name) " " (of.last_name) }
                    td { (of.email) }
                    td { (of.state) }
                    td {
                        @if let Some(merge) = of.merged { "merged into " (merge.into) }
                        @if of.deleted.is_some() { "deleted" }
                    }
                }
            }
        }
    }
}

/// Pay and billing records, and counts of the rest.
fn records(state: &State, now: Timestamp) -> Markup {
    let standing = |approved: Timestamp, created: Timestamp, deleted: bool| {
        if deleted {
            "deleted"
        } else if created > now {
            "to come"
        } else if approved > now {
            "waits for approval"
        } else {
            "approved"
        }
    };
    html! {
        h2 { "Pay records, " (state.salary.len()) }
        table {
            tr { th { "employee/record" } th { "placement" } th { "from" } th { "pay" } th { "category" } th { "standing" } }
            @for of in &state.salary {
                tr {
                    td { (of.employee) "/" (of.rec) }
                    td { (of.activity) }
                    td { (of.effective) }
                    td { (of.amount) "/" (of.per) }
                    td { (of.category) }
                    td { (standing(of.approved, of.created, of.deleted)) }
                }
            }
        }
        h2 { "Billing records, " (state.billing.len()) }
        table {
            tr { th { "employee/record" } th { "placement" } th { "from" } th { "to" } th { "worksite" } th { "standing" } }
            @for of in &state.billing {
                tr {
                    td { (of.employee) "/" (of.rec) }
                    td { (of.activity) }
                    td { (of.start) }
                    td { @if let Some(end) = of.end { (end) } }
                    td { (of.location) " " (of.work_state) }
                    td { (standing(of.approved, of.created, of.deleted)) }
                }
            }
        }
        p {
            (state.jobs.len()) " jobs, " (state.companies.len()) " companies, " (state.contacts.len())
            " contacts, " (state.timesheets.len()) " timesheets, " (state.invoices.len()) " invoices, "
            (state.attachments.len()) " attachments, " (state.onboarding.len()) " onboarding documents."
        }
    }
}

/// Tokens by the beginning of their digest: the tokens themselves are not kept.
fn tokens(state: &State, now: Timestamp) -> Markup {
    let living = state.tokens.iter().filter(|(_, token)| token.expires > now);
    html! {
        h2 { "Tokens" }
        @if state.tokens.is_empty() { p { "None given, or all revoked." } } @else {
            table {
                tr { th { "digest" } th { "for" } th { "until" } }
                @for (digest, token) in living.take(SHOWN) {
                    tr {
                        td { code { (digest.get(..12).unwrap_or_default()) } }
                        td { (format!("{:?}", token.r#use).to_lowercase()) }
                        td { (token.expires) }
                    }
                }
            }
        }
    }
}

fn deliveries(state: &State) -> Markup {
    html! {
        h2 { "Webhooks" }
        @match &state.webhook {
            Some(target) => p { "They go to " code { (target.url) } "." },
            None => p { "They go nowhere: set a target." },
        }
        @if !state.deliveries.is_empty() {
            table {
                tr { th { "number" } th { "about" } th { "operation" } th { "due" } th { "tries" } th { "outcome" } }
                @for of in state.deliveries.iter().rev().take(SHOWN) {
                    tr {
                        td { (of.number) }
                        td { (format!("{:?}", of.record_type)) " " (of.id) }
                        td { (format!("{:?}", of.operation)) }
                        td { (of.due) }
                        td { (of.attempts) }
                        td { (format!("{:?}", of.outcome)) }
                    }
                }
            }
        }
    }
}

fn trouble(state: &State) -> Markup {
    html! {
        h2 { "Faults and methods not granted" }
        @if state.faults.is_empty() && state.denied.is_empty() { p { "None." } }
        @for fault in &state.faults { p { code { (format!("{fault:?}")) } } }
        @for method in &state.denied { p { code { (method) } " is not granted." } }
    }
}

fn switches(behaviour: &Behaviour) -> Markup {
    html! {
        h2 { "Switches" }
        table {
            tr { th { "no." } th { "what" } th { "default" } th { "now" } th { "known by" } }
            @for of in stands(behaviour) {
                tr {
                    td { (of.switch.number) }
                    td { (of.switch.what) }
                    td { (of.switch.default) }
                    td { code { @if of.switch.fields.is_empty() { (of.switch.demand) } @else { (of.now) } } }
                    td { (of.switch.mark) }
                }
            }
        }
    }
}

fn controls() -> Markup {
    html! {
        h2 { "Control requests" }
        table {
            tr { th { "request" } th { "does" } th { "for example" } }
            @for of in CONTROLS {
                tr {
                    td { code { (of.method) " " (CONTROL) (of.path) } }
                    td { (of.does) }
                    td { code { (of.example) } }
                }
            }
        }
    }
}
