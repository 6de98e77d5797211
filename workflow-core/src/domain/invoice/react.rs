//! What each state of an invoice is owed, when its books close, and what a person reads of it.

use std::time::Duration;

use super::machine::invoice::State;
use super::state::{Book, Entry, Spared, Wait};
use crate::domain::call::Call;
use crate::domain::timesheet::TimesheetId;
use crate::time::Timestamp;
use crate::workflow::Owed;

/// So long after its week a period's books stay open: beyond the end of any tax year that it lies in.
const OPEN_FOR: Duration = Duration::from_secs(400 * 24 * 3600);

/// The name of the call that records.
pub(super) const RECORD: &str = "record_invoice";
/// The name of the call that corrects.
pub(super) const REPLACE: &str = "replace_invoice";
/// The name of the call that withdraws.
pub(super) const WITHDRAW: &str = "withdraw_invoice";

/// The obligations of a state.
pub(super) fn react(state: &State) -> Vec<Owed<Call>> {
    vec![match state {
        State::Waiting { why, .. } => Owed::Signal(match why {
            Wait::Approval => "an approved timesheet",
            Wait::Coverage => "the placement's coverage",
            Wait::OutOfScope => "another classification of the placement",
        }),
        State::Owed { book, account } => Owed::Call {
            operation: RECORD.into(),
            call: Call::RecordInvoice { bill: book.bill(account) },
        },
        State::Unsent { .. } | State::Recorded { .. } | State::Settled { .. } => {
            Owed::Signal("a correction of the timesheet")
        }
        State::Replacing { book, entry, account } => Owed::Call {
            operation: REPLACE.into(),
            call: Call::ReplaceInvoice { invoice: entry.invoice.clone(), bill: book.bill(account) },
        },
        State::Withdrawing { book, entry } => Owed::Call {
            operation: WITHDRAW.into(),
            call: Call::WithdrawInvoice {
                invoice: entry.invoice.clone(),
                bill: book.bill(&entry.account),
            },
        },
        State::Flagged { trouble, .. } => Owed::Person(trouble.words()),
        State::Closed { .. } => return Vec::new(),
    }]
}

impl State {
    /// What was read of the period.
    pub fn book(&self) -> &Book {
        book(self)
    }

    /// What the insurer has of it, as far as is known.
    pub fn entry(&self) -> Option<&Entry> {
        entry(self)
    }
}

/// What was read of a period.
pub(super) fn book(state: &State) -> &Book {
    match state {
        State::Waiting { book, .. }
        | State::Owed { book, .. }
        | State::Unsent { book, .. }
        | State::Recorded { book, .. }
        | State::Replacing { book, .. }
        | State::Withdrawing { book, .. }
        | State::Flagged { book, .. }
        | State::Settled { book, .. }
        | State::Closed { book, .. } => book,
    }
}

/// What the insurer has of it.
pub(super) fn entry(state: &State) -> Option<&Entry> {
    match state {
        State::Recorded { entry, .. }
        | State::Replacing { entry, .. }
        | State::Withdrawing { entry, .. } => Some(entry),
        State::Flagged { entry, .. }
        | State::Settled { entry, .. }
        | State::Closed { entry, .. } => entry.as_ref(),
        State::Waiting { .. } | State::Owed { .. } | State::Unsent { .. } => None,
    }
}

/// When the books close. What is under way, or on a person's desk, has no end.
pub(super) fn due(state: &State) -> Option<Timestamp> {
    match state {
        State::Waiting { book, .. }
        | State::Unsent { book, .. }
        | State::Recorded { book, .. }
        | State::Settled { book, .. } => Some(book.period.until.plus(OPEN_FOR)),
        State::Owed { .. }
        | State::Replacing { .. }
        | State::Withdrawing { .. }
        | State::Flagged { .. }
        | State::Closed { .. } => None,
    }
}

/// Why the period is where it is.
pub(super) fn headline(state: &State) -> String {
    let recorded = |entry: &Option<Entry>| match entry {
        Some(entry) => format!("recorded as {} over {}", entry.invoice, entry.account.gross),
        None => "nothing is recorded".to_owned(),
    };
    match state {
        State::Waiting { book, why: Wait::Approval } => {
            let each = |sheet: &crate::domain::timesheet::Sheet| {
                format!("timesheet {} is {}", sheet.id, sheet.approval.words())
            };
            book.sheets.values().map(each).collect::<Vec<_>>().join("; ")
        }
        State::Waiting { why: Wait::Coverage, .. } => "waiting for the placement's coverage".into(),
        State::Waiting { why: Wait::OutOfScope, .. } => {
            "the placement is out of scope: nothing is sent".into()
        }
        State::Owed { account, .. } => format!("being recorded: {}", account.words()),
        State::Unsent { account, why: Spared::AsQuoted, .. } => {
            format!("nothing to send: {}", account.words())
        }
        State::Unsent { account, why: Spared::BelowLeast, .. } => {
            format!("nothing to send: {} is below the least that is recorded", account.gross)
        }
        State::Recorded { entry, .. } => {
            format!("recorded as {}: {}", entry.invoice, entry.account.words())
        }
        State::Replacing { entry, account, .. } => format!(
            "invoice {} is being corrected from {} to {}",
            entry.invoice, entry.account.gross, account.gross
        ),
        State::Withdrawing { entry, .. } => {
            format!("invoice {} over {} is being withdrawn", entry.invoice, entry.account.gross)
        }
        State::Flagged { trouble, .. } => trouble.words(),
        State::Settled { entry, reason, .. } => format!("{}; {reason}", recorded(entry)),
        State::Closed { entry, .. } => format!("closed; {}", recorded(entry)),
    }
}

/// The name by which the pay period of a timesheet is found.
pub fn timesheet_alias(timesheet: &TimesheetId) -> String {
    format!("timesheet:{timesheet}")
}

/// The timesheets and the insurer's id.
pub(super) fn aliases(state: &State) -> Vec<String> {
    let sheets = book(state).sheets.keys().map(timesheet_alias);
    sheets.chain(entry(state).map(|entry| entry.invoice.to_string())).collect()
}
