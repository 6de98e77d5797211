//! What a candidate leaves to the one they were merged into: a contractor at the insurer, and the placements.
//!
//! One person must not apply twice, so that a merge joins two streams: the merged one hands over and answers nobody any
//! more but by naming the other. Where both have a contractor, a person says which one is kept. Read `machine.rs` next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::state::{Book, Identity, Linked, Trouble, Way};
use crate::domain::call::ContractorId;
use crate::domain::certificate::Word;
use crate::domain::facts::{CandidateId, PlacementId};
use crate::domain::placement::{Ended, Need};

/// A contractor at the insurer that came with a merge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Legacy {
    /// Whose it was.
    pub from: CandidateId,
    /// The insurer's id.
    pub contractor: ContractorId,
    /// How far it had come.
    pub progress: Progress,
    /// The placements of that candidate.
    pub placements: BTreeSet<PlacementId>,
}

/// How far a contractor has come at the insurer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// The insurer knows it.
    Known,
    /// A placement holds its application.
    Applying {
        /// Which placement.
        holder: PlacementId,
        /// Which of its requests.
        round: u32,
    },
    /// It has opted in.
    OptedIn,
}

impl Progress {
    /// Of a contractor for whom this placement has its turn.
    pub(super) fn applying(book: &Book, holder: PlacementId) -> Self {
        match book.way_of(&holder) {
            Way::Waiting { round, .. } | Way::Granted { round, .. } | Way::Over { round } => {
                Self::Applying { holder, round }
            }
            Way::Unasked => Self::Known,
        }
    }

    /// Whether this placement holds the application, by that request.
    pub(super) fn is_held(&self, placement: &PlacementId, wanted: u32) -> bool {
        matches!(self, Self::Applying { holder, round } if holder == placement && *round == wanted)
    }

    fn over(self, placement: &PlacementId, round: u32, ended: Ended) -> Self {
        match (self.is_held(placement, round), ended) {
            (true, Ended::Insured) => Self::OptedIn,
            (true, Ended::Unused) => Self::Known,
            (false, _) => self,
        }
    }

    /// In plain words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Known => "known".into(),
            Self::Applying { holder, .. } => format!("applying for placement {holder}"),
            Self::OptedIn => "opted in".into(),
        }
    }
}

impl Legacy {
    /// What a linked contractor leaves.
    pub(super) fn of(known: &Linked, progress: Progress) -> Self {
        let (contractor, placements) = (known.contractor.clone(), known.book.placements());
        Self { from: known.book.candidate.clone(), contractor, progress, placements }
    }

    /// By the candidate who received it and is merged in turn: its placements were told that they are this one's.
    fn passed_on(self, by: &CandidateId) -> Self {
        Self { from: by.clone(), ..self }
    }
}

/// A candidate's book, and the contractors that came with merges.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Estate {
    /// What placements asked for.
    pub book: Book,
    /// The contractors that were left; the first is taken over.
    pub legacies: Vec<Legacy>,
}

impl Estate {
    pub(super) fn new(book: Book) -> Self {
        Self { book, legacies: Vec::new() }
    }

    pub(super) fn book(mut self, change: impl FnOnce(Book) -> Book) -> Self {
        self.book = change(self.book);
        self
    }

    pub(super) fn link(self, placement: PlacementId) -> Self {
        self.book(|book| book.link(placement))
    }

    pub(super) fn certificate(self, certificate: String, word: Word) -> Self {
        self.book(|book| book.certificate(certificate, word))
    }

    pub(super) fn asked(self, placement: PlacementId, round: u32, need: Need) -> Self {
        self.book(|book| book.way(placement, Way::Waiting { round, need }))
    }

    pub(super) fn receive(mut self, legacy: Legacy) -> Self {
        self.book = self.book.receive(&legacy);
        self.legacies.push(legacy);
        self
    }

    /// A placement's turn with one of the contractors is over.
    pub(super) fn over(mut self, placement: PlacementId, round: u32, ended: Ended) -> Self {
        for legacy in &mut self.legacies {
            let progress = std::mem::replace(&mut legacy.progress, Progress::Known);
            legacy.progress = progress.over(&placement, round, ended);
        }
        let current = match self.book.way_of(&placement) {
            Way::Waiting { round: asked, .. } | Way::Granted { round: asked, .. } => asked == round,
            Way::Unasked | Way::Over { .. } => false,
        };
        if current {
            self.book = self.book.way(placement, Way::Over { round });
        }
        self
    }

    /// Those of the book that came with no contractor.
    pub(super) fn own(&self) -> BTreeSet<PlacementId> {
        let mut own = self.book.placements();
        own.retain(|placement| !self.legacies.iter().any(|it| it.placements.contains(placement)));
        own
    }
}

/// How far the taking over of a contractor has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The person is being read.
    Reading,
    /// The insurer is being told whose it is now.
    Telling {
        /// What it is told.
        identity: Identity,
    },
    /// It does not go on; a person must look.
    Hindered {
        /// Why.
        trouble: Trouble,
    },
}

/// A contractor that is known to the insurer twice or more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rivals {
    /// Its own.
    pub known: Linked,
    /// How far that has come.
    pub progress: Progress,
    /// The others.
    pub others: Vec<Legacy>,
}

impl Rivals {
    pub(super) fn new(known: Linked, progress: Progress) -> Self {
        Self { known, progress, others: Vec::new() }
    }

    pub(super) fn book(mut self, change: impl FnOnce(Book) -> Book) -> Self {
        self.known.book = change(self.known.book);
        self
    }

    pub(super) fn link(self, placement: PlacementId) -> Self {
        self.book(|book| book.link(placement))
    }

    pub(super) fn certificate(self, certificate: String, word: Word) -> Self {
        Self { known: self.known.certificate(certificate, word), ..self }
    }

    pub(super) fn asked(self, placement: PlacementId, round: u32, need: Need) -> Self {
        self.book(|book| book.way(placement, Way::Waiting { round, need }))
    }

    pub(super) fn receive(mut self, legacy: Legacy) -> Self {
        self.known.book = self.known.book.receive(&legacy);
        self.others.push(legacy);
        self
    }

    pub(super) fn latest(mut self, latest: Identity) -> Self {
        self.known = self.known.latest(latest);
        self
    }

    /// A placement's turn with one of the contractors is over.
    pub(super) fn over(self, placement: PlacementId, round: u32, ended: Ended) -> Self {
        let Self { known, progress, others } = self;
        let estate = Estate { book: known.book.clone(), legacies: others };
        let Estate { book, legacies } = estate.over(placement.clone(), round, ended);
        let progress = progress.over(&placement, round, ended);
        Self { known: known.book(|_| book), progress, others: legacies }
    }

    /// Everything that is left when this candidate is merged into another.
    pub(super) fn left(self) -> Vec<Legacy> {
        let own = Legacy::of(&self.known, self.progress);
        std::iter::once(own).chain(self.others).collect()
    }

    /// How far one of the contractors has come; `None` when it is none of them.
    pub(super) fn progress_of(&self, contractor: &ContractorId) -> Option<&Progress> {
        if self.known.contractor == *contractor {
            return Some(&self.progress);
        }
        let other = self.others.iter().find(|other| other.contractor == *contractor);
        other.map(|other| &other.progress)
    }

    /// All progress, its own first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Progress> {
        std::iter::once(&self.progress).chain(self.others.iter().map(|other| &other.progress))
    }

    /// What a person should read: both contractors, and what to do.
    pub(super) fn words(&self) -> String {
        let candidate = &self.known.book.candidate;
        let of = |contractor: &ContractorId, from: &CandidateId, progress: &Progress| {
            format!("{contractor} (candidate {from}, {})", progress.words())
        };
        let own = of(&self.known.contractor, candidate, &self.progress);
        let others = self.others.iter().map(|it| of(&it.contractor, &it.from, &it.progress));
        let all: Vec<String> = std::iter::once(own).chain(others).collect();
        format!(
            "merged candidates are known to the insurer as {}: say which one stays: \
             runner keep {candidate} CONTRACTOR",
            all.join(" and as ")
        )
    }
}

/// What a merged candidate has left, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Will {
    /// What placements asked for.
    pub book: Book,
    /// Who has it now.
    pub into: CandidateId,
    /// The contractors.
    pub left: Vec<Legacy>,
    /// Placements that are told here whose they are now; those of a contractor are told by whoever has it.
    pub direct: BTreeSet<PlacementId>,
    /// Turns that ended since: by placement which request, and how.
    pub turns: BTreeMap<PlacementId, (u32, Ended)>,
}

impl Will {
    pub(super) fn new(estate: Estate, into: CandidateId) -> Self {
        let direct = estate.own();
        let turns = Default::default();
        let Estate { book, legacies } = estate;
        let left = legacies.into_iter().map(|legacy| legacy.passed_on(&book.candidate)).collect();
        Self { book, into, left, direct, turns }
    }

    pub(super) fn of(book: Book, left: Vec<Legacy>, into: CandidateId) -> Self {
        Self::new(Estate { book, legacies: left }, into)
    }

    /// The call in flight made a contractor after all.
    pub(super) fn made(mut self, contractor: ContractorId) -> Self {
        let (from, placements) = (self.book.candidate.clone(), std::mem::take(&mut self.direct));
        let progress = Progress::Known;
        self.left.push(Legacy { from, contractor, progress, placements });
        self
    }

    pub(super) fn link(mut self, placement: PlacementId) -> Self {
        self.book = self.book.link(placement.clone());
        self.direct.insert(placement);
        self
    }

    pub(super) fn certificate(mut self, certificate: String, word: Word) -> Self {
        self.book = self.book.certificate(certificate, word);
        self
    }

    pub(super) fn receive(mut self, legacy: Legacy) -> Self {
        self.left.push(legacy);
        self
    }

    pub(super) fn turn(mut self, placement: PlacementId, round: u32, ended: Ended) -> Self {
        self.turns.insert(placement, (round, ended));
        self
    }
}
