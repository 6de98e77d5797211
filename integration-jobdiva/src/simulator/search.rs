//! `POST searchStart`: the census of starts, with its spaced keys, epoch milliseconds and paging quirks.
//!
//! Criteria it does not know, a start id among them, are ignored, so a typo returns everything. There is no
//! "modified since".

use serde_json::{Map, Value, json};
use workflow_core::time::Timestamp;

use super::behaviour::{Behaviour, OffsetMode};
use super::eastern;
use super::envelope::{Answer, bad_request};
use super::server::{Request, Settings};
use super::state::{Activity, Moments, State};

/// Answers `searchStart`.
pub(super) fn starts(
    state: &State,
    settings: &Settings,
    request: &Request,
    now: Timestamp,
) -> Answer {
    let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else {
        return bad_request("Malformed JSON request", now);
    };
    let Ok(asked) = Criteria::read(&body) else {
        return bad_request("JSON parse error: wrong type", now);
    };
    let known = state.activities.values().filter(|of| of.deleted.is_none());
    let seen = known.filter(|of| of.updated(now).is_some());
    let found: Vec<&Activity> = seen.filter(|of| asked.matches(state, of)).collect();
    let page = page(&found, &settings.behaviour, &asked);
    Answer::json(page.iter().map(|of| row(state, of, now)).collect())
}

struct WrongType;

/// The criteria it knows.
struct Criteria {
    job: Option<u64>,
    candidate: Option<u64>,
    job_number: Option<String>,
    last_name: Option<String>,
    start_from: Option<jiff::civil::Date>,
    max_returned: Option<u64>,
    offset: u64,
}

impl Criteria {
    fn read(body: &Map<String, Value>) -> Result<Self, WrongType> {
        let start_from = text(body, "startDateFrom")?;
        let day = |text: String| eastern::parse_iso_day(&text).ok_or(WrongType);
        Ok(Self {
            job: number(body, "jobId")?,
            candidate: number(body, "candidateid")?,
            job_number: text(body, "jobdivaref")?,
            last_name: text(body, "candidatelastname")?,
            start_from: start_from.map(day).transpose()?,
            max_returned: number(body, "maxreturned")?,
            offset: number(body, "offset")?.unwrap_or(0),
        })
    }

    fn matches(&self, state: &State, of: &Activity) -> bool {
        let last_name = |name: &String| {
            let candidate = state.candidates.get(&of.candidate);
            candidate.is_some_and(|of| of.last_name.eq_ignore_ascii_case(name))
        };
        let job_number =
            |number: &String| state.jobs.get(&of.job).is_some_and(|job| job.number == *number);
        self.job.is_none_or(|job| job == of.job)
            && self.candidate.is_none_or(|candidate| candidate == of.candidate)
            && self.job_number.as_ref().is_none_or(job_number)
            && self.last_name.as_ref().is_none_or(last_name)
            && self.start_from.is_none_or(|from| of.start >= from)
    }
}

/// A number, or a text that holds one.
fn number(body: &Map<String, Value>, name: &str) -> Result<Option<u64>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| WrongType),
        Some(other) => other.as_u64().map(Some).ok_or(WrongType),
    }
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(WrongType),
    }
}

fn page<'a>(found: &[&'a Activity], behaviour: &Behaviour, asked: &Criteria) -> Vec<&'a Activity> {
    let cap = u64::from(behaviour.search_cap);
    let size = asked.max_returned.unwrap_or(cap).min(cap);
    let mut skipped = match behaviour.offset {
        OffsetMode::Row => asked.offset,
        OffsetMode::Page => asked.offset.saturating_mul(size),
    };
    if behaviour.overlap {
        skipped = skipped.saturating_sub(1);
    }
    let in_memory = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    found.iter().skip(in_memory(skipped)).take(in_memory(size)).copied().collect()
}

/// The state of a start in the words of a tenant.
fn status(of: &Activity, now: Timestamp) -> &'static str {
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
