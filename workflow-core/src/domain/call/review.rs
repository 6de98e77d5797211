//! How the insurer's review of a certificate stands, as read.
//!
//! What may name a person (a remark, the file's name) is [`PersonalText`]: whoever keeps it seals it.

use serde::{Deserialize, Serialize};

use super::CoverageType;
use crate::domain::facts::{Date, PersonalText};
use crate::money::Cents;

/// How far the insurer's review has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReviewStanding {
    /// Not begun.
    Pending,
    /// Under way.
    Processing,
    /// Every rule passed, or the insurer's reviewer let it pass.
    Approved,
    /// A rule failed; the insurer's reviewer may still decide.
    Flagged,
    /// Refused.
    Denied,
    /// The review broke down: it is not taken up again.
    Error,
}

/// A certificate's review, as read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Review {
    /// How far it has come.
    pub standing: ReviewStanding,
    /// The rules that were tried, where told.
    pub rules: Vec<RuleSeen>,
    /// The coverage that the certificate shows, where told.
    pub coverages: Vec<CoverageSeen>,
}

/// What one rule of a review came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleSeen {
    /// The rule's name, such as `GL aggregate`.
    pub name: String,
    /// The insurer's word for what it came to, such as `pass` or `fail`.
    pub result: Said,
    /// The insurer's remark.
    pub remark: Option<PersonalText>,
}

/// What a rule came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Said {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It does not, and the insurer's reviewer let it pass.
    LetPass,
    /// Another word.
    Other(String),
}

/// One coverage that a certificate shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CoverageSeen {
    /// Which.
    pub coverage: CoverageType,
    /// The day on which it begins, where told.
    pub effective: Option<Date>,
    /// The day on which it ends, the first that is not covered; where told.
    pub expires: Option<Date>,
    /// The limit per occurrence, where told.
    pub occurrence_cents: Option<Cents>,
    /// The limit in all, where told.
    pub aggregate_cents: Option<Cents>,
}
