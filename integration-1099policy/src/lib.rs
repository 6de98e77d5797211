//! The 1099Policy adapter.
mod client;
pub mod config;
pub mod failure;
mod pages;
mod perform;
pub mod secret;
mod wire;

use std::sync::Arc;

use crate::client::Client;
use crate::config::{BadConfig, Config};
pub use crate::failure::stops_the_connector;

/// One tenant's 1099Policy. Clones share the connection pool.
#[derive(Clone)]
pub struct Ten99Policy(Arc<Inner>);

struct Inner {
    config: Config,
    client: Client,
}

impl Ten99Policy {
    /// Checks the configuration and prepares the connections; nothing is sent yet.
    pub fn new(config: Config) -> Result<Self, BadConfig> {
        let client = Client::new(&config)?;
        Ok(Self(Arc::new(Inner { config, client })))
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn config(&self) -> &Config {
        &self.0.config
    }
}
