//! The columns that an operation's answer was seen to have, against the field map: what is read from which, which columns nobody
//! reads, which fields have no column. By name only; the whole of it is in `--json`.

use std::collections::BTreeSet;

use integration_jobdiva::operations::Field;
use integration_jobdiva::probe::Probe;

use super::finding::{Code, Finding, Severity};
use super::jobdiva::found;

/// How many names a person is shown of one list.
const NAMES_MAX: usize = 30;

/// What was seen, where anything was.
pub(super) fn told(about: &str, probe: &Probe) -> Option<Finding> {
    let Probe { columns_seen, mapped, unread_columns, unmapped_canonical, missing, .. } = probe;
    if columns_seen.is_empty() {
        return None;
    }
    let read: BTreeSet<String> =
        mapped.iter().map(|(field, column)| format!("{field} from {column}")).collect();
    let idle: BTreeSet<&str> = without(unmapped_canonical, missing);
    let needed: BTreeSet<&str> = missing.iter().map(|field| field.name()).collect();
    let mut what = format!("{} columns seen", columns_seen.len());
    for (title, names) in [
        ("read", listed(&read)),
        ("nothing reads", listed(unread_columns)),
        ("no column for", listed(&idle)),
        ("needed, and no column", listed(&needed)),
    ] {
        if !names.is_empty() {
            what = format!("{what}; {title}: {names}");
        }
    }
    Some(found(Severity::Note, Code::Columns, about, what))
}

fn without(all: &BTreeSet<Field>, needed: &BTreeSet<Field>) -> BTreeSet<&'static str> {
    all.difference(needed).map(|field| field.name()).collect()
}

/// Names for a person: the first of many.
pub(super) fn listed<T: AsRef<str>>(names: &BTreeSet<T>) -> String {
    let shown: Vec<&str> = names.iter().map(AsRef::as_ref).take(NAMES_MAX).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
