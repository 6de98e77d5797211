//! From a hint to facts: what an event made worth reading is read.
//!
//! The resource's present state is what counts, so late, doubled and reordered events are harmless. Three things the
//! resources do not show are taken from the event itself, read back by its id: a decline, a manual review, and a
//! failed charge. An event that cannot be read back proves nothing.

use serde_json::Value;
use workflow_core::domain::call::{
    ApplicationStanding, AssignmentId, AssignmentStanding, JobId, PolicyId, QuoteId, SessionId,
    Sighting, Span,
};
use workflow_core::time::Timestamp;

use crate::Ten99Policy;
use crate::delivery::{normalised, object, object_id};
use crate::failure::Error;
use crate::interpret::{EventKind, Interest, Told};
use crate::sight::unreadable;
use crate::wire::lenient::text_of;
use crate::wire::policy::Policy;

impl Ten99Policy {
    /// Reads what an interest is about. Nothing seen is an empty list: the hint was wrong, or is about what is no sighting.
    ///
    /// `now` decides whether a policy has run out.
    pub async fn confirm(
        &self,
        interest: &Interest,
        now: Timestamp,
    ) -> Result<Vec<Sighting>, Error> {
        match interest {
            Interest::Policy { policy, quote, told } => {
                self.confirm_policy(policy.as_ref(), quote.as_ref(), told, now).await
            }
            Interest::Application { session, told, .. } => {
                self.confirm_application(session, told).await
            }
            Interest::Assignment { assignment, told, .. } => {
                self.confirm_assignment(assignment, told).await
            }
            Interest::Certificate { certificate, .. } => {
                Ok(self.certificate(certificate).await?.into_iter().collect())
            }
            Interest::Invoice { invoice: Some(invoice), told, .. } => {
                self.confirm_charge(invoice, told).await
            }
            Interest::Invoice { invoice: None, .. }
            | Interest::Category { .. }
            | Interest::Unfollowed { .. }
            | Interest::NotUnderstood { .. } => Ok(Vec::new()),
        }
    }

    async fn confirm_policy(
        &self,
        policy: Option<&PolicyId>,
        quote: Option<&QuoteId>,
        told: &Told,
        now: Timestamp,
    ) -> Result<Vec<Sighting>, Error> {
        if let Some(id) = policy {
            if let Some(seen) = self.policy(id, now).await? {
                return Ok(vec![seen]);
            }
            // A deleted policy is a cancelled one of which only the event is left.
            if told.kind == EventKind::PolicyCancelled
                && let Some(event) = self.confirmed_event(told, id.as_str()).await?
            {
                let gone: Policy = crate::wire::object("policy", event)?;
                return Ok(vec![gone.sighting_gone().map_err(unreadable)?]);
            }
        }
        match quote {
            Some(quote) => self.policies_of(quote, now).await,
            None => Ok(Vec::new()),
        }
    }

    async fn confirm_application(
        &self,
        session: &SessionId,
        told: &Told,
    ) -> Result<Vec<Sighting>, Error> {
        let Some(seen) = self.session(session).await? else { return Ok(Vec::new()) };
        let Sighting::Application { session, quote, standing } = seen else {
            return Ok(vec![seen]);
        };
        let is_open = matches!(standing, ApplicationStanding::Open { .. });
        let standing = if told.kind == EventKind::ApplicationIneligible
            && self.is_confirmed(told, &session).await?
        {
            ApplicationStanding::Ineligible
        } else if told.kind == EventKind::ApplicationManualReview
            // Told late, after the session went on, it says nothing any more.
            && is_open
            && self.is_confirmed(told, &session).await?
        {
            ApplicationStanding::ManualReview
        } else {
            standing
        };
        Ok(vec![Sighting::Application { session, quote, standing }])
    }

    async fn confirm_assignment(
        &self,
        assignment: &AssignmentId,
        told: &Told,
    ) -> Result<Vec<Sighting>, Error> {
        let seen = self.assignment(assignment).await?;
        let pending = match &seen {
            Some(Sighting::Assignment { standing, .. }) => *standing == AssignmentStanding::Pending,
            Some(
                Sighting::Policy { .. }
                | Sighting::Application { .. }
                | Sighting::Certificate { .. },
            )
            | None => false,
        };
        let standing = if told.kind == EventKind::AssignmentActive && pending {
            AssignmentStanding::Active
        } else if told.kind == EventKind::AssignmentCancelled && seen.is_none() {
            // A deleted assignment is a cancelled one of which only the event is left.
            AssignmentStanding::Canceled
        } else {
            return Ok(seen.into_iter().collect());
        };
        let Some(event) = self.confirmed_event(told, assignment.as_str()).await? else {
            return Ok(seen.into_iter().collect());
        };
        let (job, dates, policy_dates) = match seen {
            Some(Sighting::Assignment { job, dates, policy_dates, .. }) => {
                (job, dates, policy_dates)
            }
            Some(
                Sighting::Policy { .. }
                | Sighting::Application { .. }
                | Sighting::Certificate { .. },
            )
            | None => {
                let job = job_of(&event);
                let job = job.ok_or_else(|| unreadable("an assignment event without job"))?;
                (job, Span::default(), Span::default())
            }
        };
        let assignment = assignment.clone();
        Ok(vec![Sighting::Assignment { assignment, job, standing, dates, policy_dates }])
    }

    /// The assignments that an invoice charges, as they stand; those still waiting for the failed charge as such.
    async fn confirm_charge(&self, invoice: &str, told: &Told) -> Result<Vec<Sighting>, Error> {
        let Some(event) = self.confirmed_event(told, invoice).await? else {
            return Ok(Vec::new());
        };
        let job = match job_of(&event) {
            Some(job) => Some(job),
            None => self.one::<Value>("/invoices", invoice).await?.as_ref().and_then(job_of),
        };
        let Some(job) = job else {
            return Err(unreadable("an invoice without job"));
        };
        let mut seen = self.live_assignments_on(&job).await?;
        if told.kind == EventKind::InvoiceChargeCardFailed {
            for sighting in &mut seen {
                if let Sighting::Assignment { standing, .. } = sighting
                    && *standing == AssignmentStanding::Pending
                {
                    *standing = AssignmentStanding::ChargeFailed;
                }
            }
        }
        Ok(seen)
    }

    async fn is_confirmed(&self, told: &Told, session: &SessionId) -> Result<bool, Error> {
        Ok(self.confirmed_event(told, session.as_str()).await?.is_some())
    }

    /// The event's resource, when the provider has that very event about that very resource.
    async fn confirmed_event(&self, told: &Told, about: &str) -> Result<Option<Value>, Error> {
        let Some(id) = &told.event else { return Ok(None) };
        let Some(event) = self.event(id).await? else { return Ok(None) };
        let same_kind =
            text_of(&event["type"]).is_some_and(|spelled| normalised(&spelled) == told.kind.name());
        let resource = object(&event);
        let same_resource = object_id(resource).as_deref() == Some(about);
        Ok((same_kind && same_resource).then(|| resource.clone()))
    }
}

fn job_of(resource: &Value) -> Option<JobId> {
    text_of(&resource["job"]).map(JobId)
}
