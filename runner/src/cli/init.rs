//! `runner init`: a commented configuration to fill in.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome, say};
use crate::config;

/// Write a commented configuration.
///
/// Example: runner init
///
/// Example: runner init --file /etc/runner/runner.toml
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it; an existing file is never overwritten.
    #[arg(long, default_value = "runner.toml")]
    file: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> Outcome {
        use std::io::Write as _;
        let created = std::fs::File::options().write(true).create_new(true).open(&self.file);
        let mut file = created.map_err(|error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let why = match exists {
                true => "it exists already; choose another --file".to_owned(),
                false => error.to_string(),
            };
            Failure::Failed(format!("{} was not written: {why}", self.file.display()))
        })?;
        let sample = config::sample().map_err(|error| super::failed(&error))?;
        file.write_all(sample.as_bytes())?;
        let name = self.file.display();
        say(&format!("{name} is written. Fill it in, then: runner check --config {name}"))
    }
}
