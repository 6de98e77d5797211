//! Reads TOML leniently and complains completely: each mistake is noted with its line, and reading goes on.

#![expect(clippy::wildcard_enum_match_arm, reason = "any other TOML value is the same mistake")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{self, HIDDEN, Origin, Setting};

/// One mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, where it is another than the configuration itself.
    pub file: Option<PathBuf>,
    /// The line, from 1.
    pub line: usize,
    /// The key, with the tables around it.
    pub key: String,
    /// What is wrong, and what was expected.
    pub what: String,
}

/// All mistakes in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub file: PathBuf,
    /// The mistakes, by line.
    pub problems: Vec<Problem>,
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.problems.len() == 1 { "mistake" } else { "mistakes" };
        write!(f, "{} has {} {plural}:", self.file.display(), self.problems.len())?;
        for problem in &self.problems {
            let Problem { file, line, key, what } = problem;
            let file = file.as_ref().unwrap_or(&self.file).display();
            match line {
                // The file itself is wrong, not something in it.
                0 => write!(f, "\n  {file} {what}")?,
                line => write!(f, "\n  {file}:{line}: {key}: {what}")?,
            }
        }
        Ok(())
    }
}

/// A text being read, and the mistakes found so far.
pub(super) struct Source<'a> {
    pub text: &'a str,
    file: Option<PathBuf>,
    problems: RefCell<Vec<Problem>>,
    settings: RefCell<Vec<Setting>>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, file: None, problems: RefCell::default(), settings: RefCell::default() }
    }

    /// The text of another file than the configuration itself.
    pub fn of_file(text: &'a str, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..Self::new(text) }
    }

    /// Notes a mistake at a byte offset.
    pub fn note(&self, offset: usize, key: &str, what: impl Into<String>) {
        let line = self.line(offset);
        let (file, key) = (self.file.clone(), key.to_owned());
        self.problems.borrow_mut().push(Problem { file, line, key, what: what.into() });
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// The values in force so far, in the order in which they were asked for; each once. `file` is the configuration.
    pub fn settings(&self, file: &Path) -> Vec<Setting> {
        let mut seen = BTreeSet::new();
        let mut settings = self.settings.borrow().clone();
        settings.retain(|setting| seen.insert(setting.key.clone()));
        for setting in &mut settings {
            if let Origin::File { file: of, .. } = &mut setting.origin
                && of.as_os_str().is_empty()
            {
                *of = file.to_owned();
            }
        }
        settings
    }

    /// The mistakes, by line; each once.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        let place = |it: &Problem| (it.file.clone(), it.line, it.key.clone(), it.what.clone());
        problems.sort_by_key(place);
        problems.dedup();
        problems
    }
}

/// One table of the file. Every key asked for is a key known; [`Section::finish`] complains of the others.
pub(super) struct Section<'a> {
    path: String,
    /// The same, with the names of tenants in it.
    shown: String,
    own: Layer<'a>,
    /// The same table in a file of overrides: what stands there goes before.
    over: Option<Layer<'a>>,
    known: RefCell<BTreeSet<String>>,
}

/// A table in one of the files.
#[derive(Clone, Copy)]
struct Layer<'a> {
    source: &'a Source<'a>,
    offset: usize,
    table: Option<&'a DeTable<'a>>,
}

impl<'a> Layer<'a> {
    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table?.get(key)
    }
}

impl<'a> Section<'a> {
    pub fn root(source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        let own = Layer { source, offset: 0, table: Some(table) };
        Self::of(String::new(), String::new(), own, None)
    }

    fn of(path: String, shown: String, own: Layer<'a>, over: Option<Layer<'a>>) -> Self {
        Self { path, shown, own, over, known: RefCell::default() }
    }

    /// The same section under a file of overrides.
    pub fn under(self, source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self { over: Some(Layer { source, offset: 0, table: Some(table) }), ..self }
    }

    /// What goes before first.
    fn layers(&self) -> impl Iterator<Item = &Layer<'a>> {
        self.over.iter().chain([&self.own])
    }

    fn key(&self, key: &str) -> String {
        within(&self.path, key)
    }

    fn find(&self, key: &str) -> Option<(&Layer<'a>, &'a Spanned<DeValue<'a>>)> {
        self.layers().find_map(|layer| Some((layer, layer.get(key)?)))
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().insert(key.to_owned());
        let (layer, value) = self.find(key)?;
        self.set(key, layer, value);
        Some(value)
    }

    fn set(&self, key: &str, layer: &Layer<'a>, value: &Spanned<DeValue<'a>>) {
        let line = layer.source.line(value.span().start);
        let file = layer.source.file.clone().unwrap_or_default();
        // Who reads the last part of a hook's address can knock there.
        let hidden = key == "endpoint";
        let value = if hidden { HIDDEN.to_owned() } else { settings::written(value.get_ref()) };
        self.told(key, value, Origin::File { file, line });
    }

    fn told(&self, key: &str, value: String, origin: Origin) {
        let key = within(&self.shown, key);
        self.own.source.settings.borrow_mut().push(Setting { key, value, origin });
    }

    /// What counts where the key is not there, as it would be written.
    pub fn usual(&self, key: &str, value: impl fmt::Display) {
        if self.find(key).is_none() {
            self.told(key, value.to_string(), Origin::Default);
        }
    }

    /// The same for a text.
    pub fn usual_text(&self, key: &str, text: impl fmt::Display) {
        self.usual(key, settings::quoted(&text.to_string()));
    }

    /// The same for a list of texts.
    pub fn usual_texts(&self, key: &str, texts: &[String]) {
        let texts: Vec<String> = texts.iter().map(|text| settings::quoted(text)).collect();
        self.usual(key, format!("[{}]", texts.join(", ")));
    }

    /// A secret that was found.
    pub fn hidden(&self, key: &str, origin: Origin) {
        self.told(key, HIDDEN.to_owned(), origin);
    }

    /// Whether the table is in the file at all.
    pub fn is_present(&self) -> bool {
        self.layers().any(|layer| layer.table.is_some())
    }

    /// Notes a mistake about a key of this table; about the table when the key is absent.
    pub fn note(&self, key: &str, what: impl Into<String>) {
        let (source, offset) = match self.find(key) {
            Some((layer, value)) => (layer.source, value.span().start),
            None => (self.own.source, self.own.offset),
        };
        source.note(offset, &self.key(key), what);
    }

    /// Takes over the mistakes of another file that this table names.
    pub fn adopt(&self, problems: Vec<Problem>) {
        self.own.source.problems.borrow_mut().extend(problems);
    }

    /// The keys of this table, whether or not they are known.
    pub fn names(&self) -> Vec<String> {
        let tables = self.layers().filter_map(|layer| layer.table);
        let names: BTreeSet<String> = tables
            .flat_map(|table| table.iter())
            .map(|(key, _)| key.get_ref().to_string())
            .collect();
        names.into_iter().inspect(|key| self.know(key)).collect()
    }

    /// Takes a key for known: what is wrong with it is noted by whoever asks for it.
    fn know(&self, key: &str) {
        self.known.borrow_mut().insert(key.to_owned());
    }

    /// A text, if the key is there.
    pub fn text(&self, key: &str) -> Option<String> {
        match self.get(key)?.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.note(key, "expected a text in quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required(&self, key: &str, expected: &str) -> Option<String> {
        if self.get(key).is_none() {
            self.note(key, format!("missing: expected {expected}"));
        }
        self.text(key).filter(|text| {
            let filled = !text.trim().is_empty();
            if !filled {
                self.note(key, format!("empty: expected {expected}"));
            }
            filled
        })
    }

    /// A value parsed from a text.
    pub fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = parse(&text);
        if value.is_none() {
            self.note(key, format!("`{text}` is not {expected}"));
        }
        value
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let names = words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>();
        let expected = format!("one of {}", names.join(", "));
        self.parsed(key, &expected, |text| words.iter().find(|(w, _)| *w == text).map(|(_, v)| *v))
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.note(key, "expected true or false, without quotes");
                None
            }
        }
    }

    /// A whole number.
    pub fn number(&self, key: &str) -> Option<i64> {
        let number = match self.get(key)?.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.note(key, "expected a whole number, without quotes");
        }
        number
    }

    /// A time such as `500ms`, `90s`, `5m`, `6h` or `2d`.
    pub fn duration(&self, key: &str) -> Option<Duration> {
        self.parsed(key, "a time such as \"90s\", \"5m\", \"6h\" or \"2d\"", |text| {
            if let Some(digits) = text.strip_suffix("ms") {
                return digits.parse().ok().map(Duration::from_millis);
            }
            let unit = text.chars().next_back()?;
            let digits = &text[..text.len() - unit.len_utf8()];
            let secs = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return None,
            };
            digits.parse::<u64>().ok()?.checked_mul(secs).map(Duration::from_secs)
        })
    }

    /// A list of numbers of days.
    pub fn days(&self, key: &str) -> Option<Vec<u16>> {
        let day = |item: &Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Integer(number) => u16::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let days = match self.get(key)?.get_ref() {
            DeValue::Array(items) => items.iter().map(day).collect(),
            _ => None,
        };
        if days.is_none() {
            self.note(key, "expected a list of days, such as [2, 1]");
        }
        days
    }

    /// A text, or a list of them.
    pub fn one_or_more(&self, key: &str) -> Option<Vec<String>> {
        match self.get(key)?.get_ref() {
            DeValue::String(text) => Some(vec![text.to_string()]),
            _ => self.texts(key),
        }
    }

    /// A text, or the text of a whole number.
    pub fn text_or_number(&self, key: &str) -> Option<String> {
        match self.get(key)?.get_ref() {
            DeValue::Integer(_) => self.number(key).map(|number| number.to_string()),
            _ => self.text(key),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let DeValue::Array(items) = self.get(key)?.get_ref() else {
            self.note(key, "expected a list of texts: [\"...\", \"...\"]");
            return None;
        };
        let text = |item: &Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        let texts: Option<Vec<String>> = items.iter().map(text).collect();
        if texts.is_none() {
            self.note(key, "expected a list of texts only");
        }
        texts
    }

    /// A table within this one; empty when it is not there.
    pub fn section(&self, key: &str) -> Section<'a> {
        self.known.borrow_mut().insert(key.to_owned());
        let layer_within = |layer: &Layer<'a>| {
            let value = layer.get(key)?;
            match value.get_ref() {
                DeValue::Table(table) => {
                    Some(Layer { offset: value.span().start, table: Some(table), ..*layer })
                }
                _ => {
                    layer.source.note(value.span().start, &self.key(key), "expected a table");
                    None
                }
            }
        };
        let own = layer_within(&self.own).unwrap_or(Layer { table: None, ..self.own });
        let shown = within(&self.shown, key);
        Section::of(self.key(key), shown, own, self.over.as_ref().and_then(layer_within))
    }

    /// The tables of a list of tables (`[[key]]`); those of the overrides first.
    pub fn sections(&self, key: &str) -> Vec<Section<'a>> {
        self.known.borrow_mut().insert(key.to_owned());
        let mut sections = Vec::new();
        for layer in self.layers() {
            let Some(value) = layer.get(key) else { continue };
            let DeValue::Array(items) = value.get_ref() else {
                let what = format!("expected tables headed [[{}]]", self.key(key));
                layer.source.note(value.span().start, &self.key(key), what);
                continue;
            };
            for (number, item) in items.iter().enumerate() {
                let offset = item.span().start;
                match item.get_ref() {
                    DeValue::Table(table) => {
                        let own = Layer { offset, table: Some(table), ..*layer };
                        let name = match table.get("name").map(Spanned::get_ref) {
                            Some(DeValue::String(name)) => name.to_string(),
                            _ => (number + 1).to_string(),
                        };
                        let shown = format!("{}.{name}", within(&self.shown, key));
                        sections.push(Section::of(self.key(key), shown, own, None));
                    }
                    _ => layer.source.note(offset, &self.key(key), "expected a table"),
                }
            }
        }
        sections
    }

    /// All keys of this table with the texts they map to: a table whose keys are the user's own. Those of the overrides come
    /// last, so that they stay where keys that differ in case are one.
    pub fn map(&self) -> Vec<(String, String)> {
        let mut map = Vec::new();
        for layer in [Some(&self.own), self.over.as_ref()].into_iter().flatten() {
            for (key, value) in layer.table.into_iter().flat_map(|table| table.iter()) {
                let key = key.get_ref().to_string();
                self.known.borrow_mut().insert(key.clone());
                self.set(&key, layer, value);
                match value.get_ref() {
                    DeValue::String(text) => map.push((key, text.to_string())),
                    _ => layer.source.note(
                        value.span().start,
                        &self.key(&key),
                        "expected a text in quotes",
                    ),
                }
            }
        }
        map
    }

    /// Complains of keys that nobody asked for.
    pub fn finish(self) {
        for layer in self.layers() {
            for (key, _) in layer.table.into_iter().flat_map(|table| table.iter()) {
                let name = key.get_ref().as_ref();
                let known = self.known.borrow();
                if !known.contains(name) {
                    let what =
                        format!("unknown key{}", hint(name, known.iter().map(String::as_str)));
                    layer.source.note(key.span().start, &self.key(name), what);
                }
            }
        }
    }
}

/// A key with the tables around it.
fn within(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The nearest of the known names, or all of them.
pub(super) fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let close = known.clone().min_by_key(|other| distance(name, other));
    match close.filter(|other| distance(name, other) <= 1 + name.len() / 4) {
        Some(close) => format!("; did you mean `{close}`?"),
        None => format!("; known here: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// How many single-letter edits lie between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
