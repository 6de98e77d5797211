//! The table of the contractor workflow: which event leads where. No judgement: that is `decide.rs`.

use serde::{Deserialize, Serialize};

use super::state::{Book, Identity, Linked as Known, Trouble, Way};
use crate::domain::call::{ContractorId, Refusal};
use crate::domain::certificate::Word;
use crate::domain::facts::{CandidateId, PlacementId};
use crate::domain::placement::{Leave, Need};
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
            /// What placements asked for.
            book: Book,
            /// What the insurer is being told.
            identity: Identity,
            /// What was learned of the person meanwhile.
            latest: Identity,
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
        /// A person must look.
        Flagged {
            /// What placements asked for.
            book: Book,
            /// Why.
            trouble: Trouble,
        },
        /// The candidate is gone from the ATS: the placements that asked are told so.
        Retired {
            /// What placements asked for.
            book: Book,
            /// Why.
            reason: String,
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
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            // Asking.
            (Unlinked { book }, LinkAsked { placement }) => {
                Some(Unlinked { book: book.link(placement) })
            }
            (Identified { book, identity, latest }, LinkAsked { placement }) => {
                Some(Identified { book: book.link(placement), identity, latest })
            }
            (Linked { known }, LinkAsked { placement }) => {
                Some(Linked { known: known.book(|book| book.link(placement)) })
            }
            (OptingIn { known, holder }, LinkAsked { placement }) => {
                Some(OptingIn { known: known.book(|book| book.link(placement)), holder })
            }
            (OptedIn { known }, LinkAsked { placement }) => {
                Some(OptedIn { known: known.book(|book| book.link(placement)) })
            }
            (Flagged { book, trouble }, LinkAsked { placement }) => {
                Some(Flagged { book: book.link(placement), trouble })
            }
            (Linked { known }, RoadAsked { placement, round, need }) => Some(Linked {
                known: known.book(|book| book.way(placement, Way::Waiting { round, need })),
            }),
            (OptingIn { known, holder }, RoadAsked { placement, round, need }) => Some(OptingIn {
                known: known.book(|book| book.way(placement, Way::Waiting { round, need })),
                holder,
            }),
            (OptedIn { known }, RoadAsked { placement, round, need }) => Some(OptedIn {
                known: known.book(|book| book.way(placement, Way::Waiting { round, need })),
            }),

            // What certificates say; the road of placements is not touched by it.
            (Unlinked { book }, CertificateTold { certificate, word, .. }) => {
                Some(Unlinked { book: book.certificate(certificate, word) })
            }
            (Identified { book, identity, latest }, CertificateTold { certificate, word, .. }) => {
                Some(Identified { book: book.certificate(certificate, word), identity, latest })
            }
            (Linked { known }, CertificateTold { certificate, word, .. }) => {
                Some(Linked { known: known.book(|book| book.certificate(certificate, word)) })
            }
            (OptingIn { known, holder }, CertificateTold { certificate, word, .. }) => {
                Some(OptingIn {
                    known: known.book(|book| book.certificate(certificate, word)),
                    holder,
                })
            }
            (OptedIn { known }, CertificateTold { certificate, word, .. }) => {
                Some(OptedIn { known: known.book(|book| book.certificate(certificate, word)) })
            }
            (Flagged { book, trouble }, CertificateTold { certificate, word, .. }) => {
                Some(Flagged { book: book.certificate(certificate, word), trouble })
            }
            (Retired { book, reason }, CertificateTold { certificate, word, .. }) => {
                Some(Retired { book: book.certificate(certificate, word), reason })
            }
            (Forgotten { book, reason }, CertificateTold { certificate, word, .. }) => {
                Some(Forgotten { book: book.certificate(certificate, word), reason })
            }

            // Becoming known.
            (Unlinked { book }, PersonRead { identity }) => {
                Some(Identified { book, latest: identity.clone(), identity })
            }
            (Identified { book, identity: told, .. }, PersonChanged { identity }) => {
                Some(Identified { book, identity: told, latest: identity })
            }
            (Identified { book, latest, identity: before }, ProxyChosen { identity, .. }) => {
                Some(Identified { book, latest: latest.since(&before, &identity), identity })
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
            (Identified { book, identity, latest }, ContractorLinked { contractor }) => {
                Some(Linked {
                    known: Known { book, contractor, told: identity, latest, refused: None },
                })
            }
            (Unlinked { book } | Identified { book, .. }, TroubleMet { trouble }) => {
                Some(Flagged { book, trouble })
            }
            (Flagged { book, .. }, Retried { .. }) => Some(Unlinked { book }),

            // Staying up to date.
            (Linked { known }, PersonChanged { identity }) => {
                Some(Linked { known: known.latest(identity) })
            }
            (OptingIn { known, holder }, PersonChanged { identity }) => {
                Some(OptingIn { known: known.latest(identity), holder })
            }
            (OptedIn { known }, PersonChanged { identity }) => {
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
                    known: known.book(|book| {
                        let road = Leave::Application;
                        book.way(placement.clone(), Way::Granted { round, road })
                    }),
                    holder: placement,
                })
            }
            (OptedIn { known }, AssignmentGranted { placement, round }) => Some(OptedIn {
                known: known.book(|book| {
                    let road = Leave::Assignment;
                    book.way(placement, Way::Granted { round, road })
                }),
            }),
            (OptingIn { known, holder }, AssignmentGranted { placement, round }) => {
                Some(OptingIn {
                    known: known.book(|book| {
                        let road = Leave::Assignment;
                        book.way(placement, Way::Granted { round, road })
                    }),
                    holder,
                })
            }
            (OptingIn { known, .. }, TurnReturned { placement, round }) => {
                Some(Linked { known: known.book(|book| book.way(placement, Way::Over { round })) })
            }
            (Linked { known }, AskWithdrawn { placement, round }) => {
                Some(Linked { known: known.book(|book| book.way(placement, Way::Over { round })) })
            }
            (OptingIn { known, holder }, AskWithdrawn { placement, round }) => Some(OptingIn {
                known: known.book(|book| book.way(placement, Way::Over { round })),
                holder,
            }),
            (OptedIn { known }, AskWithdrawn { placement, round }) => {
                Some(OptedIn { known: known.book(|book| book.way(placement, Way::Over { round })) })
            }
            (Linked { known } | OptingIn { known, .. }, OptInSeen { placement, round }) => {
                Some(OptedIn { known: known.book(|book| book.seen_by(placement, round)) })
            }

            // The end.
            (
                Unlinked { book } | Identified { book, .. } | Flagged { book, .. },
                CandidateRetired { reason },
            ) => Some(Retired { book, reason }),
            (
                Linked { known } | OptingIn { known, .. } | OptedIn { known },
                CandidateRetired { reason },
            ) => Some(Retired { book: known.book, reason }),
            (
                Unlinked { book } | Identified { book, .. } | Flagged { book, .. },
                PersonForgotten { reason },
            ) => Some(Forgotten { book, reason }),
            (
                Linked { known } | OptingIn { known, .. } | OptedIn { known },
                PersonForgotten { reason },
            ) => Some(Forgotten { book: known.book, reason }),
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
