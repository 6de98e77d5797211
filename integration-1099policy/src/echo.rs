//! What the provider holds of one object, read back for whoever compares it with what was asked for.
//!
//! Nothing rests on it: facts for the workflows are read in `confirm.rs` and `poll.rs`. Absent: lists, and judgement.

use std::collections::BTreeMap;

use serde_json::Value;
use workflow_core::domain::call::{
    AssignmentId, ContractorId, InvoiceId, JobId, QuoteId, SessionId,
};
use workflow_core::money::Cents;
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::config::percent_encoded;
use crate::failure::Error;
use crate::wire::{lenient, session};

/// A contractor. The e-mail is personal: it is for comparing, not for showing.
#[derive(Clone, PartialEq, Eq)]
pub struct ContractorEcho {
    /// The e-mail.
    pub email: Option<String>,
    /// `custom_metadata`.
    pub metadata: BTreeMap<String, String>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEcho {
    /// The wage in cents.
    pub wage: Option<Cents>,
    /// `hourly`, `flatfee`, ...
    pub wage_type: Option<String>,
    /// The two-letter state; none for remote work.
    pub region: Option<String>,
    /// `custom_metadata`.
    pub metadata: BTreeMap<String, String>,
}

/// A quote, or an assignment: who works on what, from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverEcho {
    /// Who works.
    pub contractor: Option<String>,
    /// On what.
    pub job: Option<String>,
    /// The coverage types, sorted; empty where none are told.
    pub coverage: Vec<String>,
    /// When it begins.
    pub effective: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
}

/// An application session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEcho {
    /// Where the browser goes after success.
    pub success_url: Option<String>,
    /// Whether the contractor has finished.
    pub complete: bool,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceEcho {
    /// The gross pay.
    pub gross: Option<Cents>,
    /// When the pay cycle begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
}

impl Ten99Policy {
    /// Reads a contractor back.
    pub async fn contractor_echo(&self, id: &ContractorId) -> Result<ContractorEcho, Error> {
        let it = self.echo("contractors", id.as_str()).await?;
        let email = text(&it, "email").or_else(|| lenient::text_of(&it["contact"]["email"]));
        Ok(ContractorEcho { email, metadata: metadata(&it) })
    }

    /// Reads a job back.
    pub async fn job_echo(&self, id: &JobId) -> Result<JobEcho, Error> {
        let it = self.echo("jobs", id.as_str()).await?;
        let region = lenient::text_of(&it["address"]["region"]).or_else(|| text(&it, "region"));
        Ok(JobEcho {
            wage: cents(&it, "wage"),
            wage_type: text(&it, "wage_type"),
            region,
            metadata: metadata(&it),
        })
    }

    /// Reads a quote back.
    pub async fn quote_echo(&self, id: &QuoteId) -> Result<CoverEcho, Error> {
        Ok(cover(&self.echo("quotes", id.as_str()).await?))
    }

    /// Reads an assignment back.
    pub async fn assignment_echo(&self, id: &AssignmentId) -> Result<CoverEcho, Error> {
        Ok(cover(&self.echo("assignments", id.as_str()).await?))
    }

    /// Reads an application session back.
    pub async fn session_echo(&self, id: &SessionId) -> Result<SessionEcho, Error> {
        let it = self.echo("apply/sessions", id.as_str()).await?;
        let complete = text(&it, "step").as_deref() == Some(session::STEP_COMPLETE);
        Ok(SessionEcho { success_url: text(&it, "success_url"), complete })
    }

    /// Reads an invoice back.
    pub async fn invoice_echo(&self, id: &InvoiceId) -> Result<InvoiceEcho, Error> {
        let it = self.echo("invoices", id.as_str()).await?;
        Ok(InvoiceEcho {
            gross: cents(&it, "gross_pay"),
            start: lenient::moment_of(&it["paycycle_startdate"]),
            end: lenient::moment_of(&it["paycycle_enddate"]),
        })
    }

    /// Where the browser is sent after success, for one placement.
    pub fn success_url(&self, placement: &str) -> String {
        self.config().links.for_placement(placement).0
    }

    async fn echo(&self, resource: &str, id: &str) -> Result<Value, Error> {
        let path = format!("/{resource}/{}", percent_encoded(id));
        Ok(self.client().get(&path, &[]).await?)
    }
}

fn text(it: &Value, name: &str) -> Option<String> {
    lenient::text_of(&it[name])
}

fn cents(it: &Value, name: &str) -> Option<Cents> {
    lenient::whole_of(&it[name]).map(Cents)
}

fn metadata(it: &Value) -> BTreeMap<String, String> {
    lenient::texts(&it["custom_metadata"]).unwrap_or_default()
}

fn cover(it: &Value) -> CoverEcho {
    let listed = &it["coverage_type"];
    // An older sample nests the list in an object of the same name.
    let listed = listed.as_array().or_else(|| listed["coverage_type"].as_array());
    let mut coverage: Vec<String> =
        listed.into_iter().flatten().filter_map(lenient::text_of).collect();
    coverage.sort();
    CoverEcho {
        contractor: text(it, "contractor"),
        job: text(it, "job"),
        coverage,
        effective: lenient::moment_of(&it["effective_date"]),
        end: lenient::moment_of(&it["end_date"]),
    }
}
