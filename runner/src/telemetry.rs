//! Logs: to the error stream or a file, as lines or JSON, never with personal data (nothing in the workspace logs any).

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::terminal;

/// Where logs go, and how they look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Lines,
    /// One JSON object a line.
    Json,
}

/// Starts logging to the error stream; `RUST_LOG` chooses what, `default` otherwise.
pub fn to_stderr(form: Form, default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first one's logging.
    let started = match form {
        Form::Lines => builder.with_ansi(terminal::colours(&std::io::stderr())).try_init(),
        Form::Json => builder.json().try_init(),
    };
    drop(started);
}

/// Starts logging to a file, added to at its end.
pub fn to_file(path: &Path, default: &str) -> std::io::Result<()> {
    let file = File::options().create(true).append(true).open(path)?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    drop(builder.with_writer(Mutex::new(file)).try_init());
    Ok(())
}
