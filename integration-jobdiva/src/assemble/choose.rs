//! Which of a placement's pay or billing records counts.
//!
//! A placement has several over time: a rate change or an extension makes a new record. Deleted and unapproved ones do
//! not count (a record that does not say counts). Pure.

use std::cmp::Reverse;

use jiff::civil::Date;

use crate::operations::Field;
use crate::wire::reader::Reader;
use crate::wire::row::Row;

/// One record that counts.
#[derive(Clone, Debug)]
pub(crate) struct Record<'a> {
    /// What a note calls it, such as `pay record 2`.
    pub(crate) label: String,
    /// Its cells.
    pub(crate) row: &'a Row,
    /// Since when it applies; `None` is since ever.
    pub(crate) from: Option<Date>,
    /// Its number within the employee: the higher is the newer.
    number: u64,
}

/// A placement's records of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Records<'a> {
    /// Those that count, by the day since when they apply, then by number.
    pub(crate) live: Vec<Record<'a>>,
    /// How many there are that are not deleted.
    pub(crate) undeleted: usize,
}

impl<'a> Records<'a> {
    /// Sorts out `rows`; `from` is the column since when a record applies.
    pub(crate) fn new(reader: &mut Reader<'_>, name: &str, rows: &'a [Row], from: Field) -> Self {
        let mut records = Self { live: Vec::new(), undeleted: 0 };
        for row in rows {
            let number = row.text(Field::Record).and_then(|text| text.parse().ok()).unwrap_or(0);
            let label = if number > 0 { format!("{name} {number}") } else { name.to_owned() };
            if reader.flag(&label, row, Field::Deleted) == Some(true) {
                continue;
            }
            records.undeleted += 1;
            if reader.flag(&label, row, Field::Approved) == Some(false) {
                continue;
            }
            let from = reader.date(&label, row, from);
            records.live.push(Record { label, row, from, number });
        }
        records.live.sort_by_key(|record| (record.from, record.number));
        records
    }

    /// The record that applies on a day: the latest that has begun by then, the higher number of two; else the
    /// earliest that is to come.
    pub(crate) fn effective(&self, on: Date) -> Option<&Record<'a>> {
        let begun = |record: &&Record<'a>| record.from.is_none_or(|from| from <= on);
        let future = || self.live.iter().min_by_key(|record| (record.from, Reverse(record.number)));
        self.live.iter().rev().find(begun).or_else(future)
    }

    /// The last in time: it says when the work ends.
    pub(crate) fn last(&self) -> Option<&Record<'a>> {
        self.live.last()
    }

    /// The first day that any of them names: a later record changes a rate, not the first day of work.
    pub(crate) fn first_day(&self) -> Option<Date> {
        self.live.iter().filter_map(|record| record.from).min()
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::wire::columns::{Allowed, Kind};
    use crate::wire::envelope;

    fn effective(json: &str, on: &str) -> Option<String> {
        let rows = envelope::rows(json, &Allowed::new(Kind::Record, &[])).unwrap();
        let zone = TimeZone::UTC;
        let mut reader = Reader::new(&zone);
        let records = Records::new(&mut reader, "pay record", &rows, Field::PayStart);
        records.effective(on.parse().unwrap()).map(|record| record.label.clone())
    }

    const HISTORY: &str = r#"[
        {"RECID":"1","EFFECTIVE_DATE":"2026-04-06","APPROVED":"1","DELETED":"0"},
        {"RECID":"2","EFFECTIVE_DATE":"2026-06-01","APPROVED":1},
        {"RECID":"3","EFFECTIVE_DATE":"2026-06-01"},
        {"RECID":"4","EFFECTIVE_DATE":"2026-05-01","APPROVED":"0"},
        {"RECID":"5","EFFECTIVE_DATE":"2026-05-02","DELETED":"1"}]"#;

    #[test]
    fn the_latest_begun_record_counts_then_the_earliest_to_come() {
        let label = |text: &str| Some(text.to_owned());
        assert_eq!(effective(HISTORY, "2026-05-31"), label("pay record 1"));
        assert_eq!(effective(HISTORY, "2026-06-01"), label("pay record 3"));
        assert_eq!(effective(HISTORY, "2027-01-01"), label("pay record 3"));
        assert_eq!(effective(HISTORY, "2026-01-01"), label("pay record 1"));
    }

    #[test]
    fn deleted_and_unapproved_records_do_not_count() {
        let none = r#"[{"RECID":"1","APPROVED":"0"},{"RECID":"2","DELETED":"1"}]"#;
        assert_eq!(effective(none, "2026-05-01"), None);
    }

    #[test]
    fn a_record_without_a_day_applies_since_ever() {
        let label = effective(r#"[{"RECID":"1","EFFECTIVE_DATE":""}]"#, "2026-05-01");
        assert_eq!(label.as_deref(), Some("pay record 1"));
    }
}
