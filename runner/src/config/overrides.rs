//! Files of overrides: `overrides_file` under `[[tenant]]` names one, with the same tables as stand there; what stands in it
//! goes before. `runner doctor --suggest` writes one.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::reader::{Problem, Source};

/// The key under `[[tenant]]`.
pub(super) const KEY: &str = "overrides_file";

/// The largest file that is read: thousands of lines.
const BYTES_MAX: u64 = 1 << 20;

/// The text of one tenant's overrides.
pub(super) struct Named {
    file: PathBuf,
    text: Result<String, String>,
}

/// Reads the files that the tenants name, in their order; `None` for a tenant that names none.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "any other TOML value is complained of elsewhere"
)]
pub(super) fn read(table: &DeTable<'_>, base: &Path) -> Vec<Option<Named>> {
    let tenants = match table.get("tenant").map(|value| value.get_ref()) {
        Some(DeValue::Array(tenants)) => tenants,
        _ => return Vec::new(),
    };
    let file = |tenant: &DeValue<'_>| match tenant {
        DeValue::Table(tenant) => match tenant.get(KEY)?.get_ref() {
            DeValue::String(file) => Some(base.join(file.as_ref())),
            _ => None,
        },
        _ => None,
    };
    let read = |file: PathBuf| {
        let text = text_of(&file).map_err(|error| error.to_string());
        Named { file, text }
    };
    tenants.iter().map(|tenant| file(tenant.get_ref()).map(read)).collect()
}

fn text_of(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)?.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

impl Named {
    /// The text as a source of its own; what is wrong with the file itself is noted there.
    pub(super) fn source(&self) -> Source<'_> {
        let text = self.text.as_deref().unwrap_or_default();
        let source = Source::of_file(text, &self.file);
        if let Err(error) = &self.text {
            source.note(0, KEY, format!("cannot be read: {error}"));
        }
        source
    }
}

/// The table of a source; a text that is no TOML is noted.
pub(super) fn table<'a>(source: &Source<'a>) -> Option<DeTable<'a>> {
    match DeTable::parse(source.text) {
        Ok(table) => Some(table.into_inner()),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            source.note(offset, "syntax", error.message().to_owned());
            None
        }
    }
}

/// All mistakes of all sources, those of the configuration first.
pub(super) fn problems<'a>(sources: impl Iterator<Item = Source<'a>>) -> Vec<Problem> {
    sources.flat_map(Source::into_problems).collect()
}
