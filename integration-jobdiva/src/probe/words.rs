//! What the values of a probed answer teach: the tenant's words, ids to go on with, and forms that are not understood.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::Probe;
use crate::operations::{Field, Form, Param, Pattern, Read, normalise};
use crate::wire::columns::Kind;
use crate::wire::row::Row;
use crate::wire::{date, scalar};

/// A longer text is no word of a vocabulary.
const WORD_CHARS_MAX: usize = 60;
/// So many different values that are not understood are told of one answer.
const MISREAD_MAX: usize = 20;
/// Forms of dates that tenants in other countries have, the likelier first.
const DATE_FORMATS: [&str; 8] = [
    "dd.MM.yyyy",
    "dd/MM/yyyy",
    "dd-MM-yyyy",
    "d/M/yyyy",
    "yyyy/MM/dd",
    "yyyyMMdd",
    "MM-dd-yyyy",
    "dd.MM.yyyy HH:mm:ss",
];
/// Where the units stand in which is paid.
const UNITS: &[Field] = &[
    Field::PayUnit,
    Field::AgreedUnit,
    Field::RegularUnit,
    Field::OvertimeUnit,
    Field::DoubleUnit,
];
/// Ends of names that say of something else what it is, however alike the beginnings: a work's city is not its country.
const ELSEWHERE: [&str; 6] = ["city", "county", "zip", "zipcode", "street", "address"];
/// How alike two names must be, of 100.
const ALIKE_MIN: usize = 50;

/// Words that tenants choose; the rules map them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Vocabulary {
    /// How workers are engaged.
    pub categories: BTreeSet<String>,
    /// Per what is paid.
    pub units: BTreeSet<String>,
    /// How starts stand.
    pub statuses: BTreeSet<String>,
    /// How timesheets stand.
    pub timesheet_statuses: BTreeSet<String>,
    /// The clients, by id, with their names where they were seen.
    pub companies: BTreeMap<String, Option<String>>,
    /// The requisitions' categories.
    pub job_categories: BTreeSet<String>,
    /// The kinds of positions.
    pub positions: BTreeSet<String>,
    /// The currencies.
    pub currencies: BTreeSet<String>,
    /// The labels of user-defined fields.
    pub user_fields: BTreeSet<String>,
}

/// A value that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Misread {
    /// What it was read for.
    pub field: Field,
    /// In which column it stands.
    pub column: String,
    /// Its form: a 9 for each digit, an `a` for each letter.
    pub form: String,
    /// Why it is not understood.
    pub why: &'static str,
}

impl Misread {
    /// Whether a date was expected.
    pub fn is_date(&self) -> bool {
        self.field.form() == Form::Date
    }
}

/// A row and the rows in it.
pub(super) fn with_sections<'a>(row: &'a Row, all: &mut Vec<&'a Row>) {
    all.push(row);
    for field in [Field::BillingRecords, Field::PayRecords, Field::Overheads] {
        row.section(field).unwrap_or_default().iter().for_each(|row| all.push(row));
    }
}

/// Takes from a row what may be kept.
pub(super) fn learn(row: &Row, kind: Kind, zone: &TimeZone, probe: &mut Probe) {
    for field in kind.fields() {
        let Some(cell) = row.cell(*field) else { continue };
        let Some(text) = cell.text() else { continue };
        if let Err(why) = readable(*field, text, zone, row.dates()) {
            let (column, form) = (cell.column.clone(), mask(text));
            let misread = Misread { field: *field, column, form, why };
            if probe.misread.len() < MISREAD_MAX && !probe.misread.contains(&misread) {
                probe.misread.push(misread);
            }
            continue;
        }
        if field.form() == Form::Id {
            let param = sample_of(*field, kind);
            if let (Some(param), Ok(Some(_))) = (param, scalar::id(text)) {
                probe.samples.entry(param).or_insert_with(|| text.to_owned());
                if param == Param::Job {
                    probe.requisitions.insert(text.to_owned());
                }
            }
        }
        word(*field, text, row, probe);
    }
    if let Some(name) = row.text(Field::FileName) {
        probe.samples.entry(Param::FileName).or_insert_with(|| name.to_owned());
    }
}

fn word(field: Field, text: &str, row: &Row, probe: &mut Probe) {
    if field == Field::Company {
        let name = row.text(Field::CompanyName).map(str::to_owned);
        let known = probe.vocabulary.companies.entry(text.to_owned()).or_default();
        *known = known.take().or(name);
        return;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let telling = text.contains('@') || digits > 6 || text.chars().count() > WORD_CHARS_MAX;
    if field.form() != Form::Word || telling {
        return;
    }
    let of = |fields: &[Field]| fields.contains(&field);
    let vocabulary = &mut probe.vocabulary;
    let words = if of(&[Field::Employment]) {
        &mut vocabulary.categories
    } else if of(UNITS) {
        &mut vocabulary.units
    } else if of(&[Field::StartStatus]) {
        &mut vocabulary.statuses
    } else if of(&[Field::Status]) {
        &mut vocabulary.timesheet_statuses
    } else if of(&[Field::UserField]) {
        &mut vocabulary.user_fields
    } else if of(&[Field::Category]) {
        &mut vocabulary.job_categories
    } else if of(&[Field::Position]) {
        &mut vocabulary.positions
    } else if of(&[Field::Currency]) {
        &mut vocabulary.currencies
    } else {
        return;
    };
    words.insert(text.to_owned());
}

/// Whether a value is understood.
fn readable(
    field: Field,
    text: &str,
    zone: &TimeZone,
    dates: Option<&Pattern>,
) -> Result<(), &'static str> {
    match field.form() {
        Form::Id => scalar::id(text).map(drop),
        Form::Date => date::date(text, zone, dates).map(drop),
        Form::Flag => scalar::flag(text).map(drop),
        Form::Amount => scalar::money(text).map(drop),
        Form::Word | Form::Text | Form::Rows => Ok(()),
    }
}

/// Which parameter an id of a row can be given for.
fn sample_of(field: Field, kind: Kind) -> Option<Param> {
    match (field, kind) {
        (Field::Placement, _) => Some(Param::Placement),
        (Field::Candidate, _) => Some(Param::Candidate),
        (Field::Requisition, _) => Some(Param::Job),
        (Field::Company, _) => Some(Param::Company),
        (Field::Timesheet, _) => Some(Param::Timesheet),
        (Field::Id, Kind::Start) => Some(Param::Placement),
        (Field::Id, Kind::Candidate | Kind::Home) => Some(Param::Candidate),
        (Field::Id, Kind::Job) => Some(Param::Job),
        _ => None,
    }
}

fn mask(text: &str) -> String {
    let of = |c: char| match c {
        c if c.is_numeric() => '9',
        c if c.is_alphabetic() => 'a',
        c => c,
    };
    text.chars().take(WORD_CHARS_MAX).map(of).collect()
}

/// The form in which every date of the rows can be read.
pub(super) fn date_format(rows: &[Row], kind: Kind) -> Option<Pattern> {
    let mut all = Vec::new();
    rows.iter().for_each(|row| with_sections(row, &mut all));
    let dates = kind.fields().iter().filter(|field| field.form() == Form::Date);
    let texts: Vec<&str> =
        dates.flat_map(|field| all.iter().filter_map(move |row| row.text(*field))).collect();
    // A form with a time must read all of it; one without may have a time behind it.
    let reads = |pattern: &Pattern, text: &str| match pattern.read(text) {
        Some(Read::Wall(_, Some(_), rest)) => rest.is_empty(),
        Some(Read::Wall(_, None, rest)) => rest.is_empty() || rest.starts_with(['T', ' ']),
        Some(Read::Instant(_)) | None => false,
    };
    let mut forms = DATE_FORMATS.iter().filter_map(|form| form.parse::<Pattern>().ok());
    forms.find(|pattern| texts.iter().all(|text| reads(pattern, text)))
}

/// The column that looks most like one of these names, unless it ends as something else does.
pub(super) fn most_alike(names: &[String], columns: &BTreeSet<String>) -> Option<String> {
    let best = |column: &String| names.iter().map(|name| alike(name, column)).max().unwrap_or(0);
    let ends = |text: &String, end: &str| normalise(text).ends_with(end);
    let is_other = |column: &&String| {
        ELSEWHERE.iter().any(|end| ends(column, end) && !names.iter().any(|name| ends(name, end)))
    };
    let found =
        columns.iter().filter(|column| !is_other(column)).max_by_key(|column| best(column))?;
    (best(found) >= ALIKE_MIN).then(|| found.clone())
}

/// Of 100: how many pairs of letters two names have in common; all, where one is a part of the other.
fn alike(one: &str, other: &str) -> usize {
    let (one, other) = (normalise(one), normalise(other));
    let short = one.len().min(other.len());
    if short >= 4 && (one.contains(&other) || other.contains(&one)) {
        return 100;
    }
    let pairs = |text: &str| -> BTreeSet<[u8; 2]> {
        text.as_bytes().windows(2).map(|pair| [pair[0], pair[1]]).collect()
    };
    let (one, other) = (pairs(&one), pairs(&other));
    let all = one.len() + other.len();
    (200 * one.intersection(&other).count()).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_column_is_found_by_its_looks() {
        let columns: BTreeSet<String> =
            ["EMPLOYMENT_TYPE", "WAGE", "DATEUPDATED"].map(str::to_owned).into();
        let likely = |name: &str| most_alike(&[name.to_owned()], &columns);
        assert_eq!(likely("EMPLOYMENT_CATEGORY").as_deref(), Some("EMPLOYMENT_TYPE"));
        assert_eq!(likely("SALARY"), None);
        let places: BTreeSet<String> = ["WORKING_CITY", "WORK_ZIPCODE"].map(str::to_owned).into();
        assert_eq!(most_alike(&["WORKING_COUNTRY".to_owned()], &places), None);
        assert!(most_alike(&["CITY".to_owned()], &places).is_some());
    }

    #[test]
    fn a_mask_shows_the_form_only() {
        assert_eq!(mask("06.04.2026"), "99.99.9999");
        assert_eq!(mask("Ada Byron 1"), "aaa aaaaa 9");
    }
}
