//! `runner include`: a person takes a placement into scope.

use clap::Args;

use super::Outcome;
use super::order::Ordered;
use crate::order::{About, Deed};

/// Take a placement into scope.
///
/// You decide against the scope rule: you override the evidence that is shown, and no other: when JobDiva
/// says something else against it later, the placement is flagged. On a stopped log it needs --config.
///
/// Example: runner include 51000778 --reason "counsel: the corporation is their own"
#[derive(Debug, Args)]
pub(super) struct Include {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    id: String,
    #[command(flatten)]
    ordered: Ordered,
}

impl Include {
    pub(super) async fn run(self) -> Outcome {
        self.ordered.give(Deed::Include, About::One(self.id)).await
    }
}
