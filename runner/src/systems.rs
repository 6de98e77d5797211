//! The two systems of each tenant, and who performs which call. Another ATS or insurer is one more arm here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use integration_1099policy::Ten99Policy;
use integration_jobdiva::JobDiva;
use tokio::sync::Mutex;
use workflow_core::dispatch::Perform;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::{Answer, Call, Side, Upload};
use workflow_core::domain::certificate;
use workflow_core::engine::OwedCall;
use workflow_core::id::StreamId;
use workflow_core::outcome::{Attempt, Outcome};
use workflow_core::outlet::{self, Later};
use workflow_core::time::{Clock, Timestamp};

use crate::config::Tenant;
use crate::credentials::Probe;
use crate::documents::Documents;
use crate::gates::{Gates, named};
use crate::hold::Hold;
use crate::metrics::meter::{self, Made, Meter};
use crate::notify::{BadEndpoint, Subscriber};
use crate::receivers::Receivers;

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
    /// Who authenticates their webhooks.
    pub receivers: Receivers,
    /// Held from reading something until its workflow was told, so that no older reading overtakes a newer one.
    pub turns: Turns,
    /// What is paused.
    pub gates: Arc<Gates>,
    /// Asks for a try of credentials that were refused.
    pub probe: Probe,
    /// When each side was last looked at without fail.
    pub looked: Looked,
    /// Placements that are known and of which JobDiva gave nothing, since when.
    pub empty: std::sync::Mutex<BTreeMap<String, Timestamp>>,
    /// The tenant's own endpoints that are told what happens, by name.
    pub subscribers: BTreeMap<String, Subscriber>,
    /// When JobDiva was last asked, out of turn, which candidates were merged.
    pub merges_read: std::sync::Mutex<Option<Timestamp>>,
    /// The documents that contractors brought, once the log is open.
    pub documents: OnceLock<Arc<Documents>>,
}

/// One turn for each side, for whoever reads there.
#[derive(Default)]
pub struct Turns {
    /// Reading placements and people.
    pub facts: Mutex<()>,
    /// Reading policies, applications and assignments.
    pub sightings: Mutex<()>,
}

/// When each side was last looked at without fail, in milliseconds; 0 for never.
#[derive(Debug, Default)]
pub struct Looked([AtomicI64; 2]);

impl Looked {
    /// Notes that a side gave what it was asked for.
    pub fn note(&self, side: Side, now: Timestamp) {
        self.at(side).store(now.0, Ordering::Relaxed);
    }

    /// When that was, if it was since the process started.
    pub fn last(&self, side: Side) -> Option<Timestamp> {
        let at = self.at(side).load(Ordering::Relaxed);
        (at != 0).then_some(Timestamp(at))
    }

    fn at(&self, side: Side) -> &AtomicI64 {
        match side {
            Side::Ats => &self.0[0],
            Side::Insurer => &self.0[1],
        }
    }
}

impl Connected {
    /// Why this side refuses the tenant's credentials; `None` while nothing speaks against them.
    pub fn refused(&self, side: Side) -> Option<String> {
        match side {
            Side::Ats => self.jobdiva.refused(),
            Side::Insurer => self.policy.refused(),
        }
    }

    /// Why nothing may be asked of this side at present, about this instance where one is meant: it is paused, or the
    /// credentials are refused.
    pub fn held(&self, side: Side, instance: Option<&StreamId>) -> Option<String> {
        let tenant = &self.tenant.name;
        self.gates.why(tenant, side, instance).or_else(|| {
            let why = self.refused(side)?;
            Some(format!("{} refuses the credentials of tenant {tenant}: {why}", named(side)))
        })
    }

    /// The limits and the breaker of this side.
    pub fn outlet(&self, side: Side) -> outlet::Shown {
        match side {
            Side::Ats => self.jobdiva.outlet(),
            Side::Insurer => self.policy.outlet(),
        }
    }

    /// Lets this side be asked at once, whatever it wished.
    pub fn lift(&self, side: Side) {
        match side {
            Side::Ats => self.jobdiva.lift(),
            Side::Insurer => self.policy.lift(),
        }
    }

    /// Takes another secret for this side.
    pub fn set_secret(&self, side: Side, secret: String) {
        match side {
            Side::Ats => {
                self.jobdiva.set_password(integration_jobdiva::secret::Secret::new(secret))
            }
            Side::Insurer => {
                let secret = integration_1099policy::secret::Secret::new(secret);
                if let Err(error) = self.policy.set_api_key(secret) {
                    let tenant = &self.tenant.name;
                    tracing::error!(%tenant, %error, "the file of the 1099Policy key holds none that can be used");
                }
            }
        }
    }

    /// Tries the credentials by asking for something harmless.
    pub async fn probed(&self, side: Side) -> Result<(), String> {
        match side {
            Side::Ats => self.jobdiva.log_in().await.map(drop).map_err(|error| error.to_string()),
            Side::Insurer => {
                self.policy.category_codes().await.map(drop).map_err(|error| error.to_string())
            }
        }
    }
}

/// All tenants' systems.
pub struct Systems {
    tenants: BTreeMap<String, Arc<Connected>>,
    gates: Arc<Gates>,
    /// What attempts came to.
    pub meter: Meter,
    /// The documents that calls send; none until the log is open.
    documents: Option<Arc<Documents>>,
    /// Until when the log is held, where that ends by itself.
    hold: Option<Arc<Hold>>,
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
    /// The JobDiva webhook settings cannot work.
    #[error("tenant {tenant}: [tenant.jobdiva.webhook] {source}")]
    JobDivaHook {
        /// The tenant.
        tenant: String,
        /// What is wrong.
        source: integration_jobdiva::receive::BadReceiver,
    },
    /// The settings of an endpoint that is told cannot work.
    #[error("tenant {tenant}: [[tenant.notify]] {endpoint}: {source}")]
    Notify {
        /// The tenant.
        tenant: String,
        /// The endpoint's name.
        endpoint: String,
        /// What is wrong.
        source: BadEndpoint,
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

/// All that is wrong with the tenants' systems.
#[derive(Debug)]
pub struct ConnectErrors(pub Vec<ConnectError>);

impl std::error::Error for ConnectErrors {}

impl fmt::Display for ConnectErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(f, "{before}{error}")?;
        }
        Ok(())
    }
}

impl Systems {
    /// Connects every tenant's systems; nothing is sent yet.
    /// Every tenant's mistakes are told at once.
    pub fn connect(tenants: &[Tenant], clock: &Arc<dyn Clock>) -> Result<Self, ConnectErrors> {
        let mut wrong = Vec::new();
        let mut connected = BTreeMap::new();
        let gates = Arc::<Gates>::default();
        for tenant in tenants {
            let name = || tenant.name.clone();
            let jobdiva = JobDiva::new(tenant.jobdiva.clone(), Arc::clone(clock))
                .map_err(|source| ConnectError::JobDiva { tenant: name(), source });
            let policy = Ten99Policy::with_clock(tenant.policy.clone(), Arc::clone(clock))
                .map_err(|source| ConnectError::Policy { tenant: name(), source });
            let subscribers = subscribers(tenant, clock);
            let (jobdiva, policy, receivers, subscribers) =
                match (jobdiva, policy, Receivers::of(tenant), subscribers) {
                    (Ok(jobdiva), Ok(policy), Ok(receivers), Ok(told)) => {
                        (jobdiva, policy, receivers, told)
                    }
                    (jobdiva, policy, receivers, told) => {
                        let each = [jobdiva.err(), policy.err(), told.err()];
                        wrong.extend(each.into_iter().flatten());
                        wrong.extend(receivers.err().into_iter().flatten());
                        continue;
                    }
                };
            let tenant = tenant.clone();
            let turns = Turns::default();
            let systems = Connected {
                tenant,
                jobdiva,
                policy,
                receivers,
                turns,
                gates: Arc::clone(&gates),
                probe: Probe::default(),
                looked: Looked::default(),
                empty: std::sync::Mutex::default(),
                merges_read: std::sync::Mutex::default(),
                documents: OnceLock::new(),
                subscribers,
            };
            connected.insert(systems.tenant.name.clone(), Arc::new(systems));
        }
        match wrong.is_empty() {
            true => Ok(Self {
                tenants: connected,
                gates,
                meter: Meter::default(),
                documents: None,
                hold: None,
            }),
            false => Err(ConnectErrors(wrong)),
        }
    }

    /// The same systems with the documents that calls send.
    pub fn with_documents(self, documents: Arc<Documents>) -> Self {
        for connected in self.tenants.values() {
            // Said once, before anything is read.
            connected.documents.get_or_init(|| Arc::clone(&documents));
        }
        Self { documents: Some(documents), ..self }
    }

    /// The same systems, of which nothing is asked once the hold is over.
    pub fn with_hold(self, hold: Arc<Hold>) -> Self {
        Self { hold: Some(hold), ..self }
    }

    /// The documents, once the log is open.
    pub fn documents(&self) -> Option<&Arc<Documents>> {
        self.documents.as_ref()
    }

    /// What is paused, of all tenants.
    pub fn gates(&self) -> &Arc<Gates> {
        &self.gates
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

/// The ways to a tenant's own endpoints.
fn subscribers(
    tenant: &Tenant,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Subscriber>, ConnectError> {
    let one = |endpoint: &crate::notify::Endpoint| {
        let name = endpoint.name.clone();
        match Subscriber::new(&tenant.name, endpoint, Arc::clone(clock)) {
            Ok(subscriber) => Ok((name, subscriber)),
            Err(source) => {
                Err(ConnectError::Notify { tenant: tenant.name.clone(), endpoint: name, source })
            }
        }
    };
    tenant.notify.iter().map(one).collect()
}

/// What stands before an endpoint's name in the name of its lane.
const NOTIFY_LANE: &str = "notify:";
/// How many notices one endpoint is told at once.
const NOTICES_AT_ONCE: usize = 4;

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

impl Systems {
    async fn attempt(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        let Some(connected) = self.of(attempt.stream.tenant()) else {
            return Outcome::not_sent("the tenant is not in the configuration");
        };
        if let Call::UploadCertificate { upload } = &call {
            return self.upload(connected, upload, &attempt).await;
        }
        if let Call::Notify { note } = &call {
            return match connected.subscribers.get(&note.endpoint) {
                Some(subscriber) => subscriber.tell(note, &attempt).await,
                None => Outcome::not_sent("the endpoint is not in the configuration"),
            };
        }
        match call.side() {
            Some(Side::Ats) => connected.jobdiva.perform(&call, &attempt).await,
            Some(Side::Insurer) => connected.policy.perform(&call, &attempt).await,
            None => Outcome::not_sent("nobody performs such a call"),
        }
    }
}

impl Perform<Insurance> for Systems {
    async fn perform(&self, call: Call, attempt: Attempt) -> Outcome<Answer> {
        if self.hold.as_ref().is_some_and(|hold| !hold.is_certain(Instant::now())) {
            return Outcome::not_sent("another runner may hold this tenant's log by now");
        }
        let tenant = attempt.stream.tenant().to_owned();
        let key = attempt.key.clone();
        let made = Made {
            tenant: &tenant,
            system: call.side().map_or("notify", named),
            operation: key.as_str().rsplit('/').next().unwrap_or_default(),
            looked_up: attempt.look_first,
            took: Duration::ZERO,
        };
        tracing::Span::current().record("system", made.system);
        let began = Instant::now();
        let outcome = self.attempt(call, attempt).await;
        self.meter.note(Made { took: began.elapsed(), ..made }, meter::word(&outcome));
        outcome
    }

    fn lane(&self, call: &OwedCall<Insurance>) -> String {
        let tenant = call.stream.tenant();
        if let Call::Notify { note } = &call.call {
            return format!("{tenant}/{NOTIFY_LANE}{}", note.endpoint);
        }
        let side = call.call.side().map_or(POLICY, named);
        format!("{tenant}/{side}")
    }

    fn room(&self, lane: &str) -> usize {
        let (tenant, side) = lane.split_once('/').unwrap_or((lane, ""));
        let calls = self.of(tenant).map(|connected| connected.tenant.calls_at_once);
        let calls = calls.unwrap_or_default();
        if side.starts_with(NOTIFY_LANE) {
            return NOTICES_AT_ONCE;
        }
        if side == JOBDIVA { calls.jobdiva } else { calls.policy }
    }

    fn held(&self, stream: &StreamId, lane: &str) -> Option<String> {
        let (_, lane) = lane.rsplit_once('/')?;
        let connected = self.of(stream.tenant())?;
        if let Some(endpoint) = lane.strip_prefix(NOTIFY_LANE) {
            let subscriber = connected.subscribers.get(endpoint)?;
            let gates = &connected.gates;
            return gates.of_instance(subscriber.stream()).or_else(|| gates.whole(stream.tenant()));
        }
        let jobdiva = lane == JOBDIVA;
        let side = if jobdiva { Side::Ats } else { Side::Insurer };
        connected.held(side, Some(stream))
    }

    fn later(&self, call: &OwedCall<Insurance>) -> Option<Later> {
        let connected = self.of(call.stream.tenant())?;
        if let Call::Notify { note } = &call.call {
            return connected.subscribers.get(&note.endpoint)?.later();
        }
        match call.call.side()? {
            Side::Ats => connected.jobdiva.later(&call.call),
            Side::Insurer => connected.policy.later(&call.call),
        }
    }
}
