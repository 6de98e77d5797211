//! Each tenant's two systems: where they are, when they were last heard, what is failing.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::Site;
use super::access::Person;
use super::shell::{self, Page};
use crate::tenants::{self, System, Tenant};

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
) -> Response {
    let door = &site.door;
    let failing = door.dispatcher.activity().waiting;
    let all = tenants::tenants(&door.engine, &door.tenants, Some(&door.systems), &failing);
    let content = html! {
        div data-live="connections" { @for tenant in &all.tenants { (one(tenant)) } }
    };
    let page = Page { title: "Connections", under: "/connections", content, stream: None };
    shell::page(&site, &person, &page).into_response()
}

fn one(tenant: &Tenant) -> Markup {
    html! {
        section aria-label=(tenant.name) {
            h2 { (tenant.name) " " span.hint { (tenant.environment.as_deref().unwrap_or("not configured")) } }
            @if let Some(why) = &tenant.paused { p.problem { "Paused: " (why) } }
            div.wide tabindex="0" role="region" aria-label={ "Systems of " (tenant.name) } {
                table {
                    thead { tr { th scope="col" { "System" } th scope="col" { "Address" } th scope="col" { "Last heard" } th scope="col" { "Trouble" } } }
                    tbody { @for system in &tenant.systems { (row(system)) } }
                }
            }
            @if tenant.failing > 0 {
                h3 { (tenant.failing) " calls wait for their next try" }
                ul { @for call in &tenant.failing_first { li { (call) } } }
            }
        }
    }
}

fn row(system: &System) -> Markup {
    let paused = system.paused.iter().map(|why| format!("paused: {why}"));
    let refused = system.refused.iter().map(|why| format!("refuses the credentials: {why}"));
    let trouble: Vec<String> = paused.chain(refused).collect();
    html! {
        tr {
            th scope="row" { (system.name) }
            td { (system.address.as_deref().unwrap_or("-")) }
            td { (system.last_poll.as_deref().unwrap_or("not since the process started")) }
            td { (if trouble.is_empty() { "none".to_owned() } else { trouble.join("; ") }) }
        }
    }
}
