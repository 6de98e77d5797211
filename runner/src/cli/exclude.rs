//! `runner exclude`: a person takes a placement out of scope.

use clap::Args;

use super::Outcome;
use super::order::Ordered;
use crate::order::{About, Deed};

/// Take a placement out of scope.
///
/// Nothing is bought for it, and only a person takes it in again. What is open is undone
/// first; what is bought must be cancelled at the insurer before. On a stopped log it needs --config.
///
/// Example: runner exclude 51000783 --reason "insured by the client's own program"
#[derive(Debug, Args)]
pub(super) struct Exclude {
    /// The placement's id in JobDiva; with several tenants, TENANT/ID.
    pub(super) id: String,
    #[command(flatten)]
    pub(super) ordered: Ordered,
}

impl Exclude {
    pub(super) async fn run(self) -> Outcome {
        self.ordered.give(Deed::Exclude, About::One(self.id)).await
    }
}
