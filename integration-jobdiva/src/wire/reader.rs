//! Typed reading of a row's cells, collecting what could not be understood.
//!
//! A value that cannot be read is a note for a person, never an end of the reading: everything else about the
//! placement is still worth knowing.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use workflow_core::domain::facts::Unreadable;

use super::row::{Cell, Row, Value};
use super::scalar::{self, Money};
use super::{date, row};
use crate::operations::Field;

/// The longest value that is quoted in a note.
const QUOTED_CHARS_MAX: usize = 24;

/// Reads cells and remembers what it could not read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    zone: &'a TimeZone,
    unreadable: Vec<Unreadable>,
}

impl<'a> Reader<'a> {
    /// A reader of local times in `zone`.
    pub(crate) fn new(zone: &'a TimeZone) -> Self {
        Self { zone, unreadable: Vec::new() }
    }

    /// Everything that could not be read.
    pub(crate) fn into_unreadable(self) -> Vec<Unreadable> {
        self.unreadable
    }

    /// A text.
    pub(crate) fn text(&mut self, record: &str, row: &Row, field: Field) -> Option<String> {
        self.read(record, row.cell(field)?, |text| Ok(Some(text.to_owned())))
    }

    /// A user-defined field's text.
    pub(crate) fn user_field(&mut self, record: &str, row: &Row, label: &str) -> Option<String> {
        self.read(record, row.user_field(label)?, |text| Ok(Some(text.to_owned())))
    }

    /// A calendar day.
    pub(crate) fn date(&mut self, record: &str, row: &Row, field: Field) -> Option<Date> {
        let zone = self.zone;
        self.read(record, row.cell(field)?, |text| date::date(text, zone, row.dates()))
    }

    /// A yes or no.
    pub(crate) fn flag(&mut self, record: &str, row: &Row, field: Field) -> Option<bool> {
        self.read(record, row.cell(field)?, |text| scalar::flag(text).map(Some))
    }

    /// An id; zero is none.
    pub(crate) fn id(&mut self, record: &str, row: &Row, field: Field) -> Option<String> {
        self.read(record, row.cell(field)?, |text| scalar::id(text).map(|id| id.map(str::to_owned)))
    }

    /// An amount of a cell.
    pub(crate) fn money(&mut self, record: &str, cell: &Cell) -> Option<Money> {
        self.read(record, cell, |text| scalar::money(text).map(Some))
    }

    /// Notes something about a record's column.
    pub(crate) fn note(&mut self, record: &str, column: &str, why: &str) {
        let note = Unreadable { what: format!("{record} {column}"), why: why.to_owned() };
        if !self.unreadable.contains(&note) {
            self.unreadable.push(note);
        }
    }

    fn read<T>(
        &mut self,
        record: &str,
        cell: &Cell,
        parse: impl FnOnce(&str) -> Result<Option<T>, &'static str>,
    ) -> Option<T> {
        let text = match &cell.value {
            row::Value::Text(text) => text,
            Value::Nested => {
                self.note(record, &cell.column, "is a list or an object, not one value");
                return None;
            }
        };
        match parse(text) {
            Ok(value) => value,
            Err(why) => {
                self.note(record, &cell.column, &format!("{}{why}", quoted(text)));
                None
            }
        }
    }
}

/// The value between quotes with a blank after, unless it may be personal: a short value with few digits and
/// without an `@` is neither an address nor a number that names a person. A name has no digit at all.
fn quoted(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().count() <= QUOTED_CHARS_MAX
        && !text.contains('@')
        && !text.chars().any(char::is_control);
    if plain && (1..9).contains(&digits) { format!("`{text}` ") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::super::columns::{Allowed, Kind};
    use super::*;

    #[test]
    fn what_cannot_be_read_is_noted_and_quoted_only_when_harmless() {
        let zone = TimeZone::UTC;
        let mut reader = Reader::new(&zone);
        let allowed = Allowed::new(Kind::Activity, &[]);
        let json =
            r#"{"PLACEMENTDATE":"99/99/2026","HIREFLAG":"Ada Byron","REJECTFLAG":"123-45-6789"}"#;
        let row = Row::from_pairs(&serde_json::from_str(json).unwrap(), &allowed).unwrap();
        assert_eq!(reader.date("activity", &row, Field::PlacedOn), None);
        assert_eq!(reader.flag("activity", &row, Field::Hired), None);
        assert_eq!(reader.flag("activity", &row, Field::Hired), None);
        assert_eq!(reader.flag("activity", &row, Field::Rejected), None);
        let notes = reader.into_unreadable();
        let whole: Vec<String> =
            notes.iter().map(|note| format!("{}: {}", note.what, note.why)).collect();
        assert_eq!(
            whole,
            [
                "activity PLACEMENTDATE: `99/99/2026` is no day of the calendar",
                "activity HIREFLAG: is neither yes nor no",
                "activity REJECTFLAG: is neither yes nor no",
            ]
        );
    }
}
