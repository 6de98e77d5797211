//! `runner keep`: a person says which contractor a merged candidate keeps.

use clap::Args;
use serde_json::Value;

use super::ask::{self, Ask};
use super::{Failure, Outcome, Place, say, say_versioned};
use crate::admin::inbox::Keep as Body;

/// Say which contractor a merged candidate keeps.
///
/// Asked for after two candidates were merged in JobDiva, where the insurer knows both.
///
/// Example: runner keep 70011000042 cn_V4hLw82ZpQ --reason "it is the one with the policy"
#[derive(Debug, Args)]
pub(super) struct Keep {
    /// The candidate's id in JobDiva, of the one that stays; with several tenants, TENANT/ID.
    candidate: String,
    /// The insurer's id of the contractor.
    contractor: String,
    /// Why, in your words.
    #[arg(long)]
    reason: String,
    /// Who decides; the login name by default.
    #[arg(long, env = "USER", default_value = "unknown")]
    who: String,
    /// The tenant, where several know the candidate.
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Keep {
    pub(super) async fn run(self) -> Outcome {
        let Ask::Running(address) = self.place.ask().await? else {
            return Err(Failure::Failed(
                "no process is running on that data directory: start it, then decide".into(),
            ));
        };
        let (tenant, candidate) = match (self.tenant, self.candidate.split_once('/')) {
            (Some(tenant), _) => (tenant, self.candidate.clone()),
            (None, Some((tenant, id))) => (tenant.to_owned(), id.to_owned()),
            (None, None) => (only_tenant(&address).await?, self.candidate.clone()),
        };
        let path = format!("/v1/contractors/{tenant}/{}/keep", ask::encoded(&candidate));
        let body = Body { contractor: self.contractor, reason: self.reason, who: self.who };
        let done: Value = ask::post(&address, &path, &body).await?;
        if self.json {
            return say_versioned(&done);
        }
        let state = done["state"].as_str().unwrap_or("?");
        say(&format!("candidate {candidate} is {state} now, as contractor {}", body.contractor))
    }
}

/// The tenant of all placements, where it is one.
async fn only_tenant(address: &crate::admin::Address) -> Result<String, Failure> {
    let list: crate::views::List = ask::get(address, "/v1/placements").await?;
    let mut tenants: Vec<&String> = list.placements.iter().map(|line| &line.tenant).collect();
    tenants.dedup();
    match tenants.as_slice() {
        [tenant] => Ok((*tenant).clone()),
        _ => Err(Failure::Usage("which tenant? Say --tenant".into())),
    }
}
