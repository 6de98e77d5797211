//! `runner key`: the key that signs the log.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, say, say_versioned};
use crate::signing;

/// Make the key that signs the log.
///
/// It signs where the log ends, so that a cut tail shows.
///
/// Example: runner key new secrets/log-signing.pem
#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a new ed25519 key.
    ///
    /// The private half is in FILE, for its owner alone, the public half in FILE.pub.
    ///
    /// Example: runner key new secrets/log-signing.pem
    New {
        /// Where to write it; an existing file is never overwritten.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Key {
    pub(super) fn run(self) -> Outcome {
        let What::New { file, json } = self.what;
        let made = signing::new_key(&file).map_err(|error| {
            let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
            let why = if exists { "it exists already".to_owned() } else { error.to_string() };
            Failure::Failed(format!("{} was not written: {why}", file.display()))
        });
        let (key, public) = made?;
        if json {
            let (public_file, public) = (public, key.public().to_string());
            return say_versioned(&serde_json::json!({
                "file": file,
                "public_file": public_file,
                "public": public,
            }));
        }
        say(&format!("{} signs: name it as `signing_key_file` under [log]", file.display()))?;
        say(&format!(
            "{} verifies; keep it where whoever can change the log cannot change it:",
            public.display()
        ))?;
        say(&key.public().to_string())
    }
}
