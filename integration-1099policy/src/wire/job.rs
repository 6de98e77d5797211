//! Jobs on the wire (API reference: jobs; vendor guides: section 4.2).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::{JobId, JobTerms, References, Wage};
use workflow_core::domain::facts::PlacementId;
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use super::{Listed, another_tenant, fields, lenient, metadata};
use crate::config::{Config, JobRegion};

/// What is taken from a job.
#[derive(Deserialize)]
pub(crate) struct Job {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    entity: Option<String>,
    #[serde(default, deserialize_with = "lenient::whole")]
    wage: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    wage_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) category_code: Option<String>,
    #[serde(default)]
    address: Value,
    #[serde(default, deserialize_with = "lenient::text")]
    region: Option<String>,
    #[serde(default, deserialize_with = "lenient::texts")]
    custom_metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

/// How far a job is what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// In everything.
    Same,
    /// In everything that prices it: its description or the ids noted on it are others.
    OtherWords,
    /// Not in what prices it.
    OtherTerms,
}

impl Job {
    pub(crate) fn job_id(&self) -> Option<JobId> {
        self.id.as_deref().map(JobId::from)
    }

    pub(crate) fn is_of(&self, placement: &PlacementId, config: &Config) -> bool {
        another_tenant(&self.custom_metadata, config).is_none()
            && self
                .custom_metadata
                .get("jobdiva_placement_id")
                .is_some_and(|id| id == placement.as_str())
    }

    /// How far it is what is wanted: what is not shown is taken for different.
    pub(crate) fn compared(&self, references: &References, terms: &JobTerms) -> Compared {
        let (wage, wage_type) = wage_of(terms);
        let known = [&self.name, &self.entity, &self.category_code];
        let wanted = [terms.name.trim(), terms.entity.as_str(), terms.category.as_str()];
        let is_priced = known.iter().zip(wanted).all(|(known, it)| known.as_deref() == Some(it))
            && (self.wage, self.wage_type.as_deref()) == (Some(wage.0), Some(wage_type))
            && self.state() == terms.region.as_ref().map(|region| region.state.clone());
        let noted = |key: &str, id: &str| self.custom_metadata.get(key).is_some_and(|it| it == id);
        let is_described = self.description.as_deref() == Some(terms.description.trim())
            && noted("jobdiva_placement_id", references.placement.as_str())
            && noted("jobdiva_job_id", references.requisition.as_str())
            && noted("jobdiva_candidate_id", references.candidate.as_str());
        match (is_priced, is_described) {
            (false, _) => Compared::OtherTerms,
            (true, false) => Compared::OtherWords,
            (true, true) => Compared::Same,
        }
    }

    /// Whether a state is written on it: remote work has none.
    pub(crate) fn has_region(&self) -> bool {
        self.state().is_some()
    }

    fn state(&self) -> Option<String> {
        lenient::text_of(&self.address["region"]).or_else(|| self.region.clone())
    }
}

impl Listed for Job {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

fn wage_of(terms: &JobTerms) -> (Cents, &'static str) {
    match terms.wage {
        Wage::Hourly(cents) => (cents, "hourly"),
        Wage::FlatFee(cents) => (cents, "flatfee"),
    }
}

/// The body that creates a job.
pub(crate) fn creation(
    config: &Config,
    references: &References,
    terms: &JobTerms,
) -> Map<String, Value> {
    let (wage, wage_type) = wage_of(terms);
    let mut body = fields(json!({
        "name": terms.name,
        "description": terms.description,
        "entity": terms.entity,
        "category_code": terms.category,
        "wage": wage,
        "wage_type": wage_type,
        "custom_metadata": metadata(config, references),
    }));
    if let Some(region) = &terms.region {
        match config.job_region {
            JobRegion::Address => {
                let address = json!({ "country": region.country, "region": region.state });
                body.insert("address".to_owned(), address);
            }
            JobRegion::TopLevel => {
                body.insert("region".to_owned(), json!(region.state));
            }
        }
    }
    body
}

/// The body that turns the job `known` into one with these terms.
///
/// The newest reference no longer lists `category_code` on updates, so it goes along only when it changes; fields left
/// out stay as they are, so work that has become remote takes its place away with an explicit `null`.
pub(crate) fn change(
    config: &Config,
    references: &References,
    terms: &JobTerms,
    known: &Job,
) -> Map<String, Value> {
    let mut body = creation(config, references, terms);
    if known.category_code.as_deref() == Some(terms.category.as_str()) {
        body.remove("category_code");
    }
    if terms.region.is_none() && known.has_region() {
        let place = match config.job_region {
            JobRegion::Address => "address",
            JobRegion::TopLevel => "region",
        };
        body.insert(place.to_owned(), Value::Null);
    }
    body
}
