//! A person's orders from a page: for one placement, or for all that were ticked. Each is given by itself, so that one
//! which is refused stops no other.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use workflow_core::id::StreamId;

use super::access::{Person, Role};
use super::{Site, shell};
use crate::order::{About, Deed, Desk, How, Order, Running};

/// What can be ordered from a page: its name in the form, its words, what it does.
pub(super) const DEEDS: [(&str, &str, Deed); 9] = [
    ("return", "Go on where it stopped", Deed::Resolve(How::Return)),
    ("restart", "Read it again and start over", Deed::Resolve(How::Restart)),
    ("accept", "Accept the coverage as it is", Deed::Resolve(How::Accept)),
    ("close", "Close it: settled outside", Deed::Resolve(How::Close)),
    ("retry", "Try again now", Deed::Retry),
    ("exclude", "Take it out of scope", Deed::Exclude),
    ("include", "Take it into scope", Deed::Include),
    ("pause", "Send nothing for it", Deed::Pause),
    ("resume", "Let it go on", Deed::Resume),
];

/// What a form said.
struct Given {
    mark: String,
    deed: Option<Deed>,
    reason: String,
    about: Vec<String>,
    back: String,
}

/// An order that can be given: its name in the form, and its words.
pub(super) type Offer = (&'static str, &'static str);

/// What would be taken for this instance now, the most usual first.
pub(super) fn offers(site: &Site, stream: &StreamId) -> Vec<Offer> {
    let desk = desk(site);
    let fits = DEEDS.iter().filter(|(_, _, deed)| desk.would_take(deed, stream));
    fits.map(|(name, words, _)| (*name, *words)).collect()
}

/// The form that orders something for one; a reason is asked for always.
pub(super) fn form(site: &Site, person: &Person, about: &StreamId, back: &str) -> Markup {
    html! {
        form.orders method="post" action="/act" {
            input type="hidden" name="about" value=(name(about));
            (fields(site, person, &offers(site, about), back))
        }
    }
}

/// The fields of such a form beside what it is about: one button, and the others at hand.
pub(super) fn fields(site: &Site, person: &Person, offers: &[Offer], back: &str) -> Markup {
    let Some(((name, words), others)) = offers.split_first() else {
        return html! { p.hint { "Nothing can be ordered for it as it stands." } };
    };
    html! {
        input type="hidden" name="mark" value=(site.access.form_mark(person));
        input type="hidden" name="back" value=(back);
        label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
        button.go name="deed" value=(name) { (words) }
        @if !others.is_empty() {
            details.others {
                summary { "Something else" }
                @for (name, words) in others { button name="deed" value=(name) { (words) } " " }
            }
        }
        p.hint { "The reason and your name are kept in the log for good: name no candidate." }
    }
}

/// What the order desk calls a stream.
pub(super) fn name(stream: &StreamId) -> String {
    match stream.workflow() {
        "placement" => format!("{}/{}", stream.tenant(), stream.key()),
        other => format!("{}/{other}/{}", stream.tenant(), stream.key()),
    }
}

pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let given = read(&body);
    if !shell::is_from_here(&headers) || !site.access.is_ours(&person, &given.mark) {
        return shell::not_ours();
    }
    if person.role < Role::Operator {
        return shell::problem(StatusCode::FORBIDDEN, "As a viewer you may look, not decide.");
    }
    let Some(deed) = given.deed.clone() else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    if given.about.is_empty() {
        return shell::problem(StatusCode::BAD_REQUEST, "Nothing was ticked.");
    }
    let refused = give(&site, &person, &given.about, &given.reason, &deed).await;
    if refused.is_empty() {
        return Redirect::to(&given.back).into_response();
    }
    let count = given.about.len();
    let content = html! {
        h1 { "Not everything could be done" }
        p { (count - refused.len()) " of " (count) " were done. These were not:" }
        ul { @for (about, why) in &refused { li { strong { (about) } ": " (why) } } }
        p { a href=(given.back) { "Back" } }
    };
    (StatusCode::CONFLICT, shell::bare("Not everything could be done", &content)).into_response()
}

/// Who takes orders.
fn desk(site: &Site) -> Desk<'_> {
    let door = &site.door;
    let running =
        Running { dispatcher: &door.dispatcher, systems: &door.systems, pulse: &door.pulse };
    Desk { engine: &door.engine, tenants: &door.tenants, running: Some(running) }
}

/// Gives the order for each; what was refused, with the reason.
pub(super) async fn give(
    site: &Site,
    person: &Person,
    about: &[String],
    reason: &str,
    deed: &Deed,
) -> Vec<(String, String)> {
    let desk = desk(site);
    let mut refused = Vec::new();
    for about in about {
        let order = Order {
            deed: deed.clone(),
            about: About::One(about.clone()),
            reason: reason.to_owned(),
            by: person.name.clone(),
        };
        if let Err(error) = desk.take(order).await {
            refused.push((about.clone(), error.to_string()));
        }
    }
    refused
}

fn read(body: &[u8]) -> Given {
    // Several fields of one name: what was ticked.
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let mut given = Given {
        mark: String::new(),
        deed: None,
        reason: String::new(),
        about: Vec::new(),
        back: "/".to_owned(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "mark" => given.mark = value,
            "deed" => {
                let known = DEEDS.iter().find(|(name, _, _)| *name == value);
                given.deed = known.map(|(_, _, deed)| deed.clone());
            }
            "reason" => given.reason = value,
            "about" => given.about.push(value),
            "back" if value.starts_with('/') && !value.starts_with("//") => given.back = value,
            _ => {}
        }
    }
    given
}
