//! Logs: to the error stream or a file, as lines or JSON, never with personal data (nothing in the workspace logs any).
//!
//! What libraries say stays out, however talkative the log is made: of what they know, addresses with passwords in them
//! among it, nobody here decides what is written down. With feature `otlp` traces go to a collector (`telemetry/otlp.rs`),
//! where the usual variables name one; `telemetry/requests.rs` opens the span of a request at a door.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;
use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::terminal;

#[cfg(feature = "otlp")]
mod otlp;
pub mod requests;

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
    let lines = fmt::layer().with_writer(|| Lines);
    match form {
        Form::Lines => start(lines.with_ansi(terminal::colours(&std::io::stderr())), default),
        Form::Json => start(lines.json().flatten_event(true), default),
    }
}

/// The progress bar that is drawn on the error stream, if there is one.
static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn drawn() -> MutexGuard<'static, Option<ProgressBar>> {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has lines go above this progress bar from now on; `None` where there is none any more.
pub(crate) fn go_above(bar: Option<ProgressBar>) {
    *drawn() = bar;
}

/// The error stream, each line above the bar.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &*drawn() {
            Some(bar) => bar.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Starts logging to a file, added to at its end.
pub fn to_file(path: &Path, default: &str) -> std::io::Result<()> {
    let file = File::options().create(true).append(true).open(path)?;
    start(fmt::layer().with_ansi(false).with_writer(Mutex::new(file)), default);
    Ok(())
}

/// Sends what is left of the traces, before the process ends. It takes some seconds where the collector is away.
pub fn finish() {
    #[cfg(feature = "otlp")]
    otlp::finish();
}

/// A second start in one process keeps the first one's logging.
fn start(lines: impl Layer<Registry> + Send + Sync, default: &str) {
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter(default)));
    match traces() {
        Ok(traces) => drop(subscriber.with(traces).try_init()),
        Err(why) => {
            drop(subscriber.try_init());
            tracing::warn!("no traces are sent: {why}");
        }
    }
}

type Traces<S> = Option<Box<dyn Layer<S> + Send + Sync>>;

#[cfg(feature = "otlp")]
fn traces<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>() -> Result<Traces<S>, &'static str>
{
    otlp::layer()
}

#[cfg(not(feature = "otlp"))]
fn traces<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>() -> Result<Traces<S>, &'static str>
{
    // Said, for somebody expects them.
    match std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Some(_) => Err("this binary was built without the feature `otlp`"),
        None => Ok(None),
    }
}

/// What `RUST_LOG` chooses, or `default`, of what this workspace says in lines.
fn filter(default: &str) -> EnvFilter {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // Those that speak through `tracing`; what speaks through `log` has no way here at all.
    ["axum", "h2", "hyper", "hyper_util", "mio", "reqwest", "rustls", "tower"]
        .into_iter()
        .chain([workflow_core::span::TARGET])
        .filter_map(|library| format!("{library}=off").parse().ok())
        .fold(chosen, EnvFilter::add_directive)
}
