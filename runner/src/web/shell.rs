//! What every page looks like around its content: the way through the site, who somebody is, whether the page follows.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::Site;
use super::access::Person;
use super::assets;

/// The pages, in the order in which they are needed.
const PAGES: [(&str, &str); 6] = [
    ("/review", "Review"),
    ("/board", "Board"),
    ("/coverage", "Coverage"),
    ("/inbox", "Inbox"),
    ("/connections", "Connections"),
    ("/log", "Log"),
];

/// One page.
pub(super) struct Page<'a> {
    /// What it is called, in the window and on the page.
    pub title: &'a str,
    /// Which of [`PAGES`] it belongs to.
    pub under: &'a str,
    /// What it shows.
    pub content: Markup,
    /// The stream that it follows; without one it follows the whole log.
    pub stream: Option<String>,
}

/// A page for somebody who has come in.
pub(super) fn page(site: &Site, person: &Person, page: &Page<'_>) -> Markup {
    let production =
        site.door.systems.all().any(|it| it.tenant.policy.environment.as_str() == "production");
    let position = site.door.engine.position().0;
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(page.title))
            body data-position=(position) data-stream=[page.stream.as_deref()] {
                a.skip href="#content" { "To the content" }
                header.top {
                    nav aria-label="Pages" {
                        @for (path, name) in PAGES {
                            a href=(path) aria-current=[(path == page.under).then_some("page")] { (name) }
                        }
                    }
                    (environment(production))
                    div.me {
                        span { (person.name) " " span.role { (person.role.name()) } }
                        button.quiet #follow type="button" hidden aria-pressed="true" { "Live" }
                        form method="post" action="/leave" {
                            input type="hidden" name="mark" value=(site.access.form_mark(person));
                            button.quiet { "Leave" }
                        }
                    }
                }
                p #news.news role="status" aria-live="polite" {}
                main #content tabindex="-1" { h1 { (page.title) } (page.content) }
                footer data-live="foot" { "Log at position " (position) "." }
            }
        }
    }
}

/// Sandbox or real money: in words and never by colour alone.
fn environment(production: bool) -> Markup {
    html! {
        @if production {
            span.environment.real { "Production: it insures and charges" }
        } @else {
            span.environment { "Sandbox: insures nothing, charges nothing" }
        }
    }
}

/// A page for somebody who has not.
pub(super) fn bare(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { (head(title)) body.bare { main #content { (content) } } }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " - placements" }
            link rel="icon" href=(assets::icon());
            link rel="stylesheet" href=(assets::style());
            script src=(assets::script()) defer {}
        }
    }
}

/// A page that says what went wrong.
pub(super) fn problem(status: StatusCode, what: &str) -> Response {
    let content = html! { h1 { (what) } p { a href="/" { "To the first page" } } };
    (status, bare(what, &content)).into_response()
}

/// A form that this site did not make, or made for somebody else.
pub(super) fn not_ours() -> Response {
    problem(StatusCode::FORBIDDEN, "This form is not from a page of yours: open the page again.")
}

/// Whether a form comes from a page of this site, as far as the browser says.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let text =
        |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
            (Some(origin), Some(host)) => {
                origin.split_once("://").is_some_and(|(_, of)| of == host)
            }
            (None, _) => true,
            (Some(_), None) => false,
        },
    }
}
