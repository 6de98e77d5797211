//! What the states of a placement become for the same person under another id, here or at the insurer.
//!
//! Deliberately absent: whether and when; that is `decide/candidate.rs`.

use super::state::{Back, Ended, Engagement, Hired, Intent, Readiness};
use crate::domain::call::ContractorId;
use crate::domain::facts::CandidateId;

impl Readiness {
    pub(super) fn of_candidate(self, candidate: &CandidateId) -> Self {
        match self {
            Readiness::Ready { terms } => Readiness::Ready { terms: terms.of_candidate(candidate) },
            Readiness::Unread | Readiness::Held { .. } => self,
        }
    }
}

impl Engagement {
    pub(super) fn of_candidate(self, candidate: &CandidateId) -> Self {
        Self { terms: self.terms.of_candidate(candidate), ..self }
    }

    /// By another contractor: what was asked for with the one before is not needed any more.
    pub(super) fn by(self, contractor: ContractorId) -> Self {
        Self { contractor, turn: self.turn.over(Ended::Unused), ..self }
    }
}

impl Hired {
    pub(super) fn of_candidate(self, candidate: &CandidateId) -> Self {
        Self { engagement: self.engagement.of_candidate(candidate), ..self }
    }

    pub(super) fn by(self, contractor: ContractorId) -> Self {
        Self { engagement: self.engagement.by(contractor), ..self }
    }
}

impl Intent {
    pub(super) fn of_candidate(self, candidate: &CandidateId) -> Self {
        match self {
            Intent::Change { terms } => {
                Intent::Change { terms: Box::new(terms.of_candidate(candidate)) }
            }
            Intent::Stay | Intent::Cancel { .. } | Intent::Exclude { .. } | Intent::Hold { .. } => {
                self
            }
        }
    }
}

impl Back {
    /// The same for the same person under another id.
    pub(super) fn of_candidate(&self, candidate: &CandidateId) -> Back {
        let mut back = self.clone();
        match &mut back {
            Back::Discovered { brief, .. } => brief.candidate.clone_from(candidate),
            Back::Contractor { engagement, .. } => {
                engagement.terms.references.candidate.clone_from(candidate);
            }
            Back::Job { hired } | Back::Quote { hired, .. } | Back::Coverage { hired, .. } => {
                hired.engagement.terms.references.candidate.clone_from(candidate);
            }
            Back::Application { hired, intent, .. } | Back::Assignment { hired, intent, .. } => {
                hired.engagement.terms.references.candidate.clone_from(candidate);
                *intent = intent.clone().of_candidate(candidate);
            }
            Back::Lost { hired, wanted, .. } => {
                hired.engagement.terms.references.candidate.clone_from(candidate);
                wanted.references.candidate.clone_from(candidate);
            }
        }
        back
    }

    /// The same with another contractor, where nothing is open with the one before.
    pub(super) fn by(&self, contractor: &ContractorId) -> Option<Back> {
        let engagement = self.engagement()?;
        match self {
            Back::Contractor { .. } | Back::Job { .. } | Back::Quote { .. }
                if engagement.contractor != *contractor =>
            {
                let engagement = engagement.clone().by(contractor.clone());
                Some(Back::Contractor { engagement, job: self.job() })
            }
            Back::Discovered { .. }
            | Back::Contractor { .. }
            | Back::Job { .. }
            | Back::Quote { .. }
            | Back::Application { .. }
            | Back::Assignment { .. }
            | Back::Coverage { .. }
            | Back::Lost { .. } => None,
        }
    }
}
