//! Pausing and letting go on what is more than one placement: a tenant, one of its systems, an endpoint that is told
//! things; and trying again at once all that waits. Each with a reason, kept in the log with who, like `runner pause`.
//!
//! A whole tenant or system is an admin's to stop; an endpoint and another try are an operator's.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use workflow_core::id::StreamId;

use super::access::{Person, Role};
use super::{Site, act, shell};
use crate::order::{About, Deed, Order};
use crate::tenants::{System, Tenant};

/// What a form said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    mark: String,
    tenant: String,
    adapter: String,
    endpoint: String,
    deed: String,
    reason: String,
}

impl Given {
    fn about(&self) -> About {
        match (self.adapter.as_str(), self.endpoint.as_str()) {
            ("", "") => About::Tenant(self.tenant.clone()),
            (_, "") => {
                About::Adapter { adapter: self.adapter.clone(), tenant: Some(self.tenant.clone()) }
            }
            _ => About::One(format!("notify/{}/{}", self.tenant, self.endpoint)),
        }
    }

    /// What can be ordered here, and who may.
    fn deed(&self) -> Option<(Deed, Role)> {
        let whole = if self.endpoint.is_empty() { Role::Admin } else { Role::Operator };
        match self.deed.as_str() {
            "pause" => Some((Deed::Pause, whole)),
            "resume" => Some((Deed::Resume, whole)),
            "retry" if self.adapter.is_empty() && self.endpoint.is_empty() => {
                Some((Deed::Retry, Role::Operator))
            }
            _ => None,
        }
    }
}

/// A form with one button about a tenant, or about a part of it.
fn form(
    site: &Site,
    person: &Person,
    of: [(&str, &str); 2],
    (deed, words): (&str, &str),
) -> Markup {
    let what = of.map(|(_, what)| what).into_iter().filter(|what| !what.is_empty());
    let what = what.collect::<Vec<_>>().join("/");
    html! {
        form.line method="post" action="/connections/act" {
            input type="hidden" name="mark" value=(site.access.form_mark(person));
            @for (name, value) in of { input type="hidden" name=(name) value=(value); }
            input name="reason" required maxlength="500" autocomplete="off" placeholder="Why" aria-label={ "Why: " (words) ", " (what) };
            button name="deed" value=(deed) aria-label={ (words) ": " (what) } { (words) }
        }
    }
}

fn turn(paused: bool) -> (&'static str, &'static str) {
    if paused { ("resume", "Let it go on") } else { ("pause", "Send nothing") }
}

/// What may be ordered about a whole tenant.
pub(super) fn of_tenant(site: &Site, person: &Person, tenant: &Tenant) -> Markup {
    let of = [("tenant", tenant.name.as_str()), ("adapter", "")];
    let is_waiting = tenant.failing > 0 || tenant.systems.iter().any(|it| it.refused.is_some());
    html! {
        @if person.role >= Role::Admin { (form(site, person, of, turn(tenant.paused.is_some()))) }
        @if person.role >= Role::Operator && is_waiting { (form(site, person, of, ("retry", "Try again now"))) }
    }
}

/// What may be ordered about one of a tenant's systems.
pub(super) fn of_system(site: &Site, person: &Person, tenant: &str, system: &System) -> Markup {
    let of = [("tenant", tenant), ("adapter", system.name.as_str())];
    html! { @if person.role >= Role::Admin { (form(site, person, of, turn(system.paused.is_some()))) } }
}

/// Who of the tenant's own is told things, and what may be ordered about them; nothing where there is nobody.
pub(super) fn endpoints(site: &Site, person: &Person, tenant: &str) -> Markup {
    let off: BTreeMap<StreamId, String> =
        site.door.systems.gates().endpoints_of(tenant).into_iter().collect();
    let connected = site.door.systems.of(tenant);
    let told = connected.into_iter().flat_map(|it| it.subscribers.values());
    let mut all: BTreeMap<StreamId, Option<&String>> =
        told.map(|it| (it.stream().clone(), None)).collect();
    all.extend(off.iter().map(|(stream, why)| (stream.clone(), Some(why))));
    let may = person.role >= Role::Operator;
    html! {
        @if !all.is_empty() {
            h3 { "Who is told" }
            div.wide tabindex="0" role="region" aria-label={ "Endpoints of " (tenant) } {
                table data-test="endpoints" {
                    thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Trouble" } @if may { th scope="col" { "What a person may do" } } } }
                    tbody {
                        @for (stream, why) in &all {
                            tr {
                                th scope="row" { (stream.key()) }
                                td { (why.map_or("none", String::as_str)) }
                                @if may { td { (form(site, person, [("tenant", tenant), ("endpoint", stream.key())], turn(why.is_some()))) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let given: Given = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &given.mark) {
        return shell::not_ours();
    }
    let Some((deed, least)) = given.deed() else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    if person.role < least {
        let no = match least {
            Role::Admin => "Only an admin may stop or start a whole tenant or system.",
            Role::Viewer | Role::Operator => "As a viewer you may look, not decide.",
        };
        return shell::problem(StatusCode::FORBIDDEN, no);
    }
    let (reason, by) = (given.reason.clone(), person.name.clone());
    let order = Order { deed, about: given.about(), reason, by };
    match act::desk(&site).take(order).await {
        Ok(_) => Redirect::to("/connections").into_response(),
        Err(error) => {
            let content =
                html! { p.problem role="alert" { (error) } p { a href="/connections" { "Back" } } };
            let page =
                shell::Page { title: "Not done", under: "/connections", content, stream: None };
            (StatusCode::CONFLICT, shell::page(&site, &person, &page)).into_response()
        }
    }
}
