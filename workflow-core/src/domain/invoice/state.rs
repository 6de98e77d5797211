//! What the states of an invoice carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pay::Account;
use super::{Standing, Work};
use crate::domain::call::{Bill, InvoiceId, Refusal, Window};
use crate::domain::facts::PlacementId;
use crate::domain::terms::Missing;
use crate::domain::timesheet::{Approval, Sheet, TimesheetId};
use crate::money::Cents;

/// The pay period and all that was read of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Book {
    /// Whose work.
    pub placement: PlacementId,
    /// The seven days, as local midnights.
    pub period: Window,
    /// The timesheets of that week, as read last.
    pub sheets: BTreeMap<TimesheetId, Sheet>,
    /// Who works on what, once coverage was seen: what was read last of it before anything was recorded.
    pub work: Option<Work>,
    /// Whether the placement is the insurer's business.
    pub scope: Scope,
    /// The ids under which the insurer knew the invoice before, oldest first.
    pub past: Vec<InvoiceId>,
}

/// Whether a placement is the insurer's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// It is, or may be.
    In,
    /// It is not.
    Out,
}

impl Book {
    pub(super) fn new(placement: PlacementId, period: Window, sheet: Sheet) -> Self {
        let (sheets, past) = (BTreeMap::new(), Vec::new());
        Self { placement, period, sheets, work: None, scope: Scope::In, past }.sheet(sheet)
    }

    pub(super) fn sheet(mut self, sheet: Sheet) -> Self {
        self.sheets.insert(sheet.id.clone(), sheet);
        self
    }

    /// Coverage that was seen once stays known: work that was done while it lasted is not undone by its end.
    pub(super) fn standing(self, standing: Standing) -> Self {
        match standing {
            Standing::Uncovered => Self { scope: Scope::In, ..self },
            Standing::Covered { work } => Self { work: Some(work), scope: Scope::In, ..self },
            Standing::OutOfScope => Self { scope: Scope::Out, ..self },
        }
    }

    pub(super) fn outlived(mut self, invoice: InvoiceId) -> Self {
        self.past.push(invoice);
        self
    }

    /// The invoice goes by another id now, or by the same.
    pub(super) fn renamed(self, before: InvoiceId, now: &InvoiceId) -> Self {
        if before == *now { self } else { self.outlived(before) }
    }

    /// Whether any timesheet counts.
    pub(super) fn is_approved(&self) -> bool {
        self.sheets.values().any(|sheet| sheet.approval == Approval::Approved)
    }

    pub(super) fn bill(&self, account: &Account) -> Bill {
        Bill {
            candidate: account.work.candidate.clone(),
            contractor: account.work.contractor.clone(),
            job: account.work.job.clone(),
            gross: account.gross,
            period: self.period,
        }
    }
}

/// An invoice that the insurer has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Its id, the latest one.
    pub invoice: InvoiceId,
    /// What it says.
    pub account: Account,
    /// The premium in cents, where told.
    pub premium: Option<Cents>,
}

/// What an invoice waits for before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wait {
    /// An approved timesheet.
    Approval,
    /// The placement's coverage: without it there is neither a contractor nor a job, nor a premium.
    Coverage,
    /// Nothing is sent of a placement that is out of scope.
    OutOfScope,
}

/// Why nothing need be sent of approved work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Spared {
    /// The pay is what was quoted.
    AsQuoted,
    /// The pay is below the least that the insurer records.
    BelowLeast,
}

/// Why a person must look.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Trouble {
    /// What was earned cannot be told.
    Unclear {
        /// Why.
        missing: Vec<Missing>,
    },
    /// A call was refused.
    Refused {
        /// Which one.
        operation: String,
        /// What the provider said.
        refusal: Refusal,
    },
    /// The insurer has an invoice for the period that says something else.
    Exists {
        /// Its id.
        invoice: InvoiceId,
        /// What it says in cents, where told.
        says: Option<Cents>,
        /// What would be said.
        account: Account,
    },
    /// The recorded invoice is paid, and fixed.
    Paid {
        /// What it says.
        says: Cents,
        /// What it should say; nothing where no timesheet counts any more.
        wanted: Option<Cents>,
    },
    /// The insurer does not have the recorded invoice any more.
    Vanished {
        /// Its id.
        invoice: InvoiceId,
    },
    /// The timesheets changed after an invoice was recorded for a placement that is out of scope now.
    OutOfScope,
    /// The timesheets changed after a person had settled the period.
    Reopened {
        /// What the person had said.
        reason: String,
    },
}

impl Trouble {
    /// The trouble in plain words.
    pub fn words(&self) -> String {
        match self {
            Trouble::Unclear { missing } => {
                missing.iter().map(|missing| missing.text.as_str()).collect::<Vec<_>>().join("; ")
            }
            Trouble::Refused { operation, refusal } => format!(
                "{} was refused: {} ({} {})",
                operation.replace('_', " "),
                refusal.message,
                refusal.status,
                refusal.code
            ),
            Trouble::Exists { invoice, says, account } => {
                let says = says.map_or("an unknown sum".to_owned(), |cents| cents.to_string());
                format!(
                    "the insurer has invoice {invoice} over {says} for this week, which was not made \
                     here; {}",
                    account.words()
                )
            }
            Trouble::Paid { says, wanted } => {
                let wanted = wanted.unwrap_or(Cents(0));
                let (more, word) = match wanted.0.saturating_sub(says.0) {
                    less @ ..0 => (Cents(less.saturating_neg()), "less"),
                    more => (Cents(more), "more"),
                };
                format!(
                    "the invoice over {says} is paid and cannot be changed; the timesheets now come \
                     to {wanted}, {more} {word}"
                )
            }
            Trouble::Vanished { invoice } => {
                format!("the insurer does not have invoice {invoice} any more")
            }
            Trouble::OutOfScope => {
                "the timesheets changed, and the placement is out of scope now: the recorded invoice \
                 stands as it is"
                    .into()
            }
            Trouble::Reopened { reason } => {
                format!("the timesheets changed after it was settled: {reason}")
            }
        }
    }
}
