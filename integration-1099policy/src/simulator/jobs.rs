//! `/jobs`: what work, for which entity, where. Frozen once invoiced.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::categories;
use super::fields::{Address, Fields, Json, merge_metadata, over};
use super::ledger::{bump, named};
use super::paging::{Takes, list};
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};

/// The newer of the two documented maxima, in cents.
const WAGE_MAX_CENTS: i64 = 1_000_000_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: String,
    created: i64,
    pub(super) about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    name: String,
    description: String,
    pub(super) entity: String,
    pub(super) category_code: String,
    pub(super) wage: i64,
    pub(super) wage_type: String,
    pub(super) address: Option<Address>,
    pub(super) custom_metadata: Json,
    years_experience: Option<i64>,
    pub(super) withhold_premium: bool,
}

impl Row for Job {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Job {
    fn view(&self) -> Value {
        let mut view = json!(self.about);
        view["id"] = json!(self.id);
        view["created"] = json!(self.created);
        view
    }

    /// Where the work is done: the job's state, at home for remote work.
    pub(super) fn work_state(&self, home: Option<&str>) -> Option<String> {
        let here = self.about.address.as_ref().and_then(|a| a.region.clone());
        here.or_else(|| home.map(str::to_owned))
    }
}

/// The fields with the guide's top-level `region` moved into the address.
fn lifted(desk: &Desk<'_>, given: &Json) -> Json {
    let mut fields = given.clone();
    let in_address = fields.get("address").is_some_and(|a| !a["region"].is_null());
    let region = if desk.strict() { None } else { fields.remove("region") };
    if let Some(region) = region.filter(|r| !r.is_null() && !in_address) {
        let address = fields.entry("address").or_insert_with(|| json!({}));
        if address.is_null() {
            *address = json!({});
        }
        if let Some(address) = address.as_object_mut() {
            address.insert("region".to_owned(), region);
        }
    }
    fields
}

fn read(desk: &Desk<'_>, given: &Json) -> Result<About, Refusal> {
    let mut f = Fields::of(given);
    // Only in old SDK examples: taken, not used.
    f.int("duration_hours");
    let about = About {
        name: f.need_text("name"),
        description: f.need_text("description"),
        entity: f.need_text("entity"),
        category_code: f.text("category_code").unwrap_or_default(),
        wage: f.need_int("wage"),
        wage_type: f.need_text("wage_type"),
        address: f.address(),
        custom_metadata: f.metadata(),
        years_experience: f.int("years_experience"),
        withhold_premium: f.flag("withhold_premium").unwrap_or(false),
    };
    if !(100..=WAGE_MAX_CENTS).contains(&about.wage) {
        f.problem("wage", "Must be between 100 and 1000000000 cents.");
    }
    if !["flatfee", "hourly", "unit", "blended"].contains(&about.wage_type.as_str()) {
        f.problem("wage_type", "Must be one of: flatfee, hourly, unit, blended.");
    }
    if about.address.as_ref().is_some_and(|a| a.region.is_none()) {
        f.problem("address.region", "Missing data for required field.");
    }
    f.finish(desk.strict())?;
    if about.category_code.is_empty() {
        return Err(Refusal::validation(
            "missing_job_category_code",
            "A job category code is required.",
        ));
    }
    if desk.book.entities.get(&about.entity).is_none() {
        return Err(Refusal::business("invalid_entity_id", "No such entity."));
    }
    categories::check(desk, &about.category_code)?;
    Ok(about)
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_job_id")
}

/// Refuses a reference in a body to a job that is not there.
pub(super) fn check_ref(desk: &Desk<'_>, id: &str) -> Result<(), Refusal> {
    if desk.book.jobs.get(id).is_none() {
        return Err(Refusal::business("invalid_job_id", "No such job."));
    }
    Ok(())
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    list(&desk.book.jobs, request, Takes::LimitAndCursors, |_| true, Job::view)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let fields = lifted(desk, &request.fields);
    let about = read(desk, &fields)?;
    let job = Job { id: desk.mint("jb_"), created: desk.now_secs(), about };
    let metadata = Value::Object(job.about.custom_metadata.clone());
    if let Some(placement) = named(&metadata, "jobdiva_placement_id") {
        bump(&mut desk.shared.ledger.jobs_by_placement, &placement);
    }
    let view = job.view();
    desk.book.jobs.add(job);
    Ok(Reply::created(view))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.jobs.get(id).map(|j| Reply::ok(j.view())).ok_or_else(missing)
}

pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let mut given = lifted(desk, &request.fields);
    let stored = desk.book.jobs.get(id).ok_or_else(missing)?.about.clone();
    // The newest reference no longer lists it on PUT: strict refuses it, lenient leaves it as it was.
    if given.remove("category_code").is_some() && desk.strict() {
        return Err(Refusal::validation("invalid_input", "category_code cannot be changed."));
    }
    if desk.book.invoices.newest().any(|i| i.about.job == id) {
        return Err(Refusal::business(
            "invoice_exists",
            "The job has an invoice and cannot be edited.",
        ));
    }
    let metadata = merge_metadata(&stored.custom_metadata, given.get("custom_metadata"));
    given.insert("custom_metadata".to_owned(), Value::Object(metadata));
    let about = read(desk, &over(&stored, &given))?;
    let job = desk.book.jobs.get_mut(id).ok_or_else(missing)?;
    job.about = about;
    Ok(Reply::ok(job.view()))
}

pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    if desk.book.jobs.get(id).is_none() {
        return Err(missing());
    }
    let used = desk.book.quotes.newest().any(|q| q.job == id)
        || desk.book.assignments.newest().any(|a| a.job == id)
        || desk.book.invoices.newest().any(|i| i.about.job == id);
    if used {
        return Err(Refusal::business("job_is_used", "The job is in use and cannot be deleted."));
    }
    desk.book.jobs.remove(id);
    Ok(Reply::deleted(id, "job", desk.now_secs()))
}
