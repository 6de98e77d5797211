//! Everything that a tenant may say of one operation, and what of it cannot work.
//!
//! A spec is plain data: the usual ones are the table in `operations.rs`, a tenant's own changes are applied to a copy
//! of them (`registry.rs`). Sending one is `client.rs`, by way of `request.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::field::{Field, is_never_read, normalise};
use super::pattern::Pattern;
use super::rules::ErrorRule;
use super::{Operation, Param};

/// The widest window that can be right: the service counts 14 days of wall time, which has an hour more where the
/// clocks change in spring.
pub const WINDOW_WIDEST: Duration = Duration::from_secs(14 * 86_400 - 3600);
/// The narrowest window that makes progress.
const WINDOW_NARROWEST: Duration = Duration::from_secs(60);
/// Rows of a page that anybody was seen to ask for.
const PAGE_ROWS_MAX: u32 = 1000;
/// Nothing takes longer and is still worth waiting for.
const TIMEOUT_MAX: Duration = Duration::from_secs(30 * 60);
/// A longer pause between two calls would leave a tenant unread.
const MIN_INTERVAL_MAX: Duration = Duration::from_secs(3600);

/// One operation as it is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Whether it is used at all; one that is not counts as not granted.
    pub enabled: bool,
    /// How much depends on it.
    pub need: Need,
    /// The verb.
    pub method: Method,
    /// The path behind the base URL.
    pub path: String,
    /// What its parameters are called; one without a name is not sent.
    pub params: BTreeMap<Param, String>,
    /// Where and how they are written.
    pub param_encoding: ParamEncoding,
    /// Parameters that are the same in every call.
    pub static_params: BTreeMap<String, String>,
    /// How a stretch of time is asked for; `None` where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// How an answer in parts is asked for.
    pub paging: Paging,
    /// The shape that answers have.
    pub envelope: EnvelopeForm,
    /// What is made of failures, before the usual rules ([`super::usual_rules`]).
    pub error_rules: Vec<ErrorRule>,
    /// The form of dates in its answers; `None` for forms that tell themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<Pattern>,
    /// What is read of a row, each with its columns, the best first.
    pub fields: BTreeMap<Field, Vec<String>>,
    /// What tells two rows apart.
    pub key: Vec<Field>,
    /// Most time for a whole call.
    #[serde(serialize_with = "written")]
    pub timeout: Duration,
    /// Least time between the beginnings of two calls.
    #[serde(serialize_with = "written")]
    pub min_interval: Duration,
    /// How well it is known: `[D]` official text, `[3x]` seen in so many independent public clients, `[S1]` one old
    /// description, `[I]` inferred.
    pub provenance: String,
}

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
}

/// How much depends on an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Nothing works without it.
    Required,
    /// It spares calls or covers for another.
    Helpful,
    /// Only some tenants' features use it.
    Optional,
    /// It helps to set a tenant up.
    Setup,
}

/// Where and how parameters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamEncoding {
    /// In the query; a list repeats its name.
    Repeat,
    /// In the query; a list is one text with commas.
    Csv,
    /// In a JSON body.
    JsonBody,
}

/// How a stretch of time is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The widest that is asked for.
    #[serde(serialize_with = "written")]
    pub max: Duration,
    /// How far one reaches back over the one before.
    #[serde(serialize_with = "written")]
    pub overlap: Duration,
    /// The narrowest that is tried around a row on which the service fails.
    #[serde(serialize_with = "written")]
    pub min: Duration,
    /// How its ends are written.
    pub format: Pattern,
    /// The IANA zone of their wall time; `None` for the tenant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// How an answer in parts is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Paging {
    /// It comes whole.
    None,
    /// By the number of the page.
    Page {
        /// The number of the first page.
        base: PageBase,
        /// Rows of a page.
        size: u32,
        /// What the page's number is called.
        number_name: String,
        /// What the size is called.
        size_name: String,
    },
    /// By how much to leave out.
    Offset {
        /// What the offset counts.
        unit: OffsetUnit,
        /// Rows of a page.
        size: u32,
        /// What the offset is called.
        offset_name: String,
        /// What the size is called.
        size_name: String,
    },
}

/// The number of the first page, as a tenant has it.
///
/// Reading begins at page 0 whatever is said here, until an answer has shown where pages begin: a wrong number would lose
/// the first page without a word. This says what a failure of page 0 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageBase {
    /// Nobody knows: a page 0 that is refused is none, one on which the service fails is a failure.
    Auto,
    /// It is 0: a page 0 that fails is a failure.
    Zero,
    /// It is 1: a page 0 that fails is none.
    One,
}

/// What an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetUnit {
    /// Rows.
    Rows,
    /// Pages.
    Pages,
    /// Rows until a page shows that it counts pages.
    Auto,
}

/// The shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvelopeForm {
    /// Any that is known; the answer tells.
    Auto,
    /// `{"message", "data": [{..}]}`.
    BiObjects,
    /// `{"message", "data": [[names], [cells], ..]}`.
    BiHeaderRows,
    /// `[{..}]`.
    BareArray,
    /// A text.
    Text,
}

/// A part of a spec that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {key}: {what}")]
pub struct BadSpec {
    /// The operation.
    pub operation: &'static str,
    /// Which key: a table and a key in it are joined by a dot.
    pub key: String,
    /// What is wrong, and what was expected.
    pub what: String,
}

impl Spec {
    /// The columns of a field, the best first; none where the operation does not read it.
    pub fn columns(&self, field: Field) -> &[String] {
        self.fields.get(&field).map_or(&[], Vec::as_slice)
    }

    /// Everything in it that cannot work.
    pub fn check(&self, operation: Operation) -> Vec<BadSpec> {
        let usual = operation.usual();
        let mut bad = Findings { operation, found: Vec::new() };
        let plain =
            |path: &str| path.bytes().all(|b| b.is_ascii_graphic()) && !path.contains(['?', '#']);
        if !self.path.starts_with('/') || !plain(&self.path) {
            bad.note("path", "expected a path that begins with `/`, without `?`: parameters have tables of their own");
        }
        if self.param_encoding == ParamEncoding::JsonBody && self.method == Method::Get {
            bad.note("param_encoding", "a GET has no body: expected \"repeat\" or \"csv\"");
        }
        // Where a record can be had in two ways, one of them is enough.
        let ways = [Param::Placement, Param::Employee];
        let two_ways = ways.iter().all(|way| usual.params.contains_key(way))
            && ways.iter().any(|way| self.params.get(way).is_some_and(|name| !name.is_empty()));
        for (param, name) in &self.params {
            let key = format!("params.{param}");
            if !usual.params.contains_key(param) && *param != Param::UserFields {
                let known: Vec<&str> = usual.params.keys().map(|param| param.name()).collect();
                bad.note(
                    &key,
                    &format!(
                        "{} has no such parameter; it has {}",
                        operation.name(),
                        known.join(", ")
                    ),
                );
            } else if name.is_empty() && !param.is_optional() && !two_ways {
                bad.note(&key, "without this parameter the call asks for nothing");
            }
            if !name.is_empty() && self.static_params.contains_key(name) {
                bad.note("static_params", &format!("`{name}` is the parameter `{param}` already"));
            }
        }
        self.check_window(&usual, &mut bad);
        self.check_paging(&mut bad);
        self.check_fields(&usual, &mut bad);
        let secs = Duration::from_secs(1);
        if self.timeout < secs || self.timeout > TIMEOUT_MAX {
            bad.note("timeout", "expected 1s to 30m");
        }
        if self.min_interval > MIN_INTERVAL_MAX {
            bad.note("min_interval", "expected 1h at most");
        }
        for rule in &self.error_rules {
            if rule.status.is_none() && rule.begins.is_none() && rule.contains.is_empty() {
                bad.note(
                    "error_rules",
                    "a rule without `status`, `begins` and `contains` would fit everything",
                );
            }
        }
        bad.found
    }

    fn check_window(&self, usual: &Spec, bad: &mut Findings) {
        let window = match (&self.window, &usual.window) {
            (Some(window), Some(_)) => window,
            (None, None) => return,
            (Some(_), None) => return bad.note("window", "this operation is not asked by windows"),
            (None, Some(_)) => return bad.note("window", "this operation is asked by windows"),
        };
        if window.max > WINDOW_WIDEST {
            bad.note(
                "window.max",
                "expected 14 days less an hour at most: the service refuses more",
            );
        }
        if window.overlap >= window.max {
            bad.note("window.overlap", "expected less than `max`: windows would make no progress");
        }
        if window.min < WINDOW_NARROWEST || window.min > window.max {
            bad.note("window.min", "expected 1m at least, and no more than `max`");
        }
        let unknown = |zone: &String| jiff::tz::TimeZone::get(zone).is_err();
        if window.zone.as_ref().is_some_and(unknown) {
            bad.note("window.zone", "expected an IANA zone name such as \"America/New_York\"");
        }
    }

    fn check_paging(&self, bad: &mut Findings) {
        let (size, names) = match &self.paging {
            Paging::None => return,
            Paging::Page { size, number_name, size_name, .. } => (*size, [number_name, size_name]),
            Paging::Offset { size, offset_name, size_name, .. } => {
                (*size, [offset_name, size_name])
            }
        };
        if !(2..=PAGE_ROWS_MAX).contains(&size) {
            bad.note("paging.size", &format!("expected 2 to {PAGE_ROWS_MAX} rows"));
        }
        if names.iter().any(|name| name.is_empty()) || names[0] == names[1] {
            bad.note("paging", "expected two different names of parameters");
        }
    }

    fn check_fields(&self, usual: &Spec, bad: &mut Findings) {
        for (field, columns) in &self.fields {
            let key = format!("fields.{field}");
            if !usual.fields.contains_key(field) {
                let known: Vec<&str> = usual.fields.keys().map(|field| field.name()).collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                bad.note(
                    &key,
                    &format!("{} does not read this; it reads {known}", bad.operation.name()),
                );
            }
            if columns.iter().all(|column| normalise(column).is_empty()) {
                bad.note(&key, "expected the name of a column");
            }
            if let Some(never) = columns.iter().find(|column| is_never_read(column)) {
                bad.note(
                    &key,
                    &format!("`{never}` is never read: no part of the product may hold it"),
                );
            }
        }
        if self.key.iter().any(|field| !self.fields.contains_key(field)) {
            bad.note("key", "expected fields that this operation reads");
        }
    }
}

/// What was found while checking one operation.
struct Findings {
    operation: Operation,
    found: Vec<BadSpec>,
}

impl Findings {
    fn note(&mut self, key: &str, what: &str) {
        let operation = self.operation.name();
        self.found.push(BadSpec { operation, key: key.to_owned(), what: what.to_owned() });
    }
}

/// As configuration writes it: `"auto"`, 0 or 1.
impl Serialize for PageBase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PageBase::Auto => serializer.serialize_str("auto"),
            PageBase::Zero => serializer.serialize_u8(0),
            PageBase::One => serializer.serialize_u8(1),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::Get => "GET",
            Method::Post => "POST",
        })
    }
}

/// A time as configuration writes it: `13d`, `90m`, `180s`, `500ms`.
///
/// ```
/// use std::time::Duration;
/// use integration_jobdiva::operations::written_duration;
///
/// assert_eq!(written_duration(Duration::from_secs(5400)), "90m");
/// assert_eq!(written_duration(Duration::from_millis(500)), "500ms");
/// ```
pub fn written_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let fits = |(unit, _): &&(u128, &str)| millis >= *unit && millis.is_multiple_of(*unit);
    match units.iter().find(fits) {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => "0s".to_owned(),
    }
}

pub(super) fn written<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&written_duration(*duration))
}
