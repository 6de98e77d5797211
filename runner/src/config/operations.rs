//! The keys under `[tenant.jobdiva.operation."..."]`, and the file that may hold them instead.
//!
//! A table changes what it names of an operation's usual spec; `"*"` changes all operations to which a key applies, before
//! the tables of single ones. `runner operations` prints what is in force, in this very form. What a spec must keep to
//! is checked by the adapter and noted here at the key that breaks it.

use std::path::Path;

use integration_jobdiva::config::Login;
use integration_jobdiva::operations::{
    BadSpec, Class, EnvelopeForm, ErrorRule, Field, Method, Need, OffsetUnit, Operation, PageBase,
    Paging, Param, ParamEncoding, Pattern, Registry, Spec, Statuses, Window,
};
use toml::de::DeTable;

use super::reader::{Section, Source, hint};
use super::tenant::Reading;

/// The table that changes every operation.
const ALL: &str = "*";
/// Another name for the login that is in use.
const LOGIN: &str = "auth.login";

const ENVELOPES: &[(&str, EnvelopeForm)] = &[
    ("auto", EnvelopeForm::Auto),
    ("bi_objects", EnvelopeForm::BiObjects),
    ("bi_header_rows", EnvelopeForm::BiHeaderRows),
    ("bare_array", EnvelopeForm::BareArray),
    ("text", EnvelopeForm::Text),
];
const ENCODINGS: &[(&str, ParamEncoding)] = &[
    ("repeat", ParamEncoding::Repeat),
    ("csv", ParamEncoding::Csv),
    ("json_body", ParamEncoding::JsonBody),
];
const NEEDS: &[(&str, Need)] = &[
    ("required", Need::Required),
    ("helpful", Need::Helpful),
    ("optional", Need::Optional),
    ("setup", Need::Setup),
];
const UNITS: &[(&str, OffsetUnit)] =
    &[("rows", OffsetUnit::Rows), ("pages", OffsetUnit::Pages), ("auto", OffsetUnit::Auto)];

/// Reads everything that `[tenant.jobdiva]` says of operations.
pub(super) fn registry(jobdiva: &Section<'_>, login: Login, read: &Reading<'_>) -> Registry {
    let mut registry = Registry::default();
    if let Some(name) = jobdiva.text("operations_file") {
        let path = read.base.join(&name);
        match std::fs::read_to_string(&path) {
            Ok(text) => jobdiva.adopt(from_file(&text, &path, login, &mut registry)),
            Err(error) => {
                jobdiva.note("operations_file", format!("{name} cannot be read: {error}"))
            }
        }
    }
    operations(&jobdiva.section("operation"), login, &mut registry);
    let paths = jobdiva.section("paths");
    for (name, path) in paths.map() {
        let Some(operation) = named(&paths, &name, login) else { continue };
        let spec = registry.of_mut(operation);
        spec.path = path;
        for BadSpec { what, .. } in
            spec.check(operation).into_iter().filter(|bad| bad.key == "path")
        {
            paths.note(&name, what);
        }
    }
    registry
}

/// Reads a file of nothing but operations; its mistakes, with their lines.
pub(super) fn from_file(
    text: &str,
    path: &Path,
    login: Login,
    registry: &mut Registry,
) -> Vec<super::Problem> {
    let source = Source::of_file(text, path);
    match DeTable::parse(text) {
        Ok(table) => {
            let root = Section::root(&source, table.get_ref());
            operations(&root.section("operation"), login, registry);
            root.finish();
        }
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            source.note(offset, "syntax", error.message().to_owned());
        }
    }
    source.into_problems()
}

fn operations(tables: &Section<'_>, login: Login, registry: &mut Registry) {
    let names = tables.names();
    if names.iter().any(|name| name == ALL) {
        for operation in Operation::ALL {
            let table = tables.section(ALL);
            of_all(&table, *operation, registry.of_mut(*operation));
            table.finish();
        }
    }
    for name in names.iter().filter(|name| *name != ALL) {
        let Some(operation) = named(tables, name, login) else { continue };
        let table = tables.section(name);
        let spec = registry.of_mut(operation);
        of_one(&table, operation, spec);
        let bad = spec.check(operation);
        for BadSpec { key, what, .. } in bad {
            match key.split_once('.') {
                Some((part, key)) => table.section(part).note(key, what),
                None => table.note(&key, what),
            }
        }
        table.finish();
    }
}

/// The operation of that name, or a note of the nearest.
fn named(tables: &Section<'_>, name: &str, login: Login) -> Option<Operation> {
    if name == LOGIN {
        return Some(Registry::login(login));
    }
    let operation = Operation::named(name);
    if operation.is_none() {
        let known = Operation::ALL.iter().map(|operation| operation.name());
        tables.note(name, format!("there is no such operation{}", hint(name, known)));
    }
    operation
}

/// What may be said of all operations at once.
fn of_all(table: &Section<'_>, operation: Operation, spec: &mut Spec) {
    shared(table, spec);
    let window = table.section("window");
    match &mut spec.window {
        Some(own) => of_window(window, own),
        // Its keys are known all the same.
        None => of_window(window, &mut Operation::PayDelta.usual().window.expect("a feed has one")),
    }
    for (field, columns) in fields(&table.section("fields")) {
        if operation.reads().contains(&field) {
            spec.fields.insert(field, columns);
        }
    }
}

fn of_one(table: &Section<'_>, operation: Operation, spec: &mut Spec) {
    shared(table, spec);
    set(&mut spec.enabled, table.flag("enabled"));
    set(&mut spec.need, table.word("need", NEEDS));
    set(&mut spec.method, table.word("method", &[("GET", Method::Get), ("POST", Method::Post)]));
    set(&mut spec.path, table.text("path"));
    set(&mut spec.provenance, table.text("provenance"));
    let window = table.section("window");
    match &mut spec.window {
        Some(own) => of_window(window, own),
        None if window.is_present() => {
            table.note("window", "this operation is not asked by windows")
        }
        None => {}
    }
    let params = table.section("params");
    for (name, own) in params.map() {
        match Param::named(&name) {
            Some(param) => drop(spec.params.insert(param, own)),
            None => {
                let known = operation.usual().params;
                let known = known.keys().map(|param| param.name());
                params.note(&name, format!("there is no such parameter{}", hint(&name, known)));
            }
        }
    }
    let paging = table.section("paging");
    if paging.is_present() {
        set(&mut spec.paging, of_paging(paging));
    }
    spec.fields.extend(fields(&table.section("fields")));
    if let Some(names) = table.texts("key") {
        let key: Vec<Option<Field>> = names.iter().map(|name| Field::named(name)).collect();
        match key.into_iter().collect() {
            Some(key) => spec.key = key,
            None => table
                .note("key", "expected names of fields, such as [\"candidate_id\", \"record_id\"]"),
        }
    }
}

fn shared(table: &Section<'_>, spec: &mut Spec) {
    set(&mut spec.param_encoding, table.word("param_encoding", ENCODINGS));
    set(&mut spec.envelope, table.word("envelope", ENVELOPES));
    set(&mut spec.timeout, table.duration("timeout"));
    set(&mut spec.min_interval, table.duration("min_interval"));
    spec.static_params.extend(table.section("static_params").map());
    if let Some(form) = pattern(table, "date_format") {
        spec.date_format = Some(form);
    }
    let rules = table.sections("error_rules");
    if !rules.is_empty() {
        // A tenant's rules for one operation come before its rules for all.
        let own: Vec<ErrorRule> = rules.into_iter().filter_map(rule).collect();
        spec.error_rules.splice(0..0, own);
    }
}

fn of_window(table: Section<'_>, window: &mut Window) {
    set(&mut window.max, table.duration("max"));
    set(&mut window.overlap, table.duration("overlap"));
    set(&mut window.min, table.duration("min"));
    set(&mut window.format, pattern(&table, "format"));
    if let Some(zone) = table.text("zone") {
        window.zone = Some(zone);
    }
    table.finish();
}

fn pattern(table: &Section<'_>, key: &str) -> Option<Pattern> {
    let text = table.text(key)?;
    let read = text.parse::<Pattern>();
    read.map_err(|error| table.note(key, error.to_string())).ok()
}

fn of_paging(table: Section<'_>) -> Option<Paging> {
    let rows = |usual: u32| match table.number("size").map(u32::try_from) {
        Some(Ok(size)) => size,
        // Noted by the check of the whole.
        Some(Err(_)) => 0,
        None => usual,
    };
    let name = |key: &str, usual: &str| table.text(key).unwrap_or_else(|| usual.to_owned());
    table.required("by", "\"none\", \"page\" or \"offset\"");
    let by = table.word("by", &[("none", 0), ("page", 1), ("offset", 2)]);
    let paging = match by? {
        0 => Paging::None,
        1 => Paging::Page {
            base: base(&table),
            size: rows(500),
            number_name: name("number_name", "pageNumber"),
            size_name: name("size_name", "pageSize"),
        },
        _ => Paging::Offset {
            unit: table.word("unit", UNITS).unwrap_or(OffsetUnit::Auto),
            size: rows(100),
            offset_name: name("offset_name", "offset"),
            size_name: name("size_name", "maxreturned"),
        },
    };
    table.finish();
    Some(paging)
}

/// The number of the first page.
fn base(table: &Section<'_>) -> PageBase {
    if !table.names().iter().any(|name| name == "base") {
        return PageBase::Auto;
    }
    match table.text_or_number("base").as_deref() {
        Some("0") => PageBase::Zero,
        Some("1") => PageBase::One,
        Some("auto") => PageBase::Auto,
        Some(_) => {
            table.note("base", "expected 0, 1 or \"auto\"");
            PageBase::Auto
        }
        None => PageBase::Auto,
    }
}

/// Canonical fields with their columns: a text, or a list with the best first.
fn fields(table: &Section<'_>) -> Vec<(Field, Vec<String>)> {
    let mut found = Vec::new();
    for name in table.names() {
        let columns = table.one_or_more(&name);
        match Field::named(&name) {
            Some(field) => found.extend(columns.map(|columns| (field, columns))),
            None => {
                let known = Field::ALL.iter().map(|field| field.name());
                table.note(&name, format!("there is no such field{}", hint(&name, known)));
            }
        }
    }
    found
}

fn rule(table: Section<'_>) -> Option<ErrorRule> {
    let status = match table.names().iter().any(|name| name == "status") {
        true => Some(status(&table)?),
        false => None,
    };
    table.required("class", "what the answer counts as");
    let class = table.word("class", &Class::ALL);
    let rule = ErrorRule {
        status,
        begins: table.text("begins"),
        contains: match table.names().iter().any(|name| name == "contains") {
            true => table.one_or_more("contains").unwrap_or_default(),
            false => Vec::new(),
        },
        class: class.unwrap_or(Class::Refused),
        after: table.duration("after"),
        provenance: table.text("provenance").unwrap_or_default(),
    };
    table.finish();
    class.map(|_| rule)
}

fn status(table: &Section<'_>) -> Option<Statuses> {
    let text = table.text_or_number("status")?;
    text.parse().map_err(|what: &str| table.note("status", what)).ok()
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
