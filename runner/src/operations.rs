//! The registry of JobDiva's operations as a person reads it, in the form in which configuration overrides it.
//!
//! What is written here is read back by `config/operations.rs` to the same registry.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use integration_jobdiva::operations::{Difference, Operation, Registry, Spec};
use serde_json::Value;

/// The keys of a spec in the order of the documentation.
const ORDER: [&str; 17] = [
    "enabled",
    "need",
    "method",
    "path",
    "params",
    "param_encoding",
    "static_params",
    "window",
    "paging",
    "envelope",
    "date_format",
    "error_rules",
    "fields",
    "key",
    "timeout",
    "min_interval",
    "provenance",
];

/// One operation's whole spec as a table of a file of operations; what is usual stands behind what differs.
pub fn whole(operation: Operation, spec: &Spec) -> String {
    let keys = members(spec);
    let usual = members(&operation.usual());
    let mut text = head(operation);
    for key in ORDER {
        let Some(value) = keys.get(key).filter(|value| !is_empty(value)) else { continue };
        let differs = usual.get(key).filter(|usual| *usual != value);
        let usual = differs.map(|usual| format!("  # usual: {}", written(usual)));
        line(&mut text, key, value, usual.unwrap_or_default());
    }
    text
}

/// Only what differs from the usual, as a file of operations; nothing when nothing does.
pub fn changes(registry: &Registry) -> String {
    let mut text = String::new();
    let mut by_operation: BTreeMap<Operation, Vec<Difference>> = BTreeMap::new();
    for difference in registry.differences() {
        by_operation.entry(difference.operation).or_default().push(difference);
    }
    for (operation, differences) in by_operation {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &head(operation);
        for Difference { key, usual, own, .. } in differences {
            // What is usual and not wanted is written as nothing where nothing can be said.
            let own = if own.is_null() { Value::from("") } else { own };
            let usual = match usual.is_null() {
                true => String::new(),
                false => format!("  # usual: {}", written(&usual)),
            };
            line(&mut text, &key, &own, usual);
        }
    }
    text
}

/// Everything of a registry, as a file of operations.
pub fn all(registry: &Registry) -> String {
    let tables: Vec<String> =
        registry.iter().map(|(operation, spec)| whole(operation, spec)).collect();
    tables.join("\n")
}

fn head(operation: Operation) -> String {
    format!("[operation.\"{operation}\"]  # {}\n", operation.purpose())
}

fn line(text: &mut String, key: &str, value: &Value, behind: String) {
    let key = match key.split_once('.') {
        Some((table, key)) => format!("{table}.{}", name(key)),
        None => key.to_owned(),
    };
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{key} = {}{behind}", written(value));
}

fn members(spec: &Spec) -> BTreeMap<String, Value> {
    match serde_json::to_value(spec) {
        Ok(Value::Object(members)) => members.into_iter().collect(),
        Ok(_) | Err(_) => BTreeMap::new(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value in TOML, on one line.
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{} = {}", name(key), written(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

fn name(key: &str) -> String {
    let bare =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use integration_jobdiva::config::Login;
    use integration_jobdiva::operations::{
        Class, EnvelopeForm, ErrorRule, Field, OffsetUnit, PageBase, Paging, Param, ParamEncoding,
        Statuses,
    };

    use super::*;
    use crate::config;

    fn read(text: &str) -> Result<Registry, config::Problems> {
        config::operations(text, "acme.toml".as_ref(), Login::V2Pair)
    }

    /// A registry in which every key of a spec differs somewhere.
    fn odd() -> Registry {
        let mut registry = Registry::default();
        let pay = registry.of_mut(Operation::PayDelta);
        pay.enabled = false;
        pay.path = "/api/bi/NewUpdatedSalaryRecords".into();
        pay.params.insert(Param::From, "since".into());
        pay.params.insert(Param::UserFields, String::new());
        pay.param_encoding = ParamEncoding::Csv;
        pay.static_params.insert("alternate format".into(), "a \"b\" \\".into());
        pay.envelope = EnvelopeForm::BiHeaderRows;
        pay.date_format = "dd.MM.yyyy".parse().ok();
        pay.fields.insert(Field::PayAmount, vec!["RATE_X".into(), "Pay Rate".into()]);
        pay.key = vec![Field::Record];
        pay.timeout = Duration::from_millis(90_500);
        pay.min_interval = Duration::from_secs(2);
        pay.provenance = "doctor".into();
        pay.error_rules = vec![ErrorRule {
            status: Some(Statuses { from: 500, to: 504 }),
            begins: Some("No".into()),
            contains: vec!["data".into()],
            class: Class::Empty,
            after: Some(Duration::from_secs(60)),
            provenance: "[I]".into(),
        }];
        let window = pay.window.as_mut().unwrap();
        window.max = Duration::from_secs(7 * 86_400);
        window.zone = Some("America/Chicago".into());
        window.format = "yyyy-MM-dd'T'HH:mm:ss".parse().unwrap();
        let names = ("pageNumber".to_owned(), "pageSize".to_owned());
        registry.of_mut(Operation::JobDelta).paging = Paging::Page {
            base: PageBase::Zero,
            size: 25,
            number_name: names.0,
            size_name: names.1,
        };
        let census = registry.of_mut(Operation::PlacementCensus);
        let names = ("skip".to_owned(), "take".to_owned());
        census.paging = Paging::Offset {
            unit: OffsetUnit::Pages,
            size: 50,
            offset_name: names.0,
            size_name: names.1,
        };
        registry.of_mut(Operation::PlacementSearch).paging = Paging::None;
        registry
    }

    #[test]
    fn what_is_written_whole_or_as_changes_reads_back() {
        for registry in [Registry::default(), odd()] {
            registry.check().unwrap();
            assert_eq!(read(&all(&registry)).unwrap(), registry);
            assert_eq!(read(&changes(&registry)).unwrap(), registry);
        }
        assert_eq!(changes(&Registry::default()), "");
    }

    #[test]
    fn a_change_shows_what_is_usual() {
        let mut registry = Registry::default();
        registry.of_mut(Operation::JobGet).path = "/api/bi/JobDetail".into();
        assert_eq!(
            changes(&registry),
            "[operation.\"job.get\"]  # One requisition.\n\
             path = \"/api/bi/JobDetail\"  # usual: \"/apiv2/bi/JobDetail\"\n"
        );
    }

    #[test]
    fn mistakes_name_their_line_and_the_nearest_name() {
        let text = r#"
[operation."pay.dleta"]
path = "/x"
[operation."pay.delta"]
pth = "/x"
path = "x"
params = { form = "x", from = "" }
envelope = "xml"
error_rules = [{ contains = "x", class = "emtpy" }, { class = "empty" }]
[operation."pay.delta".fields]
pay_amuont = ["X"]
worker_category = "SSN"
email = ["X"]
[operation."pay.delta".window]
max = "15d"
wide = "1d"
format = "MM/dd"
[operation."job.get"]
window = { max = "1d" }
paging = { by = "page", base = 2, size = 1 }
timeout = "0s"
[operation."*"]
path = "/x"
"#;
        let said = read(text).unwrap_err().to_string();
        for what in [
            "acme.toml:2: operation.pay.dleta: there is no such operation; did you mean `pay.delta`?",
            "acme.toml:5: operation.pay.delta.pth: unknown key; did you mean `path`?",
            "acme.toml:6: operation.pay.delta.path: expected a path that begins with `/`",
            "acme.toml:7: operation.pay.delta.params.form: there is no such parameter; did you mean `from`?",
            "acme.toml:7: operation.pay.delta.params.from: without this parameter",
            "acme.toml:8: operation.pay.delta.envelope: `xml` is not one of \"auto\"",
            "acme.toml:9: operation.pay.delta.error_rules.class: `emtpy` is not one of",
            "acme.toml:9: operation.pay.delta.error_rules: a rule without",
            "acme.toml:11: operation.pay.delta.fields.pay_amuont: there is no such field; did you mean `pay_amount`?",
            "acme.toml:12: operation.pay.delta.fields.worker_category: `SSN` is never read",
            "acme.toml:13: operation.pay.delta.fields.email: pay.delta does not read this",
            "acme.toml:15: operation.pay.delta.window.max: expected 14 days less an hour",
            "acme.toml:16: operation.pay.delta.window.wide: unknown key",
            "acme.toml:17: operation.pay.delta.window.format: `MM/dd` is no form of dates",
            "acme.toml:19: operation.job.get.window: this operation is not asked by windows",
            "acme.toml:20: operation.job.get.paging.base: expected 0, 1 or \"auto\"",
            "acme.toml:20: operation.job.get.paging.size: expected 2 to 1000 rows",
            "acme.toml:21: operation.job.get.timeout: expected 1s to 30m",
            "acme.toml:23: operation.*.path: unknown key",
        ] {
            assert!(said.contains(what), "{what}\nis not in\n{said}");
        }
    }

    #[test]
    fn a_star_changes_all_that_it_applies_to_before_single_ones() {
        let text = r#"
[operation."*"]
min_interval = "1s"
window = { overlap = "2h" }
fields = { currency = "CCY" }
[operation."pay.delta"]
min_interval = "2s"
"#;
        let registry = read(text).unwrap();
        let secs = |operation| registry.of(operation).min_interval.as_secs();
        assert_eq!((secs(Operation::JobGet), secs(Operation::PayDelta)), (1, 2));
        let overlap =
            |operation| registry.of(operation).window.as_ref().map(|window| window.overlap);
        assert_eq!(overlap(Operation::PayDelta), Some(Duration::from_secs(7200)));
        assert_eq!(overlap(Operation::JobGet), None);
        assert_eq!(registry.of(Operation::PayDelta).columns(Field::Currency), ["CCY"]);
        assert!(!registry.of(Operation::CandidateGet).fields.contains_key(&Field::Currency));
    }
}
