//! `runner webhook`: set webhooks up, try them, and see how they come.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, say, say_versioned};
use crate::config::{self, Config, Tenant};
use crate::endpoint;

mod endpoints;
mod status;
mod trials;

/// Set webhooks up, try them, and see how they come.
///
/// See docs/webhooks.md.
///
/// Example: runner webhook endpoint
///
/// Example: runner webhook test --source jobdiva --url https://hooks.example.com
#[derive(Debug, Args)]
pub(super) struct Webhook {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an address's last part that nobody guesses.
    ///
    /// Example: runner webhook endpoint
    Endpoint {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    Test(trials::Test),
    Check(trials::Check),
    Status(status::Status),
    Register(endpoints::Register),
    List(endpoints::List),
    Remove(endpoints::Remove),
}

/// Which tenant of which configuration.
#[derive(Debug, Args)]
struct Whose {
    /// The configuration.
    #[arg(long, default_value = "runner.toml", value_name = "FILE")]
    config: PathBuf,
    /// The tenant; may be left out where there is only one.
    #[arg(long)]
    tenant: Option<String>,
}

impl Whose {
    fn load(&self) -> Result<Config, Failure> {
        config::load(&self.config).map_err(|problems| Failure::Config(problems.to_string()))
    }

    /// The tenant meant.
    fn tenant<'a>(&self, config: &'a Config) -> Result<&'a Tenant, Failure> {
        match (&self.tenant, config.tenants.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Failure::Usage("which tenant? Say --tenant NAME".into())),
            (Some(name), tenants) => {
                let found = tenants.iter().find(|tenant| tenant.name == *name);
                found.ok_or_else(|| Failure::NotFound(format!("no tenant is called {name}")))
            }
        }
    }
}

impl Webhook {
    pub(super) async fn run(self) -> Outcome {
        match self.what {
            What::Endpoint { json } => {
                let made = endpoint::made().map_err(|error| super::failed(&error))?;
                match json {
                    true => say_versioned(&serde_json::json!({ "endpoint": made })),
                    false => say(&made),
                }
            }
            What::Test(test) => test.run().await,
            What::Check(check) => check.run(),
            What::Status(status) => status.run().await,
            What::Register(register) => register.run().await,
            What::List(list) => list.run().await,
            What::Remove(remove) => remove.run().await,
        }
    }
}
