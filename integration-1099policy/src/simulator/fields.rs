//! Reads a request's fields, gathering every problem before refusing, as the vendor's `message` object does.
//!
//! Lenient where the vendor is: numbers may come as strings, the text `"null"` is null.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::reply::Refusal;

pub(super) type Json = Map<String, Value>;

const MISSING: &str = "Missing data for required field.";

pub(super) struct Fields<'a> {
    given: &'a Json,
    known: BTreeSet<&'static str>,
    problems: BTreeMap<String, Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(given: &'a Json) -> Self {
        Self { given, known: BTreeSet::new(), problems: BTreeMap::new() }
    }

    /// The field's value; absent and null are the same.
    pub(super) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.insert(name);
        self.given.get(name).filter(|v| !v.is_null() && v.as_str() != Some("null"))
    }

    pub(super) fn problem(&mut self, name: &str, problem: &'static str) {
        self.problems.entry(name.to_owned()).or_default().push(problem);
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(name, "Not a valid string.");
        }
        text
    }

    /// A text that must be there and not empty; the empty one stands for a problem until [`Fields::finish`].
    pub(super) fn need_text(&mut self, name: &'static str) -> String {
        let absent = self.value(name).is_none();
        let text = self.text(name).unwrap_or_default();
        if absent || text.is_empty() {
            self.problem(name, MISSING);
        }
        text
    }

    pub(super) fn int(&mut self, name: &'static str) -> Option<i64> {
        let value = self.value(name)?;
        let number = value.as_i64().or_else(|| value.as_str().and_then(|s| s.parse().ok()));
        if number.is_none() {
            self.problem(name, "Not a valid integer.");
        }
        number
    }

    pub(super) fn need_int(&mut self, name: &'static str) -> i64 {
        if self.value(name).is_none() {
            self.problem(name, MISSING);
        }
        self.int(name).unwrap_or_default()
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool().or_else(|| value.as_str().and_then(|s| s.parse().ok()));
        if flag.is_none() {
            self.problem(name, "Not a valid boolean.");
        }
        flag
    }

    pub(super) fn object(&mut self, name: &'static str) -> Option<&'a Json> {
        let value = self.value(name)?;
        if value.as_object().is_none() {
            self.problem(name, "Not a valid mapping type.");
        }
        value.as_object()
    }

    pub(super) fn metadata(&mut self) -> Json {
        self.object("custom_metadata").cloned().unwrap_or_default()
    }

    /// The same where only the guides have it: a strict server does not know it.
    pub(super) fn extra_metadata(&mut self, strict: bool) -> Json {
        if strict { Json::new() } else { self.metadata() }
    }

    /// A list of texts; `None` when absent.
    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let value = self.value(name)?;
        let texts: Option<Vec<String>> = value
            .as_array()
            .and_then(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.problem(name, "Not a valid list of strings.");
        }
        texts
    }

    /// Coverage types, each of the documented five, as given but without repeats.
    pub(super) fn coverage(&mut self, name: &'static str) -> Option<Vec<String>> {
        let mut seen = BTreeSet::new();
        let given = self.texts(name)?;
        let types: Vec<String> = given.into_iter().filter(|t| seen.insert(t.clone())).collect();
        if types.is_empty() {
            self.problem(name, "Shorter than minimum length 1.");
        }
        if !types.iter().all(|t| COVERAGES.contains(&t.as_str())) {
            self.problem(
                name,
                "Must be one of: general, professional, workers-comp, media, cyber.",
            );
        }
        Some(types)
    }

    pub(super) fn address(&mut self) -> Option<Address> {
        let given = self.object("address")?;
        let mut inner = Fields::of(given);
        let address = Address {
            country: inner.text("country").or_else(|| Some("US".to_owned())),
            line1: inner.text("line1"),
            line2: inner.text("line2"),
            locality: inner.text("locality"),
            postalcode: inner
                .value("postalcode")
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)),
            region: inner.text("region"),
        };
        if address.region.as_ref().is_some_and(|r| !is_state(r)) {
            inner.problem("region", "Must be a two-letter state.");
        }
        for (name, problems) in inner.problems {
            self.problems.insert(format!("address.{name}"), problems);
        }
        Some(address)
    }

    /// Ends the reading: every problem at once, and unknown fields when `strict`.
    pub(super) fn finish(mut self, strict: bool) -> Result<(), Refusal> {
        if strict {
            for name in self.given.keys().filter(|k| !self.known.contains(k.as_str())) {
                self.problems.entry(name.clone()).or_default().push("Unknown field.");
            }
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Refusal {
            status: 400,
            code: "invalid_input",
            message: json!(self.problems),
            executed: false,
        })
    }
}

const COVERAGES: [&str; 5] = ["general", "professional", "workers-comp", "media", "cyber"];

pub(super) fn is_state(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// The vendor's address object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) country: Option<String>,
    pub(super) line1: Option<String>,
    pub(super) line2: Option<String>,
    pub(super) locality: Option<String>,
    pub(super) postalcode: Option<String>,
    pub(super) region: Option<String>,
}

/// The stored fields with the given ones over them: what PUT means.
pub(super) fn over<T: Serialize>(stored: &T, given: &Json) -> Json {
    let mut all =
        serde_json::to_value(stored).ok().and_then(|v| v.as_object().cloned()).unwrap_or_default();
    all.extend(given.iter().map(|(k, v)| (k.clone(), v.clone())));
    all
}

/// The documented merge of `custom_metadata`: an empty value unsets its key, an empty object clears all.
pub(super) fn merge_metadata(stored: &Json, given: Option<&Value>) -> Json {
    let Some(given) = given.and_then(Value::as_object) else { return stored.clone() };
    if given.is_empty() {
        return Json::new();
    }
    let mut all = stored.clone();
    for (key, value) in given {
        if value.is_null() || value.as_str() == Some("") {
            all.remove(key);
        } else {
            all.insert(key.clone(), value.clone());
        }
    }
    all
}
