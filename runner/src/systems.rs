//! The two systems of each tenant, and who performs which call. Another ATS or insurer is one more arm here.

use std::collections::BTreeMap;
use std::sync::Arc;

use integration_1099policy::Ten99Policy;
use integration_1099policy::receive::Receiver;
use integration_jobdiva::JobDiva;
use tokio::sync::Mutex;
use workflow_core::dispatch::Perform;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, Side, Upload};
use workflow_core::domain::certificate;
use workflow_core::engine::OwedCall;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::time::{Clock, Timestamp};

use crate::config::Tenant;
use crate::documents::Documents;

/// How the adapters are called in the inbox, in causes and in addresses.
pub const JOBDIVA: &str = "jobdiva";
/// See [`JOBDIVA`].
pub const POLICY: &str = "1099policy";

/// One tenant's connected systems.
pub struct Connected {
    /// What the tenant's configuration says.
    pub tenant: Tenant,
    /// Its JobDiva.
    pub jobdiva: JobDiva,
    /// Its 1099Policy.
    pub policy: Ten99Policy,
    /// Who authenticates 1099Policy's webhooks, where they are used.
    pub receiver: Option<Receiver>,
    /// Held from reading something until its workflow was told, so that no older reading overtakes a newer one.
    pub turns: Turns,
    /// Placements that are known and of which JobDiva gave nothing, since when.
    pub empty: std::sync::Mutex<BTreeMap<String, Timestamp>>,
}

/// One turn for each side, for whoever reads there.
#[derive(Default)]
pub struct Turns {
    /// Reading placements and people.
    pub facts: Mutex<()>,
    /// Reading policies, applications and assignments.
    pub sightings: Mutex<()>,
}

/// All tenants' systems.
pub struct Systems {
    tenants: BTreeMap<String, Arc<Connected>>,
    /// The documents that calls send; none until the log is open.
    documents: Option<Arc<Documents>>,
}

/// Why a tenant's systems cannot be connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The JobDiva settings cannot work.
    #[error("tenant {tenant}: [tenant.jobdiva] {source}")]
    JobDiva {
        /// The tenant.
        tenant: String,
        /// What is wrong.
        source: integration_jobdiva::config::BadConfig,
    },
    /// The 1099Policy settings cannot work.
    #[error("tenant {tenant}: [tenant.1099policy] {source}")]
    Policy {
        /// The tenant.
        tenant: String,
        /// What is wrong.
        source: integration_1099policy::config::BadConfig,
    },
    /// The 1099Policy webhook settings cannot work.
    #[error("tenant {tenant}: [tenant.1099policy.webhook] {source}")]
    PolicyHook {
        /// The tenant.
        tenant: String,
        /// What is wrong.
        source: integration_1099policy::receive::BadReceiver,
    },
}

impl Systems {
    /// Connects every tenant's systems; nothing is sent yet.
    pub fn connect(tenants: &[Tenant], clock: &Arc<dyn Clock>) -> Result<Self, ConnectError> {
        let mut connected = BTreeMap::new();
        for tenant in tenants {
            let name = || tenant.name.clone();
            let jobdiva = JobDiva::new(tenant.jobdiva.clone(), Arc::clone(clock))
                .map_err(|source| ConnectError::JobDiva { tenant: name(), source })?;
            let policy = Ten99Policy::new(tenant.policy.clone())
                .map_err(|source| ConnectError::Policy { tenant: name(), source })?;
            let receiver = tenant
                .policy_hook
                .as_ref()
                .map(|hook| Receiver::new(hook.profile.clone(), &hook.secrets))
                .transpose()
                .map_err(|source| ConnectError::PolicyHook { tenant: name(), source })?;
            let tenant = tenant.clone();
            let turns = Turns::default();
            let empty = std::sync::Mutex::default();
            let systems = Connected { tenant, jobdiva, policy, receiver, turns, empty };
            connected.insert(systems.tenant.name.clone(), Arc::new(systems));
        }
        Ok(Self { tenants: connected, documents: None })
    }

    /// The same systems with the documents that calls send.
    pub fn with_documents(self, documents: Arc<Documents>) -> Self {
        Self { documents: Some(documents), ..self }
    }

    /// The documents, once the log is open.
    pub fn documents(&self) -> Option<&Arc<Documents>> {
        self.documents.as_ref()
    }

    /// One tenant's systems.
    pub fn of(&self, tenant: &str) -> Option<&Arc<Connected>> {
        self.tenants.get(tenant)
    }

    /// All tenants' systems, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Connected>> {
        self.tenants.values()
    }
}

impl Systems {
    /// Reads a document and hands it in.
    async fn upload(
        &self,
        connected: &Connected,
        upload: &Upload,
        attempt: &Attempt,
    ) -> Outcome<Answer> {
        let Some(documents) = self.documents.clone() else {
            return Outcome::not_sent("the documents are not open");
        };
        let subject = certificate::subject(attempt.stream.tenant(), &upload.candidate);
        let sha256 = upload.sha256.clone();
        let read = tokio::task::spawn_blocking(move || documents.read(&subject, &sha256)).await;
        match read {
            Ok(Ok(Some(pdf))) => connected.policy.upload(upload, &pdf, attempt).await,
            Ok(Ok(None)) => Outcome::Answered(Answer::DocumentGone),
            Ok(Err(error)) => Outcome::not_sent(error.to_string()),
            Err(error) => Outcome::not_sent(error.to_string()),
        }
    }
}

impl Perform<Insurance> for Systems {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        let Some(connected) = self.of(attempt.stream.tenant()) else {
            return Outcome::not_sent("the tenant is not in the configuration");
        };
        if let Call::UploadCertificate { upload } = &call {
            return self.upload(connected, upload, &attempt).await;
        }
        match call.side() {
            Side::Ats => connected.jobdiva.perform(&call, &attempt).await,
            Side::Insurer => connected.policy.perform(&call, &attempt).await,
        }
    }

    fn lane(&self, call: &OwedCall<Insurance>) -> String {
        let side = match call.call.side() {
            Side::Ats => JOBDIVA,
            Side::Insurer => POLICY,
        };
        format!("{}/{side}", call.stream.tenant())
    }
}
