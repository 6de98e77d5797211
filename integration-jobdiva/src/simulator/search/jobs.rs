//! `POST SearchJob`: jobs by number, company, place, title and type.
//!
//! Dates, radius, portal and keywords are taken and do nothing. Codes of a job's status: 0 is `OPEN`, which all are.

use serde_json::{Map, Value, json};
use workflow_core::time::Timestamp;

use super::super::behaviour::Behaviour;
use super::super::state::{Job, Moments, State};
use super::{WrongType, number, page, text, texts};

/// The criteria it takes.
pub(super) const CRITERIA: &[&str] = &[
    "jobId",
    "jobdivaref",
    "optionalref",
    "city",
    "state",
    "title",
    "contactid",
    "companyId",
    "companyname",
    "status",
    "jobtype",
    "issuedatefrom",
    "issuedateto",
    "startdatefrom",
    "startdateto",
    "zipcode",
    "zipcodeRadius",
    "countryId",
    "ismyjob",
    "portalId",
    "showAllOpenJobs",
    "keywords",
    "maxReturned",
    "offset",
];

/// The jobs that fit, in order of their ids.
pub(super) fn found(
    state: &State,
    behaviour: &Behaviour,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Vec<Value>, WrongType> {
    let (id, company) = (number(body, "jobId")?, number(body, "companyId")?);
    let (number_asked, status) = (text(body, "jobdivaref")?, number(body, "status")?);
    let (city, title) = (text(body, "city")?, text(body, "title")?);
    let company_name = text(body, "companyname")?;
    let (states, kinds) = (texts(body, "state")?, texts(body, "jobtype")?);
    let any = |asked: &[&str], own: &str| {
        asked.is_empty() || asked.iter().any(|one| one.eq_ignore_ascii_case(own))
    };
    let named = |of: &Job, name: &str| {
        let company = state.companies.get(&of.company);
        company.is_some_and(|company| company.name.eq_ignore_ascii_case(name))
    };
    let fits = |of: &&Job| {
        id.is_none_or(|id| id == of.id)
            && company.is_none_or(|company| company == of.company)
            && company_name.is_none_or(|name| named(of, name))
            && number_asked.is_none_or(|number| number == of.number)
            && status.is_none_or(|code| code == 0)
            && city.is_none_or(|city| city.eq_ignore_ascii_case(&of.city))
            && title.is_none_or(|title| of.title.to_lowercase().contains(&title.to_lowercase()))
            && any(&states, &of.state)
            && any(&kinds, &of.position_type)
    };
    let living = state.jobs.keys().filter_map(|id| state.job(*id));
    let seen = living.filter(|of| of.updated(now).is_some());
    let found: Vec<&Job> = seen.filter(fits).collect();
    Ok(page(found, behaviour, body)?.map(|of| row(state, of)).collect())
}

fn row(state: &State, of: &Job) -> Value {
    let company = state.companies.get(&of.company);
    json!({
        "id": of.id,
        "contact id": 9120,
        "company id": of.company,
        "company": company.map(|company| company.name.as_str()),
        "reference #": of.number,
        "optional reference": null,
        "job title": of.title,
        "address1": null,
        "address2": null,
        "city": of.city,
        "state": of.state,
        "country": of.country,
        "zipcode": null,
        "first name": "Priya",
        "last name": "Nandakumar",
        "department": null,
        "job status": "OPEN",
        "job type": of.position_type,
        "issue date": of.created.0,
        "start date": of.created.0,
        "end date": null,
        "minimum rate": of.pay_min,
        "maximum rate": of.pay_max,
        "pay rate currency": of.currency,
        "rate per": of.pay_per,
        "positions": 2,
        "priority": null,
        "job description": of.description,
        "onSiteRemote": null,
    })
}
