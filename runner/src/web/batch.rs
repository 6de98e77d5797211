//! One order for all that a filter shows: first how many that are, then, when somebody is sure, the order, for each by
//! itself. If they are others by then, be they as many, it is asked again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sha2::{Digest as _, Sha256};
use workflow_core::id::StreamId;

use super::access::{Person, Role};
use super::act::{self, Came, Offer};
use super::shell::{self, Page};
use super::sieve::Sieve;
use super::{Site, paper};
use crate::order::Deed;

/// So many at once; then the next.
const AT_ONCE: usize = 500;
/// So many are named before somebody says that they are sure.
const NAMED: usize = 20;

/// What a form said.
struct Given {
    sieve: Sieve,
    deed: String,
    reason: String,
    which: String,
    mark: String,
}

/// Which they are, for a form to carry: others, or in another order, have another one.
pub(super) fn digest<'a>(streams: impl IntoIterator<Item = &'a StreamId>) -> String {
    let mut hash = Sha256::new();
    for stream in streams {
        hash.update(stream.as_str());
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}

/// The form that asks how many an order would be for.
pub(super) fn form(
    site: &Site,
    person: &Person,
    sieve: &Sieve,
    count: usize,
    offers: &[Offer],
) -> Markup {
    html! {
        details.batch {
            summary { "The same for all " (count) }
            form.orders method="post" action="/act/all" {
                (hidden(site, person, sieve))
                label { "What " select name="deed" { @for (name, words) in offers.iter().filter(|(name, _)| *name != "resend") { option value=(name) { (words) } } } }
                label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
                button { "See what it would do" }
                p.hint { "Nothing is done before you have seen how many there are." }
            }
        }
    }
}

fn hidden(site: &Site, person: &Person, sieve: &Sieve) -> Markup {
    html! {
        input type="hidden" name="mark" value=(site.access.form_mark(person));
        input type="hidden" name="cause" value=(sieve.cause);
        input type="hidden" name="tenant" value=(sieve.tenant);
        input type="hidden" name="company" value=(sieve.company);
        input type="hidden" name="state" value=(sieve.state);
        input type="hidden" name="q" value=(sieve.q);
    }
}

/// Says how many it would be for.
pub(super) async fn ask(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let given = match allowed(&site, &person, &headers, &body) {
        Ok(given) => given,
        Err(no) => return *no,
    };
    sure(&site, &person, &given, None)
}

/// Does it, if they are still the same.
pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let given = match allowed(&site, &person, &headers, &body) {
        Ok(given) => given,
        Err(no) => return *no,
    };
    let Some(deed) = deed(&given) else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    let all = all(&site, &given.sieve);
    if digest(&all) != given.which {
        let again = "They are not the same by now as when you looked: look again.";
        return sure(&site, &person, &given, Some(again));
    }
    let about: Vec<String> = all.iter().take(AT_ONCE).map(act::name).collect();
    let Came { refused, .. } = act::give(&site, &person, &about, &given.reason, &deed).await;
    let content = html! {
        p.lead data-test="done" { (about.len() - refused.len()) " of " (about.len()) " were done." }
        @if all.len() > AT_ONCE { p { (all.len() - AT_ONCE) " are left: at most " (AT_ONCE) " are done at once." } }
        @if !refused.is_empty() {
            p { "These were not:" }
            ul { @for (about, why) in &refused { li { strong { (about) } ": " (why) } } }
        }
        p { a href=(Sieve { cause: String::new(), ..given.sieve.clone() }.address("/review")) { "Back to what needs a person" } }
    };
    let page = Page { title: "Done", under: "/review", content, stream: None };
    let status = if refused.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    (status, shell::page(&site, &person, &page)).into_response()
}

fn deed(given: &Given) -> Option<Deed> {
    // A link is given for one at a time: it is shown.
    act::known(&given.deed).map(|(_, _, deed)| deed.clone()).filter(|deed| *deed != Deed::Resend)
}

fn all(site: &Site, sieve: &Sieve) -> Vec<StreamId> {
    let (known, fits) = (site.book.look(), sieve.test());
    let wanted =
        known.lines.iter().filter(|(stream, line)| line.cause.is_some() && fits(stream, line));
    wanted.map(|(stream, _)| stream.clone()).collect()
}

fn sure(site: &Site, person: &Person, given: &Given, again: Option<&str>) -> Response {
    let Some((_, words, _)) = act::known(&given.deed).filter(|_| deed(given).is_some()) else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    let all = all(site, &given.sieve);
    let content = html! {
        @if let Some(again) = again { p.problem role="alert" { (again) } }
        p.lead data-test="impact" { "\"" (words) "\" would be ordered for " strong { (all.len()) } ", each by itself." }
        p { "Because: " (given.reason) }
        ul {
            @for stream in all.iter().take(NAMED) { li { (paper::link(stream)) } }
            @if all.len() > NAMED { li { "and " (all.len() - NAMED) " more" } }
        }
        @if all.is_empty() { p { "There is nothing to do." } } @else {
            form.orders method="post" action="/act/all/sure" {
                (hidden(site, person, &given.sieve))
                input type="hidden" name="deed" value=(given.deed);
                input type="hidden" name="reason" value=(given.reason);
                input type="hidden" name="which" value=(digest(&all));
                button.go { "Order it for all " (all.len()) }
                p.hint { "What does not fit one of them is refused for that one alone. Your name and the reason are kept in the log for good." }
            }
        }
        p { a href=(given.sieve.address("/review")) { "Back, nothing done" } }
    };
    let page = Page { title: "For all of them?", under: "/review", content, stream: None };
    let status = if again.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    (status, shell::page(site, person, &page)).into_response()
}

fn allowed(
    site: &Site,
    person: &Person,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Given, Box<Response>> {
    let mut pairs: BTreeMap<String, String> =
        serde_urlencoded::from_bytes(body).unwrap_or_default();
    let mut field = |name: &str| pairs.remove(name).unwrap_or_default();
    let given = Given {
        mark: field("mark"),
        deed: field("deed"),
        reason: field("reason"),
        which: field("which"),
        sieve: Sieve {
            cause: field("cause"),
            tenant: field("tenant"),
            company: field("company"),
            state: field("state"),
            q: field("q"),
            ..Sieve::default()
        },
    };
    if !shell::is_from_here(headers) || !site.access.is_ours(person, &given.mark) {
        return Err(Box::new(shell::not_ours()));
    }
    if person.role < Role::Operator {
        let no = "As a viewer you may look, not decide.";
        return Err(Box::new(shell::problem(StatusCode::FORBIDDEN, no)));
    }
    if given.reason.trim().is_empty() {
        return Err(Box::new(shell::problem(StatusCode::BAD_REQUEST, "Say why.")));
    }
    Ok(given)
}
