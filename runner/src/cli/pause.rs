//! `runner pause` and `runner resume`: nothing is sent for a placement, a tenant or an adapter until a person lets it go on.

use clap::Args;

use super::order::Ordered;
use super::{Failure, Outcome};
use crate::order::{About, Deed};
use crate::systems::{JOBDIVA, POLICY};

/// Send nothing for a placement, a tenant or an adapter until it is resumed.
///
/// It outlives a restart. Webhooks are kept, timers go on, and what is owed is shown as paused. On a stopped log it needs --config.
///
/// Example: runner pause 51000777 --reason "the client disputes the dates"
///
/// Example: runner pause --tenant acme --adapter 1099policy --reason "they move accounts"
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    ordered: Ordered,
}

/// Let go on what was paused.
///
/// What waited is done at once. On a stopped log it needs --config.
///
/// Example: runner resume 51000777 --reason "the dates are agreed"
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    ordered: Ordered,
}

/// What is paused, or goes on.
#[derive(Debug, Args)]
struct What {
    /// The placement's id in JobDiva, or contractor/ID; with several tenants, TENANT/ID.
    #[arg(required_unless_present_any = ["tenant", "adapter"], conflicts_with_all = ["tenant", "adapter"])]
    id: Option<String>,
    /// Everything of this tenant; with --adapter only what is asked of that one.
    #[arg(long)]
    tenant: Option<String>,
    /// Everything that is asked of this adapter; without --tenant, of all tenants.
    #[arg(long, value_parser = [JOBDIVA, POLICY])]
    adapter: Option<String>,
}

impl What {
    fn about(self) -> Result<About, Failure> {
        match (self.id, self.tenant, self.adapter) {
            (Some(id), None, None) => Ok(About::One(id)),
            (None, Some(tenant), None) => Ok(About::Tenant(tenant)),
            (None, tenant, Some(adapter)) => Ok(About::Adapter { adapter, tenant }),
            (_, _, _) => Err(Failure::Usage("say an ID, --tenant or --adapter".into())),
        }
    }
}

impl Pause {
    pub(super) async fn run(self) -> Outcome {
        self.ordered.give(Deed::Pause, self.what.about()?).await
    }
}

impl Resume {
    pub(super) async fn run(self) -> Outcome {
        self.ordered.give(Deed::Resume, self.what.about()?).await
    }
}
