//! Each tenant's two systems: where they are, when they were last heard, how fast they may be asked, what is failing and
//! how far behind the runner is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use workflow_core::engine::Summary;
use workflow_core::time::Timestamp;

use super::access::{Person, Role};
use super::shell::{self, Page};
use super::{Site, gates, words};
use crate::ingress::counts::Hook;
use crate::pulse::Beat;
use crate::systems::JOBDIVA;
use crate::tenants::{self, System, Tenant, WayOut};

/// More deliveries that wait are not counted one by one.
const WAITING: usize = 1_000;

/// What all tenants' sections need.
struct Seen {
    now: Timestamp,
    hooks: BTreeMap<String, Hook>,
    beats: BTreeMap<String, Beat>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
) -> Response {
    let door = &site.door;
    let failing = door.dispatcher.activity().waiting;
    let all = tenants::connections(&door.engine, &door.tenants, &door.systems, &failing);
    let (now, hooks, beats) =
        (door.engine.clock().now(), door.counters.hooks(), door.pulse.beats());
    let seen = Seen { now, hooks, beats };
    let content = html! {
        div data-live="connections" { @for tenant in &all { (one(&site, &person, tenant, &seen)) } }
    };
    let page = Page { title: "Connections", under: "/connections", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn one(site: &Site, person: &Person, tenant: &Tenant, seen: &Seen) -> Markup {
    let may = person.role >= Role::Admin;
    html! {
        section aria-label=(tenant.name) data-test="tenant" data-tenant=(tenant.name) {
            h2 { (tenant.name) " " span.hint { (tenant.environment.as_deref().unwrap_or("not configured")) } }
            @if let Some(why) = &tenant.paused { p.problem { "Paused: " (why) } }
            (lag(site, &tenant.name, seen))
            (gates::of_tenant(site, person, tenant))
            div.wide tabindex="0" role="region" aria-label={ "Systems of " (tenant.name) } {
                table {
                    thead { tr {
                        th scope="col" { "System" } th scope="col" { "Last looked at" } th scope="col" { "Token" }
                        th scope="col" { "Last webhook" } th scope="col" { "Breaker" } th scope="col" { "Requests a minute" } th scope="col" { "Trouble" }
                        @if may { th scope="col" { "What an admin may do" } }
                    } }
                    tbody { @for system in &tenant.systems { (row(site, person, &tenant.name, system, seen)) } }
                }
            }
            @if tenant.failing > 0 {
                h3 { (tenant.failing) " calls wait for their next try" }
                ul { @for call in &tenant.failing_first { li { (call) } } }
            }
            (gates::endpoints(site, person, &tenant.name))
        }
    }
}

/// How far behind the tenant's work is.
fn lag(site: &Site, tenant: &str, seen: &Seen) -> Markup {
    let engine = &site.door.engine;
    let waits = |line: &Summary| line.stream.tenant() == tenant && line.state == "Waiting";
    let waiting = engine.summaries_of("delivery", waits, None, WAITING);
    let oldest = waiting.iter().map(|line| line.updated_at).min();
    let poll = match seen.beats.get(&format!("poll/{tenant}")) {
        Some(Beat::Working) => "under way".to_owned(),
        Some(Beat::Until(at)) if *at > seen.now => format!("in {}", words::ago(seen.now, *at)),
        Some(Beat::Until(at)) => format!("due since {}", words::ago(*at, seen.now)),
        Some(Beat::Idle) | None => "not planned".to_owned(),
    };
    html! {
        p data-test="lag" {
            @match oldest {
                None => "No delivery waits.",
                Some(oldest) => {
                    (waiting.len()) @if waiting.len() == WAITING { " or more" } " deliveries wait, the oldest for " (words::ago(oldest, seen.now)) "."
                }
            }
            " Next poll: " (poll) "."
        }
    }
}

fn row(site: &Site, person: &Person, tenant: &str, system: &System, seen: &Seen) -> Markup {
    let paused = system.paused.iter().map(|why| format!("paused: {why}"));
    let refused = system.refused.iter().map(|why| format!("refuses the credentials: {why}"));
    let trouble: Vec<String> = paused.chain(refused).collect();
    html! {
        tr data-test="system" data-system=(system.name) {
            th scope="row" { (system.name) p.hint { (system.address.as_deref().unwrap_or("no address is configured")) } }
            td { (moment(system.last_poll.as_deref(), seen.now)) }
            td { (token(site, tenant, system, seen.now)) }
            td { (webhook(seen.hooks.get(&format!("{tenant}/{}", system.name)), seen.now)) }
            td { (system.outlet.as_ref().map_or_else(|| html! { "-" }, breaker)) }
            td { (system.outlet.as_ref().map_or_else(|| html! { "-" }, budget)) }
            td { (if trouble.is_empty() { "none".to_owned() } else { trouble.join("; ") }) }
            @if person.role >= Role::Admin { td { (gates::of_system(site, person, tenant, system)) } }
        }
    }
}

/// A moment of the past as a span, with the moment itself at hand.
fn moment(at: Option<&str>, now: Timestamp) -> Markup {
    let parsed = at.and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(Timestamp::from);
    html! {
        @match (parsed, at) {
            (Some(then), Some(at)) => { time datetime=(at) title=(at) { (words::ago(then, now)) " ago" } }
            (None, Some(at)) => (at),
            (_, None) => "not since the process started",
        }
    }
}

fn token(site: &Site, tenant: &str, system: &System, now: Timestamp) -> Markup {
    if system.name != JOBDIVA {
        return html! { "an API key, without an end" };
    }
    let until = site.door.systems.of(tenant).and_then(|connected| connected.jobdiva.token_until());
    html! {
        @match until {
            Some(until) if until > now => { "good for " (words::ago(now, until)) }
            Some(until) => { "ended " (words::ago(until, now)) " ago; taken anew with the next request" }
            None => "none in hand: taken with the next request",
        }
    }
}

fn webhook(hook: Option<&Hook>, now: Timestamp) -> Markup {
    html! {
        @match hook {
            None => "none since the process started",
            Some(hook) => {
                (moment(hook.last_taken.as_deref(), now))
                p.hint { (hook.taken) " taken, " (hook.refused) " refused" }
                @if let Some(refused) = &hook.last_refused { p.hint { "last refused: " (refused.why) } }
            }
        }
    }
}

fn breaker(out: &WayOut) -> Markup {
    html! {
        (out.breaker)
        @if let Some(until) = &out.open_until { p.hint { "nothing is sent until " (until) } }
        @if out.failed_in_a_row > 0 { p.hint { (out.failed_in_a_row) " failed in a row" } }
    }
}

fn budget(out: &WayOut) -> Markup {
    html! {
        @if out.limits.is_empty() { "nothing was asked yet" }
        @if let Some(least) = out.limits.values().map(|rate| (rate.per_minute, rate.usual_per_minute)).min() {
            (least.0) " of " (least.1)
        }
        @if out.waited + out.put_off > 0 { p.hint { (out.waited) " waited for their turn, " (out.put_off) " were put off" } }
        @if let Some(at) = &out.last_too_fast { p.hint { "told to slow down at " (at) } }
        @if !out.limits.is_empty() {
            details {
                summary { "By what is asked" }
                ul { @for (name, rate) in &out.limits { li { (name) ": " (rate.per_minute) " of " (rate.usual_per_minute) } } }
            }
        }
    }
}
