//! A tenant whose credentials are refused: only its own calls and polls pause, and go on by themselves once the
//! credentials work again.
//!
//! That they are refused, the adapters notice. From then on nothing is sent but a probe: at once, every quarter of an hour
//! (seldom enough not to lock the account), when a person asks, and whenever the secret file says something else. The same
//! watcher looks at the files of the webhooks' secrets (`receivers.rs`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use workflow_core::dispatch::Dispatcher;
use workflow_core::domain::Insurance;
use workflow_core::domain::call::Side;
use workflow_core::engine::Engine;
use workflow_core::id::Key;
use workflow_core::time::Timestamp;

use crate::gates::named;
use crate::pulse::{ASKS_WITHIN, Beat, Pulse};
use crate::systems::{Connected, Systems};

/// Between two probes of credentials that were refused.
const PROBE_EVERY: Duration = Duration::from_secs(15 * 60);

/// Looks after one tenant's credentials.
pub struct Watcher {
    /// The engine.
    pub engine: Engine<Insurance>,
    /// The tenant's systems.
    pub connected: Arc<Connected>,
    /// Who performs the calls that wait for them.
    pub dispatcher: Dispatcher<Insurance, Systems>,
    /// Where it says what it is doing.
    pub pulse: Arc<Pulse>,
    /// How often the clock is looked at.
    pub look: Duration,
}

/// Asks for a probe before its time.
#[derive(Debug, Default)]
pub struct Probe([AtomicBool; 2]);

impl Probe {
    /// Asks for one of this side.
    pub fn ask(&self, side: Side) {
        self.flag(side).store(true, Ordering::SeqCst);
    }

    fn take(&self, side: Side) -> bool {
        self.flag(side).swap(false, Ordering::SeqCst)
    }

    fn flag(&self, side: Side) -> &AtomicBool {
        match side {
            Side::Ats => &self.0[0],
            Side::Insurer => &self.0[1],
        }
    }
}

/// One side's refusal, while it lasts.
struct Refused {
    next: Timestamp,
    /// The secret that was tried last, as the file had it.
    tried: Option<String>,
}

impl Watcher {
    /// Works until `stop` turns true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut refused: [Option<Refused>; 2] = [None, None];
        let name = format!("credentials/{}", self.connected.tenant.name);
        while !*stop.borrow() {
            self.pulse.tick(&name, ASKS_WITHIN);
            for (side, refused) in [Side::Ats, Side::Insurer].into_iter().zip(&mut refused) {
                self.look_at(side, refused, &name).await;
            }
            let connected = &self.connected;
            connected.receivers.look(&connected.tenant, self.engine.clock().now());
            let next = refused.iter().flatten().map(|refused| refused.next).min();
            self.pulse.set(&name, next.map_or(Beat::Idle, Beat::Until));
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(self.look) => {}
            }
        }
    }

    async fn look_at(&self, side: Side, refused: &mut Option<Refused>, name: &str) {
        let Some(why) = self.connected.refused(side) else {
            if refused.take().is_some() {
                self.go_on(side);
            }
            return;
        };
        let (tenant, now) = (&self.connected.tenant.name, self.engine.clock().now());
        let known = refused.get_or_insert_with(|| {
            tracing::error!(%tenant, system = named(side), %why, "the credentials are refused: this tenant's calls and polls wait");
            Refused { next: now, tried: self.in_file(side) }
        });
        if self.connected.gates.why(tenant, side, None).is_some() {
            known.next = now.plus(PROBE_EVERY);
            return;
        }
        let in_file = self.in_file(side);
        let changed = in_file.is_some() && in_file != known.tried;
        if !changed && known.next > now && !self.connected.probe.take(side) {
            return;
        }
        self.pulse.set(name, Beat::Working);
        known.next = now.plus(PROBE_EVERY);
        if let Some(secret) = in_file.clone() {
            self.connected.set_secret(side, secret);
        }
        known.tried = in_file;
        match self.connected.probed(side).await {
            Ok(()) => {
                *refused = None;
                self.go_on(side);
            }
            Err(error) => {
                tracing::warn!(%tenant, system = named(side), %error, "the credentials do not work yet");
            }
        }
    }

    /// What waited for the credentials is tried at once.
    fn go_on(&self, side: Side) {
        let tenant = &self.connected.tenant.name;
        tracing::info!(%tenant, system = named(side), "the credentials work again: everything goes on");
        for worker in ["poll", "inbox"] {
            self.pulse.set(&format!("{worker}/{tenant}"), Beat::Working);
        }
        let is_meant = |key: &Key| {
            let owed = self.engine.owed_call(key);
            owed.is_some_and(|it| it.stream.tenant() == tenant && it.call.side() == Some(side))
        };
        self.dispatcher.retry_now(is_meant);
    }

    fn in_file(&self, side: Side) -> Option<String> {
        let files = &self.connected.tenant.secret_files;
        let file = match side {
            Side::Ats => files.jobdiva_password.as_deref(),
            Side::Insurer => files.policy_api_key.as_deref(),
        };
        read(file?)
    }
}

/// Whether credentials were found refused, or good again, and their watcher has not seen it yet.
pub(crate) fn is_news(connected: &Connected, beats: &BTreeMap<String, Beat>) -> bool {
    let refused = [Side::Ats, Side::Insurer].iter().any(|side| connected.refused(*side).is_some());
    let beat = beats.get(&format!("credentials/{}", connected.tenant.name));
    refused != beat.is_some_and(|beat| matches!(beat, Beat::Until(_) | Beat::Working))
}

/// A secret as its file has it; `None` while it cannot be read, or is empty: it may be on its way.
pub(crate) fn read(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let secret = text.trim_end_matches(['\r', '\n']);
    (!secret.is_empty()).then(|| secret.to_owned())
}
