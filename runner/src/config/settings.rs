//! Where each value of a configuration comes from: a line of a file, a secret's file, the environment, or a default.
//!
//! The reader notes it while it reads, so that nothing is known here which does not hold. Secrets are never noted: only
//! where they come from.
//!
//! Read next: `reader.rs`.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use toml::de::DeValue;

/// What is shown instead of a secret.
pub const HIDDEN: &str = "(hidden)";

/// One value in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The key, with the tables around it; a tenant by its name: `tenant.acme.pace.poll`.
    pub key: String,
    /// The value, as it is written in the file; a secret is [`HIDDEN`].
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Origin {
    /// It stands in a file.
    File {
        /// The file: the configuration, or one that it names.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file that the configuration names holds it.
    SecretFile {
        /// That file.
        path: PathBuf,
    },
    /// A variable of the environment that the configuration names holds it.
    Environment {
        /// The variable.
        variable: String,
    },
    /// Nobody says otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { file, line } => write!(f, "{}:{line}", file.display()),
            Origin::SecretFile { path } => write!(f, "the file {}", path.display()),
            Origin::Environment { variable } => write!(f, "the environment's {variable}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value as it is written in TOML.
pub(super) fn written(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Table(table) => {
            let pair = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let key: &std::borrow::Cow<'_, str> = key.get_ref();
                format!("{key} = {}", written(value.get_ref()))
            };
            let pairs: Vec<String> = table.iter().map(pair).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// A text as it is written in TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
