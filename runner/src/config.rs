//! What a runner is told: a plain struct, and the file it is read from.
//!
//! `config/reader.rs` reads TOML and reports every mistake with its line; `config/file.rs` knows the keys;
//! `config/sample.toml` is the commented file that `runner init` writes. Nothing else in the workspace reads
//! configuration.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use integration_1099policy::config as policy;
use integration_1099policy::receive::{self as policy_receive, Profile};
use integration_jobdiva::config as jobdiva;
use integration_jobdiva::operations::Registry;
use integration_jobdiva::receive as jobdiva_receive;
use workflow_core::domain::facts::PlacementId;
use workflow_core::domain::rules::Rules;
use workflow_core::domain::timesheet::TimesheetId;

use crate::certificates::Finding;
use crate::endpoint;
use crate::ingress::sources::{self, Network};
use crate::notify::Endpoint;

mod certificates;
mod file;
mod limits;
mod log;
mod notify;
mod operations;
mod overrides;
mod page;
mod reader;
mod settings;
mod tenant;
mod webhooks;

pub use file::{load, parse, settings};
pub use log::{Log, Shared};
pub use page::Page;
pub use reader::{Problem, Problems};
pub use settings::{HIDDEN, Origin, Setting};

/// Reads a file of operations, as `operations_file` names one. `login` is the one that `auth.login` stands for.
pub fn operations(
    text: &str,
    file: &std::path::Path,
    login: jobdiva::Login,
) -> Result<Registry, Problems> {
    let mut registry = Registry::default();
    let problems = operations::from_file(text, file, login, &mut registry);
    if problems.is_empty() {
        Ok(registry)
    } else {
        Err(Problems { file: file.to_owned(), problems })
    }
}

/// The commented configuration that `runner init` writes, once [`sample`] has made its endpoints.
pub const SAMPLE: &str = include_str!("config/sample.toml");

/// What stands in the sample where an endpoint belongs.
const ENDPOINTS: [&str; 2] = ["ENDPOINT-FOR-JOBDIVA", "ENDPOINT-FOR-1099POLICY"];

/// The commented configuration that `runner init` writes: each hook has an endpoint of its own that nobody guesses.
pub fn sample() -> Result<String, getrandom::Error> {
    let mut text = SAMPLE.to_owned();
    for name in ENDPOINTS {
        text = text.replace(name, &endpoint::made()?);
    }
    Ok(text)
}

/// Everything that one runner process needs.
#[derive(Clone)]
pub struct Config {
    /// Where the log lives; one process at a time.
    pub data_dir: PathBuf,
    /// The file of the master key, which opens the personal data in the log; made at the first start.
    pub master_key: PathBuf,
    /// Where webhooks come in.
    pub hooks: SocketAddr,
    /// What the webhook door allows to whom.
    pub sources: sources::Rules,
    /// Where the command line asks; loopback only.
    pub admin: SocketAddr,
    /// Where the pages are.
    pub page: Page,
    /// What signs the log.
    pub log: Log,
    /// The tenants, at least one.
    pub tenants: Vec<Tenant>,
}

/// One tenant: its two systems and its rules.
#[derive(Clone)]
pub struct Tenant {
    /// Its name in streams: `a-z 0-9 - _`.
    pub name: String,
    /// Its JobDiva.
    pub jobdiva: jobdiva::Config,
    /// Its JobDiva's webhooks, where they are used.
    pub jobdiva_hook: Option<JobDivaHook>,
    /// Its 1099Policy.
    pub policy: policy::Config,
    /// Its 1099Policy's webhooks, where they are used.
    pub policy_hook: Option<PolicyHook>,
    /// Its rules.
    pub rules: Rules,
    /// How often it is looked at.
    pub pace: Pace,
    /// What `runner checklist` may try things on.
    pub checklist: Option<Checklist>,
    /// How certificates come in.
    pub certificates: Certificates,
    /// How much is asked of its systems at once.
    pub calls_at_once: CallsAtOnce,
    /// Where its credentials come from, so that corrected ones are taken while it runs.
    pub secret_files: SecretFiles,
    /// Its own endpoints that are told what happens.
    pub notify: Vec<Endpoint>,
}

/// Placements made for trying: `runner checklist` buys coverage for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// A contractor placement of a candidate who is new to the insurer.
    pub placement: PlacementId,
    /// Another contractor placement of the same candidate.
    pub returning: Option<PlacementId>,
    /// A placement on the payroll, of which nothing may ever be sent.
    pub employee: Option<PlacementId>,
    /// An approved timesheet of the first placement whose pay is not what was quoted; without it one is made up.
    pub timesheet: Option<TimesheetId>,
}

/// How a tenant's certificates come in; an operator may always hand one in.
#[derive(Clone, Default)]
pub struct Certificates {
    /// Among JobDiva's files, where they are looked through.
    pub finding: Option<Finding>,
    /// At the tenant's own door, where it is open.
    pub intake: Option<Intake>,
}

/// The door at which a tenant's own systems hand certificates in.
#[derive(Clone)]
pub struct Intake {
    /// What opens it.
    pub token: integration_1099policy::secret::Secret,
}

/// How many calls that workflows owe may be under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallsAtOnce {
    /// To the tenant's JobDiva.
    pub jobdiva: usize,
    /// To the tenant's 1099Policy.
    pub policy: usize,
}

impl Default for CallsAtOnce {
    fn default() -> Self {
        Self { jobdiva: 8, policy: 8 }
    }
}

/// The files of a tenant's credentials; `None` where they come from the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFiles {
    /// The password of JobDiva's API user.
    pub jobdiva_password: Option<PathBuf>,
    /// The key of 1099Policy's API.
    pub policy_api_key: Option<PathBuf>,
}

/// Where JobDiva's webhooks come in, what signs them, and how they are answered.
#[derive(Clone)]
pub struct JobDivaHook {
    /// The unguessable last part of the address.
    pub endpoint: String,
    /// The secrets in use: the current one first, while rotating the previous one too.
    pub secrets: Vec<integration_jobdiva::secret::Secret>,
    /// The file of each of them, where it comes from one: it is read again while the process runs.
    pub secret_files: Vec<Option<PathBuf>>,
    /// How they are signed.
    pub signing: jobdiva_receive::Signing,
    /// The tenant's own words for types of records, each with ours.
    pub types: BTreeMap<String, String>,
    /// The body of a good answer.
    pub reply: String,
    /// The addresses that may knock; empty for all.
    pub allow_from: Vec<Network>,
}

impl JobDivaHook {
    /// A hook as usual.
    pub fn new(endpoint: String, secrets: Vec<integration_jobdiva::secret::Secret>) -> Self {
        Self {
            endpoint,
            secrets,
            secret_files: Vec::new(),
            signing: jobdiva_receive::Signing::default(),
            types: BTreeMap::new(),
            reply: jobdiva_receive::REPLY.to_owned(),
            allow_from: Vec::new(),
        }
    }

    /// What takes its deliveries in.
    pub fn receiver(&self) -> Result<jobdiva_receive::Receiver, jobdiva_receive::BadReceiver> {
        jobdiva_receive::Receiver::new(self.signing.clone(), &self.secrets, &self.types)
    }
}

/// Where 1099Policy's webhooks come in, and what signs them.
#[derive(Clone)]
pub struct PolicyHook {
    /// The unguessable last part of the address.
    pub endpoint: String,
    /// How they are signed.
    pub profile: Profile,
    /// The secrets in use: the current one first, while rotating the previous one too.
    pub secrets: Vec<integration_1099policy::secret::Secret>,
    /// The file of each of them, where it comes from one: it is read again while the process runs.
    pub secret_files: Vec<Option<PathBuf>>,
    /// The addresses that may knock; empty for all.
    pub allow_from: Vec<Network>,
}

impl PolicyHook {
    /// A hook that everybody may knock at.
    pub fn new(
        endpoint: String,
        profile: Profile,
        secrets: Vec<integration_1099policy::secret::Secret>,
    ) -> Self {
        let (secret_files, allow_from) = (Vec::new(), Vec::new());
        Self { endpoint, profile, secrets, secret_files, allow_from }
    }

    /// What takes its deliveries in.
    pub fn receiver(&self) -> Result<policy_receive::Receiver, policy_receive::BadReceiver> {
        policy_receive::Receiver::new(self.profile.clone(), &self.secrets)
    }
}

/// How often a tenant is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two polls of JobDiva's feeds.
    pub poll: Duration,
    /// Between two sweeps of 1099Policy's events and of the open placements' resources.
    pub sweep: Duration,
    /// Between two readings of what is held.
    pub reread: Duration,
    /// Between two counts of all placements, for those that no feed told of.
    pub census: Duration,
    /// How far back the first day of work of those counted may lie.
    pub census_reach: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(5 * 60),
            sweep: Duration::from_secs(15 * 60),
            reread: Duration::from_secs(6 * 3600),
            census: Duration::from_secs(24 * 3600),
            census_reach: Duration::from_secs(400 * 24 * 3600),
        }
    }
}
