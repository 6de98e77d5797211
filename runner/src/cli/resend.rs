//! `runner resend`: gives the link to the contractor's application again.

use clap::Args;

use super::Outcome;
use super::order::Ordered;
use crate::order::{About, Deed};

/// Give the link to the contractor's application again.
///
/// It is for you to send on to the contractor: the API sends no e-mail by itself. The insurer is asked first whether it
/// still works; where the application ran out, a new one is opened, and its link is there a moment later (run it again).
/// Needs the running process.
///
/// Example: runner resend 51000799 --reason "the contractor lost the mail"
#[derive(Debug, Args)]
pub(super) struct Resend {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    id: String,
    #[command(flatten)]
    ordered: Ordered,
}

impl Resend {
    pub(super) async fn run(self) -> Outcome {
        self.ordered.give(Deed::Resend, About::One(self.id)).await
    }
}
