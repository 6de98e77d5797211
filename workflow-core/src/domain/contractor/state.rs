//! What the states of a contractor carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::call::{ContractorId, Refusal};
use crate::domain::facts::{CandidateId, Person, PlacementId};
use crate::domain::placement::{Leave, Need};

/// The candidate and what the placements asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Book {
    /// Who.
    pub candidate: CandidateId,
    /// By placement: what it asked for last, and what it got.
    pub asks: BTreeMap<PlacementId, Ask>,
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
    pub person: Person,
    /// The real e-mail or a made-up one.
    pub email: Email,
}

impl Identity {
    /// What is the latest once `chosen` takes the place of `before`: what was learned meanwhile stays.
    pub(super) fn since(self, before: &Identity, chosen: &Identity) -> Self {
        let email = if self.email == before.email { chosen.email.clone() } else { self.email };
        Self { person: self.person, email }
    }
}

/// An e-mail address; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Email {
    /// The person's own.
    Real(String),
    /// Made up on the tenant's relay domain.
    Proxy(String),
}

impl Email {
    /// The address.
    pub fn address(&self) -> &str {
        match self {
            Email::Real(address) | Email::Proxy(address) => address,
        }
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Email::Real(_) => "Real(..)",
            Email::Proxy(_) => "Proxy(..)",
        })
    }
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
