//! `runner man`: the manual pages, one for each verb.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::{Outcome, say};

/// Write the manual pages into a folder: runner.1, and one for each verb.
///
/// Example: runner man /usr/local/share/man/man1
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; it is made if it is not there.
    dir: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> Outcome {
        std::fs::create_dir_all(&self.dir)?;
        let mut command = super::command().disable_help_subcommand(true);
        // Names become whole: `runner audit gaps`.
        command.build();
        let pages = write(&command, &self.dir)?;
        say(&format!("{}: {pages} manual pages, from runner.1 on", self.dir.display()))
    }
}

/// Writes the page of a verb and those of the verbs below it; says how many.
fn write(command: &Command, dir: &Path) -> Result<u32, std::io::Error> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut text = Vec::new();
    Page::new(command.clone()).render(&mut text)?;
    std::fs::write(dir.join(format!("{name}.1")), text)?;
    let below =
        command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
    let counts = below.map(|verb| write(verb, dir));
    counts.sum::<Result<u32, _>>().map(|count| count + 1)
}
