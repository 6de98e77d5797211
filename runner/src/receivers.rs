//! Who authenticates a tenant's webhooks: made of the configured secrets, and made anew when the file of a secret says
//! something else, so that a secret is changed without a restart.
//!
//! A file is read every few seconds, whatever comes in: deliveries that are signed wrong cost no reading. What it says is
//! taken once it says so twice, for it may be on its way; what cannot be used leaves the receivers as they are. Deliberately
//! absent: which secrets there are (`config/webhooks.rs`); another file, or one more, needs a restart. Read next:
//! `ingress.rs`, which asks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use integration_1099policy::receive::Receiver as PolicyReceiver;
use integration_1099policy::secret::Secret as PolicySecret;
use integration_jobdiva::receive::Receiver as JobDivaReceiver;
use integration_jobdiva::secret::Secret as JobDivaSecret;
use workflow_core::time::Timestamp;

use crate::config::{JobDivaHook, PolicyHook, Tenant};
use crate::credentials;
use crate::systems::{ConnectError, JOBDIVA, POLICY};

/// Between two readings of the files.
pub const REREAD_EVERY: Duration = Duration::from_secs(2);

/// One tenant's receivers.
pub struct Receivers {
    jobdiva: RwLock<Option<Arc<JobDivaReceiver>>>,
    policy: RwLock<Option<Arc<PolicyReceiver>>>,
    files: Mutex<Files>,
}

/// What the files said.
#[derive(Default)]
struct Files {
    read: Option<Timestamp>,
    jobdiva: Told,
    policy: Told,
}

/// What the files of one hook's secrets said; nothing for a secret without one.
#[derive(Default)]
struct Told {
    /// What the receiver is made of; `None` as long as that is the configuration.
    taken: Option<Vec<Option<String>>>,
    /// What was read last, where it is something else.
    seen: Option<Vec<Option<String>>>,
}

impl Receivers {
    /// By the secrets that a tenant's configuration read; all that is wrong with either hook.
    pub fn of(tenant: &Tenant) -> Result<Self, Vec<ConnectError>> {
        let name = || tenant.name.clone();
        let jobdiva = tenant.jobdiva_hook.as_ref().map(JobDivaHook::receiver).transpose();
        let jobdiva =
            jobdiva.map_err(|source| ConnectError::JobDivaHook { tenant: name(), source });
        let policy = tenant.policy_hook.as_ref().map(PolicyHook::receiver).transpose();
        let policy = policy.map_err(|source| ConnectError::PolicyHook { tenant: name(), source });
        match (jobdiva, policy) {
            (Ok(jobdiva), Ok(policy)) => Ok(Self {
                jobdiva: RwLock::new(jobdiva.map(Arc::new)),
                policy: RwLock::new(policy.map(Arc::new)),
                files: Mutex::default(),
            }),
            (jobdiva, policy) => Err([jobdiva.err(), policy.err()].into_iter().flatten().collect()),
        }
    }

    /// JobDiva's, where it is used.
    pub fn jobdiva(&self) -> Option<Arc<JobDivaReceiver>> {
        self.jobdiva.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// 1099Policy's, where it is used.
    pub fn policy(&self) -> Option<Arc<PolicyReceiver>> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether the files of the secrets say something else; reads them at most every [`REREAD_EVERY`].
    pub fn look(&self, tenant: &Tenant, now: Timestamp) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back keeps nobody waiting.
        if files.read.is_some_and(|read| now >= read && now.since(read) < REREAD_EVERY) {
            return;
        }
        files.read = Some(now);
        if let Some(hook) = &tenant.jobdiva_hook
            && let Some(texts) = files
                .jobdiva
                .changed(&hook.secret_files, |at| hook.secrets.get(at).map(|own| own.reveal()))
        {
            let mut hook = hook.clone();
            put(&mut hook.secrets, texts, JobDivaSecret::new);
            let made = hook.receiver().map_err(|error| error.to_string());
            take(&self.jobdiva, made, &tenant.name, JOBDIVA);
        }
        if let Some(hook) = &tenant.policy_hook
            && let Some(texts) = files
                .policy
                .changed(&hook.secret_files, |at| hook.secrets.get(at).map(|own| own.reveal()))
        {
            let mut hook = hook.clone();
            put(&mut hook.secrets, texts, PolicySecret::new);
            let made = hook.receiver().map_err(|error| error.to_string());
            take(&self.policy, made, &tenant.name, POLICY);
        }
    }
}

impl Told {
    /// What the files say, once they say something else for the second time.
    fn changed<'a>(
        &mut self,
        files: &[Option<PathBuf>],
        configured: impl Fn(usize) -> Option<&'a str>,
    ) -> Option<Vec<Option<String>>> {
        let read = files.iter().map(|file| match file {
            None => Some(None),
            // A file that is empty or gone says nothing: the secret stays what it is.
            Some(file) => credentials::read(file).map(Some),
        });
        let read = read.collect::<Option<Vec<_>>>()?;
        let as_configured = || {
            let own = |(at, file): (usize, &Option<PathBuf>)| {
                file.as_ref().and_then(|_| configured(at).map(str::to_owned))
            };
            files.iter().enumerate().map(own).collect()
        };
        let taken = self.taken.get_or_insert_with(as_configured);
        if *taken == read {
            self.seen = None;
            return None;
        }
        if self.seen.as_ref() != Some(&read) {
            self.seen = Some(read);
            return None;
        }
        self.seen = None;
        taken.clone_from(&read);
        Some(read)
    }
}

/// Puts what files say in the place of the secrets that come from files.
fn put<S>(secrets: &mut [S], texts: Vec<Option<String>>, secret: impl Fn(String) -> S) {
    for (own, text) in secrets.iter_mut().zip(texts) {
        if let Some(text) = text {
            *own = secret(text);
        }
    }
}

fn take<R>(own: &RwLock<Option<Arc<R>>>, made: Result<R, String>, tenant: &str, source: &str) {
    match made {
        Ok(receiver) => {
            *own.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(receiver));
            tracing::info!(%tenant, source, "the files of a webhook's secrets say something else: it is used from now on");
        }
        Err(error) => {
            tracing::error!(%tenant, source, %error, "the file of a webhook's secret holds none that can be used: the one before stays");
        }
    }
}
