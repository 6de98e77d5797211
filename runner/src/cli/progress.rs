//! How far a long verb is: on the error stream, and only where somebody is looking at it.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::telemetry;

/// How often something moves that has no measure.
const TICK: Duration = Duration::from_millis(100);

/// A bar; nothing at all when the error stream is no terminal.
pub(super) struct Bar(ProgressBar);

/// What is counted.
pub(super) enum Unit {
    /// Events of the log.
    Events,
    /// Bytes of a file.
    Bytes,
}

impl Bar {
    /// A bar towards `total`; without one, only how much.
    pub(super) fn new(what: &'static str, unit: Unit, total: Option<u64>) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let count = match (unit, total) {
            (Unit::Events, Some(_)) => "{human_pos} of {human_len} events, {eta} left",
            (Unit::Events, None) => "{human_pos} events",
            (Unit::Bytes, Some(_)) => "{bytes} of {total_bytes}, {eta} left",
            (Unit::Bytes, None) => "{bytes}",
        };
        let template = match total {
            Some(_) => format!("{{msg}} [{{bar:30}}] {count}"),
            None => format!("{{msg}} {{spinner}} {count}"),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar.with_message(what))
    }

    /// Something that takes as long as it takes: only that it goes on.
    pub(super) fn busy(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        let bar = bar.with_message(what);
        telemetry::go_above(Some(bar.clone()));
        Self(bar)
    }

    /// So far it is.
    pub(super) fn at(&self, position: u64) {
        self.0.set_position(position);
    }

    /// The end may move while a log grows.
    pub(super) fn of(&self, total: u64) {
        self.0.set_length(total);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        telemetry::go_above(None);
        self.0.finish_and_clear();
    }
}
