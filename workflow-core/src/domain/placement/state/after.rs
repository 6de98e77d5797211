//! What a change after the fact leaves in a placement: what the insurer is still to be told, what a closed placement goes
//! on from, what a person has not been shown. Next: `../decide/covered.rs` and `../decide/closed.rs`, which judge by it.

use serde::{Deserialize, Serialize};

use super::{Back, Issue, Wanted};
use crate::domain::call::QuoteId;
use crate::domain::facts::Date;
use crate::domain::terms::Terms;

/// What of a change the insurer is still to be told, or asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Amendment {
    /// Nothing.
    None,
    /// This quote is for other terms: it is brought up to date.
    Quote(QuoteId),
    /// What is bought is to last until these terms end.
    Extend(Box<Terms>),
    /// Work is over: what covers is read once more, and the placement is closed by what is read.
    Close {
        /// The last day of work, where it came before the last day of coverage.
        early: Option<Date>,
    },
}

/// Who closes a placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Closer {
    /// The ATS has it no more.
    Ats,
    /// A person, whatever the ATS has.
    Person,
}

/// What a closed placement goes on from, should the ATS have it alive again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rest {
    /// Nothing is bought: it begins anew, with this job.
    Job(Wanted),
    /// What was bought may be in force yet: a person looks.
    Bought(Box<Back>),
    /// A person closed it while the ATS had it alive: it stays closed.
    Closed,
}

/// What another flag keeps from a person's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unseen {
    /// Nothing.
    Nothing,
    /// Coverage began after work did.
    Gap {
        /// So many days of work have begun uncovered.
        days: i64,
        /// The first day of work.
        from: Date,
        /// The day on which coverage began.
        to: Date,
    },
}

impl Unseen {
    /// What of an issue must not be forgotten when another one takes its place.
    pub(in super::super) fn of(issue: &Issue) -> Self {
        let Issue::Gap { days, from, to } = issue else { return Self::Nothing };
        Self::Gap { days: *days, from: *from, to: *to }
    }

    /// The flag to show.
    pub(in super::super) fn issue(self) -> Option<Issue> {
        match self {
            Self::Nothing => None,
            Self::Gap { days, from, to } => Some(Issue::Gap { days, from, to }),
        }
    }
}
