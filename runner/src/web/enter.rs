//! Coming in and leaving: a token and a name. Behind a proxy that asks, nobody sees this page.

use std::sync::Arc;

use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::html;
use serde::Deserialize;

use super::Site;
use super::access::Person;
use super::shell;
use crate::ingress::sources::Peer;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    to: String,
    /// From the link that the runner prints: it spares typing.
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Given {
    token: String,
    name: String,
    to: String,
}

/// Sends somebody to the door, and from there back to the page they wanted.
pub(super) fn first(wanted: &Uri) -> Response {
    let to = wanted.path_and_query().map_or("/", |wanted| wanted.as_str());
    let query = serde_urlencoded::to_string([("to", to)]).unwrap_or_default();
    Redirect::to(&format!("/enter?{query}")).into_response()
}

pub(super) async fn page(Query(asked): Query<Asked>) -> Response {
    form(&asked.to, &asked.token, None).into_response()
}

pub(super) async fn enter(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    if !shell::is_from_here(&headers) {
        return shell::problem(StatusCode::FORBIDDEN, "This form was sent from another site.");
    }
    let now = site.door.engine.clock().now();
    let from = peer.map(|Extension(Peer(peer))| peer.ip());
    if let Err(wait) = site.guesses.begin(from, now) {
        tracing::warn!(?from, "somebody tries one token after another at the pages");
        let secs = wait.as_secs().max(1).to_string();
        let no = "Too many tokens that open nothing came from there: wait a minute.";
        let answer = form(&given.to, "", Some(no));
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, secs)], answer)
            .into_response();
    }
    match site.access.enter(&given.token, &given.name, &headers, now) {
        Some((person, cookie)) => {
            site.guesses.was_right(from);
            tracing::info!(role = person.role.name(), "somebody came in to the pages");
            ([(header::SET_COOKIE, cookie)], Redirect::to(local(&given.to))).into_response()
        }
        None => {
            let no = "That token opens nothing here, or the name is missing.";
            (StatusCode::UNAUTHORIZED, form(&given.to, "", Some(no))).into_response()
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Leaving {
    mark: String,
}

pub(super) async fn leave(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let leaving: Leaving = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &leaving.mark) {
        return shell::not_ours();
    }
    let cookie = site.access.left(&headers);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/enter")).into_response()
}

/// A path of this site; anything else is the first page.
fn local(to: &str) -> &str {
    let is_local = to.starts_with('/') && !to.starts_with("//") && !to.contains('\\');
    if is_local { to } else { "/" }
}

fn form(to: &str, token: &str, no: Option<&str>) -> maud::Markup {
    shell::bare(
        "Come in",
        &html! {
            h1 { "Placements and their insurance" }
            @if let Some(no) = no { p.problem role="alert" { (no) } }
            form.card method="post" action="/enter" {
                input type="hidden" name="to" value=(to);
                label for="name" { "Your name" }
                input id="name" name="name" required autocomplete="name" aria-describedby="name-why" autofocus;
                p.hint id="name-why" { "It is kept with what you decide." }
                label for="token" { "Token" }
                input id="token" name="token" type="password" required value=(token) autocomplete="current-password"
                    aria-describedby="token-where";
                p.hint id="token-where" {
                    "From whoever runs this service; on its machine, " code { "runner page" } " prints one."
                }
                button.go { "Come in" }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for (to, goes) in [
            ("/board?state=Flagged", "/board?state=Flagged"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(to), goes);
        }
    }
}
