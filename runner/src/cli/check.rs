//! `runner check`, also `runner config check`: reads a configuration and reports every mistake.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use workflow_core::seal::FileKeys;
use workflow_core::time::{Clock, SystemClock};

use super::{Failure, Outcome, say, say_json};
use crate::config::{self, Config, Problem, Tenant};
use crate::supervise::KEYS_DIR;
use crate::systems::Systems;
use crate::views;

/// Check a configuration without running it: every mistake with its line.
///
/// The same as `runner config check`. `runner config show --origin` says where each value comes from.
///
/// Example: runner check
///
/// Example: runner check --config /etc/runner/runner.toml --json
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The configuration.
    #[arg(long, default_value = "runner.toml", value_name = "FILE")]
    config: PathBuf,
    /// Print JSON, with the mistakes as a list.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self) -> Outcome {
        let config = match config::load(&self.config) {
            Ok(config) => config,
            Err(problems) => {
                if self.json {
                    self.say_bad(&problems.problems)?;
                }
                return Err(Failure::Config(problems.to_string()));
            }
        };
        let unfit = |what: String| Failure::Config(format!("{}: {what}", self.config.display()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Systems::connect(&config.tenants, &clock).map_err(|error| unfit(error.to_string()))?;
        let keys = FileKeys::check(&config.data_dir.join(KEYS_DIR), &config.master_key)
            .map_err(|error| unfit(error.to_string()))?;
        if self.json { self.say_good(&config) } else { self.tell(&config, keys) }
    }

    fn tell(&self, config: &Config, keys: bool) -> Outcome {
        for tenant in &config.tenants {
            say(&format!(
                "tenant {}: 1099Policy {}, {} clients and {} job categories mapped, {}",
                tenant.name,
                tenant.policy.environment.as_str(),
                tenant.rules.entities.len(),
                tenant.rules.job_categories.len() + tenant.rules.title_categories.len(),
                hooks(tenant),
            ))?;
        }
        let master = config.master_key.display();
        say(&match keys {
            true => format!("personal data is sealed under {master}"),
            false => {
                format!("personal data will be sealed under {master}, made at the first start")
            }
        })?;
        say(&format!("{} is good", self.config.display()))
    }

    fn say_good(&self, config: &Config) -> Outcome {
        let tenant = |tenant: &Tenant| {
            json!({
                "name": tenant.name,
                "environment": tenant.policy.environment.as_str(),
                "entities": tenant.rules.entities.len(),
                "job_categories":
                    tenant.rules.job_categories.len() + tenant.rules.title_categories.len(),
                "webhooks": hooks(tenant),
            })
        };
        let tenants: Vec<_> = config.tenants.iter().map(tenant).collect();
        say_json(&json!({
            "version": views::VERSION,
            "file": self.config,
            "good": true,
            "mistakes": [],
            "tenants": tenants,
        }))
    }

    fn say_bad(&self, problems: &[Problem]) -> Outcome {
        let mistake = |problem: &Problem| {
            let Problem { file, line, key, what } = problem;
            let file = file.as_ref().unwrap_or(&self.config);
            json!({ "file": file, "line": line, "key": key, "what": what })
        };
        let mistakes: Vec<_> = problems.iter().map(mistake).collect();
        say_json(&json!({
            "version": views::VERSION,
            "file": self.config,
            "good": false,
            "mistakes": mistakes,
        }))
    }
}

fn hooks(tenant: &Tenant) -> &'static str {
    match (&tenant.jobdiva_hook, &tenant.policy_hook) {
        (Some(_), Some(_)) => "webhooks of both",
        (Some(_), None) => "webhooks of JobDiva",
        (None, Some(_)) => "webhooks of 1099Policy",
        (None, None) => "no webhooks, polling only",
    }
}
