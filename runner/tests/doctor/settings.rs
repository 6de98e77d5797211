//! A configuration for the simulators, as a person would write it, and the findings by name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use runner::config::{self, Config, Problems, Tenant};
use runner::doctor::{self, Hooks, Report, Severity};
use workflow_core::domain::call::Side;
use workflow_core::time::{Clock, SystemClock};

use super::canary::{self, Watch};

/// A folder with a configuration and the secrets that it names.
pub struct Settings {
    pub dir: tempfile::TempDir,
    /// The configuration, to be changed.
    pub text: String,
    /// Over what is logged.
    _watch: Watch,
}

impl Settings {
    /// The usual ones for two addresses, with the simulators' credentials.
    pub fn new(jobdiva: &str, policy: &str) -> Self {
        let credentials = integration_jobdiva::simulator::Credentials::default();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("password"), &credentials.password).unwrap();
        std::fs::write(dir.path().join("key"), "t9k_test_simulator").unwrap();
        std::fs::write(dir.path().join("hook"), "a secret of webhooks, long enough").unwrap();
        let text = format!(
            r#"data_dir = "data"
[[tenant]]
name = "acme"
[tenant.jobdiva]
base_url = "{jobdiva}"
client_id = "{}"
username = "{}"
password_file = "password"
[tenant.1099policy]
base_url = "{policy}"
environment = "sandbox"
api_key_file = "key"
success_url = "https://dashboard.example.com/{{placement}}?coverage=active"
cancel_url = "https://dashboard.example.com/{{placement}}?coverage=canceled"
[tenant.contractor]
relay_domain = "relay.example.com"
[tenant.entities]
"8801" = "en_Halvorsen1"
"8802" = "en_Brightwater1"
[tenant.job_categories]
"information technology" = "jc_DataAnalyst"
"design" = "jc_Designer"
"engineering" = "jc_Engineer"
"#,
            credentials.client_id, credentials.username
        );
        Self { dir, text, _watch: Watch::new() }
    }

    pub fn file(&self) -> PathBuf {
        self.dir.path().join("runner.toml")
    }

    /// Puts one piece of the text in another's place.
    #[track_caller]
    pub fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.text.contains(old), "{old}");
        self.text = self.text.replace(old, new);
        self
    }

    pub fn read(&self) -> Result<Config, Problems> {
        config::parse(&self.text, &self.file(), &|_| None)
    }

    pub fn tenant(&self) -> Tenant {
        self.read().unwrap_or_else(|problems| panic!("{problems}")).tenants.remove(0)
    }

    /// What the doctor says, which is never anything of a person or a secret.
    pub async fn examined(&self, side: Option<Side>) -> Report {
        self.examined_at(side, Arc::new(SystemClock)).await
    }

    /// The same at a simulated moment.
    pub async fn examined_at(&self, side: Option<Side>, clock: Arc<dyn Clock>) -> Report {
        self.examined_with(side, &Hooks::default(), clock).await
    }

    /// The same with something to try webhooks with.
    pub async fn examined_with(
        &self,
        side: Option<Side>,
        hooks: &Hooks,
        clock: Arc<dyn Clock>,
    ) -> Report {
        examined_as(&self.tenant(), side, hooks, clock).await
    }
}

/// What the doctor says of a tenant, which is never anything of a person or a secret.
pub async fn examined_as(
    tenant: &Tenant,
    side: Option<Side>,
    hooks: &Hooks,
    clock: Arc<dyn Clock>,
) -> Report {
    let report = doctor::examine(tenant, side, hooks, &clock).await;
    let said = format!("{report:?} {}", serde_json::to_string(&report).unwrap()).to_lowercase();
    let never = [
        "@",
        "okafor",
        "valderrama",
        "halloway",
        "555-01",
        "t9k_",
        "simulated & not",
        "eyj",
        "secret of webhooks",
    ];
    for never in never {
        assert!(!said.contains(never), "the doctor tells {never}: {said}");
    }
    assert_eq!(canary::canary(&said), None, "the doctor tells too much: {said}");
    report
}

/// The codes of what a person must look at, sorted.
pub fn wrong(report: &Report) -> Vec<&'static str> {
    let mut codes: Vec<&str> = report.wrong().map(|finding| finding.code.name()).collect();
    codes.sort_unstable();
    codes
}

/// The finding of that code.
#[track_caller]
pub fn finding<'a>(report: &'a Report, code: &str) -> &'a doctor::Finding {
    let found = report.findings.iter().find(|finding| finding.code.name() == code);
    found.unwrap_or_else(|| panic!("no {code} among {:#?}", report.findings))
}

/// Fails unless everything is well.
#[track_caller]
pub fn clean(report: &Report) {
    let wrong: Vec<_> = report.wrong().collect();
    assert!(wrong.is_empty() && report.worst() <= Severity::Note, "{wrong:#?}");
}

/// A file in the folder of a configuration.
pub fn put(settings: &Settings, name: &str, text: &str) -> PathBuf {
    let file = Path::new(settings.dir.path()).join(name);
    std::fs::write(&file, text).unwrap();
    file
}
