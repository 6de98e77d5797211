//! `runner retry`: what waits for its next try is tried now.

use clap::Args;

use super::order::Ordered;
use super::{Failure, Outcome};
use crate::order::{About, Deed};

/// Try now what waits for its next try.
///
/// What failed and waits is tried at once: of one placement (and its contractor), or of a whole tenant, whose
/// credentials are tried again too. Needs the running process: at its start everything that is owed is tried at once.
///
/// Example: runner retry 51000777 --reason "their support says that it works again"
///
/// Example: runner retry --tenant acme --all --reason "the outage is over"
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// The placement's id in JobDiva, or contractor/ID; with several tenants, TENANT/ID.
    #[arg(required_unless_present = "tenant", conflicts_with = "tenant")]
    id: Option<String>,
    /// Everything of this tenant; with --all.
    #[arg(long, requires = "all")]
    tenant: Option<String>,
    /// Really everything of the tenant.
    #[arg(long, requires = "tenant")]
    all: bool,
    #[command(flatten)]
    ordered: Ordered,
}

impl Retry {
    pub(super) async fn run(self) -> Outcome {
        let about = match (self.id, self.tenant) {
            (Some(id), None) => About::One(id),
            (None, Some(tenant)) => About::Tenant(tenant),
            (_, _) => return Err(Failure::Usage("say an ID, or --tenant T --all".into())),
        };
        self.ordered.give(Deed::Retry, about).await
    }
}
