//! Assignments on the wire (API reference: assignments; vendor guides: section 4.5).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use workflow_core::domain::call::{AssignmentId, JobId, PolicyId, Span};
use workflow_core::time::Timestamp;

use super::quote::Asked;
use super::{Listed, add_metadata, fields, lenient};
use crate::config::Config;

/// What is taken from an assignment.
#[derive(Deserialize)]
pub(crate) struct Assignment {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    contractor: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    job: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    policy: Option<String>,
    #[serde(default)]
    eligible: Value,
    #[serde(default, deserialize_with = "lenient::flag")]
    cancelled: Option<bool>,
    #[serde(default, deserialize_with = "lenient::moment")]
    cancellation_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    pub(crate) effective_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::moment")]
    end_date: Option<Timestamp>,
    /// Whether a certificate's link is on it: they come with the charge.
    #[serde(default, rename = "certificates", deserialize_with = "lenient::any_link")]
    pub(crate) has_certificate: bool,
    #[serde(default, deserialize_with = "lenient::moment")]
    created: Option<Timestamp>,
}

impl Assignment {
    pub(crate) fn assignment_id(&self) -> Option<AssignmentId> {
        self.id.as_deref().map(AssignmentId::from)
    }

    pub(crate) fn job_id(&self) -> Option<JobId> {
        self.job.as_deref().map(JobId::from)
    }

    pub(crate) fn dates(&self) -> Span {
        Span { from: self.effective_date, until: self.end_date }
    }

    pub(crate) fn policy_id(&self) -> Option<PolicyId> {
        self.policy.as_deref().map(PolicyId::from)
    }

    pub(crate) fn is_on(&self, job: &JobId) -> bool {
        self.job.as_deref() == Some(job.as_str())
    }

    pub(crate) fn is_of(&self, asked: &Asked<'_>) -> bool {
        self.contractor.as_deref() == Some(asked.contractor.as_str()) && self.is_on(asked.job)
    }

    pub(crate) fn is_canceled(&self) -> bool {
        self.cancelled == Some(true) || self.cancellation_date.is_some()
    }

    /// What the provider says against it; `None` unless it says no explicitly.
    pub(crate) fn ineligible(&self) -> Option<String> {
        let told =
            lenient::flag_of(&self.eligible).or_else(|| lenient::flag_of(&self.eligible["result"]));
        let message = || lenient::text_of(&self.eligible["message"]).unwrap_or_default();
        (told == Some(false)).then(message)
    }
}

impl Listed for Assignment {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
    fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// The body that covers a returning contractor.
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

/// The body that undoes an assignment, which the provider knows by its job here.
pub(crate) fn cancellation(job: &JobId) -> Value {
    json!({ "job_id": job, "reason": "client_request" })
}

/// What is taken from the answer to an extension: an assignment or a quote, alike in this.
#[derive(Deserialize)]
pub(crate) struct Extended {
    #[serde(default, deserialize_with = "lenient::moment")]
    pub(crate) end_date: Option<Timestamp>,
}

/// The body that lets the coverage of a job last longer.
pub(crate) fn extension(job: &JobId, until: Timestamp) -> Value {
    json!({ "job_id": job, "end_date": until.as_secs() })
}
