//! What the states of a contractor carry.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::legacy::{Legacy, Progress};
use crate::domain::call::{CertificateId, ContractorId, Refusal};
use crate::domain::certificate::{Proof, Word, content};
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
    /// Placements that came with a merge, and whose they were: each is told whose it is now.
    pub inherited: BTreeMap<PlacementId, CandidateId>,
}

/// What a certificate's workflow said last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Known {
    /// How often it has asked for the insurer's id: each asking is answered.
    pub round: u32,
    /// What it is worth.
    pub standing: Standing,
    /// The certificate that has the same content and was here first: it came with a merge, or this one did.
    pub twin: Option<String>,
    /// Whether it was given the insurer's id, so that its document is sent, or on its way.
    #[serde(default)]
    pub given: Given,
}

/// Whether a certificate was given the insurer's id of its contractor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Given {
    /// It waits for it, or nobody knows.
    #[default]
    No,
    /// It was.
    Yes,
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
        let (asks, certificates, inherited) = Default::default();
        Self { candidate, asks, certificates, inherited }
    }

    /// Takes over the placements of a candidate who was merged into this one.
    pub(super) fn receive(mut self, legacy: &Legacy) -> Self {
        for placement in &legacy.placements {
            self.inherited.insert(placement.clone(), legacy.from.clone());
            self.asks.entry(placement.clone()).or_insert(Ask { links: 1, way: Way::Unasked });
        }
        match &legacy.progress {
            Progress::Applying { holder, round } => {
                let way = Way::Granted { round: *round, road: Leave::Application };
                self.way(holder.clone(), way)
            }
            Progress::Known | Progress::OptedIn => self,
        }
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
        let twin = self.twin_of(&certificate);
        let (standing, given) = (Standing::Unproven, Given::No);
        let unknown = || Known { round: 0, standing, twin, given };
        let known = self.certificates.entry(certificate.clone()).or_insert_with(unknown);
        match word {
            Word::Needs { round } => known.round = round,
            Word::Given { round } => {
                (known.round, known.given) = (round, Given::Yes);
                self.put_before_its_twin(&certificate);
            }
            Word::Stands { proof } => known.standing = Standing::Stands { proof },
            Word::Fell { certificate, loss } => {
                known.standing = Standing::Fell { certificate, loss };
            }
        }
        self
    }

    /// Of two certificates with one content the one that was given the insurer's id counts as the first, where the other
    /// still waits for it: else both would be sent.
    fn put_before_its_twin(&mut self, certificate: &str) {
        let twin = self.certificates.get(certificate).and_then(|known| known.twin.clone());
        let Some(twin) = twin else { return };
        if self.certificates.get(&twin).is_none_or(|first| first.given == Given::Yes) {
            return;
        }
        for (key, known) in &mut self.certificates {
            if content(key) == content(certificate) {
                known.twin = (key != certificate).then(|| certificate.to_owned());
            }
        }
    }

    /// Of a contractor whom the insurer knows: whatever asked was given the insurer's id.
    fn given(mut self) -> Self {
        for known in self.certificates.values_mut() {
            if known.round > 0 && known.twin.is_none() {
                known.given = Given::Yes;
            }
        }
        self
    }

    /// The first certificate of the book with the content of this one.
    fn twin_of(&self, certificate: &str) -> Option<String> {
        let of_same = |(key, known): &(&String, &Known)| {
            known.twin.is_none() && content(key) == content(certificate)
        };
        self.certificates.iter().find(of_same).map(|(key, _)| key.clone())
    }

    /// What certificates said, each as it said it last, to be said once more to another candidate's contractor; with what
    /// they were given, where this one's is known to the insurer.
    pub(super) fn words(&self, linked: Given) -> Vec<(&String, &'static str, Word)> {
        let mut words = Vec::new();
        for (key, known) in &self.certificates {
            if known.round > 0 {
                let round = known.round;
                let given = known.twin.is_none() && (known.given, linked) != (Given::No, Given::No);
                let word = if given { Word::Given { round } } else { Word::Needs { round } };
                words.push((key, "needs", word));
            }
            match &known.standing {
                Standing::Unproven => {}
                Standing::Stands { proof } => {
                    words.push((key, "standing", Word::Stands { proof: proof.clone() }));
                }
                Standing::Fell { certificate, loss } => {
                    let (certificate, loss) = (certificate.clone(), *loss);
                    words.push((key, "standing", Word::Fell { certificate, loss }));
                }
            }
        }
        words
    }

    /// What the certificates are worth that ever were worth anything.
    pub fn standings(&self) -> Vec<Standing> {
        let all = self.certificates.values().map(|known| &known.standing);
        all.filter(|standing| **standing != Standing::Unproven).cloned().collect()
    }

    /// The placements that asked, and those that came with a merge.
    pub(super) fn placements(&self) -> BTreeSet<PlacementId> {
        self.asks.keys().chain(self.inherited.keys()).cloned().collect()
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
            Email::Proxy(_) | Email::ByHand(_) => None,
        }
    }

    /// The address that the insurer is to know; `None` when the person was forgotten.
    pub fn address(&self) -> Option<&str> {
        match &self.email {
            Email::Real => self.real(),
            Email::Proxy(address) => Some(address),
            Email::ByHand(address) => address.get().map(String::as_str),
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
    /// One that a person set, where the ATS has none that can be used.
    ByHand(Personal<String>),
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
    /// Whether the insurer has the contractor under another candidate's id still.
    pub renamed: bool,
    /// Whether the ATS has taken the person's name out since.
    pub redacted: bool,
}

impl Linked {
    pub(super) fn new(
        book: Book,
        contractor: ContractorId,
        told: Identity,
        latest: Identity,
    ) -> Self {
        Self { book, contractor, told, latest, refused: None, renamed: false, redacted: false }
    }

    /// With the contractor that a person chose to keep.
    pub(super) fn keeping(self, contractor: ContractorId) -> Self {
        let renamed = self.renamed || self.contractor != contractor;
        Self { contractor, renamed, refused: None, ..self }
    }

    pub(super) fn redacted(self) -> Self {
        Self { redacted: true, ..self }
    }

    pub(super) fn book(mut self, change: impl FnOnce(Book) -> Book) -> Self {
        self.book = change(self.book);
        self
    }

    pub(super) fn link(self, placement: PlacementId) -> Self {
        self.book(|book| book.link(placement))
    }

    pub(super) fn certificate(self, certificate: String, word: Word) -> Self {
        self.book(|book| book.given().certificate(certificate, word))
    }

    pub(super) fn asked(self, placement: PlacementId, round: u32, need: Need) -> Self {
        self.book(|book| book.way(placement, Way::Waiting { round, need }))
    }

    pub(super) fn granted(self, placement: PlacementId, round: u32, road: Leave) -> Self {
        self.book(|book| book.way(placement, Way::Granted { round, road }))
    }

    pub(super) fn over(self, placement: PlacementId, round: u32) -> Self {
        self.book(|book| book.way(placement, Way::Over { round }))
    }

    pub(super) fn latest(self, latest: Identity) -> Self {
        Self { latest, refused: None, redacted: false, ..self }
    }

    pub(super) fn told(self) -> Self {
        Self { told: self.latest.clone(), refused: None, renamed: false, ..self }
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
    /// The ATS has taken the person's name out.
    Redacted,
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
            Trouble::Redacted => {
                "the candidate's name is taken out in the ATS: nobody is made known to the insurer"
                    .into()
            }
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
