//! What an applicant tracking system (ATS) says of one week's work, in neutral words. No personal data.
//!
//! Raw where judgement is needed (rates, units, the sum): that is the work of `invoice/pay.rs`. Absent: expenses, which
//! are no pay, and what the client is billed.

use serde::{Deserialize, Serialize};

use super::facts::{Date, PlacementId, Unreadable, text_id};
use crate::money::Decimal;
use crate::time::Timestamp;

text_id! {
    /// The ATS's id of a timesheet.
    TimesheetId
}

/// One timesheet as read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timesheet {
    /// For which placement the work was done.
    pub placement: PlacementId,
    /// The last day of its week, in the ATS's business calendar.
    pub week_ending: Date,
    /// What stands on it.
    pub sheet: Sheet,
}

/// What stands on a timesheet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sheet {
    /// Which timesheet.
    pub id: TimesheetId,
    /// Whether it counts.
    pub approval: Approval,
    /// The hours, by how they are paid; none where nobody worked.
    pub lines: Vec<Line>,
    /// All hours together, where the ATS says so apart.
    pub total_hours: Option<Decimal>,
    /// The currency's code; `None` where the ATS says none.
    pub currency: Option<String>,
    /// When the ATS last changed it, where told: an older reading never replaces a newer one.
    pub changed: Option<Timestamp>,
    /// What could not be understood; it holds the invoice.
    pub unreadable: Vec<Unreadable>,
}

/// Whether a timesheet counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Approval {
    /// Nobody has decided yet, or the decision was taken back.
    Pending,
    /// It counts.
    Approved,
    /// It does not.
    Rejected,
    /// The record is gone.
    Deleted,
    /// The ATS has a word for it that is not known here: it does not count.
    Unknown {
        /// The word.
        word: String,
    },
}

impl Approval {
    /// The standing in plain words.
    pub fn words(&self) -> String {
        match self {
            Approval::Pending => "not approved yet".into(),
            Approval::Approved => "approved".into(),
            Approval::Rejected => "rejected".into(),
            Approval::Deleted => "deleted in the ATS".into(),
            Approval::Unknown { word } => format!("`{word}`, which is no known standing"),
        }
    }
}

/// Hours that are paid alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// Which hours.
    pub kind: Hours,
    /// How many, exactly.
    pub hours: Decimal,
    /// What they are paid.
    pub paid: Paid,
}

/// Kinds of hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Hours {
    /// Regular hours.
    Regular,
    /// Overtime.
    Overtime,
    /// Double time.
    DoubleTime,
}

impl Hours {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Hours::Regular => "regular hours",
            Hours::Overtime => "overtime",
            Hours::DoubleTime => "double time",
        }
    }
}

/// What hours are paid, as the timesheet says it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Paid {
    /// So much per unit.
    Rate {
        /// The amount per unit.
        amount: Decimal,
        /// The ATS's word for the unit, such as `H`; `None` where it says none.
        unit: Option<String>,
    },
    /// So much for all of them.
    Sum {
        /// The amount.
        amount: Decimal,
    },
    /// The timesheet does not say.
    Unstated,
}
