//! The outside of `runner run`: both vendors' simulators, without a single placement, and a configuration that names them.
//!
//! What arrives is sent by `senders.rs`; the simulators only answer what the runner asks by itself.

use std::path::Path;

use integration_1099policy::simulator as insurer;
use integration_jobdiva::simulator as ats;
use tokio::runtime::Runtime;
use workflow_core::time::{Clock, ManualClock, SystemClock};

/// The unguessable part of the webhook's address.
pub const ENDPOINT: &str = "4b1de2f07c934a65b8e0f9d3a7c2615e";
/// What signs the webhooks.
pub const SECRET: &str = "the secret of the tests' webhooks";
/// The header that holds the signature.
pub const HEADER: &str = "Ten99Policy-Signature";

/// Both vendors, serving until dropped.
pub struct Outside {
    jobdiva: ats::Simulator,
    policy: insurer::Simulator,
    _runtime: Runtime,
}

impl Outside {
    /// Starts both.
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = ManualClock::at(SystemClock.now());
        let (jobdiva, policy) = runtime.block_on(async {
            let jobdiva = ats::Config {
                clock: clock.clone(),
                dataset: ats::Dataset::Empty,
                ..ats::Config::default()
            };
            let policy = insurer::Config { clock, ..insurer::Config::default() };
            (
                ats::Simulator::start(jobdiva).await.unwrap(),
                insurer::Simulator::start(policy).await.unwrap(),
            )
        });
        Self { jobdiva, policy, _runtime: runtime }
    }

    /// Writes `runner.toml` into `dir`, with the log in `data` and a free port for each door.
    pub fn configure(&self, dir: &Path, data: &Path) {
        let ats::Credentials { client_id, username, password } = ats::Credentials::default();
        let text = format!(
            r#"
data_dir = "{data}"

[listen]
hooks = "127.0.0.1:0"
admin = "127.0.0.1:0"
page = "127.0.0.1:0"

[[tenant]]
name = "acme"

[tenant.jobdiva]
base_url = "{jobdiva}"
client_id = "{client_id}"
username = "{username}"
password_file = "password"

[tenant.1099policy]
base_url = "{policy}"
environment = "sandbox"
api_key_file = "key"
success_url = "https://dashboard.example.com/{{placement}}"
cancel_url = "https://dashboard.example.com/{{placement}}"

[tenant.1099policy.webhook]
endpoint = "{ENDPOINT}"
profile = "hmac-hex"
header = "{HEADER}"
secret_file = "secret"

[tenant.contractor]
relay_domain = "relay.example.com"
"#,
            data = data.display(),
            jobdiva = self.jobdiva.base_url(),
            policy = self.policy.base_url(),
        );
        std::fs::write(dir.join("runner.toml"), text).unwrap();
        std::fs::write(dir.join("password"), password).unwrap();
        std::fs::write(dir.join("key"), self.policy.api_key()).unwrap();
        std::fs::write(dir.join("secret"), SECRET).unwrap();
    }
}
