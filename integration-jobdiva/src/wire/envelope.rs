//! The envelopes around rows: objects, header rows, a single object, a map of id to rows, a bare array, a text.
//!
//! Only shapes are judged here; whether a message is an error is said by `error.rs`.

use serde_json::value::RawValue;

use super::columns::Allowed;
use super::row::{Pairs, Row};
use crate::operations::{EnvelopeForm, normalise};

/// What an answer's body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The service's words, where it says some.
    pub(crate) message: Option<String>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// Whether there was a place for rows at all, empty or not.
    pub(crate) data: Data,
    /// How it was put.
    pub(crate) shape: Shape,
}

/// The shapes that answers have been seen in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No rows at all: every shape looks so then.
    #[default]
    Nothing,
    /// A list of objects.
    Objects,
    /// A list of lists of which the first names the columns.
    HeaderRows,
    /// One object that is no list.
    Single,
    /// A map of id to rows.
    Grouped,
    /// A list as the whole body.
    BareArray,
    /// A text.
    Text,
}

impl Shape {
    /// Its name for a person.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Shape::Nothing => "no rows",
            Shape::Objects => "a list of objects",
            Shape::HeaderRows => "a header row and rows of cells",
            Shape::Single => "one object",
            Shape::Grouped => "a map of id to rows",
            Shape::BareArray => "a bare array",
            Shape::Text => "a text",
        }
    }

    /// Why this is not the form that a tenant's API is said to have; `None` when it is. One row of a list of objects is
    /// sometimes sent alone, or under its id.
    pub(crate) fn is_not(self, form: EnvelopeForm) -> Option<String> {
        let fits: &[Shape] = match form {
            EnvelopeForm::Auto => return None,
            EnvelopeForm::BiObjects => &[Shape::Objects, Shape::Single, Shape::Grouped],
            EnvelopeForm::BiHeaderRows => &[Shape::HeaderRows],
            EnvelopeForm::BareArray => &[Shape::BareArray],
            EnvelopeForm::Text => &[Shape::Text],
        };
        let is = self == Shape::Nothing || fits.contains(&self);
        (!is).then(|| format!("it is {}, which the configured envelope is not", self.name()))
    }
}

/// Whether a body has a place for rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Data {
    /// No such key: that is no answer to a question.
    #[default]
    Absent,
    /// The key, and null or an empty text in it.
    Null,
    /// A list or an object, possibly empty.
    Present,
}

/// The keys under which rows have been seen.
const DATA_KEYS: &[&str] = &["data", "dataset", "items", "starts", "records", "results"];

/// How deep brackets may lie in one another: seen are five. Each level is a call of a function here, so that a body of nothing
/// but brackets would find the end of the stack.
const DEPTH_MAX: usize = 32;

/// Whether the brackets of a text lie deeper in one another than anything that is meant.
fn is_too_deep(json: &str) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH_MAX
    })
}

/// Reads a body. A body that is no JSON is a message; JSON of an unknown shape is an error.
pub(crate) fn read(body: &str, allowed: &Allowed) -> serde_json::Result<Envelope> {
    let body = body.trim();
    match body.as_bytes().first() {
        None => Ok(Envelope::default()),
        Some(b'{') => object(body, allowed),
        Some(b'[') => {
            let rows = rows(body, allowed)?;
            let shape = if rows.is_empty() { Shape::Nothing } else { Shape::BareArray };
            Ok(Envelope { rows, data: Data::Present, message: None, shape })
        }
        Some(_) => {
            let shape = Shape::Text;
            Ok(Envelope { message: message_of(body), shape, ..Envelope::default() })
        }
    }
}

/// Only the service's words in a body.
pub(crate) fn message_of(body: &str) -> Option<String> {
    let body = body.trim();
    if is_too_deep(body) {
        return None;
    }
    let text = match body.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(body).unwrap_or_default(),
        b'{' => members_message(&serde_json::from_str::<Pairs<'_>>(body).ok()?),
        // A page of a proxy says nothing to anyone.
        b'[' | b'<' => return None,
        _ => body.to_owned(),
    };
    let text = text.trim();
    let empty = text.is_empty() || text.eq_ignore_ascii_case("null");
    (!empty).then(|| text.to_owned())
}

/// `message`, else `apierror.message`, else `error`.
fn members_message(pairs: &Pairs<'_>) -> String {
    let member = |name: &str| {
        let found = pairs.0.iter().find(|(key, _)| normalise(key) == name);
        found.and_then(|(_, raw)| message_of(raw.get()))
    };
    member("message").or_else(|| member("apierror")).or_else(|| member("error")).unwrap_or_default()
}

fn object(body: &str, allowed: &Allowed) -> serde_json::Result<Envelope> {
    let pairs: Pairs<'_> = serde_json::from_str(body)?;
    let message = Some(members_message(&pairs)).filter(|text| !text.is_empty());
    let mut envelope = Envelope { message, ..Envelope::default() };
    for (key, raw) in &pairs.0 {
        if DATA_KEYS.contains(&normalise(key).as_str()) && envelope.data == Data::Absent {
            envelope.rows = rows(raw.get(), allowed)?;
            let filled = raw.get().starts_with(['{', '[']);
            envelope.data = if filled { Data::Present } else { Data::Null };
            envelope.shape =
                if envelope.rows.is_empty() { Shape::Nothing } else { shape(raw.get()) };
        }
    }
    Ok(envelope)
}

/// How rows that are not none are put.
fn shape(json: &str) -> Shape {
    let first = json[1..].trim_start();
    match (json.as_bytes().first(), first.as_bytes().first()) {
        (Some(b'['), Some(b'[')) => Shape::HeaderRows,
        (Some(b'['), _) => Shape::Objects,
        (_, Some(b'"')) if first[1..].starts_with(|c: char| c.is_ascii_digit()) => Shape::Grouped,
        (_, _) => Shape::Single,
    }
}

/// Rows in any of their shapes.
pub(crate) fn rows(json: &str, allowed: &Allowed) -> serde_json::Result<Vec<Row>> {
    if is_too_deep(json) {
        return Err(odd("brackets that lie too deep in one another"));
    }
    match json.as_bytes().first() {
        Some(b'[') => list(&serde_json::from_str::<Vec<&RawValue>>(json)?, allowed),
        Some(b'{') => single_or_map(&serde_json::from_str(json)?, allowed),
        _ => match message_of(json) {
            None => Ok(Vec::new()),
            Some(_) => Err(odd("a value where rows are expected")),
        },
    }
}

/// A list of objects, or of lists of which the first names the columns.
fn list(elements: &[&RawValue], allowed: &Allowed) -> serde_json::Result<Vec<Row>> {
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::with_capacity(elements.len());
    for element in elements {
        let json = element.get();
        match (json.as_bytes().first(), &header) {
            (Some(b'{'), _) => rows.push(Row::from_pairs(&serde_json::from_str(json)?, allowed)?),
            (Some(b'['), None) => header = Some(serde_json::from_str(json)?),
            (Some(b'['), Some(header)) => rows.push(under(header, json, allowed)?),
            _ if message_of(json).is_none() => {}
            _ => return Err(odd("a row that is neither an object nor a list")),
        }
    }
    Ok(rows)
}

/// A list of cells under a header.
fn under(header: &[String], json: &str, allowed: &Allowed) -> serde_json::Result<Row> {
    let cells: Vec<&RawValue> = serde_json::from_str(json)?;
    if cells.len() > header.len() {
        return Err(odd("a row with more cells than the header names"));
    }
    let mut row = Row::new(allowed);
    for (column, raw) in header.iter().zip(cells) {
        row.take(column, raw, allowed)?;
    }
    Ok(row)
}

/// One row, or a map of id to row or rows: the keys of a map are numbers.
fn single_or_map(pairs: &Pairs<'_>, allowed: &Allowed) -> serde_json::Result<Vec<Row>> {
    let number = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if pairs.0.is_empty() {
        return Ok(Vec::new());
    }
    if !pairs.0.iter().all(|(key, _)| number(key)) {
        return Ok(vec![Row::from_pairs(pairs, allowed)?]);
    }
    let mut all = Vec::new();
    for (_, raw) in &pairs.0 {
        all.extend(rows(raw.get(), allowed)?);
    }
    Ok(all)
}

fn odd(why: &str) -> serde_json::Error {
    serde::de::Error::custom(why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::columns::Kind;
    use super::*;
    use crate::operations::Field;

    fn allowed() -> Allowed {
        Allowed::new(Kind::Record, &[])
    }

    /// The candidate ids that a body's rows hold.
    fn ids(body: &str) -> Vec<String> {
        let envelope = read(body, &allowed()).unwrap();
        envelope
            .rows
            .iter()
            .filter_map(|row| row.text(Field::Candidate))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_shape_of_data_is_read() {
        for body in [
            r#"{"message":"ok","data":[{"EMPLOYEEID":"7"}]}"#,
            r#"{"message":"ok","data":[["EMPLOYEEID","SSN"],["7","1"]]}"#,
            r#"{"data":{"EMPLOYEEID":7}}"#,
            r#"{"data":{"7":[{"EMPLOYEEID":"7"}]}}"#,
            r#"{"data":{"7":{"EMPLOYEEID":"7"}}}"#,
            r#"{"message":null,"dataSet":[{"employee id":"7"}]}"#,
            r#"[{"candidate id":7}]"#,
            r#"{"starts":[{"candidate id":7}]}"#,
        ] {
            assert_eq!(ids(body), ["7"], "{body}");
        }
    }

    #[test]
    fn no_rows_come_in_many_shapes() {
        for body in [
            "",
            "null",
            "{}",
            "[]",
            r#"{"data":[]}"#,
            r#"{"data":{}}"#,
            r#"{"data":null}"#,
            r#"{"data":""}"#,
            r#"{"data":[["EMPLOYEEID"]]}"#,
            r#"{"message":"done"}"#,
        ] {
            assert_eq!(ids(body), [""; 0], "{body}");
        }
        assert_eq!(read(r#"{"data":{}}"#, &allowed()).unwrap().data, Data::Present);
        assert_eq!(read(r#"{"data":null}"#, &allowed()).unwrap().data, Data::Null);
        assert_eq!(read("{}", &allowed()).unwrap().data, Data::Absent);
    }

    #[test]
    fn the_words_are_found_wherever_they_are() {
        for (body, message) in [
            (r#"{"message":"Error: a","data":null}"#, Some("Error: a")),
            (r#"{"apierror":{"status":"BAD_REQUEST","message":"b"}}"#, Some("b")),
            (r#"{"status":401,"error":"Unauthorized","message":"c"}"#, Some("c")),
            (r#"{"status":500,"error":"d"}"#, Some("d")),
            (r#""Error: e""#, Some("Error: e")),
            ("Error: f", Some("Error: f")),
            ("<html>502</html>", None),
            (r#"{"message":null}"#, None),
        ] {
            assert_eq!(message_of(body).as_deref(), message, "{body}");
        }
    }

    #[test]
    fn sections_are_read_as_rows() {
        let body = r#"{"data":[{"Start ID":"5","BILLING":[{"RECID":"1"}],"SALARY":{"RECID":2},"OVERHEADS":[]}]}"#;
        let envelope = read(body, &allowed()).unwrap();
        let row = &envelope.rows[0];
        assert_eq!(row.text(Field::Placement), Some("5"));
        assert_eq!(row.section(Field::BillingRecords).map(<[Row]>::len), Some(1));
        assert_eq!(row.section(Field::PayRecords).map(<[Row]>::len), Some(1));
        assert_eq!(row.section(Field::Overheads).map(<[Row]>::len), Some(0));
    }

    #[test]
    fn sections_under_a_header_row_are_json_in_a_text() {
        let body = r#"{"data":[["Start ID","SALARY","BILLING"],["5","[{\"RECID\":\"1\",\"SSN\":\"1\"}]","95"]]}"#;
        let envelope = read(body, &allowed()).unwrap();
        let row = &envelope.rows[0];
        assert_eq!(row.section(Field::PayRecords).map(<[Row]>::len), Some(1));
        assert_eq!(row.section(Field::BillingRecords), None, "a plain text is a cell");
    }

    #[test]
    fn what_is_no_row_is_an_error() {
        for body in [r#"{"data":[1]}"#, r#"{"data":"x"}"#, r#"[["A"],[1,2]]"#, "[1", "{"] {
            assert!(read(body, &allowed()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in ".{0,200}") {
            let _ = read(&body, &allowed());
        }

        #[test]
        fn no_json_like_body_makes_it_panic(body in r#"[\[\]{}",:0-9a-zA-Z ]{0,60}"#) {
            let _ = read(&body, &allowed());
            let _ = rows(&body, &allowed());
        }
    }
}
