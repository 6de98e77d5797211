//! JobDiva's webhooks without a JobDiva: a tenant whose systems are nowhere, and deliveries signed as the tenant expects.
//!
//! For tests and measurements of the door itself; where deliveries lead is the simulators' matter.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use integration_1099policy::config as policy;
use integration_jobdiva::config as jobdiva;
use jiff::tz::TimeZone;
use runner::config::{Certificates, JobDivaHook, Pace, Tenant};
use runner::supervise;
use runner::systems::Systems;
use sha2::{Digest, Sha256};
use workflow_core::domain::Insurance;
use workflow_core::domain::rules::Rules;
use workflow_core::engine::Engine;
use workflow_core::inbox::Delivery;
use workflow_core::seal::Vault;
use workflow_core::store::Store;
use workflow_core::time::{Clock, Timestamp};

/// The tenant's name.
pub const TENANT: &str = "acme";
/// Where its hook is.
pub const PATH: &str = "/hooks/jobdiva/a-test-endpoint-0001";
/// The header that carries the signature.
pub const SIGNATURE: &str = "x-jobdiva-signature";
/// When it all begins.
pub const START: Timestamp = Timestamp::from_secs(1_774_267_200);

const ENDPOINT: &str = "a-test-endpoint-0001";
const SECRET: &str = "the secret of a hook in a test";

/// The tenant: its hook is real, its systems are not there.
fn tenant() -> Tenant {
    let nowhere = || "http://127.0.0.1:9".to_owned();
    let mut ats =
        jobdiva::Config::new("1", "nobody", integration_jobdiva::secret::Secret::new("none"));
    ats.base_url = nowhere();
    let links = policy::LinkTemplates {
        success_url: "https://dashboard.example.com/placements/{placement}?coverage=active".into(),
        cancel_url: "https://dashboard.example.com/placements/{placement}?coverage=canceled".into(),
    };
    let key = integration_1099policy::secret::Secret::new("none");
    let mut insurer = policy::Config::new(key, policy::Environment::Sandbox, links);
    insurer.base_url = nowhere();
    let secrets = vec![integration_jobdiva::secret::Secret::new(SECRET)];
    Tenant {
        calls_at_once: runner::config::CallsAtOnce::default(),
        secret_files: runner::config::SecretFiles::default(),
        notify: Vec::new(),
        name: TENANT.to_owned(),
        jobdiva: ats,
        jobdiva_hook: Some(JobDivaHook::new(ENDPOINT.to_owned(), secrets)),
        policy: insurer,
        policy_hook: None,
        rules: Rules::usual(TimeZone::UTC, "relay.example.com"),
        pace: Pace::default(),
        checklist: None,
        certificates: Certificates::default(),
    }
}

/// The tenant's systems.
pub fn systems(clock: Arc<dyn Clock>) -> Systems {
    Systems::connect(&[tenant()], &clock).expect("addresses that nobody has are addresses")
}

/// The tenant's systems, where its insurer is there: at this address, with this key.
pub fn systems_with(insurer: String, key: &str, clock: Arc<dyn Clock>) -> Systems {
    let mut tenant = tenant();
    let key = integration_1099policy::secret::Secret::new(key);
    let environment = policy::Environment::Sandbox;
    tenant.policy = policy::Config::new(key, environment, tenant.policy.links);
    tenant.policy.base_url = insurer;
    Systems::connect(&[tenant], &clock).expect("a simulator's address is one")
}

/// An engine of the tenant over a store.
pub fn engine(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Engine<Insurance> {
    supervise::open(store, Some(Vault::in_memory()), clock, &[tenant()])
        .expect("a new log can be replayed")
}

/// A delivery about the placement of this number: its body and its signature.
pub fn delivery(number: usize) -> (String, String) {
    let id = 1_000_000 + number;
    let body = format!(
        r#"{{"type":"placement","operation":"update","id":"{id}","data":[{{"id":"{id}","status":"active","modified":"2026-03-23T12:00:00"}}]}}"#
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    mac.update(body.as_bytes());
    (body, hex::encode(mac.finalize().into_bytes()))
}

/// What is kept of a delivery.
pub fn kept(number: usize) -> Delivery {
    let body = number.to_string();
    Delivery {
        source: "elsewhere".into(),
        kind: "placement.update".into(),
        subjects: [("placement".to_owned(), body.clone())].into(),
        size: body.len() as u64,
        sha256: hex::encode(Sha256::digest(&body)),
    }
}
