//! Timesheets out of the rows of the feeds and of the detail.
//!
//! A row is a fact here, not a pointer: the feed gives the same columns as the detail, which not every API user may read.
//! Absent: the daily breakdown, expenses, and what the client is billed. Polling is `poll.rs`.

use std::collections::BTreeMap;

use workflow_core::domain::facts::{PlacementId, Unreadable};
use workflow_core::domain::timesheet::{
    Approval, Hours, Line, Paid, Sheet, Timesheet, TimesheetId,
};
use workflow_core::money::Decimal;

use crate::JobDiva;
use crate::config::TimesheetPay;
use crate::error::Error;
use crate::operations::{Field, Operation, Param};
use crate::wire::columns::Kind;
use crate::wire::reader::Reader;
use crate::wire::row::Row;
use crate::wire::scalar;

/// The longest unknown word of a status that is kept.
const WORD_CHARS_MAX: usize = 24;

/// Hours, what they are paid, and per what.
const LINES: [(Hours, Field, Field, Field); 3] = [
    (Hours::Regular, Field::RegularHours, Field::RegularPay, Field::RegularUnit),
    (Hours::Overtime, Field::OvertimeHours, Field::OvertimePay, Field::OvertimeUnit),
    (Hours::DoubleTime, Field::DoubleHours, Field::DoublePay, Field::DoubleUnit),
];

/// The rows of an answer, put together.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    /// Those that name their placement and their week.
    pub(crate) timesheets: Vec<Timesheet>,
    /// Rows that do not.
    pub(crate) unreadable: Vec<Unreadable>,
}

impl JobDiva {
    /// One timesheet as it is now; `None` when JobDiva has none of that id (any more).
    ///
    /// Fails when it cannot be read, and when it names neither a placement nor a week.
    pub async fn timesheet(&self, id: &TimesheetId) -> Result<Option<Timesheet>, Error> {
        if scalar::id(id.as_str()) != Ok(Some(id.as_str())) {
            return Ok(None);
        }
        let operation = Operation::TimesheetGet;
        let values = [(Param::Timesheet, id.as_str())];
        let rows = self.client().rows(operation, &values, Kind::Timesheet).await?;
        let own = |row: &Row| !row.is_empty() && row.text(Field::Timesheet) == Some(id.as_str());
        let rows: Vec<Row> = rows.into_iter().filter(own).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let mut sheets = self.sheets(operation, &rows);
        match (sheets.timesheets.pop(), sheets.unreadable.pop()) {
            (Some(timesheet), _) => Ok(Some(timesheet)),
            (None, bad) => {
                let why = bad.map_or_else(|| "it names no placement".to_owned(), |bad| bad.why);
                Err(Error::Unreadable { operation: operation.name(), why })
            }
        }
    }

    /// The timesheets in the rows that an operation gave.
    pub(crate) fn sheets(&self, operation: Operation, rows: &[Row]) -> Sheets {
        let zone = &self.client().zone;
        let (mut sheets, mut by_id) = (Sheets::default(), BTreeMap::<String, Timesheet>::new());
        for row in rows {
            let mut reader = Reader::new(zone);
            let name = operation.name();
            let id = reader.id(name, row, Field::Timesheet);
            let placement = reader.id(name, row, Field::Placement);
            let week_ending = reader.date(name, row, Field::WeekEnding);
            let (Some(id), Some(placement), Some(week_ending)) = (id, placement, week_ending)
            else {
                let why = "a row without its timesheet, placement or week was passed over";
                sheets.unreadable.extend(reader.into_unreadable());
                sheets.unreadable.push(Unreadable { what: name.to_owned(), why: why.to_owned() });
                continue;
            };
            let sheet = self.sheet(operation, id.clone(), row, reader);
            let read = Timesheet { placement: PlacementId(placement), week_ending, sheet };
            match by_id.get_mut(&id) {
                None => {
                    by_id.insert(id, read);
                }
                Some(known) if *known == read => {}
                Some(known) => together(known, read),
            }
        }
        sheets.timesheets.extend(by_id.into_values());
        sheets
    }

    fn sheet(&self, operation: Operation, id: String, row: &Row, mut reader: Reader<'_>) -> Sheet {
        let (label, zone) = (format!("timesheet {id}"), &self.client().zone);
        let amount_of = self.0.client.config.timesheets.unwrap_or(TimesheetPay::Rate);
        let mut currency = reader.text(&label, row, Field::Currency);
        let hours_in = |reader: &mut Reader<'_>, column: Field| {
            let money = reader.money(&label, row.cell(column)?)?;
            Some(money.amount.normalize())
        };
        let mut lines = Vec::new();
        let mut split = false;
        for (kind, hours, pay, unit) in LINES {
            split |= row.cell(hours).is_some();
            let Some(hours) = hours_in(&mut reader, hours).filter(|hours| !hours.is_zero()) else {
                continue;
            };
            let paid = paid(&mut reader, &label, row, (pay, unit), amount_of, &mut currency);
            lines.push(Line { kind, hours, paid });
        }
        let worked = hours_in(&mut reader, Field::HoursWorked).filter(|hours| !hours.is_zero());
        if let (false, Some(hours)) = (split, worked) {
            let (_, _, pay, unit) = LINES[0];
            let paid = paid(&mut reader, &label, row, (pay, unit), amount_of, &mut currency);
            lines.push(Line { kind: Hours::Regular, hours, paid });
        }
        Sheet {
            id: TimesheetId(id),
            approval: approval(operation, row),
            lines,
            total_hours: worked.filter(|_| split),
            currency,
            changed: row.stamp(Field::Updated, zone).max(row.stamp(Field::ApprovedOn, zone)),
            unreadable: reader.into_unreadable(),
        }
    }
}

/// What a line is paid. JobDiva writes a zero where nothing is agreed.
fn paid(
    reader: &mut Reader<'_>,
    label: &str,
    row: &Row,
    (pay, unit): (Field, Field),
    amount_of: TimesheetPay,
    currency: &mut Option<String>,
) -> Paid {
    let money = row.cell(pay).and_then(|cell| reader.money(label, cell));
    let Some(money) = money.filter(|money| money.amount != Decimal::ZERO) else {
        return Paid::Unstated;
    };
    if let (None, Some(own)) = (&currency, money.currency) {
        *currency = Some(own);
    }
    let amount = money.amount.normalize();
    match amount_of {
        TimesheetPay::Amount => Paid::Sum { amount },
        TimesheetPay::Rate => {
            Paid::Rate { amount, unit: reader.text(label, row, unit).or(money.unit) }
        }
    }
}

fn approval(operation: Operation, row: &Row) -> Approval {
    let Some(status) = row.text(Field::Status) else {
        let approved =
            row.text(Field::ApprovedOn).is_some() || operation == Operation::TimesheetApprovedDelta;
        return if approved { Approval::Approved } else { Approval::Pending };
    };
    match timesheet_status(status) {
        Some("approved") => Approval::Approved,
        Some("rejected") => Approval::Rejected,
        Some(_) => Approval::Pending,
        None => Approval::Unknown { word: status.chars().take(WORD_CHARS_MAX).collect() },
    }
}

/// What a word for how a timesheet stands is read as: `approved`, `rejected` or `pending`; `None` for one that is not known.
///
/// ```
/// assert_eq!(integration_jobdiva::timesheet_status("Submitted"), Some("pending"));
/// ```
pub fn timesheet_status(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "approved" => Some("approved"),
        "rejected" | "declined" => Some("rejected"),
        "pending" | "submitted" | "saved" | "open" => Some("pending"),
        _ => None,
    }
}

/// Several rows of one timesheet that differ: what each says is kept, and a person is asked what counts.
fn together(known: &mut Timesheet, other: Timesheet) {
    let why = "comes in several rows that differ: which hours count is not known".to_owned();
    let note = Unreadable { what: format!("timesheet {}", known.sheet.id), why };
    known.sheet.lines.extend(other.sheet.lines);
    known.sheet.changed = known.sheet.changed.max(other.sheet.changed);
    known.sheet.unreadable.extend(other.sheet.unreadable);
    if !known.sheet.unreadable.contains(&note) {
        known.sheet.unreadable.push(note);
    }
}
