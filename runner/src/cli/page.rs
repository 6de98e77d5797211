//! `runner page`: the link to the pages.

use clap::Args;

use super::{Failure, Outcome, Place, say, say_json};
use crate::web::door;

/// Print a link to the pages.
///
/// It lets you in as an admin, and works for whoever can read the data directory; everybody else comes in with a
/// token of [page] in the configuration. Treat the link like a password.
///
/// Example: runner page --config runner.toml
#[derive(Debug, Args)]
pub(super) struct Page {
    #[command(flatten)]
    place: Place,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Page {
    pub(super) fn run(self) -> Outcome {
        let dir = self.place.data_dir()?;
        let link = door::link(&dir)
            .map_err(|error| Failure::Failed(format!("{}: {error}", dir.display())))?;
        let none = || {
            Failure::NotFound(format!(
                "no runner has opened pages over {}: start one with `runner run`",
                dir.display()
            ))
        };
        let link = link.ok_or_else(none)?;
        if self.json {
            say_json(&serde_json::json!({ "version": 1, "link": link }))
        } else {
            say(&link)
        }
    }
}
