//! The ways in which coverage is lost, and which of them come together. Which flag each leads to is `../decide/seen.rs`.

use serde::{Deserialize, Serialize};

use super::{Ended, Evidence, Hired, Turn};

/// How coverage was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Loss {
    /// The policy was cancelled or voided.
    PolicyCanceled,
    /// The policy ran out before the engagement did.
    PolicyExpired,
    /// The assignment was cancelled or voided.
    AssignmentCanceled,
    /// The charge for the assignment failed.
    ChargeFailed,
    /// The policy is gone and the charge for the assignment failed: each may come back, and only both heal.
    PolicyAndCharge {
        /// Whether the policy ran out; else it was cancelled or voided.
        expired: bool,
    },
    /// The contractor's own certificate ran out before the engagement did.
    CertificateExpired,
    /// The contractor's own certificate does not stand any more.
    CertificateRevoked,
}

impl Loss {
    /// Whether it is the policy alone that was lost, not the assignment that rests on it.
    pub(in super::super) fn is_of_policy(self) -> bool {
        match self {
            Loss::PolicyCanceled | Loss::PolicyExpired => true,
            Loss::AssignmentCanceled
            | Loss::ChargeFailed
            | Loss::PolicyAndCharge { .. }
            | Loss::CertificateExpired
            | Loss::CertificateRevoked => false,
        }
    }

    /// Both losses in one, where each may still come back.
    pub(in super::super) fn with(self, other: Loss) -> Option<Loss> {
        match (self, other) {
            (Loss::PolicyCanceled, Loss::ChargeFailed)
            | (Loss::ChargeFailed, Loss::PolicyCanceled) => {
                Some(Loss::PolicyAndCharge { expired: false })
            }
            (Loss::PolicyExpired, Loss::ChargeFailed)
            | (Loss::ChargeFailed, Loss::PolicyExpired) => {
                Some(Loss::PolicyAndCharge { expired: true })
            }
            (_, _) => None,
        }
    }

    /// The loss in plain words.
    pub fn words(self) -> &'static str {
        match self {
            Loss::PolicyCanceled => "the policy was cancelled",
            Loss::PolicyExpired => "the policy ran out before the engagement ends",
            Loss::AssignmentCanceled => "the assignment was cancelled",
            Loss::ChargeFailed => "the charge for the assignment failed",
            Loss::PolicyAndCharge { expired: false } => {
                "the policy was cancelled, and the charge for the assignment failed"
            }
            Loss::PolicyAndCharge { expired: true } => {
                "the policy ran out, and the charge for the assignment failed"
            }
            Loss::CertificateExpired => {
                "the contractor's certificate ran out before the engagement ends"
            }
            Loss::CertificateRevoked => "the contractor's certificate does not stand any more",
        }
    }
}

/// Whether coverage that was lost had begun at some time: an assignment may be lost before it comes into force, and then
/// the turn by which it was asked for ended with nothing.
pub fn had_begun(hired: &Hired, evidence: &Evidence) -> bool {
    match (evidence, hired.engagement.turn) {
        (Evidence::Certificate { .. }, _) => true,
        (Evidence::Policy { .. } | Evidence::Assignment { .. }, Turn::Over { ended, .. }) => {
            ended == Ended::Insured
        }
        (
            Evidence::Policy { .. } | Evidence::Assignment { .. },
            Turn::None | Turn::Asked { .. },
        ) => true,
    }
}
