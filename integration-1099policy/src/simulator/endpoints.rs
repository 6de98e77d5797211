//! `/webhook_endpoints`: where events go, each with its own secret.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{Fields, Json, over};
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) id: String,
    created: i64,
    pub(super) secret: String,
    pub(super) about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) url: String,
    description: Option<String>,
    events: Vec<String>,
}

impl Row for Endpoint {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Endpoint {
    /// Whether it subscribed to the event: no list or `*` is all.
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.about.events.is_empty() || self.about.events.iter().any(|e| e == "*" || e == kind)
    }

    fn view(&self) -> Value {
        let mut view = json!(self.about);
        view["id"] = json!(self.id);
        view["secret"] = json!(self.secret);
        view["created"] = json!(self.created);
        view
    }
}

fn read(given: &Json, strict: bool) -> Result<About, Refusal> {
    let mut f = Fields::of(given);
    let about = About {
        url: f.need_text("url"),
        description: f.text("description"),
        events: f.texts("events").unwrap_or_default(),
    };
    if !about.url.is_empty() && !about.url.starts_with("http") {
        f.problem("url", "Not a valid URL.");
    }
    f.finish(strict)?;
    Ok(about)
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_webhook_endpoint_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.endpoints, request, Takes::Nothing, |_| true, Endpoint::view)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let about = read(&request.fields, desk.strict())?;
    let id = desk.shared.mint("whe_", 22);
    let secret = desk.shared.mint("whsec_", 24);
    let endpoint = Endpoint { id, secret, created: desk.now_secs(), about };
    let view = endpoint.view();
    desk.book.endpoints.add(endpoint);
    Ok(Reply::created(view))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.endpoints.get(id).map(|e| Reply::ok(e.view())).ok_or_else(missing)
}

pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let strict = desk.strict();
    let endpoint = desk.book.endpoints.get_mut(id).ok_or_else(missing)?;
    endpoint.about = read(&over(&endpoint.about, &request.fields), strict)?;
    Ok(Reply::ok(endpoint.view()))
}

pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.endpoints.remove(id).ok_or_else(missing)?;
    Ok(Reply::deleted(id, "webhook_endpoint", desk.now_secs()))
}
