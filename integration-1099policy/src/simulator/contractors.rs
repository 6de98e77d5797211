//! `/contractors`: people. E-mail is unique, metadata merges, deleting cancels their policies.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config::{ContractorRequired, EmailCase};
use super::fields::{Address, Fields, Json, merge_metadata, over};
use super::ledger::{bump, named};
use super::paging::{Takes, list};
use super::policies;
use super::reply::{Refusal, Reply};
use super::request::Request;
use super::world::{Desk, Row};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Contractor {
    pub(super) id: String,
    created: i64,
    pub(super) about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) email: String,
    first_name: String,
    last_name: String,
    middle_name: Option<String>,
    company_name: Option<String>,
    phone: Option<String>,
    pub(super) address: Option<Address>,
    custom_metadata: Json,
    pub(super) withhold_premium: bool,
}

impl Row for Contractor {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Contractor {
    fn view(&self) -> Value {
        let mut view = json!(self.about);
        view["id"] = json!(self.id);
        view["created"] = json!(self.created);
        view
    }

    pub(super) fn candidate(&self) -> Option<String> {
        named(&Value::Object(self.about.custom_metadata.clone()), "jobdiva_candidate_id")
    }

    pub(super) fn home_state(&self) -> Option<String> {
        self.about.address.as_ref().and_then(|a| a.region.clone())
    }
}

/// The fields with the guide's nested `contact` lifted to the top.
fn lifted(desk: &Desk<'_>, given: &Json) -> Json {
    let mut fields = given.clone();
    let contact = if desk.strict() { None } else { fields.remove("contact") };
    for (name, value) in contact.as_ref().and_then(Value::as_object).into_iter().flatten() {
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
    fields
}

fn read(desk: &Desk<'_>, given: &Json) -> Result<About, Refusal> {
    let mut f = Fields::of(given);
    // Write-only: taken, never kept, never shown.
    f.text("tax_identification");
    let about = About {
        email: f.need_text("email"),
        first_name: f.need_text("first_name"),
        last_name: f.need_text("last_name"),
        middle_name: f.text("middle_name"),
        company_name: f.text("company_name"),
        phone: f.text("phone"),
        address: f.address(),
        custom_metadata: f.metadata(),
        withhold_premium: f.flag("withhold_premium").unwrap_or(false),
    };
    if !about.email.is_empty() && !about.email.contains('@') {
        f.problem("email", "Not a valid email address.");
    }
    if desk.cfg.rules.contractor_required == ContractorRequired::Strict {
        f.need_text("phone");
        if about.address.is_none() {
            f.problem("address", "Missing data for required field.");
        }
    }
    f.finish(desk.strict())?;
    Ok(about)
}

/// Refuses an e-mail another contractor has.
fn check_email(desk: &Desk<'_>, email: &str, own_id: Option<&str>) -> Result<(), Refusal> {
    let same = |other: &str| match desk.cfg.rules.email_case {
        EmailCase::Exact => other == email,
        EmailCase::Insensitive => other.eq_ignore_ascii_case(email),
    };
    let taken = desk
        .book
        .contractors
        .newest()
        .any(|c| Some(c.id.as_str()) != own_id && same(&c.about.email));
    if taken {
        return Err(Refusal::business(
            "duplicate_email",
            "A contractor with that email already exists.",
        ));
    }
    Ok(())
}

fn missing() -> Refusal {
    Refusal::not_found("invalid_contractor_id")
}

fn check_blocked(desk: &Desk<'_>, id: &str) -> Result<(), Refusal> {
    if desk.script(id).blocked {
        return Err(Refusal::business(
            "contractor_blocked_for_writes",
            "The contractor is blocked for writes.",
        ));
    }
    Ok(())
}

/// Refuses a reference in a body to a contractor that is not there, or blocked.
pub(super) fn check_ref(desk: &Desk<'_>, id: &str) -> Result<(), Refusal> {
    if desk.book.contractors.get(id).is_none() {
        return Err(Refusal::business("invalid_contractor_id", "No such contractor."));
    }
    check_blocked(desk, id)
}

pub(super) fn index(desk: &Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let email = request.query("email");
    let keep = |c: &Contractor| email.is_none_or(|e| c.about.email == e);
    list(&desk.book.contractors, request, Takes::LimitAndCursors, keep, Contractor::view)
}

pub(super) fn create(desk: &mut Desk<'_>, request: &Request) -> Result<Reply, Refusal> {
    let fields = lifted(desk, &request.fields);
    let about = read(desk, &fields)?;
    check_email(desk, &about.email, None)?;
    let contractor = Contractor { id: desk.mint("cn_"), created: desk.now_secs(), about };
    bump(&mut desk.shared.ledger.contractors_by_email, &contractor.about.email);
    if let Some(candidate) = contractor.candidate() {
        bump(&mut desk.shared.ledger.contractors_by_candidate, &candidate);
    }
    let view = contractor.view();
    desk.book.contractors.add(contractor);
    Ok(Reply::created(view))
}

pub(super) fn show(desk: &Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    desk.book.contractors.get(id).map(|c| Reply::ok(c.view())).ok_or_else(missing)
}

pub(super) fn update(desk: &mut Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    let mut given = lifted(desk, &request.fields);
    let stored = desk.book.contractors.get(id).ok_or_else(missing)?.about.clone();
    check_blocked(desk, id)?;
    let metadata = merge_metadata(&stored.custom_metadata, given.get("custom_metadata"));
    given.insert("custom_metadata".to_owned(), Value::Object(metadata));
    let about = read(desk, &over(&stored, &given))?;
    check_email(desk, &about.email, Some(id))?;
    let contractor = desk.book.contractors.get_mut(id).ok_or_else(missing)?;
    contractor.about = about;
    Ok(Reply::ok(contractor.view()))
}

/// Also cancels every active policy of the contractor.
pub(super) fn delete(desk: &mut Desk<'_>, id: &str) -> Result<Reply, Refusal> {
    if desk.book.contractors.get(id).is_none() {
        return Err(missing());
    }
    policies::cancel_all(desk, |quote| quote.contractor == id);
    desk.book.contractors.remove(id);
    Ok(Reply::deleted(id, "contractor", desk.now_secs()))
}

/// `GET /contractors/{id}/policies`: all of them, no parameters.
pub(super) fn policies(desk: &Desk<'_>, id: &str, request: &Request) -> Result<Reply, Refusal> {
    if desk.book.contractors.get(id).is_none() {
        return Err(missing());
    }
    let keep =
        |p: &policies::Policy| desk.book.quotes.get(&p.quote).is_some_and(|q| q.contractor == id);
    list(&desk.book.policies, request, Takes::Nothing, keep, policies::Policy::view)
}
