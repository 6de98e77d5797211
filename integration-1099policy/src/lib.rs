//! The 1099Policy adapter: what the domain asks of the insurer, in the insurer's words, and back.
//!
//! In reading order:
//!
//! - [`config`]: what it must be told, with the documented defaults; [`secret`]: texts that cannot be printed.
//! - [`perform`]: one attempt at one owed call, `Ten99Policy::perform`. The engine owns retries.
//! - [`failure`]: what is known when a request did not simply succeed, by evidence.
//! - [`receive`]: a webhook's bytes to a [`delivery`], authenticated; [`mod@interpret`]: a delivery to what must be read;
//!   [`confirm`]: reading it. A webhook is a hint, what was read is a fact.
//! - [`poll`]: the same without webhooks. [`setup`]: checks before work begins.
//! - [`echo`]: one object read back, for whoever checks a set-up; [`doctor`]: what an account looks like.
//! - [`operation`]: the names of the requests, for a configuration.
//! - `client`: the network, and nothing else; `wire`: the shapes on it; `pages`: lists; `sight`: resources to facts.
//!
//! Deliberately absent: retries and waits (the engine's), judgement (the domain's), certificates.
//!
//! ```
//! use integration_1099policy::Ten99Policy;
//! use integration_1099policy::config::{Config, Environment, LinkTemplates};
//! use integration_1099policy::secret::Secret;
//!
//! let links = LinkTemplates {
//!     success_url: "https://ops.example.test/placements/{placement}?coverage=active".to_owned(),
//!     cancel_url: "https://ops.example.test/placements/{placement}?coverage=canceled".to_owned(),
//! };
//! let policy = Ten99Policy::new(Config::new(Secret::new("t9k_test_1"), Environment::Sandbox, links))?;
//! # Ok::<(), integration_1099policy::config::BadConfig>(())
//! ```

mod client;
pub mod config;
pub mod confirm;
pub mod delivery;
pub mod doctor;
pub mod echo;
pub mod failure;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod interpret;
pub mod operation;
mod pages;
pub mod perform;
pub mod poll;
pub mod receive;
pub mod secret;
pub mod setup;
mod sight;
#[cfg(feature = "simulator")]
pub mod simulator;
mod wire;

use std::sync::Arc;

use workflow_core::outlet;
use workflow_core::time::{Clock, SystemClock};

use crate::client::Client;
use crate::config::{BadConfig, Config};
pub use crate::failure::stops_the_connector;
pub use crate::interpret::interpret;

/// One tenant's 1099Policy. Clones share the connection pool.
#[derive(Clone)]
pub struct Ten99Policy(Arc<Inner>);

struct Inner {
    config: Config,
    client: Client,
}

impl Ten99Policy {
    /// Checks the configuration and prepares the connections; nothing is sent yet. Limits and waits go by the machine's
    /// clock.
    pub fn new(config: Config) -> Result<Self, BadConfig> {
        Self::with_clock(config, Arc::new(SystemClock))
    }

    /// The same by another clock.
    pub fn with_clock(config: Config, clock: Arc<dyn Clock>) -> Result<Self, BadConfig> {
        let client = Client::new(&config, clock)?;
        Ok(Self(Arc::new(Inner { config, client })))
    }

    /// Why the API key is refused, as status and code; `None` while nothing speaks against it. What waits for it may as
    /// well not be sent.
    pub fn refused(&self) -> Option<String> {
        self.0.client.refused()
    }

    /// Takes another API key, from the next request on.
    ///
    /// # Errors
    /// When no header can carry it, or it is one of the other environment's: the one in use stays.
    pub fn set_api_key(&self, key: secret::Secret) -> Result<(), BadConfig> {
        self.0.client.set_api_key(key)
    }

    /// A person says that it may be asked now, whatever it wished and however long nobody answered.
    pub fn lift(&self) {
        self.0.client.lift();
    }

    /// The limits and the breaker as they stand.
    pub fn outlet(&self) -> outlet::Shown {
        self.0.client.outlet()
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn config(&self) -> &Config {
        &self.0.config
    }
}
