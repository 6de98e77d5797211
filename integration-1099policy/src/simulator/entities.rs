//! `/entities`: the client companies placements are made at.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{Address, Fields, Json, over};
use super::paging::{Takes, list};
use super::policies;
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entity {
    id: String,
    created: i64,
    about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    name: String,
    address: Option<Address>,
    coverage_limit: Option<CoverageLimit>,
    required_coverage: Vec<String>,
}

/// Cents.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CoverageLimit {
    aggregate_limit: Option<i64>,
    occurrence_limit: Option<i64>,
}

impl Row for Entity {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity {
    pub(super) fn seeded(id: &str, name: &str, created: i64) -> Self {
        let about = About {
            name: name.to_owned(),
            address: Some(Address {
                country: Some("US".to_owned()),
                region: Some("CA".to_owned()),
                ..Address::default()
            }),
            coverage_limit: None,
            required_coverage: vec!["general".to_owned(), "workers-comp".to_owned()],
        };
        Self { id: id.to_owned(), created, about }
    }

    fn view(&self) -> Value {
        let mut view = json!(self.about);
        view["id"] = json!(self.id);
        view["created"] = json!(self.created);
        view
    }
}

fn read(given: &Json, strict: bool) -> Result<About, Refusal> {
    let mut f = Fields::of(given);
    let limit = f.object("coverage_limit").map(|limits| {
        let mut inner = Fields::of(limits);
        CoverageLimit {
            aggregate_limit: inner.int("aggregate_limit"),
            occurrence_limit: inner.int("occurrence_limit"),
        }
    });
    let low = |cents: Option<i64>| cents.is_some_and(|c| c < 1000);
    if limit.as_ref().is_some_and(|l| low(l.aggregate_limit) || low(l.occurrence_limit)) {
        f.problem("coverage_limit", "Must be at least 1000 cents.");
    }
    // Absent and empty are the same: nothing is demanded of the contractor.
    let required = f.texts("required_coverage").unwrap_or_default();
    let about = About {
        name: f.need_text("name"),
        address: f.address(),
        coverage_limit: limit,
        required_coverage: required,
    };
    f.finish(strict)?;
    Ok(about)
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_entity_id")
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.entities, request, Takes::LimitAndCursors, |_| true, Entity::view)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let about = read(&request.fields, desk.strict())?;
    let entity = Entity { id: desk.mint("en_"), created: desk.now_secs(), about };
    let view = entity.view();
    desk.book.entities.add(entity);
    Ok(Reply::created(view))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.entities.get(id).map(|e| Reply::ok(e.view())).ok_or_else(missing)
}

pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let strict = desk.strict();
    let entity = desk.book.entities.get_mut(id).ok_or_else(missing)?;
    entity.about = read(&over(&entity.about, &request.fields), strict)?;
    Ok(Reply::ok(entity.view()))
}

/// Also cancels the policies connected with the entity's jobs.
pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.entities.remove(id).ok_or_else(missing)?;
    let jobs = desk.book.jobs.newest().filter(|j| j.about.entity == id);
    let jobs: Vec<String> = jobs.map(|j| j.id.clone()).collect();
    policies::cancel_all(desk, |quote| jobs.contains(&quote.job));
    Ok(Reply::deleted(id, "entity", desk.now_secs()))
}
