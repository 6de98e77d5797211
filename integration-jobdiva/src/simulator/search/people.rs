//! `POST searchCandidateProfile`: candidates by name, e-mail, phone and place.
//!
//! Qualifications and addresses are taken and do nothing; nobody has a qualification.

use serde_json::{Map, Value, json};
use workflow_core::time::Timestamp;

use super::super::behaviour::Behaviour;
use super::super::state::{Candidate, Moments, State};
use super::{WrongType, page, text};

/// The criteria it takes.
pub(super) const CRITERIA: &[&str] = &[
    "firstName",
    "lastName",
    "email",
    "phone",
    "address",
    "city",
    "state",
    "zipCode",
    "country",
    "candidateQuals",
    "maxreturned",
    "offset",
];

/// The candidates that fit, in order of their ids.
pub(super) fn found(
    state: &State,
    behaviour: &Behaviour,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Vec<Value>, WrongType> {
    let criteria = [
        text(body, "firstName")?,
        text(body, "lastName")?,
        text(body, "email")?,
        text(body, "phone")?,
        text(body, "city")?,
        text(body, "state")?,
        text(body, "country")?,
    ];
    let fits = |of: &&Candidate| {
        let own =
            [&of.first_name, &of.last_name, &of.email, &of.phone, &of.city, &of.state, &of.country];
        criteria.iter().zip(own).all(|(asked, own)| {
            asked.is_none_or(|asked| asked.trim().eq_ignore_ascii_case(own.trim()))
        })
    };
    let living = state.candidates.keys().filter_map(|id| state.candidate(*id));
    let seen = living.filter(|of| of.updated(now).is_some());
    let found: Vec<&Candidate> = seen.filter(fits).collect();
    Ok(page(found, behaviour, body)?.map(row).collect())
}

fn row(of: &Candidate) -> Value {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "id": of.id,
        "first name": of.first_name,
        "middle initial": null,
        "last name": of.last_name,
        "email": filled(&of.email),
        "alternate email": null,
        "address1": format!("{} Alder Row", of.id % 90 + 1),
        "address2": null,
        "city": of.city,
        "state": of.state,
        "zipcode": null,
        "country": filled(&of.country),
        "phone 1": of.phone,
        "phone 2": null,
        "phone 3": null,
        "phone 4": null,
        "available": "true",
        "qualifications": [],
    })
}
