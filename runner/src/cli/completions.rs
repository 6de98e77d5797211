//! `runner completions`: what a shell completes.

use std::io;

use clap::Args;
use clap_complete::Shell;

use super::Outcome;

/// Print what a shell needs to complete this command line.
///
/// Example: runner completions bash > /etc/bash_completion.d/runner
///
/// Example: runner completions zsh > ~/.zfunc/_runner
///
/// Example: runner completions fish > ~/.config/fish/completions/runner.fish
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "runner", &mut script);
        match io::Write::write_all(&mut io::stdout(), &script) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}
