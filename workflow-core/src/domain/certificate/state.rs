//! What the states of a certificate carry.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::call::{
    CertificateId, ContractorId, CoverageSeen, CoverageType, Refusal, ReviewStanding, Said,
};
use crate::domain::facts::{CandidateId, PersonalText, PlacementId};
use crate::domain::placement::Loss;
use crate::money::Cents;
use crate::seal::Personal;
use crate::time::Timestamp;

/// A document: what is known of it without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Paper {
    /// Whose.
    pub candidate: CandidateId,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Its file's name, as first found.
    pub name: Personal<PersonalText>,
    /// Where it was found, in order.
    pub origins: Vec<Origin>,
    /// The placement that it was handed in for, where one was named.
    pub placement: Option<PlacementId>,
}

impl Paper {
    pub(super) fn also(mut self, origin: Origin) -> Self {
        if !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
        self
    }

    /// The certificate of the same content that was sent as well, before anybody knew that both are one person's.
    pub(super) fn twin(&self) -> Option<&str> {
        self.origins.iter().find_map(|origin| match origin {
            Origin::Twin { certificate } => Some(certificate.as_str()),
            Origin::Attachment { .. }
            | Origin::Onboarding { .. }
            | Origin::HandedIn { .. }
            | Origin::Intake => None,
        })
    }

    pub(super) fn unnamed(self) -> Self {
        Self { name: Personal::forgotten(self.name.subject().clone()), ..self }
    }
}

/// Where a document was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// Among the candidate's attachments in the ATS.
    Attachment {
        /// Its id there, where it has one.
        id: Option<String>,
    },
    /// Among the onboarding documents of a placement in the ATS.
    Onboarding {
        /// Which placement.
        placement: PlacementId,
        /// Its id there, where it has one.
        id: Option<String>,
    },
    /// Handed in by an operator.
    HandedIn {
        /// Who.
        by: String,
    },
    /// Handed in at the tenant's own door.
    Intake,
    /// Handed in before for a candidate who turned out to be this one, and sent for both.
    Twin {
        /// As which certificate, by the key of its stream.
        certificate: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Attachment { .. } => f.write_str("an attachment in the ATS"),
            Origin::Onboarding { placement, .. } => {
                write!(f, "the onboarding documents of placement {placement}")
            }
            Origin::HandedIn { by } => write!(f, "handed in by {by}"),
            Origin::Intake => f.write_str("handed in at the intake"),
            Origin::Twin { certificate } => {
                write!(f, "certificate {certificate} of the same person, who has the same content")
            }
        }
    }
}

/// Why a document cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unfit {
    /// It has no bytes.
    Empty,
    /// It has too many.
    TooLarge {
        /// So many.
        bytes: u64,
    },
    /// It does not begin as a PDF does.
    NotPdf,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Empty => f.write_str("the file is empty"),
            Unfit::TooLarge { bytes } => {
                write!(f, "the file has {bytes} bytes; the insurer takes at most 15 MB")
            }
            Unfit::NotPdf => {
                f.write_str("the file is no PDF: it must begin with %PDF; print it to a PDF first")
            }
        }
    }
}

/// A document that the insurer has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sent {
    /// Whose, at the insurer.
    pub contractor: ContractorId,
    /// Its id there.
    pub certificate: CertificateId,
    /// How often it was sent.
    pub round: u32,
    /// When.
    pub at: Timestamp,
    /// Whether it ever stood for coverage.
    pub stood: Stood,
}

/// Whether a certificate ever stood for coverage, so that its fall must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stood {
    /// It did not.
    Never,
    /// It did, or does.
    Once,
}

impl Sent {
    /// What covers nothing has not stood for anything.
    pub(super) fn standing_for(self, covers: &[Cover]) -> Self {
        if covers.is_empty() { self } else { Self { stood: Stood::Once, ..self } }
    }
}

/// How a review stands, as it is kept: what may name the person is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Outcome {
    /// How far it has come.
    pub standing: ReviewStanding,
    /// The rules that were tried, where told.
    pub rules: Vec<RuleKept>,
    /// The coverage that the certificate shows, where told.
    pub coverages: Vec<CoverageSeen>,
    /// The insurer's remarks, each with its rule's name before it.
    pub remarks: Personal<Vec<PersonalText>>,
}

/// What one rule came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleKept {
    /// The rule's name.
    pub name: String,
    /// What it came to.
    pub result: Said,
}

impl Outcome {
    pub(super) fn unnamed(self) -> Self {
        Self { remarks: Personal::forgotten(self.remarks.subject().clone()), ..self }
    }

    /// The rules that keep it from being approved, for people.
    pub fn failed(&self) -> String {
        let failed = self.rules.iter().filter(|rule| rule.result == Said::Failed);
        failed.map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// How a certificate came to be taken for good.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Accepted {
    /// The insurer approved it.
    ByInsurer,
    /// A person did.
    ByPerson {
        /// Why, in the person's words.
        reason: String,
    },
}

/// Why a review gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Breakdown {
    /// The insurer says that it broke down.
    Told {
        /// What it says.
        outcome: Outcome,
    },
    /// It has not ended in a day.
    Overdue,
    /// The insurer does not have the certificate any more.
    Gone,
}

impl Breakdown {
    pub(super) fn unnamed(self) -> Self {
        match self {
            Breakdown::Told { outcome } => Breakdown::Told { outcome: outcome.unnamed() },
            Breakdown::Overdue => Breakdown::Overdue,
            Breakdown::Gone => Breakdown::Gone,
        }
    }
}

/// Why a document was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Trouble {
    /// The contractor cannot be made known to the insurer.
    Contractor {
        /// Why.
        reason: String,
    },
    /// The contractor was not made known in three days.
    NoContractor,
    /// The insurer refused the document.
    Refused {
        /// What it said.
        refusal: Refusal,
    },
    /// The bytes are not kept any more.
    DocumentGone,
    /// The candidate turned out to be no contractor.
    OutOfScope {
        /// By what.
        reason: String,
    },
}

impl Trouble {
    /// The trouble in plain words.
    pub fn words(&self) -> String {
        match self {
            Trouble::Contractor { reason } => reason.clone(),
            Trouble::NoContractor => {
                "the contractor was not made known to the insurer in three days".into()
            }
            Trouble::Refused { refusal } => format!(
                "the upload was refused: {} ({} {})",
                refusal.message, refusal.status, refusal.code
            ),
            Trouble::DocumentGone => {
                "the document is not kept here any more: hand it in again".into()
            }
            Trouble::OutOfScope { reason } => format!(
                "kept, and not sent: {reason}: withdraw it; once a contractor's placement of theirs is known it is sent by itself"
            ),
        }
    }
}

/// Coverage that a certificate stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cover {
    /// Which.
    pub coverage: CoverageType,
    /// When it begins.
    pub effective: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The limit per occurrence, where told.
    pub occurrence_cents: Option<Cents>,
}

/// A certificate that stands, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Proof {
    /// The insurer's id.
    pub certificate: CertificateId,
    /// What it covers; never empty.
    pub covers: Vec<Cover>,
    /// Who took it for good.
    pub accepted: Accepted,
}

/// What a certificate's workflow tells its contractor's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Word {
    /// It needs the insurer's id.
    Needs {
        /// For which time.
        round: u32,
    },
    /// It needed the insurer's id, and was given one before its candidate was merged: it is sent, or on its way.
    Given {
        /// For which time.
        round: u32,
    },
    /// It stands.
    Stands {
        /// For what.
        proof: Proof,
    },
    /// It does not stand any more.
    Fell {
        /// The insurer's id.
        certificate: CertificateId,
        /// How.
        loss: Loss,
    },
}
