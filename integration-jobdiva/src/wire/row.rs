//! One row of an answer: the allowed cells as text, and the sections of rows within it.
//!
//! Numbers keep the text that was sent, so that an amount is exact. `""`, `null`, `"Null"` and a missing key are
//! the same: nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use workflow_core::time::Timestamp;

use super::columns::{self, Allowed, Names};
use super::{date, envelope};
use crate::operations::{Field, Pattern, normalise};

/// A row. It may hold a person's data, so its `Debug` shows only which columns are there.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    cells: BTreeMap<String, Cell>,
    sections: BTreeMap<String, Vec<Row>>,
    /// Under which keys its fields are.
    names: Arc<Names>,
}

/// A cell that is not empty.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// The column's name as sent.
    pub(crate) column: String,
    /// What is in it.
    pub(crate) value: Value,
}

/// What is in a cell.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, a number or a boolean, as text without surrounding blanks.
    Text(String),
    /// An object or a list where one value is expected.
    Nested,
}

impl Cell {
    /// The text in it, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Nested => None,
        }
    }

    /// Whether this very text is in it.
    pub(crate) fn is_text(&self, text: &str) -> bool {
        matches!(&self.value, Value::Text(own) if own == text)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.cells.keys().chain(self.sections.keys())).finish()
    }
}

impl Row {
    /// A row without cells, to be read under these names.
    pub(crate) fn new(allowed: &Allowed) -> Self {
        Self { names: allowed.names.clone(), ..Self::default() }
    }

    /// The first cell of a field's columns that is not empty.
    pub(crate) fn cell(&self, field: Field) -> Option<&Cell> {
        self.cells(field).next()
    }

    /// Every cell of a field's columns.
    pub(crate) fn cells(&self, field: Field) -> impl Iterator<Item = &Cell> {
        self.names.of(field).iter().filter_map(|name| self.cells.get(name))
    }

    /// The cell of a user-defined field, by its label.
    pub(crate) fn user_field(&self, label: &str) -> Option<&Cell> {
        self.cells.get(&normalise(label))
    }

    /// The text of a field, where it has one.
    pub(crate) fn text(&self, field: Field) -> Option<&str> {
        self.cell(field)?.text()
    }

    /// The calendar day in a field; `None` when there is none, or what is there is no date.
    pub(crate) fn day(&self, field: Field, zone: &TimeZone) -> Option<Date> {
        date::date(self.text(field)?, zone, self.dates()).ok().flatten()
    }

    /// The moment in a field; `None` when there is none, or what is there is no date.
    pub(crate) fn stamp(&self, field: Field, zone: &TimeZone) -> Option<Timestamp> {
        date::stamp(self.text(field)?, zone, self.dates()).ok().flatten()
    }

    /// The form of its dates, where the tenant has one of its own.
    pub(crate) fn dates(&self) -> Option<&Pattern> {
        self.names.dates.as_ref()
    }

    /// The rows of a section; `None` when there is no such section.
    pub(crate) fn section(&self, field: Field) -> Option<&[Row]> {
        let mut names = self.names.of(field).iter();
        names.find_map(|name| self.sections.get(name)).map(Vec::as_slice)
    }

    /// Whether nothing was found in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.sections.is_empty()
    }

    /// A short digest of everything in it: the same row, the same digest.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (key, cell) in &self.cells {
            let text = match &cell.value {
                Value::Text(text) => text,
                Value::Nested => "\u{1}",
            };
            for part in [key.as_str(), text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        hex::encode(&hash.finalize()[..8])
    }

    /// Reads a JSON object, decoding what is allowed only.
    pub(crate) fn from_pairs(pairs: &Pairs<'_>, allowed: &Allowed) -> serde_json::Result<Self> {
        let mut row = Row::new(allowed);
        for (column, raw) in &pairs.0 {
            row.take(column, raw, allowed)?;
        }
        Ok(row)
    }

    /// Takes one cell, unless it is not allowed, empty, or already there under another spelling.
    pub(crate) fn take(
        &mut self,
        column: &str,
        raw: &RawValue,
        allowed: &Allowed,
    ) -> serde_json::Result<()> {
        allowed.meets(column);
        let key = normalise(column);
        let text = raw.get();
        let nested = text.starts_with(['{', '[']);
        if allowed.is_section(&key)
            && let Some(rows) = section(text, allowed)?
        {
            self.sections.insert(key, rows);
            return Ok(());
        }
        if nested && columns::USER_FIELD_LISTS.contains(&key.as_str()) {
            for field in envelope::rows(text, &allowed.with_field_lists())? {
                self.take_user_field(&field, allowed);
            }
            return Ok(());
        }
        if !allowed.holds(&key) || self.cells.contains_key(&key) {
            return Ok(());
        }
        let value = match scalar(text)? {
            Some(text) => Value::Text(text),
            None if nested => Value::Nested,
            None => return Ok(()),
        };
        self.cells.insert(key, Cell { column: column.to_owned(), value });
        Ok(())
    }

    /// Takes `{"fieldName": .., "fieldValue": ..}` as if it were a column.
    fn take_user_field(&mut self, field: &Row, allowed: &Allowed) {
        let text = |key: &str| field.cells.get(key).and_then(Cell::text);
        if let (Some(name), Some(value)) = (text(columns::FIELD_NAME), text(columns::FIELD_VALUE)) {
            let key = normalise(name);
            if allowed.holds(&key) {
                let cell = Cell { column: name.to_owned(), value: Value::Text(value.to_owned()) };
                self.cells.entry(key).or_insert(cell);
            }
        }
    }
}

/// The rows of a section; `None` for a scalar, which is a cell. Under a header row all cells are texts, and a section is
/// JSON within one.
fn section(raw: &str, allowed: &Allowed) -> serde_json::Result<Option<Vec<Row>>> {
    if raw.starts_with(['{', '[']) {
        return envelope::rows(raw, allowed).map(Some);
    }
    match scalar(raw)? {
        Some(text) if text.starts_with(['{', '[']) => Ok(envelope::rows(&text, allowed).ok()),
        Some(_) | None => Ok(None),
    }
}

/// A JSON scalar's text without surrounding blanks; `None` for an empty or a nested one.
fn scalar(raw: &str) -> serde_json::Result<Option<String>> {
    let text = match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(raw)?,
        Some(b'{' | b'[') | None => return Ok(None),
        Some(_) => raw.to_owned(),
    };
    let text = text.trim();
    let empty = text.is_empty() || text.eq_ignore_ascii_case("null");
    Ok((!empty).then(|| text.to_owned()))
}

/// A JSON object's members, values undecoded.
pub(crate) struct Pairs<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members).map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Kind;
    use super::*;

    fn row(kind: Kind, json: &str) -> Row {
        let allowed = Allowed::new(kind, &["Employment Type"]);
        Row::from_pairs(&serde_json::from_str(json).unwrap(), &allowed).unwrap()
    }

    #[test]
    fn empties_are_nothing_and_blanks_are_cut() {
        let row = row(
            Kind::Candidate,
            r#"{"FIRSTNAME":" Ada ","EMAIL":"","ALTERNATEEMAIL":"Null","CELLPHONE":null}"#,
        );
        assert_eq!(row.text(Field::FirstName), Some("Ada"));
        assert_eq!(row.text(Field::Email), None);
        assert!(!row.is_empty());
    }

    #[test]
    fn the_first_name_that_is_not_empty_wins() {
        let row = row(Kind::Candidate, r#"{"candidate id":"","EMPLOYEEID":70011000042}"#);
        assert_eq!(row.text(Field::Candidate), Some("70011000042"));
    }

    #[test]
    fn numbers_keep_their_text() {
        let row = row(Kind::Record, r#"{"SALARY":62.980000000000000001}"#);
        assert_eq!(row.text(Field::PayAmount), Some("62.980000000000000001"));
    }

    #[test]
    fn what_is_not_allowed_is_never_decoded() {
        // A lone surrogate is no text: decoding it would fail.
        let row = row(Kind::Record, r#"{"SSN":"\ud800","TAXID":"1","SALARY":"1"}"#);
        assert_eq!(format!("{row:?}"), r#"{"salary"}"#);
    }

    #[test]
    fn user_fields_come_as_columns_or_as_a_list() {
        let column = row(Kind::Record, r#"{"Employment_Type":"1099"}"#);
        let list = row(
            Kind::Record,
            r#"{"userFields":[{"fieldName":"Employment Type","fieldValue":"1099"},
                {"fieldName":"SSN","fieldValue":"1"}]}"#,
        );
        for row in [column, list] {
            let cell = row.user_field("Employment Type").unwrap();
            assert!(matches!(&cell.value, Value::Text(text) if text == "1099"));
        }
    }

    #[test]
    fn a_list_where_a_value_is_expected_is_kept_as_such() {
        let row = row(Kind::Record, r#"{"EMPLOYMENT_CATEGORY":["x"]}"#);
        assert!(row.cell(Field::Employment).is_some_and(|cell| cell.value == Value::Nested));
    }
}
