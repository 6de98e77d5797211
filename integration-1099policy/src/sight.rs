//! Resources read into sightings: what `confirm.rs` and `poll.rs` share.
//!
//! A sighting is a fact with a source: the resource itself, at the moment of reading. What does not exist is `None`,
//! which is no fact about coverage yet; the callers know what it means to them.

use serde::de::DeserializeOwned;
use serde_json::Value;
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentId, AssignmentStanding, CertificateId, JobId, PolicyId, QuoteId,
    SessionId, Sighting, Span,
};
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::config::percent_encoded;
use crate::failure::Error;
use crate::pages::{self, Walk, Walked};
use crate::perform::CERTIFICATES;
use crate::wire;
use crate::wire::assignment::Assignment;
use crate::wire::certificate::Certificate;
use crate::wire::policy::Policy;
use crate::wire::session::Session;

impl Ten99Policy {
    /// One object by its id; `None` when there is no such thing.
    pub(crate) async fn one<T: DeserializeOwned>(
        &self,
        resource: &str,
        id: &str,
    ) -> Result<Option<T>, Error> {
        let path = format!("{resource}/{}", percent_encoded(id));
        match self.client().get(&path, &[]).await.map_err(Error::from) {
            Ok(body) => Ok(Some(wire::object(resource.trim_start_matches('/'), body)?)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn policy(
        &self,
        id: &PolicyId,
        now: Timestamp,
    ) -> Result<Option<Sighting>, Error> {
        let policy: Option<Policy> = self.one("/policies", id.as_str()).await?;
        policy.map(|policy| policy.sighting(now).map_err(unreadable)).transpose()
    }

    pub(crate) async fn policies_of(
        &self,
        quote: &QuoteId,
        now: Timestamp,
    ) -> Result<Vec<Sighting>, Error> {
        let body = self.client().get("/policies", &[("quote", quote.as_str())]).await?;
        let items = wire::items(body).ok_or_else(|| unreadable("no list of policies"))?;
        let mut sightings = Vec::new();
        for item in items {
            let policy: Policy = wire::object("policy", item)?;
            // A server that ignores the filter shows every policy.
            if policy.is_from(quote) {
                sightings.push(policy.sighting(now).map_err(unreadable)?);
            }
        }
        Ok(sightings)
    }

    pub(crate) async fn session(&self, id: &SessionId) -> Result<Option<Sighting>, Error> {
        let session: Option<Session> = self.one("/apply/sessions", id.as_str()).await?;
        Ok(session.map(|session| {
            let standing = match (session.is_complete(), session.is_expired()) {
                (true, _) => ApplicationStanding::Complete,
                (false, true) => ApplicationStanding::Expired,
                (false, false) => {
                    ApplicationStanding::Open { step: session.step.clone().unwrap_or_default() }
                }
            };
            Sighting::Application { session: id.clone(), quote: session.quote_id(), standing }
        }))
    }

    pub(crate) async fn assignment(&self, id: &AssignmentId) -> Result<Option<Sighting>, Error> {
        let assignment: Option<Assignment> = self.one("/assignments", id.as_str()).await?;
        match assignment {
            Some(assignment) => self.assignment_seen(&assignment).await.map(Some),
            None => Ok(None),
        }
    }

    /// The assignments on one job that are not cancelled.
    pub(crate) async fn live_assignments_on(&self, job: &JobId) -> Result<Vec<Sighting>, Error> {
        let page_size = self.config().page_size;
        let walk = Walk { path: "/assignments", filter: None, since: None, page_size };
        let walked: Walked<Assignment> = pages::walk(self.client(), &walk).await?;
        let live = walked.items.iter().filter(|a| a.is_on(job) && !a.is_canceled());
        let mut seen = Vec::new();
        for assignment in live {
            seen.push(self.assignment_seen(assignment).await?);
        }
        Ok(seen)
    }

    /// An assignment covers no day that the policy under it does not have: that is read with it.
    async fn assignment_seen(&self, assignment: &Assignment) -> Result<Sighting, Error> {
        let under = match assignment.policy_id() {
            Some(policy) if !assignment.is_canceled() => {
                self.one::<Policy>("/policies", policy.as_str()).await?
            }
            Some(_) | None => None,
        };
        let policy_dates = under.map(|policy| policy.dates()).unwrap_or_default();
        assignment_seen(assignment, policy_dates).map_err(unreadable)
    }

    pub(crate) async fn certificate(&self, id: &CertificateId) -> Result<Option<Sighting>, Error> {
        let path = format!("{CERTIFICATES}/{}", percent_encoded(id.as_str()));
        let whole = [("expand[]", "review_results.full")];
        let body = match self.client().get(&path, &whole).await.map_err(Error::from) {
            Ok(body) => body,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let read: Certificate = wire::object("certificate", body)?;
        let review = read.review().map_err(unreadable)?;
        Ok(Some(Sighting::Certificate { certificate: id.clone(), review }))
    }

    /// The data of an event that was read back; `None` when there is no such event.
    pub(crate) async fn event(&self, id: &str) -> Result<Option<Value>, Error> {
        self.one("/events", id).await
    }
}

/// Certificates come with the charge: without one the assignment is not known to cover.
pub(crate) fn assignment_seen(
    assignment: &Assignment,
    policy_dates: Span,
) -> Result<Sighting, &'static str> {
    let standing = match (assignment.is_canceled(), assignment.has_certificate) {
        (true, _) => AssignmentStanding::Canceled,
        (false, true) => AssignmentStanding::Active,
        (false, false) => AssignmentStanding::Pending,
    };
    Ok(Sighting::Assignment {
        assignment: assignment.assignment_id().ok_or("an assignment without id")?,
        job: assignment.job_id().ok_or("an assignment without job")?,
        standing,
        dates: assignment.dates(),
        policy_dates,
    })
}

pub(crate) fn unreadable(what: &str) -> Error {
    Error::Unreadable(what.to_owned())
}
