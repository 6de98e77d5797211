//! `runner check`: reads a configuration and reports every mistake.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use workflow_core::seal::FileKeys;
use workflow_core::time::{Clock, SystemClock};

use super::{Failure, Outcome, say};
use crate::config;
use crate::supervise::KEYS_DIR;
use crate::systems::Systems;

/// Check a configuration without running it: every mistake with its line.
///
/// Example: runner check --config runner.toml
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The configuration.
    #[arg(long, default_value = "runner.toml")]
    config: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let config =
            config::load(&self.config).map_err(|problems| Failure::Config(problems.to_string()))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Systems::connect(&config.tenants, &clock)
            .map_err(|error| Failure::Config(format!("{}: {error}", self.config.display())))?;
        for tenant in &config.tenants {
            let hooks = match (&tenant.jobdiva_hook, &tenant.policy_hook) {
                (Some(_), Some(_)) => "webhooks of both",
                (Some(_), None) => "webhooks of JobDiva",
                (None, Some(_)) => "webhooks of 1099Policy",
                (None, None) => "no webhooks, polling only",
            };
            say(&format!(
                "tenant {}: 1099Policy {}, {} clients and {} job categories mapped, {hooks}",
                tenant.name,
                tenant.policy.environment.as_str(),
                tenant.rules.entities.len(),
                tenant.rules.job_categories.len() + tenant.rules.title_categories.len(),
            ))?;
        }
        let keys = FileKeys::check(&config.data_dir.join(KEYS_DIR), &config.master_key)
            .map_err(|error| Failure::Config(format!("{}: {error}", self.config.display())))?;
        let master = config.master_key.display();
        say(&match keys {
            true => format!("personal data is sealed under {master}"),
            false => {
                format!("personal data will be sealed under {master}, made at the first start")
            }
        })?;
        say(&format!("{} is good", self.config.display()))
    }
}
