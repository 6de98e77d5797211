//! The table of the contractor workflow: which event leads where. No judgement: that is `decide.rs`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::legacy::{Estate, Legacy, Progress, Rivals, Stage, Will};
use super::state::{Book, Identity, Linked as Known, Trouble, Way};
use crate::domain::call::{ContractorId, Refusal};
use crate::domain::certificate::Word;
use crate::domain::facts::{CandidateId, PlacementId};
use crate::domain::placement::{Ended, Leave, Need};
use crate::machine;

/// One candidate on the way to being known to, and insured by, the insurer.
#[machine]
pub mod contractor {
    use super::*;

    /// Where a contractor stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// Asked for; the person is being read.
        Unlinked {
            /// What placements asked for.
            book: Book,
        },
        /// The person is known; the insurer is being asked.
        Identified {
            /// What placements asked for, and what came with merges meanwhile.
            estate: Estate,
            /// What the insurer is being told.
            identity: Identity,
            /// What was learned of the person meanwhile.
            latest: Identity,
        },
        /// A merged candidate left a contractor, which is being taken over.
        Succeeding {
            /// What there is.
            estate: Estate,
            /// How far that has come.
            stage: Stage,
        },
        /// The insurer knows the contractor.
        Linked {
            /// Who.
            known: Known,
        },
        /// One placement has its turn with an application session.
        OptingIn {
            /// Who.
            known: Known,
            /// The placement whose turn it is.
            holder: PlacementId,
        },
        /// Opted in: placements go by assignment.
        OptedIn {
            /// Who.
            known: Known,
        },
        /// After a merge the insurer knows the person twice: nobody applies before a person said which one stays.
        Contested {
            /// Both.
            rivals: Rivals,
        },
        /// A person must look.
        Flagged {
            /// What placements asked for.
            book: Book,
            /// Why.
            trouble: Trouble,
        },
        /// Merged into another candidate while being made known: the call in flight decides what is left.
        Merging {
            /// What is left, and to whom.
            will: Will,
            /// What the insurer is being told.
            identity: Identity,
        },
        /// Merged into another candidate, who has what was left.
        Merged {
            /// What was left, and to whom.
            will: Will,
        },
        /// The candidate is gone from the ATS: the placements that asked are told so.
        Retired {
            /// What placements asked for.
            book: Book,
            /// Why.
            reason: String,
            /// Whom the ATS has merged the candidate into since: one person, to whoever forgets one of them.
            heirs: BTreeSet<CandidateId>,
        },
        /// The person was forgotten: their data is gone for good, and the placements that ask are told so.
        Forgotten {
            /// What placements asked for.
            book: Book,
            /// Why.
            reason: String,
        },
        /// Gone from the ATS and forgotten: nothing can come any more.
        #[terminal]
        Gone {
            /// What placements asked for.
            book: Book,
            /// Why.
            reason: String,
        },
    }

    /// What happened to a contractor.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// The first placement asked for the insurer's id.
        CandidateFound {
            /// Who.
            candidate: CandidateId,
            /// Which placement.
            placement: PlacementId,
        },
        /// A placement asked for the insurer's id.
        LinkAsked {
            /// Which placement.
            placement: PlacementId,
        },
        /// A placement asked for its way to coverage.
        RoadAsked {
            /// Which placement.
            placement: PlacementId,
            /// How often it has asked.
            round: u32,
            /// What it asks for.
            need: Need,
        },
        /// A certificate's workflow needs the insurer's id, or says what it is worth.
        CertificateTold {
            /// Who.
            candidate: CandidateId,
            /// Which, by the key of its stream.
            certificate: String,
            /// What.
            word: Word,
        },
        /// The person was read.
        PersonRead {
            /// What the insurer is to know.
            identity: Identity,
        },
        /// Other data of the person was read.
        PersonChanged {
            /// What the insurer is to know.
            identity: Identity,
        },
        /// A person set the e-mail that the insurer is to know.
        EmailSet {
            /// What the insurer is to know.
            identity: Identity,
            /// Why, in the person's words.
            reason: String,
        },
        /// The e-mail belongs to somebody else: a made-up one is used.
        ProxyChosen {
            /// What the insurer is to know.
            identity: Identity,
            /// The contractor that has the e-mail.
            taken_by: ContractorId,
        },
        /// The insurer knows the contractor.
        ContractorLinked {
            /// Its id.
            contractor: ContractorId,
        },
        /// The insurer knows the latest data.
        ContractorUpdated,
        /// The insurer refused the latest data.
        UpdateRefused {
            /// What it said.
            refusal: Refusal,
        },
        /// A placement has its turn with an application session.
        ApplicationGranted {
            /// Which placement.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
        },
        /// A placement may go by assignment.
        AssignmentGranted {
            /// Which placement.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
        },
        /// The placement whose turn it was gave it back without coverage.
        TurnReturned {
            /// Which placement.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
        },
        /// A placement no longer needs what it asked for.
        AskWithdrawn {
            /// Which placement.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
        },
        /// Coverage began, or was found: the contractor has opted in.
        OptInSeen {
            /// The placement that showed it.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
        },
        /// The ATS has taken the person's name out: the insurer is not told.
        PersonRedacted,
        /// The candidate is another one in the ATS now.
        CandidateMerged {
            /// Which one.
            into: CandidateId,
        },
        /// The call in flight at a merge made no contractor.
        LinkGivenUp {
            /// Why.
            trouble: Trouble,
        },
        /// A turn ended while a merge is being worked out.
        TurnSettled {
            /// Which placement.
            placement: PlacementId,
            /// Which of its requests.
            round: u32,
            /// How.
            ended: Ended,
        },
        /// A candidate was merged into this one and left a contractor.
        LegacyReceived {
            /// Who receives it.
            candidate: CandidateId,
            /// What.
            legacy: Legacy,
        },
        /// The insurer knows whose the contractor is now that came with a merge.
        LegacyAdopted {
            /// Which one.
            contractor: ContractorId,
            /// What the insurer was told.
            identity: Identity,
        },
        /// The contractor that came with a merge has opted in.
        OptInInherited,
        /// A person said which contractor stays.
        ContractorKept {
            /// Which one.
            contractor: ContractorId,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person must look.
        TroubleMet {
            /// Why.
            trouble: Trouble,
        },
        /// A person said: try again.
        Retried {
            /// Why, in the person's words.
            reason: String,
        },
        /// The candidate is gone.
        CandidateRetired {
            /// Why.
            reason: String,
        },
        /// The person's data is to be destroyed; their key is, right after this.
        PersonForgotten {
            /// Why, in the words of whoever decided it.
            reason: String,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            CandidateFound { candidate, placement } => {
                Some(Unlinked { book: Book::of(candidate).link(placement) })
            }
            CertificateTold { candidate, certificate, word } => {
                Some(Unlinked { book: Book::of(candidate).certificate(certificate, word) })
            }
            LegacyReceived { candidate, legacy } => Some(Succeeding {
                estate: Estate::new(Book::of(candidate)).receive(legacy),
                stage: Stage::Reading,
            }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            // Asking.
            (Unlinked { book }, LinkAsked { placement }) => {
                Some(Unlinked { book: book.link(placement) })
            }
            (Identified { estate, identity, latest }, LinkAsked { placement }) => {
                Some(Identified { estate: estate.link(placement), identity, latest })
            }
            (Succeeding { estate, stage }, LinkAsked { placement }) => {
                Some(Succeeding { estate: estate.link(placement), stage })
            }
            (Contested { rivals }, LinkAsked { placement }) => {
                Some(Contested { rivals: rivals.link(placement) })
            }
            (Merging { will, identity }, LinkAsked { placement }) => {
                Some(Merging { will: will.link(placement), identity })
            }
            (Merged { will }, LinkAsked { placement }) => {
                Some(Merged { will: will.link(placement) })
            }
            (Retired { book, reason, heirs }, LinkAsked { placement }) => {
                Some(Retired { book: book.link(placement), reason, heirs })
            }
            (Linked { known }, LinkAsked { placement }) => {
                Some(Linked { known: known.link(placement) })
            }
            (OptingIn { known, holder }, LinkAsked { placement }) => {
                Some(OptingIn { known: known.link(placement), holder })
            }
            (OptedIn { known }, LinkAsked { placement }) => {
                Some(OptedIn { known: known.link(placement) })
            }
            (Flagged { book, trouble }, LinkAsked { placement }) => {
                Some(Flagged { book: book.link(placement), trouble })
            }
            (Linked { known }, RoadAsked { placement, round, need }) => {
                Some(Linked { known: known.asked(placement, round, need) })
            }
            (OptingIn { known, holder }, RoadAsked { placement, round, need }) => {
                Some(OptingIn { known: known.asked(placement, round, need), holder })
            }
            (OptedIn { known }, RoadAsked { placement, round, need }) => {
                Some(OptedIn { known: known.asked(placement, round, need) })
            }

            (Identified { estate, identity, latest }, RoadAsked { placement, round, need }) => {
                Some(Identified { estate: estate.asked(placement, round, need), identity, latest })
            }
            (Succeeding { estate, stage }, RoadAsked { placement, round, need }) => {
                Some(Succeeding { estate: estate.asked(placement, round, need), stage })
            }
            (Contested { rivals }, RoadAsked { placement, round, need }) => {
                Some(Contested { rivals: rivals.asked(placement, round, need) })
            }

            // What certificates say; the road of placements is not touched by it.
            (Unlinked { book }, CertificateTold { certificate, word, .. }) => {
                Some(Unlinked { book: book.certificate(certificate, word) })
            }
            (
                Identified { estate, identity, latest },
                CertificateTold { certificate, word, .. },
            ) => {
                Some(Identified { estate: estate.certificate(certificate, word), identity, latest })
            }
            (Succeeding { estate, stage }, CertificateTold { certificate, word, .. }) => {
                Some(Succeeding { estate: estate.certificate(certificate, word), stage })
            }
            (Contested { rivals }, CertificateTold { certificate, word, .. }) => {
                Some(Contested { rivals: rivals.certificate(certificate, word) })
            }
            (Merging { will, identity }, CertificateTold { certificate, word, .. }) => {
                Some(Merging { will: will.certificate(certificate, word), identity })
            }
            (Merged { will }, CertificateTold { certificate, word, .. }) => {
                Some(Merged { will: will.certificate(certificate, word) })
            }
            (Linked { known }, CertificateTold { certificate, word, .. }) => {
                Some(Linked { known: known.certificate(certificate, word) })
            }
            (OptingIn { known, holder }, CertificateTold { certificate, word, .. }) => {
                Some(OptingIn { known: known.certificate(certificate, word), holder })
            }
            (OptedIn { known }, CertificateTold { certificate, word, .. }) => {
                Some(OptedIn { known: known.certificate(certificate, word) })
            }
            (Flagged { book, trouble }, CertificateTold { certificate, word, .. }) => {
                Some(Flagged { book: book.certificate(certificate, word), trouble })
            }
            (Retired { book, reason, heirs }, CertificateTold { certificate, word, .. }) => {
                Some(Retired { book: book.certificate(certificate, word), reason, heirs })
            }
            (Forgotten { book, reason }, CertificateTold { certificate, word, .. }) => {
                Some(Forgotten { book: book.certificate(certificate, word), reason })
            }

            // Becoming known.
            (Unlinked { book }, PersonRead { identity }) => {
                let estate = Estate::new(book);
                Some(Identified { estate, latest: identity.clone(), identity })
            }
            (Identified { estate, identity: told, .. }, PersonChanged { identity }) => {
                Some(Identified { estate, identity: told, latest: identity })
            }
            (Identified { estate, identity: told, .. }, EmailSet { identity, .. }) => {
                Some(Identified { estate, identity: told, latest: identity })
            }
            (Identified { estate, latest, identity: before }, ProxyChosen { identity, .. }) => {
                Some(Identified { estate, latest: latest.since(&before, &identity), identity })
            }
            (Linked { known }, ProxyChosen { identity, .. }) => {
                Some(Linked { known: known.latest(identity) })
            }
            (OptingIn { known, holder }, ProxyChosen { identity, .. }) => {
                Some(OptingIn { known: known.latest(identity), holder })
            }
            (OptedIn { known }, ProxyChosen { identity, .. }) => {
                Some(OptedIn { known: known.latest(identity) })
            }
            (Identified { estate, identity, latest }, ContractorLinked { contractor }) => {
                Some(Linked { known: Known::new(estate.book, contractor, identity, latest) })
            }
            (Unlinked { book }, TroubleMet { trouble }) => Some(Flagged { book, trouble }),
            (Identified { estate, .. }, TroubleMet { trouble }) => {
                Some(Flagged { book: estate.book, trouble })
            }
            (Flagged { book, .. }, Retried { .. }) => Some(Unlinked { book }),

            // A merge: what this candidate leaves.
            (Unlinked { book } | Flagged { book, .. }, CandidateMerged { into }) => {
                Some(Merged { will: Will::of(book, Vec::new(), into) })
            }
            (Identified { estate, identity, .. }, CandidateMerged { into }) => {
                Some(Merging { will: Will::new(estate, into), identity })
            }
            (Succeeding { estate, .. }, CandidateMerged { into }) => {
                Some(Merged { will: Will::new(estate, into) })
            }
            (Linked { known }, CandidateMerged { into }) => {
                let left = vec![Legacy::of(&known, Progress::Known)];
                Some(Merged { will: Will::of(known.book, left, into) })
            }
            (OptingIn { known, holder }, CandidateMerged { into }) => {
                let progress = Progress::applying(&known.book, holder);
                let left = vec![Legacy::of(&known, progress)];
                Some(Merged { will: Will::of(known.book, left, into) })
            }
            (OptedIn { known }, CandidateMerged { into }) => {
                let left = vec![Legacy::of(&known, Progress::OptedIn)];
                Some(Merged { will: Will::of(known.book, left, into) })
            }
            (Contested { rivals }, CandidateMerged { into }) => {
                let book = rivals.known.book.clone();
                Some(Merged { will: Will::of(book, rivals.left(), into) })
            }
            (Retired { book, reason, mut heirs }, CandidateMerged { into }) => {
                heirs.insert(into);
                Some(Retired { book, reason, heirs })
            }
            (Merging { will, .. }, ContractorLinked { contractor }) => {
                Some(Merged { will: will.made(contractor) })
            }
            (Merging { will, .. }, LinkGivenUp { .. }) => Some(Merged { will }),
            (Merging { will, identity }, LegacyReceived { legacy, .. }) => {
                Some(Merging { will: will.receive(legacy), identity })
            }
            (Merged { will }, LegacyReceived { legacy, .. }) => {
                Some(Merged { will: will.receive(legacy) })
            }

            // A merge: what this candidate receives.
            (Unlinked { book } | Flagged { book, .. }, LegacyReceived { legacy, .. }) => {
                let estate = Estate::new(book).receive(legacy);
                Some(Succeeding { estate, stage: Stage::Reading })
            }
            (Identified { estate, identity, latest }, LegacyReceived { legacy, .. }) => {
                Some(Identified { estate: estate.receive(legacy), identity, latest })
            }
            (Succeeding { estate, stage }, LegacyReceived { legacy, .. }) => {
                Some(Succeeding { estate: estate.receive(legacy), stage })
            }
            (Linked { known }, LegacyReceived { legacy, .. }) => {
                Some(Contested { rivals: Rivals::new(known, Progress::Known).receive(legacy) })
            }
            (OptingIn { known, holder }, LegacyReceived { legacy, .. }) => {
                let progress = Progress::applying(&known.book, holder);
                Some(Contested { rivals: Rivals::new(known, progress).receive(legacy) })
            }
            (OptedIn { known }, LegacyReceived { legacy, .. }) => {
                Some(Contested { rivals: Rivals::new(known, Progress::OptedIn).receive(legacy) })
            }
            (Contested { rivals }, LegacyReceived { legacy, .. }) => {
                Some(Contested { rivals: rivals.receive(legacy) })
            }
            (Identified { estate, latest, .. }, LinkGivenUp { .. }) => {
                Some(Succeeding { estate, stage: Stage::Telling { identity: latest } })
            }
            (
                Succeeding { estate, .. },
                PersonRead { identity } | PersonChanged { identity } | ProxyChosen { identity, .. },
            ) => Some(Succeeding { estate, stage: Stage::Telling { identity } }),
            (Succeeding { estate, .. }, TroubleMet { trouble }) => {
                Some(Succeeding { estate, stage: Stage::Hindered { trouble } })
            }
            (Succeeding { estate, .. }, Retried { .. }) => {
                Some(Succeeding { estate, stage: Stage::Reading })
            }
            (Succeeding { estate, .. }, LegacyAdopted { contractor, identity }) => {
                let told = identity.clone();
                Some(Linked { known: Known::new(estate.book, contractor, told, identity) })
            }
            (Linked { known }, OptInInherited) => Some(OptedIn { known }),
            (Contested { rivals }, PersonChanged { identity }) => {
                Some(Contested { rivals: rivals.latest(identity) })
            }
            (Contested { rivals }, ContractorKept { contractor, .. }) => {
                Some(Linked { known: rivals.known.keeping(contractor) })
            }

            // Turns that end meanwhile.
            (Identified { estate, identity, latest }, TurnSettled { placement, round, ended }) => {
                Some(Identified { estate: estate.over(placement, round, ended), identity, latest })
            }
            (Succeeding { estate, stage }, TurnSettled { placement, round, ended }) => {
                Some(Succeeding { estate: estate.over(placement, round, ended), stage })
            }
            (Contested { rivals }, TurnSettled { placement, round, ended }) => {
                Some(Contested { rivals: rivals.over(placement, round, ended) })
            }
            (Merged { will }, TurnSettled { placement, round, ended }) => {
                Some(Merged { will: will.turn(placement, round, ended) })
            }

            // Staying up to date.
            (Linked { known }, PersonRedacted) => Some(Linked { known: known.redacted() }),
            (OptingIn { known, holder }, PersonRedacted) => {
                Some(OptingIn { known: known.redacted(), holder })
            }
            (OptedIn { known }, PersonRedacted) => Some(OptedIn { known: known.redacted() }),
            (Linked { known }, PersonChanged { identity }) => {
                Some(Linked { known: known.latest(identity) })
            }
            (OptingIn { known, holder }, PersonChanged { identity }) => {
                Some(OptingIn { known: known.latest(identity), holder })
            }
            (OptedIn { known }, PersonChanged { identity }) => {
                Some(OptedIn { known: known.latest(identity) })
            }
            (Linked { known }, EmailSet { identity, .. }) => {
                Some(Linked { known: known.latest(identity) })
            }
            (OptingIn { known, holder }, EmailSet { identity, .. }) => {
                Some(OptingIn { known: known.latest(identity), holder })
            }
            (OptedIn { known }, EmailSet { identity, .. }) => {
                Some(OptedIn { known: known.latest(identity) })
            }
            (Linked { known }, ContractorUpdated) => Some(Linked { known: known.told() }),
            (OptingIn { known, holder }, ContractorUpdated) => {
                Some(OptingIn { known: known.told(), holder })
            }
            (OptedIn { known }, ContractorUpdated) => Some(OptedIn { known: known.told() }),
            (Linked { known }, UpdateRefused { refusal }) => {
                Some(Linked { known: known.refused(refusal) })
            }
            (OptingIn { known, holder }, UpdateRefused { refusal }) => {
                Some(OptingIn { known: known.refused(refusal), holder })
            }
            (OptedIn { known }, UpdateRefused { refusal }) => {
                Some(OptedIn { known: known.refused(refusal) })
            }

            // Whose turn it is.
            (Linked { known } | OptedIn { known }, ApplicationGranted { placement, round }) => {
                Some(OptingIn {
                    known: known.granted(placement.clone(), round, Leave::Application),
                    holder: placement,
                })
            }
            (OptedIn { known }, AssignmentGranted { placement, round }) => {
                Some(OptedIn { known: known.granted(placement, round, Leave::Assignment) })
            }
            (OptingIn { known, holder }, AssignmentGranted { placement, round }) => {
                Some(OptingIn { known: known.granted(placement, round, Leave::Assignment), holder })
            }
            (OptingIn { known, .. }, TurnReturned { placement, round }) => {
                Some(Linked { known: known.over(placement, round) })
            }
            (Linked { known }, AskWithdrawn { placement, round }) => {
                Some(Linked { known: known.over(placement, round) })
            }
            (OptingIn { known, holder }, AskWithdrawn { placement, round }) => {
                Some(OptingIn { known: known.over(placement, round), holder })
            }
            (OptedIn { known }, AskWithdrawn { placement, round }) => {
                Some(OptedIn { known: known.over(placement, round) })
            }
            (Linked { known } | OptingIn { known, .. }, OptInSeen { placement, round }) => {
                Some(OptedIn { known: known.book(|book| book.seen_by(placement, round)) })
            }

            // The end.
            (Unlinked { book } | Flagged { book, .. }, CandidateRetired { reason }) => {
                Some(Retired { book, reason, heirs: BTreeSet::new() })
            }
            (
                Linked { known } | OptingIn { known, .. } | OptedIn { known },
                CandidateRetired { reason },
            ) => Some(Retired { book: known.book, reason, heirs: BTreeSet::new() }),
            (
                Identified { estate, .. } | Succeeding { estate, .. },
                CandidateRetired { reason },
            ) => Some(Retired { book: estate.book, reason, heirs: BTreeSet::new() }),
            (Contested { rivals }, CandidateRetired { reason }) => {
                Some(Retired { book: rivals.known.book, reason, heirs: BTreeSet::new() })
            }
            (Unlinked { book } | Flagged { book, .. }, PersonForgotten { reason }) => {
                Some(Forgotten { book, reason })
            }
            (
                Linked { known } | OptingIn { known, .. } | OptedIn { known },
                PersonForgotten { reason },
            ) => Some(Forgotten { book: known.book, reason }),
            (Identified { estate, .. } | Succeeding { estate, .. }, PersonForgotten { reason }) => {
                Some(Forgotten { book: estate.book, reason })
            }
            (Contested { rivals }, PersonForgotten { reason }) => {
                Some(Forgotten { book: rivals.known.book, reason })
            }
            (Merging { will, .. } | Merged { will }, PersonForgotten { reason }) => {
                Some(Forgotten { book: will.book, reason })
            }
            (Forgotten { book, reason }, LinkAsked { placement }) => {
                Some(Forgotten { book: book.link(placement), reason })
            }
            (Forgotten { book, reason }, RoadAsked { placement, round, need }) => {
                Some(Forgotten { book: book.way(placement, Way::Waiting { round, need }), reason })
            }
            (Retired { book, .. }, PersonForgotten { reason }) => Some(Gone { book, reason }),
            (Forgotten { book, reason }, CandidateRetired { .. }) => Some(Gone { book, reason }),

            _ => None,
        }
    }
}
