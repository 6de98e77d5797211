//! What an applicant tracking system (ATS) says of a placement, in neutral words. Every ATS adapter produces these.
//!
//! Raw where judgement is needed (units, categories): judging is the work of `terms/`, by the tenant's rules.

use std::fmt;

pub use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::Decimal;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(super) use text_id;

text_id! {
    /// The ATS's id of a placement.
    PlacementId
}
text_id! {
    /// The ATS's id of a candidate.
    CandidateId
}
text_id! {
    /// The ATS's id of the requisition (its "job") that the placement fills.
    RequisitionId
}
text_id! {
    /// The ATS's id of the client company.
    CompanyId
}

/// Everything known of one placement at the moment of reading. No personal data: a person is read apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facts {
    /// Which placement.
    pub placement: PlacementId,
    /// Who works.
    pub candidate: CandidateId,
    /// What requisition it fills.
    pub requisition: RequisitionId,
    /// How far the placement has come.
    pub stage: Stage,
    /// The words that say how the worker is engaged.
    pub engaged: Engaged,
    /// First day of work, in the ATS's business calendar.
    pub start: Option<Date>,
    /// Last day of work, inclusive.
    pub end: Option<Date>,
    /// What the worker is paid; never what the client is billed.
    pub pay: Option<Pay>,
    /// Where the work is done.
    pub worksite: Place,
    /// Where the requisition is located.
    pub requisition_place: Place,
    /// Where the worker lives.
    pub home: Place,
    /// The role.
    pub role: Role,
    /// The client.
    pub company: Option<Company>,
    /// The ATS's word for how the placement stands, where the tenant has not said what it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmapped_status: Option<String>,
    /// What the ATS answered but could not be understood; each holds the placement.
    pub unreadable: Vec<Unreadable>,
}

/// How far a placement has come in the ATS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Not a placement yet: submitted, interviewed, offered.
    Offer,
    /// Agreed; work has not begun.
    Starting,
    /// At work.
    Working,
    /// Work is over.
    Ended {
        /// The last day worked, where known.
        on: Option<Date>,
    },
    /// Called off.
    Canceled,
    /// The record is gone.
    Deleted,
}

/// The ATS's words on how a worker is engaged: the evidence for the scope rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Engaged {
    /// The position type, such as `Contract` or `Direct Placement`.
    pub position: Option<String>,
    /// The pay record's employment category, such as `Independent Contractor`.
    pub category: Option<String>,
    /// The tenant's own field for the same, where one is configured.
    pub tenant_field: Option<String>,
    /// Flagged as corp-to-corp.
    pub corp_to_corp: Option<bool>,
    /// Flagged as W-2.
    pub w2: Option<bool>,
}

/// What the worker is paid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pay {
    /// The amount per unit.
    pub amount: Decimal,
    /// The ATS's word for the unit, such as `H` or `USD/Hour`.
    pub unit: String,
    /// The currency's code; `None` where the ATS says none.
    pub currency: Option<String>,
    /// Where the figure was found, such as `pay record 2`.
    pub source: String,
}

/// A place, as the ATS writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// State or province.
    pub state: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Work is done remotely.
    pub remote: bool,
}

/// The role that the worker fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Role {
    /// The requisition's title.
    pub title: Option<String>,
    /// Its description as plain text.
    pub description: Option<String>,
    /// Its category in the ATS.
    pub category: Option<String>,
}

/// The client company.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Company {
    /// Its id in the ATS.
    pub id: CompanyId,
    /// Its name.
    pub name: Option<String>,
}

/// One value that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unreadable {
    /// Which value, in the ATS's words: record and column.
    pub what: String,
    /// What is wrong with it; quotes the value only where it cannot be personal.
    pub why: String,
}

/// A worker: personal data, kept in the contractor's stream alone, and sealed there.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Given name, trimmed.
    pub first_name: String,
    /// Family name, trimmed.
    pub last_name: String,
    /// The real e-mail, where the ATS has one.
    pub email: Option<String>,
    /// A phone number as written.
    pub phone: Option<String>,
    /// Home address, as far as it is needed.
    pub home: Place,
}

impl Person {
    /// Whether the ATS has taken the name out, as an erasure does: then nothing of it is fit to be told.
    pub fn is_redacted(&self) -> bool {
        let bare = |name: &str| {
            name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        let (first, last) = (bare(&self.first_name), bare(&self.last_name));
        let out = |name: &str| name.starts_with("redacted");
        (first.is_empty() && last.is_empty()) || out(&first) || out(&last)
    }
}

/// An e-mail address on its way to the insurer.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for EmailAddress {
    fn from(address: T) -> Self {
        Self(address.into())
    }
}

/// A text in which a person may be named: a file's name, an insurer's remark. Kept sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalText(pub String);

impl PersonalText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing of it: `Debug` ends in logs.
impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalText(..)")
    }
}

/// Shows nothing of it: `Debug` ends in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// Shows nothing of the person: `Debug` ends in logs.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}
