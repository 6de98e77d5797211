//! What the states of a placement become for the same person under another id, here or at the insurer.
//!
//! Deliberately absent: whether and when; that is `decide/candidate.rs`.

use super::state::{Amendment, Back, Ended, Engagement, Hired, Intent, Readiness};
use crate::domain::call::{ContractorId, References};
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
        let amendment = match self.amendment {
            Amendment::Extend(terms) => Amendment::Extend(Box::new(terms.of_candidate(candidate))),
            Amendment::None | Amendment::Quote(_) | Amendment::Close { .. } => self.amendment,
        };
        Self { terms: self.terms.of_candidate(candidate), amendment, ..self }
    }

    /// The same while a call is in flight, which goes on naming whom it named.
    pub(super) fn under_way(self, candidate: &CandidateId) -> Self {
        let named = self.terms.references.candidate.clone();
        let called_for = self.called_for.clone().or(Some(named));
        Self { called_for, ..self.of_candidate(candidate) }
    }

    /// The call that was in flight is answered: the next one names whose it is.
    pub(super) fn arrived(self) -> Self {
        Self { called_for: None, ..self }
    }

    /// What a call that is not changed under way says of it.
    pub(super) fn references(&self) -> References {
        let mut references = self.terms.references.clone();
        if let Some(named) = &self.called_for {
            references.candidate.clone_from(named);
        }
        references
    }

    /// By another contractor: what was asked for with the one before is not needed any more.
    pub(super) fn by(self, contractor: ContractorId) -> Self {
        let (turn, amendment) = (self.turn.over(Ended::Unused), Amendment::None);
        Self { contractor, turn, amendment, ..self }
    }
}

impl Hired {
    pub(super) fn of_candidate(self, candidate: &CandidateId) -> Self {
        Self { engagement: self.engagement.of_candidate(candidate), ..self }
    }

    pub(super) fn under_way(self, candidate: &CandidateId) -> Self {
        Self { engagement: self.engagement.under_way(candidate), ..self }
    }

    pub(super) fn arrived(self) -> Self {
        Self { engagement: self.engagement.arrived(), ..self }
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
            Intent::Stay
            | Intent::Cancel { .. }
            | Intent::Exclude { .. }
            | Intent::Hold { .. }
            | Intent::Late { .. } => self,
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
                *engagement = engagement.clone().of_candidate(candidate);
            }
            Back::Job { hired } | Back::Quote { hired, .. } | Back::Coverage { hired, .. } => {
                *hired = hired.clone().of_candidate(candidate);
            }
            Back::Application { hired, intent, .. } | Back::Assignment { hired, intent, .. } => {
                *hired = hired.clone().of_candidate(candidate);
                *intent = intent.clone().of_candidate(candidate);
            }
            Back::Lost { hired, wanted, .. } => {
                *hired = hired.clone().of_candidate(candidate);
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
