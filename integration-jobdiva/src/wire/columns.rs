//! Which fields each kind of row is read for, and what of an answer is decoded.
//!
//! What is not listed here is not decoded. The fields and their columns are `operations/field.rs`; a tenant's own columns
//! come with the operation's spec.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::operations::{Field, Pattern, Spec, normalise};

/// Lists of `{"fieldName": .., "fieldValue": ..}`, in which some answers put user-defined fields.
pub(crate) const USER_FIELD_LISTS: &[&str] = &["userfields", "udfs", "udf"];
pub(crate) const FIELD_NAME: &str = "fieldname";
pub(crate) const FIELD_VALUE: &str = "fieldvalue";

const ACTIVITY: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Requisition,
    Field::Company,
    Field::CompanyName,
    Field::Title,
    Field::Position,
    Field::Hired,
    Field::Rejected,
    Field::RejectedOn,
    Field::PlacedOn,
    Field::StartStatus,
    Field::TerminatedOn,
    Field::ActivityStart,
    Field::ActivityEnd,
    Field::AgreedPay,
    Field::AgreedUnit,
    Field::Currency,
    Field::CorpToCorp,
    Field::Updated,
    Field::UserFieldsUpdated,
];
const RECORD: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Requisition,
    Field::Company,
    Field::Record,
    Field::StartStatus,
    Field::BillingStart,
    Field::BillingEnd,
    Field::PayStart,
    Field::PayEnd,
    Field::Approved,
    Field::Deleted,
    Field::Closed,
    Field::Begun,
    Field::Over,
    Field::PayAmount,
    Field::PayUnit,
    Field::Currency,
    Field::Employment,
    Field::CorpToCorp,
    Field::W2,
    Field::PayeeCompany,
    Field::WorkState,
    Field::WorkCountry,
    Field::WorkLocation,
    Field::Updated,
    Field::UserFieldsUpdated,
    Field::BillingRecords,
    Field::PayRecords,
    Field::Overheads,
];
const CANDIDATE: &[Field] = &[
    Field::Id,
    Field::Candidate,
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::Phone,
    Field::State,
    Field::Country,
];
const JOB: &[Field] = &[
    Field::Id,
    Field::Requisition,
    Field::Company,
    Field::CompanyName,
    Field::Title,
    Field::Description,
    Field::Category,
    Field::Position,
    Field::State,
    Field::Country,
    Field::Flexibility,
    Field::Currency,
];
const DOCUMENT: &[Field] =
    &[Field::Id, Field::Placement, Field::FileName, Field::FileType, Field::UploadedOn];
const TOUCH: &[Field] = &[
    Field::Placement,
    Field::Candidate,
    Field::Requisition,
    Field::Company,
    Field::Record,
    Field::Timesheet,
    Field::Invoice,
    Field::Updated,
    Field::UserFieldsUpdated,
];
const START: &[Field] = &[
    Field::Id,
    Field::Placement,
    Field::Candidate,
    Field::Requisition,
    Field::Company,
    Field::CompanyName,
    Field::Position,
    Field::RejectedOn,
    Field::PlacedOn,
    Field::StartStatus,
    Field::ActivityStart,
    Field::ActivityEnd,
    Field::CorpToCorp,
];
const TIMESHEET: &[Field] = &[
    Field::Timesheet,
    Field::Placement,
    Field::WeekEnding,
    Field::Status,
    Field::ApprovedOn,
    Field::HoursWorked,
    Field::RegularHours,
    Field::RegularPay,
    Field::RegularUnit,
    Field::OvertimeHours,
    Field::OvertimePay,
    Field::OvertimeUnit,
    Field::DoubleHours,
    Field::DoublePay,
    Field::DoubleUnit,
    Field::Currency,
    Field::Updated,
];

const INVOICE: &[Field] =
    &[Field::Invoice, Field::Candidate, Field::BilledFrom, Field::BilledTo, Field::Updated];

/// Which kind of row is read, and so which columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A submittal that may have become a hire.
    Activity,
    /// An assignment, or a billing or pay record.
    Record,
    /// A person.
    Candidate,
    /// A person's home: nothing that names them.
    Home,
    /// A requisition.
    Job,
    /// A timesheet.
    Timesheet,
    /// A client invoice: whose work it bills and when; never what.
    Invoice,
    /// A file of a candidate, without what is in it.
    Document,
    /// What is in a file.
    Content,
    /// Ids and stamps only: a feed or a webhook, read to know what to read.
    Touch,
    /// A line of a search for starts.
    Start,
    /// A merge of two candidates.
    Merge,
    /// A user-defined field of the tenant's.
    UserField,
}

impl Kind {
    /// What is read of such a row.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Kind::Activity => ACTIVITY,
            Kind::Record => RECORD,
            Kind::Candidate => CANDIDATE,
            Kind::Home => &[Field::Id, Field::Candidate, Field::State, Field::Country],
            Kind::Job => JOB,
            Kind::Timesheet => TIMESHEET,
            Kind::Invoice => INVOICE,
            Kind::Document => DOCUMENT,
            Kind::Content => &[Field::FileContent],
            Kind::Touch => TOUCH,
            Kind::Start => START,
            Kind::Merge => &[Field::MergedFrom, Field::MergedInto, Field::Updated],
            Kind::UserField => &[Field::UserField],
        }
    }

    /// What tells two such rows apart.
    pub(crate) fn key(self) -> &'static [Field] {
        match self {
            Kind::Activity => &[Field::Placement],
            Kind::Record => &[Field::Candidate, Field::Record],
            Kind::Candidate | Kind::Home => &[Field::Id, Field::Candidate],
            Kind::Job => &[Field::Id, Field::Requisition],
            Kind::Timesheet => &[Field::Timesheet],
            Kind::Invoice => &[Field::Invoice],
            Kind::Document => &[Field::Id, Field::FileName],
            Kind::Content => &[],
            Kind::Touch => &[Field::Placement, Field::Candidate, Field::Requisition],
            Kind::Start => &[Field::Id, Field::Placement],
            Kind::Merge => &[Field::MergedFrom],
            Kind::UserField => &[Field::UserField],
        }
    }
}

/// What is decoded of an answer's rows: some keys, and under which each field is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    /// The normalised keys that are decoded.
    keys: BTreeSet<String>,
    /// How its rows are read.
    pub(crate) names: Arc<Names>,
    /// The columns that were met, where somebody wants to know.
    met: Option<Arc<Mutex<BTreeSet<String>>>>,
}

/// How a row is read: each field's normalised keys in order, and the form of its dates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    keys: BTreeMap<Field, Vec<String>>,
    /// The form of dates that no rule tells; `None` for those that tell themselves.
    pub(crate) dates: Option<Pattern>,
}

impl Names {
    /// The keys of a field, in order.
    pub(crate) fn of(&self, field: Field) -> &[String] {
        self.keys.get(&field).map_or(&[], Vec::as_slice)
    }
}

impl Allowed {
    /// A kind of row under the usual columns, and the tenant's user-defined fields.
    pub(crate) fn new(kind: Kind, user_fields: &[&str]) -> Self {
        let keys = |field: Field| field.columns().iter().map(|name| normalise(name)).collect();
        let keys = kind.fields().iter().map(|field| (*field, keys(*field))).collect();
        Self::under(Names { keys, dates: None }, user_fields)
    }

    /// A kind of row under the columns of an operation's spec, and the tenant's user-defined fields.
    pub(crate) fn of(spec: &Spec, kind: Kind, user_fields: &[&str]) -> Self {
        let keys = |field: &Field| {
            let own = spec.fields.get(field).map(|names| names.iter().map(|n| normalise(n)));
            own.map(|names| (*field, names.collect()))
        };
        let keys = kind.fields().iter().filter_map(keys).collect();
        Self::under(Names { keys, dates: spec.date_format.clone() }, user_fields)
    }

    fn under(names: Names, user_fields: &[&str]) -> Self {
        let known = names.keys.values().flatten().cloned();
        let keys = known.chain(user_fields.iter().map(|field| normalise(field))).collect();
        Self { keys, names: Arc::new(names), met: None }
    }

    /// The same, noting every column that is met; never what is in it.
    pub(crate) fn noting(self) -> Self {
        Self { met: Some(Arc::default()), ..self }
    }

    /// Notes a column.
    pub(crate) fn meets(&self, column: &str) {
        let Some(met) = &self.met else { return };
        let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
        if !met.contains(column) {
            met.insert(column.to_owned());
        }
    }

    /// The columns that were met.
    pub(crate) fn met(&self) -> BTreeSet<String> {
        let met =
            self.met.as_ref().map(|met| met.lock().unwrap_or_else(PoisonError::into_inner).clone());
        met.unwrap_or_default()
    }

    /// Whether a normalised key is decoded.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether a normalised key is a part that holds rows itself.
    pub(crate) fn is_section(&self, key: &str) -> bool {
        let sections = [Field::BillingRecords, Field::PayRecords, Field::Overheads];
        sections.iter().any(|field| self.names.of(*field).iter().any(|name| name == key))
    }

    /// The same with the two keys of a list of user-defined fields.
    pub(crate) fn with_field_lists(&self) -> Self {
        let mut keys = self.keys.clone();
        keys.extend([FIELD_NAME.to_owned(), FIELD_VALUE.to_owned()]);
        Self { keys, names: self.names.clone(), met: self.met.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 13] = [
        Kind::Activity,
        Kind::Record,
        Kind::Candidate,
        Kind::Home,
        Kind::Job,
        Kind::Timesheet,
        Kind::Invoice,
        Kind::Document,
        Kind::Content,
        Kind::Touch,
        Kind::Start,
        Kind::Merge,
        Kind::UserField,
    ];

    #[test]
    fn the_worst_columns_are_absent() {
        for kind in KINDS {
            let allowed = Allowed::new(kind, &[]);
            for never in ["ssn", "taxid", "visastatus", "billrate", "netbill", "payratemax"] {
                assert!(!allowed.holds(never), "{kind:?} {never}");
            }
        }
        assert!(!Allowed::new(Kind::Home, &[]).holds("email"));
        assert!(Allowed::new(Kind::Record, &["Employment_Type"]).holds("employmenttype"));
    }

    #[test]
    fn the_key_of_a_kind_is_read_of_it() {
        for kind in KINDS {
            assert!(kind.key().iter().all(|field| kind.fields().contains(field)), "{kind:?}");
        }
    }
}
