//! What the contractor's own certificates are to the states: noted wherever a placement is, and no opting in.

use super::{Back, Ended, Engagement, Evidence, Hired};
use crate::domain::certificate::Proof;

impl Engagement {
    pub(in crate::domain::placement) fn knowing(self, proofs: Vec<Proof>) -> Self {
        Self { proofs, ..self }
    }
}

impl Hired {
    pub(in crate::domain::placement) fn knowing(self, proofs: Vec<Proof>) -> Self {
        Self { engagement: self.engagement.knowing(proofs), ..self }
    }
}

impl Back {
    pub(in crate::domain::placement) fn knowing(mut self, proofs: &[Proof]) -> Self {
        match &mut self {
            Back::Discovered { .. } => {}
            Back::Contractor { engagement, .. } => engagement.proofs = proofs.to_vec(),
            Back::Job { hired }
            | Back::Quote { hired, .. }
            | Back::Application { hired, .. }
            | Back::Assignment { hired, .. }
            | Back::Coverage { hired, .. }
            | Back::Lost { hired, .. } => hired.engagement.proofs = proofs.to_vec(),
        }
        self
    }
}

impl Evidence {
    /// How the turn of a placement ended that is covered by it: what was not bought is no opting in.
    pub(in crate::domain::placement) fn ended(&self) -> Ended {
        match self {
            Evidence::Policy { .. } | Evidence::Assignment { .. } => Ended::Insured,
            Evidence::Certificate { .. } => Ended::Unused,
        }
    }
}
