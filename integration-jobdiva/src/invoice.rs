//! Client invoices as hints: whose work was billed, and for which days.
//!
//! An invoice is money in; what the worker is paid stands in the timesheets. So nothing of an invoice is believed or kept:
//! it says that the weeks it bills were worked, and so are worth reading again, even where the feed of timesheets passed
//! them over. Deliberately absent: what is billed. Next: `timesheet.rs`, what is read because of one.

use std::time::Duration;

use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use workflow_core::domain::facts::{CandidateId, Date, Unreadable};
use workflow_core::domain::timesheet::Timesheet;
use workflow_core::time::Timestamp;

use crate::JobDiva;
use crate::error::Error;
use crate::operations::{Field, Operation, Param};
use crate::poll::TIMESHEETS;
use crate::poll::window::Window;
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;
use crate::wire::scalar;

/// So long after the first day billed its timesheets are looked for: one that is changed later comes by the feed again.
const LOOKED_FOR: Duration = Duration::from_secs(62 * 24 * 3600);

/// What an invoice bills: whose work, and which days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Billed {
    /// The invoice.
    pub invoice: String,
    /// Who worked.
    pub candidate: CandidateId,
    /// The first and the last day billed; an invoice of expenses may have none.
    pub days: Option<(Date, Date)>,
}

impl JobDiva {
    /// What one invoice bills; `None` when JobDiva has none of that id, or it is not for anybody's work.
    pub async fn invoice(&self, id: &str) -> Result<Option<Billed>, Error> {
        if scalar::id(id) != Ok(Some(id)) {
            return Ok(None);
        }
        let (operation, values) = (Operation::InvoiceGet, [(Param::Invoice, id)]);
        let rows = self.client().rows(operation, &values, Kind::Invoice).await?;
        let own = |row: &&Row| row.text(Field::Invoice) == Some(id);
        Ok(rows.iter().find(own).and_then(|row| self.billed(operation, row).0))
    }

    /// What a row bills, and what of it could not be read.
    pub(crate) fn billed(
        &self,
        operation: Operation,
        row: &Row,
    ) -> (Option<Billed>, Vec<Unreadable>) {
        let (name, mut reader) = (operation.name(), Reader::new(&self.client().zone));
        let invoice = reader.id(name, row, Field::Invoice);
        let candidate = reader.id(name, row, Field::Candidate).map(CandidateId);
        let first = reader.date(name, row, Field::BilledFrom);
        let last = reader.date(name, row, Field::BilledTo);
        let days = first.zip(last).filter(|(first, last)| first <= last);
        // One that names nobody is not for work: a fee, an expense of the client's.
        let billed = invoice.zip(candidate);
        let billed = billed.map(|(invoice, candidate)| Billed { invoice, candidate, days });
        (billed, reader.into_unreadable())
    }

    /// The timesheets of everybody for weeks that touch the days billed, by the feed: for weeks of which none is known.
    pub async fn timesheets_billed(
        &self,
        billed: &Billed,
        now: Timestamp,
    ) -> Result<Vec<Timesheet>, Error> {
        let Some((first, last)) = billed.days else { return Ok(Vec::new()) };
        let Ok(midnight) = first.to_zoned(self.client().zone.clone()) else {
            return Ok(Vec::new());
        };
        let mut from = Timestamp::from(midnight.timestamp());
        let until = now.min(from.plus(LOOKED_FOR));
        let widest = self.widest(TIMESHEETS);
        let mut found = Vec::new();
        while from < until {
            let to = until.min(from.plus(widest));
            let rows = self.rows(TIMESHEETS, Window { from, to }).await?;
            found.extend(self.sheets(TIMESHEETS.operation(), &rows).timesheets);
            from = to;
        }
        found.retain(|timesheet| {
            let begins = timesheet.week_ending.checked_sub(6.days()).unwrap_or(Date::MIN);
            begins <= last && timesheet.week_ending >= first
        });
        Ok(found)
    }
}
