//! Asks the demo's runners what they hold.

use std::time::Duration;

use crate::admin::Address;
use crate::shards::Holds;

/// One that sleeps does not answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Who asks.
pub(super) struct Asks(reqwest::Client);

impl Asks {
    pub(super) fn new() -> Self {
        Self(reqwest::Client::new())
    }

    /// What a runner says that it holds; nothing when it does not answer.
    pub(super) async fn holds(&self, door: &Address) -> Option<Holds> {
        let asked = self.0.get(format!("{}/v1/holding", door.url)).bearer_auth(&door.token);
        let told = asked.timeout(WITHIN).send().await.ok()?;
        told.error_for_status().ok()?.json().await.ok()
    }
}
