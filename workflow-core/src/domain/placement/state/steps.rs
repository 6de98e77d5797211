//! What terms, contractor and job become from one step to the next.

use super::{Amendment, Ended, Engagement, Hired};
use crate::domain::terms::Terms;

impl Engagement {
    pub(in super::super) fn asking(self) -> Self {
        Self { turn: self.turn.again(), ..self }
    }

    pub(in super::super) fn over(self, ended: Ended) -> Self {
        Self { turn: self.turn.over(ended), ..self }
    }

    /// With other terms, of which the insurer knows nothing yet.
    pub(in super::super) fn with(self, terms: Terms) -> Self {
        Self { terms, overdue: None, amendment: Amendment::None, called_for: None, ..self }
    }

    pub(in super::super) fn amended(self, amendment: Amendment) -> Self {
        Self { amendment, ..self }
    }
}

impl Hired {
    pub(in super::super) fn asking(self) -> Self {
        Self { engagement: self.engagement.asking(), ..self }
    }

    pub(in super::super) fn over(self, ended: Ended) -> Self {
        Self { engagement: self.engagement.over(ended), ..self }
    }

    pub(in super::super) fn with(self, terms: Terms) -> Self {
        Self { engagement: self.engagement.with(terms), ..self }
    }

    pub(in super::super) fn amended(self, amendment: Amendment) -> Self {
        Self { engagement: self.engagement.amended(amendment), ..self }
    }

    /// The engagement with other terms, to begin anew with, and what of them the insurer is to be told first.
    pub(in super::super) fn changed(&self, terms: Terms, amendment: Amendment) -> Engagement {
        let engagement = self.engagement.clone().with(terms).over(Ended::Unused);
        engagement.amended(amendment)
    }

    /// Whether work is over, and what covers is being read once more.
    pub(in super::super) fn is_closing(&self) -> bool {
        matches!(self.engagement.amendment, Amendment::Close { .. })
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.engagement.terms
    }
}
