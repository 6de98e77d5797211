//! Quotes on the wire (API reference: quotes; vendor guides: section 4.3).
//!
//! Deliberately absent: `quote_json`, which may be a Python dictionary's text; nothing of it is needed, so nothing
//! of it can fail a quote.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::{ContractorId, CoverageType, JobId, QuoteId, References, Window};
use workflow_core::time::Timestamp;

use super::{Listed, add_metadata, fields, lenient};
use crate::config::Config;

/// What is taken from a quote.
#[derive(Deserialize)]
pub(crate) struct Quote {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    contractor: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    job: Option<String>,
    #[serde(default)]
    coverage_type: Value,
    #[serde(default, deserialize_with = "lenient::moment")]
    effective_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    end_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::flag")]
    eligible: Option<bool>,
    #[serde(default, deserialize_with = "lenient::whole")]
    pub(crate) net_rate: Option<i64>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

/// What a quote is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) references: &'a References,
    pub(crate) contractor: &'a ContractorId,
    pub(crate) job: &'a JobId,
    pub(crate) coverage: &'a [CoverageType],
    pub(crate) window: &'a Window,
}

impl Quote {
    pub(crate) fn quote_id(&self) -> Option<QuoteId> {
        self.id.as_deref().map(QuoteId::from)
    }

    /// Only an explicit no is a no: the documented default is `true`.
    pub(crate) fn is_eligible(&self) -> bool {
        self.eligible != Some(false)
    }

    /// Whether it is the quote that was asked for: the same two parties, coverage and window, to the second.
    pub(crate) fn answers(&self, asked: &Asked<'_>) -> bool {
        let mut wanted: Vec<&str> =
            asked.coverage.iter().map(|kind| coverage_name(*kind)).collect();
        wanted.sort_unstable();
        self.contractor.as_deref() == Some(asked.contractor.as_str())
            && self.job.as_deref() == Some(asked.job.as_str())
            && self.effective_date == Some(asked.window.effective)
            && self.end_date == Some(asked.window.until)
            && coverage_names(&self.coverage_type) == wanted
    }
}

impl Listed for Quote {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// The body that asks for a quote.
pub(crate) fn creation(config: &Config, asked: &Asked<'_>) -> Map<String, Value> {
    let mut body = fields(json!({
        "contractor": asked.contractor,
        "job": asked.job,
        "coverage_type": asked.coverage,
        "effective_date": asked.window.effective.as_secs(),
        "end_date": asked.window.until.as_secs(),
    }));
    add_metadata(&mut body, config, asked.references);
    body
}

/// The names in `coverage_type`, sorted; an older sample nests the list in an object of the same name.
fn coverage_names(value: &Value) -> Vec<&str> {
    let list = value.as_array().or_else(|| value["coverage_type"].as_array());
    let mut names: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names
}

fn coverage_name(kind: CoverageType) -> &'static str {
    match kind {
        CoverageType::General => "general",
        CoverageType::Professional => "professional",
        CoverageType::WorkersComp => "workers-comp",
        CoverageType::Media => "media",
        CoverageType::Cyber => "cyber",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_quirk_is_survived() {
        let quote: Quote = serde_json::from_value(json!({
            "id": "qt_1", "contractor": "cn_1", "job": "jb_1",
            "coverage_type": {"coverage_type": ["workers-comp", "general"]},
            "effective_date": "1764300000", "end_date": 1766892000,
            "net_rate": "82", "quote_json": "{'gl': {'net_rate': None}}", "surprise": [1],
        }))
        .unwrap();
        assert_eq!(quote.net_rate, Some(82));
        assert!(quote.is_eligible());
        assert_eq!(coverage_names(&quote.coverage_type), ["general", "workers-comp"]);
        assert_eq!(quote.effective_date, Some(Timestamp::from_secs(1_764_300_000)));
    }

    #[test]
    fn coverage_is_named_as_it_is_serialized() {
        for kind in [
            CoverageType::General,
            CoverageType::Professional,
            CoverageType::WorkersComp,
            CoverageType::Media,
            CoverageType::Cyber,
        ] {
            assert_eq!(json!(kind), json!(coverage_name(kind)));
        }
    }
}
