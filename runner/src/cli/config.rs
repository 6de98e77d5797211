//! `runner config`: a configuration looked at without running it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::check::Check;
use super::{Failure, Outcome, say, say_json};
use crate::config::{self, Setting};
use crate::views;

/// Check a configuration, or show every value in force and where it comes from.
///
/// Example: runner config check
///
/// Example: runner config show --origin
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Check),
    Show(Show),
}

/// Show every value in force.
///
/// Those of the file, of files that it names, and the defaults; not what has no value. Secrets, and the part of a webhook's
/// address that nobody is to guess, are shown as `(hidden)`. What is asked of JobDiva is shown by `runner operations`.
///
/// Example: runner config show
///
/// Example: runner config show --origin --config runner.toml
///
/// Example: runner config show --json
#[derive(Debug, Args)]
struct Show {
    /// The configuration.
    #[arg(long, default_value = "runner.toml", value_name = "FILE")]
    config: PathBuf,
    /// Say where each value comes from: a line of a file, a secret's file, the environment, or a default.
    #[arg(long)]
    origin: bool,
    /// Print JSON; it always has the origins.
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(super) fn run(self) -> Outcome {
        match self.verb {
            Verb::Check(check) => check.run(),
            Verb::Show(show) => show.run(),
        }
    }
}

impl Show {
    fn run(self) -> Outcome {
        let settings = config::settings(&self.config);
        let settings = settings.map_err(|problems| Failure::Config(problems.to_string()))?;
        if self.json {
            return say_json(&serde_json::json!({
                "version": views::VERSION,
                "file": self.config,
                "settings": settings,
            }));
        }
        settings.iter().try_for_each(|Setting { key, value, origin }| match self.origin {
            true => say(&format!("{key} = {value}  # {origin}")),
            false => say(&format!("{key} = {value}")),
        })
    }
}
