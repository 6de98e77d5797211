//! What the states of a contractor carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::call::{CertificateId, ContractorId, Refusal};
use crate::domain::certificate::{Proof, Word};
use crate::domain::facts::{CandidateId, Person, PlacementId};
use crate::domain::placement::{Leave, Loss, Need};
use crate::seal::Personal;

/// The candidate and what the placements asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Book {
    /// Who.
    pub candidate: CandidateId,
    /// By placement: what it asked for last, and what it got.
    pub asks: BTreeMap<PlacementId, Ask>,
    /// By certificate, named as its stream is: what it needs and what it is worth.
    pub certificates: BTreeMap<String, Known>,
}

/// What a certificate's workflow said last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Known {
    /// How often it has asked for the insurer's id: each asking is answered.
    pub round: u32,
    /// What it is worth.
    pub standing: Standing,
}

/// What a certificate is worth, as placements are told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// Nothing yet.
    Unproven,
    /// It stands.
    Stands {
        /// For what.
        proof: Proof,
    },
    /// It stood, and does not any more.
    Fell {
        /// The insurer's id.
        certificate: CertificateId,
        /// How.
        loss: Loss,
    },
}

/// What one placement asked for, and what it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ask {
    /// How often it has asked for the insurer's id: each asking is answered.
    pub links: u32,
    /// Its way from a quote to coverage.
    pub way: Way,
}

/// A placement's way from a quote to coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Way {
    /// It has not asked yet.
    Unasked,
    /// It waits.
    Waiting {
        /// Which of its requests.
        round: u32,
        /// What it asks for.
        need: Need,
    },
    /// It was told to go.
    Granted {
        /// Which of its requests.
        round: u32,
        /// Which way.
        road: Leave,
    },
    /// That request is over.
    Over {
        /// Which of its requests.
        round: u32,
    },
}

impl Book {
    /// The empty book of a candidate.
    pub fn of(candidate: CandidateId) -> Self {
        Self { candidate, asks: BTreeMap::new(), certificates: BTreeMap::new() }
    }

    pub(super) fn link(mut self, placement: PlacementId) -> Self {
        let ask = self.asks.entry(placement).or_insert(Ask { links: 0, way: Way::Unasked });
        ask.links += 1;
        self
    }

    pub(super) fn way(mut self, placement: PlacementId, way: Way) -> Self {
        self.asks.entry(placement).or_insert(Ask { links: 0, way }).way = way;
        self
    }

    /// Ends the request by which a placement showed that the contractor has opted in; a request that still waits goes on
    /// waiting.
    pub(super) fn seen_by(self, placement: PlacementId, round: u32) -> Self {
        match self.way_of(&placement) {
            Way::Waiting { .. } => self,
            Way::Unasked | Way::Granted { .. } | Way::Over { .. } => {
                self.way(placement, Way::Over { round })
            }
        }
    }

    pub(super) fn certificate(mut self, certificate: String, word: Word) -> Self {
        let unknown = Known { round: 0, standing: Standing::Unproven };
        let known = self.certificates.entry(certificate).or_insert(unknown);
        match word {
            Word::Needs { round } => known.round = round,
            Word::Stands { proof } => known.standing = Standing::Stands { proof },
            Word::Fell { certificate, loss } => {
                known.standing = Standing::Fell { certificate, loss };
            }
        }
        self
    }

    /// What the certificates are worth that ever were worth anything.
    pub fn standings(&self) -> Vec<Standing> {
        let all = self.certificates.values().map(|known| &known.standing);
        all.filter(|standing| **standing != Standing::Unproven).cloned().collect()
    }

    /// The way of a placement.
    pub fn way_of(&self, placement: &PlacementId) -> Way {
        self.asks.get(placement).map_or(Way::Unasked, |ask| ask.way)
    }

    /// Those that wait, in the order of their ids.
    pub fn waiting(&self) -> impl Iterator<Item = (&PlacementId, u32, Need)> {
        self.asks.iter().filter_map(|(placement, ask)| match ask.way {
            Way::Waiting { round, need } => Some((placement, round, need)),
            Way::Unasked | Way::Granted { .. } | Way::Over { .. } => None,
        })
    }
}

/// A person and the e-mail that the insurer is to know them by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Their data.
    pub person: Personal<Person>,
    /// The real e-mail or a made-up one.
    pub email: Email,
}

impl Identity {
    /// What is the latest once `chosen` takes the place of `before`: what was learned meanwhile stays.
    pub(super) fn since(self, before: &Identity, chosen: &Identity) -> Self {
        let same = self.email == before.email && self.real() == before.real();
        let email = if same { chosen.email.clone() } else { self.email };
        Self { person: self.person, email }
    }

    /// The person's own address, where it is the one in use.
    fn real(&self) -> Option<&str> {
        match self.email {
            Email::Real => self.person.get()?.email.as_deref(),
            Email::Proxy(_) => None,
        }
    }

    /// The address that the insurer is to know; `None` when the person was forgotten.
    pub fn address(&self) -> Option<&str> {
        match &self.email {
            Email::Real => self.real(),
            Email::Proxy(address) => Some(address),
        }
    }
}

/// Which e-mail the insurer is to know a person by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Email {
    /// The person's own, which stands with their data.
    Real,
    /// Made up of the candidate's id on the tenant's relay domain: not personal.
    Proxy(String),
}

/// A contractor that the insurer knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Linked {
    /// What placements asked for.
    pub book: Book,
    /// The insurer's id.
    pub contractor: ContractorId,
    /// What the insurer was last told.
    pub told: Identity,
    /// What it is to be told.
    pub latest: Identity,
    /// Whether the insurer refused to be told.
    pub refused: Option<Refusal>,
}

impl Linked {
    pub(super) fn book(mut self, change: impl FnOnce(Book) -> Book) -> Self {
        self.book = change(self.book);
        self
    }

    pub(super) fn latest(self, latest: Identity) -> Self {
        Self { latest, refused: None, ..self }
    }

    pub(super) fn told(self) -> Self {
        Self { told: self.latest.clone(), refused: None, ..self }
    }

    pub(super) fn refused(self, refusal: Refusal) -> Self {
        Self { refused: Some(refusal), ..self }
    }
}

/// Why a contractor cannot be linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Trouble {
    /// The ATS does not know the candidate.
    Unknown,
    /// The e-mail belongs to somebody else at the insurer.
    EmailTaken {
        /// The contractor it belongs to.
        contractor: ContractorId,
        /// The candidate it is said to be.
        candidate: Option<CandidateId>,
    },
    /// A call was refused.
    Refused {
        /// Which one.
        operation: String,
        /// What the provider said.
        refusal: Refusal,
    },
}

impl Trouble {
    /// The trouble in plain words.
    pub fn words(&self) -> String {
        match self {
            Trouble::Unknown => "the ATS does not know the candidate".into(),
            Trouble::EmailTaken { contractor, candidate: Some(candidate) } => format!(
                "the candidate's e-mail belongs to contractor {contractor} at the insurer, which is \
                 candidate {candidate}"
            ),
            Trouble::EmailTaken { contractor, candidate: None } => format!(
                "the candidate's e-mail belongs to contractor {contractor} at the insurer, which was \
                 not made from this ATS"
            ),
            Trouble::Refused { operation, refusal } => format!(
                "{} was refused: {} ({} {})",
                operation.replace('_', " "),
                refusal.message,
                refusal.status,
                refusal.code
            ),
        }
    }
}
