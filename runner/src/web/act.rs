//! A person's orders from a page: for one placement, or for all that were ticked. Each is given by itself, so that one
//! which is refused stops no other.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use workflow_core::id::StreamId;

use super::Site;
use super::access::{Person, Role};
use super::shell::{self, Page};
use crate::order::{About, Deed, Desk, How, Order, Running};

/// What can be ordered from a page: its name in the form, its words, what it does. Setting a fact has fields of its own.
pub(super) const DEEDS: [(&str, &str, Deed); 10] = [
    ("return", "Go on where it stopped", Deed::Resolve(How::Return)),
    ("restart", "Read it again and start over", Deed::Resolve(How::Restart)),
    ("accept", "Accept the coverage as it is", Deed::Resolve(How::Accept)),
    ("close", "Close it: settled outside", Deed::Resolve(How::Close)),
    ("retry", "Try again now", Deed::Retry),
    ("resend", "Give the application's link again", Deed::Resend),
    ("exclude", "Take it out of scope", Deed::Exclude),
    ("include", "Take it into scope", Deed::Include),
    ("pause", "Send nothing for it", Deed::Pause),
    ("resume", "Let it go on", Deed::Resume),
];
/// What a form says that sets a fact.
const SET: &str = "set";

/// What a form said.
struct Given {
    mark: String,
    deed: String,
    fact: String,
    value: String,
    reason: String,
    about: Vec<String>,
    back: String,
}

impl Given {
    fn deed(&self) -> Option<Deed> {
        if self.deed == SET {
            return Some(Deed::Set { fact: self.fact.clone(), value: self.value.clone() });
        }
        known(&self.deed).map(|(_, _, deed)| deed.clone())
    }
}

/// What can be ordered under this name.
pub(super) fn known(name: &str) -> Option<&'static (&'static str, &'static str, Deed)> {
    DEEDS.iter().find(|(known, _, _)| *known == name)
}

/// An order that can be given: its name in the form, and its words.
pub(super) type Offer = (&'static str, &'static str);

/// What would be taken for this instance now, the most usual first.
pub(super) fn offers(site: &Site, stream: &StreamId) -> impl Iterator<Item = Offer> {
    let desk = desk(site);
    let fits = DEEDS.iter().filter(move |(_, _, deed)| desk.would_take(deed, stream));
    fits.map(|(name, words, _)| (*name, *words))
}

/// The forms that order something for one; a reason is asked for always.
pub(super) fn form(site: &Site, person: &Person, about: &StreamId, back: &str) -> Markup {
    let offers: Vec<Offer> = offers(site, about).collect();
    html! {
        form.orders method="post" action="/act" {
            input type="hidden" name="about" value=(name(about));
            (fields(site, person, &offers, back))
        }
        (facts(site, person, about, back))
    }
}

/// Whether something is missing that somebody could set.
pub(super) fn can_set(site: &Site, about: &StreamId) -> bool {
    !desk(site).settable(about).is_empty()
}

/// The form that sets what JobDiva does not give; nothing where nothing is missing.
fn facts(site: &Site, person: &Person, about: &StreamId, back: &str) -> Markup {
    let facts = desk(site).settable(about);
    html! {
        @if !facts.is_empty() {
            details.others data-test="set" {
                summary { "Set what JobDiva does not give" }
                form.orders method="post" action="/act" {
                    input type="hidden" name="about" value=(name(about));
                    input type="hidden" name="deed" value=(SET);
                    input type="hidden" name="mark" value=(site.access.form_mark(person));
                    input type="hidden" name="back" value=(back);
                    label { "What " select name="fact" { @for (name, form, _) in &facts { option value=(name) { (name) ": " (form) } } } }
                    label { "Value " input name="value" required maxlength="200" autocomplete="off" placeholder=(facts[0].2); }
                    label { "Why " input name="reason" required maxlength="500" autocomplete="off"; }
                    button { "Set it" }
                    p.hint { "Written like " @for (index, (name, _, example)) in facts.iter().enumerate() { @if index > 0 { ", " } (name) " " code { (example) } } ". It counts while JobDiva gives nothing that can be used." }
                }
            }
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

/// The one button and the reason of one line in a list.
pub(super) fn line(site: &Site, person: &Person, about: &StreamId, back: &str) -> Markup {
    let (offer, name) = (offers(site, about).next(), name(about));
    html! {
        @if let Some((deed, words)) = offer {
            form.line method="post" action="/act" {
                input type="hidden" name="about" value=(name);
                input type="hidden" name="mark" value=(site.access.form_mark(person));
                input type="hidden" name="back" value=(back);
                input name="reason" required maxlength="500" autocomplete="off" placeholder="Why" aria-label={ "Why, for " (name) };
                button name="deed" value=(deed) aria-label={ (words) ": " (name) } { (words) }
            }
        } @else { span.hint { "nothing as it stands" } }
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
    let Some(deed) = given.deed() else {
        return shell::problem(StatusCode::BAD_REQUEST, "The form does not say what to do.");
    };
    if given.about.is_empty() {
        return shell::problem(StatusCode::BAD_REQUEST, "Nothing was ticked.");
    }
    let Came { refused, links } = give(&site, &person, &given.about, &given.reason, &deed).await;
    if !links.is_empty() && refused.is_empty() {
        return given_again(&site, &person, &links, &given.back);
    }
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

/// The link that was asked for. It is nowhere else on the pages: whoever has it can apply in the worker's name.
fn given_again(site: &Site, person: &Person, links: &[(String, String)], back: &str) -> Response {
    let content = html! {
        @for (about, link) in links {
            p { "The application of " strong { (about) } " is at" }
            pre data-test="link" tabindex="0" role="region" aria-label={ "Link of " (about) } { (link) }
        }
        p.hint { "It is for the worker alone: send it on to them. The insurer sends none." }
        p { a href=(back) { "Back" } }
    };
    let page = Page { title: "The application's link", under: "/board", content, stream: None };
    shell::page(site, person, &page).into_response()
}

/// What came of an order.
#[derive(Default)]
pub(super) struct Came {
    /// What was refused, with the reason.
    pub refused: Vec<(String, String)>,
    /// The links that were asked for.
    pub links: Vec<(String, String)>,
}

/// Who takes orders.
pub(super) fn desk(site: &Site) -> Desk<'_> {
    let door = &site.door;
    let running =
        Running { dispatcher: &door.dispatcher, systems: &door.systems, pulse: &door.pulse };
    Desk { engine: &door.engine, tenants: &door.tenants, running: Some(running) }
}

/// Gives the order for each.
pub(super) async fn give(
    site: &Site,
    person: &Person,
    about: &[String],
    reason: &str,
    deed: &Deed,
) -> Came {
    let desk = desk(site);
    let mut came = Came::default();
    for about in about {
        let order = Order {
            deed: deed.clone(),
            about: About::One(about.clone()),
            reason: reason.to_owned(),
            by: person.name.clone(),
        };
        match desk.take(order).await {
            Ok(done) => came.links.extend(done.link.map(|link| (about.clone(), link))),
            Err(error) => came.refused.push((about.clone(), error.to_string())),
        }
    }
    came
}

fn read(body: &[u8]) -> Given {
    // Several fields of one name: what was ticked.
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let (mark, deed, fact, value, reason) = Default::default();
    let mut given =
        Given { mark, deed, fact, value, reason, about: Vec::new(), back: "/".to_owned() };
    for (name, value) in pairs {
        match name.as_str() {
            "mark" => given.mark = value,
            "deed" => given.deed = value,
            "fact" => given.fact = value,
            "value" => given.value = value,
            "reason" => given.reason = value,
            "about" => given.about.push(value),
            "back" if value.starts_with('/') && !value.starts_with("//") => given.back = value,
            _ => {}
        }
    }
    given
}
