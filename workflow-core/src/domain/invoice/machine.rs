//! The table of the invoice workflow: which event leads where. No judgement: that is `decide.rs`.

use serde::{Deserialize, Serialize};

use super::Standing;
use super::pay::Account;
use super::state::{Book, Entry, Spared, Trouble, Wait};
use crate::domain::call::{InvoiceId, Window};
use crate::domain::facts::PlacementId;
use crate::domain::timesheet::Sheet;
use crate::machine;
use crate::money::Cents;

/// One placement's pay period on its way to the insurer's books.
#[machine]
pub mod invoice {
    use super::*;

    /// Where a pay period stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[allow(clippy::large_enum_variant, reason = "most are recorded or spared, and as large")]
    pub enum State {
        /// Nothing is recorded, and nothing can be yet.
        Waiting {
            /// What was read.
            book: Book,
            /// For what it waits.
            why: Wait,
        },
        /// The invoice is being recorded.
        Owed {
            /// What was read.
            book: Book,
            /// What is being said; what is learned meanwhile waits for the answer.
            account: Account,
        },
        /// The work is approved, and nothing need be sent.
        Unsent {
            /// What was read.
            book: Book,
            /// Both figures.
            account: Account,
            /// Why nothing is sent.
            why: Spared,
        },
        /// The insurer has the invoice.
        Recorded {
            /// What was read.
            book: Book,
            /// What the insurer has.
            entry: Entry,
        },
        /// The invoice is being corrected.
        Replacing {
            /// What was read.
            book: Book,
            /// What the insurer has.
            entry: Entry,
            /// What it is to say.
            account: Account,
        },
        /// The invoice is being withdrawn.
        Withdrawing {
            /// What was read.
            book: Book,
            /// What the insurer has.
            entry: Entry,
        },
        /// A person must look.
        Flagged {
            /// What was read.
            book: Book,
            /// What the insurer has, if anything.
            entry: Option<Entry>,
            /// Why.
            trouble: Trouble,
        },
        /// A person settled it outside.
        Settled {
            /// What was read.
            book: Book,
            /// What the insurer has, if anything.
            entry: Option<Entry>,
            /// Why, in the person's words.
            reason: String,
        },
        /// The period's books are closed.
        #[terminal]
        Closed {
            /// What was read.
            book: Book,
            /// What the insurer has, if anything.
            entry: Option<Entry>,
        },
    }

    /// What happened to a pay period.
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum Event {
        /// The first timesheet of the week was read.
        PeriodOpened {
            /// Whose work.
            placement: PlacementId,
            /// The seven days.
            period: Window,
            /// What it says.
            sheet: Sheet,
        },
        /// A timesheet was read that is new, or says something else.
        TimesheetChanged {
            /// What it says.
            sheet: Sheet,
        },
        /// The placement stands otherwise.
        StandingChanged {
            /// How: the contractor, the job and the quoted wage are the evidence for what is sent.
            standing: Standing,
        },
        /// Nothing can be sent for now.
        WaitBegan {
            /// For what it waits.
            why: Wait,
        },
        /// The pay is to be recorded.
        PayOwed {
            /// Both figures, and whose.
            account: Account,
        },
        /// The pay need not be sent.
        PaySpared {
            /// Both figures, and whose.
            account: Account,
            /// Why.
            why: Spared,
        },
        /// The insurer has the invoice.
        InvoiceRecorded {
            /// Its id.
            invoice: InvoiceId,
            /// The premium in cents, where told.
            premium: Option<Cents>,
        },
        /// The pay is another than is recorded.
        CorrectionOwed {
            /// What the insurer has.
            entry: Entry,
            /// Both figures, and whose.
            account: Account,
        },
        /// The insurer has the corrected invoice.
        InvoiceReplaced {
            /// Its id, which may be another one.
            invoice: InvoiceId,
            /// The premium in cents, where told.
            premium: Option<Cents>,
        },
        /// No timesheet counts any more: the invoice is to be withdrawn.
        WithdrawalOwed {
            /// What the insurer has.
            entry: Entry,
        },
        /// The insurer does not have the invoice any more, as asked.
        InvoiceWithdrawn,
        /// The insurer does not have the invoice any more, and nobody here asked for it.
        InvoiceVanished,
        /// A person must look.
        TroubleMet {
            /// Why.
            trouble: Trouble,
        },
        /// What was flagged has come right by itself: the invoice says what it should.
        TroublePassed {
            /// What the insurer has.
            entry: Entry,
        },
        /// A person said: try again.
        Retried {
            /// Why, in the person's words.
            reason: String,
        },
        /// A person said: it is settled outside.
        SettledByHand {
            /// Why, in the person's words.
            reason: String,
        },
        /// The time for corrections is over.
        PeriodClosed,
    }

    use {Event::*, State::*};

    fn begin(event: Event) -> Option<State> {
        match event {
            PeriodOpened { placement, period, sheet } => {
                Some(Waiting { book: Book::new(placement, period, sheet), why: Wait::Approval })
            }
            _ => None,
        }
    }

    fn evolve(state: State, event: Event) -> Option<State> {
        match (state, event) {
            // What is read.
            (Waiting { book, why }, TimesheetChanged { sheet }) => {
                Some(Waiting { book: book.sheet(sheet), why })
            }
            (Owed { book, account }, TimesheetChanged { sheet }) => {
                Some(Owed { book: book.sheet(sheet), account })
            }
            (Unsent { book, account, why }, TimesheetChanged { sheet }) => {
                Some(Unsent { book: book.sheet(sheet), account, why })
            }
            (Recorded { book, entry }, TimesheetChanged { sheet }) => {
                Some(Recorded { book: book.sheet(sheet), entry })
            }
            (Replacing { book, entry, account }, TimesheetChanged { sheet }) => {
                Some(Replacing { book: book.sheet(sheet), entry, account })
            }
            (Withdrawing { book, entry }, TimesheetChanged { sheet }) => {
                Some(Withdrawing { book: book.sheet(sheet), entry })
            }
            (Flagged { book, entry, trouble }, TimesheetChanged { sheet }) => {
                Some(Flagged { book: book.sheet(sheet), entry, trouble })
            }
            (Settled { book, entry, reason }, TimesheetChanged { sheet }) => {
                Some(Settled { book: book.sheet(sheet), entry, reason })
            }
            (Waiting { book, why }, StandingChanged { standing }) => {
                Some(Waiting { book: book.standing(standing), why })
            }
            (Owed { book, account }, StandingChanged { standing }) => {
                Some(Owed { book: book.standing(standing), account })
            }
            (Unsent { book, account, why }, StandingChanged { standing }) => {
                Some(Unsent { book: book.standing(standing), account, why })
            }
            (Recorded { book, entry }, StandingChanged { standing }) => {
                Some(Recorded { book: book.standing(standing), entry })
            }
            (Replacing { book, entry, account }, StandingChanged { standing }) => {
                Some(Replacing { book: book.standing(standing), entry, account })
            }
            (Withdrawing { book, entry }, StandingChanged { standing }) => {
                Some(Withdrawing { book: book.standing(standing), entry })
            }
            (Flagged { book, entry, trouble }, StandingChanged { standing }) => {
                Some(Flagged { book: book.standing(standing), entry, trouble })
            }
            (Settled { book, entry, reason }, StandingChanged { standing }) => {
                Some(Settled { book: book.standing(standing), entry, reason })
            }

            // Nothing recorded yet.
            (
                Waiting { book, .. } | Unsent { book, .. } | Flagged { book, .. },
                WaitBegan { why },
            ) => Some(Waiting { book, why }),
            (
                Waiting { book, .. } | Unsent { book, .. } | Flagged { book, .. },
                PaySpared { account, why },
            ) => Some(Unsent { book, account, why }),
            (
                Waiting { book, .. } | Unsent { book, .. } | Flagged { book, .. },
                PayOwed { account },
            ) => Some(Owed { book, account }),
            (Owed { book, account }, InvoiceRecorded { invoice, premium }) => {
                Some(Recorded { book, entry: Entry { invoice, account, premium } })
            }

            // Recorded.
            (Recorded { book, .. } | Flagged { book, .. }, CorrectionOwed { entry, account }) => {
                Some(Replacing { book, entry, account })
            }
            (Replacing { book, entry, account }, InvoiceReplaced { invoice, premium }) => {
                Some(Recorded {
                    book: book.renamed(entry.invoice, &invoice),
                    entry: Entry { invoice, account, premium },
                })
            }
            (Recorded { book, .. } | Flagged { book, .. }, WithdrawalOwed { entry }) => {
                Some(Withdrawing { book, entry })
            }
            (Withdrawing { book, entry }, InvoiceWithdrawn) => {
                Some(Waiting { book: book.outlived(entry.invoice), why: Wait::Approval })
            }
            (Replacing { book, entry, .. }, InvoiceVanished) => Some(Flagged {
                trouble: Trouble::Vanished { invoice: entry.invoice.clone() },
                book: book.outlived(entry.invoice),
                entry: None,
            }),

            // A person.
            (
                Waiting { book, .. } | Owed { book, .. } | Unsent { book, .. },
                TroubleMet { trouble },
            ) => Some(Flagged { book, entry: None, trouble }),
            (
                Recorded { book, entry }
                | Replacing { book, entry, .. }
                | Withdrawing { book, entry },
                TroubleMet { trouble },
            ) => Some(Flagged { book, entry: Some(entry), trouble }),
            (Flagged { book, entry, .. } | Settled { book, entry, .. }, TroubleMet { trouble }) => {
                Some(Flagged { book, entry, trouble })
            }
            (Flagged { book, .. }, TroublePassed { entry }) => Some(Recorded { book, entry }),
            (Flagged { book, entry, trouble }, Retried { .. }) => {
                Some(Flagged { book, entry, trouble })
            }
            (Flagged { book, entry, .. }, SettledByHand { reason }) => {
                Some(Settled { book, entry, reason })
            }

            // The end.
            (Waiting { book, .. } | Unsent { book, .. }, PeriodClosed) => {
                Some(Closed { book, entry: None })
            }
            (Recorded { book, entry }, PeriodClosed) => Some(Closed { book, entry: Some(entry) }),
            (Settled { book, entry, .. }, PeriodClosed) => Some(Closed { book, entry }),

            _ => None,
        }
    }
}
