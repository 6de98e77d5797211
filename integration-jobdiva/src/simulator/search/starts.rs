//! `POST searchStart`: the census of starts.
//!
//! It does not accept a start id. E-mail and pay rate are often null; half of the ends are the last second of the day.

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use workflow_core::time::Timestamp;

use super::super::behaviour::Behaviour;
use super::super::eastern;
use super::super::state::{Activity, Moments, State};
use super::{WrongType, number, page, text};

/// The criteria it takes.
pub(super) const CRITERIA: &[&str] = &[
    "jobId",
    "optionalref",
    "jobdivaref",
    "candidateid",
    "candidatefirstname",
    "candidatelastname",
    "candidateemail",
    "startDateFrom",
    "maxreturned",
    "offset",
];

/// The starts that fit, in order of their ids.
pub(super) fn found(
    state: &State,
    behaviour: &Behaviour,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Vec<Value>, WrongType> {
    let asked = Criteria::read(body)?;
    let known = state.activities.values().filter(|of| of.deleted.is_none());
    let seen = known.filter(|of| of.updated(now).is_some());
    let found: Vec<&Activity> = seen.filter(|of| asked.matches(state, of)).collect();
    Ok(page(found, behaviour, body)?.map(|of| row(state, of, now)).collect())
}

struct Criteria<'a> {
    job: Option<u64>,
    candidate: Option<u64>,
    job_number: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email: Option<&'a str>,
    start_from: Option<Date>,
}

impl<'a> Criteria<'a> {
    fn read(body: &'a Map<String, Value>) -> Result<Self, WrongType> {
        let day = |text: &str| eastern::parse_iso_day(text).ok_or(WrongType);
        Ok(Self {
            job: number(body, "jobId")?,
            candidate: number(body, "candidateid")?,
            job_number: text(body, "jobdivaref")?,
            first_name: text(body, "candidatefirstname")?,
            last_name: text(body, "candidatelastname")?,
            email: text(body, "candidateemail")?,
            start_from: text(body, "startDateFrom")?.map(day).transpose()?,
        })
    }

    fn matches(&self, state: &State, of: &Activity) -> bool {
        let who = state.candidates.get(&of.candidate);
        let named = |asked: Option<&str>, name: Option<&String>| {
            asked.is_none_or(|asked| name.is_some_and(|name| name.eq_ignore_ascii_case(asked)))
        };
        let job_number =
            |number: &str| state.jobs.get(&of.job).is_some_and(|job| job.number == number);
        self.job.is_none_or(|job| job == of.job)
            && self.candidate.is_none_or(|candidate| candidate == of.candidate)
            && self.job_number.is_none_or(job_number)
            && named(self.first_name, who.map(|who| &who.first_name))
            && named(self.last_name, who.map(|who| &who.last_name))
            && named(self.email, who.map(|who| &who.email))
            && self.start_from.is_none_or(|from| of.start >= from)
    }
}

/// The state of a start in the words of a tenant.
pub(in super::super) fn status(of: &Activity, now: Timestamp) -> &'static str {
    let today = eastern::day_of(now);
    let terminated = of.termination.as_ref().filter(|end| end.entered <= now);
    let end = terminated.map(|end| end.day).or(of.end);
    if of.cancelled.is_some_and(|at| at <= now) {
        "Canceled Start"
    } else if of.hired.is_none_or(|at| at > now) {
        "Offer"
    } else if end.is_some_and(|end| end < today) || terminated.is_some_and(|end| end.day <= today) {
        "Assignment Completed"
    } else if of.start <= today {
        "Active"
    } else {
        "Placed"
    }
}

fn row(state: &State, of: &Activity, now: Timestamp) -> Value {
    let candidate = state.candidate(of.candidate);
    let job = state.jobs.get(&of.job);
    let company = job.and_then(|job| state.companies.get(&job.company));
    let email = candidate.map(|of| of.email.as_str()).filter(|email| !email.is_empty());
    // Half of the ends are stored as the last second of the day.
    let end = |day| if of.id % 2 == 1 { eastern::millis_end(day) } else { eastern::millis(day) };
    let hired = of.hired.filter(|at| *at <= now);
    json!({
        "id": of.id,
        "job id": of.job,
        "candidate id": of.candidate,
        "candidate name": candidate.map(|of| format!("{} {}", of.first_name, of.last_name)),
        "candidate email": email,
        "candidate phones": candidate.map(|of| of.phone.as_str()),
        "companyName": company.map(|company| company.name.as_str()),
        "customer id": company.map(|company| company.id),
        "refNumber": job.map(|job| job.number.as_str()),
        "submittal date": of.created.0,
        "interview date": null,
        "hire date": hired.map(|at| at.0),
        "start date": eastern::millis(of.start),
        "end date": of.end.map(end),
        "startStatus": status(of, now),
        "position type": of.position_type.to_lowercase(),
        "crop to crop": of.corp_to_corp.then_some(true),
        "is internal": false,
        "recruited by": "Jules Tran(id:4410)",
        "submitted to": "Priya Nandakumar(id:9120)",
        "agreed pay rate": null,
        "pay rate currency/unit": null,
        "hourly currency": null,
        "hourly unit": null,
        "internal notes": null,
        "date rejected": of.cancelled.filter(|at| *at <= now).map(|at| at.0),
    })
}
