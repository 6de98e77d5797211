//! The table of the certificate workflow: which event leads where. No judgement: that is `decide.rs`.

use serde::{Deserialize, Serialize};

use super::state::{
    Accepted, Breakdown, Cover, Origin, Outcome, Paper, Sent as AtInsurer, Stood, Trouble as Why,
    Unfit as Reason,
};
use crate::domain::call::{CertificateId, ContractorId};
use crate::machine;
use crate::time::Timestamp;

/// One document on its way through the insurer's review.
#[machine]
pub mod certificate {
    use super::*;

    /// Where a certificate stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum State {
        /// Kept, and not sent: nobody knows yet whether the candidate is a contractor.
        Kept {
            /// The document.
            paper: Paper,
        },
        /// Kept; the insurer's id of its contractor is asked for.
        Found {
            /// The document.
            paper: Paper,
            /// How often it has gone out, this time included.
            round: u32,
            /// Since when.
            since: Timestamp,
        },
        /// The contractor is known; the document is being sent.
        Ready {
            /// The document.
            paper: Paper,
            /// How often it has gone out, this time included.
            round: u32,
            /// Whose, at the insurer.
            contractor: ContractorId,
        },
        /// The insurer has it; its review has not begun.
        Uploaded {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
        },
        /// The insurer reviews it.
        Processing {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
        },
        /// It stands.
        Approved {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
            /// What its review came to.
            outcome: Outcome,
            /// For what it stands; empty when nobody said which days it covers.
            covers: Vec<Cover>,
            /// Who took it for good.
            accepted: Accepted,
        },
        /// A rule of the insurer's failed: a person must look.
        Flagged {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
            /// What its review came to.
            outcome: Outcome,
        },
        /// The insurer refused it: a person must look.
        Denied {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
            /// What its review came to.
            outcome: Outcome,
        },
        /// Its review gave nothing: a person must look.
        Error {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
            /// Why.
            breakdown: Breakdown,
        },
        /// It was not sent: a person must look.
        Held {
            /// The document.
            paper: Paper,
            /// How often it was to go out, this time included.
            round: u32,
            /// Why.
            trouble: Why,
        },
        /// It cannot be sent: no PDF, empty, or too large.
        #[terminal]
        Unfit {
            /// The document.
            paper: Paper,
            /// Why.
            reason: Reason,
        },
        /// All that it stood for has run out.
        #[terminal]
        Expired {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
        },
        /// A person took it back after it was sent.
        #[terminal]
        Withdrawn {
            /// The document.
            paper: Paper,
            /// What the insurer has.
            sent: AtInsurer,
            /// Why.
            reason: String,
        },
        /// It was taken back, or its person forgotten, or its content was known already, or handed on, before it was sent.
        #[terminal]
        Dropped {
            /// The document.
            paper: Paper,
            /// Why.
            reason: String,
        },
    }

    /// What happened to a certificate.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// The document was found, and its bytes are kept.
        CertificateFound {
            /// The document.
            paper: Paper,
            /// When.
            at: Timestamp,
        },
        /// The document was found, and its bytes are kept, of a candidate of whom nothing may be sent yet.
        CertificateKept {
            /// The document.
            paper: Paper,
        },
        /// The candidate is known to be a contractor.
        ScopeSeen {
            /// When.
            at: Timestamp,
        },
        /// A document was found that cannot be sent.
        CertificateUnfit {
            /// The document.
            paper: Paper,
            /// Why.
            reason: Reason,
        },
        /// The same content was found somewhere else too.
        FoundAgain {
            /// Where.
            origin: Origin,
        },
        /// The insurer knows the contractor.
        ContractorLinked {
            /// The insurer's id.
            contractor: ContractorId,
        },
        /// It cannot be sent before a person acted.
        CertificateHeld {
            /// Why.
            trouble: Why,
        },
        /// The insurer has it.
        CertificateUploaded {
            /// Its id there.
            certificate: CertificateId,
            /// When.
            at: Timestamp,
        },
        /// The insurer reviews it.
        ReviewBegun,
        /// The insurer approved it.
        ReviewApproved {
            /// What its review came to.
            outcome: Outcome,
            /// For what it stands; empty when the insurer does not say which days it covers.
            covers: Vec<Cover>,
        },
        /// A rule of the insurer's failed.
        ReviewFlagged {
            /// What its review came to.
            outcome: Outcome,
        },
        /// The insurer refused it.
        ReviewDenied {
            /// What its review came to.
            outcome: Outcome,
        },
        /// Its review gave nothing.
        ReviewFailed {
            /// Why.
            breakdown: Breakdown,
        },
        /// The insurer does not have it any more.
        CertificateGone,
        /// A person takes it for good.
        CertificateAccepted {
            /// What its review came to.
            outcome: Outcome,
            /// For what it stands.
            covers: Vec<Cover>,
            /// Why, in the person's words.
            reason: String,
        },
        /// A person sends it (again), or its bytes are here again.
        Resubmitted {
            /// Why, in the person's words.
            reason: String,
            /// When.
            at: Timestamp,
        },
        /// A person took it back.
        CertificateWithdrawn {
            /// Why, in the person's words.
            reason: String,
        },
        /// All that it stood for has run out.
        CertificateExpired,
        /// The same content is on its way already, or at the insurer: that of a candidate who is this one by now.
        ContentKnown {
            /// As which certificate, by the key of its stream.
            certificate: String,
        },
        /// The person was forgotten: the bytes are gone.
        PersonForgotten {
            /// Why.
            reason: String,
        },
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            CertificateFound { paper, at } => Some(Found { paper, round: 1, since: at }),
            CertificateKept { paper } => Some(Kept { paper }),
            CertificateUnfit { paper, reason } => Some(Unfit { paper, reason }),
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            // Whose it is must be known first.
            (Kept { paper }, ScopeSeen { at }) => Some(Found { paper, round: 1, since: at }),
            (Kept { paper }, CertificateHeld { trouble }) => {
                Some(Held { paper, round: 1, trouble })
            }
            (Held { paper, round, .. }, ScopeSeen { at }) => {
                Some(Found { paper, round, since: at })
            }

            // Found more than once.
            (Kept { paper }, FoundAgain { origin }) => Some(Kept { paper: paper.also(origin) }),
            (Found { paper, round, since }, FoundAgain { origin }) => {
                Some(Found { paper: paper.also(origin), round, since })
            }
            (Ready { paper, round, contractor }, FoundAgain { origin }) => {
                Some(Ready { paper: paper.also(origin), round, contractor })
            }
            (Uploaded { paper, sent }, FoundAgain { origin }) => {
                Some(Uploaded { paper: paper.also(origin), sent })
            }
            (Processing { paper, sent }, FoundAgain { origin }) => {
                Some(Processing { paper: paper.also(origin), sent })
            }
            (Approved { paper, sent, outcome, covers, accepted }, FoundAgain { origin }) => {
                Some(Approved { paper: paper.also(origin), sent, outcome, covers, accepted })
            }
            (Flagged { paper, sent, outcome }, FoundAgain { origin }) => {
                Some(Flagged { paper: paper.also(origin), sent, outcome })
            }
            (Denied { paper, sent, outcome }, FoundAgain { origin }) => {
                Some(Denied { paper: paper.also(origin), sent, outcome })
            }
            (Error { paper, sent, breakdown }, FoundAgain { origin }) => {
                Some(Error { paper: paper.also(origin), sent, breakdown })
            }
            (Held { paper, round, trouble }, FoundAgain { origin }) => {
                Some(Held { paper: paper.also(origin), round, trouble })
            }

            // To the insurer.
            (
                Found { paper, round, .. } | Held { paper, round, .. },
                ContractorLinked { contractor },
            ) => Some(Ready { paper, round, contractor }),
            (
                Found { paper, round, .. } | Ready { paper, round, .. } | Held { paper, round, .. },
                CertificateHeld { trouble },
            ) => Some(Held { paper, round, trouble }),
            (Ready { paper, round, contractor }, CertificateUploaded { certificate, at }) => {
                let stood = Stood::Never;
                Some(Uploaded {
                    paper,
                    sent: AtInsurer { contractor, certificate, round, at, stood },
                })
            }
            (Held { paper, round, .. }, Resubmitted { at, .. }) => {
                Some(Found { paper, round: round.saturating_add(1), since: at })
            }
            (Error { paper, sent, .. }, Resubmitted { at, .. }) => {
                Some(Found { paper, round: sent.round.saturating_add(1), since: at })
            }

            // The review. What is read last is so, whatever came before.
            (Uploaded { paper, sent }, ReviewBegun) => Some(Processing { paper, sent }),
            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                ReviewApproved { outcome, covers },
            ) => Some(Approved {
                paper,
                sent: sent.standing_for(&covers),
                outcome,
                covers,
                accepted: Accepted::ByInsurer,
            }),
            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                ReviewFlagged { outcome },
            ) => Some(Flagged { paper, sent, outcome }),
            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                ReviewDenied { outcome },
            ) => Some(Denied { paper, sent, outcome }),
            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                ReviewFailed { breakdown },
            ) => Some(Error { paper, sent, breakdown }),

            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                CertificateGone,
            ) => Some(Error { paper, sent, breakdown: Breakdown::Gone }),

            // A person has looked.
            (
                Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. },
                CertificateAccepted { outcome, covers, reason },
            ) => Some(Approved {
                paper,
                sent: sent.standing_for(&covers),
                outcome,
                covers,
                accepted: Accepted::ByPerson { reason },
            }),
            (
                Uploaded { paper, sent }
                | Processing { paper, sent }
                | Approved { paper, sent, .. }
                | Flagged { paper, sent, .. }
                | Denied { paper, sent, .. }
                | Error { paper, sent, .. },
                CertificateWithdrawn { reason },
            ) => Some(Withdrawn { paper, sent, reason }),
            (
                Kept { paper } | Found { paper, .. } | Held { paper, .. },
                CertificateWithdrawn { reason },
            ) => Some(Dropped { paper, reason }),

            (
                Kept { paper } | Found { paper, .. } | Held { paper, .. },
                ContentKnown { certificate },
            ) => {
                let reason = format!("the same content was handed in as certificate {certificate}");
                Some(Dropped { paper, reason })
            }

            // The end.
            (Approved { paper, sent, .. }, CertificateExpired) => Some(Expired { paper, sent }),
            (
                Kept { paper } | Found { paper, .. } | Ready { paper, .. } | Held { paper, .. },
                PersonForgotten { reason },
            ) => Some(Dropped { paper: paper.unnamed(), reason }),
            // What the insurer has goes on; only what names the person is gone here.
            (Uploaded { paper, sent }, PersonForgotten { .. }) => {
                Some(Uploaded { paper: paper.unnamed(), sent })
            }
            (Processing { paper, sent }, PersonForgotten { .. }) => {
                Some(Processing { paper: paper.unnamed(), sent })
            }
            (Approved { paper, sent, outcome, covers, accepted }, PersonForgotten { .. }) => {
                let (paper, outcome) = (paper.unnamed(), outcome.unnamed());
                Some(Approved { paper, sent, outcome, covers, accepted })
            }
            (Flagged { paper, sent, outcome }, PersonForgotten { .. }) => {
                Some(Flagged { paper: paper.unnamed(), sent, outcome: outcome.unnamed() })
            }
            (Denied { paper, sent, outcome }, PersonForgotten { .. }) => {
                Some(Denied { paper: paper.unnamed(), sent, outcome: outcome.unnamed() })
            }
            (Error { paper, sent, breakdown }, PersonForgotten { .. }) => {
                Some(Error { paper: paper.unnamed(), sent, breakdown: breakdown.unnamed() })
            }

            _ => None,
        }
    }
}
