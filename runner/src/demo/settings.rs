//! The demo tenant's configuration, made for the simulators at hand.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use integration_1099policy::Ten99Policy;
use integration_1099policy::config as policy;
use integration_1099policy::receive::Profile;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_1099policy::simulator as insurer;
use integration_jobdiva::config as jobdiva;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use integration_jobdiva::simulator as ats;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use workflow_core::audit::sign::SigningKey;
use workflow_core::domain::call::{CategoryCode, EntityId};
use workflow_core::domain::facts::CompanyId;
use workflow_core::domain::rules::Rules;

use super::{DemoError, io_error};
use crate::certificates::Finding;
use crate::config::{
    CallsAtOnce, Certificates, Config, Intake, JobDivaHook, Log, Pace, Page, PolicyHook,
    SecretFiles, Tenant,
};
use crate::ingress::sources;
use crate::signing;
use crate::supervise::DEMO_MASTER_KEY_FILE;

/// The demo's tenant.
pub const TENANT: &str = "acme";

/// On loopback, with both signatures checked, a fixed address is no weakness; a real one must be unguessable.
const ENDPOINT: &str = "demo-endpoint-0001";
/// What signs the simulated JobDiva's webhooks.
const JOBDIVA_SECRET: &str = "the demo's JobDiva webhook secret";

/// What opens the demo's intake for certificates; on loopback, a fixed one is no weakness.
pub const INTAKE_TOKEN: &str = "the demo's intake token";

/// Early enough for the placement that ended in February to be seen.
const BACKFILL_FROM: jiff::civil::Date = jiff::civil::date(2026, 1, 1);

/// The webhook door's address: the same as last time where it is free, so that what was registered stays true.
pub(super) fn hooks_address(world: &Path) -> io::Result<SocketAddr> {
    let file = world.join("hooks-port");
    let kept = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match kept.map(bind) {
        Some(Ok(listener)) => listener,
        _ => bind(0)?,
    };
    let address = listener.local_addr()?;
    std::fs::write(file, address.port().to_string())?;
    Ok(address)
}

/// Where the simulators are, and what opens them: nobody's secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Systems {
    jobdiva: String,
    policy: String,
    api_key: String,
    hook_secret: String,
}

/// Registers the webhooks on both sides.
pub(super) async fn systems(
    hooks: SocketAddr,
    jobdiva: &ats::Simulator,
    policy: &insurer::Simulator,
) -> Result<Systems, DemoError> {
    let target = ats::WebhookTarget {
        url: format!("http://{hooks}/hooks/jobdiva/{ENDPOINT}"),
        secret: JOBDIVA_SECRET.to_owned(),
        is_prefixed: true,
        types: ats::RecordType::ALL.to_vec(),
    };
    jobdiva.set_webhook(Some(target)).map_err(io_error("registering the JobDiva webhook"))?;
    let own = policy_config(policy);
    let secret = register(&own, &format!("http://{hooks}/hooks/1099policy/{ENDPOINT}")).await?;
    Ok(Systems {
        jobdiva: jobdiva.base_url(),
        policy: own.base_url,
        api_key: policy.api_key().to_owned(),
        hook_secret: secret.reveal().to_owned(),
    })
}

/// The configuration; registers the webhooks on both sides.
pub(super) async fn config(
    data: &Path,
    hooks: SocketAddr,
    jobdiva: &ats::Simulator,
    policy: &insurer::Simulator,
) -> Result<Config, DemoError> {
    of(data, hooks, &systems(hooks, jobdiva, policy).await?)
}

/// The configuration for simulators that know of it already.
pub(super) fn of(data: &Path, hooks: SocketAddr, systems: &Systems) -> Result<Config, DemoError> {
    let tenant = Tenant {
        name: TENANT.to_owned(),
        jobdiva: jobdiva_at(systems.jobdiva.clone()),
        jobdiva_hook: Some(JobDivaHook::new(
            ENDPOINT.to_owned(),
            vec![JobDivaSecret::new(JOBDIVA_SECRET)],
        )),
        policy: policy_at(systems.policy.clone(), &systems.api_key),
        policy_hook: Some(PolicyHook::new(
            ENDPOINT.to_owned(),
            Profile::TimestampedV1 { header: "Ten99Policy-Signature".to_owned() },
            vec![PolicySecret::new(systems.hook_secret.clone())],
        )),
        rules: rules()?,
        pace: Pace {
            poll: Duration::from_secs(30 * 60),
            sweep: Duration::from_secs(3600),
            reread: Duration::from_secs(6 * 3600),
            ..Pace::default()
        },
        checklist: None,
        certificates: Certificates {
            finding: Some(Finding::default()),
            intake: Some(Intake { token: PolicySecret::new(INTAKE_TOKEN) }),
        },
        calls_at_once: CallsAtOnce::default(),
        secret_files: SecretFiles::default(),
        notify: Vec::new(),
    };
    let admin = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let log = Log { signing_key: Some(signing_key(data)?), ..Log::default() };
    let master_key = data.join(DEMO_MASTER_KEY_FILE);
    Ok(Config {
        data_dir: data.to_owned(),
        master_key,
        hooks,
        sources: sources::Rules::default(),
        admin,
        page: Page::at(admin),
        log,
        tenants: vec![tenant],
    })
}

/// A key beside the log shows how signing works and protects nothing; a real one lies elsewhere.
fn signing_key(data: &Path) -> Result<SigningKey, DemoError> {
    let file = data.join("log-signing.pem");
    if file.exists() {
        let read = signing::read_key(&file).map_err(io::Error::other);
        return read.map_err(io_error("reading the signing key"));
    }
    let made = signing::new_key(&file).map_err(io_error("making the signing key"));
    made.map(|(key, _)| key)
}

pub(crate) fn jobdiva_config(simulator: &ats::Simulator) -> jobdiva::Config {
    jobdiva_at(simulator.base_url())
}

fn jobdiva_at(base_url: String) -> jobdiva::Config {
    let ats::Credentials { client_id, username, password } = ats::Credentials::default();
    let password = JobDivaSecret::new(password);
    let mut config = jobdiva::Config::new(&client_id.to_string(), &username, password);
    config.base_url = base_url;
    config.backfill_from = Some(BACKFILL_FROM);
    config
}

pub(crate) fn policy_config(simulator: &insurer::Simulator) -> policy::Config {
    policy_at(simulator.base_url(), simulator.api_key())
}

fn policy_at(base_url: String, api_key: &str) -> policy::Config {
    let links = policy::LinkTemplates {
        success_url: "https://dashboard.example.com/placements/{placement}?coverage=active".into(),
        cancel_url: "https://dashboard.example.com/placements/{placement}?coverage=canceled".into(),
    };
    let key = PolicySecret::new(api_key);
    let mut config = policy::Config::new(key, policy::Environment::Sandbox, links);
    config.base_url = base_url;
    config
}

async fn register(config: &policy::Config, url: &str) -> Result<PolicySecret, DemoError> {
    let fail = |why: String| DemoError::Webhook(why);
    let policy = Ten99Policy::new(config.clone()).map_err(|error| fail(error.to_string()))?;
    let endpoint =
        policy.ensure_webhook_endpoint(url).await.map_err(|error| fail(error.to_string()))?;
    endpoint.secret.ok_or_else(|| fail("its secret was not shown".to_owned()))
}

pub(crate) fn rules() -> Result<Rules, DemoError> {
    let zone = TimeZone::get("America/New_York").map_err(|error| DemoError::Io {
        what: "reading the time zone",
        source: io::Error::other(error),
    })?;
    let mut rules = Rules::usual(zone, "relay.example.com");
    let entity = |company: &str, entity: &str| (CompanyId::from(company), EntityId::from(entity));
    rules.entities = [entity("8801", "en_Halvorsen1"), entity("8802", "en_Brightwater1")].into();
    let code = |word: &str, code: &str| (word.to_owned(), CategoryCode::from(code));
    rules.job_categories = [
        code("information technology", "jc_DataAnalyst"),
        code("design", "jc_Designer"),
        code("engineering", "jc_Engineer"),
    ]
    .into();
    Ok(rules)
}
