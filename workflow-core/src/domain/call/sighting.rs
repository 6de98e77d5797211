//! What is read at the insurer: policies, assignments, application sessions and certificates, as they stand.

use serde::{Deserialize, Serialize};

use super::review::Review;
use super::{AssignmentId, CertificateId, JobId, PolicyId, QuoteId, SessionId};
use crate::time::Timestamp;

/// Something read at the insurer: a fact, not a hint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sighting {
    /// A policy.
    Policy {
        /// Its id.
        policy: PolicyId,
        /// The quote it came from.
        quote: QuoteId,
        /// Whether it is in force.
        standing: PolicyStanding,
        /// When it begins.
        effective: Timestamp,
        /// When it runs out.
        expires: Timestamp,
    },
    /// An assignment.
    Assignment {
        /// Its id.
        assignment: AssignmentId,
        /// Its job.
        job: JobId,
        /// Whether it is in force.
        standing: AssignmentStanding,
        /// Its own dates.
        dates: Span,
        /// The dates of the policy under it.
        policy_dates: Span,
    },
    /// An application session.
    Application {
        /// Its id.
        session: SessionId,
        /// Its quote, where told.
        quote: Option<QuoteId>,
        /// How far it has come.
        standing: ApplicationStanding,
    },
    /// A certificate that was handed in.
    Certificate {
        /// Its id.
        certificate: CertificateId,
        /// How its review stands.
        review: Review,
    },
}

impl Sighting {
    /// A policy that was there and is not any more: coverage lost. `now` stands for the dates that nothing shows.
    pub fn policy_gone(policy: PolicyId, quote: QuoteId, now: Timestamp) -> Self {
        let standing = PolicyStanding::Canceled;
        Self::Policy { policy, quote, standing, effective: now, expires: now }
    }

    /// An assignment that was there and is not any more.
    pub fn assignment_gone(assignment: AssignmentId) -> Self {
        Self::Assignment {
            assignment,
            job: JobId(String::new()),
            standing: AssignmentStanding::Canceled,
            dates: Span::default(),
            policy_dates: Span::default(),
        }
    }
}

/// From when to when, as far as the insurer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when, this moment not included.
    pub until: Option<Timestamp>,
}

/// A policy's standing, as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyStanding {
    /// In force, or bound to come into force on its day.
    Active,
    /// Cancelled or voided.
    Canceled,
    /// Run out.
    Expired,
}

/// An assignment's standing, as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AssignmentStanding {
    /// Created; the charge or the approval is outstanding.
    Pending,
    /// Charged and bound.
    Active,
    /// Cancelled or voided.
    Canceled,
    /// The charge failed.
    ChargeFailed,
}

/// An application's standing, as read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApplicationStanding {
    /// Under way, at the provider's named step.
    Open {
        /// The step's name.
        step: String,
    },
    /// The provider's staff looks at it.
    ManualReview,
    /// Completed; a policy is on its way.
    Complete,
    /// The insurer declined.
    Ineligible,
    /// Ran out or was closed.
    Expired,
}
