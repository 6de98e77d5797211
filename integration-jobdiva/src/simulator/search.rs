//! The `search` methods: criteria in a JSON body, spaced keys and epoch milliseconds in a bare list, paging quirks.
//!
//! Criteria it does not know are ignored, so a typo returns everything. There is no "modified since". What each method
//! looks for is in [`starts`], [`jobs`] and [`people`].

pub(super) mod jobs;
pub(super) mod people;
pub(super) mod starts;

use serde_json::{Map, Value};
use workflow_core::time::Timestamp;

use super::behaviour::{Behaviour, OffsetMode};
use super::envelope::{Answer, bad_request};
use super::server::{Request, Settings};
use super::state::State;

/// Which search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// `searchStart`.
    Starts,
    /// `SearchJob`.
    Jobs,
    /// `searchCandidateProfile`.
    People,
}

/// The searches: path, which, what it does. All are `POST`.
pub(super) const SEARCHES: [(&str, Search, &str); 4] = [
    ("/apiv2/jobdiva/searchStart", Search::Starts, "Starts by job, candidate or first day"),
    ("/apiv2/jobdiva/SearchJob", Search::Jobs, "Jobs"),
    ("/apiv2/jobdiva/searchJob", Search::Jobs, "Jobs, in the other spelling"),
    ("/apiv2/jobdiva/searchCandidateProfile", Search::People, "Candidates"),
];

impl Search {
    /// The criteria it takes; those that it takes and does nothing with among them.
    pub(super) fn criteria(self) -> &'static [&'static str] {
        match self {
            Search::Starts => starts::CRITERIA,
            Search::Jobs => jobs::CRITERIA,
            Search::People => people::CRITERIA,
        }
    }
}

/// Answers a search.
pub(super) fn answer(
    state: &State,
    settings: &Settings,
    request: &Request,
    search: Search,
    now: Timestamp,
) -> Answer {
    let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else {
        return bad_request("Malformed JSON request", now);
    };
    let behaviour = &settings.behaviour;
    let unknown = body.keys().find(|name| !search.criteria().contains(&name.as_str()));
    if let (Some(name), false) = (unknown, behaviour.ignore_unknown_criteria) {
        return bad_request(&format!("Unrecognized field \"{name}\""), now);
    }
    let found = match search {
        Search::Starts => starts::found(state, behaviour, &body, now),
        Search::Jobs => jobs::found(state, behaviour, &body, now),
        Search::People => people::found(state, behaviour, &body, now),
    };
    match found {
        Ok(rows) => Answer::json(Value::Array(rows)),
        Err(WrongType) => bad_request("JSON parse error: wrong type", now),
    }
}

/// A criterion that holds the wrong kind of value.
pub(super) struct WrongType;

/// A number, or a text that holds one.
fn number(body: &Map<String, Value>, name: &str) -> Result<Option<u64>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| WrongType),
        Some(other) => other.as_u64().map(Some).ok_or(WrongType),
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(WrongType),
    }
}

/// A text or a list of texts.
fn texts<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, WrongType> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => all.iter().map(|one| one.as_str().ok_or(WrongType)).collect(),
        Some(one) => Ok(vec![one.as_str().ok_or(WrongType)?]),
    }
}

/// The part of what was found that `maxreturned` and `offset` ask for.
fn page<T>(
    found: Vec<T>,
    behaviour: &Behaviour,
    body: &Map<String, Value>,
) -> Result<impl Iterator<Item = T> + use<T>, WrongType> {
    let cap = u64::from(behaviour.search_cap);
    let asked = number(body, "maxreturned")?.or(number(body, "maxReturned")?);
    let offset = number(body, "offset")?.unwrap_or(0);
    let size = asked.unwrap_or(cap).min(cap);
    let mut skipped = match behaviour.offset {
        OffsetMode::Row => offset,
        OffsetMode::Page => offset.saturating_mul(size),
    };
    if behaviour.overlap {
        skipped = skipped.saturating_sub(1);
    }
    let in_memory = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(in_memory(skipped)).take(in_memory(size)))
}
