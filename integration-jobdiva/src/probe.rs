//! Trying one operation without harm: is it granted, and does its answer fit what is read of it?
//!
//! For whoever sets a tenant up. Nothing here holds what is in a row but ids to go on with and words of the tenant's
//! vocabulary (categories, units, statuses, clients): a value that may be about a person is never kept, and one that
//! cannot be read is shown as a mask of its form. What is learned of the values is `probe/words.rs`.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use workflow_core::time::Timestamp;

pub use self::words::{Misread, Vocabulary};
use crate::JobDiva;
use crate::error::Error;
use crate::operations::{
    Field, LOGIN, Operation, PageBase, Paging, Param, Pattern, Registry, is_never_read, normalise,
};
use crate::poll::minus;
use crate::poll::window::Window;
use crate::request::Part;
use crate::wire::columns::{Allowed, Kind};
use crate::wire::envelope::Envelope;

/// What may be asked.
#[derive(Clone, Debug)]
pub struct Harmless {
    /// The present moment.
    pub now: Timestamp,
    /// How far back feeds and searches reach.
    pub reach: Duration,
    /// Ids and names to ask for; [`Probe::samples`] of one operation serve the next.
    pub known: BTreeMap<Param, String>,
}

impl Harmless {
    /// The last hour, and no ids yet.
    pub fn at(now: Timestamp) -> Self {
        Self { now, reach: Duration::from_secs(3600), known: BTreeMap::new() }
    }
}

/// How an operation answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// With rows.
    Ok {
        /// How many.
        rows: usize,
    },
    /// With none.
    Empty,
    /// Not asked: the configuration switches it off, or another login is used.
    SwitchedOff,
    /// Not asked: nothing is known yet to ask it for.
    NotAsked {
        /// The parameter that has no value.
        missing: Param,
    },
    /// The API user may not use it: JobDiva Support switches it on.
    NotGranted {
        /// The service's words, redacted.
        message: String,
    },
    /// A fresh token is refused here, though the login works: the path is wrong, or the right was taken away.
    NotThere,
    /// The login itself is refused.
    LoginRefused {
        /// The service's words, redacted.
        message: String,
    },
    /// The service refuses what was asked: a parameter, its name or its form is wrong.
    WrongParameter {
        /// The service's words, redacted.
        message: String,
    },
    /// The service refuses so long a stretch of time, or has more to say of it than is accepted in one answer.
    WindowTooWide {
        /// The service's words, redacted: they say what it allows; or that the answer is too large.
        message: String,
    },
    /// The answer has another shape than is read.
    ShapeDiffers {
        /// How, without quoting it.
        why: String,
    },
    /// It may pass: over the rate, an outage, no connection.
    Failed {
        /// What happened.
        why: String,
    },
}

/// What trying an operation taught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// The operation.
    pub operation: Operation,
    /// How it answered.
    pub outcome: Outcome,
    /// The shape of the answer, for a person.
    pub shape: &'static str,
    /// The columns of the rows as they are spelt, without those that are never read.
    pub columns_seen: BTreeSet<String>,
    /// The fields that have a column, and the first that does.
    pub mapped: BTreeMap<Field, String>,
    /// The fields that are read and have no column. Many methods lack some.
    pub unmapped_canonical: BTreeSet<Field>,
    /// Of those, the ones that the product needs ([`Operation::needs`]).
    pub missing: BTreeSet<Field>,
    /// For a missing field the column that looks most like it, where one does.
    pub likely: BTreeMap<Field, String>,
    /// Columns that no field is read from.
    pub unread_columns: BTreeSet<String>,
    /// Values that are not understood.
    pub misread: Vec<Misread>,
    /// A form of dates in which all dates of the answer can be read, where the usual forms fail.
    pub likely_date_format: Option<Pattern>,
    /// The tenant's words.
    pub vocabulary: Vocabulary,
    /// An id of each kind that was met, for the next probes. Not to be shown.
    #[serde(skip)]
    pub samples: BTreeMap<Param, String>,
    /// Every requisition that was met, to be asked for their categories. Not to be shown.
    #[serde(skip)]
    pub requisitions: BTreeSet<String>,
}

impl JobDiva {
    /// Tries an operation with a harmless argument. Does not fail: what went wrong is the outcome.
    pub async fn probe(&self, operation: Operation, harmless: &Harmless) -> Probe {
        let mut probe = Probe::unasked(operation, Outcome::SwitchedOff);
        if operation.name().starts_with("auth.") {
            if operation == Registry::login(self.config().login) {
                probe.outcome =
                    self.log_in().await.map_or_else(|e| outcome(&e), |_| Outcome::Ok { rows: 1 });
            }
            return probe;
        }
        let spec = self.client().spec(operation);
        if !spec.enabled {
            return probe;
        }
        let values = match self.values(operation, harmless) {
            Ok(values) => values,
            Err(missing) => return Probe { outcome: Outcome::NotAsked { missing }, ..probe },
        };
        let values: Vec<(Param, &str)> =
            values.iter().map(|(param, value)| (*param, value.as_str())).collect();
        let part = match &spec.paging {
            Paging::None => Part::Whole,
            Paging::Page { base: PageBase::One | PageBase::Auto, .. } => Part::At(1),
            Paging::Page { base: PageBase::Zero, .. } | Paging::Offset { .. } => Part::At(0),
        };
        let fields = self.config().asked_fields();
        // The widest that is ever decoded of it, so that nothing more is kept here than elsewhere.
        let kind = operation.kinds().first().copied().unwrap_or(Kind::Touch);
        let allowed = Allowed::of(spec, kind, &fields).noting();
        let mut answer = self.client().part_with(operation, &values, &allowed, part).await;
        // Where pages are counted from 0, all there is may be on that one.
        if part == Part::At(1) && answer.as_ref().is_ok_and(|answer| answer.rows.is_empty()) {
            answer = self.client().part_with(operation, &values, &allowed, Part::At(0)).await;
        }
        match answer {
            Ok(envelope) => self.learn(&mut probe, &envelope, &allowed.met(), kind),
            Err(error) => {
                // Of a shorter stretch of time there is less.
                let too_much = matches!(error, Error::TooLarge { .. }) && spec.window.is_some();
                probe.outcome = match too_much {
                    true => Outcome::WindowTooWide { message: error.to_string() },
                    false => outcome(&error),
                };
                probe.columns_seen = readable(&allowed.met());
            }
        }
        probe
    }

    /// The values of an operation's parameters, or the one that is missing.
    fn values(
        &self,
        operation: Operation,
        harmless: &Harmless,
    ) -> Result<Vec<(Param, String)>, Param> {
        let window = Window { from: minus(harmless.now, harmless.reach), to: harmless.now };
        let day = window.from.to_jiff().to_zoned(self.client().zone.clone()).date();
        let spec = self.client().spec(operation);
        let mut values = Vec::new();
        for (param, name) in &spec.params {
            let value = match param {
                Param::From if spec.window.is_some() => Some(self.bounds(operation, window).0),
                Param::To if spec.window.is_some() => Some(self.bounds(operation, window).1),
                Param::StartFrom => Some(format!("{day}T00:00:00")),
                Param::UserFields => continue,
                Param::Employee => {
                    harmless.known.get(param).or(harmless.known.get(&Param::Candidate)).cloned()
                }
                Param::From
                | Param::To
                | Param::ClientId
                | Param::Username
                | Param::Password
                | Param::Candidate
                | Param::Job
                | Param::Placement
                | Param::Timesheet
                | Param::Invoice
                | Param::Company
                | Param::FileName => harmless.known.get(param).cloned(),
            };
            match value {
                Some(value) => values.push((*param, value)),
                None if name.is_empty() => {}
                None => return Err(*param),
            }
        }
        Ok(values)
    }

    fn learn(&self, probe: &mut Probe, envelope: &Envelope, met: &BTreeSet<String>, kind: Kind) {
        let (zone, spec) = (&self.client().zone, self.client().spec(probe.operation));
        let user_fields: Vec<String> =
            self.config().asked_fields().into_iter().map(normalise).collect();
        let rows = envelope.rows.len();
        probe.outcome = if rows == 0 { Outcome::Empty } else { Outcome::Ok { rows } };
        probe.shape = envelope.shape.name();
        probe.columns_seen = readable(met);
        for field in kind.fields() {
            let is = |own: &String| {
                probe.columns_seen.iter().find(|seen| normalise(seen) == normalise(own))
            };
            match spec.columns(*field).iter().find_map(is) {
                Some(column) => drop(probe.mapped.insert(*field, column.clone())),
                None => drop(probe.unmapped_canonical.insert(*field)),
            }
        }
        let names = |field: &Field| spec.columns(*field).iter().map(|name| normalise(name));
        let read: BTreeSet<String> =
            kind.fields().iter().flat_map(names).chain(user_fields).collect();
        let unread = |column: &&String| !read.contains(&normalise(column));
        probe.unread_columns = probe.columns_seen.iter().filter(unread).cloned().collect();
        // Of no rows nothing is learned but the names of a header.
        if rows > 0 || !probe.columns_seen.is_empty() {
            let needs = probe.operation.needs().iter();
            let missing = needs.filter(|field| probe.unmapped_canonical.contains(*field));
            probe.missing = missing.copied().collect();
        }
        for field in &probe.missing {
            let likely = words::most_alike(spec.columns(*field), &probe.unread_columns);
            probe.likely.extend(likely.map(|column| (*field, column)));
        }
        let mut all = Vec::new();
        envelope.rows.iter().for_each(|row| words::with_sections(row, &mut all));
        for row in all {
            words::learn(row, kind, zone, probe);
        }
        if probe.misread.iter().any(|misread| misread.is_date()) {
            probe.likely_date_format = words::date_format(&envelope.rows, kind);
        }
    }
}

impl Probe {
    fn unasked(operation: Operation, outcome: Outcome) -> Self {
        Self {
            operation,
            outcome,
            shape: "",
            columns_seen: BTreeSet::new(),
            mapped: BTreeMap::new(),
            unmapped_canonical: BTreeSet::new(),
            missing: BTreeSet::new(),
            likely: BTreeMap::new(),
            unread_columns: BTreeSet::new(),
            misread: Vec::new(),
            likely_date_format: None,
            vocabulary: Vocabulary::default(),
            samples: BTreeMap::new(),
            requisitions: BTreeSet::new(),
        }
    }
}

fn readable(met: &BTreeSet<String>) -> BTreeSet<String> {
    met.iter().filter(|column| !is_never_read(column)).cloned().collect()
}

fn outcome(error: &Error) -> Outcome {
    match error {
        Error::NotSent { why, .. } | Error::NoAnswer { why, .. } => {
            Outcome::Failed { why: why.clone() }
        }
        Error::Busy { .. } | Error::Unavailable { .. } => {
            Outcome::Failed { why: error.to_string() }
        }
        Error::Credentials { operation, message } if *operation == LOGIN => {
            Outcome::LoginRefused { message: message.clone() }
        }
        Error::Credentials { .. } => Outcome::NotThere,
        Error::NotGranted { message, .. } => Outcome::NotGranted { message: message.clone() },
        Error::WindowTooWide { message, .. } => Outcome::WindowTooWide { message: message.clone() },
        Error::Refused { message, .. } => Outcome::WrongParameter { message: message.clone() },
        Error::TooLarge { .. } => Outcome::ShapeDiffers { why: error.to_string() },
        Error::Unreadable { why, .. } => Outcome::ShapeDiffers { why: why.clone() },
    }
}
